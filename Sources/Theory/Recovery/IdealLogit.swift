import Compute
import RealModule

/// The log-odds with which an ideal observer under a flat prior answers a boundary that lies `z`
/// posterior deviations behind its estimate: l(z) = log Φ(z) - log Φ(-z).
///
/// For large z it grows like z²/2, so that an output of the ideal observer is far from linear in
/// the latent. Everything is computed from logarithms of tails: a probability has no digits left
/// beyond z = 8, while logits of ±450, near z = 30, still say exactly where the latent is.
package enum IdealLogit {
  /// Where probabilities of single precision end: the logit of 1 - 2⁻²⁴.
  package static let saturation = 16.6
  static let saturatedZ = inverse(saturation)

  /// l and its first two derivatives for z ≥ 0.
  ///
  /// With the hazard r = φ(z)/Φ(-z) and m = φ(z)/Φ(z): l' = r + m, l'' = r (r - z) - m (m + z).
  private static func expansion(_ z: Double) -> (value: Double, slope: Double, bend: Double) {
    let logTail = NormalDistribution.logCumulative(-z)
    let tail = Double.exp(logTail)
    let density = NormalDistribution.density(z)
    let logDensity = -0.5 * z * z - 0.5 * Double.log(2 * .pi)
    let hazard = z < 30 ? density / tail : Double.exp(logDensity - logTail)
    let reversed = density / (1 - tail)
    return (
      .log(onePlus: -tail) - logTail,
      hazard + reversed,
      hazard * (hazard - z) - reversed * (reversed + z)
    )
  }

  /// l(z).
  package static func value(_ z: Double) -> Double {
    let size = expansion(z.magnitude).value
    return z < 0 ? -size : size
  }

  /// l'(z) = φ(z) / (Φ(z) Φ(-z)): 1.596 at 0, about |z| in the tails.
  package static func slope(_ z: Double) -> Double { expansion(z.magnitude).slope }

  /// The z whose l(z) is `logit`; infinite for an infinite logit.
  ///
  /// Halley's steps, from a start that is right to a few percent: a step below 1e-5 leaves an error
  /// of its cube.
  package static func inverse(_ logit: Double) -> Double { inverseAndSlope(logit).z }

  /// ``inverse(_:)`` and l' there, which costs nothing more.
  package static func inverseAndSlope(_ logit: Double) -> (z: Double, slope: Double) {
    let size = logit.magnitude
    guard size.isFinite else { return (logit, .infinity) }
    var z = size / 1.702
    if size > 5 {
      z = (2 * (size - 0.5 * Double.log(4 * .pi * size))).squareRoot()
    }
    var slope = 0.0
    for _ in 0..<12 {
      let (value, first, second) = expansion(z)
      let error = value - size
      let step = 2 * error * first / (2 * first * first - error * second)
      z = max(0, z - step)
      slope = first - step * second
      if step.magnitude <= 1e-5 * max(1, z) { break }
    }
    return (logit < 0 ? -z : z, slope)
  }
}

extension IdealLogit {
  /// log Y - log(1 - Y); infinite for 0 and 1.
  package static func logit(ofProbability probability: Double) -> Double {
    .log(probability) - .log(onePlus: -probability)
  }
}
