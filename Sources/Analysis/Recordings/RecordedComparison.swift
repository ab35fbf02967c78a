import Compute

/// How alike two systems' codes are on the same trials: another network, another area, another day.
///
/// What the measures mean: `Documentation/Scores.md`.
package struct RecordedComparison: Sendable {
  package struct Measure: Sendable {
    /// As in `result.json`.
    package let key: String
    package let value: Double?
    package let detail: String
    /// The same with the other system's trials shuffled.
    package let null: [Double]
  }

  package let measures: [Measure]

  /// - Parameters:
  ///   - recording: One system, with the factors.
  ///   - other: States of the other on the same trials, `[n, H₂]`.
  ///   - seed: Of the shuffles.
  ///   - shuffles: How many, within groups where there are any.
  package init(
    of recording: Recording,
    with other: DoubleMatrix,
    seed: UInt64,
    shuffles: Int
  ) {
    let conditions = Conditions(recording.factors)
    let own = Self.dissimilarities(conditions, recording.states)
    func measure(_ other: DoubleMatrix) -> [Double?] {
      let alignment = CenteredKernelAlignment(recording.states, other)
      let pairs = Self.dissimilarities(conditions, other)
      return [
        alignment.unbiased, ShapeDistance(recording.states, other)?.angle,
        own.flatMap { own in
          pairs.flatMap { DissimilarityComparison.spearman.similarity(own, $0) }
        },
      ]
    }
    let values = measure(other)
    let nulls = (0..<shuffles).map { draw in
      let stream = RandomStream(seed: seed, purpose: .shuffle, step: draw)
      return measure(other.rows(recording.shuffledOrder(stream)))
    }
    let names = [
      ("cka", "linear, unbiased"), ("procrustes", "shape distance, angle in radians"),
      ("rsa", "Spearman's correlation of cross-validated distances of conditions"),
    ]
    measures = names.enumerated().map { place, name in
      Measure(
        key: name.0,
        value: values[place],
        detail: name.1,
        null: nulls.compactMap { $0[place] }
      )
    }
  }

  /// Between mean states of conditions, two folds, free of noise on average.
  private static func dissimilarities(
    _ conditions: Conditions,
    _ states: DoubleMatrix
  ) -> DissimilarityMatrix? {
    guard conditions.count > 2 else { return nil }
    return DissimilarityMatrix(.crossValidated(folds: 2, noise: .identity), conditions, of: states)
  }
}
