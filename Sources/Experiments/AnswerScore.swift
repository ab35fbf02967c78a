import Compute
import Networks
import Theory
import Training
import Trials

/// How well a subject answers fresh trials of the world that it was trained in.
///
/// Labels are true here and complete, whatever share of them, and with whatever noise, training saw.
package struct AnswerScore: Equatable, Sendable {
  /// How many trials are asked; the ideal observer answers fewer where an answer takes it long.
  package static let trials = 20_000

  /// Mean over everything that is asked: cross-entropy in nats, or squared error.
  package let loss: Double
  /// Its standard error.
  package let lossError: Double
  /// Share of right answers at the decision; `nil` where no sides are asked for.
  package let accuracy: Double?
  /// Its standard error.
  package let accuracyError: Double?

  package init(of subject: NetworkSubject, in paradigm: Paradigm, seed: UInt64) {
    self.init(in: paradigm, seed: seed, trials: Self.trials) { batch in
      subject.logits(for: subject.states(for: batch.observations))
    }
  }

  /// How the ideal observer answers, by the same measure.
  package init(of observer: IdealObserver, seed: UInt64) {
    let trials = observer.trials(within: 8)
    self.init(in: observer.paradigm, seed: seed, trials: trials) { batch in
      let states = observer.states(for: batch.observations)
      return observer.answers(to: states, batch.observations, weights: batch.weights)
    }
  }

  /// - Parameters:
  ///   - paradigm: The world.
  ///   - seed: The run's.
  ///   - trials: How many.
  ///   - answer: Answers before the sigmoid or the hyperbolic tangent, `[T, B, N]`.
  private init(
    in paradigm: Paradigm,
    seed: UInt64,
    trials: Int,
    answer: (TrialBatch) -> SequenceBatch
  ) {
    var asked = paradigm
    asked.supervision.labelNoise = 0
    asked.supervision.labelled = 1
    let generator = TrialGenerator(paradigm: asked, seed: seed)
    let loss = AnswerLoss(of: asked)
    let chunk = 100
    var batch = generator.makeBatch(trials: chunk)
    var losses: [Double] = []
    var accuracies: [Double] = []
    for start in stride(from: 0, to: trials, by: chunk) {
      generator.draw(into: &batch, .answers, firstTrial: start)
      var logits = answer(batch)
      let outcome = loss.differentiate(&logits, asked: batch)
      losses.append(outcome.loss)
      if let accuracy = outcome.accuracy { accuracies.append(accuracy) }
    }
    self.loss = mean(losses)
    lossError = standardError(losses)
    accuracy = accuracies.count > 1 ? mean(accuracies) : nil
    accuracyError = accuracies.count > 1 ? standardError(accuracies) : nil
  }
}

/// Of the mean of independent values, two at least.
private func standardError(_ values: [Double]) -> Double {
  let center = mean(values)
  let variance = values.reduce(0) { $0 + ($1 - center) * ($1 - center) } / Double(values.count - 1)
  return (variance / Double(values.count)).squareRoot()
}
