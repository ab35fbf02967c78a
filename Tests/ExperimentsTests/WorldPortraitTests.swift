import Experiments
import Files
import Testing

@Suite("What the pictures of a world show")
struct WorldPortraitTests {
  private func portrait(_ words: String...) throws -> WorldPortrait {
    WorldPortrait(of: try SweepExpansion(overrides: try SpecOverride.parse(words)).only())
  }

  @Test("A straight boundary is two points on it, an ellipse a closed line around its middle")
  func zeroLinesOfKnownShapes() {
    let line = zeroLines(in: -0.5...0.5) { x, y in 3 * x + 4 * y - 1 }
    #expect(line.count == 1 && line[0].count == 2)
    for point in line.joined() {
      // Linear interpolation of a linear function: a few roundings.
      #expect(abs(3 * point.x + 4 * point.y - 1) < 1e-12)
    }
    let circle = zeroLines(in: -0.5...0.5) { x, y in 0.09 - (x - 0.1) * (x - 0.1) - y * y }
    #expect(circle.count == 1 && circle[0].first == circle[0].last)
    for point in circle.joined() {
      let radius = ((point.x - 0.1) * (point.x - 0.1) + point.y * point.y).squareRoot()
      // A chord across a cell of side 1/120 lies within its sagitta, (1/120)²/(4 · 0.3), of the arc.
      #expect(abs(radius - 0.3) < 6e-5)
    }
    #expect(zeroLines(in: -0.5...0.5) { _, _ in 1 }.isEmpty)
  }

  @Test("At a saddle no line crosses another")
  func saddle() {
    // The two branches of xy = 0.01 lie in opposite quadrants.
    let branches = zeroLines(in: -0.5...0.5) { x, y in x * y - 0.01 }
    #expect(branches.count == 2)
    for branch in branches {
      #expect(Set(branch.map { $0.x > 0 }).count == 1, "each keeps to its quadrant")
    }
  }

  @Test("Axes are as diverse as there are latents, copies add nothing, opposite answers neither")
  func diversity() throws {
    let axes = try portrait("tasks.boundaries=axes", "latent.dimensions=5").tasks
    // Off-diagonal correlations of 4000 draws have variance 1/4000: 5/(1 + 4/4000).
    #expect(abs(try #require(axes.effectiveCount) - 5) < 0.02)
    #expect(axes.sharesAbove.allSatisfy { abs($0 - 0.5) < 0.04 })  // five standard errors, 0.0079
    let copies = try portrait("tasks.count=12", "tasks.copies=12").tasks
    #expect(abs(try #require(copies.effectiveCount) - 1) < 1e-9)
    // Two diagonals of a square split it independently.
    #expect(abs(try #require(try portrait("tasks.count=2").tasks.effectiveCount) - 2) < 0.01)
  }

  @Test("Correlated latents correlate as the copula says")
  func correlation() throws {
    let latents = try portrait("latent.correlation=0.7").latents
    // (6/π) asin(0.35) = 0.6829
    #expect(abs(try #require(latents.expectedCorrelation) - 0.6829) < 1e-4)
    #expect(abs(latents.correlation - 0.6829) < 0.04)  // five standard errors of 4000 draws
    let withheld = try portrait("latent.correlation=0.7", "training.holdOut=trials").latents
    #expect(withheld.expectedCorrelation == nil, "the copula's is that of the whole box")
  }

  @Test("Withheld trials are not drawn; trials with withheld labels are, and marked")
  func withheld() throws {
    let trials = try portrait("training.holdOut=trials").latents
    #expect(trials.points.allSatisfy { !($0.x > 0 && $0.y > 0) && !$0.isUnlabelled })
    let labels = try portrait("training.holdOut=labels")
    #expect(labels.latents.points.allSatisfy { $0.isUnlabelled == ($0.x > 0 && $0.y > 0) })
    #expect(labels.latents.points.contains { $0.isUnlabelled })
    #expect(labels.latents.withheldSigns == [true, true])
    #expect(labels.answers.unlabelledTrials > 0)
    #expect(labels.trial.weights.joined().allSatisfy { $0 == 1 }, "the example is labelled")

    let last = try portrait(
      "training.holdOut=labels",
      "training.region=halfSpace",
      "latent.dimensions=4",
      "tasks.boundaries=hyperplanes"
    ).latents
    #expect(last.axes == [2, 3] && last.withheldSigns == [nil, true])
    #expect(last.points.allSatisfy { $0.isUnlabelled == ($0.y > 0) })
  }

  @Test("Periods, cue and looks of trials in a row fit each other")
  func trialsInARow() throws {
    let words = ["timing.fixation=2", "timing.stimulus=4", "timing.delay=3", "timing.decision=2"]
    let spec = try SweepExpansion(
      overrides: try SpecOverride.parse(words + ["timing.trialsInARow=2", "noise.deviation=0"])
    ).only()
    let trial = WorldPortrait(of: spec).trial
    let one: [TrialPortrait.Period?] =
      [.fixation, .fixation] + [TrialPortrait.Period?](repeating: .stimulus, count: 4)
      + [.delay, .delay, .delay, .decision, .decision]
    #expect(trial.periods == one + one)
    #expect(trial.cue == one.map { $0 == .decision ? 0 : 1 } + one.map { $0 == .decision ? 0 : 1 })
    for (dimension, looks) in trial.looks.enumerated() {
      for (step, look) in looks.enumerated() {
        // Without noise a look is the latent, in each trial its own.
        #expect(look == trial.hidden[dimension][step])
        #expect((look != nil) == (trial.periods[step] == .stimulus))
      }
      #expect(trial.hidden[dimension][2] != trial.hidden[dimension][13])
      #expect(trial.hidden[dimension][13] == trial.latent[dimension])
    }
  }

  @Test("A trial of free length has evidence during its decision, and ends")
  func freeTime() throws {
    let trial = try portrait("timing.free=2", "timing.stimulus=9", "noise.deviation=0").trial
    let decision = try #require(trial.periods.firstIndex(of: .decision))
    #expect(trial.cue.firstIndex(of: 0) == decision)
    #expect(trial.looks[0][decision] != nil)
    for step in trial.periods.indices where step > decision {
      #expect(trial.periods[step] == nil && trial.looks[0][step] == nil)
      #expect(trial.weights.allSatisfy { $0[step] == 0 })
      #expect(trial.targets.allSatisfy { $0[step] == nil })
    }
  }

  @Test("A trial gets as many labels as the spec says")
  func labels() throws {
    let some = try portrait("tasks.labelled=0.25").answers
    #expect(some.tasksPerTrial == 6 && some.answersPerTrial == 6 * 22)
    let one = try portrait("tasks.interleaved=trial", "training.supervision=lastStep").answers
    #expect(one.tasksPerTrial == 1 && one.answersPerTrial == 1)
    for trial in 0..<one.trials { #expect(one.answers.count { $0[trial] != nil } == 1) }
    let rule = try portrait("tasks.interleaved=trial").trial
    for step in rule.rules.indices {
      #expect(
        rule.weights.indices.allSatisfy { (rule.weights[$0][step] > 0) == ($0 == rule.rules[step]) }
      )
    }
  }

  @Test(
    "Drawn noise has the moments of its law",
    arguments: [
      ("gaussian", 0, 0.2), ("gumbel", 0.2 * 0.577216, 0.2 * 1.282550),
      ("autoregressive", 0, 0.2),
    ]
  )
  func noise(kind: String, mean: Double, deviation: Double) throws {
    let noise = try #require(try portrait("noise.kind=\(kind)").noise)
    let channel = noise.channels[0]
    #expect(abs(channel.expectedMean - mean) < 1e-6)
    #expect(abs(channel.expectedDeviation - deviation) < 1e-6)
    // At ρ = 0.7 the 50,000 draws are worth 9,000: five standard errors of the mean are 0.013.
    #expect(abs(channel.mean - mean) < 0.013 && abs(channel.deviation - deviation) < 0.01)
    #expect(noise.autocorrelation.count == 11 && noise.autocorrelation[0] == 1)
    for (found, expected) in zip(noise.autocorrelation, noise.expectedAutocorrelation) {
      #expect(abs(found - expected) < 0.05)
    }
    let mass = channel.histogram.reduce(0) { $0 + $1.y * channel.binWidth }
    #expect(mass > 0.99 && mass <= 1 + 1e-12)
  }

  @Test("Without an encoder the features are the latents, turned")
  func bareFeatures() throws {
    let features = try portrait("encoder.kind=none").features
    #expect(features.width == 2)
    #expect(abs(features.shares[0] - 0.5) < 1e-6 && features.shares[2] == 0)
    for (index, point) in features.points.enumerated() {
      let (x, y) = (
        FeaturePortrait.places[index / FeaturePortrait.side],
        FeaturePortrait.places[index % FeaturePortrait.side]
      )
      // A rotation keeps lengths; observations are floats.
      let length = point.reduce(0) { $0 + $1 * $1 }
      #expect(abs(length - (x * x + y * y)) < 1e-6)
    }
  }

  @Test("Several runs are refused by the names of their keys")
  func severalRuns() throws {
    let sweep = try SweepExpansion(
      overrides: try SpecOverride.parse(["seed=3..5", "tasks.count=2,6"])
    )
    #expect(throws: SpecError.severalRuns(count: 6, firstValues: ["seed=3", "tasks.count=2"])) {
      try sweep.only()
    }
  }
}
