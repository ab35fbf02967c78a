/// Networks with readout and loss in double precision, as their equations: the twins that the fast
/// ones are compared with.
package struct PlainNetwork {
  package enum Kind: Sendable {
    case lstm, gru
    case feedForward(layers: Int)
  }

  /// A weight `[out, in]`, or a bias of one row, row by row.
  package struct Parameter {
    package let rows: Int
    package let columns: Int
    package var values: [Double]

    package init(rows: Int, columns: Int, values: [Double]) {
      self.rows = rows
      self.columns = columns
      self.values = values
    }
  }

  package let kind: Kind
  /// By PyTorch's names.
  package var parameters: [String: Parameter]

  package init(_ kind: Kind, parameters: [String: Parameter]) {
    self.kind = kind
    self.parameters = parameters
  }

  /// What a pass leaves: states and logits `[T, B, ·]`, and on demand the gradient.
  package struct Pass {
    package let states: [Double]
    package let logits: [Double]
    private let lossNode: PlainMatrix
    private let nodes: [String: PlainMatrix]

    package var loss: Double { lossNode.values[0] }
    /// Changes where a rectifier's kink is crossed.
    package var branch: [Bool] { lossNode.branch }

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
  package func pass(_ inputs: [Double], _ targets: [Double], steps: Int, trials: Int) -> Pass {
    let nodes = parameters.mapValues {
      PlainMatrix(rows: $0.rows, columns: $0.columns, $0.values)
    }
    func parameter(_ name: String) -> PlainMatrix {
      guard let node = nodes[name] else { preconditionFailure("no parameter \(name)") }
      return node
    }
    let size = inputs.count / steps
    let observations = (0..<steps).map { step in
      PlainMatrix(
        rows: trials,
        columns: size / trials,
        Array(inputs[step * size..<(step + 1) * size])
      )
    }
    let states = states(of: observations, parameter)
    let logits = states.map {
      $0.linear(parameter("rec_to_out.weight"), parameter("rec_to_out.bias"))
    }
    let answers = targets.count / steps
    let losses = logits.enumerated().map { step, logits in
      logits.logisticLoss(
        targets[step * answers..<(step + 1) * answers],
        scale: 1 / Double(targets.count)
      )
    }
    return Pass(
      states: states.flatMap(\.values),
      logits: logits.flatMap(\.values),
      loss: losses.dropFirst().reduce(losses[0], +),
      parameters: nodes
    )
  }

  private func states(
    of inputs: [PlainMatrix],
    _ parameter: (String) -> PlainMatrix
  ) -> [PlainMatrix] {
    switch kind {
    case .lstm:
      let units = parameter("lstm.weight_hh_l0").columns
      var h = zeros(inputs[0].rows, units)
      var c = h
      return inputs.map { u in
        let drive =
          u.linear(parameter("lstm.weight_ih_l0"), parameter("lstm.bias_ih_l0"))
          + h.linear(parameter("lstm.weight_hh_l0"), parameter("lstm.bias_hh_l0"))
        let i = drive.columns(0..<units).sigmoid
        let f = drive.columns(units..<2 * units).sigmoid
        let g = drive.columns(2 * units..<3 * units).tanh
        let o = drive.columns(3 * units..<4 * units).sigmoid
        c = f * c + i * g
        h = o * c.tanh
        return h
      }
    case .gru:
      let units = parameter("gru.weight_hh_l0").columns
      var h = zeros(inputs[0].rows, units)
      return inputs.map { u in
        let new = u.linear(parameter("gru.weight_ih_l0"), parameter("gru.bias_ih_l0"))
        let old = h.linear(parameter("gru.weight_hh_l0"), parameter("gru.bias_hh_l0"))
        func part(_ gate: Int, of drive: PlainMatrix) -> PlainMatrix {
          drive.columns(gate * units..<(gate + 1) * units)
        }
        let r = (part(0, of: new) + part(0, of: old)).sigmoid
        let z = (part(1, of: new) + part(1, of: old)).sigmoid
        let n = (part(2, of: new) + r * part(2, of: old)).tanh
        h = n - z * n + z * h
        return h
      }
    case .feedForward(let layers):
      return inputs.map { u in
        (0..<layers).reduce(u) { activations, layer in
          activations.linear(parameter("layers.\(layer).weight"), parameter("layers.\(layer).bias"))
            .rectified
        }
      }
    }
  }

  private func zeros(_ rows: Int, _ columns: Int) -> PlainMatrix {
    PlainMatrix(rows: rows, columns: columns, [Double](repeating: 0, count: rows * columns))
  }
}
