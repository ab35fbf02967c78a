import Compute
import RealModule
import Trials

/// A subject with nothing to learn: it knows its world, its state is a sufficient statistic of the
/// looks so far, and it answers with what it believes.
package protocol BayesianObserver: Representation, Sendable {
  var paradigm: Paradigm { get }
  var boundaries: [Boundary] { get }

  /// What is believed about each boundary.
  ///
  /// - Parameters:
  ///   - state: `[H]`, after one look or more.
  ///   - looks: How many it sums up.
  ///   - isAsked: Which boundaries matter; those of the others mean nothing.
  /// - Returns: `[N]`.
  func beliefs(_ state: [Double], looks: Int, isAsked: (Int) -> Bool) -> [Belief]
}

extension BayesianObserver {
  /// Looks of a step's trial, up to that step.
  func looksSeen(at step: Int) -> Int {
    let timing = paradigm.timing
    return min(max(step % timing.trialSteps - timing.fixation + 1, 0), timing.looks)
  }

  /// Visits every step of a decision in which something is asked for.
  func forEachDecision(
    _ states: SequenceBatch,
    _ observations: SequenceBatch,
    weights: SequenceBatch?,
    body: (_ row: Int, _ beliefs: [Belief]) -> Void
  ) {
    let trials = states.trials
    let (cues, asked) = (observations.rows, weights?.rows)
    // Without looks during the decision all its steps have one answer.
    var last: [(estimate: [Double], beliefs: [Belief])?] = .init(repeating: nil, count: trials)
    for step in 0..<states.steps {
      let looks = looksSeen(at: step)
      for trial in 0..<trials where cues[step * trials + trial, 0] == 0 && looks > 0 {
        let row = step * trials + trial
        func isAsked(_ boundary: Int) -> Bool { asked.map { $0[row, boundary] > 0 } ?? true }
        guard boundaries.indices.contains(where: isAsked) else { continue }
        let estimate = (0..<stateWidth).map { Double(states[step, trial, $0]) }
        if weights == nil, let last = last[trial], last.estimate == estimate {
          body(row, last.beliefs)
          continue
        }
        let beliefs = beliefs(estimate, looks: looks, isAsked: isAsked)
        last[trial] = (estimate, beliefs)
        body(row, beliefs)
      }
    }
  }
}

/// What the observer believes about one question at the decision.
package enum Belief: Sendable {
  /// Log-odds, for an answer through a sigmoid.
  case side(Double)
  /// The same for one through a hyperbolic tangent.
  case sideOfTanh(Double)
  case value(mean: Double, variance: Double)

  /// Before the sigmoid or the hyperbolic tangent; certain answers are 1000, not infinite, since a
  /// loss multiplies them by 0.
  var answer: Double {
    switch self {
    case .side(let odds): min(max(odds, -1000), 1000)
    case .sideOfTanh(let odds): min(max(0.5 * odds, -1000), 1000)
    case .value(let mean, _): mean
    }
  }

  /// The loss that is to be expected of this answer: H(P), 1 - (2 P - 1)² or the variance.
  var loss: Double {
    switch self {
    case .side(let odds):
      // log(1 + e^-l) + l/(1 + e^l), which keeps its digits for certain answers.
      let size = odds.magnitude
      guard size < 700 else { return 0 }
      return .log(onePlus: .exp(-size)) + size / (1 + .exp(size))
    case .sideOfTanh(let odds):
      let small = 1 / (1 + Double.exp(odds.magnitude))
      return 4 * small * (1 - small)
    case .value(_, let variance):
      return variance
    }
  }

  /// The probability that the answer's side is right.
  var accuracy: Double? {
    switch self {
    case .side(let odds), .sideOfTanh(let odds): 1 / (1 + .exp(-odds.magnitude))
    case .value: nil
    }
  }
}
