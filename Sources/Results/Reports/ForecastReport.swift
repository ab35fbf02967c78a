import Compute
import Experiments
import Files
import Theory

/// The page that says what a spec can reach before anything is trained.
package struct ForecastReport {
  private let forecast: Forecast
  private let curves: ForecastCurves?
  private let command: String

  /// - Parameters:
  ///   - forecast: What is said.
  ///   - command: What makes the page again.
  package init(_ forecast: Forecast, command: String) {
    self.forecast = forecast
    self.command = command
    curves = ForecastCurves(of: forecast.spec)
  }

  package var page: ReportPage {
    let conditions = forecast.conditions
    return ReportPage(
      title: "What a spec can reach",
      headline: "\(counted(conditions.tasks, "task")) about \(conditions.dimensions) latents. "
        + "Nothing was trained.",
      finding: finding,
      notes: forecast.spec.warnings.map { .init(.warning, $0.message) }
        + (forecast.predictions.reason.map { [.init(.note, "No pictures: \($0).")] } ?? []),
      table: table,
      sections: curves.map { sections($0) } ?? [],
      specification: forecast.spec.resolved.pretty,
      provenance: [
        .init("algorithm", String(RunSpec.algorithmVersion)),
        .init("commit", Build.current.commit ?? "unknown"),
        .init("kernel", Kernel.active.name),
        .init("rngScheme", String(RandomStream.scheme)),
        .init("version", Build.current.version),
      ],
      command: command
    )
  }

  /// What is known, in a few sentences; what isn't has its reason in the table.
  private var finding: String {
    let conditions = forecast.conditions
    let why = conditions.verdict.reason(tasks: conditions.tasks, dimensions: conditions.dimensions)
    let bound = value("r2.any").map { "No decoder exceeds an r² of \(fixed($0, 4)). " } ?? ""
    let law =
      value("prediction.r2.saturation").map {
        "With outputs that are known to ε = 1e-3 the saturation law predicts \(fixed($0, 3)). "
      } ?? ""
    return bound + law + "The latent from exact outputs: \(conditions.verdict.word) "
      + "(\(conditions.verdict.status)), for \(why)."
  }

  private func value(_ key: String) -> Double? {
    forecast.lines.first { $0.key == key }?.value
  }

  private var table: ReportTable {
    ReportTable(
      caption: "Bounds, references, floors and predictions. r² = \(Forecast.boxBaseline).",
      columns: [
        .init("what", isNumeric: false), .init("kind", isNumeric: false),
        .init("known how", isNumeric: false), .init("value"),
      ],
      rows: forecast.lines.map { line in
        let digits = line.baseline == "tasks" ? 0 : line.status == .proven ? 5 : 4
        return [
          // A column of words breaks its lines, one of numbers doesn't.
          .init(line.name, detail: line.reason),
          .init(line.kind.rawValue), .init(line.status.rawValue),
          .init(fixed(line.value, digits), detail: line.error.map { "± \(fixed($0, 4))" }),
        ]
      }
    )
  }

  private func sections(_ curves: ForecastCurves) -> [ReportPage.Section] {
    var sections: [ReportPage.Section] = []
    if !curves.byTasks.isEmpty {
      sections.append(.init("How many tasks", figures: [tasksFigure(curves)]))
    }
    sections.append(.init("Noise and time", figures: [evidenceFigure(curves)]))
    sections.append(.init("How exact the outputs are", figures: [precisionFigure(curves)]))
    return sections
  }

  private static func marks(_ curves: [ForecastCurves.Curve], meanings: [Meaning]) -> [Mark] {
    curves.enumerated().map { index, curve in
      .line(
        curve.name,
        meanings[index % meanings.count],
        curve.points.map { DataPoint($0.x, $0.y) }
      )
    }
  }

  private static let conditions: [Meaning] = [.condition(0), .condition(1), .condition(2)]

  private func floors(_ place: Level.Place) -> [Mark] {
    let direction = forecast.lines.first { $0.key == "r2.directionOnly" }?.value
    return [
      .level(
        Level("orthant's center", .floor(.shuffled), at: Floors.orthantCenter, labelled: place)
      )
    ]
      + (direction.map {
        [.level(Level("direction only", .floor(.encoder), at: $0, labelled: place))]
      } ?? [])
  }

  private func tasksFigure(_ curves: ForecastCurves) -> Figure {
    let ticks = curves.counts.filter { [1, 2, 4, 8, 16, 32, 64].contains($0) }.map(Double.init)
    let counts = Axis.logarithmic("tasks N", at: ticks)
    return Figure(
      name: "tasks",
      title: "r² by tasks",
      caption: "The saturation law: r² of the best read-out of outputs whose error is ε (a), and "
        + "the tasks that an r² needs, between the computed ones (b). Dashed: any decoder of the "
        + "looks. \(settings())",
      alternative:
        "Predicted r² grows with the number of tasks towards \(fixed(curves.ceiling, 3)).",
      columns: 2,
      panels: [
        Panel(
          "predicted r²",
          PlanePlot(
            horizontal: counts,
            vertical: .rSquared(),
            marks: [.level(Level("any decoder", .ceiling, at: curves.ceiling))]
              + floors(.belowEnd)
              + Self.marks(curves.byTasks, meanings: Self.conditions)
          )
        ),
        Panel(
          "tasks needed",
          PlanePlot(
            horizontal: Axis("r²", range: 0.5...1),
            vertical: Axis.logarithmic("tasks N", at: ticks),
            marks: Self.marks(curves.requiredTasks, meanings: Self.conditions)
          )
        ),
      ]
    )
  }

  private static let readers: [Meaning] = [
    .condition(0), .heldOut, .inDistribution, .ceiling,
  ]

  private func evidenceFigure(_ curves: ForecastCurves) -> Figure {
    let lowest = (curves.byNoise + curves.byLooks).flatMap { $0.points.map(\.y) }.min() ?? 0
    let isFree = forecast.spec.paradigm.timing.isFree
    return Figure(
      name: "evidence",
      title: "r² by noise and time",
      caption: "r² by the deviation σ of one look (a) and by the steps t of the stimulus (b)"
        + (isFree
          ? ", with evidence on in the decision step as well, so that the mean as it is has "
            + "1 − 12σ²/(t + 1). "
          : "; the mean as it is has 1 − 12σ²/t. ")
        + "The law is the one of ε = 1e-3. \(settings(ofOwnBoundaries: true))",
      alternative:
        "Bounds fall with noise and rise with time; the saturation law has a maximum between.",
      columns: 2,
      sharesVerticalAxis: true,
      panels: [
        Panel(
          "noise",
          PlanePlot(
            horizontal: Axis("noise σ of a look", range: 0...0.8),
            vertical: .rSquared(lowest: max(lowest, -1)),
            marks: Self.marks(curves.byNoise, meanings: Self.readers)
          )
        ),
        Panel(
          "time",
          PlanePlot(
            horizontal: Axis.logarithmic("stimulus steps t", at: [1, 2, 5, 10, 20, 50]),
            vertical: .rSquared(lowest: max(lowest, -1)),
            marks: Self.marks(curves.byLooks, meanings: Self.readers)
          )
        ),
      ]
    )
  }

  private func precisionFigure(_ curves: ForecastCurves) -> Figure {
    Figure(
      name: "precision",
      title: "r² by output precision",
      caption: "The saturation law by ε: outputs closer than ε to 0 or 1 tell no more than a side. "
        + settings(),
      alternative: "Predicted r² falls as outputs get less exact, sooner with few tasks.",
      width: .oneColumn,
      panels: [
        Panel(
          "",
          PlanePlot(
            horizontal: Axis("output precision ε", scale: .logarithmic, range: 1e-8...0.3),
            vertical: .rSquared(),
            marks: [.level(Level("any decoder", .ceiling, at: curves.ceiling))]
              + floors(.belowStart)
              + Self.marks(curves.byPrecision, meanings: Self.conditions)
          )
        )
      ]
    )
  }

  /// - Parameter isOwn: Whether what is drawn is of the spec's own boundaries, not of others of their kind.
  /// - Returns: What holds where nothing else is shown.
  private func settings(ofOwnBoundaries isOwn: Bool = false) -> String {
    let spec = forecast.spec
    let boundaries = SpecSchema.field("tasks.boundaries")?.value(in: spec)?.description ?? ""
    let deviation = SpecSchema.field("noise.deviation")?.value(in: spec)?.description ?? ""
    return "D = \(forecast.conditions.dimensions), \(boundaries), σ = \(deviation), "
      + "t = \(spec.paradigm.timing.looks) unless shown; 1000 trials a point, "
      + (isOwn ? "the spec's own boundaries." : "random boundaries from 200 draws.")
  }
}
