import Compute

/// One computation of the field's scores: of a recording, of a half of it, or of one draw of a null.
struct MeasuredScores {
  struct Score {
    let key: String
    /// By dichotomy or factor, as `over` says; empty where it is undefined.
    let values: [Double]
    let over: String
    /// Why it is undefined, where it is.
    let reason: String
    /// Where its mean can lie.
    var bounds: ClosedRange<Double> = 0...1
  }

  /// How DCI's lasso comes to its penalty.
  enum LassoPenalty {
    case chosen
    /// To a hundredth of the weights: where differences of many such values are averaged.
    case chosenQuickly
    /// With nothing to find, a lasso chooses a penalty so large that one unit alone is left, which
    /// looks disentangled: shuffled factors take the penalty of the true ones.
    case fixed(Double?)
  }

  private(set) var scores: [Score] = []
  /// The median of the penalties of DCI's lasso.
  private(set) var penalty: Double?

  /// The mean of every score that is defined.
  var means: [String: Double] {
    Dictionary(
      uniqueKeysWithValues: scores.filter { !$0.values.isEmpty }.map { ($0.key, mean($0.values)) }
    )
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
    _ seed: UInt64
  ) {
    var settings = CrossConditionGeneralization.Settings()
    settings.seed = seed
    // Least squares takes a fraction of the time of logistic regression.
    settings.classifier = .leastSquares(penalty: 1e-3)
    let found = CrossConditionGeneralization.scores(
      Self.dichotomies(conditions),
      conditions,
      of: states,
      settings: settings
    )
    scores.append(
      Score(
        key: "ccgp",
        values: found.compactMap { $0?.accuracy },
        over: "dichotomies",
        reason: "too few conditions, or too few trials in one"
      )
    )
  }

  private mutating func addParallelism(_ products: MeanProducts) {
    scores.append(
      Score(
        key: "parallelism",
        values: Self.dichotomies(products.conditions).compactMap {
          ParallelismScore($0, products)?.score
        },
        over: "dichotomies",
        reason: "conditions without a match, or coding vectors no longer than their noise",
        // Freed of noise, it can pass 1.
        bounds: -.infinity ... .infinity
      )
    )
  }

  private mutating func addShattering(
    _ conditions: Conditions,
    _ states: DoubleMatrix,
    _ seed: UInt64
  ) {
    var settings = ShatteringDimensionality.Settings()
    settings.seed = seed
    settings.classifier = .leastSquares(penalty: 1e-3)
    scores.append(
      Score(
        key: "shattering",
        values: ShatteringDimensionality(conditions, of: states, settings: settings)?.accuracies
          ?? [],
        over: "balanced dichotomies",
        reason: "an odd number of conditions, or too few trials in one"
      )
    )
  }

  /// Of every factor.
  private static func dichotomies(_ conditions: Conditions) -> [Dichotomy] {
    conditions.levelCounts.indices.flatMap { Dichotomy.all(ofFactor: $0, in: conditions) }
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
    case .fixed(let penalty): (lasso.penalty, lasso.tolerance) = (penalty, 1e-4)
    }
    let dci = DCI(states, factors, settings: lasso)
    self.penalty = dci.flatMap { Quartiles(of: $0.penalties.flatMap(\.self))?.median }
    let information = MutualInformation(states, factors)
    let separated = SeparatedAttributePredictability(states, factors, seed: seed)
    var voting = FactorVAEScore.Settings()
    voting.seed = seed
    scores += [
      Score(
        key: "dci.disentanglement",
        values: dci.map { [$0.scores.disentanglement] } ?? [],
        over: "all units",
        reason: factors.count < 2 ? oneFactor : noWeight
      ),
      Score(
        key: "dci.completeness",
        values: dci.map { [$0.scores.completeness] } ?? [],
        over: "all factors",
        reason: factors.count < 2 ? oneFactor : noWeight
      ),
      Score(
        key: "dci.informativeness",
        values: dci?.informativeness.compactMap(\.self) ?? [],
        over: "factors",
        reason: factors.count < 2 ? oneFactor : noWeight,
        bounds: -.infinity...1
      ),
      Score(
        key: "mig",
        values: MutualInformationGap(information)?.byFactor.compactMap(\.self) ?? [],
        over: "factors",
        reason: oneUnit
      ),
      Score(key: "sap", values: separated?.byFactor ?? [], over: "factors", reason: oneUnit),
      Score(
        key: "factorVAE",
        values: FactorVAEScore(states, factors, settings: voting).map { [$0.accuracy] } ?? [],
        over: "all votes",
        reason: factors.count < 2 ? oneFactor : "no level of a factor has ten trials"
      ),
      Score(
        key: "modularity",
        values: Modularity(information).map { [$0.modularity] } ?? [],
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
        values: Explicitness(states, factors, settings: settings).byFactor.compactMap(\.self),
        over: "factors",
        reason: "too few trials",
        bounds: -.infinity...1
      )
    )
  }
}
