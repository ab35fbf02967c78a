import Analysis
import Compute
import Experiments

// Decoding.
extension RecordingReport {
  /// At most so many points are drawn in one panel.
  private static let mostPoints = 600

  private func thinned(_ trials: [Int], _ most: Int = mostPoints) -> [Int] {
    guard trials.count > most else { return trials }
    return (0..<most).map { trials[$0 * trials.count / most] }
  }

  private var regionCount: Int { analysis.regions.regions.count }

  /// What the numbers of regions stand for: sixteen at most.
  private var regionNames: String {
    analysis.regions.regions.enumerated().map { "\($0 + 1) \($1.name)" }.joined(separator: "; ")
  }

  /// A region's name and look; more than four share one.
  private func meaning(_ region: Int) -> Meaning {
    regionCount <= 4 ? .corner(region) : .measured
  }

  var decodedFigure: Figure? {
    guard let heldOut = analysis.heldOut else { return nil }
    let truth = recording.targets
    let panels = heldOut.targetNames.indices.prefix(6).map { target -> Panel in
      var values: [Double] = []
      let marks = heldOut.regions.enumerated().map { place, region -> Mark in
        let rows = thinned(
          Array(region.region.trials.indices),
          max(20, Self.mostPoints / max(1, regionCount))
        )
        let points = rows.map { row in
          DataPoint(truth[region.region.trials[row], target], region.decoded[row, target])
        }
        values += points.flatMap { [$0.x, $0.y] }
        return .scatter(regionCount <= 4 ? region.region.name : "", meaning(place), points)
      }
      let axis = Axis.holding(values, "true \(heldOut.targetNames[target])")
      let line = [axis.range.lowerBound, axis.range.upperBound].map { DataPoint($0, $0) }
      return Panel(
        heldOut.targetNames[target],
        PlanePlot(
          horizontal: axis,
          vertical: Axis("decoded", range: axis.range),
          isEqual: true,
          marks: [.line("", .guide, line)] + marks
        )
      )
    }
    return Figure(
      name: "decoded",
      title: "Decoded against true, in regions that were held out",
      caption: "Each trial was decoded by ridge fitted without its region "
        + "(\(counted(regionCount, "region")), \(counted(recording.count, "trial")), of which "
        + "\(Self.mostPoints) at most are drawn). Line: identity. r² = 1 − MSE / variance over all "
        + "trials, \(fixed(heldOut.meanR2, 3)) on average; \(version).",
      alternative: "Decoded values scatter about the identity with r² \(fixed(heldOut.meanR2, 2)).",
      panels: panels
    )
  }

  var regionsFigure: Figure? {
    guard let heldOut = analysis.heldOut else { return nil }
    let places = heldOut.regions.indices.map { Double($0 + 1) }
    let null = heldOut.regions.map { Quartiles(of: $0.shuffled) }
    let values = heldOut.regions.map(\.meanR2)
    let names = heldOut.regions.map(\.region.name)
    // Fewer than were asked for, where there are no more.
    let shuffles = heldOut.shuffledMeans.count
    let floors = zip(places, zip(null, names)).compactMap { place, region in
      region.0.map {
        DataPoint(place, $0.median, lower: $0.lower, upper: $0.upper, name: region.1)
      }
    }
    var marks: [Mark] =
      floors.isEmpty ? [] : [.separateMedians("shuffled factors", .floor(.shuffled), floors)]
    marks += [
      .markers(
        "held out",
        .heldOut,
        zip(places, zip(values, names)).map { DataPoint($0, $1.0, name: $1.1) }
      )
    ]
    let vertical = Axis.rSquared(
      "r²",
      holding: values + [analysis.inDistribution?.meanR2].compactMap(\.self)
        + floors.flatMap { [$0.y, $0.lower ?? $0.y] }
    )
    if let inside = analysis.inDistribution?.meanR2 {
      let all =
        zip(places, values).map { DataPoint($0, $1) }
        + zip(places, null).compactMap { place, quartiles in
          quartiles.map { DataPoint(place, $0.median, lower: $0.lower, upper: $0.upper) }
        }
      let label = "in distribution \(fixed(inside, 3, leadingZero: false))"
      let horizontal = countingPlaces("", places.count)
      let place = Self.freePlace(at: inside, among: all, horizontal, vertical)
      let ends = [horizontal.range.lowerBound, horizontal.range.upperBound]
      // Where a label would lie on a point, the key has it.
      marks.insert(
        place.map { .level(Level(label, .ceiling, at: inside, labelled: $0)) }
          ?? .line(label, .ceiling, ends.map { DataPoint($0, inside) }),
        at: 0
      )
    }
    return Figure(
      name: "r2-by-region",
      title: "r² in each held-out region",
      caption: "Ridge fitted outside a region and tested in it: "
        + regionNames
        + (shuffles > 0
          ? ". Squares: median and quartiles of \(counted(shuffles, "shuffle")) of the factors, with "
            + "which the regions go: r² of a decoder that reads nothing is below zero there"
          : ". There is no null: \(analysis.noShuffle)")
        + ". Dashed: five folds of all trials; \(version).",
      alternative: "Held-out r² by region: \(values.map { fixed($0, 2) }.joined(separator: ", ")).",
      width: .oneColumn,
      panels: [
        Panel(
          "",
          PlanePlot(
            horizontal: countingPlaces("region", places.count),
            vertical: vertical,
            marks: marks
          )
        )
      ]
    )
  }

  /// The first place where the label of a level covers no point; `nil` where there is none.
  ///
  /// It is half as wide as the axes, and a tenth as high.
  package static func freePlace(
    at level: Double,
    among points: [DataPoint],
    _ horizontal: Axis,
    _ vertical: Axis
  ) -> Level.Place? {
    let (across, up) = (horizontal.range, vertical.range)
    func isFree(_ place: Level.Place) -> Bool {
      !points.contains { point in
        let x = (point.x - across.lowerBound) / (across.upperBound - across.lowerBound)
        let height = 0.12 * (up.upperBound - up.lowerBound)
        let label = place.isAbove ? level...level + height : level - height...level
        let (low, high) = (point.lower ?? point.y, point.upper ?? point.y)
        return (place.isAtStart ? x < 0.52 : x > 0.48) && low <= label.upperBound
          && high >= label.lowerBound
      }
    }
    let places: [Level.Place] = [.aboveEnd, .belowEnd, .aboveStart, .belowStart]
    return places.first(where: isFree)
  }

  /// True against told combination, where there are few enough to be read.
  var confusionFigure: Figure? {
    guard let classified = analysis.classified, (2...16).contains(regionCount) else { return nil }
    var panels: [(title: String, found: (shares: [[Double]], elsewhere: Int))] = []
    if let decodedLevels {
      panels.append(("by the decoders' side of the median", confusion(decodedLevels)))
    }
    // With one factor its held-out part occurs nowhere else, and no classifier can tell it.
    let isTold = classified.told.contains { $0 != nil }
    if isTold { panels.append(("by classifiers", confusion(classified.told))) }
    guard let elsewhere = panels.last?.found.elsewhere else { return nil }
    let names = analysis.regions.regions.map(\.name)
    let method: String
    if panels.count > 1 {
      method =
        "a: on which side of each factor's median the ridge decoders of r² put a trial, b: what "
        + "softmax classifiers of each side say; neither ever saw the trial's own combination."
        + (Self.meanDiagonal(panels[1].found.shares) < Self.meanDiagonal(panels[0].found.shares)
          ? " Classifiers do worse: without one combination the factors go together among the others, "
            + "and one is taken as a hint for the other."
          : "")
    } else if isTold {
      method =
        "Every factor's side or category was told by a softmax classifier that never saw the "
        + "trial's own combination."
    } else {
      method =
        "On which side of the factor's median the ridge decoder of r² puts a trial, of whose side it "
        + "saw none."
    }
    let outside =
      elsewhere > 0
      ? ", but for \(counted(elsewhere, "trial")) that were told to be in none of these" : ""
    return Figure(
      name: "confusion",
      title: "Which combination a held-out trial is taken for",
      caption: "\(method) Combinations: \(regionNames). Rows add up to 1\(outside); \(version).",
      alternative: "On the diagonal: "
        + panels.map { title, found in
          "\(title) "
            + found.shares.indices.map { fixed(found.shares[$0][$0], 2) }.joined(separator: ", ")
        }.joined(separator: "; ") + ".",
      width: panels.count > 1 ? .twoColumns : .oneColumn,
      panels: panels.map { title, found in
        Panel(
          panels.count > 1 ? title : "",
          PlanePlot(
            horizontal: countingPlaces("told combination", regionCount),
            vertical: countingPlaces("true combination", regionCount),
            isEqual: true,
            marks: [
              .heatMap(
                HeatMap(
                  found.shares.map { $0.map(Optional.some) },
                  range: 0...1,
                  ramp: .sequential,
                  label: "share of trials",
                  rowNames: names.map { "true \($0)" },
                  columnNames: names.map { "told \($0)" }
                )
              )
            ]
          )
        )
      }
    )
  }

  /// How often combinations are taken for themselves, each weighing the same.
  static func meanDiagonal(_ shares: [[Double]]) -> Double {
    mean(shares.indices.map { shares[$0][$0] })
  }

  /// Of every true combination, the share of its trials that were taken for each.
  private func confusion(_ told: [[Int]?]) -> (shares: [[Double]], elsewhere: Int) {
    let regions = analysis.regions.regions
    var shares = [[Double]](repeating: .init(repeating: 0, count: regionCount), count: regionCount)
    var elsewhere = 0
    for (row, region) in regions.enumerated() {
      for trial in region.trials {
        let levels = (told[trial] ?? []).map(Optional.some)
        if let column = regions.firstIndex(where: { $0.levels == levels }) {
          shares[row][column] += 1 / Double(region.trials.count)
        } else {
          elsewhere += 1
        }
      }
    }
    return (shares, elsewhere)
  }

  /// On which side of each target's median the held-out decoders put a trial, `[n][targets]`; `nil`
  /// where a factor is categorical.
  private var decodedLevels: [[Int]?]? {
    guard let heldOut = analysis.heldOut, !recording.factors.contains(where: \.isCategorical)
    else { return nil }
    let truth = recording.targets
    // Halfway between the values that lie below and those above: where many equal the median, it is on a
    // side itself.
    let thresholds = analysis.regions.partitions.enumerated().map { target, partition in
      let sides = zip(truth.column(target), partition.labels)
      let below = sides.filter { $0.1 == 0 }.map(\.0).max() ?? -.infinity
      let above = sides.filter { $0.1 == 1 }.map(\.0).min() ?? .infinity
      return below + 0.5 * (above - below)
    }
    var levels = [[Int]?](repeating: nil, count: recording.count)
    for region in heldOut.regions {
      for (row, trial) in region.region.trials.enumerated() {
        levels[trial] = thresholds.indices.map { region.decoded[row, $0] > thresholds[$0] ? 1 : 0 }
      }
    }
    return levels
  }
}

// Geometry.
extension RecordingReport {
  var statesFigure: Figure {
    let rotated = analysis.geometry.rotated
    let shares = analysis.geometry.components.shares
    func coordinate(_ trial: Int, _ component: Int) -> Double {
      component < rotated.columns ? rotated[trial, component] : 0
    }
    let regions = analysis.regions.regions
    let groups: [SpaceGroup]
    func points(_ trials: [Int], _ most: Int) -> [SpacePoint] {
      thinned(trials, most).map {
        SpacePoint(coordinate($0, 0), coordinate($0, 1), coordinate($0, 2))
      }
    }
    if regions.count <= 6 && !regions.isEmpty {
      groups = regions.enumerated().map { place, region in
        SpaceGroup(region.name, .corner(place), points(region.trials, 1200 / regions.count))
      }
    } else if let partition = analysis.regions.partitions.last(where: { $0.names.count <= 6 }) {
      groups = partition.names.enumerated().map { level, name in
        let trials = partition.labels.indices.filter { partition.labels[$0] == level }
        return SpaceGroup(
          "\(partition.label) \(name)",
          .corner(level),
          points(trials, 1200 / partition.names.count)
        )
      }
    } else {
      groups = [SpaceGroup("trials", .measured, points(Array(0..<recording.count), 1200))]
    }
    return Figure(
      name: "states",
      title: "States in three principal components",
      caption: "\(counted(groups.reduce(0) { $0 + $1.points.count }, "trial")) of "
        + "\(recording.count), by the combination of the factors or, of more than six, by one of them "
        + "(continuous ones split at their median); all axes have one scale, in units of the states; \(version).",
      alternative: "Three components hold "
        + "\(percent(shares.prefix(3).reduce(0, +))) of the variance.",
      panels: [
        Panel(
          "",
          SpacePlot(
            labels: (0..<3).map { component in
              "PC\(component + 1) (\(percent(component < shares.count ? shares[component] : 0)))"
            },
            groups: groups
          )
        )
      ]
    )
  }

  var spectrumFigure: Figure {
    let shares = Array(analysis.geometry.components.shares.prefix(50))
    var sum = 0.0
    let points = shares.enumerated().map { index, share -> DataPoint in
      sum += share
      return DataPoint(Double(index + 1), sum)
    }
    let ratio = analysis.geometry.participationRatio
    return Figure(
      name: "explained-variance",
      title: "Explained variance",
      caption: "Cumulative share of the variance over all trials in the first "
        + "\(counted(points.count, "component")); "
        + "\(analysis.geometry.componentCount(for: 0.9)) hold 90 %. Participation ratio "
        + "\(fixed(ratio, 2)); \(version).",
      alternative: "\(analysis.geometry.componentCount(for: 0.9)) components hold 90 %.",
      width: .oneColumn,
      panels: [
        Panel(
          "",
          PlanePlot(
            horizontal: countingPlaces("components", max(2, points.count)),
            vertical: Axis("share of variance", range: 0...1.02, expectedStart: 0),
            marks: [
              .level(Level("90 %", .ceiling, at: 0.9, labelled: .belowEnd)),
              .line("", .measured, points), .markers("", .measured, Array(points.prefix(12))),
            ]
          )
        )
      ]
    )
  }
}

// Units.
extension RecordingReport {
  /// Units that aren't silent, at most so many, with an even spread.
  private var shownUnits: [Int] {
    let silent = Set(analysis.tuning.silent)
    return thinned((0..<recording.units).filter { !silent.contains($0) }, 200)
  }

  var tuningFigure: Figure? {
    let tuning = analysis.tuning
    let units = shownUnits
    guard !units.isEmpty else { return nil }
    var panels = tuning.curves.prefix(4).map { curve -> Panel in
      // A unit's mean over the factor, in units of its own range over it.
      let rows = units.map { unit -> [Double?] in
        let values = curve.places.indices.map { bin in
          curve.counts[bin] > 0 ? curve.means[bin, unit] : nil
        }
        let known = values.compactMap(\.self)
        guard let lowest = known.min(), let highest = known.max(), highest > lowest else {
          return values.map { $0.map { _ in 0 } }
        }
        return values.map { $0.map { ($0 - lowest) / (highest - lowest) } }
      }
      func peak(_ row: [Double?]) -> Int {
        row.indices.max { (row[$0] ?? -1) < (row[$1] ?? -1) } ?? 0
      }
      let order = rows.indices.sorted { (peak(rows[$0]), $0) < (peak(rows[$1]), $1) }
      let count = curve.places.count
      let ticks: [Axis.Tick] =
        curve.names.map { names in
          names.enumerated().map { Axis.Tick(Double($0 + 1), String($1.prefix(6))) }
        }
        ?? [0, count - 1].map { Axis.Tick(Double($0 + 1), fixed(curve.places[$0], 2)) }
      return Panel(
        curve.factor.name,
        PlanePlot(
          horizontal: Axis(curve.factor.name, range: 0.5...(Double(count) + 0.5), ticks: ticks),
          vertical: countingPlaces("rank by peak", units.count),
          height: 1.4,
          marks: [
            .heatMap(
              HeatMap(
                order.map { rows[$0] },
                range: 0...1,
                ramp: .sequential,
                label: "mean, scaled by unit",
                rowNames: order.map { "unit \(units[$0])" }
              )
            )
          ]
        )
      )
    }
    panels.append(
      Panel(
        "correlation",
        PlanePlot(
          horizontal: Axis(
            "factor",
            range: 0.5...(Double(tuning.columnNames.count) + 0.5),
            // Names of more columns would run into each other; the caption has them.
            ticks: tuning.columnNames.enumerated().map { place, name in
              Axis.Tick(
                Double(place + 1),
                tuning.columnNames.count > 3 ? String(place + 1) : String(name.prefix(8))
              )
            }
          ),
          vertical: unitAxis(units),
          height: 1.4,
          marks: [
            .heatMap(
              HeatMap(
                units.map { tuning.correlations[$0] },
                range: -1...1,
                ramp: .diverging,
                label: "correlation",
                rowNames: units.map { "unit \($0)" },
                columnNames: tuning.columnNames
              )
            )
          ]
        )
      )
    )
    return Figure(
      name: "tuning",
      title: "Tuning of the units",
      caption: "Mean state of \(counted(units.count, "unit")) (of \(recording.units); "
        + "\(tuning.silent.count) silent) over each factor, each unit scaled to its own range and "
        + "sorted by its peak in every panel; and Pearson's correlation of each unit with the "
        + "factors over \(counted(recording.count, "trial")), units numbered from 0 as in the array"
        + (tuning.columnNames.count > 3
          ? ": "
            + tuning.columnNames.enumerated().map { "\($0 + 1) \($1)" }.joined(separator: ", ")
          : "")
        + "; \(version).",
      alternative: "Rasters of \(units.count) units by \(tuning.curves.count) factors.",
      columns: min(3, panels.count),
      panels: panels
    )
  }

  var selectivityFigure: Figure? {
    let tuning = analysis.tuning
    let pairs = zip(tuning.linear, tuning.interaction).compactMap { linear, interaction in
      linear.flatMap { linear in interaction.map { (linear, $0) } }
    }
    let null = zip(tuning.shuffledLinear, tuning.shuffledInteraction).map { DataPoint($0, $1) }
    let points = pairs.map { DataPoint($0.0, $0.1) }
    var panels: [Panel] = []
    if !points.isEmpty {
      panels.append(
        Panel(
          "selectivity",
          PlanePlot(
            horizontal: .holding((points + null).map(\.x), "linear (adjusted R²)"),
            vertical: .holding((points + null).map(\.y), "added by interactions"),
            marks: [
              .scatter("factors shuffled", .floor(.shuffled), null),
              .scatter("units", .condition(0), points),
            ]
          )
        )
      )
    }
    for (title, values) in [
      ("lifetime sparseness", tuning.sparseness?.lifetime ?? []),
      ("population sparseness", tuning.sparseness?.population ?? []),
    ] {
      let known = values.compactMap(\.self)
      guard !known.isEmpty else { continue }
      var counts = [Double](repeating: 0, count: 20)
      for value in known { counts[max(0, min(19, Int(value * 20)))] += 1 / Double(known.count) }
      panels.append(
        Panel(
          title,
          PlanePlot(
            horizontal: Axis(title, range: 0...1),
            vertical: .holding(counts, "share", fromZero: true),
            marks: [
              .bars(
                "",
                .condition(0),
                counts.enumerated().map { DataPoint((Double($0) + 0.5) / 20, $1) },
                width: 0.045
              )
            ]
          )
        )
      )
    }
    guard !panels.isEmpty else { return nil }
    return Figure(
      name: "selectivity",
      title: "Selectivity and sparseness",
      caption: (points.isEmpty
        ? ""
        : "For each of \(counted(points.count, "unit")): adjusted R² of a regression on the "
          + "factors, and what products of two factors add; grey: the same with the factors of "
          + "other trials. ")
        + "Sparseness as (1 − mean² / mean square) / (1 − 1/n), of each unit over trials "
        + "(lifetime) and of each trial over units (population), without "
        + "\(counted(tuning.silent.count, "silent unit")); \(version).",
      alternative: "Median linear R² \(fixed(Quartiles(of: pairs.map(\.0))?.median, 2)).",
      columns: panels.count,
      panels: panels
    )
  }

  var gridFigure: Figure? {
    guard let grid = analysis.tuning.grid else { return nil }
    let known = grid.rows.flatMap { $0.flatMap { $0.compactMap(\.self) } }
    guard let lowest = known.min(), let highest = known.max(), highest > lowest else { return nil }
    func axis(_ name: String, _ range: ClosedRange<Double>) -> Axis {
      Axis(
        name,
        range: 0.5...(Double(grid.size) + 0.5),
        ticks: [
          .init(1, fixed(range.lowerBound, 1)),
          .init(Double(grid.size), fixed(range.upperBound, 1)),
        ]
      )
    }
    let shown = Array(zip(grid.units, grid.rows).prefix(6))
    return Figure(
      name: "grid",
      title: "Mean states over two factors",
      caption:
        "Mean states of the \(counted(shown.count, "unit")) that the factors explain best (numbered from "
        + "0 as in the array), on "
        + "\(grid.size) × \(grid.size) bins of \(grid.first) and \(grid.second); blank bins have no "
        + "trial. Each panel has its own scale, in units of the states; \(version).",
      alternative: "Maps of units \(shown.map { String($0.0) }.joined(separator: ", ")).",
      columns: 3,
      panels: shown.map { unit, rows in
        let values = rows.flatMap { $0.compactMap(\.self) }
        return Panel(
          "unit \(unit)",
          PlanePlot(
            horizontal: axis(grid.first, grid.firstRange),
            vertical: axis(grid.second, grid.secondRange),
            isEqual: true,
            marks: [
              .heatMap(
                HeatMap(
                  rows,
                  range: (values.min() ?? 0)...(values.max() ?? 1),
                  ramp: .sequential,
                  label: "mean state"
                )
              )
            ]
          )
        )
      }
    )
  }

  /// A row for each of some units, with their own numbers at the ticks: silent ones are left out, and
  /// others thinned.
  private func unitAxis(_ units: [Int]) -> Axis {
    let step = Axis.wholeStep(over: units.count - 1)
    return Axis(
      "unit",
      range: 0.5...(Double(units.count) + 0.5),
      ticks: stride(from: 0, to: units.count, by: step).map {
        Axis.Tick(Double($0 + 1), String(units[$0]))
      }
    )
  }

  /// An axis that counts from 1.
  private func countingPlaces(_ label: String, _ count: Int) -> Axis {
    let step = [1, 2, 5, 10, 20, 50, 100].first { count / $0 <= 6 } ?? 200
    let ticks = ([1] + stride(from: step, through: count, by: step).filter { $0 > 1 })
    return Axis(
      label,
      range: 0.5...(Double(count) + 0.5),
      ticks: ticks.map { Axis.Tick(Double($0), String($0)) }
    )
  }
}
