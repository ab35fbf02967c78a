import Compute
import Networks
import TestSupport
import Testing

/// Three witnesses of each network: PyTorch, finite differences of a plain twin, and the fast code.
@Suite("LSTM, GRU and feed-forward")
struct TwinTests {
  @Test(
    "States, answers, loss and every gradient are PyTorch's",
    arguments: [
      ("lstm", PlainNetwork.Kind.lstm), ("lstm-default", .lstm), ("gru", .gru),
      ("gru-default", .gru), ("feed-forward", .feedForward(layers: 3)),
    ]
  )
  func parity(name: String, kind: PlainNetwork.Kind) throws {
    let fixture = try Fixture(name)
    let example = try TwinCase(kind, fixture)
    let pass = example.pass
    // PyTorch's single precision is 2.3e-7 to 4.4e-7 away from its double precision
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
    let twin = example.pass(of: example.twin)
    let plain = twin.gradient()
    for slot in pass.gradient.slots {
      let reference = try fixture.floats("grad.\(slot.name)")
      let distance = relativeDistance(pass.gradient.values(of: slot), reference)
      // Backpropagation adds up rounding over all steps; 1e-5 is what the project promises.
      #expect(distance < 1e-5, "\(slot.name): \(distance)")
      // What single precision alone does to PyTorch's numbers.
      let twinDistance = relativeDistance(plain[slot.name, default: []], reference)
      #expect(twinDistance < 1e-6, "the twin's \(slot.name): \(twinDistance)")
    }
  }

  private static let kinds: [PlainNetwork.Kind] = [
    .lstm, .gru, .feedForward(layers: 1), .feedForward(layers: 3),
  ]

  @Test(
    "The plain twin's gradient is the slope of its loss, for every parameter",
    arguments: kinds,
    [UInt64(1), 2]
  )
  func finiteDifferences(kind: PlainNetwork.Kind, seed: UInt64) {
    let example = TwinCase(kind, (5, 3, 3, 6, 2), seed: seed)
    let twin = example.twin
    let gradient = example.pass(of: twin).gradient()
    for (name, parameter) in twin.parameters {
      let check = GradientCheck(of: gradient[name, default: []], at: parameter.values) { values in
        var shifted = twin
        shifted.parameters[name]?.values = values
        let pass = example.pass(of: shifted)
        return (pass.loss, pass.branch)
      }
      #expect(check.worst < 1e-6, "\(name): \(check.worst)")
      #expect(check.checked >= 2 && check.skipped < 3, "\(name): \(check.skipped) skipped")
    }
  }

  @Test(
    "The fast network is its plain twin",
    arguments: kinds,
    // The paper's, smaller than any vector, and ragged.
    [
      TwinCase.Shape(22, 16, 41, 64, 24), (1, 1, 1, 1, 1), (2, 1, 3, 5, 2), (9, 33, 7, 50, 3),
      (4, 2, 41, 130, 6),
    ]
  )
  func twins(kind: PlainNetwork.Kind, shape: TwinCase.Shape) {
    let example = TwinCase(kind, shape, seed: 5)
    let pass = example.pass
    let plain = example.pass(of: example.twin)
    // Single precision against double, as in PyTorch's own comparison: a few 1e-7.
    #expect(relativeDistance(pass.states.buffer.values, plain.states) < 1e-6)
    #expect(relativeDistance(pass.logits.buffer.values, plain.logits) < 1e-6)
    #expect((pass.loss / plain.loss - 1).magnitude < 1e-6)
    let gradient = plain.gradient()
    for slot in pass.gradient.slots {
      let distance = relativeDistance(
        pass.gradient.values(of: slot),
        gradient[slot.name, default: []]
      )
      #expect(distance < 1e-5, "\(slot.name): \(distance)")
    }
  }

  @Test("A tape that was used before changes nothing", arguments: kinds)
  func tapeIsReusable(kind: PlainNetwork.Kind) {
    let examples = [UInt64(1), 2, 1].map { TwinCase(kind, (5, 3, 4, 9, 2), seed: $0) }
    func passes<Network: TrainableNetwork>(_ network: Network) -> [NetworkPass] {
      var tape = network.makeTape(steps: 5, trials: 3)
      return examples.map { example in
        NetworkPass(
          of: network,
          example.readout,
          with: example.parameters,
          on: example.inputs,
          targets: example.targets,
          tape: &tape
        )
      }
    }
    for (pass, example) in zip(passes(examples[0].network), examples) {
      #expect(pass.gradient == example.pass.gradient && pass.states == example.pass.states)
    }
  }

  @Test("A gradient is added to what is there", arguments: kinds)
  func gradientAdds(kind: PlainNetwork.Kind) {
    let example = TwinCase(kind, (4, 3, 4, 9, 2), seed: 1)
    func check(_ network: some TrainableNetwork) {
      var tape = network.makeTape(steps: 4, trials: 3)
      network.forward(example.inputs, with: example.parameters, into: &tape)
      let stateGradient = SequenceBatch(steps: 4, trials: 3, width: 9, repeating: 0.5)
      var gradient = ParameterBuffer(slots: example.parameters.slots)
      var once = gradient
      for _ in 0..<2 {
        network.backward(
          stateGradient,
          inputs: example.inputs,
          with: example.parameters,
          through: &tape,
          into: &gradient
        )
        if once.buffer.values.allSatisfy({ $0 == 0 }) { once = gradient }
      }
      // Sums that begin elsewhere round elsewhere.
      let doubled = once.buffer.values.map { 2 * $0 }
      #expect(relativeDistance(gradient.buffer.values, doubled) < 1e-6)
      #expect(doubled.contains { $0 != 0 })
    }
    check(example.network)
  }

  @Test(
    "First weights of gated networks are PyTorch's: all uniform within 1/√H",
    arguments: [("lstm", Architecture.lstm(units: 64), 4), ("gru", .gru(units: 64), 3)]
  )
  func firstWeights(name: String, architecture: Architecture, gates: Int) {
    var layout = ParameterLayout()
    let network = architecture.makeNetwork(
      inputWidth: 41,
      steps: 22,
      stepMilliseconds: 100,
      layout: &layout
    )
    var parameters = ParameterBuffer(slots: layout.slots)
    network.initialize(&parameters, seed: 3)
    let shapes = Dictionary(uniqueKeysWithValues: layout.slots.map { ($0.name, $0.shape) })
    #expect(
      shapes == [
        "\(name).weight_ih_l0": [64 * gates, 41], "\(name).weight_hh_l0": [64 * gates, 64],
        "\(name).bias_ih_l0": [64 * gates], "\(name).bias_hh_l0": [64 * gates],
      ]
    )
    let bound = 0.125
    for slot in layout.slots {
      let values = parameters.values(of: slot)
      #expect(values.allSatisfy { Double($0.magnitude) <= bound })
      let moments = Moments(of: values)
      let root = Double(values.count).squareRoot()
      // Five standard errors of a uniform variable on ±bound.
      #expect(moments.mean.magnitude < 5 * bound / 3.0.squareRoot() / root, "\(slot.name)")
      #expect(
        (moments.variance - bound * bound / 3).magnitude
          < 5 * bound * bound * (4.0 / 45).squareRoot() / root,
        "\(slot.name)"
      )
    }
    // No two tensors begin alike.
    #expect(Set(layout.slots.map { parameters.values(of: $0)[0] }).count == 4)
  }
}
