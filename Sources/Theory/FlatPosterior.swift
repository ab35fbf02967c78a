import Compute
import Trials

/// What an ideal observer believes that has no prior: N(μ, s² I), with μ the mean of the
/// observations.
///
/// Source: Vafidis et al., ICLR 2025; the paper's theorem is about this observer. Three standard
/// deviations inside the box it agrees with ``BoxPosterior``.
package struct FlatPosterior: Hashable, Sendable {
  /// μ, `[D]`.
  package let center: [Double]

  /// s = σ/√t, greater than 0.
  package let scale: Double

  package init(center: [Double], scale: Double) {
    precondition(scale > 0 && scale.isFinite, "a posterior of scale \(scale) has no density")
    self.center = center
    self.scale = scale
  }

  /// P(c · x > b) = Φ((c · μ - b) / (s |c|)).
  package func probability(above boundary: Hyperplane) -> Double {
    NormalDistribution.cumulative(boundary.signedDistance(of: center) / scale)
  }

  /// log P - log(1 - P) of ``probability(above:)``, in nats, with all its digits in both tails.
  package func logOdds(above boundary: Hyperplane) -> Double {
    let distance = boundary.signedDistance(of: center) / scale
    return NormalDistribution.logCumulative(distance)
      - NormalDistribution.logCumulative(-distance)
  }
}
