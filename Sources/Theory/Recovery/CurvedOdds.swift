import Compute
import RealModule
import Trials

/// The ideal log-odds of one boundary under a flat prior, and how they change with the estimate μ.
///
/// A hyperplane has them in closed form; balls and quadrics as a line integral (``QuadraticOdds``).
/// For branches of hyperbolas the mass of N(μ, s² I) on either side is summed over x₁, with the
/// share of x₂ in closed form. All of them are exact in both tails.
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

  /// - Parameters:
  ///   - boundary: Of any kind.
  ///   - center: μ, `[D]`.
  ///   - scale: s, above 0.
  package init(of boundary: Boundary, center: [Double], scale: Double) {
    self.init(Prepared(boundary), center: center, scale: scale)
  }

  /// A boundary with what its odds need at every place.
  struct Prepared: Sendable {
    let boundary: Boundary
    let form: QuadraticOdds?

    init(_ boundary: Boundary) {
      self.boundary = boundary
      form = QuadraticOdds(boundary)
    }
  }

  init(_ prepared: Prepared, center: [Double], scale: Double) {
    if let form = prepared.form {
      (logit, gradient) = form(at: center, scale: scale)
      return
    }
    if let plane = prepared.boundary.hyperplane {
      let z = plane.signedDistance(of: center) / scale
      let slope = IdealLogit.slope(z) / (scale * plane.normalLength)
      logit = IdealLogit.value(z)
      gradient = plane.normal.map { $0 * slope }
      return
    }
    guard case .hyperbola(let first, let second, let threshold) = prepared.boundary else {
      preconditionFailure("a curve without a rule for its odds")
    }
    let branch = Branch(
      isFirstPositive: first,
      isSecondPositive: second,
      threshold: threshold,
      center: center,
      scale: scale
    )
    var above = SideMass()
    var below = SideMass()
    let rule = Self.rule.repeated(between: branch.edges)
    for index in rule.nodes.indices {
      let first = rule.nodes[index]
      let logWeight = Double.log(rule.weights[index]) - 0.5 * first * first
      let inside = branch.interval(at: first)
      above.add(Slice(inside: inside), at: first, logWeight)
      below.add(Slice(outside: inside), at: first, logWeight)
    }
    logit = above.logMass - below.logMass
    let (up, down) = (above.mean, below.mean)
    gradient = [(up.0 - down.0) / scale, (up.1 - down.1) / scale]
  }

  private static let rule = Quadrature.gaussLegendre(order: 24)
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

/// A branch of a hyperbola cut along ξ₂ at every ξ₁, in units of s around μ.
private struct Branch {
  private let first: Double
  private let second: Double
  private let threshold: Double
  private let center: [Double]
  private let scale: Double
  /// Of panels in ξ₁, at most three wide and no more than three of the curve's height.
  let edges: [Double]

  /// Beyond 40 deviations nothing weighs as much as the smallest double.
  private static let reach = 40.0

  init(
    isFirstPositive: Bool,
    isSecondPositive: Bool,
    threshold: Double,
    center: [Double],
    scale: Double
  ) {
    let (first, second) = (isFirstPositive ? 1.0 : -1, isSecondPositive ? 1.0 : -1)
    (self.first, self.second, self.threshold) = (first, second, threshold)
    self.center = center
    self.scale = scale
    // Near the asymptote the curve climbs through all of ξ₂ within a small part of ξ₁.
    let climbs = stride(from: -Self.reach, through: Self.reach, by: 3).compactMap { step in
      let level = second * (center[1] + scale * step)
      return level > 0 ? first * threshold / level : nil
    }
    let cuts = ([0] + climbs).map { ($0 - center[0]) / scale }
    let inner = cuts.filter { $0.magnitude < Self.reach }.sorted()
    var edges = [-Self.reach]
    for cut in inner + [Self.reach] where cut > edges[edges.count - 1] {
      edges += Quadrature.edges(from: edges[edges.count - 1], to: cut, panelsNoWiderThan: 3)
        .dropFirst()
    }
    self.edges = edges
  }

  /// The interval of ξ₂ above the boundary at ξ₁, `nil` for none.
  func interval(at place: Double) -> (lower: Double, upper: Double)? {
    let distance = first * (center[0] + scale * place)
    guard distance > 0 else { return nil }
    let end = (second * threshold / distance - center[1]) / scale
    return second > 0 ? (end, .infinity) : (-.infinity, end)
  }
}
