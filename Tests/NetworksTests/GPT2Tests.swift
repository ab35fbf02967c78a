import Compute
import Networks
import TestSupport
import Testing

/// Three witnesses of one network: Hugging Face, finite differences of a plain twin, and the fast
/// code.
@Suite("GPT-2")
struct GPT2Tests {
  @Test(
    "States, answers, loss and every gradient are Hugging Face's",
    arguments: ["gpt2", "gpt2-layers", "gpt2-positions", "gpt2-default"]
  )
  func parity(name: String) throws {
    let fixture = try Fixture(name)
    let gradients = name == "gpt2-default" ? try Fixture("\(name)-gradients") : fixture
    let example = try GPT2Case(fixture)
    let pass = example.pass()
    // PyTorch's single precision is up to 4.2e-7 away from its double precision
    // (gpt2-versions.json); two such programs differ by no more than 1e-6.
    if fixture.contains("states") {
      #expect(relativeDistance(pass.states.buffer.values, try fixture.floats("states")) < 1e-6)
      #expect(relativeDistance(pass.logits.buffer.values, try fixture.floats("logits")) < 1e-6)
    } else {
      let last = pass.states.buffer.values.suffix(pass.states.trials * pass.states.width)
      #expect(relativeDistance(last, try fixture.floats("states.last")) < 1e-6)
    }
    let loss = try fixture.doubles("loss")[0]
    #expect((pass.loss / loss - 1).magnitude < 1e-6)
    let plain = example.pass(of: example.twin).gradient()
    for slot in pass.gradient.slots {
      let reference = try gradients.floats("grad.\(slot.name)")
      let distance = relativeDistance(pass.gradient.values(of: slot), reference)
      // Backpropagation adds up rounding over all layers; 1e-5 is what the project promises.
      #expect(distance < 1e-5, "\(slot.name): \(distance)")
      // What single precision alone does to PyTorch's numbers.
      let twinDistance = relativeDistance(plain[slot.name, default: []], reference)
      #expect(twinDistance < 1e-6, "the twin's \(slot.name): \(twinDistance)")
    }
  }

  @Test("Tensors have Hugging Face's names and shapes, and positions only where they are learned")
  func slots() {
    func shapes(_ positions: GPT2.Positions) -> [String: [Int]] {
      var layout = ParameterLayout()
      _ = GPT2(
        inputWidth: 41,
        shape: GPT2.Shape(positions: positions),
        steps: 22,
        layout: &layout
      )
      return Dictionary(uniqueKeysWithValues: layout.slots.map { ($0.name, $0.shape) })
    }
    var expected = [
      "input_projection.weight": [64, 41], "input_projection.bias": [64],
      "transformer.h.0.ln_1.weight": [64], "transformer.h.0.ln_1.bias": [64],
      "transformer.h.0.attn.c_attn.weight": [64, 192],
      "transformer.h.0.attn.c_attn.bias": [192],
      "transformer.h.0.attn.c_proj.weight": [64, 64],
      "transformer.h.0.attn.c_proj.bias": [64],
      "transformer.h.0.ln_2.weight": [64], "transformer.h.0.ln_2.bias": [64],
      "transformer.h.0.mlp.c_fc.weight": [64, 256], "transformer.h.0.mlp.c_fc.bias": [256],
      "transformer.h.0.mlp.c_proj.weight": [256, 64], "transformer.h.0.mlp.c_proj.bias": [64],
      "transformer.ln_f.weight": [64], "transformer.ln_f.bias": [64],
    ]
    #expect(shapes(.none) == expected)
    expected["transformer.wpe.weight"] = [22, 64]
    #expect(shapes(.learned) == expected)
  }

  @Test("First weights are Hugging Face's", arguments: [1, 3])
  func firstWeights(layers: Int) {
    var layout = ParameterLayout()
    let network = GPT2(
      inputWidth: 41,
      shape: GPT2.Shape(layers: layers, positions: .learned),
      steps: 22,
      layout: &layout
    )
    var parameters = ParameterBuffer(slots: layout.slots)
    network.initialize(&parameters, seed: 3)
    for slot in layout.slots {
      let values = parameters.values(of: slot)
      if slot.shape.count == 1 {
        let isGain = slot.name.contains(".ln_") && slot.name.hasSuffix("weight")
        #expect(values.allSatisfy { $0 == (isGain ? 1 : 0) }, "\(slot.name)")
        continue
      }
      let isResidual = slot.name.hasSuffix("c_proj.weight")
      let deviation = 0.02 / (isResidual ? Double(2 * layers).squareRoot() : 1)
      let moments = Moments(of: values)
      let count = Double(values.count)
      // Five standard errors of a normal variable.
      #expect(moments.mean.magnitude < 5 * deviation / count.squareRoot(), "\(slot.name)")
      #expect(
        (moments.variance / (deviation * deviation) - 1).magnitude < 5 * (2 / count).squareRoot(),
        "\(slot.name)"
      )
    }
    // No two tensors begin alike.
    let drawn = layout.slots.filter { $0.shape.count > 1 }
    #expect(Set(drawn.map { parameters.values(of: $0)[0] }).count == drawn.count)
  }

  private static let small = GPT2.Shape(width: 6, layers: 2, heads: 2, positions: .learned)

  @Test(
    "The plain twin's gradient is the slope of its loss, for every parameter",
    arguments: [UInt64(1), 2],
    [false, true]
  )
  func finiteDifferences(seed: UInt64, drops: Bool) throws {
    let example = GPT2Case(Self.small, (4, 2, 3, 2), seed: seed)
    var factors: PlainGPT2.Factors?
    if drops {
      var tape = example.makeTape()
      _ = example.pass(drawing: TrainingDraws(seed: seed, batch: 0), tape: &tape)
      factors = PlainGPT2.Factors(try #require(example.network.dropoutFactors(on: tape)))
    }
    let twin = example.twin
    let gradient = example.pass(of: twin, dropping: factors).gradient()
    for (name, parameter) in twin.parameters {
      let check = GradientCheck(of: gradient[name, default: []], at: parameter.values) { values in
        var shifted = twin
        shifted.parameters[name]?.values = values
        // No rectifier, no kink.
        return (example.pass(of: shifted, dropping: factors).loss, true)
      }
      #expect(check.worst < 1e-6, "\(name): \(check.worst)")
      #expect(check.checked == parameter.values.count)
    }
  }

  /// A shape with steps, trials, inputs and boundaries.
  struct Sized: Sendable, CustomTestStringConvertible {
    let shape: GPT2.Shape
    let sizes: GPT2Case.Sizes

    init(
      _ width: Int,
      layers: Int = 1,
      heads: Int,
      positions: GPT2.Positions = .none,
      _ sizes: GPT2Case.Sizes
    ) {
      shape = GPT2.Shape(width: width, layers: layers, heads: heads, positions: positions)
      self.sizes = sizes
    }

    var testDescription: String {
      "\(shape.width), \(shape.layers) layers, \(shape.heads) heads, \(sizes)"
    }
  }

  /// The paper's; one of everything; narrower than a vector; ragged, with more trials than a
  /// vector has lanes; more queries than attention keeps at a time; heads wider than any tile.
  private static let sized = [
    Sized(64, heads: 8, (22, 16, 41, 24)), Sized(2, heads: 1, (1, 1, 1, 1)),
    Sized(6, heads: 3, positions: .learned, (2, 1, 3, 2)), Sized(50, heads: 5, (9, 33, 7, 3)),
    Sized(12, layers: 2, heads: 1, positions: .learned, (70, 3, 4, 2)),
    Sized(130, heads: 2, (4, 2, 41, 6)), Sized(24, layers: 4, heads: 2, (5, 18, 6, 2)),
  ]

  @Test("The fast network is its plain twin", arguments: sized, [false, true])
  func twins(_ sized: Sized, drops: Bool) throws {
    let example = GPT2Case(sized.shape, sized.sizes, seed: 5)
    var tape = example.makeTape()
    let pass = example.pass(drawing: drops ? TrainingDraws(seed: 1, batch: 2) : nil, tape: &tape)
    // With the same values dropped, the gradient is that of the function that is left.
    let factors = example.network.dropoutFactors(on: tape).map(PlainGPT2.Factors.init)
    #expect((factors != nil) == drops)
    let plain = example.pass(of: example.twin, dropping: factors)
    // Single precision against double, as in PyTorch's own comparison: a few 1e-7.
    #expect(relativeDistance(pass.states.buffer.values, plain.states) < 2e-6)
    #expect(relativeDistance(pass.logits.buffer.values, plain.logits) < 2e-6)
    #expect((pass.loss / plain.loss - 1).magnitude < 1e-6)
    let gradient = plain.gradient()
    for slot in pass.gradient.slots {
      let values = pass.gradient.values(of: slot)
      let expected = gradient[slot.name, default: []]
      let distance = relativeDistance(values, expected)
      // With one step there is nothing to choose, and with two features every norm is ±1: what is
      // zero in theory is rounding here.
      let size = expected.map(\.magnitude).max() ?? 0
      if size < 1e-4 {
        #expect(values.allSatisfy { $0.magnitude < 2e-4 }, "\(slot.name): \(values)")
      } else {
        #expect(distance < 1e-5, "\(slot.name): \(distance)")
      }
    }
  }

  @Test("A tape that was used before changes nothing", arguments: [nil, UInt64(4)])
  func tapeIsReusable(seed: UInt64?) {
    let examples = [UInt64(1), 2, 1].map { GPT2Case(Self.small, (5, 19, 4, 2), seed: $0) }
    let draws = seed.map { TrainingDraws(seed: $0, batch: 1) }
    var tape = examples[0].makeTape()
    for example in examples {
      let pass = example.pass(drawing: draws, tape: &tape)
      let alone = example.pass(drawing: draws)
      #expect(pass.gradient == alone.gradient && pass.states == alone.states)
    }
  }

  @Test("A gradient is added to what is there")
  func gradientAdds() {
    let example = GPT2Case(Self.small, (4, 3, 4, 2), seed: 1)
    var tape = example.makeTape()
    example.network.forward(example.inputs, with: example.parameters, into: &tape)
    // A gradient that differs from one feature to the next; the same for all would vanish in the
    // last norm.
    let stateGradient = SequenceBatch(
      steps: 4,
      trials: 3,
      width: 6,
      values: (0..<72).map { Float($0 % 7) - 3 }
    )
    func backward(into gradient: inout ParameterBuffer) {
      example.network.backward(
        stateGradient,
        inputs: example.inputs,
        with: example.parameters,
        through: &tape,
        into: &gradient
      )
    }
    var once = ParameterBuffer(slots: example.parameters.slots)
    backward(into: &once)
    var twice = once
    backward(into: &twice)
    // Sums that begin elsewhere round elsewhere.
    #expect(relativeDistance(twice.buffer.values, once.buffer.values.map { 2 * $0 }) < 1e-6)
    #expect(once.buffer.values.contains { $0 != 0 })
  }

  @Test("A trial's state doesn't depend on how many others there are", arguments: [1, 16, 17, 40])
  func groups(trials: Int) {
    let whole = GPT2Case(Self.small, (6, 40, 4, 2), seed: 7)
    var tape = whole.network.makeTape(steps: 6, trials: trials)
    let some = whole.inputs.selecting(Array(0..<trials))
    whole.network.forward(some, with: whole.parameters, into: &tape)
    #expect(whole.network.states(on: tape) == whole.pass().states.selecting(Array(0..<trials)))
  }
}
