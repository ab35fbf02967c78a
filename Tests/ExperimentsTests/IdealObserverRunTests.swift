import Analysis
import Compute
import Experiments
import Files
import Testing
import Theory
import Trials

/// The ideal observer, measured like a network.
@Suite("The ideal observer in a run")
struct IdealObserverRunTests {
  @Test(
    "Least squares on its state reach the closed form, at every noise and dimension of the table",
    arguments: [0.1, 0.2, 0.3, 0.4, 0.6],
    [2, 4, 6, 8, 10]
  )
  func heldOut(_ deviation: Double, _ dimensions: Int) {
    let paradigm = Paradigm(
      latents: LatentDistribution(dimensions: dimensions),
      boundaries: BoundaryFamily(.axes, count: dimensions),
      noise: .before(.gaussian, deviation: deviation)
    )
    let observer = IdealObserver(paradigm, seed: 0)
    let plan = EvaluationPlan(fits: 1, trials: 2000)
    // Twenty evaluations with trials of their own: how far they lie apart is the standard error.
    let scores = (0..<20).map { seed in
      let trials = EvaluationTrials(paradigm: paradigm, plan: plan, seed: UInt64(seed))
      let cells = trials.cells.indices.map { trials.fitting(observer, cell: $0, fit: 0) }
      return mean(
        trials.regions.prefix(4).enumerated().map { index, region in
          let seen = cells.map { $0.outside(region) }.filter { $0.count > 0 }
          let fit = RidgeFit(seen.map(Moments.init(of:)))
          return fit.leastSquares.boxR2(on: Moments(of: trials.test(observer, region: index)))
        }
      )
    }
    let measured = Estimate(meanOf: scores)
    let expected = Ceilings(
      dimensions: dimensions,
      evidence: Evidence(deviation: deviation, looks: 20)
    )
    .linearHeldOut
    // Of Student's t with nineteen degrees of freedom four deviations leave 8e-4 to chance, in 25
    // worlds 2 %. That a fit on finitely many trials is a little worse costs less than half of one.
    #expect(abs(measured.value - expected) < 4 * measured.standardError)
    #expect(measured.standardError < 0.01 * (1 - expected))
  }

  @Test(
    "Its answers lie on the floor in every kind of world",
    arguments: [
      "tasks.count=6",
      "tasks.count=3 timing.free=5",
      "tasks.count=3 training.loss=squaredError training.supervision=balanced",
      "tasks.count=4 noise.kind=gumbel",
      "tasks.count=4 noise.kind=autoregressive timing.delay=2 timing.decision=2",
      "tasks.count=4 noise.kind=anisotropic tasks.interleaved=trial",
      "tasks.boundaries=hyperbolas tasks.count=4",
      "tasks.boundaries=circles tasks.count=3 training.supervision=lastStep",
      "tasks.count=3 latent.correlation=0.7",
      "tasks.count=3 latent.correlation=0.5 latent.dimensions=3 tasks.boundaries=hyperplanes",
      "tasks.boundaries=circles tasks.count=3 training.target=values",
      "tasks.boundaries=hyperbolas tasks.count=4 training.target=values noise.kind=gumbel",
      "tasks.count=2 latent.correlation=0.6 training.target=values",
      "tasks.boundaries=quadrics tasks.count=2 latent.dimensions=3 training.target=values",
      "tasks.boundaries=axes latent.dimensions=3 training.target=values",
      "tasks.boundaries=quadrics tasks.count=2 latent.dimensions=3",
    ]
  )
  func answers(_ words: String) throws {
    let spec = try Self.spec(words)
    let observer = IdealObserver(spec.paradigm, seed: spec.seed)
    let score = AnswerScore(of: observer, seed: spec.seed)
    let floor = AnswerFloor(of: spec.paradigm, seed: spec.seed, trials: 4000)
    func squared(_ a: Double, _ b: Double) -> Double { (a * a + b * b).squareRoot() }
    // Two independent draws of trials, in forty parts or more: by Student's t four deviations leave
    // 3e-4 to chance, in all these worlds' comparisons together 1 %.
    let error = squared(score.lossError, floor.loss.standardError)
    #expect(abs(score.loss - floor.loss.value) < 4 * error, "\(words)")
    if let accuracy = score.accuracy, let own = score.accuracyError, let best = floor.accuracy {
      let error = squared(own, best.standardError)
      #expect(abs(accuracy - best.value) < 4 * error, "\(words)")
    }
  }

  private static func spec(_ words: String) throws -> RunSpec {
    let pairs = ("network.architecture=ideal " + words).split(separator: " ").map(String.init)
    return try SweepExpansion(overrides: try SpecOverride.parse(pairs)).only()
  }

  @Test("A run of it trains nothing, is complete, and is not done twice")
  func run() throws {
    try withRunFolder { folder in
      let spec = try Self.spec("tasks.count=2 evaluation.fits=1 evaluation.trials=200")
      #expect(spec.runName.hasPrefix("ideal-d2-n2-s0-"))
      var progress: [RunProgress] = []
      guard
        case .completed(let record) = try Run(spec, in: folder).execute(report: {
          progress.append($0)
        })
      else {
        Issue.record("it was not completed")
        return
      }
      #expect(progress == [.evaluating])
      #expect(try folder.completedRecord() == record)
      guard
        case .completed(let again) = try Run(spec, in: folder).execute(report: { _ in
          Issue.record("it works again")
        })
      else { return }
      #expect(again == record)
      #expect(record.violations.isEmpty)
      #expect(record.json["training"]?["batches"] == .integer(0))
      let measurements = try #require(record.json["measurements"])
      #expect(measurements["floor.untrained.r2.ood"]?["median"] == .null)
      #expect(measurements["floor.untrained.r2.ood"]?["reason"]?.string != nil)
      // In white noise its state is the mean of the observations, rounded to single precision.
      let (own, observed) = (
        record.values("r2.ood.ols"), record.values("floor.observations.r2.ood.ols")
      )
      #expect(zip(own, observed).allSatisfy { abs($0 - $1) < 1e-5 } && own.count == 4)
      #expect(throws: WeightsError.self) { try WeightsFile(of: folder) }
    }
  }

  @Test("It is refused where the noise comes behind the encoder, and with keys of training")
  func refusals() throws {
    for words in ["noise.place=after", "training.batches=5", "network.units=8"] {
      #expect(throws: SpecError.self) { try Self.spec(words).checkRules() }
    }
  }
}
