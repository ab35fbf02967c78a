import Analysis
import Compute
import TestSupport
import Testing

@Suite("The field's scores of a recording") struct RecordedScoresTests {
  /// A unit for every level of two categorical factors, and noise.
  private static func categories(
    _ cells: [(kind: Int, side: Int)],
    noise: Double = 0.1,
    groups: [Int]? = nil
  ) -> Recording {
    var random = PlainRandom(seed: 3)
    let names = ["a", "b", "c", "d"]
    var states = DoubleMatrix(rows: cells.count, columns: 6)
    for (trial, cell) in cells.enumerated() {
      for unit in 0..<6 {
        let isOn = unit < 4 ? cell.kind == unit : cell.side == unit - 4
        states[trial, unit] = (isOn ? 1 : 0) + noise * random.normal()
      }
    }
    return Recording(
      states: states,
      factors: [
        Factor("kind", .categorical(cells.map(\.kind), names: names)),
        Factor("side", .categorical(cells.map(\.side), names: names)),
      ],
      groups: groups
    )
  }

  private static func score(
    _ key: String,
    _ scores: RecordedScores
  ) throws -> RecordedScores.Score {
    try #require(scores.scores.first { $0.key == key })
  }

  @Test(
    "Three and more categories are measured, pair by pair; with the best pairing nothing is lost"
  )
  func categories() async throws {
    let cells = (0..<240).map { (kind: $0 % 3, side: $0 / 3 % 2) }
    let recording = Self.categories(cells)
    let scores = await RecordedScores(of: recording, seed: 0, shuffles: 4, splits: 4)
    for key in ["parallelism", "ccgp", "ccgp.logistic"] {
      let score = try Self.score(key, scores)
      #expect(
        score.parts.map(\.name) == [
          "kind: a, b", "kind: a, c", "kind: b, c", "side: a, b",
        ]
      )
      #expect(score.leftOut.isEmpty)
      // A code of one unit a level is parallel and generalises.
      #expect(score.values.allSatisfy { $0 > 0.95 }, "\(key) \(score.values)")
    }
    let (matched, best) = (
      try Self.score("parallelism", scores), try Self.score("parallelism.best", scores)
    )
    for (one, other) in zip(matched.values, best.values) { #expect(other >= one - 1e-12) }
    let all = try Self.score("parallelism.all", scores)
    // Two pairings of two: the matched one, and one whose vectors also cross the side.
    for (one, other) in zip(matched.values, all.values) { #expect(other < one) }
    // The logistic one has neither null nor interval; the others both.
    let logistic = try Self.score("ccgp.logistic", scores)
    #expect(logistic.null.isEmpty && logistic.interval == nil && logistic.computedOnce != nil)
    #expect(matched.computedOnce == nil)
    #expect(matched.null.count == 4 && matched.interval != nil)
  }

  @Test("A level that is met in one context only is left out by name, and not averaged in a half")
  func leftOut() async throws {
    // Kind d occurs on side a alone; kind c on side b has three trials: one or two in a half.
    var cells = (0..<240).map { (kind: $0 % 2, side: $0 / 2 % 2) }
    cells += [(kind: 2, side: 0)] + (0..<40).map { _ in (kind: 3, side: 0) }
    cells += (0..<40).map { _ in (kind: 2, side: 0) } + (0..<3).map { _ in (kind: 2, side: 1) }
    let scores = await RecordedScores(
      of: Self.categories(cells),
      seed: 0,
      shuffles: 2,
      splits: 6
    )
    let score = try Self.score("parallelism", scores)
    #expect(score.leftOut == ["kind: a, d", "kind: b, d", "kind: c, d"])
    #expect(score.parts.count == 7 && score.values.count == 4)
    #expect(score.values.allSatisfy { $0 > 0.9 })
    // Of a half with one trial of kind c the others remain, and all are near 1 in both halves.
    let interval = try #require(score.interval)
    #expect(interval.standardError < 0.05 && interval.splits == 6)
  }

  @Test("Exactly orthogonal factors are as far from random directions as their pairs are many")
  func orthogonal() async throws {
    var random = PlainRandom(seed: 4)
    let rows = (0..<400).map { _ in (0..<4).map { _ in random.uniform(from: -1, to: 1) } }
    let recording = Recording(
      states: DoubleMatrix(rows: 400, columns: 4, values: rows.flatMap(\.self)),
      factors: (0..<4).map { place in
        Factor("x\(place)", .continuous(rows.map { $0[place] }))
      }
    )
    var settings = RecordingAnalysis.Settings()
    (settings.shuffles, settings.classifierShuffles, settings.scoreShuffles) = (1, 1, 1)
    let analysis = await RecordingAnalysis(of: recording, settings)
    let directions = analysis.randomDirections
    #expect(directions.fromRightAngle.count == 1000)
    let degrees = analysis.geometry.encodingAngles.map(\.degrees)
    #expect(degrees.count == 6 && degrees.allSatisfy { ($0 - 90).magnitude < 1e-6 })
    let observed = try #require(RandomDirections.median(of: degrees))
    #expect(directions.probability(of: observed) == 1.0 / 1001)
    // The median of six pairs spreads less than a single pair, about the same middle.
    let (joint, single) = (
      try #require(Quartiles(of: directions.fromRightAngle)),
      try #require(Quartiles(of: analysis.geometry.randomAngles.map { ($0 - 90).magnitude }))
    )
    #expect(joint.upper - joint.lower < 0.7 * (single.upper - single.lower))
    #expect((joint.median - single.median).magnitude < 6)
  }
}

@Suite("Two systems, group by group") struct RecordedComparisonTests {
  /// Conditions on a line that every group sees with noise of its own.
  private static func recording(without missing: Int? = nil) -> (Recording, other: DoubleMatrix) {
    var random = PlainRandom(seed: 6)
    var (kinds, groups): ([Int], [Int]) = ([], [])
    for trial in 0..<300 where !(trial % 5 == 3 && trial / 100 == missing) {
      kinds.append(trial % 5)
      groups.append(trial / 100)
    }
    func states(_ noise: Double) -> DoubleMatrix {
      DoubleMatrix(
        rows: kinds.count,
        columns: 8,
        values: kinds.flatMap { kind in
          (0..<8).map { unit in
            Double(kind * kind) * (unit % 2 == 0 ? 1 : 0.3) + Double(kind * (unit % 3))
              + noise * random.normal()
          }
        }
      )
    }
    return (
      Recording(
        states: states(4),
        factors: [
          Factor("kind", .categorical(kinds, names: ["a", "b", "c", "d", "e"]))
        ],
        groups: groups
      ), states(0.5)
    )
  }

  private static func comparison(without missing: Int? = nil) -> RecordedComparison {
    let (recording, other) = recording(without: missing)
    return RecordedComparison(
      of: recording,
      with: other,
      shuffles: FactorShuffle(of: recording).orders(4, seed: 0),
      halves: HalfSplits(
        of: Conditions(recording.factors),
        groups: recording.groups,
        count: 2,
        seed: 0
      )
    )
  }

  @Test("Three distances, each with a null, an interval and the ceiling of the groups")
  func distances() throws {
    let measures = Self.comparison().measures
    #expect(
      measures.map(\.key) == ["cka", "procrustes", "rsa", "rsa.euclidean", "rsa.correlation"]
    )
    #expect(measures.prefix(2).allSatisfy { $0.ceiling == nil })
    for measure in measures.dropFirst(2) {
      #expect(measure.null.count == 4 && measure.interval != nil)
      let ceiling = try #require(measure.ceiling)
      let range = try #require(ceiling.range)
      #expect(ceiling.groups == 3 && range.lower <= range.upper && range.upper <= 1 + 1e-12)
      // A system that shares the groups' conditions and has little noise comes near the ceiling.
      #expect(try #require(ceiling.mean) <= range.upper + 0.05)
    }
    let euclidean = try #require(measures.first { $0.key == "rsa.euclidean" })
    #expect(try #require(euclidean.value) > 0.9)
  }

  @Test("The ceiling is that of the groups' own matrices, and needs every condition in each")
  func ceiling() throws {
    let (recording, other) = Self.recording()
    let groups = try #require(recording.groups)
    let subjects = try (0..<3).map { group in
      let part = recording.trials(groups.indices.filter { groups[$0] == group })
      return try #require(
        DissimilarityMatrix(.euclidean, Conditions(part.factors), of: part.states)
      )
    }
    let expected = try #require(DissimilarityComparison.spearman.noiseCeiling(subjects))
    let found = Self.comparison().measures.first { $0.key == "rsa.euclidean" }?.ceiling
    let range = try #require(found?.range)
    #expect(range.lower == expected.lower && range.upper == expected.upper)
    let whole = try #require(
      DissimilarityMatrix(.euclidean, Conditions(recording.factors), of: other)
    )
    let similarity = mean(
      try subjects.map { try #require(DissimilarityComparison.spearman.similarity($0, whole)) }
    )
    #expect(try #require(found?.mean) == similarity)

    let lacking = Self.comparison(without: 1).measures.first { $0.key == "rsa" }?.ceiling
    #expect(lacking?.range == nil && lacking?.mean == nil)
    #expect(lacking?.reason == "1 of 3 groups lack a condition, or trials of one")
  }
}
