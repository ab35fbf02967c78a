import Analysis
import Compute
import Testing

@Suite("Sets of states")
struct StateSetTests {
  @Test("Joined sets are split again into what they were")
  func splitting() {
    let parts = [3, 1, 5].map { StateSet.random($0, width: 4, deviation: 1, seed: UInt64($0)) }
    let joined = StateSet.joined(parts)
    #expect(joined.stateRows == parts.flatMap(\.stateRows))
    #expect(joined.latentRows == parts.flatMap(\.latentRows))
    let again = joined.split(into: [3, 1, 5])
    #expect(again.map(\.states) == parts.map(\.states))
    #expect(again.map(\.latents) == parts.map(\.latents))
  }

  @Test("A shuffle keeps all states in place and all latents, none where it was but by chance")
  func shuffling() {
    let set = StateSet.random(2000, width: 2, deviation: 1, seed: 4)
    let mixed = set.shuffled(RandomStream(seed: 1, purpose: .shuffle))
    #expect(mixed.states == set.states)
    #expect(Set(mixed.latentRows) == Set(set.latentRows))
    // One stays in place on average, with the scatter of Poisson's law: 10 has a chance of 1e-7.
    #expect(zip(mixed.latentRows, set.latentRows).count { $0 == $1 } <= 10)
    let other = set.shuffled(RandomStream(seed: 1, purpose: .shuffle, step: 1))
    #expect(other.latents != mixed.latents)
  }

  @Test("Every order of three trials is as probable as any other")
  func evenShuffle() {
    let set = StateSet(states: [[0], [1], [2]], latents: [[0], [1], [2]])
    var orders: [[[Double]]: Int] = [:]
    for step in 0..<6000 {
      let mixed = set.shuffled(RandomStream(seed: 2, purpose: .shuffle, step: step))
      orders[mixed.latentRows, default: 0] += 1
    }
    #expect(orders.count == 6)
    // A share of 1/6 in 6000 draws: 5 standard errors of 28.9.
    #expect(orders.values.allSatisfy { abs($0 - 1000) < 145 })
  }
}
