/// A figure as data: what is shown, not how it is drawn.
///
/// ``PlotlyFigure`` makes the screen's version of it, ``GnuplotFigure`` the one for print, and
/// ``FigureTable`` the numbers behind both. No builder of a figure chooses a colour: it names a
/// ``Meaning``.
package struct Figure: Hashable, Sendable {
  /// The width in print.
  package enum Width: Double, Sendable {
    case oneColumn = 85
    case twoColumns = 174
  }

  /// The stem of its files: letters, digits, `-` and `_`.
  package let name: String
  package let title: String
  /// What was done and what is seen, as full sentences, with settings and n.
  package let caption: String
  /// What a reader who can't see the figure should know of it.
  package let alternative: String
  package let width: Width
  /// Panels side by side; the others go below them.
  package let columns: Int
  /// Whether the panels of a row share their vertical axis, which is then labelled once.
  package let sharesVerticalAxis: Bool
  package let panels: [Panel]

  /// - Precondition: The name is safe as a file name, and there is a panel.
  package init(
    name: String,
    title: String,
    caption: String,
    alternative: String,
    width: Width = .twoColumns,
    columns: Int? = nil,
    sharesVerticalAxis: Bool = false,
    panels: [Panel]
  ) {
    precondition(
      !name.isEmpty
        && name.utf8.allSatisfy { byte in
          switch byte {
          case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
          default: false
          }
        },
      "the figure's name '\(name)' holds more than letters, digits, - and _"
    )
    precondition(!panels.isEmpty, "the figure \(name) has no panel")
    self.name = name
    self.title = title
    self.caption = caption
    self.alternative = alternative
    self.width = width
    self.columns = max(1, min(columns ?? (width == .oneColumn ? 1 : 3), panels.count))
    self.sharesVerticalAxis = sharesVerticalAxis
    self.panels = panels
  }

  /// The caption, and after it how many values lie outside the axes: nothing is cut off in silence.
  package var fullCaption: String {
    let hidden = panels.map(\.hiddenCount)
    let total = hidden.reduce(0, +)
    guard total > 0 else { return caption }
    if panels.count == 1 {
      return caption + " \(Self.values(total)) outside the axes."
    }
    let parts = hidden.indices.filter { hidden[$0] > 0 }.map {
      "\(hidden[$0]) in \(letter(of: $0))"
    }
    return caption + " \(Self.values(total)) outside the axes (\(parts.joined(separator: ", ")))."
  }

  /// The letter of a panel: a, b, c … A figure with more than 26 panels starts again.
  package func letter(of panel: Int) -> String {
    String(UnicodeScalar(UInt8(ascii: "a") + UInt8(panel % 26)))
  }

  private static func values(_ count: Int) -> String {
    count == 1 ? "One value lies" : "\(count) values lie"
  }
}

/// One set of axes and what stands on them.
package struct Panel: Hashable, Sendable {
  package let title: String
  package let plot: Plot

  package init(_ title: String, _ plot: PlanePlot) {
    self.title = title
    self.plot = .plane(plot)
  }

  package init(_ title: String, _ plot: SpacePlot) {
    self.title = title
    self.plot = .space(plot)
  }

  /// Whether the label of a level reaches above the axes, into the title's place.
  var hasLabelAbove: Bool {
    guard case .plane(let plot) = plot else { return false }
    return plot.marks.contains { mark in
      guard case .level(let level) = mark, level.place.isAbove else { return false }
      let range = plot.vertical.range
      return level.value > range.upperBound - 0.07 * (range.upperBound - range.lowerBound)
    }
  }

  /// Whether a bar beside the axes explains colours.
  var hasColourBar: Bool {
    guard case .plane(let plot) = plot else { return false }
    return plot.barredMap != nil
  }

  /// How many values aren't drawn, because they are undefined or outside the axes.
  var hiddenCount: Int {
    guard case .plane(let plot) = plot else { return 0 }
    return plot.marks.reduce(0) { count, mark in
      guard case .series(let series) = mark, series.form != .line else { return count }
      let hidden = series.points.filter { point in
        !plot.horizontal.contains(point.x) || !plot.vertical.contains(point.y)
      }
      return count + hidden.count
    }
  }
}

package enum Plot: Hashable, Sendable {
  case plane(PlanePlot)
  case space(SpacePlot)
}

/// Two axes with marks on them, drawn in their order.
package struct PlanePlot: Hashable, Sendable {
  package let horizontal: Axis
  package let vertical: Axis
  /// Whether one unit is equally long on both axes.
  package let isEqual: Bool
  /// The height in units of a usual panel's.
  package let height: Double
  package let marks: [Mark]

  package init(
    horizontal: Axis,
    vertical: Axis,
    isEqual: Bool = false,
    height: Double = 1,
    marks: [Mark]
  ) {
    self.horizontal = horizontal
    self.vertical = vertical
    self.isEqual = isEqual
    self.height = height
    self.marks = marks
  }

  /// The panel's map; one set of axes has one scale of colours.
  var heatMap: HeatMap? {
    marks.lazy.compactMap { mark in
      if case .heatMap(let map) = mark { map } else { nil }
    }.first
  }

  /// The map whose colours a bar beside the panel explains.
  var barredMap: HeatMap? { heatMap.flatMap { $0.hasBar ? $0 : nil } }

  /// Height over width where both axes have the same scale.
  var proportion: Double {
    (vertical.range.upperBound - vertical.range.lowerBound)
      / (horizontal.range.upperBound - horizontal.range.lowerBound)
  }

  /// Whether so many points are scattered that each must be small and let the others shine through.
  var isCrowded: Bool {
    let scattered = marks.reduce(0) { count, mark in
      guard case .series(let series) = mark, series.form == .scatter else { return count }
      return count + series.points.count
    }
    return scattered > 200
  }

  /// Whether the label of a region finds room between the region and the end of the axes.
  func hasRoom(above region: Region) -> Bool {
    let axis = vertical.range
    let free = axis.upperBound - region.vertical.upperBound
    return free >= 0.08 * (axis.upperBound - axis.lowerBound)
  }
}

/// What can stand on two axes.
package enum Mark: Hashable, Sendable {
  case series(Series)
  case level(Level)
  case region(Region)
  case trajectories(Trajectories)
  case heatMap(HeatMap)
  case curves(Curves)

  /// Medians with their quartiles, joined in their order.
  package static func medians(
    _ name: String,
    _ meaning: Meaning,
    _ points: [DataPoint],
    shift: Double = 0
  ) -> Mark {
    .series(Series(name: name, meaning: meaning, form: .medians, points: points, shift: shift))
  }

  /// Medians with their quartiles at places that have no order, such as regions.
  package static func separateMedians(
    _ name: String,
    _ meaning: Meaning,
    _ points: [DataPoint]
  ) -> Mark {
    .series(
      Series(name: name, meaning: meaning, form: .separateMedians, points: points, shift: 0)
    )
  }

  /// Every single value as a faint dot, for n ≤ 10; they belong to the series of the same name.
  package static func dots(
    _ name: String,
    _ meaning: Meaning,
    _ points: [DataPoint],
    shift: Double = 0
  ) -> Mark {
    .series(Series(name: name, meaning: meaning, form: .dots, points: points, shift: shift))
  }

  package static func line(_ name: String, _ meaning: Meaning, _ points: [DataPoint]) -> Mark {
    .series(Series(name: name, meaning: meaning, form: .line, points: points, shift: 0))
  }

  package static func scatter(_ name: String, _ meaning: Meaning, _ points: [DataPoint]) -> Mark {
    .series(Series(name: name, meaning: meaning, form: .scatter, points: points, shift: 0))
  }

  package static func markers(_ name: String, _ meaning: Meaning, _ points: [DataPoint]) -> Mark {
    .series(Series(name: name, meaning: meaning, form: .markers, points: points, shift: 0))
  }

  /// Bars that stand on zero, each as wide as `width` on the horizontal axis.
  package static func bars(
    _ name: String,
    _ meaning: Meaning,
    _ points: [DataPoint],
    width: Double,
    shift: Double = 0
  ) -> Mark {
    .series(
      Series(name: name, meaning: meaning, form: .bars(width: width), points: points, shift: shift)
    )
  }
}

/// A value and, where it has one, the range from its lower to its upper quartile.
package struct DataPoint: Hashable, Sendable {
  package let x: Double
  package let y: Double
  package let lower: Double?
  package let upper: Double?
  /// What stands there, for the table of numbers; empty where its place says so.
  package let name: String

  package init(
    _ x: Double,
    _ y: Double,
    lower: Double? = nil,
    upper: Double? = nil,
    name: String = ""
  ) {
    self.x = x
    self.y = y
    self.lower = lower
    self.upper = upper
    self.name = name
  }

  /// Whether it can be drawn at all.
  var isDefined: Bool {
    x.isFinite && y.isFinite && (lower?.isFinite ?? true) && (upper?.isFinite ?? true)
  }
}

/// Points of one meaning.
package struct Series: Hashable, Sendable {
  package enum Form: Hashable, Sendable {
    case medians
    case separateMedians
    case dots
    case line
    case scatter
    /// A few points that stand out, each as large as a median.
    case markers
    case bars(width: Double)
  }

  package let name: String
  package let meaning: Meaning
  package let form: Form
  package let points: [DataPoint]
  /// How far to the right it is drawn, as a share of the axis, so that it covers no other series.
  ///
  /// The table of numbers keeps the true place.
  package let shift: Double
}

/// A horizontal line over the whole panel, labelled where it stands: a ceiling, a floor.
package struct Level: Hashable, Sendable {
  /// Where the label stands.
  package enum Place: Hashable, Sendable {
    case aboveStart
    case aboveEnd
    case belowStart
    case belowEnd

    var isAbove: Bool { self == .aboveStart || self == .aboveEnd }
    var isAtStart: Bool { self == .aboveStart || self == .belowStart }
  }

  package let label: String
  package let meaning: Meaning
  package let value: Double
  package let place: Place

  package init(
    _ label: String,
    _ meaning: Meaning,
    at value: Double,
    labelled place: Place = .aboveEnd
  ) {
    self.label = label
    self.meaning = meaning
    self.value = value
    self.place = place
  }
}

/// A shaded rectangle, labelled at its upper right corner: a quadrant that was held out.
package struct Region: Hashable, Sendable {
  package let label: String
  package let meaning: Meaning
  package let horizontal: ClosedRange<Double>
  package let vertical: ClosedRange<Double>

  package init(
    _ label: String,
    _ meaning: Meaning,
    horizontal: ClosedRange<Double>,
    vertical: ClosedRange<Double>
  ) {
    self.label = label
    self.meaning = meaning
    self.horizontal = horizontal
    self.vertical = vertical
  }
}
