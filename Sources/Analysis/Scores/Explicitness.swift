import Compute

/// How well a linear readout of all units tells each factor: the companion of ``Modularity``, and the
/// one of the disentanglement scores that isn't bound to axes.
///
/// Categories: the area under the ROC curve of a logistic readout of each category against the rest,
/// averaged over the categories; chance is ½. Source: Ridgeway and Mozer, NeurIPS 2018. Continuous
/// factors, for which the source has no form: r² of a ridge regression whose penalty the fitting folds
/// choose; of an angle the mean over its cosine and its sine. Both on trials that nothing was fitted on.
package struct Explicitness: Sendable {
  package struct Settings: Hashable, Sendable {
    /// `λ` as a share of the states' total variance.
    package var penalty = 1e-3
    /// The readout of a category is fitted on so many of the trials, and tested on so many others,
    /// at most.
    package var trials = 1000
    /// Of the regression: one is for the test.
    package var folds = 5
    package var seed: UInt64 = 0

    package init() {}
  }

  /// What the factor's score is.
  package enum Kind: Hashable, Sendable {
    case explainedShare
    case areaUnderCurve
  }

  /// `nil` for a factor that doesn't vary or has too few trials.
  package let byFactor: [Double?]
  package let kinds: [Kind]

  /// - Parameters:
  ///   - states: `[n, H]`.
  ///   - factors: Of the same trials.
  ///   - settings: How.
  package init(
    _ states: DoubleMatrix,
    _ factors: [Factor],
    settings: Settings = Settings()
  ) {
    kinds = factors.map { factor in
      factor.isCategorical ? .areaUnderCurve : .explainedShare
    }
    let continuous = factors.indices.filter { !factors[$0].isCategorical }
    var scores = [Double?](repeating: nil, count: factors.count)
    if !continuous.isEmpty, states.rows >= 2 * settings.folds {
      let task = RegressionTask(
        states,
        continuous.map { factors[$0] },
        folds: settings.folds,
        seed: settings.seed
      )
      let decoder = RidgeFit(task.fitted).decoder
      for (factor, targets) in zip(continuous, task.columns) {
        let shares = targets.compactMap { target in
          task.tested.explainedShare(
            decoder.weights.column(target),
            decoder.intercept[target],
            target: target
          )
        }
        scores[factor] = shares.isEmpty ? nil : mean(shares)
      }
    }
    guard continuous.count < factors.count else {
      byFactor = scores
      return
    }
    let order = RandomStream(seed: settings.seed, purpose: .scoreTrials, step: 5)
      .permutation(of: states.rows)
    let half = min(settings.trials, order.count / 2)
    let chosen = states.rows(Array(order.prefix(2 * half))).withoutEmptyDirections
    for (index, factor) in factors.enumerated() {
      guard case .categorical(let all, _) = factor.values else { continue }
      let levels = Levels(order.prefix(2 * half).map { all[$0] })
      scores[index] = meanArea(chosen, levels, fitted: half, settings.penalty)
    }
    byFactor = scores
  }
}

/// Over the categories that both parts have, and have not everywhere.
private func meanArea(
  _ states: DoubleMatrix,
  _ levels: Levels,
  fitted: Int,
  _ penalty: Double
) -> Double? {
  let test = states.rows(Array(fitted..<states.rows))
  let areas = (0..<levels.count).compactMap { level -> Double? in
    let isUpper = levels.labels.map { $0 == level }
    let (upper, lower) = (
      (0..<fitted).filter { isUpper[$0] }, (0..<fitted).filter { !isUpper[$0] }
    )
    guard !upper.isEmpty, !lower.isEmpty else { return nil }
    let classifier = LinearClassifier(
      lower: states.rows(lower),
      upper: states.rows(upper),
      .logistic(penalty: penalty)
    )
    return areaUnderCurve(classifier.scores(test), isUpper: Array(isUpper[fitted...]))
  }
  return areas.isEmpty ? nil : mean(areas)
}

/// The probability that a trial of the upper side scores higher than one of the lower, ties by half.
///
/// - Parameters:
///   - scores: Of each trial.
///   - isUpper: Each trial's side.
/// - Returns: `nil` where a side is empty.
package func areaUnderCurve(_ scores: [Double], isUpper: [Bool]) -> Double? {
  let places = ranks(of: scores)
  let upper = isUpper.indices.filter { isUpper[$0] }
  let pairs = Double(upper.count * (isUpper.count - upper.count))
  guard pairs > 0 else { return nil }
  let sum = upper.reduce(0) { $0 + places[$1] }
  return (sum - Double(upper.count * (upper.count + 1)) / 2) / pairs
}
