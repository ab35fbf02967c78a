import Kernels

/// Centres and scales every row of `input`, `[rows, F]`: `γ (x - mean) / √(variance + ε) + β`.
///
/// - Parameters:
///   - input: One vector of features a row, without gaps between the rows.
///   - gain: `γ`, `[F]`.
///   - bias: `β`, `[F]`.
///   - epsilon: `ε`, which keeps a row of equal features finite.
///   - moments: Receives each row's mean and `1 / √(variance + ε)`, `[rows, 2]`.
///   - output: Receives the result, `[rows, F]`.
package func layerNorm(
  _ input: MatrixView,
  gain: MatrixView,
  bias: MatrixView,
  epsilon: Float,
  moments: MutableMatrixView,
  into output: MutableMatrixView
) {
  check(input, beside: output.readOnly, moments.readOnly, gain)
  Kernel.active.table.layer_norm(
    input.rows,
    input.columns,
    epsilon,
    input.base,
    gain.base,
    bias.base,
    moments.base,
    output.base
  )
}

/// Carries a gradient back through ``layerNorm(_:gain:bias:epsilon:moments:into:)``.
///
/// With `n = (x - mean) / √(variance + ε)` and `d` the derivative by the output, `∂β = Σ d`,
/// `∂γ = Σ d ⊙ n`, and with `e = d ⊙ γ`
///
///     ∂x = (e - mean(e) - n mean(e ⊙ n)) / √(variance + ε)
///
/// - Parameters:
///   - gradient: The derivative by the output, `[rows, F]`.
///   - input: What was normed.
///   - gain: `γ`.
///   - moments: What the way there left.
///   - gainGradient: `∂γ` is added here.
///   - biasGradient: `∂β` is added here.
///   - inputGradient: Receives `∂x`, or has it added, `[rows, F]`.
///   - adding: Whether `∂x` is added.
package func layerNormBackward(
  _ gradient: MatrixView,
  input: MatrixView,
  gain: MatrixView,
  moments: MatrixView,
  gainGradient: MutableMatrixView,
  biasGradient: MutableMatrixView,
  into inputGradient: MutableMatrixView,
  adding: Bool
) {
  check(input, beside: gradient, moments, gain)
  check(input, beside: inputGradient.readOnly, moments, gain)
  Kernel.active.table.layer_norm_backward(
    input.rows,
    input.columns,
    input.base,
    gain.base,
    moments.base,
    gradient.base,
    gainGradient.base,
    biasGradient.base,
    adding ? 1 : 0,
    inputGradient.base
  )
}

private func check(
  _ input: MatrixView,
  beside other: MatrixView,
  _ moments: MatrixView,
  _ gain: MatrixView
) {
  precondition(
    input.rows == other.rows && input.columns == other.columns && input.rows == moments.rows
      && moments.columns == 2 && gain.rows == input.columns && input.rowStride == input.columns
      && other.rowStride == other.columns,
    "a norm of \(input.rows) × \(input.columns) beside \(other.rows) × \(other.columns)"
  )
}
