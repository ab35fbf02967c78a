import Compute

/// Where the latents of some trials are drawn.
package enum LatentRegion: Hashable, Sendable {
  /// The whole box, [-0.5, 0.5]^D.
  case box
  /// One corner of it.
  case orthant(Orthant)
  /// What the paper's script draws for a corner: it picks one coordinate of the corner and gives
  /// its sign to *all* latents. The all-positive and the all-negative corner come out as meant;
  /// every other is drawn from those two.
  case asPublished(Orthant)
}

/// Draws trials of a paradigm.
///
/// Every number depends on the stream and on the trial's index alone, so trials can be drawn in
/// any order and any number at a time.
package struct TrialGenerator: Sendable {
  package let paradigm: Paradigm
  /// The boundaries' normals and offsets in single precision, `[N, D]` and `[N]`.
  private let normals: Matrix
  private let offsets: [Float]

  package init(paradigm: Paradigm) {
    self.paradigm = paradigm
    let boundaries = paradigm.boundaries.boundaries()
    normals = Matrix(
      rows: boundaries.count,
      columns: paradigm.dimensions,
      values: boundaries.flatMap { $0.normal.map { Float($0) } }
    )
    offsets = boundaries.map { Float($0.offset) }
  }

  /// Trials with cue, targets of one half, and nothing else yet: what `draw` fills in.
  package func makeBatch(trials: Int) -> TrialBatch {
    let timing = paradigm.timing
    var batch = TrialBatch(
      latents: Matrix(rows: trials, columns: paradigm.dimensions),
      observations: SequenceBatch(
        steps: timing.steps,
        trials: trials,
        width: paradigm.observationWidth
      ),
      targets: SequenceBatch(
        steps: timing.steps,
        trials: trials,
        width: paradigm.boundaries.count,
        repeating: 0.5
      )
    )
    let observations = batch.observations.mutableRows
    for row in 0..<timing.decisionSteps.lowerBound * trials { observations[row, 0] = 1 }
    return batch
  }

  /// Replaces the latents, the stimulus and the decision's targets of `batch`.
  ///
  /// - Parameters:
  ///   - batch: From ``makeBatch(trials:)``.
  ///   - region: Where the latents are drawn.
  ///   - latents: The stream of the latents; a trial is a lane.
  ///   - noise: The stream of the noise; a trial is a lane.
  ///   - firstTrial: The index of the batch's first trial in both streams.
  package func draw(
    into batch: inout TrialBatch,
    from region: LatentRegion = .box,
    latents: RandomStream,
    noise: RandomStream,
    firstTrial: Int = 0
  ) {
    drawLatents(into: &batch, from: region, latents, firstTrial)
    show(&batch, noise, firstTrial)
    ask(&batch)
  }

  private func drawLatents(
    into batch: inout TrialBatch,
    from region: LatentRegion,
    _ stream: RandomStream,
    _ firstTrial: Int
  ) {
    let dimensions = paradigm.dimensions
    // One value more than there are latents: it picks the coordinate of a published corner.
    var uniform = Matrix(rows: dimensions + 1, columns: batch.trials)
    stream.fillUniform(uniform.mutableView, firstLane: firstTrial)
    let drawn = uniform.view
    let latents = batch.latents.mutableView
    for trial in 0..<batch.trials {
      for dimension in 0..<dimensions {
        let value = drawn[dimension, trial]
        let isPositive: Bool
        switch region {
        case .box:
          latents[trial, dimension] = value - 0.5
          continue
        case .orthant(let orthant):
          isPositive = orthant.isPositive[dimension]
        case .asPublished(let orthant):
          let choice = Int(drawn[dimensions, trial] * Float(dimensions))
          isPositive = orthant.isPositive[min(choice, dimensions - 1)]
        }
        // From (0, 1], so that no latent lies on the edge between two corners.
        latents[trial, dimension] = (isPositive ? 0.5 : -0.5) * (1 - value)
      }
    }
  }

  /// Each look is `x = x* + σ N(0, I)`, drawn anew in every step of the stimulus.
  private func show(_ batch: inout TrialBatch, _ stream: RandomStream, _ firstTrial: Int) {
    let dimensions = paradigm.dimensions
    let trials = batch.trials
    let deviation = Float(paradigm.noiseDeviation)
    var noise = Matrix(rows: paradigm.timing.stimulus * dimensions, columns: trials)
    if deviation > 0 { stream.fillNormal(noise.mutableView, firstLane: firstTrial) }
    let drawn = noise.view
    let latents = batch.latents.view
    let observations = batch.observations.mutableRows
    for (look, step) in paradigm.timing.stimulusSteps.enumerated() {
      for trial in 0..<trials {
        for dimension in 0..<dimensions {
          observations[step * trials + trial, 1 + dimension] =
            latents[trial, dimension] + deviation * drawn[look * dimensions + dimension, trial]
        }
      }
    }
  }

  /// Label `i` is 1 where `c_i · x* > b_i`.
  private func ask(_ batch: inout TrialBatch) {
    let trials = batch.trials
    let latents = batch.latents.view
    let normals = self.normals.view
    let targets = batch.targets.mutableRows
    let firstRow = paradigm.timing.decisionSteps.lowerBound * trials
    for trial in 0..<trials {
      for boundary in 0..<offsets.count {
        var side: Float = 0
        for dimension in 0..<paradigm.dimensions {
          side += normals[boundary, dimension] * latents[trial, dimension]
        }
        let label: Float = side > offsets[boundary] ? 1 : 0
        for step in 0..<paradigm.timing.decision {
          targets[firstRow + step * trials + trial, boundary] = label
        }
      }
    }
  }
}
