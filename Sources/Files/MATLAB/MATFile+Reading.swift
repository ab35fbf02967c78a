import CZlib

extension MATFile {
  /// Whether bytes start as a file of version 7.3 does, which is HDF5 behind 512 bytes.
  static func isHDF5(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: "MATLAB 7.3 MAT-file".utf8)
  }

  /// Reads all bytes of a file; a variable that needs more than `limit` bytes is refused.
  package init(parsing bytes: [UInt8], limit: Int = 1 << 31) throws(MATError) {
    guard bytes.count >= Self.headerLength else {
      guard bytes.starts(with: "MATLAB".utf8) || bytes.isEmpty else {
        throw Self.foreign(bytes)
      }
      throw .truncated(expected: Self.headerLength, found: bytes.count)
    }
    let isBigEndian: Bool
    switch (bytes[126], bytes[127]) {
    case (UInt8(ascii: "I"), UInt8(ascii: "M")): isBigEndian = false
    case (UInt8(ascii: "M"), UInt8(ascii: "I")): isBigEndian = true
    default: throw Self.foreign(bytes)
    }
    let (first, second) = (UInt16(bytes[124]), UInt16(bytes[125]))
    let version = isBigEndian ? first << 8 | second : second << 8 | first
    guard version == Self.version5 else {
      throw .version(version == Self.versionOfHDF5 ? "7.3 without its HDF5 part" : String(version))
    }

    var variables: [Variable] = []
    var position = Self.headerLength
    while position < bytes.count {
      let number = variables.count + 1
      var reader = ElementReader(bytes: bytes[position...], isBigEndian: isBigEndian)
      let element = try reader.outermost(number)
      position = reader.bytes.startIndex
      let content: [UInt8]
      switch element.type {
      case .compressed:
        content = try Self.unpacked(element.bytes, number, isBigEndian, limit: limit)
      case .matrix: content = Array(element.bytes)
      default: throw .damaged(variable: number, "no variable stands there")
      }
      var parts = ElementReader(bytes: content[...], isBigEndian: isBigEndian)
      do throws(Damage) {
        // What has no name is MATLAB's own: the innards of its objects.
        let variable = try parts.variable()
        if !variable.name.isEmpty { variables.append(variable) }
      } catch {
        throw .damaged(variable: number, error.why)
      }
    }
    self.variables = variables
  }

  /// A file of MATLAB 4 has no header; it starts with the number of its first variable's type.
  private static func foreign(_ bytes: [UInt8]) -> MATError {
    if let format = ForeignFormat(of: bytes) { return .foreign(format) }
    let isVersion4 = bytes.count >= 20 && bytes[..<4].contains(0) && bytes[1] < 0x10
    return isVersion4 ? .version("4") : .foreign(nil)
  }

  /// The content of a packed variable, its checksum compared.
  private static func unpacked(
    _ packed: ArraySlice<UInt8>,
    _ number: Int,
    _ isBigEndian: Bool,
    limit: Int
  ) throws(MATError) -> [UInt8] {
    let source = Array(packed)
    var tag = [UInt8](repeating: 0, count: 8)
    guard dis_inflate_start(source, UInt32(source.count), &tag, 8) == 1 else {
      throw .damaged(variable: number, "what is packed there can't be unpacked")
    }
    var reader = ElementReader(bytes: tag[...], isBigEndian: isBigEndian)
    guard let (type, length) = reader.tag(), type == .matrix else {
      throw .damaged(variable: number, "no array is packed there")
    }
    guard length + 8 <= limit else {
      throw .tooLarge(variable: number, bytes: length + 8, limit: limit)
    }
    var isWhole = false
    let content = [UInt8](unsafeUninitializedCapacity: length + 8) { target, count in
      isWhole =
        dis_inflate_whole(source, UInt32(source.count), target.baseAddress, UInt32(length + 8)) == 1
      count = isWhole ? length + 8 : 0
    }
    guard isWhole else {
      throw .damaged(variable: number, "its length or its checksum (Adler-32) is not as stated")
    }
    return Array(content[8...])
  }
}

/// What is wrong within a variable.
private struct Damage: Error {
  let why: String
}

private enum ElementType: UInt32 {
  case int8 = 1
  case uint8 = 2
  case int16 = 3
  case uint16 = 4
  case int32 = 5
  case uint32 = 6
  case single = 7
  case double = 9
  case int64 = 12
  case uint64 = 13
  case matrix = 14
  case compressed = 15
  case utf8 = 16
  case utf16 = 17
  case utf32 = 18

  var byteCount: Int {
    switch self {
    case .int8, .uint8, .utf8, .matrix, .compressed: 1
    case .int16, .uint16, .utf16: 2
    case .int32, .uint32, .single, .utf32: 4
    case .double, .int64, .uint64: 8
    }
  }
}

/// Takes elements from the front of some bytes.
private struct ElementReader {
  private(set) var bytes: ArraySlice<UInt8>
  let isBigEndian: Bool

  typealias Element = (type: ElementType, bytes: ArraySlice<UInt8>)

  /// Type and length of an element whose bytes follow; `nil` where that can't be.
  mutating func tag() -> (ElementType, Int)? {
    guard bytes.count >= 8 else { return nil }
    let words: [UInt32] = patterns(in: bytes.prefix(8)).map { isBigEndian ? $0.byteSwapped : $0 }
    guard let type = ElementType(rawValue: words[0]) else { return nil }
    bytes = bytes.dropFirst(8)
    return (type, Int(words[1]))
  }

  /// A variable as it stands in the file; those that are packed end without a gap.
  mutating func outermost(_ number: Int) throws(MATError) -> Element {
    let (start, end) = (bytes.startIndex, bytes.endIndex)
    guard bytes.count >= 8 else { throw .truncated(expected: start + 8, found: end) }
    guard let (type, length) = tag(), type == .matrix || type == .compressed else {
      throw .damaged(variable: number, "at byte \(start) stands neither an array nor a packed one")
    }
    guard length <= bytes.count else {
      throw .truncated(expected: start + 8 + length, found: end)
    }
    let content = bytes.prefix(length)
    bytes = bytes.dropFirst(length)
    return (type, content)
  }

  /// A part of a variable: of up to four bytes it stands within its tag, otherwise it ends at a
  /// multiple of eight bytes.
  mutating func part() throws(Damage) -> Element {
    guard bytes.count >= 8 else { throw Damage(why: "it ends within a part of it") }
    let first: [UInt32] = patterns(in: bytes.prefix(4)).map { isBigEndian ? $0.byteSwapped : $0 }
    if first[0] >> 16 != 0 {
      let length = Int(first[0] >> 16)
      guard length <= 4, let type = ElementType(rawValue: first[0] & 0xFFFF) else {
        throw Damage(why: "a part of it has an unknown type")
      }
      let content = bytes.dropFirst(4).prefix(length)
      bytes = bytes.dropFirst(8)
      return (type, content)
    }
    guard let (type, length) = tag() else { throw Damage(why: "a part of it has an unknown type") }
    guard length <= bytes.count else { throw Damage(why: "a part of it is longer than the whole") }
    let content = bytes.prefix(length)
    bytes = bytes.dropFirst(min(bytes.count, (length + 7) / 8 * 8))
    return (type, content)
  }

  mutating func variable() throws(Damage) -> MATFile.Variable {
    let flags = try part()
    let words: [UInt32] = patterns(in: flags.bytes).map { isBigEndian ? $0.byteSwapped : $0 }
    guard flags.type == .uint32, words.count == 2,
      let className = MATClass.names[Int(words[0] & 0xFF)]
    else { throw Damage(why: "it has no class that is known") }
    let isComplex = words[0] & 0x0800 != 0
    let isLogical = words[0] & 0x0200 != 0
    // Objects have parts of their own.
    if words[0] & 0xFF == 17 {
      let name = try text()
      return .init(
        name: name,
        shape: [1, 1],
        className: "object",
        values: nil,
        refusal: MATClass.refusal("object")
      )
    }
    let shown = isLogical && className != "sparse" ? "logical" : className
    let axes = try part()
    let lengths: [Int32] = patterns(in: axes.bytes).map { isBigEndian ? $0.byteSwapped : $0 }
    let shape = lengths.map(Int.init)
    guard axes.type == .int32, shape.count >= 2, shape.count <= 64,
      let count = elementCount(shape)
    else { throw Damage(why: "its axes have no lengths that can be") }
    let name = try text()
    let refusal = isComplex ? MATClass.complexRefusal : MATClass.refusal(shown)
    guard refusal == nil else {
      return .init(name: name, shape: shape, className: shown, values: nil, refusal: refusal)
    }
    let stored = count == 0 && bytes.isEmpty ? [] : try Self.numbers(try part(), isBigEndian)
    guard stored.count == count else {
      throw Damage(
        why: "its shape asks for \(count) numbers, \(stored.count) are there"
      )
    }
    return .init(
      name: name,
      shape: shape,
      className: shown,
      values: stored.rowMajor(from: shape),
      refusal: nil
    )
  }

  private mutating func text() throws(Damage) -> String {
    let name = try part()
    guard name.type == .int8 || name.type == .utf8 || name.type == .uint8,
      let text = String(validating: name.bytes, as: UTF8.self)
    else { throw Damage(why: "its name is no text") }
    return text
  }

  private static func numbers(
    _ element: Element,
    _ isBigEndian: Bool
  ) throws(Damage) -> [Double] {
    func stored<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type) -> [Number] {
      let values: [Number] = patterns(in: element.bytes)
      return isBigEndian ? values.map(\.byteSwapped) : values
    }
    guard element.bytes.count % element.type.byteCount == 0 else {
      throw Damage(why: "its numbers end within one")
    }
    switch element.type {
    case .int8: return stored(Int8.self).map { Double($0) }
    case .uint8: return stored(UInt8.self).map { Double($0) }
    case .int16: return stored(Int16.self).map { Double($0) }
    case .uint16: return stored(UInt16.self).map { Double($0) }
    case .int32: return stored(Int32.self).map { Double($0) }
    case .uint32: return stored(UInt32.self).map { Double($0) }
    case .int64: return stored(Int64.self).map { Double($0) }
    case .uint64: return stored(UInt64.self).map { Double($0) }
    case .single: return stored(UInt32.self).map { Double(Float(bitPattern: $0)) }
    case .double: return stored(UInt64.self).map { Double(bitPattern: $0) }
    case .matrix, .compressed, .utf8, .utf16, .utf32:
      throw Damage(why: "its numbers have no type of numbers")
    }
  }
}
