import Compute

/// RDM: how far apart the states of every two conditions are.
///
/// Sources: Kriegeskorte et al., Frontiers in Systems Neuroscience 2008; crossnobis, Walther et al.,
/// NeuroImage 2016.
package struct DissimilarityMatrix: Sendable {
  package enum Measure: Hashable, Sendable {
    /// `|m₁ - m₂|² / H` of the mean states: squares, as rsatoolbox has them. Noise adds to each.
    case euclidean
    /// `1 - r` of the two mean states across units.
    case correlation
    /// `dᵀ Σ⁻¹ d' / H` with the differences from different folds of trials, averaged over the folds:
    /// noise has mean zero in it, so zero means no difference, and values may be below.
    case crossValidated(folds: Int, noise: Noise)

    package enum Noise: Hashable, Sendable {
      case identity
      /// Each unit's variance within conditions, over all trials; units without any are left out.
      case diagonal
    }
  }

  package let conditions: Int
  /// Of the pairs (0, 1), (0, 2) … (1, 2) …, `C(C - 1)/2` values.
  package let values: [Double]

  /// `nil` with fewer than two conditions; where a condition has fewer trials than folds, or
  /// there are fewer than two; where a mean state is the same in all units and has no
  /// correlation; where no unit has noise to divide by.
  ///
  /// - Parameters:
  ///   - measure: Which.
  ///   - conditions: Of the trials.
  ///   - states: `[n, H]`.
  package init?(_ measure: Measure, _ conditions: Conditions, of states: DoubleMatrix) {
    guard conditions.count > 1, states.columns > 0 else { return nil }
    self.conditions = conditions.count
    let means = conditions.means(of: states)
    switch measure {
    case .euclidean: values = differences(means).map { $0.squaredLength / Double(states.columns) }
    case .correlation:
      guard let found = correlationDistances(means) else { return nil }
      values = found
    case .crossValidated(let folds, let noise):
      guard folds > 1, conditions.trials.allSatisfy({ $0.count >= folds }) else { return nil }
      var precision = [Double](repeating: 1, count: states.columns)
      if noise == .diagonal {
        precision = noiseVariances(conditions, of: states).map { $0 > 0 ? 1 / $0 : 0 }
      }
      let used = precision.reduce(0) { $0 + ($1 > 0 ? 1 : 0) }
      guard used > 0 else { return nil }
      values = crossValidatedDistances(conditions, of: states, folds, precision)
        .map { $0 / Double(used) }
    }
  }

  /// Of distances that come from elsewhere.
  package init(conditions: Int, values: [Double]) {
    precondition(
      values.count == conditions * (conditions - 1) / 2,
      "\(conditions) conditions have not \(values.count) pairs"
    )
    self.conditions = conditions
    self.values = values
  }
}

/// `second - first` of all pairs of rows, in the order of a matrix's upper half.
private func differences(_ means: DoubleMatrix) -> [[Double]] {
  let rows = (0..<means.rows).map(means.row)
  return rows.indices.flatMap { first in
    rows[(first + 1)...].map { zip($0, rows[first]).map(-) }
  }
}

private func correlationDistances(_ means: DoubleMatrix) -> [Double]? {
  var centered = means.transposed.centered.transposed
  for row in 0..<means.rows {
    let square = centered.squaredLength(ofRow: row)
    guard square > 1e-24 * means.squaredLength(ofRow: row) else { return nil }
    for unit in 0..<means.columns { centered[row, unit] /= square.squareRoot() }
  }
  let cosines = centered.timesTransposed(centered)
  return (0..<means.rows).flatMap { first in
    (first + 1..<max(means.rows, first + 1)).map { 1 - cosines[first, $0] }
  }
}

/// Trial `j` of a condition belongs to fold `j mod folds`.
///
/// Each fold's differences are multiplied
/// with those of all other folds' means.
private func crossValidatedDistances(
  _ conditions: Conditions,
  of states: DoubleMatrix,
  _ folds: Int,
  _ precision: [Double]
) -> [Double] {
  func differencesOf(_ isChosen: (Int) -> Bool) -> [[Double]] {
    differences(
      DoubleMatrix(
        rows: conditions.count,
        columns: states.columns,
        values: conditions.trials.flatMap { trials in
          states.rows(trials.indices.filter { isChosen($0 % folds) }.map { trials[$0] }).columnMeans
        }
      )
    )
  }
  let pairs = conditions.count * (conditions.count - 1) / 2
  var sums = [Double](repeating: 0, count: pairs)
  for fold in 0..<folds {
    let (inside, outside) = (differencesOf { $0 == fold }, differencesOf { $0 != fold })
    for pair in 0..<pairs {
      for unit in precision.indices {
        sums[pair] += inside[pair][unit] * precision[unit] * outside[pair][unit]
      }
    }
  }
  return sums.map { $0 / Double(folds) }
}

/// Of each unit within conditions: `Σ (r - its condition's mean)² / (n - C)`.
private func noiseVariances(_ conditions: Conditions, of states: DoubleMatrix) -> [Double] {
  var sums = [Double](repeating: 0, count: states.columns)
  var freedom = 0
  for trials in conditions.trials {
    let variances = states.rows(trials).columnVariances
    for unit in sums.indices { sums[unit] += variances[unit] * Double(trials.count) }
    freedom += trials.count - 1
  }
  return sums.map { freedom > 0 ? $0 / Double(freedom) : 0 }
}

extension [Double] {
  fileprivate var squaredLength: Double { reduce(0) { $0 + $1 * $1 } }
}
