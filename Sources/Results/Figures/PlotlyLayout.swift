import Files
import Foundation

// Where everything stands on the screen. Domains are shares of the drawing's inside; its height is
// in pixels.
extension PlotlyBuilder {
  /// Room above a row for its titles, and below it for its axis labels.
  private static let rowGap = 96.0

  /// The layout of all panels; on a narrow screen, a telephone's, they stand below each other.
  func layout(isNarrow: Bool) -> [String: JSONValue] {
    let columns = isNarrow ? 1 : figure.columns
    let gap = figure.sharesVerticalAxis ? 0.05 : 0.14
    let width = (1 - Double(columns - 1) * gap) / Double(columns)
    // The axes of a column end at the same place, whichever of its panels has a bar of colours.
    let barWidths = (0..<columns).map { column in
      stride(from: column, to: places.count, by: columns).map { places[$0].barWidth }.max() ?? 0
    }
    let rows = (places.count + columns - 1) / columns
    let rowHeights = (0..<rows).map { row in
      var (usual, square): (Double, Double?) = (0, nil)
      for place in places[row * columns..<min((row + 1) * columns, places.count)] {
        switch place {
        case .plane(let plot, _) where plot.isEqual:
          // What is square should fill its place at a page's usual width.
          let height = min(340, (isNarrow ? 290 : 850) * width * plot.proportion)
          square = max(square ?? 0, height)
        case .plane(let plot, _): usual = max(usual, 300 * plot.height)
        case .space: usual = max(usual, isNarrow ? 430 : 480)
        }
      }
      // Panels beside a square are as high as it is.
      return square ?? usual
    }
    let height = rowHeights.reduce(0, +) + Double(rows - 1) * Self.rowGap
    let hasLabelAbove = figure.panels.contains(where: \.hasLabelAbove)
    // The tool bar stands above the titles, and those above the labels of levels.
    let top = hasLabelAbove ? 72.0 : 56
    let bottom = 56 + keyHeight(isNarrow: isNarrow)

    var layout: [String: JSONValue] = [
      "autosize": true,
      "height": .number(height + top + bottom),
      "margin": ["l": 64, "r": 16, "t": .number(top), "b": .number(bottom)],
      "paper_bgcolor": "rgba(0,0,0,0)",
      "plot_bgcolor": "rgba(0,0,0,0)",
      "font": [
        "family": "system-ui, Helvetica, Arial, DejaVu Sans, sans-serif", "size": 13,
        "color": .string(Palette.text.light),
      ],
      "legend": [
        "orientation": "h", "x": 0, "xanchor": "left", "yref": "container", "y": 0,
        "yanchor": "bottom", "itemsizing": .string(keyHasPoints ? "constant" : "trace"),
        "tracegroupgap": 0, "itemwidth": 40,
      ],
      "modebar": ["bgcolor": "rgba(0,0,0,0)", "color": .string(Palette.grey.light)],
      "hovermode": "closest",
      "barmode": "overlay",
      // A changed theme keeps how the reader has turned and zoomed the figure.
      "uirevision": "kept",
    ]
    var annotations: [JSONValue] = []
    var shapes: [JSONValue] = []
    for (index, place) in places.enumerated() {
      let (row, column) = (index / columns, index % columns)
      let left = Double(column) * (width + gap)
      let frameTop = height - rowHeights[..<row].reduce(0) { $0 + $1 + Self.rowGap }
      let bar = barWidths[column] * (isNarrow ? 2 : 1)
      let frame = Domain(
        x: left...(min(1, left + width) - bar),
        y: max(0, (frameTop - rowHeights[row]) / height)...(frameTop / height)
      )
      annotations.append(title(of: index, in: frame, shift: hasLabelAbove ? 24 : 8))
      switch place {
      case .plane(let plot, let suffix):
        let isShared = figure.sharesVerticalAxis && column > 0
        layout["xaxis" + suffix] = axis(
          plot.horizontal,
          domain: frame.x,
          anchor: "y" + suffix,
          // Where both scales are equal, the axes shrink rather than show what is not there.
          extras: plot.isEqual ? ["constrain": "domain", "constraintoward": "left"] : [:]
        )
        var extras: [String: JSONValue] = [:]
        if plot.isEqual {
          extras["scaleanchor"] = .string("x" + suffix)
          extras["constrain"] = "domain"
        }
        if figure.sharesVerticalAxis, index > 0 { extras["matches"] = "y" }
        if isShared {
          extras["showticklabels"] = false
          extras["title"] = ["text": ""]
        }
        layout["yaxis" + suffix] = axis(
          plot.vertical,
          domain: frame.y,
          anchor: "x" + suffix,
          extras: extras
        )
        if let map = plot.heatMap {
          layout[Self.colourAxis(suffix)] = colourAxis(map, beside: frame)
        }
        for mark in plot.marks {
          add(mark, on: plot, suffix: suffix, shapes: &shapes, annotations: &annotations)
        }
      case .space(let plot, let scene, let keySuffix):
        add(plot, scene: scene, keySuffix: keySuffix, in: frame, isNarrow: isNarrow, to: &layout)
      }
    }
    layout["annotations"] = .array(annotations)
    layout["shapes"] = .array(shapes)
    return layout
  }

  private struct Domain {
    let x: ClosedRange<Double>
    let y: ClosedRange<Double>
  }

  /// Room for the key, in lines of the narrowest screen that shows this layout: a page of 390 pixels
  /// or of 44 rem, or a figure of one column, each without margins.
  private func keyHeight(isNarrow: Bool) -> Double {
    let width = isNarrow ? 278.0 : figure.width == .oneColumn ? 496 : 592
    return 21 * Double(keyLines(within: width))
  }

  private func title(of panel: Int, in frame: Domain, shift: Double) -> JSONValue {
    let letter = places.count > 1 ? "<b>\(figure.letter(of: panel))</b>  " : ""
    return [
      "text": .string(letter + figure.panels[panel].title.plotlyText),
      "xref": "paper", "x": .number(frame.x.lowerBound), "xanchor": "left",
      "yref": "paper", "y": .number(frame.y.upperBound), "yanchor": "bottom",
      "yshift": .number(shift),
      "showarrow": false, "align": "left", "font": ["size": 14],
    ]
  }

  private func titleText(of axis: Axis) -> String {
    axis.title.plotlyText + (axis.note.map { ", \($0.plotlyText)" } ?? "")
  }

  private func axis(
    _ axis: Axis,
    domain: ClosedRange<Double>,
    anchor: String,
    extras: [String: JSONValue]
  ) -> JSONValue {
    var object: [String: JSONValue] = [
      "title": ["text": .string(titleText(of: axis)), "standoff": 8, "font": ["size": 13]],
      "domain": [.number(domain.lowerBound), .number(domain.upperBound)],
      "anchor": .string(anchor),
      "showgrid": false, "zeroline": false, "showline": true, "ticks": "outside", "ticklen": 4,
      "linecolor": .string(Palette.axis.light), "tickcolor": .string(Palette.axis.light),
    ]
    switch axis.scale {
    case .linear:
      object["range"] = [.number(axis.range.lowerBound), .number(axis.range.upperBound)]
    case .logarithmic:
      object["type"] = "log"
      object["range"] = [
        .number(decimalLogarithm(axis.range.lowerBound)),
        .number(decimalLogarithm(axis.range.upperBound)),
      ]
    }
    if axis.hasGivenTicks || axis.scale == .logarithmic {
      object["tickmode"] = "array"
      object["tickvals"] = .array(axis.ticks.map { .number($0.value) })
      object["ticktext"] = .array(axis.ticks.map { .string($0.label.plotlyText) })
    }
    return .object(object.merging(extras) { $1 })
  }

  private func add(
    _ mark: Mark,
    on plot: PlanePlot,
    suffix: String,
    shapes: inout [JSONValue],
    annotations: inout [JSONValue]
  ) {
    switch mark {
    case .level(let level) where level.value.isFinite:
      let style = level.meaning.style
      shapes.append([
        "type": "line", "layer": "below",
        "xref": .string("x\(suffix) domain"), "x0": 0, "x1": 1,
        "yref": .string("y\(suffix)"), "y0": .number(level.value), "y1": .number(level.value),
        "line": [
          "color": .string(style.ink.light), "width": 1.5, "dash": .string(style.dash.plotlyDash),
        ],
      ])
      // Annotations on a logarithmic axis stand at the logarithm, shapes at the value itself.
      let height =
        plot.vertical.scale == .logarithmic ? decimalLogarithm(level.value) : level.value
      annotations.append([
        "text": .string(level.label.plotlyText), "showarrow": false,
        "font": ["size": 12, "color": .string(style.ink.light)],
        "xref": .string("x\(suffix) domain"), "x": level.place.isAtStart ? 0.02 : 0.99,
        "xanchor": level.place.isAtStart ? "left" : "right",
        "yref": .string("y\(suffix)"), "y": .number(height),
        "yanchor": level.place.isAbove ? "bottom" : "top",
      ])
    case .region(let region):
      let ink = JSONValue.string(region.meaning.style.ink.light)
      shapes.append([
        "type": "rect", "layer": "below", "opacity": 0.14, "fillcolor": ink,
        "line": ["width": 0],
        "xref": .string("x" + suffix), "yref": .string("y" + suffix),
        "x0": .number(region.horizontal.lowerBound), "x1": .number(region.horizontal.upperBound),
        "y0": .number(region.vertical.lowerBound), "y1": .number(region.vertical.upperBound),
      ])
      annotations.append([
        "text": .string(region.label.plotlyText), "showarrow": false,
        "font": ["size": 12, "color": ink],
        "xref": .string("x" + suffix), "x": .number(region.horizontal.upperBound),
        "xanchor": "right",
        "yref": .string("y" + suffix), "y": .number(region.vertical.upperBound),
        "yanchor": plot.hasRoom(above: region) ? "bottom" : "top",
      ])
    case .level, .series, .trajectories, .heatMap, .curves: break
    }
  }

  private func add(
    _ plot: SpacePlot,
    scene: String,
    keySuffix: String?,
    in frame: Domain,
    isNarrow: Bool,
    to layout: inout [String: JSONValue]
  ) {
    // Beside the scene when there is room, otherwise below it.
    let width = frame.x.upperBound - frame.x.lowerBound
    let height = frame.y.upperBound - frame.y.lowerBound
    let sceneX = frame.x.lowerBound...(frame.x.upperBound - (isNarrow ? 0 : 0.2 * width))
    let sceneY = (frame.y.lowerBound + (isNarrow ? 0.28 * height : 0))...frame.y.upperBound
    let size = JSONValue.number(isNarrow ? 0.95 : 1.2)
    let names = ["xaxis", "yaxis", "zaxis"]
    let eye = SpacePlot.eye
    var object: [String: JSONValue] = [
      "domain": [
        "x": [.number(sceneX.lowerBound), .number(sceneX.upperBound)],
        "y": [.number(sceneY.lowerBound), .number(sceneY.upperBound)],
      ],
      "aspectmode": "manual",
      // Equal scales; the factor is how near the cube is seen.
      "aspectratio": ["x": size, "y": size, "z": size],
      "camera": [
        "projection": ["type": "orthographic"],
        "eye": ["x": .number(eye.x), "y": .number(eye.y), "z": .number(eye.z)],
        "center": ["x": 0, "y": 0, "z": -0.08],
      ],
    ]
    for (name, axis) in zip(names, plot.axes) {
      object[name] = [
        "title": ["text": .string(axis.title.plotlyText), "font": ["size": 12]],
        "range": [.number(axis.range.lowerBound), .number(axis.range.upperBound)],
        "showbackground": false, "showspikes": false, "zeroline": false, "nticks": 4,
        "gridcolor": .string(Palette.guide.light), "linecolor": .string(Palette.axis.light),
        "tickfont": ["size": 11],
      ]
    }
    layout[scene] = .object(object)

    if let key = plot.key, let keySuffix {
      let x =
        isNarrow
        ? (frame.x.lowerBound + 0.08 * width)...(frame.x.lowerBound + 0.34 * width)
        : (frame.x.upperBound - 0.15 * width)...(frame.x.upperBound - 0.02 * width)
      let y =
        isNarrow
        ? (frame.y.lowerBound + 0.06 * height)...(frame.y.lowerBound + 0.26 * height)
        : (frame.y.upperBound - 0.3 * height)...frame.y.upperBound
      layout["xaxis" + keySuffix] = side(key.horizontal, key, x, "y" + keySuffix, nil)
      layout["yaxis" + keySuffix] = side(key.vertical, key, y, "x" + keySuffix, "x" + keySuffix)
    }
    if let trajectories = plot.trajectories, !trajectories.paths.isEmpty {
      layout["coloraxis"] = coloraxis(trajectories, in: frame, isNarrow: isNarrow)
    }
  }

  /// One side of the latents' square.
  private func side(
    _ label: String,
    _ key: LatentKey,
    _ domain: ClosedRange<Double>,
    _ anchor: String,
    _ scaleAnchor: String?
  ) -> JSONValue {
    var object: [String: JSONValue] = [
      "title": ["text": .string(label.plotlyText), "standoff": 4],
      "domain": [.number(domain.lowerBound), .number(domain.upperBound)],
      "range": [.number(key.range.lowerBound), .number(key.range.upperBound)],
      "anchor": .string(anchor), "constrain": "domain", "fixedrange": true,
      "showgrid": false, "zeroline": false, "showticklabels": false, "ticks": "",
      "showline": true, "mirror": true, "linecolor": .string(Palette.axis.light),
    ]
    if let scaleAnchor { object["scaleanchor"] = .string(scaleAnchor) }
    return .object(object)
  }

  private func scale(_ ramp: Ramp) -> JSONValue {
    let last = Double(ramp.inks.count - 1)
    return .array(ramp.inks.enumerated().map { [.number(Double($0) / last), .string($1.light)] })
  }

  /// The colours of a map, and their bar to the right of it.
  private func colourAxis(_ map: HeatMap, beside frame: Domain) -> JSONValue {
    var object: [String: JSONValue] = [
      "cmin": .number(map.range.lowerBound), "cmax": .number(map.range.upperBound),
      "colorscale": scale(map.ramp), "showscale": .bool(map.hasBar),
    ]
    if map.hasBar {
      object["colorbar"] = [
        "title": ["text": .string(map.label.plotlyText), "side": "top", "font": ["size": 12]],
        "outlinewidth": 0, "thickness": 10, "xanchor": "left", "yanchor": "bottom",
        "xpad": 6, "ypad": 0, "lenmode": "fraction",
        "x": .number(frame.x.upperBound), "y": .number(frame.y.lowerBound),
        "len": .number(frame.y.upperBound - frame.y.lowerBound),
        "tickmode": "array",
        "tickvals": .array(map.ticks.map { .number($0.value) }),
        "ticktext": .array(map.ticks.map { .string($0.label.plotlyText) }),
      ]
    }
    return .object(object)
  }

  private func coloraxis(
    _ trajectories: Trajectories,
    in frame: Domain,
    isNarrow: Bool
  ) -> JSONValue {
    let width = frame.x.upperBound - frame.x.lowerBound
    let height = frame.y.upperBound - frame.y.lowerBound
    var bar: [String: JSONValue] = [
      "title": ["text": .string(trajectories.timeLabel.plotlyText), "side": "top"],
      "outlinewidth": 0, "thickness": 10, "nticks": 4, "xanchor": "left", "yanchor": "bottom",
      "xpad": 0, "ypad": 0, "lenmode": "fraction",
    ]
    if isNarrow {
      bar["orientation"] = "h"
      bar["x"] = .number(frame.x.lowerBound + 0.48 * width)
      bar["y"] = .number(frame.y.lowerBound + 0.08 * height)
      bar["len"] = .number(0.5 * width)
    } else {
      bar["orientation"] = "v"
      bar["x"] = .number(frame.x.upperBound - 0.15 * width)
      bar["y"] = .number(frame.y.lowerBound + 0.02 * height)
      bar["len"] = .number(0.4 * height)
    }
    return [
      "cmin": .number(trajectories.times.lowerBound),
      "cmax": .number(trajectories.times.upperBound),
      "colorscale": scale(trajectories.ramp),
      "colorbar": .object(bar),
    ]
  }
}

extension PlotlyBuilder.Place {
  /// The share of the drawing's width that the panel's bar of colours takes.
  fileprivate var barWidth: Double {
    guard case .plane(let plot, _) = self, let map = plot.barredMap else { return 0 }
    let longest = map.ticks.map(\.label.count).max() ?? 0
    return 0.035 + 0.008 * Double(longest)
  }
}

private func decimalLogarithm(_ value: Double) -> Double { log10(value) }
