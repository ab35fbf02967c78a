import Compute

/// A long short-term memory, the same as PyTorch's `nn.LSTM` of one layer.
///
///     i_t, f_t, o_t = sigmoid(W_i· u_t + b_i· + W_h· h_{t-1} + b_h·)
///     g_t = tanh(W_ig u_t + b_ig + W_hg h_{t-1} + b_hg)
///     c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t
///     h_t = o_t ⊙ tanh(c_t),   h_0 = c_0 = 0
///
/// The gates' weights stand below each other in the order `i f g o`. The state is `h`. Source:
/// S. Hochreiter and J. Schmidhuber, "Long short-term memory", Neural Computation 1997, with the
/// forget gate of Gers, Schmidhuber and Cummins (2000).
package struct LSTM: TrainableNetwork {
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
    inputWeight = layout.add("lstm.weight_ih_l0", 4 * units, inputWidth)
    recurrentWeight = layout.add("lstm.weight_hh_l0", 4 * units, units)
    inputBias = layout.add("lstm.bias_ih_l0", 4 * units)
    recurrentBias = layout.add("lstm.bias_hh_l0", 4 * units)
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

  package struct Tape {
    /// `h_1 … h_T`, `[T, B, H]`.
    fileprivate var states: SequenceBatch
    /// `c_1 … c_T` and their hyperbolic tangents, `[T, B, H]`.
    fileprivate var cells: SequenceBatch
    fileprivate var squashed: SequenceBatch
    /// `c_0 = 0`, `[B, H]`.
    fileprivate let rest: Matrix
    /// The gates' drives, then the gates, `[T, B, 4H]`.
    fileprivate var gates: SequenceBatch
    /// The loss's derivative by each drive, `[T, B, 4H]`.
    fileprivate var gateGradient: SequenceBatch
    /// The loss's derivative by one step's states and cells, `[B, H]`.
    fileprivate var stateGradient: Matrix
    fileprivate var cellGradient: Matrix
    /// `W_i` turned around once a batch, `[I, 4H]`.
    fileprivate var inputWeightTransposed: Matrix
    /// `W_h` turned around gate by gate, four of `[H, H]` below each other: each fills a cache that
    /// a row of four gates would pass by in leaps.
    fileprivate var recurrentWeightTransposed: Matrix
    /// `b_i + b_h`, and the gradient of either.
    fileprivate var bias: FloatBuffer
    fileprivate var biasGradient: FloatBuffer
  }

  package func makeTape(steps: Int, trials: Int) -> Tape {
    let sequence = SequenceBatch(steps: steps, trials: trials, width: stateWidth)
    let gates = SequenceBatch(steps: steps, trials: trials, width: 4 * stateWidth)
    let one = Matrix(rows: trials, columns: stateWidth)
    return Tape(
      states: sequence,
      cells: sequence,
      squashed: sequence,
      rest: one,
      gates: gates,
      gateGradient: gates,
      stateGradient: one,
      cellGradient: one,
      inputWeightTransposed: Matrix(rows: inputWidth, columns: 4 * stateWidth),
      recurrentWeightTransposed: Matrix(rows: 4 * stateWidth, columns: stateWidth),
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
    for gate in 0..<4 {
      transpose(
        parameters.view(of: recurrentWeight).rows(range(of: gate)),
        into: recurrent.rows(range(of: gate))
      )
    }
    let bias = tape.bias.mutablePointer
    let first = parameters.view(of: inputBias)
    let second = parameters.view(of: recurrentBias)
    for index in 0..<4 * stateWidth { bias[index] = first[index, 0] + second[index, 0] }

    let gates = tape.gates.mutableRows
    multiply(
      inputs.rows,
      tape.inputWeightTransposed.view,
      into: gates,
      from: .columnBias(UnsafePointer(bias))
    )

    let trials = inputs.trials
    let cells = tape.cells.mutableRows
    let squashed = tape.squashed.mutableRows
    let states = tape.states.mutableRows
    for step in 0..<inputs.steps {
      let here = step * trials..<(step + 1) * trials
      var previous = tape.rest.view
      // h_0 = 0 brings nothing back, so the first step needs no product.
      if step > 0 {
        let before = (step - 1) * trials..<step * trials
        previous = cells.rows(before).readOnly
        for gate in 0..<4 {
          multiply(
            states.rows(before).readOnly,
            recurrent.rows(range(of: gate)).readOnly,
            into: gates.rows(here).columns(range(of: gate)),
            from: .result
          )
        }
      }
      lstmStep(
        gates: gates.rows(here),
        previous: previous,
        cells: cells.rows(here),
        squashed: squashed.rows(here),
        states: states.rows(here)
      )
    }
  }

  private func range(of gate: Int) -> Range<Int> { gate * stateWidth..<(gate + 1) * stateWidth }

  package func states(on tape: Tape) -> SequenceBatch { tape.states }

  /// `h` and `c` side by side, `[T, B, 2H]`.
  package func wholeStates(on tape: Tape) -> SequenceBatch {
    var whole = SequenceBatch(
      steps: tape.states.steps,
      trials: tape.states.trials,
      width: 2 * stateWidth
    )
    let rows = whole.mutableRows
    let (states, cells) = (tape.states.rows, tape.cells.rows)
    for row in 0..<rows.rows {
      for unit in 0..<stateWidth {
        rows[row, unit] = states[row, unit]
        rows[row, stateWidth + unit] = cells[row, unit]
      }
    }
    return whole
  }

  /// Backpropagation through time.
  ///
  ///     e_t = g_t + d_{t+1} W_h                                 what reaches h_t
  ///     k_t = e_t ⊙ o_t ⊙ (1 - tanh² c_t) + k_{t+1} ⊙ f_{t+1}   what reaches c_t
  ///     d_t = k_t ⊙ g_t ⊙ i_t ⊙ (1 - i_t)                       for i's drive,
  ///           k_t ⊙ c_{t-1} ⊙ f_t ⊙ (1 - f_t)                   for f's,
  ///           k_t ⊙ i_t ⊙ (1 - g_t²)                            for g's,
  ///           e_t ⊙ tanh(c_t) ⊙ o_t ⊙ (1 - o_t)                 for o's
  ///
  /// with the readout's gradient `g_t` in the first line. Then `∂W_h = Σ d_tᵀ h_{t-1}`,
  /// `∂W_i = Σ d_tᵀ u_t`, and both biases get `Σ d_t`.
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
    let cells = tape.cells.rows
    let squashed = tape.squashed.rows
    let drives = tape.gateGradient.mutableRows
    let reaching = tape.stateGradient.mutableView
    let recurrent = parameters.view(of: recurrentWeight)
    // Nothing comes back to the last cells but through their own states.
    tape.cellGradient.buffer.fill(0)
    let reachingCells = tape.cellGradient.mutableView

    for step in (0..<steps).reversed() {
      let here = step * trials..<(step + 1) * trials
      var total = stateGradient.step(step)
      if step < steps - 1 {
        let later = drives.rows((step + 1) * trials..<(step + 2) * trials).readOnly
        multiply(later, recurrent, into: reaching, from: .matrix(total))
        total = reaching.readOnly
      }
      lstmStepBackward(
        gates: gates.rows(here),
        previous: step > 0 ? cells.rows((step - 1) * trials..<step * trials) : tape.rest.view,
        squashed: squashed.rows(here),
        stateGradient: total,
        cellGradient: reachingCells,
        gateGradient: drives.rows(here)
      )
    }

    let drive = drives.readOnly
    // Drives from the second step on meet the states one step before; h_0 = 0 adds nothing.
    multiply(
      drive.rows(trials..<steps * trials).transposed,
      tape.states.rows.rows(0..<(steps - 1) * trials),
      into: gradient.mutableView(of: recurrentWeight),
      from: .result
    )
    multiply(
      drive.transposed,
      inputs.rows,
      into: gradient.mutableView(of: inputWeight),
      from: .result
    )
    tape.biasGradient.fill(0)
    let sums = tape.biasGradient.mutablePointer
    addColumnSums(of: drive, to: sums)
    let first = gradient.mutableView(of: inputBias)
    let second = gradient.mutableView(of: recurrentBias)
    for index in 0..<4 * stateWidth {
      first[index, 0] += sums[index]
      second[index, 0] += sums[index]
    }
  }
}
