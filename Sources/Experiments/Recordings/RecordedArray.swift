import Files
import SystemPackage

/// One array of a user's file, and a table's words where it has any.
struct RecordedArray {
  struct Column {
    let name: String
    /// Not a number where a cell is empty or missing.
    let numbers: [Double]
    /// Every cell as it was written, where one of them is no number.
    let texts: [String]?
  }

  private enum Content {
    case numbers([Double])
    case table(CSVTable)
  }

  let path: FilePath
  let shape: [Int]
  private let content: Content

  /// Reads a file by what its name ends with.
  ///
  /// - Parameter place: A path; behind a colon the name of an array in an archive.
  /// - Throws: `FileError`.
  init(_ place: String) throws {
    let file = ArrayFile(place)
    path = file.path
    if path.extension?.lowercased() == "csv" {
      let table = try CSVTable(contentsOf: path)
      (shape, content) = ([table.rowCount, table.columnCount], .table(table))
    } else {
      let array = try file.read()
      (shape, content) = (array.shape, .numbers(array.values))
    }
  }

  /// Row by row, all axes; words are refused.
  func numbers() throws -> [Double] {
    switch content {
    case .numbers(let values): return values
    case .table(let table):
      var values: [Double] = []
      values.reserveCapacity(table.rowCount * table.columnCount)
      for row in 0..<table.rowCount {
        for column in 0..<table.columnCount {
          guard let number = Self.number(table, row, column) else {
            throw RecordingError.text(
              path,
              column: table.names?[column] ?? "column \(column + 1)",
              line: row + (table.names == nil ? 1 : 2),
              value: table.text(row: row, column: column)
            )
          }
          values.append(number)
        }
      }
      return values
    }
  }

  /// The columns of a table, of a matrix or of a single list.
  func columns(named word: String) throws -> [Column] {
    switch content {
    case .table(let table):
      return (0..<table.columnCount).map { column in
        let numbers = (0..<table.rowCount).map { Self.number(table, $0, column) }
        return Column(
          name: table.names?[column] ?? "\(word)\(column + 1)",
          numbers: numbers.map { $0 ?? .nan },
          texts: numbers.contains(nil) ? table.texts(column: column) : nil
        )
      }
    case .numbers(let values):
      guard shape.count == 1 || shape.count == 2, !values.isEmpty else {
        throw RecordingError.shape(path, role: word, shape: shape, wanted: "trials × \(word)s")
      }
      let width = shape.count == 1 ? 1 : shape[1]
      return (0..<width).map { column in
        let numbers = stride(from: column, to: values.count, by: width).map { values[$0] }
        return Column(name: "\(word)\(column + 1)", numbers: numbers, texts: nil)
      }
    }
  }

  /// What stands for a number that is missing.
  static let missingWords = ["", "NA", "None", "null"]

  private static func number(_ table: CSVTable, _ row: Int, _ column: Int) -> Double? {
    if let number = table.number(row: row, column: column) { return number }
    return missingWords.contains(table.text(row: row, column: column)) ? .nan : nil
  }
}
