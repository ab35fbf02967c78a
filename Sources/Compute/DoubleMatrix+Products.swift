import CLAPACK

// Products of large matrices, by OpenBLAS on one thread: other numbers of threads would add in
// other orders. The operator `*` is their plain twin.
extension DoubleMatrix {
  /// `self · right`.
  package func times(_ right: DoubleMatrix) -> DoubleMatrix {
    precondition(columns == right.rows, "\(columns) columns meet \(right.rows) rows")
    return product(right, (CblasNoTrans, CblasNoTrans), (rows, columns, right.columns))
  }

  /// `selfᵀ · right`.
  package func transposedTimes(_ right: DoubleMatrix) -> DoubleMatrix {
    precondition(rows == right.rows, "\(rows) rows meet \(right.rows) rows")
    return product(right, (CblasTrans, CblasNoTrans), (columns, rows, right.columns))
  }

  /// `self · rightᵀ`.
  package func timesTransposed(_ right: DoubleMatrix) -> DoubleMatrix {
    precondition(columns == right.columns, "\(columns) columns meet \(right.columns) columns")
    return product(right, (CblasNoTrans, CblasTrans), (rows, columns, right.rows))
  }

  /// `self · vector`.
  package func times(_ vector: [Double]) -> [Double] {
    times(DoubleMatrix(rows: vector.count, columns: 1, values: vector)).values
  }

  /// `selfᵀ · vector`.
  package func transposedTimes(_ vector: [Double]) -> [Double] {
    transposedTimes(DoubleMatrix(rows: vector.count, columns: 1, values: vector)).values
  }

  private func product(
    _ right: DoubleMatrix,
    _ transposes: (CBLAS_TRANSPOSE, CBLAS_TRANSPOSE),
    _ size: (rows: Int, inner: Int, columns: Int)
  ) -> DoubleMatrix {
    var result = DoubleMatrix(rows: size.rows, columns: size.columns)
    guard size.rows > 0, size.inner > 0, size.columns > 0 else { return result }
    openblas_set_num_threads(1)
    cblas_dgemm(
      CblasRowMajor,
      transposes.0,
      transposes.1,
      Int32(size.rows),
      Int32(size.columns),
      Int32(size.inner),
      1,
      values,
      Int32(columns),
      right.values,
      Int32(right.columns),
      0,
      &result.values,
      Int32(size.columns)
    )
    return result
  }

  /// `selfᵀ · self`, both halves.
  package var gram: DoubleMatrix {
    var result = DoubleMatrix(rows: columns, columns: columns)
    result.addGram(of: self)
    for row in 0..<columns {
      for column in 0..<row { result[row, column] = result[column, row] }
    }
    return result
  }

  /// Some rows, in the order given.
  package func rows(_ chosen: [Int]) -> DoubleMatrix {
    var result = DoubleMatrix(rows: chosen.count, columns: columns)
    for (row, source) in chosen.enumerated() {
      result.values.replaceSubrange(
        row * columns..<(row + 1) * columns,
        with: values[source * columns..<(source + 1) * columns]
      )
    }
    return result
  }

  /// Each column's mean.
  package var columnMeans: [Double] {
    columnSums { value, _ in value }.map { $0 / Double(max(1, rows)) }
  }

  /// The mean square of each column about a value of its own, 0 where none is given.
  package func columnMeanSquares(about centers: [Double]? = nil) -> [Double] {
    let centers = centers ?? [Double](repeating: 0, count: columns)
    precondition(centers.count == columns, "\(columns) columns have \(centers.count) centers")
    let sums = centers.withUnsafeBufferPointer { centers in
      columnSums { value, column in
        let deviation = value - centers[column]
        return deviation * deviation
      }
    }
    return sums.map { $0 / Double(max(1, rows)) }
  }

  @inline(__always)
  private func columnSums(of term: (_ value: Double, _ column: Int) -> Double) -> [Double] {
    var sums = [Double](repeating: 0, count: columns)
    sums.withUnsafeMutableBufferPointer { sums in
      values.withUnsafeBufferPointer { values in
        for row in 0..<rows {
          for column in 0..<columns {
            sums[column] += term(values[row * columns + column], column)
          }
        }
      }
    }
    return sums
  }

  /// The same with each column's mean taken away.
  package var centered: DoubleMatrix {
    let means = columnMeans
    var result = self
    result.values.withUnsafeMutableBufferPointer { values in
      means.withUnsafeBufferPointer { means in
        for row in 0..<rows {
          for column in 0..<columns { values[row * columns + column] -= means[column] }
        }
      }
    }
    return result
  }
}
