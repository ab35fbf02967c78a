import Compute
import RealModule

/// Mean and variance of a standard normal variable that is known to lie in an interval.
///
/// With Z = Φ(b) - Φ(a), r_a = φ(a)/Z and r_b = φ(b)/Z the closed forms are
///
///     mean = r_a - r_b,   variance = 1 + a r_a - b r_b - (r_a - r_b)².
///
/// Far out in a tail, and for narrow intervals, their terms cancel until nothing is left. There
/// both moments are integrated instead, with weights relative to the largest density in the
/// interval: sums of positive terms everywhere, at the price of eighty exponentials.
struct TruncatedNormal: Hashable, Sendable {
  let mean: Double
  let variance: Double

  /// - Parameters:
  ///   - lower: a, in standard deviations from the untruncated mean.
  ///   - upper: b, greater than `lower`.
  init(from lower: Double, to upper: Double) {
    precondition(lower < upper, "nothing lies between \(lower) and \(upper)")
    let mode = min(max(0, lower), upper)
    if mode.magnitude < 3, upper - lower > 2 {
      // Z is at least Φ(-3), times the share of a tail that two deviations hold: of the variance's
      // terms, below twenty together, the last digit or two cancel.
      let mass = NormalDistribution.probability(from: lower, to: upper)
      let left = NormalDistribution.density(lower) / mass
      let right = NormalDistribution.density(upper) / mass
      let ends = (lower > -40 ? lower * left : 0) - (upper < 40 ? upper * right : 0)
      mean = left - right
      variance = 1 + ends - mean * mean
      return
    }
    // Beyond this distance from the mode the density is below exp(-40) of its largest value:
    // the positive root of |mode| d + d²/2 = 40.
    let reach = 80 / (mode.magnitude + (mode * mode + 80).squareRoot())
    let left = max(lower, mode - reach)
    let right = min(upper, mode + reach)
    let rule = Self.rule.repeated(
      between: Quadrature.edges(from: left, to: right, panelsNoWiderThan: 0.25 * (right - left))
    )

    var mass = 0.0
    var firstMoment = 0.0
    var densities = rule.weights
    for index in rule.nodes.indices {
      let step = rule.nodes[index] - mode
      densities[index] *= .exp(-step * (mode + 0.5 * step))
      mass += densities[index]
      firstMoment += densities[index] * step
    }
    let meanStep = firstMoment / mass
    var secondMoment = 0.0
    for index in rule.nodes.indices {
      let deviation = rule.nodes[index] - mode - meanStep
      secondMoment += densities[index] * deviation * deviation
    }
    mean = mode + meanStep
    variance = secondMoment / mass
  }

  private static let rule = Quadrature.gaussLegendre(order: 20)
}
