import Analysis
import Compute
import Testing
import Trials

@Suite("Sets of states")
struct StateSetTests {
  @Test("The trials outside a region are those whose latents lie there, in their order")
  func outside() {
    let set = StateSet.random(500, width: 2, deviation: 1, seed: 4)
    let region = SignRegion(signs: [true, nil])
    let kept = set.outside(region)
    let expected = zip(set.latentRows, set.stateRows).filter { $0.0[0] <= 0 }
    #expect(kept.latentRows == expected.map(\.0) && kept.stateRows == expected.map(\.1))
    // A share of 1/2 in 500: 5 standard errors of 11.2.
    #expect(abs(kept.count - 250) < 56)
    #expect(kept.outside(region).latents == kept.latents)
  }

  @Test("A shuffle keeps all states in place and all latents, none where it was but by chance")
  func shuffling() {
    let set = StateSet.random(2000, width: 2, deviation: 1, seed: 4)
    let mixed = StateSet.shuffled([set], RandomStream(seed: 1, purpose: .shuffle))[0]
    #expect(mixed.states == set.states)
    #expect(Set(mixed.latentRows) == Set(set.latentRows))
    // One stays in place on average, with the scatter of Poisson's law: 10 has a chance of 1e-7.
    #expect(zip(mixed.latentRows, set.latentRows).count { $0 == $1 } <= 10)
    let other = StateSet.shuffled([set], RandomStream(seed: 1, purpose: .shuffle, step: 1))[0]
    #expect(other.latents != mixed.latents)
  }

  @Test("Several sets exchange their latents and keep their states")
  func shufflingSets() {
    let parts = [3, 1, 200].map { StateSet.random($0, width: 4, deviation: 1, seed: UInt64($0)) }
    let mixed = StateSet.shuffled(parts, RandomStream(seed: 1, purpose: .shuffle))
    let whole = StateSet.shuffled([.joined(parts)], RandomStream(seed: 1, purpose: .shuffle))[0]
    #expect(mixed.map(\.states) == parts.map(\.states))
    #expect(mixed.flatMap(\.latentRows) == whole.latentRows)
  }

  @Test("Every order of three trials is as probable as any other")
  func evenShuffle() {
    let set = StateSet(states: [[0], [1], [2]], latents: [[0], [1], [2]])
    var orders: [[[Double]]: Int] = [:]
    for step in 0..<6000 {
      let mixed = StateSet.shuffled([set], RandomStream(seed: 2, purpose: .shuffle, step: step))[0]
      orders[mixed.latentRows, default: 0] += 1
    }
    #expect(orders.count == 6)
    // A share of 1/6 in 6000 draws: 5 standard errors of 28.9.
    #expect(orders.values.allSatisfy { abs($0 - 1000) < 145 })
  }
}
