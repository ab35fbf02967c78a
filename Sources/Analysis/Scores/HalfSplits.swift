import Compute

/// Splits of a recording into two disjoint halves, and the intervals that they give.
///
/// A trial that a bootstrap draws twice is no independent trial: it sits among the fitted and the
/// tested ones at once, and is a pair without noise for everything that is freed of noise. So nothing
/// here is drawn with replacement. A score is computed in both halves; what they differ by shows its
/// spread, and what a score owes to the number of trials drops out of the difference, as both have the
/// same.
///
/// With `d = (s₁ - s₂) √(n₁n₂)/n` the mean of `d²` over random splits estimates the variance of the
/// score over all `n` trials: for a mean it is the sample's own variance over `n`. The `d` of different
/// splits are nearly independent, so the interval is `s ± t √(mean d²)` with as many degrees of
/// freedom as splits, and no more than one fewer than groups. Source: half-sampling, McCarthy, Review
/// of the International Statistical Institute 37, 1969; as a jackknife, Shao and Wu, Annals of
/// Statistics 17, 1989.
package struct HalfSplits: Sendable {
  package struct Split: Equatable, Sendable {
    package let first: [Int]
    package let second: [Int]
  }

  package let splits: [Split]
  private let freedom: Int

  /// - Parameters:
  ///   - conditions: Whose trials are halved each, where trials stand for themselves: a half has the
  ///     design of the whole.
  ///   - groups: Where there are two at least, whole groups go to one half, `[n]`.
  ///   - count: How many splits, 1 … 20.
  ///   - seed: Of the splits.
  package init(of conditions: Conditions, groups: [Int]?, count: Int, seed: UInt64) {
    precondition((1...studentQuantiles.count).contains(count), "\(count) splits, not 1 … 20")
    let names = groups.map { Set($0).sorted() } ?? []
    splits = (0..<count).map { step in
      let stream = RandomStream(seed: seed, purpose: .halves, step: step)
      if let groups, names.count > 1 {
        let order = stream.permutation(of: names.count).map { names[$0] }
        let chosen = Set(order.prefix(names.count / 2))
        return Split(
          first: groups.indices.filter { chosen.contains(groups[$0]) },
          second: groups.indices.filter { !chosen.contains(groups[$0]) }
        )
      }
      var halves: ([Int], [Int]) = ([], [])
      for (condition, trials) in conditions.trials.enumerated() {
        let order = stream.permutation(of: trials.count, lane: condition)
        // Of odd numbers, the two halves have the larger part in turn.
        for (place, source) in order.enumerated() {
          if (place + condition).isMultiple(of: 2) {
            halves.0.append(trials[source])
          } else {
            halves.1.append(trials[source])
          }
        }
      }
      return Split(first: halves.0.sorted(), second: halves.1.sorted())
    }
    freedom = names.count > 1 ? min(count, names.count - 1) : count
  }

  /// The interval of a score.
  ///
  /// - Parameters:
  ///   - score: Over all trials.
  ///   - halves: What each split has for it: both halves' scores, or `nil` where one has none.
  ///   - bounds: Where the score can lie: the interval is cut there.
  /// - Returns: `nil` where fewer than half of the splits have a score.
  package func interval(
    of score: Double,
    _ halves: [(Double, Double)?],
    within bounds: ClosedRange<Double> = -.infinity ... .infinity
  ) -> SplitInterval? {
    precondition(halves.count == splits.count, "a pair of scores belongs to each split")
    let squares = zip(splits, halves).compactMap { split, scores -> Double? in
      guard let scores else { return nil }
      let (first, second) = (Double(split.first.count), Double(split.second.count))
      let difference = scores.0 - scores.1
      let total = first + second
      return difference * difference * first * second / (total * total)
    }
    guard !squares.isEmpty, 2 * squares.count >= splits.count else { return nil }
    let freedom = min(freedom, squares.count)
    let error = mean(squares).squareRoot()
    let reach = studentQuantiles[freedom - 1] * error
    return SplitInterval(
      lower: max(score - reach, min(score, bounds.lowerBound)),
      upper: min(score + reach, max(score, bounds.upperBound)),
      standardError: error,
      splits: squares.count,
      freedom: freedom
    )
  }
}

extension HalfSplits {
  /// The interval of a score that is computed here in both halves of every split.
  ///
  /// - Parameters:
  ///   - score: Over all trials.
  ///   - bounds: Where the score can lie.
  ///   - measure: The score of some of the trials.
  /// - Returns: `nil` where fewer than half of the splits have a score.
  package func interval(
    of score: Double,
    within bounds: ClosedRange<Double> = -.infinity ... .infinity,
    _ measure: ([Int]) -> Double?
  ) -> SplitInterval? {
    let halves = splits.map { split in
      measure(split.first).flatMap { first in measure(split.second).map { (first, $0) } }
    }
    return interval(of: score, halves, within: bounds)
  }
}

/// A 95 % interval from what two halves differ by.
package struct SplitInterval: Equatable, Sendable {
  package let lower: Double
  package let upper: Double
  package let standardError: Double
  /// Splits in which both halves had a score.
  package let splits: Int
  /// Of the t distribution.
  package let freedom: Int
}

/// The .975 quantile of Student's t with 1 … 20 degrees of freedom.
private let studentQuantiles = [
  12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281,
  2.2010, 2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860,
]
