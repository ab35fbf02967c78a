import Compute

/// Where the latents of some trials are drawn.
package enum LatentRegion: Hashable, Sendable {
  /// The whole box, [-0.5, 0.5]^D.
  case box
  /// One part of it.
  case signs(SignRegion)
  /// What the paper's script draws for a corner: it picks one coordinate of the corner and gives
  /// its sign to *all* latents. The all-positive and the all-negative corner come out as meant;
  /// every other is drawn from those two.
  case asPublished(SignRegion)
  /// Everything but one part.
  case outside(SignRegion)

  /// Where the earlier trials of a row are drawn: a network may have been kept from a region, but
  /// what was before a trial is no part of a test.
  var ofEarlierTrials: LatentRegion {
    if case .outside = self { self } else { .box }
  }
}

/// Draws trials of a paradigm.
///
/// Every number depends on the seed, the set and the trial's index alone, so trials can be drawn
/// in any order and any number at a time.
package struct TrialGenerator: Sendable {
  package let paradigm: Paradigm
  let seed: UInt64
  let layout: ObservationLayout
  /// Where labels are withheld, if anywhere.
  let unlabelledRegion: SignRegion?
  let boundaries: BoundaryValues
  private let latentFactor: DoubleMatrix

  package init(paradigm: Paradigm, seed: UInt64, unlabelledRegion: SignRegion? = nil) {
    self.paradigm = paradigm
    self.seed = seed
    self.unlabelledRegion = unlabelledRegion
    layout = paradigm.layout
    boundaries = BoundaryValues(
      of: paradigm.boundaries.boundaries(dimensions: paradigm.dimensions, seed: seed),
      dimensions: paradigm.dimensions
    )
    latentFactor = paradigm.latents.factor
  }

  /// Trials with the cue and what is asked before a decision, and nothing else yet: what `draw`
  /// fills in.
  package func makeBatch(trials: Int) -> TrialBatch {
    let timing = paradigm.timing
    var batch = TrialBatch(
      latents: Matrix(rows: trials, columns: paradigm.dimensions),
      observations: SequenceBatch(steps: timing.steps, trials: trials, width: layout.width),
      targets: SequenceBatch(
        steps: timing.steps,
        trials: trials,
        width: boundaries.count,
        repeating: undecided
      )
    )
    if weighsAnswers {
      batch.weights = SequenceBatch(steps: timing.steps, trials: trials, width: boundaries.count)
    }
    let observations = batch.observations.mutableRows
    for place in 0..<timing.trialsInARow {
      let first = place * timing.trialSteps
      for row in first * trials..<(first + timing.trialSteps - timing.decision) * trials {
        observations[row, 0] = 1
      }
    }
    return batch
  }

  /// Replaces everything that differs from trial to trial.
  ///
  /// - Parameters:
  ///   - batch: From ``makeBatch(trials:)``.
  ///   - set: Which trials.
  ///   - region: Where the latents are drawn.
  ///   - firstTrial: The index of the batch's first trial in its set.
  package func draw(
    into batch: inout TrialBatch,
    _ set: TrialSet,
    from region: LatentRegion = .box,
    firstTrial: Int = 0
  ) {
    for place in 0..<paradigm.timing.trialsInARow {
      let isLast = place == paradigm.timing.trialsInARow - 1
      let draws = Draws(set: set, seed: seed, place: place, firstTrial: firstTrial)
      drawLatents(into: &batch, from: isLast ? region : region.ofEarlierTrials, draws)
      let stimuli = stimulusLengths(batch.trials, draws)
      if paradigm.timing.isFree { layCue(&batch, stimuli, draws) }
      show(&batch, stimuli, draws)
      ask(&batch, stimuli, draws)
    }
  }

  /// The random numbers of one place in a row of trials; a trial is a lane.
  struct Draws {
    let set: TrialSet
    let seed: UInt64
    let place: Int
    let firstTrial: Int

    var latents: RandomStream { self.set.latents(seed: seed, place: place) }
    var noise: RandomStream { self.set.noise(seed: seed, place: place) }

    /// Whether the trials come in batches, which may share something.
    ///
    /// All others are drawn any number at a time, so each of them stands for itself.
    var areBatch: Bool {
      if case .training = self.set { true } else { false }
    }

    func stream(for purpose: RandomPurpose) -> RandomStream {
      self.set.stream(for: purpose, seed: seed, place: place)
    }

    /// Uniform in [0, 1): value `n` of trial `t` in row `n`, column `t`.
    func uniforms(_ purpose: RandomPurpose, count: Int, trials: Int) -> Matrix {
      var values = Matrix(rows: count, columns: trials)
      stream(for: purpose).fillUniform(values.mutableView, firstLane: firstTrial)
      return values
    }
  }

  /// Steps with a stimulus before the decision, trial by trial; none where all have the same.
  private func stimulusLengths(_ trials: Int, _ draws: Draws) -> [Int]? {
    guard let shortest = paradigm.timing.shortestStimulus else { return nil }
    let choices = Float(paradigm.timing.stimulus - shortest + 1)
    let uniform = draws.uniforms(.trialLength, count: 1, trials: trials)
    return (0..<trials).map { trial in
      min(shortest + Int(uniform[0, trial] * choices), paradigm.timing.stimulus)
    }
  }

  /// The steps of the decision, counted from the trial's first.
  func decision(_ stimulus: Int?) -> Range<Int> {
    let timing = paradigm.timing
    let first = timing.fixation + (stimulus ?? timing.stimulus) + timing.delay
    return first..<first + timing.decision
  }

  /// Where every trial has a length of its own: the cue, and nothing seen yet.
  private func layCue(_ batch: inout TrialBatch, _ stimuli: [Int]?, _ draws: Draws) {
    let timing = paradigm.timing
    let trials = batch.trials
    let observations = batch.observations.mutableRows
    for step in 0..<timing.trialSteps {
      for trial in 0..<trials {
        let row = (draws.place * timing.trialSteps + step) * trials + trial
        for column in 0..<layout.width { observations[row, column] = 0 }
        observations[row, 0] = step < decision(stimuli?[trial]).lowerBound ? 1 : 0
      }
    }
  }

  // MARK: What is hidden

  private func drawLatents(into batch: inout TrialBatch, from region: LatentRegion, _ draws: Draws)
  {
    switch region {
    case .box:
      drawFromPrior(&batch, draws)
    case .signs(let region):
      drawSigned(into: &batch, draws) { dimension, _ in region.signs[dimension] }
    case .asPublished(let region):
      let dimensions = paradigm.dimensions
      drawSigned(into: &batch, draws) { _, choice in
        region.signs[min(Int(choice * Float(dimensions)), dimensions - 1)]
      }
    case .outside(let region):
      drawFromPrior(&batch, draws)
      redraw(&batch, outside: region, draws)
    }
  }

  /// From the whole box, with their correlation.
  private func drawFromPrior(_ batch: inout TrialBatch, _ draws: Draws) {
    let drawn = lots(for: batch.trials, attempts: 1, draws.latents, draws)
    let view = drawn.view
    let latents = batch.latents.mutableView
    for trial in 0..<batch.trials {
      for dimension in 0..<paradigm.dimensions {
        latents[trial, dimension] = latent(dimension, of: trial, attempt: 0, view)
      }
    }
  }

  /// What latents are made of, `[attempts · D, B]`: uniform numbers, or normal ones where latents
  /// are correlated.
  private func lots(
    for trials: Int,
    attempts: Int,
    _ stream: RandomStream,
    _ draws: Draws
  ) -> Matrix {
    var drawn = Matrix(rows: attempts * paradigm.dimensions, columns: trials)
    if paradigm.latents.correlation == 0 {
      stream.fillUniform(drawn.mutableView, firstLane: draws.firstTrial)
    } else {
      stream.fillNormal(drawn.mutableView, firstLane: draws.firstTrial)
    }
    return drawn
  }

  private func latent(_ dimension: Int, of trial: Int, attempt: Int, _ lots: MatrixView) -> Float {
    let first = attempt * paradigm.dimensions
    if paradigm.latents.correlation == 0 { return lots[first + dimension, trial] - 0.5 }
    var normal = 0.0
    for other in 0...dimension {
      normal += latentFactor[dimension, other] * Double(lots[first + other, trial])
    }
    return Float(portableNormalProbability(below: normal) - 0.5)
  }

  /// Latents whose signs are given, or free.
  ///
  /// - Parameters:
  ///   - batch: Whose latents are replaced.
  ///   - draws: Of these trials.
  ///   - isPositive: The sign of a latent, given its dimension and a number in [0, 1) that is the
  ///     trial's own.
  private func drawSigned(
    into batch: inout TrialBatch,
    _ draws: Draws,
    isPositive: (Int, Float) -> Bool?
  ) {
    let dimensions = paradigm.dimensions
    var uniform = Matrix(rows: dimensions + 1, columns: batch.trials)
    draws.latents.fillUniform(uniform.mutableView, firstLane: draws.firstTrial)
    let drawn = uniform.view
    let latents = batch.latents.mutableView
    for trial in 0..<batch.trials {
      for dimension in 0..<dimensions {
        let value = drawn[dimension, trial]
        if let sign = isPositive(dimension, drawn[dimensions, trial]) {
          // From (0, 1], so that no latent lies on the edge between two regions.
          latents[trial, dimension] = (sign ? 0.5 : -0.5) * (1 - value)
        } else {
          latents[trial, dimension] = value - 0.5
        }
      }
    }
  }

  /// Draws latents that fell into `region` again until they lie outside it.
  private func redraw(_ batch: inout TrialBatch, outside region: SignRegion, _ draws: Draws) {
    // A region holds at most half of the box, so the last attempt fails once in 10¹⁹ trials.
    let attempts = 64
    let dimensions = paradigm.dimensions
    let drawn = lots(for: batch.trials, attempts: attempts, draws.stream(for: .redraw), draws)
    let view = drawn.view
    let latents = batch.latents.mutableView
    for trial in 0..<batch.trials {
      var attempt = 0
      while attempt < attempts, region.contains((0..<dimensions).map { latents[trial, $0] }) {
        for dimension in 0..<dimensions {
          latents[trial, dimension] = latent(dimension, of: trial, attempt: attempt, view)
        }
        attempt += 1
      }
    }
  }

  // MARK: What is seen

  private func show(_ batch: inout TrialBatch, _ stimuli: [Int]?, _ draws: Draws) {
    showLooks(&batch, stimuli, draws)
    if layout.rules > 0 { showRules(&batch, draws) }
    if case .after(let deviation) = paradigm.noise, deviation > 0 {
      let timing = paradigm.timing
      let trials = batch.trials
      var noise = Matrix(rows: timing.trialSteps * layout.featureNoise, columns: trials)
      draws.stream(for: .featureNoise)
        .fillNormal(noise.mutableView, firstLane: draws.firstTrial)
      let observations = batch.observations.mutableRows
      let firstColumn = layout.passed + layout.dimensions
      for step in 0..<timing.trialSteps {
        for trial in 0..<trials {
          let row = (draws.place * timing.trialSteps + step) * trials + trial
          for column in 0..<layout.featureNoise {
            observations[row, firstColumn + column] =
              Float(deviation) * noise[step * layout.featureNoise + column, trial]
          }
        }
      }
    }
  }

  /// Each look is `x = x* + n`, with fresh noise.
  private func showLooks(_ batch: inout TrialBatch, _ stimuli: [Int]?, _ draws: Draws) {
    let timing = paradigm.timing
    let dimensions = paradigm.dimensions
    let trials = batch.trials
    let noise = lookNoise(trials: trials, draws)
    let drawn = noise.view
    let latents = batch.latents.view
    let observations = batch.observations.mutableRows
    let firstRow = (draws.place * timing.trialSteps + timing.fixation) * trials
    for look in 0..<timing.looks {
      let start = firstRow + look * trials
      let seen = observations.rows(start..<start + trials)
        .columns(layout.passed..<layout.passed + dimensions)
      transpose(drawn.rows(look * dimensions..<(look + 1) * dimensions), into: seen)
      for trial in 0..<trials {
        let (hidden, shown) = (
          latents.base + trial * latents.rowStride, seen.base + trial * seen.rowStride
        )
        if let stimuli, look >= stimuli[trial] + timing.decision {
          shown.update(repeating: 0, count: dimensions)
        } else {
          for dimension in 0..<dimensions { shown[dimension] += hidden[dimension] }
        }
      }
    }
  }

  /// Noise of all looks, `[looks · D, B]`: dimension `d` of look `k` in row `k · D + d`.
  private func lookNoise(trials: Int, _ draws: Draws) -> Matrix {
    let dimensions = paradigm.dimensions
    let looks = paradigm.timing.looks
    var noise = Matrix(rows: looks * dimensions, columns: trials)
    guard case .before(let law, let deviation) = paradigm.noise, deviation > 0 else { return noise }
    let values = noise.mutableView
    if law == .gumbel {
      draws.noise.fillGumbel(values, firstLane: draws.firstTrial)
    } else {
      draws.noise.fillNormal(values, firstLane: draws.firstTrial)
    }
    let scales = (0..<dimensions).map { Float(deviation * growth(of: law, $0)) }
    for row in 0..<values.rows {
      let scale = scales[row % dimensions]
      let lanes = values.base + row * values.rowStride
      for trial in 0..<trials { lanes[trial] *= scale }
    }
    if case .autoregressive(let correlation) = law {
      let (kept, fresh) = (
        Float(correlation), Float((1 - correlation * correlation).squareRoot())
      )
      for row in dimensions..<max(values.rows, dimensions) {
        let lanes = values.base + row * values.rowStride
        let earlier = lanes - dimensions * values.rowStride
        for trial in 0..<trials { lanes[trial] = kept * earlier[trial] + fresh * lanes[trial] }
      }
    }
    return noise
  }

  /// The deviation of a dimension's noise in units of `σ`.
  private func growth(of law: NoiseLaw, _ dimension: Int) -> Double {
    guard case .anisotropic(let ratio) = law, paradigm.dimensions > 1 else { return 1 }
    return 1 + (ratio - 1) * Double(dimension) / Double(paradigm.dimensions - 1)
  }

  /// A one-hot input through the whole trial.
  private func showRules(_ batch: inout TrialBatch, _ draws: Draws) {
    let timing = paradigm.timing
    let trials = batch.trials
    let observations = batch.observations.mutableRows
    for trial in 0..<trials {
      let rule = rule(ofTrial: trial, draws)
      for step in 0..<timing.trialSteps {
        let row = (draws.place * timing.trialSteps + step) * trials + trial
        for column in 0..<layout.rules { observations[row, 1 + column] = column == rule ? 1 : 0 }
      }
    }
  }

  /// Which task a trial is about; meaningless where all are asked.
  func rule(ofTrial trial: Int, _ draws: Draws) -> Int {
    let isShared = paradigm.supervision.interleaving == .batch && draws.areBatch
    return draws.stream(for: .rule)
      .index(below: boundaries.count, lane: isShared ? 0 : draws.firstTrial + trial, 0)
  }
}
