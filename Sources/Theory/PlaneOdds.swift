import Compute
import RealModule
import Trials

/// The log odds of one line under the box prior, for many means: a fast twin of
/// ``BoxPosterior/logOdds(above:)``.
///
/// Both sides of the line add up to the mass of the box, a product of two closed forms. So only the
/// side on which μ does not lie is integrated, near the point of the line within the box that is
/// closest to μ, where almost all of its mass is, and in closed form where the line has left the box.
/// The log odds are right to 1e-5, relative to the larger of them and 1, for means up to four
/// deviations outside the box (measured: 2e-6).
package struct PlaneOdds: Sendable {
  private let line: Hyperplane
  private let scale: Double
  private let normal: (along: Double, across: Double)
  private let offset: Double
  private let along: Int
  /// Where, along the first coordinate, the line runs within the box; empty where it misses it.
  private let run: (low: Double, high: Double)

  /// - Parameters:
  ///   - boundary: A line in the plane.
  ///   - scale: s, greater than 0.
  package init(_ boundary: Hyperplane, scale: Double) {
    precondition(boundary.normal.count == 2, "a line has 2 dimensions")
    let length = boundary.normalLength
    along = boundary.normal[0].magnitude > boundary.normal[1].magnitude ? 1 : 0
    normal = (boundary.normal[along] / length, boundary.normal[1 - along] / length)
    offset = boundary.offset / length
    line = boundary
    self.scale = scale
    var run = (low: -0.5, high: 0.5)
    if normal.along != 0 {
      let ends = [-0.5, 0.5].map { [normal, offset] in
        (offset - $0 * normal.across) / normal.along
      }
      run = (max(run.low, min(ends[0], ends[1])), min(run.high, max(ends[0], ends[1])))
    } else if (offset / normal.across).magnitude > 0.5 {
      run = (1, -1)
    }
    self.run = run
  }

  /// log P - log(1 - P) of c · x > b, in nats; 0 where the line misses the box, whose output is the
  /// same for every latent.
  package func logOdds(_ mean: [Double]) -> Double {
    guard run.low < run.high else { return 0 }
    let (first, second) = (mean[along], mean[1 - along])
    let distance = normal.along * first + normal.across * second - offset
    let isAbove = distance > 0
    // The other side lies at higher second coordinates where this is true.
    let isUpper = isAbove != (normal.across > 0)

    let lower = (-0.5 - second) / scale
    let upper = (0.5 - second) / scale
    let strip = NormalDistribution.probability(from: lower, to: upper)
    let wall = isUpper ? -upper : lower
    let beyondWall = NormalDistribution.cumulative(wall)
    let middle = min(max(first - distance * normal.along, run.low), run.high)
    let left = max(run.low, middle - 7 * scale)
    let right = min(run.high, middle + 7 * scale)
    let (half, center) = (0.5 * (right - left), 0.5 * (right + left))
    var other = 0.0
    for index in Self.rule.nodes.indices {
      let coordinate = center + half * Self.rule.nodes[index]
      let crossing = (offset - normal.along * coordinate) / normal.across
      let split = (crossing - second) / scale
      let mass = NormalDistribution.cumulative(isUpper ? -split : split) - beyondWall
      let step = (coordinate - first) / scale
      other += Self.rule.weights[index] * max(0, mass) * Double.exp(-0.5 * step * step)
    }
    other *= half / (scale * (2 * Double.pi).squareRoot())
    // Where the line has left the box, the whole strip lies on one side.
    for (from, to) in [(-0.5, run.low), (run.high, 0.5)] where from < to {
      let isStripAbove = normal.along * 0.5 * (from + to) > offset
      guard isStripAbove != isAbove else { continue }
      other +=
        strip
        * NormalDistribution.probability(from: (from - first) / scale, to: (to - first) / scale)
    }
    let box =
      strip
      * NormalDistribution.probability(from: (-0.5 - first) / scale, to: (0.5 - first) / scale)
    // Where doubles end, only sums of logarithms go on.
    guard other > 1e-290 else {
      return BoxPosterior(center: mean, scale: scale).logOdds(above: line)
    }
    let odds = Double.log(max(box - other, 1e-290)) - .log(other)
    return isAbove ? odds : -odds
  }

  private static let rule = Quadrature.gaussLegendre(order: 24)
}
