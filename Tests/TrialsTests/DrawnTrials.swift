import Compute
import Trials

extension Paradigm {
  /// Trials of this world, drawn into a new batch.
  func draw(
    _ trials: Int,
    _ set: TrialSet = .training(batch: 0),
    from region: LatentRegion = .box,
    seed: UInt64 = 9,
    firstTrial: Int = 0,
    unlabelled: SignRegion? = nil
  ) -> TrialBatch {
    let generator = TrialGenerator(paradigm: self, seed: seed, unlabelledRegion: unlabelled)
    var batch = generator.makeBatch(trials: trials)
    generator.draw(into: &batch, set, from: region, firstTrial: firstTrial)
    return batch
  }

  /// The boundaries of ``draw(_:_:from:seed:firstTrial:unlabelled:)``.
  func boundaries(seed: UInt64 = 9) -> [Boundary] {
    boundaries.boundaries(dimensions: dimensions, seed: seed)
  }
}

extension TrialBatch {
  /// One latent of every trial.
  func latents(_ dimension: Int) -> [Double] {
    (0..<trials).map { Double(latents[$0, dimension]) }
  }

  /// The latent of one trial, `[D]`.
  func latent(of trial: Int) -> [Double] {
    (0..<latents.columns).map { Double(latents[trial, $0]) }
  }

  /// What a step adds to one latent of every trial.
  func noise(_ step: Int, _ dimension: Int, passed: Int = 1) -> [Double] {
    (0..<trials).map {
      Double(observations[step, $0, passed + dimension]) - Double(latents[$0, dimension])
    }
  }

  /// One column of a step for every trial.
  func seen(_ step: Int, _ column: Int) -> [Float] {
    (0..<trials).map { observations[step, $0, column] }
  }

  func weight(_ step: Int, _ trial: Int, _ boundary: Int) -> Float {
    weights?[step, trial, boundary] ?? 1
  }
}

/// Pearson's χ² of counts that should all be alike, in standard deviations from its mean.
func unevenness(_ counts: [Int]) -> Double {
  let expected = Double(counts.reduce(0, +)) / Double(counts.count)
  let square = counts.reduce(0.0) { sum, count in
    let gap = Double(count) - expected
    return sum + gap * gap / expected
  }
  // Mean and half the variance are the degrees of freedom.
  let freedom = Double(counts.count - 1)
  return (square - freedom) / (2 * freedom).squareRoot()
}
