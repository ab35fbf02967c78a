import Compute

/// A network with a forward and a backward pass, written side by side.
///
/// A network owns no weights: they stand in a flat ``ParameterBuffer`` that the trainer, the
/// checkpoint and the tests pass around.
package protocol TrainableNetwork: Sendable {
  /// What the forward pass keeps for the backward pass.
  associatedtype Tape

  /// Inputs of a step, `I`.
  var inputWidth: Int { get }

  /// State variables, `H`.
  var stateWidth: Int { get }

  /// Draws the first weights.
  func initialize(_ parameters: inout ParameterBuffer, seed: UInt64)

  func makeTape(steps: Int, trials: Int) -> Tape

  /// Runs `inputs`, `[T, B, I]`, and leaves the states, `[T, B, H]`, on the tape.
  ///
  /// `draws` are what noise and dropout are drawn from while training; without them a network is
  /// deterministic, which is how it is evaluated.
  func forward(
    _ inputs: SequenceBatch,
    with parameters: ParameterBuffer,
    drawing draws: TrainingDraws?,
    into tape: inout Tape
  )

  /// The states that the last forward pass left, `[T, B, H]`.
  func states(on tape: Tape) -> SequenceBatch

  /// Adds to `gradient` what `stateGradient` says about the parameters.
  ///
  /// `stateGradient`, `[T, B, H]`, is the loss's derivative by every state as far as the readout
  /// goes; `inputs` are those of the last forward pass. The tape is used up: another way back needs
  /// another way forth.
  func backward(
    _ stateGradient: SequenceBatch,
    inputs: SequenceBatch,
    with parameters: ParameterBuffer,
    through tape: inout Tape,
    into gradient: inout ParameterBuffer
  )
}

extension TrainableNetwork {
  /// Runs `inputs` without noise and dropout.
  package func forward(
    _ inputs: SequenceBatch,
    with parameters: ParameterBuffer,
    into tape: inout Tape
  ) {
    forward(inputs, with: parameters, drawing: nil, into: &tape)
  }
}

/// Which random numbers a forward pass draws while training: those of one batch of one run.
package struct TrainingDraws: Sendable {
  private let seed: UInt64
  private let batch: Int

  package init(seed: UInt64, batch: Int) {
    self.seed = seed
    self.batch = batch
  }

  package func stream(for purpose: RandomPurpose) -> RandomStream {
    RandomStream(seed: seed, purpose: purpose, step: batch)
  }
}
