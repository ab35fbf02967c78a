import Compute

/// Answers every boundary from the state: `sigmoid(W r + b)`, the same for all architectures.
package struct Readout: Sendable {
  /// State variables, `H`.
  package let stateWidth: Int
  /// Boundaries, `N`.
  package let boundaryCount: Int

  private let weight: ParameterSlot
  private let bias: ParameterSlot

  /// Its weights, which a network from elsewhere may lack.
  package var slots: [ParameterSlot] { [weight, bias] }

  package init(stateWidth: Int, boundaryCount: Int, layout: inout ParameterLayout) {
    self.stateWidth = stateWidth
    self.boundaryCount = boundaryCount
    weight = layout.add("rec_to_out.weight", boundaryCount, stateWidth)
    bias = layout.add("rec_to_out.bias", boundaryCount)
  }

  package func initialize(_ parameters: inout ParameterBuffer, seed: UInt64) {
    // Far from the steps of the layers below, whatever their number.
    Initialization.uniformByFanIn(
      &parameters,
      weight: weight,
      bias: bias,
      RandomStream(seed: seed, purpose: .netInit, step: 1000)
    )
  }

  /// The weight with the states' direction down its rows, `[H, N]`, for ``forward``.
  package func makeScratch() -> Matrix { Matrix(rows: stateWidth, columns: boundaryCount) }

  /// The answers before the sigmoid, `[T, B, N]`.
  package func forward(
    _ states: SequenceBatch,
    with parameters: ParameterBuffer,
    scratch: inout Matrix,
    into logits: inout SequenceBatch
  ) {
    transpose(parameters.view(of: weight), into: scratch.mutableView)
    multiply(
      states.rows,
      scratch.view,
      into: logits.mutableRows,
      from: .columnBias(parameters.view(of: bias).base)
    )
  }

  /// Adds the parameters' gradient to `gradient` and replaces `stateGradient`, `[T, B, H]`.
  ///
  /// With `d` the loss's derivative by the logits: `∂W = Σ dᵀ r`, `∂b = Σ d`, `∂r = d W`.
  package func backward(
    _ logitGradient: SequenceBatch,
    states: SequenceBatch,
    with parameters: ParameterBuffer,
    into gradient: inout ParameterBuffer,
    stateGradient: inout SequenceBatch
  ) {
    multiply(
      logitGradient.rows.transposed,
      states.rows,
      into: gradient.mutableView(of: weight),
      from: .result
    )
    addColumnSums(of: logitGradient.rows, to: gradient.mutableView(of: bias).base)
    multiply(
      logitGradient.rows,
      parameters.view(of: weight),
      into: stateGradient.mutableRows
    )
  }
}
