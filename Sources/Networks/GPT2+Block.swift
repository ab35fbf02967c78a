import Compute

extension GPT2 {
  /// One layer of the transformer.
  ///
  ///     n = LN_1(h)
  ///     q, k, v = n W_attn + b_attn                           three of width H
  ///     o_i = Σ_{j ≤ i} D(softmax_j(q_i · k_j / √d)) v_j      in every head of d features
  ///     m = h + D(o W_o + b_o)
  ///     f = GELU(LN_2(m) W_fc + b_fc)                         of width 4 H
  ///     h' = m + D(f W_proj + b_proj)
  ///
  /// Rows are steps of trials, `R = T · trials`. Only attention sees more than one row at a time;
  /// for it, queries, keys and values are kept a feature a row (see ``CausalAttention``).
  struct Block: Sendable {
    let firstNorm: Norm
    let attention: Linear
    let attentionOutput: Linear
    let secondNorm: Norm
    let expansion: Linear
    let contraction: Linear

    init(_ name: String, _ shape: Shape, layout: inout ParameterLayout) {
      let width = shape.width
      firstNorm = Norm("\(name).ln_1", width: width, layout: &layout)
      attention = Linear("\(name).attn.c_attn", width, 3 * width, layout: &layout)
      attentionOutput = Linear("\(name).attn.c_proj", width, width, layout: &layout)
      secondNorm = Norm("\(name).ln_2", width: width, layout: &layout)
      expansion = Linear("\(name).mlp.c_fc", width, 4 * width, layout: &layout)
      contraction = Linear("\(name).mlp.c_proj", 4 * width, width, layout: &layout)
    }

    /// Norms that change nothing but scale, and biases of zero; weights are drawn by ``GPT2``.
    func initialize(_ parameters: inout ParameterBuffer) {
      firstNorm.initialize(&parameters)
      secondNorm.initialize(&parameters)
      for linear in [attention, attentionOutput, expansion, contraction] {
        parameters.set(linear.bias, to: [Float](repeating: 0, count: linear.bias.count))
      }
    }

    func forward(
      _ input: MatrixView,
      with parameters: ParameterBuffer,
      _ heads: CausalAttention,
      drops: Bool,
      _ tape: inout Tape,
      _ workspace: inout Workspace,
      into output: MutableMatrixView
    ) {
      let (rows, width) = (input.rows, input.columns)
      let turned = workspace.turned.matrix(rows: width, columns: rows)
      let added = workspace.added.matrix(rows: rows, columns: width)
      let middle = tape.middle.mutableView

      firstNorm.forward(
        input,
        with: parameters,
        moments: tape.firstMoments.mutableView,
        into: tape.firstNormal.mutableView
      )
      transpose(tape.firstNormal.view, into: turned)
      multiply(
        parameters.view(of: attention.weight).transposed,
        turned.readOnly,
        into: tape.queriesKeysValues.mutableView,
        from: .rowBias(parameters.view(of: attention.bias).base)
      )
      heads.forward(
        tape.queriesKeysValues.view,
        keeping: drops ? tape.weightMask : nil,
        scratch: workspace.attention.mutablePointer,
        softmax: tape.softmax.mutablePointer,
        into: tape.attended.mutableView
      )
      attentionOutput.forward(tape.attended.view.transposed, with: parameters, into: added)
      dropout(
        added.readOnly,
        keeping: drops ? tape.attentionMask : nil,
        addedTo: input,
        into: middle
      )

      secondNorm.forward(
        middle.readOnly,
        with: parameters,
        moments: tape.secondMoments.mutableView,
        into: tape.secondNormal.mutableView
      )
      expansion.forward(tape.secondNormal.view, with: parameters, into: tape.slopes.mutableView)
      gelu(
        rows * 4 * width,
        drives: tape.slopes.mutableView.base,
        activations: tape.activations.mutableView.base
      )
      contraction.forward(tape.activations.view, with: parameters, into: added)
      dropout(
        added.readOnly,
        keeping: drops ? tape.mlpMask : nil,
        addedTo: middle.readOnly,
        into: output
      )
    }

    /// Replaces what reaches `h'`, `[R, H]`, by what reaches `h`.
    func backward(
      _ reaching: MutableMatrixView,
      input: MatrixView,
      with parameters: ParameterBuffer,
      _ weights: TransposedWeights,
      _ heads: CausalAttention,
      drops: Bool,
      _ tape: Tape,
      _ workspace: inout Workspace,
      into gradient: inout ParameterBuffer
    ) {
      let (rows, width) = (input.rows, input.columns)
      let added = workspace.added.matrix(rows: rows, columns: width)
      let normal = workspace.normalGradient.matrix(rows: rows, columns: width)

      var kept = reaching.readOnly
      if drops {
        dropout(kept, keeping: tape.mlpMask, into: added)
        kept = added.readOnly
      }
      let drives = workspace.driveGradient.matrix(rows: rows, columns: 4 * width)
      contraction.backward(
        kept,
        of: tape.activations.view,
        weights.contraction.view,
        into: &gradient,
        inputs: drives
      )
      geluBackward(rows * 4 * width, slopes: tape.slopes.view.base, gradient: drives.base)
      expansion.backward(
        drives.readOnly,
        of: tape.secondNormal.view,
        weights.expansion.view,
        into: &gradient,
        inputs: normal
      )
      secondNorm.backward(
        normal.readOnly,
        input: tape.middle.view,
        with: parameters,
        moments: tape.secondMoments.view,
        into: &gradient,
        reaching,
        adding: true
      )

      kept = reaching.readOnly
      if drops {
        dropout(kept, keeping: tape.attentionMask, into: added)
        kept = added.readOnly
      }
      attentionBackward(kept, heads, drops: drops, parameters, tape, &workspace, &gradient)
      // ∂n = d W_attnᵀ, with d what reaches queries, keys and values.
      multiply(
        workspace.queryGradient.matrix(rows: 3 * width, columns: rows).readOnly.transposed,
        weights.attention.view,
        into: normal
      )
      firstNorm.backward(
        normal.readOnly,
        input: input,
        with: parameters,
        moments: tape.firstMoments.view,
        into: &gradient,
        reaching,
        adding: true
      )
    }

    /// From what reaches attention's output to what reaches queries, keys and values.
    ///
    /// Between them features stand in rows, so both layers are written out here, turned around:
    /// `∂oᵀ = W_o dᵀ`, `∂W_o = oᵀ d`, and `∂W_attnᵀ = dᵀ n`.
    private func attentionBackward(
      _ reaching: MatrixView,
      _ heads: CausalAttention,
      drops: Bool,
      _ parameters: ParameterBuffer,
      _ tape: Tape,
      _ workspace: inout Workspace,
      _ gradient: inout ParameterBuffer
    ) {
      let (rows, width) = (reaching.rows, reaching.columns)
      let turned = workspace.turned.matrix(rows: width, columns: rows)
      let attended = workspace.attendedGradient.matrix(rows: width, columns: rows)
      let drives = workspace.queryGradient.matrix(rows: 3 * width, columns: rows)
      transpose(reaching, into: turned)
      multiply(parameters.view(of: attentionOutput.weight), turned.readOnly, into: attended)
      multiply(
        tape.attended.view,
        reaching,
        into: gradient.mutableView(of: attentionOutput.weight),
        from: .result
      )
      addColumnSums(of: reaching, to: gradient.mutableView(of: attentionOutput.bias).base)
      heads.backward(
        attended.readOnly,
        queriesKeysValues: tape.queriesKeysValues.view,
        keeping: drops ? tape.weightMask : nil,
        softmax: tape.softmax.pointer,
        scratch: workspace.attention.mutablePointer,
        into: drives
      )
      let weightGradient = workspace.weightGradient.matrix(rows: 3 * width, columns: width)
      multiply(drives.readOnly, tape.firstNormal.view, into: weightGradient)
      transpose(
        weightGradient.readOnly,
        into: gradient.mutableView(of: attention.weight),
        adding: true
      )
      addRowSums(of: drives.readOnly, to: gradient.mutableView(of: attention.bias).base)
    }

    func transposeWeights(of parameters: ParameterBuffer, into weights: inout TransposedWeights) {
      transpose(parameters.view(of: attention.weight), into: weights.attention.mutableView)
      transpose(parameters.view(of: expansion.weight), into: weights.expansion.mutableView)
      transpose(parameters.view(of: contraction.weight), into: weights.contraction.mutableView)
    }

    /// `[out, in]`, whose rows a gradient of the inputs adds up.
    struct TransposedWeights {
      var attention: Matrix
      var expansion: Matrix
      var contraction: Matrix

      init(width: Int) {
        attention = Matrix(rows: 3 * width, columns: width)
        expansion = Matrix(rows: 4 * width, columns: width)
        contraction = Matrix(rows: width, columns: 4 * width)
      }
    }
  }
}

// MARK: What stays between forward and backward

extension GPT2.Block {
  /// What the way back needs of one group of trials, `R` rows.
  struct Tape {
    /// Mean and inverse deviation of every row, `[R, 2]`.
    var firstMoments: Matrix
    var secondMoments: Matrix
    /// `n = LN_1(h)` and `LN_2(m)`, `[R, H]`.
    var firstNormal: Matrix
    var secondNormal: Matrix
    /// `q`, `k` and `v`, a feature a row, `[3 H, R]`.
    var queriesKeysValues: Matrix
    var softmax: FloatBuffer
    /// `o`, a feature a row, `[H, R]`.
    var attended: Matrix
    /// `m`, `[R, H]`.
    var middle: Matrix
    /// The drives of GELU and then its slopes there, `[R, 4 H]`.
    var slopes: Matrix
    /// `f`, `[R, 4 H]`.
    var activations: Matrix
    var weightMask: DropoutMask
    var attentionMask: DropoutMask
    var mlpMask: DropoutMask

    static let maskCount = 3

    init(rows: Int, width: Int, _ heads: CausalAttention, dropout: Double) {
      firstMoments = Matrix(rows: rows, columns: 2)
      secondMoments = Matrix(rows: rows, columns: 2)
      firstNormal = Matrix(rows: rows, columns: width)
      secondNormal = Matrix(rows: rows, columns: width)
      queriesKeysValues = Matrix(rows: 3 * width, columns: rows)
      softmax = FloatBuffer(count: heads.softmaxCount)
      attended = Matrix(rows: width, columns: rows)
      middle = Matrix(rows: rows, columns: width)
      slopes = Matrix(rows: rows, columns: 4 * width)
      activations = Matrix(rows: rows, columns: 4 * width)
      weightMask = DropoutMask(count: heads.weightCount, probability: dropout)
      attentionMask = DropoutMask(count: rows * width, probability: dropout)
      mlpMask = DropoutMask(count: rows * width, probability: dropout)
    }

    mutating func drawMasks(from stream: RandomStream, firstSource: Int) {
      weightMask.draw(from: stream, source: firstSource)
      attentionMask.draw(from: stream, source: firstSource + 1)
      mlpMask.draw(from: stream, source: firstSource + 2)
    }

    /// What the weights of attention were multiplied by, `[trials, heads, T, T]`, 0 for keys that
    /// come later than their query.
    func weightFactors(of heads: CausalAttention) -> [Float] {
      let factors = weightMask.factors
      var result: [Float] = []
      for trial in 0..<heads.trials {
        for head in 0..<heads.heads {
          for query in 0..<heads.steps {
            for key in 0..<heads.steps {
              let isLater = key > query
              result.append(
                isLater
                  ? 0
                  : factors[heads.maskIndex(head: head, query: query, key: key, trial: trial)]
              )
            }
          }
        }
      }
      return result
    }
  }
}

extension GPT2 {
  /// What every group and block works in, one after the other; `R` rows at most.
  struct Workspace {
    /// Rows and columns changed, `[H, R]`.
    var turned: FloatBuffer
    /// What is added to the stream, or reaches it past dropout, `[R, H]`.
    var added: FloatBuffer
    /// What reaches the stream, and the output of a norm, `[R, H]`.
    var streamGradient: FloatBuffer
    var normalGradient: FloatBuffer
    /// What reaches GELU's drives, `[R, 4 H]`.
    var driveGradient: FloatBuffer
    /// What reaches attention's output, `[H, R]`, and queries, keys and values, `[3 H, R]`.
    var attendedGradient: FloatBuffer
    var queryGradient: FloatBuffer
    /// `∂W_attnᵀ`, `[3 H, H]`.
    var weightGradient: FloatBuffer
    var attention: FloatBuffer

    init(steps: Int, rows: Int, width: Int) {
      turned = FloatBuffer(count: rows * width)
      added = FloatBuffer(count: rows * width)
      streamGradient = FloatBuffer(count: rows * width)
      normalGradient = FloatBuffer(count: rows * width)
      driveGradient = FloatBuffer(count: 4 * rows * width)
      attendedGradient = FloatBuffer(count: rows * width)
      queryGradient = FloatBuffer(count: 3 * rows * width)
      weightGradient = FloatBuffer(count: 3 * width * width)
      attention = FloatBuffer(count: CausalAttention.scratchCount(steps: steps))
    }
  }
}
