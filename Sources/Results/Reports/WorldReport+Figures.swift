import Compute
import Experiments

// What is hidden, and what is asked about it.
extension WorldReport {
  /// In the order of ``Meaning/corner(_:)``: the quadrants counter-clockwise.
  private static let quadrants = [(1.0, 1.0), (-1, 1), (-1, -1), (1, -1)]

  private func quadrantName(_ index: Int, _ first: String, _ second: String) -> String {
    let (x, y) = Self.quadrants[index]
    return "\(first) \(x > 0 ? ">" : "<") 0, \(second) \(y > 0 ? ">" : "<") 0"
  }

  var latentsFigure: Figure {
    let latents = portrait.latents
    let names = latents.axes.map(latentName)
    let isPlane = dimensions == 2
    var panels = [
      Panel(
        isPlane || latents.normals == nil ? "" : "in the plane of \(names[0]) and \(names[1])",
        latentsPlot(names)
      )
    ]
    if !isPlane, let normals = latents.normals {
      panels.append(Panel("normals of the boundaries", normalsPlot(normals)))
    }
    return Figure(
      name: "latents",
      title: "Latents and boundaries",
      caption: latentsCaption(names, hasNormals: panels.count > 1),
      alternative: "\(latents.points.count) latents in a square, with "
        + "\(latents.cuts.count { !$0.isEmpty }) of \(latents.cuts.count) boundaries across it.",
      width: panels.count > 1 ? .twoColumns : .oneColumn,
      columns: panels.count,
      panels: panels
    )
  }

  private func latentsPlot(_ names: [String]) -> PlanePlot {
    let latents = portrait.latents
    let ticks = [Axis.Tick(-0.5, "−0.5"), Axis.Tick(0, "0"), Axis.Tick(0.5, "0.5")]
    var marks: [Mark] = []
    if let signs = latents.withheldSigns {
      func side(_ sign: Bool?) -> ClosedRange<Double> {
        sign.map { $0 ? 0...0.5 : -0.5...0 } ?? -0.5...0.5
      }
      marks.append(
        .region(
          Region(
            "\(value("training.holdOut")) withheld",
            .heldOut,
            horizontal: side(signs[0]),
            vertical: side(signs[1])
          )
        )
      )
    }
    let cuts = latents.cuts.joined().map { $0.map { DataPoint($0.x, $0.y) } }
    marks.append(.curves(Curves("boundaries", .boundary, cuts, isThin: true)))
    for index in Self.quadrants.indices {
      let (x, y) = Self.quadrants[index]
      let points = latents.points.filter { point in
        !point.isUnlabelled && (point.x > 0) == (x > 0) && (point.y > 0) == (y > 0)
      }
      marks.append(
        .scatter(
          quadrantName(index, names[0], names[1]),
          .corner(index),
          points.map { DataPoint($0.x, $0.y) }
        )
      )
    }
    let unlabelled = latents.points.filter(\.isUnlabelled)
    marks.append(.scatter("never labelled", .heldOut, unlabelled.map { DataPoint($0.x, $0.y) }))
    let example = portrait.trial.latent
    marks.append(
      .markers(
        "the trial below",
        .example,
        [DataPoint(example[latents.axes[0]], example[latents.axes[1]])]
      )
    )
    return PlanePlot(
      horizontal: Axis("latent \(names[0])", range: -0.5...0.5, ticks: ticks),
      vertical: Axis(
        "latent \(names[1])",
        // Room for the region's name above it, off the lines.
        range: -0.5...(latents.withheldSigns == nil ? 0.5 : 0.6),
        ticks: ticks
      ),
      isEqual: true,
      marks: marks
    )
  }

  private func normalsPlot(_ normals: [[Double]]) -> PlanePlot {
    PlanePlot(
      horizontal: countingAxis("latent", 1...dimensions),
      vertical: countingAxis("task", 1...normals.count),
      marks: [
        .heatMap(
          HeatMap(
            normals.map { $0.map(Optional.some) },
            range: -1...1,
            ramp: .diverging,
            label: "component"
          )
        )
      ]
    )
  }

  private func latentsCaption(_ names: [String], hasNormals: Bool) -> String {
    let latents = portrait.latents
    var sentences = [
      "\(latents.points.count) latents as training draws them, by the signs of \(names[0]) and "
        + "\(names[1])\(hasNormals ? " (a)" : ""); lengths are in sides of the latent box."
    ]
    let boundaries =
      "the boundaries of \(counted(latents.cuts.count, "task")) "
      + "(\(value("tasks.boundaries")))"
    if dimensions == 2 {
      sentences.append("Lines: \(boundaries), where an answer changes.")
    } else {
      sentences.append("Lines: where \(boundaries) cut the plane in which all other latents are 0.")
      if hasNormals { sentences.append("Unit normals of the boundaries, task by task (b).") }
    }
    let missing = latents.cuts.count(where: \.isEmpty)
    if missing > 0 {
      sentences.append(
        missing == 1 ? "One boundary does not cross it." : "\(missing) boundaries do not cross it."
      )
    }
    if value("training.holdOut") == "trials" {
      sentences.append("No latent lies in the region that is withheld: \(withheldInWords).")
    } else if value("training.holdOut") == "labels" {
      sentences.append("Blue: nothing is asked there (\(withheldInWords)).")
    }
    let expected = latents.expectedCorrelation.map { " (expected \(fixed($0, 2)))" } ?? ""
    let rows = value("timing.trialsInARow") == "1" ? "" : "last "
    sentences.append(
      "In \(portrait.tasks.sampleSize) latents \(names[0]) and \(names[1]) correlate by "
        + "\(fixed(latents.correlation, 2))\(expected). Cross: the \(rows)trial shown below; seed "
        + "\(value("seed")), \(version)."
    )
    return sentences.joined(separator: " ")
  }

  var tasksFigure: Figure {
    let tasks = portrait.tasks
    let shares = tasks.sharesAbove.enumerated().map { DataPoint(Double($0 + 1), $1) }
    return Figure(
      name: "tasks",
      title: "How the tasks divide the latents",
      caption: tasksCaption,
      alternative: "Shares lie between \(fixed(tasks.sharesAbove.min(), 2)) and "
        + "\(fixed(tasks.sharesAbove.max(), 2)).",
      columns: 2,
      panels: [
        Panel(
          "above the boundary",
          PlanePlot(
            horizontal: countingAxis("task", 1...tasks.shown),
            vertical: Axis("share of latents", range: 0...1, expectedStart: 0),
            marks: [
              .bars("", .condition(0), shares, width: 0.8),
              .level(Level("", .ceiling, at: 0.5)),
            ]
          )
        ),
        Panel(
          "between tasks",
          PlanePlot(
            horizontal: countingAxis("task", 1...tasks.shown),
            vertical: countingAxis("task", 1...tasks.shown),
            isEqual: true,
            marks: [
              .heatMap(
                HeatMap(tasks.correlations, range: -1...1, ramp: .diverging, label: "correlation")
              )
            ]
          )
        ),
      ]
    )
  }

  private var tasksCaption: String {
    let tasks = portrait.tasks
    let diversity =
      tasks.effectiveCount.map {
        "as diverse as \(fixed($0, 1)) uncorrelated tasks, by the participation ratio"
      } ?? "the first \(tasks.shown) tasks"
    return [
      "The share of \(tasks.sampleSize) latents above each boundary (a), and how the sides of "
        + "latents correlate between tasks (b): \(diversity).",
      tasks.constantTasks.isEmpty ? "" : "Blank: tasks with one answer only.",
      "The sides are the true ones, before labels are withheld or turned around; seed "
        + "\(value("seed")), \(version).",
    ].filter { !$0.isEmpty }.joined(separator: " ")
  }

  /// An axis that counts from 1, with a place of width 1 for each.
  func countingAxis(_ label: String, _ range: ClosedRange<Int>, unit: String? = nil) -> Axis {
    Axis(
      label,
      unit: unit,
      range: (Double(range.lowerBound) - 0.5)...(Double(range.upperBound) + 0.5),
      ticks: counts(in: range).map { Axis.Tick(Double($0), String($0)) }
    )
  }

  /// The first number and round ones after it, at most seven.
  private func counts(in range: ClosedRange<Int>) -> [Int] {
    guard range.count > 6 else { return Array(range) }
    var step = 1
    for factor in [2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000]
    where range.count / step > 5 {
      step = factor
    }
    let round = range.filter { $0.isMultiple(of: step) }
    let first = range.lowerBound
    return (round.first.map { $0 - first > step / 2 } ?? true ? [first] : []) + round
  }

  // MARK: What the network sees

  var featuresFigure: Figure {
    let features = portrait.features
    let side = FeaturePortrait.side
    let places = FeaturePortrait.places
    func point(_ first: Int, _ second: Int) -> SpacePoint {
      let place = features.points[first * side + second]
      return SpacePoint(place[0], place[1], place[2], time: places[first])
    }
    let lines = (0..<side).flatMap { fixed in
      [(0..<side).map { point(fixed, $0) }, (0..<side).map { point($0, fixed) }]
    }
    let ends = [(side - 1, side - 1), (0, side - 1), (0, 0), (side - 1, 0)]
    let share = features.shares.reduce(0, +)
    let isBare = value("encoder.kind") == "none"
    let subject =
      isBare
      ? "What the network sees of"
      : "\(features.width) features (encoder \(value("encoder.kind"))) of"
    return Figure(
      name: "features",
      title: isBare ? "Observations without an encoder" : "The encoder's features",
      caption: "\(subject) a grid of \(side) × \(side) noise-free latents x₁ and x₂"
        + "\(dimensions > 2 ? ", all others 0" : ""), in their first three principal components, "
        + "which carry \(fixed(100 * share, 1)) % of the variance over the grid. Lines join "
        + "neighbours of the grid and are coloured by x₁; markers stand at its corners. Seed "
        + "\(value("seed")), \(version).",
      alternative: "The square of latents becomes a bent sheet in feature space; shares of the "
        + "components: \(features.shares.map { fixed($0, 3) }.joined(separator: ", ")).",
      panels: [
        Panel(
          "",
          SpacePlot(
            labels: (0..<3).map { "PC\($0 + 1) (\(fixed(100 * features.shares[$0], 1)) %)" },
            trajectories: Trajectories(lines, timeLabel: "latent x₁", ramp: .twoHues),
            groups: ends.indices.map { index in
              SpaceGroup(
                quadrantName(index, "x₁", "x₂"),
                .corner(index),
                [point(ends[index].0, ends[index].1)]
              )
            },
            key: LatentKey(
              horizontal: "x₁",
              vertical: "x₂",
              range: -0.5...0.5,
              entries: Self.quadrants.enumerated().map {
                .init(0.36 * $1.0, 0.36 * $1.1, .corner($0))
              }
            )
          )
        )
      ]
    )
  }

  // MARK: Noise

  var noiseSection: ReportPage.Section {
    guard let noise = portrait.noise else {
      return .init(
        "Noise",
        paragraphs: ["Nothing is blurred: every look shows the latent."],
        figures: []
      )
    }
    return .init("Noise", figures: [figure(of: noise)])
  }

  private func figure(of noise: NoisePortrait) -> Figure {
    func name(_ index: Int) -> String {
      noise.isAfterEncoder ? "feature \(index + 1)" : latentName(index)
    }
    func points(_ values: [PlanePoint]) -> [DataPoint] { values.map { DataPoint($0.x, $0.y) } }
    let unit = noise.isAfterEncoder ? "units of the features" : "sides of the box"
    let lags = noise.autocorrelation.indices
    let lowest = (noise.autocorrelation + noise.expectedAutocorrelation).min() ?? 0
    let channels = noise.channels.map { channel in
      "\(name(channel.index)) has mean \(fixed(channel.mean, 3)) and deviation "
        + "\(fixed(channel.deviation, 3)) (expected \(fixed(channel.expectedMean, 3)) and "
        + "\(fixed(channel.expectedDeviation, 3)))"
    }
    let both = noise.pairs.flatMap { [$0.x, $0.y] }
    let extent = Axis.holding(both, "").range
    let pair = noise.pairIndices.map(name)
    return Figure(
      name: "noise",
      title: "Noise as it is drawn, and its law",
      caption: """
        \(noiseInWords.capitalizedFirst). Autocorrelation over steps, the mean over all \
        \(noise.isAfterEncoder ? "features" : "latents") (a); density (b): \
        \(channels.joined(separator: "; ")); \(pair[0]) against \(pair[1]) in \
        \(noise.pairs.count) looks (c). Markers: drawn, n = \(noise.sampleSize) per \
        \(noise.isAfterEncoder ? "feature" : "latent"); lines: the law; \(version).
        """,
      alternative: "Drawn noise lies on its law: " + channels.joined(separator: "; ") + ".",
      columns: 3,
      panels: [
        Panel(
          "in time",
          PlanePlot(
            horizontal: Axis(
              "lag",
              unit: "steps",
              range: -0.4...(Double(lags.upperBound) - 0.6),
              ticks: lags.filter { $0.isMultiple(of: 2) }.map { Axis.Tick(Double($0), "\($0)") }
            ),
            vertical: Axis(
              "autocorrelation",
              range: (lowest < -0.15 ? -1 : -0.2)...1.05,
              ticks: [-1, -0.5, 0, 0.5, 1].map { Axis.Tick($0, fixed($0, 1)) }
                .filter { $0.value >= (lowest < -0.15 ? -1 : -0.2) }
            ),
            marks: [
              .line(
                "law",
                .measured,
                lags.map { DataPoint(Double($0), noise.expectedAutocorrelation[$0]) }
              ),
              .markers(
                "mean over \(noise.isAfterEncoder ? "features" : "latents")",
                .condition(2),
                lags.map { DataPoint(Double($0), noise.autocorrelation[$0]) }
              ),
            ]
          )
        ),
        Panel(
          "by size",
          PlanePlot(
            horizontal: .holding(noise.channels.flatMap { $0.law.map(\.x) }, "noise", unit: unit),
            vertical: .holding(
              noise.channels.flatMap { ($0.law + $0.histogram).map(\.y) },
              "density",
              fromZero: true
            ),
            marks: noise.channels.map { .line("law", .measured, points($0.law)) }
              + noise.channels.enumerated().map { index, channel in
                .markers(name(channel.index), .condition(index), points(channel.histogram))
              }
          )
        ),
        Panel(
          "two at a time",
          PlanePlot(
            horizontal: Axis("noise of \(pair[0])", range: extent),
            vertical: Axis("noise of \(pair[1])", range: extent),
            isEqual: true,
            marks: [.scatter("", .condition(3), points(noise.pairs))]
          )
        ),
      ]
    )
  }
}
