import Analysis
import Compute
import TestSupport
import Trials

// TestSupport has moments of one sample; here they are always those of states and latents.
typealias Moments = Analysis.Moments

extension StateSet {
  /// - Parameters:
  ///   - states: A row for each trial.
  ///   - latents: The same.
  init(states: [[Double]], latents: [[Double]]) {
    self.init(states: Matrix(rounding: states), latents: Matrix(rounding: latents))
  }

  var stateRows: [[Double]] { states.doubleRows }
  var latentRows: [[Double]] { latents.doubleRows }

  /// Latents read by random weights, off by noise of the given deviation and away from the origin.
  ///
  /// They come from the corner with the given signs, or from the whole box.
  static func random(
    _ count: Int,
    width: Int,
    deviation: Double,
    offset: Double = 1,
    corner: [Double] = [],
    seed: UInt64
  ) -> StateSet {
    // Every set of one width is read by the same weights.
    var fixed = PlainRandom(seed: UInt64(width))
    let weights = (0..<width).map { _ in (fixed.normal(), fixed.normal()) }
    var random = PlainRandom(seed: seed)
    var states: [[Double]] = []
    var latents: [[Double]] = []
    for _ in 0..<count {
      let latent = (0..<2).map { dimension in
        corner.isEmpty
          ? random.uniform(from: -0.5, to: 0.5) : corner[dimension] * random.uniform() / 2
      }
      latents.append(latent)
      states.append(
        weights.map { first, second in
          offset + first * latent[0] + second * latent[1] + deviation * random.normal()
        }
      )
    }
    return StateSet(states: states, latents: latents)
  }

  /// Three quadrants of so many trials each.
  static func regions(_ count: Int, width: Int, deviation: Double, seed: UInt64) -> [StateSet] {
    [[-1.0, -1], [-1, 1], [1, -1]].enumerated().map { index, corner in
      .random(
        count,
        width: width,
        deviation: deviation,
        corner: corner,
        seed: 3 * seed + UInt64(index)
      )
    }
  }
}

extension Matrix {
  init(rounding rows: [[Double]]) {
    self.init(
      rows: rows.count,
      columns: rows[0].count,
      values: rows.flatMap { $0.map { Float($0) } }
    )
  }

  var doubleRows: [[Double]] {
    (0..<rows).map { row in (0..<columns).map { Double(self[row, $0]) } }
  }
}

/// A subject whose last state is a known function of the mean of its looks.
///
/// The states before say something else, so that whoever reads them is found out.
struct MeanReader: Representation {
  let stateWidth: Int
  var timing = TrialTiming()
  /// From the mean, `[D]`, to the state, `[H]`.
  let code: @Sendable ([Double]) -> [Double]

  func states(for observations: SequenceBatch) -> SequenceBatch {
    var states = SequenceBatch(
      steps: observations.steps,
      trials: observations.trials,
      width: stateWidth,
      repeating: 7
    )
    for trial in 0..<observations.trials {
      let mean = (1..<observations.width).map { column in
        timing.stimulusSteps.reduce(0.0) { $0 + Double(observations[$1, trial, column]) }
          / Double(timing.stimulus)
      }
      for (unit, value) in code(mean).enumerated() {
        states[observations.steps - 1, trial, unit] = Float(value)
      }
    }
    return states
  }
}

/// The largest difference of two matrices' entries; infinite unless they have one shape.
func distance(_ left: DoubleMatrix, _ right: DoubleMatrix) -> Double {
  guard left.rows == right.rows, left.columns == right.columns else { return .infinity }
  return distance(left.values, right.values)
}

/// The largest difference of two lists' entries; infinite unless they are of one length.
func distance(_ left: [Double], _ right: [Double]) -> Double {
  guard left.count == right.count else { return .infinity }
  return zip(left, right).reduce(0) { worst, pair in
    let gap = (pair.0 - pair.1).magnitude
    // `max` forgets an argument that is not a number.
    return gap.isNaN ? .infinity : max(worst, gap)
  }
}

extension StateSet {
  /// Several sets one after the other.
  static func joined(_ sets: [StateSet]) -> StateSet {
    StateSet(states: sets.flatMap(\.stateRows), latents: sets.flatMap(\.latentRows))
  }

  /// Sets of so many trials each, in order.
  func split(into counts: [Int]) -> [StateSet] {
    var start = 0
    return counts.map { count in
      defer { start += count }
      return StateSet(
        states: Array(stateRows[start..<start + count]),
        latents: Array(latentRows[start..<start + count])
      )
    }
  }
}
