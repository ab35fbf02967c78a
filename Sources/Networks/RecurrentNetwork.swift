import Compute
import Trials

/// A network whose state goes from step to step: what fixed points are looked for in.
package protocol RecurrentNetwork: TrainableNetwork {
  /// Everything that the last forward pass carried from step to step, `[T, B, S]`, the states that
  /// the readout sees first.
  func wholeStates(on tape: Tape) -> SequenceBatch

  /// The map from one state to the next under a constant input, `[I]`, without noise.
  func dynamics(under input: [Float], with parameters: ParameterBuffer) -> any Dynamics
}

extension RecurrentNetwork {
  package func wholeStates(on tape: Tape) -> SequenceBatch { states(on: tape) }
}

extension NetworkSubject {
  /// The map from one state to the next as long as the same observation is shown.
  ///
  /// - Parameter observation: ``ObservationLayout``, `[W]`.
  /// - Returns: `nil` for networks that carry no state from step to step.
  package func dynamics(seeing observation: [Float]) -> (any Dynamics)? {
    guard let network = network as? any RecurrentNetwork else { return nil }
    let seen = SequenceBatch(steps: 1, trials: 1, width: observation.count, values: observation)
    return network.dynamics(under: inputs(for: seen).buffer.values, with: parameters)
  }

  /// Everything that is carried from step to step, `[T, B, S]`; `nil` where nothing is.
  package func wholeStates(for observations: SequenceBatch) -> SequenceBatch? {
    guard let network = network as? any RecurrentNetwork else { return nil }
    return wholeStates(of: network, for: inputs(for: observations))
  }

  private func wholeStates(
    of network: some RecurrentNetwork,
    for inputs: SequenceBatch
  ) -> SequenceBatch {
    var tape = network.makeTape(steps: inputs.steps, trials: inputs.trials)
    network.forward(inputs, with: parameters, into: &tape)
    return network.wholeStates(on: tape)
  }
}

extension DoubleMatrix {
  /// A tensor of single precision, with `rows` of its rows from `first` on.
  init(_ parameters: ParameterBuffer, _ slot: ParameterSlot, rows: Range<Int>? = nil) {
    let view = parameters.view(of: slot)
    let rows = rows ?? 0..<view.rows
    self.init(rows: rows.count, columns: view.columns)
    for row in rows {
      for column in 0..<view.columns {
        self[row - rows.lowerBound, column] = Double(view[row, column])
      }
    }
  }
}

/// `W u + b + b'` in double precision: what a constant input drives, `[rows of W]`.
func constantDrive(
  _ input: [Float],
  _ parameters: ParameterBuffer,
  weight: ParameterSlot,
  biases: ParameterSlot...
) -> [Double] {
  let weights = parameters.view(of: weight)
  return (0..<weights.rows).map { row in
    let bias = biases.reduce(0.0) { $0 + Double(parameters.view(of: $1)[row, 0]) }
    return input.indices.reduce(bias) { $0 + Double(weights[row, $1]) * Double(input[$1]) }
  }
}
