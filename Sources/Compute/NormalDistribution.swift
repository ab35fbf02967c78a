import RealModule

/// The standard normal distribution, φ and Φ, accurate to the far ends of both tails.
///
/// Ideal observers live in the tails: at the paper's noise a latent can lie sixteen standard
/// deviations from a boundary, where 1 - Φ has no digits left in double precision.
package enum NormalDistribution {
  /// φ(x) = exp(-x²/2) / √(2π).
  package static func density(_ x: Double) -> Double {
    .exp(-0.5 * x * x - logRootTwoPi)
  }

  /// Φ(x), the probability of a value below `x`; relative accuracy holds in the left tail.
  package static func cumulative(_ x: Double) -> Double {
    0.5 * .erfc(-x * rootHalf)
  }

  /// log Φ(x), accurate in both tails.
  ///
  /// On the right it is log(1 - Φ(-x)). On the left `erfc` keeps its relative accuracy down to
  /// its underflow near -38; from -30 on the asymptotic series of Mills' ratio takes over,
  /// Φ(x) ≈ φ(x)/|x| · (1 - 1/x² + 3/x⁴ - 15/x⁶ + …), whose ninth term is below 1e-19 there.
  /// Source: Abramowitz and Stegun, 26.2.12.
  package static func logCumulative(_ x: Double) -> Double {
    if x >= 0 {
      return .log(onePlus: -cumulative(-x))
    }
    if x > -30 {
      return .log(cumulative(x))
    }
    if x == -.infinity {
      return -.infinity
    }
    let inverseSquare = 1 / (x * x)
    var term = 1.0
    var correction = 0.0
    for order in 1...8 {
      term *= -Double(2 * order - 1) * inverseSquare
      correction += term
    }
    return -0.5 * x * x - logRootTwoPi - .log(-x) + .log(onePlus: correction)
  }

  /// Φ(upper) - Φ(lower) without cancellation; zero where `upper` does not exceed `lower`.
  package static func probability(from lower: Double, to upper: Double) -> Double {
    guard lower < upper else { return 0 }
    let interval = LeftInterval(lower, upper)
    if interval.isNarrow {
      return density(interval.center) * interval.massOverCentralDensity
    }
    if interval.upper <= 0 {
      return cumulative(interval.upper) - cumulative(interval.lower)
    }
    return 1 - (cumulative(interval.lower) + cumulative(-interval.upper))
  }

  /// log(Φ(upper) - Φ(lower)), also where the probability itself underflows; minus infinity where
  /// `upper` does not exceed `lower`.
  package static func logProbability(from lower: Double, to upper: Double) -> Double {
    guard lower < upper else { return -.infinity }
    let interval = LeftInterval(lower, upper)
    if interval.isNarrow {
      let logDensity = -0.5 * interval.center * interval.center - logRootTwoPi
      return logDensity + .log(interval.massOverCentralDensity)
    }
    if interval.upper <= 0 {
      let near = logCumulative(interval.upper)
      let far = logCumulative(interval.lower)
      return near + .log(onePlus: -.exp(far - near))
    }
    return .log(onePlus: -(cumulative(interval.lower) + cumulative(-interval.upper)))
  }

  /// √½.
  private static let rootHalf = 0.5.squareRoot()

  /// log √(2π).
  private static let logRootTwoPi = 0.5 * Double.log(2 * .pi)
}

/// An interval moved, by the symmetry of φ, to where most of it is left of zero.
///
/// There both cumulative probabilities are small numbers with all their digits.
private struct LeftInterval {
  let lower: Double
  let upper: Double

  init(_ lower: Double, _ upper: Double) {
    (self.lower, self.upper) = lower + upper > 0 ? (-upper, -lower) : (lower, upper)
  }

  var center: Double { 0.5 * (lower + upper) }

  /// Whether φ changes by less than about a factor of e across the interval.
  ///
  /// Then the cumulative probabilities of its ends would cancel, and ten nodes of a polynomial
  /// rule integrate φ to rounding error.
  var isNarrow: Bool {
    let width = upper - lower
    return width <= 1 && width * max(1, -center) <= 1
  }

  /// ∫ φ(x) dx / φ(center) over the interval.
  var massOverCentralDensity: Double {
    let halfWidth = 0.5 * (upper - lower)
    let slope = center
    return halfWidth
      * Self.rule.integral { node in
        let step = halfWidth * node
        return .exp(-step * (slope + 0.5 * step))
      }
  }

  private static let rule = Quadrature.gaussLegendre(order: 10)
}
