import Analysis
import Compute
import TestSupport
import Testing

@Suite("Logistic regression")
struct LogisticRegressionTests {
  @Test("Weights are those of scikit-learn at a tight tolerance")
  func oracle() throws {
    let fixture = try ScoreFixture()
    let median = Conditions([fixture.factors[0]])
    var isUpper = [Bool](repeating: false, count: 240)
    for trial in median.trials[1] { isUpper[trial] = true }
    let fit = LogisticRegression(fixture.states, isUpper: isUpper, penalty: 1 / (0.7 * 240))
    // Its gradient is below 1e-12 and the penalty, 6e-3, bounds the weights' error by 2e-10.
    #expect(distance(fit.weights, try fixture.values("logistic.weights")) < 1e-6)
    #expect(abs(fit.intercept - (try fixture.value("logistic.intercept"))) < 1e-6)
    #expect(fit.iterations < 12)
  }

  @Test("Trials count by their weights")
  func weighted() throws {
    let fixture = try ScoreFixture()
    let isUpper = try fixture.values("category").map { $0 == 0 }
    let shares = isUpper.map { $0 ? 2.0 : 0.5 }
    let fit = LogisticRegression(
      fixture.states,
      isUpper: isUpper,
      penalty: 1 / (3 * shares.reduce(0, +)),
      trialWeights: shares
    )
    #expect(distance(fit.weights, try fixture.values("logistic.weighted.weights")) < 1e-6)
    #expect(abs(fit.intercept - (try fixture.value("logistic.weighted.intercept"))) < 1e-6)
  }

  @Test("Sides that are far apart have a minimum, because of the penalty")
  func separable() {
    let states = DoubleMatrix(rows: 4, columns: 1, values: [-900, -1000, 900, 1000])
    let fit = LogisticRegression(states, isUpper: [false, false, true, true], penalty: 1e-6)
    #expect(fit.weights[0] > 0 && fit.weights[0].isFinite)
    #expect(abs(fit.intercept) < 1e-9)
  }

  @Test(
    "A classifier's scores don't change with the states' unit, a rotation or silent units",
    arguments: [ClassifierRule.logistic(penalty: 1e-3), .leastSquares(penalty: 1e-3)]
  )
  func invariance(rule: ClassifierRule) {
    let lower = DoubleMatrix.normal(30, 4, seed: 1)
    var upper = DoubleMatrix.normal(20, 4, seed: 2)
    for row in 0..<upper.rows { upper[row, 0] += 1 }
    let expected = LinearClassifier(lower: lower, upper: upper, rule).scores(lower)
    let turn = rotation(4, seed: 3)
    func moved(_ states: DoubleMatrix) -> DoubleMatrix {
      let turned = states * turn
      return DoubleMatrix(
        rows: turned.rows,
        columns: 5,
        values: (0..<turned.rows).flatMap { turned.row($0).map { 1000 * $0 + 3 } + [7] }
      )
    }
    let classifier = LinearClassifier(lower: moved(lower), upper: moved(upper), rule)
    let found = classifier.scores(moved(lower))
    // The tolerance of the gradient, 1e-7, over the penalty.
    #expect(distance(found, expected) < 1e-3)
  }

  @Test("Without any difference there's no side: half of the answers are right")
  func constant() {
    let states = DoubleMatrix(rows: 3, columns: 2, values: [1, 2, 1, 2, 1, 2])
    let classifier = LinearClassifier(lower: states, upper: states, .logistic(penalty: 1e-3))
    #expect(classifier.accuracy(lower: states, upper: states) == 0.5)
  }
}
