import Compute
import Trials

/// Where a search began: at a state that was seen in a trial, or near one.
package struct SearchOrigin: Hashable, Sendable {
  package let trial: Int
  package let step: Int
  /// Whether noise moved the state away from where it was seen.
  package let isMoved: Bool

  package init(trial: Int, step: Int, isMoved: Bool = false) {
    self.trial = trial
    self.step = step
    self.isMoved = isMoved
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
  package internal(set) var starts = 1
  /// How many of them were moved: if all were, no state of a trial led here.
  package internal(set) var movedStarts: Int

  init(state: [Double], speed: Double, origin: SearchOrigin, iterations: Int) {
    self.state = state
    self.speed = speed
    self.origin = origin
    self.iterations = iterations
    movedStarts = origin.isMoved ? 1 : 0
  }
}

/// Finds fixed points, or slow ones, by minimising `q = ½ |F(x) - x|²` from many states at once.
///
/// Source of the idea: Sussillo and Barak, Neural Computation 25, 2013. A search descends by damped
/// tangent steps (``FixedPointSearch/descend(_:of:spread:_:)``). Where it stalls above the tolerance,
/// it goes on by leaps, which may raise `q` (``FixedPointSearch/leap(_:of:_:)``). A start that noise
/// moved leaps first (``FixedPointSearch/leapAhead(_:of:_:)``).
///
/// Only states below the tolerance are returned as points. All other searches are counted as stalled:
/// at a minimum of `q`, or where rectifiers give the map a kink that no tangent sees beyond. So the
/// points that are found are fixed points, and there may be others.
package struct FixedPointSearch: Sendable {
  package struct Plan: Hashable, Sendable {
    /// The `q` below which a state is a point.
    ///
    /// The default, 1e-18, leaves `|F(x) - x|` below 1.5e-9: with an eigenvalue as near to 1 as 1e-3
    /// that places the point to 1e-6.
    package var tolerance = 1e-18
    /// Attempted steps of the descent.
    package var mostIterations = 100
    /// Leaps from each of three places, for a search that stalls; 0 leaves it where it is.
    package var mostLeaps = 20
    /// Points nearer to each other are one, in units of the cloud's spread.
    ///
    /// Distances are taken from one point to another, never along chains: a sheet of points stays a
    /// sheet.
    package var uniqueness = 1e-3
    /// Points further from the cloud's centre than so many times its mean distance are set apart:
    /// no trial comes near them.
    package var outlierFactor = 10.0

    package init() {}
  }

  /// Where a search ended that found nothing.
  package struct Stall: Sendable {
    /// `q`; infinite for a start that is not finite itself.
    package let speed: Double
    /// Whether even the tangent promises no more than a hundredth of `q`: a minimum, and no kink.
    package let isMinimum: Bool
  }

  /// Different points within reach of the trials, the slowest first.
  package private(set) var points: [FixedPoint] = []
  /// Different points far from all trials.
  package private(set) var outliers: [FixedPoint] = []
  /// Starts that ended at a point, before points were merged.
  package private(set) var convergedCount = 0
  /// How many of them ended with a leap.
  package private(set) var leapedCount = 0
  package private(set) var stalls: [Stall] = []

  /// - Parameters:
  ///   - dynamics: The map.
  ///   - starts: `[n, S]`.
  ///   - origins: Where each start comes from.
  ///   - cloud: Where the trials' states lie.
  ///   - plan: Tolerances.
  package init(
    of dynamics: some Dynamics,
    from starts: DoubleMatrix,
    _ origins: [SearchOrigin],
    among cloud: StateCloud,
    _ plan: Plan = Plan()
  ) async {
    self = await Self.fixedAndSlow(
      of: dynamics,
      from: starts,
      origins,
      among: cloud,
      plan,
      slowSpeed: plan.tolerance
    ).fixed
  }

  /// The fixed points, and the slow points that the same searches pass on their way: of each the
  /// first state with `q` at most `slowSpeed`.
  package static func fixedAndSlow(
    of dynamics: some Dynamics,
    from starts: DoubleMatrix,
    _ origins: [SearchOrigin],
    among cloud: StateCloud,
    _ plan: Plan,
    slowSpeed: Double
  ) async -> (fixed: FixedPointSearch, slow: FixedPointSearch) {
    precondition(starts.rows == origins.count, "every start has its origin")
    let searches = await ended(
      origins.enumerated().map { row, origin in
        Search(
          starts.row(row),
          isMoved: origin.isMoved,
          slowSpeed: max(slowSpeed, plan.tolerance)
        )
      },
      of: dynamics,
      spread: cloud.spread,
      plan
    )
    func collected(_ ends: [Search.End?]) -> FixedPointSearch {
      FixedPointSearch(ends, searches.map(\.stall), origins, cloud, plan)
    }
    return (collected(searches.map(\.end)), collected(searches.map(\.slow)))
  }

  /// Searches that are done together: enough for the map's products, few enough for every core.
  private static let crowd = 128

  /// Every search at its end, on all cores.
  ///
  /// Crowds are the same on any number of cores, so the result is, too, to the last bit.
  private static func ended(
    _ searches: [Search],
    of dynamics: some Dynamics,
    spread: Double,
    _ plan: Plan
  ) async -> [Search] {
    await withTaskGroup(of: (Int, [Search]).self) { group in
      let crowds = stride(from: 0, to: searches.count, by: crowd)
      for first in crowds {
        var crowded = Array(searches[first..<min(first + crowd, searches.count)])
        group.addTask {
          begin(&crowded, of: dynamics, plan)
          leapAhead(&crowded, of: dynamics, plan)
          descend(&crowded, of: dynamics, spread: spread, plan)
          for index in crowded.indices where crowded[index].end == nil {
            crowded[index].stall = stall(of: crowded[index], dynamics)
          }
          leap(&crowded, of: dynamics, plan)
          return (first, crowded)
        }
      }
      var ended = searches
      for await (first, crowded) in group {
        ended.replaceSubrange(first..<first + crowded.count, with: crowded)
      }
      return ended
    }
  }

  private init(
    _ ends: [Search.End?],
    _ stalls: [Stall?],
    _ origins: [SearchOrigin],
    _ cloud: StateCloud,
    _ plan: Plan
  ) {
    var found: [FixedPoint] = []
    for (index, end) in ends.enumerated() {
      guard let end else {
        if let stall = stalls[index] { self.stalls.append(stall) }
        continue
      }
      if end.isLeap { leapedCount += 1 }
      found.append(
        FixedPoint(
          state: end.state,
          speed: end.speed,
          origin: origins[index],
          iterations: end.iterations
        )
      )
    }
    convergedCount = found.count
    let different = Self.merged(found, within: plan.uniqueness * cloud.spread)
    let reach = plan.outlierFactor * cloud.meanDistance
    points = different.filter { cloud.distance(to: $0.state) <= reach }
    outliers = different.filter { cloud.distance(to: $0.state) > reach }
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
      if let twin {
        kept[twin].starts += point.starts
        kept[twin].movedStarts += point.movedStarts
      } else {
        kept.append(point)
      }
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

/// Where the states of trials lie: what is near to them and what is far, and how near two points
/// must be to be one.
///
/// It is taken from states that no search has chosen, so that neither turns on the number of searches.
package struct StateCloud: Sendable {
  let center: [Double]
  /// Root mean square distance from the centre; 1 for a cloud of one point.
  let spread: Double
  /// Infinite for a cloud of one point: nothing is far from it.
  let meanDistance: Double

  /// - Parameter states: `[n, S]`; one that is not finite lies nowhere.
  package init(_ states: DoubleMatrix) {
    let rows = (0..<states.rows).map(states.row).filter { $0.allSatisfy(\.isFinite) }
    guard !rows.isEmpty else {
      center = [Double](repeating: 0, count: states.columns)
      (spread, meanDistance) = (1, .infinity)
      return
    }
    var center = [Double](repeating: 0, count: states.columns)
    for row in rows {
      for (column, value) in row.enumerated() { center[column] += value / Double(rows.count) }
    }
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
