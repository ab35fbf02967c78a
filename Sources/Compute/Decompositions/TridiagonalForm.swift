import CLAPACK

/// `A = Q T Qᵀ` of a symmetric matrix, with `T` tridiagonal: for solving `(A + λ I) x = b` with many `λ`.
///
/// It is the first step to eigenvalues and a fraction of the way to eigenvectors; from there on every `λ`
/// takes a walk along three diagonals.
package struct TridiagonalForm: Sendable {
  private let order: Int
  /// The reflections whose product is `Q`, as LAPACK keeps them.
  private let reflections: [Double]
  private let lengths: [Double]
  private let diagonal: [Double]
  private let beside: [Double]

  /// By LAPACK's `dsytrd` on one thread.
  ///
  /// - Parameter matrix: Symmetric and finite; only its upper half is read.
  package init(_ matrix: DoubleMatrix) {
    precondition(matrix.rows == matrix.columns, "only square matrices have a tridiagonal form")
    openblas_set_num_threads(1)
    order = matrix.rows
    // The upper half, row by row, is LAPACK's lower half, column by column: nothing is copied.
    var work = matrix.values
    var (diagonal, beside, lengths) = (
      [Double](repeating: 0, count: order), [Double](repeating: 0, count: max(1, order - 1)),
      [Double](repeating: 0, count: max(1, order - 1))
    )
    let info = LAPACKE_dsytrd(
      LAPACK_COL_MAJOR,
      CChar(UInt8(ascii: "L")),
      Int32(order),
      &work,
      Int32(max(1, order)),
      &diagonal,
      &beside,
      &lengths
    )
    precondition(info == 0, "dsytrd failed with \(info) on a matrix of order \(order)")
    (reflections, self.diagonal, self.beside, self.lengths) = (work, diagonal, beside, lengths)
  }

  /// - Parameters:
  ///   - right: `b`, as many rows as the matrix has, and any number of columns.
  ///   - shifts: `λ`, each of which must make the matrix positive definite.
  /// - Returns: `x`, the columns of the first shift, then those of the next.
  package func solve(_ right: DoubleMatrix, shifts: [Double]) -> DoubleMatrix {
    precondition(right.rows == order, "\(right.rows) values for \(order) equations")
    let columns = right.columns
    let turned = reflected(right.transposed.values, columns, "T")
    var solutions: [Double] = []
    solutions.reserveCapacity(shifts.count * turned.count)
    for shift in shifts {
      // T + λ = L D Lᵀ.
      var (pivots, below) = (diagonal.map { $0 + shift }, beside)
      for row in 0..<max(0, order - 1) {
        below[row] = beside[row] / pivots[row]
        pivots[row + 1] -= below[row] * beside[row]
      }
      for column in 0..<columns {
        var x = Array(turned[column * order..<(column + 1) * order])
        for row in 0..<max(0, order - 1) { x[row + 1] -= below[row] * x[row] }
        for row in x.indices { x[row] /= pivots[row] }
        for row in stride(from: order - 2, through: 0, by: -1) { x[row] -= below[row] * x[row + 1] }
        solutions += x
      }
    }
    let count = shifts.count * columns
    return DoubleMatrix(rows: count, columns: order, values: reflected(solutions, count, "N"))
      .transposed
  }

  /// `Q` or its transpose times vectors that lie one behind the other.
  private func reflected(
    _ vectors: [Double],
    _ count: Int,
    _ transpose: Unicode.Scalar
  ) -> [Double] {
    guard count > 0, order > 1 else { return vectors }
    openblas_set_num_threads(1)
    var vectors = vectors
    let info = LAPACKE_dormtr(
      LAPACK_COL_MAJOR,
      CChar(UInt8(ascii: "L")),
      CChar(UInt8(ascii: "L")),
      CChar(UInt8(ascii: transpose)),
      Int32(order),
      Int32(count),
      reflections,
      Int32(order),
      lengths,
      &vectors,
      Int32(order)
    )
    precondition(info == 0, "dormtr failed with \(info)")
    return vectors
  }
}
