import Compute
import RealModule
import Trials

extension BoxPosterior {
  /// Posterior mean and variance of a boundary's function h, for any `D`: the best answer of a
  /// regression, and its expected squared error.
  ///
  /// The coordinates are independent, so both follow from the moments of each. With z = x - m the
  /// deviations from their means, h = h(m) + l · z + zᵀ A z with l = n + 2 A m, and
  ///
  ///     E h = h(m) + Σ A_jj v_j,
  ///     Var h = Σ (l_j² v_j + 2 l_j A_jj E z_j³ + A_jj² (E z_j⁴ - v_j²)) + 2 Σ_{j≠k} A_jk² v_j v_k.
  ///
  /// A branch of a hyperbola is a product of two positive parts, less a number. **Status: proven.**
  package func moments(ofValue boundary: Boundary) -> (mean: Double, variance: Double) {
    switch boundary {
    case .hyperplane(let plane):
      let moments = moments
      let variance = zip(plane.normal, moments).reduce(0) { $0 + $1.0 * $1.0 * $1.1.variance }
      return (plane.excess(of: moments.map(\.mean)), variance)
    case .ball(let center, let radius):
      let size = center.count
      return quadraticMoments(
        (0..<size * size).map { $0 / size == $0 % size ? -1 : 0 },
        center.map { 2 * $0 },
        center.reduce(-radius * radius) { $0 + $1 * $1 }
      )
    case .quadric(let matrix, let normal, let offset):
      return quadraticMoments(matrix, normal, offset)
    case .hyperbola(let isFirstPositive, let isSecondPositive, let threshold):
      let parts = zip(likelihoods, [isFirstPositive, isSecondPositive]).map {
        CoordinateMoments(of: $0, isPositive: $1)
      }
      let mean = parts[0].part * parts[1].part
      let square = parts[0].squaredPart * parts[1].squaredPart
      return (mean - threshold, square - mean * mean)
    }
  }

  private func quadraticMoments(
    _ matrix: [Double],
    _ normal: [Double],
    _ offset: Double
  ) -> (mean: Double, variance: Double) {
    let moments = likelihoods.map { CoordinateMoments(of: $0, isPositive: true) }
    let size = moments.count
    var (mean, variance) = (-offset, 0.0)
    for row in 0..<size {
      let own = moments[row]
      let bend = matrix[row * size + row]
      var slope = normal[row]
      for column in 0..<size {
        let other = moments[column]
        let entry = 0.5 * (matrix[row * size + column] + matrix[column * size + row])
        slope += 2 * entry * other.mean
        mean += own.mean * entry * other.mean
        if column != row { variance += 2 * entry * entry * own.variance * other.variance }
      }
      mean += normal[row] * own.mean + bend * own.variance
      variance +=
        slope * slope * own.variance + 2 * slope * bend * own.third
        + bend * bend * (own.fourth - own.variance * own.variance)
    }
    return (mean, variance)
  }
}

/// Moments of one latent in the box, by quadrature relative to the density's largest value there.
struct CoordinateMoments {
  let mean: Double
  /// E z², E z³ and E z⁴, with z the deviation from the mean.
  let variance: Double
  let third: Double
  let fourth: Double
  /// E max(x, 0), or E max(-x, 0), and the same of the square.
  let part: Double
  let squaredPart: Double

  init(of likelihood: Likelihood, isPositive: Bool) {
    let mode = min(max(likelihood.peak, -0.5), 0.5)
    let top = likelihood.logDensity(at: mode)
    let ends = Set([-0.5, 0, mode, 0.5]).sorted()
    let edges = zip(ends, ends.dropFirst()).flatMap { left, right in
      Quadrature.edges(from: left, to: right, panelsNoWiderThan: 2 * likelihood.width)
    }
    let rule = Self.rule.repeated(between: edges)
    let masses = rule.nodes.indices.map {
      rule.weights[$0] * .exp(likelihood.logDensity(at: rule.nodes[$0]) - top)
    }
    let whole = masses.reduce(0, +)
    func average(_ value: (Double) -> Double) -> Double {
      zip(rule.nodes, masses).reduce(0) { $0 + $1.1 * value($1.0) } / whole
    }
    // From the mode, so that a narrow density keeps the digits of its moments.
    let center = mode + average { $0 - mode }
    mean = center
    variance = average { ($0 - center) * ($0 - center) }
    third = average { ($0 - center) * ($0 - center) * ($0 - center) }
    fourth = average { .pow($0 - center, 4) }
    let sign: Double = isPositive ? 1 : -1
    part = average { max(0, sign * $0) }
    squaredPart = average { max(0, sign * $0) * max(0, sign * $0) }
  }

  private static let rule = Quadrature.gaussLegendre(order: 20)
}
