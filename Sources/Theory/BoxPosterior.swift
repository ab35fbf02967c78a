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
        let moments = CoordinateMoments(of: likelihood, isPositive: true)
        return (moments.mean, moments.variance)
      }
    }
  }
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
  /// Lines after Gaussian noise are ``LineOdds``. Elsewhere the integral over one coordinate is a
  /// difference of cumulative probabilities between the points where a line across the box crosses
  /// the boundary (``Crossings``), and the other is done by quadrature (``PlaneIntegral``; the same
  /// with logarithms of everything is ``plainLogOdds(above:)``). Differences are taken in the tail
  /// where the probabilities are small, so the odds keep their digits until a whole side underflows
  /// or hugs a wall; there the plain integral takes over.
  package func logOdds(above boundary: Boundary) -> Double {
    if let line = boundary.hyperplane, let (centers, widths) = normals {
      return LineOdds(line, widths: widths).logOdds(of: centers)
    }
    let form = BoundaryForm(boundary)
    let sides = PlaneIntegral(of: self, form).sides
    guard sides.isAccurate else { return plainLogOdds(above: boundary) }
    return .log(sides.above / sides.below)
  }

  /// Centers and widths, where all looks had Gaussian noise.
  private var normals: (centers: [Double], widths: [Double])? {
    var (centers, widths): ([Double], [Double]) = ([], [])
    for likelihood in likelihoods {
      guard case .normal(let center, let scale) = likelihood else { return nil }
      centers.append(center)
      widths.append(scale)
    }
    return (centers, widths)
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
    PlaneIntegral.forEachNode(inner: inner, outer: outer, across: across, form) { node, weight in
      var point = SIMD2<Double>(repeating: node)
      let crossings = withUnsafePointer(to: &point) {
        $0.withMemoryRebound(to: Double.self, capacity: 2) {
          form.crossings(along: across, through: $0)
        }
      }
      let logWeight = Double.log(weight) + outer.logDensity(at: node)
      var isAbove = crossings.startsAbove
      func add(from lower: Double, to upper: Double) {
        let term = logWeight + inner.logProbability(from: lower, to: upper)
        if isAbove { aboveTerms.append(term) } else { belowTerms.append(term) }
        isAbove.toggle()
      }
      switch crossings.count {
      case 0:
        add(from: -0.5, to: 0.5)
      case 1:
        add(from: -0.5, to: crossings.first)
        add(from: crossings.first, to: 0.5)
      default:
        add(from: -0.5, to: crossings.first)
        add(from: crossings.first, to: crossings.second)
        add(from: crossings.second, to: 0.5)
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
