import Compute
import RealModule
import TestSupport
import Testing
import Trials

@Suite("Noise of the observations")
struct ObservationNoiseTests {
  private static func paradigm(
    _ noise: ObservationNoise,
    dimensions: Int = 2,
    encoder: EncoderKind = .relu
  ) -> Paradigm {
    Paradigm(
      latents: LatentDistribution(dimensions: dimensions),
      boundaries: BoundaryFamily(.axes, count: dimensions),
      noise: noise,
      encoder: encoder
    )
  }

  @Test("Anisotropic noise grows evenly from σ to ratio · σ", arguments: [2, 4])
  func anisotropic(dimensions: Int) {
    let trials = 10_000
    let noise = ObservationNoise.before(.anisotropic(ratio: 3), deviation: 0.1)
    let batch = Self.paradigm(noise, dimensions: dimensions).draw(trials)
    let root = Double(20 * trials).squareRoot()
    for dimension in 0..<dimensions {
      let deviation = 0.1 + 0.2 * Double(dimension) / Double(dimensions - 1)
      let values = (1...20).flatMap { batch.noise($0, dimension) }
      let moments = Moments(of: values.map { Float($0) })
      // Five standard errors of a normal sample's mean and variance.
      #expect(moments.mean.magnitude < 5 * deviation / root)
      #expect(
        (moments.variance / (deviation * deviation) - 1).magnitude < 5 * 2.0.squareRoot() / root
      )
      #expect((moments.kurtosis - 3).magnitude < 5 * 24.0.squareRoot() / root)
    }
  }

  @Test(
    "Autoregressive noise has deviation σ in every step and correlation ρ^lag between steps",
    arguments: [0.7, -0.4, 0.95]
  )
  func autoregressive(rho: Double) {
    let trials = 20_000
    let noise = ObservationNoise.before(.autoregressive(correlation: rho), deviation: 0.2)
    let batch = Self.paradigm(noise).draw(trials)
    let steps = (0...20).map { step in step == 0 ? [] : batch.noise(step, 0) }
    let root = Double(trials).squareRoot()
    for step in 1...20 {
      let moments = Moments(of: steps[step].map { Float($0) })
      // Stationary from the first step on; five standard errors.
      #expect((moments.variance / 0.04 - 1).magnitude < 5 * 2.0.squareRoot() / root, "step \(step)")
      #expect(moments.mean.magnitude < 5 * 0.2 / root)
      #expect((moments.kurtosis - 3).magnitude < 5 * 24.0.squareRoot() / root)
    }
    for (first, lag) in [(1, 1), (1, 2), (1, 5), (1, 19), (10, 1), (10, 4), (19, 1)] {
      let expected = (0..<lag).reduce(1.0) { power, _ in power * rho }
      let found = correlation(steps[first], steps[first + lag])
      // The standard error of a normal sample's correlation is (1 - r²)/√n.
      let limit = 5 * (1 - expected * expected) / root
      #expect((found - expected).magnitude < limit, "step \(first), lag \(lag): \(found)")
    }
    // Neither the other dimension nor the next trial knows of it.
    #expect(correlation(steps[7], batch.noise(7, 1)).magnitude < 5 / root)
    #expect(correlation(steps[7].dropLast(), steps[7].dropFirst()).magnitude < 5 / root)
  }

  @Test("Gumbel noise has mean 0.5772 σ, deviation πσ/√6 and Gumbel's distribution")
  func gumbel() {
    let trials = 10_000
    let scale = 0.2
    let batch = Self.paradigm(.before(.gumbel, deviation: scale)).draw(trials)
    let values = (1...20).flatMap { step in (0..<2).flatMap { batch.noise(step, $0) } }
    let root = Double(values.count).squareRoot()
    let moments = Moments(of: values.map { Float($0) })
    let variance = Double.pi * Double.pi * scale * scale / 6
    // Five standard errors; a variance's is σ² √((κ - 1)/n) with Gumbel's kurtosis κ of 5.4.
    #expect((moments.mean - 0.577215665 * scale).magnitude < 5 * variance.squareRoot() / root)
    #expect((moments.variance / variance - 1).magnitude < 5 * 4.4.squareRoot() / root)
    let probability = kolmogorovSmirnov(values) { Double.exp(-Double.exp(-$0 / scale)) }
    #expect(probability > 1e-4, "p = \(probability)")
    for (step, dimension) in [(1, 1), (2, 0), (20, 0)] {
      let found = correlation(batch.noise(1, 0), batch.noise(step, dimension))
      #expect(found.magnitude < 5 / Double(trials).squareRoot())
    }
  }

  @Test(
    "Noise behind the encoder is white on all its inputs in all steps, and the encoder sees x",
    arguments: EncoderKind.allCases,
    [0, 3]
  )
  func afterEncoder(kind: EncoderKind, rules: Int) {
    let trials = 400
    var paradigm = Self.paradigm(.after(deviation: 0.1), dimensions: 3, encoder: kind)
    if rules > 0 { paradigm.supervision.interleaving = .trial }
    var quiet = paradigm
    quiet.noise = .after(deviation: 0)
    let batch = paradigm.draw(trials)
    let passed = 1 + rules
    let width = passed + (kind == .none ? 3 : 40)
    #expect(paradigm.layout.passed == passed && paradigm.layout.featureNoise == width)
    #expect(batch.observations.width == passed + 3 + width)
    for step in 1...20 {
      for dimension in 0..<3 {
        #expect(batch.noise(step, dimension, passed: passed).allSatisfy { $0 == 0 })
      }
    }

    func inputs(_ paradigm: Paradigm, _ observations: SequenceBatch) -> SequenceBatch {
      let encoder = RandomEncoder(
        kind: kind,
        layout: paradigm.layout,
        seed: 4,
        noiseDeviation: paradigm.noise.lookDeviation
      )
      var inputs = SequenceBatch(steps: 22, trials: trials, width: encoder.inputWidth)
      encoder.encode(observations, into: &inputs)
      return inputs
    }
    let seen = inputs(paradigm, batch.observations)
    let clean = inputs(quiet, quiet.draw(trials).observations)
    #expect(seen.width == width && clean.width == width)
    let noise = zip(seen.buffer.values, clean.buffer.values).map { $0 - $1 }
    let root = Double(noise.count).squareRoot()
    let moments = Moments(of: noise)
    // Five standard errors. Features near 1 in size round the sum to 1e-7 of them, those of
    // `linearFree`, near 10, to 1e-6: nothing against 0.1.
    #expect(moments.mean.magnitude < 5 * 0.1 / root)
    #expect((moments.variance / 0.01 - 1).magnitude < 5 * 2.0.squareRoot() / root)
    #expect((moments.kurtosis - 3).magnitude < 5 * 24.0.squareRoot() / root)
    // Each column and each step alone: the cue, the rule and the silent steps get their share.
    func variance(where isMeant: (Int, Int) -> Bool) -> (Double, Int) {
      var part: [Float] = []
      for (index, value) in noise.enumerated()
      where isMeant(index / (trials * width), index % width) {
        part.append(value)
      }
      return (Moments(of: part).variance, part.count)
    }
    for column in 0..<width {
      let (found, count) = variance { $1 == column }
      #expect((found / 0.01 - 1).magnitude < 5 * (2 / Double(count)).squareRoot(), "\(column)")
    }
    for step in 0..<22 {
      let (found, count) = variance { other, _ in other == step }
      #expect((found / 0.01 - 1).magnitude < 5 * (2 / Double(count)).squareRoot(), "\(step)")
    }
  }

  @Test("Feature noise of a step, a column and a trial is its own")
  func independentFeatureNoise() {
    let trials = 20_000
    var paradigm = Self.paradigm(.after(deviation: 0.1), encoder: .none)
    paradigm.timing = TrialTiming(fixation: 1, stimulus: 2, trialsInARow: 2)
    let batch = paradigm.draw(trials)
    func column(_ step: Int, _ column: Int) -> [Double] {
      batch.seen(step, 3 + column).map(Double.init)
    }
    let first = column(0, 0)
    let limit = 5 / Double(trials).squareRoot()
    for other in [column(0, 1), column(0, 2), column(1, 0), column(3, 0), column(4, 0)] {
      #expect(correlation(first, other).magnitude < limit)
    }
    #expect(correlation(first.dropLast(), first.dropFirst()).magnitude < limit)
  }

  @Test("A test's noise is white, whatever training's was")
  func evaluated() {
    let white = Self.paradigm(.before(.gaussian, deviation: 0.3))
    for law in [
      NoiseLaw.gaussian, .anisotropic(ratio: 2), .autoregressive(correlation: 0.7), .gumbel,
    ] {
      var paradigm = Self.paradigm(.before(law, deviation: 0.3))
      paradigm.latents.correlation = 0.5
      #expect(paradigm.evaluated == white)
      let (drawn, expected) = (paradigm.evaluated.draw(9, .test(1)), white.draw(9, .test(1)))
      #expect(drawn.observations == expected.observations && drawn.targets == expected.targets)
    }
    let after = Self.paradigm(.after(deviation: 0.1))
    #expect(after.evaluated == after && after.noise.lookDeviation == 0)
    #expect(ObservationNoise.before(.gumbel, deviation: 0.3).lookDeviation == 0.3)
    #expect(ObservationNoise.after(deviation: 0).isNone && !after.noise.isNone)
    #expect(ObservationNoise.before(.gumbel, deviation: 0).isNone)
  }
}
