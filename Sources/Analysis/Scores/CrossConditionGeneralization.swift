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
/// random places do generalise by luck, well or badly: see ``geometricNull(_:_:of:settings:draws:)``.
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
    let clouds = Clouds(conditions, of: states, settings)
    return dichotomies.map { measure($0, conditions, clouds.compact, settings) }
  }

  /// The scores of conditions at random places.
  ///
  /// Each cloud of states keeps its shape and its distance from the mean of all conditions, about
  /// which its units are exchanged and mirrored at random: no relation between conditions is left
  /// except by luck. (The source only exchanges units, which leaves every condition its mean rate: a
  /// factor that drives all units alike would stay.)
  ///
  /// - Returns: For every draw as many scores as there are dichotomies, `[draws][dichotomies]`.
  package static func geometricNull(
    _ dichotomies: [Dichotomy],
    _ conditions: Conditions,
    of states: DoubleMatrix,
    settings: Settings = Settings(),
    draws: Int
  ) -> [[Double?]] {
    let clouds = Clouds(conditions, of: states, settings)
    return (0..<draws).map { draw in
      let stream = RandomStream(seed: settings.seed, purpose: .scoreNull, step: draw)
      let moved = clouds.movedAtRandom(stream)
      return dichotomies.map { measure($0, conditions, moved.compact, settings)?.accuracy }
    }
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

/// The states of each condition, as many of one as of another.
private struct Clouds {
  /// `[conditions][trials, H]`.
  let states: [DoubleMatrix]

  init(
    _ conditions: Conditions,
    of states: DoubleMatrix,
    _ settings: CrossConditionGeneralization.Settings
  ) {
    let stream = RandomStream(seed: settings.seed, purpose: .scoreTrials)
    self.states = conditions.balanced(atMost: settings.trialsPerCondition, stream)
      .map(states.rows)
  }

  private init(states: [DoubleMatrix]) { self.states = states }

  /// Without the directions in which nothing varies.
  var compact: [DoubleMatrix] {
    DoubleMatrix.stacked(states).withoutEmptyDirections.split(into: states.count)
  }

  /// Each turned about the mean of all by a signed permutation of its own.
  func movedAtRandom(_ stream: RandomStream) -> Clouds {
    let center = DoubleMatrix.stacked(states).columnMeans
    return Clouds(
      states: states.enumerated().map { condition, cloud in
        let order = stream.permutation(of: cloud.columns, lane: condition)
        let signs = order.indices.map { unit -> Double in
          // The words that the permutation doesn't use.
          stream.index(below: 2, lane: condition, cloud.columns + unit) == 0 ? -1 : 1
        }
        var moved = cloud
        for row in 0..<cloud.rows {
          for (unit, source) in order.enumerated() {
            moved[row, unit] = signs[unit] * (cloud[row, source] - center[source])
          }
        }
        return moved
      }
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
