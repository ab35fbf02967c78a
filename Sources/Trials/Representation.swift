import Compute

/// What the judge may ask of any subject: its states for some observations, and nothing else.
///
/// Conformers are trained and untrained networks, and the running average that serves as their
/// floor; Analysis can't tell them apart.
package protocol Representation {
  /// State variables, `H`.
  var stateWidth: Int { get }

  /// The state after every step, `[T, B, H]`, for observations `[T, B, 1 + D]`, the cue first.
  func states(for observations: SequenceBatch) -> SequenceBatch
}
