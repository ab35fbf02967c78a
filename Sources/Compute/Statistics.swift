/// Median and quartiles of some values, and how many there were.
package struct Quartiles: Hashable, Sendable {
  package let lower: Double
  package let median: Double
  package let upper: Double
  package let count: Int

  package init(lower: Double, median: Double, upper: Double, count: Int) {
    self.lower = lower
    self.median = median
    self.upper = upper
    self.count = count
  }

  /// `nil` without values.
  package init?(of values: [Double]) {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    self.init(
      lower: quantile(0.25, ofSorted: sorted),
      median: quantile(0.5, ofSorted: sorted),
      upper: quantile(0.75, ofSorted: sorted),
      count: values.count
    )
  }
}

/// The quantile by linear interpolation between order statistics, as NumPy's default.
///
/// - Parameters:
///   - share: In [0, 1].
///   - sorted: At least one value, in ascending order.
/// - Returns: A value between the smallest and the largest.
package func quantile(_ share: Double, ofSorted sorted: [Double]) -> Double {
  precondition(!sorted.isEmpty, "no value has no quantile")
  let position = share * Double(sorted.count - 1)
  let below = Int(position.rounded(.down))
  guard below + 1 < sorted.count else { return sorted[sorted.count - 1] }
  return sorted[below] + (position - Double(below)) * (sorted[below + 1] - sorted[below])
}

package func mean(_ values: [Double]) -> Double {
  precondition(!values.isEmpty, "no value has no mean")
  return values.reduce(0, +) / Double(values.count)
}
