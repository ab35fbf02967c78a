import Compute
import Networks
import TestSupport
import Testing

/// The noise inside a unit: what it is, when it is drawn and what the gradient makes of it.
@Suite("Network noise")
struct NetworkNoiseTests {
  private struct Example {
    let network: LeakyRNN
    var parameters: ParameterBuffer

    init(
      _ units: Int,
      inputs: Int,
      activation: Activation,
      leak: Float,
      isLeaky: Bool = true,
      noise: Float
    ) {
      var layout = ParameterLayout()
      network = LeakyRNN(
        inputWidth: inputs,
        units: units,
        activation: activation,
        leak: leak,
        isLeaky: isLeaky,
        noise: noise,
        layout: &layout
      )
      parameters = ParameterBuffer(slots: layout.slots)
      network.initialize(&parameters, seed: 1)
    }

    func states(_ inputs: SequenceBatch, _ draws: TrainingDraws?) -> SequenceBatch {
      var tape = network.makeTape(steps: inputs.steps, trials: inputs.trials)
      network.forward(inputs, with: parameters, drawing: draws, into: &tape)
      return network.states(on: tape)
    }
  }

  private static let draws = TrainingDraws(seed: 4, batch: 7)

  private static func inputs(_ trials: Int) -> SequenceBatch {
    var random = PlainRandom(seed: 3)
    return SequenceBatch(steps: 6, trials: trials, width: 4, values: random.normals(24 * trials))
  }

  @Test("Without weights a unit shows σ ξ itself: normal, anew for every trial, step and unit")
  func moments() {
    var example = Example(30, inputs: 4, activation: .relu, leak: 1, noise: 0.3)
    example.parameters.buffer.fill(0)
    // Far from the rectifier's kink.
    for slot in example.parameters.slots where slot.name == "inp_to_rec.bias" {
      example.parameters.set(slot, to: [Float](repeating: 8, count: 30))
    }
    let states = example.states(SequenceBatch(steps: 20, trials: 50, width: 4), Self.draws)
    let noise = states.buffer.values.map { $0 - 8 }
    let moments = Moments(of: noise)
    let root = Double(noise.count).squareRoot()
    // Five standard errors of a normal sample's mean, variance and kurtosis.
    #expect(moments.mean.magnitude < 5 * 0.3 / root)
    #expect((moments.variance / 0.09 - 1).magnitude < 5 * 2.0.squareRoot() / root)
    #expect((moments.kurtosis - 3).magnitude < 5 * 24.0.squareRoot() / root)
    // All 30 000 draws are different ones: equal floats come by chance, as the sums with 8 leave
    // 2^-20 between neighbours, but neighbours in trial, step and unit have nothing in common.
    for lag in [1, 30, 30 * 50] {
      let pairs = zip(noise, noise.dropFirst(lag))
      let together = pairs.reduce(0.0) { $0 + Double($1.0) * Double($1.1) } / 0.09
      #expect(together.magnitude < 5 * Double(noise.count - lag).squareRoot())
    }
  }

  @Test("A trial's noise is its own, whatever stands beside it; another batch has other noise")
  func lanes() {
    let example = Example(9, inputs: 4, activation: .relu, leak: 0.5, noise: 0.2)
    let inputs = Self.inputs(7)
    let states = example.states(inputs, Self.draws)
    let fewer = example.states(inputs.selecting([0, 1, 2]), Self.draws)
    #expect(fewer == states.selecting([0, 1, 2]))
    #expect(example.states(inputs, Self.draws) == states)
    #expect(example.states(inputs, TrainingDraws(seed: 4, batch: 8)) != states)
    #expect(example.states(inputs, TrainingDraws(seed: 5, batch: 7)) != states)
  }

  @Test("In evaluation there is none")
  func evaluation() {
    let noisy = Example(9, inputs: 4, activation: .tanh, leak: 0.5, noise: 0.2)
    let silent = Example(9, inputs: 4, activation: .tanh, leak: 0.5, noise: 0)
    let inputs = Self.inputs(5)
    #expect(noisy.states(inputs, nil) == silent.states(inputs, nil))
    #expect(silent.states(inputs, Self.draws) == silent.states(inputs, nil))
    #expect(noisy.states(inputs, Self.draws) != noisy.states(inputs, nil))
  }

  @Test(
    "Noise is what further inputs with weight σ would bring, in states and gradients",
    arguments: [(Activation.relu, Float(1), true), (.tanh, 0.4, true), (.relu, 0.3, false)]
  )
  func asInputs(activation: Activation, leak: Float, isLeaky: Bool) throws {
    let (units, trials, steps, width) = (11, 5, 6, 4)
    let noisy = Example(
      units,
      inputs: width,
      activation: activation,
      leak: leak,
      isLeaky: isLeaky,
      noise: 0.2
    )
    var wide = Example(
      units,
      inputs: width + units,
      activation: activation,
      leak: leak,
      isLeaky: isLeaky,
      noise: 0
    )
    let inputs = Self.inputs(trials)
    // ξ of unit h in step t is value t H + h of the trial's lane.
    var noise = Matrix(rows: steps * units, columns: trials)
    Self.draws.stream(for: .netNoise).fillNormal(noise.mutableView)
    var extended = SequenceBatch(steps: steps, trials: trials, width: width + units)
    for step in 0..<steps {
      for trial in 0..<trials {
        for input in 0..<width { extended[step, trial, input] = inputs[step, trial, input] }
        for unit in 0..<units {
          extended[step, trial, width + unit] = noise[step * units + unit, trial]
        }
      }
    }
    for (slot, other) in zip(noisy.parameters.slots, wide.parameters.slots) {
      var values = noisy.parameters.values(of: slot)
      if slot.name == "inp_to_rec.weight" {
        values = (0..<units).flatMap { unit in
          values[unit * width..<(unit + 1) * width]
            + (0..<units).map { $0 == unit ? Float(0.2) : 0 }
        }
      }
      wide.parameters.set(other, to: values)
    }

    var random = PlainRandom(seed: 9)
    let stateGradient = SequenceBatch(
      steps: steps,
      trials: trials,
      width: units,
      values: random.normals(steps * trials * units)
    )
    func run(_ example: Example, _ inputs: SequenceBatch) -> (SequenceBatch, ParameterBuffer) {
      var tape = example.network.makeTape(steps: steps, trials: trials)
      var gradient = ParameterBuffer(slots: example.parameters.slots)
      example.network.forward(
        inputs,
        with: example.parameters,
        drawing: Self.draws,
        into: &tape
      )
      example.network.backward(
        stateGradient,
        inputs: inputs,
        with: example.parameters,
        through: &tape,
        into: &gradient
      )
      return (example.network.states(on: tape), gradient)
    }
    let (states, gradient) = run(noisy, inputs)
    let (wideStates, wideGradient) = run(wide, extended)
    // The same sums in another order: a few 1e-7.
    #expect(relativeDistance(states.buffer.values, wideStates.buffer.values) < 1e-6)
    for (slot, other) in zip(gradient.slots, wideGradient.slots) {
      var expected = wideGradient.values(of: other)
      if slot.name == "inp_to_rec.weight" {
        expected = (0..<units).flatMap { unit in
          expected[unit * (width + units)..<unit * (width + units) + width]
        }
      }
      let distance = relativeDistance(gradient.values(of: slot), expected)
      #expect(distance < 1e-5, "\(slot.name): \(distance)")
    }
  }
}
