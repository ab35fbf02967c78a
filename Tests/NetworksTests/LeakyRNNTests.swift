import Compute
import Networks
import TestSupport
import Testing

/// Three witnesses of one network: PyTorch, finite differences of a plain twin, and the fast code.
@Suite("Leaky RNN")
struct LeakyRNNTests {
  typealias Kind = (activation: Activation, leak: Float, isLeaky: Bool)

  /// Every way of a step.
  private static let kinds: [Kind] = [
    (.relu, 1, true), (.relu, 0.3, true), (.tanh, 1, true), (.tanh, 0.5, true),
    (.relu, 0.2, false), (.tanh, 1, false),
  ]

  @Test(
    "States, answers, loss and every gradient are PyTorch's",
    arguments: [
      ("leaky-rnn", Activation.relu, true), ("leaky-rnn-leak", .relu, true),
      ("leaky-rnn-tanh", .tanh, true), ("leaky-rnn-default", .relu, true),
      ("non-leaky", .relu, false),
    ]
  )
  func parity(name: String, activation: Activation, isLeaky: Bool) throws {
    let fixture = try Fixture(name)
    let example = try LeakyRNNCase(fixture, activation: activation, isLeaky: isLeaky)
    let pass = example.pass
    // PyTorch's single precision is 1.5e-7 to 3.4e-7 away from its double precision
    // (versions.json); two such programs differ by no more than 1e-6.
    if fixture.contains("states") {
      #expect(relativeDistance(pass.states.buffer.values, try fixture.floats("states")) < 1e-6)
      #expect(relativeDistance(pass.logits.buffer.values, try fixture.floats("logits")) < 1e-6)
    } else {
      let last = pass.states.buffer.values.suffix(pass.states.trials * pass.states.width)
      #expect(relativeDistance(last, try fixture.floats("states.last")) < 1e-6)
    }
    let loss = try fixture.doubles("loss")[0]
    #expect((pass.loss / loss - 1).magnitude < 1e-6)
    for slot in pass.gradient.slots {
      let distance = relativeDistance(
        pass.gradient.values(of: slot),
        try fixture.floats("grad.\(slot.name)")
      )
      // Backpropagation adds up rounding over all steps; 1e-5 is what the project promises.
      #expect(distance < 1e-5, "\(slot.name): \(distance)")
    }
    #expect(Set(pass.gradient.slots.map(\.name)) == Set(PlainLeakyRNN.names))
  }

  @Test(
    "The plain twin's gradient is the slope of its loss, for every parameter",
    arguments: [UInt64(1), 2, 3],
    kinds
  )
  func finiteDifferences(seed: UInt64, kind: Kind) {
    let example = LeakyRNNCase(
      steps: 6,
      trials: 4,
      inputWidth: 3,
      units: 8,
      boundaries: 3,
      activation: kind.activation,
      leak: kind.leak,
      isLeaky: kind.isLeaky,
      seed: seed
    )
    let twin = example.twin
    let (inputs, targets) = (example.plainInputs, example.plainTargets)
    let gradient = twin.gradient(inputs, targets, trials: 4)
    for name in PlainLeakyRNN.names {
      let check = GradientCheck(
        of: gradient[name, default: []],
        at: twin.parameters[name, default: []]
      ) { values in
        var shifted = twin
        shifted.parameters[name] = values
        let pass = shifted.forward(inputs, targets, trials: 4)
        // A rectifier's kink lies where its argument changes sign.
        return (pass.loss, kind.activation == .relu ? pass.drives.map { $0 > 0 } : [])
      }
      #expect(check.worst < 1e-6, "\(name): \(check.worst)")
      #expect(check.checked > 2 && check.skipped < 3, "\(name): \(check.skipped) skipped")
    }
  }

  @Test("The twin too agrees with PyTorch")
  func twinParity() throws {
    let fixture = try Fixture("leaky-rnn-tanh")
    let example = try LeakyRNNCase(fixture, activation: .tanh)
    let trials = example.inputs.trials
    let twin = example.twin
    let pass = twin.forward(example.plainInputs, example.plainTargets, trials: trials)
    // What single precision alone does to PyTorch's numbers: 1.8e-7.
    #expect(relativeDistance(pass.states, try fixture.floats("states")) < 1e-6)
    let gradient = twin.gradient(example.plainInputs, example.plainTargets, trials: trials)
    for name in PlainLeakyRNN.names {
      let distance = relativeDistance(
        gradient[name, default: []],
        try fixture.floats("grad.\(name)")
      )
      #expect(distance < 1e-6, "\(name): \(distance)")
    }
  }

  /// Steps, trials, inputs, units, boundaries: the paper's, smaller than any vector, and ragged.
  private static let shapes = [
    (22, 16, 41, 64, 24), (1, 1, 1, 1, 1), (2, 1, 3, 5, 2), (9, 33, 7, 50, 3), (4, 2, 41, 130, 6),
  ]

  @Test(
    "The fast network is its plain twin",
    arguments: shapes,
    kinds
  )
  func twins(
    shape: (steps: Int, trials: Int, inputs: Int, units: Int, boundaries: Int),
    kind: Kind
  ) {
    let example = LeakyRNNCase(
      steps: shape.steps,
      trials: shape.trials,
      inputWidth: shape.inputs,
      units: shape.units,
      boundaries: shape.boundaries,
      activation: kind.activation,
      leak: kind.leak,
      isLeaky: kind.isLeaky,
      seed: 5
    )
    let pass = example.pass
    let twin = example.twin
    let (inputs, targets) = (example.plainInputs, example.plainTargets)
    let plain = twin.forward(inputs, targets, trials: shape.trials)
    // Single precision against double, as in PyTorch's own comparison: a few 1e-7.
    #expect(relativeDistance(pass.states.buffer.values, plain.states) < 1e-6)
    #expect(relativeDistance(pass.logits.buffer.values, plain.logits) < 1e-6)
    #expect((pass.loss / plain.loss - 1).magnitude < 1e-6)
    let gradient = twin.gradient(inputs, targets, trials: shape.trials)
    for slot in pass.gradient.slots {
      let distance = relativeDistance(
        pass.gradient.values(of: slot),
        gradient[slot.name, default: []]
      )
      #expect(distance < 1e-5, "\(slot.name): \(distance)")
    }
  }

  @Test("A tape that was used before changes nothing", arguments: [Float(1), 0.3])
  func tapeIsReusable(leak: Float) {
    func example(_ seed: UInt64) -> LeakyRNNCase {
      LeakyRNNCase(
        steps: 5,
        trials: 3,
        inputWidth: 4,
        units: 9,
        boundaries: 2,
        activation: .relu,
        leak: leak,
        seed: seed
      )
    }
    let (first, second) = (example(1), example(2))
    var tape = first.network.makeTape(steps: 5, trials: 3)
    var passes: [NetworkPass] = []
    for current in [first, second, first] {
      passes.append(
        NetworkPass(
          of: current.network,
          current.readout,
          with: current.parameters,
          on: current.inputs,
          targets: current.targets,
          tape: &tape
        )
      )
    }
    #expect(passes[0].gradient == passes[2].gradient && passes[0].states == passes[2].states)
    #expect(passes[0].gradient == first.pass.gradient)
    #expect(passes[1].gradient == second.pass.gradient)
  }

  @Test("A gradient is added to what is there")
  func gradientAdds() {
    let example = LeakyRNNCase(
      steps: 4,
      trials: 3,
      inputWidth: 4,
      units: 9,
      boundaries: 2,
      activation: .tanh,
      leak: 0.5,
      seed: 1
    )
    let network = example.network
    var tape = network.makeTape(steps: 4, trials: 3)
    let stateGradient = SequenceBatch(steps: 4, trials: 3, width: 9, repeating: 0.5)
    func pass(into gradient: inout ParameterBuffer) {
      network.forward(example.inputs, with: example.parameters, into: &tape)
      network.backward(
        stateGradient,
        inputs: example.inputs,
        with: example.parameters,
        through: &tape,
        into: &gradient
      )
    }
    var once = ParameterBuffer(slots: example.parameters.slots)
    pass(into: &once)
    var twice = once
    pass(into: &twice)
    // Sums that begin elsewhere round elsewhere.
    #expect(relativeDistance(twice.buffer.values, once.buffer.values.map { 2 * $0 }) < 1e-6)
    #expect(once.buffer.values.contains { $0 != 0 })
  }

  @Test("A leak of one with ReLU is what smaller leaks tend to")
  func plainPath() {
    func pass(_ leak: Float) -> NetworkPass {
      LeakyRNNCase(
        steps: 6,
        trials: 5,
        inputWidth: 4,
        units: 20,
        boundaries: 3,
        activation: .relu,
        leak: leak,
        seed: 8
      ).pass
    }
    // The step of one product and the step by parts meet: half an ulp below 1 changes the states
    // by some 6e-8 a step.
    let (plain, parts) = (pass(1), pass(Float(1).nextDown))
    #expect(relativeDistance(plain.states.buffer.values, parts.states.buffer.values) < 1e-5)
    #expect(relativeDistance(plain.gradient.buffer.values, parts.gradient.buffer.values) < 1e-5)
  }
}
