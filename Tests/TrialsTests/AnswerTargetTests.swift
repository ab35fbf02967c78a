import Compute
import Files
import RealModule
import TestSupport
import Testing
import Trials

/// Targets other than sides for cross-entropy.
@Suite("Targets: evidence, values, and sides for squared error")
struct AnswerTargetTests {
  private static func paradigm(
    _ target: AnswerTarget,
    _ family: BoundaryFamily = .evenlySpacedLines(count: 4),
    timing: TrialTiming = TrialTiming()
  ) -> Paradigm {
    Paradigm(boundaries: family, timing: timing, supervision: Supervision(target: target))
  }

  // MARK: Bounded evidence

  /// Sums of `slope · look - offset` after each look, held at the bound from where they first
  /// exceed it, in double precision.
  ///
  /// `margin` is how close a sum came to the bound before it was held: single and double precision
  /// may part there.
  private static func accumulated(
    _ looks: [[Double]],
    slope: [Double],
    offset: Double = 0,
    bound: Double
  ) -> (sums: [Double], margin: Double) {
    var sum = 0.0
    var margin = Double.infinity
    var isAbsorbed = false
    let sums = looks.map { look in
      if !isAbsorbed {
        sum += zip(slope, look).reduce(-offset) { $0 + $1.0 * $1.1 }
        margin = min(margin, (sum.magnitude - bound).magnitude)
        if sum.magnitude > bound {
          sum = sum < 0 ? -bound : bound
          isAbsorbed = true
        }
      }
      return sum
    }
    return (sums, margin)
  }

  /// The reference's slopes: `o₂ - tan φ · o₁`.
  private static func slope(_ index: Int, of count: Int) -> [Double] {
    let angle = Double(index) * .pi / Double(count) + .pi / Double(2 * count)
    return [-Double.tan(angle), 1]
  }

  @Test("The plain twin of this file is the oracle's accumulator")
  func oracle() throws {
    let cases = try #require(Fixture.json("oracle")["bounded_accumulator_cases"]?.array)
    #expect(cases.count == 4)
    func rows(_ value: JSONValue?) throws -> [[Double]] {
      try #require(value?.array).map { row in try #require(row.array).compactMap(\.double) }
    }
    for example in cases {
      let looks = try rows(example["obs"])
      let expected = try rows(example["accumulators"])
      let bound = try #require(example["bound"]?.double)
      let count = try #require(example["n_task"]?.int)
      #expect(looks.count == 22 && expected.count == 22)
      for index in 0..<count {
        let sums = Self.accumulated(looks, slope: Self.slope(index, of: count), bound: bound)
        for (found, row) in zip(sums.sums, expected) {
          // Written with 15 digits.
          #expect((found - row[index]).magnitude < 1e-13)
        }
      }
    }
  }

  /// What is wrong with the evidence of a batch; nothing where all is well.
  ///
  /// - Parameters:
  ///   - batch: Of one trial in a row, without free time.
  ///   - paradigm: Of the batch.
  ///   - slopes: What a look is multiplied by, and the offset, for each task.
  ///   - bound: `θ`.
  /// - Returns: Words, and how many sums were absorbed.
  private static func compare(
    _ batch: TrialBatch,
    _ paradigm: Paradigm,
    slopes: [([Double], Double)],
    bound: Double
  ) -> (problems: [String], absorbed: Int) {
    let timing = paradigm.timing
    var problems: [String] = []
    var absorbed = 0
    for trial in 0..<batch.trials {
      let looks = timing.stimulusSteps.map { step in
        (0..<paradigm.dimensions).map { Double(batch.observations[step, trial, 1 + $0]) }
      }
      for (task, slope) in slopes.enumerated() {
        let (sums, margin) = accumulated(looks, slope: slope.0, offset: slope.1, bound: bound)
        if sums.last?.magnitude == bound, margin > 1e-4 { absorbed += 1 }
        // Sums of 30 numbers in single precision, as large as the bound and one look.
        let largest = looks.reduce(1.0) { largest, look in
          max(largest, zip(slope.0, look).reduce(0) { $0 + ($1.0 * $1.1).magnitude })
        }
        let tolerance = 1e-5 * max(largest, bound)
        for step in 0..<timing.steps {
          let look = step - timing.fixation
          let isStimulus = look >= 0 && look < timing.stimulus
          // A lag of one step: the target of the k-th look is the sum up to the one before.
          let expected = isStimulus && look > 0 ? sums[look - 1] : 0
          let found = Double(batch.targets[step, trial, task])
          if !isStimulus, found != 0 { problems.append("\(found) outside the stimulus") }
          if margin > tolerance, !((found - expected).magnitude < tolerance) {
            problems.append("task \(task), step \(step): \(found), not \(expected)")
          }
        }
      }
    }
    return (problems, absorbed)
  }

  @Test(
    "Evidence as the reference means it: Σ o₂ - tan φ · o₁, one step late, absorbed at the bound",
    arguments: [0.5, 2, 5]
  )
  func asMeant(bound: Double) {
    for (count, timing) in [
      (4, TrialTiming()), (6, TrialTiming(fixation: 3, stimulus: 30, delay: 2, decision: 2)),
    ] {
      let paradigm = Self.paradigm(
        .boundedEvidence(.asMeant, bound: bound),
        .evenlySpacedLines(count: count),
        timing: timing
      )
      let slopes = (0..<count).map { (Self.slope($0, of: count), 0.0) }
      let result = Self.compare(paradigm.draw(300), paradigm, slopes: slopes, bound: bound)
      #expect(result.problems == [])
      // Both kinds occur, where the bound is not small.
      #expect(result.absorbed > 10 && (bound < 1 || result.absorbed < 300 * count - 10))
    }
  }

  @Test("A sum that meets the bound exactly goes on; one beyond it stays for good")
  func strictBound() {
    let line = BoundaryFamily(
      .given([.hyperplane(Hyperplane(normal: [0, 1], offset: 0))]),
      count: 1
    )
    var paradigm = Self.paradigm(.boundedEvidence(.normalised, bound: 1), line)
    let looks = paradigm.draw(60)
    var returned = 0
    for trial in 0..<60 {
      // The same additions in the same precision, so that a tie is a tie.
      var sums: [Float] = [0]
      for step in 1..<20 { sums.append(sums[step - 1] + looks.observations[step, trial, 2]) }
      func targets(_ bound: Float) -> [Float] {
        paradigm.supervision.target = .boundedEvidence(.normalised, bound: Double(bound))
        let batch = paradigm.draw(60)
        return (1...20).map { batch.targets[$0, trial, 0] }
      }
      let largest = sums.reduce(0) { max($0, $1.magnitude) }
      guard let place = sums.firstIndex(where: { $0.magnitude == largest }), place < 18 else {
        continue
      }
      returned += 1
      #expect(targets(largest) == sums)
      // One unit less holds it from there on.
      let held = sums[place] < 0 ? -largest.nextDown : largest.nextDown
      #expect(
        targets(largest.nextDown) == sums[..<place] + [Float](repeating: held, count: 20 - place)
      )
    }
    #expect(returned > 5)
  }

  @Test("Evidence as the reference's code has it: the same sums cut towards zero")
  func integers() {
    let meant = Self.paradigm(.boundedEvidence(.asMeant, bound: 5)).draw(500)
    let cut = Self.paradigm(.boundedEvidence(.integers, bound: 5)).draw(500)
    #expect(meant.observations == cut.observations)
    let pairs = zip(meant.targets.buffer.values, cut.targets.buffer.values)
    #expect(pairs.allSatisfy { $1 == $0.rounded(.towardZero) })
    let values = Set(cut.targets.buffer.values.map { Int($0) })
    #expect(values == Set(-5...5))
    // -0.9 becomes 0, where a floor would give -1.
    #expect(pairs.contains { $0 > -1 && $0 < -0.5 && $1 == 0 })
  }

  @Test("Normalised evidence sums distances, with offsets, in any dimension")
  func normalised() {
    let planes = [
      Hyperplane(normal: [3, 0, 4], offset: 0.5), Hyperplane(normal: [0, -2, 0], offset: -0.2),
      Hyperplane(normal: [-1, 0, 0], offset: 0),
    ]
    var paradigm = Self.paradigm(
      .boundedEvidence(.normalised, bound: 1.5),
      BoundaryFamily(.given(planes.map { .hyperplane($0) }), count: 3)
    )
    paradigm.latents = LatentDistribution(dimensions: 3)
    let slopes = planes.map { plane in
      (plane.normal.map { $0 / plane.normalLength }, plane.offset / plane.normalLength)
    }
    let result = Self.compare(paradigm.draw(400), paradigm, slopes: slopes, bound: 1.5)
    #expect(result.problems == [])
    #expect(result.absorbed > 100 && result.absorbed < 1100)
  }

  @Test("Vertical lines: absorbed at the first look as the reference has it, finite if normalised")
  func vertical() {
    for form in EvidenceForm.allCases {
      let batch = Self.paradigm(.boundedEvidence(form, bound: 5), .evenlySpacedLines(count: 3))
        .draw(200)
      #expect(batch.targets.buffer.values.allSatisfy { $0.isFinite && $0.magnitude <= 5 })
      for trial in 0..<200 {
        // The second line is vertical, with normal (-1, 0).
        let first = batch.observations[1, trial, 1]
        let target = batch.targets[2, trial, 1]
        if form == .normalised {
          #expect(target == -first)
        } else {
          #expect(target == (first < 0 ? 5 : -5))
        }
      }
    }
  }

  @Test("In a free time evidence is asked for up to each trial's own decision, and 0 from there on")
  func evidenceOfFreeTimes() {
    let timing = TrialTiming(fixation: 1, stimulus: 12, decision: 2, shortestStimulus: 3)
    let paradigm = Self.paradigm(.boundedEvidence(.normalised, bound: 50), timing: timing)
    let batch = paradigm.draw(200)
    let slopes = paradigm.boundaries().compactMap(\.hyperplane).map(\.normal)
    var lengths = Set<Int>()
    for trial in 0..<200 {
      let decision = (0..<15).count { batch.observations[$0, trial, 0] == 1 }
      lengths.insert(decision)
      for (task, slope) in slopes.enumerated() {
        var sum = 0.0
        for step in 1..<decision {
          // Twelve additions of numbers near 1.
          #expect((Double(batch.targets[step, trial, task]) - sum).magnitude < 3e-6)
          for dimension in 0..<2 {
            sum += slope[dimension] * Double(batch.observations[step, trial, 1 + dimension])
          }
        }
        #expect(sum != 0 && (decision..<15).allSatisfy { batch.targets[$0, trial, task] == 0 })
      }
    }
    #expect(lengths == Set(4...13))
  }

  @Test("Trials in a row begin their evidence anew")
  func evidenceInARow() {
    let timing = TrialTiming(fixation: 1, stimulus: 6, decision: 1, trialsInARow: 2)
    let paradigm = Self.paradigm(.boundedEvidence(.normalised, bound: 5), timing: timing)
    let batch = paradigm.draw(100)
    let slopes = paradigm.boundaries().compactMap(\.hyperplane).map(\.normal)
    for trial in 0..<100 {
      for first in [0, 8] {
        for (task, slope) in slopes.enumerated() {
          var sum = 0.0
          for step in 1...6 {
            // Six additions of numbers near 1.
            #expect((Double(batch.targets[first + step, trial, task]) - sum).magnitude < 1e-6)
            for dimension in 0..<2 {
              sum +=
                slope[dimension] * Double(batch.observations[first + step, trial, 1 + dimension])
            }
          }
          #expect(
            batch.targets[first, trial, task] == 0 && batch.targets[first + 7, trial, task] == 0
          )
        }
      }
    }
  }

  // MARK: Values and sides

  @Test("A regression asks for the boundary's function at the decision, and for 0 before")
  func values() {
    let timing = TrialTiming(stimulus: 3, decision: 2)
    let paradigm = Self.paradigm(
      .values,
      BoundaryFamily(.mixed(offset: 0.3, radius: 0.4), count: 6),
      timing: timing
    )
    let batch = paradigm.draw(300)
    let boundaries = paradigm.boundaries()
    for trial in 0..<300 {
      let latent = batch.latent(of: trial)
      for (index, boundary) in boundaries.enumerated() {
        for step in 0..<4 { #expect(batch.targets[step, trial, index] == 0) }
        for step in 4..<6 {
          let found = Double(batch.targets[step, trial, index])
          #expect((found - boundary.value(at: latent)).magnitude < 1e-6)
        }
      }
    }
    // Axes ask for x itself, exactly.
    let axes = Self.paradigm(.values, BoundaryFamily(.axes, count: 2)).draw(50)
    for trial in 0..<50 {
      #expect((0..<2).allSatisfy { axes.targets[21, trial, $0] == axes.latents[trial, $0] })
    }
  }

  @Test("Sides for squared error are -1 and 1, after 0")
  func squaredError() {
    let sides = Self.paradigm(.labels(.squaredError)).draw(500)
    let labels = Self.paradigm(.labels(.crossEntropy)).draw(500)
    // 0, 0.5, 1 become -1, 0, 1: exactly.
    #expect(sides.targets.buffer.values == labels.targets.buffer.values.map { 2 * $0 - 1 })
    #expect(Set(sides.targets.buffer.values) == [-1, 0, 1])
  }
}
