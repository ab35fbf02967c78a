import Analysis
import Compute
import RealModule
import TestSupport
import Testing

@Suite("SAP, FactorVAE and explicitness")
struct AxisBoundScoreTests {
  @Test("SAP's squared correlations and gap are those of NumPy")
  func sap() throws {
    let fixture = try ScoreFixture()
    let found = try #require(SeparatedAttributePredictability(fixture.states, fixture.continuous))
    let expected = try fixture.matrix("sap.scores")
    #expect(distance(Array(found.scores.values.dropLast(2)), expected.values) < 1e-12)
    #expect(found.scores.row(11) == [0, 0])
    #expect(abs(found.gap - (try fixture.value("sap"))) < 1e-12)
  }

  @Test("An angle is read by cosine and sine together, categories by thresholds")
  func sapKinds() throws {
    let angles = (0..<360).map { Double($0) / 180 * Double.pi }
    let levels = (0..<360).map { $0 % 3 }
    let rows = zip(angles, levels).map { angle, level in
      [2 * Double.cos(angle) - 3 * Double.sin(angle) + 1, [0.0, 5, 1][level], [0.0, 0, 1][level]]
    }
    let states = DoubleMatrix(rows: 360, columns: 3, values: rows.flatMap { $0 })
    let factors = [
      Factor("φ", .circular(angles)), Factor("kind", .categorical(levels, names: ["a", "b", "c"])),
    ]
    let found = try #require(SeparatedAttributePredictability(states, factors))
    #expect(abs(found.scores[0, 0] - 1) < 1e-12)
    #expect(abs(found.scores[1, 1] - 1) < 1e-12)
    // It can't tell the first two apart: they are equally near, and none is told.
    #expect(abs(found.scores[2, 1] - 1.0 / 3) < 1e-12)
  }

  @Test("FactorVAE's vote is right as often as NumPy's, within the votes' sampling error")
  func factorVAE() throws {
    let fixture = try ScoreFixture()
    var settings = FactorVAEScore.Settings()
    settings.votes = 4000
    let found = try #require(
      FactorVAEScore(fixture.states, fixture.factors, settings: settings)
    )
    // Binomial: .0067 of 4000 votes, .003 of 20,000; three of both.
    #expect(abs(found.accuracy - (try fixture.value("factor.vae"))) < 0.022)
    // A silent unit would always be the stillest.
    #expect(found.activeUnits == 11 && found.votes[11] == [0, 0, 0])
  }

  @Test("A factorised code is always told, one of noise alone no better than by chance")
  func extremes() throws {
    let known = KnownCode(trials: 1000)
    #expect(try #require(FactorVAEScore(known.factorized(), known.factors)).accuracy == 1)
    let noise = DoubleMatrix.normal(1000, 5, seed: 1)
    let found = try #require(FactorVAEScore(noise, known.factors))
    // A coin's 800 throws have .018; what the fixed trials of each bin favour is as large.
    #expect(abs(found.accuracy - 0.5) < 0.12)
    #expect(FactorVAEScore(noise, [known.factors[0]]) == nil)
  }

  @Test("Explicitness is 1 for turned codes as for straight ones, half and nothing for noise")
  func explicitness() throws {
    let known = KnownCode(trials: 600)
    let kind = Factor(
      "side",
      .categorical(known.latents.map { $0[0] > 0 ? 1 : 0 }, names: ["low", "high"])
    )
    let factors = known.factors + [kind]
    for states in [known.factorized(), known.turned()] {
      let found = Explicitness(states, factors)
      #expect(found.kinds == [.explainedShare, .explainedShare, .areaUnderCurve])
      #expect(try #require(found.byFactor[0]) > 0.999 && (try #require(found.byFactor[1])) > 0.999)
      #expect(try #require(found.byFactor[2]) > 0.999)
    }
    let nothing = Explicitness(DoubleMatrix.normal(600, 5, seed: 4), factors)
    #expect(abs(try #require(nothing.byFactor[0])) < 0.06)
    // 300 trials: the area's deviation is √((150 + 150 + 1)/(12 · 150²)) = .033.
    #expect(abs(try #require(nothing.byFactor[2]) - 0.5) < 0.1)
  }

  @Test("The area under the curve is scikit-learn's, ties included")
  func area() throws {
    let fixture = try ScoreFixture()
    let median = Conditions([fixture.factors[0]])
    var isUpper = [Bool](repeating: false, count: 240)
    for trial in median.trials[1] { isUpper[trial] = true }
    let found = areaUnderCurve(try fixture.values("auc.scores"), isUpper: isUpper)
    #expect(abs(try #require(found) - (try fixture.value("auc"))) < 1e-12)
    #expect(areaUnderCurve([1, 2], isUpper: [true, true]) == nil)
  }
}
