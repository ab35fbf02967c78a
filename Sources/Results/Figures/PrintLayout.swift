/// Where everything stands on the printed figure, in millimetres from the lower left corner.
struct PrintLayout {
  /// The inside of a set of axes.
  struct Frame {
    let left: Double
    let bottom: Double
    let width: Double
    let height: Double

    var right: Double { left + width }
    var top: Double { bottom + height }
  }

  /// One entry of the key: a sample and its name.
  struct KeyItem {
    let entry: KeyEntry
    let left: Double
    let middle: Double
  }

  let width: Double
  let height: Double
  /// One for each view, in order.
  let frames: [Frame]
  /// For each view, how far to the left of its frame its letter stands: the same in a column.
  let letterMargins: [Double]
  let key: [KeyItem]
  /// Where the latent square and the colour bar of a state space stand.
  let side: Frame?
  let titleHeight: Double

  /// Room above a set of axes: for its title or the name of its colours, for a level's label under
  /// that, or just for air.
  private static func titleHeight(of figure: Figure) -> Double {
    if figure.panels.contains(where: \.hasLabelAbove) { return 9 }
    let isBare = figure.panels.count == 1 && figure.panels[0].title.isEmpty
    return isBare && !figure.panels[0].hasColourBar ? 2.5 : 6.5
  }

  static let tickLength = 0.9
  /// From the axis down to the end of its label.
  static let footHeight = 9.5
  static let sampleWidth = 7.0
  /// A letter of 7 pt text is this wide, near enough to keep words apart.
  static let letterWidth = 1.3

  init(_ figure: Figure, views: [PrintView]) {
    width = figure.width.rawValue
    let titleHeight = Self.titleHeight(of: figure)
    self.titleHeight = titleHeight
    let hasSide = views.contains { $0.isSpace }
    let columns = hasSide ? min(2, views.count) : figure.columns
    let sideWidth = hasSide ? 30.0 : 0
    let end = 3.0

    // The widest axis labels of each column decide how far it moves to the right.
    let margins = (0..<columns).map { column in
      stride(from: column, to: views.count, by: columns).map { views[$0].leftMargin }.max() ?? 0
    }
    let bars = (0..<columns).map { column in
      stride(from: column, to: views.count, by: columns).map { views[$0].barMargin }.max() ?? 0
    }
    letterMargins = views.indices.map { index in
      views[index].hasVerticalLabels ? margins[index % columns] - 1 : 4.5
    }
    let free =
      width - sideWidth - (margins + bars).reduce(0, +) - Double(columns) * end
    let frameWidth = free / Double(columns)

    let entries = KeyEntry.entries(of: figure)
    var rows: [[(entry: KeyEntry, left: Double)]] = []
    var next = margins[0]
    for entry in entries {
      let length = entry.sampleWidth + 1.2 + Double(entry.name.count) * Self.letterWidth
      if rows.isEmpty || next + length > width {
        rows.append([])
        next = margins[0]
      }
      rows[rows.count - 1].append((entry, next))
      next += length + 3.5
    }
    let rowHeight = 3.9
    let keyHeight = rows.isEmpty ? 0 : Double(rows.count) * rowHeight + 1
    key = rows.enumerated().flatMap { index, row in
      row.map { item in
        KeyItem(
          entry: item.entry,
          left: item.left,
          middle: (Double(rows.count - index) - 0.5) * rowHeight + 0.5
        )
      }
    }

    let rowCount = (views.count + columns - 1) / columns
    // Panels beside a square are as high as it is.
    let squares = (0..<rowCount).map { row in
      views[(row * columns)..<min((row + 1) * columns, views.count)]
        .filter(\.plot.isEqual).map { $0.frameHeight(width: frameWidth) }.max()
    }
    let frameHeights = views.indices.map { index in
      let own = views[index].frameHeight(width: frameWidth)
      return views[index].plot.isEqual ? own : squares[index / columns] ?? own
    }
    let heights = (0..<rowCount).map { row in
      frameHeights[(row * columns)..<min((row + 1) * columns, views.count)].max() ?? 0
    }
    let total = heights.reduce(keyHeight) { $0 + $1 + titleHeight + Self.footHeight }
    height = total
    frames = views.indices.map { index in
      let (row, column) = (index / columns, index % columns)
      let used = heights[...row].reduce(0) { $0 + $1 + titleHeight + Self.footHeight }
      let left =
        margins[...column].reduce(0, +) + bars[..<column].reduce(0, +)
        + Double(column) * (frameWidth + end)
      let frameHeight = frameHeights[index]
      return Frame(
        left: left,
        bottom: total - used + Self.footHeight + (heights[row] - frameHeight),
        width: views[index].plot.isEqual ? frameHeight / views[index].plot.proportion : frameWidth,
        height: frameHeight
      )
    }
    if hasSide, let last = frames.first {
      side = Frame(
        left: width - sideWidth + 4,
        bottom: last.bottom,
        width: sideWidth - 8,
        height: last.height
      )
    } else {
      side = nil
    }
  }
}

/// A set of plane axes in print: a plane panel, or one of the two projections of a space.
struct PrintView {
  let letter: String
  let title: String
  let plot: PlanePlot
  /// The table's column of the vertical coordinate: y, or z in the second projection.
  let verticalColumn: Int
  let isSpace: Bool
  let space: SpacePlot?
  let hasVerticalLabels: Bool
  /// The letter of the rows in the table.
  let panel: String

  /// Room for the letter, the vertical label and the tick labels, in millimetres.
  var leftMargin: Double {
    guard hasVerticalLabels else { return 6 }
    let longest = plot.vertical.ticks.map(\.label.count).max() ?? 0
    let note = plot.vertical.note == nil ? 0 : 3.0
    return 7 + note + Double(longest) * PrintLayout.letterWidth
  }

  /// Room to the right for the bar that explains colours.
  var barMargin: Double {
    guard let map = plot.barredMap else { return 0 }
    let longest = map.ticks.map(\.label.count).max() ?? 0
    return 5 + Double(longest) * PrintLayout.letterWidth
  }

  func frameHeight(width: Double) -> Double {
    plot.isEqual ? min(width * plot.proportion, 62) : min(0.68 * width, 46) * plot.height
  }

  static func views(of figure: Figure) -> [PrintView] {
    let isLettered = figure.panels.count > 1
    return figure.panels.enumerated().flatMap { index, panel in
      let letter = figure.letter(of: index)
      let isFirst = index % figure.columns == 0
      switch panel.plot {
      case .plane(let plot):
        return [
          PrintView(
            letter: isLettered ? letter : "",
            title: panel.title,
            plot: plot,
            verticalColumn: 5,
            isSpace: false,
            space: nil,
            hasVerticalLabels: isFirst || !figure.sharesVerticalAxis,
            panel: letter
          )
        ]
      case .space(let plot):
        return [1, 2].map { vertical in
          PrintView(
            letter: isLettered && vertical == 1 ? letter : "",
            title: vertical == 1 ? panel.title : "",
            plot: plot.projection(onto: vertical),
            verticalColumn: 4 + vertical,
            isSpace: true,
            space: plot,
            hasVerticalLabels: true,
            panel: letter
          )
        }
      }
    }
  }
}

extension SpacePlot {
  /// The plane picture with the first axis to the right and another one upwards.
  ///
  /// Its marks stand in the order of the table's series numbers.
  fileprivate func projection(onto vertical: Int) -> PlanePlot {
    let paths = Mark.trajectories(trajectories ?? Trajectories([], timeLabel: ""))
    let points = groups.map { group in
      Mark.scatter(
        group.name,
        group.meaning,
        group.points.map { DataPoint($0.x, vertical == 1 ? $0.y : $0.z) }
      )
    }
    return PlanePlot(
      horizontal: axes[0],
      vertical: axes[vertical],
      isEqual: true,
      marks: [paths] + points
    )
  }
}

/// A line of the key: a name and what it looks like.
struct KeyEntry: Hashable {
  enum Sample: Hashable {
    case point
    case line
    case pointOnLine
    case bar
  }

  let name: String
  let style: Style
  let sample: Sample

  /// How long its sample is in print, in millimetres.
  var sampleWidth: Double {
    switch sample {
    case .point, .bar: 3
    case .line, .pointOnLine: PrintLayout.sampleWidth
    }
  }

  /// The entries of all panels, each once, in the order in which they first appear.
  ///
  /// Levels and regions carry their own labels; faint dots belong to the series that they spread
  /// around.
  static func entries(of figure: Figure) -> [KeyEntry] {
    var entries: [KeyEntry] = []
    for panel in figure.panels {
      for entry in panel.keyEntries where !entries.contains(entry) {
        entries.append(entry)
      }
    }
    return entries
  }
}

extension Panel {
  fileprivate var keyEntries: [KeyEntry] {
    switch plot {
    case .plane(let plot):
      plot.marks.compactMap { mark in
        if case .curves(let curves) = mark, !curves.name.isEmpty, !curves.paths.isEmpty {
          return KeyEntry(name: curves.name, style: curves.meaning.style, sample: .line)
        }
        guard case .series(let series) = mark, !series.name.isEmpty else { return nil }
        guard series.points.contains(where: \.isDefined) else { return nil }
        let sample: KeyEntry.Sample
        switch series.form {
        case .dots: return nil
        case .medians: sample = .pointOnLine
        case .line: sample = .line
        case .scatter, .markers, .separateMedians: sample = .point
        case .bars: sample = .bar
        }
        return KeyEntry(name: series.name, style: series.meaning.style, sample: sample)
      }
    case .space(let plot):
      plot.groups.filter { !$0.points.isEmpty }.map {
        KeyEntry(name: $0.name, style: $0.meaning.style, sample: .point)
      }
    }
  }
}
