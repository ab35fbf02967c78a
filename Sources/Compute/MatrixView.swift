/// A matrix in somebody else's memory, to be read: rows and columns may lie at any distance.
///
/// Transposing costs nothing. A view is used up before its owner changes or ends; it is the one
/// thing here that the compiler doesn't watch, so none is ever stored.
package struct MatrixView {
  package let base: UnsafePointer<Float>
  package let rows: Int
  package let columns: Int
  package let rowStride: Int
  package let columnStride: Int

  package init(
    _ base: UnsafePointer<Float>,
    rows: Int,
    columns: Int,
    rowStride: Int,
    columnStride: Int = 1
  ) {
    self.base = base
    self.rows = rows
    self.columns = columns
    self.rowStride = rowStride
    self.columnStride = columnStride
  }

  package var transposed: MatrixView {
    MatrixView(
      base,
      rows: columns,
      columns: rows,
      rowStride: columnStride,
      columnStride: rowStride
    )
  }

  package func rows(_ range: Range<Int>) -> MatrixView {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(rows)")
    return MatrixView(
      base + range.lowerBound * rowStride,
      rows: range.count,
      columns: columns,
      rowStride: rowStride,
      columnStride: columnStride
    )
  }

  package func columns(_ range: Range<Int>) -> MatrixView {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= columns,
      "columns \(range) of \(columns)"
    )
    return MatrixView(
      base + range.lowerBound * columnStride,
      rows: rows,
      columns: range.count,
      rowStride: rowStride,
      columnStride: columnStride
    )
  }

  @inlinable
  package subscript(row: Int, column: Int) -> Float {
    base[row * rowStride + column * columnStride]
  }
}

/// A matrix in somebody else's memory, to be written: the columns of a row lie side by side.
package struct MutableMatrixView {
  package let base: UnsafeMutablePointer<Float>
  package let rows: Int
  package let columns: Int
  package let rowStride: Int

  package init(_ base: UnsafeMutablePointer<Float>, rows: Int, columns: Int, rowStride: Int) {
    self.base = base
    self.rows = rows
    self.columns = columns
    self.rowStride = rowStride
  }

  package func rows(_ range: Range<Int>) -> MutableMatrixView {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(rows)")
    return MutableMatrixView(
      base + range.lowerBound * rowStride,
      rows: range.count,
      columns: columns,
      rowStride: rowStride
    )
  }

  package func columns(_ range: Range<Int>) -> MutableMatrixView {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= columns,
      "columns \(range) of \(columns)"
    )
    return MutableMatrixView(
      base + range.lowerBound,
      rows: rows,
      columns: range.count,
      rowStride: rowStride
    )
  }

  package var readOnly: MatrixView {
    MatrixView(base, rows: rows, columns: columns, rowStride: rowStride)
  }

  @inlinable
  package subscript(row: Int, column: Int) -> Float {
    get { base[row * rowStride + column] }
    nonmutating set { base[row * rowStride + column] = newValue }
  }
}

extension FloatBuffer {
  /// The first `rows * columns` floats as a matrix without gaps.
  ///
  /// Valid for as long as this value lives and isn't copied.
  package mutating func matrix(rows: Int, columns: Int) -> MutableMatrixView {
    precondition(rows * columns <= count, "\(rows) × \(columns) floats don't fit \(count)")
    return MutableMatrixView(mutablePointer, rows: rows, columns: columns, rowStride: columns)
  }
}
