import Compute
import Trials

// How a search moves: downhill by damped tangent steps, and from where that stalls by leaps.
extension FixedPointSearch {
  struct Search {
    /// A state that was slow enough, and how it was reached.
    struct End {
      let state: [Double]
      let speed: Double
      let iterations: Int
      let isLeap: Bool
    }

    let start: [Double]
    /// Whether noise moved the start: then leaps come first.
    let isMoved: Bool
    /// Where the descent is.
    var state: [Double]
    /// `e = F(x) - x`.
    var residual: [Double] = []
    var speed = Double.infinity
    var damping = 1.0
    var iterations = 0
    var isOver = false
    /// The speed ten attempts ago decides whether the search still gets anywhere.
    var landmark = Double.infinity
    /// Where the descent ended, if that is no fixed point.
    var stall: Stall?
    /// A fixed point.
    var end: End?
    /// The first state that was slow.
    var slow: End?
    let slowSpeed: Double

    init(_ state: [Double], isMoved: Bool, slowSpeed: Double) {
      start = state
      self.isMoved = isMoved
      self.state = state
      self.slowSpeed = slowSpeed
    }

    /// Keeps a state that is slow, or still.
    mutating func notice(_ state: [Double], _ speed: Double, isLeap: Bool, tolerance: Double) {
      guard speed <= slowSpeed else { return }
      let here = End(state: state, speed: speed, iterations: iterations, isLeap: isLeap)
      if slow == nil { slow = here }
      if speed <= tolerance { end = here }
    }
  }

  /// Looks at where every search starts.
  static func begin(_ searches: inout [Search], of dynamics: some Dynamics, _ plan: Plan) {
    for (index, residual) in residuals(of: searches.map(\.start), dynamics).enumerated() {
      move(&searches[index], to: searches[index].start, residual, plan.tolerance)
    }
  }

  // MARK: Descent

  /// Levenberg and Marquardt's method with exact Jacobians.
  ///
  /// With `A = ∂F/∂x - I` it steps by the `d` of least `|A d + e|² + μ |d|²`, and lets the damping `μ`
  /// fall in proportion to `|e|`. Then it converges quadratically even where fixed points form a line
  /// or a sheet and `A` is singular (Fan and Yuan, Computing 74, 2005), to the point of the sheet that
  /// is about the nearest.
  ///
  /// Goes on until every search is below the tolerance, has taken too many steps, or stands still:
  /// ten attempts that together lower `q` by less than a hundredth.
  static func descend(
    _ searches: inout [Search],
    of dynamics: some Dynamics,
    spread: Double,
    _ plan: Plan
  ) {
    for _ in 0..<plan.mostIterations {
      let active = searches.indices.filter { index in
        !searches[index].isOver && searches[index].end == nil && searches[index].speed.isFinite
      }
      if active.isEmpty { break }
      let trials = active.map { index in
        let search = searches[index]
        let length = (2 * search.speed).squareRoot()
        // Rounding needs a floor: the sum of squares has no more than sixteen digits.
        let step = slopes(of: dynamics, at: search.state).dampedSolution(
          for: search.residual,
          damping: search.damping * length / spread + 1e-14
        )
        return step.map { zip(search.state, $0).map(-) } ?? search.state
      }
      attempt(trials, active, &searches, of: dynamics, plan)
    }
  }

  /// Takes the steps that make a state slower, and damps the others more.
  private static func attempt(
    _ trials: [[Double]],
    _ active: [Int],
    _ searches: inout [Search],
    of dynamics: some Dynamics,
    _ plan: Plan
  ) {
    let residuals = residuals(of: trials, dynamics)
    for (place, index) in active.enumerated() {
      searches[index].iterations += 1
      if halfSquare(residuals[place]) < searches[index].speed {
        move(&searches[index], to: trials[place], residuals[place], plan.tolerance)
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

  private static func move(
    _ search: inout Search,
    to state: [Double],
    _ residual: [Double],
    _ tolerance: Double
  ) {
    search.state = state
    search.residual = residual
    search.speed = halfSquare(residual)
    search.notice(state, search.speed, isLeap: false, tolerance: tolerance)
  }

  /// What the tangent says of the place where a descent ended.
  static func stall(of search: Search, _ dynamics: some Dynamics) -> Stall {
    guard search.speed.isFinite else { return Stall(speed: .infinity, isMinimum: false) }
    let slopes = slopes(of: dynamics, at: search.state)
    guard let step = slopes.dampedSolution(for: search.residual, damping: 1e-14) else {
      return Stall(speed: search.speed, isMinimum: false)
    }
    let left = zip(search.residual, slopes.times(step)).map(-)
    return Stall(speed: search.speed, isMinimum: halfSquare(left) >= 0.99 * search.speed)
  }

  // MARK: Leaps

  /// How many steps of the map lie between a start and the place of the last leaps.
  private static let stepsAhead = 20

  /// Newton's steps without damping, whatever they do to `q`.
  ///
  /// Between its kinks a rectifier network is affine, so that a step to the root of the tangent is the
  /// fixed point itself, if it lies in the same piece. If not, the leap ends in another piece, and the
  /// next one starts there: the kink is crossed, which no descent of `q` does. Leaps of full length
  /// can go round in circles of a few pieces; so one that doesn't land is cut to between six tenths
  /// and the whole, by a sequence that never repeats.
  ///
  /// From where the descent stalled, then from the start (unless ``leapAhead(_:of:_:)`` did), then from
  /// where the map takes the start.
  static func leap(_ searches: inout [Search], of dynamics: some Dynamics, _ plan: Plan) {
    for attempt in 0..<3 {
      let left = unended(searches).filter { attempt != 1 || !searches[$0].isMoved }
      if left.isEmpty { continue }
      var states = left.map { attempt == 0 ? searches[$0].state : searches[$0].start }
      if attempt == 2 {
        states = rows(of: dynamics.advanced(matrix(states, dynamics), steps: stepsAhead))
      }
      leap(left, from: states, &searches, of: dynamics, plan)
    }
  }

  /// Before any descent: leaps from starts that were moved.
  ///
  /// A descent from beside the states leads back to them, and to the fixed points that the states find
  /// anyway; leaps from there end anywhere.
  static func leapAhead(_ searches: inout [Search], of dynamics: some Dynamics, _ plan: Plan) {
    let moved = unended(searches).filter { searches[$0].isMoved }
    leap(moved, from: moved.map { searches[$0].start }, &searches, of: dynamics, plan)
  }

  private static func unended(_ searches: [Search]) -> [Int] {
    searches.indices.filter { searches[$0].end == nil && searches[$0].speed.isFinite }
  }

  private static func leap(
    _ indices: [Int],
    from states: [[Double]],
    _ searches: inout [Search],
    of dynamics: some Dynamics,
    _ plan: Plan
  ) {
    var (indices, states) = (indices, states)
    for count in 0..<plan.mostLeaps {
      if indices.isEmpty { return }
      let golden = Double(count + 1) * 0.618033988749895
      let share = 0.6 + 0.4 * (golden - golden.rounded(.down))
      let residuals = residuals(of: states, dynamics)
      let steps = states.indices.map { place in
        slopes(of: dynamics, at: states[place]).solution(for: residuals[place])
      }
      let whole = states.indices.map { place in ahead(states[place], steps[place], 1) }
      let part = states.indices.map { place in ahead(states[place], steps[place], share) }
      let (wholeSpeeds, partSpeeds) = (speeds(of: whole, dynamics), speeds(of: part, dynamics))
      var next: (indices: [Int], states: [[Double]]) = ([], [])
      // A singular tangent has no root.
      for (place, index) in indices.enumerated() where steps[place] != nil {
        searches[index].iterations += 1
        let lands =
          wholeSpeeds[place] <= plan.tolerance && isExact(whole[place], plan.tolerance)
        guard lands || isExact(part[place], plan.tolerance) else { continue }
        searches[index].notice(
          lands ? whole[place] : part[place],
          lands ? wholeSpeeds[place] : partSpeeds[place],
          isLeap: true,
          tolerance: plan.tolerance
        )
        guard searches[index].end == nil else { continue }
        next.indices.append(index)
        next.states.append(part[place])
      }
      (indices, states) = next
    }
  }

  /// Whether `F(x) - x` still has two digits at the tolerance: far enough out, where a nearly singular
  /// tangent throws a leap, every state is its own successor by rounding.
  private static func isExact(_ state: [Double], _ tolerance: Double) -> Bool {
    // Not a number is not below either.
    (2 * halfSquare(state)).squareRoot() * .ulpOfOne <= 0.01 * (2 * tolerance).squareRoot()
  }

  private static func ahead(_ state: [Double], _ step: [Double]?, _ share: Double) -> [Double] {
    guard let step else { return state }
    return state.indices.map { state[$0] - share * step[$0] }
  }

  // MARK: The map

  /// `∂F/∂x - I`.
  private static func slopes(of dynamics: some Dynamics, at state: [Double]) -> DoubleMatrix {
    var slopes = dynamics.jacobian(at: state)
    for unit in 0..<slopes.rows { slopes[unit, unit] -= 1 }
    return slopes
  }

  private static func residuals(of states: [[Double]], _ dynamics: some Dynamics) -> [[Double]] {
    let before = matrix(states, dynamics)
    let after = dynamics.next(before)
    let width = before.columns
    return states.indices.map { row in
      (row * width..<(row + 1) * width).map { after.values[$0] - before.values[$0] }
    }
  }

  private static func speeds(of states: [[Double]], _ dynamics: some Dynamics) -> [Double] {
    residuals(of: states, dynamics).map(halfSquare)
  }

  private static func matrix(_ states: [[Double]], _ dynamics: some Dynamics) -> DoubleMatrix {
    DoubleMatrix(
      rows: states.count,
      columns: dynamics.stateWidth,
      values: states.flatMap { $0 }
    )
  }

  private static func rows(of matrix: DoubleMatrix) -> [[Double]] {
    (0..<matrix.rows).map(matrix.row)
  }

  private static func halfSquare(_ values: [Double]) -> Double {
    0.5 * values.reduce(0) { $0 + $1 * $1 }
  }
}
