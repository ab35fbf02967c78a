import Analysis
import Compute
import Testing

@Suite("Dissimilarity matrices")
struct DissimilarityTests {
  private static func six(_ fixture: ScoreFixture) throws -> Conditions {
    let labels = try fixture.values("six").map { Int($0) }
    return Conditions([Factor("six", .categorical(labels, names: (0..<6).map(String.init)))])
  }

  @Test("Distances are rsatoolbox's, with and without cross-validation")
  func oracle() throws {
    let fixture = try ScoreFixture()
    let conditions = try Self.six(fixture)
    let measures: [(DissimilarityMatrix.Measure, String)] = [
      (.euclidean, "euclidean"), (.correlation, "correlation"),
      (.crossValidated(folds: 4, noise: .identity), "crossnobis"),
      (.crossValidated(folds: 4, noise: .diagonal), "crossnobis.diagonal"),
    ]
    for (measure, name) in measures {
      let found = try #require(DissimilarityMatrix(measure, conditions, of: fixture.states))
      #expect(distance(found.values, try fixture.values("rdm.\(name)")) < 1e-12)
    }
  }

  @Test("Two conditions that are the same have a cross-validated distance around zero")
  func zero() throws {
    let known = KnownCode(trials: 400)
    var crossed: [Double] = []
    var plain: [Double] = []
    for seed in 0..<30 {
      let states = known.states(noise: 1, seed: UInt64(seed)) { _ in
        [Double](repeating: 0, count: 10)
      }
      let found = try #require(
        DissimilarityMatrix(
          .crossValidated(folds: 5, noise: .diagonal),
          known.conditions,
          of: states
        )
      )
      crossed += found.values
      plain += try #require(DissimilarityMatrix(.euclidean, known.conditions, of: states)).values
    }
    // Twice the variance of a mean of a hundred; 30 sets of four means of ten units have 4 % of it.
    #expect(abs(mean(plain) - 0.02) < 0.003)
    // 180 of deviation √(2/10) · .02 each, not quite independent.
    #expect(abs(mean(crossed)) < 0.003)
  }

  @Test("Similarities and the noise ceiling are rsatoolbox's")
  func comparison() throws {
    let fixture = try ScoreFixture()
    let subjects = try fixture.matrix("subjects")
    let matrices = (0..<subjects.rows).map {
      DissimilarityMatrix(conditions: 6, values: subjects.row($0))
    }
    let methods: [(DissimilarityComparison, String)] = [
      (.spearman, "spearman"), (.pearson, "pearson"), (.cosine, "cosine"),
    ]
    for (method, name) in methods {
      let found = try #require(method.similarity(matrices[0], matrices[1]))
      #expect(abs(found - (try fixture.value("similarity.\(name)"))) < 1e-12)
      let ceiling = try #require(method.noiseCeiling(matrices))
      let expected = try fixture.values("ceiling.\(name)")
      #expect(distance([ceiling.lower, ceiling.upper], expected) < 1e-12)
      #expect(ceiling.lower < ceiling.upper)
    }
  }

  @Test("Ranks see no monotone change, correlations no scale and shift, the cosine no scale")
  func invariance() throws {
    let first = DissimilarityMatrix(conditions: 4, values: [1, 4, 2, 0.5, 3, 9])
    func similarity(_ method: DissimilarityComparison, _ change: (Double) -> Double) -> Double? {
      method.similarity(
        first,
        DissimilarityMatrix(conditions: 4, values: first.values.map(change))
      )
    }
    #expect(abs(try #require(similarity(.spearman) { $0 * $0 * $0 }) - 1) < 1e-12)
    #expect(abs(try #require(similarity(.pearson) { 3 * $0 + 2 }) - 1) < 1e-12)
    #expect(abs(try #require(similarity(.cosine) { 3 * $0 }) - 1) < 1e-12)
    #expect(try #require(similarity(.cosine) { 3 * $0 + 20 }) < 0.95)
    #expect(similarity(.pearson) { _ in 1 } == nil)
    #expect(similarity(.cosine) { _ in 0 } == nil)
    #expect(DissimilarityComparison.cosine.noiseCeiling([first]) == nil)
  }

  @Test("Ranks count from one, and equal values share theirs")
  func ranking() {
    #expect(ranks(of: [3, 1, 2, 1]) == [4, 1.5, 3, 1.5])
    #expect(ranks(of: []).isEmpty)
  }

  @Test("What can't be measured has no matrix")
  func undefined() throws {
    let fixture = try ScoreFixture()
    let conditions = try Self.six(fixture)
    let folds = DissimilarityMatrix.Measure.crossValidated(folds: 100, noise: .identity)
    #expect(DissimilarityMatrix(folds, conditions, of: fixture.states) == nil)
    let flat = DoubleMatrix(rows: 240, columns: 3, values: [Double](repeating: 1, count: 720))
    #expect(DissimilarityMatrix(.correlation, conditions, of: flat) == nil)
    let noiseless = DissimilarityMatrix.Measure.crossValidated(folds: 2, noise: .diagonal)
    #expect(DissimilarityMatrix(noiseless, conditions, of: flat) == nil)
  }
}
