import Analysis
import Compute
import Experiments
import Files
import Networks
import Testing
import Theory
import Trials

/// What is measured on a run, on a tiny network that was never trained.
@Suite("Evaluation")
struct EvaluationTests {
  private static let spec: RunSpec = {
    var spec = RunSpec.standard
    spec.seed = 3
    spec.architecture = .leakyRNN(RecurrentShape(units: 8, activation: .relu, timeConstant: 100))
    spec.paradigm.boundaries = .evenlySpacedLines(count: 12)
    spec.evaluation = EvaluationPlan(fits: 2, trials: 400)
    return spec
  }()

  private static func subject(seed: UInt64) -> NetworkSubject {
    NetworkSubject(
      spec.architecture ?? .lstm(units: 1),
      paradigm: spec.paradigm,
      seed: seed
    )
  }

  private static let answers = AnswerScore(of: subject(seed: 3), in: spec.paradigm, seed: 3)

  private static let evaluation = Evaluation(
    trained: subject(seed: 3),
    untrained: subject(seed: 3),
    answers,
    spec: spec
  )

  /// `[orthants][fits]`.
  private static func scores(_ name: String) throws -> [[Double]] {
    let values = try #require(evaluation.measurements[name]?["values"]?.array)
    return try values.map { try #require($0.array).compactMap(\.double) }
  }

  private static let names = [
    "r2.ood", "r2.ood.fixedPenalty", "r2.ood.ols", "r2.ood.adam", "r2.ood.asPublished",
  ]

  @Test("Every r² stands beside that of both floors, by orthant and fit")
  func measurements() throws {
    for prefix in ["", "floor.untrained.", "floor.encoder.", "floor.observations."] {
      for name in Self.names {
        #expect(try Self.scores(prefix + name).map(\.count) == [2, 2, 2, 2], "\(prefix)\(name)")
      }
      for name in ["r2.id", "r2.id.ols", "r2.id.adam"] {
        #expect(Self.evaluation.measurements[prefix + name]?["count"]?.int == 2, "\(prefix)\(name)")
      }
    }
    #expect(Self.evaluation.measurements["angle.encoding"]?["count"]?.int == 2)
    #expect(Self.evaluation.measurements["angle.decoder"]?["count"]?.int == 8)
    for name in ["floor.shuffled.r2.ood", "gain", "penalty"] {
      #expect(try Self.scores(name).map(\.count) == [2, 2, 2, 2], "\(name)")
    }
    let curve = try #require(Self.evaluation.measurements["r2.ood.byPenalty"])
    #expect(curve["penalties"]?.array?.count == 17 && curve["medians"]?.array?.count == 17)
    for name in ["r2.any", "r2.any.toldOrthant", "loss", "decisionLoss", "accuracy"] {
      #expect(Self.evaluation.ceilings[name]?.double != nil, "\(name)")
    }
    for name in ["r2.id.linear", "r2.ood.linear", "r2.id.unbiasedMean", "r2.ood.trainingMean"] {
      #expect(Self.evaluation.references[name]?.double != nil, "\(name)")
    }
    for name in [
      "r2.id.logits", "r2.ood.logits", "r2.ood.logits.ridge", "r2.id.probabilities",
      "r2.ood.probabilities",
      "r2.freeTiming", "prediction.r2.saturation", "prediction.r2.saturation.1e-2",
      "prediction.r2.saturation.1e-6", "prediction.outputPrecision", "prediction.usefulShare",
      "prediction.requiredTasks",
    ] {
      #expect(Self.evaluation.references[name]?.double != nil, "\(name)")
    }
    #expect(Self.evaluation.references["baseline"]?.string?.contains("1/12") == true)
  }

  @Test("The gain is the headline less the encoder's floor, fit by fit")
  func gain() throws {
    let (own, floor) = (try Self.scores("r2.ood"), try Self.scores("floor.encoder.r2.ood"))
    let gain = try Self.scores("gain")
    for orthant in 0..<4 {
      for fit in 0..<2 { #expect(gain[orthant][fit] == own[orthant][fit] - floor[orthant][fit]) }
    }
    // An untrained recurrent network is worse than the plain average of what it sees.
    #expect(gain.allSatisfy { $0.allSatisfy { $0 < 0 } })
  }

  @Test("Outputs are read beside the states, with and without a fit")
  func outputs() throws {
    let (own, outputs) = (try Self.scores("r2.ood"), try Self.scores("r2.logits.ood"))
    let beyond = try Self.scores("beyondOutputs")
    for orthant in 0..<4 {
      for fit in 0..<2 {
        #expect(beyond[orthant][fit] == own[orthant][fit] - outputs[orthant][fit])
      }
    }
    #expect(try Self.scores("r2.labelFree").map(\.count) == [1, 1, 1, 1])
    #expect(Self.evaluation.measurements["r2.labelFree.id"]?["count"]?.int == 1)
    #expect(Self.evaluation.measurements["r2.logits.id"]?["count"]?.int == 2)
  }

  @Test("Where the theorem doesn't apply to a world, the reason is said")
  func impossible() {
    #expect(LabelFreeReading(of: Self.spec).reason == nil)
    func reason(_ change: (inout RunSpec) -> Void) -> String {
      var spec = Self.spec
      change(&spec)
      return LabelFreeReading(of: spec).reason ?? "possible"
    }
    let circles = reason { $0.paradigm.boundaries.shape = .circles(radius: 0.3) }
    #expect(circles.contains("flat"))
    #expect(reason { $0.paradigm.noise = .before(.gaussian, deviation: 0) }.contains("noise"))
    #expect(reason { $0.paradigm.supervision.labelNoise = 0.1 }.contains("labels"))
    #expect(reason { $0.paradigm.supervision.target = .values }.contains("probabilities"))
    let parallel = [0.0, 0.1].map {
      Boundary.hyperplane(Hyperplane(normal: [1, 0], offset: $0))
    }
    #expect(reason { $0.paradigm.boundaries.shape = .given(parallel) }.contains("1 of 2"))
  }

  @Test("A network that was not trained is its own floor, to the last bit")
  func untrained() throws {
    for name in Self.names + ["r2.id"] {
      let own = Self.evaluation.measurements[name]
      #expect(own != nil && own == Self.evaluation.measurements["floor.untrained." + name])
    }
  }

  @Test("Summaries are medians and quartiles over orthants and fits")
  func summaries() throws {
    let values = try Self.scores("r2.ood")
    let summary = try #require(Self.evaluation.measurements["r2.ood"])
    let all = values.flatMap { $0 }.sorted()
    // Of eight values NumPy's positions are 1.75, 3.5 and 5.25.
    let expected = [
      ("lower", 0.25 * all[1] + 0.75 * all[2]), ("median", (all[3] + all[4]) / 2),
      ("upper", 0.75 * all[5] + 0.25 * all[6]),
    ]
    for (name, value) in expected {
      #expect(abs(try #require(summary[name]?.double) - value) < 1e-15)
    }
    let medians = try #require(summary["byOrthant"]?.array).compactMap(\.double)
    for (median, pair) in zip(medians, values) {
      #expect(abs(median - (pair[0] + pair[1]) / 2) < 1e-15)
    }
    #expect(medians.count == 4)
  }

  @Test("Nothing is over its ceiling, and nothing claims to be")
  func ceilings() throws {
    #expect(Self.evaluation.violations == [])
    // What an observer reaches who is told the quadrant, and 5 standard errors of 400 trials.
    let limit = 0.97988 + 5 * 0.0201 / 20
    for prefix in ["", "floor.untrained.", "floor.encoder.", "floor.observations."] {
      for name in Self.names {
        #expect(try Self.scores(prefix + name).allSatisfy { $0.allSatisfy { $0 < limit } })
      }
    }
    #expect(Self.answers.loss > (Self.evaluation.ceilings["loss"]?.double ?? .infinity))
    let accuracy = try #require(Self.answers.accuracy)
    #expect(accuracy < (Self.evaluation.ceilings["accuracy"]?.double ?? 0))
  }

  @Test("An r² over its ceiling is reported, whichever decoder it comes from")
  func violation() {
    // Trials without noise under the bound of noisy ones: what a leak would look like.
    var clear = Self.spec.paradigm
    clear.noise = .before(.gaussian, deviation: 0)
    let cheat = ZeroShotDecoding(
      of: RunningAverage(
        of: RandomEncoder(
          kind: .none,
          layout: ObservationLayout(dimensions: 2),
          seed: 0,
          noiseDeviation: 0
        ),
        timing: clear.timing
      ),
      in: clear,
      Self.spec.evaluation,
      seed: 3
    )
    func violations(deviation: Double) -> [String] {
      let bounds = Ceilings(dimensions: 2, evidence: Evidence(deviation: deviation, looks: 20))
      return Evaluation.violations(of: cheat, by: "cheating", bounds, trials: 400)
    }
    let found = violations(deviation: 0.2)
    for name in ["r2.ood ", "r2.ood.fixedPenalty ", "r2.ood.ols ", "r2.id ", "r2.id.ols "] {
      #expect(found.contains { $0.hasPrefix(name) && $0.contains("cheating") }, "\(name)")
    }
    // A ceiling of 1 is never passed, not even by rounding.
    #expect(violations(deviation: 0) == [])
  }

  @Test("Answers are scored with standard errors that 20,000 trials allow")
  func answerScore() throws {
    let answers = Self.answers
    // An untrained readout says about one half to everything.
    let accuracy = try #require(answers.accuracy)
    #expect(abs(answers.loss - 0.693) < 0.1 && abs(accuracy - 0.5) < 0.2)
    // A trial's share of right answers scatters by at most 0.5.
    let error = try #require(answers.accuracyError)
    #expect(error > 0 && error <= 0.5 / 20_000.0.squareRoot())
    #expect(answers.lossError > 0 && answers.lossError < 1e-3)
    let again = AnswerScore(of: Self.subject(seed: 3), in: Self.spec.paradigm, seed: 3)
    #expect(again == answers)
    let other = AnswerScore(of: Self.subject(seed: 3), in: Self.spec.paradigm, seed: 4)
    // Other trials: within 5 standard errors of the difference, and not the same.
    #expect(other != answers)
    #expect(abs(other.loss - answers.loss) < 5 * 2.0.squareRoot() * answers.lossError)
  }
}
