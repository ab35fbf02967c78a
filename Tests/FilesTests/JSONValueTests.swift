import Files
import Testing

@Suite("JSON values")
struct JSONValueTests {
  @Test("The canonical text sorts keys by their UTF-8 bytes and leaves out every space")
  func canonicalText() {
    // In UTF-16, U+10000 would come before U+FFFD; in UTF-8 it comes after.
    let value: JSONValue = [
      "b": [1, 2.0, nil], "a": true, "\u{10000}": "x", "\u{FFFD}": "", "B": [:], "é": [],
    ]
    #expect(
      value.compact
        == #"{"B":{},"a":true,"b":[1,2.0,null],"é":[],"\#u{FFFD}":"","\#u{10000}":"x"}"#
    )
  }

  @Test("The pretty text is the same, indented by two spaces")
  func prettyText() throws {
    let value: JSONValue = ["list": [1, [], ["deep": false]], "empty": [:]]
    let expected = """
      {
        "empty": {},
        "list": [
          1,
          [],
          {
            "deep": false
          }
        ]
      }

      """
    #expect(value.pretty == expected)
    #expect(try JSONValue(parsing: value.pretty) == value)
  }

  @Test("Integers and other numbers stay apart on the way through a text")
  func kindsOfNumbers() throws {
    #expect(try JSONValue(parsing: "[1,1.0,1e0,-0,10]") == [1, 1.0, 1.0, 0, 10])
    #expect(try JSONValue(parsing: "1") != JSONValue(parsing: "1.0"))
    #expect(JSONValue.number(1).compact == "1.0")
    #expect(JSONValue.integer(.min).compact == "-9223372036854775808")
    #expect(try JSONValue(parsing: "-9223372036854775808") == .integer(.min))
    #expect(JSONValue.integer(3).double == 3)
    #expect(JSONValue.number(3).int == nil)
  }

  @Test("Every finite double reads back with the same bits")
  func doublesRoundTrip() throws {
    var pattern: UInt64 = 0x9E37_79B9_7F4A_7C15
    var doubles = [
      0, -0.0, 0.1, 1e-3, 1e16, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .pi, 1 / 3,
    ]
    for _ in 0..<5000 {
      pattern = pattern &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let double = Double(bitPattern: pattern ^ pattern >> 29)
      if double.isFinite { doubles.append(double) }
    }
    for double in doubles {
      let read = try JSONValue(parsing: JSONValue.number(double).compact)
      #expect(read.double?.bitPattern == double.bitPattern)
    }
  }

  @Test("Strings are escaped where they must be and nowhere else")
  func strings() throws {
    let text = "\"\\/\n\r\t\u{08}\u{0C}\u{01}\u{1F}\u{7F}é😀"
    let written = JSONValue.string(text).compact
    #expect(written == #""\"\\/\n\r\t\b\f\u0001\u001f"# + "\u{7F}é😀\"")
    #expect(try JSONValue(parsing: written) == .string(text))
    #expect(try JSONValue(parsing: #""\u00e9\ud83d\ude00\/""#) == "é😀/")
  }

  @Test("Members and kinds are asked for, never forced")
  func accessors() throws {
    let value = try JSONValue(parsing: #" {"a": {"b": [true, "x", null]}} "#)
    #expect(value["a"]?["b"]?.array == [true, "x", nil])
    #expect(value["c"] == nil)
    #expect(JSONValue.string("x")["a"] == nil)
    #expect(value["a"]?["b"]?.array?.first?.bool == true)
    #expect(value["a"]?.string == nil)
  }

  @Test(
    "What RFC 8259 does not allow is refused",
    arguments: [
      "", " ", "nul", "nulll", "True", "01", "1.", ".5", "+1", "-", "1e", "1e+", "0x10", "NaN",
      "Infinity", "1e999", "9223372036854775808", "'a'", "\"a", "\"\\x\"", "\"\\u12\"",
      "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\t\"", "[1,]", "[1 2]", "[", "{\"a\"}",
      "{\"a\":1,}", "{a:1}", "{\"a\":1 \"b\":2}", "1 2", "[]]", "\u{FEFF}1", "// x\n1",
      "{\"a\":1,\"a\":2}",
    ]
  )
  func refusals(text: String) {
    #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
  }

  @Test("Keys that Unicode calls equal are the same key")
  func canonicallyEqualKeys() {
    #expect(throws: JSONError.self) {
      try JSONValue(parsing: "{\"\u{E9}\":1,\"e\u{301}\":2}")
    }
  }

  @Test(
    "Bytes that are not UTF-8 are refused, in strings and outside",
    arguments: [
      [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
      [0x22, 0xC3, 0x22],
      [0xFF], [0x00],
    ] as [[UInt8]]
  )
  func invalidUTF8(bytes: [UInt8]) {
    #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
  }

  @Test("64 levels are read, 65 and a million are refused")
  func nesting() throws {
    let deepest = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    #expect(try JSONValue(parsing: deepest).compact == deepest)
    for depth in [65, 1_000_000] {
      let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
      #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    }
  }

  @Test("An error names line and column")
  func errorPlaces() {
    #expect(
      throws: JSONError(reason: "the key 'a' is given twice", line: 3, column: 4)
    ) {
      try JSONValue(parsing: "{\n  \"a\": 1,\n   \"a\": 2\n}")
    }
  }

  @Test("A changed or shortened text is read or refused, and never stops the program")
  func damagedTexts() throws {
    let text = #"{"a":[1,-2.5e-3,"\u00e9\ud83d\ude00\n",null],"b":{"c":true,"d":{}}}"#
    let bytes = Array(text.utf8)
    for length in 0..<bytes.count {
      #expect(throws: JSONError.self) { try JSONValue(parsing: Array(bytes[..<length])) }
    }
    for index in bytes.indices {
      for value in UInt8.min...UInt8.max {
        var changed = bytes
        changed[index] = value
        guard let read = try? JSONValue(parsing: changed) else { continue }
        // Whatever is accepted has one canonical text.
        #expect(try JSONValue(parsing: read.compact) == read)
      }
    }
  }

  @Test("Writing a number that is not finite stops the program")
  func nonFiniteNumbers() async {
    await #expect(processExitsWith: .failure) {
      _ = JSONValue.number(.nan).compact
    }
  }
}
