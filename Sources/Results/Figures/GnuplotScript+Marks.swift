// What stands on the axes.
extension GnuplotScript {
  func plotItems(for mark: Mark, series index: Int, in view: PrintView) -> [String] {
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
    case .heatMap(let map):
      guard !map.cells.isEmpty else { return [] }
      // A little larger than its place, or hairlines would shine through between cells.
      let (x, y) = ("(column(4)", "(column(5)")
      return [
        "'\(figure.name).csv' skip 1 "
          + "using (is('\(view.panel)', \(index)) ? column(4) : NaN):5:\(x) - 0.51):\(x) + 0.51)"
          + ":\(y) - 0.51):\(y) + 0.51):6 with boxxyerror linecolor palette"
      ]
    case .curves(let curves):
      guard !curves.paths.isEmpty else { return [] }
      let style = curves.meaning.style
      return [
        "'\(figure.name).csv' skip 1 "
          + "using (is('\(view.panel)', \(index)) ? column(4) : NaN):5 "
          + "with lines linewidth \(curves.isThin ? 0.5 : 1) dashtype \(dashType(style.dash)) "
          + "linecolor rgb '\(style.ink.light)'"
      ]
    case .trajectories(let trajectories):
      guard !trajectories.paths.isEmpty else { return [] }
      let rows = "is('\(view.panel)', \(index)) ? column(4) : NaN"
      return [
        "'\(figure.name).csv' skip 1 using (\(rows)):\(view.verticalColumn):9 "
          + "with lines linewidth 0.5 linecolor palette"
      ]
    }
  }

  func plotItems(for series: Series, series index: Int, in view: PrintView) -> [String] {
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
    case .markers:
      return [
        "\(using):\(y) with points pointtype \(pointType(style.marker)) "
          + "pointsize \(decimal(style.marker.size * 0.62)) linewidth 1 \(ink)"
      ]
    case .scatter:
      // Many points overlap: some light comes through each. Crosses are few, and must be seen.
      let isCrowded = view.plot.isCrowded && style.marker != .cross
      let transparency = isCrowded ? "70" : "20"
      let faint = "linecolor rgb '\(transparent(style.ink.light, transparency))'"
      let size = decimal(style.marker.size * (isCrowded ? 0.34 : 0.5))
      return [
        "\(using):\(y) with points pointtype \(pointType(style.marker)) pointsize \(size) "
          + "linewidth 0.75 \(faint)"
      ]
    case .medians, .separateMedians:
      var items = [
        "\(using):\(y) with points pointtype \(pointType(style.marker)) "
          + "pointsize \(decimal(style.marker.size * 0.62)) linewidth 0.75 \(ink)"
      ]
      if series.points.contains(where: { $0.lower != nil && $0.upper != nil }) {
        items.insert(
          "\(using):7:(0):(column(8) - column(7)) with vectors nohead "
            + "linewidth 1 dashtype 1 \(ink)",
          at: 0
        )
      }
      if series.form == .medians {
        items.insert(
          "\(using):\(y) with lines linewidth 1 dashtype \(dashType(style.dash)) \(ink)",
          at: 0
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
  mutating func write(_ item: PrintLayout.KeyItem) {
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

  mutating func write(_ style: Style, x: Double, y: Double) {
    lines.append(
      "set label '' at \(screen(x, y)) front point pointtype \(pointType(style.marker)) "
        + "pointsize \(decimal(style.marker.size * 0.62)) linewidth 0.75 "
        + "linecolor rgb '\(style.ink.light)'"
    )
  }

  /// Draws, to the right of a state space, the square that names its markers, and the bar of times.
  ///
  /// - Returns: Whether there is a bar of times.
  mutating func writeSide(of view: PrintView) -> Bool {
    guard let frame = layout.side, let space = view.space else { return false }
    if let key = space.key {
      write(key, left: frame.left + 4, top: frame.top, side: 14)
    }
    guard let trajectories = space.trajectories, !trajectories.paths.isEmpty else { return false }
    lines.append(paletteCommand(trajectories.ramp))
    let times = trajectories.times
    let (left, bottom, width) = (frame.left + 2, frame.bottom + 4.0, 18.0)
    label(trajectories.timeLabel, x: left + width / 2, y: bottom + 4, options: "center font ',7'")
    let ticks = Axis("", range: times).ticks
    let ends = [ticks.first, ticks.last].compactMap { $0 }.map(entry(for:))
    lines += [
      "set cbrange [\(times.lowerBound):\(times.upperBound)]",
      "set colorbox horizontal user origin \(screen(left, bottom)) "
        + "size screen \(share(width, of: layout.width)), screen \(share(1.6, of: layout.height)) "
        + "noborder",
      "set cbtics (\(ends.joined(separator: ", "))) scale 0 offset 0,0.6 font ',7'",
    ]
    return true
  }

  mutating func write(_ key: LatentKey, left: Double, top: Double, side: Double) {
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
