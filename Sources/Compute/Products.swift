import Kernels

/// Where a product's sums begin.
package enum ProductStart {
  /// At zero.
  case zero
  /// At what stands in the result already.
  case result
  /// At another matrix of the result's shape.
  case matrix(MatrixView)
  /// At one value for each column: a bias `[columns]` of row-major layers.
  case columnBias(UnsafePointer<Float>)
  /// At one value for each row: a bias `[rows]` of layers that keep a feature a row.
  case rowBias(UnsafePointer<Float>)
}

/// What becomes of a product's sums.
package enum ProductFinish: Int32 {
  case linear = 0
  /// `max(x, 0)`.
  case rectify = 1
  /// `x²`.
  case square = 2
}

/// Computes `result = start + left · right`, then what `finish` asks for.
///
/// Each element is one chain of fused multiply-adds over the depth in order: the same bits at any
/// vector width. `left`, `[rows, depth]`, may be transposed; `right`, `[depth, columns]`, must have
/// its columns side by side; `result`, `[rows, columns]`, must not overlap either.
package func multiply(
  _ left: MatrixView,
  _ right: MatrixView,
  into result: MutableMatrixView,
  from start: ProductStart = .zero,
  finish: ProductFinish = .linear
) {
  precondition(
    left.columns == right.rows && left.rows == result.rows && right.columns == result.columns,
    """
    a product of \(left.rows) × \(left.columns) and \(right.rows) × \(right.columns) \
    doesn't fill \(result.rows) × \(result.columns)
    """
  )
  precondition(right.columnStride == 1, "the right factor's columns must lie side by side")
  var product = dis_product(
    rows: result.rows,
    columns: result.columns,
    depth: left.columns,
    a: left.base,
    a_row: left.rowStride,
    a_depth: left.columnStride,
    b: right.base,
    b_depth: right.rowStride,
    start: nil,
    start_row: 0,
    start_column: 1,
    c: result.base,
    c_row: result.rowStride,
    finish: finish.rawValue
  )
  switch start {
  case .zero:
    break
  case .result:
    product.start = UnsafePointer(result.base)
    product.start_row = result.rowStride
  case .matrix(let matrix):
    precondition(
      matrix.rows == result.rows && matrix.columns == result.columns && matrix.columnStride == 1,
      "the start of a product has its result's shape"
    )
    product.start = matrix.base
    product.start_row = matrix.rowStride
  case .columnBias(let bias):
    product.start = bias
  case .rowBias(let bias):
    product.start = bias
    product.start_row = 1
    product.start_column = 0
  }
  Kernel.active.table.product(&product)
}

/// Copies `source` into `target`, whose rows are the source's columns, or adds it there.
package func transpose(
  _ source: MatrixView,
  into target: MutableMatrixView,
  adding: Bool = false
) {
  precondition(
    source.columnStride == 1 && source.rows == target.columns && source.columns == target.rows,
    "\(source.rows) × \(source.columns) can't be transposed into \(target.rows) × \(target.columns)"
  )
  Kernel.active.table.transpose(
    source.rows,
    source.columns,
    source.base,
    source.rowStride,
    target.base,
    target.rowStride,
    adding ? 1 : 0
  )
}

/// Adds the sum of each column of `matrix` to `sums`, `[columns]`: the gradient of a bias.
package func addColumnSums(of matrix: MatrixView, to sums: UnsafeMutablePointer<Float>) {
  precondition(matrix.columnStride == 1, "the matrix' columns must lie side by side")
  Kernel.active.table.column_sums(
    matrix.rows,
    matrix.columns,
    matrix.base,
    matrix.rowStride,
    sums
  )
}

/// Adds the sum of each row of `matrix` to `sums`, `[rows]`: the gradient of a bias where every row
/// holds one feature.
package func addRowSums(of matrix: MatrixView, to sums: UnsafeMutablePointer<Float>) {
  precondition(matrix.columnStride == 1, "the matrix' columns must lie side by side")
  Kernel.active.table.row_sums(
    matrix.rows,
    matrix.columns,
    matrix.base,
    matrix.rowStride,
    sums
  )
}
