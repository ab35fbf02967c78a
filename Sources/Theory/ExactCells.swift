import Compute
import RealModule

/// Mass, mean and mean square of the posterior mean m(μ) over a cell.
private struct CellMoments {
  var mass = 0.0
  var first: [Double]
  var square = 0.0

  /// tr Var(m | cell).
  var variance: Double {
    guard mass > 0 else { return 0 }
    return max(0, first.reduce(square / mass) { $0 - $1 * $1 / (mass * mass) })
  }
}

/// What walls leave of a line: how far it reaches on both sides of a point of it.
struct Chord {
  private(set) var low = -Double.infinity
  private(set) var high = Double.infinity

  /// Whether it has two ends and a length.
  var isPiece: Bool { low < high && low.isFinite && high.isFinite }

  /// Keeps what lies where slack + slope · way is positive.
  mutating func cut(slack: Double, slope: Double) {
    if slope > 0 { low = max(low, -slack / slope) }
    if slope < 0 { high = min(high, -slack / slope) }
  }

  /// Keeps what lies in a cube that reaches from -edge to edge, or as far as the point does.
  mutating func keep(within edge: Double, through point: [Double], along direction: [Double]) {
    for dimension in point.indices where direction[dimension].magnitude > 1e-12 {
      let (place, slope) = (point[dimension], direction[dimension])
      let bound = max(edge, place.magnitude)
      cut(slack: place + bound, slope: slope)
      cut(slack: bound - place, slope: -slope)
    }
  }
}

/// Where only one direction is left, in any number of dimensions: a piece of a line.
struct SegmentCell {
  let density: MeanDensity
  /// A point of it.
  let point: [Double]
  /// Of length one.
  let direction: [Double]
  var chord = Chord()

  init(_ density: MeanDensity, through point: [Double], along direction: [Double]) {
    (self.density, self.point, self.direction) = (density, point, direction)
    chord.keep(within: density.edge, through: point, along: direction)
  }

  /// tr Var(m | cell), by Gauss and Legendre: exact where the density is flat, else on panels of two
  /// deviations.
  var variance: Double {
    guard chord.isPiece else { return 0 }
    let (low, high) = (chord.low, chord.high)
    var cuts = [low, high]
    for (place, slope) in zip(point, direction) where slope.magnitude > 1e-12 {
      for wall in [-density.inner, density.inner] {
        let way = (wall - place) / slope
        if way > low, way < high { cuts.append(way) }
      }
    }
    cuts.sort()
    var moments = CellMoments(first: [Double](repeating: 0, count: point.count))
    for (start, end) in zip(cuts, cuts.dropFirst()) where start < end {
      let middle = 0.5 * (start + end)
      var fastest = 0.0
      for (place, slope) in zip(point, direction)
      where (place + middle * slope).magnitude > density.inner {
        fastest = max(fastest, slope.magnitude)
      }
      let panels =
        fastest > 0 ? max(1, ((end - start) * fastest / (2 * density.scale)).rounded(.up)) : 1
      let half = 0.5 * (end - start) / panels
      for panel in 0..<Int(panels) {
        let center = start + half * Double(2 * panel + 1)
        for (node, weight) in zip(Self.rule.nodes, Self.rule.weights) {
          add(to: &moments, at: center + half * node, weight: half * weight)
        }
      }
    }
    return moments.variance
  }

  private func add(to moments: inout CellMoments, at way: Double, weight: Double) {
    var mass = weight
    var means = point
    for dimension in point.indices {
      let own = density.at(point[dimension] + way * direction[dimension])
      mass *= own.mass
      means[dimension] = own.mean
    }
    moments.mass += mass
    for dimension in means.indices {
      moments.first[dimension] += mass * means[dimension]
      moments.square += mass * means[dimension] * means[dimension]
    }
  }

  private static let rule = Quadrature.gaussLegendre(order: 8)
}

/// A convex polygon of means in the plane.
///
/// It is cut where the density of a coordinate stops being flat. Along y its integrals are those of
/// ``MeanDensity``; along x Gauss and Legendre's rule is exact where the density is flat, and has panels
/// of two deviations elsewhere.
struct PolygonCell {
  let density: MeanDensity
  private var corners: [SIMD2<Double>]

  /// All means.
  init(_ density: MeanDensity) {
    self.density = density
    let edge = density.edge
    corners = [[-edge, -edge], [edge, -edge], [edge, edge], [-edge, edge]]
  }

  /// Keeps the points whose product with a normal is no less than an offset.
  mutating func cut(_ normal: SIMD2<Double>, _ offset: Double) {
    let heights = corners.map { ($0 * normal).sum() - offset }
    guard heights.contains(where: { $0 < 0 }) else { return }
    var kept: [SIMD2<Double>] = []
    kept.reserveCapacity(corners.count + 1)
    for index in corners.indices {
      let next = index + 1 == corners.count ? 0 : index + 1
      if heights[index] >= 0 { kept.append(corners[index]) }
      if (heights[index] >= 0) != (heights[next] >= 0) {
        let share = heights[index] / (heights[index] - heights[next])
        kept.append(corners[index] + share * (corners[next] - corners[index]))
      }
    }
    corners = kept.count > 2 ? kept : []
  }

  /// tr Var(m | cell).
  var variance: Double {
    var moments = CellMoments(first: [0, 0])
    let zones: [(Double, Double)] =
      density.inner > 0
      ? [
        (-density.edge, -density.inner), (-density.inner, density.inner),
        (density.inner, density.edge),
      ]
      : [(-density.edge, 0), (0, density.edge)]
    for x in zones where x.0 < x.1 {
      var strip = self
      strip.cut([1, 0], x.0)
      strip.cut([-1, 0], -x.1)
      guard !strip.corners.isEmpty else { continue }
      for y in zones where y.0 < y.1 {
        var piece = strip
        piece.cut([0, 1], y.0)
        piece.cut([0, -1], -y.1)
        piece.add(to: &moments, bendsAlongX: isWall(x), alongY: isWall(y))
      }
    }
    return moments.variance
  }

  private func isWall(_ zone: (Double, Double)) -> Bool {
    max(zone.0.magnitude, zone.1.magnitude) > density.inner
  }

  private func add(to moments: inout CellMoments, bendsAlongX: Bool, alongY: Bool) {
    let places = corners.map(\.x).sorted()
    // Slabs of rounding size have no heights, and no mass.
    for (left, right) in zip(places, places.dropFirst()) where right - left > 1e-15 {
      var panels = 1.0
      if bendsAlongX || alongY {
        let (one, other) = (
          span(at: 0.75 * left + 0.25 * right), span(at: 0.25 * left + 0.75 * right)
        )
        let climb = 2 * max((other.low - one.low).magnitude, (other.high - one.high).magnitude)
        let way = max(bendsAlongX ? right - left : 0, alongY ? climb : 0)
        // No wall's zone is wider than twelve deviations: more than seven panels are rounding.
        panels = min(max(1, (way / (2 * density.scale)).rounded(.up)), 7)
      }
      let rule = bendsAlongX || alongY ? Self.rule : Self.cubicRule
      let half = 0.5 * (right - left) / panels
      for panel in 0..<Int(panels) {
        let center = left + half * Double(2 * panel + 1)
        for (node, weight) in zip(rule.nodes, rule.weights) {
          let x = center + half * node
          let (low, high) = span(at: x)
          let across = density.moments(upTo: high) - density.moments(upTo: low)
          let along = half * weight * density.moments(at: x)
          moments.mass += along[0] * across[0]
          moments.first[0] += along[1] * across[0]
          moments.first[1] += along[0] * across[1]
          moments.square += along[2] * across[0] + along[0] * across[2]
        }
      }
    }
  }

  /// The heights of both sides.
  private func span(at x: Double) -> (low: Double, high: Double) {
    var (low, high) = (Double.infinity, -Double.infinity)
    for index in corners.indices {
      let (one, other) = (corners[index], corners[index + 1 == corners.count ? 0 : index + 1])
      guard (one.x <= x) != (other.x <= x) else { continue }
      let height = one.y + (x - one.x) / (other.x - one.x) * (other.y - one.y)
      (low, high) = (min(low, height), max(high, height))
    }
    return low <= high ? (low, high) : (0, 0)
  }

  private static let rule = Quadrature.gaussLegendre(order: 8)
  /// Exact for polynomials of the third degree.
  private static let cubicRule = Quadrature.gaussLegendre(order: 2)
}
