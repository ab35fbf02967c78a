import Compute
import TestSupport
import Testing
import Trials

@Suite("Frozen encoder")
struct RandomEncoderTests {
  private static let paradigm = Paradigm(boundaries: .evenlySpacedLines(count: 2))

  private static func trials(_ count: Int) -> SequenceBatch {
    paradigm.draw(count, seed: 1).observations
  }

  private static func encoder(_ kind: EncoderKind, seed: UInt64 = 1) -> RandomEncoder {
    RandomEncoder(kind: kind, layout: paradigm.layout, seed: seed, noiseDeviation: 0.2)
  }

  private static func encode(_ batch: SequenceBatch, by encoder: RandomEncoder) -> SequenceBatch {
    var inputs = SequenceBatch(
      steps: batch.steps,
      trials: batch.trials,
      // Whatever isn't written shows.
      width: encoder.inputWidth,
      repeating: .nan
    )
    encoder.encode(batch, into: &inputs)
    return inputs
  }

  @Test("With PyTorch's weights the features are PyTorch's")
  func parity() throws {
    let fixture = try Fixture("encoder")
    let encoder = try #require(
      RandomEncoder(kind: .relu, layout: Self.paradigm.layout) { try? fixture.floats($0.name) }
    )
    let inputs = try fixture.floats("inputs")
    let expected = try fixture.floats("outputs")
    let count = inputs.count / 2
    let seen = SequenceBatch(
      steps: 1,
      trials: count,
      width: 3,
      values: (0..<count).flatMap { [0.25, inputs[2 * $0], inputs[2 * $0 + 1]] }
    )
    let shown = Self.encode(seen, by: encoder)
    let features = (0..<count).flatMap { trial in (0..<40).map { shown[0, trial, 1 + $0] } }
    // PyTorch's own single precision is 2.6e-7 away from its double precision (versions.json), and
    // so is ours at most, with another order of additions.
    #expect(relativeToLargest(features, expected) < 1e-6)
    #expect((0..<count).allSatisfy { shown[0, $0, 0] == 0.25 })

    // The first observation is the blank one: as a step without stimulus it takes the short way.
    let blank = SequenceBatch(steps: 1, trials: 1, width: 3, values: [1, 0, 0])
    let silence = Self.encode(blank, by: encoder)
    #expect(bits((1...40).map { silence[0, 0, $0] }) == bits(features.prefix(40)))
  }

  @Test("Weights of another shape, or missing ones, make no encoder")
  func wrongWeights() {
    #expect(RandomEncoder(kind: .relu, layout: Self.paradigm.layout) { _ in nil } == nil)
    #expect(RandomEncoder(kind: .relu, layout: Self.paradigm.layout) { _ in [1, 2] } == nil)
    #expect(RandomEncoder(kind: .none, layout: Self.paradigm.layout) { _ in nil } != nil)
  }

  @Test(
    "Steps without a stimulus show f(0) and the cue",
    arguments: [EncoderKind.relu, .linearFree]
  )
  func silentSteps(kind: EncoderKind) {
    let encoder = Self.encoder(kind)
    let shown = Self.encode(Self.trials(20), by: encoder)
    #expect(encoder.inputWidth == 41 && encoder.outputWidth == 40)
    for trial in 0..<20 {
      #expect(shown[0, trial, 0] == 1 && shown[21, trial, 0] == 0)
      for feature in 1...40 {
        #expect(shown[0, trial, feature].bitPattern == shown[21, 0, feature].bitPattern)
      }
      #expect(shown[1, trial, 1] != shown[0, trial, 1])
    }
    #expect(shown.buffer.values.allSatisfy { $0.isFinite })
    // A trial that looks at exactly nothing sees the same as in fixation, but the long way, since
    // its neighbour doesn't.
    var pair = SequenceBatch(steps: 1, trials: 2, width: 3)
    pair[0, 1, 1] = 0.3
    let seen = Self.encode(pair, by: encoder)
    #expect((1...40).allSatisfy { seen[0, 0, $0] == shown[0, 0, $0] })
  }

  @Test(
    "How many trials are encoded at once changes no bit",
    arguments: [1, 2, 63, 64, 65, 127, 128, 129]
  )
  func chunks(count: Int) {
    let encoder = Self.encoder(.relu)
    let observations = Self.trials(200)
    let all = Self.encode(observations, by: encoder)
    for first in [0, 200 - count] {
      let range = Array(first..<first + count)
      #expect(
        Self.encode(observations.selecting(range), by: encoder) == all.selecting(range)
      )
    }
  }

  @Test("Weights are PyTorch's default: uniform within 1/√(fan in)")
  func initialWeights() {
    let encoder = Self.encoder(.relu)
    #expect(
      encoder.parameters.slots.map(\.name) == [
        "encoder.0.weight", "encoder.0.bias", "encoder.2.weight", "encoder.2.bias",
        "encoder.4.weight", "encoder.4.bias",
      ]
    )
    for (slot, inputs) in zip(encoder.parameters.slots, [2.0, 2, 100, 100, 100, 100]) {
      let bound = 1 / inputs.squareRoot()
      let values = encoder.parameters.values(of: slot)
      let moments = Moments(of: values)
      let root = Double(values.count).squareRoot()
      // The bound itself is rounded.
      #expect(values.allSatisfy { Double($0.magnitude) <= bound * (1 + 1e-7) })
      // Five standard errors of a uniform variable on ±bound.
      #expect(moments.mean.magnitude < 5 * bound / 3.0.squareRoot() / root)
      #expect(
        (moments.variance - bound * bound / 3).magnitude
          < 5 * bound * bound * (4.0 / 45).squareRoot() / root
      )
    }
  }

  @Test("The seed decides the encoder")
  func seeds() {
    #expect(Self.encoder(.relu, seed: 1).parameters == Self.encoder(.relu, seed: 1).parameters)
    #expect(Self.encoder(.relu, seed: 1).parameters != Self.encoder(.relu, seed: 2).parameters)
  }

  @Test("Without an encoder the network sees the observations")
  func none() {
    let encoder = Self.encoder(.none)
    let observations = Self.trials(3)
    #expect(encoder.inputWidth == 3 && encoder.parameters.count == 0)
    #expect(Self.encode(observations, by: encoder) == observations)
  }
}
