import CLAPACK

/// Eigenvalues and eigenvectors of a symmetric matrix: `A = V diag(λ) Vᵀ`.
package struct SymmetricEigen: Sendable {
  /// In ascending order.
  package let values: [Double]
  /// Column `k` belongs to `values[k]`; unit length, largest component positive.
  package let vectors: DoubleMatrix

  /// By LAPACK's `dsyevd`, on one thread: other numbers of threads would add in other orders.
  ///
  /// - Parameter matrix: Symmetric and finite; only its upper half is read.
  package init(_ matrix: DoubleMatrix) {
    let work: [Double]
    (values, work) = Self.solved(matrix, job: "V")
    vectors = withPositivePeaks(
      DoubleMatrix(rows: matrix.rows, columns: matrix.rows, values: work)
    )
  }

  /// Eigenvalues alone: a fraction of the work.
  ///
  /// - Parameter matrix: Symmetric and finite; only its upper half is read.
  /// - Returns: In ascending order.
  package static func values(of matrix: DoubleMatrix) -> [Double] {
    solved(matrix, job: "N").values
  }

  /// With the job `V` eigenvectors take the matrix's place, with `N` there are none.
  private static func solved(
    _ matrix: DoubleMatrix,
    job: Unicode.Scalar
  ) -> (values: [Double], work: [Double]) {
    precondition(matrix.rows == matrix.columns, "only square matrices have eigenvalues")
    openblas_set_num_threads(1)
    let order = matrix.rows
    var work = matrix.values
    var values = [Double](repeating: 0, count: order)
    let info = LAPACKE_dsyevd(
      LAPACK_ROW_MAJOR,
      CChar(UInt8(ascii: job)),
      CChar(UInt8(ascii: "U")),
      Int32(order),
      &work,
      Int32(order),
      &values
    )
    precondition(info == 0, "dsyevd failed with \(info) on a matrix of order \(order)")
    return (values, work)
  }

  /// By Jacobi's rotations in plain arithmetic: slower, but with the same bits on every machine.
  ///
  /// Whatever becomes part of a network (the `linearFree` encoder) comes from here, since LAPACK
  /// answers with other last bits on other processors. Source: Golub and Van Loan, Matrix
  /// Computations, section 8.5, cyclic by rows.
  package static func portable(_ matrix: DoubleMatrix) -> SymmetricEigen {
    precondition(matrix.rows == matrix.columns, "only square matrices have eigenvalues")
    let order = matrix.rows
    var a = matrix
    var v = DoubleMatrix(rows: order, columns: order)
    for index in 0..<order { v[index, index] = 1 }

    let scale = a.values.reduce(0) { $0 + $1 * $1 }
    // Convergence is quadratic: a dozen sweeps reach rounding error for any order met here.
    for _ in 0..<60 {
      var offDiagonal = 0.0
      for row in 0..<order {
        for column in row + 1..<max(order, row + 1) {
          offDiagonal += a[row, column] * a[row, column]
        }
      }
      if offDiagonal <= 1e-30 * scale { break }
      for p in 0..<order {
        for q in p + 1..<max(order, p + 1) where a[p, q] != 0 {
          let theta = (a[q, q] - a[p, p]) / (2 * a[p, q])
          let tangent =
            (theta < 0 ? -1 : 1) / (theta.magnitude + (theta * theta + 1).squareRoot())
          let cosine = 1 / (tangent * tangent + 1).squareRoot()
          let sine = tangent * cosine
          for k in 0..<order {
            let left = a[k, p]
            let right = a[k, q]
            a[k, p] = cosine * left - sine * right
            a[k, q] = sine * left + cosine * right
          }
          for k in 0..<order {
            let left = a[p, k]
            let right = a[q, k]
            a[p, k] = cosine * left - sine * right
            a[q, k] = sine * left + cosine * right
          }
          for k in 0..<order {
            let left = v[k, p]
            let right = v[k, q]
            v[k, p] = cosine * left - sine * right
            v[k, q] = sine * left + cosine * right
          }
        }
      }
    }

    let ascending = (0..<order).sorted { (a[$0, $0], $0) < (a[$1, $1], $1) }
    var vectors = DoubleMatrix(rows: order, columns: order)
    for (column, source) in ascending.enumerated() {
      for row in 0..<order { vectors[row, column] = v[row, source] }
    }
    return SymmetricEigen(
      values: ascending.map { a[$0, $0] },
      vectors: withPositivePeaks(vectors)
    )
  }

  private init(values: [Double], vectors: DoubleMatrix) {
    self.values = values
    self.vectors = vectors
  }
}

/// Eigenvectors have no sign of their own; the component of largest magnitude decides it here.
private func withPositivePeaks(_ vectors: DoubleMatrix) -> DoubleMatrix {
  var result = vectors
  for column in 0..<vectors.columns {
    var peak = 0.0
    for row in 0..<vectors.rows where vectors[row, column].magnitude > peak.magnitude {
      peak = vectors[row, column]
    }
    guard peak < 0 else { continue }
    for row in 0..<vectors.rows { result[row, column] = -vectors[row, column] }
  }
  return result
}
