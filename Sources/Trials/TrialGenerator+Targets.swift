import Compute

// What is asked: the targets of a trial, and how much each of them counts.
extension TrialGenerator {
  /// Whether some answers count more than others.
  var weighsAnswers: Bool {
    let supervision = paradigm.supervision
    return supervision.steps != .everyStep || supervision.labelled < 1
      || supervision.interleaving != .none || unlabelledRegion != nil || paradigm.timing.isFree
  }

  /// The target where nothing is to be decided yet.
  var undecided: Float { paradigm.supervision.target == .labels(.crossEntropy) ? 0.5 : 0 }

  func ask(_ batch: inout TrialBatch, _ stimuli: [Int]?, _ draws: Draws) {
    switch paradigm.supervision.target {
    case .labels, .values: askAtDecision(&batch, stimuli, draws)
    case .boundedEvidence(let form, let bound): askForEvidence(&batch, form, bound, stimuli, draws)
    }
    if weighsAnswers { weigh(&batch, stimuli, draws) }
  }

  private func askAtDecision(_ batch: inout TrialBatch, _ stimuli: [Int]?, _ draws: Draws) {
    let timing = paradigm.timing
    let trials = batch.trials
    let answers = answers(to: batch.latents, draws)
    let right = answers.view
    let targets = batch.targets.mutableRows
    let first = draws.place * timing.trialSteps
    // Without free time, what stands before the decision never changes.
    let steps = stimuli == nil ? decision(nil) : 0..<timing.trialSteps
    for trial in 0..<trials {
      let decision = decision(stimuli?[trial])
      for step in steps {
        let row = (first + step) * trials + trial
        for boundary in 0..<boundaries.count {
          targets[row, boundary] = decision.contains(step) ? right[trial, boundary] : undecided
        }
      }
    }
  }

  /// The right answers, `[B, N]`: sides as the loss wants them, or values.
  private func answers(to latents: Matrix, _ draws: Draws) -> Matrix {
    var values = boundaries(latents)
    guard case .labels(let loss) = paradigm.supervision.target else { return values }
    let no: Float = loss == .crossEntropy ? 0 : -1
    let answers = values.mutableView
    for trial in 0..<answers.rows {
      for boundary in 0..<answers.columns {
        answers[trial, boundary] = answers[trial, boundary] > 0 ? 1 : no
      }
    }
    let noise = Float(paradigm.supervision.labelNoise)
    if noise > 0 {
      let uniform = draws.uniforms(.labelNoise, count: answers.columns, trials: answers.rows)
      for trial in 0..<answers.rows {
        for boundary in 0..<answers.columns where uniform[boundary, trial] < noise {
          answers[trial, boundary] = answers[trial, boundary] == 1 ? no : 1
        }
      }
    }
    return values
  }

  /// Targets of bounded evidence: the sum over all looks up to the step before, absorbed where it
  /// first exceeds the bound; 0 outside the steps of the stimulus.
  private func askForEvidence(
    _ batch: inout TrialBatch,
    _ form: EvidenceForm,
    _ bound: Double,
    _ stimuli: [Int]?,
    _ draws: Draws
  ) {
    let timing = paradigm.timing
    let trials = batch.trials
    let first = draws.place * timing.trialSteps
    let seen = batch.observations.rows
    let targets = batch.targets.mutableRows
    for (index, plane) in boundaries.hyperplanes.enumerated() {
      guard let plane else { preconditionFailure("evidence is summed for hyperplanes only") }
      // x₂ - tan φ · x₁ is c · x by its last component; a vertical line has a tangent of some
      // 1.6e16 in the reference, and so its evidence is absorbed at the first look.
      let last = plane.normal.last ?? 1
      let length = form == .normalised ? plane.normalLength : max(last.magnitude, 6e-17)
      let normal = plane.normal.map { Float($0 / length) }
      let offset = Float(plane.offset / length)
      let limit = Float(bound)
      for trial in 0..<trials {
        var sum: Float = 0
        var isAbsorbed = false
        let stimulus = stimuli?[trial] ?? timing.stimulus
        for step in 0..<timing.trialSteps {
          let row = (first + step) * trials + trial
          let look = step - timing.fixation
          let isStimulus = look >= 0 && look < stimulus
          targets[row, index] =
            !isStimulus ? 0 : form == .integers ? sum.rounded(.towardZero) : sum
          guard isStimulus, !isAbsorbed else { continue }
          var distance = -offset
          for dimension in normal.indices {
            distance += normal[dimension] * seen[row, layout.passed + dimension]
          }
          sum += distance
          if sum.magnitude > limit {
            sum = sum < 0 ? -limit : limit
            isAbsorbed = true
          }
        }
      }
    }
  }

  private func weigh(_ batch: inout TrialBatch, _ stimuli: [Int]?, _ draws: Draws) {
    guard var weights = batch.weights else { return }
    batch.weights = nil
    let timing = paradigm.timing
    let trials = batch.trials
    let asked = asked(batch.latents, draws)
    let rows = weights.mutableRows
    // One number for a whole batch.
    let isShared = draws.areBatch
    var places = Matrix(rows: 1, columns: isShared ? 1 : trials)
    draws.stream(for: .supervisedStep)
      .fillUniform(places.mutableView, firstLane: isShared ? 0 : draws.firstTrial)
    for trial in 0..<trials {
      let place = places[0, isShared ? 0 : trial]
      let decision = decision(stimuli?[trial])
      let earliest = min(5, decision.upperBound - 1)
      let chosen = earliest + Int(place * Float(decision.upperBound - earliest))
      for step in 0..<timing.trialSteps {
        let weight = weight(ofStep: step, decision: decision, chosen: chosen)
        let row = (draws.place * timing.trialSteps + step) * trials + trial
        for boundary in 0..<boundaries.count {
          rows[row, boundary] = weight * asked[trial, boundary]
        }
      }
    }
    batch.weights = weights
  }

  /// - Parameters:
  ///   - step: Counted from the trial's first.
  ///   - decision: The steps of its decision.
  ///   - chosen: The step of ``SupervisedSteps/randomStep``.
  /// - Returns: How much the step counts; nothing after the trial's end.
  private func weight(ofStep step: Int, decision: Range<Int>, chosen: Int) -> Float {
    guard step < decision.upperBound else { return 0 }
    switch paradigm.supervision.steps {
    case .everyStep:
      return 1
    case .lastStep:
      return step == decision.upperBound - 1 ? 1 : 0
    case .randomStep:
      return step == chosen ? 1 : 0
    case .balanced:
      let others = decision.lowerBound - 2
      if decision.contains(step) { return Float(max(others, 1)) / Float(decision.count) }
      return step < others ? 1 : 0
    }
  }

  /// 1 for each task that a trial is asked about, 0 for the others, `[B, N]`.
  private func asked(_ latents: Matrix, _ draws: Draws) -> Matrix {
    let supervision = paradigm.supervision
    let count = boundaries.count
    var asked = Matrix(rows: latents.rows, columns: count, repeating: 1)
    if supervision.interleaving != .none {
      for trial in 0..<latents.rows {
        let rule = rule(ofTrial: trial, draws)
        for boundary in 0..<count where boundary != rule { asked[trial, boundary] = 0 }
      }
    } else if supervision.labelled < 1 {
      // Knuth's algorithm S: of the tasks that are left, each is as likely as the other.
      let wanted = max(1, Int((supervision.labelled * Double(count)).rounded()))
      let uniform = draws.uniforms(.labelMask, count: count, trials: latents.rows)
      for trial in 0..<latents.rows {
        var missing = wanted
        for boundary in 0..<count {
          let isAsked = uniform[boundary, trial] * Float(count - boundary) < Float(missing)
          asked[trial, boundary] = isAsked ? 1 : 0
          missing -= isAsked ? 1 : 0
        }
      }
    }
    if let region = unlabelledRegion {
      for trial in 0..<latents.rows
      where region.contains((0..<latents.columns).map { latents[trial, $0] }) {
        for boundary in 0..<count { asked[trial, boundary] = 0 }
      }
    }
    return asked
  }
}
