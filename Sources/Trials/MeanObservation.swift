import Compute

/// The floor without an encoder: the mean of the raw observations over the looks so far.
///
/// Of white noise that is the ideal observer's own statistic, and so a reference, not a floor, for
/// whoever sees them through an encoder.
package struct MeanObservation: Representation {
  private let layout: ObservationLayout
  private let stimulus: Range<Int>

  package init(layout: ObservationLayout, timing: TrialTiming) {
    self.layout = layout
    stimulus = timing.stimulusSteps
  }

  package var stateWidth: Int { layout.dimensions }

  package func states(for observations: SequenceBatch) -> SequenceBatch {
    var means = SequenceBatch(
      steps: observations.steps,
      trials: observations.trials,
      width: stateWidth
    )
    let (seen, states, trials) = (observations.rows, means.mutableRows, observations.trials)
    for trial in 0..<trials {
      for dimension in 0..<stateWidth {
        // In double precision: a sum of Floats would lose the last digit of a ceiling.
        var (sum, looks) = (0.0, 0.0)
        for step in 0..<observations.steps {
          let row = step * trials + trial
          if stimulus.contains(step) {
            sum += Double(seen[row, layout.passed + dimension])
            looks += 1
          }
          states[row, dimension] = looks > 0 ? Float(sum / looks) : 0
        }
      }
    }
    return means
  }
}
