import SystemPackage

/// A table of comma-separated values: cells by row and column, read as numbers or as texts.
///
/// Cells may stand in quotes, within which commas and line ends are text and `""` is a quote; lines
/// end as on Unix or on Windows; a byte order mark is skipped. There are no comments. Source:
/// RFC 4180. Cells are found once and read when they are asked for.
package struct CSVTable: Sendable {
  /// Whether the first line names the columns.
  package enum Header: Sendable {
    /// It does where none of its cells is a number.
    case detected
    case present
    case absent
  }

  /// The names of the columns; `nil` without a header.
  package let names: [String]?
  /// Without the header.
  package let rowCount: Int
  package let columnCount: Int
  /// Whether the first line reads 0, 1, 2, …, behind an empty cell perhaps: pandas' names of columns
  /// without names, or a first row that happens to be so, which the reader has to decide.
  package let firstLineCounts: Bool

  private let bytes: [UInt8]
  /// Row by row, the header included.
  private let cells: [Cell]
  private let firstRow: Int
  /// Of the cells of a row, those before this one are left out.
  private var firstColumn = 0

  private struct Cell {
    /// Up to 4 GiB, in half the memory.
    let start: UInt32
    let end: UInt32
  }

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - header: What the first line is.
  ///   - limit: The most bytes that make sense here.
  /// - Throws: `malformed` with the place and the reason, or what the system said.
  package init(
    contentsOf path: FilePath,
    header: Header = .detected,
    limit: Int = 1 << 31
  ) throws(FileError) {
    let bytes = try [UInt8](contentsOf: path, limit: limit)
    do throws(Malformation) {
      try self.init(parsing: bytes, header: header)
    } catch {
      throw .malformed(path: path, error)
    }
  }

  /// Reads the bytes of a file.
  package init(parsing bytes: [UInt8], header: Header = .detected) throws(Malformation) {
    precondition(bytes.count <= Int(UInt32.max), "a table of \(bytes.count) bytes")
    try CSVSeparator.check(bytes)
    let (cells, columns) = try Self.cells(of: bytes)
    let reader = CellReader(bytes: bytes)
    let first = cells.prefix(columns).map { reader.text(Int($0.start), Int($0.end)) }
    let isIndexed = first[0].isEmpty && columns > 1
    firstLineCounts = first.dropFirst(isIndexed ? 1 : 0).enumerated().allSatisfy { $1 == "\($0)" }
    let isHeader =
      switch header {
      case .present: true
      case .absent: false
      case .detected:
        cells.prefix(columns).allSatisfy { reader.number(Int($0.start), Int($0.end)) == nil }
      }
    self.bytes = bytes
    self.cells = cells
    columnCount = columns
    firstRow = isHeader ? 1 : 0
    rowCount = cells.count / columns - firstRow
    names = isHeader ? first : nil
  }

  private init(_ table: CSVTable, from column: Int) {
    bytes = table.bytes
    cells = table.cells
    firstRow = table.firstRow
    rowCount = table.rowCount
    firstLineCounts = table.firstLineCounts
    columnCount = table.columnCount - column
    names = table.names.map { Array($0.dropFirst(column)) }
    firstColumn = table.firstColumn + column
  }

  /// Whether the first column has no name and numbers the rows, from 0 or 1: the index that pandas and R
  /// write beside the data.
  package var hasIndex: Bool {
    guard let name = names?.first, name.isEmpty || name.hasPrefix("Unnamed:"), columnCount > 1,
      rowCount > 0, let start = number(row: 0, column: 0), start == 0 || start == 1
    else { return false }
    return (0..<rowCount).allSatisfy { number(row: $0, column: 0) == start + Double($0) }
  }

  /// The same table without its first column.
  package var withoutIndex: CSVTable { CSVTable(self, from: 1) }

  private func cell(_ row: Int, _ column: Int) -> Cell {
    cells[(row + firstRow) * (columnCount + firstColumn) + firstColumn + column]
  }

  /// What a cell holds, without its quotes.
  package func text(row: Int, column: Int) -> String {
    let cell = cell(row, column)
    return CellReader(bytes: bytes).text(Int(cell.start), Int(cell.end))
  }

  /// The number in a cell; `nil` where it holds something else.
  ///
  /// `nan` and `inf` are numbers here, as NumPy writes them.
  package func number(row: Int, column: Int) -> Double? {
    let cell = cell(row, column)
    return CellReader(bytes: bytes).number(Int(cell.start), Int(cell.end))
  }

  /// Whether every cell of a column holds a number.
  package func isNumeric(column: Int) -> Bool {
    (0..<rowCount).allSatisfy { number(row: $0, column: column) != nil }
  }

  package func texts(column: Int) -> [String] {
    (0..<rowCount).map { text(row: $0, column: column) }
  }

  /// All numbers, row by row.
  ///
  /// - Throws: Where a cell holds something else.
  package func numbers() throws(Malformation) -> [Double] {
    let reader = CellReader(bytes: bytes)
    var numbers: [Double] = []
    numbers.reserveCapacity(rowCount * columnCount)
    for row in 0..<rowCount {
      for column in 0..<columnCount {
        let cell = cell(row, column)
        guard let number = reader.number(Int(cell.start), Int(cell.end)) else {
          let text = reader.text(Int(cell.start), Int(cell.end))
          let name = names.map { " (\($0[column].printable))" } ?? ""
          throw CSVError(
            code: "E-CSV-NUMBER",
            field: "line = \(reader.line(of: Int(cell.start))), column = \(column + 1)\(name), "
              + "value = '\(text.printable)'",
            why: text.isEmpty ? "the cell is empty" : "it is no number",
            mend: "write every cell as a number with a decimal point, and commas between the cells"
          ).malformation
        }
        numbers.append(number)
      }
    }
    return numbers
  }

  // MARK: Cells

  private static func cells(
    of bytes: [UInt8]
  ) throws(Malformation) -> (cells: [Cell], columns: Int) {
    var cells: [Cell] = []
    var columns: Int?
    var position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var end = bytes.count
    // A file ends with its last row, however many line ends stand behind it.
    while end > position, bytes[end - 1] == newline || bytes[end - 1] == carriageReturn { end -= 1 }
    guard position < end else {
      throw CSVError(
        code: "E-CSV-EMPTY",
        field: nil,
        why: "it holds no rows",
        mend: "check that this is the file you meant"
      ).malformation
    }
    var rowStart = 0
    while position <= end {
      let start = position
      if position < end, bytes[position] == quote {
        position += 1
        while position < end,
          bytes[position] != quote || (position + 1 < end && bytes[position + 1] == quote)
        {
          position += bytes[position] == quote ? 2 : 1
        }
        guard position < end else {
          throw CSVError.quote(at: start, in: bytes, "a quote is opened here and never closed")
        }
        position += 1
      } else {
        while position < end, bytes[position] != comma, bytes[position] != newline {
          guard bytes[position] != 0 else {
            throw CSVError(
              code: "E-CSV-ENCODING",
              field: "byte = \(position)",
              why: "a zero byte stands there: it is no text in UTF-8",
              mend: "save it as CSV in UTF-8, or name a file .npy, .npz or .safetensors as it is"
            ).malformation
          }
          position += 1
        }
      }
      var cellEnd = position
      if position < end, bytes[position] == carriageReturn { position += 1 }
      if cellEnd > start, bytes[cellEnd - 1] == carriageReturn { cellEnd -= 1 }
      guard position == end || bytes[position] == comma || bytes[position] == newline else {
        throw CSVError.quote(at: start, in: bytes, "something follows the closing quote")
      }
      cells.append(Cell(start: UInt32(start), end: UInt32(cellEnd)))
      let endsRow = position == end || bytes[position] == newline
      position += 1
      guard endsRow else { continue }
      let width = cells.count - rowStart
      guard width == columns ?? width else {
        let line = CellReader(bytes: bytes).line(of: Int(cells[rowStart].start))
        throw CSVError(
          code: "E-CSV-ROW",
          field: "line = \(line)",
          why: "the line has \(width) cells, the first one has \(columns ?? width)",
          mend: "give every line as many cells; a comma inside a text needs quotes around it"
        ).malformation
      }
      columns = width
      rowStart = cells.count
    }
    return (cells, columns ?? 0)
  }

  private static let comma = UInt8(ascii: ",")
  private static let newline = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")
  private static let quote = UInt8(ascii: "\"")
}

// MARK: - Writing

extension CSVTable {
  /// The bytes of a file: every number with all its digits.
  ///
  /// - Parameters:
  ///   - values: Row by row.
  ///   - columns: How many numbers a row has.
  ///   - names: Of the columns, for a header.
  /// - Returns: Text in UTF-8.
  package static func serialized(
    _ values: [Double],
    columns: Int,
    names: [String]? = nil
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(values.count * 20)
    if let names {
      let cells = names.map { name in
        name.contains { ",\"\r\n".contains($0) }
          ? quoted(name)
          : name
      }
      bytes += Array((cells.joined(separator: ",") + "\n").utf8)
    }
    for (index, value) in values.enumerated() {
      bytes += Array(value.description.utf8)
      bytes.append(index % columns == columns - 1 ? newline : comma)
    }
    return bytes
  }
}

/// A text within quotes.
private func quoted(_ text: String) -> String {
  let parts = text.split(separator: "\"", omittingEmptySubsequences: false)
  return "\"\(parts.joined(separator: "\"\""))\""
}

// MARK: - Cells

/// Reads single cells.
struct CellReader {
  let bytes: [UInt8]

  private func content(_ start: Int, _ end: Int) -> (start: Int, end: Int) {
    start < end && bytes[start] == UInt8(ascii: "\"") ? (start + 1, end - 1) : (start, end)
  }

  func text(_ start: Int, _ end: Int) -> String {
    let (inner, innerEnd) = content(start, end)
    guard inner > start else { return String(decoding: bytes[start..<end], as: UTF8.self) }
    var text: [UInt8] = []
    var position = inner
    while position < innerEnd {
      text.append(bytes[position])
      // Within quotes a quote stands twice.
      position += bytes[position] == UInt8(ascii: "\"") ? 2 : 1
    }
    return String(decoding: text, as: UTF8.self)
  }

  func line(of position: Int) -> Int {
    1 + bytes[..<position].count { $0 == UInt8(ascii: "\n") }
  }

  /// A decimal number with blanks around it; hexadecimal ones are none.
  func number(_ start: Int, _ end: Int) -> Double? {
    var (first, last) = content(start, end)
    while first < last, bytes[first] == 0x20 || bytes[first] == 0x09 { first += 1 }
    while first < last, bytes[last - 1] == 0x20 || bytes[last - 1] == 0x09 { last -= 1 }
    guard first < last else { return nil }
    if let short = shortNumber(first, last) { return short }
    if let long = longNumber(first, last) { return long }
    let text = bytes[first..<last]
    guard !text.contains(where: { $0 | 0x20 == UInt8(ascii: "x") }) else { return nil }
    return Double(String(decoding: text, as: UTF8.self))
  }

  /// A number of at most fifteen digits without exponent; `nil` for anything else.
  ///
  /// Such digits and the power of ten below them are exact doubles, so that one division rounds
  /// once: the right answer without the general algorithm.
  ///
  /// Source: Clinger, How to read floating point numbers accurately, 1990.
  private func shortNumber(_ start: Int, _ end: Int) -> Double? {
    var position = start
    let isNegative = bytes[position] == UInt8(ascii: "-")
    if isNegative { position += 1 }
    guard end - position <= 16 else { return nil }
    var digits: Int64 = 0
    var digitCount = 0
    var decimals = 0
    var seesPoint = false
    while position < end {
      let byte = bytes[position]
      if byte == UInt8(ascii: "."), !seesPoint {
        seesPoint = true
      } else if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
        digits = digits * 10 + Int64(byte - UInt8(ascii: "0"))
        digitCount += 1
        if seesPoint { decimals += 1 }
      } else {
        return nil
      }
      position += 1
    }
    guard digitCount >= 1, digitCount <= 15 else { return nil }
    let size = Double(digits) / Self.powersOfTen[decimals]
    return isNegative ? -size : size
  }

  /// A number of at most nineteen digits, with or without an exponent, and down to 1e-27; `nil` for
  /// anything else.
  ///
  /// The digits w and 5ᵏ are whole numbers of 64 bits, so that w/10ᵏ is their quotient, to 64 bits
  /// and a bit that says whether something is left, times a power of two: rounded once.
  private func longNumber(_ start: Int, _ end: Int) -> Double? {
    var position = start
    let isNegative = bytes[position] == UInt8(ascii: "-")
    if isNegative { position += 1 }
    var digits: UInt64 = 0
    var (digitCount, decimals) = (0, 0)
    var seesPoint = false
    while position < end, bytes[position] | 0x20 != UInt8(ascii: "e") {
      let byte = bytes[position]
      if byte == UInt8(ascii: "."), !seesPoint {
        seesPoint = true
      } else if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9"), digitCount < 19 {
        digits = digits * 10 + UInt64(byte - UInt8(ascii: "0"))
        if digits > 0 { digitCount += 1 }
        if seesPoint { decimals += 1 }
      } else {
        return nil
      }
      position += 1
    }
    guard digitCount > 0 else { return nil }
    if position < end {
      position += 1
      guard position < end else { return nil }
      let isBelow = bytes[position] == UInt8(ascii: "-")
      if isBelow || bytes[position] == UInt8(ascii: "+") { position += 1 }
      guard position < end, end - position <= 3 else { return nil }
      var exponent = 0
      for byte in bytes[position..<end] {
        guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
        exponent = exponent * 10 + Int(byte - UInt8(ascii: "0"))
      }
      decimals += isBelow ? exponent : -exponent
    }
    guard (0...27).contains(decimals) else { return nil }
    let (shift, power) = (digits.leadingZeroBitCount, Self.powersOfFive[decimals])
    let lift = power.leadingZeroBitCount
    let (numerator, divisor) = (digits << UInt64(shift), power << UInt64(lift))
    // Half the numerator is below the divisor, so that the quotient has 63 or 64 bits.
    let (quotient, rest) = divisor.dividingFullWidth((numerator >> 1, numerator << 63))
    let size = Double(rest == 0 ? quotient : quotient | 1)
    let value = Double(sign: .plus, exponent: lift - shift - 63 - decimals, significand: size)
    return isNegative ? -value : value
  }

  private static let powersOfFive: [UInt64] = (0...27).map { power in
    (0..<power).reduce(1) { product, _ in product * 5 }
  }

  private static let powersOfTen: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
  ]
}

/// Why bytes are no table.
struct CSVError {
  let code: String
  let field: String?
  let why: String
  let mend: String

  var malformation: Malformation {
    Malformation(code: code, what: "not a valid CSV table", field: field, why: why, mend: mend)
  }

  static func quote(at position: Int, in bytes: [UInt8], _ why: String) -> Malformation {
    let line = CellReader(bytes: bytes).line(of: position)
    return CSVError(
      code: "E-CSV-QUOTE",
      field: "line = \(line)",
      why: why,
      mend: "close the quote, and write a quote inside quotes twice"
    ).malformation
  }
}
