/// The numbers behind a figure, one row a point, for the reader and for gnuplot.
///
/// Columns: panel, series (counted from 1 within its panel), kind, x, y, z (of a cell its value),
/// lower and upper quartile, time, path (counted from 1 within its series), name. What does not
/// apply is empty. An empty line ends every path, so that gnuplot lifts its pen there; data frames
/// skip such lines when they read.
package struct FigureTable: Hashable, Sendable {
  package let csv: String

  static let header = "panel,series,kind,x,y,z,lower,upper,time,path,name"

  package init(_ figure: Figure) {
    var lines = [Self.header]
    for (index, panel) in figure.panels.enumerated() {
      let letter = figure.letter(of: index)
      switch panel.plot {
      case .plane(let plot): Self.append(plot, of: letter, to: &lines)
      case .space(let plot): Self.append(plot, of: letter, to: &lines)
      }
    }
    csv = lines.joined(separator: "\n") + "\n"
  }

  private static func append(_ plot: PlanePlot, of letter: String, to lines: inout [String]) {
    for (index, mark) in plot.marks.enumerated() {
      let start = "\(letter),\(index + 1)"
      switch mark {
      case .series(let series):
        for point in series.points where point.isDefined {
          let names = [series.name, point.name].filter { !$0.isEmpty }
          let end = ",,," + quoted(names.joined(separator: ": "))
          lines.append(
            "\(start),\(kind(of: series.form)),\(point.x),\(point.y),,"
              + "\(text(point.lower)),\(text(point.upper))" + end
          )
        }
      case .level(let level):
        guard level.value.isFinite else { continue }
        lines.append("\(start),level,,\(level.value),,,,,," + quoted(level.label))
      case .region(let region):
        let (horizontal, vertical) = (region.horizontal, region.vertical)
        for (x, y) in [
          (horizontal.lowerBound, vertical.lowerBound),
          (horizontal.upperBound, vertical.upperBound),
        ] {
          lines.append("\(start),corner,\(x),\(y),,,,,," + quoted(region.label))
        }
      case .trajectories(let trajectories):
        append(trajectories, after: start, to: &lines)
      case .heatMap(let map):
        lines += map.cells.map { cell in
          "\(start),cell,\(cell.x),\(cell.y),\(cell.value),,,,," + quoted(map.name(of: cell))
        }
      case .curves(let curves):
        append(curves, after: start, to: &lines)
      }
    }
  }

  private static func append(_ plot: SpacePlot, of letter: String, to lines: inout [String]) {
    if let trajectories = plot.trajectories {
      append(trajectories, after: "\(letter),1", to: &lines)
    }
    for (index, group) in plot.groups.enumerated() {
      for point in group.points {
        let names = [group.name, point.name].filter { !$0.isEmpty }
        lines.append(
          "\(letter),\(index + 2),point,\(point.x),\(point.y),\(point.z),,,,,"
            + quoted(names.joined(separator: ": "))
        )
      }
    }
  }

  private static func append(_ curves: Curves, after start: String, to lines: inout [String]) {
    let name = quoted(curves.name)
    for (path, points) in curves.paths.enumerated() {
      for point in points {
        lines.append("\(start),path,\(point.x),\(point.y),,,,,\(path + 1),\(name)")
      }
      lines.append("")
    }
  }

  private static func append(
    _ trajectories: Trajectories,
    after start: String,
    to lines: inout [String]
  ) {
    for (path, points) in trajectories.paths.enumerated() {
      let name = quoted(trajectories.names.dropFirst(path).first ?? "")
      for point in points {
        lines.append(
          "\(start),path,\(point.x),\(point.y),\(point.z),,,\(point.time),\(path + 1),\(name)"
        )
      }
      lines.append("")
    }
  }

  private static func kind(of form: Series.Form) -> String {
    switch form {
    case .medians, .separateMedians: "median"
    case .dots: "value"
    case .line: "line"
    case .scatter, .markers: "point"
    case .bars: "bar"
    }
  }

  private static func text(_ value: Double?) -> String { value.map(\.description) ?? "" }

  /// A name as the last cell of a row; control characters would end the row and become spaces.
  private static func quoted(_ name: String) -> String {
    let plain = name.singleLine
    guard plain.contains(where: { $0 == "," || $0 == "\"" }) else { return plain }
    return "\"" + plain.replacing("\"", with: "\"\"") + "\""
  }
}

extension String {
  /// The text with every control character replaced by a space.
  var singleLine: String {
    String(
      String.UnicodeScalarView(
        unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }
      )
    )
  }
}
