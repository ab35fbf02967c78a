import Compute

/// CCGP: whether a dichotomy's classifier holds in conditions that it was never fitted on.
///
/// One condition of each side is held out, by default two that differ in nothing else; the classifier
/// is fitted on all others and tested on these two; the score is the mean over the choices. At 1 the
/// sides lie alike in every context, at 0.5 the classifier means nothing elsewhere, and below, the
/// code turns round. Source: Bernardi et al., Cell 2020.
///
/// Fitted and tested states are of different conditions, hence of different trials: the noise of a
/// trial can't be learned and tested, and nothing is gained by further folds. But two clouds at
/// random places do generalise by luck, well or badly: see ``scatteredConditions(_:of:_:)``.
package struct CrossConditionGeneralization: Sendable {
  package struct Settings: Hashable, Sendable {
    package var classifier = ClassifierRule.logistic(penalty: 1e-3)
    /// As many trials of every condition as the rarest has, and no more than this.
    package var trialsPerCondition = 250
    /// Only pairs that differ in at most so many factors are held out together; `nil` takes all.
    ///
    /// At 1 a pair differs in the factor of the dichotomy alone. All pairs ask more than a factorised
    /// code has: of four conditions in a square, one on each side of a diagonal leave the other two on
    /// the boundary, so that ¾ is the best.
    package var heldOutDistance: Int? = 1
    package var seed: UInt64 = 0

    package init() {}
  }

  package let dichotomy: Dichotomy
  /// The mean over the choices.
  package let accuracy: Double
  /// Of each pair of held-out conditions, lower side first and in their order.
  package let accuracies: [Double]

  /// Measures several dichotomies on the same trials.
  ///
  /// - Parameters:
  ///   - dichotomies: Of the conditions.
  ///   - conditions: Of the trials.
  ///   - states: `[n, H]`.
  ///   - settings: How.
  /// - Returns: One score each; `nil` where a side has fewer than two conditions or no pair is close
  ///   enough.
  package static func scores(
    _ dichotomies: [Dichotomy],
    _ conditions: Conditions,
    of states: DoubleMatrix,
    settings: Settings = Settings()
  ) -> [CrossConditionGeneralization?] {
    let stream = RandomStream(seed: settings.seed, purpose: .scoreTrials)
    // The states of each condition, as many of one as of another, without the directions in which
    // nothing varies.
    let chosen = conditions.balanced(atMost: settings.trialsPerCondition, stream)
    let clouds = DoubleMatrix.stacked(chosen.map(states.rows)).withoutEmptyDirections
      .split(into: conditions.count)
    return dichotomies.map { measure($0, conditions, clouds, settings) }
  }

  private static func measure(
    _ dichotomy: Dichotomy,
    _ conditions: Conditions,
    _ clouds: [DoubleMatrix],
    _ settings: Settings
  ) -> CrossConditionGeneralization? {
    let (lower, upper) = (dichotomy.lower, dichotomy.upper)
    guard lower.count >= 2, upper.count >= 2, clouds[0].rows > 0 else { return nil }
    var accuracies: [Double] = []
    for heldLower in lower {
      for heldUpper in upper {
        if let limit = settings.heldOutDistance,
          conditions.semanticDistance(heldLower, heldUpper) > limit
        {
          continue
        }
        let classifier = LinearClassifier(
          lower: .stacked(lower.filter { $0 != heldLower }.map { clouds[$0] }),
          upper: .stacked(upper.filter { $0 != heldUpper }.map { clouds[$0] }),
          settings.classifier
        )
        accuracies.append(
          classifier.accuracy(lower: clouds[heldLower], upper: clouds[heldUpper])
        )
      }
    }
    guard !accuracies.isEmpty else { return nil }
    return CrossConditionGeneralization(
      dichotomy: dichotomy,
      accuracy: mean(accuracies),
      accuracies: accuracies
    )
  }
}

extension DoubleMatrix {
  /// One below the other; at least one, all of one width.
  static func stacked(_ parts: [DoubleMatrix]) -> DoubleMatrix {
    DoubleMatrix(
      rows: parts.reduce(0) { $0 + $1.rows },
      columns: parts[0].columns,
      values: parts.flatMap(\.values)
    )
  }

  /// Into so many parts of equally many rows.
  func split(into count: Int) -> [DoubleMatrix] {
    let size = rows / count
    return (0..<count).map { part in
      DoubleMatrix(
        rows: size,
        columns: columns,
        values: Array(values[part * size * columns..<(part + 1) * size * columns])
      )
    }
  }
}
