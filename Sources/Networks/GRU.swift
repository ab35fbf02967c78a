import Compute

/// A gated recurrent unit, the same as PyTorch's `nn.GRU` of one layer.
///
///     r_t, z_t = sigmoid(W_i· u_t + b_i· + W_h· h_{t-1} + b_h·)
///     n_t = tanh(W_in u_t + b_in + r_t ⊙ (W_hn h_{t-1} + b_hn))
///     h_t = (1 - z_t) ⊙ n_t + z_t ⊙ h_{t-1},   h_0 = 0
///
/// The gates' weights stand below each other in the order `r z n`. Source: K. Cho and others,
/// "Learning phrase representations using RNN encoder-decoder", EMNLP 2014; PyTorch multiplies by
/// `r` after the recurrent product, not before.
package struct GRU: TrainableNetwork {
  package let inputWidth: Int
  package let stateWidth: Int

  let inputWeight: ParameterSlot
  let recurrentWeight: ParameterSlot
  let inputBias: ParameterSlot
  let recurrentBias: ParameterSlot

  /// Adds its slots to `layout`, with PyTorch's names.
  package init(inputWidth: Int, units: Int, layout: inout ParameterLayout) {
    self.inputWidth = inputWidth
    stateWidth = units
    inputWeight = layout.add("gru.weight_ih_l0", 3 * units, inputWidth)
    recurrentWeight = layout.add("gru.weight_hh_l0", 3 * units, units)
    inputBias = layout.add("gru.bias_ih_l0", 3 * units)
    recurrentBias = layout.add("gru.bias_hh_l0", 3 * units)
  }

  /// PyTorch's default: everything uniform in ±1/√H.
  package func initialize(_ parameters: inout ParameterBuffer, seed: UInt64) {
    let slots = [inputWeight, recurrentWeight, inputBias, recurrentBias]
    for (step, slot) in slots.enumerated() {
      Initialization.uniform(
        &parameters,
        slot,
        within: 1 / Float(stateWidth).squareRoot(),
        RandomStream(seed: seed, purpose: .netInit, step: step),
        lane: 0
      )
    }
  }

  /// Four parts stand beside every unit, so that each of the two products has its own side by side:
  /// `r` and `z`, which both weights drive, the recurrent part of `n`'s drive, and the rest of it.
  private var gated: Range<Int> { 0..<2 * stateWidth }
  private var recurrentParts: Range<Int> { 0..<3 * stateWidth }
  private var recurrentCandidate: Range<Int> { 2 * stateWidth..<3 * stateWidth }
  private var candidate: Range<Int> { 3 * stateWidth..<4 * stateWidth }

  package struct Tape {
    /// `h_1 … h_T`, `[T, B, H]`.
    fileprivate var states: SequenceBatch
    /// `h_0 = 0`, `[B, H]`.
    fileprivate let rest: Matrix
    /// The drives' parts, then `r`, `z`, `W_hn h + b_hn` and `n`, `[T, B, 4H]`.
    fileprivate var gates: SequenceBatch
    /// The loss's derivative by each part, `[T, B, 4H]`.
    fileprivate var gateGradient: SequenceBatch
    /// The loss's derivative by one step's states, `[B, H]`.
    fileprivate var stateGradient: Matrix
    /// `W_i` turned around once a batch, `[I, 3H]`.
    fileprivate var inputWeightTransposed: Matrix
    /// `W_h` turned around gate by gate, three of `[H, H]` below each other: each fills a cache that
    /// a row of three gates would pass by in leaps.
    fileprivate var recurrentWeightTransposed: Matrix
    /// What each of the four parts begins with: the sum of both biases for `r` and `z`.
    fileprivate var bias: FloatBuffer
    /// `Σ` of the parts' gradients.
    fileprivate var biasGradient: FloatBuffer
  }

  package func makeTape(steps: Int, trials: Int) -> Tape {
    let gates = SequenceBatch(steps: steps, trials: trials, width: 4 * stateWidth)
    let one = Matrix(rows: trials, columns: stateWidth)
    return Tape(
      states: SequenceBatch(steps: steps, trials: trials, width: stateWidth),
      rest: one,
      gates: gates,
      gateGradient: gates,
      stateGradient: one,
      inputWeightTransposed: Matrix(rows: inputWidth, columns: 3 * stateWidth),
      recurrentWeightTransposed: Matrix(rows: 3 * stateWidth, columns: stateWidth),
      bias: FloatBuffer(count: 4 * stateWidth),
      biasGradient: FloatBuffer(count: 4 * stateWidth)
    )
  }

  package func forward(
    _ inputs: SequenceBatch,
    with parameters: ParameterBuffer,
    drawing draws: TrainingDraws?,
    into tape: inout Tape
  ) {
    transpose(
      parameters.view(of: inputWeight),
      into: tape.inputWeightTransposed.mutableView
    )
    let recurrent = tape.recurrentWeightTransposed.mutableView
    for gate in 0..<3 {
      transpose(
        parameters.view(of: recurrentWeight).rows(range(of: gate)),
        into: recurrent.rows(range(of: gate))
      )
    }
    let gates = tape.gates.mutableRows
    driveByInputs(inputs, with: parameters, into: &tape)

    let trials = inputs.trials
    let states = tape.states.mutableRows
    for step in 0..<inputs.steps {
      let here = step * trials..<(step + 1) * trials
      var previous = tape.rest.view
      // h_0 = 0 brings nothing back, so the first step needs no product.
      if step > 0 {
        previous = states.rows((step - 1) * trials..<step * trials).readOnly
        for gate in 0..<3 {
          multiply(
            previous,
            recurrent.rows(range(of: gate)).readOnly,
            into: gates.rows(here).columns(range(of: gate)),
            from: .result
          )
        }
      }
      gruStep(gates: gates.rows(here), previous: previous, states: states.rows(here))
    }
  }

  private func range(of gate: Int) -> Range<Int> { gate * stateWidth..<(gate + 1) * stateWidth }

  /// Begins all parts of all steps with their biases and what the inputs bring.
  private func driveByInputs(
    _ inputs: SequenceBatch,
    with parameters: ParameterBuffer,
    into tape: inout Tape
  ) {
    let bias = tape.bias.mutablePointer
    let first = parameters.view(of: inputBias)
    let second = parameters.view(of: recurrentBias)
    for index in gated { bias[index] = first[index, 0] + second[index, 0] }
    for index in recurrentCandidate { bias[index] = second[index, 0] }
    for index in candidate { bias[index] = first[index - stateWidth, 0] }

    let weight = tape.inputWeightTransposed.view
    let gates = tape.gates.mutableRows
    multiply(
      inputs.rows,
      weight.columns(gated),
      into: gates.columns(gated),
      from: .columnBias(bias)
    )
    // A product of no depth: every row gets the bias.
    multiply(
      inputs.rows.columns(0..<0),
      weight.columns(recurrentCandidate).rows(0..<0),
      into: gates.columns(recurrentCandidate),
      from: .columnBias(bias + recurrentCandidate.lowerBound)
    )
    multiply(
      inputs.rows,
      weight.columns(recurrentCandidate),
      into: gates.columns(candidate),
      from: .columnBias(bias + candidate.lowerBound)
    )
  }

  package func states(on tape: Tape) -> SequenceBatch { tape.states }

  /// Backpropagation through time.
  ///
  ///     e_t = g_t + z_{t+1} ⊙ e_{t+1} + d_{t+1} W_h             what reaches h_t
  ///     p_t = e_t ⊙ (1 - z_t) ⊙ (1 - n_t²)                      for n's drive,
  ///     d_t = p_t ⊙ (W_hn h_{t-1} + b_hn) ⊙ r_t ⊙ (1 - r_t)     for r's,
  ///           e_t ⊙ (h_{t-1} - n_t) ⊙ z_t ⊙ (1 - z_t)           for z's,
  ///           p_t ⊙ r_t                                         for the recurrent part of n's
  ///
  /// with `g_t` the readout's gradient. Then `∂W_h = Σ d_tᵀ h_{t-1}` and `∂b_h = Σ d_t`; `∂W_i` and
  /// `∂b_i` are the same with the inputs and `p_t` in the place of `d_t`'s last part.
  package func backward(
    _ stateGradient: SequenceBatch,
    inputs: SequenceBatch,
    with parameters: ParameterBuffer,
    through tape: inout Tape,
    into gradient: inout ParameterBuffer
  ) {
    let trials = inputs.trials
    let steps = inputs.steps
    let gates = tape.gates.rows
    let states = tape.states.rows
    let drives = tape.gateGradient.mutableRows
    let reaching = tape.stateGradient.mutableView
    let recurrent = parameters.view(of: recurrentWeight)
    // Nothing comes back to the last states but from the readout.
    tape.stateGradient.buffer.fill(0)

    for step in (0..<steps).reversed() {
      let here = step * trials..<(step + 1) * trials
      let fromReadout = stateGradient.step(step).base
      for index in 0..<trials * stateWidth { reaching.base[index] += fromReadout[index] }
      if step < steps - 1 {
        let later = drives.rows((step + 1) * trials..<(step + 2) * trials).columns(recurrentParts)
        multiply(later.readOnly, recurrent, into: reaching, from: .result)
      }
      gruStepBackward(
        gates: gates.rows(here),
        previous: step > 0 ? states.rows((step - 1) * trials..<step * trials) : tape.rest.view,
        stateGradient: reaching,
        gateGradient: drives.rows(here)
      )
    }

    let drive = drives.readOnly
    // Drives from the second step on meet the states one step before; h_0 = 0 adds nothing.
    multiply(
      drive.rows(trials..<steps * trials).columns(recurrentParts).transposed,
      states.rows(0..<(steps - 1) * trials),
      into: gradient.mutableView(of: recurrentWeight),
      from: .result
    )
    let inputGradient = gradient.mutableView(of: inputWeight)
    multiply(
      drive.columns(gated).transposed,
      inputs.rows,
      into: inputGradient.rows(gated),
      from: .result
    )
    multiply(
      drive.columns(candidate).transposed,
      inputs.rows,
      into: inputGradient.rows(recurrentCandidate),
      from: .result
    )
    addBiasGradient(of: drive, on: &tape, to: &gradient)
  }

  private func addBiasGradient(
    of drive: MatrixView,
    on tape: inout Tape,
    to gradient: inout ParameterBuffer
  ) {
    tape.biasGradient.fill(0)
    let sums = tape.biasGradient.mutablePointer
    addColumnSums(of: drive, to: sums)
    let first = gradient.mutableView(of: inputBias)
    let second = gradient.mutableView(of: recurrentBias)
    for index in recurrentParts { second[index, 0] += sums[index] }
    for index in gated { first[index, 0] += sums[index] }
    for index in candidate { first[index - stateWidth, 0] += sums[index] }
  }
}
