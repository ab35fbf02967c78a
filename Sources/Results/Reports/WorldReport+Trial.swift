import Compute
import Experiments

// One trial, and what is asked in it.
extension WorldReport {
  private var trial: TrialPortrait { portrait.trial }

  /// Steps are counted from 1.
  private var stepAxis: Axis {
    countingAxis(
      "step",
      trial.firstStep + 1...trial.firstStep + trial.steps,
      unit: "of \(value("timing.step")) ms"
    )
  }

  private var firstColumn: Double { Double(trial.firstStep + 1) }

  private var rowsInWords: String {
    isAlone
      ? "One trial"
      : "\(value("timing.trialsInARow")) trials in a row, without a reset between them"
  }

  private var isAlone: Bool { value("timing.trialsInARow") == "1" }

  /// What was left out, if anything.
  private var cutInWords: String? {
    trial.steps < trial.totalSteps ? "The last \(trial.steps) of \(trial.totalSteps) steps." : nil
  }

  private var trialCaption: String {
    let others = dimensions - trial.looks.count
    let seen = trial.looks.joined().count { $0 != nil } / max(1, trial.looks.count)
    let sentences: [String?] = [
      "\(rowsInWords), as training draws \(isAlone ? "it" : "them"): the periods and the cue (a), "
        + "\(counted(seen, "look")) at each latent (markers) about the hidden one (lines)"
        + (others > 0 ? ", \(trial.looks.count) of \(dimensions) latents" : "") + " (b)"
        + (trial.rules.isEmpty ? "." : ", and the one-hot rule that names the task (c)."),
      portrait.noise?.isAfterEncoder == true
        ? "Noise is added behind the encoder, so that looks show the latents." : nil,
      cutInWords,
      "Grey lines part the periods. An example whose first two latents lie apart; seed "
        + "\(value("seed")), \(version).",
    ]
    return sentences.compactMap { $0 }.joined(separator: " ")
  }

  private func answersCaption(isEven: Bool) -> String {
    let answers = portrait.answers
    let sentences: [String?] = [
      "The targets of the same \(isAlone ? "trial" : "trials"), step by step (a), and how much each "
        + "answer counts in the loss (b): "
        + (isEven ? "all count alike." : "blank answers are not asked for."),
      "Targets at the end of \(counted(answers.trials, "trial")) of one batch (c), blank where a task "
        + "is not asked about; a trial is asked about \(trimmed(answers.tasksPerTrial)) of "
        + "\(counted(portrait.tasks.total, "task")).",
      targetNote, cutInWords, "Seed \(value("seed")), \(version).",
    ]
    return sentences.compactMap { $0 }.joined(separator: " ")
  }

  // MARK: What is seen

  var trialFigure: Figure {
    var panels = [
      Panel("what happens when", periodsPlot), Panel("what is seen of the latents", looksPlot),
    ]
    if !trial.rules.isEmpty { panels.append(Panel("the rule", rulesPlot)) }
    return Figure(
      name: "trial",
      title: "What a trial shows",
      caption: trialCaption,
      alternative: "Looks scatter about the hidden latents during the stimulus.",
      columns: 1,
      panels: panels
    )
  }

  private var periodsPlot: PlanePlot {
    let happening = TrialPortrait.Period.allCases.filter { trial.periods.contains($0) }
    let rows =
      happening.reversed().map { period in
        (name: period.rawValue, cells: trial.periods.map { $0 == period ? 1.0 : nil })
      } + [(name: "cue on", cells: trial.cue.map { $0 > 0 ? 1.0 : nil })]
    return PlanePlot(
      horizontal: stepAxis,
      vertical: Axis(
        "",
        range: 0.4...(Double(rows.count) + 0.6),
        ticks: rows.enumerated().map { Axis.Tick(Double($0 + 1), $1.name) }
      ),
      height: 0.12 * Double(rows.count),
      marks: [
        .heatMap(
          HeatMap(
            rows.map(\.cells),
            origin: (firstColumn, 1),
            range: 0...1,
            ramp: .sequential,
            label: ""
          )
        ),
        .curves(
          Curves(
            "",
            .guide,
            rows.indices.dropFirst().map { row in
              let height = Double(row) + 0.5
              return [
                DataPoint(stepAxis.range.lowerBound, height),
                DataPoint(stepAxis.range.upperBound, height),
              ]
            },
            isThin: true
          )
        ),
      ]
    )
  }

  private var looksPlot: PlanePlot {
    let values = trial.looks.joined().compactMap { $0 } + [-0.5, 0.5]
    let vertical = Axis.holding(values, "latent", unit: "sides of the box")
    let borders = trial.periods.indices.dropFirst().filter { step in
      trial.periods[step] != trial.periods[step - 1]
    }
    var marks: [Mark] = [
      .curves(
        Curves(
          "",
          .guide,
          borders.map { step in
            let place = firstColumn + Double(step) - 0.5
            return [
              DataPoint(place, vertical.range.lowerBound),
              DataPoint(place, vertical.range.upperBound),
            ]
          },
          isThin: true
        )
      )
    ]
    for (dimension, hidden) in trial.hidden.enumerated() {
      marks.append(
        .curves(
          Curves("\(latentName(dimension)), hidden", .condition(dimension), stretches(of: hidden))
        )
      )
    }
    for (dimension, looks) in trial.looks.enumerated() {
      let points = looks.enumerated().compactMap { step, look in
        look.map { DataPoint(firstColumn + Double(step), $0) }
      }
      marks.append(.scatter("\(latentName(dimension)), seen", .condition(dimension), points))
    }
    return PlanePlot(horizontal: stepAxis, vertical: vertical, height: 0.9, marks: marks)
  }

  /// Level lines through the steps that have a value, parted where it changes.
  private func stretches(of values: [Double?]) -> [[DataPoint]] {
    var paths: [[DataPoint]] = []
    var start = 0
    for step in values.indices where step + 1 == values.count || values[step + 1] != values[step] {
      if let value = values[step] {
        paths.append([
          DataPoint(firstColumn + Double(start) - 0.5, value),
          DataPoint(firstColumn + Double(step) + 0.5, value),
        ])
      }
      start = step + 1
    }
    return paths
  }

  private var rulesPlot: PlanePlot {
    PlanePlot(
      horizontal: stepAxis,
      vertical: taskAxis(trial.tasks),
      height: 0.6,
      marks: [
        .heatMap(
          HeatMap(
            trial.tasks.map { task in trial.rules.map { $0 == task ? 1 : nil } },
            origin: (firstColumn, 1),
            range: 0...1,
            ramp: .sequential,
            label: ""
          )
        )
      ]
    )
  }

  /// An axis with a place for each of these tasks, which count from 0.
  private func taskAxis(_ tasks: [Int]) -> Axis {
    let places = countingAxis("task", 1...tasks.count)
    return Axis(
      "task",
      range: places.range,
      ticks: places.ticks.map { Axis.Tick($0.value, String(tasks[Int($0.value) - 1] + 1)) }
    )
  }

  // MARK: What is asked

  var answersFigure: Figure {
    let answers = portrait.answers
    let most = trial.weights.joined().max() ?? 1
    let isEven = trial.weights.joined().allSatisfy { $0 == 1 }
    let weights = trial.weights.map { $0.map { $0 > 0 ? $0 : nil } }
    return Figure(
      name: "answers",
      title: "What is asked",
      caption: answersCaption(isEven: isEven),
      alternative: "Targets of \(counted(trial.tasks.count, "task")) in \(trial.steps) steps; "
        + "\(trimmed(answers.answersPerTrial)) answers a trial count.",
      columns: 2,
      sharesVerticalAxis: trial.tasks == answers.tasks,
      panels: [
        Panel("targets", map(trial.targets)),
        Panel(
          "weights",
          PlanePlot(
            horizontal: stepAxis,
            vertical: taskAxis(trial.tasks),
            marks: [
              .heatMap(
                HeatMap(
                  weights,
                  origin: (firstColumn, 1),
                  range: 0...max(most, 1),
                  ramp: .sequential,
                  label: "weight",
                  ticks: Set([1, max(most, 1)]).sorted().map { Axis.Tick($0, trimmed($0)) }
                )
              )
            ]
          )
        ),
        Panel(
          "targets of one batch",
          PlanePlot(
            horizontal: countingAxis("trial", 1...answers.trials),
            vertical: taskAxis(answers.tasks),
            marks: [.heatMap(targetMap(answers.answers, at: 1))]
          )
        ),
      ]
    )
  }

  private func map(_ rows: [[Double?]]) -> PlanePlot {
    PlanePlot(
      horizontal: stepAxis,
      vertical: taskAxis(trial.tasks),
      marks: [.heatMap(targetMap(rows, at: firstColumn))]
    )
  }

  private func targetMap(_ rows: [[Double?]], at column: Double) -> HeatMap {
    HeatMap(
      rows,
      origin: (column, 1),
      range: targetRange,
      ramp: .diverging,
      label: "target",
      ticks: targetTicks
    )
  }

  /// Symmetric about what stands for "undecided".
  private var targetRange: ClosedRange<Double> {
    switch value("training.target") {
    case "labels": value("training.loss") == "crossEntropy" ? 0...1 : -1...1
    case "evidence": -number("training.bound")...number("training.bound")
    default: -largestTarget...largestTarget
    }
  }

  private var largestTarget: Double {
    let all = [trial.targets, portrait.answers.answers].flatMap { $0.joined().compactMap { $0 } }
    return max(all.map(\.magnitude).max() ?? 1, 1e-6)
  }

  /// `nil` for round numbers.
  private var targetTicks: [Axis.Tick]? {
    if value("training.target") == "values" { return nil }
    if value("training.target") == "evidence" {
      let bound = number("training.bound")
      return [-bound, 0, bound].map { Axis.Tick($0, trimmed($0)) }
    }
    return value("training.loss") == "crossEntropy"
      ? [Axis.Tick(0, "0"), Axis.Tick(0.5, "½"), Axis.Tick(1, "1")]
      : [Axis.Tick(-1, "−1"), Axis.Tick(0, "0"), Axis.Tick(1, "1")]
  }

  private var targetNote: String {
    switch value("training.target") {
    case "labels":
      value("training.loss") == "crossEntropy"
        ? "Before the decision the target is ½: undecided." : "Before the decision it is 0."
    case "evidence":
      "The evidence lags one step behind the looks and is absorbed at "
        + "±\(value("training.bound")); in (c) it is that of the last look's step."
    default: "Values of the boundaries' functions at the decision, 0 before it."
    }
  }
}
