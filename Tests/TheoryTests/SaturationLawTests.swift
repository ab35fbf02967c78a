import Compute
import TestSupport
import Testing
import Theory
import Trials

@Suite("The saturation law")
struct SaturationLawTests {
  /// σ = 0.2, t = 20.
  private static let scale = Evidence(deviation: 0.2, looks: 20).posteriorScale

  /// N, r² and its standard error, by `Tests/Fixtures/make_saturation_reference.py`.
  private static let grouped = [(12, 0.90877, 3e-5), (24, 0.93418, 3e-5)]

  private static func law(
    _ precision: Double,
    dimensions: Int = 2,
    scale: Double = Self.scale
  ) -> SaturationLaw {
    SaturationLaw(dimensions: dimensions, scale: scale, outputPrecision: precision)
  }

  private static func hyperplanes(_ count: Int) -> BoundaryFamily {
    BoundaryFamily(.hyperplanes(offset: 0, cone: 180), count: count)
  }

  @Test("The quantile undoes the distribution, deep into the tail")
  func quantile() {
    for x in [-37.0, -20, -8, -3, -1, -0.1, 0, 0.5, 2, 6] {
      let share = NormalDistribution.cumulative(x)
      // On the right one rounding of the share is worth 1e-16 / φ(x).
      let rounding = 2e-16 / NormalDistribution.density(min(x.magnitude, 6)) * (x > 0 ? 1 : 0)
      #expect(abs(NormalDistribution.quantile(share) - x) <= 1e-14 * max(1, abs(x)) + rounding)
    }
  }

  @Test("Share of latents for which a task is useful: .281, .368, .539")
  func usefulFraction() {
    for (precision, expected) in [(1e-2, 0.281), (1e-3, 0.368), (1e-6, 0.539)] {
      #expect(abs(Self.law(precision).usefulFraction - expected) < 5e-4)
    }
  }

  @Test("Enough useful tasks: the binomial law, by its recursion")
  func binomial() {
    let law = Self.law(1e-3, dimensions: 3)
    var masses = [1.0]  // of 0, 1, 2 … useful tasks among none
    for count in 1...40 {
      masses = (0...count).map { useful in
        (useful > 0 ? masses[useful - 1] * law.usefulFraction : 0)
          + (useful < count ? masses[useful] * (1 - law.usefulFraction) : 0)
      }
      let enough = masses.dropFirst(3).reduce(0, +)
      #expect(abs(law.enoughUsefulTasks(of: count) - enough) < 1e-12)
    }
  }

  @Test("Where every output is useful, D of them tell all that the observations do")
  func exactOutputs() {
    for dimensions in [2, 3, 6] {
      let law = Self.law(1e-300, dimensions: dimensions)
      let prediction = law.prediction(for: Self.hyperplanes(dimensions))
      #expect(prediction.resolvedShare == 1)
      #expect(prediction.r2 == Ceilings(dimensions: dimensions, scale: Self.scale).anyDecoder)
    }
  }

  @Test("Sides alone, of one boundary a latent, tell the orthant", arguments: [1, 2, 5])
  func sides(dimensions: Int) {
    let law = Self.law(0.5, dimensions: dimensions, scale: 1e-4)
    let prediction = law.prediction(for: BoundaryFamily(.axes, count: dimensions))
    // 1e-3: what is left of the noise, and of the walks' memory.
    #expect(abs(prediction.r2 - Floors.orthantCenter) < 4 * prediction.standardError + 1e-3)
  }

  @Test("An axis alone leaves the other latents open")
  func missingTasks() {
    let plane = Hyperplane(normal: [1, 0, 0], offset: 0)
    let prediction = Self.law(1e-300, dimensions: 3).prediction(for: [plane])
    let one = Ceilings(dimensions: 1, scale: Self.scale).anyDecoder
    #expect(abs(prediction.r2 - one / 3) < 4 * prediction.standardError + 1e-3)
  }

  @Test(
    "Lines in the plane: random walks agree with quadrature over the cells",
    arguments: [(2, 1e-3), (3, 1e-3), (6, 1e-3), (12, 1e-2), (6, 0.5), (3, 1e-6)]
  )
  func quadrature(count: Int, precision: Double) {
    let law = Self.law(precision)
    let lines = BoundaryFamily.evenlySpacedLines(count: count)
    let prediction = law.prediction(for: lines, sampling: .init(trials: 4000))
    let plain = PlainSaturation(
      lines.boundaries(dimensions: 2, seed: 0).compactMap(\.hyperplane),
      law
    ).r2
    // 2e-3: the grid's, found by halving its steps.
    #expect(
      abs(prediction.r2 - plain) < 4 * prediction.standardError + 2e-3,
      "\(prediction) \(plain)"
    )
  }

  @Test(
    "Random hyperplanes in space: random walks agree with rejection sampling",
    arguments: [(3, 2, 1e-2), (3, 4, 1e-3), (4, 8, 1e-3), (3, 3, 0.5)]
  )
  func rejection(dimensions: Int, count: Int, precision: Double) {
    let law = Self.law(precision, dimensions: dimensions)
    let lists = (0..<200).map { seed in
      Self.hyperplanes(count).boundaries(dimensions: dimensions, seed: seed)
        .compactMap(\.hyperplane)
    }
    let prediction = law.prediction(for: Self.hyperplanes(count))
    let plain = rejectionSampled(lists, law, trialsPerList: 5)
    let error = (prediction.standardError * prediction.standardError + plain.error * plain.error)
      .squareRoot()
    #expect(abs(prediction.r2 - plain.r2) < 4 * error + 1e-3, "\(prediction) \(plain)")
  }

  @Test(
    "Cells as narrow as a wedge: sides of lines through one point tell 8/9 at most",
    arguments: [24, 200]
  )
  func wedges(count: Int) {
    // What sides of ever more lines leave open is the radius: r² → 1 - 12/108 = 8/9.
    for scale in [0, 1e-6, 1e-3] {
      let prediction = Self.law(0.5, scale: scale)
        .prediction(for: .evenlySpacedLines(count: count))
      #expect(prediction.standardError < 1.2e-3 && prediction.isSettled)
      #expect(prediction.r2 < 8.0 / 9 + 3 * prediction.standardError, "\(prediction)")
      #expect(prediction.r2 > 8.0 / 9 - 3e-3 - 3 * prediction.standardError, "\(prediction)")
    }
    let law = Self.law(1e-3, scale: 1e-6)
    #expect(law.prediction(for: .evenlySpacedLines(count: count)).r2 < 8.0 / 9 + 3e-3)
    #expect(law.requiredTasks(for: 0.99, family: BoundaryFamily.evenlySpacedLines) == nil)
  }

  @Test("Little noise: σ = 0.2 and 2000 looks agree with means grouped in Python")
  func littleNoise() {
    let law = Self.law(1e-3, scale: Evidence(deviation: 0.2, looks: 2000).posteriorScale)
    for (count, r2, error) in Self.grouped {
      let prediction = law.prediction(
        for: .evenlySpacedLines(count: count),
        sampling: .init(trials: 4000)
      )
      let tolerance = 4 * (prediction.standardError + error)
      #expect(abs(prediction.r2 - r2) < tolerance, "\(count): \(prediction), reference \(r2)")
      #expect(tolerance < 4e-3)
    }
  }

  @Test("A single latent, and one direction left of three, by quadrature", arguments: [0.5, 1e-3])
  func segments(precision: Double) {
    // N = D - 1 useful axes and one more latent, of which its side or nothing is known.
    let law = Self.law(precision, dimensions: 1, scale: 0.1)
    let prediction = law.prediction(for: [Hyperplane(normal: [1], offset: 0)])
    let reach = law.usefulReach * 0.1
    // By midpoints: the mean square of m within (reach, ∞), about its mean.
    var (mass, first, second) = (0.0, 0.0, 0.0)
    for index in 0..<20_000 {
      let u = reach + (Double(index) + 0.5) * 6e-5
      let density = NormalDistribution.probability(from: (-0.5 - u) / 0.1, to: (0.5 - u) / 0.1)
      guard density > 1e-12 else { continue }
      let mean = BoxPosterior(center: [u], scale: 0.1).mean[0]
      mass += 6e-5 * density
      first += 6e-5 * density * mean
      second += 6e-5 * density * mean * mean
    }
    let open = 12 * 2 * (second - first * first / mass)
    let expected = Ceilings(dimensions: 1, scale: 0.1).anyDecoder - open
    #expect(abs(prediction.r2 - expected) < 4 * prediction.standardError + 1e-6)
  }

  @Test("Narrow cells in space agree with rejection sampling")
  func narrowCells() {
    let law = Self.law(1e-3, dimensions: 3, scale: 1e-6)
    let family = Self.hyperplanes(48)
    let lists = (0..<200).map { seed in
      family.boundaries(dimensions: 3, seed: seed).compactMap(\.hyperplane)
    }
    let prediction = law.prediction(for: family)
    let plain = rejectionSampled(lists, law, trialsPerList: 5)
    let error = (prediction.standardError * prediction.standardError + plain.error * plain.error)
      .squareRoot()
    #expect(prediction.isSettled)
    #expect(abs(prediction.r2 - plain.r2) < 4 * error, "\(prediction) \(plain)")
  }

  @Test("Longer walks change nothing", arguments: [(2, 3, 1e-3), (4, 4, 1e-3), (10, 20, 1e-3)])
  func walks(dimensions: Int, count: Int, precision: Double) {
    let law = Self.law(precision, dimensions: dimensions)
    let short = law.prediction(for: Self.hyperplanes(count))
    let long = law.prediction(
      for: Self.hyperplanes(count),
      sampling: .init(sweeps: 64, mostSweeps: 128)
    )
    // The same trials: only the walks differ, each with a share of the error below the whole.
    let error = short.standardError + long.standardError
    #expect(short.isSettled && abs(short.r2 - long.r2) < error, "\(short) \(long)")
  }

  @Test("Evenly spaced lines at the paper's noise agree with a quadrature in Python")
  func evenlySpaced() {
    // By the grid of `PlainSaturation` in numpy, 400 steps; good to 0.001.
    let expected: [(Double, [Double])] = [
      (1e-1, [0.760, 0.861, 0.912, 0.956]), (1e-2, [0.825, 0.901, 0.948, 0.976]),
      (1e-3, [0.863, 0.923, 0.964, 0.978]), (1e-6, [0.918, 0.955, 0.976, 0.978]),
    ]
    for (precision, values) in expected {
      for (count, value) in zip([2, 3, 6, 12], values) {
        let prediction = Self.law(precision).prediction(for: .evenlySpacedLines(count: count))
        #expect(abs(prediction.r2 - value) < 4 * prediction.standardError + 1e-3)
      }
    }
  }

  @Test("Required tasks reach the target, and one less does not")
  func requiredTasks() throws {
    let law = Self.law(1e-3)
    let count = try #require(law.requiredTasks(for: 0.95, family: Self.hyperplanes))
    #expect(law.prediction(for: Self.hyperplanes(count)).r2 >= 0.95)
    #expect(law.prediction(for: Self.hyperplanes(count - 1)).r2 < 0.95)
    #expect(law.requiredTasks(for: 0.98, family: Self.hyperplanes) == nil)
    #expect(law.requiredTasks(for: 0.97, family: Self.hyperplanes, most: 4) == nil)
  }
}
