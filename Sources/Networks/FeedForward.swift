import Compute

/// A control without memory: every step is answered from what is seen in it alone.
///
///     a_k = max(W_k a_{k-1} + b_k, 0),   a_0 = u_t
///
/// The state is the last layer's activations.
package struct FeedForward: TrainableNetwork {
  package let inputWidth: Int
  package let stateWidth: Int

  private let layers: [(weight: ParameterSlot, bias: ParameterSlot)]

  /// Adds its slots to `layout`: `layers.0.weight`, `layers.0.bias` and so on.
  package init(inputWidth: Int, units: Int, layers count: Int, layout: inout ParameterLayout) {
    precondition(count > 0, "a network has a layer at least")
    self.inputWidth = inputWidth
    stateWidth = units
    var layers: [(weight: ParameterSlot, bias: ParameterSlot)] = []
    for layer in 0..<count {
      layers.append(
        (
          layout.add("layers.\(layer).weight", units, layer == 0 ? inputWidth : units),
          layout.add("layers.\(layer).bias", units)
        )
      )
    }
    self.layers = layers
  }

  /// PyTorch's default for linear layers.
  package func initialize(_ parameters: inout ParameterBuffer, seed: UInt64) {
    for (step, layer) in layers.enumerated() {
      Initialization.uniformByFanIn(
        &parameters,
        weight: layer.weight,
        bias: layer.bias,
        RandomStream(seed: seed, purpose: .netInit, step: step)
      )
    }
  }

  package struct Tape {
    /// `a_1 … a_K`, each `[T, B, H]`.
    fileprivate var activations: [SequenceBatch]
    /// The loss's derivative by one layer's drives and by its activations, `[T, B, H]`.
    fileprivate var driveGradient: SequenceBatch
    fileprivate var activationGradient: SequenceBatch
    /// Weights turned around once a batch, so that the units lie side by side.
    fileprivate var weightsTransposed: [Matrix]
  }

  package func makeTape(steps: Int, trials: Int) -> Tape {
    let sequence = SequenceBatch(steps: steps, trials: trials, width: stateWidth)
    return Tape(
      activations: layers.map { _ in sequence },
      driveGradient: sequence,
      activationGradient: sequence,
      weightsTransposed: layers.map { layer in
        Matrix(rows: layer.weight.shape[1], columns: stateWidth)
      }
    )
  }

  package func forward(
    _ inputs: SequenceBatch,
    with parameters: ParameterBuffer,
    drawing draws: TrainingDraws?,
    into tape: inout Tape
  ) {
    for (index, layer) in layers.enumerated() {
      transpose(
        parameters.view(of: layer.weight),
        into: tape.weightsTransposed[index].mutableView
      )
      multiply(
        index == 0 ? inputs.rows : tape.activations[index - 1].rows,
        tape.weightsTransposed[index].view,
        into: tape.activations[index].mutableRows,
        from: .columnBias(parameters.view(of: layer.bias).base),
        finish: .rectify
      )
    }
  }

  package func states(on tape: Tape) -> SequenceBatch { tape.activations[layers.count - 1] }

  /// Backpropagation, with `g_k` what reaches layer `k`'s activations.
  ///
  ///     d_k = g_k where a_k > 0, else 0
  ///     g_{k-1} = d_k W_k,   ∂W_k = Σ d_kᵀ a_{k-1},   ∂b_k = Σ d_k
  package func backward(
    _ stateGradient: SequenceBatch,
    inputs: SequenceBatch,
    with parameters: ParameterBuffer,
    through tape: inout Tape,
    into gradient: inout ParameterBuffer
  ) {
    let drives = tape.driveGradient.mutableRows
    let reaching = tape.activationGradient.mutableRows
    for (index, layer) in layers.enumerated().reversed() {
      let isLast = index == layers.count - 1
      leakyStepBackward(
        drives.rows * drives.columns,
        leak: 1,
        .relu,
        gradient: isLast ? stateGradient.rows.base : UnsafePointer(reaching.base),
        activations: tape.activations[index].rows.base,
        driveGradient: drives.base
      )
      multiply(
        drives.readOnly.transposed,
        index == 0 ? inputs.rows : tape.activations[index - 1].rows,
        into: gradient.mutableView(of: layer.weight),
        from: .result
      )
      addColumnSums(of: drives.readOnly, to: gradient.mutableView(of: layer.bias).base)
      // Nobody asks what reaches the inputs.
      guard index > 0 else { break }
      multiply(drives.readOnly, parameters.view(of: layer.weight), into: reaching)
    }
  }
}
