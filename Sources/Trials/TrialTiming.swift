/// How long each period of a trial lasts.
package struct TrialTiming: Hashable, Sendable {
  /// The length of one step, `dt`, in milliseconds.
  package var stepMilliseconds: Double
  /// Steps before the stimulus, with the cue on.
  package var fixation: Int
  /// Steps that show a noisy look at the latent.
  package var stimulus: Int
  /// Steps after the stimulus, with the cue on.
  package var delay: Int
  /// Steps with the cue off, in which the answers are asked for.
  package var decision: Int

  package init(
    stepMilliseconds: Double = 100,
    fixation: Int = 1,
    stimulus: Int = 20,
    delay: Int = 0,
    decision: Int = 1
  ) {
    self.stepMilliseconds = stepMilliseconds
    self.fixation = fixation
    self.stimulus = stimulus
    self.delay = delay
    self.decision = decision
  }

  /// All steps of a trial, `T`.
  package var steps: Int { fixation + stimulus + delay + decision }

  package var stimulusSteps: Range<Int> { fixation..<fixation + stimulus }

  package var decisionSteps: Range<Int> { steps - decision..<steps }
}
