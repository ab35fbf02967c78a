/// What is asked for, in which steps, and how sure the teacher is.
package struct Supervision: Hashable, Sendable {
  package var target: AnswerTarget
  package var steps: SupervisedSteps
  /// The share of tasks that are labelled in a trial, in (0, 1]: in every trial a random subset of
  /// `max(1, round(share · N))` tasks, the others not being asked about in any of its steps.
  package var labelled: Double
  /// The probability that a label is turned around, independently for each trial and task.
  package var labelNoise: Double
  package var interleaving: Interleaving

  package init(
    target: AnswerTarget = .labels(.crossEntropy),
    steps: SupervisedSteps = .everyStep,
    labelled: Double = 1,
    labelNoise: Double = 0,
    interleaving: Interleaving = .none
  ) {
    self.target = target
    self.steps = steps
    self.labelled = labelled
    self.labelNoise = labelNoise
    self.interleaving = interleaving
  }
}

/// What an answer should be.
package enum AnswerTarget: Hashable, Sendable {
  /// The side of the boundary at the decision, and nothing before: 0 or 1 after 0.5 for
  /// cross-entropy, -1 or 1 after 0 for squared error.
  case labels(LabelLoss)
  /// The evidence so far, absorbed at `±bound`, in the steps of the stimulus, and 0 elsewhere;
  /// squared error of `bound · tanh`.
  case boundedEvidence(EvidenceForm, bound: Double)
  /// The value of the boundary's function at the decision and 0 before it: a regression. Squared
  /// error of a linear answer.
  case values
}

package enum LabelLoss: String, CaseIterable, Hashable, Sendable {
  /// Of a sigmoid, in nats.
  case crossEntropy
  /// Of a hyperbolic tangent.
  case squaredError
}

/// What is accumulated, for a line with normal `c` and offset `b` seen through looks `o`.
///
/// In each form the sum is over all looks up to the step before, so that the target lags by one
/// step, as it does in the reference.
package enum EvidenceForm: String, CaseIterable, Hashable, Sendable {
  /// `Σ (o₂ - tan φ · o₁)`, cut to a whole number: what the reference's code really trains on, since
  /// its library stores these targets as integers.
  case integers
  /// The same without the cut: what the reference's code means.
  case asMeant
  /// `Σ (c · o - b) / |c|`: distances, which stay finite for vertical lines.
  case normalised
}

/// In which steps of a trial the loss is taken.
package enum SupervisedSteps: String, CaseIterable, Hashable, Sendable {
  /// In all, with the same weight.
  case everyStep
  /// In the last step of the decision.
  case lastStep
  /// In one step for a whole batch of the training, drawn from the sixth on. Trials that are drawn
  /// to be looked at come in no batches: there each has its own.
  case randomStep
  /// In all but the last two before the decision; the decision weighs as much as all others.
  case balanced
}

/// Whether a trial asks about one task only, and says by a one-hot input about which.
package enum Interleaving: String, CaseIterable, Hashable, Sendable {
  /// Every trial asks about all tasks, and no input names one.
  case none
  /// One task for a whole batch of the training, one for each trial elsewhere.
  case batch
  /// One task for each trial.
  case trial
}
