import Compute

/// The field's scores of a representation, each beside the same of shuffled factors.
///
/// What they mean and how each is computed: `Documentation/Scores.md`. Trials beyond a thousand are
/// thinned by the seed, so that the nulls stay affordable.
package struct RecordedScores: Sendable {
  package struct Score: Sendable {
    /// As in `result.json`.
    package let key: String
    /// By dichotomy or factor, as `over` says; empty where it is undefined.
    package let values: [Double]
    package let over: String
    /// Why it is undefined.
    package let reason: String
    /// The mean for each draw of the null.
    package let null: [Double]
    /// What the null is.
    package let nullKind: String

    package var value: Double? { values.isEmpty ? nil : mean(values) }
  }

  package let scores: [Score]
  /// How many trials they were computed on.
  package let trials: Int

  package static let mostTrials = 1000

  /// - Parameters:
  ///   - recording: Whose states and factors.
  ///   - seed: Of the scores and of the thinning.
  ///   - shuffles: How often factors are shuffled, within groups where there are any.
  package init(of recording: Recording, seed: UInt64, shuffles: Int) {
    let order = RandomStream(seed: seed, purpose: .scoreTrials, step: 2)
      .permutation(of: recording.count)
    let chosen = recording.trials(order.prefix(Self.mostTrials).sorted())
    trials = chosen.count
    let (own, penalty) = Self.measure(chosen.states, chosen.factors, seed)
    let nulls = (0..<shuffles).map { draw in
      let order = chosen.shuffledOrder(RandomStream(seed: seed, purpose: .shuffle, step: draw))
      return Self.measure(chosen.states, chosen.trials(order).factors, seed, penalty).scores
    }
    // Clouds at random places generalise by luck, which shuffled factors don't show; and the means of
    // shuffled conditions are noise, between which there are no directions.
    let geometric = [
      "ccgp": Self.scatteredGeneralization(chosen, seed, draws: shuffles),
      "parallelism": Self.scatteredParallelism(chosen, seed, draws: shuffles),
    ]
    scores = own.enumerated().map { place, score in
      let shuffled = nulls.compactMap { $0[place].values.isEmpty ? nil : mean($0[place].values) }
      return Score(
        key: score.key,
        values: score.values,
        over: score.over,
        reason: score.reason,
        null: geometric[score.key] ?? shuffled,
        nullKind: geometric[score.key] == nil
          ? "factors shuffled" : "clouds of the conditions at random places"
      )
    }
  }

  private static func scatteredGeneralization(
    _ recording: Recording,
    _ seed: UInt64,
    draws: Int
  ) -> [Double] {
    let conditions = Conditions(recording.factors)
    return CrossConditionGeneralization.geometricNull(
      allDichotomies(conditions),
      conditions,
      of: recording.states,
      settings: crossing(seed),
      draws: draws
    ).compactMap { scores in
      let known = scores.compactMap(\.self)
      return known.isEmpty ? nil : mean(known)
    }
  }

  private static func scatteredParallelism(
    _ recording: Recording,
    _ seed: UInt64,
    draws: Int
  ) -> [Double] {
    let conditions = Conditions(recording.factors)
    return (0..<draws).compactMap { draw in
      let stream = RandomStream(seed: seed, purpose: .scoreNull, step: draw)
      var states = recording.states
      for (condition, trials) in conditions.trials.enumerated() {
        let order = stream.permutation(of: states.columns, lane: condition)
        for trial in trials {
          for (unit, source) in order.enumerated() {
            states[trial, unit] = recording.states[trial, source]
          }
        }
      }
      let products = MeanProducts(conditions, of: states)
      let found = allDichotomies(conditions).compactMap { ParallelismScore($0, products)?.score }
      return found.isEmpty ? nil : mean(found)
    }
  }

  /// Of every factor.
  private static func allDichotomies(_ conditions: Conditions) -> [Dichotomy] {
    conditions.levelCounts.indices.flatMap { Dichotomy.all(ofFactor: $0, in: conditions) }
  }

  /// Least squares takes a fraction of the time of logistic regression; see Documentation/Scores.md.
  private static func crossing(_ seed: UInt64) -> CrossConditionGeneralization.Settings {
    var settings = CrossConditionGeneralization.Settings()
    settings.seed = seed
    settings.classifier = .leastSquares(penalty: 1e-3)
    return settings
  }

  private typealias Measured = (key: String, values: [Double], over: String, reason: String)

  /// Every score, and the median of the penalties of DCI's lasso.
  ///
  /// Without a `penalty` the lasso chooses one for each target. With nothing to find, it would choose
  /// one so large that one unit alone is left, which looks disentangled.
  private static func measure(
    _ states: DoubleMatrix,
    _ factors: [Factor],
    _ seed: UInt64,
    _ penalty: Double? = nil
  ) -> (scores: [Measured], penalty: Double?) {
    let conditions = Conditions(factors)
    let dichotomies = allDichotomies(conditions)
    var shattering = ShatteringDimensionality.Settings()
    shattering.seed = seed
    shattering.classifier = .leastSquares(penalty: 1e-3)
    let products = MeanProducts(conditions, of: states)
    let shattered = ShatteringDimensionality(conditions, of: states, settings: shattering)
    var importance = DCI.Settings()
    importance.seed = seed
    importance.penalty = penalty
    let dci = DCI(states, factors, settings: importance)
    let information = MutualInformation(states, factors)
    var voting = FactorVAEScore.Settings()
    voting.seed = seed
    let separated = SeparatedAttributePredictability(states, factors, seed: seed)
    let modularity = Modularity(information)
    var reading = Explicitness.Settings()
    reading.seed = seed
    let explicit = Explicitness(states, factors, settings: reading)
    let (few, oneFactor) = (
      "too few conditions, or too few trials in one", "fewer than two factors"
    )
    let scores: [Measured] = [
      (
        "ccgp",
        CrossConditionGeneralization.scores(
          dichotomies,
          conditions,
          of: states,
          settings: crossing(seed)
        )
        .compactMap { $0?.accuracy }, "dichotomies", few
      ),
      (
        "parallelism", dichotomies.compactMap { ParallelismScore($0, products)?.score },
        "dichotomies", "conditions without a match, or coding vectors no longer than their noise"
      ),
      (
        "shattering", shattered?.accuracies ?? [], "balanced dichotomies",
        "an odd number of conditions, or too few trials in one"
      ),
      (
        "dci.disentanglement", dci.map { [$0.scores.disentanglement] } ?? [], "all units", oneFactor
      ),
      ("dci.completeness", dci.map { [$0.scores.completeness] } ?? [], "all factors", oneFactor),
      (
        "dci.informativeness", dci?.informativeness.compactMap(\.self) ?? [], "factors", oneFactor
      ),
      (
        "mig", MutualInformationGap(information)?.byFactor.compactMap(\.self) ?? [], "factors",
        "fewer than two units that vary"
      ),
      ("sap", separated?.byFactor ?? [], "factors", "fewer than two units that vary"),
      (
        "factorVAE", FactorVAEScore(states, factors, settings: voting).map { [$0.accuracy] } ?? [],
        "all votes", oneFactor
      ),
      ("modularity", modularity.map { [$0.modularity] } ?? [], "units", oneFactor),
      ("explicitness", explicit.byFactor.compactMap(\.self), "factors", "too few trials"),
    ]
    return (scores, dci.flatMap { Quartiles(of: $0.penalties.flatMap(\.self))?.median })
  }
}
