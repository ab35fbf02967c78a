import Compute

extension GPT2 {
  /// `LN(x) = γ (x - mean) / √(variance + ε) + β` over the features of each row.
  struct Norm: Sendable {
    /// `γ`, `[F]`.
    let gain: ParameterSlot
    /// `β`, `[F]`.
    let bias: ParameterSlot

    /// `ε`.
    private static let epsilon: Float = 1e-5

    init(_ name: String, width: Int, layout: inout ParameterLayout) {
      gain = layout.add("\(name).weight", width)
      bias = layout.add("\(name).bias", width)
    }

    func initialize(_ parameters: inout ParameterBuffer) {
      parameters.set(gain, to: [Float](repeating: 1, count: gain.count))
      parameters.set(bias, to: [Float](repeating: 0, count: bias.count))
    }

    func forward(
      _ input: MatrixView,
      with parameters: ParameterBuffer,
      moments: MutableMatrixView,
      into output: MutableMatrixView
    ) {
      layerNorm(
        input,
        gain: parameters.view(of: gain),
        bias: parameters.view(of: bias),
        epsilon: Self.epsilon,
        moments: moments,
        into: output
      )
    }

    /// From what reaches the output to what reaches the input.
    func backward(
      _ reaching: MatrixView,
      input: MatrixView,
      with parameters: ParameterBuffer,
      moments: MatrixView,
      into gradient: inout ParameterBuffer,
      _ inputGradient: MutableMatrixView,
      adding: Bool
    ) {
      layerNormBackward(
        reaching,
        input: input,
        gain: parameters.view(of: gain),
        moments: moments,
        gainGradient: gradient.mutableView(of: gain),
        biasGradient: gradient.mutableView(of: bias),
        into: inputGradient,
        adding: adding
      )
    }
  }

  /// `y = x W + b` with `W` of `[in, out]`: Hugging Face's `Conv1D`.
  struct Linear: Sendable {
    let weight: ParameterSlot
    let bias: ParameterSlot

    init(_ name: String, _ inputs: Int, _ outputs: Int, layout: inout ParameterLayout) {
      weight = layout.add("\(name).weight", inputs, outputs)
      bias = layout.add("\(name).bias", outputs)
    }

    func forward(
      _ inputs: MatrixView,
      with parameters: ParameterBuffer,
      into outputs: MutableMatrixView
    ) {
      multiply(
        inputs,
        parameters.view(of: weight),
        into: outputs,
        from: .columnBias(parameters.view(of: bias).base)
      )
    }

    /// With `d` what reaches `y`: `∂W = xᵀ d`, `∂b = Σ d`, `∂x = d Wᵀ`.
    func backward(
      _ reaching: MatrixView,
      of inputs: MatrixView,
      _ weightTransposed: MatrixView,
      into gradient: inout ParameterBuffer,
      inputs inputGradient: MutableMatrixView
    ) {
      multiply(
        inputs.transposed,
        reaching,
        into: gradient.mutableView(of: weight),
        from: .result
      )
      addColumnSums(of: reaching, to: gradient.mutableView(of: bias).base)
      multiply(reaching, weightTransposed, into: inputGradient)
    }
  }
}
