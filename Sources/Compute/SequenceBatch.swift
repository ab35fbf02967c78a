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

extension SequenceBatch {
  /// Copies the sequences of some trials to `target`, which holds as many.
  package func copy(trials range: Range<Int>, into target: inout SequenceBatch) {
    checkFit(of: range, target)
    let (from, to) = (buffer.pointer, target.buffer.mutablePointer)
    let size = range.count * width
    for step in 0..<steps {
      let start = (step * trials + range.lowerBound) * width
      (to + step * size).update(from: from + start, count: size)
    }
  }

  /// Replaces the sequences of some trials by those of `source`, which holds as many.
  package mutating func replace(trials range: Range<Int>, by source: SequenceBatch) {
    checkFit(of: range, source)
    let (from, to) = (source.buffer.pointer, buffer.mutablePointer)
    let size = range.count * width
    for step in 0..<steps {
      let start = (step * trials + range.lowerBound) * width
      (to + start).update(from: from + step * size, count: size)
    }
  }

  private func checkFit(of range: Range<Int>, _ part: SequenceBatch) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= trials && part.trials == range.count
        && part.steps == steps && part.width == width,
      "trials \(range) of \(steps) × \(trials) × \(width), \(part.trials) by \(part.width)"
    )
  }
}
