import Compute
import Networks

/// One forward and backward pass of a network with its readout and loss: what training does with a
/// batch, without training.
struct NetworkPass {
  let states: SequenceBatch
  let logits: SequenceBatch
  /// Mean over steps, trials and boundaries.
  let loss: Double
  let gradient: ParameterBuffer

  init(
    of network: some TrainableNetwork,
    _ readout: Readout,
    with parameters: ParameterBuffer,
    on inputs: SequenceBatch,
    targets: SequenceBatch
  ) {
    var tape = network.makeTape(steps: inputs.steps, trials: inputs.trials)
    self.init(of: network, readout, with: parameters, on: inputs, targets: targets, tape: &tape)
  }

  init<Network: TrainableNetwork>(
    of network: Network,
    _ readout: Readout,
    with parameters: ParameterBuffer,
    on inputs: SequenceBatch,
    targets: SequenceBatch,
    drawing draws: TrainingDraws? = nil,
    tape: inout Network.Tape
  ) {
    network.forward(inputs, with: parameters, drawing: draws, into: &tape)
    states = network.states(on: tape)
    var logits = SequenceBatch(
      steps: inputs.steps,
      trials: inputs.trials,
      width: readout.boundaryCount
    )
    var scratch = readout.makeScratch()
    readout.forward(states, with: parameters, scratch: &scratch, into: &logits)
    self.logits = logits
    let count = logits.buffer.count
    let sum = crossEntropy(
      count,
      logits: logits.buffer.pointer,
      targets: targets.buffer.pointer,
      scale: 1 / Float(count),
      gradient: logits.buffer.mutablePointer
    )
    loss = sum / Double(count)
    var gradient = ParameterBuffer(slots: parameters.slots)
    var stateGradient = SequenceBatch(
      steps: inputs.steps,
      trials: inputs.trials,
      width: network.stateWidth,
      // Whatever isn't replaced shows.
      repeating: .nan
    )
    readout.backward(
      logits,
      states: states,
      with: parameters,
      into: &gradient,
      stateGradient: &stateGradient
    )
    network.backward(
      stateGradient,
      inputs: inputs,
      with: parameters,
      through: &tape,
      into: &gradient
    )
    self.gradient = gradient
  }
}
