import Analysis
import Compute
import TestSupport
import Testing

@Suite("Nulls of decoding") struct RecordedNullTests {
  /// Two uniform factors, and units that carry so much of them beside noise of variance 1.
  private static func recording(
    signal: Double,
    trials: Int = 400,
    units: Int = 10,
    factors count: Int = 2,
    seed: UInt64 = 7
  ) -> Recording {
    var random = PlainRandom(seed: seed)
    let factors = (0..<count).map { _ in random.doubles(trials, from: -0.5, to: 0.5) }
    let weights = (0..<count).map { _ in (0..<units).map { _ in signal * random.normal() } }
    var states = DoubleMatrix(rows: trials, columns: units)
    for trial in 0..<trials {
      for unit in 0..<units {
        states[trial, unit] = random.normal()
        for factor in 0..<count {
          states[trial, unit] += weights[factor][unit] * factors[factor][trial]
        }
      }
    }
    return Recording(
      states: states,
      factors: factors.enumerated().map { Factor("x\($0)", .continuous($1)) }
    )
  }

  private static func shuffled(_ recording: Recording, _ order: [Int]) -> Recording {
    Recording(states: recording.states, factors: recording.trials(order).factors)
  }

  @Test("A draw is what the recording scores whose factors, and so whose regions, are shuffled")
  func twin() throws {
    // Of five factors 16 of 32 regions are drawn, and their cells hold two each.
    for (count, trials) in [(2, 300), (5, 500)] {
      let recording = Self.recording(signal: 1, trials: trials, factors: count)
      let order = FactorShuffle(of: recording).orders(1, seed: 3)[0]
      let other = Self.shuffled(recording, order)
      let kinds: [(TrialRegions, TrialRegions)] = [
        (.combinations(of: recording, seed: 0), .combinations(of: other, seed: 0)),
        (.halves(of: recording, seed: 0), .halves(of: other, seed: 0)),
        // Folds are dealt to trials, and stay.
        (.folds(of: recording, seed: 0), .folds(of: recording, seed: 0)),
      ]
      for (parts, otherParts) in kinds {
        let both = try #require(
          RecordedDecoding(of: recording, parts, shuffles: [order], halves: .none(of: recording))
        )
        let alone = try #require(
          RecordedDecoding(of: other, otherParts, shuffles: [], halves: .none(of: recording))
        )
        for (left, right) in zip(both.regions, alone.regions) {
          #expect(left.region.name == right.region.name)
          // Two ways to solve the same equations; the smallest penalty is 1e-8 of the variance.
          #expect(abs(left.shuffled[0] - right.meanR2) < 1e-7)
          #expect(abs(left.shuffledFixed[0] - mean(right.fixed)) < 1e-7)
        }
        let told = RecordedClassification(
          of: recording.states,
          parts,
          parts.partitions,
          shuffles: [order],
          halves: .none(of: recording)
        )
        let toldAlone = RecordedClassification(
          of: other.states,
          otherParts,
          other.factors.flatMap(\.partitions),
          shuffles: [],
          halves: .none(of: recording)
        )
        if parts.followFactors {
          let (truth, draw) = (
            try #require(DecoderAngles(of: alone, .none(of: recording))),
            try #require(DecoderAngles(of: both, .none(of: recording)))
          )
          let expected = try #require(RandomDirections.median(of: truth.degrees))
          #expect(abs(draw.shuffledFromRightAngle[0] - expected) < 1e-4)
        }
        let found = try #require(toldAlone.accuracy)
        // A trial on the boundary may fall on either side.
        #expect(abs(told.shuffledMeans[0] - found) < 1.5 / Double(trials))
      }
    }
  }

  @Test("Where a category can't be told in some regions, a draw is averaged as the recording is")
  func untestable() throws {
    // Kinds c to h are met on the right alone: where these are held out, only the side can be told.
    var random = PlainRandom(seed: 11)
    let sides = (0..<300).map { _ in Int(random.uniform() * 2) }
    let kinds = sides.map { Int(random.uniform() * ($0 == 1 ? 8 : 2)) }
    let noise = (0..<300 * 6).map { _ in random.normal() }
    let recording = Recording(
      states: DoubleMatrix(rows: 300, columns: 6, values: noise),
      factors: [
        Factor("side", .categorical(sides, names: ["l", "r"])),
        Factor("kind", .categorical(kinds, names: (0..<8).map { "k\($0)" })),
      ]
    )
    let order = FactorShuffle(of: recording).orders(1, seed: 3)[0]
    let other = Self.shuffled(recording, order)
    func classification(_ recording: Recording, _ orders: [[Int]]) -> RecordedClassification {
      let regions = TrialRegions.combinations(of: recording, seed: 0)
      return RecordedClassification(
        of: recording.states,
        regions,
        regions.partitions,
        shuffles: orders,
        halves: .none(of: recording)
      )
    }
    let (told, alone) = (classification(recording, [order]), classification(other, []))
    #expect(told.parts[1].accuracies.contains { $0 == nil })
    #expect(told.parts[1].accuracies.contains { $0 != nil })
    let expected = try #require(alone.accuracy)
    #expect(abs(told.shuffledMeans[0] - expected) < 1.5 / 300)
    // The other order, partitions last, is another number.
    let byPartition = mean(alone.parts.compactMap(\.accuracy))
    #expect(abs(byPartition - expected) > 0.02)
  }

  @Test("Noise scores what its null does; a weak code more, in regions as in folds")
  func noiseAndSignal() async throws {
    let noise = await RecordingAnalysis(of: Self.recording(signal: 0))
    let (r2, accuracy) = (try #require(noise.heldOut), try #require(noise.classified))
    // Two even factors: about -7/12, and a twentieth of the trials.
    #expect((-0.7 ... -0.5).contains(r2.meanR2))
    let center = try #require(Quartiles(of: r2.shuffledMeans)).median
    #expect(r2.shuffledMeans.count == 100 && abs(center - r2.meanR2) < 0.03)
    #expect(NullDistribution(observed: r2.meanR2, scores: r2.shuffledMeans).probability > 0.02)
    let told = try #require(accuracy.accuracy)
    #expect(told < 0.15 && accuracy.shuffledMeans.allSatisfy { $0 < 0.15 })
    #expect(NullDistribution(observed: told, scores: accuracy.shuffledMeans).probability > 0.1)

    let weak = await RecordingAnalysis(of: Self.recording(signal: 0.5))
    let heldOut = try #require(weak.heldOut)
    #expect(heldOut.meanR2 < 0)
    for decoding in [heldOut, try #require(weak.inDistribution)] {
      let null = NullDistribution(observed: decoding.meanR2, scores: decoding.shuffledMeans)
      #expect(null.probability == 1.0 / 101)
    }
    let sides = try #require(weak.classified)
    #expect(sides.shuffledMeans.allSatisfy { $0 < (sides.accuracy ?? 0) })
  }

  @Test("Where a draw takes long there are fewer of them, but never fewer than twenty")
  func affordable() {
    let settings = RecordingAnalysis.Settings()
    for (trials, units, expected) in [(400, 10, 100...100), (300, 2000, 20...20)] {
      let recording = Recording(
        states: DoubleMatrix(rows: trials, columns: units),
        factors: Self.recording(signal: 0, trials: trials).factors
      )
      let regions = TrialRegions.combinations(of: recording, seed: 0)
      #expect(expected.contains(settings.affordableShuffles(of: recording, regions)))
      #expect(settings.withoutNulls.affordableShuffles(of: recording, regions) == 0)
    }
  }

  // MARK: Groups

  /// A factor that changes from trial to trial, and one that belongs to groups.
  private static func grouped(_ sizes: [Int], mixed: Bool = true) -> Recording {
    let groups = sizes.enumerated().flatMap { [Int](repeating: $0, count: $1) }
    let plain = recording(signal: 1, trials: groups.count)
    let factors = [
      mixed
        ? plain.factors[0]
        : Factor("side", .categorical(groups.map { $0 % 3 % 2 }, names: ["l", "r"])),
      Factor("animal", .continuous(groups.map { Double(($0 * 5) % 7) })),
    ]
    return Recording(states: plain.states, factors: factors, groups: groups)
  }

  @Test(
    "Factors that change within groups are shuffled there; one that doesn't moves with its group"
  )
  func exchange() throws {
    let within = FactorShuffle(
      of: Recording(
        states: Self.recording(signal: 1).states,
        factors: Self.recording(signal: 1).factors,
        groups: (0..<400).map { $0 / 40 }
      )
    )
    #expect(within.rule == .withinGroups && within.remark == nil)
    for order in within.orders(3, seed: 0) {
      #expect(order.indices.allSatisfy { $0 / 40 == order[$0] / 40 })
    }
    for mixed in [true, false] {
      // The last group has no other of its size, and stays.
      let sizes = [Int](repeating: 20, count: 7) + [15]
      let recording = Self.grouped(sizes, mixed: mixed)
      let groups = try #require(recording.groups)
      let shuffle = FactorShuffle(of: recording)
      #expect(shuffle.rule == .wholeGroups(exchanged: 7, of: 8))
      #expect(shuffle.fixedFactors == (mixed ? ["animal"] : ["side", "animal"]))
      let remark = try #require(shuffle.remark)
      #expect(remark.contains("7 of 8 groups"))
      let orders = shuffle.orders(20, seed: 0)
      var moved = 0
      for order in orders {
        #expect(order.sorted() == Array(0..<155))
        // All trials of a group come from one.
        let sources = (0..<8).map { group in
          Set(groups.indices.filter { groups[$0] == group }.map { groups[order[$0]] })
        }
        #expect(sources.allSatisfy { $0.count == 1 } && sources[7] == [7])
        moved += sources.enumerated().count { $1 != [$0] }
      }
      // Of seven groups one stays in its place on average.
      #expect(moved > 20 * 4)
    }
  }

  @Test("Trials that are a group each are shuffled as such")
  func singles() {
    let plain = Self.recording(signal: 1, trials: 60)
    let shuffle = FactorShuffle(
      of: Recording(states: plain.states, factors: plain.factors, groups: Array(0..<60))
    )
    #expect(shuffle.rule == .wholeGroups(exchanged: 60, of: 60))
    #expect(shuffle.orders(1, seed: 0)[0] != Array(0..<60))
  }

  @Test(
    "Where groups can't be exchanged there is no null, and a reason",
    arguments: [
      [40, 40, 40], [30, 31, 32, 33, 34], [20, 20, 20, 20, 300],
    ]
  )
  func impossible(_ sizes: [Int]) async throws {
    let recording = Self.grouped(sizes)
    let shuffle = FactorShuffle(of: recording)
    let reason = try #require(shuffle.reason)
    #expect(reason.contains("animal never changes within most groups"))
    let remark = try #require(shuffle.remark)
    #expect(remark.contains(reason))
    #expect(shuffle.orders(5, seed: 0).isEmpty)
    let analysis = await RecordingAnalysis(of: recording)
    let (heldOut, inside) = (try #require(analysis.heldOut), try #require(analysis.inDistribution))
    #expect(heldOut.shuffledMeans.isEmpty && inside.shuffledMeans.isEmpty)
    #expect(analysis.tuning.linearNull.isEmpty)
    #expect(analysis.classifiedInDistribution.shuffledMeans.isEmpty)
  }

  /// Groups of ten trials, a name each; one number changes from trial to trial.
  private static func named(_ names: String, numbers: Bool = false) -> Recording {
    let levels = names.flatMap { [Int](repeating: Int($0.asciiValue ?? 0) - 65, count: 10) }
    let plain = recording(signal: 0, trials: levels.count)
    return Recording(
      states: plain.states,
      factors: [
        plain.factors[0],
        numbers
          ? Factor("rule", .continuous(levels.map(Double.init)))
          : Factor("rule", .categorical(levels, names: names.map(String.init))),
      ],
      groups: levels.indices.map { $0 / 10 }
    )
  }

  @Test("Exchanges count by the assignments that they make, and names don't tell these apart")
  func assignments() throws {
    for (names, numbers, all, different) in [
      ("AABB", false, 6.0, 3.0), ("AAABBB", false, 20, 10), ("AAABBB", true, 20, 10),
      ("AABBCC", false, 90, 15), ("AABBCC", true, 90, 90), ("AAAABB", false, 15, 15),
      ("ABCDEF", false, 720, 1),
    ] {
      let exchanges = try #require(FactorShuffle(of: Self.named(names, numbers: numbers)).exchanges)
      #expect(exchanges.assignments == all && exchanges.different == different, "\(names)")
    }
    let few = FactorShuffle(of: Self.named("AABB"))
    #expect(try #require(few.reason).contains("6 different assignments, 3 up to names"))
    let known = FactorShuffle(of: Self.named("AAABBB"))
    #expect(known.reason == nil && known.boundOfProbability == 0.1)
    #expect(try #require(known.remark).contains("no probability says less than about 0.1"))
    let many = FactorShuffle(of: Self.named("AABBCC", numbers: true))
    #expect(many.reason == nil && many.boundOfProbability == nil)
    // Whatever is exchanged, every group has a name of its own.
    #expect(FactorShuffle(of: Self.named("ABCDEF")).reason != nil)
  }

  @Test("Where groups can't be exchanged, what changes within them is shuffled there, for r² alone")
  func shuffledAlone() async throws {
    let recording = Self.named("AABB")
    let shuffle = FactorShuffle(of: recording)
    #expect(shuffle.shuffledAlone == ["x0"] && shuffle.orders(2, seed: 0).isEmpty)
    for order in shuffle.decodingOrders(2, seed: 0) {
      #expect(order != Array(0..<40) && order.indices.allSatisfy { $0 / 10 == order[$0] / 10 })
    }
    let analysis = await RecordingAnalysis(of: recording)
    #expect(analysis.inDistribution?.shuffledMeans.count == 100)
    #expect(analysis.heldOut?.shuffledMeans.count == 100)
    #expect(analysis.classifiedInDistribution.shuffledMeans.isEmpty)
    #expect(analysis.scores.scores.allSatisfy { $0.null.isEmpty })
    // A number that is fixed is decoded too, and would be its own null.
    #expect(FactorShuffle(of: Self.named("AABB", numbers: true)).shuffledAlone.isEmpty)
  }

  @Test("With groups, CCGP and parallelism are held against factors shuffled within them")
  func scatteredGroups() async throws {
    // Sessions lie apart, and the factors differ between them: noise generalises well.
    var random = PlainRandom(seed: 9)
    let groups = (0..<240).map { $0 / 40 }
    let offsets = (0..<6).map { _ in (0..<8).map { _ in 3 * random.normal() } }
    let states = groups.flatMap { group in offsets[group].map { $0 + random.normal() } }
    let factors = ["x", "y"].map { name in
      let shifts = (0..<6).map { _ in random.normal() }
      return Factor(name, .continuous(groups.map { shifts[$0] + random.normal() }))
    }
    let recording = Recording(
      states: DoubleMatrix(rows: 240, columns: 8, values: states),
      factors: factors,
      groups: groups
    )
    let scores = await RecordedScores(of: recording, seed: 0, shuffles: 19, splits: 2)
    let ccgp = try #require(scores.scores.first { $0.key == "ccgp" })
    #expect(ccgp.nullKind == "factors shuffled" && ccgp.null.count == 19)
    let observed = try #require(ccgp.value)
    #expect(NullDistribution(observed: observed, scores: ccgp.null).probability > 0.05)
  }

  @Test("A factor that belongs to animals has a null of other animals, not itself")
  func betweenGroups() async throws {
    let recording = Self.grouped([Int](repeating: 20, count: 14))
    // Units that follow the animals' factor.
    var states = recording.states
    let animal = recording.targets.column(1)
    for trial in 0..<recording.count { states[trial, 0] += animal[trial] }
    let analysis = await RecordingAnalysis(
      of: Recording(states: states, factors: recording.factors, groups: recording.groups)
    )
    let inside = try #require(analysis.inDistribution)
    // Shuffled within groups, the animals' factor would be read as well as the true one.
    #expect(inside.shuffledMeans.allSatisfy { $0 < inside.meanR2 - 0.1 })
  }

  @Test(
    "Thinned trials of groups of equal size are as many of each, so that groups can be exchanged"
  )
  func thinned() async {
    let recording = Self.grouped([Int](repeating: 100, count: 14))
    let scores = await RecordedScores(of: recording, seed: 0, shuffles: 1, splits: 1)
    #expect(scores.trials == 14 * 71)
    #expect(scores.shuffle.rule == .wholeGroups(exchanged: 14, of: 14))
    #expect(scores.scores.first { $0.key == "mig" }?.null.count == 1)
  }

  // MARK: Partitions

  @Test(
    "A number whose commonest value is its largest has two sides; one that never changes has one"
  )
  func commonestIsLargest() {
    let mostlyOne = Factor("reward", .continuous((0..<20).map { $0 < 9 ? 0 : 1 }))
    let partition = mostlyOne.partitions[0]
    #expect(partition.labels == (0..<20).map { $0 < 9 ? 0 : 1 } && !partition.hasOneSide)
    let mostlyZero = Factor("reward", .continuous((0..<20).map { $0 < 9 ? 1 : 0 }))
    #expect(mostlyZero.partitions[0].labels == (0..<20).map { $0 < 9 ? 1 : 0 })
    let ramp = Factor("ramp", .continuous([1, 2, 2, 2, 3]))
    #expect(ramp.partitions[0].labels == [0, 0, 0, 0, 1])
    let flat = Factor("angle", .circular([0, 1, -1, 0, 1].map { $0 * 0 }))
    let areFlat = flat.partitions.allSatisfy { $0.hasOneSide }
    #expect(areFlat)
  }

  @Test("Angles are what they are whatever rounding and full turns did to them")
  func roundedAngles() {
    let directions = (0..<64).map { $0 * 3 % 8 }
    let exact = Factor("φ", .circular(directions.map { Double($0) * Double.pi / 4 }))
    let single = Factor(
      "φ",
      .circular(directions.map { Double(Float($0) * Float.pi / 4) })
    )
    let turned = Factor(
      "φ",
      .circular(
        directions.enumerated().map { trial, direction in
          Factor.angle(Double(direction * 45 + 360 * (trial % 3 - 1)), period: 360)
        }
      )
    )
    // cos 90° and cos 270° are the median, and on one side.
    #expect(exact.partitions[0].labels == directions.map { [0, 1, 7].contains($0) ? 1 : 0 })
    #expect(single.partitions == exact.partitions && turned.partitions == exact.partitions)
    #expect(Factor.angle(360 - 1e-9, period: 360) == 0 && Factor.angle(-90, period: 360) > 4.7)

    // The sine of 0° and 180° doesn't vary, nor does the cosine of ±45°.
    let line = Factor("φ", .circular((0..<20).map { Double($0 % 2) * Double.pi }))
    #expect(line.targetNames == ["cos φ"] && line.constantTargets == ["sin φ"])
    #expect(line.partitions.count == 1 && !line.partitions[0].hasOneSide)
    let tilted = Factor("φ", .circular((0..<20).map { ($0 % 2 == 0 ? 1 : -1) * Double.pi / 4 }))
    #expect(tilted.targetNames == ["sin φ"] && tilted.targets.count == 1)
    #expect(!tilted.isConstant && !line.isConstant)
    #expect(Factor("φ", .circular((0..<20).map { Double($0 % 2) * 2 * Double.pi })).isConstant)
  }

  @Test("A target that never changes is no success: noise reads the other one alone")
  func constantCosine() async throws {
    var random = PlainRandom(seed: 8)
    let values = (0..<120 * 6).map { _ in random.normal() }
    let recording = Recording(
      states: DoubleMatrix(rows: 120, columns: 6, values: values),
      factors: [
        Factor("φ", .circular((0..<120).map { ($0 % 2 == 0 ? 1 : -1) * Double.pi / 4 }))
      ]
    )
    let analysis = await RecordingAnalysis(of: recording)
    let inside = try #require(analysis.inDistribution)
    // With a constant counted as read, the mean was half of 1.
    #expect(inside.targetNames == ["sin φ"] && inside.meanR2 < 0.05)
    #expect(analysis.geometry.encodingAngles.isEmpty && analysis.decoderAngles == nil)
  }

  @Test("Chance is that of the parts that could be told")
  func chance() throws {
    // Of ten kinds each is met on one side alone: no region's kind occurs elsewhere.
    var random = PlainRandom(seed: 2)
    let kinds = (0..<300).map { _ in Int(random.uniform() * 10) }
    var states = DoubleMatrix(rows: 300, columns: 4)
    for index in states.values.indices { states.values[index] = random.normal() }
    let recording = Recording(
      states: states,
      factors: [
        Factor("side", .categorical(kinds.map { $0 % 2 }, names: ["l", "r"])),
        Factor("kind", .categorical(kinds, names: (0..<10).map { "k\($0)" })),
      ]
    )
    let regions = TrialRegions.combinations(of: recording, seed: 0)
    let told = RecordedClassification(
      of: states,
      regions,
      regions.partitions,
      shuffles: [],
      halves: .none(of: recording)
    )
    #expect(told.parts.map { $0.accuracy == nil } == [false, true])
    #expect(told.chance == 0.5)
  }

  // MARK: What is left out, and intervals

  @Test("Conditions that are too rare for folds are left out of shattering, by name")
  func rareCondition() async throws {
    var random = PlainRandom(seed: 5)
    // Four common conditions; kind c on the left has three trials.
    let cells =
      (0..<160).map { (kind: $0 % 2, side: $0 / 2 % 2) }
      + [(2, 0), (2, 0), (2, 0)].map { (kind: $0.0, side: $0.1) }
    var states = DoubleMatrix(rows: cells.count, columns: 4)
    for (trial, cell) in cells.enumerated() {
      for unit in 0..<4 { states[trial, unit] = 0.1 * random.normal() }
      states[trial, 0] += Double(cell.kind)
      states[trial, 1] += Double(cell.side)
    }
    let scores = await RecordedScores(
      of: Recording(
        states: states,
        factors: [
          Factor("kind", .categorical(cells.map(\.kind), names: ["a", "b", "c"])),
          Factor("side", .categorical(cells.map(\.side), names: ["left", "right"])),
        ]
      ),
      seed: 0,
      shuffles: 4,
      splits: 4
    )
    let score = try #require(scores.scores.first { $0.key == "shattering" })
    #expect(score.rareConditions == ["kind c, side left"])
    #expect(score.reason.contains("fewer trials than folds (5)"))
    // Three dichotomies of the other four: (1 + 1 + ½)/3.
    let value = try #require(score.value)
    #expect(score.values.count == 3 && abs(value - 2.5 / 3) < 0.06)
    #expect(score.null.count == 4 && score.interval != nil)
  }

  @Test("The mean encoding angle has the interval of its only pair; of more, one of their mean")
  func encodingAngle() throws {
    let two = Self.recording(signal: 2)
    let pair = RecordedGeometry(of: two, halves: .of(two), shuffles: 0, seed: 0)
    #expect(pair.encodingInterval == pair.encodingAngles[0].interval)
    #expect(pair.encodingInterval != nil)
    let three = Self.recording(signal: 2, factors: 3)
    let pairs = RecordedGeometry(of: three, halves: .of(three), shuffles: 0, seed: 0)
    let interval = try #require(pairs.encodingInterval)
    let center = mean(pairs.encodingAngles.map(\.degrees))
    #expect(pairs.encodingAngles.count == 3)
    #expect(abs((interval.lower + interval.upper) / 2 - center) < 1e-9)
  }
}
