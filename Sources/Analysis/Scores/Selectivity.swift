import Compute

/// What a unit's answers owe to each factor by itself and what to their combination.
///
/// Every unit is regressed on the factors (an angle: its cosine and sine; categories: an indicator for
/// all but the first), then also on the products of every two factors' regressors. More regressors
/// explain more of any noise, so the shares are adjusted: `1 - (1 - R²)(n - 1)/(n - q - 1)`, around
/// zero for a unit that doesn't care. Pure and linear mixed selectivity both lie in the first share,
/// nonlinear mixed selectivity of second order in what the second adds. Source: Rigotti et al., Nature 2013.
package struct Selectivity: Sendable {
  /// Of each unit, explained by the sum of the factors; `nil` for silent units.
  package let linear: [Double?]
  /// Of each unit, with the products too; `nil` for silent units, with one factor, and where there are
  /// too many products for the trials.
  package let withInteractions: [Double?]

  package var linearQuartiles: Quartiles? { Quartiles(of: linear.compactMap { $0 }) }

  /// What the products add, of each unit.
  package var interactionQuartiles: Quartiles? {
    Quartiles(
      of: zip(linear, withInteractions).compactMap { pair in
        guard let one = pair.0, let both = pair.1 else { return nil }
        return both - one
      }
    )
  }

  /// `nil` where there aren't more trials than the factors' regressors, and one more.
  ///
  /// - Parameters:
  ///   - states: `[n, H]`.
  ///   - factors: Of the same trials.
  package init?(_ states: DoubleMatrix, _ factors: [Factor]) {
    // Products of centred regressors: they then add what no sum of the factors has.
    let main = factors.map { $0.regressors.map(centered) }
    var products: [[Double]] = []
    for first in main.indices {
      for second in main.indices where second > first {
        for one in main[first] {
          for other in main[second] { products.append(zip(one, other).map(*)) }
        }
      }
    }
    let sums = main.flatMap { $0 }
    guard !sums.isEmpty, states.rows > sums.count + 1 else { return nil }
    let variances = states.columnVariances
    let active = activeUnits(variances: variances)
    func shares(_ columns: [[Double]]) -> [Double?] {
      let found = adjustedShares(states, variances, columns)
      var result = [Double?](repeating: nil, count: states.columns)
      for unit in active { result[unit] = found[unit] }
      return result
    }
    linear = shares(sums)
    let canAdd = !products.isEmpty && states.rows > sums.count + products.count + 1
    withInteractions =
      canAdd ? shares(sums + products) : [Double?](repeating: nil, count: states.columns)
  }
}

private func centered(_ values: [Double]) -> [Double] {
  let center = mean(values)
  return values.map { $0 - center }
}

/// Of all units at once, from the eigenvectors of the regressors' small covariance: directions in
/// which the regressors don't vary are no regressors.
private func adjustedShares(
  _ states: DoubleMatrix,
  _ variances: [Double],
  _ columns: [[Double]]
) -> [Double] {
  let count = Double(states.rows)
  var design = DoubleMatrix(rows: states.rows, columns: columns.count)
  for (column, values) in columns.enumerated() {
    let values = centered(values)
    let size = (values.reduce(0) { $0 + $1 * $1 } / count).squareRoot()
    // Of unit variance, so that a factor's unit decides nothing.
    for (row, value) in values.enumerated() where size > 0 { design[row, column] = value / size }
  }
  let eigen = SymmetricEigen(design.gram)
  let kept = eigen.values.indices.filter { eigen.values[$0] > 1e-10 * (eigen.values.last ?? 0) }
  let cross = eigen.vectors.transposedTimes(design.transposedTimes(states.centered))
  return variances.indices.map { unit in
    guard variances[unit] > 0 else { return 0 }
    let explained = kept.reduce(0) {
      $0 + cross[$1, unit] * cross[$1, unit] / eigen.values[$1]
    }
    let unexplained = 1 - explained / (count * variances[unit])
    return 1 - unexplained * (count - 1) / (count - Double(kept.count) - 1)
  }
}
