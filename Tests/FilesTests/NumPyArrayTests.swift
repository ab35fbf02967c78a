import Files
import Testing

/// The arrays that `Fixtures/make_numpy.py` made, by NumPy itself.
struct NumPyCase: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let bytes: [UInt8]
  let shape: [Int]
  let values: [Double]

  static let arrays: [NumPyCase] = {
    guard let json = try? JSONValue(contentsOf: fixture("numpy.json")) else { return [] }
    return (json["arrays"]?.array ?? []).map { entry in
      NumPyCase(
        testDescription: entry["name"]?.string ?? "",
        bytes: bytes(entry["bytes"]),
        shape: (entry["shape"]?.array ?? []).compactMap(\.int),
        values: (entry["values"]?.array ?? []).compactMap(\.double)
      )
    }
  }()

  static func refused(_ name: String) throws -> [UInt8] {
    bytes(try JSONValue(contentsOf: fixture("numpy.json"))["refused"]?[name])
  }

  /// Of their hexadecimal digits.
  private static func bytes(_ digits: JSONValue?) -> [UInt8] {
    let digits = Array(digits?.string ?? "")
    return stride(from: 0, to: digits.count - 1, by: 2)
      .compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
  }
}

extension SafeTensorsFile.Values {
  fileprivate var asDoubles: [Double] {
    switch self {
    case .float32(let values): values.map(Double.init)
    case .float64(let values): values
    case .int64(let values): values.map(Double.init)
    case .uint8(let values): values.map(Double.init)
    }
  }
}

@Suite("NumPy arrays")
struct NumPyArrayTests {
  @Test("There are as many arrays as NumPy made")
  func fixtureIsThere() { #expect(NumPyCase.arrays.count == 23) }

  @Test("What NumPy wrote is read exactly: types, orders, versions", arguments: NumPyCase.arrays)
  func reading(array: NumPyCase) throws {
    let read = try NumPyArray(parsing: array.bytes)
    #expect(read.shape == array.shape)
    #expect(read.values.asDoubles == array.values)
  }

  @Test("What is written is read back, starts at a multiple of 64, and is what NumPy writes")
  func writing() throws {
    let values: [SafeTensorsFile.Values] = [
      .float32([1.5, -0.0, .infinity, 0x1p-149, 0, 3]), .float64([1 / 3, 0, 1, 2, 3, -4]),
      .int64([.min, .max, 0, 1, 2, 3]), .uint8([0, 1, 127, 128, 254, 255]),
    ]
    for shape in [[6], [2, 3], [1, 6, 1], [3, 1, 2]] {
      for values in values {
        let array = NumPyArray(shape: shape, values: values)
        let bytes = array.serialized()
        #expect(try NumPyArray(parsing: bytes) == array)
        let dataCount = 6 * (values.type == .uint8 ? 1 : values.type == .float32 ? 4 : 8)
        #expect((bytes.count - dataCount) % 64 == 0)
      }
    }
    for name in ["type <f4", "type <f8", "type <i8", "type |u1", "one axis", "no axis", "nothing"] {
      let theirs = try #require(NumPyCase.arrays.first { $0.testDescription == name })
      #expect(try NumPyArray(parsing: theirs.bytes).serialized() == theirs.bytes, "\(name)")
    }
  }

  @Test(
    "Cut short anywhere, or with a byte too many, an array is refused",
    arguments: NumPyCase.arrays
  )
  func lengths(array: NumPyCase) {
    for length in 0..<array.bytes.count {
      #expect(throws: NumPyError.self) { try NumPyArray(parsing: Array(array.bytes[..<length])) }
    }
    #expect(throws: NumPyError.self) { try NumPyArray(parsing: array.bytes + [0]) }
  }

  @Test("Any change of any byte of the header is refused or read, and never the end")
  func changes() throws {
    let array = try #require(NumPyCase.arrays.first { $0.testDescription == "type <f4" })
    var refused = 0
    for index in 0..<array.bytes.count {
      for change in UInt8(1)...255 {
        var bytes = array.bytes
        bytes[index] ^= change
        if (try? NumPyArray(parsing: bytes)) == nil { refused += 1 }
      }
    }
    // The magic word and the version alone are eight bytes, of which few changes mean anything.
    #expect(refused > 8 * 250)
  }

  @Test(
    "Objects and what has no number in it are refused by name",
    arguments: [
      ("objects", .objects), ("complex", .unsupportedType("<c16")),
      ("text", .unsupportedType("<U1")), ("dates", .unsupportedType("<M8[D]")),
      ("structured", .unsupportedType("structured")),
    ] as [(String, NumPyError)]
  )
  func types(name: String, error: NumPyError) throws {
    let bytes = try NumPyCase.refused(name)
    try #require(!bytes.isEmpty)
    #expect(throws: error) { try NumPyArray(parsing: bytes) }
  }

  @Test(
    "Each rule of the header has its own refusal",
    arguments: [
      (header(shape: "(1"), .badHeader("shape is no tuple of lengths")),
      (header(shape: "(1)"), .badHeader("shape is no tuple of lengths")),
      (header(shape: "(-1,)"), .badHeader("shape is no tuple of lengths")),
      (header(shape: "(1 1)"), .badHeader("shape is no tuple of lengths")),
      (header(shape: "(1e0,)"), .badHeader("shape is no tuple of lengths")),
      (header(shape: "[1]"), .badHeader("shape is no tuple of lengths")),
      (header(shape: "(99999999999999999999,)"), .badHeader("shape is no tuple of lengths")),
      // A product that wraps round to a small number.
      (
        header(shape: "(4194305, 4194305, 211106198978564)"),
        .badShape([4_194_305, 4_194_305, 211_106_198_978_564])
      ),
      (header(shape: "(4611686018427387904,)"), .badShape([4_611_686_018_427_387_904])),
      (header(shape: "(2,)"), .sizeMismatch(expected: 8, found: 4)),
      (header(shape: "(1,), 'more': 1"), .badHeader("the key 'more' is unknown or given twice")),
      (
        header(shape: "(1,), 'shape': (1,)"),
        .badHeader("the key 'shape' is unknown or given twice")
      ),
      (header(order: "0"), .badHeader("fortran_order is no truth value")),
      (header(type: "4"), .badHeader("descr is no text")),
      (header(type: "'<f16'"), .unsupportedType("<f16")),
      (header(type: "'f4'"), .unsupportedType("f4")),
      (header(type: "'|O'"), .objects),
      (header(type: "'\\x3cf4'"), .badHeader("descr is no text")),
      ("__import__('os')", .badHeader("it is no dictionary")),
      ("{}", .badHeader("it needs descr, fortran_order and shape")),
      (header() + "x", .badHeader("something follows the dictionary")),
    ] as [(String, NumPyError)]
  )
  func rules(header: String, error: NumPyError) throws {
    #expect(throws: error) { try NumPyArray(parsing: bytes(header: header)) }
    #expect(!error.malformation.why.isEmpty && !error.malformation.mend.isEmpty)
  }

  @Test("A header may have its keys in any order, either quotes and no last comma")
  func freedom() throws {
    let text = "{ \"shape\":(1,),'fortran_order' : True,'descr':'<f4'}"
    let expected = NumPyArray(shape: [1], values: .float32([0]))
    #expect(try NumPyArray(parsing: bytes(header: text)) == expected)
    #expect(try NumPyArray(parsing: bytes(header: header(shape: "(1L,)"))) == expected)
    #expect(
      try NumPyArray(parsing: bytes(header: header(shape: "(0, 9223372036854775807)"), data: []))
        == NumPyArray(shape: [0, .max], values: .float32([]))
    )
  }

  @Test("Versions and lengths that nobody writes are refused at once")
  func versions() {
    for version: [UInt8] in [[0, 0], [1, 1], [4, 0], [255, 255]] {
      #expect(throws: NumPyError.unknownVersion("\(version[0]).\(version[1])")) {
        try NumPyArray(parsing: [0x93] + "NUMPY".utf8 + version + [0, 0, 0, 0])
      }
    }
    #expect(throws: NumPyError.headerTooLong(bytes: 0xFFFF_FFFF)) {
      try NumPyArray(parsing: [0x93] + "NUMPY".utf8 + [2, 0, 255, 255, 255, 255])
    }
    #expect(throws: NumPyError.foreign(.zip)) {
      try NumPyArray(parsing: [0x50, 0x4B, 3, 4, 0, 0, 0, 0])
    }
    #expect(throws: NumPyError.foreign(.text)) { try NumPyArray(parsing: Array("a,b\n1,2\n".utf8)) }
  }
}

private func header(
  type: String = "'<f4'",
  order: String = "False",
  shape: String = "(1,)"
) -> String {
  "{'descr': \(type), 'fortran_order': \(order), 'shape': \(shape), }"
}

private func bytes(header: String, data: [UInt8] = [0, 0, 0, 0]) -> [UInt8] {
  [0x93] + "NUMPY".utf8 + [1, 0, UInt8(header.utf8.count), 0] + header.utf8 + data
}
