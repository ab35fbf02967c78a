import Compute
import Trials

/// A network with the frozen encoder before it and the readout behind it: what is trained, what a
/// checkpoint holds, and what Analysis is given.
package struct NetworkSubject: Sendable {
  package let encoder: RandomEncoder
  package let network: any TrainableNetwork
  package let readout: Readout
  /// Every weight of network and readout; the encoder keeps its own, since nothing changes them.
  package var parameters: ParameterBuffer

  /// The subject before training, as the seed draws it.
  package init(_ architecture: Architecture, paradigm: Paradigm, seed: UInt64) {
    self.init(
      architecture,
      paradigm: paradigm,
      encoder: RandomEncoder(of: paradigm, seed: seed)
    )
    network.initialize(&parameters, seed: seed)
    readout.initialize(&parameters, seed: seed)
  }

  /// A subject with this encoder, all other weights zero.
  package init(_ architecture: Architecture, paradigm: Paradigm, encoder: RandomEncoder) {
    self.encoder = encoder
    var layout = ParameterLayout()
    network = architecture.makeNetwork(
      inputWidth: encoder.inputWidth,
      steps: paradigm.timing.steps,
      stepMilliseconds: paradigm.timing.stepMilliseconds,
      layout: &layout
    )
    readout = Readout(
      stateWidth: network.stateWidth,
      boundaryCount: paradigm.boundaryCount,
      layout: &layout
    )
    parameters = ParameterBuffer(slots: layout.slots)
  }

  /// What the network sees of `observations`, `[T, B, I]`.
  package func inputs(for observations: SequenceBatch) -> SequenceBatch {
    var inputs = SequenceBatch(
      steps: observations.steps,
      trials: observations.trials,
      width: encoder.inputWidth
    )
    encoder.encode(observations, into: &inputs)
    return inputs
  }

  /// The answers before the sigmoid, `[T, B, N]`, to the states of this subject.
  package func logits(for states: SequenceBatch) -> SequenceBatch {
    var logits = SequenceBatch(
      steps: states.steps,
      trials: states.trials,
      width: readout.boundaryCount
    )
    var scratch = readout.makeScratch()
    readout.forward(states, with: parameters, scratch: &scratch, into: &logits)
    return logits
  }
}

extension NetworkSubject: Representation {
  package var stateWidth: Int { network.stateWidth }

  package func states(for observations: SequenceBatch) -> SequenceBatch {
    states(of: network, for: inputs(for: observations))
  }

  private func states(
    of network: some TrainableNetwork,
    for inputs: SequenceBatch
  ) -> SequenceBatch {
    var tape = network.makeTape(steps: inputs.steps, trials: inputs.trials)
    network.forward(inputs, with: parameters, into: &tape)
    return network.states(on: tape)
  }
}
