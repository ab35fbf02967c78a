import Analysis
import Compute
import Networks
import Trials

/// The states that searches start from: every look of as many trials as are needed, some of them
/// moved.
struct SearchStarts {
  let states: DoubleMatrix
  let origins: [SearchOrigin]
  let components: PrincipalComponents
  let trajectories: [(latent: [Double], states: [[Double]])]

  private static let drawn = 48

  init(_ trials: DynamicsTrials, of stored: StoredSubject, _ plan: DynamicsPlan) {
    let looks = trials.looks
    let count = max(Self.drawn, (plan.starts + looks.count - 1) / looks.count)
    let batch = trials.draw(count, .portrait)
    // Only networks with dynamics come here.
    let whole =
      stored.network.wholeStates(for: batch.observations)
      ?? SequenceBatch(steps: looks.upperBound, trials: count, width: 1)
    let share = plan.noise > 0 ? 1 : plan.movedShare
    let places = (0..<plan.starts).map { index in
      SearchOrigin(
        trial: index % count,
        step: looks.lowerBound + index / count % looks.count,
        // As even as can be.
        isMoved: (Double(index + 1) * share).rounded(.down) > (Double(index) * share).rounded(.down)
      )
    }
    let noise = Self.noise(in: whole, looks, plan, seed: stored.spec.seed)
    var states = DoubleMatrix(rows: plan.starts, columns: whole.width)
    for (row, origin) in places.enumerated() {
      for unit in 0..<whole.width {
        states[row, unit] =
          Double(whole[origin.step, origin.trial, unit]) + (origin.isMoved ? noise[row, unit] : 0)
      }
    }
    self.states = states
    origins = places

    let all = DoubleMatrix(
      rows: whole.steps * whole.trials,
      columns: whole.width,
      values: whole.buffer.values.map(Double.init)
    )
    components = PrincipalComponents(
      Moments(
        states: all,
        latents: DoubleMatrix(rows: all.rows, columns: 1),
        precision: .single
      )
    )
    trajectories = (0..<min(Self.drawn, count)).map { trial in
      (
        (0..<batch.latents.columns).map { Double(batch.latents[trial, $0]) },
        (0..<looks.upperBound).map { step in
          (0..<whole.width).map { Double(whole[step, trial, $0]) }
        }
      )
    }
  }

  /// What moves each start, where it is moved, `[starts, S]`.
  private static func noise(
    in whole: SequenceBatch,
    _ looks: Range<Int>,
    _ plan: DynamicsPlan,
    seed: UInt64
  ) -> DoubleMatrix {
    let stream = RandomStream(seed: seed, purpose: .searchStart)
    var draws = Matrix(rows: whole.width, columns: plan.starts)
    if plan.noise > 0 {
      stream.fillUniform(draws.mutableView)
    } else {
      stream.fillNormal(draws.mutableView)
    }
    var noise = DoubleMatrix(rows: plan.starts, columns: whole.width)
    for unit in 0..<whole.width {
      let scale: Double
      if plan.noise > 0 {
        scale = plan.noise
      } else {
        let seen = looks.flatMap { step in
          (0..<whole.trials).map { Double(whole[step, $0, unit]) }
        }
        let middle = mean(seen)
        scale =
          DynamicsPlan.movedDeviations
          * mean(seen.map { ($0 - middle) * ($0 - middle) }).squareRoot()
      }
      for row in 0..<plan.starts { noise[row, unit] = scale * Double(draws[unit, row]) }
    }
    return noise
  }
}
