import Files
import SystemPackage

/// A table as RFC 4180 has it: a line of names, then one line a trial, columns separated by commas,
/// cells in quotes where they hold one.
struct DelimitedText {
  let columns: [RecordedArray.Column]

  init(contentsOf path: FilePath) throws {
    let bytes = try [UInt8](contentsOf: path, limit: 1 << 31)
    var lines = try Self.cells(bytes, path)
    guard let first = lines.first else {
      throw RecordingError.table(path, line: 1, why: "it is empty")
    }
    // A line of numbers alone is no header.
    let hasHeader = first.contains { Self.number($0) == nil }
    let names = hasHeader ? first : first.indices.map { "column\($0 + 1)" }
    if hasHeader { lines.removeFirst() }
    for (row, line) in lines.enumerated() where line.count != names.count {
      throw RecordingError.table(
        path,
        line: row + (hasHeader ? 2 : 1),
        why: "\(line.count) cells where the first line has \(names.count)"
      )
    }
    columns = names.indices.map { column in
      let texts = lines.map { $0[column] }
      let numbers = texts.map(Self.number)
      let isText = numbers.contains(nil)
      return RecordedArray.Column(
        name: names[column],
        numbers: numbers.map { $0 ?? .nan },
        texts: isText ? texts : nil
      )
    }
  }

  /// An empty cell and Python's and R's words for nothing are missing numbers.
  private static func number(_ text: String) -> Double? {
    if ["", "nan", "NaN", "NA", "null", "None"].contains(text) { return .nan }
    return Double(text)
  }

  private static func cells(_ bytes: [UInt8], _ path: FilePath) throws -> [[String]] {
    let (comma, quote, feed, back) = (
      UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "\n"), UInt8(ascii: "\r")
    )
    var lines: [[String]] = []
    var line: [String] = []
    var cell: [UInt8] = []
    var isQuoted = false
    var index = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    func text() -> String { String(decoding: cell, as: UTF8.self).trimmed }
    while index < bytes.count {
      let byte = bytes[index]
      if isQuoted {
        if byte == quote, index + 1 < bytes.count, bytes[index + 1] == quote {
          cell.append(quote)
          index += 1
        } else if byte == quote {
          isQuoted = false
        } else {
          cell.append(byte)
        }
      } else if byte == quote {
        isQuoted = true
      } else if byte == comma {
        line.append(text())
        cell = []
      } else if byte == feed {
        line.append(text())
        cell = []
        if line != [""] { lines.append(line) }
        line = []
      } else if byte != back {
        cell.append(byte)
      }
      index += 1
    }
    guard !isQuoted else {
      throw RecordingError.table(path, line: lines.count + 1, why: "a quote is never closed")
    }
    if !cell.isEmpty || !line.isEmpty { lines.append(line + [text()]) }
    return lines
  }
}

extension String {
  fileprivate var trimmed: String {
    var part = self[...]
    while part.first == " " || part.first == "\t" { part.removeFirst() }
    while part.last == " " || part.last == "\t" { part.removeLast() }
    return String(part)
  }
}
