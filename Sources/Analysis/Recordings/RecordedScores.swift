import Compute

/// The field's scores of a representation, each beside its nulls and with an interval.
///
/// What they mean and how each is computed: `Documentation/Scores.md`. Trials beyond a thousand are
/// thinned by the seed, so that nulls and intervals stay affordable.
package struct RecordedScores: Sendable {
  package struct Score: Sendable {
    /// As in `result.json`.
    package let key: String
    /// By dichotomy or factor, as `over` says; `nil` where it is undefined.
    package let parts: [(name: String, value: Double?)]
    package let over: String
    /// Why some of it is undefined, where it is.
    package let reason: String
    /// Conditions that were too rare to be measured, by name.
    package let rareConditions: [String]
    /// Why it has neither interval nor null, where that is on purpose.
    package let computedOnce: String?
    /// Of the mean.
    package let interval: SplitInterval?
    /// The mean for each draw of the null; empty for scores that have none.
    package let null: [Double]
    /// What the null is.
    package let nullKind: String
    /// Why its draws give no probability, where they don't.
    package let noProbability: String?
    /// The mean for each rotation of the states; empty for scores that no rotation changes.
    package let rotated: [Double]

    /// Of the parts that are defined.
    package var values: [Double] { parts.compactMap(\.value) }
    package var value: Double? { values.isEmpty ? nil : mean(values) }
    /// The parts that are not.
    package var leftOut: [String] { parts.filter { $0.value == nil }.map(\.name) }
  }

  package let scores: [Score]
  /// Of these trials.
  package let shuffle: FactorShuffle
  /// How many trials they were computed on.
  package let trials: Int

  package static let mostTrials = 1000

  /// - Parameters:
  ///   - recording: Whose states and factors.
  ///   - seed: Of the scores and of the thinning.
  ///   - shuffles: How often factors are shuffled, within groups where there are any; as many
  ///     rotations.
  ///   - splits: In how many ways the trials are halved.
  package init(of recording: Recording, seed: UInt64, shuffles: Int, splits: Int) async {
    let chosen = recording.trials(Self.thinned(recording, seed))
    trials = chosen.count
    let shuffle = FactorShuffle(of: chosen)
    self.shuffle = shuffle
    let orders = shuffle.orders(shuffles, seed: seed)
    let measured = MeasuredScores(chosen.states, chosen.factors, seed)
    let penalties = measured.penalties
    let splitting = HalfSplits(
      of: Conditions(chosen.factors),
      groups: chosen.groups,
      count: splits,
      seed: seed
    )

    // Draws are of no concern to each other: as many cores as there are take them.
    async let shuffled = Self.draws(orders.count) { draw in
      MeasuredScores(
        chosen.states,
        chosen.factors.map { $0.trials(orders[draw]) },
        seed,
        .fixed(penalties)
      ).table
    }
    async let rotated = Self.draws(shuffles) { draw in
      let stream = RandomStream(seed: seed, purpose: .randomAxes, step: draw)
      return MeasuredScores(
        axisBound: randomRotation(of: chosen.states, stream),
        chosen.factors,
        seed
      ).table
    }
    // Trials of one group share more than their condition, which clouds at random places would not:
    // where there are groups, factors are shuffled within them.
    async let scattered = Self.draws(chosen.groups == nil ? shuffles : 0) { draw in
      MeasuredScores.ofScatteredConditions(chosen, seed, draw).table
    }
    async let halved = Self.draws(2 * splits) { place in
      let split = splitting.splits[place / 2]
      let half = chosen.trials(place.isMultiple(of: 2) ? split.first : split.second)
      return MeasuredScores(half.states, half.factors, seed, .chosenQuickly).table
    }
    async let logistic = MeasuredScores.logistic(chosen.states, chosen.factors, seed)
    let (nulls, turned, geometric, parts) = await (shuffled, rotated, scattered, halved)
    var scores = measured.scores.map { score in
      let known = score.parts.compactMap { part in part.value.map { (part.name, $0) } }
      /// The means of what is defined here and there, so that like is compared with like.
      func draws(_ tables: [MeasuredScores.Table]) -> [Double] {
        tables.compactMap { table in
          let values = known.compactMap { table[score.key]?[$0.0] }
          return values.isEmpty ? nil : mean(values)
        }
      }
      /// The means over what both halves of a split have of it.
      func halves(_ split: Int) -> (Double, Double)? {
        let pairs = known.compactMap { name, _ in
          parts[2 * split][score.key]?[name].flatMap { first in
            parts[2 * split + 1][score.key]?[name].map { (first, $0) }
          }
        }
        return pairs.isEmpty ? nil : (mean(pairs.map(\.0)), mean(pairs.map(\.1)))
      }
      // Clouds at random places generalise by luck, which shuffled factors don't show; and the means
      // of shuffled conditions are noise, between which there are no directions.
      let isGeometric = geometric.contains { $0[score.key] != nil }
      return Score(
        key: score.key,
        parts: score.parts,
        over: score.over,
        reason: score.reason,
        rareConditions: score.rareConditions,
        computedOnce: nil,
        interval: known.isEmpty
          ? nil
          : splitting.interval(
            of: mean(known.map(\.1)),
            (0..<splits).map(halves),
            within: score.bounds
          ),
        null: draws(isGeometric ? geometric : nulls),
        nullKind: isGeometric ? "clouds of the conditions at random places" : "factors shuffled",
        noProbability: score.key.hasPrefix("dci.")
          ? "draws keep the penalties that the true factors have chosen for themselves" : nil,
        rotated: draws(turned)
      )
    }
    if let score = await logistic, let place = scores.firstIndex(where: { $0.key == "ccgp" }) {
      scores.insert(
        Score(
          key: score.key,
          parts: score.parts,
          over: score.over,
          reason: score.reason,
          rareConditions: [],
          computedOnce:
            "computed once, on the data alone: every fit takes about ten times as long as one of "
            + "ccgp, which has both",
          interval: nil,
          null: [],
          nullKind: "",
          noProbability: nil,
          rotated: []
        ),
        at: place + 1
      )
    }
    self.scores = scores
  }

  /// A thousand trials drawn by the seed; of groups of equal size equally many, so that they can still
  /// be exchanged.
  private static func thinned(_ recording: Recording, _ seed: UInt64) -> [Int] {
    let order = RandomStream(seed: seed, purpose: .scoreTrials, step: 2)
      .permutation(of: recording.count)
    guard recording.count > mostTrials, let groups = recording.groups,
      case .wholeGroups = FactorShuffle(of: recording).rule
    else { return order.prefix(mostTrials).sorted() }
    let members = Dictionary(grouping: order) { groups[$0] }
    // Of single trials any are as good.
    guard members.values.allSatisfy({ $0.count * mostTrials >= recording.count }) else {
      return order.prefix(mostTrials).sorted()
    }
    return members.values.flatMap { $0.prefix($0.count * mostTrials / recording.count) }.sorted()
  }

  /// In the order of the draws, whichever is done first.
  private static func draws(
    _ count: Int,
    _ measure: @escaping @Sendable (Int) -> MeasuredScores.Table
  ) async -> [MeasuredScores.Table] {
    await withTaskGroup(of: (Int, MeasuredScores.Table).self) { group in
      for draw in 0..<count { group.addTask { (draw, measure(draw)) } }
      var results = [MeasuredScores.Table](repeating: [:], count: count)
      for await (draw, table) in group { results[draw] = table }
      return results
    }
  }
}
