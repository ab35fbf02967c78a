/// A matrix of numbers as coloured cells, each one unit wide and high.
package struct HeatMap: Hashable, Sendable {
  /// From the lowest row up; what is `nil` or undefined stays blank.
  package let rows: [[Double?]]
  /// Where the middle of the first cell of the lowest row stands.
  package let origin: PlaneOrigin
  /// What the colours' ends stand for.
  package let range: ClosedRange<Double>
  package let ramp: Ramp
  /// What the colour shows; a map without label has no bar.
  package let label: String
  /// Of the bar.
  package let ticks: [Axis.Tick]
  /// What the rows and the columns stand for, for the table of numbers; empty where the axes say so.
  package let rowNames: [String]
  package let columnNames: [String]

  package struct PlaneOrigin: Hashable, Sendable {
    package let x: Double
    package let y: Double
  }

  /// - Parameters:
  ///   - rows: From the lowest up, all of the same length.
  ///   - origin: The middle of the first cell.
  ///   - range: What the colours' ends stand for; values beyond take the colour of the end.
  ///   - ramp: The colours.
  ///   - label: What the colour shows, with its unit; empty for a map without bar.
  ///   - ticks: Of the bar; round numbers where none are given.
  ///   - rowNames: What the rows stand for, if not their places.
  ///   - columnNames: What the columns stand for, if not their places.
  package init(
    _ rows: [[Double?]],
    origin: (x: Double, y: Double) = (1, 1),
    range: ClosedRange<Double>,
    ramp: Ramp,
    label: String,
    ticks: [Axis.Tick]? = nil,
    rowNames: [String] = [],
    columnNames: [String] = []
  ) {
    self.rowNames = rowNames
    self.columnNames = columnNames
    self.rows = rows.map { row in
      row.map { value in
        value.flatMap { $0.isFinite ? min(max($0, range.lowerBound), range.upperBound) : nil }
      }
    }
    self.origin = PlaneOrigin(x: origin.x, y: origin.y)
    let axis = Axis(label, range: range, ticks: ticks)
    self.range = axis.range
    self.ramp = ramp
    self.label = label
    self.ticks = axis.ticks
  }

  var hasBar: Bool { !label.isEmpty }

  /// The cells that aren't blank, row by row.
  var cells: [Cell] {
    rows.enumerated().flatMap { row, values in
      values.enumerated().compactMap { column, value in
        value.map {
          Cell(
            row: row,
            column: column,
            x: origin.x + Double(column),
            y: origin.y + Double(row),
            value: $0
          )
        }
      }
    }
  }

  struct Cell {
    let row: Int
    let column: Int
    let x: Double
    let y: Double
    let value: Double
  }

  /// What the colour shows, and of what.
  func name(of cell: Cell) -> String {
    ([label]
      + [rowNames.dropFirst(cell.row).first, columnNames.dropFirst(cell.column).first]
      .compactMap(\.self)).joined(separator: ": ")
  }
}

/// Lines of one kind, such as the boundaries of all tasks.
package struct Curves: Hashable, Sendable {
  /// In the key; empty for lines that need no name.
  package let name: String
  package let meaning: Meaning
  package let paths: [[DataPoint]]
  /// Whether there are so many that each is drawn with a hairline.
  package let isThin: Bool

  package init(_ name: String, _ meaning: Meaning, _ paths: [[DataPoint]], isThin: Bool = false) {
    self.name = name
    self.meaning = meaning
    self.paths = paths.filter { path in path.count > 1 && path.allSatisfy(\.isDefined) }
    self.isThin = isThin
  }
}

/// Colours in an order.
package enum Ramp: Hashable, Sendable {
  /// From light to dark, in one hue.
  case sequential
  /// From one hue to another, pale in the middle, for values with a zero of their own.
  case diverging
  /// From one hue to another, dark enough in the middle for thin lines.
  case twoHues

  package var inks: [Ink] {
    switch self {
    case .sequential: Palette.time
    case .diverging: Palette.diverging
    case .twoHues: Palette.twoHues
    }
  }
}
