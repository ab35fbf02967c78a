import Analysis
import Compute
import TestSupport
import Testing

@Suite("The paper's decoder")
struct AdamFitTests {
  @Test("It takes 3000, 3000, 2000, 1000, 1000 batches for 2, 3, 6, 12, 24 tasks")
  func batches() {
    #expect([2, 3, 6, 12, 24].map(AdamFit.batches(forTasks:)) == [3000, 3000, 2000, 1000, 1000])
    // The limits in between.
    #expect([5, 7, 11].map(AdamFit.batches(forTasks:)) == [3000, 2000, 2000])
  }

  /// Four independent units of variance 1 that hold the latents exactly.
  private static func easy(seed: UInt64) -> (set: StateSet, weights: DoubleMatrix) {
    let weights = DoubleMatrix(
      rows: 4,
      columns: 2,
      values: [0.4, -0.7, 0.1, 0.2, -0.5, 0, 0.9, -0.3]
    )
    var random = PlainRandom(seed: seed)
    let states = (0..<500).map { _ in (0..<4).map { _ in random.normal() } }
    let exact = LinearDecoder(weights: weights, intercept: [0.25, -0.125])
    return (StateSet(states: states, latents: states.map(exact.decode)), weights)
  }

  @Test("On an easy problem it ends at the least-squares solution", arguments: 0..<5)
  func convergence(fit: Int) {
    let (set, weights) = Self.easy(seed: 1)
    let adam = AdamFit([set], batches: 3000, seed: 3, fit: fit).decoder
    let exact = RidgePath(Moments(of: set)).leastSquares
    #expect(distance(exact.weights, weights) < 1e-6)
    // Its steps stay near the learning rate until the errors vanish, and end within one of them.
    #expect(distance(adam.weights, exact.weights) < AdamFit.learningRate)
    #expect(distance(adam.intercept, exact.intercept) < AdamFit.learningRate)
    // From where it began it had far to go.
    let start = AdamFit([set], batches: 0, seed: 3, fit: fit).decoder
    #expect(distance(start.weights, exact.weights) > 0.1)
  }

  @Test("It begins as PyTorch's linear layer, within 1/√H, and not twice at the same place")
  func start() {
    let set = StateSet.random(10, width: 64, deviation: 1, seed: 2)
    let starts = (0..<4).map { AdamFit([set], batches: 0, seed: 5, fit: $0).decoder }
    for start in starts {
      // Of 128 uniform weights the largest is below 0.9 of the bound with probability 1e-6.
      let largest = start.weights.values.reduce(0) { max($0, $1.magnitude) }
      #expect(largest <= 0.125 && largest > 0.9 * 0.125)
      #expect(start.intercept.allSatisfy { $0.magnitude <= 0.125 })
    }
    #expect(Set(starts.map(\.weights.values)).count == 4)
    let other = AdamFit([set], batches: 0, seed: 6, fit: 0).decoder
    #expect(other.weights != starts[0].weights)
  }

  @Test("Its first step moves every weight by the learning rate 3e-3")
  func firstStep() {
    let set = StateSet.random(100, width: 8, deviation: 1, seed: 3)
    let start = AdamFit([set], batches: 0, seed: 5, fit: 0).decoder
    let next = AdamFit([set], batches: 1, seed: 5, fit: 0).decoder
    for (before, after) in zip(start.weights.values, next.weights.values) {
      // m̂ / √v̂ is the sign of the gradient after one step; weights of 0.3 round by 3e-8.
      #expect(abs((after - before).magnitude - 3e-3) < 1e-6)
    }
  }

  @Test("The same seed and fit give the same bits, another fit others")
  func deterministic() {
    let set = StateSet.random(200, width: 16, deviation: 0.5, seed: 4)
    func weights(seed: UInt64, fit: Int) -> [Double] {
      AdamFit([set], batches: 50, seed: seed, fit: fit).decoder.weights.values
    }
    #expect(weights(seed: 1, fit: 2) == weights(seed: 1, fit: 2))
    #expect(weights(seed: 1, fit: 2) != weights(seed: 1, fit: 3))
    #expect(weights(seed: 1, fit: 2) != weights(seed: 2, fit: 2))
  }

  @Test("Several sets are fitted as one that holds all their trials")
  func severalSets() {
    let parts = [40, 7, 90].map { StateSet.random($0, width: 5, deviation: 0.3, seed: UInt64($0)) }
    let whole = AdamFit([.joined(parts)], batches: 60, seed: 2, fit: 1).decoder
    let fit = AdamFit(parts, batches: 60, seed: 2, fit: 1).decoder
    #expect(fit.weights == whole.weights && fit.intercept == whole.intercept)
  }
}
