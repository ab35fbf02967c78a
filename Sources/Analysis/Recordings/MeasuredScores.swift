import Compute

/// One computation of the field's scores: of a recording, of a half of it, or of one draw of a null.
struct MeasuredScores {
  struct Score {
    let key: String
    /// By dichotomy or factor, as `over` says; `nil` where it is undefined.
    ///
    /// The same name in another part of the recording, or in a draw of a null, belongs to the same thing.
    let parts: [(name: String, value: Double?)]
    let over: String
    /// Why some of it is undefined, where it is.
    let reason: String
    /// Where its mean can lie.
    var bounds: ClosedRange<Double> = 0...1
    /// Conditions that were too rare to be measured, by name.
    var rareConditions: [String] = []
  }

  /// The values of the scores' parts that are defined, by key and name.
  typealias Table = [String: [String: Double]]

  /// How DCI's lasso comes to its penalty.
  enum LassoPenalty {
    case chosen
    /// To a hundredth of the weights: where differences of many such values are averaged.
    case chosenQuickly
    /// With nothing to find, a lasso chooses a penalty so large that one unit alone is left, which
    /// looks disentangled: shuffled factors take the penalties of the true ones, target by target.
    case fixed([[Double]]?)
  }

  private(set) var scores: [Score] = []
  /// Of DCI's lasso, by factor.
  private(set) var penalties: [[Double]]?

  var table: Table {
    var table: Table = [:]
    for score in scores {
      for (name, value) in score.parts { table[score.key, default: [:]][name] = value }
    }
    return table
  }

  /// All of them.
  init(
    _ states: DoubleMatrix,
    _ factors: [Factor],
    _ seed: UInt64,
    _ penalty: LassoPenalty = .chosen
  ) {
    addGeneralization(Conditions(factors), states, seed)
    addParallelism(MeanProducts(Conditions(factors), of: states))
    addShattering(Conditions(factors), states, seed)
    addAxisBound(states, factors, seed, penalty)
    addExplicitness(states, factors, seed)
  }

  /// Those that a rotation of the states changes.
  init(axisBound states: DoubleMatrix, _ factors: [Factor], _ seed: UInt64) {
    addAxisBound(states, factors, seed, .chosenQuickly)
  }

  private init() {}

  /// CCGP by logistic regression, as the source fits it: several times as slow, so without a null.
  static func logistic(_ states: DoubleMatrix, _ factors: [Factor], _ seed: UInt64) -> Score? {
    var scores = MeasuredScores()
    scores.addGeneralization(Conditions(factors), states, seed, .logistic(penalty: 1e-3))
    return scores.scores.first
  }

  /// CCGP and parallelism of conditions at random places: what is left is luck.
  static func ofScatteredConditions(
    _ recording: Recording,
    _ seed: UInt64,
    _ draw: Int
  ) -> MeasuredScores {
    let conditions = Conditions(recording.factors)
    let stream = RandomStream(seed: seed, purpose: .scoreNull, step: draw)
    let states = scatteredConditions(conditions, of: recording.states, stream)
    var scores = MeasuredScores()
    scores.addGeneralization(conditions, states, seed)
    scores.addParallelism(MeanProducts(conditions, of: states))
    return scores
  }

  // MARK: The geometry of conditions

  private mutating func addGeneralization(
    _ conditions: Conditions,
    _ states: DoubleMatrix,
    _ seed: UInt64,
    // Takes a fraction of the time of logistic regression.
    _ classifier: ClassifierRule = .leastSquares(penalty: 1e-3)
  ) {
    var settings = CrossConditionGeneralization.Settings()
    settings.seed = seed
    settings.classifier = classifier
    let pairs = conditions.levelPairs
    let found = CrossConditionGeneralization.scores(
      pairs.map(\.dichotomy),
      conditions,
      of: states,
      settings: settings
    )
    let isLogistic = if case .logistic = classifier { true } else { false }
    scores.append(
      Score(
        key: isLogistic ? "ccgp.logistic" : "ccgp",
        parts: zip(pairs, found).map { ($0.name, $1?.accuracy) },
        over: "pairs of levels",
        reason: "no two contexts in which both levels are met, or too few trials in a condition"
      )
    )
  }

  /// By every pairing of conditions that a score can be made with.
  private mutating func addParallelism(_ products: MeanProducts) {
    let pairs = products.conditions.levelPairs
    for (key, pairing) in [
      ("parallelism", ParallelismScore.Pairing.matched), ("parallelism.all", .all),
      ("parallelism.best", .best),
    ] {
      var settings = ParallelismScore.Settings()
      settings.pairing = pairing
      let found = pairs.map { pair -> Double? in
        let (lower, upper) = (pair.dichotomy.lower.count, pair.dichotomy.upper.count)
        if pairing != .matched, max(lower, upper) > Self.mostPairedConditions { return nil }
        return ParallelismScore(pair.dichotomy, products, settings: settings)?.score
      }
      scores.append(
        Score(
          key: key,
          parts: zip(pairs, found).map { ($0.name, $1) },
          over: "pairs of levels",
          reason: (pairing == .matched
            ? "no two contexts in which both levels are met, each with two trials"
            : "unequal sides, fewer than two or more than \(Self.mostPairedConditions) conditions "
              + "a side, or one with a single trial")
            + "; or coding vectors no longer than their noise",
          // Freed of noise, it can pass 1.
          bounds: -.infinity ... .infinity
        )
      )
    }
  }

  /// Pairings of more conditions a side are too many.
  private static let mostPairedConditions = 8

  private mutating func addShattering(
    _ conditions: Conditions,
    _ states: DoubleMatrix,
    _ seed: UInt64
  ) {
    var settings = ShatteringDimensionality.Settings()
    settings.seed = seed
    settings.classifier = .leastSquares(penalty: 1e-3)
    // A condition that has no trial for every fold is left out, as too small a region is.
    let (common, rare) = conditions.separated(atLeast: settings.folds)
    let found =
      common.count < 2 ? nil : ShatteringDimensionality(common, of: states, settings: settings)
    // The same number stands for the same dichotomy of the same conditions.
    let names = (0..<common.count).map(common.name).joined(separator: "; ")
    let tooRare = "conditions with fewer trials than folds (\(settings.folds)) are left out"
    scores.append(
      Score(
        key: "shattering",
        parts: (found?.accuracies ?? []).enumerated().map {
          ("\($0) of \(names)", $1)
        },
        over: "balanced dichotomies",
        reason: found != nil
          ? tooRare
          : (common.count < 2
            ? "fewer than two conditions"
            : "an odd number of conditions (\(common.count)) has no two halves")
            + (rare.isEmpty
              ? ""
              : "; \(tooRare): \(rare.prefix(6).joined(separator: "; "))"
                + (rare.count > 6 ? "; …" : "")),
        rareConditions: rare
      )
    )
  }

  // MARK: Single units

  private mutating func addAxisBound(
    _ states: DoubleMatrix,
    _ factors: [Factor],
    _ seed: UInt64,
    _ penalty: LassoPenalty
  ) {
    let oneFactor = "fewer than two factors"
    let (oneUnit, noWeight) = (
      "fewer than two units", "too few trials, or no unit has a weight for any factor"
    )
    var lasso = DCI.Settings()
    lasso.seed = seed
    switch penalty {
    case .chosen: break
    case .chosenQuickly: lasso.tolerance = 1e-4
    case .fixed(let penalties): (lasso.penalties, lasso.tolerance) = (penalties, 1e-4)
    }
    let dci = DCI(states, factors, settings: lasso)
    penalties = dci?.penalties
    let information = MutualInformation(states, factors)
    let separated = SeparatedAttributePredictability(states, factors, seed: seed)
    var voting = FactorVAEScore.Settings()
    voting.seed = seed
    func single(_ value: Double?) -> [(name: String, value: Double?)] { [("", value)] }
    func named(_ values: [Double?]?) -> [(name: String, value: Double?)] {
      zip(factors, values ?? []).map { ($0.name, $1) }
    }
    scores += [
      Score(
        key: "dci.disentanglement",
        parts: single(dci?.scores.disentanglement),
        over: "all units",
        reason: factors.count < 2 ? oneFactor : noWeight
      ),
      Score(
        key: "dci.completeness",
        parts: single(dci?.scores.completeness),
        over: "all factors",
        reason: factors.count < 2 ? oneFactor : noWeight
      ),
      Score(
        key: "dci.informativeness",
        parts: named(dci?.informativeness),
        over: "factors",
        reason: factors.count < 2 ? oneFactor : noWeight,
        bounds: -.infinity...1
      ),
      Score(
        key: "mig",
        parts: named(MutualInformationGap(information)?.byFactor),
        over: "factors",
        reason: states.columns < 2
          ? oneUnit : "the same of \(MutualInformation.standardBins) bins on all trials"
      ),
      Score(key: "sap", parts: named(separated?.byFactor), over: "factors", reason: oneUnit),
      Score(
        key: "factorVAE",
        parts: single(FactorVAEScore(states, factors, settings: voting)?.accuracy),
        over: "all votes",
        reason: factors.count < 2 ? oneFactor : "no level of a factor has ten trials"
      ),
      Score(
        key: "modularity",
        parts: single(Modularity(information)?.modularity),
        over: "all units that tell something",
        reason: factors.count < 2 ? oneFactor : "no unit tells anything"
      ),
    ]
  }

  private mutating func addExplicitness(
    _ states: DoubleMatrix,
    _ factors: [Factor],
    _ seed: UInt64
  ) {
    var settings = Explicitness.Settings()
    settings.seed = seed
    scores.append(
      Score(
        key: "explicitness",
        parts: zip(factors, Explicitness(states, factors, settings: settings).byFactor)
          .map { ($0.name, $1) },
        over: "factors",
        reason: "too few trials",
        bounds: -.infinity...1
      )
    )
  }
}
