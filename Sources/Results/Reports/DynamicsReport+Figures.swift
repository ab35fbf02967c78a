import Analysis
import Compute
import Experiments
import RealModule

extension DynamicsReport {
  private static let quadrants = [(0.25, 0.25), (-0.25, 0.25), (-0.25, -0.25), (0.25, -0.25)]
  private static let quadrantNames = [
    "x₁ > 0, x₂ > 0", "x₁ < 0, x₂ > 0", "x₁ < 0, x₂ < 0", "x₁ > 0, x₂ < 0",
  ]

  private var seed: String { "seed \(portrait.spec.seed), \(version)" }

  // MARK: States

  /// More marks of a kind would hide each other.
  private static let mostDrawn = 400

  private func point(_ state: [Double], time: Double = 0) -> SpacePoint {
    // Systems of one or two variables have fewer components; the missing ones are zero.
    let place = portrait.components.project(state, onto: 3) + [0, 0, 0]
    return SpacePoint(place[0], place[1], place[2], time: time)
  }

  var stateSpaceFigure: Figure {
    let shares = portrait.components.shares
    let paths = portrait.trajectories.map { trial in
      trial.states.enumerated().map { step, state in
        point(state, time: Double(step) * portrait.stepMilliseconds)
      }
    }
    let isPlane = dimensions == 2
    var ends: [[SpacePoint]] = [[], [], [], []]
    for trial in portrait.trajectories {
      guard let last = trial.states.last else { continue }
      let (x, y) = (trial.latent[0], isPlane ? trial.latent[1] : 1)
      ends[x > 0 ? (y > 0 ? 0 : 3) : (y > 0 ? 1 : 2)].append(point(last))
    }
    let groups = Self.quadrants.indices.map { index in
      SpaceGroup(
        isPlane ? Self.quadrantNames[index] : (index == 0 ? "x₁ > 0" : "x₁ < 0"),
        .corner(index),
        ends[index]
      )
    }.filter { isPlane || !$0.points.isEmpty }
    let markers =
      isPlane ? "by the quadrant of the latents" : "by the sign of the first latent alone, x₁"
    let near = isNear(paths.flatMap { $0 })
    func shown(_ search: FixedPointSearch) -> [SpacePoint] {
      Array(search.points.map { point($0.state) }.filter(near).prefix(Self.mostDrawn))
    }
    let (slow, still) = (shown(portrait.slow), shown(portrait.fixed))
    return Figure(
      name: "states",
      title: "Trials and fixed points",
      caption: """
        \(paths.count) trials up to the last look, in the first three principal components of all \
        state variables, which carry \(fixed(100 * shares.prefix(3).reduce(0, +), 0)) % of the \
        variance. Markers: states at the last look \(markers). Crosses: \
        \(still.count) of \(counted(portrait.fixed.points.count, "fixed point")); open squares: \
        \(slow.count) of \(counted(portrait.slow.points.count, "slow point")), both under the cue \
        with the latent at zero. Of either the slowest \(Self.mostDrawn) are drawn, and none twice as far \
        from the trials' centre as the furthest trial. \
        \(seed.capitalizedFirst).
        """,
      alternative: "Trials spread from one state; \(still.count) fixed points and \(slow.count) "
        + "slow points lie among their ends.",
      panels: [
        Panel(
          "",
          SpacePlot(
            labels: (0..<3).map {
              "PC\($0 + 1) (\(fixed(shares.count > $0 ? 100 * shares[$0] : 0, 0)) %)"
            },
            trajectories: Trajectories(paths, timeLabel: "time (ms)"),
            groups: groups + [
              SpaceGroup("slow points", .slowPoint, slow),
              SpaceGroup("fixed points", .fixedPoint, still),
            ],
            key: isPlane
              ? LatentKey(
                horizontal: "x₁",
                vertical: "x₂",
                range: -0.5...0.5,
                entries: Self.quadrants.enumerated().map { .init($1.0, $1.1, .corner($0)) }
              ) : nil
          )
        )
      ]
    )
  }

  /// Whether a point lies near enough to the trials to be drawn without making them small.
  private func isNear(_ trials: [SpacePoint]) -> (SpacePoint) -> Bool {
    let middle = SpacePoint(mean(trials.map(\.x)), mean(trials.map(\.y)), mean(trials.map(\.z)))
    func square(_ point: SpacePoint) -> Double {
      let (x, y, z) = (point.x - middle.x, point.y - middle.y, point.z - middle.z)
      return x * x + y * y + z * z
    }
    let furthest = trials.map(square).max() ?? .infinity
    return { square($0) <= 4 * furthest }
  }

  // MARK: Eigenvalues

  private static func circle(_ radius: Double) -> [DataPoint] {
    (0...180).map { index in
      let angle = 2 * Double.pi * Double(index) / 180
      return DataPoint(radius * .cos(angle), radius * .sin(angle))
    }
  }

  var eigenvalueFigure: Figure {
    let states = portrait.report.spectra.flatMap { $0 }.map { DataPoint($0.real, $0.imaginary) }
    let points = portrait.linearizations.flatMap(\.eigenvalues).map {
      DataPoint($0.real, $0.imaginary)
    }
    let count = portrait.linearizations.count
    let atPoints = points.isEmpty ? noPoints : ", and at \(fixedPointsInWords(count)) (b)"
    func panel(_ title: String, _ points: [DataPoint]) -> Panel {
      let reach = max(1.15, (points.map { max($0.x.magnitude, $0.y.magnitude) }.max() ?? 0) * 1.05)
      return Panel(
        title,
        PlanePlot(
          horizontal: Axis("real part", range: -reach...reach),
          vertical: Axis("imaginary part", range: -reach...reach),
          isEqual: true,
          marks: [
            .curves(Curves("unit circle", .guide, [Self.circle(1)])),
            .scatter("eigenvalues", .measured, points),
          ]
        )
      )
    }
    let ranks = min(10, portrait.components.mean.count)
    let moduli = (0..<ranks).compactMap { rank -> DataPoint? in
      Quartiles(
        of: portrait.report.spectra.compactMap { $0.count > rank ? $0[rank].modulus : nil }
      ).map { DataPoint(Double(rank + 1), $0.median, lower: $0.lower, upper: $0.upper) }
    }
    let limit = portrait.report.limit
    let highest = max(1.2, (moduli.compactMap(\.upper).max() ?? 1) * 1.1)
    return Figure(
      name: "eigenvalues",
      title: "Eigenvalues of the step",
      caption: """
        Eigenvalues of the Jacobian of one step, in the complex plane with the unit circle: at the \
        states after the last look, without noise, at \(portrait.report.spectra.count) places of the \
        latent box (a)\(atPoints). Moduli by rank \
        at the states, medians with quartiles over places (\(points.isEmpty ? "b" : "c")); between the dashed lines, \
        e^(±1/\(limit.steps)), a direction is slow. \(seed.capitalizedFirst).
        """,
      alternative: "The largest moduli have medians "
        + moduli.prefix(dimensions + 1).map { fixed($0.y, 3) }.joined(separator: ", ") + ".",
      columns: points.isEmpty ? 2 : 3,
      panels: [panel("at the states", states)]
        + (points.isEmpty ? [] : [panel("at fixed points", points)]) + [
          Panel(
            "by rank",
            PlanePlot(
              horizontal: Axis(
                "rank",
                range: 0.5...Double(ranks) + 0.5,
                ticks: (1...max(1, ranks)).map { Axis.Tick(Double($0), "\($0)") }
              ),
              vertical: Axis("|λ|", range: 0...highest, expectedStart: 0),
              marks: [
                .level(Level("", .ceiling, at: limit.lower)),
                .level(Level("", .ceiling, at: limit.upper)),
                .medians("", .measured, moduli),
              ]
            )
          )
        ]
    )
  }

  var amplificationFigure: Figure {
    // The paper's histogram ends at 145; what lies above is gathered in the last bar.
    let (width, end) = (5.0, 145.0)
    let bars = Int(end / width) + 1
    func histogram(_ values: [Double]) -> [DataPoint] {
      var counts = [Int](repeating: 0, count: bars)
      for value in values where !value.isNaN {
        counts[value < end ? Int(value / width) : bars - 1] += 1
      }
      let total = Double(max(1, values.count))
      return counts.enumerated().map { index, count in
        DataPoint((Double(index) + 0.5) * width, Double(count) / total)
      }
    }
    let states = portrait.stateAmplifications
    let points = portrait.fixedPointAmplifications
    let ticks = [0, 50, 100].map { Axis.Tick($0, "\(Int($0))") } + [Axis.Tick(147.5, "> 145")]
    func panel(_ title: String, _ values: [Double]) -> Panel {
      let shares = histogram(values)
      return Panel(
        "\(title), n = \(values.count)",
        PlanePlot(
          horizontal: Axis(
            portrait.unitMilliseconds == nil ? "time constant τ/dt" : "amplification τ/τ_unit",
            range: 0...150,
            ticks: ticks
          ),
          vertical: Axis(
            "share",
            range: 0...max(0.1, 1.1 * (shares.map(\.y).max() ?? 0)),
            expectedStart: 0
          ),
          marks: [.bars("", .condition(0), shares, width: 0.9 * width)]
        )
      )
    }
    let over =
      portrait.unitMilliseconds.map { "that of a unit alone (\(fixed($0, 0)) ms)" }
      ?? "one step (dt = \(fixed(portrait.stepMilliseconds, 0)) ms; a gated unit has no time constant "
      + "of its own)"
    let atPoints =
      points.isEmpty
      ? noPoints : " (a) and at \(fixedPointsInWords(portrait.linearizations.count)) (b)"
    return Figure(
      name: "amplification",
      title: "Amplification of time scales",
      caption: """
        Time constants of the \(counted(dimensions, "eigenvalue")) of largest real part, dt/|ln|λ||, \
        over \(over): at the states of all places\(atPoints). The last bar holds everything from 145 on, where the paper's axis ends. \
        \(seed.capitalizedFirst).
        """,
      alternative: "Median amplification \(fixed(Quartiles(of: states)?.median, 0)) at the states"
        + (points.isEmpty
          ? "." : " and \(fixed(Quartiles(of: points)?.median, 0)) at fixed points."),
      width: points.isEmpty ? .oneColumn : .twoColumns,
      columns: points.isEmpty ? 1 : 2,
      panels: [panel("at the states", states)]
        + (points.isEmpty ? [] : [panel("at fixed points", points)])
    )
  }

  private var noPoints: String { "; no fixed point was found near the trials" }

  /// Eigenvalues are computed of the slowest points alone.
  private func fixedPointsInWords(_ count: Int) -> String {
    let all = portrait.fixed.points.count
    return count < all
      ? "the slowest \(count) of \(all) fixed points" : counted(count, "fixed point")
  }

  // MARK: Drift

  /// Only for two latents: the places of others lie in no plane.
  var driftFigure: Figure? {
    guard dimensions == 2 else { return nil }
    let drift = portrait.report.drift
    let steps = portrait.report.limit.steps
    // So many steps of drift make lines that are seen and seldom cross.
    let stretch = 5.0
    let lines = drift.map { place in
      [
        DataPoint(place.place[0], place.place[1]),
        DataPoint(
          place.place[0] + stretch * place.velocity[0],
          place.place[1] + stretch * place.velocity[1]
        ),
      ]
    }
    let side = portrait.plan.side
    let speeds = portrait.report.driftSpeeds
    let rows = (0..<side).map { row in
      (0..<side).map { column -> Double? in speeds[row * side + column] }
    }
    let top = max(quantile(0.95, ofSorted: speeds.filter(\.isFinite).sorted() + [0]), 1e-6)
    let ticks = [Axis.Tick(-0.5, "−0.5"), Axis.Tick(0, "0"), Axis.Tick(0.5, "0.5")]
    let half = 0.5 * Double(side)
    func cell(_ value: Double) -> Double { (value + 0.5) * Double(side) + 0.5 }
    let cellTicks = [-0.5, 0, 0.5].map {
      Axis.Tick(cell($0), ["−0.5", "0", "0.5"][Int(2 * $0 + 1)])
    }
    let edges = 0.5...(2 * half + 0.5)
    return Figure(
      name: "drift",
      title: "Drift over the sheet",
      caption: """
        Where the states of \(drift.count) places of the latent square are read after \
        \(AttractorReport.settlingSteps) blank steps (dots), and where \(Int(stretch)) more steps \
        at that speed would take them (lines) (a). The speed of the drift by the true latent, in \
        latent units a step (b); darker than the last tick: faster than that. A drift of \
        \(fixed(steadySpeed, 4)) a step leads in \(steps) steps as far as \
        \(portrait.doubtInWords) of all latents together. \
        \(seed.capitalizedFirst).
        """,
      alternative: "Median drift \(fixed(Quartiles(of: speeds)?.median, 4)) latent units a step.",
      columns: 2,
      panels: [
        Panel(
          "decoded",
          PlanePlot(
            horizontal: Axis("decoded x₁", range: -0.7...0.7, ticks: ticks),
            vertical: Axis("decoded x₂", range: -0.7...0.7, ticks: ticks),
            isEqual: true,
            marks: [
              .curves(Curves("\(Int(stretch)) steps of drift", .heldOut, lines)),
              .scatter(
                "states",
                .measured,
                drift.map { DataPoint($0.place[0], $0.place[1]) }
              ),
            ]
          )
        ),
        Panel(
          "speed",
          PlanePlot(
            horizontal: Axis("latent x₁", range: edges, ticks: cellTicks),
            vertical: Axis("latent x₂", range: edges, ticks: cellTicks),
            isEqual: true,
            marks: [
              .heatMap(HeatMap(rows, range: 0...top, ramp: .sequential, label: "drift a step"))
            ]
          )
        ),
      ]
    )
  }

  private var steadySpeed: Double {
    let report = portrait.report
    return report.uncertainty * Double(dimensions).squareRoot() / Double(report.limit.steps)
  }

  // MARK: Hold

  var holdFigure: Figure {
    let hold = portrait.report.hold
    func points(_ values: [Double?]) -> [DataPoint] {
      zip(hold.steps, values).compactMap { step, value in
        value.map { DataPoint(Double(step), $0) }
      }
    }
    var marks: [Mark] = []
    if let perfect = portrait.perfectHold {
      marks.append(
        .level(
          Level(
            "perfect holding \(fixed(perfect, 3, leadingZero: false))",
            .ceiling,
            at: perfect,
            labelled: .aboveEnd
          )
        )
      )
    }
    if let ideal = portrait.idealHold {
      marks.append(.line("blanks as looks", .guide, points(ideal.fixed)))
    }
    marks.append(.medians("fitted anew", .condition(0), points(hold.refitted)))
    marks.append(.medians("anew, with noise", .condition(2), points(hold.blurred)))
    marks.append(.medians("as it was", .condition(1), points(hold.fixed)))
    let lowest =
      (hold.fixed + hold.blurred + (portrait.idealHold?.fixed ?? [])).compactMap(\.self).min() ?? 0
    return Figure(
      name: "hold",
      title: "Holding the latent",
      caption: """
        r² in distribution after k blank steps under the cue, by a ridge decoder fitted at the last \
        look (as it was) and by one fitted anew for every k, to the states and to states with noise of \
        a hundredth of their spread at the last look; on \(portrait.plan.testTrials) test trials. Beside \
        them what an observer reaches who holds the ideal estimate perfectly (dashed), and one who \
        takes every blank step for a look at zero (grey line); \
        \(portrait.idealHold == nil ? "neither is known for this noise" : "both exact"). \
        \(seed.capitalizedFirst).
        """,
      alternative: "r² after \(portrait.report.limit.steps) steps: "
        + "\(fixed(hold.fixed(after: portrait.report.limit.steps), 2)) with the fixed decoder, "
        + "\(fixed(hold.refitted(after: portrait.report.limit.steps), 2)) fitted anew, "
        + "\(fixed(hold.blurred(after: portrait.report.limit.steps), 2)) with noise.",
      width: .oneColumn,
      panels: [
        Panel(
          "",
          PlanePlot(
            horizontal: Axis(
              "blank steps k",
              range: -2...Double(hold.steps.last ?? 100) + 2
            ),
            vertical: .rSquared("decoding r²", lowest: max(-1, lowest)),
            marks: marks
          )
        )
      ]
    )
  }
}
