import Compute
import TestSupport
import Testing
import Trials

@Suite("What is asked for")
struct SupervisionTests {
  private static func paradigm(
    _ count: Int = 3,
    _ supervision: Supervision = Supervision(),
    timing: TrialTiming = TrialTiming()
  ) -> Paradigm {
    Paradigm(
      boundaries: .evenlySpacedLines(count: count),
      timing: timing,
      supervision: supervision
    )
  }

  /// The weights of a batch in every step, where all tasks and trials have the same.
  private func stepWeights(_ batch: TrialBatch) -> [Float]? {
    let weights = (0..<batch.targets.steps).map { step in
      Set(
        (0..<batch.trials).flatMap { trial in
          (0..<batch.targets.width).map { batch.weight(step, trial, $0) }
        }
      )
    }
    return weights.allSatisfy { $0.count == 1 } ? weights.compactMap(\.first) : nil
  }

  // MARK: Steps

  @Test("Every step counts alike, without weights")
  func everyStep() {
    #expect(Self.paradigm().draw(4).weights == nil)
  }

  @Test("The last step alone", arguments: [1, 3])
  func lastStep(decision: Int) {
    let timing = TrialTiming(decision: decision)
    let batch = Self.paradigm(3, Supervision(steps: .lastStep), timing: timing).draw(5)
    let last = 20 + decision
    #expect(stepWeights(batch) == (0...last).map { $0 == last ? 1 : 0 })
  }

  @Test("One random step for a whole batch, from the sixth to the last, each as often")
  func randomStep() throws {
    let generator = TrialGenerator(
      paradigm: Self.paradigm(2, Supervision(steps: .randomStep)),
      seed: 9
    )
    var batch = generator.makeBatch(trials: 4)
    var counts = [Int](repeating: 0, count: 22)
    let batches = 3400
    for index in 0..<batches {
      generator.draw(into: &batch, .training(batch: index))
      let weights = try #require(stepWeights(batch))
      #expect(weights.count { $0 == 1 } == 1 && weights.count { $0 == 0 } == 21)
      counts[try #require(weights.firstIndex(of: 1))] += 1
    }
    #expect(counts[..<5].allSatisfy { $0 == 0 })
    // Seventeen steps, each in 200 batches: five standard deviations of χ².
    #expect(unevenness(Array(counts[5...])).magnitude < 5)
  }

  @Test("Trials that are not trained on each have a random step of their own")
  func randomStepOfTests() {
    let trials = 3400
    let batch = Self.paradigm(2, Supervision(steps: .randomStep)).draw(trials, .answers)
    var counts = [Int](repeating: 0, count: 22)
    for trial in 0..<trials {
      let steps = (0..<22).filter { batch.weight($0, trial, 0) == 1 }
      #expect(steps == (0..<22).filter { batch.weight($0, trial, 1) != 0 } && steps.count == 1)
      for step in steps { counts[step] += 1 }
    }
    #expect(counts[..<5].allSatisfy { $0 == 0 })
    #expect(unevenness(Array(counts[5...])).magnitude < 5)
  }

  @Test("A trial that is shorter than six steps is asked in its last")
  func randomStepOfShortTrials() {
    let timing = TrialTiming(fixation: 1, stimulus: 2, decision: 1)
    let batch = Self.paradigm(2, Supervision(steps: .randomStep), timing: timing).draw(3)
    #expect(stepWeights(batch) == [0, 0, 0, 1])
  }

  @Test("Balanced: two steps before the decision are free, and it weighs as much as the rest")
  func balanced() {
    let batch = Self.paradigm(3, Supervision(steps: .balanced)).draw(3)
    #expect(stepWeights(batch) == [Float](repeating: 1, count: 19) + [0, 0, 19])
    let timing = TrialTiming(fixation: 2, stimulus: 6, delay: 3, decision: 4)
    let longer = Self.paradigm(3, Supervision(steps: .balanced), timing: timing).draw(3)
    // 9 steps of weight 1, and 4 that weigh 9 together.
    let expected = [Float](repeating: 1, count: 9) + [0, 0] + [Float](repeating: 2.25, count: 4)
    #expect(stepWeights(longer) == expected)
  }

  @Test("With free times each trial's own end counts", arguments: SupervisedSteps.allCases)
  func stepsOfFreeTimes(steps: SupervisedSteps) {
    let timing = TrialTiming(fixation: 1, stimulus: 12, decision: 2, shortestStimulus: 3)
    let batch = Self.paradigm(2, Supervision(steps: steps), timing: timing).draw(300)
    for trial in 0..<300 {
      let first = (0..<15).count { batch.observations[$0, trial, 0] == 1 }
      let end = first + 2
      let weights = (0..<15).map { batch.weight($0, trial, 0) }
      #expect(weights[end...].allSatisfy { $0 == 0 })
      switch steps {
      case .everyStep: #expect(weights[..<end].allSatisfy { $0 == 1 })
      case .lastStep: #expect(weights == (0..<15).map { $0 == end - 1 ? 1 : 0 })
      case .randomStep:
        #expect(weights.reduce(0, +) == 1 && weights[..<5].allSatisfy { $0 == 0 })
      case .balanced:
        let others = weights[..<(first - 2)]
        #expect(others.allSatisfy { $0 == 1 })
        // Halves of whole numbers are exact.
        #expect(weights[first..<end].reduce(0, +) == max(others.reduce(0, +), 1))
        #expect(weights[first - 2] == 0 && weights[first - 1] == 0)
      }
    }
  }

  // MARK: Tasks

  @Test(
    "A share of the tasks is labelled in each trial: max(1, round(share · N)), all as often",
    arguments: [(0.01, 1), (1.0 / 12, 1), (0.25, 3), (0.5, 6), (0.55, 7), (0.99, 12)]
  )
  func labelled(share: Double, expected: Int) {
    let trials = 12_000
    let timing = TrialTiming(fixation: 0, stimulus: 1, decision: 2)
    let batch = Self.paradigm(12, Supervision(labelled: share), timing: timing).draw(trials)
    var counts = [Double](repeating: 0, count: 12)
    var pairs = 0.0
    for trial in 0..<trials {
      let weights = (0..<12).map { batch.weight(2, trial, $0) }
      #expect(weights.allSatisfy { $0 == 0 || $0 == 1 } && weights.count { $0 == 1 } == expected)
      // In all steps of a trial the same ones.
      for step in 0..<2 { #expect((0..<12).map { batch.weight(step, trial, $0) } == weights) }
      for (task, weight) in weights.enumerated() { counts[task] += Double(weight) }
      if weights[2] == 1, weights[11] == 1 { pairs += 1 }
    }
    let (k, n) = (Double(expected), Double(trials))
    let rate = k / 12
    // Five standard errors of a share; where it is 0 or 1, no error.
    for count in counts {
      #expect((count / n - rate).magnitude <= 5 * (rate * (1 - rate) / n).squareRoot())
    }
    // Subsets are uniform: two tasks together as often as k of 12 allow.
    let both = rate * (k - 1) / 11
    #expect((pairs / n - both).magnitude <= 5 * (both * (1 - both) / n).squareRoot() + 1e-12)
  }

  @Test("Label noise turns labels, and nothing else, at its rate", arguments: [0.1, 0.4])
  func labelNoise(rate: Double) {
    let trials = 5000
    for loss in LabelLoss.allCases {
      let clean = Self.paradigm(6, Supervision(target: .labels(loss)))
      var noisy = clean
      noisy.supervision.labelNoise = rate
      let (one, other) = (clean.draw(trials), noisy.draw(trials))
      #expect(one.latents == other.latents && one.observations == other.observations)
      #expect(other.weights == nil)
      for step in 0..<21 {
        #expect((0..<6).allSatisfy { one.targets[step, 0, $0] == other.targets[step, 0, $0] })
      }
      let labels: Set<Float> = loss == .crossEntropy ? [0, 1] : [-1, 1]
      var flips = [Double](repeating: 0, count: 6)
      var pairs = 0.0
      for trial in 0..<trials {
        for boundary in 0..<6 {
          #expect(labels.contains(other.targets[21, trial, boundary]))
          if one.targets[21, trial, boundary] != other.targets[21, trial, boundary] {
            flips[boundary] += 1
            if boundary == 5, one.targets[21, trial, 0] != other.targets[21, trial, 0] {
              pairs += 1
            }
          }
        }
      }
      let n = Double(trials)
      for count in flips {
        #expect((count / n - rate).magnitude < 5 * (rate * (1 - rate) / n).squareRoot())
      }
      // Each on its own.
      let both = rate * rate
      #expect((pairs / n - both).magnitude < 5 * (both * (1 - both) / n).squareRoot())
    }
  }

  @Test("Values have no label noise")
  func valuesWithoutLabelNoise() {
    let clean = Self.paradigm(6, Supervision(target: .values))
    var noisy = clean
    noisy.supervision.labelNoise = 0.4
    #expect(clean.draw(20).targets == noisy.draw(20).targets)
  }

  // MARK: Rules

  /// The task that a trial names in every step and that alone counts, if that is so.
  private func rule(_ batch: TrialBatch, _ trial: Int, tasks: Int) -> Int? {
    let named = (0..<tasks).filter { batch.observations[0, trial, 1 + $0] == 1 }
    guard named.count == 1, let rule = named.first else { return nil }
    for step in 0..<batch.observations.steps {
      for task in 0..<tasks {
        let isRule = task == rule
        guard batch.observations[step, trial, 1 + task] == (isRule ? 1 : 0),
          batch.weight(step, trial, task) == (isRule ? 1 : 0)
        else { return nil }
      }
    }
    return rule
  }

  @Test("Interleaved tasks: a one-hot input names the one that counts, for each trial")
  func interleavedByTrial() throws {
    let trials = 4000
    let paradigm = Self.paradigm(4, Supervision(interleaving: .trial))
    let batch = paradigm.draw(trials)
    #expect(batch.observations.width == 1 + 4 + 2 && paradigm.layout.passed == 5)
    var counts = [Int](repeating: 0, count: 4)
    for trial in 0..<trials { counts[try #require(rule(batch, trial, tasks: 4))] += 1 }
    #expect(unevenness(counts).magnitude < 5)
    // Everything else is what it is without rules.
    let plain = Self.paradigm(4).draw(trials)
    #expect(plain.latents == batch.latents && plain.targets == batch.targets)
    for step in 0..<22 {
      #expect(plain.seen(step, 0) == batch.seen(step, 0))
      #expect(
        plain.seen(step, 1) == batch.seen(step, 5) && plain.seen(step, 2) == batch.seen(step, 6)
      )
    }
  }

  @Test("Interleaved tasks: one for a whole batch, another for the next")
  func interleavedByBatch() throws {
    let generator = TrialGenerator(
      paradigm: Self.paradigm(4, Supervision(interleaving: .batch)),
      seed: 9
    )
    var batch = generator.makeBatch(trials: 6)
    var counts = [Int](repeating: 0, count: 4)
    for index in 0..<2000 {
      generator.draw(into: &batch, .training(batch: index))
      let rules = Set((0..<6).map { rule(batch, $0, tasks: 4) })
      #expect(rules.count == 1)
      counts[try #require(rules.first ?? nil)] += 1
    }
    #expect(unevenness(counts).magnitude < 5)
    // A test has no batches: there every trial has its own.
    generator.draw(into: &batch, .answers)
    #expect(Set((0..<6).map { rule(batch, $0, tasks: 4) }).count > 1)
  }

  @Test("Trials in a row each have their own rule")
  func rulesInARow() {
    let timing = TrialTiming(fixation: 1, stimulus: 1, decision: 1, trialsInARow: 2)
    let paradigm = Self.paradigm(3, Supervision(interleaving: .trial), timing: timing)
    let batch = paradigm.draw(900)
    var counts = [Int](repeating: 0, count: 9)
    for trial in 0..<900 {
      let rules = [0, 3].map { first in
        (0..<3).first { batch.observations[first, trial, 1 + $0] == 1 } ?? 9
      }
      counts[3 * rules[0] + rules[1]] += 1
      for (first, rule) in zip([0, 3], rules) {
        for step in first..<first + 3 {
          #expect(
            (0..<3).map { batch.weight(step, trial, $0) } == (0..<3).map { $0 == rule ? 1 : 0 }
          )
        }
      }
    }
    #expect(unevenness(counts).magnitude < 5)
  }

  @Test("Steps and tasks weigh together")
  func together() {
    let paradigm = Self.paradigm(4, Supervision(steps: .balanced, interleaving: .trial))
    let batch = paradigm.draw(50)
    for trial in 0..<50 {
      let rule = (0..<4).first { batch.observations[0, trial, 1 + $0] == 1 }
      for (step, weight) in [(0, Float(1)), (18, 1), (19, 0), (20, 0), (21, 19)] {
        let weights = (0..<4).map { batch.weight(step, trial, $0) }
        #expect(weights == (0..<4).map { $0 == rule ? weight : 0 })
      }
    }
  }

  // MARK: What is withheld

  @Test(
    "Labels are withheld in a region, and nowhere else",
    arguments: [([true, false], 2), ([nil, nil, nil, nil, nil, nil, nil, nil, nil, true], 10)]
      as [([Bool?], Int)]
  )
  func unlabelled(signs: [Bool?], dimensions: Int) {
    let region = SignRegion(signs: signs)
    var paradigm = Self.paradigm(4, Supervision(steps: .balanced))
    paradigm.latents = LatentDistribution(dimensions: dimensions)
    paradigm.boundaries = BoundaryFamily(.hyperplanes(offset: 0, cone: 180), count: 4)
    let all = paradigm.draw(2000)
    let batch = paradigm.draw(2000, unlabelled: region)
    #expect(batch.latents == all.latents && batch.observations == all.observations)
    #expect(batch.targets == all.targets)
    var inside = 0
    for trial in 0..<2000 {
      let isInside = region.contains((0..<dimensions).map { batch.latents[trial, $0] })
      inside += isInside ? 1 : 0
      for step in [0, 19, 21] {
        for boundary in 0..<4 {
          let expected = isInside ? 0 : all.weight(step, trial, boundary)
          #expect(batch.weight(step, trial, boundary) == expected)
        }
      }
    }
    let share = region.probability
    #expect(
      (Double(inside) / 2000 - share).magnitude < 5 * (share * (1 - share) / 2000).squareRoot()
    )
  }

  @Test("Without a region all trials outside it are asked as ever, with weights of 1")
  func unlabelledWithoutOtherWeights() {
    let region = SignRegion(signs: [true, nil])
    let batch = Self.paradigm().draw(300, unlabelled: region)
    for trial in 0..<300 {
      let expected: Float = batch.latents[trial, 0] > 0 ? 0 : 1
      for step in 0..<22 { #expect(batch.weight(step, trial, 1) == expected) }
    }
  }

  @Test("Trials are withheld from a quadrant, and fill the rest evenly")
  func withheldQuadrant() {
    let trials = 30_000
    let region = SignRegion(signs: [true, false])
    let plain = Self.paradigm().draw(trials)
    let batch = Self.paradigm().draw(trials, from: .outside(region))
    var quadrants = [0, 0, 0, 0]
    var within: [[Double]] = [[], [], [], []]
    for trial in 0..<trials {
      let (x, y) = (batch.latents[trial, 0], batch.latents[trial, 1])
      #expect(!region.contains([x, y]))
      let quadrant = (x > 0 ? 1 : 0) + (y > 0 ? 2 : 0)
      quadrants[quadrant] += 1
      within[quadrant].append(Double(x.magnitude))
      // Who wasn't in the region stays who they were.
      let before = [plain.latents[trial, 0], plain.latents[trial, 1]]
      if !region.contains(before) { #expect(before == [x, y]) }
    }
    #expect(quadrants[1] == 0)
    #expect(unevenness([quadrants[0], quadrants[2], quadrants[3]]).magnitude < 5)
    for quadrant in [0, 2, 3] { #expect(kolmogorovSmirnov(within[quadrant]) { 2 * $0 } > 1e-4) }
    // Their observations belong to the new latents.
    let noise = Moments(of: batch.noise(5, 0).map { Float($0) })
    #expect((noise.variance / 0.04 - 1).magnitude < 5 * (2 / Double(trials)).squareRoot())
  }

  @Test("Trials are withheld from a half-space of ten dimensions, and fill the other evenly")
  func withheldHalfSpace() {
    let trials = 20_000
    var signs = [Bool?](repeating: nil, count: 10)
    signs[9] = true
    var paradigm = Self.paradigm(timing: TrialTiming(fixation: 0, stimulus: 1))
    paradigm.latents = LatentDistribution(dimensions: 10)
    paradigm.boundaries = BoundaryFamily(.axes, count: 10)
    let batch = paradigm.draw(trials, from: .outside(SignRegion(signs: signs)))
    #expect(batch.latents(9).allSatisfy { $0 <= 0 })
    #expect(kolmogorovSmirnov(batch.latents(9)) { 2 * $0 + 1 } > 1e-4)
    for dimension in [0, 4, 8] {
      #expect(kolmogorovSmirnov(batch.latents(dimension)) { $0 + 0.5 } > 1e-4)
      let found = correlation(batch.latents(dimension), batch.latents(9))
      #expect(found.magnitude < 5 / Double(trials).squareRoot())
    }
  }

  @Test("Correlated latents outside a region are theirs, given that they lie outside")
  func withheldAndCorrelated() {
    let trials = 40_000
    let region = SignRegion(signs: [true, true])
    var paradigm = Self.paradigm(timing: TrialTiming(fixation: 0, stimulus: 1))
    paradigm.latents.correlation = 0.5
    let batch = paradigm.draw(trials, from: .outside(region))
    var quadrants = [0, 0, 0, 0]
    for trial in 0..<trials {
      quadrants[(batch.latents[trial, 0] > 0 ? 1 : 0) + (batch.latents[trial, 1] > 0 ? 2 : 0)] += 1
    }
    #expect(quadrants[3] == 0)
    // One sign has probability 2/3 at ρ = 1/2, so the quadrants have 1/3, 1/6, 1/6, 1/3; without
    // the last 1/2, 1/4, 1/4.
    for (count, share) in zip(quadrants, [0.5, 0.25, 0.25]) {
      let limit = 5 * (share * (1 - share) / Double(trials)).squareRoot()
      #expect((Double(count) / Double(trials) - share).magnitude < limit)
    }
  }

  @Test("A region's share of the box, and the names of its signs")
  func regions() {
    let region = SignRegion(signs: [nil, true, false])
    #expect(region.probability == 0.25 && region.fixedCount == 2 && region.name == ".+-")
    #expect(SignRegion.all(ofLast: 1, dimensions: 3).map(\.name) == ["..-", "..+"])
    #expect(SignRegion.all(ofLast: 2, dimensions: 3).map(\.name) == [".--", ".-+", ".+-", ".++"])
    #expect(region.contains([-3, 0.1, 0]) && !region.contains([-3, 0, -1]))
  }
}
