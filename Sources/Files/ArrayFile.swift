import SystemPackage

/// Numbers of any shape, row by row: what a user's file holds, whatever its format.
package struct NumberArray: Equatable, Sendable {
  /// The length of each axis; empty for a single number.
  package let shape: [Int]
  package let values: [Double]
  /// The names of the columns, where the file has a header.
  package let names: [String]?

  /// A shape that does not fit the number of values is a programmer's error.
  package init(shape: [Int], values: [Double], names: [String]? = nil) {
    let count = elementCount(shape)
    precondition(count == values.count, "shape \(shape) can't hold \(values.count) values")
    self.shape = shape
    self.values = values
    self.names = names
  }

  /// "5000 × 24".
  package var shownShape: String {
    shape.isEmpty ? "a single number" : shape.map(String.init).joined(separator: " × ")
  }
}

/// One array in a file, whose format is what its name ends with: `.npy`, `.npz`, `.csv` or
/// `.safetensors`; `file.npz:name` is one of several.
package struct ArrayFile: Equatable, Sendable {
  package let path: FilePath
  /// The array that is meant; `nil` for the only one.
  package let member: String?

  private static let formats = ["npy", "npz", "csv", "safetensors"]

  package init(_ text: String) {
    for format in ["npz", "safetensors"] {
      if let colon = text.lastIndex(of: ":"), text[..<colon].hasSuffix(".\(format)") {
        path = FilePath(String(text[..<colon]))
        member = String(text[text.index(after: colon)...])
        return
      }
    }
    path = FilePath(text)
    member = nil
  }

  /// Reads the array.
  ///
  /// - Parameter limit: The most bytes that make sense here.
  /// - Returns: Its numbers as doubles.
  /// - Throws: What is wrong with the file, with the place and a mend.
  package func read(limit: Int = 1 << 31) throws(FileError) -> NumberArray {
    switch path.extension?.lowercased() {
    case "npy":
      return NumberArray(try NumPyArray(contentsOf: path, limit: limit))
    case "npz":
      let archive = try NumPyArchive(contentsOf: path, limit: limit)
      let index = try choose(from: archive.members.map(\.name))
      return NumberArray(archive.members[index].array)
    case "safetensors":
      let bytes = try [UInt8](contentsOf: path, limit: limit)
      let file: SafeTensorsFile
      do throws(SafeTensorsError) {
        file = try SafeTensorsFile(parsing: bytes)
      } catch {
        throw .malformed(path: path, error.malformation)
      }
      let tensor = file.tensors[try choose(from: file.tensors.map(\.name))]
      return NumberArray(shape: tensor.shape, values: tensor.values.widened)
    case "csv":
      let table = try CSVTable(contentsOf: path, limit: limit)
      do throws(Malformation) {
        return NumberArray(
          shape: [table.rowCount, table.columnCount],
          values: try table.numbers(),
          names: table.names
        )
      } catch {
        throw .malformed(path: path, error)
      }
    default:
      throw unknownFormat
    }
  }

  /// Writes an array of at most two axes, atomically; in an archive it is called `name`.
  package func write(_ array: NumberArray, named name: String) throws(FileError) {
    let numbers = NumPyArray(shape: array.shape, values: .float64(array.values))
    switch path.extension?.lowercased() {
    case "npy":
      try AtomicFile.write(numbers.serialized(), to: path)
    case "npz":
      try NumPyArchive(members: [.init(name: member ?? name, array: numbers)]).write(to: path)
    case "csv":
      let columns = array.shape.count > 1 ? max(1, array.shape[1]) : 1
      let bytes = CSVTable.serialized(array.values, columns: columns, names: array.names)
      try AtomicFile.write(bytes, to: path)
    default:
      throw unknownFormat
    }
  }

  private func choose(from names: [String]) throws(FileError) -> Int {
    let list = names.map(\.printable).joined(separator: ", ")
    guard let member else {
      if names.count == 1 { return 0 }
      throw problem(
        field: "arrays = \(list.isEmpty ? "none" : list)",
        why: names.isEmpty ? "it holds no array" : "it holds several arrays",
        mend: names.isEmpty
          ? "check that this is the file you meant" : "name one of them, as in \(path):\(names[0])"
      )
    }
    guard let index = names.firstIndex(of: member) else {
      throw problem(
        field: "array = \(member.printable)",
        why: "there is none of that name",
        mend: "name one of \(list)"
      )
    }
    return index
  }

  private var unknownFormat: FileError {
    problem(
      field: nil,
      why: "its name ends with none of .npy, .npz, .csv, .safetensors",
      mend: "name it after its format"
    )
  }

  private func problem(field: String?, why: String, mend: String) -> FileError {
    .malformed(
      path: path,
      Malformation(code: "E-ARRAY-FORMAT", what: "no array", field: field, why: why, mend: mend)
    )
  }
}

extension NumberArray {
  fileprivate init(_ array: NumPyArray) {
    self.init(shape: array.shape, values: array.values.widened)
  }
}

extension SafeTensorsFile.Values {
  /// As doubles: exactly, but for whole numbers above 2⁵³.
  package var widened: [Double] {
    switch self {
    case .float32(let values): values.map(Double.init)
    case .float64(let values): values
    case .int64(let values): values.map(Double.init)
    case .uint8(let values): values.map(Double.init)
    }
  }
}
