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
    let (left, right) = (inner.tails(at: -0.5), inner.tails(at: 0.5))
    let whole = Tails.probability(from: left, to: right)
    // The density of the outer latent relative to its largest value in the box.
    let top = outer.logDensity(at: min(max(outer.peak, -0.5), 0.5))
    // What the tails would add up to if nothing cancelled.
    var (above, below, largestAbove, largestBelow) = (0.0, 0.0, 0.0, 0.0)
    var point = SIMD2<Double>()
    withUnsafeMutablePointer(to: &point) {
      $0.withMemoryRebound(to: Double.self, capacity: 2) { place in
        Self.forEachNode(inner: inner, outer: outer, across: across, form) { node, weight in
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

  /// Gauss-Legendre nodes on panels across the box that end wherever the integrand has a corner.
  ///
  /// No panel is wider than a few widths of the outer latent, nor does the boundary climb by more
  /// than six of the inner one on it. Where a curve turns back its height is a square root: panels
  /// are run through as (3 u - u³)/2, which turns a root at their ends into a polynomial; and where
  /// it turns back just outside the box, or comes close to doing so, panels shrink with the
  /// distance to that point, so that the root is as smooth on each as on the next.
  ///
  /// - Parameters:
  ///   - inner: The latent that is integrated in closed form.
  ///   - outer: The other one.
  ///   - across: The place of `inner`.
  ///   - form: The boundary.
  ///   - body: Called with nodes and weights.
  static func forEachNode(
    inner: Likelihood,
    outer: Likelihood,
    across: Int,
    _ form: BoundaryForm,
    body: (_ node: Double, _ weight: Double) -> Void
  ) {
    let isSmoothed = form.isCurved
    let panel = (isSmoothed ? 2 : 4) * outer.width
    let cuts = cuts(inner: inner, across: across, panel: panel, form)
    let rule = Self.rule
    rule.nodes.withUnsafeBufferPointer { nodes in
      rule.weights.withUnsafeBufferPointer { weights in
        var start = -0.5
        for end in cuts + [0.5] where end > start {
          let edges = gradedEdges(from: start, to: end, panel: panel)
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

  /// Where panels must end, in ascending order, all inside the box.
  static func cuts(
    inner: Likelihood,
    across: Int,
    panel: Double,
    _ form: BoundaryForm
  ) -> [Double] {
    var cuts = form.crossings(along: across, atHeights: [-0.5, 0.5])
    if form.isCurved {
      // Beyond twelve widths the inner latent has no probability left to change.
      let heights = [-12.0, -6, 0, 6, 12].map { inner.peak + $0 * inner.width }
      cuts += form.crossings(along: across, atHeights: heights.filter { $0.magnitude < 0.5 })
      for turn in form.turningPoints(along: across) {
        let nearest = min(max(turn.place, -0.5), 0.5)
        let gap = (turn.place - nearest).magnitude
        var step = (gap * gap + turn.distance * turn.distance).squareRoot()
        cuts.append(nearest)
        // Each panel is three times as long as the one before it. Of gaps below a rounding nothing
        // is seen.
        var total = step
        while step > 1e-14, total < panel {
          cuts += [nearest - total, nearest + total]
          step *= 3
          total += step
        }
      }
    }
    return cuts.filter { $0.magnitude < 0.5 }.sorted()
  }

  /// From both ends a sixteenth of the widest panel, then three times as much, until they meet.
  ///
  /// Where all latents of a side are far from μ, its probability crowds at such an end, and falls
  /// with a rate of z/s at a distance of z s. Twenty nodes on a quarter of a width
  /// follow exp(-100 u) to 1e-12.
  private static func gradedEdges(
    from start: Double,
    to end: Double,
    panel: Double
  ) -> [Double] {
    var (steps, size) = ([0.0], panel / 16)
    while size < panel, let last = steps.last, last + size < 0.5 * (end - start) {
      steps.append(last + size)
      size = min(3 * size, panel)
    }
    let last = steps.removeLast()
    return steps.map { start + $0 }
      + Quadrature.edges(from: start + last, to: end - last, panelsNoWiderThan: size)
      + steps.reversed().map { end - $0 }
  }

  /// Twenty nodes on four widths, or two that are smoothed, leave less than 1e-12 of a normal
  /// density's integral.
  private static let rule = Quadrature.gaussLegendre(order: 20)
}
