import Compute
import RealModule
import Trials

/// The ideal log-odds of a ball or a quadric under a flat prior, in any number of dimensions.
///
/// h(x) = xᵀ A x + n · x - b is a quadratic form of x ~ N(μ, s² I). In the axes of A, with
/// gⱼ = 2 aⱼ s² and m and ν for μ and n there, its cumulant generating function is
///
///     K(t) = -b t + Σⱼ { (t (aⱼ mⱼ² + νⱼ mⱼ) + t² νⱼ² s²/2)/(1 - gⱼ t) - log(1 - gⱼ t)/2 },
///
/// and the mass above h = 0 is an integral over a line from c - i∞ to c + i∞, for any c > 0 before
/// the first 1/gⱼ:
///
///     P(h > 0) = 1/(2πi) ∫ exp(K(t)) dt/t.
///
/// c is the saddle point, where K'(t) = 1/t: from there the integrand falls like a Gaussian, so that
/// a few dozen nodes give all digits of the *logarithm*, however small the mass. That of the smaller
/// side is computed; below the mean of h are the other signs. Derivatives with respect to m come
/// from the same nodes. Source: Lugannani and Rice, Advances in Applied Probability 12, 1980; the
/// trapezoidal rule on such lines: Trefethen and Weideman, SIAM Review 56, 2014.
struct QuadraticOdds: Sendable {
  /// a, ν and the axes, column by column.
  private let bends: [Double]
  private let slopes: [Double]
  private let axes: DoubleMatrix
  private let offset: Double

  /// `nil` for what is no ball and no quadric.
  init?(_ boundary: Boundary) {
    switch boundary {
    case .hyperplane, .hyperbola: return nil
    case .ball(let center, let radius):
      let width = center.count
      var identity = DoubleMatrix(rows: width, columns: width)
      for index in 0..<width { identity[index, index] = 1 }
      axes = identity
      bends = [Double](repeating: -1, count: width)
      slopes = center.map { 2 * $0 }
      offset = center.reduce(0) { $0 + $1 * $1 } - radius * radius
    case .quadric(let matrix, let normal, let offset):
      let width = normal.count
      let eigen = SymmetricEigen(DoubleMatrix(rows: width, columns: width, values: matrix))
      // A matrix of lower rank has directions in which h is straight.
      let least = 1e-12 * eigen.values.reduce(0) { max($0, $1.magnitude) }
      bends = eigen.values.map { $0.magnitude <= least ? 0 : $0 }
      axes = eigen.vectors
      slopes = Self.turned(normal, by: eigen.vectors)
      self.offset = offset
    }
  }

  /// Coordinates along the axes.
  private static func turned(_ vector: [Double], by axes: DoubleMatrix) -> [Double] {
    vector.indices.map { axis in
      vector.indices.reduce(0) { $0 + axes[$1, axis] * vector[$1] }
    }
  }

  /// - Parameters:
  ///   - center: μ, `[D]`.
  ///   - scale: s, above 0.
  /// - Returns: log P - log(1 - P) and its gradient with respect to μ.
  func callAsFunction(at center: [Double], scale: Double) -> (logit: Double, gradient: [Double]) {
    let place = Self.turned(center, by: axes)
    var mean = -offset
    for axis in place.indices {
      let x = place[axis]
      mean += bends[axis] * (x * x + scale * scale) + slopes[axis] * x
    }
    // Where h is positive on average, its negative values are the rarer.
    let sides: [Double] = mean > 0 ? [-1, 1] : [1, -1]
    for isIntegrated in [true, false] {
      for side in sides {
        let line = SaddleLine(bends, slopes, offset, place, scale, side: side)
        guard let tail = isIntegrated ? line.mass() : line.massAtSaddle else { continue }
        guard tail.logMass > -.infinity else {
          return (side * -.infinity, place.map { _ in 0 })
        }
        let mass = Double.exp(tail.logMass)
        guard mass < 1, tail.gradient.allSatisfy(\.isFinite) else { continue }
        // ∇ log P - ∇ log(1 - P) = ∇ log P / (1 - P).
        let gradient = center.indices.map { row in
          center.indices.reduce(0) { $0 + axes[row, $1] * tail.gradient[$1] } * side / (1 - mass)
        }
        return (side * (tail.logMass - .log(onePlus: -mass)), gradient)
      }
    }
    // Beyond what numbers can say, h keeps the sign of its mean.
    return (mean > 0 ? .infinity : -.infinity, place.map { _ in 0 })
  }
}

/// The line in the complex plane that gives the mass of one side.
private struct SaddleLine {
  /// gⱼ, the linear and the quadratic coefficient of each axis, and b.
  private let poles: [Double]
  private let linear: [Double]
  private let quadratic: [Double]
  private let offset: Double
  /// d(linear)/dm.
  private let pulls: [Double]
  /// Whether the line bends to the left far away, where exp(K) ~ exp(κ t) would not fall else.
  private let bend: Double

  /// - Parameters:
  ///   - bends: a, along each axis.
  ///   - slopes: ν.
  ///   - offset: b.
  ///   - place: μ in the axes.
  ///   - scale: s.
  ///   - side: 1 for the mass where h > 0, -1 for the other.
  init(
    _ bends: [Double],
    _ slopes: [Double],
    _ offset: Double,
    _ place: [Double],
    _ scale: Double,
    side: Double
  ) {
    let variance = scale * scale
    self.offset = side * offset
    poles = bends.map { 2 * side * $0 * variance }
    linear = place.indices.map { side * (bends[$0] * place[$0] + slopes[$0]) * place[$0] }
    quadratic = slopes.map { 0.5 * $0 * $0 * variance }
    pulls = place.indices.map { side * (2 * bends[$0] * place[$0] + slopes[$0]) }
    var middle = -side * offset
    for axis in bends.indices where bends[axis] != 0 {
      middle -= side * slopes[axis] * slopes[axis] / (4 * bends[axis])
    }
    bend = middle > 0 ? -0.577 : 0.577
  }

  /// K' and K'' on the real axis.
  private func slopes(at t: Double) -> (first: Double, second: Double) {
    var (first, second) = (-offset, 0.0)
    for axis in poles.indices {
      let (g, q) = (poles[axis], quadratic[axis])
      let d = 1 / (1 - g * t)
      let value = (linear[axis] + t * q) * t
      let slope = linear[axis] + 2 * t * q
      first += d * (0.5 * g + slope + g * value * d)
      second += d * (2 * q + d * g * (0.5 * g + 2 * slope + 2 * g * value * d))
    }
    return (first, second)
  }

  private func value(at t: Double) -> Double {
    poles.indices.reduce(-offset * t) { sum, axis in
      let d = 1 - poles[axis] * t
      return sum + (linear[axis] + t * quadratic[axis]) * t / d - 0.5 * .log(d)
    }
  }

  /// Where K'(t) = 1/t, by Newton's steps within brackets; `nil` where nothing lies on this side.
  private var saddle: (place: Double, width: Double)? {
    let steepest = poles.max() ?? 0
    var (low, high) = (0.0, steepest > 0 ? 1 / steepest : .infinity)
    var t = 1 / slopes(at: 0).second.squareRoot()
    if t >= high { t = 0.5 * high }
    for _ in 0..<500 {
      let (first, second) = slopes(at: t)
      let error = first - 1 / t
      if error > 0 { high = t } else { low = t }
      var next = t - error / (second + 1 / (t * t))
      if !(next > low && next < high) { next = high.isFinite ? 0.5 * (low + high) : 4 * t }
      guard next < 1e150 else { return nil }
      let isClose = (next - t).magnitude < 1e-6 * t
      t = next
      if isClose { break }
    }
    return (t, 1 / (slopes(at: t).second + 1 / (t * t)).squareRoot())
  }

  /// The logarithm of the mass and its gradient in m; `nil` where no line was found that converges.
  func mass() -> (logMass: Double, gradient: [Double])? {
    guard let (place, width) = saddle else { return (-.infinity, poles.map { _ in 0 }) }
    let top = value(at: place)
    // Bent soon the integrand falls fastest, where it doesn't grow before.
    var radius = width
    for _ in 0..<10 {
      var sum = Sum(poles.count)
      var spacing = 0.16
      if add(to: &sum, place, width, radius, top, spacing, from: 0) {
        var mass = sum.mass * spacing
        for _ in 0..<6 {
          guard add(to: &sum, place, width, radius, top, spacing, from: 0.5) else { break }
          spacing *= 0.5
          let finer = sum.mass * spacing
          // The error of the trapezoidal rule is squared with every halving.
          let isExact = (finer - mass).magnitude < 1e-7 * finer
          mass = finer
          if isExact, mass > 0 {
            return (
              top + .log(mass / .pi), zip(sum.gradient, pulls).map { $0 * $1 / sum.mass }
            )
          }
        }
      }
      radius *= 4
    }
    return nil
  }

  /// The same to first order, exp(K(t)) width/(t √2π) at the saddle t: right to a few percent of the
  /// mass, where eigenvalues differ by so much that no line through it was found to converge.
  var massAtSaddle: (logMass: Double, gradient: [Double])? {
    guard let (place, width) = saddle else { return (-.infinity, poles.map { _ in 0 }) }
    let logMass = value(at: place) + .log(width / place) - 0.5 * .log(2 * .pi)
    guard logMass.isFinite else { return nil }
    let gradient = poles.indices.map { pulls[$0] * place / (1 - poles[$0] * place) }
    // Only the rarer side is asked for.
    return (min(logMass, -.log(2)), gradient)
  }

  private struct Sum {
    var mass = 0.0
    var gradient: [Double]
    init(_ count: Int) { gradient = [Double](repeating: 0, count: count) }
  }

  /// Adds the nodes at (k + shift) · spacing of t = c + iy ± .577 (√(y² + R²) - R), y = w sinh v.
  ///
  /// - Returns: Whether the integrand fell all the way.
  private func add(
    to sum: inout Sum,
    _ place: Double,
    _ width: Double,
    _ radius: Double,
    _ top: Double,
    _ spacing: Double,
    from shift: Double
  ) -> Bool {
    let highest = 1.5 * width / place
    var total = 0.0
    var gains = [(re: Double, im: Double)](repeating: (0, 0), count: poles.count)
    for node in 0..<4000 {
      let v = (Double(node) + shift) * spacing
      let share = node == 0 && shift == 0 ? 0.5 : 1
      let up = Double.exp(v)
      let (y, climb) = (0.5 * width * (up - 1 / up), 0.5 * width * (up + 1 / up))
      let arc = (y * y + radius * radius).squareRoot()
      let (re, im) = (place + bend * (arc - radius), y)
      var (logSize, angle) = (-offset * re - top, -offset * im)
      for axis in poles.indices {
        let (dRe, dIm) = (1 - poles[axis] * re, -poles[axis] * im)
        let square = dRe * dRe + dIm * dIm
        let (gRe, gIm) = (dRe / square, -dIm / square)
        // t (linear + t · quadratic) / d - log(d)/2.
        let (fRe, fIm) = (linear[axis] + quadratic[axis] * re, quadratic[axis] * im)
        let (qRe, qIm) = (re * fRe - im * fIm, re * fIm + im * fRe)
        logSize += qRe * gRe - qIm * gIm - 0.25 * .log(square)
        angle += qRe * gIm + qIm * gRe - 0.5 * .atan2(y: dIm, x: dRe)
        gains[axis] = (gRe, gIm)
      }
      // exp(K) dt, dt = (i + bend · y/arc) climb dv.
      let size = share * climb * Double.exp(logSize)
      let (cosine, sine) = (Double.cos(angle), Double.sin(angle))
      let turn = bend * y / arc
      let (eRe, eIm) = (size * (turn * cosine - sine), size * (turn * sine + cosine))
      let square = re * re + im * im
      let magnitude = (eRe * eRe + eIm * eIm).squareRoot() / square.squareRoot()
      guard magnitude <= highest else { return false }
      sum.mass += (eIm * re - eRe * im) / square
      for axis in gains.indices {
        sum.gradient[axis] += eRe * gains[axis].im + eIm * gains[axis].re
      }
      total += magnitude
      if magnitude < 1e-14 * total { return true }
    }
    return false
  }
}
