import CLAPACK

/// An eigenvalue of a real matrix: a real number, or one of a conjugate pair.
package struct Eigenvalue: Hashable, Sendable {
  package let real: Double
  package let imaginary: Double

  package init(_ real: Double, _ imaginary: Double = 0) {
    self.real = real
    self.imaginary = imaginary
  }

  /// `|λ|`.
  package var modulus: Double {
    let (large, small) = (
      max(real.magnitude, imaginary.magnitude), min(real.magnitude, imaginary.magnitude)
    )
    guard large > 0 else { return 0 }
    return large * (1 + small / large * (small / large)).squareRoot()
  }
}

/// Eigenvalues of a square matrix, and the invariant planes that belong to them.
package struct GeneralEigen: Sendable {
  /// The largest modulus first; of a conjugate pair the one above the real axis first.
  package let values: [Eigenvalue]
  /// Real columns in the same order, `[n, n]`; empty unless asked for.
  ///
  /// Of a real eigenvalue its eigenvector; of a pair the real and then the imaginary part, which
  /// span its plane.
  package let directions: DoubleMatrix

  /// By LAPACK's `dgeev`, on one thread.
  ///
  /// - Parameters:
  ///   - matrix: Square and finite.
  ///   - wantsDirections: Whether the directions are computed too, which takes twice as long.
  package init(_ matrix: DoubleMatrix, wantsDirections: Bool = false) {
    precondition(matrix.rows == matrix.columns, "only square matrices have eigenvalues")
    openblas_set_num_threads(1)
    let order = matrix.rows
    // LAPACK counts by columns: it is given the transpose, whose eigenvalues are the same and whose
    // left eigenvectors are the right ones of the matrix.
    var work = matrix.values
    var real = [Double](repeating: 0, count: order)
    var imaginary = real
    var left = [Double](repeating: 0, count: wantsDirections ? order * order : 1)
    var right = [0.0]
    let info = LAPACKE_dgeev(
      LAPACK_COL_MAJOR,
      CChar(UInt8(ascii: wantsDirections ? "V" : "N")),
      CChar(UInt8(ascii: "N")),
      Int32(order),
      &work,
      Int32(max(1, order)),
      &real,
      &imaginary,
      &left,
      Int32(max(1, order)),
      &right,
      1
    )
    precondition(info == 0, "dgeev failed with \(info) on a matrix of order \(order)")
    let found = (0..<order).map { Eigenvalue(real[$0], imaginary[$0]) }
    // The lower one of a pair follows the upper one, and has the same modulus: the sort is stable
    // by the index.
    let sorted = (0..<order).sorted {
      (found[$1].modulus, $0) < (found[$0].modulus, $1)
    }
    values = sorted.map { found[$0] }
    guard wantsDirections else {
      directions = DoubleMatrix(rows: 0, columns: 0)
      return
    }
    var directions = DoubleMatrix(rows: order, columns: order)
    for (column, source) in sorted.enumerated() {
      for row in 0..<order { directions[row, column] = left[source * order + row] }
    }
    self.directions = directions
  }
}

/// An orthonormal basis of what the columns of a matrix span, by Gram and Schmidt done twice.
///
/// Columns that depend on those before, to twelve digits, are left out.
package func orthonormalBasis(of columns: [[Double]]) -> [[Double]] {
  var basis: [[Double]] = []
  for column in columns {
    let length = column.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard length > 0, length.isFinite else { continue }
    var rest = column.map { $0 / length }
    for _ in 0..<2 {
      for axis in basis {
        let share = zip(rest, axis).reduce(0) { $0 + $1.0 * $1.1 }
        for index in rest.indices { rest[index] -= share * axis[index] }
      }
    }
    let left = rest.reduce(0) { $0 + $1 * $1 }.squareRoot()
    if left > 1e-12 { basis.append(rest.map { $0 / left }) }
  }
  return basis
}
