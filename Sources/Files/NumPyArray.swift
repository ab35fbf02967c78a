/// One array as NumPy saves it.
///
/// Layout: a magic word and the version of the format; the length of the header, which is the text
/// of a Python dictionary with type, order and shape; then the numbers. Source: the documentation of
/// numpy.lib.format, versions 1.0 to 3.0.
package struct NumPyArray: Equatable, Sendable {
  /// The length of each axis; empty for a single number.
  package let shape: [Int]
  /// Row by row, the last axis running fastest, whatever the order in the file.
  package let values: SafeTensorsFile.Values

  /// A shape that does not fit the number of values is a programmer's error.
  package init(shape: [Int], values: SafeTensorsFile.Values) {
    let count = elementCount(shape)
    precondition(count == values.count, "shape \(shape) can't hold \(values.count) values")
    self.shape = shape
    self.values = values
  }

  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// The longest header that is read, as in NumPy.
  static let headerLimit = 10_000
}

extension NumPyArray {
  /// The bytes of a `.npy` file: version 1.0, little-endian, row by row.
  package func serialized() -> [UInt8] {
    let lengths = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    let entries = "'descr': '\(values.type.numPyName)', 'fortran_order': False"
    var header = Array("{\(entries), 'shape': (\(lengths)), }".utf8)
    // The numbers start at a multiple of 64 bytes, and a newline stands before them.
    let start = Self.magic.count + 4
    let padding = -(start + header.count + 1) & 63
    header += [UInt8](repeating: UInt8(ascii: " "), count: padding) + [UInt8(ascii: "\n")]
    precondition(header.count <= Self.headerLimit, "an array of \(shape.count) axes")
    var bytes = Self.magic + [1, 0, UInt8(header.count & 0xFF), UInt8(header.count >> 8)] + header
    values.appendLittleEndian(to: &bytes)
    return bytes
  }
}

extension SafeTensorsFile.ElementType {
  /// NumPy's word for the type.
  fileprivate var numPyName: String {
    switch self {
    case .float32: "<f4"
    case .float64: "<f8"
    case .int64: "<i8"
    case .uint8: "|u1"
    }
  }
}
