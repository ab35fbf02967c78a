import Compute

/// Everything that training changes.
///
/// No state of a random generator is in it, since every draw is a function of the seed and the
/// batch: so to go on from here is exact.
package struct TrainingState: Equatable, Sendable {
  package var parameters: ParameterBuffer
  package var adam: Adam
  /// Sums since the last record of the log.
  package var running = RunningMeans()

  /// Batches done.
  package var batch: Int { adam.step }

  package init(parameters: ParameterBuffer, learningRate: Double) {
    self.parameters = parameters
    adam = Adam(learningRate: learningRate, parameterCount: parameters.count)
  }
}

/// Means of loss and accuracy over some batches.
package struct RunningMeans: Equatable, Sendable {
  package var lossSum = 0.0
  package var accuracySum = 0.0
  package var count = 0
  /// How many of them have an accuracy.
  package var accuracyCount = 0

  package init() {}

  package var loss: Double { lossSum / Double(count) }
  package var accuracy: Double? {
    accuracyCount > 0 ? accuracySum / Double(accuracyCount) : nil
  }

  mutating func add(_ batch: BatchOutcome) {
    lossSum += batch.loss
    count += 1
    guard let accuracy = batch.accuracy else { return }
    accuracySum += accuracy
    accuracyCount += 1
  }
}

/// What one batch showed.
package struct BatchOutcome: Equatable, Sendable {
  /// Mean over everything that is asked: cross-entropy in nats, or squared error.
  package var loss: Double
  /// Share of right answers at the decision; `nil` where no side of a boundary is asked for in it.
  package var accuracy: Double?
}
