import SystemPackage

extension SafeTensorsFile {
  /// Writes the file atomically, with digests.
  package func write(to path: FilePath) throws(FileError) {
    try AtomicFile.write(serialized(), to: path)
  }

  /// The bytes of the file, digests included.
  ///
  /// Tensors keep their order, except that wider types come first: so every tensor starts at a
  /// multiple of its element's size, which PyTorch needs. Names that repeat, metadata under a
  /// reserved key, and more than the format's limits are a programmer's errors.
  package func serialized() -> [UInt8] {
    let ordered = tensors.stablySortedByWidth()
    var data: [UInt8] = []
    data.reserveCapacity(ordered.reduce(0) { $0 + $1.values.count * $1.values.type.byteCount })
    var header: [String: JSONValue] = [:]
    for tensor in ordered {
      let start = data.count
      tensor.values.appendLittleEndian(to: &data)
      let earlier = header.updateValue(
        [
          "dtype": .string(tensor.values.type.rawValue),
          "shape": .array(tensor.shape.map(JSONValue.integer)),
          "data_offsets": [.integer(start), .integer(data.count)],
        ],
        forKey: tensor.name
      )
      precondition(earlier == nil, "two tensors are named \(tensor.name)")
    }
    let headerBytes = seal(header, over: data)

    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 + headerBytes.count + data.count)
    withUnsafeBytes(of: UInt64(headerBytes.count).littleEndian) { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: headerBytes)
    bytes.append(contentsOf: data)
    return bytes
  }

  /// Adds the metadata and the digests; pads with spaces, so that the data starts at a multiple of 8.
  private func seal(_ header: [String: JSONValue], over data: [UInt8]) -> [UInt8] {
    precondition(header["__metadata__"] == nil, "no tensor may be named __metadata__")
    precondition(header.count <= Self.tensorLimit, "\(header.count) tensors are too many")
    var header = header
    var words = metadata
    for key in ReservedKey.all {
      precondition(words[key] == nil, "the metadata key \(key) is written by the format itself")
    }
    words[ReservedKey.formatVersion] = Self.currentFormatVersion
    words[ReservedKey.dataDigest] = sha256Hex(of: data)
    header["__metadata__"] = .object(words.mapValues(JSONValue.string))
    words[ReservedKey.headerDigest] = sha256Hex(of: JSONValue.object(header).compact)
    header["__metadata__"] = .object(words.mapValues(JSONValue.string))

    var bytes = Array(JSONValue.object(header).compact.utf8)
    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: -bytes.count & 7))
    precondition(bytes.count <= Self.headerLimit, "a header of \(bytes.count) bytes is too long")
    return bytes
  }
}

extension [SafeTensorsFile.Tensor] {
  fileprivate func stablySortedByWidth() -> [SafeTensorsFile.Tensor] {
    let widths = Set(map(\.values.type.byteCount)).sorted(by: >)
    return widths.flatMap { width in filter { $0.values.type.byteCount == width } }
  }
}

extension SafeTensorsFile.Values {
  func appendLittleEndian(to bytes: inout [UInt8]) {
    switch self {
    case .float32(let values): append(values.map { $0.bitPattern.littleEndian }, to: &bytes)
    case .float64(let values): append(values.map { $0.bitPattern.littleEndian }, to: &bytes)
    case .int64(let values): append(values.map { $0.littleEndian }, to: &bytes)
    case .uint8(let values): bytes.append(contentsOf: values)
    }
  }

  private func append(_ patterns: [some FixedWidthInteger], to bytes: inout [UInt8]) {
    patterns.withUnsafeBytes { bytes.append(contentsOf: $0) }
  }
}
