/// Sequences of many trials, `[T, B, F]`: `steps` × `trials` × `width`, step by step, so that one
/// step of all trials is one matrix without gaps.
package struct SequenceBatch: Equatable, Sendable {
  package let steps: Int
  package let trials: Int
  package let width: Int
  package var buffer: FloatBuffer

  package init(steps: Int, trials: Int, width: Int, repeating value: Float = 0) {
    self.steps = steps
    self.trials = trials
    self.width = width
    buffer = FloatBuffer(repeating: value, count: steps * trials * width)
  }

  package init(steps: Int, trials: Int, width: Int, values: [Float]) {
    precondition(
      values.count == steps * trials * width,
      "\(values.count) values can't fill \(steps) × \(trials) × \(width)"
    )
    self.steps = steps
    self.trials = trials
    self.width = width
    buffer = FloatBuffer(values)
  }

  package subscript(step: Int, trial: Int, feature: Int) -> Float {
    get { buffer[(step * trials + trial) * width + feature] }
    set { buffer[(step * trials + trial) * width + feature] = newValue }
  }

  /// All steps as the rows of one matrix, `[T·B, F]`.
  package var rows: MatrixView {
    MatrixView(buffer.pointer, rows: steps * trials, columns: width, rowStride: width)
  }

  /// One step, `[B, F]`.
  package func step(_ step: Int) -> MatrixView { rows.rows(step * trials..<(step + 1) * trials) }

  package var mutableRows: MutableMatrixView {
    mutating get {
      MutableMatrixView(
        buffer.mutablePointer,
        rows: steps * trials,
        columns: width,
        rowStride: width
      )
    }
  }

  package mutating func mutableStep(_ step: Int) -> MutableMatrixView {
    mutableRows.rows(step * trials..<(step + 1) * trials)
  }
}
