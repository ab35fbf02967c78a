import Compute
import Networks
import TestSupport
import Testing
import Training
import Trials

/// Training in every kind of world: it learns, and goes on exactly.
@Suite("Training in every world")
struct SupervisedTrainingTests {
  struct World: Sendable {
    var paradigm: Paradigm
    var withheld = Withheld.nothing
    /// The loss of the last batches over that of the first, and the accuracy of the last, as
    /// measured and with some room, since other kernels take another path.
    var largestShare: Double
    var leastAccuracy: Double?
  }

  private static let plain = Paradigm(
    boundaries: .evenlySpacedLines(count: 4),
    timing: TrialTiming(stimulus: 6),
    encoder: .none
  )

  private static func world(
    _ largestShare: Double,
    _ leastAccuracy: Double? = nil,
    withheld: Withheld = .nothing,
    _ change: (inout Paradigm) -> Void
  ) -> World {
    var paradigm = plain
    change(&paradigm)
    return World(
      paradigm: paradigm,
      withheld: withheld,
      largestShare: largestShare,
      leastAccuracy: leastAccuracy
    )
  }

  static let worlds: [String: World] = [
    // Seven of eight steps ask for one half and keep ln 2.
    "every step": world(0.95, 0.85) { _ in },
    "last step": world(0.45, 0.85) { $0.supervision.steps = .lastStep },
    "random step": world(0.92, 0.8) { $0.supervision.steps = .randomStep },
    "balanced": world(0.78, 0.85) { $0.supervision.steps = .balanced },
    "labelled": world(0.95, 0.83) { $0.supervision.labelled = 0.25 },
    "label noise": world(0.98, 0.75) { $0.supervision.labelNoise = 0.1 },
    "rule of a trial": world(0.85, 0.83) {
      $0.supervision.interleaving = .trial
      $0.supervision.steps = .balanced
    },
    "rule of a batch": world(0.85, 0.83) {
      $0.supervision.interleaving = .batch
      $0.supervision.steps = .balanced
    },
    "squared": world(0.45, 0.85) { $0.supervision.target = .labels(.squaredError) },
    "evidence": world(0.1) {
      $0.supervision.target = .boundedEvidence(.normalised, bound: 5)
    },
    "integers": world(0.35) {
      $0.supervision.target = .boundedEvidence(.integers, bound: 2)
    },
    "values": world(0.25) { $0.supervision.target = .values },
    "quadric values": world(0.25) {
      $0.supervision.target = .values
      $0.boundaries = BoundaryFamily(.quadrics, count: 4)
      $0.noise = .before(.gaussian, deviation: 0.05)
    },
    "free": world(0.95, 0.85) {
      $0.timing = TrialTiming(stimulus: 7, shortestStimulus: 3)
    },
    "row": world(0.95, 0.83) { $0.timing = TrialTiming(stimulus: 4, trialsInARow: 2) },
    "noise after": world(0.95, 0.85) { $0.noise = .after(deviation: 0.1) },
    "withheld trials": world(
      0.95,
      0.83,
      withheld: .trials(SignRegion(signs: [true, false]))
    ) { _ in },
    "withheld labels": world(
      0.95,
      0.83,
      withheld: .labels(SignRegion(signs: [true, false]))
    ) { _ in },
  ]

  private static func train(
    _ world: World,
    until batches: Int,
    from state: TrainingState? = nil
  ) throws -> (state: TrainingState, outcomes: [BatchOutcome]) {
    let rate = 0.01
    let subject = NetworkSubject(
      .leakyRNN(RecurrentShape(units: 24)),
      paradigm: world.paradigm,
      seed: 3
    )
    var trainer = Trainer(
      try #require(subject.network as? LeakyRNN),
      of: subject,
      paradigm: world.paradigm,
      plan: TrainingPlan(batches: batches, learningRate: rate, withheld: world.withheld),
      seed: 3,
      from: state ?? TrainingState(parameters: subject.parameters, learningRate: rate)
    )
    var outcomes: [BatchOutcome] = []
    let end = trainer.train { _, outcome in
      outcomes.append(outcome)
      return false
    }
    #expect(end == .completed)
    return (trainer.state, outcomes)
  }

  @Test("A few hundred batches bring the loss down", arguments: worlds.keys.sorted())
  func learns(name: String) throws {
    let world = try #require(Self.worlds[name])
    let outcomes = try Self.train(world, until: 400).outcomes
    let first = mean(outcomes.prefix(20).map(\.loss))
    let last = mean(outcomes.suffix(100).map(\.loss))
    #expect(last < world.largestShare * first, "from \(first) to \(last), \(last / first)")
    let accuracies = outcomes.suffix(100).compactMap(\.accuracy)
    if let leastAccuracy = world.leastAccuracy {
      let accuracy = mean(accuracies)
      #expect(accuracy > leastAccuracy, "measured \(accuracy)")
      // Those who are asked in one random step are asked about the decision now and then.
      #expect((accuracies.count < 100) == (name == "random step"))
    } else {
      #expect(accuracies.isEmpty)
    }
  }

  @Test("Going on from a state is training straight through", arguments: worlds.keys.sorted())
  func resume(name: String) throws {
    let world = try #require(Self.worlds[name])
    let whole = try Self.train(world, until: 25).state
    let half = try Self.train(world, until: 11).state
    #expect(half != whole && half.batch == 11)
    #expect(try Self.train(world, until: 25, from: half).state == whole)
  }

  @Test("What is withheld never reaches the network, and all else does")
  func withheld() throws {
    // With the labels of the whole box withheld nothing is learned at all.
    let everywhere = SignRegion(signs: [nil, nil])
    var world = Self.world(1, withheld: .labels(everywhere)) { _ in }
    let (state, outcomes) = try Self.train(world, until: 5)
    #expect(outcomes.allSatisfy { $0.loss == 0 && $0.accuracy == nil })
    let untrained = try Self.train(world, until: 0).state
    #expect(state.parameters == untrained.parameters)
    // A ball that lies in one quadrant: outside it the answer is always no.
    let corner = BoundaryFamily(.given([.ball(center: [0.5, 0.5], radius: 0.5)]), count: 1)
    world = Self.world(1, withheld: .trials(SignRegion(signs: [true, true]))) {
      $0.boundaries = corner
      $0.supervision.steps = .lastStep
    }
    let kept = mean(try Self.train(world, until: 300).outcomes.suffix(50).map(\.loss))
    world.withheld = .nothing
    let shown = mean(try Self.train(world, until: 300).outcomes.suffix(50).map(\.loss))
    #expect(kept < 0.01 && shown > 0.03, "\(kept) and \(shown)")
  }
}
