import Compute
import RealModule
import Trials

/// What the ideal observer believes about a latent that was drawn from the box [-1/2, 1/2]^D.
///
/// The posterior is that of a flat prior restricted to the box. Its coordinates are independent,
/// since the noise on them is.
package struct BoxPosterior: Hashable, Sendable {
  /// The posterior of each latent under a flat prior, `[D]`; its center may lie outside the box.
  package let likelihoods: [Likelihood]

  package init(_ likelihoods: [Likelihood]) { self.likelihoods = likelihoods }

  /// After white noise: N(μ, s² I) in the box, where μ is the mean of the observations.
  ///
  /// - Parameters:
  ///   - center: μ, `[D]`.
  ///   - scale: s = σ/√t, greater than 0.
  package init(center: [Double], scale: Double) {
    precondition(scale > 0 && scale.isFinite, "a posterior of scale \(scale) has no density")
    likelihoods = center.map { .normal(center: $0, scale: scale) }
  }

  /// The posterior mean, `[D]`: the estimate of least mean squared error.
  package var mean: [Double] { moments.map(\.mean) }

  /// The posterior variance of each coordinate, `[D]`.
  package var variance: [Double] { moments.map(\.variance) }

  /// Mean and variance of each coordinate, `[D]`.
  package var moments: [(mean: Double, variance: Double)] {
    likelihoods.map { likelihood in
      switch likelihood {
      case .normal(let center, let scale):
        let marginal = TruncatedNormal(
          from: (-0.5 - center) / scale,
          to: (0.5 - center) / scale
        )
        return (center + scale * marginal.mean, scale * scale * marginal.variance)
      case .gumbel:
        return Self.integratedMoments(of: likelihood)
      }
    }
  }

  /// Both moments by quadrature, relative to the density's largest value in the box.
  private static func integratedMoments(
    of likelihood: Likelihood
  ) -> (mean: Double, variance: Double) {
    let mode = min(max(likelihood.peak, -0.5), 0.5)
    let top = likelihood.logDensity(at: mode)
    let rule = panelRule.repeated(
      between: Quadrature.edges(from: -0.5, to: mode, panelsNoWiderThan: 2 * likelihood.width)
        + Quadrature.edges(from: mode, to: 0.5, panelsNoWiderThan: 2 * likelihood.width).dropFirst()
    )
    var (mass, first, second) = (0.0, 0.0, 0.0)
    let densities = rule.nodes.indices.map {
      rule.weights[$0] * .exp(likelihood.logDensity(at: rule.nodes[$0]) - top)
    }
    for (node, density) in zip(rule.nodes, densities) {
      mass += density
      first += density * (node - mode)
    }
    let step = first / mass
    for (node, density) in zip(rule.nodes, densities) {
      second += density * (node - mode - step) * (node - mode - step)
    }
    return (mode + step, second / mass)
  }

  private static let panelRule = Quadrature.gaussLegendre(order: 20)
}

// MARK: - Boundaries in the plane

extension BoxPosterior {
  /// P(above), for `D` = 2.
  package func probability(above boundary: Boundary) -> Double {
    // 1 / (1 + exp(-odds)) is right at both infinities, too.
    1 / (1 + .exp(-logOdds(above: boundary)))
  }

  /// P(c · x > b), for `D` = 2.
  package func probability(above boundary: Hyperplane) -> Double {
    probability(above: .hyperplane(boundary))
  }

  /// The same of a line.
  package func logOdds(above boundary: Hyperplane) -> Double {
    logOdds(above: .hyperplane(boundary))
  }

  /// log P - log(1 - P) of the latent's being above, for `D` = 2, in nats; infinite where the
  /// boundary leaves the whole box on one side.
  ///
  /// The integral over one coordinate is a difference of cumulative probabilities between the
  /// points where a line across the box crosses the boundary (``Crossings``), the other is done by
  /// quadrature (``plainLogOdds(above:)`` is the same with logarithms of everything). Differences
  /// are taken in the tail where the probabilities are small, so the odds keep their digits until a
  /// whole side underflows or hugs a wall; there the plain integral takes over.
  package func logOdds(above boundary: Boundary) -> Double {
    let form = BoundaryForm(boundary)
    let sides = PlaneIntegral(of: self, form).sides
    guard sides.isAccurate else { return plainLogOdds(above: boundary) }
    return .log(sides.above / sides.below)
  }

  /// The same by sums of logarithms: right wherever the odds are a number.
  package func plainLogOdds(above boundary: Boundary) -> Double {
    precondition(
      likelihoods.count == 2 && boundary.dimensions == 2,
      "the exact odds integrate over 2 dimensions, not \(likelihoods.count)"
    )
    let form = BoundaryForm(boundary)
    let across = form.steepestCoordinate(widths: likelihoods.map(\.width))
    let (inner, outer) = (likelihoods[across], likelihoods[1 - across])
    var aboveTerms: [Double] = []
    var belowTerms: [Double] = []
    PlaneIntegral.forEachNode(
      from: -0.5,
      to: 0.5,
      kinks: form.kinks(along: across),
      panel: (form.isCurved ? 3 : 6) * outer.width,
      isSmoothed: form.isCurved,
      isGraded: true
    ) { node, weight in
      var point = SIMD2<Double>(repeating: node)
      let crossings = withUnsafePointer(to: &point) {
        $0.withMemoryRebound(to: Double.self, capacity: 2) {
          form.crossings(along: across, through: $0)
        }
      }
      let logWeight = Double.log(weight) + outer.logDensity(at: node)
      var isAbove = crossings.startsAbove
      var lower = -0.5
      for upper in [crossings.first, crossings.second, 0.5].prefix(crossings.count) + [0.5] {
        let term = logWeight + inner.logProbability(from: lower, to: upper)
        if isAbove { aboveTerms.append(term) } else { belowTerms.append(term) }
        (lower, isAbove) = (upper, !isAbove)
      }
    }
    return logOfSum(aboveTerms) - logOfSum(belowTerms)
  }
}

/// log Σ exp(term), without overflow.
private func logOfSum(_ terms: [Double]) -> Double {
  guard let largest = terms.max(), largest > -.infinity else { return -.infinity }
  return largest + .log(terms.reduce(0) { sum, term in sum + .exp(term - largest) })
}
