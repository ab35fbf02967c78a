import Kernels
import RealModule

/// Adam (Kingma and Ba, 2015) on flat buffers.
///
/// In PyTorch's arrangement of its formulas:
///
///     m ← β₁ m + (1 - β₁) g        v ← β₂ v + (1 - β₂) g²
///     p ← p - η m̂ / (√v̂ + ε)       m̂ = m / (1 - β₁ᵗ), v̂ = v / (1 - β₂ᵗ)
///
/// Moments below 1e-30 in magnitude become exactly zero: those of silent units would otherwise
/// decay into denormal numbers, on which every later step is several times slower.
package struct Adam: Sendable, Equatable {
  package var learningRate: Double
  package var firstDecay = 0.9
  package var secondDecay = 0.999
  package var epsilon = 1e-8

  /// How many steps were taken, `t`.
  package var step = 0
  /// Running mean of the gradient, `m`.
  package var firstMoment: FloatBuffer
  /// Running mean of the squared gradient, `v`.
  package var secondMoment: FloatBuffer

  package init(learningRate: Double, parameterCount: Int) {
    self.learningRate = learningRate
    firstMoment = FloatBuffer(count: parameterCount)
    secondMoment = FloatBuffer(count: parameterCount)
  }

  /// Takes one step against `gradient`.
  package mutating func update(_ parameters: inout FloatBuffer, against gradient: FloatBuffer) {
    precondition(
      parameters.count == firstMoment.count && gradient.count == firstMoment.count,
      "Adam holds \(firstMoment.count) moments, not \(parameters.count)"
    )
    step += 1
    var constants = dis_adam(
      first_decay: Float(firstDecay),
      second_decay: Float(secondDecay),
      first_gain: Float(1 - firstDecay),
      second_gain: Float(1 - secondDecay),
      rate: Float(learningRate / (1 - power(firstDecay, step))),
      inverse_root_correction: Float(1 / Double.sqrt(1 - power(secondDecay, step))),
      epsilon: Float(epsilon)
    )
    Kernel.active.table.adam(
      &constants,
      parameters.count,
      gradient.pointer,
      firstMoment.mutablePointer,
      secondMoment.mutablePointer,
      parameters.mutablePointer
    )
  }

  /// `base` to a whole power by squaring: multiplications only, so that no processor's own `pow`
  /// can change a weight's last bit.
  private func power(_ base: Double, _ exponent: Int) -> Double {
    var result = 1.0
    var square = base
    var rest = exponent
    while rest > 0 {
      if rest & 1 == 1 { result *= square }
      square *= square
      rest >>= 1
    }
    return result
  }
}
