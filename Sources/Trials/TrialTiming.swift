/// How long each period of a trial lasts.
package struct TrialTiming: Hashable, Sendable {
  /// The length of one step, `dt`, in milliseconds.
  package var stepMilliseconds: Double
  /// Steps before the stimulus, with the cue on.
  package var fixation: Int
  /// Steps that show a noisy look at the latent; the most of them where the time is free.
  package var stimulus: Int
  /// Steps after the stimulus, with the cue on.
  package var delay: Int
  /// Steps with the cue off, in which the answers are asked for.
  package var decision: Int
  /// With free reaction time: the shortest stimulus; `nil` for a fixed time.
  ///
  /// Its length is then drawn for each trial from here to ``stimulus``, and the evidence goes on
  /// during the decision.
  package var shortestStimulus: Int?
  /// Trials that follow each other without a reset of the network.
  package var trialsInARow: Int

  package init(
    stepMilliseconds: Double = 100,
    fixation: Int = 1,
    stimulus: Int = 20,
    delay: Int = 0,
    decision: Int = 1,
    shortestStimulus: Int? = nil,
    trialsInARow: Int = 1
  ) {
    self.stepMilliseconds = stepMilliseconds
    self.fixation = fixation
    self.stimulus = stimulus
    self.delay = delay
    self.decision = decision
    self.shortestStimulus = shortestStimulus
    self.trialsInARow = trialsInARow
  }

  package var isFree: Bool { shortestStimulus != nil }

  /// Steps of one trial.
  package var trialSteps: Int { fixation + stimulus + delay + decision }

  /// All steps that a network runs through, `T`.
  package var steps: Int { trialsInARow * trialSteps }

  /// Steps with evidence in the longest trial: with free time, the decision's too.
  package var looks: Int { stimulus + (isFree ? decision : 0) }

  /// The steps with evidence of the last trial in the row.
  package var stimulusSteps: Range<Int> { stimulusSteps(ofTrial: trialsInARow - 1) }

  /// The same of any trial in the row, counted from 0.
  package func stimulusSteps(ofTrial index: Int) -> Range<Int> {
    let first = index * trialSteps + fixation
    return first..<first + looks
  }

  /// The steps in which the last trial in the row is answered.
  package var decisionSteps: Range<Int> { steps - decision..<steps }

  /// Every trial as long as the longest.
  package var fixed: TrialTiming {
    var timing = self
    if isFree { timing.shortestStimulus = stimulus }
    return timing
  }
}
