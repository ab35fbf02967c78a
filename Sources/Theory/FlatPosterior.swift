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

  /// The same for Gaussian noise that differs between latents: Φ((c · μ - b) / √Σ c_j² s_j²).
  ///
  /// - Parameters:
  ///   - likelihoods: Normal ones, `[D]`.
  ///   - boundary: A hyperplane.
  /// - Returns: log P - log(1 - P), in nats.
  static func logOdds(of likelihoods: [Likelihood], above boundary: Boundary) -> Double {
    guard let plane = boundary.hyperplane else {
      preconditionFailure("without a prior the odds of hyperplanes have a closed form here")
    }
    var (excess, variance) = (-plane.offset, 0.0)
    for (component, likelihood) in zip(plane.normal, likelihoods) {
      guard case .normal(let center, let scale) = likelihood else {
        preconditionFailure("without a prior the odds need Gaussian noise")
      }
      excess += component * center
      variance += component * component * scale * scale
    }
    let distance = excess / variance.squareRoot()
    return NormalDistribution.logCumulative(distance) - NormalDistribution.logCumulative(-distance)
  }
}
