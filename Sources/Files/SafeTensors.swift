/// Named arrays in one file, in the format that PyTorch's users exchange weights in.
///
/// Layout: the length of the header as 8 little-endian bytes; the header, a JSON object from each
/// tensor's name to its type, shape and place; then the numbers, little-endian, row by row, without
/// any gap. Beyond the standard, files of ours carry digests in their metadata, so that a damaged
/// one is never taken for a whole one. Source: https://github.com/huggingface/safetensors, README.
package struct SafeTensorsFile: Equatable, Sendable {
  package var tensors: [Tensor]
  /// What the writer wanted to say beside the numbers; the digests are not shown here.
  package var metadata: [String: String]

  package init(tensors: [Tensor], metadata: [String: String] = [:]) {
    self.tensors = tensors
    self.metadata = metadata
  }

  package subscript(_ name: String) -> Tensor? { tensors.first { $0.name == name } }
}

extension SafeTensorsFile {
  /// One array: row-major, the last axis runs fastest.
  package struct Tensor: Equatable, Sendable {
    package let name: String
    /// The length of each axis; empty for a single number.
    package let shape: [Int]
    package let values: Values

    /// A shape that does not fit the number of values is a programmer's error.
    package init(name: String, shape: [Int], values: Values) {
      let count = elementCount(shape)
      precondition(
        count == values.count,
        "tensor \(name) of shape \(shape) can't hold \(values.count) values"
      )
      self.name = name
      self.shape = shape
      self.values = values
    }
  }

  package enum Values: Equatable, Sendable {
    case float32([Float])
    case float64([Double])
    case int64([Int64])
    case uint8([UInt8])
  }

  /// The types that are written, by their names in the file; ``StoredType`` are those that are read.
  package enum ElementType: String, CaseIterable, Sendable {
    case float32 = "F32"
    case float64 = "F64"
    case int64 = "I64"
    case uint8 = "U8"

    var byteCount: Int {
      switch self {
      case .float64, .int64: 8
      case .float32: 4
      case .uint8: 1
      }
    }
  }

  /// The names under which a file of ours speaks of itself in its metadata.
  enum ReservedKey {
    static let formatVersion = "format_version"
    /// SHA-256 of all numbers.
    static let dataDigest = "data_sha256"
    /// SHA-256 of the header's canonical text without this member.
    static let headerDigest = "meta_sha256"

    static let all = [formatVersion, dataDigest, headerDigest]
  }

  static let currentFormatVersion = "1"
  /// The longest header in bytes; the reference allows 100 MB, which takes minutes to refuse.
  static let headerLimit = 1 << 20
  static let tensorLimit = 10_000
}

extension SafeTensorsFile.Values {
  package var count: Int {
    switch self {
    case .float32(let values): values.count
    case .float64(let values): values.count
    case .int64(let values): values.count
    case .uint8(let values): values.count
    }
  }

  package var type: SafeTensorsFile.ElementType {
    switch self {
    case .float32: .float32
    case .float64: .float64
    case .int64: .int64
    case .uint8: .uint8
    }
  }
}

extension SafeTensorsFile.Tensor {
  /// The values of an `F32` tensor; `nil` for another type.
  package var floats: [Float]? {
    guard case .float32(let values) = values else { return nil }
    return values
  }

  /// The values of an `F64` tensor; `nil` for another type.
  package var doubles: [Double]? {
    guard case .float64(let values) = values else { return nil }
    return values
  }

  /// The values of an `I64` tensor; `nil` for another type.
  package var integers: [Int64]? {
    guard case .int64(let values) = values else { return nil }
    return values
  }

  /// The values of a `U8` tensor; `nil` for another type.
  package var bytes: [UInt8]? {
    guard case .uint8(let values) = values else { return nil }
    return values
  }
}

extension SafeTensorsFile {
  /// Where the first value stands that is infinite or not a number.
  package struct NonFinite: Equatable, Sendable {
    package let tensor: String
    /// Its place in the tensor, counted row-major from 0.
    package let index: Int
    /// How many such values the tensor has.
    package let count: Int
  }

  /// The first tensor with a value that is infinite or not a number; `nil` where all are fine.
  package func firstNonFinite() -> NonFinite? {
    func search(_ values: [some BinaryFloatingPoint], _ name: String) -> NonFinite? {
      guard let index = values.firstIndex(where: { !$0.isFinite }) else { return nil }
      let count = values[index...].count { !$0.isFinite }
      return NonFinite(tensor: name, index: index, count: count)
    }
    for tensor in tensors {
      let found =
        switch tensor.values {
        case .float32(let values): search(values, tensor.name)
        case .float64(let values): search(values, tensor.name)
        case .int64, .uint8: NonFinite?.none
        }
      if let found { return found }
    }
    return nil
  }
}

/// The product of a shape; `nil` where it overflows or an axis is negative.
func elementCount(_ shape: [Int]) -> Int? {
  var count = 1
  for length in shape {
    let (product, overflow) = count.multipliedReportingOverflow(by: length)
    guard length >= 0, !overflow else { return nil }
    count = product
  }
  return count
}
