import Analysis
import Compute
import Testing

@Suite("DCI")
struct DCITests {
  @Test("A unit for each factor is all disentangled, complete and informative")
  func factorized() throws {
    let known = KnownCode()
    let found = try #require(DCI(known.factorized(), known.factors))
    // Chance correlation of the factors, 1/√320, falls below the smallest penalty or nearly.
    #expect(found.scores.disentanglement > 0.99 && found.scores.completeness > 0.99)
    // The smallest of the path's penalties, 10⁻³ of the largest, shrinks r² by its square.
    for share in found.informativeness { #expect(try #require(share) > 0.9999) }
    // A silent unit has no importance, and nothing was divided by its variance.
    #expect(found.importance.row(2) == [0, 0])
    #expect(found.scores.byUnit[2] == nil)
  }

  @Test("The same code turned by 45 degrees has none: it is bound to axes")
  func turned() throws {
    let known = KnownCode()
    let found = try #require(DCI(known.turned(), known.factors))
    #expect(found.scores.disentanglement < 0.02)
    for share in found.informativeness { #expect(try #require(share) > 0.9999) }
  }

  @Test("Categories are read one against the rest, angles by cosine and sine")
  func kinds() throws {
    let levels = (0..<300).map { $0 % 3 }
    let angles = (0..<300).map { Double($0 * 7 % 300) / 300 * 2 * Double.pi }
    let known = DoubleMatrix.normal(300, 4, seed: 3)
    var states = known
    for trial in 0..<300 {
      for level in 0..<3 {
        states[trial, level] = (levels[trial] == level ? 1 : 0) + 0.1 * known[trial, level]
      }
      states[trial, 3] = angles[trial] / 3 - 1 + 0.1 * known[trial, 3]
    }
    let factors = [
      Factor("kind", .categorical(levels, names: ["a", "b", "c"])),
      Factor("φ", .circular(angles)),
    ]
    let found = try #require(DCI(states, factors))
    #expect(found.penalties.map(\.count) == [3, 2])
    // The noise of .1 beside indicators of variance 2/9: r² of .95 for each on its own.
    #expect(try #require(found.informativeness[0]) > 0.9)
    #expect(found.importance[0, 0] > 10 * found.importance[0, 1])
    #expect(found.importance[3, 1] > 10 * found.importance[3, 0])
  }

  @Test("With the penalties that were chosen, target by target, the importances are the same")
  func givenPenalties() throws {
    let known = KnownCode()
    let chosen = try #require(DCI(known.turned(), known.factors))
    var settings = DCI.Settings()
    settings.penalties = chosen.penalties
    let given = try #require(DCI(known.turned(), known.factors, settings: settings))
    #expect(given.penalties == chosen.penalties)
    // Both come to rest within 1e-6 of a deviation, from other starts.
    for (one, other) in zip(given.importance.values, chosen.importance.values) {
      #expect(abs(one - other) < 1e-4)
    }
  }

  @Test("Scores of a table of importances are those of the formula in NumPy")
  func oracle() throws {
    let fixture = try ScoreFixture()
    let found = try #require(ImportanceScores(try fixture.matrix("importance")))
    #expect(abs(found.disentanglement - (try fixture.value("dci.disentanglement"))) < 1e-12)
    #expect(abs(found.completeness - (try fixture.value("dci.completeness"))) < 1e-12)
  }

  @Test("With a given penalty the importances are the lasso's weights on standardised data")
  func fixedPenalty() throws {
    let fixture = try ScoreFixture()
    var settings = DCI.Settings()
    settings.penalty = 0.05
    let found = try #require(DCI(fixture.states, fixture.continuous, settings: settings))
    #expect(found.penalties == [[0.05], [0.05]])
    // By the lasso's condition no residual correlates with a standard unit by more than α; zeros of
    // the weakest units follow from the same.
    #expect(found.importance.row(11) == [0, 0])
    #expect(found.importance.column(0).filter { $0 > 0 }.count < 11)
  }

  @Test("The same seed gives the same bits, no factor nothing")
  func edges() throws {
    let known = KnownCode()
    let states = known.turned(noise: 0.1)
    let (one, other) = (DCI(states, known.factors), DCI(states, known.factors))
    #expect(try #require(one).importance == (try #require(other)).importance)
    #expect(DCI(states, []) == nil)
    #expect(DCI(DoubleMatrix(rows: 400, columns: 2), known.factors) == nil)
    // One factor can't be told from others.
    #expect(DCI(states, [known.factors[0]]) == nil)
  }
}
