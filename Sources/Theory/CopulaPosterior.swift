import Compute
import RealModule
import Trials

/// What the ideal observer believes about two latents that a Gaussian copula joins.
///
/// In the normal coordinates g = Φ⁻¹(x + 1/2) the prior is a normal density of correlation ρ, and
/// the likelihood of x = Φ(g) - 1/2 a smooth factor of it, so that both integrals are done by
/// Gauss-Legendre on panels that neither of them outruns. **Status: proven; probabilities and means
/// are right to 1e-8.**
package struct CopulaPosterior: Sendable {
  private let likelihoods: [Likelihood]
  private let correlation: Double
  /// Panels in normal coordinates that hold all but 1e-17 of each likelihood.
  private let edges: [[Double]]

  /// - Parameters:
  ///   - likelihoods: Of both latents.
  ///   - correlation: ρ, between -1 and 1, both excluded.
  package init(_ likelihoods: [Likelihood], correlation: Double) {
    precondition(likelihoods.count == 2, "the exact posterior joins 2 latents")
    precondition(correlation.magnitude < 1, "with ρ = \(correlation) one latent is the other")
    self.likelihoods = likelihoods
    self.correlation = correlation
    let deviation = (1 - correlation * correlation).squareRoot()
    edges = likelihoods.map { Self.edges(for: $0, priorDeviation: deviation) }
  }

  /// The probability that the latent lies above.
  package func probability(above boundary: Boundary) -> Double {
    let form = BoundaryForm(boundary)
    let across = form.steepestCoordinate(widths: likelihoods.map(\.width))
    let outer = Self.cut(edges[1 - across], at: form.kinks(along: across))
    var (above, total) = (0.0, 0.0)
    forEachNode(outer, of: 1 - across, isSmoothed: form.isCurved) { g, x, weight in
      var point = SIMD2<Double>(repeating: x)
      let crossings = withUnsafePointer(to: &point) {
        $0.withMemoryRebound(to: Double.self, capacity: 2) {
          form.crossings(along: across, through: $0)
        }
      }
      let places = [crossings.first, crossings.second].prefix(crossings.count)
      let inner = Self.cut(edges[across], at: Array(places))
      forEachNode(inner, of: across) { h, y, other in
        let mass = weight * other * joint(g, h)
        var isAbove = crossings.startsAbove
        for place in places where y > place { isAbove.toggle() }
        total += mass
        if isAbove { above += mass }
      }
    }
    return above / total
  }

  /// The posterior mean of both latents.
  package var mean: [Double] {
    var inner: [(normal: Double, latent: Double, weight: Double)] = []
    forEachNode(edges[1], of: 1) { normal, latent, weight in
      inner.append((normal, latent, weight))
    }
    var (first, second, total) = (0.0, 0.0, 0.0)
    forEachNode(edges[0], of: 0) { g, x, weight in
      for node in inner {
        let mass = weight * node.weight * joint(g, node.normal)
        total += mass
        first += mass * x
        second += mass * node.latent
      }
    }
    return [first / total, second / total]
  }

  /// The prior in normal coordinates, up to a factor.
  private func joint(_ g: Double, _ h: Double) -> Double {
    .exp(-0.5 * (g * g - 2 * correlation * g * h + h * h) / (1 - correlation * correlation))
  }

  /// Nodes in normal coordinates and in the box, with weights that hold the likelihood; smoothed
  /// as in ``PlaneIntegral`` where a curve may turn back.
  private func forEachNode(
    _ edges: [Double],
    of dimension: Int,
    isSmoothed: Bool = false,
    body: (_ normal: Double, _ latent: Double, _ weight: Double) -> Void
  ) {
    let likelihood = likelihoods[dimension]
    let top = likelihood.logDensity(at: min(max(likelihood.peak, -0.5), 0.5))
    for (left, right) in zip(edges, edges.dropFirst()) where left < right {
      let (center, half) = (0.5 * (left + right), 0.5 * (right - left))
      for (node, weight) in zip(Self.rule.nodes, Self.rule.weights) {
        let place = isSmoothed ? 0.5 * node * (3 - node * node) : node
        let share = isSmoothed ? 1.5 * weight * (1 - node * node) : weight
        let normal = center + half * place
        let latent = Self.latent(normal)
        body(normal, latent, half * share * .exp(likelihood.logDensity(at: latent) - top))
      }
    }
  }

  private static let rule = Quadrature.gaussLegendre(order: 12)

  private static func latent(_ normal: Double) -> Double {
    // From the nearer wall, so that no digit is lost there.
    normal < 0
      ? NormalDistribution.cumulative(normal) - 0.5 : 0.5 - NormalDistribution.cumulative(-normal)
  }

  /// - Returns: The edges with the normal coordinates of some latents among them.
  private static func cut(_ edges: [Double], at latents: [Double]) -> [Double] {
    let places = latents.filter { $0.magnitude < 0.5 }.map { latent in
      // Two steps of Newton double nine digits twice.
      var normal = normalCoordinate(latent)
      for _ in 0..<2 {
        normal -= (Self.latent(normal) - latent) / NormalDistribution.density(normal)
      }
      return normal
    }
    guard let first = edges.first, let last = edges.last else { return edges }
    return (edges + places.filter { first < $0 && $0 < last }).sorted()
  }

  /// On a panel a latent moves by less than 1.5 widths of its likelihood, and a normal coordinate
  /// by less than its prior deviation given the other one.
  private static func edges(for likelihood: Likelihood, priorDeviation: Double) -> [Double] {
    let reach = 10 * likelihood.width
    let nearest = min(max(likelihood.peak, -0.5), 0.5)
    var edges = [-8.0]
    while let last = edges.last, last < 8 {
      // The steepest slope of Φ on the panel is at its end nearest to 0.
      let size = last < 0 ? max(0, last.magnitude - 1) : last
      let slope = NormalDistribution.density(size)
      let step = min(1, priorDeviation, 1.5 * likelihood.width / slope)
      edges.append(min(8, last + step))
    }
    let inside = edges.indices.filter { index in
      let (low, high) = (
        latent(edges[max(0, index - 1)]), latent(edges[min(edges.count - 1, index + 1)])
      )
      return high >= nearest - reach && low <= nearest + reach
    }
    return inside.map { edges[$0] }
  }
}
