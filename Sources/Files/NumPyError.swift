/// Why bytes are no NumPy array that we would read.
package enum NumPyError: Error, Equatable, Sendable {
  case foreign(ForeignFormat?)
  case truncated(expected: Int, found: Int)
  case unknownVersion(String)
  case headerTooLong(bytes: Int)
  case badHeader(String)
  case badShape([Int])
  /// Python objects, which are pickles.
  case objects
  case unsupportedType(String)
  case sizeMismatch(expected: Int, found: Int)
}

extension NumPyError {
  /// The error in the words of a file error.
  package var malformation: Malformation { malformation(entry: nil) }

  /// The same about an entry of an archive.
  func malformation(entry: String?) -> Malformation {
    Malformation(
      code: code,
      what: entry == nil ? "not a valid NumPy array" : "not a valid NumPy archive",
      field: entry.map { "entry = \($0.printable)" },
      why: why,
      mend: mend
    )
  }

  private var code: String {
    switch self {
    case .foreign: "E-NPY-FORMAT"
    case .unknownVersion: "E-NPY-VERSION"
    case .headerTooLong, .badHeader, .badShape: "E-NPY-HEADER"
    case .objects, .unsupportedType: "E-NPY-TYPE"
    case .truncated, .sizeMismatch: "E-NPY-SIZE"
    }
  }

  private var why: String {
    switch self {
    case .foreign(let format?): format.description
    case .foreign(nil): "it does not start as a .npy file does"
    case .truncated(let expected, let found):
      "it is cut short: at least \(expected) bytes are needed here, \(found) are there"
    case .unknownVersion(let version): "format \(version), this build reads 1.0, 2.0 and 3.0"
    case .headerTooLong(let bytes):
      "a header of \(bytes) bytes, the limit is \(NumPyArray.headerLimit)"
    case .badHeader(let reason): "the header is none: \(reason)"
    case .badShape(let shape): "the shape \(shape) has more elements than can be counted"
    case .objects: "it holds Python objects; refused, because they are pickles, which can run code"
    case .unsupportedType(let type):
      "values of type \(type.printable); booleans, whole numbers and floats of 16, 32 and 64 bits "
        + "are read"
    case .sizeMismatch(let expected, let found):
      "shape and type ask for \(expected) bytes of numbers, \(found) are there"
    }
  }

  private var mend: String {
    switch self {
    case .foreign(let format?): format.mend
    case .objects, .unsupportedType:
      "in Python, convert the array with .astype(numpy.float32) and save it anew"
    case .foreign(nil), .unknownVersion: "write it anew with numpy.save"
    case .truncated, .headerTooLong, .badHeader, .badShape, .sizeMismatch:
      "restore the file from a copy, or write it anew"
    }
  }
}
