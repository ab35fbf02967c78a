import Kernels

/// What a unit makes of its drive.
package enum Activation: String, CaseIterable, Hashable, Sendable {
  /// `max(x, 0)`, whose derivative at exactly zero is zero.
  case relu
  case tanh
}

/// One step of many units: `rates = keep·previous + leak·φ(drive)`.
///
/// Each pointer has `count` values, and `leak` is `α = dt / τ` in (0, 1]. `activations` receives
/// `φ(drive)`, which the backward pass needs; it may be `drive`.
package func leakyStep(
  _ count: Int,
  keep: Float,
  leak: Float,
  _ activation: Activation,
  drive: UnsafePointer<Float>,
  previous: UnsafePointer<Float>,
  activations: UnsafeMutablePointer<Float>,
  rates: UnsafeMutablePointer<Float>
) {
  Kernel.active.table.leaky_step(
    count,
    keep,
    leak,
    activation == .tanh ? 1 : 0,
    drive,
    previous,
    activations,
    rates
  )
}

/// Carries a gradient of the rates back to the drive: `leak·gradient·φ'(drive)`, with `φ'` read
/// off the activations `φ(drive)`.
package func leakyStepBackward(
  _ count: Int,
  leak: Float,
  _ activation: Activation,
  gradient: UnsafePointer<Float>,
  activations: UnsafePointer<Float>,
  driveGradient: UnsafeMutablePointer<Float>
) {
  Kernel.active.table.activation_backward(
    count,
    leak,
    activation == .tanh ? 1 : 0,
    gradient,
    activations,
    driveGradient
  )
}

/// The logistic loss of logits `z` against targets `y` in [0, 1], each weighted by `w`, or by 1
/// where there are no weights.
///
/// Writes `scale·w·(sigmoid(z) - y)` into `gradient`, which may be `logits`.
///
/// - Returns: `Σ w (log(1 + e^z) - y z)`, in nats, not scaled.
package func crossEntropy(
  _ count: Int,
  logits: UnsafePointer<Float>,
  targets: UnsafePointer<Float>,
  weights: UnsafePointer<Float>? = nil,
  scale: Float,
  gradient: UnsafeMutablePointer<Float>
) -> Double {
  Kernel.active.table.cross_entropy(count, logits, targets, weights, scale, gradient)
}

/// The squared error of answers `a = bound · tanh z`, or `a = z` where `bound` is `nil`, against
/// targets `y`, each weighted by `w`, or by 1 where there are no weights.
///
/// Writes `2·scale·w·(a - y)·da/dz` into `gradient`, which may be `logits`.
///
/// - Returns: `Σ w (a - y)²`, not scaled.
package func squaredError(
  _ count: Int,
  bound: Float?,
  logits: UnsafePointer<Float>,
  targets: UnsafePointer<Float>,
  weights: UnsafePointer<Float>? = nil,
  scale: Float,
  gradient: UnsafeMutablePointer<Float>
) -> Double {
  Kernel.active.table.squared_error(count, bound ?? 0, logits, targets, weights, scale, gradient)
}

/// GELU in its tanh form, `x/2 (1 + tanh(√(2/π) (x + 0.044715 x³)))`, which Hugging Face calls
/// `gelu_new`.
///
/// Each pointer has `count` values. The drives `x` are replaced by the function's slopes, which is
/// all that the way back needs.
package func gelu(
  _ count: Int,
  drives: UnsafeMutablePointer<Float>,
  activations: UnsafeMutablePointer<Float>
) {
  Kernel.active.table.gelu(count, drives, activations)
}

/// Carries a gradient of the activations back to the drives: `gradient ⊙ slopes`, in place.
package func geluBackward(
  _ count: Int,
  slopes: UnsafePointer<Float>,
  gradient: UnsafeMutablePointer<Float>
) {
  Kernel.active.table.gelu_backward(count, slopes, gradient)
}
