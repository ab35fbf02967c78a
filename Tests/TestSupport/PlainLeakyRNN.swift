import Compute
import RealModule

/// The paper's network with its readout and loss in double precision, as naive loops: the twin that
/// the fast one is compared with.
///
///     d_t = W_in u_t + b_in + W_rec r_{t-1} + b_rec
///     r_t = κ r_{t-1} + α φ(d_t),   r_0 = 0
///     z_t = W_out r_t + b_out
///     loss = mean over steps, trials and boundaries of log(1 + e^z) - y z
package struct PlainLeakyRNN {
  package let inputWidth: Int
  package let units: Int
  package let boundaryCount: Int
  /// `α`.
  package let leak: Double
  /// `κ`: 1 - α in a leaky network, 1 in one that isn't.
  package let keep: Double
  package let activation: Activation
  /// By the names of the paper's own PyTorch code; weights `[out, in]`, row by row.
  package var parameters: [String: [Double]]

  package static let names = [
    "inp_to_rec.weight", "inp_to_rec.bias", "rec_to_rec.weight", "rec_to_rec.bias",
    "rec_to_out.weight", "rec_to_out.bias",
  ]

  package init(
    inputWidth: Int,
    units: Int,
    boundaryCount: Int,
    leak: Double,
    keep: Double,
    activation: Activation,
    parameters: [String: [Double]]
  ) {
    self.inputWidth = inputWidth
    self.units = units
    self.boundaryCount = boundaryCount
    self.leak = leak
    self.keep = keep
    self.activation = activation
    self.parameters = parameters
  }

  /// What a forward pass leaves, each `[T, B, ·]`.
  package struct Pass {
    package var drives: [Double] = []
    package var states: [Double] = []
    package var logits: [Double] = []
    package var loss = 0.0
  }

  /// The network's answers to `inputs`, `[T, B, I]`, and their loss against `targets`, `[T, B, N]`.
  package func forward(_ inputs: [Double], _ targets: [Double], trials: Int) -> Pass {
    let steps = inputs.count / (trials * inputWidth)
    let (weightIn, biasIn) = layer("inp_to_rec")
    let (weightRec, biasRec) = layer("rec_to_rec")
    let (weightOut, biasOut) = layer("rec_to_out")
    var pass = Pass()
    pass.drives.reserveCapacity(steps * trials * units)
    pass.states.reserveCapacity(steps * trials * units)
    pass.logits.reserveCapacity(steps * trials * boundaryCount)
    var rates = [Double](repeating: 0, count: trials * units)
    for step in 0..<steps {
      var next = rates
      for trial in 0..<trials {
        for unit in 0..<units {
          var drive = biasIn[unit] + biasRec[unit]
          for input in 0..<inputWidth {
            drive +=
              weightIn[unit * inputWidth + input]
              * inputs[(step * trials + trial) * inputWidth + input]
          }
          for other in 0..<units {
            drive += weightRec[unit * units + other] * rates[trial * units + other]
          }
          pass.drives.append(drive)
          let old = rates[trial * units + unit]
          next[trial * units + unit] = keep * old + leak * activated(drive)
        }
      }
      rates = next
      pass.states += rates
      for trial in 0..<trials {
        for boundary in 0..<boundaryCount {
          var logit = biasOut[boundary]
          for unit in 0..<units {
            logit += weightOut[boundary * units + unit] * rates[trial * units + unit]
          }
          let target = targets[pass.logits.count]
          pass.loss +=
            max(logit, 0) - target * logit + Double.log(onePlus: Double.exp(-logit.magnitude))
          pass.logits.append(logit)
        }
      }
    }
    pass.loss /= Double(pass.logits.count)
    return pass
  }

  /// The loss's derivative by every parameter, straight from the chain rule.
  package func gradient(
    _ inputs: [Double],
    _ targets: [Double],
    trials: Int
  ) -> [String: [Double]] {
    let pass = forward(inputs, targets, trials: trials)
    let steps = inputs.count / (trials * inputWidth)
    let weightRec = layer("rec_to_rec").weight
    let weightOut = layer("rec_to_out").weight
    var inWeight = [Double](repeating: 0, count: units * inputWidth)
    var recWeight = [Double](repeating: 0, count: units * units)
    var outWeight = [Double](repeating: 0, count: boundaryCount * units)
    // Both biases of the drive get the same.
    var bias = [Double](repeating: 0, count: units)
    var outBias = [Double](repeating: 0, count: boundaryCount)
    // What later steps say about this step's rates.
    var later = [Double](repeating: 0, count: trials * units)
    for step in (0..<steps).reversed() {
      var earlier = [Double](repeating: 0, count: trials * units)
      for trial in 0..<trials {
        let row = step * trials + trial
        var total = Array(later[trial * units..<(trial + 1) * units])
        for boundary in 0..<boundaryCount {
          let index = row * boundaryCount + boundary
          let probability = 1 / (1 + Double.exp(-pass.logits[index]))
          let slope = (probability - targets[index]) / Double(pass.logits.count)
          outBias[boundary] += slope
          for unit in 0..<units {
            outWeight[boundary * units + unit] += slope * pass.states[row * units + unit]
            total[unit] += slope * weightOut[boundary * units + unit]
          }
        }
        for unit in 0..<units {
          let drive = leak * total[unit] * slope(of: pass.drives[row * units + unit])
          bias[unit] += drive
          for input in 0..<inputWidth {
            inWeight[unit * inputWidth + input] += drive * inputs[row * inputWidth + input]
          }
          for other in 0..<units {
            if step > 0 {
              recWeight[unit * units + other] +=
                drive * pass.states[(row - trials) * units + other]
            }
            earlier[trial * units + other] += drive * weightRec[unit * units + other]
          }
          earlier[trial * units + unit] += keep * total[unit]
        }
      }
      later = earlier
    }
    return [
      "inp_to_rec.weight": inWeight, "inp_to_rec.bias": bias,
      "rec_to_rec.weight": recWeight, "rec_to_rec.bias": bias,
      "rec_to_out.weight": outWeight, "rec_to_out.bias": outBias,
    ]
  }

  private func layer(_ name: String) -> (weight: [Double], bias: [Double]) {
    (parameters["\(name).weight", default: []], parameters["\(name).bias", default: []])
  }

  private func activated(_ drive: Double) -> Double {
    switch activation {
    case .relu: max(drive, 0)
    case .tanh: Double.tanh(drive)
    }
  }

  private func slope(of drive: Double) -> Double {
    switch activation {
    case .relu: drive > 0 ? 1 : 0
    case .tanh: 1 - Double.tanh(drive) * Double.tanh(drive)
    }
  }
}
