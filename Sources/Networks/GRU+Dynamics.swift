import Compute
import RealModule
import Trials

extension GRU: RecurrentNetwork {
  package func dynamics(
    under input: [Float],
    with parameters: ParameterBuffer
  ) -> any Dynamics {
    GRUDynamics(
      recurrent: DoubleMatrix(parameters, recurrentWeight),
      inputDrive: constantDrive(input, parameters, weight: inputWeight, biases: inputBias),
      recurrentBias: parameters.values(of: recurrentBias).map(Double.init)
    )
  }
}

/// ``GRU`` under a constant input, in double precision.
///
/// With `m = W_n h + b_n` and `n = tanh(k_n + r m)`:
///
///     ∂h'/∂h = diag(z) + diag((h - n) z (1-z)) W_z
///              + diag((1-z) (1-n²)) [diag(r) W_n + diag(m r (1-r)) W_r]
struct GRUDynamics: Dynamics {
  /// Gates below each other in the order `r z n`, `[3H, H]`.
  let recurrent: DoubleMatrix
  /// `W_i u + b_i`, `[3H]`.
  let inputDrive: [Double]
  /// `b_h`, `[3H]`.
  let recurrentBias: [Double]

  var stateWidth: Int { recurrent.columns }

  private struct Gates {
    let reset: Double
    let update: Double
    /// `m`, before the reset gate.
    let recalled: Double
    let candidate: Double
  }

  private func gates(_ drives: DoubleMatrix, _ row: Int, _ unit: Int) -> Gates {
    func recurrent(_ gate: Int) -> Double {
      drives[row, gate * stateWidth + unit] + recurrentBias[gate * stateWidth + unit]
    }
    let reset = sigmoid(recurrent(0) + inputDrive[unit])
    let recalled = recurrent(2)
    return Gates(
      reset: reset,
      update: sigmoid(recurrent(1) + inputDrive[stateWidth + unit]),
      recalled: recalled,
      candidate: .tanh(inputDrive[2 * stateWidth + unit] + reset * recalled)
    )
  }

  func next(_ states: DoubleMatrix) -> DoubleMatrix {
    let drives = states.times(transposeOf: recurrent)
    var result = states
    for row in 0..<states.rows {
      for unit in 0..<stateWidth {
        let gates = gates(drives, row, unit)
        result[row, unit] =
          (1 - gates.update) * gates.candidate + gates.update * states[row, unit]
      }
    }
    return result
  }

  func jacobian(at state: [Double]) -> DoubleMatrix {
    let units = stateWidth
    let drives = DoubleMatrix(rows: 1, columns: units, values: state)
      .times(transposeOf: recurrent)
    var result = DoubleMatrix(rows: units, columns: units)
    for unit in 0..<units {
      let gates = gates(drives, 0, unit)
      let byUpdate =
        (state[unit] - gates.candidate) * gates.update * (1 - gates.update)
      let byCandidate = (1 - gates.update) * (1 - gates.candidate * gates.candidate)
      let byRecalled = byCandidate * gates.reset
      let byReset = byCandidate * gates.recalled * gates.reset * (1 - gates.reset)
      for other in 0..<units {
        result[unit, other] =
          byReset * recurrent[unit, other] + byUpdate * recurrent[units + unit, other]
          + byRecalled * recurrent[2 * units + unit, other]
      }
      result[unit, unit] += gates.update
    }
    return result
  }
}
