import Compute

/// The floor without a network: the average of the encoder's features over the looks so far.
///
/// Whoever has nothing to learn with can still average. In the steps without a stimulus the average
/// stays what it was.
package struct RunningAverage: Representation {
  private let encoder: RandomEncoder
  /// Each with an average of its own.
  private let stimuli: [Range<Int>]

  /// The average over the looks of the last trial in the row.
  package init(of encoder: RandomEncoder, timing: TrialTiming) {
    self.init(of: encoder, stimuli: [timing.stimulusSteps])
  }

  /// One that starts again with every stimulus.
  ///
  /// - Parameters:
  ///   - encoder: Whose features are averaged.
  ///   - stimuli: The steps with looks, one range after the other.
  package init(of encoder: RandomEncoder, stimuli: [Range<Int>]) {
    self.encoder = encoder
    self.stimuli = stimuli
  }

  package var stateWidth: Int { encoder.outputWidth }

  package func states(for observations: SequenceBatch) -> SequenceBatch {
    var inputs = SequenceBatch(
      steps: observations.steps,
      trials: observations.trials,
      width: encoder.inputWidth
    )
    encoder.encode(observations, into: &inputs)
    var averages = SequenceBatch(
      steps: observations.steps,
      trials: observations.trials,
      width: stateWidth
    )
    let trials = observations.trials
    let passed = encoder.layout.passed
    let seen = inputs.rows
    let states = averages.mutableRows
    var looks: Float = 0
    for step in 0..<observations.steps {
      let stimulus = stimuli.first { $0.contains(step) }
      let isFirst = stimulus?.lowerBound == step
      if stimulus != nil { looks = isFirst ? 1 : looks + 1 }
      for trial in 0..<trials {
        let row = step * trials + trial
        for feature in 0..<stateWidth {
          let before = step > 0 && !isFirst ? states[row - trials, feature] : 0
          // The mean of k looks from that of k - 1.
          states[row, feature] =
            stimulus != nil
            ? before + (seen[row, passed + feature] - before) / looks : before
        }
      }
    }
    return averages
  }
}
