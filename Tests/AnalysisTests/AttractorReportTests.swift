import Analysis
import Compute
import RealModule
import TestSupport
import Testing
import Trials

@Suite("Attractor, slow manifold or neither")
struct AttractorReportTests {
  /// States on the first two axes of a system, at the latent and a blur of what an observer of
  /// twenty looks is unsure.
  private static func states(
    _ system: AffineSystem,
    _ count: Int,
    blur: Double,
    seed: UInt64,
    moved: (dimension: Int, by: Double)? = nil
  ) -> LatentStates {
    var random = PlainRandom(seed: seed)
    var states = DoubleMatrix(rows: count, columns: system.stateWidth)
    var latents = DoubleMatrix(rows: count, columns: 2)
    for row in 0..<count {
      for column in system.center.indices { states[row, column] = system.center[column] }
      for dimension in 0..<2 {
        let latent = random.uniform(from: -0.5, to: 0.5)
        latents[row, dimension] = latent
        let shift = moved?.dimension == dimension ? moved?.by ?? 0 : 0
        let seen = 3 * (latent + blur * random.normal() + shift)
        for column in system.center.indices {
          states[row, column] += seen * system.axes[dimension][column]
        }
      }
    }
    return LatentStates(states: states, latents: latents)
  }

  private static func report(_ eigenvalues: [Double]) async -> (AttractorReport, AttractorVerdict) {
    let system = AffineSystem(eigenvalues: eigenvalues, seed: 21)
    return await report(of: system, on: system)
  }

  /// What is said of a map whose states lie where those of an affine system do.
  private static func report(
    of dynamics: some Dynamics,
    on system: AffineSystem,
    settling: Int = 0
  ) async -> (AttractorReport, AttractorVerdict) {
    let blur = 0.2 / 20.0.squareRoot()
    func shifted(_ dimension: Int, _ way: Double) -> DoubleMatrix {
      states(system, 100, blur: 0, seed: 24, moved: (dimension, way * AttractorCase.shift)).states
    }
    return await report(
      of: dynamics,
      AttractorCase(
        fitting: states(system, 800, blur: blur, seed: 22),
        test: states(system, 800, blur: blur, seed: 23),
        places: states(system, 100, blur: 0, seed: 24),
        shifted: (0..<2).map { (shifted($0, 1), shifted($0, -1)) },
        looks: 20,
        uncertainty: blur,
        seed: 26
      ),
      from: dynamics.advanced(states(system, 300, blur: 0, seed: 25).states, steps: settling)
    )
  }

  private static func report(
    of dynamics: some Dynamics,
    _ system: AttractorCase,
    from starts: DoubleMatrix
  ) async -> (AttractorReport, AttractorVerdict) {
    let report = AttractorReport(of: dynamics, system)
    let (_, slow) = await FixedPointSearch.fixedAndSlow(
      of: dynamics,
      from: starts,
      (0..<starts.rows).map { SearchOrigin(trial: $0, step: 0) },
      among: StateCloud(starts),
      .init(),
      slowSpeed: report.slowSpeed
    )
    return (report, AttractorVerdict(report, slowPoints: slow.points))
  }

  @Test("A plane of fixed points is an attractor")
  func attractor() async throws {
    let (report, verdict) = await Self.report([1, 1, 0.4, 0.3, 0.2])
    #expect(
      verdict.kind == .attractor,
      "\(verdict.criteria.filter { !$0.isMet(for: verdict.kind) })"
    )
    #expect(report.slowCounts.allSatisfy { $0 == 2 })
    #expect(report.driftSpeeds.allSatisfy { $0 < 1e-9 })
    // The slow plane is that of the encoding axes, whose slopes the finite sample doesn't tilt.
    #expect(report.planeAngles.allSatisfy { $0.count == 2 && $0[1] < 1e-4 })
    #expect(report.tangentAngles.allSatisfy { $0.count == 2 && $0[1] < 1e-4 })
    // Never forgotten, against 1/|ln .4|.
    #expect(report.gaps.allSatisfy { $0 > 1e9 })
    // What 1/(1 + 12 s²) says of one look at noise s = .2/√20, within the spread of 800 trials.
    let first = try #require(report.hold.fixed(after: 0))
    #expect((first - 0.9766).magnitude < 0.004)
    #expect((try #require(report.hold.fixed(after: 100)) - first).magnitude < 1e-6)
  }

  @Test("A plane that slowly shrinks keeps what it knows and loses its place: a slow manifold")
  func slowManifold() async throws {
    let (report, verdict) = await Self.report([0.97, 0.97, 0.4, 0.3, 0.2])
    #expect(
      verdict.kind == .slowManifold,
      "\(verdict.criteria.filter { !$0.isMet(for: verdict.kind) })"
    )
    #expect(report.slowCounts.allSatisfy { $0 == 2 })
    // Settled and read anew, a place x drifts by 3 % of itself in a step.
    for (row, drift) in report.drift.enumerated() {
      for dimension in 0..<2 {
        // The penalty of the decoder pulls by less than a hundredth.
        #expect((drift.velocity[dimension] + 0.03 * drift.place[dimension]).magnitude < 1e-4)
      }
      #expect(row < 100)
    }
    // .97^20 = .5438 of the estimate is left, which the decoder shrinks by 1/(1 + 12 s²) besides:
    // 12 E[(1 - shrunk)² x²] is lost, and the noise shrinks too.
    let fixed = try #require(report.hold.fixed(after: 20))
    let shrunk = 0.5437943 / 1.024
    let expected = 1 - (1 - shrunk) * (1 - shrunk) - 12 * shrunk * shrunk * 0.002
    #expect((fixed - expected).magnitude < 0.01)
    #expect(try #require(report.hold.refitted(after: 20)) > 0.97)
  }

  @Test("What forgets within the trial is neither, and so is what holds in one direction only")
  func neither() async throws {
    #expect(await Self.report([0.5, 0.5, 0.4, 0.3, 0.2]).1.kind == .neither)
    #expect(await Self.report([1, 0.5, 0.4, 0.3, 0.2]).1.kind == .neither)
    // A third slow direction is one too many, and one that grows is no attractor's.
    #expect(await Self.report([1, 1, 0.99, 0.3, 0.2]).1.kind == .neither)
    let (report, verdict) = await Self.report([1, 1, 1.2, 0.3, 0.2])
    #expect(verdict.kind == .neither)
    #expect(report.growingCounts.allSatisfy { $0 == 1 })
  }

  /// What is asked of how well states are still told apart.
  private static func information(
    _ verdict: AttractorVerdict
  ) throws -> AttractorVerdict.Criterion {
    try #require(verdict.criteria.first { $0.name == "information" })
  }

  @Test("What has shrunk below a hundredth of its spread is not held, though it can be inverted")
  func shrunk() async throws {
    let (report, verdict) = await Self.report([0.6, 0.6, 0.2, 0.1, 0.1])
    // 4e-5 of its size, which least squares reads as well as ever.
    #expect(try #require(report.hold.refitted(after: 20)) > 0.97)
    #expect(try #require(report.hold.blurred(after: 20)).magnitude < 0.05)
    #expect(try !Self.information(verdict).isMet(for: .slowManifold))
    // At the last look the noise costs 1e-4, and .97^20 is more than half.
    let slow = await Self.report([0.97, 0.97, 0.4, 0.3, 0.2])
    let first = try #require(slow.0.hold.blurred(after: 0))
    #expect((first - (try #require(slow.0.hold.refitted(after: 0)))).magnitude < 1e-3)
    #expect(try Self.information(slow.1).isMet(for: .slowManifold))
  }

  @Test("What noise takes away is what the size of the sheet beside it says")
  func blurred() async throws {
    let (report, _) = await Self.report([0.87, 0.87, 0.2, 0.1, 0.1])
    // A latent's variance 1/12 and its blur s² = .002, three units of the state each.
    let variance = 9 * (1.0 / 12 + 0.002)
    #expect((report.hold.noise - 0.01 * variance.squareRoot()).magnitude < 3e-4)
    let left = Double.pow(0.87, 40)
    let noise = 1e-4 * variance
    let expected = 9 * left / 12 / (left * variance + noise)
    // .952 after twenty steps, within the spread of 800 trials; .977 without noise.
    #expect((try #require(report.hold.blurred(after: 20)) - expected).magnitude < 0.008)
    #expect(try #require(report.hold.refitted(after: 20)) > 0.97)
  }

  @Test("A plane that turns keeps every length, and yet it is neither")
  func rotation() async throws {
    let system = AffineSystem(turningBy: 0.4, others: [0.4, 0.3, 0.2], seed: 21)
    let (report, verdict) = await Self.report(of: system, on: system)
    #expect(verdict.kind == .neither)
    #expect(report.slowCounts.allSatisfy { $0 == 0 })
    // A decoder fitted anew still reads everything: only the turn tells.
    #expect(try #require(report.hold.refitted(after: 20)) > 0.97)
  }

  @Test("A limit cycle is neither, however weakly it draws")
  func limitCycle() async {
    var plane = AffineSystem(eigenvalues: [1, 1, 0.5], seed: 21)
    plane.lieFlat()
    for pull in [0.02, 0.3] {
      let system = RingSystem(stateWidth: 3, pull: pull, turn: 0.3)
      #expect(await Self.report(of: system, on: plane).1.kind == .neither)
    }
  }

  @Test("A plane on which everything moves is slow only if it moves slowly")
  func drifting() async {
    let system = AffineSystem(eigenvalues: [1, 1, 0.4, 0.3], seed: 21)
    // A latent unit is three units of the state: here .033 and .04 a step, beside ½√2/20 = .0354.
    let slow = await Self.report(of: DriftingSystem(system: system, pace: 0.1), on: system)
    #expect(slow.1.kind == .slowManifold, "\(slow.1.criteria)")
    #expect(slow.0.slowDriftShare == 1)
    let fast = await Self.report(of: DriftingSystem(system: system, pace: 0.12), on: system)
    #expect(fast.1.kind == .neither && fast.0.slowDriftShare == 0)
  }

  @Test("States that know nothing of the latents are neither, on a plane of fixed points")
  func noise() async throws {
    let system = AffineSystem(eigenvalues: [1, 1, 0.4, 0.3], seed: 21)
    func noise(_ count: Int, _ seed: UInt64) -> LatentStates {
      LatentStates(
        states: Self.states(system, count, blur: 0.2, seed: seed).states,
        latents: Self.states(system, count, blur: 0, seed: seed + 100).latents
      )
    }
    let (report, verdict) = await Self.report(
      of: system,
      AttractorCase(
        fitting: noise(800, 31),
        test: noise(800, 32),
        places: noise(100, 33),
        shifted: [],
        looks: 20,
        uncertainty: 0.045,
        seed: 35
      ),
      from: noise(300, 34).states
    )
    #expect(verdict.kind == .neither)
    #expect(report.rightCountShare == 1 && report.tangentAngles.allSatisfy(\.isEmpty))
    #expect(try #require(report.hold.fixed(after: 0)) < 0.1)
  }

  @Test("On a bent sheet the slow plane is the sheet's own, tilted against the mean axes")
  func bent() async throws {
    var plane = AffineSystem(eigenvalues: [1, 1, 0.3], seed: 21)
    plane.lieFlat()
    // A search ends near its start, so that it has to start from the sheet.
    let (report, verdict) = await Self.report(of: BowlSystem(), on: plane, settling: 30)
    // 2r of slope at r from the middle, where a latent unit is three of the state; five steps of
    // settling leave .3⁵ of the way to the sheet.
    for (row, angles) in report.tangentAngles.enumerated() {
      #expect(angles.count == 2 && angles[1] < 0.5)
      let place = Self.states(plane, 100, blur: 0, seed: 24).states.row(row)
      let radius = (place[0] * place[0] + place[1] * place[1]).squareRoot()
      // States before settling lie in the plane of the axes, up to their sample's chance.
      let tilt = Double.atan(2 * radius) * 180 / .pi
      #expect((report.planeAngles[row][1] - tilt).magnitude < 1)
    }
    #expect(verdict.kind == .attractor, "\(verdict.criteria)")
  }

  @Test("A lenient share names what holds at half of the places, and not what holds at fewer")
  func lenient() async {
    let (report, verdict) = await Self.report([0.97, 0.97, 0.4, 0.3, 0.2])
    let shares = Set(["slowDirections", "bounded", "slowDrift"])
    func asked(_ verdict: AttractorVerdict) -> Set<Double?> {
      Set(verdict.criteria.filter { shares.contains($0.name) }.map(\.slowManifold))
    }
    #expect(asked(verdict) == [0.9])
    let lenient = AttractorVerdict(report, slowPoints: [], share: AttractorVerdict.half)
    #expect(asked(lenient) == [0.5])
    #expect(lenient.kind == .slowManifold)
  }

  @Test("A name turns on coverage only where an attractor lacks nothing else")
  func turning() async {
    let (held, full) = await Self.report([1, 1, 0.4, 0.3, 0.2])
    #expect(!full.turnsOnCoverage)
    #expect(AttractorVerdict(held, slowPoints: []).turnsOnCoverage)
    let (sinking, slow) = await Self.report([0.97, 0.97, 0.4, 0.3, 0.2])
    #expect(!slow.turnsOnCoverage && !AttractorVerdict(sinking, slowPoints: []).turnsOnCoverage)
  }

  @Test("Every criterion names its value and its threshold")
  func criteria() async {
    let (_, verdict) = await Self.report([1, 1, 0.4, 0.3, 0.2])
    #expect(Set(verdict.criteria.map(\.name)).count == verdict.criteria.count)
    #expect(verdict.criteria.allSatisfy { $0.value != nil && !$0.question.isEmpty })
  }
}
