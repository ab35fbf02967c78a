import Kernels

/// Attention of every step to itself and the steps before it, for up to sixteen trials.
///
///     p_ij = softmax_{j ≤ i}(q_i · k_j / √d),   o_i = Σ_{j ≤ i} D(p_ij) v_j
///
/// in each of several heads of `d` features; `D` is dropout. Features come first: a row holds one
/// feature at all steps of all trials, `[T·B]`, so that the trials fill the lanes of a vector and
/// no sum runs across them. Queries, keys and values stand below each other, `[3 · heads · d, T·B]`.
package struct CausalAttention: Sendable {
  /// More trials than this need a second call.
  package static let mostTrials = 16

  package let steps: Int
  package let trials: Int
  package let heads: Int
  /// `d`.
  package let headWidth: Int

  package init(steps: Int, trials: Int, heads: Int, headWidth: Int) {
    precondition(trials <= Self.mostTrials, "\(trials) trials don't fit \(Self.mostTrials) lanes")
    self.steps = steps
    self.trials = trials
    self.heads = heads
    self.headWidth = headWidth
  }

  /// Floats to work in, for both ways.
  package static func scratchCount(steps: Int) -> Int {
    2 * Int(DIS_ATTENTION_QUERIES) * steps * mostTrials
  }

  /// What the forward pass keeps of every softmax for the backward pass: its largest score and the
  /// inverse of its sum.
  package var softmaxCount: Int { heads * steps * 2 * Self.mostTrials }

  /// Weights that dropout decides on: for each head, query and key no later, one for each lane.
  package var weightCount: Int { heads * steps * (steps + 1) / 2 * Self.mostTrials }

  /// Where the weight of `key`, no later than `query`, stands in a mask of ``weightCount`` values.
  package func maskIndex(head: Int, query: Int, key: Int, trial: Int) -> Int {
    let row = head * steps * (steps + 1) / 2 + query * (query + 1) / 2
    return (row + key) * Self.mostTrials + trial
  }

  /// Leaves `o`, `[heads · d, T·B]`, in `output`.
  package func forward(
    _ queriesKeysValues: MatrixView,
    keeping mask: DropoutMask?,
    scratch: UnsafeMutablePointer<Float>,
    softmax: UnsafeMutablePointer<Float>,
    into output: MutableMatrixView
  ) {
    check(queriesKeysValues, output.readOnly, mask)
    withKernel(keeping: mask) { kernel in
      Kernel.active.table.attention(
        &kernel,
        queriesKeysValues.base,
        scratch,
        softmax,
        output.base
      )
    }
  }

  /// Carries the derivative by `o` back to queries, keys and values.
  ///
  /// With `g` that derivative and `w = D(p)`:
  ///
  ///     ∂v_j = Σ_i w_ij g_i
  ///     e_ij = D(g_i · v_j)                              what reaches p_ij
  ///     s_ij = p_ij (e_ij - Σ_j p_ij e_ij) / √d          what reaches q_i · k_j
  ///     ∂q_i = Σ_j s_ij k_j,   ∂k_j = Σ_i s_ij q_i
  ///
  /// The weights are computed again, to the same bits: so memory grows with the steps, not with
  /// their square.
  package func backward(
    _ gradient: MatrixView,
    queriesKeysValues: MatrixView,
    keeping mask: DropoutMask?,
    softmax: UnsafePointer<Float>,
    scratch: UnsafeMutablePointer<Float>,
    into inputGradient: MutableMatrixView
  ) {
    check(queriesKeysValues, gradient, mask)
    check(inputGradient.readOnly, gradient, mask)
    withKernel(keeping: mask) { kernel in
      Kernel.active.table.attention_backward(
        &kernel,
        queriesKeysValues.base,
        softmax,
        gradient.base,
        scratch,
        inputGradient.base
      )
    }
  }

  private func withKernel(keeping mask: DropoutMask?, _ body: (inout dis_attention) -> Void) {
    func run(_ bits: UnsafePointer<UInt16>?) {
      var kernel = dis_attention(
        steps: steps,
        lanes: trials,
        heads: heads,
        head_width: headWidth,
        scale: 1 / Float(headWidth).squareRoot(),
        kept_scale: mask?.scale ?? 1,
        bits: bits
      )
      body(&kernel)
    }
    if let mask { mask.withWords(run) } else { run(nil) }
  }

  private func check(_ three: MatrixView, _ one: MatrixView, _ mask: DropoutMask?) {
    let (width, length) = (heads * headWidth, steps * trials)
    precondition(
      three.rows == 3 * width && one.rows == width && three.columns == length
        && one.columns == length && three.rowStride == length && one.rowStride == length
        && mask.map { $0.count == weightCount } ?? true,
      "\(three.rows) × \(three.columns) and \(one.rows) × \(one.columns) in \(heads) heads"
    )
  }
}
