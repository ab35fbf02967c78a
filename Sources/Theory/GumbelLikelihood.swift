import Compute
import RealModule

/// What `t` looks with Gumbel noise of scale β say of one latent.
///
/// A look X = x + n has density exp(-(n/β) - exp(-n/β))/β, so that S = Σ exp(-X_k/β) is a
/// sufficient statistic: as a function of x the likelihood is exp(t x/β - S exp(x/β)). With
/// u = S exp(x/β) and a flat prior that is Gamma(t, 1) for u: proven. Hence
/// P(latent > x) = Q(t, u), mean β (ψ(t) - log S) and variance β² ψ₁(t).
package struct GumbelLikelihood: Hashable, Sendable {
  /// The likelihood's largest value, β log(t/S).
  package let peak: Double
  /// β.
  package let scale: Double
  /// t.
  package let count: Int
  /// log Γ(t).
  private let logGamma: Double

  package init(peak: Double, scale: Double, count: Int) {
    precondition(scale > 0 && count >= 1, "\(count) looks of scale \(scale) say nothing")
    self.peak = peak
    self.scale = scale
    self.count = count
    logGamma = .logGamma(Double(count))
  }

  /// From the posterior mean under a flat prior.
  package init(mean: Double, scale: Double, count: Int) {
    self.init(peak: mean - scale * Self.shift(count), scale: scale, count: count)
  }

  /// (mean - peak)/β = ψ(t) - log t; ψ(t) = -γ + Σ_{k<t} 1/k.
  package static func shift(_ count: Int) -> Double {
    let harmonic = (1..<count).reduce(0.0) { $0 + 1 / Double($1) }
    return harmonic - GumbelDistribution.mean - .log(Double(count))
  }

  package var mean: Double { peak + scale * Self.shift(count) }

  package var variance: Double { scale * scale * Self.trigamma(count) }

  /// ψ₁(t) = π²/6 - Σ_{k<t} 1/k².
  package static func trigamma(_ count: Int) -> Double {
    (1..<count).reduce(Double.pi * Double.pi / 6) { $0 - 1 / (Double($1) * Double($1)) }
  }

  private func logRate(at x: Double) -> Double { .log(Double(count)) + (x - peak) / scale }

  func logDensity(at x: Double) -> Double {
    let log = logRate(at: x)
    return Double(count) * log - .exp(log) - logGamma - .log(scale)
  }

  /// log P(t, u) or log Q(t, u), whichever belongs to the side of u on which it is the smaller.
  ///
  /// Below t: uᵗ e⁻ᵘ/t! (1 + u/(t+1) + u²/(t+1)(t+2) + …). Above: the t terms uᵏ e⁻ᵘ/k!, k < t.
  private func smallerTail(at x: Double) -> (log: Double, isBelow: Bool) {
    let t = Double(count)
    let log = logRate(at: x)
    let rate = Double.exp(log)
    guard rate < .infinity else { return (-.infinity, false) }
    var (sum, term, k) = (1.0, 1.0, t)
    if rate < t {
      while term > 1e-17 * sum {
        k += 1
        term *= rate / k
        sum += term
      }
      return (t * log - rate - logGamma - .log(t) + .log(sum), true)
    }
    k -= 1
    while k > 0, term > 1e-17 * sum {
      term *= k / rate
      sum += term
      k -= 1
    }
    return ((t - 1) * log - rate - logGamma + .log(sum), false)
  }

  func tails(at x: Double) -> Tails {
    let tail = smallerTail(at: x)
    let probability = Double.exp(tail.log)
    return tail.isBelow
      ? Tails(below: probability, above: 1 - probability)
      : Tails(below: 1 - probability, above: probability)
  }

  func logProbability(from lower: Double, to upper: Double) -> Double {
    if upper - lower < 0.25 * scale / Double(count).squareRoot() {
      // The tails of both ends would cancel.
      let half = 0.5 * (upper - lower)
      let center = lower + half
      let top = logDensity(at: center)
      let mass = Self.rule.integral { .exp(logDensity(at: center + half * $0) - top) }
      return top + .log(half * mass)
    }
    let (left, right) = (smallerTail(at: lower), smallerTail(at: upper))
    if right.isBelow { return right.log + .log(onePlus: -.exp(left.log - right.log)) }
    if !left.isBelow { return left.log + .log(onePlus: -.exp(right.log - left.log)) }
    return .log(onePlus: -.exp(left.log) - .exp(right.log))
  }

  private static let rule = Quadrature.gaussLegendre(order: 10)
}
