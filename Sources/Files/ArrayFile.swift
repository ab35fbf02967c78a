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

/// One array in a file, whose format is what its name ends with: `.npy`, `.npz`, `.csv`,
/// `.safetensors`, `.mat`, `.h5`, `.hdf5` or `.nwb`; `file.npz:name` is one of several.
package struct ArrayFile: Equatable, Sendable {
  package let path: FilePath
  /// The array that is meant; `nil` for the only one.
  package let member: String?

  /// The formats that hold several arrays.
  private static let archives = ["npz", "safetensors", "mat", "h5", "hdf5", "nwb"]
  /// Those that ``write(_:named:)`` makes.
  package static let writtenFormats = [".csv", ".npy", ".npz"]
  private static let formats = [".npy", ".npz", ".csv", ".safetensors", ".mat", ".h5", ".nwb"]

  package init(_ text: String) {
    for colon in text.indices where text[colon] == ":" {
      let file = FilePath(String(text[..<colon]))
      if let format = file.extension, Self.archives.contains(format.lowercased()) {
        path = file
        let name = String(text[text.index(after: colon)...])
        member = name.isEmpty ? nil : name
        return
      }
    }
    path = FilePath(text)
    member = nil
  }

  /// Whether the file's name is one of HDF5's.
  package var isHDF5: Bool { ["h5", "hdf5", "nwb"].contains(path.extension?.lowercased()) }

  /// Whether it is a session in NWB, which is HDF5 with places that mean something.
  package var isSession: Bool { path.extension?.lowercased() == "nwb" }

  /// Whether its name ends like one of an array that can be read.
  package var hasKnownFormat: Bool {
    isHDF5 || Self.formats.contains(".\(path.extension?.lowercased() ?? "")")
  }

  /// Whether an array can be written there.
  package var isWritable: Bool {
    Self.writtenFormats.contains(".\(path.extension?.lowercased() ?? "")")
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
      let index = try choose(from: archive.members.map { Choice($0.name) })
      return NumberArray(archive.members[index].array)
    case "safetensors":
      let bytes = try [UInt8](contentsOf: path, limit: limit)
      let file: SafeTensorsFile
      do throws(SafeTensorsError) {
        file = try SafeTensorsFile(parsing: bytes)
      } catch {
        throw .malformed(path: path, error.malformation)
      }
      let tensor = file.tensors[try choose(from: file.tensors.map { Choice($0.name) })]
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
    case "mat":
      return try readMAT(limit: limit)
    case "h5", "hdf5", "nwb":
      return try HDF5File.reading(path) { file throws(Malformation) in
        try read(from: file, limit: limit)
      }
    default:
      throw unknownFormat
    }
  }

  /// The array that is meant in an HDF5 file that is open.
  package func read(
    from file: borrowing HDF5File,
    limit: Int = 1 << 31
  ) throws(Malformation) -> NumberArray {
    var name = member
    if name == nil {
      let choices = try file.choices()
      name = choices[try chooseWithin(choices)].name
    }
    let data = try file.data(name ?? "")
    return NumberArray(shape: data.shape, values: try data.numbers(limit: limit))
  }

  /// MATLAB has no lists: a row of numbers is taken as one.
  private func readMAT(limit: Int) throws(FileError) -> NumberArray {
    let start = try FileDescriptor.reading(path) { descriptor throws(FileError) in
      var bytes: [UInt8] = []
      try descriptor.readPiece(of: path, into: &bytes, capacity: MATFile.headerLength)
      return bytes
    }
    let array: NumberArray
    if MATFile.isHDF5(start) {
      array = try HDF5File.reading(path) { file throws(Malformation) in
        let variables = try file.variables()
        let variable = variables[try chooseWithin(variables.map(Choice.init))]
        guard variable.refusal == nil else { throw refused(variable) }
        return try file.array(variable, limit: limit)
      }
    } else {
      let bytes = try [UInt8](contentsOf: path, limit: limit)
      let variables: [MATFile.Variable]
      do throws(MATError) {
        variables = try MATFile(parsing: bytes, limit: limit).variables
      } catch {
        throw .malformed(path: path, error.malformation)
      }
      let variable = variables[try choose(from: variables.map(Choice.init))]
      guard let values = variable.values else { throw .malformed(path: path, refused(variable)) }
      array = NumberArray(shape: variable.shape, values: values)
    }
    guard array.shape.count == 2, array.shape[0] == 1 else { return array }
    return NumberArray(shape: [array.shape[1]], values: array.values)
  }

  private func refused(_ variable: MATFile.Variable) -> Malformation {
    let parts = (variable.refusal ?? "").split(separator: "; ", maxSplits: 1)
    return Malformation(
      code: "E-MAT-TYPE",
      what: "no array of numbers",
      field: "array = \(variable.name.printable)",
      why: "it is \(parts.first ?? "something else")",
      mend: parts.count > 1 ? "in MATLAB, \(parts[1])" : "name an array of numbers"
    )
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

  // MARK: One of several

  /// What a file offers.
  struct Choice {
    let name: String
    /// Shape and type, where the format tells them before anything is read.
    var words = ""
    /// Whether it can be what is meant where nothing is said.
    var fits = true

    init(_ name: String) { self.name = name }

    init(_ variable: MATFile.Variable) {
      name = variable.name
      words = shownArray(variable.shape, variable.className)
      fits = variable.refusal == nil && variable.shape.contains { $0 > 1 }
    }

    init(_ name: String, shape: [Int], type: String, areNumbers: Bool) {
      self.name = name
      words = shownArray(shape, type)
      fits = areNumbers && shape.contains { $0 > 1 }
    }

    var shown: String { name.printable + words }
  }

  private func choose(from choices: [Choice]) throws(FileError) -> Int {
    do throws(Malformation) {
      return try chooseWithin(choices)
    } catch {
      throw .malformed(path: path, error)
    }
  }

  /// The place of the array that is meant: the one that is named, or the only one that fits.
  private func chooseWithin(_ choices: [Choice]) throws(Malformation) -> Int {
    let most = 24
    let list =
      choices.prefix(most).map(\.shown).joined(separator: ", ")
      + (choices.count > most ? ", … (\(choices.count) in all)" : "")
    guard let member else {
      let fitting = choices.indices.filter { choices[$0].fits }
      if fitting.count == 1 { return fitting[0] }
      throw malformation(
        field: "arrays = \(list.isEmpty ? "none" : list)",
        why: fitting.isEmpty
          ? choices.isEmpty ? "it holds no array" : "it holds no array of several numbers"
          : "it holds several arrays",
        mend: fitting.first.map { "name one of them, as in \(path):\(choices[$0].name.printable)" }
          ?? "check that this is the file you meant"
      )
    }
    let wanted = member.split(separator: "/").joined(separator: "/")
    if let index = choices.firstIndex(where: { $0.name == member || $0.name == wanted }) {
      return index
    }
    let longer = choices.map(\.name).filter { $0.hasPrefix(member) }
    let near = longer.isEmpty ? Spelling.closest(to: member, in: choices.map(\.name)) : longer
    throw malformation(
      field: "array = \(member.printable)",
      why: "there is none of that name",
      mend: choices.isEmpty
        ? "check that this is the file you meant"
        : (near.first.map { "did you mean \($0.printable)? Otherwise " } ?? "")
          + "name one of \(list)"
    )
  }

  private var unknownFormat: FileError {
    .malformed(
      path: path,
      malformation(
        field: nil,
        why: "its name ends with none of \(Self.formats.joined(separator: ", "))",
        mend: "name it after its format"
      )
    )
  }

  private func malformation(field: String?, why: String, mend: String) -> Malformation {
    Malformation(code: "E-ARRAY-FORMAT", what: "no array", field: field, why: why, mend: mend)
  }
}

/// " 120 × 6 double", behind a name.
private func shownArray(_ shape: [Int], _ type: String) -> String {
  let lengths = shape.isEmpty ? "" : shape.map(String.init).joined(separator: " × ") + " "
  return " \(lengths)\(type)"
}

extension HDF5File {
  /// Every data set with its shape and type.
  fileprivate func choices() throws(Malformation) -> [ArrayFile.Choice] {
    var choices: [ArrayFile.Choice] = []
    for path in try dataPaths() {
      let data = try data(path)
      choices.append(
        .init(path, shape: data.shape, type: data.typeName, areNumbers: data.kind == .numbers)
      )
    }
    return choices
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
