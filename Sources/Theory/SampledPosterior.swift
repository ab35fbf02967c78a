import Compute
import RealModule
import Trials

/// A posterior as points that are spread evenly over it: for any number of latents, for boundaries
/// of any kind, and for latents that are joined by a copula.
///
/// Points fill the posterior under independent latents, coordinate by coordinate. On the line
/// through a point along one coordinate the masses above and below are known exactly
/// (``Crossings``), so each point gives a fraction instead of a side. A copula of density w(x) is
/// the weight of a second point on either piece: Σ m w / Σ over both sides. **Status: a simulation,
/// with a stated standard error.**
package struct SampledPosterior: Sendable {
  private let likelihoods: [Likelihood]
  private let points: LatticePoints
  private let copula: CopulaDensity?
  /// `[points, D]`.
  private var latents: [Double]
  private let walls: [(left: Tails, right: Tails)]

  /// - Parameters:
  ///   - likelihoods: `[D]`.
  ///   - latentDistribution: The prior.
  ///   - points: Of D + 1 dimensions; the last one places points inside a piece.
  package init(
    _ likelihoods: [Likelihood],
    prior latentDistribution: LatentDistribution,
    points: LatticePoints
  ) {
    precondition(
      points.dimensions == likelihoods.count + 1,
      "\(likelihoods.count) latents need as many dimensions and one more"
    )
    self.likelihoods = likelihoods
    self.points = points
    copula = CopulaDensity(latentDistribution)
    walls = likelihoods.map { ($0.tails(at: -0.5), $0.tails(at: 0.5)) }
    let width = likelihoods.count
    latents = [Double](repeating: 0, count: points.total * width)
    for point in 0..<points.total {
      for dimension in 0..<width {
        latents[point * width + dimension] = likelihoods[dimension].quantile(
          points[point, dimension],
          from: (-0.5, walls[dimension].left),
          to: (0.5, walls[dimension].right)
        )
      }
    }
  }

  /// The probability that the latent lies above, with its standard error, and its log-odds.
  package func answer(to boundary: Boundary) -> (probability: Estimate, logOdds: Double) {
    let form = BoundaryForm(boundary)
    let across = form.steepestCoordinate(widths: likelihoods.map(\.width))
    let likelihood = likelihoods[across]
    let (left, right) = walls[across]
    let width = likelihoods.count
    let whole = Tails.probability(from: left, to: right)
    guard whole > 1e-290 else { return atWall(boundary) }
    var above = [Double](repeating: 0, count: points.shifts)
    var below = above
    latents.withUnsafeBufferPointer { latents in
      for point in 0..<points.total {
        guard let base = latents.baseAddress else { continue }
        let place = base + point * width
        let crossings = form.crossings(along: across, through: place)
        let copy = point / points.count
        var isAbove = crossings.startsAbove
        var (start, lower) = (left, -0.5)
        for piece in 0...crossings.count {
          let upper =
            piece == crossings.count ? 0.5 : piece == 0 ? crossings.first : crossings.second
          let end = piece == crossings.count ? right : likelihood.tails(at: upper)
          var mass = max(0, Tails.probability(from: start, to: end)) / whole
          if let copula, mass > 0 {
            let inside = likelihood.quantile(
              points[point, width],
              from: (lower, start),
              to: (upper, end)
            )
            mass *= copula.weight(place, across, inside)
          }
          if isAbove { above[copy] += mass } else { below[copy] += mass }
          (start, lower, isAbove) = (end, upper, !isAbove)
        }
      }
    }
    let (up, down) = (above.reduce(0, +), below.reduce(0, +))
    let shares = zip(above, below).map { $0 / ($0 + $1) }
    return (
      Estimate(
        value: up / (up + down),
        standardError: Estimate(meanOf: shares).standardError
      ),
      .log(up / down)
    )
  }

  /// Where the box holds no probability in double precision the latent lies at the wall.
  private func atWall(_ boundary: Boundary) -> (probability: Estimate, logOdds: Double) {
    let nearest = likelihoods.map { min(max($0.peak, -0.5), 0.5) }
    let isAbove = boundary.isAbove(nearest)
    return (
      Estimate(value: isAbove ? 1 : 0, standardError: 0), isAbove ? .infinity : -.infinity
    )
  }
}
