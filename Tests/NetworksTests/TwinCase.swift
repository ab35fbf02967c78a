import Compute
import Networks
import TestSupport

/// A network that has a twin in ``PlainNetwork``, with weights, inputs and targets.
struct TwinCase {
  let kind: PlainNetwork.Kind
  let network: any TrainableNetwork
  let readout: Readout
  var parameters: ParameterBuffer
  let inputs: SequenceBatch
  let targets: SequenceBatch

  /// Steps, trials, inputs, units, boundaries.
  typealias Shape = (steps: Int, trials: Int, inputs: Int, units: Int, boundaries: Int)

  /// Random weights by the networks' own initialisation, inputs and targets by lot.
  init(_ kind: PlainNetwork.Kind, _ shape: Shape, seed: UInt64) {
    var random = PlainRandom(seed: seed)
    self.init(
      kind,
      shape,
      inputs: random.normals(shape.steps * shape.trials * shape.inputs),
      targets: (0..<shape.steps * shape.trials * shape.boundaries).map { _ in
        [0, 0.5, 1].randomElement(using: &random) ?? 0
      }
    )
    network.initialize(&parameters, seed: seed)
    readout.initialize(&parameters, seed: seed)
  }

  /// What PyTorch was given.
  init(_ kind: PlainNetwork.Kind, _ fixture: Fixture) throws {
    let (inputs, output) = (
      try fixture.shape("inputs"), try fixture.shape("rec_to_out.weight")
    )
    self.init(
      kind,
      (inputs[0], inputs[1], inputs[2], output[1], output[0]),
      inputs: try fixture.floats("inputs"),
      targets: try fixture.floats("targets")
    )
    for slot in parameters.slots { parameters.set(slot, to: try fixture.floats(slot.name)) }
  }

  private init(_ kind: PlainNetwork.Kind, _ shape: Shape, inputs: [Float], targets: [Float]) {
    self.kind = kind
    let architecture: Architecture =
      switch kind {
      case .lstm: .lstm(units: shape.units)
      case .gru: .gru(units: shape.units)
      case .feedForward(let layers): .feedForward(units: shape.units, layers: layers)
      }
    var layout = ParameterLayout()
    network = architecture.makeNetwork(
      inputWidth: shape.inputs,
      steps: shape.steps,
      stepMilliseconds: 100,
      layout: &layout
    )
    readout = Readout(
      stateWidth: shape.units,
      boundaryCount: shape.boundaries,
      layout: &layout
    )
    parameters = ParameterBuffer(slots: layout.slots)
    self.inputs = SequenceBatch(
      steps: shape.steps,
      trials: shape.trials,
      width: shape.inputs,
      values: inputs
    )
    self.targets = SequenceBatch(
      steps: shape.steps,
      trials: shape.trials,
      width: shape.boundaries,
      values: targets
    )
  }

  var pass: NetworkPass {
    NetworkPass(of: network, readout, with: parameters, on: inputs, targets: targets)
  }

  var twin: PlainNetwork {
    PlainNetwork(
      kind,
      parameters: Dictionary(
        uniqueKeysWithValues: parameters.slots.map { slot in
          (
            slot.name,
            PlainNetwork.Parameter(
              rows: slot.shape.count > 1 ? slot.shape[0] : 1,
              columns: slot.shape.last ?? 0,
              values: parameters.values(of: slot).map(Double.init)
            )
          )
        }
      )
    )
  }

  func pass(of twin: PlainNetwork) -> PlainNetwork.Pass {
    twin.pass(
      inputs.buffer.values.map(Double.init),
      targets.buffer.values.map(Double.init),
      steps: inputs.steps,
      trials: inputs.trials
    )
  }
}
