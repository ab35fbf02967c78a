import Compute
import Experiments
import Files
import SystemPackage

extension RunReport {
  private var counts: [Double] { Set(groups.map { Double($0.tasks) }).sorted() }

  private var sample: String {
    let seeds = groups.map(\.seeds).max() ?? 0
    let n = groups.compactMap { $0.quartiles("r2.ood")?.count }.max() ?? 0
    return
      "\(seeds == 1 ? "one seed" : "\(seeds) seeds") × \(regionName)s × fits, n = \(n) per point"
  }

  private var version: String {
    let provenance = groups.first?.records.first?.json["provenance"]
    let commit = provenance?["commit"]?.string.map { ", commit \($0)" } ?? ""
    return "version \(provenance?["version"]?.string ?? "?")\(commit)"
  }

  // MARK: r² against the number of tasks

  var decodingFigure: Figure {
    let lowest = groups.compactMap { $0.quartiles("floor.untrained.r2.ood")?.lower }.min() ?? 0
    let floor = groups.compactMap { $0.quartiles("floor.encoder.r2.ood")?.lower }.min() ?? 0
    let panels = conditions.map { condition -> Panel in
      let groups = condition.groups
      func medians(_ name: String) -> [DataPoint] {
        groups.compactMap { group in
          group.quartiles(name).map {
            DataPoint(Double(group.tasks), $0.median, lower: $0.lower, upper: $0.upper)
          }
        }
      }
      var marks: [Mark] = []
      if let ceiling = groups.first?.ceiling("r2.any") {
        marks.append(
          .level(
            Level(
              "ceiling \(fixed(ceiling, 3, leadingZero: false))",
              .ceiling,
              at: ceiling,
              labelled: .aboveStart
            )
          )
        )
      }
      marks += [
        .medians(
          "floor: encoder alone",
          .floor(.encoder),
          medians("floor.encoder.r2.ood"),
          shift: 0.02
        ),
        .medians(
          "floor: untrained network",
          .floor(.untrained),
          medians("floor.untrained.r2.ood"),
          shift: 0.04
        ),
      ]
      if groups.contains(where: { $0.seeds > 1 }) {
        let dots = groups.filter { $0.seeds <= 10 }.flatMap { group in
          group.seedMeans("r2.ood").map { DataPoint(Double(group.tasks), $0) }
        }
        marks.append(.dots("held out", .heldOut, dots, shift: -0.04))
      }
      marks += [
        .medians("as published", .asPublished, medians("r2.ood.asPublished"), shift: -0.01),
        .medians("in distribution", .inDistribution, medians("r2.id")),
        .medians("held out", .heldOut, medians("r2.ood"), shift: -0.02),
      ]
      return Panel(
        condition.title,
        PlanePlot(
          horizontal: .logarithmic("number of tasks N", at: counts),
          vertical: .rSquared("decoding r²", lowest: min(lowest, floor)),
          marks: marks
        )
      )
    }
    let summary = conditions.map { condition in
      let values = condition.groups.map { fixed($0.quartiles("r2.ood")?.median, 2) }
      return "\(values.joined(separator: ", ")) with \(condition.title)"
    }
    return Figure(
      name: "r2-by-tasks",
      title: "Decoding of the latents against the number of tasks",
      caption: """
        A linear decoder was fitted to the networks' last states outside a \(regionName) of the \
        latents and tested in it (held out, ridge). Medians with quartiles over \(sample). As \
        published: the paper's decoder and its script's draw of test trials, most of which lie \
        where it was fitted. Dotted: the encoder's features averaged with nothing trained, and the \
        network before training, under the held-out ridge. r² = 1 − 12 MSE; \(version).\(omission)
        """,
      alternative: "Held-out r² at N = \(counts.map { String(Int($0)) }.joined(separator: ", ")): "
        + summary.joined(separator: "; ") + ".",
      sharesVerticalAxis: true,
      panels: panels
    )
  }

  // MARK: Training curves

  func trainingFigure() throws -> Figure {
    // Cross-entropy starts at log 2; squared errors anywhere.
    let isEntropy = conditions.allSatisfy { condition in
      condition.groups.allSatisfy {
        $0.records.first?.setting("training", "loss")?.string == "crossEntropy"
      }
    }
    var lowest = Double.infinity
    var highest = isEntropy ? 0.6915 : 0
    var last = 100.0
    var curves: [(title: String, marks: [Mark])] = []
    for condition in conditions {
      let groups = condition.groups
      var marks: [Mark] = []
      if let floor = groups.last?.ceiling("loss") {
        lowest = min(lowest, floor)
        marks.append(
          .level(
            Level(
              "floor \(fixed(floor, 4, leadingZero: false)), the ideal observer's",
              .ceiling,
              at: floor,
              labelled: .belowEnd
            )
          )
        )
      }
      for (index, group) in groups.enumerated() {
        guard let record = group.records.first else { continue }
        let points = try curve(of: record)
        for point in points.dropFirst() {
          lowest = min(lowest, point.y)
          highest = max(highest, point.y)
        }
        last = max(last, points.last?.x ?? 100)
        marks.append(.line("N = \(group.tasks)", .condition(index), points))
      }
      curves.append((condition.title, marks))
    }
    if lowest > highest { lowest = highest - 0.03 }
    let margin = max(0.13 * (highest - lowest), 1e-6)
    return Figure(
      name: "training",
      title: "Training curves",
      caption: """
        Loss during training, the mean over everything that is asked, in means over growing \
        stretches of batches, for the first seed of each number of tasks; dashed, where it is known, \
        the least that any observer can reach.\
        \(isEntropy ? " log 2 = .6931 is the loss of who knows nothing." : "") \
        \(version.capitalizedFirst).\(omission)
        """,
      alternative: "The loss falls towards its floor.",
      sharesVerticalAxis: true,
      panels: curves.map { curve in
        Panel(
          curve.title,
          PlanePlot(
            horizontal: Axis("batches", scale: .logarithmic, range: 100...last),
            vertical: Axis(
              isEntropy ? "cross-entropy" : "loss",
              unit: isEntropy ? "nats" : nil,
              range: lowest - margin...highest + margin,
              expectedStart: 0
            ),
            marks: curve.marks
          )
        )
      }
    )
  }

  /// Means over stretches that grow with the batch, about forty in a tenfold.
  private func curve(of record: RunRecord) throws -> [DataPoint] {
    let folder = RunFolder(directory.appending(record.name))
    let log = try AppendOnlyLog.records(in: folder.metrics)
    var points: [DataPoint] = []
    var (sum, count, end) = (0.0, 0.0, 100.0)
    for entry in log {
      guard let step = entry["step"]?.double, let loss = entry["loss"]?.double else { continue }
      sum += loss
      count += 1
      if step >= end {
        points.append(DataPoint(step, sum / count))
        (sum, count) = (0, 0)
        end = step * 1.06
      }
    }
    return points
  }

  // MARK: Portraits

  /// The run that is drawn: the most tasks, behind the last encoder.
  private var portrayed: RunRecord? {
    conditions.last?.groups.last?.records.first { !$0.isDiverged }
  }

  private func portrait(of record: RunRecord) throws -> JSONValue {
    try JSONValue(contentsOf: RunFolder(directory.appending(record.name)).portrait)
  }

  private func title(of record: RunRecord) -> String {
    let condition = conditions.first { $0.groups.contains { $0.records.contains(record) } }
    return "\(condition?.title ?? record.name), N = \(RunGroup(records: [record]).tasks)"
  }

  func stateSpaceFigures() throws -> [Figure] {
    let corners = [(0.25, 0.25), (-0.25, 0.25), (-0.25, -0.25), (0.25, -0.25)]
    let names = ["x₁ > 0, x₂ > 0", "x₁ < 0, x₂ > 0", "x₁ < 0, x₂ < 0", "x₁ > 0, x₂ < 0"]
    func corner(_ latent: [Double]) -> Int {
      latent[0] > 0 ? (latent[1] > 0 ? 0 : 3) : (latent[1] > 0 ? 1 : 2)
    }
    return try conditions.compactMap { condition -> Figure? in
      guard let record = condition.groups.last?.records.first(where: { !$0.isDiverged }) else {
        return nil
      }
      let portrait = try portrait(of: record)
      let shares = numbers(portrait["componentShares"])
      let step = record.setting("timing", "step")?.double ?? 1
      let paths = (portrait["trajectories"]?.array ?? []).map { path in
        (path["points"]?.array ?? []).enumerated().compactMap { index, point in
          spacePoint(numbers(point), time: Double(index) * step)
        }
      }
      var ends: [[SpacePoint]] = [[], [], [], []]
      for end in portrait["ends"]?.array ?? [] {
        let latent = numbers(end["latent"])
        guard latent.count >= 2, let point = spacePoint(numbers(end["point"]), time: 0) else {
          continue
        }
        ends[corner(latent)].append(point)
      }
      let share = shares.prefix(3).reduce(0, +)
      return Figure(
        name: "state-space-\(condition.slug)",
        title: "The state space",
        caption: """
          States of one network (\(title(of: record))) in the space of their first three principal \
          components, which carry \(fixed(100 * share, 0)) % of the variance over all steps. Lines: \
          \(paths.count) trials from the first step (light) to the last (dark). Markers: last \
          states of \(ends.reduce(0) { $0 + $1.count }) trials by the quadrant of their latents; \
          the small square says which is which. \(version.capitalizedFirst).
          """,
        alternative:
          "Trajectories start together and spread; their ends are ordered by the quadrant of the latents.",
        panels: [
          Panel(
            title(of: record),
            SpacePlot(
              labels: (0..<3).map {
                "PC\($0 + 1) (\(fixed(shares.count > $0 ? 100 * shares[$0] : 0, 0)) %)"
              },
              trajectories: Trajectories(paths, timeLabel: "time (ms)"),
              groups: corners.indices.map { SpaceGroup(names[$0], .corner($0), ends[$0]) },
              key: LatentKey(
                horizontal: "x₁",
                vertical: "x₂",
                range: -0.5...0.5,
                entries: corners.enumerated().map { .init($1.0, $1.1, .corner($0)) }
              )
            )
          )
        ]
      )
    }
  }

  func latentsFigure() throws -> Figure {
    var seen: [(latent: [Double], decoded: [Double])] = []
    var held: [(latent: [Double], decoded: [Double])] = []
    if let record = portrayed {
      for region in try portrait(of: record)["decoded"]?.array ?? [] {
        let pairs = zip(region["true"]?.array ?? [], region["decoded"]?.array ?? []).map {
          (latent: numbers($0), decoded: numbers($1))
        }
        if region["isHeldOut"]?.bool == true { held += pairs } else { seen += pairs }
      }
    }
    let ticks = [Axis.Tick(-0.5, "−0.5"), Axis.Tick(0, "0"), Axis.Tick(0.5, "0.5")]
    func axis(_ label: String) -> Axis { Axis(label, range: -0.65...0.65, ticks: ticks) }
    let diagonal = [DataPoint(-0.65, -0.65), DataPoint(0.65, 0.65)]
    let panels = ["x₁", "x₂"].enumerated().map { index, name in
      Panel(
        index == 0 ? "first latent" : "second latent",
        PlanePlot(
          horizontal: axis("true \(name)"),
          vertical: axis("decoded \(name)"),
          isEqual: true,
          marks: [
            .line("", .guide, diagonal),
            .scatter(
              "in distribution",
              .inDistribution,
              seen.map { DataPoint($0.latent[index], $0.decoded[index]) }
            ),
            .scatter(
              "held out",
              .heldOut,
              held.map { DataPoint($0.latent[index], $0.decoded[index]) }
            ),
          ]
        )
      )
    }
    let isQuadrant = regionName == "quadrant"
    let shade: [Mark] =
      isQuadrant
      ? [.region(Region("held out", .heldOut, horizontal: 0...0.5, vertical: 0...0.5))] : []
    let both = Panel(
      "both",
      PlanePlot(
        horizontal: axis("decoded x₁"),
        vertical: axis("decoded x₂"),
        isEqual: true,
        marks: shade + [
          .scatter(
            "in distribution",
            .inDistribution,
            seen.map { DataPoint($0.decoded[0], $0.decoded[1]) }
          ),
          .scatter("held out", .heldOut, held.map { DataPoint($0.decoded[0], $0.decoded[1]) }),
        ]
      )
    )
    return Figure(
      name: "latents",
      title: "Decoded against true latents",
      caption: """
        Latents decoded from the last state by a ridge decoder that never saw trials of one \
        \(regionName), against the true ones: first (a) and second latent (b), and both decoded \
        latents\(isQuadrant ? ", with the held-out quadrant shaded" : "") (c). \
        \(portrayed.map { title(of: $0).capitalizedFirst } ?? ""); \(seen.count + held.count) test \
        trials, one seed; \(version).
        """,
      alternative: "Decoded latents lie about the diagonal, in the held-out quadrant too.",
      panels: panels + [both]
    )
  }

  func varianceFigure() throws -> Figure {
    let dimensions = portrayed?.setting("latent", "dimensions")?.compact ?? "?"
    let shares = try portrayed.map { numbers(try portrait(of: $0)["componentShares"]) } ?? []
    var sum = 0.0
    let cumulative = shares.enumerated().map { index, share -> DataPoint in
      sum += share
      return DataPoint(Double(index + 1), sum)
    }
    return Figure(
      name: "variance",
      title: "Variance by principal component",
      caption: """
        Share of the variance of the states over all steps that each principal component carries \
        (bars), and their sum (line); the latent has \(dimensions) dimensions. \
        \(portrayed.map { title(of: $0).capitalizedFirst } ?? ""), one seed; \(version).
        """,
      alternative: "Shares of the first components: "
        + shares.prefix(4).map { fixed($0, 2) }.joined(separator: ", ") + ".",
      width: .oneColumn,
      panels: [
        Panel(
          "",
          PlanePlot(
            horizontal: Axis(
              "principal component",
              range: 0.4...10.6,
              ticks: (1...10).map { Axis.Tick(Double($0), "\($0)") }
            ),
            vertical: Axis("share of variance", range: 0...1, expectedStart: 0),
            marks: [
              .bars(
                "each",
                .condition(0),
                shares.enumerated().map { DataPoint(Double($0 + 1), $1) },
                width: 0.7
              ),
              .medians("sum", .measured, cumulative),
            ]
          )
        )
      ]
    )
  }
}

private func numbers(_ json: JSONValue?) -> [Double] { json?.array?.compactMap(\.double) ?? [] }

private func spacePoint(_ values: [Double], time: Double) -> SpacePoint? {
  // Networks of one or two units have fewer components; the missing ones are zero.
  guard !values.isEmpty else { return nil }
  let padded = values + [0, 0]
  return SpacePoint(padded[0], padded[1], padded[2], time: time)
}
