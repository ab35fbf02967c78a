import Compute
import Networks
import TestSupport

/// A leaky network with weights, inputs and targets, and its plain twin with the same.
struct LeakyRNNCase {
  let network: LeakyRNN
  let readout: Readout
  var parameters: ParameterBuffer
  let inputs: SequenceBatch
  let targets: SequenceBatch

  /// Random weights by the networks' own initialisation, inputs and targets by lot.
  init(
    steps: Int,
    trials: Int,
    inputWidth: Int,
    units: Int,
    boundaries: Int,
    activation: Activation,
    leak: Float,
    isLeaky: Bool = true,
    seed: UInt64
  ) {
    var layout = ParameterLayout()
    network = LeakyRNN(
      inputWidth: inputWidth,
      units: units,
      activation: activation,
      leak: leak,
      isLeaky: isLeaky,
      layout: &layout
    )
    readout = Readout(stateWidth: units, boundaryCount: boundaries, layout: &layout)
    parameters = ParameterBuffer(slots: layout.slots)
    network.initialize(&parameters, seed: seed)
    readout.initialize(&parameters, seed: seed)
    var random = PlainRandom(seed: seed)
    inputs = SequenceBatch(
      steps: steps,
      trials: trials,
      width: inputWidth,
      values: random.normals(steps * trials * inputWidth)
    )
    targets = SequenceBatch(
      steps: steps,
      trials: trials,
      width: boundaries,
      values: (0..<steps * trials * boundaries).map { _ in
        [0, 0.5, 1].randomElement(using: &random) ?? 0
      }
    )
  }

  /// What PyTorch was given.
  init(_ fixture: Fixture, activation: Activation, isLeaky: Bool = true) throws {
    let shape = try fixture.shape("inputs")
    let (steps, trials, inputWidth) = (shape[0], shape[1], shape[2])
    let boundaries = try fixture.shape("rec_to_out.weight")[0]
    self.init(
      steps: steps,
      trials: trials,
      inputWidth: inputWidth,
      units: try fixture.shape("rec_to_rec.weight")[0],
      boundaries: boundaries,
      activation: activation,
      leak: try fixture.floats("alpha")[0],
      isLeaky: isLeaky,
      inputs: try fixture.floats("inputs"),
      targets: try fixture.floats("targets")
    )
    for slot in parameters.slots { parameters.set(slot, to: try fixture.floats(slot.name)) }
  }

  private init(
    steps: Int,
    trials: Int,
    inputWidth: Int,
    units: Int,
    boundaries: Int,
    activation: Activation,
    leak: Float,
    isLeaky: Bool,
    inputs: [Float],
    targets: [Float]
  ) {
    var layout = ParameterLayout()
    network = LeakyRNN(
      inputWidth: inputWidth,
      units: units,
      activation: activation,
      leak: leak,
      isLeaky: isLeaky,
      layout: &layout
    )
    readout = Readout(stateWidth: units, boundaryCount: boundaries, layout: &layout)
    parameters = ParameterBuffer(slots: layout.slots)
    self.inputs = SequenceBatch(steps: steps, trials: trials, width: inputWidth, values: inputs)
    self.targets = SequenceBatch(steps: steps, trials: trials, width: boundaries, values: targets)
  }

  var pass: NetworkPass {
    NetworkPass(of: network, readout, with: parameters, on: inputs, targets: targets)
  }

  var twin: PlainLeakyRNN {
    PlainLeakyRNN(
      inputWidth: network.inputWidth,
      units: network.stateWidth,
      boundaryCount: readout.boundaryCount,
      leak: Double(network.leak),
      keep: Double(network.keep),
      activation: network.activation,
      parameters: Dictionary(
        uniqueKeysWithValues: parameters.slots.map { slot in
          (slot.name, parameters.values(of: slot).map(Double.init))
        }
      )
    )
  }

  var plainInputs: [Double] { inputs.buffer.values.map(Double.init) }
  var plainTargets: [Double] { targets.buffer.values.map(Double.init) }
}
