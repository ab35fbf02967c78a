/// A table of a report: each value beside its ceiling and its floor.
package struct ReportTable: Hashable, Sendable {
  package struct Column: Hashable, Sendable {
    package let title: String
    /// A second line of the header, such as the column's ceiling.
    package let detail: String?
    /// Whether the cells are numbers, which align at their decimal point.
    package let isNumeric: Bool

    package init(_ title: String, detail: String? = nil, isNumeric: Bool = true) {
      self.title = title
      self.detail = detail
      self.isNumeric = isNumeric
    }
  }

  package struct Cell: Hashable, Sendable {
    package let text: String
    /// A second line, such as the quartiles.
    package let detail: String?
    package let bar: ValueBar?

    package init(_ text: String, detail: String? = nil, bar: ValueBar? = nil) {
      self.text = text
      self.detail = detail
      self.bar = bar
    }
  }

  package let caption: String
  package let columns: [Column]
  package let rows: [[Cell]]

  /// - Precondition: Every row has a cell for every column.
  package init(caption: String, columns: [Column], rows: [[Cell]]) {
    for (index, row) in rows.enumerated() {
      precondition(
        row.count == columns.count,
        "row \(index + 1) has \(row.count) cells for \(columns.count) columns"
      )
    }
    self.caption = caption
    self.columns = columns
    self.rows = rows
  }

  package var html: String {
    let header = columns.map { column in
      "<th scope=\"col\"\(Self.style(column))>\(column.title.escapedForHTML)"
        + Self.html(ofDetail: column.detail) + "</th>"
    }
    let texts = columns.indices.map { column in
      let cells = rows.map { $0[column].text }
      return columns[column].isNumeric ? Self.alignedAtPoint(cells) : cells
    }
    let body = rows.indices.map { row in
      let cells = columns.indices.map { column in
        let cell = rows[row][column]
        // A screen reader names the row by its first cell.
        let (tag, scope) = column == 0 ? ("th", " scope=\"row\"") : ("td", "")
        return "<\(tag)\(scope)\(Self.style(columns[column]))>\(texts[column][row].escapedForHTML)"
          + Self.html(ofDetail: cell.detail) + (cell.bar?.svg ?? "") + "</\(tag)>"
      }
      return "<tr>\(cells.joined())</tr>"
    }
    // The region scrolls where the screen is narrow, and the keyboard must reach it to do so.
    return """
      <div class="scroll" role="region" aria-label="\(caption.escapedForHTML)" tabindex="0">
      <table\(isWordy ? " class=\"wordy\"" : "")>
      <caption><span>\(caption.escapedForHTML)</span></caption>
      <thead>
      <tr>\(header.joined())</tr>
      </thead>
      <tbody>
      \(body.joined(separator: "\n"))
      </tbody>
      </table>
      </div>
      """
  }

  /// Whether rows are named by sentences: on a narrow screen each stands above its numbers.
  private var isWordy: Bool {
    columns.first?.isNumeric == false && rows.contains { ($0.first?.text.count ?? 0) > 40 }
  }

  private static func style(_ column: Column) -> String {
    column.isNumeric ? " class=\"number\"" : ""
  }

  private static func html(ofDetail detail: String?) -> String {
    guard let detail else { return "" }
    return "<span class=\"detail\">\(detail.escapedForHTML)</span>"
  }

  /// Right-aligned numbers whose points stand below each other: missing decimals become spaces that
  /// are as wide as a digit.
  static func alignedAtPoint(_ texts: [String]) -> [String] {
    let (point, digit): (Character, Character) = ("\u{2008}", "\u{2007}")
    func decimals(_ text: String) -> Int? {
      guard text.last?.isNumber == true else { return nil }
      guard let dot = text.lastIndex(of: ".") else { return 0 }
      let tail = text[text.index(after: dot)...]
      return tail.allSatisfy(\.isNumber) ? tail.count : nil
    }
    let most = texts.compactMap(decimals).max() ?? 0
    return texts.map { text in
      guard let own = decimals(text), own < most else { return text }
      return text + (own == 0 ? String(point) : "") + String(repeating: digit, count: most - own)
    }
  }
}

/// A small bar that shows where, between its floor and its ceiling, a value lies.
package struct ValueBar: Hashable, Sendable {
  package let value: Double
  package let floor: Double
  package let ceiling: Double
  /// The same in words.
  package let alternative: String

  package init(value: Double, floor: Double, ceiling: Double, alternative: String) {
    self.value = value
    self.floor = floor
    self.ceiling = ceiling
    self.alternative = alternative
  }

  /// The share of the way from floor to ceiling; `nil` where there is no such way.
  package var share: Double? {
    guard value.isFinite, floor.isFinite, ceiling.isFinite, ceiling > floor else { return nil }
    return (value - floor) / (ceiling - floor)
  }

  /// The bar's marks: the floor dotted on the left, the ceiling on the right, the value between; a
  /// value beyond either end stands there as an arrow head.
  package var svg: String {
    guard let share else { return "" }
    let (left, width) = (6.0, 60.0)
    func place(_ x: Double) -> String { fixed(x, 1) }
    let end = left + width
    let mark =
      switch share {
      case ..<0: "<path class=\"value\" d=\"M5 1 L0 5 L5 9 Z\"/>"
      case let share where share > 1:
        "<path class=\"value\" "
          + "d=\"M\(place(end + 1)) 1 L\(place(end + 6)) 5 L\(place(end + 1)) 9 Z\"/>"
      default:
        "<rect class=\"value\" x=\"\(place(left))\" y=\"3\" width=\"\(place(share * width))\" "
          + "height=\"4\"/>"
          + "<circle class=\"value\" cx=\"\(place(left + share * width))\" cy=\"5\" r=\"3.5\"/>"
      }
    return "<svg class=\"bar\" width=\"72\" height=\"10\" viewBox=\"0 0 72 10\" role=\"img\" "
      + "aria-label=\"\(alternative.escapedForHTML)\"><title>\(alternative.escapedForHTML)</title>"
      + "<line class=\"track\" x1=\"\(place(left))\" y1=\"5\" x2=\"\(place(end))\" y2=\"5\"/>"
      + "<line class=\"floor\" x1=\"\(place(left))\" y1=\"0\" x2=\"\(place(left))\" y2=\"10\"/>"
      + "<line class=\"ceiling\" x1=\"\(place(end))\" y1=\"0\" x2=\"\(place(end))\" y2=\"10\"/>"
      + mark + "</svg>"
  }
}
