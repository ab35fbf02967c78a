/// Writes the script, from the top of the page to the last panel.
struct GnuplotScript {
  let figure: Figure
  let views: [PrintView]
  let layout: PrintLayout
  var lines: [String] = []

  var text: String { lines.joined(separator: "\n") + "\n" }

  init(_ figure: Figure) {
    self.figure = figure
    views = PrintView.views(of: figure)
    layout = PrintLayout(figure, views: views)
    writeHead()
    for (index, (view, frame)) in zip(views, layout.frames).enumerated() {
      writePanel(view, in: frame, letterMargin: layout.letterMargins[index], isFirst: index == 0)
    }
    lines.append("unset multiplot")
  }

  mutating func writeHead() {
    let (width, height) = (layout.width, layout.height)
    // SVG counts in pixels of 1/96 inch, so text and lines are 4/3 as large there as in points. The
    // PDF's factors were measured: they make its text, lines, dashes and markers as large as SVG's.
    let pixels = [width, height].map { String(Int(($0 * 96 / 25.4).rounded())) }
    lines += [
      "# \(figure.title.singleLine)",
      "# Draws \(figure.name).svg; for a PDF: gnuplot -e \"format='pdf'\" \(figure.name).gp",
      "# \(width) mm x \(decimal(height)) mm; places on the screen are x/width, y/height.",
      "if (!exists('format')) format = 'svg'",
      "if (format eq 'pdf') {",
      "  set terminal pdfcairo size \(decimal(width / 10))cm,\(decimal(height / 10))cm "
        + "font 'Helvetica,8' fontscale 0.75 linewidth 2 dashlength 1.8 pointscale 0.75 noenhanced",
      "  set output '\(figure.name).pdf'",
      "} else {",
      "  set terminal svg size \(pixels[0]),\(pixels[1]) fixed font 'Helvetica,8' fontscale 1.333 "
        + "linewidth 1.333 dashlength 1 background '#ffffff' noenhanced",
      "  set output '\(figure.name).svg'",
      "}",
      "set encoding utf8",
      "set datafile separator comma",
      "# Rows of one series; the columns are \(FigureTable.header)",
      "is(panel, series) = strcol(1) eq panel && int(column(2)) == series",
      "set border 3 linewidth 0.5 linecolor rgb '\(Palette.axis.light)'",
      "set tics nomirror out scale \(decimal(PrintLayout.tickLength / 1.06)) font ',7' "
        + "textcolor rgb '\(Palette.text.light)'",
      "set style fill solid noborder",
      "unset key",
      "unset colorbox",
      paletteCommand,
      "set multiplot",
    ]
  }

  private var paletteCommand: String { paletteCommand(.sequential) }

  func paletteCommand(_ ramp: Ramp) -> String {
    let last = Double(ramp.inks.count - 1)
    let stops = ramp.inks.enumerated().map { "\(Double($0) / last) '\($1.light)'" }
    return "set palette defined (\(stops.joined(separator: ", ")))"
  }
}

// One panel: its axes, its texts, its data.
extension GnuplotScript {
  mutating func writePanel(
    _ view: PrintView,
    in frame: PrintLayout.Frame,
    letterMargin: Double,
    isFirst: Bool
  ) {
    let (horizontal, vertical) = (view.plot.horizontal, view.plot.vertical)
    lines += [
      "",
      "# \(view.letter.isEmpty ? "The panel" : view.letter) \(view.title.singleLine)",
      "unset label; unset arrow; unset object",
      "set lmargin at screen \(share(frame.left, of: layout.width))",
      "set rmargin at screen \(share(frame.right, of: layout.width))",
      "set bmargin at screen \(share(frame.bottom, of: layout.height))",
      "set tmargin at screen \(share(frame.top, of: layout.height))",
      command("x", for: horizontal),
      command("y", for: vertical),
      ticks("x", of: horizontal, areLabelled: true),
      ticks("y", of: vertical, areLabelled: view.hasVerticalLabels),
    ]
    writeTitles(of: view, in: frame, letterMargin: letterMargin)
    for mark in view.plot.marks {
      switch mark {
      case .level(let level): write(labelOf: level)
      case .region(let region): write(region, in: view)
      case .series, .trajectories, .heatMap, .curves: continue
      }
    }
    for group in view.space?.groups ?? [] { write(labelsOf: group, in: view, frame) }
    if isFirst {
      for item in layout.key { write(item) }
    }
    let hasTimes = isFirst && writeSide(of: view)
    writeColours(of: view, in: frame)
    var items = view.plot.marks.enumerated().flatMap { index, mark in
      plotItems(for: mark, series: index + 1, in: view)
    }
    if items.isEmpty { items = ["NaN"] }
    lines.append("plot " + items.joined(separator: ", \\\n  "))
    if hasTimes || view.plot.barredMap != nil { lines.append("unset colorbox") }
  }

  /// Sets the colours of the panel's map and puts its bar to the right of the axes.
  private mutating func writeColours(of view: PrintView, in frame: PrintLayout.Frame) {
    guard let map = view.plot.heatMap else { return }
    lines += [
      paletteCommand(map.ramp), "set cbrange [\(map.range.lowerBound):\(map.range.upperBound)]",
    ]
    guard map.hasBar else { return }
    let ticks = map.ticks.map(entry(for:)).joined(separator: ", ")
    let height = min(frame.height, 30)
    lines += [
      "set colorbox vertical user origin \(screen(frame.right + 1.5, frame.bottom)) "
        + "size screen \(share(1.6, of: layout.width)), screen \(share(height, of: layout.height)) "
        + "noborder",
      "set cbtics (\(ticks)) scale 0 offset -0.5,0 font ',7'",
    ]
    label(
      map.label,
      x: frame.right + view.barMargin,
      y: frame.top + layout.titleHeight - 3,
      options: "right font ',7'"
    )
  }

  func command(_ axis: String, for description: Axis) -> String {
    let (lower, upper) = (description.range.lowerBound, description.range.upperBound)
    switch description.scale {
    case .linear:
      return "unset logscale \(axis); set \(axis)range [\(lower):\(upper)] noextend"
    case .logarithmic:
      // gnuplot rounds when it takes logarithms, and would lose a tick that stands on the end.
      let margin = 1e-9
      return "set logscale \(axis); "
        + "set \(axis)range [\(lower * (1 - margin)):\(upper * (1 + margin))] noextend"
    }
  }

  func ticks(_ axis: String, of description: Axis, areLabelled: Bool) -> String {
    let entries = description.ticks.map { tick in
      areLabelled ? entry(for: tick) : "'' \(tick.value)"
    }
    let offset = axis == "x" ? "0,0.35" : "0.6,0"
    return "set \(axis)tics (\(entries.joined(separator: ", "))) offset \(offset)"
  }

  mutating func writeTitles(
    of view: PrintView,
    in frame: PrintLayout.Frame,
    letterMargin: Double
  ) {
    let top = frame.top + layout.titleHeight - 3
    if !view.letter.isEmpty {
      label(
        view.letter,
        x: frame.left - letterMargin,
        y: top,
        options: "left font 'Helvetica:Bold,9'"
      )
    }
    label(view.title, x: frame.left, y: top, options: "left")
    label(
      view.plot.horizontal.title + (view.plot.horizontal.note.map { ", \($0)" } ?? ""),
      x: frame.left + frame.width / 2,
      y: frame.bottom - 7.2,
      options: "center"
    )
    if view.hasVerticalLabels {
      label(
        view.plot.vertical.title,
        x: frame.left - view.leftMargin + 2.6,
        y: frame.bottom + frame.height / 2,
        options: "center rotate by 90"
      )
      label(
        view.plot.vertical.note ?? "",
        x: frame.left - view.leftMargin + 5.7,
        y: frame.bottom + frame.height / 2,
        options: "center rotate by 90 font ',7'"
      )
    }
  }

  mutating func write(labelOf level: Level) {
    let place = level.place.isAtStart ? "left at graph 0.02" : "right at graph 0.99"
    let offset = level.place.isAbove ? "0.55" : "-0.6"
    lines.append(
      "set label \(quoted(level.label)) \(place), first \(level.value) offset 0,\(offset) front "
        + "font ',7' textcolor rgb '\(level.meaning.style.ink.light)'"
    )
  }

  mutating func write(
    labelsOf group: SpaceGroup,
    in view: PrintView,
    _ frame: PrintLayout.Frame
  ) {
    guard !group.labels.isEmpty else { return }
    // In millimetres on paper.
    let size = (width: frame.width, height: frame.height)
    func scale(_ axis: Axis, _ length: Double) -> Double {
      length / (axis.range.upperBound - axis.range.lowerBound)
    }
    let across = scale(view.plot.horizontal, size.width)
    let up = scale(view.plot.vertical, size.height)
    let points = group.points.map { (x: $0.x, y: view.verticalColumn == 5 ? $0.y : $0.z) }
    let placement = LabelPlacement(
      of: points.map { point in
        (
          x: (point.x - view.plot.horizontal.range.lowerBound) * across,
          y: (point.y - view.plot.vertical.range.lowerBound) * up
        )
      },
      widths: group.labels.map { Double($0.count) * PrintLayout.letterWidth },
      height: 2.4,
      in: size
    )
    for (index, place) in placement.places.enumerated() {
      let point = points[index]
      let (x, y) = (point.x + place.x / across, point.y + place.y / up)
      lines.append(
        "set label \(quoted(group.labels[index])) center at first \(x), first \(y) front font ',7' "
          + "textcolor rgb '\(Palette.text.light)'"
      )
      guard place.ring > 0 else { continue }
      lines.append(
        "set arrow from first \(point.x), first \(point.y) to first \(x), first \(y) nohead back "
          + "linewidth 0.5 linecolor rgb '\(Palette.guide.light)'"
      )
    }
  }

  mutating func write(_ region: Region, in view: PrintView) {
    let (x, y) = (region.horizontal, region.vertical)
    let ink = region.meaning.style.ink.light
    lines.append(
      "set object rectangle from first \(x.lowerBound), first \(y.lowerBound) "
        + "to first \(x.upperBound), first \(y.upperBound) behind "
        + "fillcolor rgb '\(transparent(ink, "E0"))' fillstyle solid noborder"
    )
    lines.append(
      "set label \(quoted(region.label)) right at first \(x.upperBound), first \(y.upperBound) "
        + "offset -0.3,\(view.plot.hasRoom(above: region) ? 0.6 : -0.8) front font ',7' "
        + "textcolor rgb '\(ink)'"
    )
  }
}

// How gnuplot spells things.
extension GnuplotScript {
  mutating func label(_ text: String, x: Double, y: Double, options: String) {
    guard !text.isEmpty else { return }
    lines.append(
      "set label \(quoted(text)) at \(screen(x, y)) \(options) front "
        + "textcolor rgb '\(Palette.text.light)'"
    )
  }

  /// A text in single quotes, where gnuplot expands nothing.
  func quoted(_ text: String) -> String {
    "'" + text.singleLine.replacing("'", with: "''") + "'"
  }

  /// A tick's label and value; alone among gnuplot's texts this label is a format.
  func entry(for tick: Axis.Tick) -> String {
    "\(quoted(tick.label.replacing("%", with: "%%"))) \(tick.value)"
  }

  func screen(_ x: Double, _ y: Double) -> String {
    "screen \(share(x, of: layout.width)), screen \(share(y, of: layout.height))"
  }

  func share(_ part: Double, of whole: Double) -> String { decimal(part / whole) }

  /// A number rounded to five decimals: a hundredth of a millimetre needs no more.
  func decimal(_ value: Double) -> String { "\((value * 1e5).rounded() / 1e5)" }

  /// gnuplot's colour with transparency first: 00 hides what is behind, FF is invisible.
  func transparent(_ ink: String, _ transparency: String) -> String {
    "#" + transparency + ink.dropFirst()
  }

  func dashType(_ dash: Dash) -> String {
    switch dash {
    case .solid: "1"
    case .dashed: "(7,5)"
    case .dotted: "(2,4)"
    case .dashDot: "(9,4,2,4)"
    case .longDash: "(14,5)"
    }
  }

  func pointType(_ marker: Marker) -> Int {
    switch marker {
    case .circle: 7
    case .square: 5
    case .diamond: 13
    case .triangleUp: 9
    case .triangleDown: 11
    case .openCircle: 6
    case .openSquare: 4
    case .cross: 2
    }
  }
}
