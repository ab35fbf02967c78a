import Analysis
import Compute
import Networks
import Trials

/// The states that searches start from: of every trial one look, and some of them moved.
///
/// The starts are one sequence. Where start `k` comes from, whether it is moved and whereto depend on
/// `k` and the seed alone, so that more searches contain fewer, and what they find can only grow.
package struct SearchStarts {
  package let states: DoubleMatrix
  package let origins: [SearchOrigin]
  /// Where the looks of the first ``cloudTrials`` trials lie, however many searches there are.
  package let cloud: StateCloud
  let components: PrincipalComponents
  let trajectories: [(latent: [Double], states: [[Double]])]

  package static let cloudTrials = 256
  private static let drawn = 48

  package init(_ trials: DynamicsTrials, _ plan: DynamicsPlan) {
    let looks = trials.looks
    let share = plan.noise > 0 ? 1 : plan.movedShare
    let first = trials.draw(Self.cloudTrials, .portrait)
    // Only networks with dynamics come here.
    let whole =
      trials.wholeStates(of: first)
      ?? SequenceBatch(steps: looks.upperBound, trials: Self.cloudTrials, width: 1)
    let width = whole.width
    let seen = Self.rows(of: whole, looks)
    cloud = StateCloud(seen)

    origins = (0..<plan.starts).map { Self.origin($0, in: looks, movedShare: share) }
    let noise = Self.noise(for: plan, seen: seen, seed: trials.seed)
    var states = DoubleMatrix(rows: plan.starts, columns: width)
    for start in stride(from: 0, to: plan.starts, by: Self.cloudTrials) {
      let size = min(Self.cloudTrials, plan.starts - start)
      // The first trials are those of the cloud.
      let run =
        start == 0
        ? whole
        : trials.wholeStates(of: trials.draw(size, .portrait, firstTrial: start))
      guard let run else { break }
      for row in start..<start + size {
        let origin = origins[row]
        for unit in 0..<width {
          states[row, unit] =
            Double(run[origin.step, row - start, unit])
            + (origin.isMoved ? noise[row, unit] : 0)
        }
      }
    }
    self.states = states

    let all = Self.rows(of: whole, 0..<whole.steps)
    components = PrincipalComponents(
      Moments(
        states: all,
        latents: DoubleMatrix(rows: all.rows, columns: 1),
        precision: .single
      )
    )
    trajectories = (0..<Self.drawn).map { trial in
      (
        (0..<first.latents.columns).map { Double(first.latents[trial, $0]) },
        (0..<looks.upperBound).map { step in
          (0..<width).map { Double(whole[step, trial, $0]) }
        }
      )
    }
  }

  /// Where start `index` comes from: the trial of that number, and a look and a fate by the points of
  /// a sequence that fills the square evenly, however far it goes: multiples of `1/ρ` and `1/ρ²`,
  /// without their whole parts, where `ρ³ = ρ + 1`.
  ///
  /// Source: Roberts, The unreasonable effectiveness of quasirandom sequences, 2018.
  package static func origin(
    _ index: Int,
    in looks: Range<Int>,
    movedShare: Double
  ) -> SearchOrigin {
    let ratio = 1.324717957244746
    func part(_ step: Double) -> Double {
      let place = 0.5 + Double(index) * step
      return place - place.rounded(.down)
    }
    return SearchOrigin(
      trial: index,
      step: looks.lowerBound + min(looks.count - 1, Int(part(1 / ratio) * Double(looks.count))),
      isMoved: part(1 / (ratio * ratio)) < movedShare
    )
  }

  /// Some steps of all trials, `[steps × trials, S]`.
  private static func rows(of whole: SequenceBatch, _ steps: Range<Int>) -> DoubleMatrix {
    DoubleMatrix(
      rows: steps.count * whole.trials,
      columns: whole.width,
      values: steps.flatMap { DynamicsTrials.step($0, of: whole).values }
    )
  }

  /// What moves each start, where it is moved, `[starts, S]`.
  private static func noise(
    for plan: DynamicsPlan,
    seen: DoubleMatrix,
    seed: UInt64
  ) -> DoubleMatrix {
    let stream = RandomStream(seed: seed, purpose: .searchStart)
    var draws = Matrix(rows: seen.columns, columns: plan.starts)
    if plan.noise > 0 {
      stream.fillUniform(draws.mutableView)
    } else {
      stream.fillNormal(draws.mutableView)
    }
    let scales =
      plan.noise > 0
      ? [Double](repeating: plan.noise, count: seen.columns)
      : seen.columnMeanSquares(about: seen.columnMeans).map {
        DynamicsPlan.movedDeviations * $0.squareRoot()
      }
    var noise = DoubleMatrix(rows: plan.starts, columns: seen.columns)
    for (unit, scale) in scales.enumerated() {
      for row in 0..<plan.starts { noise[row, unit] = scale * Double(draws[unit, row]) }
    }
    return noise
  }
}
