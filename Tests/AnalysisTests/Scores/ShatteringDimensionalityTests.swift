import Analysis
import Compute
import Testing

@Suite("Shattering dimensionality")
struct ShatteringDimensionalityTests {
  @Test("A linear code of two factors has (1 + 1 + ½)/3")
  func linear() throws {
    let known = KnownCode(trials: 1000)
    let found = try #require(ShatteringDimensionality(known.conditions, of: known.factorized()))
    #expect(found.accuracies.count == 3)
    // Factors are never nearer to 0 than .05, so two dichotomies are told without error.
    let exclusive = try #require(found.dichotomies.firstIndex(of: KnownCode.byNeither))
    for (index, accuracy) in found.accuracies.enumerated() where index != exclusive {
      #expect(accuracy > 0.99)
    }
    // 1000 tests of a coin: sd .016; a line can also cut a corner off for a little more.
    #expect(abs(found.dimensionality - 2.5 / 3) < 0.04)
  }

  @Test("With a unit for the exclusive or it's 1; with noise alone one half")
  func extremes() throws {
    let known = KnownCode(trials: 1000)
    let full = known.states { [$0[0], $0[1], $0[0] * $0[1] > 0 ? 1 : -1] }
    #expect(
      try #require(ShatteringDimensionality(known.conditions, of: full)).dimensionality > 0.99
    )
    let noise = DoubleMatrix.normal(1000, 5, seed: 9)
    let found = try #require(ShatteringDimensionality(known.conditions, of: noise))
    // Three means of 1000 coins, from fits of overlapping folds: sd about .01.
    #expect(abs(found.dimensionality - 0.5) < 0.04)
  }

  @Test("scikit-learn's cross-validation agrees within what the folds' draw makes out")
  func oracle() throws {
    let fixture = try ScoreFixture()
    let found = try #require(
      ShatteringDimensionality(Conditions(fixture.continuous), of: fixture.states)
    )
    #expect(abs(found.dimensionality - (try fixture.value("shattering"))) < 0.02)
  }

  @Test("Three conditions have no balanced dichotomy, and two trials no five folds")
  func undefined() {
    let states = DoubleMatrix.normal(12, 3, seed: 1)
    let three = Conditions([
      Factor("kind", .categorical((0..<12).map { $0 % 3 }, names: ["a", "b", "c"]))
    ])
    #expect(ShatteringDimensionality(three, of: states) == nil)
    let rare = Conditions([
      Factor("kind", .categorical((0..<12).map { $0 < 2 ? 1 : 0 }, names: ["a", "b"]))
    ])
    #expect(ShatteringDimensionality(rare, of: states) == nil)
  }
}
