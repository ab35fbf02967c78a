/// A matrix of floats, row by row.
package struct Matrix: Equatable, Sendable {
  package let rows: Int
  package let columns: Int
  package var buffer: FloatBuffer

  package init(rows: Int, columns: Int, repeating value: Float = 0) {
    self.rows = rows
    self.columns = columns
    buffer = FloatBuffer(repeating: value, count: rows * columns)
  }

  /// A matrix of these `rows * columns` values, row by row.
  package init(rows: Int, columns: Int, values: [Float]) {
    precondition(
      values.count == rows * columns,
      "\(values.count) values can't fill a matrix of \(rows) × \(columns)"
    )
    self.rows = rows
    self.columns = columns
    buffer = FloatBuffer(values)
  }

  package subscript(row: Int, column: Int) -> Float {
    get { buffer[row * columns + column] }
    set { buffer[row * columns + column] = newValue }
  }

  /// Valid for as long as this matrix lives and isn't changed.
  package var view: MatrixView {
    MatrixView(buffer.pointer, rows: rows, columns: columns, rowStride: columns)
  }

  /// Valid for as long as this matrix lives and isn't copied.
  package var mutableView: MutableMatrixView {
    mutating get {
      MutableMatrixView(buffer.mutablePointer, rows: rows, columns: columns, rowStride: columns)
    }
  }
}
