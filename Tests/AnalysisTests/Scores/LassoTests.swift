import Analysis
import Compute
import Testing

@Suite("Lasso")
struct LassoTests {
  private static func problem() throws -> (ScoreFixture, Lasso) {
    let fixture = try ScoreFixture()
    let target = DoubleMatrix(
      rows: 240,
      columns: 1,
      values: fixture.factors[0].targets[0]
    )
    let moments = Moments(states: fixture.states, latents: target)
    return (
      fixture,
      Lasso(covariance: moments.stateCovariance, cross: moments.crossCovariance.column(0))
    )
  }

  @Test("Weights are those of scikit-learn, along a path as from zero")
  func oracle() throws {
    let (fixture, start) = try Self.problem()
    var path = start
    for (penalty, name) in [(0.05, "large"), (0.002, "small")] {
      var cold = start
      cold.fit(penalty: penalty, tolerance: 1e-13)
      path.fit(penalty: penalty, tolerance: 1e-13)
      let expected = try fixture.values("lasso.\(name)")
      #expect(distance(cold.weights, expected) < 1e-9)
      #expect(distance(path.weights, expected) < 1e-9)
      // Zeros are exact.
      #expect(cold.weights.map { $0 == 0 } == expected.map { $0 == 0 })
    }
  }

  @Test("The default tolerance is good for six digits")
  func defaultTolerance() throws {
    let (fixture, start) = try Self.problem()
    var lasso = start
    lasso.fit(penalty: 0.002)
    #expect(distance(lasso.weights, try fixture.values("lasso.small")) < 1e-6)
  }

  @Test("At the largest penalty nothing is left, just below it one unit")
  func largest() throws {
    let (_, start) = try Self.problem()
    var lasso = start
    lasso.fit(penalty: start.largestPenalty)
    #expect(lasso.weights.allSatisfy { $0 == 0 })
    lasso.fit(penalty: 0.999 * start.largestPenalty)
    #expect(lasso.weights.filter { $0 != 0 }.count == 1)
  }

  @Test("Uncorrelated units are soft-thresholded one by one")
  func closedForm() {
    let covariance = DoubleMatrix(rows: 3, columns: 3, values: [2, 0, 0, 0, 0.5, 0, 0, 0, 0])
    var lasso = Lasso(covariance: covariance, cross: [1, -0.3, 0])
    lasso.fit(penalty: 0.2)
    #expect(distance(lasso.weights, [0.4, -0.2, 0]) < 1e-15)
  }
}
