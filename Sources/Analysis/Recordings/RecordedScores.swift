import Compute

/// The field's scores of a representation, each beside its nulls and with an interval.
///
/// What they mean and how each is computed: `Documentation/Scores.md`. Trials beyond a thousand are
/// thinned by the seed, so that nulls and intervals stay affordable.
package struct RecordedScores: Sendable {
  package struct Score: Sendable {
    /// As in `result.json`.
    package let key: String
    /// By dichotomy or factor, as `over` says; empty where it is undefined.
    package let values: [Double]
    package let over: String
    /// Why it is undefined.
    package let reason: String
    /// Of the mean.
    package let interval: SplitInterval?
    /// The mean for each draw of the null.
    package let null: [Double]
    /// What the null is.
    package let nullKind: String
    /// The mean for each rotation of the states; empty for scores that no rotation changes.
    package let rotated: [Double]

    package var value: Double? { values.isEmpty ? nil : mean(values) }
  }

  package let scores: [Score]
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
    let order = RandomStream(seed: seed, purpose: .scoreTrials, step: 2)
      .permutation(of: recording.count)
    let chosen = recording.trials(order.prefix(Self.mostTrials).sorted())
    trials = chosen.count
    let measured = MeasuredScores(chosen.states, chosen.factors, seed)
    let penalty = measured.penalty
    let halves = HalfSplits(
      of: Conditions(chosen.factors),
      groups: chosen.groups,
      count: splits,
      seed: seed
    )

    // Draws are of no concern to each other: as many cores as there are take them.
    async let shuffled = Self.draws(shuffles) { draw in
      let order = chosen.shuffledOrder(RandomStream(seed: seed, purpose: .shuffle, step: draw))
      return MeasuredScores(
        chosen.states,
        chosen.factors.map { $0.trials(order) },
        seed,
        .fixed(penalty)
      ).means
    }
    async let rotated = Self.draws(shuffles) { draw in
      let stream = RandomStream(seed: seed, purpose: .randomAxes, step: draw)
      return MeasuredScores(
        axisBound: randomRotation(of: chosen.states, stream),
        chosen.factors,
        seed
      ).means
    }
    async let scattered = Self.draws(shuffles) { draw in
      MeasuredScores.ofScatteredConditions(chosen, seed, draw).means
    }
    async let halved = Self.draws(2 * splits) { place in
      let split = halves.splits[place / 2]
      let half = chosen.trials(place.isMultiple(of: 2) ? split.first : split.second)
      return MeasuredScores(half.states, half.factors, seed, .chosenQuickly).means
    }
    let (nulls, turned, geometric, parts) = await (shuffled, rotated, scattered, halved)
    scores = measured.scores.map { score in
      func draws(_ tables: [[String: Double]]) -> [Double] { tables.compactMap { $0[score.key] } }
      // Clouds at random places generalise by luck, which shuffled factors don't show; and the means
      // of shuffled conditions are noise, between which there are no directions.
      let isGeometric = geometric.contains { $0[score.key] != nil }
      return Score(
        key: score.key,
        values: score.values,
        over: score.over,
        reason: score.reason,
        interval: score.values.isEmpty
          ? nil
          : halves.interval(
            of: mean(score.values),
            (0..<splits).map { split in
              parts[2 * split][score.key].flatMap { first in
                parts[2 * split + 1][score.key].map { (first, $0) }
              }
            },
            within: score.bounds
          ),
        null: draws(isGeometric ? geometric : nulls),
        nullKind: isGeometric ? "clouds of the conditions at random places" : "factors shuffled",
        rotated: draws(turned)
      )
    }
  }

  /// In the order of the draws, whichever is done first.
  private static func draws(
    _ count: Int,
    _ measure: @escaping @Sendable (Int) -> [String: Double]
  ) async -> [[String: Double]] {
    await withTaskGroup(of: (Int, [String: Double]).self) { group in
      for draw in 0..<count { group.addTask { (draw, measure(draw)) } }
      var results = [[String: Double]](repeating: [:], count: count)
      for await (draw, means) in group { results[draw] = means }
      return results
    }
  }
}
