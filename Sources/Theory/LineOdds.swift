import Compute
import RealModule
import Trials

/// The log-odds of one line in the plane under the box prior, after Gaussian noise.
///
/// The two sides add up to the mass of the box, a product of two closed forms. So only the far side is
/// integrated, the one without the posterior's mode; a side that is all but empty keeps its digits. With
/// x along the line's flatter coordinate and y across, the mass at x is f(x) T(x): the density of x,
/// and the closed form of y between the line and a wall. Both factors are log-concave. The far side's
/// point nearest to the mean, in units of the two widths, lies on the line, at x = q. With λ the slope of
/// half that squared distance along the line, and w the width of x, the density on the far side at x is
/// below that at q by a factor of exp(-λ |x - q| - (x - q)²/2w²) or more: a window around q, cut into a
/// few panels, holds the integral. **Status: proven; the odds are right to 1e-9, relative to the
/// larger of them and 1, and beyond 5e4 nats to 1e-8.**
package struct LineOdds: Sendable {
  private let line: Hyperplane
  private let widths: [Double]
  /// The flatter coordinate, and the other one.
  private let along: Int
  private let across: Int
  /// Of the line: c_x, c_y and b, as they were given.
  private let normal: (x: Double, y: Double)
  private let offset: Double
  /// The x over which the line runs through the box; empty where it misses it.
  private let run: (low: Double, high: Double)

  /// - Parameters:
  ///   - line: In the plane.
  ///   - widths: s of both latents, `[2]`, greater than 0.
  package init(_ line: Hyperplane, widths: [Double]) {
    precondition(line.normal.count == 2 && widths.count == 2, "a line has 2 dimensions")
    self.line = line
    self.widths = widths
    let isFirstFlat = line.normal[0].magnitude * widths[0] <= line.normal[1].magnitude * widths[1]
    along = isFirstFlat ? 0 : 1
    across = 1 - along
    normal = (line.normal[along], line.normal[across])
    offset = line.offset
    var run = (low: -0.5, high: 0.5)
    if normal.x != 0 {
      let ends = ((offset - 0.5 * normal.y) / normal.x, (offset + 0.5 * normal.y) / normal.x)
      run = (max(run.low, min(ends.0, ends.1)), min(run.high, max(ends.0, ends.1)))
    } else if offset.magnitude >= 0.5 * normal.y.magnitude {
      run = (0.5, -0.5)
    }
    self.run = run
  }

  /// Of white noise: s is the same for both latents.
  package init(_ line: Hyperplane, scale: Double) {
    self.init(line, widths: [scale, scale])
  }

  /// log P(above) - log P(below), in nats, with the mean under a flat prior, `[2]`; infinite where
  /// the line misses the box.
  package func logOdds(of center: [Double]) -> Double {
    guard run.low < run.high else { return offset < 0 ? .infinity : -.infinity }
    let (x, y) = (center[along], center[across])
    let (width, height) = (widths[along], widths[across])
    let mode = (min(max(x, -0.5), 0.5), min(max(y, -0.5), 0.5))
    let isModeAbove = normal.x * mode.0 + normal.y * mode.1 > offset
    // The far side lies beyond the line in y, or before it.
    let isBeyond = isModeAbove != (normal.y > 0)

    let (lower, upper) = ((-0.5 - y) / height, (0.5 - y) / height)
    let strip = NormalDistribution.probability(from: lower, to: upper)
    func mass(from left: Double, to right: Double) -> Double {
      NormalDistribution.probability(from: (left - x) / width, to: (right - x) / width)
    }
    let box = strip * mass(from: -0.5, to: 0.5)

    let behindWall = NormalDistribution.cumulative(isBeyond ? -upper : lower)
    let slope = -normal.x / normal.y
    let start = offset / normal.y
    let window = Window(run, around: (x, y), (width, height), slope: slope, start: start)
    /// The line's height above the mean.
    func split(_ node: Double) -> Double {
      let height = (start + slope * node - y) / height
      return isBeyond ? -height : height
    }
    /// Where the line has left the box, a whole strip lies on one side.
    let strips = [(-0.5, run.low), (run.high, 0.5)].filter { left, right in
      left < right && (normal.x * 0.5 * (left + right) > offset) != isModeAbove
    }

    var (far, uncut) = (0.0, 0.0)
    window.forEachNode(Self.rule) { node, weight in
      let tail = NormalDistribution.cumulative(split(node))
      let step = (node - x) / width
      let density = weight * .exp(-0.5 * step * step)
      far += density * max(0, tail - behindWall)
      uncut += density * tail
    }
    let unit = 1 / (width * (2 * Double.pi).squareRoot())
    (far, uncut) = (far * unit, uncut * unit)
    for (left, right) in strips {
      let whole = strip * mass(from: left, to: right)
      (far, uncut) = (far + whole, uncut + whole)
    }
    if far > Self.least, far > Self.leastShare * uncut, far < 0.999 * box {
      let odds = Double.log((box - far) / far)
      return isModeAbove ? odds : -odds
    }

    // Near the smallest double everything is taken in units of the largest density.
    if far <= Self.least {
      func logDensity(_ node: Double) -> Double {
        let step = (node - x) / width
        return -0.5 * step * step
      }
      let logStrip = NormalDistribution.logProbability(from: lower, to: upper)
      func logMass(from left: Double, to right: Double) -> Double {
        NormalDistribution.logProbability(from: (left - x) / width, to: (right - x) / width)
      }
      let logBehind = NormalDistribution.logCumulative(isBeyond ? -upper : lower)
      let peak =
        logDensity(window.nearest) + NormalDistribution.logCumulative(split(window.nearest))
      (far, uncut) = (0, 0)
      window.forEachNode(Self.rule) { node, weight in
        let tail = NormalDistribution.logCumulative(split(node))
        let term = weight * unit * .exp(logDensity(node) + tail - peak)
        far += term * max(0, 1 - .exp(logBehind - tail))
        uncut += term
      }
      for (left, right) in strips {
        let whole = Double.exp(logStrip + logMass(from: left, to: right) - peak)
        (far, uncut) = (far + whole, uncut + whole)
      }
      if far > Self.leastShare * uncut {
        let odds = logStrip + logMass(from: -0.5, to: 0.5) - (peak + .log(far))
        return isModeAbove ? odds : -odds
      }
    }
    // At a wall that takes nearly everything away, and in a corner that holds the mode and little
    // else, only sums of logarithms keep their digits.
    return BoxPosterior(
      [
        .normal(center: center[0], scale: widths[0]),
        .normal(center: center[1], scale: widths[1]),
      ]
    )
    .plainLogOdds(above: .hyperplane(line))
  }

  /// A mass near the smallest double has lost digits below this.
  private static let least = 1e-280
  /// Less of the mass than this in front of a wall has lost digits to what lies behind it.
  private static let leastShare = 1e-4

  private static let rule = Quadrature.gaussLegendre(order: 16)
}

/// The part of a line that holds the integral along it.
private struct Window {
  /// Where the line comes nearest to the mean, in units of the two widths.
  let nearest: Double
  private let ends: [Double]
  private let reach: Double

  /// - Parameters:
  ///   - run: The x over which the line runs through the box.
  ///   - center: The mean.
  ///   - widths: Of x and y.
  ///   - slope: Of the line, y = start + slope x.
  ///   - start: Its y at x = 0.
  init(
    _ run: (low: Double, high: Double),
    around center: (x: Double, y: Double),
    _ widths: (x: Double, y: Double),
    slope: Double,
    start: Double
  ) {
    let (width, height) = widths
    // Half the squared distance of the line's points, in units of the widths: its slope and bend.
    let ratio = slope / (height * height)
    let bend = 1 / (width * width) + slope * ratio
    let foot = (center.x / (width * width) + ratio * (center.y - start)) / bend
    nearest = min(max(foot, run.low), run.high)
    let rate = bend * (nearest - foot).magnitude
    // Further away the integrand is below exp(-36) of its largest value.
    reach = 72 / (rate + (rate * rate + 72 / (width * width)).squareRoot())
    ends = [max(run.low, nearest - reach), min(run.high, nearest + reach)]
  }

  /// Gauss-Legendre nodes, panel by panel.
  func forEachNode(_ rule: Quadrature, body: (_ node: Double, _ weight: Double) -> Void) {
    rule.nodes.withUnsafeBufferPointer { nodes in
      rule.weights.withUnsafeBufferPointer { weights in
        for end in ends {
          let panels = (2 * (end - nearest).magnitude / reach).rounded(.up)
          guard panels > 0 else { continue }
          let half = 0.5 * (end - nearest) / panels
          for panel in 0..<Int(panels) {
            let middle = nearest + half * Double(2 * panel + 1)
            for index in nodes.indices {
              body(middle + half * nodes[index], half.magnitude * weights[index])
            }
          }
        }
      }
    }
  }
}
