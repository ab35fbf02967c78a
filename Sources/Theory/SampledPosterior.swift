import Compute
import RealModule
import Trials

/// A posterior as points that are spread evenly over it: for any number of latents, for boundaries
/// of any kind, and for latents that are joined by a copula.
///
/// Points fill the posterior under independent latents, coordinate by coordinate. On the line
/// through a point along one coordinate the masses above and below are known exactly
/// (``Crossings``), so each point gives a fraction instead of a side. A copula of density w(x) is
/// the weight of a second point on either piece: Σ m w / Σ over both sides.
///
/// Such points say nothing of a side with a probability of 1e-6, which none of them comes near. For
/// hyperplanes c · x = b that side is therefore measured with points of its own: they fill the
/// posterior times exp(λ c · x), where λ moves its mean onto the boundary, and count with the inverse
/// of that factor (Cramér's change of measure). Their relative error does not grow with the odds.
/// **Status: a simulation, with a stated standard error.**
package struct SampledPosterior: Sendable {
  private let likelihoods: [Likelihood]
  private let points: LatticePoints
  private let copula: CopulaDensity?
  private let cloud: PointCloud

  /// An answer, as a probability and as log-odds in nats, each with its standard error.
  package struct Answer: Hashable, Sendable {
    package let probability: Estimate
    /// Infinite, without an error, where a side is empty.
    package let logOdds: Estimate
  }

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
    cloud = PointCloud(
      likelihoods,
      slopes: [Double](repeating: 0, count: likelihoods.count),
      points
    )
  }

  /// On which side of a boundary the latent lies.
  package func answer(to boundary: Boundary) -> Answer {
    let form = BoundaryForm(boundary)
    let across = form.steepestCoordinate(widths: likelihoods.map(\.width))
    var (above, below) = masses(cloud, form, across)
    let (up, down) = (above.reduce(0, +), below.reduce(0, +))
    let isAboveRare = up < down
    if let plane = boundary.hyperplane, min(up, down) < 0.1 * max(up, down) {
      guard let slopes = slopes(towards: plane) else {
        // The box lies on one side.
        return Answer(share: [isAboveRare ? 0 : 1, isAboveRare ? 0 : 1], isAbove: true)
      }
      let own = masses(PointCloud(likelihoods, slopes: slopes, points), form, across)
      if isAboveRare {
        above = own.above
        if copula == nil { below = above.map { 1 - $0 } }
      } else {
        below = own.below
        if copula == nil { above = below.map { 1 - $0 } }
      }
    }
    let rare = isAboveRare ? above : below
    let share = zip(above, below).map { above, below in
      (isAboveRare ? above : below) / (above + below)
    }
    guard rare.contains(where: { $0 > 0 }) else {
      return Answer(share: [0, 0], isAbove: isAboveRare)
    }
    return Answer(share: share, isAbove: isAboveRare)
  }

  /// Posterior mean and variance of a boundary's function; exact for independent latents.
  package func moments(ofValue boundary: Boundary) -> (mean: Double, variance: Double) {
    guard let copula else { return BoxPosterior(likelihoods).moments(ofValue: boundary) }
    let width = likelihoods.count
    let center = boundary.value(at: likelihoods.map { min(max($0.peak, -0.5), 0.5) })
    var (total, first, second) = (0.0, 0.0, 0.0)
    for point in 0..<points.total {
      let latent = Array(cloud.latents[point * width..<(point + 1) * width])
      let weight = copula.weight(latent)
      let step = boundary.value(at: latent) - center
      total += weight
      first += weight * step
      second += weight * step * step
    }
    let step = first / total
    return (center + step, max(0, second / total - step * step))
  }

  /// The masses above and below, per copy of the lattice; without a copula in units of the whole.
  private func masses(
    _ cloud: PointCloud,
    _ form: BoundaryForm,
    _ across: Int
  ) -> (above: [Double], below: [Double]) {
    let width = likelihoods.count
    // With a copula the points inside of pieces are the cloud's own, too.
    let likelihood = copula == nil ? likelihoods[across] : cloud.likelihoods[across]
    let (left, right) = (likelihood.tails(at: -0.5), likelihood.tails(at: 0.5))
    let logWhole = likelihood.logProbability(from: -0.5, to: 0.5)
    var above = [Double](repeating: 0, count: points.shifts)
    var below = above
    cloud.latents.withUnsafeBufferPointer { latents in
      guard let base = latents.baseAddress else { return }
      for point in 0..<points.total {
        let place = base + point * width
        let crossings = form.crossings(along: across, through: place)
        let copy = point / points.count
        let weight = cloud.weight(of: place, without: across) / Double(points.count)
        var isAbove = crossings.startsAbove
        var (start, lower) = (left, -0.5)
        for piece in 0...crossings.count {
          let upper =
            piece == crossings.count ? 0.5 : piece == 0 ? crossings.first : crossings.second
          let end = piece == crossings.count ? right : likelihood.tails(at: upper)
          // In a small tail, and in a thin piece, the difference of both ends has lost its digits.
          let difference = Tails.probability(from: start, to: end)
          let isPlain = difference > 1e-6 && logWhole > -13
          var mass =
            weight
            * (isPlain
              ? difference / .exp(logWhole)
              : .exp(likelihood.logProbability(from: lower, to: upper) - logWhole))
          if let copula, mass > 0 {
            let inside = likelihood.quantile(
              points[point, width],
              from: (lower, start),
              to: (upper, end)
            )
            mass *= copula.weight(place, across, inside) * cloud.weight(of: inside, along: across)
          }
          if isAbove { above[copy] += mass } else { below[copy] += mass }
          (start, lower, isAbove) = (end, upper, !isAbove)
        }
      }
    }
    return (above, below)
  }

  /// The slopes λ c with which the posterior's mean lies on a hyperplane; `nil` where it misses the
  /// box.
  ///
  /// The mean of c · x grows with λ, from one corner of the box to the other. Newton's method, and
  /// halving where it leaves the bracket, until it is a fifth of a deviation away: any λ is right, and
  /// near ones differ little in what they leave to chance.
  private func slopes(towards plane: Hyperplane) -> [Double]? {
    let reach = plane.normal.reduce(0) { $0 + 0.5 * $1.magnitude }
    guard plane.offset.magnitude < reach else { return nil }
    var (lowest, highest) = (-Double.infinity, Double.infinity)
    var slope = 0.0
    for _ in 0..<30 {
      var (excess, variance) = (-plane.offset, 0.0)
      for (component, likelihood) in zip(plane.normal, likelihoods) {
        let moments = likelihood.boxMoments(tiltedBy: slope * component)
        excess += component * moments.mean
        variance += component * component * moments.variance
      }
      if excess * excess < 0.04 * variance { break }
      if excess > 0 { highest = slope } else { lowest = slope }
      var next = slope - excess / variance
      if next <= lowest || next >= highest {
        next =
          lowest.isFinite && highest.isFinite
          ? 0.5 * (lowest + highest) : 2 * slope + (excess > 0 ? -1 : 1)
      }
      slope = next
    }
    return plane.normal.map { slope * $0 }
  }
}

extension SampledPosterior.Answer {
  /// - Parameters:
  ///   - share: The rarer side's probability by each copy, unbiased.
  ///   - isAbove: Whether that side is above.
  fileprivate init(share: [Double], isAbove: Bool) {
    let rare = Estimate(meanOf: share)
    let odds = Double.log(rare.value / (1 - rare.value))
    let error = rare.standardError / (rare.value * (1 - rare.value))
    probability =
      isAbove ? rare : Estimate(value: 1 - rare.value, standardError: rare.standardError)
    logOdds = Estimate(
      value: isAbove ? odds : -odds,
      standardError: odds.isFinite ? error : 0
    )
  }
}

/// Points that fill the box by a density close to p(x) exp(θ · x), with p a product over the
/// coordinates.
private struct PointCloud {
  /// Of each coordinate of the points.
  let likelihoods: [Likelihood]
  /// `[points, D]`.
  let latents: [Double]
  private let original: [Likelihood]
  private let isTilted: Bool
  /// What is added to log p(x) - log of the cloud's density, for masses of 1 in the box.
  private let shifts: [Double]

  init(_ original: [Likelihood], slopes: [Double], _ points: LatticePoints) {
    self.original = original
    isTilted = slopes.contains { $0 != 0 }
    likelihoods = zip(original, slopes).map { $0.tilted(by: $1) }
    shifts = zip(original, likelihoods).map { original, tilted in
      tilted.logProbability(from: -0.5, to: 0.5) - original.logProbability(from: -0.5, to: 0.5)
    }
    let width = original.count
    var latents = [Double](repeating: 0, count: points.total * width)
    for (dimension, likelihood) in likelihoods.enumerated() {
      let (left, right) = (likelihood.tails(at: -0.5), likelihood.tails(at: 0.5))
      for point in 0..<points.total {
        latents[point * width + dimension] = likelihood.quantile(
          points[point, dimension],
          from: (-0.5, left),
          to: (0.5, right)
        )
      }
    }
    self.latents = latents
  }

  /// p over the cloud's density at a point, all coordinates but one.
  func weight(of latent: UnsafePointer<Double>, without across: Int) -> Double {
    guard isTilted else { return 1 }
    var log = 0.0
    for dimension in shifts.indices where dimension != across {
      log += logWeight(of: latent[dimension], along: dimension)
    }
    return .exp(log)
  }

  /// The same of one coordinate alone.
  func weight(of x: Double, along dimension: Int) -> Double {
    isTilted ? .exp(logWeight(of: x, along: dimension)) : 1
  }

  private func logWeight(of x: Double, along dimension: Int) -> Double {
    original[dimension].logDensity(at: x) - likelihoods[dimension].logDensity(at: x)
      + shifts[dimension]
  }
}
