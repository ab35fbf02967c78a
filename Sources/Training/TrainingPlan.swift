/// How a network is trained.
package struct TrainingPlan: Hashable, Sendable {
  package var batches: Int
  /// Trials of one batch, `B`.
  package var batchSize: Int
  package var learningRate: Double

  package init(batches: Int = 100_000, batchSize: Int = 16, learningRate: Double = 0.001) {
    self.batches = batches
    self.batchSize = batchSize
    self.learningRate = learningRate
  }
}
