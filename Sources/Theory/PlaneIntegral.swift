import Compute
import RealModule
import Trials

/// The probabilities, up to a common factor, that a latent in the plane lies on either side of a
/// boundary.
struct PlaneIntegral {
  struct Sides {
    var above = 0.0
    var below = 0.0
    /// Whether both have about ten digits.
    var isAccurate = false
  }

  private(set) var sides = Sides()

  /// - Parameters:
  ///   - posterior: In the plane.
  ///   - form: The boundary.
  init(of posterior: BoxPosterior, _ form: BoundaryForm) {
    precondition(
      posterior.likelihoods.count == 2,
      "the exact odds integrate over 2 dimensions, not \(posterior.likelihoods.count)"
    )
    let across = form.steepestCoordinate(widths: posterior.likelihoods.map(\.width))
    let (inner, outer) = (posterior.likelihoods[across], posterior.likelihoods[1 - across])
    let kinks = form.kinks(along: across)
    let window = Self.window(inner: inner, outer: outer, across: across, form)
    let (left, right) = (inner.tails(at: -0.5), inner.tails(at: 0.5))
    let whole = Tails.probability(from: left, to: right)
    // The density of the outer latent relative to its largest value in the box.
    let top = outer.logDensity(at: min(max(outer.peak, -0.5), 0.5))
    // What the tails would add up to if nothing cancelled.
    var (above, below, largestAbove, largestBelow) = (0.0, 0.0, 0.0, 0.0)
    var point = SIMD2<Double>()
    withUnsafeMutablePointer(to: &point) {
      $0.withMemoryRebound(to: Double.self, capacity: 2) { place in
        Self.forEachNode(
          from: window.lower,
          to: window.upper,
          kinks: kinks,
          panel: (form.isCurved ? 3 : 6) * outer.width,
          isSmoothed: form.isCurved,
          isGraded: form.isCurved || Self.isFar(inner: inner, outer: outer, across: across, form)
        ) { node, weight in
          place[1 - across] = node
          let crossings = form.crossings(along: across, through: place)
          let density = weight * .exp(outer.logDensity(at: node) - top)
          switch crossings.count {
          case 0:
            if crossings.startsAbove {
              above += density * whole
              largestAbove += density * whole
            } else {
              below += density * whole
              largestBelow += density * whole
            }
          case 1:
            let tails = inner.tails(at: crossings.first)
            let before = Tails.probability(from: left, to: tails)
            let beyond = Tails.probability(from: tails, to: right)
            let (up, down) = crossings.startsAbove ? (before, beyond) : (beyond, before)
            above += density * up
            below += density * down
            largestAbove += density * (crossings.startsAbove ? tails.below : tails.above)
            largestBelow += density * (crossings.startsAbove ? tails.above : tails.below)
          default:
            let (one, two) = (inner.tails(at: crossings.first), inner.tails(at: crossings.second))
            let middle = Tails.probability(from: one, to: two)
            let outside =
              Tails.probability(from: left, to: one) + Tails.probability(from: two, to: right)
            above += density * (crossings.startsAbove ? outside : middle)
            below += density * (crossings.startsAbove ? middle : outside)
            // Of two crossings each side is judged by itself: they rarely come close.
            largestAbove += density * (crossings.startsAbove ? outside : middle)
            largestBelow += density * (crossings.startsAbove ? middle : outside)
          }
        }
      }
    }
    sides = Sides(
      above: above,
      below: below,
      isAccurate: above > 1e-280 && below > 1e-280 && above > 1e-5 * largestAbove
        && below > 1e-5 * largestBelow
    )
  }

  /// The outer coordinates that matter to both sides of a line; the whole box for other boundaries.
  ///
  /// In units of the two widths the posterior falls with the distance from μ. Within a convex side
  /// that distance is least in one point, and in another one at distance d from it, its square is
  /// larger by d² or more: ten widths around that point are enough. For a μ inside the box it
  /// lies on the line.
  private static func window(
    inner: Likelihood,
    outer: Likelihood,
    across: Int,
    _ form: BoundaryForm
  ) -> (lower: Double, upper: Double) {
    guard let line = form.line, 24 * outer.width < 1,
      case .normal(let y, let height) = inner, case .normal(let x, let width) = outer,
      x.magnitude <= 0.5, y.magnitude <= 0.5
    else { return (-0.5, 0.5) }
    let (along, steep) = (line.normal[1 - across], line.normal[across])
    let (own, other) = (along * width, steep * height)
    var foot = x + own * width * (line.offset - along * x - steep * y) / (own * own + other * other)
    if along != 0 {
      // The part of the line that lies in the box.
      let ends = [-0.5, 0.5].map { (line.offset - steep * $0) / along }
      foot = min(max(foot, min(ends[0], ends[1])), max(ends[0], ends[1]))
    }
    let (first, last) = (min(x, foot), max(x, foot))
    return (max(-0.5, first - 10 * width), min(0.5, last + 10 * width))
  }

  /// Gauss-Legendre nodes on panels that end at every kink.
  ///
  /// - Parameters:
  ///   - lower: Where the integral begins.
  ///   - upper: Where it ends.
  ///   - kinks: In any order, some of them outside.
  ///   - panel: The largest width of a panel.
  ///   - isSmoothed: Whether the integrand may have a square root at a kink. Then each panel is
  ///     run through as (3 u - u³)/2, which turns it into a polynomial.
  ///   - isGraded: Whether panels are short next to a kink: where all latents of a side are far from
  ///     μ, its probability crowds there, and falls with a rate of z/s at a distance of z s.
  ///   - body: Called with nodes and weights.
  static func forEachNode(
    from lower: Double,
    to upper: Double,
    kinks: [Double],
    panel: Double,
    isSmoothed: Bool,
    isGraded: Bool,
    body: (_ node: Double, _ weight: Double) -> Void
  ) {
    let inside = kinks.filter { lower < $0 && $0 < upper }.sorted()
    let rule = Self.rule
    rule.nodes.withUnsafeBufferPointer { nodes in
      rule.weights.withUnsafeBufferPointer { weights in
        var start = lower
        for end in inside + [upper] where end > start {
          let edges = Self.edges(from: start, to: end, panel: panel, isGraded: isGraded)
          for (left, right) in zip(edges, edges.dropFirst()) {
            let (center, half) = (0.5 * (left + right), 0.5 * (right - left))
            for (node, weight) in zip(nodes, weights) {
              if isSmoothed {
                body(
                  center + half * 0.5 * node * (3 - node * node),
                  half * weight * 1.5 * (1 - node * node)
                )
              } else {
                body(center + half * node, half * weight)
              }
            }
          }
          start = end
        }
      }
    }
  }

  private static func edges(
    from start: Double,
    to end: Double,
    panel: Double,
    isGraded: Bool
  ) -> [Double] {
    guard isGraded else {
      return Quadrature.edges(from: start, to: end, panelsNoWiderThan: panel)
    }
    // From both ends a sixth of the widest panel, then three times as much, until they meet: twenty
    // nodes on one width follow exp(-36 u), where doubles end, to 1e-12.
    var (steps, size) = ([0.0], panel / 6)
    while size < panel, let last = steps.last, last + size < 0.5 * (end - start) {
      steps.append(last + size)
      size = min(3 * size, panel)
    }
    let last = steps.removeLast()
    return steps.map { start + $0 }
      + Quadrature.edges(from: start + last, to: end - last, panelsNoWiderThan: size)
      + steps.reversed().map { end - $0 }
  }

  /// Whether μ lies four widths or more from a line, or outside the box.
  private static func isFar(
    inner: Likelihood,
    outer: Likelihood,
    across: Int,
    _ form: BoundaryForm
  ) -> Bool {
    guard let line = form.line, inner.peak.magnitude < 0.5 + inner.width,
      outer.peak.magnitude < 0.5 + outer.width
    else { return true }
    let (own, other) = (line.normal[1 - across], line.normal[across])
    let distance = own * outer.peak + other * inner.peak - line.offset
    let (along, steep) = (own * outer.width, other * inner.width)
    return distance * distance > 16 * (along * along + steep * steep)
  }

  /// Twenty nodes on six widths, or three that are smoothed, leave less than 1e-12 of a normal
  /// density's integral.
  private static let rule = Quadrature.gaussLegendre(order: 20)
}
