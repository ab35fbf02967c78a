import Compute

/// The directions in which states vary most.
package struct PrincipalComponents: Sendable {
  /// Each component's share of the total variance, the largest first, `[H]`; zeros where the states
  /// don't vary.
  package let shares: [Double]
  /// Column `k` is component `k`, `[H, H]`.
  package let directions: DoubleMatrix
  package let mean: [Double]

  package init(_ moments: Moments) {
    self.init(
      covariance: moments.stateCovariance,
      mean: moments.stateMean,
      isConstant: moments.statesAreConstant
    )
  }

  /// - Parameters:
  ///   - covariance: Of the states, `[H, H]`; symmetric.
  ///   - mean: Of the states, `[H]`.
  ///   - isConstant: Whether the covariance is only what rounding leaves of a constant: nothing.
  package init(covariance: DoubleMatrix, mean: [Double], isConstant: Bool) {
    let eigen = SymmetricEigen(covariance)
    let total = isConstant ? 0 : covariance.trace
    let order = Array(eigen.values.indices.reversed())
    shares = order.map { total > 0 ? max(0, eigen.values[$0]) / total : 0 }
    var directions = DoubleMatrix(rows: covariance.rows, columns: covariance.rows)
    for (column, source) in order.enumerated() {
      for row in 0..<covariance.rows { directions[row, column] = eigen.vectors[row, source] }
    }
    self.directions = directions
    self.mean = mean
  }

  /// The first `count` coordinates of a state, `[H]`.
  package func project(_ state: [Double], onto count: Int) -> [Double] {
    (0..<min(count, directions.columns)).map { component in
      state.indices.reduce(0) { $0 + (state[$1] - mean[$1]) * directions[$1, component] }
    }
  }
}
