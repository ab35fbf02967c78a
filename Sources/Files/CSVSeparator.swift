/// What stands between the cells of a table whose author didn't take commas.
///
/// Read as if there were commas, such a table is one column of texts, and nobody would notice.
enum CSVSeparator: CaseIterable {
  case semicolon
  case tab
  case blank

  private var byte: UInt8 {
    switch self {
    case .semicolon: UInt8(ascii: ";")
    case .tab: UInt8(ascii: "\t")
    case .blank: UInt8(ascii: " ")
    }
  }

  private var name: String {
    switch self {
    case .semicolon: "semicolons"
    case .tab: "tabs"
    case .blank: "blanks"
    }
  }

  /// Looks at the first two lines: at names, perhaps, and at numbers.
  static func check(_ bytes: [UInt8]) throws(Malformation) {
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    let lines = bytes[start...].prefix(1 << 20).split(separator: UInt8(ascii: "\n"), maxSplits: 2)
    for (place, line) in lines.prefix(2).enumerated() {
      let plain = trimmed(outsideQuotes(line))
      guard let separator = allCases.first(where: { $0.separates(plain) }) else { continue }
      throw CSVError(
        code: "E-CSV-SEPARATOR",
        field: "line = \(place + 1)",
        why: "its cells are separated by \(separator.name)"
          + (plain.contains(UInt8(ascii: ",")) ? ", and its numbers have decimal commas" : ""),
        mend: "save it with commas between the cells and points in the numbers, such as "
          + "to_csv(…, sep=\",\", decimal=\".\") in pandas or delimiter=\",\" in numpy.savetxt; texts "
          + "with such marks need quotes"
      ).malformation
    }
  }

  /// Whether a line is cells between these marks rather than between commas.
  private func separates(_ line: ArraySlice<UInt8>) -> Bool {
    let comma = UInt8(ascii: ",")
    let pieces = line.split(separator: byte)
    guard line.contains(byte), pieces.count > 1 || self != .blank else { return false }
    // Commas are decimal ones where all pieces are numbers, with one comma at most.
    let areNumbers = pieces.allSatisfy { piece in
      let point = Array(piece.map { $0 == comma ? UInt8(ascii: ".") : $0 })
      return CellReader(bytes: point).number(0, point.count) != nil
    }
    return line.contains(comma) || self == .blank ? areNumbers : true
  }

  private static func outsideQuotes(_ line: ArraySlice<UInt8>) -> [UInt8] {
    var isQuoted = false
    var plain: [UInt8] = []
    for byte in line {
      if byte == UInt8(ascii: "\"") {
        isQuoted.toggle()
      } else if !isQuoted {
        plain.append(byte)
      }
    }
    return plain
  }

  /// Blanks around a cell belong to nothing.
  private static func trimmed(_ line: [UInt8]) -> ArraySlice<UInt8> {
    let blanks: [UInt8] = [0x20, 0x09, 0x0D]
    var rest = line[...]
    while let last = rest.last, blanks.contains(last) { rest.removeLast() }
    return rest.drop { blanks.contains($0) }
  }
}
