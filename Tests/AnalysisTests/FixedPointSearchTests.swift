import Analysis
import Compute
import TestSupport
import Testing
import Trials

@Suite("Fixed points of systems that are known")
struct FixedPointSearchTests {
  private static func search(
    _ dynamics: some Dynamics,
    _ starts: DoubleMatrix,
    _ plan: FixedPointSearch.Plan = .init()
  ) async -> FixedPointSearch {
    await FixedPointSearch(
      of: dynamics,
      from: starts,
      (0..<starts.rows).map { SearchOrigin(trial: $0 / 10, step: $0 % 10) },
      among: StateCloud(starts),
      plan
    )
  }

  @Test("A linear system has one, where it was put, with the eigenvalues that it was made of")
  func linear() async throws {
    let system = AffineSystem(radius: 0.9, cosine: 0.8, others: [0.7, -0.4, 0.1], seed: 1)
    let found = await Self.search(system, scattered(60, width: 5, within: 3, seed: 2))
    #expect(found.convergedCount == 60 && found.stalls.isEmpty)
    #expect(found.points.count == 1 && found.outliers.isEmpty)
    let point = try #require(found.points.first)
    #expect(point.starts == 60)
    // The tolerance of q over the least singular value of M - I, which is above 0.05.
    for (value, exact) in zip(point.state, system.center) {
      #expect((value - exact).magnitude < 1e-7)
    }
    let here = Linearization(of: system, at: point.state)
    let expected = [
      Eigenvalue(0.72, 0.54), Eigenvalue(0.72, -0.54), Eigenvalue(0.7), Eigenvalue(-0.4),
      Eigenvalue(0.1),
    ]
    for (value, exact) in zip(here.eigenvalues, expected) {
      #expect((value.real - exact.real).magnitude < 1e-6)
      #expect((value.imaginary - exact.imaginary).magnitude < 1e-6)
    }
    #expect(here.slowCount(SlowLimit(steps: 20)) == 0)
    // e^(-1/5) = .819 and e^(-1/2) = .607, but the pair of modulus .9 turns by .64 a step.
    #expect(here.slowCount(SlowLimit(steps: 5)) == 0)
    #expect(here.slowCount(SlowLimit(steps: 2)) == 1)
  }

  @Test("A flip-flop of n bits has 3ⁿ, each with its own eigenvalues", arguments: [1, 2, 3])
  func flipFlop(bits: Int) async {
    let gain = 1.5
    let system = FlipFlopSystem(stateWidth: bits, gain: gain)
    let found = await Self.search(system, scattered(800, width: bits, within: 1.5, seed: 3))
    let count = [1: 3, 2: 9, 3: 27][bits] ?? 0
    #expect(found.points.count == count)
    #expect(found.points.reduce(0) { $0 + $1.starts } == found.convergedCount)
    let held = (gain * gain - 1).squareRoot()
    for point in found.points {
      let expected = point.state.map { value in
        value.magnitude < 0.5 ? gain : 1 / (gain * gain)
      }.sorted(by: >)
      for value in point.state {
        #expect(min(value.magnitude, (value.magnitude - held).magnitude) < 1e-8)
      }
      let here = Linearization(of: system, at: point.state)
      for (value, exact) in zip(here.eigenvalues, expected) {
        #expect((value.real - exact).magnitude < 1e-6 && value.imaginary == 0)
      }
    }
  }

  @Test(
    "On a ring every start finds it or its middle; its points stay many, with one slow direction"
  )
  func ring() async throws {
    let system = RingSystem(stateWidth: 4, pull: 0.6)
    let found = await Self.search(system, scattered(400, width: 4, within: 1.2, seed: 4))
    // The middle is a fixed point as well, at which some searches end; all others end on the ring.
    let ring = found.points.filter { $0.state[0].magnitude + $0.state[1].magnitude > 0.5 }
    let middle = found.points.filter { $0.state[0].magnitude + $0.state[1].magnitude <= 0.5 }
    #expect(found.convergedCount == 400 && found.stalls.isEmpty && found.outliers.isEmpty)
    #expect(middle.count == 1 && middle[0].state.allSatisfy { $0.magnitude < 1e-6 })
    let starts = (ring.reduce(0) { $0 + $1.starts }, middle.reduce(0) { $0 + $1.starts })
    // As drawn, 348: a descent from near the middle ends there.
    #expect(starts.0 + starts.1 == 400 && starts.0 > 320, "\(starts)")
    #expect(ring.count > 250, "\(ring.count)")
    for point in ring {
      let radius =
        (point.state[0] * point.state[0] + point.state[1] * point.state[1]).squareRoot()
      #expect((radius - 1).magnitude < 1e-8)
      let values = Linearization(of: system, at: point.state).eigenvalues.map(\.real)
      for (value, exact) in zip(values, [1, 0.5, 0.5, 0.4]) {
        #expect((value - exact).magnitude < 1e-6)
      }
    }
    // Points that are merged are near each other, never chained along the ring.
    var coarse = FixedPointSearch.Plan()
    coarse.uniqueness = 0.5
    let merged = await Self.search(system, scattered(400, width: 4, within: 1.2, seed: 4), coarse)
    #expect((5...25).contains(merged.points.count))
  }

  @Test("On a plane the search ends at the nearest point of the plane")
  func plane() async throws {
    let system = AffineSystem(eigenvalues: [1, 1, 0.4, 0.4, 0.3, 0], seed: 5)
    let starts = scattered(200, width: 6, within: 1, seed: 6)
    // So near to each other are no two places of two hundred but by rounding.
    var plan = FixedPointSearch.Plan()
    plan.uniqueness = 1e-6
    let found = await Self.search(system, starts, plan)
    #expect(found.convergedCount == 200)
    #expect(found.points.count == 200 && found.outliers.isEmpty)
    for point in found.points {
      let start = starts.row(point.origin.trial * 10 + point.origin.step)
      for axis in system.axes.prefix(2) {
        let moved = zip(zip(point.state, start), axis).reduce(0) { $0 + ($1.0.0 - $1.0.1) * $1.1 }
        // Damping pulls in no direction; only the fast parts are moved.
        #expect(moved.magnitude < 1e-8)
      }
      let values = Linearization(of: system, at: point.state).eigenvalues.map(\.real)
      for (value, exact) in zip(values, [1, 1, 0.4, 0.4, 0.3, 0]) {
        #expect((value - exact).magnitude < 1e-6)
      }
    }
  }

  @Test(
    "A map without fixed points stalls at the least speed, and a looser tolerance calls it slow"
  )
  func stalled() async {
    let drifting = DriftingSystem(
      system: AffineSystem(eigenvalues: [1, 0.5, 0.2], seed: 8),
      pace: 0.01
    )
    let starts = scattered(30, width: 3, within: 1, seed: 9)
    let strict = await Self.search(drifting, starts)
    #expect(strict.points.isEmpty && strict.convergedCount == 0)
    #expect(strict.stalls.count == 30)
    // ½ · 0.01²
    for stall in strict.stalls {
      #expect((stall.speed - 5e-5).magnitude < 1e-9 && stall.isMinimum)
    }
    let origins = (0..<30).map { SearchOrigin(trial: $0, step: 0) }
    let both = await FixedPointSearch.fixedAndSlow(
      of: drifting,
      from: starts,
      origins,
      among: StateCloud(starts),
      .init(),
      slowSpeed: 6e-5
    )
    #expect(both.fixed.convergedCount == 0 && both.slow.convergedCount == 30)
    #expect(both.slow.points.allSatisfy { $0.speed <= 6e-5 })
  }

  @Test(
    "Units that silence each other have 3ⁿ, at both sides of their kinks",
    arguments: [1, 2, 3]
  )
  func rivals(pairs: Int) async {
    let system = RivalSystem(pairs: pairs)
    let found = await Self.search(system, scattered(400, width: 2 * pairs, within: 1.5, seed: 13))
    #expect(found.points.count == [1: 3, 2: 9, 3: 27][pairs])
    #expect(found.convergedCount + found.stalls.count == 400)
    for point in found.points {
      var expected: [Double] = []
      for pair in 0..<pairs {
        let (x, y) = (point.state[2 * pair], point.state[2 * pair + 1])
        let isMiddle = (x - 1.0 / 3).magnitude < 1e-8 && (y - 1.0 / 3).magnitude < 1e-8
        #expect(isMiddle || ((x * y).magnitude < 1e-8 && (x + y - 1).magnitude < 1e-8))
        expected += isMiddle ? [2, 2] : [0, 0]
      }
      let values = Linearization(of: system, at: point.state).eigenvalues.map(\.modulus)
      for (value, exact) in zip(values, expected.sorted(by: >)) {
        #expect((value - exact).magnitude < 1e-6)
      }
    }
  }

  @Test("Leaps cross the kinks at which a descent stalls, and find what trying every piece finds")
  func kinks() async {
    var (leaped, downhill, converged, kinks) = (0, 0, 0, 0)
    var (met, missed) = (0, 0)
    for seed in 0..<12 {
      let system = RectifierSystem(units: 8, seed: UInt64(40 + seed))
      let all = system.fixedPoints
      let starts = scattered(100, width: 8, within: 2, seed: UInt64(60 + seed))
      let found = await Self.search(system, starts)
      for point in found.points + found.outliers {
        #expect(
          all.contains { exact in
            zip(exact, point.state).allSatisfy { ($0 - $1).magnitude < 1e-6 }
          }
        )
      }
      let reached = all.count { exact in
        (found.points + found.outliers).contains { point in
          zip(exact, point.state).allSatisfy { ($0 - $1).magnitude < 1e-6 }
        }
      }
      met += reached
      missed += all.count - reached
      var plan = FixedPointSearch.Plan()
      plan.mostLeaps = 0
      let descended = await Self.search(system, starts, plan)
      #expect(descended.leapedCount == 0)
      #expect(descended.convergedCount == found.convergedCount - found.leapedCount)
      leaped += found.leapedCount
      downhill += descended.convergedCount
      converged += found.convergedCount
      kinks += descended.stalls.count { !$0.isMinimum }
    }
    // As drawn: most of what stalls does so at a kink, and leaps find most of that.
    #expect(kinks > 100 && leaped > 100, "\(kinks) \(leaped) \(downhill) \(converged)")
    // One for each system, and no more.
    #expect(met == 12 && missed == 0, "\(met) found, \(missed) not")
  }

  @Test("The systems' own Jacobians are derivatives of their maps")
  func derivatives() {
    func check(_ dynamics: some Dynamics) {
      var random = PlainRandom(seed: 14)
      let width = dynamics.stateWidth
      for _ in 0..<5 {
        let state = (0..<width).map { _ in random.uniform(from: 0.1, to: 1.4) }
        let slopes = dynamics.jacobian(at: state)
        for input in 0..<width {
          var (up, down) = (state, state)
          up[input] += 1e-5
          down[input] -= 1e-5
          let ends = dynamics.next(DoubleMatrix(rows: 2, columns: width, values: up + down))
          for output in 0..<width {
            // Third derivatives near 1 cost 1e-10, rounding 1e-11.
            let difference = (ends[0, output] - ends[1, output]) / 2e-5
            #expect((slopes[output, input] - difference).magnitude < 1e-8)
          }
        }
      }
    }
    check(AffineSystem(eigenvalues: [1, 0.5, -0.3], seed: 1))
    check(AffineSystem(radius: 0.9, cosine: 0.8, others: [0.7], seed: 1))
    check(AffineSystem(turningBy: 0.4, others: [0.7], seed: 1))
    check(RingSystem(stateWidth: 4, pull: 0.6))
    check(RingSystem(stateWidth: 3, pull: 0.2, turn: 0.3))
    check(FlipFlopSystem(stateWidth: 2, gain: 1.5))
    check(RivalSystem(pairs: 2))
    check(RectifierSystem(units: 8, seed: 40))
    check(BowlSystem())
  }

  @Test("A limit cycle has one fixed point, its middle, which turns outwards")
  func limitCycle() async throws {
    let system = RingSystem(stateWidth: 3, pull: 0.2, turn: 0.3)
    let found = await Self.search(system, scattered(100, width: 3, within: 1.2, seed: 15))
    #expect(found.points.count == 1, "\(found.convergedCount) of 100 searches converged")
    for point in found.points {
      #expect(point.state.allSatisfy { $0.magnitude < 1e-6 })
      let here = Linearization(of: system, at: point.state)
      #expect(here.eigenvalues.prefix(2).allSatisfy { $0.modulus > 1 && $0.imaginary != 0 })
    }
    let limit = SlowLimit(steps: 20)
    let onCycle = Linearization(of: system, at: [0.6, 0.8, 0])
    #expect(onCycle.slowCount(limit) == 0)
  }

  @Test(
    "From one piece of the map all searches end in it; starts beside the states find the others"
  )
  func moved() async {
    let system = RivalSystem(pairs: 2)
    // All trials keep near (1, 0, 1, 0), in the piece of that fixed point.
    func starts(_ count: Int, movedBy deviation: Double) -> (DoubleMatrix, [SearchOrigin]) {
      var random = PlainRandom(seed: 16)
      var states = DoubleMatrix(rows: count, columns: 4)
      let origins = (0..<count).map { row in
        SearchOrigin(trial: row, step: 0, isMoved: deviation > 0 && row % 4 == 3)
      }
      for row in 0..<count {
        for column in 0..<4 {
          states[row, column] = (column % 2 == 0 ? 1 : 0) + 0.05 * random.normal()
          if origins[row].isMoved { states[row, column] += deviation * random.normal() }
        }
      }
      return (states, origins)
    }
    let (seen, still) = starts(800, movedBy: 0)
    let narrow = await FixedPointSearch(of: system, from: seen, still, among: StateCloud(seen))
    #expect(narrow.points.count == 1 && narrow.outliers.isEmpty)
    #expect(narrow.points.allSatisfy { $0.movedStarts == 0 })
    let (beside, origins) = starts(800, movedBy: 1.5)
    var plan = FixedPointSearch.Plan()
    plan.outlierFactor = 100
    let cloud = StateCloud(seen)
    let wide = await FixedPointSearch(of: system, from: beside, origins, among: cloud, plan)
    #expect(wide.points.count == 9, "\(wide.points.map(\.state))")
    for point in wide.points {
      let isSeen = zip(point.state, [1, 0, 1, 0]).allSatisfy { ($0 - $1).magnitude < 1e-6 }
      #expect((point.movedStarts == point.starts) != isSeen)
      #expect(point.origin.isMoved != isSeen || isSeen)
    }
    #expect(wide.points.reduce(0) { $0 + $1.movedStarts } <= 200)
    // Where trials lie is told by their states, not by starts: beside their .1, .75 is far.
    plan.outlierFactor = 5
    let near = await FixedPointSearch(of: system, from: beside, origins, among: cloud, plan)
    #expect(near.points.count == 1 && near.outliers.count == 8)
  }

  @Test("Points that no trial comes near are set apart; starts that are not finite are stalled")
  func outliers() async {
    let system = AffineSystem(eigenvalues: [0.9, 0.5], seed: 10)
    var starts = scattered(20, width: 2, within: 0.001, seed: 11)
    let far = await Self.search(system, starts)
    #expect(far.points.isEmpty && far.outliers.count == 1 && far.outliers[0].starts == 20)
    starts = scattered(4, width: 2, within: 3, seed: 12)
    starts[1, 0] = .nan
    let broken = await Self.search(system, starts)
    #expect(broken.stalls.count == 1 && broken.stalls[0].speed == .infinity)
    let none = await Self.search(system, DoubleMatrix(rows: 0, columns: 2))
    #expect(none.points.isEmpty && none.convergedCount == 0)
  }
}

@Suite("What eigenvalues mean")
struct LinearizationTests {
  @Test("Time constants, frequencies and the limits of slowness by their closed forms")
  func meanings() {
    // theory: |m| = .993 remembers for 142 steps.
    #expect((Eigenvalue(0.993).timeConstant(step: 1) - 142.356).magnitude < 1e-3)
    #expect(Eigenvalue(1).timeConstant(step: 1) == .infinity)
    #expect(Eigenvalue(0, 1).timeConstant(step: 0.1) == .infinity)
    #expect(Eigenvalue(0).timeConstant(step: 1) == 0)
    #expect((Eigenvalue(0, 0.5).frequency(step: 0.1) - 2.5).magnitude < 1e-14)
    #expect((Eigenvalue(-0.5).frequency(step: 0.1) - 5).magnitude < 1e-14)
    #expect(Eigenvalue(0.5).frequency(step: 0.1) == 0)
    let limit = SlowLimit(steps: 20)
    #expect((limit.lower - 0.951229424500714).magnitude < 1e-15)
    #expect(limit.isSlow(Eigenvalue(0.952)) && !limit.isSlow(Eigenvalue(0.951)))
    #expect(limit.isSlow(Eigenvalue(1.05)) && !limit.isSlow(Eigenvalue(1.06)))
    // On the unit circle, but a turn of .93 a step, and of half a circle.
    #expect(!limit.isSlow(Eigenvalue(0.6, -0.8)) && !limit.isSlow(Eigenvalue(-1)))
    #expect(limit.isSlow(Eigenvalue(0.99, 0.04)) && !limit.isSlow(Eigenvalue(0.99, 0.06)))
    #expect((Eigenvalue(0.6, -0.8).angle - 0.9272952180016122).magnitude < 1e-15)
  }

  @Test("Principal angles of planes that were tilted on purpose")
  func tilted() {
    let cosine = 0.8
    let angles = principalAngles(
      between: [[1, 0, 0, 0], [0, 2, 0, 0]],
      [[1, 0, 0, 0], [0, cosine, 0.6, 0]]
    )
    #expect(angles.count == 2)
    #expect(angles[0] < 1e-5)
    #expect((angles[1] - 36.86989764584402).magnitude < 1e-9)
    #expect(principalAngles(between: [[1, 0]], [[0, 0]]).isEmpty)
  }
}
