import Compute
import RealModule
import Trials

/// The ideal log-odds of one boundary under a flat prior, and how they change with the estimate μ.
///
/// A hyperplane has them in closed form. For balls, quadrics and branches of hyperbolas in the plane
/// the mass of N(μ, s² I) on either side is summed over x₁, with the share of x₂ in closed form. For
/// a ball that is the noncentral χ² distribution, Marcum's Q, whose logarithm stays exact here in
/// both tails.
///
/// Their gradient needs no derivative of the boundary: with ξ = (x - μ)/s,
///
///     d log P/dμ = E[ξ | above]/s,   d log(1 - P)/dμ = E[ξ | below]/s,
///
/// since the Gaussian is an exponential family in μ.
package struct CurvedOdds: Hashable, Sendable {
  /// log P - log(1 - P); infinite where one side has no mass.
  package let logit: Double
  /// Of the logit with respect to μ, `[D]`.
  package let gradient: [Double]

  /// P.
  package var probability: Double { 1 / (1 + .exp(-logit)) }

  /// Whether a boundary has an exact answer here: any hyperplane, and curves in the plane.
  package static func answers(_ boundary: Boundary) -> Bool {
    boundary.hyperplane != nil || boundary.dimensions == 2
  }

  /// - Parameters:
  ///   - boundary: One that ``answers(_:)``.
  ///   - center: μ, `[D]`.
  ///   - scale: s, above 0.
  package init(of boundary: Boundary, center: [Double], scale: Double) {
    precondition(Self.answers(boundary), "no exact odds in \(boundary.dimensions) dimensions")
    if let plane = boundary.hyperplane {
      let z = plane.signedDistance(of: center) / scale
      let slope = IdealLogit.slope(z) / (scale * plane.normalLength)
      logit = IdealLogit.value(z)
      gradient = plane.normal.map { $0 * slope }
      return
    }
    let slices = Slices(of: boundary, center: center, scale: scale)
    var above = SideMass()
    var below = SideMass()
    let rule = Self.rule.repeated(between: slices.edges)
    for index in rule.nodes.indices {
      let first = rule.nodes[index]
      let logWeight = Double.log(rule.weights[index]) - 0.5 * first * first
      let (inside, isAbove) = slices.interval(at: first)
      let within = Slice(inside: inside)
      let without = Slice(outside: inside)
      above.add(isAbove ? within : without, at: first, logWeight)
      below.add(isAbove ? without : within, at: first, logWeight)
    }
    logit = above.logMass - below.logMass
    let (up, down) = (above.mean, below.mean)
    gradient = [(up.0 - down.0) / scale, (up.1 - down.1) / scale]
  }

  /// Chebyshev's change of variable x = sin(π u/2) in every panel: where a curve begins or ends, the
  /// length of its chord is a square root, which this makes smooth.
  private static let rule: Quadrature = {
    let plain = Quadrature.gaussLegendre(order: 24)
    let half = Double.pi / 2
    return Quadrature(
      nodes: plain.nodes.map { .sin(half * $0) },
      weights: zip(plain.nodes, plain.weights).map { $1 * half * .cos(half * $0) }
    )
  }()
}

/// The mass on one side and its center, summed slice by slice from logarithms.
private struct SideMass {
  private var logMasses: [Double] = []
  private var places: [(Double, Double)] = []

  mutating func add(_ slice: Slice, at first: Double, _ logWeight: Double) {
    guard slice.logMass > -.infinity else { return }
    logMasses.append(logWeight + slice.logMass)
    places.append((first, slice.mean))
  }

  private var largest: Double { logMasses.max() ?? -.infinity }

  var logMass: Double {
    let largest = largest
    guard largest > -.infinity else { return -.infinity }
    return largest + .log(logMasses.reduce(0) { $0 + .exp($1 - largest) })
  }

  /// E[ξ]; 0 without mass.
  var mean: (Double, Double) {
    let logMass = logMass
    guard logMass > -.infinity else { return (0, 0) }
    return zip(logMasses, places).reduce(into: (0, 0)) { sum, term in
      let share = Double.exp(term.0 - logMass)
      sum.0 += share * term.1.0
      sum.1 += share * term.1.1
    }
  }
}

/// The mass of a standard normal variable in an interval, or beyond it, and its mean there.
private struct Slice {
  let logMass: Double
  let mean: Double

  init(inside interval: (lower: Double, upper: Double)?) {
    guard let (lower, upper) = interval else {
      (logMass, mean) = (-.infinity, 0)
      return
    }
    logMass = NormalDistribution.logProbability(from: lower, to: upper)
    mean = logMass > -.infinity ? Self.flow(lower, upper, logMass) : 0
  }

  init(outside interval: (lower: Double, upper: Double)?) {
    guard let (lower, upper) = interval, lower < upper else {
      (logMass, mean) = (0, 0)
      return
    }
    let left = NormalDistribution.logCumulative(lower)
    let right = NormalDistribution.logCumulative(-upper)
    let larger = max(left, right)
    logMass =
      larger > -.infinity ? larger + .log(.exp(left - larger) + .exp(right - larger)) : larger
    mean = logMass > -.infinity ? -Self.flow(lower, upper, logMass) : 0
  }

  /// (φ(lower) - φ(upper)) / mass.
  private static func flow(_ lower: Double, _ upper: Double, _ logMass: Double) -> Double {
    func share(_ end: Double) -> Double {
      end.isFinite ? .exp(-0.5 * end * end - 0.5 * .log(2 * .pi) - logMass) : 0
    }
    return share(lower) - share(upper)
  }
}

/// A boundary cut along ξ₂ at every ξ₁, in units of s around μ.
private struct Slices {
  private let boundary: Boundary
  private let center: [Double]
  private let scale: Double
  /// Of panels in ξ₁, at most three wide and no more than three of the curve's height, cut where the
  /// curve begins, ends or stands upright.
  let edges: [Double]

  /// Beyond 40 deviations nothing weighs as much as the smallest double.
  private static let reach = 40.0

  init(of boundary: Boundary, center: [Double], scale: Double) {
    self.boundary = boundary
    self.center = center
    self.scale = scale
    // Near an asymptote the curve climbs through all of ξ₂ within a small part of ξ₁.
    let climbs = stride(from: -Self.reach, through: Self.reach, by: 3).flatMap { step in
      Self.crossings(of: boundary, atHeight: center[1] + scale * step)
    }
    let cuts = (Self.turningPoints(of: boundary) + climbs).map { ($0 - center[0]) / scale }
    let inner = cuts.filter { $0.magnitude < Self.reach }.sorted()
    var edges = [-Self.reach]
    for cut in inner + [Self.reach] where cut > edges[edges.count - 1] {
      edges += Quadrature.edges(from: edges[edges.count - 1], to: cut, panelsNoWiderThan: 3)
        .dropFirst()
    }
    self.edges = edges
  }

  /// Where in x₁ the form of a slice changes.
  private static func turningPoints(of boundary: Boundary) -> [Double] {
    switch boundary {
    case .hyperplane: return []
    case .ball(let center, let radius): return [center[0] - radius, center[0] + radius]
    case .hyperbola: return [0]
    case .quadric(let a, let n, let offset):
      // The discriminant of a₁₁ x₂² + (2 a₀₁ x₁ + n₁) x₂ + (a₀₀ x₁² + n₀ x₁ - b), as a polynomial.
      let upright = a[1] != 0 && a[3] == 0 ? [-n[1] / (2 * a[1])] : []
      return upright
        + roots(
          4 * (a[1] * a[1] - a[3] * a[0]),
          4 * (a[1] * n[1] - a[3] * n[0]),
          n[1] * n[1] + 4 * a[3] * offset
        )
    }
  }

  /// Where in x₁ the curve has the height x₂ = `height`.
  private static func crossings(of boundary: Boundary, atHeight height: Double) -> [Double] {
    switch boundary {
    case .hyperplane: return []
    case .ball(let center, let radius):
      let square = (radius - (height - center[1])) * (radius + (height - center[1]))
      guard square > 0 else { return [] }
      return [center[0] - square.squareRoot(), center[0] + square.squareRoot()]
    case .hyperbola(let isFirstPositive, let isSecondPositive, let threshold):
      let level = isSecondPositive ? height : -height
      return level > 0 ? [(isFirstPositive ? 1 : -1) * threshold / level] : []
    case .quadric(let a, let n, let offset):
      return roots(
        a[0],
        2 * a[1] * height + n[0],
        a[3] * height * height + n[1] * height - offset
      )
    }
  }

  /// The interval of ξ₂ that the curve encloses at ξ₁, `nil` for none, and whether it is above.
  func interval(at first: Double) -> (inside: (lower: Double, upper: Double)?, isAbove: Bool) {
    let x = center[0] + scale * first
    func place(_ y: Double) -> Double { (y - center[1]) / scale }
    switch boundary {
    case .hyperplane:
      return (nil, true)
    case .ball(let middle, let radius):
      let square = (radius - (x - middle[0])) * (radius + (x - middle[0]))
      guard square > 0 else { return (nil, true) }
      let half = square.squareRoot()
      return ((place(middle[1] - half), place(middle[1] + half)), true)
    case .hyperbola(let isFirstPositive, let isSecondPositive, let threshold):
      let distance = isFirstPositive ? x : -x
      guard distance > 0 else { return (nil, true) }
      let level = threshold / distance
      return (isSecondPositive ? (place(level), .infinity) : (-.infinity, place(-level)), true)
    case .quadric(let a, let n, let offset):
      let linear = 2 * a[1] * x + n[1]
      let constant = a[0] * x * x + n[0] * x - offset
      let ends = Self.roots(a[3], linear, constant).map(place)
      if ends.count == 2, ends[0] < ends[1] { return ((ends[0], ends[1]), a[3] < 0) }
      if a[3] == 0, ends.count == 1 {
        return (linear > 0 ? (ends[0], .infinity) : (-.infinity, ends[0]), true)
      }
      // No root: everything on one side.
      return (nil, a[3] == 0 ? constant <= 0 : a[3] < 0)
    }
  }

  /// The real roots of a x² + b x + c in ascending order, without cancellation.
  private static func roots(_ a: Double, _ b: Double, _ c: Double) -> [Double] {
    guard a != 0 else { return b == 0 ? [] : [-c / b] }
    let discriminant = b * b - 4 * a * c
    guard discriminant >= 0 else { return [] }
    let sum = -0.5 * (b + (b < 0 ? -1 : 1) * discriminant.squareRoot())
    return sum == 0 ? [0, 0] : [sum / a, c / sum].sorted()
  }
}
