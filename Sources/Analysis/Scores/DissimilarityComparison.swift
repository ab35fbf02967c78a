import Compute

/// How alike two dissimilarity matrices are.
package enum DissimilarityComparison: Hashable, Sendable {
  /// The correlation of ranks: any monotone change of the distances is allowed.
  case spearman
  /// The correlation.
  case pearson
  /// The cosine about zero: for distances that have a meaningful zero.
  case cosine

  /// - Parameters:
  ///   - first: Distances of some pairs of conditions.
  ///   - second: Of the same pairs.
  /// - Returns: -1 … 1; `nil` where one of them is constant (for the cosine: zero).
  package func similarity(
    _ first: DissimilarityMatrix,
    _ second: DissimilarityMatrix
  ) -> Double? {
    precondition(first.conditions == second.conditions, "matrices of different conditions")
    return similarity(first.values, second.values)
  }

  private func similarity(_ first: [Double], _ second: [Double]) -> Double? {
    guard let first = standard(first), let second = standard(second) else { return nil }
    return zip(first, second).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// Of unit length, and about zero unless the zero means something.
  private func standard(_ values: [Double]) -> [Double]? {
    var result = self == .spearman ? ranks(of: values) : values
    guard !result.isEmpty else { return nil }
    let size = result.reduce(0) { max($0, $1.magnitude) }
    if self != .cosine {
      let center = mean(result)
      result = result.map { $0 - center }
    }
    let length = result.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard length > 1e-12 * size else { return nil }
    return result.map { $0 / length }
  }

  /// The range in which the best possible matrix would lie, given how much the subjects differ.
  ///
  /// Upper: the mean similarity of each subject to the mean of all, itself included, which no model
  /// can exceed for Pearson and cosine. Lower: to the mean of the others, which a model should reach.
  /// Subjects are first brought to the form in which they are compared (ranks, or zero mean and unit
  /// length), so that the mean maximises the mean similarity. Source: Nili et al., PLOS
  /// Computational Biology 2014.
  ///
  /// - Parameter subjects: At least two, of the same conditions.
  /// - Returns: `nil` with fewer, and where a similarity isn't defined.
  package func noiseCeiling(
    _ subjects: [DissimilarityMatrix]
  ) -> (lower: Double, upper: Double)? {
    let forms = subjects.compactMap { subject -> [Double]? in
      guard let form = standard(subject.values) else { return nil }
      // Sums of ranks tie exactly, sums of fractions of them by luck.
      return self == .spearman ? ranks(of: subject.values) : form
    }
    guard subjects.count > 1, forms.count == subjects.count else { return nil }
    func similarityToMean(_ subject: Int, of others: [Int]) -> Double? {
      let sums = forms[0].indices.map { pair in others.reduce(0) { $0 + forms[$1][pair] } }
      return similarity(subjects[subject].values, sums)
    }
    let everyone = Array(subjects.indices)
    let upper = everyone.compactMap { similarityToMean($0, of: everyone) }
    let lower = everyone.compactMap { left in
      similarityToMean(left, of: everyone.filter { $0 != left })
    }
    guard upper.count == subjects.count, lower.count == subjects.count else { return nil }
    return (mean(lower), mean(upper))
  }
}

/// Each value's place among all, from 1 on; equal ones share the mean of their places.
package func ranks(of values: [Double]) -> [Double] {
  let order = values.indices.sorted { values[$0] < values[$1] }
  var ranks = [Double](repeating: 0, count: values.count)
  var start = 0
  while start < order.count {
    var end = start + 1
    while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
    for place in start..<end { ranks[order[place]] = Double(start + end + 1) / 2 }
    start = end
  }
  return ranks
}
