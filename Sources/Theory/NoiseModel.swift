import Compute
import RealModule
import Trials

/// What the looks at a latent add up to, for each law of their noise.
///
/// After t looks an ideal observer keeps one number for each latent, a sufficient statistic, and
/// t. Here that number is the unbiased estimate which they give of the latent: under a flat prior
/// also the posterior mean.
package struct NoiseModel: Hashable, Sendable {
  package let law: NoiseLaw
  /// σ; the scale β of Gumbel noise.
  package let deviation: Double
  package let dimensions: Int

  package init(_ law: NoiseLaw, deviation: Double, dimensions: Int) {
    self.law = law
    self.deviation = deviation
    self.dimensions = dimensions
  }

  /// The deviation of a single look at one latent; of Gumbel noise, its scale.
  package func deviation(of dimension: Int) -> Double {
    guard case .anisotropic(let ratio) = law, dimensions > 1 else { return deviation }
    return deviation * (1 + (ratio - 1) * Double(dimension) / Double(dimensions - 1))
  }

  /// The number of independent looks that are worth as much as `looks`.
  ///
  /// With autoregressive noise of correlation ρ it is (t - ρ (t - 2)) / (1 + ρ): proven. The
  /// covariance of the looks is K = σ² ρ^|j-k|, and K⁻¹ 1 = (1, 1-ρ, …, 1-ρ, 1) / (σ² (1+ρ)),
  /// whose sum is t_eff/σ².
  package func effectiveLooks(_ looks: Int) -> Double {
    guard case .autoregressive(let correlation) = law else { return Double(looks) }
    return (Double(looks) - correlation * Double(looks - 2)) / (1 + correlation)
  }

  /// The variance of the estimate, `[D]`, given the latent: σ²/t for white noise, σ²/t_eff for an
  /// autoregression, β² ψ₁(t) for Gumbel noise.
  package func variance(of dimension: Int, looks: Int) -> Double {
    let deviation = deviation(of: dimension)
    if law == .gumbel { return deviation * deviation * GumbelLikelihood.trigamma(looks) }
    return deviation * deviation / effectiveLooks(looks)
  }

  /// The variance of the plain mean of all looks, its bias removed.
  ///
  /// For an autoregression σ²/t · [(1+ρ)/(1-ρ) - 2ρ (1-ρᵗ) / (t (1-ρ)²)]; for Gumbel noise
  /// π²β²/6t: what an observer gives away that only averages.
  package func varianceOfMean(of dimension: Int, looks: Int) -> Double {
    let t = Double(looks)
    let deviation = deviation(of: dimension)
    let single = deviation * deviation / t
    switch law {
    case .gaussian, .anisotropic: return single
    case .gumbel: return single * GumbelDistribution.deviation * GumbelDistribution.deviation
    case .autoregressive(let rho):
      guard rho < 1 else { return deviation * deviation }
      return single
        * ((1 + rho) / (1 - rho) - 2 * rho * (1 - .pow(rho, looks)) / (t * (1 - rho) * (1 - rho)))
    }
  }

  /// The weights of the best linear unbiased estimate of an autoregression, `[t]`: those at the
  /// ends 1/d, the others (1-ρ)/d, d = 2 + (t-2)(1-ρ).
  package func weights(looks: Int) -> [Double] {
    guard case .autoregressive(let rho) = law, looks > 1 else {
      return [Double](repeating: 1 / Double(looks), count: looks)
    }
    let total = 2 + Double(looks - 2) * (1 - rho)
    return (0..<looks).map { ($0 == 0 || $0 == looks - 1 ? 1 : 1 - rho) / total }
  }

  /// What looks with an estimate say of a latent.
  ///
  /// - Parameters:
  ///   - dimension: Which latent.
  ///   - estimate: From a ``LookSum``.
  ///   - looks: How many there were, 1 or more.
  /// - Returns: Its posterior under a flat prior.
  package func likelihood(of dimension: Int, estimate: Double, looks: Int) -> Likelihood {
    let deviation = deviation(of: dimension)
    if law == .gumbel {
      return .gumbel(GumbelLikelihood(mean: estimate, scale: deviation, count: looks))
    }
    return .normal(
      center: estimate,
      scale: deviation / effectiveLooks(looks).squareRoot()
    )
  }
}

/// The looks at one latent so far, summed up as their noise demands.
package struct LookSum {
  private let model: NoiseModel
  private let scale: Double
  private var first = 0.0
  private var last = 0.0
  private var sum = 0.0
  /// log Σ exp(-X/β).
  private var logSum = -Double.infinity
  package private(set) var count = 0

  package init(_ model: NoiseModel, dimension: Int) {
    self.model = model
    scale = model.deviation(of: dimension)
  }

  package mutating func add(_ look: Double) {
    count += 1
    if count == 1 { first = look }
    last = look
    sum += look
    if model.law == .gumbel, scale > 0 {
      let term = -look / scale
      let (large, small) = (max(term, logSum), min(term, logSum))
      logSum = large + .log(onePlus: .exp(small - large))
    }
  }

  /// The unbiased estimate of the latent; 0, the prior's mean, before the first look.
  package var estimate: Double {
    guard count > 0 else { return 0 }
    switch model.law {
    case .gaussian, .anisotropic:
      return sum / Double(count)
    case .autoregressive(let rho):
      // The end weights are 1 and those in between 1 - ρ: the whole sum with 1 - ρ, and ρ for
      // the ends.
      return ((1 - rho) * sum + rho * (first + last)) / (2 + Double(count - 2) * (1 - rho))
    case .gumbel:
      guard scale > 0 else { return sum / Double(count) }
      // β (ψ(t) - log S).
      return scale * (GumbelLikelihood.shift(count) + .log(Double(count)) - logSum)
    }
  }
}
