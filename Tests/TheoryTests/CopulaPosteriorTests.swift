import Testing
import Theory
import Trials

@Suite("Posteriors of latents joined by a copula")
struct CopulaPosteriorTests {
  @Test("Without correlation they are those of the box")
  func independent() {
    let line = Boundary.hyperplane(Hyperplane(normal: [0.6, -0.8], offset: 0.03))
    // The last one lies thirteen deviations from the line.
    let cases = [
      ([0.12, 0.05], 0.0447), ([-0.48, 0.45], 0.1), ([0.6, 0.1], 0.2), ([-0.4, 0.4], 0.0447),
    ]
    for (center, scale) in cases {
      let box = BoxPosterior(center: center, scale: scale)
      let copula = CopulaPosterior(box.likelihoods, correlation: 0)
      #expect(abs(copula.probability(above: line) - box.probability(above: line)) < 1e-8)
      #expect(agree(copula.logOdds(above: line), box.logOdds(above: line), within: 3e-8))
      for dimension in 0..<2 {
        #expect(abs(copula.mean[dimension] - box.mean[dimension]) < 1e-8)
      }
    }
  }

  @Test("Points agree with quadrature", arguments: [-0.7, 0.3, 0.9])
  func points(_ correlation: Double) {
    let boundaries: [Boundary] = [
      .hyperplane(Hyperplane(normal: [0.9, -0.3], offset: 0.1)),
      .ball(center: [0.2, 0.1], radius: 0.25),
    ]
    let prior = LatentDistribution(dimensions: 2, correlation: correlation)
    let points = LatticePoints(dimensions: 3, count: 4096, shifts: 16)
    for center in [[0.15, 0.1], [0.45, -0.4], [-0.2, -0.52]] {
      let box = BoxPosterior(center: center, scale: 0.1)
      let sample = SampledPosterior(box.likelihoods, prior: prior, points: points)
      let exact = CopulaPosterior(box.likelihoods, correlation: correlation)
      for boundary in boundaries {
        let estimate = sample.answer(to: boundary).probability
        let probability = exact.probability(above: boundary)
        // Sixteen shifts: five standard errors leave 2e-4 to chance.
        #expect(abs(probability - estimate.value) < 5 * estimate.standardError + 1e-7)
        // Where looks and prior contradict each other, as one at (.45, -.4) does a correlation of .9,
        // the points that count are few. That says nothing of the exact posterior under test.
        #expect(estimate.standardError < (correlation.magnitude > 0.5 ? 2e-2 : 5e-3))
      }
    }
  }

  /// Latents uniform in the box, seen through the prior of a correlated world.
  @Test("The posterior mean tested on the uniform box has the simulated r²")
  func uniformTest() throws {
    for example in try CopulaOracle.load() {
      let scale = Evidence(deviation: 0.2, looks: 20).posteriorScale
      let paradigm = Paradigm(
        boundaries: .evenlySpacedLines(count: 2),
        noise: .before(.gaussian, deviation: scale),
        timing: TrialTiming(stimulus: 1)
      )
      let generator = TrialGenerator(paradigm: paradigm, seed: 9)
      let trials = 400
      var batch = generator.makeBatch(trials: trials)
      generator.draw(into: &batch, .test(0))
      var errors: [Double] = []
      for trial in 0..<trials {
        let seen = (0..<2).map { Double(batch.observations[1, trial, 1 + $0]) }
        let posterior = CopulaPosterior(
          seen.map { .normal(center: $0, scale: scale) },
          correlation: example.rho
        )
        let mean = posterior.mean
        let squares = (0..<2).map { dimension in
          let error = mean[dimension] - Double(batch.latents[trial, dimension])
          return error * error
        }
        errors.append(6 * (squares[0] + squares[1]))
      }
      let measured = Estimate(meanOf: errors)
      // The reference has 3e-4, or more where single trials weigh as much as they do near ρ = 1.
      let reference = max(3e-4, measured.standardError / 3)
      let error = (measured.standardError * measured.standardError + reference * reference)
        .squareRoot()
      #expect(abs(1 - measured.value - example.direct) < 4 * error, "ρ = \(example.rho)")
    }
  }
}
