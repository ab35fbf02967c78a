import Compute

/// A causal transformer, the same as Hugging Face's `GPT2Model` on embedded inputs.
///
///     h_0 = D(W u_t + b)                                    or D(W u_t + b + p_t)
///     m_l = h_l + D(attention(LN_1(h_l)))
///     h_{l+1} = m_l + D(MLP(LN_2(m_l)))
///     state = LN_f(h_L)
///
/// with `LN` the layer norm, `D` dropout while training, and the two parts of a block as in
/// ``Block``. There is no positional embedding unless asked for: the paper's inputs are looks at
/// the same thing, and time shows only in how many steps attention reaches. Source: A. Radford et
/// al., "Language models are unsupervised multitask learners", 2019, in the form of Hugging Face's
/// `transformers`; the input's layer is that of the paper's own code.
///
/// **Groups.** Sixteen trials at a time go through all layers, forward and backward, so that a
/// group fills the lanes of a vector in attention and its layers stay in the cache; a batch of a
/// thousand trials costs each of them no more than a batch of sixteen.
package struct GPT2: TrainableNetwork {
  package let inputWidth: Int
  package let shape: Shape
  package var stateWidth: Int { shape.width }

  private let inputWeight: ParameterSlot
  private let inputBias: ParameterSlot
  private let positions: ParameterSlot?
  private let blocks: [Block]
  private let finalNorm: Norm

  /// Whether steps carry an embedding of their own.
  package enum Positions: String, CaseIterable, Hashable, Sendable {
    case none
    case learned
  }

  package struct Shape: Hashable, Sendable {
    /// Features of a step, `H`.
    package var width: Int
    package var layers: Int
    /// Heads of attention, which share the width evenly.
    package var heads: Int
    package var positions: Positions
    /// The probability with which a value is dropped while training.
    package var dropout: Double

    package init(
      width: Int = 64,
      layers: Int = 1,
      heads: Int = 8,
      positions: Positions = .none,
      dropout: Double = 0.1
    ) {
      self.width = width
      self.layers = layers
      self.heads = heads
      self.positions = positions
      self.dropout = dropout
    }
  }

  /// Adds its slots to `layout`, with the names of the paper's and Hugging Face's own code:
  /// `input_projection.weight`, `transformer.h.0.attn.c_attn.weight` and so on.
  ///
  /// Weights of a block are `[in, out]`, as Hugging Face keeps them; that of the input is
  /// `[out, in]`. `transformer.wpe.weight`, `[steps, width]`, exists only with learned positions;
  /// `steps` is the longest sequence then.
  package init(inputWidth: Int, shape: Shape, steps: Int, layout: inout ParameterLayout) {
    precondition(
      shape.width > 0 && shape.layers > 0 && shape.heads > 0 && shape.width % shape.heads == 0,
      "width \(shape.width) can't be split over \(shape.heads) heads in \(shape.layers) layers"
    )
    self.inputWidth = inputWidth
    self.shape = shape
    inputWeight = layout.add("input_projection.weight", shape.width, inputWidth)
    inputBias = layout.add("input_projection.bias", shape.width)
    switch shape.positions {
    case .none: positions = nil
    case .learned: positions = layout.add("transformer.wpe.weight", steps, shape.width)
    }
    var blocks: [Block] = []
    for layer in 0..<shape.layers {
      blocks.append(Block("transformer.h.\(layer)", shape, layout: &layout))
    }
    self.blocks = blocks
    finalNorm = Norm("transformer.ln_f", width: shape.width, layout: &layout)
  }

  /// Hugging Face's first weights: normal with deviation 0.02, those that end in the stream of
  /// features less by `√(2 · layers)`; biases 0, gains 1.
  package func initialize(_ parameters: inout ParameterBuffer, seed: UInt64) {
    parameters.set(inputBias, to: [Float](repeating: 0, count: shape.width))
    finalNorm.initialize(&parameters)
    for block in blocks { block.initialize(&parameters) }
    let deviation: Float = 0.02
    let residual = deviation / Float(2 * shape.layers).squareRoot()
    let weights =
      [(inputWeight, deviation)]
      + blocks.flatMap { block in
        [
          (block.attention.weight, deviation), (block.attentionOutput.weight, residual),
          (block.expansion.weight, deviation), (block.contraction.weight, residual),
        ]
      } + [positions].compactMap(\.self).map { ($0, deviation) }
    for (step, (slot, deviation)) in weights.enumerated() {
      Initialization.normal(
        &parameters,
        slot,
        deviation: deviation,
        RandomStream(seed: seed, purpose: .netInit, step: step)
      )
    }
  }

  // MARK: Tape

  package struct Tape {
    fileprivate var groups: [Group]
    fileprivate var workspace: Workspace
    /// `[T, B, H]`.
    fileprivate var states: SequenceBatch
    /// The input's weight turned around once a batch, `[I, H]`.
    fileprivate var inputWeightTransposed: Matrix
    /// The input's weight's gradient, turned around for the same reason.
    fileprivate var inputGradientTransposed: Matrix
    /// Each block's weights turned around for the way back.
    fileprivate var weightsTransposed: [Block.TransposedWeights]
    /// Whether the last forward pass dropped values.
    fileprivate var drops = false
  }

  /// What one group of trials leaves; `R = T · trials` rows.
  fileprivate struct Group {
    let trials: Range<Int>
    let attention: CausalAttention
    /// `u`, `[T, trials, I]`.
    var inputs: SequenceBatch
    /// `h_0 … h_L`, `[R, H]` each.
    var streams: [Matrix]
    var blocks: [Block.Tape]
    /// The final norm's, `[R, 2]`.
    var moments: Matrix
    /// The states, and then the loss's derivative by them, `[T, trials, H]`.
    var states: SequenceBatch
    var mask: DropoutMask
  }

  package func makeTape(steps: Int, trials: Int) -> Tape {
    let size = CausalAttention.mostTrials
    let groups = stride(from: 0, to: trials, by: size).map { first in
      makeGroup(steps: steps, trials: first..<min(first + size, trials))
    }
    return Tape(
      groups: groups,
      workspace: Workspace(steps: steps, rows: steps * min(size, trials), width: shape.width),
      states: SequenceBatch(steps: steps, trials: trials, width: shape.width),
      inputWeightTransposed: Matrix(rows: inputWidth, columns: shape.width),
      inputGradientTransposed: Matrix(rows: inputWidth, columns: shape.width),
      weightsTransposed: blocks.map { _ in Block.TransposedWeights(width: shape.width) }
    )
  }

  private func makeGroup(steps: Int, trials: Range<Int>) -> Group {
    let rows = steps * trials.count
    let attention = CausalAttention(
      steps: steps,
      trials: trials.count,
      heads: shape.heads,
      headWidth: shape.width / shape.heads
    )
    return Group(
      trials: trials,
      attention: attention,
      inputs: SequenceBatch(steps: steps, trials: trials.count, width: inputWidth),
      streams: (0...shape.layers).map { _ in Matrix(rows: rows, columns: shape.width) },
      blocks: blocks.map { _ in
        Block.Tape(rows: rows, width: shape.width, attention, dropout: shape.dropout)
      },
      moments: Matrix(rows: rows, columns: 2),
      states: SequenceBatch(steps: steps, trials: trials.count, width: shape.width),
      mask: DropoutMask(count: rows * shape.width, probability: shape.dropout)
    )
  }

  // MARK: Forward and backward

  package func forward(
    _ inputs: SequenceBatch,
    with parameters: ParameterBuffer,
    drawing draws: TrainingDraws?,
    into tape: inout Tape
  ) {
    transpose(parameters.view(of: inputWeight), into: tape.inputWeightTransposed.mutableView)
    let weight = tape.inputWeightTransposed.view
    let stream = shape.dropout > 0 ? draws?.stream(for: .dropout) : nil
    tape.drops = stream != nil
    for index in tape.groups.indices {
      if let stream { draw(from: stream, group: index, on: &tape) }
      inputs.copy(trials: tape.groups[index].trials, into: &tape.groups[index].inputs)
      embed(weight, with: parameters, drops: tape.drops, &tape.groups[index])
      for (layer, block) in blocks.enumerated() {
        let output = tape.groups[index].streams[layer + 1].mutableView
        block.forward(
          tape.groups[index].streams[layer].view,
          with: parameters,
          tape.groups[index].attention,
          drops: tape.drops,
          &tape.groups[index].blocks[layer],
          &tape.workspace,
          into: output
        )
      }
      let moments = tape.groups[index].moments.mutableView
      let states = tape.groups[index].states.mutableRows
      finalNorm.forward(
        tape.groups[index].streams[shape.layers].view,
        with: parameters,
        moments: moments,
        into: states
      )
      tape.states.replace(trials: tape.groups[index].trials, by: tape.groups[index].states)
    }
  }

  /// Every group and every place of dropout has numbers of its own.
  private func draw(from stream: RandomStream, group: Int, on tape: inout Tape) {
    let first = group * (1 + Block.Tape.maskCount * shape.layers)
    tape.groups[group].mask.draw(from: stream, source: first)
    for layer in blocks.indices {
      tape.groups[group].blocks[layer].drawMasks(
        from: stream,
        firstSource: first + 1 + Block.Tape.maskCount * layer
      )
    }
  }

  /// `h_0 = D(W u + b + p)`.
  private func embed(
    _ weightTransposed: MatrixView,
    with parameters: ParameterBuffer,
    drops: Bool,
    _ group: inout Group
  ) {
    let stream = group.streams[0].mutableView
    let bias = parameters.view(of: inputBias)
    if let positions {
      let positions = parameters.view(of: positions)
      let (steps, trials) = (group.inputs.steps, group.inputs.trials)
      precondition(
        steps <= positions.rows,
        "\(steps) steps, but positions for \(positions.rows)"
      )
      for step in 0..<steps {
        for row in step * trials..<(step + 1) * trials {
          for unit in 0..<shape.width { stream[row, unit] = bias[unit, 0] + positions[step, unit] }
        }
      }
      multiply(group.inputs.rows, weightTransposed, into: stream, from: .result)
    } else {
      multiply(group.inputs.rows, weightTransposed, into: stream, from: .columnBias(bias.base))
    }
    if drops { dropout(stream.readOnly, keeping: group.mask, into: stream) }
  }

  package func states(on tape: Tape) -> SequenceBatch { tape.states }

  /// Backpropagation, block by block.
  ///
  /// What reaches `h_{l+1}` reaches `m_l` as it is and through the MLP, and what reaches `m_l`
  /// reaches `h_l` as it is and through attention. With `d` what reaches `W u + b + p`:
  /// `∂W = Σ d uᵀ`, `∂b = Σ d`, and `∂p_t` the sum over trials.
  package func backward(
    _ stateGradient: SequenceBatch,
    inputs: SequenceBatch,
    with parameters: ParameterBuffer,
    through tape: inout Tape,
    into gradient: inout ParameterBuffer
  ) {
    for (layer, block) in blocks.enumerated() {
      block.transposeWeights(of: parameters, into: &tape.weightsTransposed[layer])
    }
    for index in tape.groups.indices {
      let rows = tape.groups[index].moments.rows
      let reaching = tape.workspace.streamGradient.matrix(rows: rows, columns: shape.width)
      stateGradient.copy(trials: tape.groups[index].trials, into: &tape.groups[index].states)
      finalNorm.backward(
        tape.groups[index].states.rows,
        input: tape.groups[index].streams[shape.layers].view,
        with: parameters,
        moments: tape.groups[index].moments.view,
        into: &gradient,
        reaching,
        adding: false
      )
      for (layer, block) in blocks.enumerated().reversed() {
        block.backward(
          reaching,
          input: tape.groups[index].streams[layer].view,
          with: parameters,
          tape.weightsTransposed[layer],
          tape.groups[index].attention,
          drops: tape.drops,
          tape.groups[index].blocks[layer],
          &tape.workspace,
          into: &gradient
        )
      }
      if tape.drops {
        dropout(reaching.readOnly, keeping: tape.groups[index].mask, into: reaching)
      }
      embedBackward(reaching.readOnly, tape.groups[index], &tape.inputGradientTransposed, &gradient)
    }
  }

  private func embedBackward(
    _ reaching: MatrixView,
    _ group: Group,
    _ weightGradientTransposed: inout Matrix,
    _ gradient: inout ParameterBuffer
  ) {
    multiply(group.inputs.rows.transposed, reaching, into: weightGradientTransposed.mutableView)
    transpose(
      weightGradientTransposed.view,
      into: gradient.mutableView(of: inputWeight),
      adding: true
    )
    addColumnSums(of: reaching, to: gradient.mutableView(of: inputBias).base)
    guard let positions else { return }
    let trials = group.inputs.trials
    let sums = gradient.mutableView(of: positions)
    for step in 0..<group.inputs.steps {
      addColumnSums(
        of: reaching.rows(step * trials..<(step + 1) * trials),
        to: sums.rows(step..<step + 1).base
      )
    }
  }
}

// MARK: Dropout, to be looked at

extension GPT2 {
  /// What the last forward pass multiplied values by: 0, or `1 / (1 - p)`.
  package struct DropoutFactors {
    /// Of the embedded inputs, `[T, B, H]`.
    package var embedding: SequenceBatch
    package var blocks: [BlockFactors]
  }

  package struct BlockFactors {
    /// Of a trial's weight of attention: by trial, head, query and key, `[B, heads, T, T]`.
    package var weights: [Float]
    /// Of what attention and the MLP add to the stream, `[T, B, H]`.
    package var attention: SequenceBatch
    package var mlp: SequenceBatch
  }

  /// The factors that the last forward pass drew; `nil` if it dropped nothing.
  package func dropoutFactors(on tape: Tape) -> DropoutFactors? {
    guard tape.drops else { return nil }
    func factors(_ mask: (Group) -> DropoutMask) -> SequenceBatch {
      var whole = tape.states
      for group in tape.groups {
        let part = SequenceBatch(
          steps: whole.steps,
          trials: group.trials.count,
          width: shape.width,
          values: mask(group).factors
        )
        whole.replace(trials: group.trials, by: part)
      }
      return whole
    }
    return DropoutFactors(
      embedding: factors(\.mask),
      blocks: blocks.indices.map { layer in
        BlockFactors(
          weights: tape.groups.flatMap { $0.blocks[layer].weightFactors(of: $0.attention) },
          attention: factors { $0.blocks[layer].attentionMask },
          mlp: factors { $0.blocks[layer].mlpMask }
        )
      }
    )
  }
}

// MARK: Values, to be looked at

extension GPT2 {
  /// What the last layer's attention averages: the values `v` of all heads, `[T, B, H]`.
  package func lastValues(on tape: Tape) -> SequenceBatch {
    var whole = tape.states
    for group in tape.groups {
      var part = group.states
      if let block = group.blocks.last {
        let turned = block.queriesKeysValues.view.rows(2 * shape.width..<3 * shape.width)
        transpose(turned, into: part.mutableRows)
      }
      whole.replace(trials: group.trials, by: part)
    }
    return whole
  }
}

extension NetworkSubject {
  /// The values of a transformer's last layer, `[T, B, H]`; `nil` for other networks.
  package func lastValues(for observations: SequenceBatch) -> SequenceBatch? {
    guard let network = network as? GPT2 else { return nil }
    let inputs = inputs(for: observations)
    var tape = network.makeTape(steps: inputs.steps, trials: inputs.trials)
    network.forward(inputs, with: parameters, into: &tape)
    return network.lastValues(on: tape)
  }
}
