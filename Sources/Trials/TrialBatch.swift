import Compute

/// What was hidden, what was seen and what is right, for `B` trials.
package struct TrialBatch: Sendable {
  /// Of the last trial of each row, `[B, D]`.
  package var latents: Matrix
  /// ``ObservationLayout``, `[T, B, W]`.
  package var observations: SequenceBatch
  /// What each answer should be, `[T, B, N]`.
  package var targets: SequenceBatch
  /// How much each answer counts in the loss, `[T, B, N]`, 0 where it isn't asked for; `nil` where
  /// all count alike.
  package var weights: SequenceBatch?

  package var trials: Int { latents.rows }
}
