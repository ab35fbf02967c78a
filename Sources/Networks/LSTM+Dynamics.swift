import Compute
import RealModule
import Trials

extension LSTM: RecurrentNetwork {
  package func dynamics(
    under input: [Float],
    with parameters: ParameterBuffer
  ) -> any Dynamics {
    LSTMDynamics(
      recurrent: DoubleMatrix(parameters, recurrentWeight),
      drive: constantDrive(
        input,
        parameters,
        weight: inputWeight,
        biases: inputBias,
        recurrentBias
      )
    )
  }
}

/// ``LSTM`` under a constant input, in double precision, with the state `(h, c)`.
///
///     ∂c'/∂h = diag(c f (1-f)) W_f + diag(g i (1-i)) W_i + diag(i (1-g²)) W_g,   ∂c'/∂c = diag(f)
///     ∂h'/∂· = diag(o (1 - tanh² c')) ∂c'/∂·  and, by h, + diag(tanh(c') o (1-o)) W_o
struct LSTMDynamics: Dynamics {
  /// Gates below each other in the order `i f g o`, `[4H, H]`.
  let recurrent: DoubleMatrix
  /// `[4H]`.
  let drive: [Double]

  private var units: Int { recurrent.columns }
  var stateWidth: Int { 2 * units }
  var visibleWidth: Int { units }

  private struct Gates {
    let input: Double
    let forget: Double
    let candidate: Double
    let output: Double
  }

  private func gates(_ drives: DoubleMatrix, _ row: Int, _ unit: Int) -> Gates {
    func value(_ gate: Int) -> Double {
      drives[row, gate * units + unit] + drive[gate * units + unit]
    }
    return Gates(
      input: sigmoid(value(0)),
      forget: sigmoid(value(1)),
      candidate: .tanh(value(2)),
      output: sigmoid(value(3))
    )
  }

  /// `W h` of many states, `[n, 4H]`.
  private func drives(_ states: DoubleMatrix) -> DoubleMatrix {
    var visible = DoubleMatrix(rows: states.rows, columns: units)
    for row in 0..<states.rows {
      for unit in 0..<units { visible[row, unit] = states[row, unit] }
    }
    return visible.times(transposeOf: recurrent)
  }

  func next(_ states: DoubleMatrix) -> DoubleMatrix {
    let drives = drives(states)
    var result = states
    for row in 0..<states.rows {
      for unit in 0..<units {
        let gates = gates(drives, row, unit)
        let cell = gates.forget * states[row, units + unit] + gates.input * gates.candidate
        result[row, units + unit] = cell
        result[row, unit] = gates.output * .tanh(cell)
      }
    }
    return result
  }

  func jacobian(at state: [Double]) -> DoubleMatrix {
    let drives = drives(DoubleMatrix(rows: 1, columns: stateWidth, values: state))
    var result = DoubleMatrix(rows: stateWidth, columns: stateWidth)
    for unit in 0..<units {
      let gates = gates(drives, 0, unit)
      let old = state[units + unit]
      let squashed = Double.tanh(gates.forget * old + gates.input * gates.candidate)
      let byInput = gates.candidate * gates.input * (1 - gates.input)
      let byForget = old * gates.forget * (1 - gates.forget)
      let byCandidate = gates.input * (1 - gates.candidate * gates.candidate)
      let byOutput = squashed * gates.output * (1 - gates.output)
      let passed = gates.output * (1 - squashed * squashed)
      for other in 0..<units {
        let cell =
          byInput * recurrent[unit, other] + byForget * recurrent[units + unit, other]
          + byCandidate * recurrent[2 * units + unit, other]
        result[units + unit, other] = cell
        result[unit, other] = passed * cell + byOutput * recurrent[3 * units + unit, other]
      }
      result[units + unit, units + unit] = gates.forget
      result[unit, units + unit] = passed * gates.forget
    }
    return result
  }
}

/// The logistic function, without overflow.
func sigmoid(_ value: Double) -> Double { 0.5 + 0.5 * .tanh(0.5 * value) }
