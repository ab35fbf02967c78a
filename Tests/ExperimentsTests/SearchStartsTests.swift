import Compute
import Experiments
import Networks
import Testing
import Trials

@Suite("Where searches start")
struct SearchStartsTests {
  private static func starts(_ count: Int, noise: Double = 0) throws -> SearchStarts {
    let spec = RunSpec(["network.units": .whole(8)])
    let architecture = try #require(spec.architecture)
    let subject = NetworkSubject(architecture, paradigm: spec.paradigm, seed: spec.seed)
    var plan = DynamicsPlan()
    plan.starts = count
    plan.noise = noise
    return SearchStarts(DynamicsTrials(of: subject, spec: spec), plan)
  }

  @Test("More starts contain fewer, to the last bit", arguments: [0, 6.0])
  func nested(noise: Double) throws {
    let (few, many) = (try Self.starts(300, noise: noise), try Self.starts(700, noise: noise))
    #expect(few.origins == Array(many.origins.prefix(300)))
    #expect((0..<300).allSatisfy { few.states.row($0) == many.states.row($0) })
    #expect(Set((0..<700).map { many.states.row($0) }).count == 700)
  }

  @Test(
    "Which starts are moved tells nothing of their look, or of the trials' halves",
    arguments: [0.1, 0.25, 0.5, 0.618_033_988_75]
  )
  func balanced(share: Double) {
    let (count, looks) = (4096, 3..<23)
    let origins = (0..<count).map {
      SearchStarts.origin($0, in: looks, movedShare: share)
    }
    #expect(Set(origins.map(\.trial)).count == count)
    // Of an even sequence counts err by a few; independent draws would by √(n p), 14 and 7 to 11.
    for look in looks {
      let here = origins.filter { $0.step == look }
      let expected = Double(count) / Double(looks.count)
      #expect((Double(here.count) - expected).magnitude < 8, "\(look): \(here.count)")
      let moved = Double(here.count { $0.isMoved })
      #expect((moved - share * expected).magnitude < 8, "\(look): \(moved)")
    }
    for remainder in 0..<4 {
      let here = origins.filter { $0.trial % 4 == remainder }
      let moved = Double(here.count { $0.isMoved })
      #expect((moved - share * Double(here.count)).magnitude < 8, "\(remainder): \(moved)")
    }
    #expect(!SearchStarts.origin(5, in: looks, movedShare: 0).isMoved)
    #expect(SearchStarts.origin(5, in: looks, movedShare: 1).isMoved)
  }
}
