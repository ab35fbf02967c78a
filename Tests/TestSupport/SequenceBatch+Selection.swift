import Compute

extension SequenceBatch {
  /// The given trials in the given order.
  package func selecting(_ order: [Int]) -> SequenceBatch {
    var result = SequenceBatch(steps: steps, trials: order.count, width: width)
    for step in 0..<steps {
      for (position, trial) in order.enumerated() {
        for feature in 0..<width { result[step, position, feature] = self[step, trial, feature] }
      }
    }
    return result
  }
}
