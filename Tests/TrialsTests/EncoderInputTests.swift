import Compute
import TestSupport
import Testing
import Trials

/// What the encoder makes of rules, and of squares in place of ReLU.
@Suite("Encoder: squares, rules")
struct EncoderInputTests {
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

  /// The encoder's three layers in double precision.
  private static func plain(_ encoder: RandomEncoder, _ latent: [Double]) -> [Double] {
    let slots = encoder.parameters.slots
    return stride(from: 0, to: 6, by: 2).reduce(latent) { values, index in
      let weight = encoder.parameters.values(of: slots[index]).map(Double.init)
      let bias = encoder.parameters.values(of: slots[index + 1]).map(Double.init)
      return bias.indices.map { row in
        let sum = values.indices.reduce(bias[row]) {
          $0 + weight[row * values.count + $1] * values[$1]
        }
        guard index < 4 else { return sum }
        return encoder.kind == .quadratic ? sum * sum : max(sum, 0)
      }
    }
  }

  @Test("With squares and PyTorch's weights the features are PyTorch's")
  func quadraticParity() throws {
    let fixture = try Fixture("encoder-quadratic")
    let encoder = try #require(
      RandomEncoder(kind: .quadratic, layout: ObservationLayout(dimensions: 2)) {
        try? fixture.floats($0.name)
      }
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
    // PyTorch's own single precision is 3.8e-7 away from its double precision (versions.json).
    #expect(relativeToLargest(features, expected) < 1e-6)
    // Without the squares it would not be.
    let relu = try #require(
      RandomEncoder(kind: .relu, layout: ObservationLayout(dimensions: 2)) {
        try? fixture.floats($0.name)
      }
    )
    let others = Self.encode(seen, by: relu)
    let otherFeatures = (0..<count).flatMap { trial in (0..<40).map { others[0, trial, 1 + $0] } }
    #expect(relativeToLargest(otherFeatures, expected) > 0.01)
  }

  @Test(
    "Features are the plain twin's, for any number of latents and rules",
    arguments: [EncoderKind.relu, .quadratic],
    [(1, 0), (2, 3), (5, 0), (10, 12)]
  )
  func twin(kind: EncoderKind, shape: (dimensions: Int, rules: Int)) {
    let layout = ObservationLayout(dimensions: shape.dimensions, rules: shape.rules)
    let encoder = RandomEncoder(kind: kind, layout: layout, seed: 2, noiseDeviation: 0.2)
    var random = PlainRandom(seed: 3)
    let trials = 70
    var seen = SequenceBatch(steps: 3, trials: trials, width: layout.width)
    for step in 0..<3 {
      for trial in 0..<trials {
        for column in 0..<layout.passed {
          seen[step, trial, column] = Float(random.uniform(from: -2, to: 2))
        }
        // The second step shows nothing.
        for column in layout.passed..<layout.width where step != 1 {
          seen[step, trial, column] = Float(random.uniform(from: -1, to: 1))
        }
      }
    }
    let shown = Self.encode(seen, by: encoder)
    #expect(encoder.inputWidth == 1 + shape.rules + 40)
    var features: [Float] = []
    var expected: [Double] = []
    for step in 0..<3 {
      for trial in 0..<trials {
        for column in 0..<layout.passed {
          #expect(shown[step, trial, column].bitPattern == seen[step, trial, column].bitPattern)
        }
        features += (0..<40).map { shown[step, trial, layout.passed + $0] }
        expected += Self.plain(
          encoder,
          (0..<shape.dimensions).map { Double(seen[step, trial, layout.passed + $0]) }
        )
      }
    }
    // Chains of a hundred multiply-adds in single precision: as much as PyTorch's own.
    #expect(relativeToLargest(features, expected) < 1e-6)
  }

  @Test("A rule changes none of the encoder's weights, and passes by in silent steps too")
  func rulesPassBy() {
    let plain = Paradigm(boundaries: .evenlySpacedLines(count: 4))
    var ruled = plain
    ruled.supervision.interleaving = .trial
    func encoder(_ paradigm: Paradigm) -> RandomEncoder {
      RandomEncoder(kind: .relu, layout: paradigm.layout, seed: 5, noiseDeviation: 0.2)
    }
    let (one, other) = (encoder(plain), encoder(ruled))
    #expect(one.parameters == other.parameters && other.inputWidth == one.inputWidth + 4)
    let batch = ruled.draw(30)
    let shown = Self.encode(batch.observations, by: other)
    let without = Self.encode(plain.draw(30).observations, by: one)
    for step in 0..<22 {
      for trial in 0..<30 {
        #expect(shown[step, trial, 0] == without[step, trial, 0])
        for task in 0..<4 {
          #expect(shown[step, trial, 1 + task] == batch.observations[step, trial, 1 + task])
        }
        for feature in 0..<40 {
          #expect(
            shown[step, trial, 5 + feature].bitPattern
              == without[step, trial, 1 + feature].bitPattern
          )
        }
      }
    }
  }

  @Test("Without an encoder cue, rule and latents pass as they are")
  func none() {
    var paradigm = Paradigm(boundaries: .evenlySpacedLines(count: 4))
    paradigm.supervision.interleaving = .batch
    let encoder = RandomEncoder(
      kind: .none,
      layout: paradigm.layout,
      seed: 5,
      noiseDeviation: 0.2
    )
    let observations = paradigm.draw(8).observations
    #expect(encoder.inputWidth == 7 && Self.encode(observations, by: encoder) == observations)
  }
}
