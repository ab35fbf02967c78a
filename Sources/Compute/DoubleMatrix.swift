import CLAPACK

/// A small matrix of doubles, row by row: covariances, decoders, rotations.
package struct DoubleMatrix: Equatable, Sendable {
  package let rows: Int
  package let columns: Int
  package var values: [Double]

  package init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    values = [Double](repeating: 0, count: rows * columns)
  }

  /// A matrix of these `rows * columns` values, row by row.
  package init(rows: Int, columns: Int, values: [Double]) {
    precondition(
      values.count == rows * columns,
      "\(values.count) values can't fill a matrix of \(rows) × \(columns)"
    )
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  package subscript(row: Int, column: Int) -> Double {
    get { values[row * columns + column] }
    set { values[row * columns + column] = newValue }
  }

  package func row(_ row: Int) -> [Double] { Array(values[row * columns..<(row + 1) * columns]) }

  package func column(_ column: Int) -> [Double] { (0..<rows).map { self[$0, column] } }

  /// Adds `vector · vectorᵀ`, in the upper half only.
  package mutating func addOuterProduct(of vector: [Double]) {
    precondition(vector.count == rows && vector.count == columns, "an outer product is square")
    let width = columns
    values.withUnsafeMutableBufferPointer { sums in
      vector.withUnsafeBufferPointer { vector in
        for row in 0..<width {
          let factor = vector[row]
          for column in row..<width { sums[row * width + column] += factor * vector[column] }
        }
      }
    }
  }

  /// Adds `matrixᵀ · matrix`, in the upper half only: by OpenBLAS's `dsyrk` on one thread.
  package mutating func addGram(of matrix: DoubleMatrix) {
    precondition(matrix.columns == rows && rows == columns, "a Gram matrix is square")
    guard matrix.rows > 0 else { return }
    openblas_set_num_threads(1)
    cblas_dsyrk(
      CblasRowMajor,
      CblasUpper,
      CblasTrans,
      Int32(rows),
      Int32(matrix.rows),
      1,
      matrix.values,
      Int32(matrix.columns),
      1,
      &values,
      Int32(columns)
    )
  }

  package var transposed: DoubleMatrix {
    var result = DoubleMatrix(rows: columns, columns: rows)
    result.values.withUnsafeMutableBufferPointer { turned in
      values.withUnsafeBufferPointer { values in
        for row in 0..<rows {
          for column in 0..<columns { turned[column * rows + row] = values[row * columns + column] }
        }
      }
    }
    return result
  }

  package var trace: Double { (0..<min(rows, columns)).reduce(0) { $0 + self[$1, $1] } }

  package static func * (left: DoubleMatrix, right: DoubleMatrix) -> DoubleMatrix {
    precondition(left.columns == right.rows, "\(left.columns) columns meet \(right.rows) rows")
    var result = DoubleMatrix(rows: left.rows, columns: right.columns)
    let (inners, width) = (left.columns, right.columns)
    result.values.withUnsafeMutableBufferPointer { sums in
      left.values.withUnsafeBufferPointer { left in
        right.values.withUnsafeBufferPointer { right in
          for row in 0..<sums.count / max(1, width) {
            for inner in 0..<inners {
              let factor = left[row * inners + inner]
              for column in 0..<width {
                sums[row * width + column] += factor * right[inner * width + column]
              }
            }
          }
        }
      }
    }
    return result
  }

  package static func + (left: DoubleMatrix, right: DoubleMatrix) -> DoubleMatrix {
    precondition(
      left.rows == right.rows && left.columns == right.columns,
      "a sum needs two matrices of one shape"
    )
    return DoubleMatrix(
      rows: left.rows,
      columns: left.columns,
      values: zip(left.values, right.values).map(+)
    )
  }
}
