import Files
import RealModule
import TestSupport
import Testing
import Trials

@Suite("Latents joined by a Gaussian copula")
struct LatentDistributionTests {
  /// Latents alone: one look a trial.
  private static func paradigm(_ dimensions: Int, correlation: Double) -> Paradigm {
    Paradigm(
      latents: LatentDistribution(dimensions: dimensions, correlation: correlation),
      boundaries: BoundaryFamily(.axes, count: dimensions),
      timing: TrialTiming(fixation: 0, stimulus: 1, delay: 0, decision: 1)
    )
  }

  private static func pearson(_ correlation: Double) -> Double {
    6 / Double.pi * Double.asin(correlation / 2)
  }

  /// What is wrong with the latents of many trials, for each pair of dimensions; nothing where all
  /// is well.
  private func problems(
    _ latents: [[Double]],
    pearson: Double,
    sameSign: Double
  ) -> [String] {
    var problems: [String] = []
    let count = Double(latents[0].count)
    for (index, values) in latents.enumerated() {
      if !values.allSatisfy({ $0 >= -0.5 && $0 <= 0.5 }) {
        problems.append("\(index) leaves the box")
      }
      let probability = kolmogorovSmirnov(values) { $0 + 0.5 }
      if !(probability > 1e-4) { problems.append("\(index) is not uniform: p = \(probability)") }
      for other in 0..<index {
        let found = correlation(values, latents[other])
        // A sample's correlation r errs by less than √((1 - r²)/n) for uniform values: the
        // influence of a trial, xy - r (x² + y²)/2, has that variance at r = 0, and less beyond.
        let limit = 5 * ((1 - pearson * pearson) / count).squareRoot() + 1e-12
        if !((found - pearson).magnitude < limit) { problems.append("correlation \(found)") }
        let share = Double(zip(values, latents[other]).count { ($0 > 0) == ($1 > 0) }) / count
        let shareLimit = 5 * (sameSign * (1 - sameSign) / count).squareRoot() + 1e-12
        if !((share - sameSign).magnitude < shareLimit) { problems.append("one sign: \(share)") }
      }
    }
    return problems
  }

  @Test("Two latents correlate, and share their sign, as the oracle says")
  func oracle() throws {
    let cases = try #require(Fixture.json("oracle")["gaussian_copula"]?.array)
    #expect(cases.count == 8)
    for example in cases {
      let rho = try #require(example["rho"]?.double)
      let pearson = try #require(example["pearson_uniform"]?.double)
      let sameSign = try #require(example["p_same_sign"]?.double)
      // The oracle's closed forms, written again.
      #expect((Self.pearson(rho) - pearson).magnitude < 1e-12)
      #expect((0.5 + Double.asin(rho) / Double.pi - sameSign).magnitude < 1e-12)
      let batch = Self.paradigm(2, correlation: rho).draw(200_000)
      let latents = (0..<2).map(batch.latents)
      #expect(problems(latents, pearson: pearson, sameSign: sameSign) == [], "ρ = \(rho)")
    }
  }

  @Test("Three latents correlate alike, down to -1/2", arguments: [-0.5, -0.2, 0.6, 0.99])
  func three(rho: Double) {
    let batch = Self.paradigm(3, correlation: rho).draw(100_000)
    let sameSign = 0.5 + Double.asin(rho) / Double.pi
    let latents = (0..<3).map(batch.latents)
    #expect(problems(latents, pearson: Self.pearson(rho), sameSign: sameSign) == [])
    // At -1/2 the three normal numbers add up to nothing, so three signs are never alike.
    let alike = (0..<batch.trials).count { trial in
      let signs = Set((0..<3).map { latents[$0][trial] > 0 })
      return signs.count == 1
    }
    #expect((alike == 0) == (rho == -0.5))
  }

  @Test("A correlation of 1 makes all latents one, and -1 makes two opposite")
  func extremes() {
    let same = Self.paradigm(3, correlation: 1).draw(1000)
    for trial in 0..<1000 {
      #expect(same.latent(of: trial) == [Double](repeating: same.latents(0)[trial], count: 3))
    }
    let opposite = Self.paradigm(2, correlation: -1).draw(1000)
    for (one, other) in zip(opposite.latents(0), opposite.latents(1)) {
      // Φ(-g) is 1 - Φ(g), but both are rounded to single precision, at most 2^-25 off.
      #expect((one + other).magnitude < 0x1p-24)
    }
    #expect(LatentDistribution.smallestCorrelation(dimensions: 2) == -1)
    #expect(LatentDistribution.smallestCorrelation(dimensions: 3) == -0.5)
  }

  @Test("The factor times its transpose is the correlation matrix", arguments: [1, 2, 3, 10, 100])
  func factor(dimensions: Int) {
    let smallest = LatentDistribution.smallestCorrelation(dimensions: dimensions)
    for correlation in [smallest, 0.9 * smallest, 0, 0.3, 0.9, 1] {
      let factor = LatentDistribution(dimensions: dimensions, correlation: correlation).factor
      for row in 0..<dimensions {
        for column in 0..<dimensions {
          let product = (0..<dimensions).reduce(0) { $0 + factor[row, $1] * factor[column, $1] }
          // D roundings of numbers up to 1. Where the smallest correlation leaves nothing for the
          // last diagonal, its root can be √1e-16.
          let expected = row == column ? 1 : correlation
          #expect((product - expected).magnitude < 1e-13, "\(correlation): (\(row), \(column))")
          if column > row { #expect(factor[row, column] == 0) }
        }
      }
    }
  }

  @Test("Without correlation the latents are the plain uniform ones")
  func uncorrelated() {
    let plain = Paradigm(boundaries: .evenlySpacedLines(count: 2)).draw(50)
    var paradigm = Paradigm(boundaries: .evenlySpacedLines(count: 2))
    paradigm.latents = LatentDistribution(dimensions: 2, correlation: 0)
    #expect(paradigm.draw(50).latents == plain.latents)
  }

  @Test("The portable Φ is that of erfc")
  func portable() {
    var worst = 0.0
    for index in -90_000...90_000 {
      let x = Double(index) / 10_000
      let exact = 0.5 * Double.erfc(-x / 2.0.squareRoot())
      worst = max(worst, (portableNormalProbability(below: x) - exact).magnitude)
    }
    // The density is a number's 1024th power, which multiplies its rounding of 1e-16 by as much at
    // the worst: 5.5e-14 was measured. A latent in single precision is rounded to 3e-8.
    #expect(worst < 1e-13, "measured \(worst)")
    #expect(portableNormalProbability(below: 0) == 0.5)
    #expect(portableNormalProbability(below: 40) == 1 && portableNormalProbability(below: -40) == 0)
  }
}
