import Analysis
import Compute
import Testing
import Trials

@Suite("Zero-shot decoding of subjects whose r² is known")
struct ZeroShotDecodingTests {
  private static func paradigm(deviation: Double = 0.2) -> Paradigm {
    Paradigm(
      boundaries: .evenlySpacedLines(count: 24),
      noise: .before(.gaussian, deviation: deviation)
    )
  }

  private static let plan = EvaluationPlan(fits: 2, trials: 5000)

  private static func decoding(
    deviation: Double = 0.2,
    plan: EvaluationPlan = plan,
    width: Int = 2,
    seed: UInt64 = 1,
    _ code: @escaping @Sendable ([Double]) -> [Double]
  ) -> ZeroShotDecoding {
    ZeroShotDecoding(
      of: MeanReader(stateWidth: width, code: code),
      in: paradigm(deviation: deviation),
      plan,
      seed: seed
    )
  }

  /// The subject that remembers the mean of its looks, and nothing else.
  private static let mean = decoding { $0 }

  /// How far r² scatters over 5000 trials of two latents whose errors are about normal.
  ///
  /// Squares of normal errors scatter by √2 of their mean. All fits share the test.
  private static func standardError(_ r2: Double) -> Double {
    (1 - r2) * (2 / 10_000.0).squareRoot()
  }

  /// Least squares on the mean of the looks, on the quadrant that it was not fitted on, with
  /// infinitely many trials: the latents of three quadrants have the variances 7/144 along (1, 1)
  /// and 15/144 along (1, -1), and the fourth lies 35/144 and 3/144 from their mean.
  private static func linearHeldOut(deviation: Double) -> Double {
    let noise = deviation * deviation / 20
    let error = [(7.0, 35.0), (15.0, 3.0)].reduce(0.0) {
      (sum: Double, pair: (Double, Double)) -> Double in
      let gain = pair.0 / 144 / (pair.0 / 144 + noise)
      return sum + (1 - gain) * (1 - gain) * pair.1 / 144 + noise * gain * gain
    }
    return 1 - 6 * error
  }

  @Test("The running mean of the looks reaches .97506 held out, on every quadrant")
  func meanHeldOut() {
    let expected = Self.linearHeldOut(deviation: 0.2)
    #expect(abs(expected - 0.975056) < 1e-6)
    let error = Self.standardError(expected)
    for scores in [Self.mean.ridge, Self.mean.leastSquares, Self.mean.fixedRidge] {
      #expect(scores.map(\.count) == [2, 2, 2, 2])
      for orthant in scores { #expect(abs(Compute.mean(orthant) - expected) < 5 * error) }
      // Four tests of their own: less than what lies between this and .97656.
      #expect(abs(Compute.mean(scores.flatMap { $0 }) - expected) < 5 * error / 2)
    }
  }

  @Test("It reaches .97656 in distribution")
  func meanInDistribution() {
    let expected = 1 / (1 + 12 * 0.04 / 20)
    for scores in [Self.mean.inDistribution, Self.mean.inDistributionLeastSquares] {
      #expect(scores.count == 2)
      #expect(abs(Compute.mean(scores) - expected) < 5 * Self.standardError(expected))
    }
  }

  @Test("Under strong noise least squares lose .07 on the quadrant they never saw")
  func strongNoise() {
    let decoding = Self.decoding(deviation: 0.6) { $0 }
    let (heldOut, inside) = (Self.linearHeldOut(deviation: 0.6), 1 / (1 + 12 * 0.36 / 20))
    #expect(abs(heldOut - 0.7548) < 5e-5 && abs(inside - 0.8224) < 5e-5)
    for scores in decoding.leastSquares {
      #expect(abs(Compute.mean(scores) - heldOut) < 5 * Self.standardError(heldOut))
    }
    let found = Compute.mean(decoding.inDistributionLeastSquares)
    #expect(abs(found - inside) < 5 * Self.standardError(inside))
  }

  @Test("The decoder doesn't care how the mean is turned, stretched and moved")
  func turned() {
    let (cosine, sine) = (0.28, 0.96)
    let turned = Self.decoding { mean in
      [
        50 * (cosine * mean[0] - sine * mean[1]) + 3,
        50 * (sine * mean[0] + cosine * mean[1]) - 1,
      ]
    }
    // States of 25 in single precision are off by 1e-6, or 2e-8 of a latent.
    for (left, right) in zip(turned.ridge, Self.mean.ridge) {
      #expect(distance(left, right) < 1e-6)
    }
    #expect(distance(turned.inDistribution, Self.mean.inDistribution) < 1e-6)
    // Least squares don't care about a shear either.
    let sheared = Self.decoding(width: 3) { [$0[0] + 3 * $0[1], 0.1 * $0[1], $0[0]] }
    for (left, right) in zip(sheared.leastSquares, Self.mean.leastSquares) {
      #expect(distance(left, right) < 1e-6)
    }
  }

  @Test("A state that never varies is answered with the mean of the fitting trials: -7/12")
  func constant() {
    let blind = Self.decoding(width: 3) { _ in [0.3, -1.7, 0] }
    let trials = EvaluationTrials(paradigm: Self.paradigm(), plan: Self.plan, seed: 1)
    let reader = MeanReader(stateWidth: 2) { $0 }
    for orthant in 0..<4 {
      let test = trials.test(reader, region: orthant).latentRows
      for fit in 0..<2 {
        let seen = (0..<4).filter { $0 != orthant }.flatMap {
          trials.fitting(reader, cell: $0, fit: fit).latentRows
        }
        var error = 0.0
        for dimension in 0..<2 {
          let center = seen.reduce(0) { $0 + $1[dimension] } / Double(seen.count)
          error += test.reduce(0) { $0 + ($1[dimension] - center) * ($1[dimension] - center) }
        }
        let plain = 1 - 12 * error / Double(2 * test.count)
        // The same sums in another order.
        #expect(abs(blind.ridge[orthant][fit] - plain) < 1e-11)
        #expect(abs(blind.leastSquares[orthant][fit] - plain) < 1e-11)
        #expect(abs(blind.shuffled[orthant][fit] - plain) < 1e-11)
      }
    }
    // 12 (x + 1/12)² of uniform x from a quadrant scatters by 1.18, or .012 in a test's mean; the
    // mean of the fitting trials adds .006. Four tests.
    #expect(abs(Compute.mean(blind.ridge.flatMap { $0 }) + 7.0 / 12) < 5 * 0.0134 / 2)
    #expect(blind.inDistribution.allSatisfy { abs($0) < 5 * 12 * 0.0745 / 100 })
    // Nothing moves, so nothing has an angle.
    #expect(blind.encodingAngles == [] && blind.decoderAngles == [])
  }

  @Test("A state that forgets the signs fails: it does worse held out than the mean does")
  func magnitudes() {
    let decoding = Self.decoding { $0.map(\.magnitude) }
    // The best that three quadrants tell of |x₁| is -|x₁|/3, and x₁ = |x₁| in the one held out.
    for scores in decoding.ridge { #expect(Compute.mean(scores) < -0.5) }
    // In distribution it tells nothing.
    #expect(abs(Compute.mean(decoding.inDistribution)) < 5 * 12 * 0.0745 / 100)
  }

  @Test("A decoder never sees the orthant that it is tested on", arguments: 0..<4)
  func heldOutIsNeverSeen(orthant: Int) {
    // Without noise the mean is the latent, so that the corner of a trial is known.
    let plan = EvaluationPlan(fits: 1, trials: 300)
    let corner = SignRegion.orthants(dimensions: 2)[orthant]
    let honest = Self.decoding(deviation: 0, plan: plan) { $0 }
    let lying = Self.decoding(deviation: 0, plan: plan) { mean in
      corner.contains(mean.map { Float($0) }) ? [9, mean[0] - 4] : mean
    }
    for index in 0..<4 {
      let (before, after) = (honest.decoders[index], lying.decoders[index])
      #expect((before.weights == after.weights) == (index == orthant))
      #expect((honest.penalties[index] == lying.penalties[index]) || index != orthant)
      // The lie shows in the test of its own corner and in the decoders of all others.
      #expect(lying.ridge[index][0] < honest.ridge[index][0])
      #expect(lying.adam[index][0] < honest.adam[index][0])
    }
    #expect(lying.inDistribution[0] < honest.inDistribution[0])
  }

  @Test("Without noise the mean is decoded perfectly, and all angles are right")
  func noNoise() {
    let decoding = Self.decoding(deviation: 0, plan: EvaluationPlan(fits: 1, trials: 300)) { $0 }
    for scores in decoding.leastSquares + [decoding.inDistributionLeastSquares] {
      // Single precision holds 6e-8 of a latent.
      #expect(scores.allSatisfy { $0 <= 1 && $0 > 1 - 1e-12 })
    }
    #expect(decoding.encodingAngles.count == 1 && decoding.decoderAngles.count == 4)
    #expect(decoding.encodingAngles.allSatisfy { abs($0 - 90) < 1e-4 })
    // The least penalty, 1e-8, is left.
    #expect(decoding.decoderAngles.allSatisfy { abs($0 - 90) < 1e-4 })
    #expect(decoding.penalties.allSatisfy { $0 == [1e-8] })
  }

  @Test("As published, corners ++ and -- are tested as meant: Adam's decoder has the same r²")
  func asPublished() {
    #expect(Self.mean.asPublished.map(\.count) == [2, 2, 2, 2])
    for orthant in [0, 3] {
      for (held, published) in zip(Self.mean.adam[orthant], Self.mean.asPublished[orthant]) {
        // The same decoder on two independent tests of one law.
        #expect(abs(held - published) < 5 * 2.0.squareRoot() * Self.standardError(held))
      }
    }
  }

  @Test("As published, a failure in the corners +- and -+ goes unnoticed")
  func publishedHidesFailures() {
    // A subject that reads nothing in +- and -+: held out it must fail there.
    let decoding = Self.decoding(deviation: 0, plan: EvaluationPlan(fits: 1, trials: 300)) { mean in
      (mean[0] > 0) == (mean[1] > 0) ? mean : [5, 5]
    }
    for orthant in [1, 2] {
      #expect(decoding.adam[orthant][0] < -1)
      #expect(decoding.asPublished[orthant][0] > decoding.adam[orthant][0] + 1)
    }
  }

  @Test("On shuffled latents the same decoder learns their mean and no more")
  func shuffled() {
    let all = Self.mean.shuffled.flatMap { $0 }
    #expect(all.count == 8)
    // The scatter of the constant state's test, and slopes of 1/√20000 that act over a distance of
    // .47 on errors of 1/3: .02 each, .03 together.
    #expect(all.allSatisfy { abs($0 + 7.0 / 12) < 5 * 0.03 })
    #expect(abs(Compute.mean(all) + 7.0 / 12) < 5 * 0.03 / 2)
  }

  @Test("The shuffled floor's penalty is chosen by leaving the same regions out")
  func shuffledPenalty() {
    // Few trials and many units of little use: restraint matters.
    let plan = EvaluationPlan(fits: 2, trials: 60)
    let wave: @Sendable ([Double]) -> [Double] = { mean in
      (1...30).map {
        Double((1e4 * Double($0) * (mean[0] + 2 * mean[1])).rounded()).remainder(dividingBy: 17)
      }
    }
    let decoding = Self.decoding(plan: plan, width: 30, seed: 2, wave)
    let trials = EvaluationTrials(paradigm: Self.paradigm(), plan: plan, seed: 2)
    let reader = MeanReader(stateWidth: 30, code: wave)
    for fit in 0..<2 {
      for orthant in 0..<4 {
        let regions = (0..<4).filter { $0 != orthant }.map {
          trials.fitting(reader, cell: $0, fit: fit)
        }
        let stream = RandomStream(seed: 2, purpose: .shuffle, step: 4 * fit + orthant)
        let latents = StateSet.shuffled([.joined(regions)], stream)[0].latentRows
        // 80 trials in each region, in order.
        let mixed = regions.enumerated().map { index, region in
          StateSet(states: region.stateRows, latents: Array(latents[80 * index..<80 * (index + 1)]))
        }
        let chosen = RidgeFit(mixed.map(Moments.init(of:)))
        let test = Moments(of: trials.test(reader, region: orthant))
        #expect(decoding.shuffled[orthant][fit] == chosen.decoder.boxR2(on: test))
        #expect(chosen.penalty > RidgeFit.fixedPenalty)
        #expect(chosen.decoder.boxR2(on: test) != chosen.fixed.boxR2(on: test))
      }
    }
  }

  @Test("All penalties are scored, and the headline is the one that was chosen")
  func path() throws {
    #expect(Self.mean.path.count == 17)
    for orthant in 0..<4 {
      for fit in 0..<2 {
        let penalty = Self.mean.penalties[orthant][fit]
        let index = try #require(RidgeFit.penalties.firstIndex(of: penalty))
        #expect(Self.mean.path[index][orthant][fit] == Self.mean.ridge[orthant][fit])
        #expect(Self.mean.path[8][orthant][fit] == Self.mean.fixedRidge[orthant][fit])
      }
      // A penalty as large as the variance forgets most of what it reads.
      #expect(Compute.mean(Self.mean.path[16][orthant]) < 0.6)
    }
  }

  @Test("The same seed gives the same numbers, another seed others")
  func deterministic() {
    let plan = EvaluationPlan(fits: 1, trials: 50)
    let runs = [5, 5, 6].map { Self.decoding(plan: plan, seed: $0) { $0 } }
    for scores in [\ZeroShotDecoding.ridge, \.adam, \.asPublished, \.shuffled, \.leastSquares] {
      #expect(runs[0][keyPath: scores] == runs[1][keyPath: scores])
      #expect(runs[0][keyPath: scores] != runs[2][keyPath: scores])
    }
  }
}
