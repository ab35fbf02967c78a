import Compute

/// The paper's network, a recurrent layer whose rates leak or stay.
///
///     r_t = κ r_{t-1} + α φ(W_in u_t + b_in + W_rec r_{t-1} + b_rec + σ ξ_t),   r_0 = 0
///
/// `α = dt / τ`, and `κ` is 1 - α in a leaky network, 1 in one that isn't. At α = 1, the paper's
/// default, a leaky network keeps nothing of the old rate except what the recurrent weights bring
/// back. `ξ_t` is standard normal, drawn anew for every trial, step and unit while training, and
/// zero in evaluation. Source: Vafidis, Bhargava and Rangel, ICLR 2025, whose code shares a draw
/// between all trials of a batch.
package struct LeakyRNN: TrainableNetwork {
  package let inputWidth: Int
  package let stateWidth: Int
  package let activation: Activation
  /// `α`, in (0, 1].
  package let leak: Float
  /// `κ`, what stays of the old rate.
  package let keep: Float
  /// `σ`.
  package let noise: Float
  package let initialization: RecurrentInitialization

  let inputWeight: ParameterSlot
  let inputBias: ParameterSlot
  let recurrentWeight: ParameterSlot
  let recurrentBias: ParameterSlot

  /// Adds its slots to `layout`, with the names of the paper's own PyTorch code.
  package init(
    inputWidth: Int,
    units: Int,
    activation: Activation,
    leak: Float,
    isLeaky: Bool = true,
    noise: Float = 0,
    initialization: RecurrentInitialization = .pytorch,
    layout: inout ParameterLayout
  ) {
    precondition(leak > 0 && leak <= 1, "a leak lies in (0, 1], not at \(leak)")
    precondition(noise >= 0, "a noise's deviation is not negative like \(noise)")
    self.inputWidth = inputWidth
    stateWidth = units
    self.activation = activation
    self.leak = leak
    keep = isLeaky ? 1 - leak : 1
    self.noise = noise
    self.initialization = initialization
    inputWeight = layout.add("inp_to_rec.weight", units, inputWidth)
    inputBias = layout.add("inp_to_rec.bias", units)
    recurrentWeight = layout.add("rec_to_rec.weight", units, units)
    recurrentBias = layout.add("rec_to_rec.bias", units)
  }

  package func initialize(_ parameters: inout ParameterBuffer, seed: UInt64) {
    Initialization.uniformByFanIn(
      &parameters,
      weight: inputWeight,
      bias: inputBias,
      RandomStream(seed: seed, purpose: .netInit, step: 0)
    )
    Initialization.recurrent(
      &parameters,
      weight: recurrentWeight,
      bias: recurrentBias,
      as: initialization,
      RandomStream(seed: seed, purpose: .netInit, step: 1)
    )
  }

  package struct Tape {
    /// `r_1 … r_T`, `[T, B, H]`.
    fileprivate var rates: SequenceBatch
    /// `r_0 = 0`, `[B, H]`.
    fileprivate let rest: Matrix
    /// On the way forth what drives each unit, `W_in u + b_in + b_rec + σ ξ` and `W_rec r`, and then
    /// `φ` of it; on the way back the loss's derivative by each drive, `[T, B, H]`.
    ///
    /// Nothing is needed twice, and large batches are as fast as their memory is small.
    fileprivate var drives: SequenceBatch
    /// `σ ξ`, `[T·H, B]`: a trial a column, since a trial is a lane of its stream.
    fileprivate var noise: Matrix
    /// The loss's derivative by one step's rates, `[B, H]`.
    fileprivate var rateGradient: Matrix
    /// Weights turned around once a batch, so that the units lie side by side in every step.
    fileprivate var inputWeightTransposed: Matrix
    fileprivate var recurrentWeightTransposed: Matrix
    /// The gradient of `W_in`, turned around for the same reason.
    fileprivate var inputGradientTransposed: Matrix
    /// `b_in + b_rec`.
    fileprivate var bias: FloatBuffer
  }

  package func makeTape(steps: Int, trials: Int) -> Tape {
    let sequence = SequenceBatch(steps: steps, trials: trials, width: stateWidth)
    return Tape(
      rates: sequence,
      rest: Matrix(rows: trials, columns: stateWidth),
      drives: sequence,
      noise: Matrix(rows: noise > 0 ? steps * stateWidth : 0, columns: trials),
      rateGradient: Matrix(rows: trials, columns: stateWidth),
      inputWeightTransposed: Matrix(rows: inputWidth, columns: stateWidth),
      recurrentWeightTransposed: Matrix(rows: stateWidth, columns: stateWidth),
      inputGradientTransposed: Matrix(rows: inputWidth, columns: stateWidth),
      bias: FloatBuffer(count: stateWidth)
    )
  }

  /// With κ = 0 (so α = 1) and ReLU the rates are their own activations, and a step is one product.
  private var isPlain: Bool { keep == 0 && activation == .relu }

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
    transpose(
      parameters.view(of: recurrentWeight),
      into: tape.recurrentWeightTransposed.mutableView
    )
    let bias = tape.bias.mutablePointer
    let first = parameters.view(of: inputBias)
    let second = parameters.view(of: recurrentBias)
    for unit in 0..<stateWidth { bias[unit] = first[unit, 0] + second[unit, 0] }

    let drives = tape.drives.mutableRows
    multiply(
      inputs.rows,
      tape.inputWeightTransposed.view,
      into: drives,
      from: .columnBias(UnsafePointer(bias))
    )
    if let draws, noise > 0 { addNoise(draws.stream(for: .netNoise), on: &tape) }

    let recurrent = tape.recurrentWeightTransposed.view
    let trials = inputs.trials
    let rates = tape.rates.mutableRows
    for step in 0..<inputs.steps {
      let here = step * trials..<(step + 1) * trials
      let drive = drives.rows(here)
      let next = rates.rows(here)
      // r_0 = 0 brings nothing back, so the first step needs no product.
      var previous = tape.rest.view
      if step > 0 {
        previous = rates.rows((step - 1) * trials..<step * trials).readOnly
        if isPlain {
          multiply(previous, recurrent, into: next, from: .matrix(drive.readOnly), finish: .rectify)
          continue
        }
        multiply(previous, recurrent, into: drive, from: .result)
      }
      leakyStep(
        trials * stateWidth,
        keep: keep,
        leak: leak,
        activation,
        drive: drive.base,
        previous: previous.base,
        activations: drive.base,
        rates: next.base
      )
    }
  }

  /// Adds `σ ξ` to the drives: value `t H + h` of a trial's lane goes to unit `h` in step `t`.
  private func addNoise(_ stream: RandomStream, on tape: inout Tape) {
    let noise = tape.noise.mutableView
    stream.fillNormal(noise)
    for index in 0..<noise.rows * noise.columns { noise.base[index] *= self.noise }
    for step in 0..<tape.drives.steps {
      transpose(
        noise.rows(step * stateWidth..<(step + 1) * stateWidth).readOnly,
        into: tape.drives.mutableStep(step),
        adding: true
      )
    }
  }

  package func states(on tape: Tape) -> SequenceBatch { tape.rates }

  /// Backpropagation through time.
  ///
  ///     d_t = α (g_t + c_t) ⊙ φ'(drive_t)                      what reaches the drive
  ///     c_{t-1} = d_t W_rec + κ (g_t + c_t)                    what reaches the rates before
  ///
  /// with `g_t` the readout's gradient and `c_t` what comes back from later steps. Then
  /// `∂W_rec = Σ d_tᵀ r_{t-1}`, `∂W_in = Σ d_tᵀ u_t`, and both biases get `Σ d_t`.
  package func backward(
    _ stateGradient: SequenceBatch,
    inputs: SequenceBatch,
    with parameters: ParameterBuffer,
    through tape: inout Tape,
    into gradient: inout ParameterBuffer
  ) {
    let trials = inputs.trials
    let steps = inputs.steps
    let size = trials * stateWidth
    let rates = tape.rates.rows
    let drives = tape.drives.mutableRows
    // With κ = 0 and ReLU the rates are their own activations.
    let activations = isPlain ? rates : drives.readOnly
    let reaching = tape.rateGradient.mutableView
    let recurrent = parameters.view(of: recurrentWeight)

    for step in (0..<steps).reversed() {
      let here = step * trials..<(step + 1) * trials
      let fromReadout = stateGradient.step(step)
      var total = fromReadout
      if step < steps - 1 {
        let later = drives.rows((step + 1) * trials..<(step + 2) * trials).readOnly
        if keep > 0 {
          // What stays of a rate goes past the recurrent weights, from the total of the step after.
          for index in 0..<size {
            reaching.base[index] = keep * reaching.base[index] + fromReadout.base[index]
          }
          multiply(later, recurrent, into: reaching, from: .result)
        } else {
          multiply(later, recurrent, into: reaching, from: .matrix(fromReadout))
        }
        total = reaching.readOnly
      } else if keep > 0 {
        reaching.base.update(from: fromReadout.base, count: size)
        total = reaching.readOnly
      }
      leakyStepBackward(
        size,
        leak: leak,
        activation,
        gradient: total.base,
        activations: activations.rows(here).base,
        driveGradient: drives.rows(here).base
      )
    }

    let drive = drives.readOnly
    // Drives from the second step on meet the rates one step before; r_0 = 0 adds nothing.
    multiply(
      drive.rows(trials..<steps * trials).transposed,
      rates.rows(0..<(steps - 1) * trials),
      into: gradient.mutableView(of: recurrentWeight),
      from: .result
    )
    multiply(
      inputs.rows.transposed,
      drive,
      into: tape.inputGradientTransposed.mutableView
    )
    transpose(
      tape.inputGradientTransposed.view,
      into: gradient.mutableView(of: inputWeight),
      adding: true
    )
    addColumnSums(of: drive, to: gradient.mutableView(of: inputBias).base)
    addColumnSums(of: drive, to: gradient.mutableView(of: recurrentBias).base)
  }
}
