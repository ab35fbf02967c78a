/// GPT-2 with readout and loss in double precision, as its equations, one trial after the other:
/// the twin that the fast one is compared with.
package struct PlainGPT2 {
  package typealias Parameter = PlainNetwork.Parameter

  package let heads: Int
  /// By Hugging Face's names and in its shapes: weights of a block are `[in, out]`.
  package var parameters: [String: Parameter]

  package init(heads: Int, parameters: [String: Parameter]) {
    self.heads = heads
    self.parameters = parameters
  }

  /// What dropout multiplies values by.
  package struct Factors {
    /// Of the embedded inputs, `[T, B, H]`.
    package var embedding: [Double]
    package var blocks: [Block]

    package struct Block {
      /// Of the weights of attention, `[B, heads, T, T]`.
      package var weights: [Double]
      /// Of what attention and the MLP add, `[T, B, H]`.
      package var attention: [Double]
      package var mlp: [Double]

      package init(weights: [Double], attention: [Double], mlp: [Double]) {
        self.weights = weights
        self.attention = attention
        self.mlp = mlp
      }
    }

    package init(embedding: [Double], blocks: [Block]) {
      self.embedding = embedding
      self.blocks = blocks
    }
  }

  /// What a pass leaves: states and logits `[T, B, ·]`, and on demand the gradient.
  package struct Pass {
    package let states: [Double]
    package let logits: [Double]
    private let lossNode: PlainMatrix
    private let nodes: [String: PlainMatrix]

    package var loss: Double { lossNode.values[0] }

    fileprivate init(
      states: [Double],
      logits: [Double],
      loss: PlainMatrix,
      parameters: [String: PlainMatrix]
    ) {
      self.states = states
      self.logits = logits
      lossNode = loss
      nodes = parameters
    }

    /// The loss's derivative by every parameter; asked for once.
    package func gradient() -> [String: [Double]] {
      lossNode.differentiate()
      return nodes.mapValues(\.gradient)
    }
  }

  /// Answers `inputs`, `[T, B, I]`; the loss is the mean over all `targets`, `[T, B, N]`.
  package func pass(
    _ inputs: [Double],
    _ targets: [Double],
    steps: Int,
    trials: Int,
    dropping factors: Factors? = nil
  ) -> Pass {
    let network = Network(
      heads: heads,
      parameters: parameters.mapValues {
        PlainMatrix(rows: $0.rows, columns: $0.columns, $0.values)
      },
      factors: factors,
      steps: steps,
      trials: trials
    )
    var states: [PlainMatrix] = []
    var logits: [PlainMatrix] = []
    var losses: [PlainMatrix] = []
    for trial in 0..<trials {
      let state = network.states(of: network.sequence(of: trial, in: inputs), trial: trial)
      let answers = state.linear(network["rec_to_out.weight"], network["rec_to_out.bias"])
      states.append(state)
      logits.append(answers)
      losses.append(
        answers.logisticLoss(
          network.sequence(of: trial, in: targets).values,
          scale: 1 / Double(targets.count)
        )
      )
    }
    return Pass(
      states: network.stepMajor(states),
      logits: network.stepMajor(logits),
      loss: losses.dropFirst().reduce(losses[0], +),
      parameters: network.parameters
    )
  }
}

/// The equations, for one trial of `T` steps: every matrix has a row a step.
private struct Network {
  let heads: Int
  let parameters: [String: PlainMatrix]
  let factors: PlainGPT2.Factors?
  let steps: Int
  let trials: Int

  subscript(name: String) -> PlainMatrix {
    guard let node = parameters[name] else { preconditionFailure("no parameter \(name)") }
    return node
  }

  func states(of inputs: PlainMatrix, trial: Int) -> PlainMatrix {
    var h = inputs.linear(self["input_projection.weight"], self["input_projection.bias"])
    if let positions = parameters["transformer.wpe.weight"] { h = h + positions.rows(0..<steps) }
    h = drop(h, factors?.embedding, trial)
    var layer = 0
    while parameters["transformer.h.\(layer).ln_1.weight"] != nil {
      let name = "transformer.h.\(layer)"
      let part = factors?.blocks[layer]
      let attention = attention(norm(h, "\(name).ln_1"), "\(name).attn", part?.weights, trial)
      let m = h + drop(attention, part?.attention, trial)
      let f = affine(norm(m, "\(name).ln_2"), "\(name).mlp.c_fc").gelu
      h = m + drop(affine(f, "\(name).mlp.c_proj"), part?.mlp, trial)
      layer += 1
    }
    return norm(h, "transformer.ln_f")
  }

  private func attention(
    _ n: PlainMatrix,
    _ name: String,
    _ weightFactors: [Double]?,
    _ trial: Int
  ) -> PlainMatrix {
    let qkv = affine(n, "\(name).c_attn")
    let width = n.columns
    let d = width / heads
    let outputs = (0..<heads).map { head in
      let q = qkv.columns(head * d..<(head + 1) * d)
      let k = qkv.columns(width + head * d..<width + (head + 1) * d)
      let v = qkv.columns(2 * width + head * d..<2 * width + (head + 1) * d)
      var p = q.times(k.transposed).scaled(by: 1 / Double(d).squareRoot()).causalSoftmax
      if let weightFactors {
        let start = (trial * heads + head) * steps * steps
        p = p.scaled(by: Array(weightFactors[start..<start + steps * steps]))
      }
      return p.times(v)
    }
    return affine(PlainMatrix.beside(outputs), "\(name).c_proj")
  }

  /// `x W + b` with `W` of `[in, out]`.
  private func affine(_ x: PlainMatrix, _ name: String) -> PlainMatrix {
    x.linear(self["\(name).weight"].transposed, self["\(name).bias"])
  }

  private func norm(_ x: PlainMatrix, _ name: String) -> PlainMatrix {
    x.normed(epsilon: 1e-5) * self["\(name).weight"].repeated(steps)
      + self["\(name).bias"].repeated(steps)
  }

  private func drop(_ x: PlainMatrix, _ factors: [Double]?, _ trial: Int) -> PlainMatrix {
    guard let factors else { return x }
    return x.scaled(by: sequence(of: trial, in: factors).values)
  }

  // MARK: Trials in sequences [T, B, ·]

  /// One trial, a row a step.
  func sequence(of trial: Int, in values: [Double]) -> PlainMatrix {
    let width = values.count / (steps * trials)
    return PlainMatrix(
      rows: steps,
      columns: width,
      (0..<steps).flatMap { step in
        let start = (step * trials + trial) * width
        return values[start..<start + width]
      }
    )
  }

  func stepMajor(_ sequences: [PlainMatrix]) -> [Double] {
    (0..<steps).flatMap { step in
      sequences.flatMap { $0.values[step * $0.columns..<(step + 1) * $0.columns] }
    }
  }
}
