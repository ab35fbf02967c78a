import Compute
import Networks
import TestSupport

/// A GPT-2 with weights, inputs and targets, and its plain twin with the same.
struct GPT2Case {
  let network: GPT2
  let readout: Readout
  var parameters: ParameterBuffer
  let inputs: SequenceBatch
  let targets: SequenceBatch

  /// Steps, trials, inputs, boundaries.
  typealias Sizes = (steps: Int, trials: Int, inputs: Int, boundaries: Int)

  /// Weights of the size that training reaches, biases and gains away from their first values;
  /// inputs and targets by lot.
  init(_ shape: GPT2.Shape, _ sizes: Sizes, seed: UInt64) {
    var random = PlainRandom(seed: seed)
    self.init(
      shape,
      sizes,
      inputs: random.normals(sizes.steps * sizes.trials * sizes.inputs),
      targets: (0..<sizes.steps * sizes.trials * sizes.boundaries).map { _ in
        [0, 0.5, 1].randomElement(using: &random) ?? 0
      }
    )
    for slot in parameters.slots {
      let isVector = slot.shape.count == 1
      let isGain = isVector && slot.name.contains(".ln_") && slot.name.hasSuffix("weight")
      let values = random.normals(
        slot.count,
        deviation: isVector ? 0.2 : 1 / Double(slot.shape[0]).squareRoot()
      )
      parameters.set(slot, to: isGain ? values.map { 1 + $0 } : values)
    }
  }

  /// What Hugging Face's model was given.
  init(_ fixture: Fixture) throws {
    let (inputs, output) = (
      try fixture.shape("inputs"), try fixture.shape("rec_to_out.weight")
    )
    let shape = GPT2.Shape(
      width: output[1],
      layers: (1...3).last { fixture.contains("transformer.h.\($0 - 1).ln_1.weight") } ?? 0,
      heads: Int(try fixture.floats("heads")[0]),
      positions: fixture.contains("transformer.wpe.weight") ? .learned : .none
    )
    self.init(
      shape,
      (inputs[0], inputs[1], inputs[2], output[0]),
      inputs: try fixture.floats("inputs"),
      targets: try fixture.floats("targets")
    )
    for slot in parameters.slots {
      guard slot.shape == (try fixture.shape(slot.name)) else { throw OtherShape(name: slot.name) }
      parameters.set(slot, to: try fixture.floats(slot.name))
    }
  }

  struct OtherShape: Error {
    let name: String
  }

  private init(_ shape: GPT2.Shape, _ sizes: Sizes, inputs: [Float], targets: [Float]) {
    var layout = ParameterLayout()
    network = GPT2(
      inputWidth: sizes.inputs,
      shape: shape,
      steps: sizes.steps,
      layout: &layout
    )
    readout = Readout(
      stateWidth: shape.width,
      boundaryCount: sizes.boundaries,
      layout: &layout
    )
    parameters = ParameterBuffer(slots: layout.slots)
    self.inputs = SequenceBatch(
      steps: sizes.steps,
      trials: sizes.trials,
      width: sizes.inputs,
      values: inputs
    )
    self.targets = SequenceBatch(
      steps: sizes.steps,
      trials: sizes.trials,
      width: sizes.boundaries,
      values: targets
    )
  }

  func makeTape() -> GPT2.Tape { network.makeTape(steps: inputs.steps, trials: inputs.trials) }

  func pass(drawing draws: TrainingDraws? = nil, tape: inout GPT2.Tape) -> NetworkPass {
    NetworkPass(
      of: network,
      readout,
      with: parameters,
      on: inputs,
      targets: targets,
      drawing: draws,
      tape: &tape
    )
  }

  func pass(drawing draws: TrainingDraws? = nil) -> NetworkPass {
    var tape = makeTape()
    return pass(drawing: draws, tape: &tape)
  }

  var twin: PlainGPT2 {
    PlainGPT2(
      heads: network.shape.heads,
      parameters: Dictionary(
        uniqueKeysWithValues: parameters.slots.map { slot in
          (
            slot.name,
            PlainGPT2.Parameter(
              rows: slot.shape.count > 1 ? slot.shape[0] : 1,
              columns: slot.shape.last ?? 0,
              values: parameters.values(of: slot).map(Double.init)
            )
          )
        }
      )
    )
  }

  func pass(of twin: PlainGPT2, dropping factors: PlainGPT2.Factors? = nil) -> PlainGPT2.Pass {
    twin.pass(
      inputs.buffer.values.map(Double.init),
      targets.buffer.values.map(Double.init),
      steps: inputs.steps,
      trials: inputs.trials,
      dropping: factors
    )
  }
}

extension PlainGPT2.Factors {
  /// The same in double precision.
  init(_ factors: GPT2.DropoutFactors) {
    func doubles(_ values: SequenceBatch) -> [Double] { values.buffer.values.map(Double.init) }
    self.init(
      embedding: doubles(factors.embedding),
      blocks: factors.blocks.map {
        Block(
          weights: $0.weights.map(Double.init),
          attention: doubles($0.attention),
          mlp: doubles($0.mlp)
        )
      }
    )
  }
}
