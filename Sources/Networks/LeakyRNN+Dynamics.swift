import Compute
import RealModule
import Trials

extension LeakyRNN: RecurrentNetwork {
  package func dynamics(
    under input: [Float],
    with parameters: ParameterBuffer
  ) -> any Dynamics {
    LeakyDynamics(
      recurrent: DoubleMatrix(parameters, recurrentWeight),
      drive: constantDrive(
        input,
        parameters,
        weight: inputWeight,
        biases: inputBias,
        recurrentBias
      ),
      activation: activation,
      leak: Double(leak),
      keep: Double(keep)
    )
  }
}

/// ``LeakyRNN`` under a constant input, in double precision.
///
///     F(r) = κ r + α φ(W r + k)
///     ∂F/∂r = κ I + α diag(φ'(W r + k)) W
struct LeakyDynamics: Dynamics {
  /// `W`, `[H, H]`.
  let recurrent: DoubleMatrix
  /// `k`: what inputs and biases bring, `[H]`.
  let drive: [Double]
  let activation: Activation
  let leak: Double
  let keep: Double

  var stateWidth: Int { drive.count }

  func next(_ states: DoubleMatrix) -> DoubleMatrix {
    var result = states.times(transposeOf: recurrent)
    let width = stateWidth
    for row in 0..<states.rows {
      for unit in 0..<width {
        let place = row * width + unit
        let active = activate(result.values[place] + drive[unit])
        result.values[place] = keep * states.values[place] + leak * active
      }
    }
    return result
  }

  func jacobian(at state: [Double]) -> DoubleMatrix {
    let drives = DoubleMatrix(rows: 1, columns: stateWidth, values: state)
      .times(transposeOf: recurrent)
    var result = recurrent
    let width = stateWidth
    for unit in 0..<width {
      let slope = leak * slope(at: drives.values[unit] + drive[unit])
      for place in unit * width..<(unit + 1) * width { result.values[place] *= slope }
      result.values[unit * width + unit] += keep
    }
    return result
  }

  private func activate(_ drive: Double) -> Double {
    switch activation {
    case .relu: max(drive, 0)
    case .tanh: .tanh(drive)
    }
  }

  /// At exactly zero the rectifier's is 0, as in training.
  private func slope(at drive: Double) -> Double {
    switch activation {
    case .relu: return drive > 0 ? 1 : 0
    case .tanh:
      let value = Double.tanh(drive)
      return 1 - value * value
    }
  }
}
