import CLAPACK

/// `A = L Lᵀ` of a symmetric, positive definite matrix: for solving `A x = b`.
package struct Cholesky: Sendable {
  private let order: Int
  private let factor: [Double]

  /// By LAPACK's `dpotrf` on one thread.
  ///
  /// `nil` where the matrix isn't positive definite to rounding.
  ///
  /// - Parameter matrix: Symmetric and finite; only its upper half is read.
  package init?(_ matrix: DoubleMatrix) {
    precondition(matrix.rows == matrix.columns, "only square matrices have a Cholesky factor")
    openblas_set_num_threads(1)
    order = matrix.rows
    var factor = matrix.values
    // The upper half, row by row, is LAPACK's lower half, column by column: nothing is copied.
    let info = LAPACKE_dpotrf(
      LAPACK_COL_MAJOR,
      CChar(UInt8(ascii: "L")),
      Int32(order),
      &factor,
      Int32(max(1, order))
    )
    guard info == 0 else { return nil }
    self.factor = factor
  }

  /// - Parameter right: `b`, as many values as the matrix has rows.
  /// - Returns: `x`.
  package func solve(_ right: [Double]) -> [Double] {
    precondition(right.count == order, "\(right.count) values for \(order) equations")
    openblas_set_num_threads(1)
    var solution = right
    let info = LAPACKE_dpotrs(
      LAPACK_COL_MAJOR,
      CChar(UInt8(ascii: "L")),
      Int32(order),
      1,
      factor,
      Int32(max(1, order)),
      &solution,
      Int32(max(1, order))
    )
    precondition(info == 0, "dpotrs failed with \(info)")
    return solution
  }
}
