import Compute
import TestSupport
import Testing
import Trials

/// What `linearFree` promises, on trials that it has not seen when it was made.
@Suite("Encoder without linear information")
struct LinearFreeEncoderTests {
  private static func paradigm(_ dimensions: Int, looks: Int = 20) -> Paradigm {
    Paradigm(
      latents: LatentDistribution(dimensions: dimensions),
      boundaries: BoundaryFamily(.axes, count: dimensions),
      timing: TrialTiming(stimulus: looks)
    )
  }

  private static func make(
    _ kind: EncoderKind,
    dimensions: Int = 2,
    rules: Int = 0,
    deviation: Double = 0.2
  ) -> RandomEncoder {
    RandomEncoder(
      kind: kind,
      layout: ObservationLayout(dimensions: dimensions, rules: rules),
      seed: 3,
      noiseDeviation: deviation
    )
  }

  private static let encoder = make(.linearFree)
  private static let plain = make(.relu)

  /// Features averaged over all looks, with the latents.
  private static func averages(
    _ trials: Int,
    by encoder: RandomEncoder,
    set: Int,
    looks: Int = 20
  ) -> (features: [[Double]], latents: [[Double]]) {
    let paradigm = paradigm(encoder.dimensions, looks: looks)
    let batch = paradigm.draw(trials, .test(set), seed: 5)
    let states = RunningAverage(of: encoder, timing: paradigm.timing).states(
      for: batch.observations
    )
    let last = states.step(states.steps - 1)
    return (
      (0..<trials).map { trial in (0..<states.width).map { Double(last[trial, $0]) } },
      (0..<trials).map { batch.latent(of: $0) }
    )
  }

  @Test("What is linear in single looks is measured: nothing of it here, much of the plain one")
  func linearTrace() {
    // On the looks that it was made from only rounding is left; on others 40/200,000.
    #expect(Self.encoder.linearTrace(seed: 3, noiseDeviation: 0.2) < 1e-6)
    #expect(Self.encoder.linearTrace(seed: 4, noiseDeviation: 0.2) < 0.001)
    // A single look read linearly has r² 1/(1 + 12 σ²) = .676, which features of it can pass; no decoder
    // of a look passes .693.
    let plain = Self.plain.linearTrace(seed: 4, noiseDeviation: 0.2)
    #expect(plain > 0.5 && plain < 0.697, "\(plain)")
  }

  private static func r2(of encoder: RandomEncoder) -> Double {
    let fitted = averages(6000, by: encoder, set: 0)
    let tested = averages(6000, by: encoder, set: 1)
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
    let features = Self.averages(count, by: Self.encoder, set: 2, looks: 1).features
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
    #expect(Self.make(.linearFree).parameters == Self.encoder.parameters)
    #expect(Self.make(.linearFree, deviation: 0.1).parameters != Self.encoder.parameters)
  }

  @Test("More latents leave nothing linear either", arguments: [3, 10])
  func moreLatents(dimensions: Int) {
    // As for two latents: 40 - D weights fitted to 6000 trials lose (40 - D)/6000 of r² on others,
    // and the covariance's own errors, from 2e5 observations, about as much.
    let r2 = Self.r2(of: Self.make(.linearFree, dimensions: dimensions))
    #expect(r2.magnitude < 0.02, "measured \(r2)")
    #expect(Self.r2(of: Self.make(.relu, dimensions: dimensions)) > 0.9)
  }

  @Test("A rule beside the latents changes none of its weights")
  func rules() {
    #expect(Self.make(.linearFree, rules: 4).parameters == Self.encoder.parameters)
  }
}
