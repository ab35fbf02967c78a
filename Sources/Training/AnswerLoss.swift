import Compute
import Trials

/// What training makes small: the mean over everything that is asked.
///
/// With everything asked alike, every step and boundary weighs the same. Of 22 steps, 21 ask for
/// one half: the network must learn to hold its answer back.
package struct AnswerLoss: Sendable {
  private let target: AnswerTarget
  private let timing: TrialTiming

  package init(of paradigm: Paradigm) {
    target = paradigm.supervision.target
    timing = paradigm.timing
  }

  /// Scores the answers to a batch, and leaves the loss's derivative in their place.
  ///
  /// - Parameters:
  ///   - logits: The answers before the sigmoid or the hyperbolic tangent, `[T, B, N]`.
  ///   - trials: What was asked.
  /// - Returns: The loss, and the share of right answers at the decision where there are sides.
  package func differentiate(
    _ logits: inout SequenceBatch,
    asked trials: TrialBatch
  ) -> BatchOutcome {
    let accuracy = accuracy(of: logits, asked: trials)
    let count = logits.buffer.count
    let weights = trials.weights?.buffer
    let total = weights.map(sum) ?? Double(count)
    // A batch in which nothing is asked teaches nothing.
    let scale = total > 0 ? 1 / total : 0
    let values = logits.buffer.mutablePointer
    let targets = trials.targets.buffer.pointer
    let loss =
      switch target {
      case .labels(.crossEntropy):
        crossEntropy(
          count,
          logits: values,
          targets: targets,
          weights: weights?.pointer,
          scale: Float(scale),
          gradient: values
        )
      case .labels(.squaredError), .boundedEvidence, .values:
        squaredError(
          count,
          bound: bound,
          logits: values,
          targets: targets,
          weights: weights?.pointer,
          scale: Float(scale),
          gradient: values
        )
      }
    return BatchOutcome(loss: loss * scale, accuracy: accuracy)
  }

  /// `θ` of answers `θ · tanh z`; `nil` for linear ones.
  private var bound: Float? {
    switch target {
    case .labels: 1
    case .boundedEvidence(_, let bound): Float(bound)
    case .values: nil
    }
  }

  private func sum(_ weights: FloatBuffer) -> Double {
    let values = weights.pointer
    return (0..<weights.count).reduce(0) { $0 + Double(values[$1]) }
  }

  /// The share of asked-for decisions on the right side; `nil` where no sides are asked for.
  private func accuracy(of logits: SequenceBatch, asked trials: TrialBatch) -> Double? {
    guard case .labels(let loss) = target else { return nil }
    let undecided: Float = loss == .crossEntropy ? 0.5 : 0
    let values = logits.buffer.pointer
    let targets = trials.targets.buffer.pointer
    let weights = trials.weights?.buffer.pointer
    var (right, asked) = (0, 0)
    for place in 1...timing.trialsInARow {
      // A decision's target is never the undecided one, so free times need no other loop.
      let first = place * timing.trialSteps - (timing.isFree ? timing.trialSteps : timing.decision)
      let rows = first * trials.trials..<place * timing.trialSteps * trials.trials
      for index in rows.lowerBound * logits.width..<rows.upperBound * logits.width {
        guard targets[index] != undecided, weights.map({ $0[index] > 0 }) ?? true else { continue }
        asked += 1
        if (values[index] > 0) == (targets[index] > undecided) { right += 1 }
      }
    }
    return asked > 0 ? Double(right) / Double(asked) : nil
  }
}
