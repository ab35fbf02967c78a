import Compute

/// The mean accuracy of linear classifiers over all balanced dichotomies of the conditions.
///
/// A code that is linear in two factors tells two of its three dichotomies and fails at their
/// exclusive or: (1 + 1 + ½)/3 = .83 is what such a code must have, no defect. Source: Rigotti et
/// al., Nature 2013; Bernardi et al., Cell 2020.
package struct ShatteringDimensionality: Sendable {
  package struct Settings: Hashable, Sendable {
    package var classifier = ClassifierRule.logistic(penalty: 1e-3)
    /// As many trials of every condition as the rarest has, and no more than this.
    package var trialsPerCondition = 250
    /// Each condition's trials are dealt to so many folds, every one tested once.
    package var folds = 5
    /// Of more than so many dichotomies, as many are drawn.
    package var dichotomies = 100
    package var seed: UInt64 = 0

    package init() {}
  }

  package let dichotomies: [Dichotomy]
  /// Of each dichotomy, on trials that the classifier wasn't fitted on.
  package let accuracies: [Double]
  /// Their mean.
  package let dimensionality: Double

  /// `nil` where the conditions are of odd number or fewer than two, or one of them has fewer
  /// trials than there are folds.
  ///
  /// - Parameters:
  ///   - conditions: Of the trials.
  ///   - states: `[n, H]`.
  ///   - settings: How.
  package init?(
    _ conditions: Conditions,
    of states: DoubleMatrix,
    settings: Settings = Settings()
  ) {
    let stream = RandomStream(seed: settings.seed, purpose: .scoreTrials)
    let chosen = conditions.balanced(atMost: settings.trialsPerCondition, stream)
    let dichotomies = Dichotomy.balanced(
      of: conditions.count,
      atMost: settings.dichotomies,
      RandomStream(seed: settings.seed, purpose: .scoreTrials, step: 1)
    )
    guard !dichotomies.isEmpty, settings.folds >= 2, chosen[0].count >= settings.folds else {
      return nil
    }
    let clouds = DoubleMatrix.stacked(chosen.map(states.rows)).withoutEmptyDirections
      .split(into: chosen.count)
    let folds = (0..<settings.folds).map { fold in
      Fold(clouds, fold, of: settings.folds)
    }
    self.dichotomies = dichotomies
    accuracies = dichotomies.map { dichotomy in
      mean(folds.map { $0.accuracy(dichotomy, settings.classifier) })
    }
    dimensionality = mean(accuracies)
  }
}

/// Trials to fit and trials to test, by condition.
private struct Fold {
  let fitted: [DoubleMatrix]
  let tested: [DoubleMatrix]

  init(_ clouds: [DoubleMatrix], _ fold: Int, of count: Int) {
    func part(_ cloud: DoubleMatrix, _ isTested: Bool) -> DoubleMatrix {
      cloud.rows((0..<cloud.rows).filter { ($0 % count == fold) == isTested })
    }
    fitted = clouds.map { part($0, false) }
    tested = clouds.map { part($0, true) }
  }

  func accuracy(_ dichotomy: Dichotomy, _ rule: ClassifierRule) -> Double {
    func side(_ clouds: [DoubleMatrix], _ conditions: [Int]) -> DoubleMatrix {
      .stacked(conditions.map { clouds[$0] })
    }
    let classifier = LinearClassifier(
      lower: side(fitted, dichotomy.lower),
      upper: side(fitted, dichotomy.upper),
      rule
    )
    return classifier.accuracy(
      lower: side(tested, dichotomy.lower),
      upper: side(tested, dichotomy.upper)
    )
  }
}
