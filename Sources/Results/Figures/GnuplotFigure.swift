/// A figure for print: a gnuplot script and the table that it reads.
///
/// The script is kept beside the pictures, so that a reader can restyle them without this program:
/// `gnuplot NAME.gp` draws `NAME.svg`, `gnuplot -e "format='pdf'" NAME.gp` draws `NAME.pdf`. All
/// places are given in millimetres of the finished figure. Texts are single-quoted and unenhanced:
/// gnuplot takes nothing in them for a command.
package struct GnuplotFigure: Hashable, Sendable {
  package let name: String
  package let script: String
  package let table: String

  package init(_ figure: Figure) {
    name = figure.name
    table = FigureTable(figure).csv
    script = GnuplotScript(figure).text
  }
}

/// Writes the script, from the top of the page to the last panel.
private struct GnuplotScript {
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
      writePanel(view, in: frame, isFirst: index == 0)
    }
    lines.append("unset multiplot")
  }

  private mutating func writeHead() {
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
      "# Rows of one series; columns: panel, series, kind, x, y, z, lower, upper, time, path, name.",
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

  private var paletteCommand: String {
    let last = Double(Palette.time.count - 1)
    let stops = Palette.time.enumerated().map { "\(Double($0) / last) '\($1.light)'" }
    return "set palette defined (\(stops.joined(separator: ", ")))"
  }
}

// One panel: its axes, its texts, its data.
extension GnuplotScript {
  private mutating func writePanel(_ view: PrintView, in frame: PrintLayout.Frame, isFirst: Bool) {
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
    writeTitles(of: view, in: frame)
    for mark in view.plot.marks {
      switch mark {
      case .level(let level): write(labelOf: level)
      case .region(let region): write(region, in: view)
      case .series, .trajectories: continue
      }
    }
    if isFirst {
      for item in layout.key { write(item) }
    }
    let hasTimes = isFirst && writeSide(of: view)
    var items = view.plot.marks.enumerated().flatMap { index, mark in
      plotItems(for: mark, series: index + 1, in: view)
    }
    if items.isEmpty { items = ["NaN"] }
    lines.append("plot " + items.joined(separator: ", \\\n  "))
    if hasTimes { lines.append("unset colorbox") }
  }

  private func command(_ axis: String, for description: Axis) -> String {
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

  private func ticks(_ axis: String, of description: Axis, areLabelled: Bool) -> String {
    let entries = description.ticks.map { tick in
      "\(quoted(areLabelled ? tick.label : "")) \(tick.value)"
    }
    return "set \(axis)tics (\(entries.joined(separator: ", "))) offset \(axis == "x" ? "0,0.35" : "0.6,0")"
  }

  private mutating func writeTitles(of view: PrintView, in frame: PrintLayout.Frame) {
    let top = frame.top + layout.titleHeight - 3
    if !view.letter.isEmpty {
      let left = view.hasVerticalLabels ? frame.left - view.leftMargin + 1 : frame.left - 4.5
      label(view.letter, x: left, y: top, options: "left font 'Helvetica:Bold,9'")
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

  private mutating func write(labelOf level: Level) {
    let place = level.place.isAtStart ? "left at graph 0.02" : "right at graph 0.99"
    let offset = level.place.isAbove ? "0.55" : "-0.6"
    lines.append(
      "set label \(quoted(level.label)) \(place), first \(level.value) offset 0,\(offset) front "
        + "font ',7' textcolor rgb '\(level.meaning.style.ink.light)'"
    )
  }

  private mutating func write(_ region: Region, in view: PrintView) {
    let (x, y) = (region.horizontal, region.vertical)
    let ink = region.meaning.style.ink.light
    lines.append(
      "set object rectangle from first \(x.lowerBound), first \(y.lowerBound) "
        + "to first \(x.upperBound), first \(y.upperBound) behind "
        + "fillcolor rgb '\(transparent(ink, "E0"))' fillstyle solid noborder"
    )
    lines.append(
      "set label \(quoted(region.label)) right at first \(x.upperBound), first \(y.upperBound) "
        + "offset -0.3,\(view.plot.hasRoom(above: region) ? 0.6 : -0.8) front font ',7' textcolor rgb '\(ink)'"
    )
  }
}

// The data.
extension GnuplotScript {
  private func plotItems(for mark: Mark, series index: Int, in view: PrintView) -> [String] {
    switch mark {
    case .series(let series):
      return plotItems(for: series, series: index, in: view)
    case .level(let level):
      let style = level.meaning.style
      return [
        "\(level.value) with lines linewidth 1 dashtype \(dashType(style.dash)) "
          + "linecolor rgb '\(style.ink.light)'"
      ]
    case .region:
      return []
    case .trajectories(let trajectories):
      guard !trajectories.paths.isEmpty else { return [] }
      let rows = "is('\(view.panel)', \(index)) ? column(4) : NaN"
      return [
        "'\(figure.name).csv' skip 1 using (\(rows)):\(view.verticalColumn):9 "
          + "with lines linewidth 0.5 linecolor palette"
      ]
    }
  }

  private func plotItems(for series: Series, series index: Int, in view: PrintView) -> [String] {
    guard series.points.contains(where: \.isDefined) else { return [] }
    let axis = view.plot.horizontal
    let x =
      switch (series.shift, axis.scale) {
      case (0, _): "column(4)"
      case (_, .linear): "column(4) + \(axis.shifted(0, by: series.shift))"
      case (_, .logarithmic): "column(4) * \(axis.shifted(1, by: series.shift))"
      }
    let using =
      "'\(figure.name).csv' skip 1 using (is('\(view.panel)', \(index)) ? \(x) : NaN)"
    let style = series.meaning.style
    let ink = "linecolor rgb '\(style.ink.light)'"
    let y = view.verticalColumn
    switch series.form {
    case .line:
      return ["\(using):\(y) with lines linewidth 1 dashtype \(dashType(style.dash)) \(ink)"]
    case .dots:
      let faint = "linecolor rgb '\(transparent(style.ink.light, "A0"))'"
      return ["\(using):\(y) with points pointtype 7 pointsize 0.3 \(faint)"]
    case .scatter:
      // Many points overlap: some light comes through each.
      let isCrowded = view.plot.isCrowded
      let transparency = isCrowded ? "80" : "20"
      let faint = "linecolor rgb '\(transparent(style.ink.light, transparency))'"
      let size = decimal(style.marker.size * (isCrowded ? 0.28 : 0.5))
      return [
        "\(using):\(y) with points pointtype \(pointType(style.marker)) pointsize \(size) "
          + "linewidth 0.75 \(faint)"
      ]
    case .medians:
      var items = [
        "\(using):\(y) with lines linewidth 1 dashtype \(dashType(style.dash)) \(ink)",
        "\(using):\(y) with points pointtype \(pointType(style.marker)) "
          + "pointsize \(decimal(style.marker.size * 0.62)) linewidth 0.75 \(ink)",
      ]
      if series.points.contains(where: { $0.lower != nil && $0.upper != nil }) {
        items.insert(
          "\(using):7:(0):(column(8) - column(7)) with vectors nohead linewidth 1 dashtype 1 \(ink)",
          at: 1
        )
      }
      return items
    case .bars(let width):
      return ["\(using):\(y):(\(width)) with boxes \(ink)"]
    }
  }
}

// The key, the latent square, the colour bar.
extension GnuplotScript {
  private mutating func write(_ item: PrintLayout.KeyItem) {
    let style = item.entry.style
    let ink = "rgb '\(style.ink.light)'"
    let middle = item.left + item.entry.sampleWidth / 2
    switch item.entry.sample {
    case .line, .pointOnLine:
      lines.append(
        "set arrow from \(screen(item.left, item.middle)) "
          + "to \(screen(item.left + PrintLayout.sampleWidth, item.middle)) nohead front "
          + "linewidth 1 dashtype \(dashType(style.dash)) linecolor \(ink)"
      )
    case .bar:
      lines.append(
        "set object rectangle center \(screen(middle, item.middle)) "
          + "size screen \(share(3, of: layout.width)), screen \(share(2, of: layout.height)) "
          + "front fillcolor \(ink) fillstyle solid noborder"
      )
    case .point: break
    }
    if item.entry.sample == .point || item.entry.sample == .pointOnLine {
      write(style, x: middle, y: item.middle)
    }
    label(
      item.entry.name,
      x: item.left + item.entry.sampleWidth + 1.2,
      y: item.middle,
      options: "left font ',7'"
    )
  }

  private mutating func write(_ style: Style, x: Double, y: Double) {
    lines.append(
      "set label '' at \(screen(x, y)) front point pointtype \(pointType(style.marker)) "
        + "pointsize \(decimal(style.marker.size * 0.62)) linewidth 0.75 "
        + "linecolor rgb '\(style.ink.light)'"
    )
  }

  /// Draws, to the right of a state space, the square that names its markers, and the bar of times.
  ///
  /// - Returns: Whether there is a bar of times.
  private mutating func writeSide(of view: PrintView) -> Bool {
    guard let frame = layout.side, let space = view.space else { return false }
    if let key = space.key {
      write(key, left: frame.left + 4, top: frame.top, side: 14)
    }
    guard let trajectories = space.trajectories, !trajectories.paths.isEmpty else { return false }
    let times = trajectories.times
    let (left, bottom, width) = (frame.left + 2, frame.bottom + 4.0, 18.0)
    label(trajectories.timeLabel, x: left + width / 2, y: bottom + 4, options: "center font ',7'")
    let ticks = Axis("", range: times).ticks
    let ends = [ticks.first, ticks.last].compactMap { $0 }.map { "\(quoted($0.label)) \($0.value)" }
    lines += [
      "set cbrange [\(times.lowerBound):\(times.upperBound)]",
      "set colorbox horizontal user origin \(screen(left, bottom)) "
        + "size screen \(share(width, of: layout.width)), screen \(share(1.6, of: layout.height)) "
        + "noborder",
      "set cbtics (\(ends.joined(separator: ", "))) scale 0 offset 0,0.6 font ',7'",
    ]
    return true
  }

  private mutating func write(_ key: LatentKey, left: Double, top: Double, side: Double) {
    let bottom = top - side
    lines.append(
      "set object rectangle from \(screen(left, bottom)) to \(screen(left + side, top)) "
        + "fillstyle empty border linecolor rgb '\(Palette.axis.light)' linewidth 0.5"
    )
    let span = key.range.upperBound - key.range.lowerBound
    for entry in key.entries {
      write(
        entry.meaning.style,
        x: left + side * (entry.x - key.range.lowerBound) / span,
        y: bottom + side * (entry.y - key.range.lowerBound) / span
      )
    }
    label(key.horizontal, x: left + side / 2, y: bottom - 2, options: "center font ',7'")
    label(key.vertical, x: left - 2, y: bottom + side / 2, options: "center font ',7'")
  }
}

// How gnuplot spells things.
extension GnuplotScript {
  private mutating func label(_ text: String, x: Double, y: Double, options: String) {
    guard !text.isEmpty else { return }
    lines.append(
      "set label \(quoted(text)) at \(screen(x, y)) \(options) front "
        + "textcolor rgb '\(Palette.text.light)'"
    )
  }

  /// A text in single quotes, where gnuplot expands nothing.
  private func quoted(_ text: String) -> String {
    "'" + text.singleLine.replacing("'", with: "''") + "'"
  }

  private func screen(_ x: Double, _ y: Double) -> String {
    "screen \(share(x, of: layout.width)), screen \(share(y, of: layout.height))"
  }

  private func share(_ part: Double, of whole: Double) -> String { decimal(part / whole) }

  /// A number rounded to five decimals: a hundredth of a millimetre needs no more.
  private func decimal(_ value: Double) -> String { "\((value * 1e5).rounded() / 1e5)" }

  /// gnuplot's colour with transparency first: 00 hides what is behind, FF is invisible.
  private func transparent(_ ink: String, _ transparency: String) -> String {
    "#" + transparency + ink.dropFirst()
  }

  private func dashType(_ dash: Dash) -> String {
    switch dash {
    case .solid: "1"
    case .dashed: "(7,5)"
    case .dotted: "(2,4)"
    case .dashDot: "(9,4,2,4)"
    case .longDash: "(14,5)"
    }
  }

  private func pointType(_ marker: Marker) -> Int {
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

extension Marker {
  /// The size that makes it weigh as much as a circle of size 1.
  fileprivate var size: Double {
    switch self {
    case .circle, .openCircle: 1
    case .square, .openSquare: 0.85
    case .diamond, .triangleUp, .triangleDown: 1
    case .cross: 1.1
    }
  }
}
