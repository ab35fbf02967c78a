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
    package let interval: SplitInterval?
    /// The same with the other system's trials shuffled.
    package let null: [Double]

    /// Whether alike systems have a low value.
    package var isDistance: Bool { key == "procrustes" }
  }

  package let measures: [Measure]

  private static let names: [(key: String, detail: String, bounds: ClosedRange<Double>)] = [
    ("cka", "linear, unbiased", -.infinity ... .infinity),
    ("procrustes", "shape distance, angle in radians", 0...(.pi / 2)),
    ("rsa", "Spearman's correlation of cross-validated distances of conditions", -1...1),
  ]

  /// - Parameters:
  ///   - recording: One system, with the factors.
  ///   - other: States of the other on the same trials, `[n, H₂]`.
  ///   - seed: Of the shuffles.
  ///   - shuffles: How many, within groups where there are any.
  ///   - halves: Of the trials.
  package init(
    of recording: Recording,
    with other: DoubleMatrix,
    seed: UInt64,
    shuffles: Int,
    halves: HalfSplits
  ) {
    let all = Array(0..<recording.count)
    let values = Self.measure(recording, other, all)
    let nulls = (0..<shuffles).map { draw in
      let stream = RandomStream(seed: seed, purpose: .shuffle, step: draw)
      return Self.measure(recording, other.rows(recording.shuffledOrder(stream)), all)
    }
    let pairs = halves.splits.map { split in
      (Self.measure(recording, other, split.first), Self.measure(recording, other, split.second))
    }
    measures = Self.names.enumerated().map { place, name in
      Measure(
        key: name.key,
        value: values[place],
        detail: name.detail,
        interval: values[place].flatMap { value in
          halves.interval(
            of: value,
            pairs.map { first, second in
              first[place].flatMap { first in second[place].map { (first, $0) } }
            },
            within: name.bounds
          )
        },
        null: nulls.compactMap { $0[place] }
      )
    }
  }

  /// All measures on some of the trials, in the order of their names.
  private static func measure(
    _ recording: Recording,
    _ other: DoubleMatrix,
    _ trials: [Int]
  ) -> [Double?] {
    let (own, other) = (recording.states.rows(trials), other.rows(trials))
    let conditions = Conditions(recording.factors.map { $0.trials(trials) })
    let pairs = [own, other].map { dissimilarities(conditions, $0) }
    return [
      CenteredKernelAlignment(own, other).unbiased, ShapeDistance(own, other)?.angle,
      pairs[0].flatMap { first in
        pairs[1].flatMap { DissimilarityComparison.spearman.similarity(first, $0) }
      },
    ]
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
