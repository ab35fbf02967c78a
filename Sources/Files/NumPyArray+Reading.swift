import SystemPackage

extension NumPyArray {
  /// Reads and checks a `.npy` file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - limit: The most bytes that make sense here.
  /// - Throws: `malformed` with the reason, or what the system said.
  package init(contentsOf path: FilePath, limit: Int = 1 << 31) throws(FileError) {
    let bytes = try [UInt8](contentsOf: path, limit: limit)
    do throws(NumPyError) {
      try self.init(parsing: bytes)
    } catch {
      throw .malformed(path: path, error.malformation)
    }
  }

  /// Reads the bytes of a `.npy` file.
  ///
  /// Half precision becomes single, whole numbers become 64 bits wide, truth values and unsigned
  /// bytes become bytes: all exactly. Objects are refused before anything of theirs is read, since
  /// they are pickles.
  package init(parsing bytes: [UInt8]) throws(NumPyError) {
    let start = Self.magic.count + 2
    guard bytes.starts(with: Self.magic) else {
      guard bytes.count < Self.magic.count, Self.magic.starts(with: bytes) else {
        throw .foreign(ForeignFormat(of: bytes))
      }
      throw .truncated(expected: start, found: bytes.count)
    }
    guard bytes.count >= start else { throw .truncated(expected: start, found: bytes.count) }
    let version = (major: bytes[start - 2], minor: bytes[start - 1])
    guard (1...3).contains(version.major), version.minor == 0 else {
      throw .unknownVersion("\(version.major).\(version.minor)")
    }
    let width = version.major == 1 ? 2 : 4
    let headerStart = start + width
    guard bytes.count >= headerStart else {
      throw .truncated(expected: headerStart, found: bytes.count)
    }
    let length = bytes[start..<headerStart].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= Self.headerLimit else { throw .headerTooLong(bytes: length) }
    let dataStart = headerStart + length
    guard bytes.count >= dataStart else {
      throw .truncated(expected: dataStart, found: bytes.count)
    }
    let header = try NumPyHeader(parsing: bytes[headerStart..<dataStart])
    let type = try NumPyType(header.type)
    guard let count = elementCount(header.shape) else { throw .badShape(header.shape) }
    let (size, overflow) = count.multipliedReportingOverflow(by: type.byteCount)
    guard !overflow else { throw .badShape(header.shape) }
    let data = bytes[dataStart...]
    guard data.count == size else { throw .sizeMismatch(expected: size, found: data.count) }

    let stored = try type.values(in: data)
    shape = header.shape
    values = header.isColumnMajor ? stored.rowMajor(from: header.shape) : stored
  }
}

/// What the header's dictionary says.
private struct NumPyHeader {
  let type: String
  let isColumnMajor: Bool
  let shape: [Int]

  init(parsing text: ArraySlice<UInt8>) throws(NumPyError) {
    var reader = DictionaryReader(rest: text)
    var type: String?
    var isColumnMajor: Bool?
    var shape: [Int]?
    guard reader.takes("{") else { throw .badHeader("it is no dictionary") }
    while !reader.takes("}") {
      guard let key = reader.text(), reader.takes(":") else {
        throw .badHeader("a key or its colon is missing")
      }
      switch key {
      case "descr" where type == nil:
        if reader.isAt("[") || reader.isAt("(") { throw .unsupportedType("structured") }
        type = reader.text()
        guard type != nil else { throw .badHeader("descr is no text") }
      case "fortran_order" where isColumnMajor == nil:
        isColumnMajor = reader.truthValue()
        guard isColumnMajor != nil else { throw .badHeader("fortran_order is no truth value") }
      case "shape" where shape == nil:
        shape = reader.lengths()
        guard shape != nil else { throw .badHeader("shape is no tuple of lengths") }
      default:
        throw .badHeader("the key '\(key.printable)' is unknown or given twice")
      }
      guard reader.takes(",") || reader.isAt("}") else { throw .badHeader("a comma is missing") }
    }
    guard reader.isAtEnd else { throw .badHeader("something follows the dictionary") }
    guard let type, let isColumnMajor, let shape else {
      throw .badHeader("it needs descr, fortran_order and shape")
    }
    (self.type, self.isColumnMajor, self.shape) = (type, isColumnMajor, shape)
  }
}

/// The few words of Python that a header is written in.
private struct DictionaryReader {
  var rest: ArraySlice<UInt8>

  private mutating func skipBlanks() {
    rest = rest.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
  }

  var isAtEnd: Bool {
    mutating get {
      skipBlanks()
      return rest.isEmpty
    }
  }

  mutating func isAt(_ mark: Unicode.Scalar) -> Bool {
    skipBlanks()
    return rest.first == UInt8(ascii: mark)
  }

  mutating func takes(_ mark: Unicode.Scalar) -> Bool {
    guard isAt(mark) else { return false }
    rest.removeFirst()
    return true
  }

  /// A text in quotes, without escapes.
  mutating func text() -> String? {
    skipBlanks()
    guard let quote = rest.first, [UInt8(ascii: "'"), UInt8(ascii: "\"")].contains(quote) else {
      return nil
    }
    let content = rest.dropFirst().prefix { $0 != quote && $0 != UInt8(ascii: "\\") }
    guard rest.endIndex > content.endIndex, rest[content.endIndex] == quote else { return nil }
    rest = rest[(content.endIndex + 1)...]
    return String(validating: content, as: UTF8.self)
  }

  mutating func truthValue() -> Bool? {
    skipBlanks()
    for (word, value) in [("True", true), ("False", false)] where rest.starts(with: word.utf8) {
      rest = rest.dropFirst(word.utf8.count)
      return value
    }
    return nil
  }

  /// A tuple of whole numbers; a tuple of one has a comma, as in Python.
  mutating func lengths() -> [Int]? {
    guard takes("(") else { return nil }
    var lengths: [Int] = []
    var hasComma = true
    while !takes(")") {
      skipBlanks()
      let digits = rest.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
      guard hasComma, lengths.count < 64, let length = Int(String(decoding: digits, as: UTF8.self))
      else { return nil }
      rest = rest.dropFirst(digits.count)
      // Python 2 marked its long numbers.
      if rest.first == UInt8(ascii: "L") { rest.removeFirst() }
      lengths.append(length)
      hasComma = takes(",")
    }
    return lengths.count == 1 && !hasComma ? nil : lengths
  }
}

/// The types that are read: kind, bytes and order of bytes.
private struct NumPyType {
  private let name: String
  private let kind: Unicode.Scalar
  private let isBigEndian: Bool
  let byteCount: Int

  init(_ name: String) throws(NumPyError) {
    let scalars = Array(name.unicodeScalars)
    if scalars.contains("O") { throw .objects }
    guard scalars.count == 3, "<>|=".unicodeScalars.contains(scalars[0]),
      ["b1", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8"]
        .contains(name.dropFirst())
    else { throw .unsupportedType(name) }
    self.name = name
    isBigEndian = scalars[0] == ">"
    kind = scalars[1]
    byteCount = Int(scalars[2].value) - 0x30
  }

  func values(in bytes: ArraySlice<UInt8>) throws(NumPyError) -> SafeTensorsFile.Values {
    switch (kind, byteCount) {
    case ("f", 2): .float32(numbers(in: bytes).map(Float.init(halfPrecision:)))
    case ("f", 4): .float32(numbers(in: bytes).map(Float.init(bitPattern:)))
    case ("f", _): .float64(numbers(in: bytes).map(Double.init(bitPattern:)))
    case ("i", 1): wide(numbers(in: bytes) as [Int8])
    case ("i", 2): wide(numbers(in: bytes) as [Int16])
    case ("i", 4): wide(numbers(in: bytes) as [Int32])
    case ("i", _): wide(numbers(in: bytes) as [Int64])
    case ("u", 2): wide(numbers(in: bytes) as [UInt16])
    case ("u", 4): wide(numbers(in: bytes) as [UInt32])
    case ("u", 8): try narrow(numbers(in: bytes))
    default: .uint8(Array(bytes))
    }
  }

  private func numbers<Number: FixedWidthInteger & BitwiseCopyable>(
    in bytes: ArraySlice<UInt8>
  ) -> [Number] {
    let stored: [Number] = patterns(in: bytes)
    return isBigEndian ? stored.map(\.byteSwapped) : stored
  }

  private func wide(_ values: [some FixedWidthInteger]) -> SafeTensorsFile.Values {
    .int64(values.map { Int64($0) })
  }

  private func narrow(_ values: [UInt64]) throws(NumPyError) -> SafeTensorsFile.Values {
    let exact = values.compactMap { Int64(exactly: $0) }
    guard exact.count == values.count else { throw .unsupportedType("\(name) above 2^63 - 1") }
    return .int64(exact)
  }
}

extension Float {
  /// The value of an IEEE 754 half: a sign, five bits of exponent, ten of fraction.
  init(halfPrecision bits: UInt16) {
    let sign = UInt32(bits & 0x8000) << 16
    let exponent = UInt32(bits >> 10 & 0x1F)
    let fraction = UInt32(bits & 0x3FF)
    switch exponent {
    case 0:
      // Zero and what is below the smallest normal half, which is normal here: k · 2⁻²⁴.
      let size = Float(fraction) * 0x1p-24
      self = sign == 0 ? size : -size
    case 0x1F:
      self.init(bitPattern: sign | 0x7F80_0000 | fraction << 13)
    default:
      self.init(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
  }
}

extension SafeTensorsFile.Values {
  /// The values row by row, of an array of this shape that stands column by column.
  fileprivate func rowMajor(from shape: [Int]) -> SafeTensorsFile.Values {
    switch self {
    case .float32(let values): .float32(values.rowMajor(from: shape))
    case .float64(let values): .float64(values.rowMajor(from: shape))
    case .int64(let values): .int64(values.rowMajor(from: shape))
    case .uint8(let values): .uint8(values.rowMajor(from: shape))
    }
  }
}

extension Array {
  /// The elements row by row, of an array of this shape that stands column by column.
  func rowMajor(from shape: [Int]) -> [Element] {
    guard shape.count > 1, count > 0 else { return self }
    var strides = [1]
    for length in shape.dropLast() { strides.append(strides[strides.count - 1] * length) }
    var ordered: [Element] = []
    ordered.reserveCapacity(count)
    var place = [Int](repeating: 0, count: shape.count)
    var position = 0
    for _ in 0..<count {
      ordered.append(self[position])
      for axis in shape.indices.reversed() {
        place[axis] += 1
        position += strides[axis]
        if place[axis] < shape[axis] { break }
        position -= place[axis] * strides[axis]
        place[axis] = 0
      }
    }
    return ordered
  }
}
