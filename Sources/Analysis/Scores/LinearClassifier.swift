import Compute

/// How the classifier behind CCGP, shattering and explicitness is fitted.
///
/// The penalty is a share of the states' total variance, as for our decoders: scores don't depend on
/// the unit of the states, on a rotation of them, or on units that never answer.
package enum ClassifierRule: Hashable, Sendable {
  /// By ``LogisticRegression`` with `λ = penalty · tr C`.
  case logistic(penalty: Double)
  /// By the squared error to ±1 with `λ = penalty · tr C`: several times as fast, and less robust where
  /// states lie far on the right side.
  case leastSquares(penalty: Double)
}

/// Says on which side a state lies: `w·x + b > 0`.
package struct LinearClassifier: Sendable {
  package let weights: [Double]
  package let intercept: Double

  /// Fits states of two sides that weigh the same, whatever their numbers.
  ///
  /// - Parameters:
  ///   - lower: `[n₀, H]`, at least one row.
  ///   - upper: `[n₁, H]`, at least one row.
  ///   - rule: How.
  package init(lower: DoubleMatrix, upper: DoubleMatrix, _ rule: ClassifierRule) {
    let joined = DoubleMatrix(
      rows: lower.rows + upper.rows,
      columns: lower.columns,
      values: lower.values + upper.values
    )
    let shares =
      [Double](repeating: 0.5 / Double(lower.rows), count: lower.rows)
      + [Double](repeating: 0.5 / Double(upper.rows), count: upper.rows)
    let isUpper = (0..<joined.rows).map { $0 >= lower.rows }
    let mean = joined.transposedTimes(shares)
    let centered = joined.subtracting(mean)
    let variance = zip(0..., shares).reduce(0) { sum, trial in
      sum + trial.1 * centered.squaredLength(ofRow: trial.0)
    }
    guard variance > 0 else {
      weights = [Double](repeating: 0, count: lower.columns)
      intercept = 0
      return
    }
    // In units of their own deviation, so that no tolerance depends on the states' unit.
    let size = variance.squareRoot()
    let standard = DoubleMatrix(
      rows: centered.rows,
      columns: centered.columns,
      values: centered.values.map { $0 / size }
    )
    let (slopes, offset) =
      switch rule {
      case .logistic(let penalty): Self.logistic(standard, isUpper, shares, penalty)
      // Both sides weigh the same, so the mean of ±1 is 0.
      case .leastSquares(let penalty): (Self.leastSquares(standard, isUpper, shares, penalty), 0.0)
      }
    weights = slopes.map { $0 / size }
    intercept = zip(weights, mean).reduce(offset) { $0 - $1.0 * $1.1 }
  }

  private static func logistic(
    _ states: DoubleMatrix,
    _ isUpper: [Bool],
    _ shares: [Double],
    _ penalty: Double
  ) -> ([Double], Double) {
    let fit = LogisticRegression(
      states,
      isUpper: isUpper,
      penalty: penalty,
      trialWeights: shares,
      tolerance: 1e-8
    )
    return (fit.weights, fit.intercept)
  }

  /// `(XᵀCX + λ) w = XᵀC s`.
  private static func leastSquares(
    _ states: DoubleMatrix,
    _ isUpper: [Bool],
    _ shares: [Double],
    _ penalty: Double
  ) -> [Double] {
    var scaled = states
    for (row, share) in shares.enumerated() {
      for unit in 0..<states.columns { scaled[row, unit] *= share.squareRoot() }
    }
    var normal = DoubleMatrix(rows: states.columns, columns: states.columns)
    normal.addGram(of: scaled)
    for unit in 0..<states.columns { normal[unit, unit] += penalty }
    let answers = zip(isUpper, shares).map { $0 ? $1 : -$1 }
    let right = states.transposedTimes(answers)
    return Cholesky(normal)?.solve(right) ?? [Double](repeating: 0, count: right.count)
  }

  /// `w·x + b` of every row.
  package func scores(_ states: DoubleMatrix) -> [Double] {
    states.times(weights).map { $0 + intercept }
  }

  /// The mean of both sides' shares of rightly told states; a score of exactly zero counts half.
  package func accuracy(lower: DoubleMatrix, upper: DoubleMatrix) -> Double {
    func share(_ states: DoubleMatrix, _ sign: Double) -> Double {
      scores(states).reduce(0) { $0 + ($1 * sign > 0 ? 1 : $1 == 0 ? 0.5 : 0) }
        / Double(states.rows)
    }
    return (share(lower, -1) + share(upper, 1)) / 2
  }
}

extension DoubleMatrix {
  fileprivate func subtracting(_ mean: [Double]) -> DoubleMatrix {
    var result = self
    for row in 0..<rows {
      for column in 0..<columns { result[row, column] -= mean[column] }
    }
    return result
  }

  func squaredLength(ofRow row: Int) -> Double {
    values[row * columns..<(row + 1) * columns].reduce(0) { $0 + $1 * $1 }
  }

  /// Coordinates along the directions in which the rows vary at all, `[n, rank]`.
  ///
  /// A classifier with a round penalty decides on them exactly as on the whole states, and is
  /// fitted faster.
  var withoutEmptyDirections: DoubleMatrix {
    let centered = centered
    // The smaller of the two Gram matrices has all directions.
    if rows <= columns {
      return SymmetricEigen(centered.timesTransposed(centered)).scaledVectors(lowest: 1e-12)
    }
    let eigen = SymmetricEigen(centered.gram)
    let kept = eigen.values.indices.filter { eigen.values[$0] > 1e-12 * (eigen.values.last ?? 0) }
    guard kept.count < columns else { return self }
    return centered.times(eigen.vectors.columns(kept))
  }

  fileprivate func columns(_ chosen: [Int]) -> DoubleMatrix {
    var result = DoubleMatrix(rows: rows, columns: chosen.count)
    for row in 0..<rows {
      for (column, source) in chosen.enumerated() { result[row, column] = self[row, source] }
    }
    return result
  }
}

extension SymmetricEigen {
  /// Each eigenvector times its eigenvalue's root: rows whose products are the matrix's entries.
  fileprivate func scaledVectors(lowest: Double) -> DoubleMatrix {
    let kept = values.indices.filter { values[$0] > lowest * (values.last ?? 0) }
    var result = vectors.columns(kept)
    for row in 0..<result.rows {
      for (column, source) in kept.enumerated() {
        result[row, column] *= values[source].squareRoot()
      }
    }
    return result
  }
}
