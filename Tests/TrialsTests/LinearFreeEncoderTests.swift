import Compute
import TestSupport
import Testing
import Trials

/// What `linearFree` promises, on trials that it has not seen when it was made.
@Suite("Encoder without linear information")
struct LinearFreeEncoderTests {
  private static let paradigm = Paradigm(boundaries: .evenlySpacedLines(count: 2))
  private static let encoder = RandomEncoder(
    kind: .linearFree,
    dimensions: 2,
    seed: 3,
    noiseDeviation: 0.2
  )
  private static let plain = RandomEncoder(
    kind: .relu,
    dimensions: 2,
    seed: 3,
    noiseDeviation: 0.2
  )

  /// Features averaged over all looks, with the latents.
  private static func averages(
    _ trials: Int,
    by encoder: RandomEncoder,
    step: Int,
    looks: Int = 20
  ) -> (features: [[Double]], latents: [[Double]]) {
    var paradigm = paradigm
    paradigm.timing.stimulus = looks
    let generator = TrialGenerator(paradigm: paradigm)
    var batch = generator.makeBatch(trials: trials)
    generator.draw(
      into: &batch,
      latents: RandomStream(seed: 5, purpose: .latent, step: step),
      noise: RandomStream(seed: 5, purpose: .obsNoise, step: step)
    )
    let states = RunningAverage(of: encoder, timing: paradigm.timing).states(
      for: batch.observations
    )
    let last = states.step(states.steps - 1)
    let latents = batch.latents.view
    return (
      (0..<trials).map { trial in (0..<states.width).map { Double(last[trial, $0]) } },
      (0..<trials).map { trial in (0..<2).map { Double(latents[trial, $0]) } }
    )
  }

  private static func r2(of encoder: RandomEncoder) -> Double {
    let fitted = averages(6000, by: encoder, step: 0)
    let tested = averages(6000, by: encoder, step: 1)
    return PlainLeastSquares(of: fitted.latents, by: fitted.features).r2(
      of: tested.latents,
      by: tested.features
    )
  }

  @Test("An average of its features tells nothing about the latent, linearly")
  func averageTellsNothing() {
    // A fit of 39 weights to 6000 trials loses r² = 39/6000 = 0.007 on others. What is left of the
    // covariance, which was estimated from 2e5 observations, gives about as much: -0.005 in all was
    // measured.
    #expect(Self.r2(of: Self.encoder).magnitude < 0.02)
    // The paper's encoder gives the latent away: the same test would see it.
    #expect(Self.r2(of: Self.plain) > 0.9)
  }

  @Test("Single looks have features with mean zero and covariance one, or nothing at all")
  func whitened() {
    let count = 40_000
    let features = Self.averages(count, by: Self.encoder, step: 2, looks: 1).features
    let width = 40
    var mean = [Double](repeating: 0, count: width)
    var covariance = DoubleMatrix(rows: width, columns: width)
    for row in features {
      for index in 0..<width { mean[index] += row[index] / Double(count) }
      covariance.addOuterProduct(of: row)
    }
    let kept = (0..<width).count { features[0][$0] != 0 }
    // 2 of 40 directions carry the linear information and are zero for every trial; none of the
    // others has less than a millionth of the largest one's variance.
    #expect(kept == 38)
    let limit = 5 / Double(count).squareRoot()
    for row in 0..<width {
      #expect(mean[row].magnitude < limit)
      for column in row..<width {
        let value = covariance[row, column] / Double(count)
        let expected: Double = row == column && row < kept ? 1 : 0
        // Five standard errors, √(E[f²g²] - E[fg]²)/√n: by the features' fourth moments, which
        // reach some 25 where a unit is silent for most observations.
        #expect((value - expected).magnitude < 5 * limit, "(\(row), \(column)): \(value)")
      }
    }
  }

  @Test("It is made of the plain encoder: only the last layer differs")
  func layers() {
    let (mine, plain) = (Self.encoder.parameters, Self.plain.parameters)
    #expect(mine.slots == plain.slots)
    for (index, slot) in mine.slots.enumerated() {
      let isSame = mine.values(of: slot) == plain.values(of: slot)
      #expect(isSame == (index < 4), "\(slot.name)")
    }
  }

  @Test("The same seed gives the same bits, and the noise decides too")
  func repeatable() {
    func make(_ deviation: Double) -> ParameterBuffer {
      RandomEncoder(kind: .linearFree, dimensions: 2, seed: 3, noiseDeviation: deviation).parameters
    }
    #expect(make(0.2) == Self.encoder.parameters)
    #expect(make(0.1) != Self.encoder.parameters)
  }
}
