import CLAPACK

extension DoubleMatrix {
  /// `self · matrixᵀ`, by OpenBLAS's `dgemm` on one thread.
  package func times(transposeOf matrix: DoubleMatrix) -> DoubleMatrix {
    precondition(columns == matrix.columns, "\(columns) columns meet \(matrix.columns)")
    var result = DoubleMatrix(rows: rows, columns: matrix.rows)
    guard rows > 0, columns > 0, matrix.rows > 0 else { return result }
    openblas_set_num_threads(1)
    cblas_dgemm(
      CblasRowMajor,
      CblasNoTrans,
      CblasTrans,
      Int32(rows),
      Int32(matrix.rows),
      Int32(columns),
      1,
      values,
      Int32(columns),
      matrix.values,
      Int32(matrix.columns),
      0,
      &result.values,
      Int32(matrix.rows)
    )
    return result
  }

  /// The `x` of `A x = b` for a square `A`, by LAPACK's `dgesv`.
  ///
  /// - Parameter target: `b`, `[rows]`.
  /// - Returns: `x`, `[columns]`; `nil` where `A` is singular to the last digit.
  package func solution(for target: [Double]) -> [Double]? {
    precondition(
      rows == columns && target.count == rows,
      "\(rows) × \(columns) meets \(target.count)"
    )
    guard rows > 0 else { return [] }
    var factors = values
    var solution = target
    var pivots = [Int32](repeating: 0, count: rows)
    openblas_set_num_threads(1)
    let order = Int32(rows)
    let info = LAPACKE_dgesv(
      LAPACK_ROW_MAJOR,
      order,
      1,
      &factors,
      order,
      &pivots,
      &solution,
      1
    )
    return info == 0 ? solution : nil
  }

  /// The `x` of least `|A x - b|² + damping |x|²`: the step of Levenberg and Marquardt.
  ///
  /// By Cholesky's decomposition of `Aᵀ A + damping I`.
  ///
  /// - Parameters:
  ///   - target: `b`, `[rows]`.
  ///   - damping: Positive.
  /// - Returns: `x`, `[columns]`; `nil` where rounding leaves nothing to decompose.
  package func dampedSolution(for target: [Double], damping: Double) -> [Double]? {
    var normal = DoubleMatrix(rows: columns, columns: columns)
    normal.addGram(of: self)
    for index in 0..<columns { normal[index, index] += damping }
    var solution = [Double](repeating: 0, count: columns)
    cblas_dgemv(
      CblasRowMajor,
      CblasTrans,
      Int32(rows),
      Int32(columns),
      1,
      values,
      Int32(columns),
      target,
      1,
      0,
      &solution,
      1
    )
    // By rows an upper half is by columns a lower one: nothing has to be turned around.
    let info = LAPACKE_dposv(
      LAPACK_COL_MAJOR,
      CChar(UInt8(ascii: "L")),
      Int32(columns),
      1,
      &normal.values,
      Int32(columns),
      &solution,
      Int32(columns)
    )
    return info == 0 ? solution : nil
  }
}
