import RealModule
import Testing
import Theory
import Trials

/// Every observer after every look, against integrals that start from the looks themselves.
@Suite("Posteriors after every look, by independent quadrature")
struct ObserverFixtureTests {
  @Test("Flat and box prior in the plane: white, anisotropic, AR(1) and Gumbel noise")
  func plane() throws {
    let fixture = try ObserverFixture.load()
    let boundaries = (fixture.lines + fixture.curves).compactMap(\.boundary)
    #expect(boundaries.count == 7 && Set(fixture.plane.map(\.law)).count == 4)
    for trial in fixture.plane {
      for (index, step) in trial.steps.enumerated() {
        let likelihoods = trial.likelihoods(after: index + 1)
        let label = "\(trial.law) \(trial.sigma) after \(index + 1)"
        let box = BoxPosterior(likelihoods)
        // The fixture's integrals change by 1e-13 when they are refined. Ours were off by up to 7e-9,
        // for a circle whose edge leaves the box by .01, after Gumbel noise.
        for (boundary, expected) in zip(boundaries, step.box) {
          guard let expected else { continue }
          let odds = box.logOdds(above: boundary)
          #expect(agree(odds, expected, within: 1e-8), "\(label): \(odds) \(expected) \(boundary)")
        }
        let mean = try #require(step.mean)
        let variance = try #require(step.variance)
        for (moments, expected) in zip(box.moments, zip(mean, variance)) {
          #expect(abs(moments.mean - expected.0) < 1e-12, "\(label)")
          #expect(abs(moments.variance / expected.1 - 1) < 1e-10, "\(label)")
        }
        for (boundary, expected) in zip(boundaries, try #require(step.values)) {
          let moments = box.moments(ofValue: boundary)
          #expect(abs(moments.mean - expected[0]) < 1e-11, "\(label) \(boundary)")
          // Some of these are 1e-20, of which the fixture's differences hold nothing.
          #expect(abs(moments.variance - expected[1]) < 1e-9 * expected[1] + 1e-12, "\(label)")
        }
        let flat = FlatPosterior(likelihoods)
        for (boundary, expected) in zip(boundaries, step.flat) {
          guard let plane = boundary.hyperplane, let expected else { continue }
          let odds = flat.logOdds(above: plane)
          #expect(agree(odds, expected, within: 1e-10), "\(label): \(odds) \(expected) \(plane)")
        }
      }
    }
  }

  @Test("A Gaussian copula in the plane")
  func copulas() throws {
    let fixture = try ObserverFixture.load()
    let boundaries = [fixture.lines[0], fixture.lines[2], fixture.curves[0]].compactMap(\.boundary)
    var compared = 0
    for trial in fixture.plane {
      for (index, step) in trial.steps.enumerated() {
        guard let odds = step.copulas, let means = step.copulaMeans,
          let values = step.copulaValues
        else { continue }
        for (place, correlation) in fixture.correlations.enumerated() {
          let posterior = CopulaPosterior(
            trial.likelihoods(after: index + 1),
            correlation: correlation
          )
          let label = "\(trial.law) after \(index + 1), ρ = \(correlation)"
          for (boundary, expected) in zip(boundaries, odds[place]) {
            let own = posterior.logOdds(above: boundary)
            // 1e-8 of the probability, and 3e-8 of large odds.
            #expect(agree(own, expected, within: 3e-8), "\(label): \(own) \(expected)")
            let probability = posterior.probability(above: boundary)
            #expect(abs(probability - 1 / (1 + .exp(-expected))) < 1e-8, "\(label)")
            compared += 1
          }
          for (own, expected) in zip(posterior.mean, means[place]) {
            #expect(abs(own - expected) < 1e-9, "\(label)")
          }
          let moments = posterior.moments(ofValues: boundaries)
          for (own, expected) in zip(moments, values[place]) {
            #expect(abs(own.mean - expected[0]) < 1e-9, "\(label)")
            #expect(abs(own.variance / expected[1] - 1) < 1e-7, "\(label)")
          }
        }
      }
    }
    #expect(compared == 4 * 3 * 3 * 3)
  }

  @Test("Flat prior in three and four dimensions")
  func flatInSpace() throws {
    let fixture = try ObserverFixture.load()
    var compared = 0
    for (likelihoods, planes, step, label, refinement) in try Self.spaceSteps(fixture) {
      let posterior = FlatPosterior(likelihoods)
      for (plane, expected) in zip(planes, step.flat) {
        guard let expected else { continue }
        let odds = posterior.logOdds(above: plane)
        // What the fixture's coarser nodes change is more than what its own leave.
        #expect(agree(odds, expected, within: 1e-9 + refinement), "\(label): \(odds) \(expected)")
        compared += 1
      }
    }
    #expect(compared > 40)
  }

  @Test("Gumbel noise without a prior: both tails of a line, by integrals of 25 digits")
  func gumbelTails() throws {
    let fixture = try ObserverFixture.load()
    let trial = try #require(fixture.plane.first { $0.law == "gumbel" && $0.sigma == 0.03 })
    // ∫ f(x) P(y beyond the line | x) dx with mpmath.
    for (looks, line, expected) in [(1, 2, 17.562598037035), (2, 0, -26.775995360401)] {
      let plane = try #require(fixture.lines[line].boundary?.hyperplane)
      let odds = FlatPosterior(trial.likelihoods(after: looks)).logOdds(above: plane)
      #expect(agree(odds, expected, within: 1e-12), "\(odds)")
    }
  }

  @Test(
    "Box prior in three and four dimensions: odds lie within their stated errors, in tails, too",
    arguments: ["gaussian", "anisotropic", "autoregressive", "gumbel"]
  )
  func boxInSpace(law: String) throws {
    let fixture = try ObserverFixture.load()
    var (squares, count, largest) = (0.0, 0.0, 0.0)
    for (likelihoods, planes, step, label, refinement) in try Self.spaceSteps(fixture)
    where label.hasPrefix(law) {
      let prior = LatentDistribution(dimensions: likelihoods.count)
      // Those of the observer, and more.
      let points = LatticePoints(dimensions: likelihoods.count + 1)
      let many = LatticePoints(dimensions: likelihoods.count + 1, count: 1024, shifts: 16)
      let sample = SampledPosterior(likelihoods, prior: prior, points: points)
      let fine = SampledPosterior(likelihoods, prior: prior, points: many)
      for (plane, expected) in zip(planes, step.box) {
        let expected = try #require(expected)
        let odds = sample.answer(to: .hyperplane(plane)).logOdds
        let error = odds.value - expected
        squares += error * error / (odds.standardError * odds.standardError)
        count += 1
        largest = max(largest, abs(expected))
        // Whatever the odds are: less than a tenth of a nat from 256 points; Gumbel's tails are drawn
        // from normal densities, which fit them less.
        #expect(odds.standardError < (law == "gumbel" ? 0.3 : 0.1), "\(label): \(odds)")
        let better = fine.answer(to: .hyperplane(plane)).logOdds
        // Six standard errors by sixteen copies, of 72 comparisons 2e-3 to chance, and the fixture's.
        #expect(
          abs(better.value - expected) < 6 * better.standardError + refinement * abs(expected),
          "\(label): \(better) \(expected)"
        )
        #expect(better.standardError < (law == "gumbel" ? 0.06 : 0.02), "\(label): \(better)")
      }
    }
    #expect(count == 18 && largest > 8)
    // By eight copies a squared error is 7/5 of its stated square in the mean. The trials share their
    // points, so that the mean of all may well be three times that.
    #expect(squares / count < 4.2, "\(squares / count)")
  }

  @Test("A Gaussian copula in three dimensions: odds lie within their stated errors")
  func copulasInSpace() throws {
    let fixture = try ObserverFixture.load()
    var (squares, count, worst) = (0.0, 0.0, 0.0)
    for (likelihoods, planes, step, label, _) in try Self.spaceSteps(fixture) {
      guard let copulas = step.copulas else { continue }
      for (correlation, odds) in zip(fixture.spaceCorrelations, copulas) {
        let prior = LatentDistribution(dimensions: 3, correlation: correlation)
        let sample = SampledPosterior(
          likelihoods,
          prior: prior,
          points: LatticePoints(dimensions: 4, count: 1024, shifts: 16)
        )
        for (plane, expected) in zip(planes, odds) {
          let own = sample.answer(to: .hyperplane(plane)).logOdds
          let error = (own.value - expected) / own.standardError
          squares += error * error
          count += 1
          worst = max(worst, own.standardError)
          // Six standard errors by sixteen copies, of 54 comparisons 1e-3 to chance.
          #expect(abs(error) < 6, "\(label), ρ = \(correlation): \(own) \(expected)")
        }
      }
    }
    #expect(count == 2 * 3 * 3 * 3 && squares / count < 2.8, "\(squares / count)")
    // At ρ = 0.8 few of the points count.
    #expect(worst < 0.6, "\(worst)")
  }

  private static func spaceSteps(
    _ fixture: ObserverFixture
  ) throws -> [([Likelihood], [Hyperplane], ObserverFixture.Step, String, Double)] {
    try fixture.space.flatMap { trial in
      let planes = try #require(fixture.normals["\(trial.looks[0].count)"])
        .compactMap { $0.boundary?.hyperplane }
      return trial.steps.enumerated().map { index, step in
        let label = "\(trial.law), D = \(trial.looks[0].count), after \(index + 1)"
        return (trial.likelihoods(after: index + 1), planes, step, label, trial.refinement)
      }
    }
  }
}
