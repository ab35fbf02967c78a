import Analysis
import Compute
import Testing

@Suite("Nulls and intervals")
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

  @Test("The bootstrap's interval of a mean is that of its standard error")
  func bootstrap() throws {
    let values = DoubleMatrix.normal(400, 1, seed: 6).values
    let interval = try #require(
      BootstrapInterval(over: 400, draws: 2000, seed: 2) { chosen in
        mean(chosen.map { values[$0] })
      }
    )
    let center = mean(values)
    let error = (mean(values.map { ($0 - center) * ($0 - center) }) / 400).squareRoot()
    // The 2.5 % point of 2000 draws is off by about 4 % of the deviation.
    #expect(abs(interval.lower - (center - 1.96 * error)) < 0.15 * error)
    #expect(abs(interval.upper - (center + 1.96 * error)) < 0.15 * error)
    #expect(interval.draws == 2000)
    #expect(BootstrapInterval(over: 4, draws: 10, seed: 1) { _ in nil } == nil)
  }

  @Test("The observed score counts among the null's")
  func probability() {
    #expect(NullDistribution(observed: 3, scores: [1, 2, 4]).probability == 0.5)
    #expect(NullDistribution(observed: 5, scores: []).probability == 1)
  }
}
