import Compute
import RealModule
import Trials

/// All means μ of the observations that give the same outputs, where an output tells the distance
/// from its boundary within reach of it and the side beyond.
///
/// The useful outputs pin μ to an affine subspace of k = D - rank dimensions, the others are
/// half-spaces in it. The density of μ there is the product of
/// Φ((1/2 - μ_j)/s) - Φ((-1/2 - μ_j)/s).
///
/// How much the posterior mean m(μ) varies in a cell is found by random walks (hit-and-run: a
/// uniform step along a chord, accepted by Metropolis' rule). The mean μ₀ that made the cell is
/// itself a draw from it, so two walks that start there are in equilibrium from the first step;
/// with A and B the averages of m along them,
///
///     E[(m(μ₀) - A) · (m(μ₀) - B)] = tr Var(m | cell)
///
/// but for what A and B remember of μ₀. Directions alternate between random ones and the axes,
/// both projected onto the subspace: random ones for oblique cells, axes for wide ones.
/// Source of hit-and-run: Smith, Operations Research 32, 1984.
struct OutputCell {
  private let dimensions: Int
  private let scale: Double
  private let reach: Double

  /// Orthonormal rows that span the normals of useful tasks, `[rank, D]`.
  private var pinned: [Double] = []
  private var rank = 0
  /// Normals of the saturated tasks, pointing to the side of μ₀, `[n, D]`.
  private var walls: [Double] = []
  /// The distance of the walk from each of these walls, and of μ₀.
  private var slack: [Double] = []
  private var firstSlack: [Double] = []
  private var slopes: [Double] = []
  private var point: [Double]
  private var direction: [Double]
  private var density = 0.0

  /// - Parameters:
  ///   - dimensions: D.
  ///   - scale: s.
  ///   - reach: z_ε s, the distance from a boundary up to which its output is useful.
  init(dimensions: Int, scale: Double, reach: Double) {
    self.dimensions = dimensions
    self.scale = scale
    self.reach = reach
    point = [Double](repeating: 0, count: dimensions)
    direction = point
  }

  /// An estimate, for one trial, of tr Var(m(μ) | outputs); `nil` where the outputs tell μ.
  mutating func variance(_ tasks: TaskTable, _ draws: TrialDraws, lane: Int) -> Double? {
    let center = (0..<dimensions).map { dimension in
      Double(draws.latents[dimension, lane]) - 0.5 + scale * Double(draws.noise[dimension, lane])
    }
    enter(center, tasks)
    guard rank < dimensions else { return nil }
    let start = posteriorMean(center)
    let first = walk(from: center, draws, lane, round: 0)
    let second = walk(from: center, draws, lane, round: 1)
    return (0..<dimensions).reduce(0) { sum, dimension in
      sum + (start[dimension] - first[dimension]) * (start[dimension] - second[dimension])
    }
  }

  /// Sorts the tasks into those that pin μ down and those that bound it.
  private mutating func enter(_ center: [Double], _ tasks: TaskTable) {
    pinned.removeAll(keepingCapacity: true)
    walls.removeAll(keepingCapacity: true)
    firstSlack.removeAll(keepingCapacity: true)
    rank = 0
    for task in tasks.offsets.indices {
      let row = task * dimensions
      var distance = -tasks.offsets[task]
      for dimension in 0..<dimensions {
        distance += tasks.normals[row + dimension] * center[dimension]
      }
      if distance.magnitude < reach {
        pin(tasks.normals[row..<row + dimensions])
        if rank == dimensions { return }
      } else {
        let side: Double = distance < 0 ? -1 : 1
        for dimension in 0..<dimensions { walls.append(side * tasks.normals[row + dimension]) }
        firstSlack.append(distance.magnitude - reach)
      }
    }
  }

  /// Adds a normal to the pinned directions, unless it lies in their span (Gram and Schmidt).
  private mutating func pin(_ normal: ArraySlice<Double>) {
    var rest = Array(normal)
    Self.remove(pinned, from: &rest)
    let length = rest.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard length > 1e-9 else { return }
    pinned += rest.map { $0 / length }
    rank += 1
  }

  /// Takes away what a vector has in orthonormal directions, `[rank, D]`.
  private static func remove(_ directions: [Double], from vector: inout [Double]) {
    let dimensions = vector.count
    for row in stride(from: 0, to: directions.count, by: dimensions) {
      var share = 0.0
      for dimension in 0..<dimensions { share += directions[row + dimension] * vector[dimension] }
      for dimension in 0..<dimensions { vector[dimension] -= share * directions[row + dimension] }
    }
  }

  /// Walks through the cell, first without counting and then counting.
  ///
  /// - Returns: The average of m(μ) on the second half of the way.
  private mutating func walk(
    from center: [Double],
    _ draws: TrialDraws,
    _ lane: Int,
    round: Int
  ) -> [Double] {
    point = center
    slack = firstSlack
    slopes = firstSlack
    density = center.reduce(1) { $0 * marginal($1).mass }
    // A sweep has two steps for each free dimension.
    let steps = 2 * draws.sweeps * 2 * (dimensions - rank)
    var sum = [Double](repeating: 0, count: dimensions)
    var current: [Double] = []
    for step in 0..<steps {
      let number = round * steps + step
      if step.isMultiple(of: 2) {
        for dimension in 0..<dimensions {
          direction[dimension] = Double(draws.directions[number * dimensions + dimension, lane])
        }
      } else {
        let axis = Int(draws.uniforms[3 * number, lane] * Float(dimensions))
        for dimension in 0..<dimensions { direction[dimension] = dimension == axis ? 1 : 0 }
      }
      Self.remove(pinned, from: &direction)
      let moved = move(
        to: Double(draws.uniforms[3 * number + 1, lane]),
        unless: Double(draws.uniforms[3 * number + 2, lane])
      )
      if 2 * step >= steps {
        if moved || current.isEmpty { current = posteriorMean(point) }
        for dimension in 0..<dimensions { sum[dimension] += current[dimension] }
      }
    }
    return sum.map { $0 / Double(steps - steps / 2) }
  }

  /// Tries a step along ``direction`` to a share of the way from one end of the chord to the other.
  ///
  /// - Returns: Whether it was taken.
  private mutating func move(to share: Double, unless hurdle: Double) -> Bool {
    var low = -Double.infinity
    var high = Double.infinity
    for wall in slack.indices {
      var slope = 0.0
      for dimension in 0..<dimensions {
        slope += walls[wall * dimensions + dimension] * direction[dimension]
      }
      slopes[wall] = slope
      if slope > 0 { low = max(low, -slack[wall] / slope) }
      if slope < 0 { high = min(high, -slack[wall] / slope) }
    }
    // Six deviations outside the box lies less than 1e-9 of the density.
    let edge = 0.5 + 6 * scale
    for dimension in 0..<dimensions where direction[dimension].magnitude > 1e-12 {
      let bound = max(edge, point[dimension].magnitude)
      let (one, other) = (
        (-bound - point[dimension]) / direction[dimension],
        (bound - point[dimension]) / direction[dimension]
      )
      low = max(low, min(one, other))
      high = min(high, max(one, other))
    }
    guard low < high, low.isFinite, high.isFinite else { return false }
    let step = low + share * (high - low)
    var newDensity = 1.0
    for dimension in 0..<dimensions {
      newDensity *= marginal(point[dimension] + step * direction[dimension]).mass
    }
    guard newDensity > hurdle * density else { return false }
    density = newDensity
    for dimension in 0..<dimensions { point[dimension] += step * direction[dimension] }
    for wall in slack.indices { slack[wall] = max(0, slack[wall] + step * slopes[wall]) }
    return true
  }

  private func posteriorMean(_ center: [Double]) -> [Double] {
    center.map { marginal($0).mean }
  }

  /// The density of a coordinate of μ, and the mean of the latent given it.
  private func marginal(_ coordinate: Double) -> (mass: Double, mean: Double) {
    let lower = (-0.5 - coordinate) / scale
    let upper = (0.5 - coordinate) / scale
    // Seven deviations inside the walls they change nothing that a walk could notice.
    if lower < -7, upper > 7 { return (1, coordinate) }
    let mass = NormalDistribution.probability(from: lower, to: upper)
    let pull = NormalDistribution.density(lower) - NormalDistribution.density(upper)
    return (mass, coordinate + scale * pull / mass)
  }
}

/// Boundaries side by side, with normals of length one.
struct TaskTable {
  /// `[N, D]`.
  let normals: [Double]
  let offsets: [Double]

  init(_ boundaries: [Hyperplane]) {
    normals = boundaries.flatMap { boundary in
      boundary.normal.map { $0 / boundary.normalLength }
    }
    offsets = boundaries.map { $0.offset / $0.normalLength }
  }
}
