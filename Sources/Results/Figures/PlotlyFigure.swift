import Files

/// A figure for the screen: Plotly's JSON.
///
/// The saved form can be restyled elsewhere, in Python by `plotly.io.read_json`. The embedded form
/// is what a page draws: transparent, without title, with a second layout for narrow screens.
package struct PlotlyFigure: Hashable, Sendable {
  /// `{"data", "layout", "config"}`, complete by itself.
  package let saved: JSONValue
  /// The same and `"narrow"`: what to set in the layout where the panels stand below each other.
  package let embedded: JSONValue

  package init(_ figure: Figure) {
    var builder = PlotlyBuilder(figure)
    builder.addPanels()
    let config: JSONValue = [
      "displaylogo": false,
      "plotlyServerURL": "",
      "responsive": true,
      "showSendToCloud": false,
      "modeBarButtonsToRemove": ["sendDataToCloud", "lasso2d", "select2d"],
      "toImageButtonOptions": ["format": "svg", "filename": .string(figure.name)],
    ]
    let wide = builder.layout(isNarrow: false)
    var titled = wide
    titled["title"] = ["text": .string(figure.title.plotlyText), "x": 0, "xref": "paper"]
    titled["paper_bgcolor"] = "#FFFFFF"
    titled["plot_bgcolor"] = "#FFFFFF"
    saved = ["data": .array(builder.traces), "layout": .object(titled), "config": config]
    embedded = [
      "data": .array(builder.traces),
      "layout": .object(wide),
      "narrow": .object(builder.layout(isNarrow: true)),
      "config": config,
    ]
  }
}

/// Collects the traces of all panels and, for a number of columns, their layout.
struct PlotlyBuilder {
  let figure: Figure
  var traces: [JSONValue] = []
  /// What each panel is called in Plotly's layout, and what stands in it.
  var places: [Place] = []
  /// Names already in the key: each stands there once, and switches all panels on and off.
  private var named: [KeyEntry] = []
  private var planes = 0
  private var spaces = 0

  enum Place {
    case plane(PlanePlot, suffix: String)
    case space(SpacePlot, scene: String, keySuffix: String?)
  }

  init(_ figure: Figure) {
    self.figure = figure
  }

  mutating func addPanels() {
    for panel in figure.panels {
      switch panel.plot {
      case .plane(let plot):
        let suffix = nextPlane()
        places.append(.plane(plot, suffix: suffix))
        for mark in plot.marks { add(mark, on: plot, suffix: suffix) }
      case .space(let plot):
        spaces += 1
        let scene = spaces == 1 ? "scene" : "scene\(spaces)"
        let keySuffix = plot.key.map { _ in nextPlane() }
        places.append(.space(plot, scene: scene, keySuffix: keySuffix))
        addSpace(plot, scene: scene, keySuffix: keySuffix)
      }
    }
  }

  private mutating func nextPlane() -> String {
    planes += 1
    return planes == 1 ? "" : "\(planes)"
  }

  /// Name, place in the key and group of a trace.
  mutating func identity(
    _ name: String,
    _ style: Style,
    _ sample: KeyEntry.Sample,
    isInKey: Bool = true
  ) -> [String: JSONValue] {
    let entry = KeyEntry(name: name, style: style, sample: sample)
    let position = named.firstIndex(of: entry)
    if position == nil, isInKey { named.append(entry) }
    return [
      "name": .string(name.plotlyText),
      "legendgroup": .string(name.plotlyText),
      "showlegend": .bool(isInKey && position == nil && !name.isEmpty),
    ]
  }

  /// Whether the key shows bare points, which need to be larger there than where many stand.
  var keyHasPoints: Bool { named.contains { $0.sample == .point } }

  /// How many lines the key fills, each as wide as so many pixels.
  func keyLines(within width: Double) -> Int {
    var (lines, used) = (0, Double.infinity)
    for entry in named where !entry.name.isEmpty {
      // Its sample, the gaps about it, and letters of 13 pixels' type.
      let length = 50 + 7 * Double(entry.name.count)
      if used + length > width { (lines, used) = (lines + 1, 0) }
      used += length
    }
    return lines
  }
}

// Marks on two axes.
extension PlotlyBuilder {
  private mutating func add(_ mark: Mark, on plot: PlanePlot, suffix: String) {
    switch mark {
    case .series(let series): add(series, on: plot, suffix: suffix)
    case .trajectories(let trajectories): add(trajectories, suffix: suffix)
    case .heatMap(let map): add(map, on: plot, suffix: suffix)
    case .curves(let curves): add(curves, suffix: suffix)
    // These are shapes of the layout.
    case .level, .region: break
    }
  }

  private mutating func add(_ series: Series, on plot: PlanePlot, suffix: String) {
    let points = series.points.filter(\.isDefined)
    guard !points.isEmpty else { return }
    let style = series.meaning.style
    let ink = JSONValue.string(style.ink.light)
    let sample: KeyEntry.Sample =
      switch series.form {
      case .line: .line
      case .medians, .dots: .pointOnLine
      case .scatter, .markers, .separateMedians: .point
      case .bars: .bar
      }
    var trace = identity(series.name, style, sample, isInKey: series.form != .dots)
    trace["xaxis"] = .string("x" + suffix)
    trace["yaxis"] = .string("y" + suffix)
    let shifted = points.map {
      series.shift == 0 ? $0.x : plot.horizontal.shifted($0.x, by: series.shift)
    }
    trace["x"] = numbers(shifted)
    trace["y"] = numbers(points.map(\.y))
    // A shifted point still tells its true place.
    trace["customdata"] = .array(
      points.map { .array([.number($0.x)] + [$0.lower, $0.upper].compactMap { $0.map(number) }) }
    )
    let place = "\(plot.horizontal.label.plotlyText): %{customdata[0]}"
    trace["hovertemplate"] = .string(place + "<br>%{y:.4~g}")
    let symbol = JSONValue.string(style.marker.plotlySymbol)
    switch series.form {
    case .medians, .separateMedians:
      trace["type"] = "scatter"
      trace["mode"] = series.form == .medians ? "lines+markers" : "markers"
      trace["cliponaxis"] = false
      if series.form == .medians {
        trace["line"] = ["color": ink, "width": 1.5, "dash": .string(style.dash.plotlyDash)]
      }
      trace["marker"] = ["color": ink, "size": 8, "symbol": symbol]
      if points.allSatisfy({ $0.lower != nil && $0.upper != nil }) {
        trace["error_y"] = [
          "type": "data", "symmetric": false, "thickness": 1.5, "width": 0, "color": ink,
          "array": numbers(points.map { max(0, ($0.upper ?? $0.y) - $0.y) }),
          "arrayminus": numbers(points.map { max(0, $0.y - ($0.lower ?? $0.y)) }),
        ]
        trace["hovertemplate"] = .string(
          place + "<br>median %{y:.3f}<br>quartiles %{customdata[1]:.3f} to %{customdata[2]:.3f}"
        )
      }
    case .dots:
      trace["type"] = "scatter"
      trace["cliponaxis"] = false
      trace["mode"] = "markers"
      trace["marker"] = ["color": ink, "size": 4, "symbol": "circle", "opacity": 0.45]
    case .line:
      trace["type"] = "scatter"
      trace["mode"] = "lines"
      trace["line"] = ["color": ink, "width": 1.5, "dash": .string(style.dash.plotlyDash)]
    case .markers:
      trace["type"] = "scatter"
      trace["mode"] = "markers"
      trace["cliponaxis"] = false
      trace["marker"] = ["color": ink, "size": 7, "symbol": symbol]
    case .scatter:
      let isCrowded = plot.isCrowded
      trace["type"] = "scatter"
      trace["mode"] = "markers"
      trace["marker"] = [
        "color": ink, "symbol": symbol, "size": isCrowded ? 4 : 7,
        "opacity": isCrowded ? 0.5 : 0.9,
      ]
    case .bars(let width):
      trace["type"] = "bar"
      trace["width"] = .number(width)
      trace["marker"] = ["color": ink, "line": ["width": 0]]
    }
    traces.append(.object(trace))
  }

  private mutating func add(_ map: HeatMap, on plot: PlanePlot, suffix: String) {
    let columns = map.rows.map(\.count).max() ?? 0
    traces.append([
      "type": "heatmap", "showlegend": false, "coloraxis": .string(Self.colourAxis(suffix)),
      "xaxis": .string("x" + suffix), "yaxis": .string("y" + suffix),
      "x": numbers((0..<columns).map { map.origin.x + Double($0) }),
      "y": numbers(map.rows.indices.map { map.origin.y + Double($0) }),
      "z": .array(map.rows.map { .array($0.map { $0.map(number) ?? .null }) }),
      "hoverongaps": false,
      "hovertemplate": .string(
        "\(plot.horizontal.label.plotlyText): %{x}<br>\(plot.vertical.label.plotlyText): %{y}"
          + "<br>%{z:.3~g}<extra></extra>"
      ),
    ])
  }

  private mutating func add(_ curves: Curves, suffix: String) {
    guard !curves.paths.isEmpty else { return }
    let style = curves.meaning.style
    var trace = identity(curves.name, style, .line)
    trace["type"] = "scatter"
    trace["mode"] = "lines"
    trace["hoverinfo"] = "skip"
    trace["xaxis"] = .string("x" + suffix)
    trace["yaxis"] = .string("y" + suffix)
    // A gap after every path.
    trace["x"] = .array(curves.paths.flatMap { $0.map { number($0.x) } + [.null] })
    trace["y"] = .array(curves.paths.flatMap { $0.map { number($0.y) } + [.null] })
    trace["line"] = [
      "color": .string(style.ink.light), "width": curves.isThin ? 0.75 : 1.5,
      "dash": .string(style.dash.plotlyDash),
    ]
    traces.append(.object(trace))
  }

  /// The colours of the map on these axes; the first name is that of a space's trajectories.
  static func colourAxis(_ suffix: String) -> String {
    "coloraxis\(suffix.isEmpty ? "2" : "\((Int(suffix) ?? 1) + 1)")"
  }

  /// Draws the stretch of every path between two neighbouring times as one trace of one colour:
  /// Plotly can't change the colour along a plane line.
  private mutating func add(_ trajectories: Trajectories, suffix: String) {
    let times = trajectories.times
    let span = times.upperBound - times.lowerBound
    let inks = trajectories.ramp.inks
    let count = inks.count
    for (index, ink) in inks.enumerated() {
      var x: [JSONValue] = []
      var y: [JSONValue] = []
      for path in trajectories.paths {
        for (start, end) in zip(path, path.dropFirst()) {
          let middle = ((start.time + end.time) / 2 - times.lowerBound) / span
          guard min(count - 1, Int(middle * Double(count))) == index else { continue }
          x += [number(start.x), number(end.x), .null]
          y += [number(start.y), number(end.y), .null]
        }
      }
      traces.append([
        "type": "scatter", "mode": "lines", "showlegend": false, "hoverinfo": "skip",
        "xaxis": .string("x" + suffix), "yaxis": .string("y" + suffix),
        "x": .array(x), "y": .array(y),
        "line": ["color": .string(ink.light), "width": 1],
      ])
    }
  }
}

// Marks in a space.
extension PlotlyBuilder {
  private mutating func addSpace(_ plot: SpacePlot, scene: String, keySuffix: String?) {
    if let trajectories = plot.trajectories, !trajectories.paths.isEmpty {
      var columns: [[JSONValue]] = [[], [], [], []]
      var texts: [JSONValue] = []
      for (index, path) in trajectories.paths.enumerated() {
        let name = trajectories.names.dropFirst(index).first ?? ""
        texts += [JSONValue](repeating: .string(name.plotlyText), count: path.count + 1)
        for point in path {
          for (index, value) in [point.x, point.y, point.z, point.time].enumerated() {
            columns[index].append(number(value))
          }
        }
        // A gap between paths; its colour is never seen.
        for index in 0..<3 { columns[index].append(.null) }
        columns[3].append(number(path.last?.time ?? 0))
      }
      var trace: [String: JSONValue] = [
        "type": "scatter3d", "mode": "lines", "scene": .string(scene),
        "showlegend": false, "hoverinfo": "skip",
        "x": .array(columns[0]), "y": .array(columns[1]), "z": .array(columns[2]),
        "line": ["color": .array(columns[3]), "coloraxis": "coloraxis", "width": 2],
      ]
      if !trajectories.names.isEmpty {
        trace["hovertext"] = .array(texts)
        trace["hoverinfo"] = "text"
      }
      traces.append(.object(trace))
    }
    for group in plot.groups where !group.points.isEmpty {
      let style = group.meaning.style
      var trace = identity(group.name, style, .point)
      trace["type"] = "scatter3d"
      trace["scene"] = .string(scene)
      if style.marker == .cross {
        // Plotly takes its crosses in space from a font that not every machine has.
        let arm = 0.02 * (plot.axes[0].range.upperBound - plot.axes[0].range.lowerBound)
        trace["mode"] = "lines"
        trace["x"] = crossed(group.points.map(\.x), arm, along: 0)
        trace["y"] = crossed(group.points.map(\.y), arm, along: 1)
        trace["z"] = crossed(group.points.map(\.z), arm, along: 2)
        trace["line"] = ["color": .string(style.ink.light), "width": 5]
        trace["hoverinfo"] = "name"
        // The key shows a trace of markers, of which none stands in the space: of lines it would show
        // a line. It switches all of its group on and off.
        if trace["showlegend"] == true {
          traces.append([
            "type": "scatter3d", "scene": .string(scene), "mode": "markers",
            "name": .string(group.name.plotlyText), "legendgroup": .string(group.name.plotlyText),
            "showlegend": true, "hoverinfo": "skip", "x": [.null], "y": [.null], "z": [.null],
            "marker": [
              "color": .string(style.ink.light), "symbol": .string(style.marker.spaceSymbol),
              "size": 7,
            ],
          ])
          trace["showlegend"] = false
        }
      } else {
        trace["mode"] = group.labels.isEmpty ? "markers" : "markers+text"
        if !group.labels.isEmpty {
          trace["text"] = .array(group.labels.map { .string($0.plotlyText) })
          trace["textposition"] = .array(labelSides(of: group, in: plot))
          trace["textfont"] = ["size": 11, "color": .string(Palette.text.light)]
        }
        trace["x"] = numbers(group.points.map(\.x))
        trace["y"] = numbers(group.points.map(\.y))
        trace["z"] = numbers(group.points.map(\.z))
        trace["marker"] = [
          "color": .string(style.ink.light), "symbol": .string(style.marker.spaceSymbol), "size": 3,
        ]
        trace["hovertemplate"] = "%{x:.2f}, %{y:.2f}, %{z:.2f}"
        if group.points.contains(where: { !$0.name.isEmpty }) {
          trace["hovertext"] = .array(group.points.map { .string($0.name.plotlyText) })
          trace["hovertemplate"] = "%{hovertext}<br>%{x:.2f}, %{y:.2f}, %{z:.2f}<extra></extra>"
        }
      }
      traces.append(.object(trace))
    }
    if let key = plot.key, let keySuffix {
      for entry in key.entries {
        let style = entry.meaning.style
        traces.append([
          "type": "scatter", "mode": "markers", "showlegend": false, "hoverinfo": "skip",
          "xaxis": .string("x" + keySuffix), "yaxis": .string("y" + keySuffix),
          "x": [number(entry.x)], "y": [number(entry.y)],
          "marker": [
            "color": .string(style.ink.light), "size": 8,
            "symbol": .string(style.marker.plotlySymbol),
          ],
        ])
      }
    }
  }
}

private func number(_ value: Double) -> JSONValue { .number(value) }

private func numbers(_ values: [Double]) -> JSONValue { .array(values.map(number)) }

/// Beside which side of each point its label stands, so that they can be read before the space is turned.
private func labelSides(of group: SpaceGroup, in plot: SpacePlot) -> [JSONValue] {
  // In pixels of a cube whose edge is about 240 of them.
  let edge = 240.0
  let points = group.points.map { point in
    let seen = plot.fromEye(point)
    return (x: edge * (1 + seen.x), y: edge * (1 + seen.y))
  }
  let placement = LabelPlacement(
    of: points,
    widths: group.labels.map { 6.5 * Double($0.count) },
    height: 12,
    in: (2 * edge, 2 * edge),
    rings: 1
  )
  return placement.places.map { place in
    let vertical = ["bottom", "middle", "top"][place.side.vertical + 1]
    let horizontal = ["left", "center", "right"][place.side.horizontal + 1]
    return .string("\(vertical) \(horizontal)")
  }
}

/// One coordinate of three short lines through each point, one along each axis.
private func crossed(_ values: [Double], _ arm: Double, along axis: Int) -> JSONValue {
  .array(
    values.flatMap { value in
      (0..<3).flatMap { line -> [JSONValue] in
        let half = line == axis ? arm : 0
        return [number(value - half), number(value + half), .null]
      }
    }
  )
}

extension Marker {
  fileprivate var plotlySymbol: String {
    switch self {
    case .circle: "circle"
    case .square: "square"
    case .diamond: "diamond"
    case .triangleUp: "triangle-up"
    case .triangleDown: "triangle-down"
    case .openCircle: "circle-open"
    case .openSquare: "square-open"
    case .cross: "x-thin-open"
    }
  }

  /// The nearest of the eight symbols that Plotly has in three dimensions.
  fileprivate var spaceSymbol: String {
    switch self {
    case .circle: "circle"
    case .square: "square"
    case .diamond: "diamond"
    case .triangleUp: "diamond-open"
    case .triangleDown: "cross"
    case .openCircle: "circle-open"
    case .openSquare: "square-open"
    case .cross: "x"
    }
  }
}

extension Dash {
  var plotlyDash: String {
    switch self {
    case .solid: "solid"
    case .dashed: "dash"
    case .dotted: "dot"
    case .dashDot: "dashdot"
    case .longDash: "longdash"
    }
  }
}

extension String {
  /// A text that Plotly shows as it is: it would take `<b>` or `<a href=…>` for markup.
  var plotlyText: String {
    singleLine.replacing("&", with: "&amp;")
      .replacing("<", with: "&lt;")
      .replacing(">", with: "&gt;")
      // What starts one of Plotly's templates is kept apart by a joiner of no width.
      .replacing("%{", with: "%\u{2060}{")
  }
}
