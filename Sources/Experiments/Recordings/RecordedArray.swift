import Files
import SystemPackage

/// One array of a user's file, with what it was in the file.
struct RecordedArray {
  enum Content {
    case numbers([Double])
    /// A table's columns: numbers, or text where a cell is none.
    case columns([Column])
  }

  struct Column {
    let name: String
    let numbers: [Double]
    /// Every cell as it was written, where one of them is no number.
    let texts: [String]?
  }

  let path: FilePath
  let shape: [Int]
  /// Such as `float32`.
  let type: String
  let content: Content

  /// Reads a file by what its name ends with.
  ///
  /// - Parameter place: A path; behind a colon the name of an array in an archive.
  /// - Throws: `FileError` or `RecordingError`.
  init(_ place: String) throws {
    var path = FilePath(place)
    var wanted: String?
    if !Folder.holds(path), let colon = place.lastIndex(of: ":"), colon > place.startIndex {
      path = FilePath(String(place[..<colon]))
      wanted = String(place[place.index(after: colon)...])
    }
    self.path = path
    switch path.lastComponent?.extension?.lowercased() {
    case "npy":
      let array = try NumPyArray(contentsOf: path)
      (shape, type, content) = (array.shape, array.values.name, .numbers(array.values.doubles))
    case "npz":
      let archive = try NumPyArchive(contentsOf: path)
      let name = try Self.choose(wanted, of: archive.members.map(\.name), in: path)
      guard let array = archive[name] else { preconditionFailure("\(name) was found before") }
      (shape, type, content) = (array.shape, array.values.name, .numbers(array.values.doubles))
    case "safetensors":
      let file = try SafeTensorsFile(contentsOf: path)
      let name = try Self.choose(wanted, of: file.tensors.map(\.name), in: path)
      guard let tensor = file[name] else { preconditionFailure("\(name) was found before") }
      (shape, type, content) = (tensor.shape, tensor.values.name, .numbers(tensor.values.doubles))
    case "csv":
      let columns = try DelimitedText(contentsOf: path).columns
      (shape, type) = ([columns.first?.numbers.count ?? 0, columns.count], "text")
      content = .columns(columns)
    default:
      throw Folder.holds(path)
        ? RecordingError.unknownFormat(path)
        : FileError.notFound(path: path, errno: .noSuchFileOrDirectory)
    }
  }

  private static func choose(
    _ wanted: String?,
    of names: [String],
    in path: FilePath
  ) throws
    -> String
  {
    if wanted == nil, names.count == 1 { return names[0] }
    guard let wanted, names.contains(wanted) else {
      throw RecordingError.whichArray(path, wanted: wanted, names: names)
    }
    return wanted
  }

  /// Row by row, all axes; text is refused.
  func numbers() throws -> [Double] {
    switch content {
    case .numbers(let values): return values
    case .columns(let columns):
      for column in columns {
        guard let texts = column.texts else { continue }
        let row = texts.firstIndex { Double($0) == nil && !$0.isEmpty } ?? 0
        throw RecordingError.text(path, column: column.name, line: row + 2, value: texts[row])
      }
      var values: [Double] = []
      values.reserveCapacity(shape[0] * shape[1])
      for row in 0..<shape[0] { values += columns.map { $0.numbers[row] } }
      return values
    }
  }

  /// The columns of a table, of a matrix or of a single list.
  func columns(named word: String) throws -> [Column] {
    switch content {
    case .columns(let columns): return columns
    case .numbers(let values):
      guard shape.count == 1 || shape.count == 2, !values.isEmpty else {
        throw RecordingError.shape(path, role: word, shape: shape, wanted: "trials × \(word)")
      }
      let width = shape.count == 1 ? 1 : shape[1]
      return (0..<width).map { column in
        let numbers = stride(from: column, to: values.count, by: width).map { values[$0] }
        return Column(name: "\(word)\(column + 1)", numbers: numbers, texts: nil)
      }
    }
  }
}

extension SafeTensorsFile.Values {
  fileprivate var doubles: [Double] {
    switch self {
    case .float32(let values): values.map(Double.init)
    case .float64(let values): values
    case .int64(let values): values.map(Double.init)
    case .uint8(let values): values.map(Double.init)
    }
  }

  fileprivate var name: String {
    switch self {
    case .float32: "float32"
    case .float64: "float64"
    case .int64: "integers"
    case .uint8: "bytes"
    }
  }
}
