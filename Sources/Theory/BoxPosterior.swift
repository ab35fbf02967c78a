import Compute
import RealModule
import Trials

/// What the ideal observer believes about a latent that was drawn from the box [-1/2, 1/2]^D.
///
/// Under isotropic Gaussian noise the posterior is N(μ, s² I) restricted to the box, where μ is
/// the mean of the observations. Its coordinates are independent.
package struct BoxPosterior: Hashable, Sendable {
  /// μ, `[D]`; it may lie outside the box.
  package let center: [Double]

  /// s = σ/√t, greater than 0.
  package let scale: Double

  /// The posterior mean, `[D]`: the estimate of least mean squared error.
  package let mean: [Double]

  /// The posterior variance of each coordinate, `[D]`.
  package let variance: [Double]

  package init(center: [Double], scale: Double) {
    precondition(scale > 0 && scale.isFinite, "a posterior of scale \(scale) has no density")
    let marginals = center.map { coordinate in
      TruncatedNormal(from: (-0.5 - coordinate) / scale, to: (0.5 - coordinate) / scale)
    }
    self.center = center
    self.scale = scale
    mean = zip(center, marginals).map { coordinate, marginal in coordinate + scale * marginal.mean }
    variance = marginals.map { marginal in scale * scale * marginal.variance }
  }
}

// MARK: - Boundaries in the plane

extension BoxPosterior {
  /// P(c · x > b), for `D` = 2.
  package func probability(above boundary: Hyperplane) -> Double {
    // 1 / (1 + exp(-odds)) is right at both infinities, too.
    1 / (1 + .exp(-logOdds(above: boundary)))
  }

  /// log P - log(1 - P) of ``probability(above:)``, in nats; infinite where the boundary leaves
  /// the whole box on one side.
  ///
  /// With k the coordinate in which the normal is largest and j the other one,
  ///
  ///     P ∝ ∫ φ((x_j - μ_j)/s) [Φ(upper end of x_k) - Φ(lower end of x_k)] dx_j
  ///
  /// where x_k runs from the boundary to the wall. Both sides of the boundary are summed as
  /// logarithms, so the odds keep their digits where P is within rounding of 0 or 1.
  package func logOdds(above boundary: Hyperplane) -> Double {
    precondition(
      center.count == 2 && boundary.normal.count == 2,
      "the box posterior integrates over 2 dimensions, not \(center.count)"
    )
    let along = boundary.normal[0].magnitude > boundary.normal[1].magnitude ? 1 : 0
    let across = 1 - along
    let steepness = boundary.normal[across]
    precondition(steepness != 0, "a boundary needs a normal other than zero")

    let rule = Self.rule.repeated(between: panelEdges(of: boundary, along: along, across: across))
    var aboveTerms: [Double] = []
    var belowTerms: [Double] = []
    for index in rule.nodes.indices {
      let coordinate = rule.nodes[index]
      let crossing = (boundary.offset - boundary.normal[along] * coordinate) / steepness
      let split = (min(max(crossing, -0.5), 0.5) - center[across]) / scale
      let left = (-0.5 - center[across]) / scale
      let right = (0.5 - center[across]) / scale
      let step = (coordinate - center[along]) / scale
      let logWeight = Double.log(rule.weights[index]) - 0.5 * step * step
      let beyond = logWeight + NormalDistribution.logProbability(from: split, to: right)
      let before = logWeight + NormalDistribution.logProbability(from: left, to: split)
      aboveTerms.append(steepness > 0 ? beyond : before)
      belowTerms.append(steepness > 0 ? before : beyond)
    }
    return logOfSum(aboveTerms) - logOfSum(belowTerms)
  }

  /// Panels of at most ten posterior standard deviations, split where the boundary meets a wall:
  /// the integrand has a kink there.
  private func panelEdges(of boundary: Hyperplane, along: Int, across: Int) -> [Double] {
    var breaks = [-0.5, 0.5]
    let slope = boundary.normal[along]
    if slope != 0 {
      for wall in [-0.5, 0.5] {
        let kink = (boundary.offset - wall * boundary.normal[across]) / slope
        if kink.magnitude < 0.5 { breaks.append(kink) }
      }
    }
    breaks.sort()
    var edges = [breaks[0]]
    for (left, right) in zip(breaks, breaks.dropFirst()) where left < right {
      edges += Quadrature.edges(from: left, to: right, panelsNoWiderThan: 10 * scale).dropFirst()
    }
    return edges
  }

  private static let rule = Quadrature.gaussLegendre(order: 48)
}

/// log Σ exp(term), without overflow.
private func logOfSum(_ terms: [Double]) -> Double {
  guard let largest = terms.max(), largest > -.infinity else { return -.infinity }
  return largest + .log(terms.reduce(0) { sum, term in sum + .exp(term - largest) })
}
