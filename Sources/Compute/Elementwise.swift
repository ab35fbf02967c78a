import Kernels

/// What a unit makes of its drive.
package enum Activation: String, CaseIterable, Hashable, Sendable {
  /// `max(x, 0)`, whose derivative at exactly zero is zero.
  case relu
  case tanh
}

/// One leaky step of many units: `rates = (1 - leak)·previous + leak·φ(drive)`.
///
/// Each pointer has `count` values, and `leak` is `α = dt / τ` in (0, 1]. `activations` receives
/// `φ(drive)`, which the backward pass needs; it may be `drive`.
package func leakyStep(
  _ count: Int,
  leak: Float,
  _ activation: Activation,
  drive: UnsafePointer<Float>,
  previous: UnsafePointer<Float>,
  activations: UnsafeMutablePointer<Float>,
  rates: UnsafeMutablePointer<Float>
) {
  Kernel.active.table.leaky_step(
    count,
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

/// The logistic loss of logits `z` against targets `y` in [0, 1].
///
/// Writes `scale·(sigmoid(z) - y)` into `gradient`, which may be `logits`.
///
/// - Returns: `Σ log(1 + e^z) - y z`, in nats, not scaled.
package func crossEntropy(
  _ count: Int,
  logits: UnsafePointer<Float>,
  targets: UnsafePointer<Float>,
  scale: Float,
  gradient: UnsafeMutablePointer<Float>
) -> Double {
  Kernel.active.table.cross_entropy(count, logits, targets, scale, gradient)
}
