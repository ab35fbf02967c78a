import Compute

/// Which of some levels each trial has.
package struct Levels: Equatable, Sendable {
  /// In `0..<count`, `[n]`.
  package let labels: [Int]
  /// Levels that occur.
  package let count: Int

  /// Numbers the values that occur by their rank.
  package init(_ values: [Int]) {
    let ranks = Dictionary(
      uniqueKeysWithValues: Set(values).sorted().enumerated().map { ($1, $0) }
    )
    labels = values.map { ranks[$0] ?? 0 }
    count = ranks.count
  }

  /// In nats.
  package var entropy: Double {
    var counts = [Int](repeating: 0, count: count)
    for label in labels { counts[label] += 1 }
    return Analysis.entropy(counts)
  }

  /// One list of zeros and ones for each level, `[count][n]`.
  var indicators: [[Double]] {
    (0..<count).map { level in labels.map { $0 == level ? 1 : 0 } }
  }
}

extension Factor {
  /// For scores that count.
  ///
  /// Continuous values are cut into bins of equal width over their range, angles into equal arcs of
  /// the circle, categories are as they are. What doesn't occur is no level.
  package func levels(bins: Int) -> Levels {
    switch values {
    case .continuous(let values):
      guard let lowest = values.min(), let highest = values.max() else { return Levels([]) }
      let binning = EqualWidthBins(from: lowest, to: highest, count: bins)
      return Levels(values.map(binning.bin(of:)))
    case .circular(let angles):
      let binning = EqualWidthBins(from: 0, to: 1, count: bins)
      return Levels(
        angles.map { angle in
          let turns = angle / (2 * Double.pi)
          return binning.bin(of: turns - turns.rounded(.down))
        }
      )
    case .categorical(let levels, _): return Levels(levels)
    }
  }

  /// What the scores' regressions are asked for, `[targets][n]`: as ``targets``, and of categories an
  /// indicator for each.
  var scoredTargets: [[Double]] {
    if case .categorical(let levels, _) = values { Levels(levels).indicators } else { targets }
  }
}

/// Bins of equal width between two values; the last one is closed.
struct EqualWidthBins {
  private let lowest: Double
  private let perUnit: Double
  private let count: Int

  init(from lowest: Double, to highest: Double, count: Int) {
    self.lowest = lowest
    self.count = count
    perUnit = highest > lowest ? Double(count) / (highest - lowest) : 0
  }

  func bin(of value: Double) -> Int { max(0, min(count - 1, Int((value - lowest) * perUnit))) }
}
