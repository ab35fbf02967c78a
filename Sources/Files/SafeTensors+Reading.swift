import SystemPackage

extension SafeTensorsFile {
  /// What a file must say about its own integrity.
  package enum DigestRule: Sendable {
    /// Digests are checked where there are some: for files from elsewhere.
    case ifPresent
    /// A file without digests is refused: for files that only we write, such as checkpoints.
    case required
  }

  /// Reads and checks a file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - rule: Whether it must carry digests.
  ///   - limit: The most bytes that make sense here.
  /// - Throws: `malformed` with the reason, or what the system said.
  package init(
    contentsOf path: FilePath,
    digest rule: DigestRule = .ifPresent,
    limit: Int = 1 << 32
  ) throws(FileError) {
    let bytes = try [UInt8](contentsOf: path, limit: limit)
    do throws(SafeTensorsError) {
      try self.init(parsing: bytes, digest: rule)
    } catch {
      throw .malformed(path: path, error.malformation)
    }
  }

  /// Reads the bytes of a file, with every check of the reference implementation and of our own.
  ///
  /// Tensors come in the order of their bytes. Half precision of both kinds becomes single, whole numbers
  /// become 64 bits wide, truth values bytes: all exactly. Numbers that are infinite or not a number are read
  /// like any other; ``firstNonFinite()`` finds them.
  package init(
    parsing bytes: [UInt8],
    digest rule: DigestRule = .ifPresent
  ) throws(SafeTensorsError) {
    let (header, dataStart) = try Self.header(of: bytes)
    let data = bytes[dataStart...]

    var entries: [Entry] = []
    var words: [String: String] = [:]
    for (name, value) in header {
      if name == "__metadata__" {
        words = try Self.words(value)
      } else {
        entries.append(try Entry(name, value))
      }
    }
    guard entries.count <= Self.tensorLimit else { throw .tooManyTensors(entries.count) }
    entries.sort {
      ($0.start, $0.end) != ($1.start, $1.end)
        ? ($0.start, $0.end) < ($1.start, $1.end)
        : $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
    }
    try Self.checkPlaces(of: entries, in: data.count)
    try Self.checkDigests(in: words, header: header, data: data, rule: rule)

    tensors = entries.map { entry in
      let start = dataStart + entry.start
      let values = entry.type.values(in: bytes[start..<dataStart + entry.end])
      return Tensor(name: entry.name, shape: entry.shape, values: values)
    }
    metadata = words.filter { !ReservedKey.all.contains($0.key) }
  }

  /// The members of the header, and where the data starts.
  private static func header(
    of bytes: [UInt8]
  ) throws(SafeTensorsError) -> ([String: JSONValue], Int) {
    guard bytes.count >= 8 else {
      throw ForeignFormat(of: bytes).map { .foreign($0) }
        ?? .truncated(expected: 8, found: bytes.count)
    }
    let length = bytes.withUnsafeBytes {
      UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
    }
    guard length <= UInt64(headerLimit) else {
      // The formats that get mistaken for this one all read as a length far above the limit.
      throw ForeignFormat(of: bytes).map { .foreign($0) } ?? .headerTooLong(bytes: length)
    }
    let end = 8 + Int(length)
    guard end <= bytes.count else { throw .truncated(expected: end, found: bytes.count) }
    guard length > 0, bytes[8] == UInt8(ascii: "{") else { throw .headerIsNoObject }
    do throws(JSONError) {
      let value = try JSONValue(parsing: Array(bytes[8..<end]))
      return (value.object ?? [:], end)
    } catch {
      throw .headerIsNotJSON(error)
    }
  }

  private static func words(_ value: JSONValue) throws(SafeTensorsError) -> [String: String] {
    guard let members = value.object else { throw .badMetadata }
    let words = members.compactMapValues(\.string)
    guard words.count == members.count else { throw .badMetadata }
    return words
  }

  /// Each tensor must start where the one before it ends, and the last must end with the file.
  private static func checkPlaces(
    of entries: [Entry],
    in dataCount: Int
  ) throws(SafeTensorsError) {
    var expected = 0
    for entry in entries {
      guard entry.start == expected else {
        throw .gapOrOverlap(tensor: entry.name, expected: expected, found: entry.start)
      }
      expected = entry.end
    }
    guard expected <= dataCount else { throw .truncated(expected: expected, found: dataCount) }
    guard expected == dataCount else { throw .trailingBytes(dataCount - expected) }
  }

  private static func checkDigests(
    in words: [String: String],
    header: [String: JSONValue],
    data: ArraySlice<UInt8>,
    rule: DigestRule
  ) throws(SafeTensorsError) {
    let dataDigest = words[ReservedKey.dataDigest]
    let headerDigest = words[ReservedKey.headerDigest]
    if dataDigest == nil, headerDigest == nil, rule == .ifPresent { return }
    // Another version may do the rest differently.
    if let version = words[ReservedKey.formatVersion], version != currentFormatVersion {
      throw .newerFormat(version)
    }
    // Of ours, a file that lost one of its three words is a damaged one.
    let isOurs = rule == .required || words[ReservedKey.formatVersion] != nil
    guard let dataDigest, headerDigest != nil || !isOurs else { throw .digestMissing }
    if let headerDigest {
      var signed = words
      signed[ReservedKey.headerDigest] = nil
      var header = header
      header["__metadata__"] = .object(signed.mapValues(JSONValue.string))
      guard headerDigest == sha256Hex(of: JSONValue.object(header).compact) else {
        throw .digestMismatch(.header)
      }
    }
    guard dataDigest == sha256Hex(of: data) else { throw .digestMismatch(.data) }
  }
}

/// What the header says of one tensor, checked as far as that goes without the others.
private struct Entry {
  let name: String
  let type: SafeTensorsFile.StoredType
  let shape: [Int]
  /// The place in the data, in bytes.
  let start: Int
  let end: Int

  init(_ name: String, _ value: JSONValue) throws(SafeTensorsError) {
    guard let members = value.object,
      members.count == 3,
      let typeName = members["dtype"]?.string,
      let lengths = members["shape"]?.array,
      let offsets = members["data_offsets"]?.array?.compactMap(\.int),
      offsets.count == 2, members["data_offsets"]?.array?.count == 2,
      offsets[0] >= 0, offsets[1] >= offsets[0]
    else { throw .badEntry(tensor: name) }
    guard let type = SafeTensorsFile.StoredType(rawValue: typeName) else {
      throw .unsupportedType(tensor: name, type: typeName)
    }
    let shape = lengths.compactMap(\.int)
    guard shape.count == lengths.count, let count = elementCount(shape) else {
      throw .badShape(tensor: name)
    }
    let (size, overflow) = count.multipliedReportingOverflow(by: type.byteCount)
    guard !overflow else { throw .badShape(tensor: name) }
    guard size == offsets[1] - offsets[0] else {
      throw .sizeMismatch(tensor: name, expected: size, found: offsets[1] - offsets[0])
    }
    self.name = name
    self.type = type
    self.shape = shape
    (start, end) = (offsets[0], offsets[1])
  }
}

extension SafeTensorsFile {
  /// The types that are read, by their names in the file.
  enum StoredType: String, CaseIterable {
    case float64 = "F64"
    case float32 = "F32"
    case float16 = "F16"
    case bfloat16 = "BF16"
    case int64 = "I64"
    case int32 = "I32"
    case int16 = "I16"
    case int8 = "I8"
    case uint32 = "U32"
    case uint16 = "U16"
    case uint8 = "U8"
    case truth = "BOOL"

    var byteCount: Int {
      switch self {
      case .float64, .int64: 8
      case .float32, .int32, .uint32: 4
      case .float16, .bfloat16, .int16, .uint16: 2
      case .int8, .uint8, .truth: 1
      }
    }

    /// Takes the numbers out of little-endian bytes that have been checked to be a whole number of them.
    fileprivate func values(in bytes: ArraySlice<UInt8>) -> Values {
      switch self {
      case .float64: .float64(patterns(in: bytes).map(Double.init(bitPattern:)))
      case .float32: .float32(patterns(in: bytes).map(Float.init(bitPattern:)))
      case .float16: .float32(patterns(in: bytes).map(Float.init(halfPrecision:)))
      // The upper half of a single.
      case .bfloat16:
        .float32(
          patterns(in: bytes).map { (half: UInt16) in Float(bitPattern: UInt32(half) << 16) }
        )
      case .int64: .int64(patterns(in: bytes))
      case .int32: .int64(patterns(in: bytes).map { (value: Int32) in Int64(value) })
      case .int16: .int64(patterns(in: bytes).map { (value: Int16) in Int64(value) })
      case .int8: .int64(patterns(in: bytes).map { (value: Int8) in Int64(value) })
      case .uint32: .int64(patterns(in: bytes).map { (value: UInt32) in Int64(value) })
      case .uint16: .int64(patterns(in: bytes).map { (value: UInt16) in Int64(value) })
      case .uint8, .truth: .uint8(Array(bytes))
      }
    }
  }
}

func patterns<Pattern: FixedWidthInteger & BitwiseCopyable>(
  in bytes: ArraySlice<UInt8>
) -> [Pattern] {
  let width = MemoryLayout<Pattern>.size
  return bytes.withUnsafeBytes { raw in
    (0..<raw.count / width).map { index in
      Pattern(littleEndian: raw.loadUnaligned(fromByteOffset: index * width, as: Pattern.self))
    }
  }
}
