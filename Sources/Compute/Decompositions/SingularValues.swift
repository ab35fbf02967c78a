import CLAPACK

/// The thin singular value decomposition `A = U diag(σ) Vᵀ` of a small matrix.
package struct SingularValues: Sendable {
  /// σ, in descending order.
  package let values: [Double]
  /// U, `[rows, k]`, `k` the smaller of rows and columns.
  package let left: DoubleMatrix
  /// Vᵀ, `[k, columns]`.
  package let right: DoubleMatrix

  /// By LAPACK's `dgesdd`, on one thread: other numbers of threads would add in other orders.
  ///
  /// - Parameter matrix: Finite, with a row and a column at least.
  package init(_ matrix: DoubleMatrix) {
    let (rows, columns) = (matrix.rows, matrix.columns)
    precondition(rows > 0 && columns > 0, "a matrix of \(rows) × \(columns) has no values")
    openblas_set_num_threads(1)
    let order = min(rows, columns)
    var work = matrix.values
    var values = [Double](repeating: 0, count: order)
    var left = [Double](repeating: 0, count: rows * order)
    var right = [Double](repeating: 0, count: order * columns)
    let info = LAPACKE_dgesdd(
      LAPACK_ROW_MAJOR,
      CChar(UInt8(ascii: "S")),
      Int32(rows),
      Int32(columns),
      &work,
      Int32(columns),
      &values,
      &left,
      Int32(order),
      &right,
      Int32(columns)
    )
    precondition(info == 0, "dgesdd failed with \(info) on a matrix of \(rows) × \(columns)")
    self.values = values
    self.left = DoubleMatrix(rows: rows, columns: order, values: left)
    self.right = DoubleMatrix(rows: order, columns: columns, values: right)
  }

  /// How many values are above rounding error, as NumPy's `matrix_rank` counts them.
  package var rank: Int {
    let floor = (values.first ?? 0) * Double(max(left.rows, right.columns)) * Double.ulpOfOne
    return values.count { $0 > floor }
  }

  /// A⁺ = V diag(1/σ) Uᵀ over the values that count, `[columns, rows]`.
  package var pseudoinverse: DoubleMatrix {
    var scaled = right.transposed
    for column in 0..<scaled.columns {
      let factor = column < rank ? 1 / values[column] : 0
      for row in 0..<scaled.rows { scaled[row, column] *= factor }
    }
    return scaled * left.transposed
  }
}

extension SingularValues {
  /// σ alone, in descending order, in a third of the time that the vectors take.
  ///
  /// - Parameter matrix: Any finite matrix.
  /// - Returns: As many values as the shorter side is long.
  package static func values(of matrix: DoubleMatrix) -> [Double] {
    let count = min(matrix.rows, matrix.columns)
    guard count > 0 else { return [] }
    openblas_set_num_threads(1)
    var work = matrix.values
    var values = [Double](repeating: 0, count: count)
    // Row by row, it is its transpose column by column, which has the same singular values.
    let info = LAPACKE_dgesdd(
      LAPACK_COL_MAJOR,
      CChar(UInt8(ascii: "N")),
      Int32(matrix.columns),
      Int32(matrix.rows),
      &work,
      Int32(matrix.columns),
      &values,
      nil,
      1,
      nil,
      1
    )
    precondition(info == 0, "dgesdd failed with \(info) on \(matrix.rows) × \(matrix.columns)")
    return values
  }
}
