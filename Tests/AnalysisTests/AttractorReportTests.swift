import Analysis
import Compute
import TestSupport
import Testing

@Suite("Attractor, slow manifold or neither")
struct AttractorReportTests {
  /// States on the first two axes of a system, at the latent and a blur of what an observer of
  /// twenty looks is unsure.
  private static func states(
    _ system: AffineSystem,
    _ count: Int,
    blur: Double,
    seed: UInt64
  ) -> LatentStates {
    var random = PlainRandom(seed: seed)
    var states = DoubleMatrix(rows: count, columns: system.stateWidth)
    var latents = DoubleMatrix(rows: count, columns: 2)
    for row in 0..<count {
      for column in system.center.indices { states[row, column] = system.center[column] }
      for dimension in 0..<2 {
        let latent = random.uniform(from: -0.5, to: 0.5)
        latents[row, dimension] = latent
        let seen = 3 * (latent + blur * random.normal())
        for column in system.center.indices {
          states[row, column] += seen * system.axes[dimension][column]
        }
      }
    }
    return LatentStates(states: states, latents: latents)
  }

  private static func report(_ eigenvalues: [Double]) -> (AttractorReport, AttractorVerdict) {
    let system = AffineSystem(eigenvalues: eigenvalues, seed: 21)
    let blur = 0.2 / 20.0.squareRoot()
    let report = AttractorReport(
      of: system,
      AttractorCase(
        fitting: states(system, 800, blur: blur, seed: 22),
        test: states(system, 800, blur: blur, seed: 23),
        places: states(system, 100, blur: 0, seed: 24),
        looks: 20,
        uncertainty: blur
      )
    )
    var loose = FixedPointSearch.Plan()
    loose.tolerance = report.slowSpeed
    let starts = states(system, 300, blur: 0, seed: 25).states
    let slow = FixedPointSearch(
      of: system,
      from: starts,
      (0..<300).map { SearchOrigin(trial: $0, step: 0) },
      loose
    )
    return (report, AttractorVerdict(report, slowPoints: slow.points))
  }

  @Test("A plane of fixed points is an attractor")
  func attractor() throws {
    let (report, verdict) = Self.report([1, 1, 0.4, 0.3, 0.2])
    #expect(
      verdict.kind == .attractor,
      "\(verdict.criteria.filter { !$0.isMet(for: verdict.kind) })"
    )
    #expect(report.slowCounts.allSatisfy { $0 == 2 })
    #expect(report.driftSpeeds.allSatisfy { $0 < 1e-9 })
    // The slow plane is that of the encoding axes, whose slopes the finite sample doesn't tilt.
    #expect(report.planeAngles.allSatisfy { $0.count == 2 && $0[1] < 1e-4 })
    // What 1/(1 + 12 s²) says of one look at noise s = .2/√20, within the spread of 800 trials.
    let first = try #require(report.hold.fixed(after: 0))
    #expect((first - 0.9766).magnitude < 0.004)
    #expect((try #require(report.hold.fixed(after: 100)) - first).magnitude < 1e-6)
  }

  @Test("A plane that slowly shrinks keeps what it knows and loses its place: a slow manifold")
  func slowManifold() throws {
    let (report, verdict) = Self.report([0.97, 0.97, 0.4, 0.3, 0.2])
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
  func neither() throws {
    #expect(Self.report([0.5, 0.5, 0.4, 0.3, 0.2]).1.kind == .neither)
    #expect(Self.report([1, 0.5, 0.4, 0.3, 0.2]).1.kind == .neither)
    // A third slow direction is one too many, and one that grows is no attractor's.
    #expect(Self.report([1, 1, 0.99, 0.3, 0.2]).1.kind == .neither)
    let (report, verdict) = Self.report([1, 1, 1.2, 0.3, 0.2])
    #expect(verdict.kind == .neither)
    #expect(report.growingCounts.allSatisfy { $0 == 1 })
  }

  @Test("Every criterion names its value and its threshold")
  func criteria() {
    let (_, verdict) = Self.report([1, 1, 0.4, 0.3, 0.2])
    #expect(Set(verdict.criteria.map(\.name)).count == verdict.criteria.count)
    #expect(verdict.criteria.allSatisfy { $0.value != nil && !$0.question.isEmpty })
  }
}
