import Analysis
import Compute
import Testing

@Suite("Sparseness, participation ratio and selectivity")
struct UnitScoreTests {
  @Test(
    "One answer of many is 1, two alike of four a third less; silent units are in neither measure"
  )
  func sparseness() throws {
    var rates = DoubleMatrix(rows: 4, columns: 4)
    rates[2, 0] = 5
    for trial in 0..<2 { rates[trial, 1] = 2 }
    // Neither zeros nor a constant rate change with the trial.
    for trial in 0..<4 { rates[trial, 3] = 7 }
    let found = try #require(Sparseness(rates))
    // (1 - (2/4)) / (1 - 1/4) of two equal answers among four.
    #expect(found.lifetime[0] == 1 && found.lifetime[1] == 0.5 / 0.75)
    #expect(found.lifetime[2] == nil && found.lifetime[3] == nil)
    // One of two units answers; the last trial has no answer of them.
    #expect(found.population == [1, 1, 1, nil])
  }

  @Test("Lifetime and population sparseness are NumPy's")
  func sparsenessOracle() throws {
    let fixture = try ScoreFixture()
    let found = try #require(Sparseness(fixture.states))
    let lifetime = found.lifetime.compactMap(\.self)
    #expect(abs(mean(lifetime) - (try fixture.value("lifetime"))) < 1e-12)
    #expect(found.lifetime.count { $0 == nil } == 1)
    // The fixture counts the one silent unit among the 12. A trial's S is (1 - a/m)/(1 - 1/m) with the
    // same a whether or not zeros are counted, so that means of S turn into each other.
    let population = found.population.compactMap(\.self)
    let a = 12 * (1 - (try fixture.value("population")) * 11 / 12)
    #expect(abs(mean(population) - (1 - a / 11) / (1 - 1.0 / 11)) < 1e-12)
  }

  @Test("Negative states have no sparseness; in a dead network nothing has one")
  func sparsenessEdges() throws {
    #expect(Sparseness(DoubleMatrix(rows: 2, columns: 2, values: [1, 2, 3, -1])) == nil)
    let dead = try #require(Sparseness(DoubleMatrix(rows: 3, columns: 2)))
    #expect(dead.lifetime == [nil, nil] && dead.population == [nil, nil, nil])
  }

  @Test("The participation ratio counts equal directions, and is NumPy's")
  func participation() throws {
    let fixture = try ScoreFixture()
    let none = DoubleMatrix(rows: 240, columns: 0)
    let found = participationRatio(Moments(states: fixture.states, latents: none))
    #expect(abs(try #require(found) - (try fixture.value("participation"))) < 1e-9)
    // ± along three of five axes.
    var states = DoubleMatrix(rows: 6, columns: 5)
    for axis in 0..<3 {
      states[2 * axis, axis] = 1
      states[2 * axis + 1, axis] = -1
    }
    let three = Moments(states: states, latents: DoubleMatrix(rows: 6, columns: 0))
    #expect(abs(try #require(participationRatio(three)) - 3) < 1e-12)
    let still = Moments(
      states: DoubleMatrix(rows: 6, columns: 2),
      latents: DoubleMatrix(rows: 6, columns: 0)
    )
    #expect(participationRatio(still) == nil)
  }

  @Test("Adjusted shares are those of least squares in NumPy")
  func selectivityOracle() throws {
    let fixture = try ScoreFixture()
    let found = try #require(Selectivity(fixture.states, fixture.factors))
    #expect(
      distance(
        found.linear.compactMap { $0 },
        try fixture.values("selectivity.linear")
      ) < 1e-10
    )
    #expect(
      distance(
        found.withInteractions.compactMap { $0 },
        try fixture.values("selectivity.interactions")
      ) < 1e-10
    )
    #expect(found.linear[11] == nil)
  }

  @Test("Linear, mixed and nonlinear units are told apart, and noise is worth nothing")
  func selectivity() throws {
    let known = KnownCode(trials: 1000)
    var states = known.states { [$0[0], $0[0] + $0[1], $0[0] * $0[1], 0] }
    let noise = DoubleMatrix.normal(1000, 1, seed: 5)
    for trial in 0..<1000 { states[trial, 3] = noise[trial, 0] }
    let found = try #require(Selectivity(states, known.factors))
    for unit in 0..<2 { #expect(abs(try #require(found.linear[unit]) - 1) < 1e-12) }
    // The product correlates with the factors by chance: 2/1000.
    #expect(try #require(found.linear[2]) < 0.02)
    #expect(abs(try #require(found.withInteractions[2]) - 1) < 1e-12)
    #expect(abs(try #require(found.withInteractions[3])) < 0.012)
    #expect(Selectivity(known.states { $0 }, [known.factors[0]])?.withInteractions == [nil, nil])
  }

  @Test("Too few trials for the products leave what the factors explain")
  func fewTrials() throws {
    let names = (0..<8).map(String.init)
    let factors = [(0..<60).map { $0 % 8 }, (0..<60).map { $0 / 8 }].enumerated().map {
      Factor("factor\($0)", .categorical($1, names: names))
    }
    let states = DoubleMatrix.normal(60, 3, seed: 7)
    // 14 regressors, and 49 products.
    let found = try #require(Selectivity(states, factors))
    #expect(found.linear.allSatisfy { $0 != nil } && found.withInteractions == [nil, nil, nil])
    let alone = Selectivity(states, [factors[0]])
    #expect(found.linear != alone?.linear)
    let few = Array(0..<15)
    #expect(
      Selectivity(
        states.rows(few),
        factors.map { factor in
          guard case .categorical(let levels, let names) = factor.values else { return factor }
          return Factor(factor.name, .categorical(few.map { levels[$0] }, names: names))
        }
      ) == nil
    )
  }
}
