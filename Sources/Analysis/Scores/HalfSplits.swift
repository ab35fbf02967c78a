import Compute

/// Splits of a recording into two disjoint halves, and the intervals that they give.
///
/// A trial that a bootstrap draws twice is no independent trial: it sits among the fitted and the
/// tested ones at once, and is a pair without noise for everything that is freed of noise. So nothing
/// here is drawn with replacement. A score is computed in both halves; what they differ by shows its
/// spread, and what a score owes to the number of trials drops out of the difference, as both have the
/// same.
///
/// Independent units, single trials or whole groups of `n_g` of them, add to a score in proportion to
/// their trials: its variance goes with `q = Σ n_g² / n²`. So `d² = (s₁ - s₂)² q / (q₁ + q₂)`, with
/// `q₁` and `q₂` of the halves, estimates the variance of the score over all `n` trials; for single
/// trials `q / (q₁ + q₂)` is `n₁n₂/n²`, and of a mean the expected `d²` is the sample's own variance
/// over `n`. Source: half-sampling, McCarthy, Review of the International Statistical Institute 37,
/// 1969; as a jackknife, Shao and Wu, Annals of Statistics 17, 1989.
///
/// The interval is `s ± t √(mean d²)`. Two random splits of `G` units are contrasts with a squared
/// correlation of `1/(G - 1)` on average, so that the mean over `m` of them has
/// `m (G - 1)/(G + m - 2)` degrees of freedom (Satterthwaite's): nearly `m` for single trials, and no
/// more than `G - 1` for groups.
package struct HalfSplits: Sendable {
  package struct Split: Equatable, Sendable {
    package let first: [Int]
    package let second: [Int]
    /// The variance over all trials in that of the difference between the halves, `q / (q₁ + q₂)`.
    package let share: Double
  }

  package let splits: [Split]
  /// Groups where there are two at least, else trials.
  private let units: Int

  /// - Parameters:
  ///   - conditions: Whose trials are halved each, where trials stand for themselves: a half has the
  ///     design of the whole.
  ///   - groups: Where there are two at least, whole groups go to one half, `[n]`.
  ///   - count: How many splits, 0 … 20.
  ///   - seed: Of the splits.
  package init(of conditions: Conditions, groups: [Int]?, count: Int, seed: UInt64) {
    precondition(
      (0...studentQuantiles.count).contains(count),
      "\(count) splits, not 0 … \(studentQuantiles.count)"
    )
    if let groups, Set(groups).count > 1 {
      units = Set(groups).count
      splits = Self.splits(ofGroups: groups, count, seed)
    } else {
      units = conditions.trials.reduce(0) { $0 + $1.count }
      splits = Self.splits(of: conditions, count, seed)
    }
  }

  private static func splits(ofGroups groups: [Int], _ count: Int, _ seed: UInt64) -> [Split] {
    var members: [Int: [Int]] = [:]
    for (trial, group) in groups.enumerated() { members[group, default: []].append(trial) }
    let names = members.keys.sorted()
    /// `Σ n_g² / n²`
    func concentration(_ names: [Int]) -> Double {
      let sizes = names.map { Double(members[$0]?.count ?? 0) }
      let total = sizes.reduce(0, +)
      return sizes.reduce(0) { $0 + $1 * $1 } / (total * total)
    }
    return (0..<count).map { step in
      let stream = RandomStream(seed: seed, purpose: .halves, step: step)
      let order = stream.permutation(of: names.count).map { names[$0] }
      let halves = [order.prefix(names.count / 2), order.dropFirst(names.count / 2)].map(Array.init)
      let trials = halves.map { $0.flatMap { members[$0] ?? [] }.sorted() }
      return Split(
        first: trials[0],
        second: trials[1],
        share: concentration(names) / (concentration(halves[0]) + concentration(halves[1]))
      )
    }
  }

  private static func splits(of conditions: Conditions, _ count: Int, _ seed: UInt64) -> [Split] {
    (0..<count).map { step in
      let stream = RandomStream(seed: seed, purpose: .halves, step: step)
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
      let (first, second) = (Double(halves.0.count), Double(halves.1.count))
      return Split(
        first: halves.0.sorted(),
        second: halves.1.sorted(),
        share: first * second / ((first + second) * (first + second))
      )
    }
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
      let difference = scores.0 - scores.1
      return difference * difference * split.share
    }
    guard !squares.isEmpty, 2 * squares.count >= splits.count else { return nil }
    let (count, units) = (Double(squares.count), Double(units))
    let freedom = max(1, Int((count * (units - 1) / (units + count - 2)).rounded()))
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
