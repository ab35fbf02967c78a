import Analysis
import Compute
import Testing

@Suite("Conditions and dichotomies")
struct ConditionsTests {
  @Test("Continuous factors are split at the median, categories stay, angles have two medians")
  func levels() {
    let conditions = Conditions([
      Factor("x", .continuous([1, 2, 3, 4])),
      Factor("kind", .categorical([2, 0, 2, 0], names: ["a", "b", "c"])),
    ])
    #expect(conditions.levels == [[0, 0], [0, 1], [1, 0], [1, 1]])
    #expect(conditions.trials == [[1], [0], [3], [2]])
    #expect(conditions.levelCounts == [2, 2])
    #expect(conditions.semanticDistance(0, 3) == 2)
    let angles = Conditions([Factor("φ", .circular([0.5, 2, 4, 5.5]))])
    #expect(angles.levels == [[0, 0], [0, 1], [1, 0], [1, 1]])
  }

  @Test("There are three balanced dichotomies of four conditions and 35 of eight")
  func balanced() {
    let stream = RandomStream(seed: 1, purpose: .scoreTrials)
    for (count, expected) in [(2, 1), (4, 3), (6, 10), (8, 35), (10, 126)] {
      let found = Dichotomy.balanced(of: count, atMost: 200, stream)
      #expect(found.count == expected && Set(found).count == expected)
      #expect(found.allSatisfy { $0.upper.count == count / 2 && $0.lower.first == 0 })
    }
    #expect(Dichotomy.balanced(of: 5, atMost: 200, stream).isEmpty)
    let drawn = Dichotomy.balanced(of: 16, atMost: 40, stream)
    #expect(Set(drawn).count == 40 && drawn.allSatisfy { $0.upper.count == 8 })
  }

  @Test("A factor of two levels has one pair of them, of three it has three, the third left out")
  func ofFactor() {
    let conditions = Conditions([
      Factor("x", .continuous([1, 1, 1, 2, 2, 2])),
      Factor("kind", .categorical([0, 1, 2, 0, 1, 2], names: ["a", "b", "c"])),
    ])
    let pairs = conditions.levelPairs
    #expect(pairs.map(\.name) == ["x: low, high", "kind: a, b", "kind: a, c", "kind: b, c"])
    #expect(pairs.map(\.dichotomy.lower) == [[0, 1, 2], [0, 3], [0, 3], [1, 4]])
    #expect(pairs.map(\.dichotomy.upper) == [[3, 4, 5], [1, 4], [2, 5], [2, 5]])
  }

  @Test("Balanced trials are as many of each condition, and none twice")
  func sample() {
    let conditions = Conditions([
      Factor("kind", .categorical([0, 0, 0, 0, 0, 1, 1, 1], names: ["a", "b"]))
    ])
    let stream = RandomStream(seed: 4, purpose: .scoreTrials)
    let found = conditions.balanced(atMost: 100, stream)
    #expect(found.map(\.count) == [3, 3] && found.allSatisfy { Set($0).count == 3 })
    #expect(Set(found[1]) == [5, 6, 7])
    #expect(conditions.balanced(atMost: 2, stream).map(\.count) == [2, 2])
    #expect(conditions.balanced(atMost: 2, stream) == conditions.balanced(atMost: 2, stream))
  }
}
