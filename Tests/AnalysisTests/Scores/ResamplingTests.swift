import Analysis
import Compute
import Testing

@Suite("Nulls")
struct ResamplingTests {
  @Test("A shuffle has every trial once and depends on seed and draw alone")
  func permutation() {
    let stream = RandomStream(seed: 3, purpose: .scoreTrials)
    #expect(stream.permutation(of: 100).sorted() == Array(0..<100))
    #expect(stream.permutation(of: 100) == stream.permutation(of: 100))
    #expect(stream.permutation(of: 100) != stream.permutation(of: 100, lane: 1))
    #expect(stream.permutation(of: 0).isEmpty && stream.permutation(of: 1) == [0])
  }

  @Test("With shuffled labels single units tell next to nothing")
  func shuffled() throws {
    let known = KnownCode(trials: 1000)
    let states = known.factorized()
    func gap(_ order: [Int]) -> Double? {
      let factors = known.factors.map { factor in
        Factor(factor.name, .continuous(order.map { factor.targets[0][$0] }))
      }
      return MutualInformationGap(MutualInformation(states, factors))?.gap
    }
    let observed = try #require(gap(Array(0..<1000)))
    let scores = shuffledScores(trials: 1000, draws: 19, seed: 1, gap)
    let null = NullDistribution(observed: observed, scores: scores)
    #expect(scores.count == 19 && null.probability == 0.05)
    #expect(try #require(null.quartiles).median < 0.05 && observed > 0.9)
  }

  @Test("A random rotation keeps all distances, and takes the axes away")
  func rotation() throws {
    let known = KnownCode()
    let states = known.factorized()
    let turned = randomRotation(of: states, RandomStream(seed: 1, purpose: .scoreNull))
    let same = CenteredKernelAlignment(states, turned)
    #expect(abs(try #require(same.biased) - 1) < 1e-12)
    #expect(distance(turned.columnMeans, states.columnMeans) < 1e-12)
    let scores = CrossConditionGeneralization.scores(
      [KnownCode.byX],
      known.conditions,
      of: turned
    )
    #expect(scores[0]?.accuracy == 1)
    #expect(try #require(DCI(turned, known.factors)).scores.disentanglement < 0.7)
  }

  @Test("The observed score counts among the null's")
  func probability() {
    #expect(NullDistribution(observed: 3, scores: [1, 2, 4]).probability == 0.5)
    #expect(NullDistribution(observed: 5, scores: []).probability == 1)
  }
}
