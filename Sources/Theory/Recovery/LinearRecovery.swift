import Compute
import RealModule
import Trials

/// The latent from the outputs of an observer of affine boundaries, by the theorem, nothing fitted.
///
/// With unit normals as rows of C and Y the probabilities of c · x > b under a flat prior,
/// Φ⁻¹(Yᵢ) = (cᵢ · μ - bᵢ)/sᵢ, so
///
///     μ = C⁺ (sᵢ Φ⁻¹(Yᵢ) + bᵢ)
///
/// exactly, where rank C = D. sᵢ = √(cᵢᵀ Σ cᵢ/t) is the posterior deviation across boundary i, the
/// same s = σ/√t for all where the noise is white. Source: Vafidis et al., ICLR 2025, theorem 3.1.
///
/// Outputs come as logits, `[n · N]`, trial by trial; an infinite one is saturated: all that it
/// says is the side. Estimates are `[n · D]`.
package struct LinearRecovery: Sendable {
  /// D.
  package let dimensions: Int
  /// N.
  package let count: Int
  /// Of C.
  package let rank: Int
  /// The largest by the smallest singular value of C; `nil` where its rank is below D.
  package let condition: Double?
  /// C, `[N, D]`, rows of length one.
  package let normals: DoubleMatrix

  private let offsets: [Double]
  private let scales: [Double]
  /// (Σ/t)⁻¹ and a root of Σ/t, `[D, D]`.
  let information: DoubleMatrix
  private let root: DoubleMatrix
  /// C⁺, `[D, N]`.
  private let inverse: DoubleMatrix

  /// For white noise.
  ///
  /// - Parameters:
  ///   - boundaries: One at least, all of one dimension.
  ///   - scale: s = σ/√t, above 0.
  package init(boundaries: [Hyperplane], scale: Double) {
    let width = boundaries.first?.normal.count ?? 0
    var (information, root) = (
      DoubleMatrix(rows: width, columns: width), DoubleMatrix(rows: width, columns: width)
    )
    for dimension in 0..<width {
      information[dimension, dimension] = 1 / (scale * scale)
      root[dimension, dimension] = scale
    }
    self.init(boundaries, scales: boundaries.map { _ in scale }, information, root)
  }

  /// For noise of any covariance; `covariance` is Σ/t, `[D, D]`, of full rank.
  package init(boundaries: [Hyperplane], covariance: DoubleMatrix) {
    let scales = boundaries.map { boundary in
      let normal = boundary.normal
      var variance = 0.0
      for row in normal.indices {
        for column in normal.indices {
          variance += normal[row] * covariance[row, column] * normal[column]
        }
      }
      return variance.squareRoot() / boundary.normalLength
    }
    let eigen = SymmetricEigen(covariance)
    var information = DoubleMatrix(rows: covariance.rows, columns: covariance.rows)
    var root = eigen.vectors
    for (index, value) in eigen.values.enumerated() {
      information.addOuterProduct(of: eigen.vectors.column(index).map { $0 / value.squareRoot() })
      for row in 0..<root.rows { root[row, index] *= value.squareRoot() }
    }
    self.init(boundaries, scales: scales, information, root)
  }

  private init(
    _ boundaries: [Hyperplane],
    scales: [Double],
    _ information: DoubleMatrix,
    _ root: DoubleMatrix
  ) {
    precondition(!boundaries.isEmpty, "nothing can be recovered from no boundary")
    precondition(scales.allSatisfy { $0 > 0 && $0.isFinite }, "scales are above 0, not \(scales)")
    dimensions = boundaries[0].normal.count
    count = boundaries.count
    let values = boundaries.flatMap { plane in plane.normal.map { $0 / plane.normalLength } }
    normals = DoubleMatrix(rows: count, columns: dimensions, values: values)
    offsets = boundaries.map { $0.offset / $0.normalLength }
    self.scales = scales
    self.information = information
    self.root = root
    let decomposition = SingularValues(normals)
    rank = decomposition.rank
    condition =
      rank == dimensions
      ? decomposition.values[0] / decomposition.values[dimensions - 1] : nil
    inverse = decomposition.pseudoinverse
  }

  // MARK: Least squares

  /// Ordinary least squares: C⁺ (s Φ⁻¹(Y) + b).
  ///
  /// - Parameter logits: Finite.
  /// - Returns: μ of every trial; where rank C < D, the part of it that C sees.
  package func plain(_ logits: [Double]) -> [Double] {
    let trials = trials(in: logits)
    var estimates = [Double](repeating: 0, count: trials * dimensions)
    for trial in 0..<trials {
      for boundary in 0..<count {
        let z = IdealLogit.inverse(logits[trial * count + boundary])
        let place = scales[boundary] * z + offsets[boundary]
        for dimension in 0..<dimensions {
          estimates[trial * dimensions + dimension] += inverse[dimension, boundary] * place
        }
      }
    }
    return estimates
  }

  /// Weighted least squares, (CᵀWC)⁻¹ CᵀW (s Φ⁻¹(Y) + b), of least length where they are open.
  ///
  /// Saturated outputs say that c · x lies beyond the place of a logit of 16.6, or beyond all of the
  /// box: farther out costs nothing, less far as much as a logit of 16.6 that is missed.
  package func weighted(_ logits: [Double], _ noise: OutputNoise) -> [Double] {
    let found = estimates(logits) { problem, latent in
      problem.solve(noise, of: self, into: &latent)
    }
    return rank < dimensions ? seen(found) : found
  }

  /// C⁺C x of every x: what no normal sees is 0.
  private func seen(_ latents: [Double]) -> [Double] {
    let projection = inverse * normals
    return latents.indices.map { index in
      let (start, row) = (index - index % dimensions, index % dimensions)
      return (0..<dimensions).reduce(0) { $0 + projection[row, $1] * latents[start + $1] }
    }
  }

  /// The latent in the box [-1/2, 1/2]^D: the mean of its posterior given outputs of the observer
  /// without a prior.
  ///
  /// Of all estimates it has the least mean squared error where no output is saturated and errors
  /// are as assumed. Saturated ones are approximated one by one, as if independent: many that say the
  /// same count many times, and the error may exceed that of the center of the box. See
  /// ``BoxEstimate``.
  ///
  /// - Parameters:
  ///   - logits: Trial by trial, infinite ones among them.
  ///   - error: The share of its size, or of 1, by which a logit is off; above 0.
  /// - Returns: Latents within the walls.
  package func box(_ logits: [Double], error: Double = 0.1) -> [Double] {
    let trials = trials(in: logits)
    var estimates: [Double] = []
    estimates.reserveCapacity(trials * dimensions)
    var estimate = BoxEstimate(of: self, error: error)
    var latent = [Double](repeating: 0, count: dimensions)
    for trial in 0..<trials {
      estimate.solve(logits[trial * count..<(trial + 1) * count], into: &latent)
      estimates += latent
    }
    return estimates
  }

  /// The latent in the box [-1/2, 1/2]^D, given outputs of limited resolution, as trained networks
  /// have them.
  ///
  /// Logits of at most `resolution` are off by a share `error` of their size, or of 1; they say how
  /// far the latent is from their boundary. Larger ones say only that it is farther than that, on
  /// which side. A latent of the box is then at a distance with the mean and variance of a normal
  /// law of variance 1/12, the box's own across any boundary, cut off there. All distances together
  /// are weighted least squares with the walls of the box: no posterior mean, since a network that
  /// was trained on the box has answers that hold the prior already, and one rule, made beforehand,
  /// is what r2.labelFree measures with.
  ///
  /// - Parameters:
  ///   - logits: Trial by trial, infinite ones among them.
  ///   - error: Above 0.
  ///   - resolution: Above 0; larger ones than single precision's largest, 16.6, count as that.
  /// - Returns: Latents within the walls.
  package func box(_ logits: [Double], error: Double = 0.1, resolution: Double) -> [Double] {
    let rule = ResolvedBox(of: self, error: error, resolution: resolution)
    return estimates(logits) { problem, latent in
      problem.solve(rule, of: self, into: &latent)
    }
  }

  private func estimates(
    _ logits: [Double],
    _ solve: (inout WeightedProblem, inout [Double]) -> Void
  ) -> [Double] {
    let trials = trials(in: logits)
    var estimates: [Double] = []
    estimates.reserveCapacity(trials * dimensions)
    var problem = WeightedProblem(normals: normals)
    var latent = [Double](repeating: 0, count: dimensions)
    for trial in 0..<trials {
      problem.logits = logits[trial * count..<(trial + 1) * count]
      solve(&problem, &latent)
      estimates += latent
    }
    return estimates
  }

  private func trials(in logits: [Double]) -> Int {
    precondition(logits.count.isMultiple(of: count), "\(logits.count) logits, \(count) a trial")
    return logits.count / count
  }

  func place(of z: Double, _ boundary: Int) -> Double {
    scales[boundary] * z + offsets[boundary]
  }

  /// sᵢ².
  func variance(_ boundary: Int) -> Double { scales[boundary] * scales[boundary] }

  func precision(_ boundary: Int, _ weight: Double) -> Double {
    weight / variance(boundary)
  }

  /// The least distance along a normal at which an output saturates on a side: as far as latents of
  /// the box come, but not on the other side.
  func nearestPlace(ofSaturated side: Double, _ boundary: Int) -> Double {
    let place = side * place(of: side * IdealLogit.saturatedZ, boundary)
    return side * max(side * offsets[boundary], min(place, corner(boundary)))
  }

  /// How far along a normal the farthest corner of the box lies.
  func corner(_ boundary: Int) -> Double {
    normals.row(boundary).reduce(0) { $0 + 0.5 * $1.magnitude }
  }

  // MARK: Predicted errors

  /// The covariance of the plain estimate about μ where every logit is off by 1, to first order:
  /// C⁺ diag(s²/l'(z)²) C⁺ᵀ.
  ///
  /// - Parameter logits: Of one trial, finite.
  /// - Returns: `[D, D]`.
  package func plainCovariance(at logits: [Double]) -> DoubleMatrix {
    var scaled = inverse
    for boundary in 0..<count {
      let deviation = scales[boundary] / IdealLogit.inverseAndSlope(logits[boundary]).slope
      for dimension in 0..<dimensions { scaled[dimension, boundary] *= deviation }
    }
    return scaled * scaled.transposed
  }

  /// The covariance of the errors of either box about latents that lie all over the box, seen through
  /// the noise by the observer without a prior, whose logits are off as assumed.
  ///
  /// It is simulated. (CᵀWC)⁻¹ with the rule's own weights is too small by up to 16 where logits are
  /// cut off (24 lines, s = 0.045, resolution 2), even about μ: all distances beyond are of one
  /// latent, and so are their errors, which the rule takes to be independent.
  ///
  /// - Parameters:
  ///   - error: As there.
  ///   - resolution: As there; `nil` for the posterior mean.
  ///   - saturation: Beyond these logits outputs are saturated, as those of a file are.
  ///   - trials: How many; the variances are right to √(2/trials) or so of themselves.
  /// - Returns: `[D, D]`.
  package func boxCovariance(
    error: Double = 0.1,
    resolution: Double? = nil,
    saturation: ClosedRange<Double> = -.infinity ... .infinity,
    trials: Int = 1000
  ) -> DoubleMatrix {
    var latents = Matrix(rows: dimensions, columns: trials)
    var noise = Matrix(rows: count, columns: trials)
    var looks = Matrix(rows: dimensions, columns: trials)
    RandomStream(seed: 0, purpose: .recoveryErrors).fillUniform(latents.mutableView)
    RandomStream(seed: 0, purpose: .recoveryErrors, step: 1).fillNormal(noise.mutableView)
    RandomStream(seed: 0, purpose: .recoveryErrors, step: 2).fillNormal(looks.mutableView)
    var logits: [Double] = []
    logits.reserveCapacity(trials * count)
    for trial in 0..<trials {
      let seen = (0..<dimensions).map { row in
        (0..<dimensions).reduce(Double(latents[row, trial]) - 0.5) { sum, column in
          sum + root[row, column] * Double(looks[column, trial])
        }
      }
      for boundary in 0..<count {
        var distance = -offsets[boundary]
        for dimension in 0..<dimensions {
          distance += normals[boundary, dimension] * seen[dimension]
        }
        let logit = IdealLogit.value(distance / scales[boundary])
        let answer = logit + error * max(1, logit.magnitude) * Double(noise[boundary, trial])
        logits.append(
          saturation.contains(answer) ? answer : answer > 0 ? .infinity : -.infinity
        )
      }
    }
    let found =
      resolution.map { box(logits, error: error, resolution: $0) } ?? box(logits, error: error)
    let size = Double(trials).squareRoot()
    var errors = DoubleMatrix(rows: trials, columns: dimensions)
    for trial in 0..<trials {
      for dimension in 0..<dimensions {
        let latent = Double(latents[dimension, trial]) - 0.5
        errors[trial, dimension] = (found[trial * dimensions + dimension] - latent) / size
      }
    }
    return errors.transposed * errors
  }

  /// The covariance of the weighted estimate about μ where the errors are as assumed, with factor
  /// 1: (CᵀWC)⁻¹; `nil` where the outputs that aren't saturated leave a direction open.
  package func weightedCovariance(at logits: [Double], _ noise: OutputNoise) -> DoubleMatrix? {
    var scaled = normals
    for boundary in 0..<count {
      let (z, slope) = IdealLogit.inverseAndSlope(logits[boundary])
      let weight = z.isFinite ? noise.weight(z: z, logit: logits[boundary], slope: slope) : 0
      let root = precision(boundary, weight).squareRoot()
      for dimension in 0..<dimensions { scaled[boundary, dimension] *= root }
    }
    let decomposition = SingularValues(scaled)
    guard decomposition.rank == dimensions else { return nil }
    let inverse = decomposition.pseudoinverse
    return inverse * inverse.transposed
  }
}

/// What a logit beyond the resolution says of c · x: place and precision, by boundary and side.
private struct ResolvedBox {
  let error: Double
  let resolution: Double
  let above: [(place: Double, precision: Double)]
  let below: [(place: Double, precision: Double)]

  init(of recovery: LinearRecovery, error: Double, resolution: Double) {
    self.error = error
    self.resolution = resolution
    let edge = IdealLogit.inverse(min(resolution, IdealLogit.saturation))
    let deviation = (1.0 / 12).squareRoot()
    func site(_ boundary: Int, side: Double) -> (place: Double, precision: Double) {
      // The farthest corner of the box, and from where on the logit is too large.
      let corner = recovery.corner(boundary)
      let start = side * recovery.place(of: side * edge, boundary)
      // No latent of the box is so far out: noise is, and weighs no more than the box.
      guard start < corner else { return (side * corner, 1 / (deviation * deviation)) }
      let law = TruncatedNormal(
        from: start / deviation,
        to: max(corner, start + 0.01 * deviation) / deviation
      )
      let place = side * deviation * law.mean
      return (place, 1 / (deviation * deviation * law.variance))
    }
    above = (0..<recovery.count).map { site($0, side: 1) }
    below = (0..<recovery.count).map { site($0, side: -1) }
  }
}

/// Weighted least squares of one trial; its memory serves all trials.
private struct WeightedProblem {
  /// C, `[N, D]`, as a plain list: this is read most of the time.
  let normals: [Double]
  let width: Int
  var logits: ArraySlice<Double> = []
  private var weights: [Double]
  private var places: [Double]
  private var residuals: [Double]
  /// Of the residuals along a step.
  private var changes: [Double]
  private var gram: [Double]
  /// The side on which a latent lies that nothing else is known of, ±1; else 0.
  private var sides: [Double]
  /// Which rows count: those of a side where the latent is on the other one.
  private var counts: [Bool]

  init(normals: DoubleMatrix) {
    self.normals = normals.values
    width = normals.columns
    let zeros = [Double](repeating: 0, count: normals.rows)
    (weights, places, residuals, changes, sides) = (zeros, zeros, zeros, zeros, zeros)
    counts = zeros.map { _ in true }
    gram = [Double](repeating: 0, count: normals.columns * normals.columns)
  }

  mutating func solve(
    _ rule: ResolvedBox,
    of recovery: LinearRecovery,
    into latent: inout [Double]
  ) {
    for (boundary, logit) in logits.enumerated() {
      sides[boundary] = 0
      if logit.magnitude > rule.resolution || logit.isInfinite {
        let site = logit > 0 ? rule.above[boundary] : rule.below[boundary]
        (places[boundary], weights[boundary]) = (site.place, site.precision)
      } else {
        let (z, slope) = IdealLogit.inverseAndSlope(logit)
        places[boundary] = recovery.place(of: z, boundary)
        let weight = OutputNoise.relativeLogit.weight(z: z, logit: logit, slope: slope)
        weights[boundary] = recovery.precision(boundary, weight / (rule.error * rule.error))
      }
    }
    let wall = 0.5
    if solveDirectly(into: &latent), latent.allSatisfy({ $0.magnitude <= wall }) { return }
    for dimension in latent.indices {
      latent[dimension] = min(max(latent[dimension], -wall), wall)
    }
    descend(within: wall, latent: &latent)
  }

  mutating func solve(
    _ noise: OutputNoise,
    of recovery: LinearRecovery,
    into latent: inout [Double]
  ) {
    var hasSides = false
    for (boundary, logit) in logits.enumerated() {
      sides[boundary] = logit.isFinite ? 0 : logit > 0 ? 1 : -1
      if sides[boundary] != 0 { hasSides = true }
      // One that is saturated counts as the least logit that saturates, on one side: beyond its place
      // nothing is wrong.
      let least = logit.isFinite ? logit : sides[boundary] * IdealLogit.saturation
      let (z, slope) = IdealLogit.inverseAndSlope(least)
      places[boundary] =
        logit.isFinite
        ? recovery.place(of: z, boundary)
        : recovery.nearestPlace(ofSaturated: sides[boundary], boundary)
      let weight = noise.weight(z: z, logit: least, slope: slope)
      weights[boundary] = recovery.precision(boundary, weight)
    }
    let isSolved = hasSides ? solveBySides(into: &latent) : solveDirectly(into: &latent)
    if !isSolved { minimize(&latent) }
  }

  /// Solves with the rows that count, and again with those that count then, until they stay: a
  /// convex cost has one minimum, and its rows are few steps away.
  ///
  /// - Returns: `false` where the rows left the latent open, or went in circles.
  private mutating func solveBySides(into latent: inout [Double]) -> Bool {
    for row in sides.indices { counts[row] = sides[row] == 0 }
    defer { for row in sides.indices { counts[row] = true } }
    for _ in 0..<20 {
      guard solveDirectly(into: &latent) else { return false }
      var isSettled = true
      for row in sides.indices where sides[row] != 0 {
        let isWrong = sides[row] * (product(row, latent) - places[row]) < 0
        if isWrong != counts[row] { isSettled = false }
        counts[row] = isWrong
      }
      if isSettled { return true }
    }
    return false
  }

  /// Newton's steps from 0 on Σ w r² + λ |x|², r = c · x - place, where a row of a side counts while r
  /// is on the wrong one; each goes to the least cost on its line, so that the cost never grows.
  ///
  /// The cost is convex and piecewise quadratic. λ, 1e-11 of all weights, chooses the shortest of many
  /// latents that cost the same: in a narrow wedge of sides others are far away.
  private mutating func minimize(_ latent: inout [Double]) {
    for dimension in latent.indices { latent[dimension] = 0 }
    defer { for row in sides.indices { counts[row] = true } }
    let ridge = 1e-11 * weights.reduce(0, +)
    var step = latent
    for row in sides.indices { residuals[row] = -places[row] }
    for _ in 0..<200 {
      for row in sides.indices { counts[row] = sides[row] * residuals[row] <= 0 }
      fillGram()
      for dimension in 0..<width {
        gram[dimension * width + dimension] += ridge
        step[dimension] = -ridge * latent[dimension]
        for row in sides.indices where counts[row] {
          step[dimension] -= weights[row] * normals[row * width + dimension] * residuals[row]
        }
      }
      guard decompose() else { return }
      substitute(into: &step)
      for row in sides.indices { changes[row] = product(row, step) }
      let length = leastOnLine(
        pull: ridge * zip(latent, step).reduce(0) { $0 + $1.0 * $1.1 },
        bend: ridge * step.reduce(0) { $0 + $1 * $1 }
      )
      var largest = 0.0
      for dimension in 0..<width {
        latent[dimension] += length * step[dimension]
        largest = max(largest, (length * step[dimension]).magnitude)
      }
      for row in sides.indices { residuals[row] = product(row, latent) - places[row] }
      let size = latent.reduce(0) { max($0, $1.magnitude) }
      guard largest > 1e-15 * max(size, 1e-3) else { return }
    }
  }

  /// How far to go along a step down to the least cost: its slope grows along the line, linearly
  /// between the places where rows begin or cease to count.
  ///
  /// - Parameters:
  ///   - pull: What λ |x|² adds to half the slope at the start.
  ///   - bend: What it adds along a whole step.
  /// - Returns: In lengths of the step.
  private func leastOnLine(pull: Double, bend: Double) -> Double {
    func slope(_ length: Double) -> Double {
      var sum = pull + bend * length
      for row in sides.indices {
        let residual = residuals[row] + length * changes[row]
        if sides[row] * residual <= 0 { sum += weights[row] * residual * changes[row] }
      }
      return sum
    }
    let breaks = sides.indices.compactMap { row -> Double? in
      let length = -residuals[row] / changes[row]
      return sides[row] != 0 && length > 0 && length.isFinite ? length : nil
    }.sorted()
    var (lower, below) = (0.0, slope(0))
    guard below < 0 else { return 0 }
    var (low, high) = (0, breaks.count)
    while low < high {
      let middle = (low + high) / 2
      let found = slope(breaks[middle])
      if found < 0 {
        (lower, below, low) = (breaks[middle], found, middle + 1)
      } else {
        high = middle
      }
    }
    let upper = low < breaks.count ? breaks[low] : lower + 1
    let rise = slope(upper) - below
    return rise > 0 ? lower - below * (upper - lower) / rise : upper
  }

  private func product(_ row: Int, _ latent: [Double]) -> Double {
    var sum = 0.0
    for dimension in 0..<width { sum += normals[row * width + dimension] * latent[dimension] }
    return sum
  }

  /// By Cholesky's decomposition; `false` where the outputs don't determine the latent.
  private mutating func solveDirectly(into latent: inout [Double]) -> Bool {
    for dimension in 0..<width { latent[dimension] = 0 }
    for row in weights.indices where counts[row] {
      let pull = weights[row] * places[row]
      for dimension in 0..<width { latent[dimension] += pull * normals[row * width + dimension] }
    }
    fillGram()
    guard decompose() else {
      for dimension in 0..<width { latent[dimension] = 0 }
      return false
    }
    substitute(into: &latent)
    return true
  }

  /// The lower half of CᵀWC.
  private mutating func fillGram() {
    for index in gram.indices { gram[index] = 0 }
    for row in weights.indices where counts[row] {
      let start = row * width
      for one in 0..<width {
        let product = weights[row] * normals[start + one]
        for other in 0...one { gram[one * width + other] += product * normals[start + other] }
      }
    }
  }

  /// By Cholesky in place; `false` where the matrix has no full rank.
  private mutating func decompose() -> Bool {
    for one in 0..<width {
      let whole = gram[one * width + one]
      for other in 0...one {
        var rest = gram[one * width + other]
        for inner in 0..<other { rest -= gram[one * width + inner] * gram[other * width + inner] }
        if one == other {
          guard rest > 1e-13 * whole else { return false }
          gram[one * width + one] = rest.squareRoot()
        } else {
          gram[one * width + other] = rest / gram[other * width + other]
        }
      }
    }
    return true
  }

  private func substitute(into vector: inout [Double]) {
    for one in 0..<width {
      for inner in 0..<one { vector[one] -= gram[one * width + inner] * vector[inner] }
      vector[one] /= gram[one * width + one]
    }
    for one in (0..<width).reversed() {
      for inner in one + 1..<max(width, one + 1) {
        vector[one] -= gram[inner * width + one] * vector[inner]
      }
      vector[one] /= gram[one * width + one]
    }
  }

  /// One coordinate after the other to its minimum between the walls: the cost is quadratic.
  private mutating func descend(within wall: Double, latent: inout [Double]) {
    for row in weights.indices { residuals[row] = product(row, latent) - places[row] }
    for _ in 0..<2000 {
      var largest = 0.0
      for dimension in latent.indices {
        var (slope, bend) = (0.0, 0.0)
        for row in weights.indices {
          let normal = normals[row * width + dimension]
          slope += weights[row] * normal * residuals[row]
          bend += weights[row] * normal * normal
        }
        guard bend > 0 else { continue }
        let target = min(max(latent[dimension] - slope / bend, -wall), wall)
        let step = target - latent[dimension]
        guard step != 0 else { continue }
        latent[dimension] = target
        largest = max(largest, step.magnitude)
        for row in weights.indices { residuals[row] += normals[row * width + dimension] * step }
      }
      if largest < 1e-13 { return }
    }
  }
}
