import Compute

/// What was hidden, what was seen and what is right, for `B` trials.
package struct TrialBatch: Sendable {
  /// `[B, D]`.
  package var latents: Matrix
  /// The cue, then a noisy look at the latents, `[T, B, 1 + D]`.
  package var observations: SequenceBatch
  /// What each answer should be, `[T, B, N]`: one half before the decision, then 0 or 1.
  package var targets: SequenceBatch

  package var trials: Int { latents.rows }
}
