import Compute
import RealModule

/// What is assumed of the errors of an observer's outputs, up to a common factor.
///
/// It decides how much each output counts. Source: first-order propagation of errors to z = Φ⁻¹(Y).
package enum OutputNoise: Hashable, Sendable {
  /// Every logit is off by the same: weights l'(z)², which trust saturated outputs most.
  case logit
  /// Every probability is off by the same: weights φ(z)², which ignore saturated outputs.
  case probability
  /// Every probability was counted over the same number of labels: weights φ²/(Φ (1 - Φ)).
  case labels
  /// Logits are off by a share of their size, those below 1 by as much as 1: weights
  /// (l'(z) / max(1, |l|))².
  ///
  /// Cross-entropy barely sees large logits, so that training leaves them right only in proportion.
  /// The weights fall like 4/z²: a saturated output neither rules nor vanishes.
  case relativeLogit

  /// The weight of an output, the inverse variance of its z.
  func weight(z: Double, logit: Double, slope: Double) -> Double {
    switch self {
    case .logit:
      return slope * slope
    case .probability:
      let density = NormalDistribution.density(z)
      return density * density
    case .labels:
      return slope * NormalDistribution.density(z)
    case .relativeLogit:
      let weight = slope / max(1, logit.magnitude)
      return weight * weight
    }
  }
}
