import Compute
import RealModule
import Trials

/// What the ideal observer believes about two latents that a Gaussian copula joins.
///
/// In the normal coordinates g = Φ⁻¹(x + 1/2) the prior is a normal density of correlation ρ, and
/// the likelihood of x = Φ(g) - 1/2 a smooth factor of it, so that both integrals are done by
/// Gauss-Legendre on panels that neither of them outruns. **Status: proven; probabilities and means
/// are right to 1e-8, and log-odds to 3e-8, relative to the larger of them and 1.**
package struct CopulaPosterior: Sendable {
  private let likelihoods: [Likelihood]
  private let correlation: Double
  /// Panels in normal coordinates that hold all but 1e-13 of each likelihood.
  private let edges: [[Double]]

  /// - Parameters:
  ///   - likelihoods: Of both latents.
  ///   - correlation: ρ, between -1 and 1, both excluded; panels shrink with √(1 - ρ²).
  package init(_ likelihoods: [Likelihood], correlation: Double) {
    precondition(likelihoods.count == 2, "the exact posterior joins 2 latents")
    precondition(correlation.magnitude < 1, "with ρ = \(correlation) one latent is the other")
    self.likelihoods = likelihoods
    self.correlation = correlation
    edges = Self.edges(likelihoods, correlation, reach: 7.5, panel: 4)
  }

  /// The probability that the latent lies above.
  package func probability(above boundary: Boundary) -> Double {
    1 / (1 + .exp(-logOdds(above: boundary)))
  }

  /// log P - log(1 - P), in nats; infinite where a side has no probability in double precision.
  package func logOdds(above boundary: Boundary) -> Double {
    let near = sides(of: boundary, edges)
    // Seven widths around the likelihoods' peaks hold all of the likelier side, and of a side that far
    // away only what reaches in.
    if min(near.above, near.below) > 1e-9 * max(near.above, near.below) {
      return .log(near.above / near.below)
    }
    let all = sides(of: boundary, Self.edges(likelihoods, correlation, reach: 40, panel: 2))
    return .log(all.above / all.below)
  }

  /// The masses of both sides, up to a common factor.
  private func sides(
    of boundary: Boundary,
    _ edges: [[Double]]
  ) -> (above: Double, below: Double) {
    let form = BoundaryForm(boundary)
    let across = form.steepestCoordinate(widths: likelihoods.map(\.width))
    let cuts = PlaneIntegral.cuts(
      inner: likelihoods[across],
      across: across,
      panel: 2 * likelihoods[1 - across].width,
      form
    )
    let outer = Self.cut(edges[1 - across], at: cuts)
    // Panels of the inner latent, made once: only those that the boundary crosses are made anew.
    let panels = zip(edges[across], edges[across].dropFirst()).map { left, right in
      (
        low: Self.latent(left), high: Self.latent(right),
        nodes: nodes([left, right], of: across)
      )
    }
    var (above, below) = (0.0, 0.0)
    for node in nodes(outer, of: 1 - across, isSmoothed: form.isCurved) where node.weight > 0 {
      var point = SIMD2<Double>(repeating: node.latent)
      let crossings = withUnsafePointer(to: &point) {
        $0.withMemoryRebound(to: Double.self, capacity: 2) {
          form.crossings(along: across, through: $0)
        }
      }
      let places = [crossings.first, crossings.second].prefix(crossings.count)
      for (index, panel) in panels.enumerated() {
        let cuts = places.filter { panel.low < $0 && $0 < panel.high }
        let inner =
          cuts.isEmpty
          ? panel.nodes
          : nodes(
            Self.cut([edges[across][index], edges[across][index + 1]], at: Array(cuts)),
            of: across
          )
        var (low, high) = (0.0, 0.0)
        if cuts.isEmpty {
          // All of it lies on one side.
          let middle = 0.5 * (panel.low + panel.high)
          let isAbove =
            places.count { middle > $0 } % 2 == 0 ? crossings.startsAbove : !crossings.startsAbove
          var mass = 0.0
          for other in inner { mass += other.weight * joint(node.normal, other.normal) }
          if isAbove { high = mass } else { low = mass }
        } else {
          for other in inner {
            let mass = other.weight * joint(node.normal, other.normal)
            var isAbove = crossings.startsAbove
            for place in places where other.latent > place { isAbove.toggle() }
            if isAbove { high += mass } else { low += mass }
          }
        }
        above += node.weight * high
        below += node.weight * low
      }
    }
    return (above, below)
  }

  /// The posterior mean of both latents.
  package var mean: [Double] {
    moments(of: 2) { point, values in
      values[0] = point[0]
      values[1] = point[1]
    }
    .map(\.mean)
  }

  /// Mean and variance of every boundary's function.
  package func moments(ofValues boundaries: [Boundary]) -> [(mean: Double, variance: Double)] {
    moments(of: boundaries.count) { point, values in
      for (index, boundary) in boundaries.enumerated() {
        values[index] = boundary.value(at: point)
      }
    }
  }

  /// Mean and variance of some functions of both latents, all in one pass.
  private func moments(
    of count: Int,
    evaluate: (_ point: [Double], _ values: inout [Double]) -> Void
  ) -> [(mean: Double, variance: Double)] {
    let inner = nodes(edges[1], of: 1)
    var values = [Double](repeating: 0, count: count)
    var point = likelihoods.map { min(max($0.peak, -0.5), 0.5) }
    // From the values at the peaks, so that squares of a large mean don't swallow the variance.
    evaluate(point, &values)
    let centers = values
    var total = 0.0
    var (first, second) = (values.map { _ in 0.0 }, values.map { _ in 0.0 })
    for outer in nodes(edges[0], of: 0) where outer.weight > 0 {
      point[0] = outer.latent
      for node in inner {
        let mass = outer.weight * node.weight * joint(outer.normal, node.normal)
        point[1] = node.latent
        evaluate(point, &values)
        total += mass
        for index in 0..<count {
          let step = values[index] - centers[index]
          first[index] += mass * step
          second[index] += mass * step * step
        }
      }
    }
    return (0..<count).map { index in
      let step = first[index] / total
      return (centers[index] + step, max(0, second[index] / total - step * step))
    }
  }

  /// The prior in normal coordinates, up to a factor.
  private func joint(_ g: Double, _ h: Double) -> Double {
    .exp(-0.5 * (g * g - 2 * correlation * g * h + h * h) / (1 - correlation * correlation))
  }

  /// A place of one latent, with a weight that holds its likelihood.
  private struct Node {
    let normal: Double
    let latent: Double
    let weight: Double
  }

  /// Nodes on all panels; smoothed as in ``PlaneIntegral`` where a curve may turn back.
  private func nodes(
    _ edges: [Double],
    of dimension: Int,
    isSmoothed: Bool = false
  ) -> [Node] {
    let likelihood = likelihoods[dimension]
    let top = likelihood.logDensity(at: min(max(likelihood.peak, -0.5), 0.5))
    var nodes: [Node] = []
    nodes.reserveCapacity(edges.count * Self.rule.nodes.count)
    for (left, right) in zip(edges, edges.dropFirst()) where left < right {
      let (center, half) = (0.5 * (left + right), 0.5 * (right - left))
      for (node, weight) in zip(Self.rule.nodes, Self.rule.weights) {
        let place = isSmoothed ? 0.5 * node * (3 - node * node) : node
        let share = isSmoothed ? 1.5 * weight * (1 - node * node) : weight
        let normal = center + half * place
        let latent = Self.latent(normal)
        let density = Double.exp(likelihood.logDensity(at: latent) - top)
        nodes.append(Node(normal: normal, latent: latent, weight: half * share * density))
      }
    }
    return nodes
  }

  private static let rule = Quadrature.gaussLegendre(order: 16)

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

  /// On a panel a latent moves by less than `panel` widths of its likelihood, and a normal coordinate
  /// by less than 1.5 of its prior deviations given the other one; they cover `reach` widths around
  /// the latent that is nearest to the peak.
  private static func edges(
    _ likelihoods: [Likelihood],
    _ correlation: Double,
    reach: Double,
    panel: Double
  ) -> [[Double]] {
    let priorDeviation = (1 - correlation * correlation).squareRoot()
    return likelihoods.map { likelihood in
      let reach = reach * likelihood.width
      let nearest = min(max(likelihood.peak, -0.5), 0.5)
      var edges = [-8.0]
      while let last = edges.last, last < 8 {
        // The steepest slope of Φ on the panel is at its end nearest to 0.
        let size = last < 0 ? max(0, last.magnitude - 1) : last
        let slope = NormalDistribution.density(size)
        let step = min(1, 1.5 * priorDeviation, panel * likelihood.width / slope)
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
}
