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
/// How much the posterior mean m(μ) varies in a cell is exact for one or two latents, and wherever only
/// one direction is left (``PolygonCell``, ``SegmentCell``). Else it is found by random walks
/// (hit-and-run: a uniform step along a chord, accepted by Metropolis' rule). The mean μ₀ that made the
/// cell is itself a draw from it, so two walks that start there are in equilibrium from the first step;
/// with A and B the averages of m along them,
///
///     E[(m(μ₀) - A) · (m(μ₀) - B)] = tr Var(m | cell)
///
/// but for what A and B remember of μ₀. Every other step goes along the difference of two earlier points
/// of the walk: a long and narrow cell gives long differences, as in ter Braak and Vrugt, Statistics and
/// Computing 18, 2008. The others go in random directions and along the axes, all projected onto the
/// subspace. Source of hit-and-run: Smith, Operations Research 32, 1984.
struct OutputCell {
  private let dimensions: Int
  private let scale: Double
  private let reach: Double
  private let meanDensity: MeanDensity

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
  /// All points of the walk so far, `[steps + 1, D]`.
  private var way: [Double] = []
  private var density = 0.0

  /// - Parameters:
  ///   - dimensions: D.
  ///   - scale: s, 0 or more.
  ///   - reach: z_ε s, the distance from a boundary up to which its output is useful.
  init(dimensions: Int, scale: Double, reach: Double) {
    self.dimensions = dimensions
    self.scale = scale
    self.reach = reach
    meanDensity = MeanDensity(scale: scale)
    point = [Double](repeating: 0, count: dimensions)
    direction = point
  }

  /// Whether all cells are exact, without a walk.
  static func isExact(dimensions: Int) -> Bool { dimensions <= 2 }

  /// An estimate, for one trial, of tr Var(m(μ) | outputs); `nil` where the outputs tell μ.
  mutating func variance(_ tasks: TaskTable, _ draws: TrialDraws, lane: Int) -> Double? {
    let center = (0..<dimensions).map { dimension in
      Double(draws.latents[dimension, lane]) - 0.5 + scale * Double(draws.noise[dimension, lane])
    }
    enter(center, tasks)
    guard rank < dimensions else { return nil }
    if rank == dimensions - 1 { return segment(through: center).variance }
    if dimensions == 2 { return polygon(around: center).variance }
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

  private mutating func segment(through center: [Double]) -> SegmentCell {
    var longest: [Double] = []
    var length = 0.0
    for axis in 0..<dimensions {
      var rest = [Double](repeating: 0, count: dimensions)
      rest[axis] = 1
      Self.remove(pinned, from: &rest)
      let own = rest.reduce(0) { $0 + $1 * $1 }.squareRoot()
      if own > length { (longest, length) = (rest.map { $0 / own }, own) }
    }
    var segment = SegmentCell(meanDensity, through: center, along: longest)
    for wall in firstSlack.indices {
      var slope = 0.0
      for dimension in 0..<dimensions {
        slope += walls[wall * dimensions + dimension] * longest[dimension]
      }
      segment.chord.cut(slack: firstSlack[wall], slope: slope)
    }
    return segment
  }

  private func polygon(around center: [Double]) -> PolygonCell {
    var polygon = PolygonCell(meanDensity)
    for wall in firstSlack.indices {
      let normal = SIMD2(walls[2 * wall], walls[2 * wall + 1])
      polygon.cut(normal, (normal * SIMD2(center[0], center[1])).sum() - firstSlack[wall])
    }
    return polygon
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
    density = center.reduce(1) { $0 * meanDensity.at($1).mass }
    way.removeAll(keepingCapacity: true)
    way += center
    // A sweep has two steps for each free dimension.
    let steps = 2 * draws.sweeps * 2 * (dimensions - rank)
    var sum = [Double](repeating: 0, count: dimensions)
    var current: [Double] = []
    for step in 0..<steps {
      let number = round * draws.steps / 2 + step
      aim(step, draws, lane, number)
      Self.remove(pinned, from: &direction)
      let moved = move(
        to: Double(draws.uniforms[4 * number + 2, lane]),
        unless: Double(draws.uniforms[4 * number + 3, lane])
      )
      way += point
      if 2 * step >= steps {
        if moved || current.isEmpty { current = posteriorMean(point) }
        for dimension in 0..<dimensions { sum[dimension] += current[dimension] }
      }
    }
    return sum.map { $0 / Double(steps - steps / 2) }
  }

  /// Chooses the ``direction`` of a step.
  private mutating func aim(_ step: Int, _ draws: TrialDraws, _ lane: Int, _ number: Int) {
    let (one, other) = (draws.uniforms[4 * number, lane], draws.uniforms[4 * number + 1, lane])
    if step.isMultiple(of: 2), step > 2 {
      // The later half of the way has forgotten more of the start.
      let (first, count) = ((step + 1) / 2, step + 1 - (step + 1) / 2)
      let from = (first + Int(one * Float(count))) * dimensions
      let to = (first + Int(other * Float(count))) * dimensions
      var square = 0.0
      for dimension in 0..<dimensions {
        direction[dimension] = way[to + dimension] - way[from + dimension]
        square += direction[dimension] * direction[dimension]
      }
      if square > 0 {
        let length = square.squareRoot()
        for dimension in 0..<dimensions { direction[dimension] /= length }
        return
      }
    }
    if step % 4 == 1 {
      let axis = Int(one * Float(dimensions))
      for dimension in 0..<dimensions { direction[dimension] = dimension == axis ? 1 : 0 }
    } else {
      for dimension in 0..<dimensions {
        direction[dimension] = Double(draws.directions[number * dimensions + dimension, lane])
      }
    }
  }

  /// Tries a step along ``direction`` to a share of the way from one end of the chord to the other.
  ///
  /// - Returns: Whether it was taken.
  private mutating func move(to share: Double, unless hurdle: Double) -> Bool {
    var chord = Chord()
    for wall in slack.indices {
      var slope = 0.0
      for dimension in 0..<dimensions {
        slope += walls[wall * dimensions + dimension] * direction[dimension]
      }
      slopes[wall] = slope
      chord.cut(slack: slack[wall], slope: slope)
    }
    chord.keep(within: meanDensity.edge, through: point, along: direction)
    guard chord.isPiece else { return false }
    let step = chord.low + share * (chord.high - chord.low)
    var newDensity = 1.0
    for dimension in 0..<dimensions {
      newDensity *= meanDensity.at(point[dimension] + step * direction[dimension]).mass
    }
    guard newDensity > hurdle * density else { return false }
    density = newDensity
    for dimension in 0..<dimensions { point[dimension] += step * direction[dimension] }
    for wall in slack.indices { slack[wall] = max(0, slack[wall] + step * slopes[wall]) }
    return true
  }

  private func posteriorMean(_ center: [Double]) -> [Double] {
    center.map { meanDensity.at($0).mean }
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
