import Compute
import RealModule

/// What the looks so far say of one latent: its posterior under a flat prior, a density on the
/// whole line.
///
/// Noise is independent between latents, so a trial's looks leave one of these for each of them.
package enum Likelihood: Hashable, Sendable {
  /// N(center, scale²): Gaussian noise of any kind.
  case normal(center: Double, scale: Double)
  /// Of looks with Gumbel noise.
  case gumbel(GumbelLikelihood)

  /// Where the density is largest.
  var peak: Double {
    switch self {
    case .normal(let center, _): center
    case .gumbel(let looks): looks.peak
    }
  }

  /// The length over which the density changes near its peak: a quadrature's unit.
  package var width: Double {
    switch self {
    case .normal(_, let scale): scale
    case .gumbel(let looks): looks.scale / Double(looks.count).squareRoot()
    }
  }

  /// The posterior mean under a flat prior.
  package var mean: Double {
    switch self {
    case .normal(let center, _): center
    case .gumbel(let looks): looks.mean
    }
  }

  /// The posterior variance under a flat prior.
  package var variance: Double {
    switch self {
    case .normal(_, let scale): scale * scale
    case .gumbel(let looks): looks.variance
    }
  }

  func logDensity(at x: Double) -> Double {
    switch self {
    case .normal(let center, let scale):
      let step = (x - center) / scale
      return -0.5 * step * step - .log(scale) - 0.5 * .log(2 * .pi)
    case .gumbel(let looks):
      return looks.logDensity(at: x)
    }
  }

  /// P(latent < x) and P(latent > x); the smaller of them has all its digits.
  func tails(at x: Double) -> Tails {
    switch self {
    case .normal(let center, let scale):
      let step = (x - center) / scale
      let small = NormalDistribution.cumulative(-step.magnitude)
      return step < 0
        ? Tails(below: small, above: 1 - small) : Tails(below: 1 - small, above: small)
    case .gumbel(let looks):
      return looks.tails(at: x)
    }
  }

  /// P(latent > x) under a flat prior.
  package func probability(above x: Double) -> Double { tails(at: x).above }

  /// log P(lower < latent < upper), also where the probability underflows.
  func logProbability(from lower: Double, to upper: Double) -> Double {
    guard lower < upper else { return -.infinity }
    switch self {
    case .normal(let center, let scale):
      return NormalDistribution.logProbability(
        from: (lower - center) / scale,
        to: (upper - center) / scale
      )
    case .gumbel(let looks):
      return looks.logProbability(from: lower, to: upper)
    }
  }

  /// Something close to this density times exp(θ x), to draw points from.
  ///
  /// N(μ, s²) turns into N(μ + θ s², s²), exactly. Of Gumbel looks it is the normal density with the
  /// moments of what that is in the box, a little wider, so that no tail lacks points.
  func tilted(by slope: Double) -> Likelihood {
    guard slope != 0 else { return self }
    switch self {
    case .normal(let center, let scale):
      return .normal(center: center + slope * scale * scale, scale: scale)
    case .gumbel:
      let moments = boxMoments(tiltedBy: slope)
      return .normal(center: moments.mean, scale: 1.2 * moments.variance.squareRoot())
    }
  }

  /// Mean and variance of this density times exp(θ x), within the box.
  func boxMoments(tiltedBy slope: Double) -> (mean: Double, variance: Double) {
    switch self {
    case .normal(let center, let scale):
      let shifted = center + slope * scale * scale
      let inside = TruncatedNormal(from: (-0.5 - shifted) / scale, to: (0.5 - shifted) / scale)
      return (shifted + scale * inside.mean, scale * scale * inside.variance)
    case .gumbel(let looks):
      // exp(n x/β - S exp(x/β)) with n = t + θ β, which may be negative: then it falls all the way.
      let count = Double(looks.count) + slope * looks.scale
      let width = looks.scale / max(count.magnitude, 1).squareRoot()
      let peak =
        count > 0 ? looks.peak + looks.scale * .log(count / Double(looks.count)) : -0.5
      let mode = min(max(peak, -0.5), 0.5)
      let top = looks.logDensity(at: mode) + slope * mode
      var (mass, first, second) = (0.0, 0.0, 0.0)
      let edges = Set([-0.5, mode, 0.5]).sorted()
      for (left, right) in zip(edges, edges.dropFirst()) {
        let panels = Quadrature.edges(from: left, to: right, panelsNoWiderThan: 2 * width)
        let rule = Self.rule.repeated(between: panels)
        for (x, weight) in zip(rule.nodes, rule.weights) {
          let density = weight * .exp(looks.logDensity(at: x) + slope * x - top)
          mass += density
          first += density * (x - mode)
          second += density * (x - mode) * (x - mode)
        }
      }
      let step = first / mass
      return (mode + step, max(second / mass - step * step, 1e-12))
    }
  }

  private static let rule = Quadrature.gaussLegendre(order: 12)

  /// The latent below which a share of the probability between two points of the box lies.
  ///
  /// - Parameters:
  ///   - share: In [0, 1].
  ///   - left: The lower point, with its tails.
  ///   - right: The upper one.
  /// - Returns: A latent between both.
  func quantile(
    _ share: Double,
    from left: (x: Double, tails: Tails),
    to right: (x: Double, tails: Tails)
  ) -> Double {
    let x: Double
    switch self {
    case .normal(let center, let scale):
      let (low, high) = (left.tails, right.tails)
      // From the side on which the probabilities are small numbers with all their digits.
      x =
        low.below > 0.5
        ? center - scale * normalQuantile(low.above + share * (high.above - low.above))
        : center + scale * normalQuantile(low.below + share * (high.below - low.below))
    case .gumbel:
      // Halving: forty times leave 1e-12 of the box.
      var (low, high) = (left.x, right.x)
      let mass = Tails.probability(from: left.tails, to: right.tails)
      for _ in 0..<40 {
        let middle = 0.5 * (low + high)
        if Tails.probability(from: left.tails, to: tails(at: middle)) < share * mass {
          low = middle
        } else {
          high = middle
        }
      }
      x = 0.5 * (low + high)
    }
    // Where double precision leaves no probability, it is all at the end next to the peak.
    return x.isFinite ? min(max(x, left.x), right.x) : peak > right.x ? right.x : left.x
  }
}

/// The probabilities on the two sides of a point.
struct Tails {
  let below: Double
  let above: Double

  /// The probability between two points, from the tail in which both are small.
  static func probability(from left: Tails, to right: Tails) -> Double {
    left.below > 0.5 ? left.above - right.above : right.below - left.below
  }
}

/// Φ⁻¹(p) to 1.2e-9 of its value, enough to place points of a sample.
///
/// Rational approximations of P. J. Acklam (2003), one for the middle and one for each tail.
func normalQuantile(_ probability: Double) -> Double {
  guard probability > 0 else { return -.infinity }
  guard probability < 1 else { return .infinity }
  func polynomial(_ coefficients: [Double], _ x: Double) -> Double {
    coefficients.reduce(0) { $0 * x + $1 }
  }
  let small = min(probability, 1 - probability)
  if small < 0.02425 {
    let root = (-2 * Double.log(small)).squareRoot()
    let value = polynomial(Acklam.c, root) / (polynomial(Acklam.d, root) * root + 1)
    return probability < 0.5 ? value : -value
  }
  let step = probability - 0.5
  let square = step * step
  return polynomial(Acklam.a, square) * step / (polynomial(Acklam.b, square) * square + 1)
}

/// Φ⁻¹(x + 1/2): the normal variable that a copula turned into a latent.
func normalCoordinate(_ latent: Double) -> Double {
  // A latent on the wall stands for one within 1e-12 of it.
  normalQuantile(min(max(latent + 0.5, 1e-12), 1 - 1e-12))
}

private enum Acklam {
  static let a = [
    -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.3577518672690,
    -30.66479806614716, 2.506628277459239,
  ]
  static let b = [
    -54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972,
    -13.28068155288572,
  ]
  static let c = [
    -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732538343734,
    4.374664141464968, 2.938163982698783,
  ]
  static let d = [
    0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416,
  ]
}
