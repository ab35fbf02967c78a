import Kernels

/// One step of a long short-term memory, from the drives of its gates to its states.
///
/// The gates stand side by side in the order `i f g o`; each is replaced by what it makes of its
/// drive: a sigmoid, for `g` the hyperbolic tangent. Then `c = f ⊙ c' + i ⊙ g` and
/// `h = o ⊙ tanh(c)`.
///
/// - Parameters:
///   - gates: `[B, 4H]`; drives go in, gates come out.
///   - previous: `c'`, `[B, H]`.
///   - cells: Receives `c`, `[B, H]`.
///   - squashed: Receives `tanh(c)`, `[B, H]`, which the backward pass needs.
///   - states: Receives `h`, `[B, H]`.
package func lstmStep(
  gates: MutableMatrixView,
  previous: MatrixView,
  cells: MutableMatrixView,
  squashed: MutableMatrixView,
  states: MutableMatrixView
) {
  check(gates.readOnly, beside: previous)
  check(gates.readOnly, beside: cells.readOnly)
  check(gates.readOnly, beside: squashed.readOnly)
  check(gates.readOnly, beside: states.readOnly)
  Kernel.active.table.lstm_step(
    states.rows,
    states.columns,
    gates.base,
    previous.base,
    cells.base,
    squashed.base,
    states.base
  )
}

/// Carries gradients back through ``lstmStep``.
///
/// - Parameters:
///   - gates: What the step left, `[B, 4H]`.
///   - previous: `c'`, `[B, H]`.
///   - squashed: `tanh(c)`, `[B, H]`.
///   - stateGradient: The loss's derivative by `h`, `[B, H]`.
///   - cellGradient: The derivative by `c` as far as later steps go, `[B, H]`; replaced by that
///     by `c'`.
///   - gateGradient: Receives the derivative by the gates' drives, `[B, 4H]`.
package func lstmStepBackward(
  gates: MatrixView,
  previous: MatrixView,
  squashed: MatrixView,
  stateGradient: MatrixView,
  cellGradient: MutableMatrixView,
  gateGradient: MutableMatrixView
) {
  check(gates, beside: previous)
  check(gates, beside: squashed)
  check(gates, beside: stateGradient)
  check(gates, beside: cellGradient.readOnly)
  check(gateGradient.readOnly, beside: previous)
  Kernel.active.table.lstm_step_backward(
    previous.rows,
    previous.columns,
    gates.base,
    previous.base,
    squashed.base,
    stateGradient.base,
    cellGradient.base,
    gateGradient.base
  )
}

/// One step of a gated recurrent unit, from the drives of its gates to its states.
///
/// Four parts stand side by side: the drives of `r` and `z`, what the old state brings to the
/// candidate's drive, `h`, and what the input brings, `x`. They are replaced by `r`, `z`, `h` and
/// `n = tanh(x + r ⊙ h)`; then the state is `(1 - z) ⊙ n + z ⊙ previous`.
///
/// - Parameters:
///   - gates: `[B, 4H]`; drives go in, gates come out.
///   - previous: The old state, `[B, H]`.
///   - states: Receives the new one, `[B, H]`.
package func gruStep(
  gates: MutableMatrixView,
  previous: MatrixView,
  states: MutableMatrixView
) {
  check(gates.readOnly, beside: previous)
  check(gates.readOnly, beside: states.readOnly)
  Kernel.active.table.gru_step(
    states.rows,
    states.columns,
    gates.base,
    previous.base,
    states.base
  )
}

/// Carries gradients back through ``gruStep``.
///
/// - Parameters:
///   - gates: What the step left, `[B, 4H]`.
///   - previous: The old state, `[B, H]`.
///   - stateGradient: The loss's derivative by the new state, `[B, H]`; replaced by what reaches
///     the old one past the gates.
///   - gateGradient: Receives the derivative by the four parts, `[B, 4H]`.
package func gruStepBackward(
  gates: MatrixView,
  previous: MatrixView,
  stateGradient: MutableMatrixView,
  gateGradient: MutableMatrixView
) {
  check(gates, beside: previous)
  check(gates, beside: stateGradient.readOnly)
  check(gateGradient.readOnly, beside: previous)
  Kernel.active.table.gru_step_backward(
    previous.rows,
    previous.columns,
    gates.base,
    previous.base,
    stateGradient.base,
    gateGradient.base
  )
}

/// Four gates stand beside every unit, and no rows have gaps between them.
private func check(_ gates: MatrixView, beside units: MatrixView) {
  precondition(
    units.rows == gates.rows && 4 * units.columns == gates.columns
      && units.rowStride == units.columns && gates.rowStride == gates.columns,
    "gates of \(gates.rows) × \(gates.columns) beside \(units.rows) × \(units.columns)"
  )
}
