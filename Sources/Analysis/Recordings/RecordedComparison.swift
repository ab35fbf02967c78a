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
    /// Of a comparison of distances.
    package let ceiling: NoiseCeiling?

    /// Whether alike systems have a low value.
    package var isDistance: Bool { key == "procrustes" }
  }

  package let measures: [Measure]

  private static let names: [(key: String, detail: String, bounds: ClosedRange<Double>)] = [
    ("cka", "linear, unbiased", -.infinity ... .infinity),
    ("procrustes", "shape distance, angle in radians", 0...(.pi / 2)),
    ("rsa", "Spearman's correlation of cross-validated distances of conditions", -1...1),
    ("rsa.euclidean", "Spearman's correlation of squared Euclidean distances", -1...1),
    ("rsa.correlation", "Spearman's correlation of correlation distances", -1...1),
  ]

  /// Of the keys from `rsa` on.
  private static let distances: [DissimilarityMatrix.Measure] = [
    .crossValidated(folds: 2, noise: .identity), .euclidean, .correlation,
  ]

  /// - Parameters:
  ///   - recording: One system, with the factors.
  ///   - other: States of the other on the same trials, `[n, H₂]`.
  ///   - orders: The shuffles: for each, which trial's states of the other every trial is given.
  ///   - halves: Of the trials.
  package init(
    of recording: Recording,
    with other: DoubleMatrix,
    shuffles orders: [[Int]],
    halves: HalfSplits
  ) {
    let all = Array(0..<recording.count)
    let values = Self.measure(recording, other, all)
    let nulls = orders.map { Self.measure(recording, other.rows($0), all) }
    let pairs = halves.splits.map { split in
      (Self.measure(recording, other, split.first), Self.measure(recording, other, split.second))
    }
    let firstDistance = Self.names.count - Self.distances.count
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
        null: nulls.compactMap { $0[place] },
        ceiling: place < firstDistance
          ? nil : NoiseCeiling(of: recording, with: other, Self.distances[place - firstDistance])
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
    return [CenteredKernelAlignment(own, other).unbiased, ShapeDistance(own, other)?.angle]
      + distances.map { measure in
        guard conditions.count > 2,
          let first = DissimilarityMatrix(measure, conditions, of: own),
          let second = DissimilarityMatrix(measure, conditions, of: other)
        else { return nil }
        return DissimilarityComparison.spearman.similarity(first, second)
      }
  }
}

/// How like the distances of a recording's groups a system's distances can be, given how much the
/// groups differ, and how like them the other system's are.
package struct NoiseCeiling: Sendable {
  /// `nil` where it is undefined.
  package let range: (lower: Double, upper: Double)?
  /// The mean similarity of the groups' distances to those of the other system over all trials: what
  /// the range is to be held against.
  package let mean: Double?
  package let groups: Int
  /// Why it is undefined, where it is.
  package let reason: String

  /// - Parameters:
  ///   - recording: Every group of which must have all conditions of the whole.
  ///   - other: States of the other system on the same trials, `[n, H₂]`.
  ///   - measure: The distance.
  init(
    of recording: Recording,
    with other: DoubleMatrix,
    _ measure: DissimilarityMatrix.Measure
  ) {
    let conditions = Conditions(recording.factors)
    let names = recording.groups.map { Set($0).sorted() } ?? []
    groups = names.count
    let found = names.map { name -> DissimilarityMatrix? in
      let own = conditions.keeping { recording.groups?[$0] == name }
      guard own.trials.allSatisfy({ !$0.isEmpty }) else { return nil }
      return DissimilarityMatrix(measure, own, of: recording.states)
    }
    let subjects = found.compactMap(\.self)
    let compared = DissimilarityMatrix(measure, conditions, of: other)
    guard names.count > 1, conditions.count > 2, subjects.count == names.count, let compared else {
      (range, mean) = (nil, nil)
      if names.count < 2 {
        reason = "fewer than two groups"
      } else if conditions.count < 3 {
        reason = "fewer than three conditions"
      } else {
        reason =
          "\(names.count - subjects.count) of \(names.count) groups lack a condition, or trials of one"
      }
      return
    }
    let similarity = DissimilarityComparison.spearman
    range = similarity.noiseCeiling(subjects)
    let similarities = subjects.compactMap { similarity.similarity($0, compared) }
    mean = similarities.count == subjects.count ? Compute.mean(similarities) : nil
    reason = "a group's conditions are all equally far apart"
  }
}
