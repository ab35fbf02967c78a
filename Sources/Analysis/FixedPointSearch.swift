import Compute
import Trials

/// Where a search began: a state that was seen in a trial.
package struct SearchOrigin: Hashable, Sendable {
  package let trial: Int
  package let step: Int

  package init(trial: Int, step: Int) {
    self.trial = trial
    self.step = step
  }
}

/// A state that (almost) stays where it is.
package struct FixedPoint: Sendable {
  /// `[S]`.
  package let state: [Double]
  /// `q = ½ |F(x) - x|²`.
  package let speed: Double
  /// Where the search that found it began.
  package let origin: SearchOrigin
  /// Steps that the search took.
  package let iterations: Int
  /// How many starts ended here.
  package var starts = 1
}

/// Finds fixed points, or slow ones, by minimising `q = ½ |F(x) - x|²` from many states at once.
///
/// Source of the idea: Sussillo and Barak, Neural Computation 25, 2013. The minimiser is Levenberg
/// and Marquardt's with exact Jacobians: with `e = F(x) - x` and `A = ∂F/∂x - I`, it steps by the
/// `d` of least `|A d + e|² + μ |d|²`, and lets the damping `μ` fall in proportion to `|e|`. Then it
/// converges quadratically even where fixed points form a line or a sheet and `A` is singular
/// (Fan and Yuan, Computing 74, 2005), to the point of the sheet that is about the nearest.
///
/// Only states below the tolerance are returned as points. All other searches are counted as stalled,
/// with their speeds: they ended at a minimum of `q`, or where rectifiers give the map a kink that no
/// tangent sees beyond. So the points that are found are fixed points, and there may be others.
package struct FixedPointSearch: Sendable {
  package struct Plan: Hashable, Sendable {
    /// The `q` below which a state is a point.
    ///
    /// The default, 1e-18, leaves `|F(x) - x|` below 1.5e-9: with an eigenvalue as near to 1 as 1e-3
    /// that places the point to 1e-6.
    package var tolerance = 1e-18
    /// Attempted steps.
    package var mostIterations = 100
    /// Points nearer to each other are one, in units of the starts' root mean square distance from
    /// their centre.
    ///
    /// Distances are taken from one point to another, never along chains: a sheet of points stays a
    /// sheet.
    package var uniqueness = 1e-3
    /// Points further from the starts' centre than so many times their mean distance are set apart:
    /// no trial comes near them.
    package var outlierFactor = 10.0

    package init() {}
  }

  /// Different points within reach of the trials, the slowest first.
  package private(set) var points: [FixedPoint] = []
  /// Different points far from all trials.
  package private(set) var outliers: [FixedPoint] = []
  /// Starts that ended at a point, before points were merged.
  package private(set) var convergedCount = 0
  /// The speeds `q` where the other starts ended; infinite for one that is not finite itself.
  package private(set) var stalledSpeeds: [Double] = []

  /// - Parameters:
  ///   - dynamics: The map.
  ///   - starts: `[n, S]`.
  ///   - origins: Where each start comes from.
  ///   - plan: Tolerances.
  package init(
    of dynamics: some Dynamics,
    from starts: DoubleMatrix,
    _ origins: [SearchOrigin],
    _ plan: Plan = Plan()
  ) {
    precondition(starts.rows == origins.count, "every start has its origin")
    guard starts.rows > 0 else { return }
    let cloud = Cloud(starts)
    var searches = (0..<starts.rows).map { Search(starts.row($0)) }
    Self.minimise(&searches, of: dynamics, spread: cloud.spread, plan)

    var found: [FixedPoint] = []
    for (search, origin) in zip(searches, origins) {
      guard search.speed <= plan.tolerance else {
        stalledSpeeds.append(search.speed.isFinite ? search.speed : .infinity)
        continue
      }
      found.append(
        FixedPoint(
          state: search.state,
          speed: search.speed,
          origin: origin,
          iterations: search.iterations
        )
      )
    }
    convergedCount = found.count
    let different = Self.merged(found, within: plan.uniqueness * cloud.spread)
    let reach = plan.outlierFactor * cloud.meanDistance
    points = different.filter { cloud.distance(to: $0.state) <= reach }
    outliers = different.filter { cloud.distance(to: $0.state) > reach }
  }

  // MARK: The minimiser

  private struct Search {
    var state: [Double]
    /// `e`.
    var residual: [Double] = []
    var speed = Double.infinity
    var damping = 1.0
    var iterations = 0
    var isOver = false
    /// The speed ten attempts ago decides whether the search still gets anywhere.
    var landmark = Double.infinity

    init(_ state: [Double]) { self.state = state }
  }

  /// Goes on until every search is below the tolerance, has taken too many steps, or stands still:
  /// ten attempts that together lower `q` by less than a hundredth.
  private static func minimise(
    _ searches: inout [Search],
    of dynamics: some Dynamics,
    spread: Double,
    _ plan: Plan
  ) {
    evaluate(&searches, searches.map(\.state), of: dynamics)
    for _ in 0..<plan.mostIterations {
      let active = searches.indices.filter { index in
        !searches[index].isOver && searches[index].speed > plan.tolerance
          && searches[index].speed.isFinite
      }
      if active.isEmpty { break }
      var trials: [[Double]] = []
      trials.reserveCapacity(active.count)
      for index in active {
        let search = searches[index]
        var slopes = dynamics.jacobian(at: search.state)
        for unit in 0..<slopes.rows { slopes[unit, unit] -= 1 }
        let length = (2 * search.speed).squareRoot()
        // Rounding needs a floor: the sum of squares has no more than sixteen digits.
        let step = slopes.dampedSolution(
          for: search.residual,
          damping: search.damping * length / spread + 1e-14
        )
        trials.append(step.map { zip(search.state, $0).map(-) } ?? search.state)
      }
      attempt(trials, active, &searches, of: dynamics)
    }
  }

  private static func evaluate(
    _ searches: inout [Search],
    _ states: [[Double]],
    of dynamics: some Dynamics
  ) {
    for (index, residual) in residuals(of: states, dynamics).enumerated() {
      searches[index].residual = residual
      searches[index].speed = halfSquare(residual)
    }
  }

  /// Takes the steps that make a state slower, and damps the others more.
  private static func attempt(
    _ trials: [[Double]],
    _ active: [Int],
    _ searches: inout [Search],
    of dynamics: some Dynamics
  ) {
    let residuals = residuals(of: trials, dynamics)
    for (place, index) in active.enumerated() {
      searches[index].iterations += 1
      let speed = halfSquare(residuals[place])
      if speed < searches[index].speed {
        searches[index].state = trials[place]
        searches[index].residual = residuals[place]
        searches[index].speed = speed
        searches[index].damping = max(1e-8, searches[index].damping / 8)
      } else {
        searches[index].damping *= 8
      }
      if searches[index].iterations % 10 == 0 {
        searches[index].isOver = searches[index].speed > 0.99 * searches[index].landmark
        searches[index].landmark = searches[index].speed
      }
    }
  }

  private static func residuals(
    of states: [[Double]],
    _ dynamics: some Dynamics
  ) -> [[Double]] {
    let width = dynamics.stateWidth
    let before = DoubleMatrix(rows: states.count, columns: width, values: states.flatMap { $0 })
    let after = dynamics.next(before)
    return states.indices.map { row in
      (row * width..<(row + 1) * width).map { after.values[$0] - before.values[$0] }
    }
  }

  private static func halfSquare(_ values: [Double]) -> Double {
    0.5 * values.reduce(0) { $0 + $1 * $1 }
  }

  // MARK: Which points are one

  /// The slowest first; a point joins the first one before it that is near enough.
  private static func merged(_ points: [FixedPoint], within distance: Double) -> [FixedPoint] {
    let order = points.indices.sorted { (points[$0].speed, $0) < (points[$1].speed, $1) }
    let limit = distance * distance
    var kept: [FixedPoint] = []
    for index in order {
      let point = points[index]
      let twin = kept.firstIndex { isNear($0.state, point.state, squared: limit) }
      if let twin { kept[twin].starts += 1 } else { kept.append(point) }
    }
    return kept
  }

  private static func isNear(_ left: [Double], _ right: [Double], squared limit: Double) -> Bool {
    var sum = 0.0
    for index in left.indices {
      let gap = left[index] - right[index]
      sum += gap * gap
      if sum > limit { return false }
    }
    return true
  }
}

/// Where the starts lie.
private struct Cloud {
  let center: [Double]
  /// Root mean square distance from the centre; 1 for a cloud of one point.
  let spread: Double
  let meanDistance: Double

  init(_ states: DoubleMatrix) {
    // A start that is not finite lies nowhere.
    let rows = (0..<states.rows).map(states.row).filter { $0.allSatisfy(\.isFinite) }
    guard !rows.isEmpty else {
      center = [Double](repeating: 0, count: states.columns)
      (spread, meanDistance) = (1, .infinity)
      return
    }
    let center = (0..<states.columns).map { column in mean(rows.map { $0[column] }) }
    let distances = rows.map { Self.distance($0, center) }
    let square = mean(distances.map { $0 * $0 })
    self.center = center
    spread = square > 0 ? square.squareRoot() : 1
    meanDistance = square > 0 ? mean(distances) : .infinity
  }

  func distance(to state: [Double]) -> Double { Self.distance(state, center) }

  private static func distance(_ left: [Double], _ right: [Double]) -> Double {
    zip(left, right).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
  }
}
