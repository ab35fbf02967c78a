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
    case columns([Column])
  }

  /// What the array is to be.
  enum Role {
    case states
    case factors
    case groups
  }

  let path: FilePath
  let shape: [Int]
  /// What of a session in NWB was taken; `nil` for plain arrays.
  private(set) var taken: String?
  /// Why a session has values that are missing, if any.
  private(set) var gaps: String?
  private(set) var warnings: [String] = []
  private let content: Content

  /// Reads a file by what its name ends with.
  ///
  /// - Parameters:
  ///   - place: A path; behind a colon the name of an array in an archive.
  ///   - role: What it is to be: of a session in NWB, states are spikes and factors are columns of the
  ///     trials.
  ///   - session: How a session becomes trials.
  ///   - trials: How many there are, where that is known: it tells whether a table's first line, 0, 1,
  ///     …, is one of them.
  /// - Throws: `FileError`, or `SessionError`.
  init(
    _ place: String,
    as role: Role,
    _ session: SessionRequest,
    trials: Int? = nil
  ) throws {
    let file = ArrayFile(place)
    path = file.path
    if file.isHDF5 {
      let read = try Self.read(file, role, session)
      (shape, content) = (read.shape, read.content)
      (taken, gaps, warnings) = (read.taken, read.gaps, read.warnings)
    } else if path.extension?.lowercased() == "csv" {
      var table = try Self.table(path, trials: trials)
      if table.firstLineCounts, let names = table.names {
        warnings.append(
          "\(path.string.printable): its first line, "
            + "\(names.prefix(4).joined(separator: ","))\(names.count > 4 ? ",…" : ""), was taken as "
            + "the names of the columns"
        )
      }
      if table.hasIndex {
        table = table.withoutIndex
        warnings.append(
          "\(path.string.printable): its first column has no name and numbers the rows; it was left "
            + "out as an index"
        )
      }
      (shape, content) = ([table.rowCount, table.columnCount], .table(table))
    } else {
      let array = try file.read()
      (shape, content) = (array.shape, .numbers(array.values))
    }
  }

  /// A table whose first line, if it reads 0, 1, 2, …, is a line of names: where the number of trials says
  /// so, or else where it is too long to be so by chance.
  private static func table(_ path: FilePath, trials: Int?) throws -> CSVTable {
    let table = try CSVTable(contentsOf: path)
    guard table.firstLineCounts, table.names == nil, table.rowCount != trials else { return table }
    let isLong = table.columnCount > 2 || table.text(row: 0, column: 0).isEmpty
    guard isLong || table.rowCount - 1 == trials else { return table }
    return try CSVTable(contentsOf: path, header: .present)
  }

  // MARK: HDF5 and NWB

  private struct HDF5Content {
    var shape: [Int]
    var content: Content
    var taken: String?
    var gaps: String?
    var warnings: [String] = []

    init(_ array: NumberArray) { (shape, content) = (array.shape, .numbers(array.values)) }

    init(_ columns: [Column], taken: String? = nil) {
      shape = [columns.first?.numbers.count ?? 0, columns.count]
      content = .columns(columns)
      self.taken = taken
    }

    init(_ states: SessionStates) {
      (shape, content) = (states.shape, .numbers(states.values))
      (taken, gaps, warnings) = (states.taken, states.gaps, states.warnings)
    }
  }

  private static func read(
    _ file: ArrayFile,
    _ role: Role,
    _ request: SessionRequest
  ) throws -> HDF5Content {
    let isSession = file.isSession
    if isSession, role == .factors, file.member == nil, request.factors.isEmpty {
      let columns = try HDF5File.reading(file.path) { file throws(Malformation) in
        try SessionTrials(file).names
      }
      throw SessionError.noFactors(file.path, columns: columns)
    }
    var place: String?
    if isSession, role == .states {
      place = try HDF5File.reading(file.path) { open throws(Malformation) in
        guard let member = file.member else { return SessionStates.units }
        return try open.place(member) == .group ? member : nil
      }
    }
    if let place {
      guard let window = request.window else { throw SessionError.noWindow(file.path) }
      guard let bins = SessionRequest.bins(of: window, length: request.bin) else {
        throw SessionError.bin(length: request.bin ?? 0, window: window)
      }
      return try HDF5File.reading(file.path) { open throws(Malformation) in
        let trials = try SessionTrials(open)
        let moments = try trials.column(request.align, of: open)
        guard moments.texts == nil else {
          throw .session(
            "\(SessionTrials.place)/\(request.align)",
            "it holds text, want seconds",
            mend: "align to a column of times"
          )
        }
        let windows = TrialWindows(at: moments.numbers, window: window, bins: bins)
        return HDF5Content(
          try place == SessionStates.units
            ? .spikes(of: open, in: windows, request)
            : .series(place, of: open, in: windows, request)
        )
      }
    }
    return try HDF5File.reading(file.path) { open throws(Malformation) in
      if isSession, role == .factors, file.member == nil {
        let trials = try SessionTrials(open)
        var columns: [Column] = []
        for name in request.factors {
          let column = try trials.column(name, of: open)
          columns.append(Column(name: name, numbers: column.numbers, texts: column.texts))
        }
        return HDF5Content(columns, taken: "columns of \(SessionTrials.place)")
      }
      if role != .states, let member = file.member, try open.place(member) == .data {
        let data = try open.data(member)
        if data.kind == .texts, data.shape.count == 1 {
          let texts = try data.texts()
          let word = role == .groups ? "group1" : "factor1"
          return HDF5Content([Column(name: word, numbers: texts.map { _ in .nan }, texts: texts)])
        }
      }
      return HDF5Content(try file.read(from: open))
    }
  }

  // MARK: Content

  /// Row by row, all axes; words are refused.
  func numbers() throws -> [Double] {
    switch content {
    case .numbers(let values): return values
    case .columns(let columns):
      return (0..<shape[0]).flatMap { row in columns.map { $0.numbers[row] } }
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
    case .columns(let columns): return columns
    case .table(let table):
      return (0..<table.columnCount).map { column in
        let numbers = (0..<table.rowCount).map { Self.number(table, $0, column) }
        let name = table.names?[column] ?? ""
        return Column(
          name: name.isEmpty ? "\(word)\(column + 1)" : name,
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
