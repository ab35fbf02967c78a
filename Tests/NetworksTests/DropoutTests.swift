import Compute
import Networks
import TestSupport
import Testing

@Suite("Dropout")
struct DropoutTests {
  private static func example(dropout: Double, layers: Int = 2) -> GPT2Case {
    GPT2Case(
      GPT2.Shape(width: 32, layers: layers, heads: 4, dropout: dropout),
      (20, 40, 5, 3),
      seed: 1
    )
  }

  /// All factors of a batch, one array for each place.
  private static func factors(
    _ example: GPT2Case,
    seed: UInt64 = 1,
    batch: Int = 0
  ) throws -> [[Float]] {
    var tape = example.makeTape()
    _ = example.pass(drawing: TrainingDraws(seed: seed, batch: batch), tape: &tape)
    let factors = try #require(example.network.dropoutFactors(on: tape))
    return [factors.embedding.buffer.values]
      + factors.blocks.flatMap { block in
        [
          // Keys that come later than their query have no weight.
          block.weights.enumerated().filter { $0.offset % 20 <= $0.offset / 20 % 20 }.map(
            \.element
          ),
          block.attention.buffer.values, block.mlp.buffer.values,
        ]
      }
  }

  @Test("The share dropped is p everywhere, and the mean stays", arguments: [0.1, 0.5, 0.9])
  func share(probability: Double) throws {
    for values in try Self.factors(Self.example(dropout: probability)) {
      let kept = 1 / (1 - probability)
      // p counts in steps of 2⁻¹⁶, which changes 1 / (1 - p) by 1e-4 at most.
      #expect(values.allSatisfy { $0 == 0 || (Double($0) / kept - 1).magnitude < 1e-4 })
      let dropped = Double(values.count { $0 == 0 }) / Double(values.count)
      // Five standard errors.
      let error = 5 * (probability * (1 - probability) / Double(values.count)).squareRoot()
      #expect((dropped - probability).magnitude < error)
      let mean = values.reduce(0) { $0 + Double($1) } / Double(values.count)
      #expect((mean - 1).magnitude < error * kept + 1e-5)
    }
  }

  @Test("Places, layers and groups of trials have masks of their own")
  func independence() throws {
    let example = Self.example(dropout: 0.5)
    let factors = try Self.factors(example)
    #expect(factors.count == 7)
    // Two groups of sixteen trials and one of eight, in every place of [T, B, H].
    var parts: [[Bool]] = []
    for place in [0, 2, 3, 5, 6] {
      let values = factors[place]
      for group in 0..<3 {
        parts.append(
          (0..<20).flatMap { step in
            (0..<8 * 32).map { values[(step * 40 + group * 16) * 32 + $0] != 0 }
          }
        )
      }
    }
    for weights in [factors[1], factors[4]] { parts.append(weights.prefix(5120).map { $0 != 0 }) }
    for (index, one) in parts.enumerated() {
      for other in parts[..<index] {
        let agreeing = Double(zip(one, other).count { $0 == $1 }) / Double(one.count)
        // Fair coins agree half the time, within five standard errors.
        #expect((agreeing - 0.5).magnitude < 5 * 0.5 / Double(one.count).squareRoot())
      }
    }
  }

  @Test("A batch has the same masks every time; other batches and seeds have others")
  func repeatable() throws {
    let example = Self.example(dropout: 0.1)
    let (one, same) = (try Self.factors(example), try Self.factors(example))
    #expect(one == same)
    let (later, other) = (
      try Self.factors(example, batch: 1), try Self.factors(example, seed: 2)
    )
    for place in one.indices {
      #expect(one[place] != later[place] && one[place] != other[place])
    }
    let draws = TrainingDraws(seed: 3, batch: 9)
    #expect(example.pass(drawing: draws).gradient == example.pass(drawing: draws).gradient)
  }

  @Test("Without draws nothing is dropped, whatever p")
  func evaluation() {
    // The same weights, inputs and targets: they are drawn from the seed alone.
    let (some, none) = (Self.example(dropout: 0.3), Self.example(dropout: 0))
    #expect(some.parameters == none.parameters)
    #expect(some.pass().states == none.pass().states)
    #expect(some.pass().gradient == none.pass().gradient)
    var tape = some.makeTape()
    _ = some.pass(drawing: TrainingDraws(seed: 1, batch: 1), tape: &tape)
    #expect(some.pass(tape: &tape).states == none.pass().states, "after a batch of training")
    #expect(some.network.dropoutFactors(on: tape) == nil)
  }

  @Test("A probability of zero is no dropout, to the bit")
  func zero() {
    let example = Self.example(dropout: 0)
    var tape = example.makeTape()
    let pass = example.pass(drawing: TrainingDraws(seed: 1, batch: 1), tape: &tape)
    let without = example.pass()
    #expect(pass.states == without.states && pass.gradient == without.gradient)
    #expect(example.network.dropoutFactors(on: tape) == nil)
  }
}
