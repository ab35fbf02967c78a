/// Why a text is not JSON, and where.
package struct JSONError: Error, Equatable, CustomStringConvertible {
  /// What was found, or what was expected instead.
  package let reason: String
  /// Counted from 1.
  package let line: Int
  /// Counted from 1, in bytes.
  package let column: Int

  package init(reason: String, line: Int, column: Int) {
    self.reason = reason
    self.line = line
    self.column = column
  }

  package var description: String { "line \(line), column \(column): \(reason)" }
}

extension JSONValue {
  /// Arrays and objects may be nested this deep: far deeper than any file of ours, and far from the
  /// end of the stack.
  package static let deepestNesting = 64

  /// Reads one JSON text (RFC 8259), and nothing more forgiving.
  ///
  /// Refused are also what the standard leaves open: a key given twice, text that is not UTF-8, half
  /// a surrogate pair, a number outside the range of its type, and nesting deeper than
  /// ``deepestNesting``. Keys that Unicode calls equal are the same key.
  package init(parsing bytes: [UInt8]) throws(JSONError) {
    var parser = JSONParser(bytes: bytes)
    self = try parser.document()
  }

  package init(parsing text: String) throws(JSONError) {
    try self.init(parsing: Array(text.utf8))
  }
}

/// Reads a JSON text from left to right, one byte ahead.
private struct JSONParser {
  let bytes: [UInt8]
  var position = 0

  init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  mutating func document() throws(JSONError) -> JSONValue {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
      throw error("a byte order mark stands before the text")
    }
    let value = try value(depth: 0)
    skipSpace()
    guard position == bytes.count else { throw error("more text after the end of the value") }
    return value
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    skipSpace()
    guard let first = next else { throw error("the text ends where a value was expected") }
    switch first {
    case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
    case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    case UInt8(ascii: "n"): return try word("null", meaning: .null)
    case UInt8(ascii: "t"): return try word("true", meaning: .bool(true))
    case UInt8(ascii: "f"): return try word("false", meaning: .bool(false))
    default: throw error("expected a value, found \(describe(first))")
    }
  }

  private mutating func object(depth: Int) throws(JSONError) -> [String: JSONValue] {
    try enter(depth)
    var members: [String: JSONValue] = [:]
    skipSpace()
    if take("}") { return members }
    while true {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw error("expected a key in quotes") }
      let start = position
      let key = try string()
      guard members[key] == nil else {
        throw error("the key '\(key)' is given twice", at: start)
      }
      skipSpace()
      guard take(":") else { throw error("expected ':' after the key '\(key)'") }
      members[key] = try value(depth: depth)
      skipSpace()
      if take("}") { return members }
      guard take(",") else { throw error("expected ',' or '}' in an object") }
    }
  }

  private mutating func array(depth: Int) throws(JSONError) -> [JSONValue] {
    try enter(depth)
    var elements: [JSONValue] = []
    skipSpace()
    if take("]") { return elements }
    while true {
      elements.append(try value(depth: depth))
      skipSpace()
      if take("]") { return elements }
      guard take(",") else { throw error("expected ',' or ']' in an array") }
    }
  }

  private mutating func enter(_ depth: Int) throws(JSONError) {
    guard depth <= JSONValue.deepestNesting else {
      throw error("nested deeper than \(JSONValue.deepestNesting) levels")
    }
    position += 1
  }

  private mutating func word(
    _ word: StaticString,
    meaning value: JSONValue
  ) throws(JSONError) -> JSONValue {
    let expected = Array(word.description.utf8)
    guard bytes[position...].starts(with: expected) else {
      throw error("expected '\(word)'")
    }
    position += expected.count
    return value
  }

  private mutating func number() throws(JSONError) -> JSONValue {
    let start = position
    _ = take("-")
    if !take("0") { try digits() }
    var isInteger = true
    if take(".") {
      isInteger = false
      try digits()
    }
    if take("e") || take("E") {
      isInteger = false
      if !take("+") { _ = take("-") }
      try digits()
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger {
      guard let value = Int(text) else {
        throw error("an integer outside the range of 64 bits", at: start)
      }
      return .integer(value)
    }
    guard let value = Double(text), value.isFinite else {
      throw error("a number outside the range of a double", at: start)
    }
    return .number(value)
  }

  private mutating func digits() throws(JSONError) {
    let start = position
    while let byte = next, isDigit(byte) { position += 1 }
    guard position > start else { throw error("expected a digit") }
  }

  private mutating func string() throws(JSONError) -> String {
    let start = position
    position += 1
    var content: [UInt8] = []
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        // Decoding replaces what is not UTF-8, so a text that came out unchanged was valid.
        let text = String(decoding: content, as: UTF8.self)
        guard text.utf8.elementsEqual(content) else {
          throw error("a string that is not valid UTF-8", at: start)
        }
        return text
      case UInt8(ascii: "\\"):
        content.append(contentsOf: String(try escape()).utf8)
      case 0..<0x20:
        throw error("an unescaped control character in a string")
      default:
        content.append(byte)
        position += 1
      }
    }
    throw error("a string without an end", at: start)
  }

  /// Reads what follows a backslash, surrogate pairs included.
  private mutating func escape() throws(JSONError) -> Unicode.Scalar {
    let start = position
    position += 1
    guard let byte = next else { throw error("a string without an end") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{08}"
    case UInt8(ascii: "f"): return "\u{0C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): break
    default: throw error("an unknown escape", at: start)
    }
    let unit = try fourHexadecimalDigits()
    if let scalar = Unicode.Scalar(unit) { return scalar }
    // Only surrogates are no scalars: a high one must be followed by a low one.
    guard unit < 0xDC00, take("\\"), take("u") else {
      throw error("half a surrogate pair", at: start)
    }
    let low = try fourHexadecimalDigits()
    guard 0xDC00...0xDFFF ~= low,
      let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
    else { throw error("half a surrogate pair", at: start) }
    return scalar
  }

  private mutating func fourHexadecimalDigits() throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw error("expected four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  // MARK: One byte ahead

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  private func isDigit(_ byte: UInt8) -> Bool {
    UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
  }

  private func describe(_ byte: UInt8) -> String {
    0x21..<0x7F ~= byte ? "'\(Unicode.Scalar(byte))'" : "the byte 0x\(String(byte, radix: 16))"
  }

  private func error(_ reason: String, at place: Int? = nil) -> JSONError {
    let before = bytes[..<min(place ?? position, bytes.count)]
    let line = before.count { $0 == UInt8(ascii: "\n") } + 1
    let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return JSONError(reason: reason, line: line, column: before.count - lineStart + 1)
  }
}
