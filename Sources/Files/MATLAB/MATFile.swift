/// The variables of a MATLAB file of version 5: what `save` and `save -v7` write, and SciPy.
///
/// Layout: a header of 128 bytes, then one element for each variable, often packed by zlib. An element
/// has a tag (type and length) and its bytes; that of an array holds flags, lengths of the axes, a name
/// and the numbers, column by column, in the smallest type that holds them. Version 7.3 is HDF5
/// with attributes. Source: "MAT-File Format", MathWorks, level 5.
package struct MATFile: Equatable, Sendable {
  package struct Variable: Equatable, Sendable {
    package let name: String
    /// The length of each axis, two at least.
    package let shape: [Int]
    /// MATLAB's word for the class, such as "double" or "cell".
    package let className: String
    /// Row by row, the last axis running fastest; `nil` for what is no full array of real numbers.
    package let values: [Double]?
    /// Why there are no values.
    package let refusal: String?
  }

  package let variables: [Variable]

  static let headerLength = 128
  static let version5: UInt16 = 0x0100
  static let versionOfHDF5: UInt16 = 0x0200
}

/// Why bytes are no MATLAB file that we would read.
package enum MATError: Error, Equatable, Sendable {
  case foreign(ForeignFormat?)
  /// The format of MATLAB 4, or one that is to come.
  case version(String)
  case truncated(expected: Int, found: Int)
  /// The variable's place in the file, counted from 1, and what is wrong with it.
  case damaged(variable: Int, String)
  case tooLarge(variable: Int, bytes: Int, limit: Int)
}

extension MATError {
  /// The error in the words of a file error.
  package var malformation: Malformation {
    switch self {
    case .foreign(let format):
      Malformation(
        code: "E-MAT-FORMAT",
        what: "not a MATLAB file",
        why: format?.description ?? "it does not start as a .mat file does",
        mend: format?.mend ?? "write it anew with save in MATLAB, or scipy.io.savemat"
      )
    case .version(let version):
      Malformation(
        code: "E-MAT-VERSION",
        what: "not a readable MATLAB file",
        why: "it is of version \(version); this build reads versions 5, 7 and 7.3",
        mend: "load it in MATLAB and save it with -v7"
      )
    case .truncated(let expected, let found):
      Malformation(
        code: "E-MAT-SIZE",
        what: "not a whole MATLAB file",
        why: "it is cut short: at least \(expected) bytes are needed here, \(found) are there",
        mend: "restore the file from a copy, or save it anew"
      )
    case .damaged(let variable, let why):
      Malformation(
        code: "E-MAT-DAMAGED",
        what: "not a valid MATLAB file",
        field: "variable = \(variable), counted from 1",
        why: why,
        mend: "restore the file from a copy, or save it anew"
      )
    case .tooLarge(let variable, let bytes, let limit):
      Malformation(
        code: "E-DATA-SIZE",
        what: "too many bytes",
        field: "variable = \(variable), counted from 1, bytes = \(bytes), limit = \(limit)",
        why: "all of it would have to stand in memory",
        mend: "save the trials, the units or the times that matter as a variable of its own"
      )
    }
  }
}

/// What MATLAB's classes are called, here and in the attributes of version 7.3.
enum MATClass {
  static let names = [
    1: "cell", 2: "struct", 3: "object", 4: "char", 5: "sparse", 6: "double", 7: "single",
    8: "int8", 9: "uint8", 10: "int16", 11: "uint16", 12: "int32", 13: "uint32", 14: "int64",
    15: "uint64", 16: "function handle", 17: "object",
  ]

  /// Why arrays of this class aren't read; `nil` where they are.
  static func refusal(_ name: String) -> String? {
    switch name {
    case "cell": "a cell array; save its content as an array, as in x = cell2mat(c)"
    case "struct": "a struct; save its field as an array, as in x = s.x"
    case "char": "text; save categories as numbers, as in x = findgroups(c)"
    case "sparse": "a sparse array; save full(x)"
    case "function handle": "a function"
    case "double", "single", "logical", "int8", "uint8", "int16", "uint16", "int32", "uint32",
      "int64", "uint64":
      nil
    default: "an object (a table, string or other class); save its numbers as an array"
    }
  }

  static let complexRefusal = "complex numbers; save real(x), imag(x), abs(x) or angle(x)"
}
