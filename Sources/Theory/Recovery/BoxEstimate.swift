import Compute
import RealModule

/// The mean of the posterior of a latent of the box [-1/2, 1/2]^D, given outputs of an ideal observer
/// whose logits are off by a share `error` of their size, or of 1.
///
/// Outputs say where μ, the mean of the observations, lies: least squares give N(m, A⁻¹) with
/// A = CᵀWC, where a saturated output counts as a ``SaturatedSite``. μ is the latent and noise of
/// covariance Σ/t = P⁻¹, so that a flat prior would leave the latent at N(m, A⁻¹ + P⁻¹), of precision
/// A (A + P)⁻¹ P whether A has full rank or not. Of the walls one coordinate after the other is
/// replaced by the Gaussian factor that gives it the mean and variance that it has between its
/// walls: expectation propagation. That is exact where coordinates are independent, and where outputs
/// are exact it is the closed form of ``BoxPosterior``. Saturated outputs are an approximation that
/// takes them one by one: it is too sure where several say the same.
/// Source: Minka, UAI 2001; Cunningham, Hennig and Lacoste-Julien, arXiv 1111.6832.
struct BoxEstimate {
  private let recovery: LinearRecovery
  private let error: Double
  /// C, `[N, D]`, as a plain list: this is read most of the time.
  private let normals: [Double]
  private let width: Int
  private let above: [SaturatedSite]
  private let below: [SaturatedSite]
  /// P, and what is found of each trial, `[D, D]` and `[D]`.
  private let information: [Double]
  private var gram: [Double]
  private var pulls: [Double]
  private var inverse: [Double]
  private var turned: [Double]
  private var precision: [Double]
  private var shift: [Double]
  /// The walls' factors.
  private var wallPrecisions: [Double]
  private var wallShifts: [Double]

  init(of recovery: LinearRecovery, error: Double) {
    self.recovery = recovery
    self.error = error
    normals = recovery.normals.values
    width = recovery.dimensions
    above = (0..<recovery.count).map { SaturatedSite(of: recovery, $0, side: 1) }
    below = (0..<recovery.count).map { SaturatedSite(of: recovery, $0, side: -1) }
    information = recovery.information.values
    let square = [Double](repeating: 0, count: width * width)
    let line = [Double](repeating: 0, count: width)
    (gram, inverse, turned, precision) = (square, square, square, square)
    (pulls, shift, wallPrecisions, wallShifts) = (line, line, line, line)
  }

  /// - Parameters:
  ///   - logits: `[N]` of one trial.
  ///   - latent: `[D]`; replaced.
  mutating func solve(_ logits: ArraySlice<Double>, into latent: inout [Double]) {
    for index in gram.indices { gram[index] = 0 }
    for index in pulls.indices { pulls[index] = 0 }
    for (boundary, logit) in logits.enumerated() {
      if logit.isInfinite {
        let site = logit > 0 ? above[boundary] : below[boundary]
        add(boundary, site.precision, site.shift)
      } else {
        let (z, slope) = IdealLogit.inverseAndSlope(logit)
        let weight = OutputNoise.relativeLogit.weight(z: z, logit: logit, slope: slope)
        let precision = recovery.precision(boundary, weight / (error * error))
        add(boundary, precision, precision * recovery.place(of: z, boundary))
      }
    }
    addNoise()
    keepWithinWalls(&latent)
  }

  private mutating func add(_ boundary: Int, _ weight: Double, _ pull: Double) {
    let start = boundary * width
    for row in 0..<width {
      let normal = normals[start + row]
      pulls[row] += pull * normal
      for column in 0..<width {
        gram[row * width + column] += weight * normal * normals[start + column]
      }
    }
  }

  /// Precision A (A + P)⁻¹ P and shift P (A + P)⁻¹ CᵀW(s z + b), from A and CᵀW(s z + b).
  private mutating func addNoise() {
    for index in gram.indices { inverse[index] = gram[index] + information[index] }
    invert(&inverse)
    multiply(inverse, information, into: &turned)
    multiply(gram, turned, into: &precision)
    for column in 0..<width {
      shift[column] = 0
      for row in 0..<width { shift[column] += turned[row * width + column] * pulls[row] }
    }
  }

  private mutating func keepWithinWalls(_ mean: inout [Double]) {
    // The box's own moments are where the walls' factors start: with them everything is determined.
    for index in inverse.indices { inverse[index] = precision[index] }
    for dimension in 0..<width {
      (wallPrecisions[dimension], wallShifts[dimension]) = (12, 0)
      inverse[dimension * width + dimension] += 12
    }
    invert(&inverse)
    for row in 0..<width {
      mean[row] = 0
      for column in 0..<width { mean[row] += inverse[row * width + column] * shift[column] }
    }
    for _ in 0..<100 {
      var largest = 0.0
      for dimension in 0..<width {
        let place = mean[dimension]
        moveWall(dimension, &mean)
        largest = max(largest, (mean[dimension] - place).magnitude)
      }
      if largest < 1e-12 { break }
    }
    for dimension in 0..<width { mean[dimension] = min(max(mean[dimension], -0.5), 0.5) }
  }

  /// Replaces one wall's factor, and the covariance and mean that it changes.
  private mutating func moveWall(_ dimension: Int, _ mean: inout [Double]) {
    let variance = inverse[dimension * width + dimension]
    let precision = max(0, 1 / variance - wallPrecisions[dimension])
    let slope = mean[dimension] / variance - wallShifts[dimension]
    let inside = IntervalMoments(slope: slope, precision: precision, from: -0.5, to: 0.5)
    let wall = max(0, 1 / inside.variance - precision)
    let pull = inside.mean / inside.variance - slope
    let change = wall - wallPrecisions[dimension]
    let scale = 1 / (1 + change * variance)
    let gain = (pull - wallShifts[dimension] - change * mean[dimension]) * scale
    (wallPrecisions[dimension], wallShifts[dimension]) = (wall, pull)
    for row in 0..<width { turned[row] = inverse[row * width + dimension] }
    for row in 0..<width {
      mean[row] += gain * turned[row]
      for column in 0..<width {
        inverse[row * width + column] -= change * scale * turned[row] * turned[column]
      }
    }
  }

  /// By Gauss and Jordan in place: positive definite matrices need no pivots.
  private func invert(_ matrix: inout [Double]) {
    for pivot in 0..<width {
      let start = pivot * width
      let divisor = 1 / matrix[start + pivot]
      matrix[start + pivot] = 1
      for column in 0..<width { matrix[start + column] *= divisor }
      for row in 0..<width where row != pivot {
        let factor = matrix[row * width + pivot]
        matrix[row * width + pivot] = 0
        for column in 0..<width { matrix[row * width + column] -= factor * matrix[start + column] }
      }
    }
  }

  private func multiply(_ left: [Double], _ right: [Double], into product: inout [Double]) {
    for row in 0..<width {
      for column in 0..<width {
        var sum = 0.0
        for inner in 0..<width { sum += left[row * width + inner] * right[inner * width + column] }
        product[row * width + column] = sum
      }
    }
  }
}

/// What a saturated output says of c · μ: that it lies beyond the place where logits of single
/// precision end, 16.6.
///
/// A latent of the box has variance 1/12 across any boundary, and μ that of the noise beside it: the
/// site has the mean and variance of a normal law of both, cut off at that place, and the law itself
/// is divided out again, since walls and noise say the same.
private struct SaturatedSite {
  let precision: Double
  /// Precision times place.
  let shift: Double

  init(of recovery: LinearRecovery, _ boundary: Int, side: Double) {
    let start = side * recovery.place(of: side * IdealLogit.saturatedZ, boundary)
    let deviation = (1.0 / 12 + recovery.variance(boundary)).squareRoot()
    let tail = IntervalMoments(slope: 0, precision: 1, from: start / deviation, to: .infinity)
    precision = max(0, 1 / tail.variance - 1) / (deviation * deviation)
    shift = side * tail.mean / (tail.variance * deviation)
  }
}

/// Mean and variance of the density that goes like exp(slope · x - precision · x²/2) in an interval,
/// for any slope and any precision from 0 on.
struct IntervalMoments {
  let mean: Double
  let variance: Double

  init(slope: Double, precision: Double, from lower: Double, to upper: Double) {
    let center = precision > 0 ? slope / precision : 0
    if precision > 16, center.magnitude < 1 {
      // Narrow and near: in units of its deviation everything keeps its digits.
      let root = precision.squareRoot()
      let normal = TruncatedNormal(from: (lower - center) * root, to: (upper - center) * root)
      (mean, variance) = (center + normal.mean / root, normal.variance / precision)
      return
    }
    let peak = precision > 0 ? center : slope * .infinity
    let mode = min(max(peak.isNaN ? 0 : peak, lower), upper)
    let climb = slope - precision * mode
    // Beyond this distance from the mode the density is below exp(-40) of the largest:
    // |climb| d + precision d²/2 = 40.
    let reach = 80 / (climb.magnitude + (climb * climb + 80 * precision).squareRoot())
    let (left, right) = (max(lower - mode, -reach), min(upper - mode, reach))
    @inline(__always)
    func forEachNode(_ body: (_ step: Double, _ weight: Double) -> Void) {
      for panel in 0..<4 {
        let start = left + (right - left) * (Double(panel) + 0.5) / 4
        for index in Self.rule.nodes.indices {
          let step = start + (right - left) / 8 * Self.rule.nodes[index]
          body(
            step,
            Self.rule.weights[index] * .exp((climb - 0.5 * precision * step) * step)
          )
        }
      }
    }
    var (mass, first, second) = (0.0, 0.0, 0.0)
    forEachNode { step, weight in
      mass += weight
      first += weight * step
    }
    let middle = first / mass
    forEachNode { step, weight in second += weight * (step - middle) * (step - middle) }
    (mean, variance) = (mode + middle, second / mass)
  }

  private static let rule = Quadrature.gaussLegendre(order: 20)
}
