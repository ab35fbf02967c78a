import Compute
import RealModule

/// How one coordinate u of μ is distributed over all trials, and the mean m(u) of the latent given it.
///
/// The density is g(u) = Φ((1/2 - u)/s) - Φ((-1/2 - u)/s), and m(u) = u + s (φ(lower) - φ(upper))/g.
/// Six deviations inside the walls they are 1 and u, and as far outside less than 1e-9 is left. Between,
/// the integrals of g, g m and g m² are tabulated at every eighth of a deviation, with their slopes.
struct MeanDensity: Sendable {
  let scale: Double
  /// From here to the ``edge``, on both sides, the density falls; it is flat inside.
  let inner: Double
  let edge: Double
  private let step: Double
  /// At `inner + index * step`.
  private let integrals: [SIMD4<Double>]
  private let slopes: [SIMD4<Double>]

  /// - Parameter scale: s, 0 or more.
  init(scale: Double) {
    self.scale = scale
    edge = 0.5 + 6 * scale
    inner = max(0, 0.5 - 6 * scale)
    guard scale > 0 else {
      (step, integrals, slopes) = (1, [], [])
      return
    }
    let count = (8 * (edge - inner) / scale).rounded(.up)
    step = (edge - inner) / count
    var total = Self.flatMoments(upTo: inner)
    var (integrals, slopes) = ([total], [Self.moments(Self.at(inner, scale))])
    for panel in 0..<Int(count) {
      let center = inner + step * (Double(panel) + 0.5)
      for (node, weight) in zip(Self.rule.nodes, Self.rule.weights) {
        total += 0.5 * step * weight * Self.moments(Self.at(center + 0.5 * step * node, scale))
      }
      integrals.append(total)
      slopes.append(Self.moments(Self.at(inner + step * Double(panel + 1), scale)))
    }
    (self.integrals, self.slopes) = (integrals, slopes)
  }

  /// g and m.
  func at(_ coordinate: Double) -> (mass: Double, mean: Double) {
    if coordinate.magnitude <= inner { return (1, coordinate) }
    return Self.at(coordinate, scale)
  }

  /// g, g m and g m².
  func moments(at coordinate: Double) -> SIMD4<Double> { Self.moments(at(coordinate)) }

  /// The integrals of g, g m and g m² from 0, by cubics between the table's points.
  func moments(upTo coordinate: Double) -> SIMD4<Double> {
    if coordinate < 0 { return moments(upTo: -coordinate) * SIMD4(-1, 1, -1, 1) }
    guard coordinate > inner, !slopes.isEmpty else { return Self.flatMoments(upTo: coordinate) }
    guard coordinate < edge else { return integrals[integrals.count - 1] }
    let place = (coordinate - inner) / step
    let index = min(Int(place), integrals.count - 2)
    let (t, rest) = (place - Double(index), 1 - place + Double(index))
    let (left, right) = (integrals[index], integrals[index + 1])
    let bend = step * t * rest * (rest * slopes[index] - t * slopes[index + 1])
    return rest * rest * (1 + 2 * t) * left + t * t * (1 + 2 * rest) * right + bend
  }

  private static func flatMoments(upTo u: Double) -> SIMD4<Double> {
    SIMD4(u, u * u / 2, u * u * u / 3, 0)
  }

  private static func moments(_ own: (mass: Double, mean: Double)) -> SIMD4<Double> {
    SIMD4(own.mass, own.mass * own.mean, own.mass * own.mean * own.mean, 0)
  }

  private static func at(_ u: Double, _ scale: Double) -> (mass: Double, mean: Double) {
    guard scale > 0 else { return (1, u) }
    let (lower, upper) = ((-0.5 - u) / scale, (0.5 - u) / scale)
    let mass = NormalDistribution.probability(from: lower, to: upper)
    guard mass > 1e-200 else { return (0, u < 0 ? -0.5 : 0.5) }
    let pull = NormalDistribution.density(lower) - NormalDistribution.density(upper)
    return (mass, u + scale * pull / mass)
  }

  private static let rule = Quadrature.gaussLegendre(order: 8)
}
