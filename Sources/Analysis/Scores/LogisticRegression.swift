import Compute
import RealModule

/// A linear classifier of two sides by the most probable labels, with a penalty on the weights.
///
/// It minimises `Σᵢ cᵢ log(1 + exp(-sᵢ (w·xᵢ + b))) / Σᵢ cᵢ + λ/2 |w|²`, where `sᵢ` is ±1 and the
/// intercept is free: scikit-learn's `LogisticRegression` with `C = 1 / (λ Σ cᵢ)`.
package struct LogisticRegression: Sendable {
  /// `w`, `[H]`.
  package let weights: [Double]
  /// `b`.
  package let intercept: Double
  /// Steps of Newton's method that it took.
  package let iterations: Int

  /// Newton's method, with steps that are halved until the objective falls.
  ///
  /// The objective is strictly convex, so there is one minimum and no seed; near it every step
  /// doubles the right digits.
  ///
  /// - Parameters:
  ///   - states: `[n, H]`.
  ///   - isUpper: Each trial's side; both must occur.
  ///   - penalty: `λ`, positive: without it, sides that can be separated have no minimum.
  ///   - trialWeights: `c`, `[n]`; all alike if left out.
  ///   - tolerance: No component of the gradient is larger at the end.
  package init(
    _ states: DoubleMatrix,
    isUpper: [Bool],
    penalty: Double,
    trialWeights: [Double]? = nil,
    tolerance: Double = 1e-9
  ) {
    precondition(states.rows == isUpper.count, "every state has one label")
    precondition(isUpper.contains(true) && isUpper.contains(false), "there must be two sides")
    precondition(penalty > 0, "a penalty of \(penalty) leaves the minimum at infinity")
    let given = trialWeights ?? [Double](repeating: 1, count: states.rows)
    let total = given.reduce(0, +)
    let problem = Problem(
      inputs: states.withOnes,
      signs: isUpper.map { $0 ? 1 : -1 },
      shares: given.map { $0 / total },
      penalty: penalty
    )
    var parameters = [Double](repeating: 0, count: states.columns + 1)
    var margins = problem.margins(parameters)
    var value = problem.value(parameters, margins)
    var steps = 0
    while steps < 100 {
      let (gradient, hessian) = problem.derivatives(parameters, margins)
      guard gradient.contains(where: { $0.magnitude > tolerance }) else { break }
      guard let step = Cholesky(hessian)?.solve(gradient) else { break }
      let slope = zip(step, gradient).reduce(0) { $0 + $1.0 * $1.1 }
      steps += 1
      var length = 1.0
      var found = false
      while length > 1e-10, !found {
        let tried = zip(parameters, step).map { $0 - length * $1 }
        let triedMargins = problem.margins(tried)
        let triedValue = problem.value(tried, triedMargins)
        // Rounding of the objective's sum must not stop the last step.
        if triedValue <= value - 1e-4 * length * slope + 1e-14 * value {
          (parameters, margins, value, found) = (tried, triedMargins, triedValue, true)
        }
        length /= 2
      }
      guard found else { break }
    }
    weights = Array(parameters.dropLast())
    intercept = parameters[states.columns]
    iterations = steps
  }
}

/// The objective and its derivatives in `(w, b)`.
private struct Problem {
  /// States with a column of ones, `[n, H + 1]`.
  let inputs: DoubleMatrix
  let signs: [Double]
  /// `c / Σ c`.
  let shares: [Double]
  let penalty: Double

  /// `s (w·x + b)`: positive on the right side.
  func margins(_ parameters: [Double]) -> [Double] {
    zip(inputs.times(parameters), signs).map(*)
  }

  func value(_ parameters: [Double], _ margins: [Double]) -> Double {
    var sum = 0.0
    for (margin, share) in zip(margins, shares) {
      // log(1 + exp(-m)) without overflow.
      sum += share * (max(0, -margin) + .log(onePlus: .exp(-margin.magnitude)))
    }
    return sum + penalty / 2 * parameters.dropLast().reduce(0) { $0 + $1 * $1 }
  }

  func derivatives(
    _ parameters: [Double],
    _ margins: [Double]
  ) -> (gradient: [Double], hessian: DoubleMatrix) {
    let width = inputs.columns
    var slopes = [Double](repeating: 0, count: inputs.rows)
    var scaled = inputs
    scaled.values.withUnsafeMutableBufferPointer { values in
      for trial in margins.indices {
        // The probability of the wrong side.
        let wrong = 1 / (1 + Double.exp(margins[trial]))
        slopes[trial] = -shares[trial] * signs[trial] * wrong
        let curvature = (shares[trial] * wrong * (1 - wrong)).squareRoot()
        for column in trial * width..<(trial + 1) * width { values[column] *= curvature }
      }
    }
    var gradient = inputs.transposedTimes(slopes)
    var hessian = DoubleMatrix(rows: width, columns: width)
    hessian.addGram(of: scaled)
    for unit in 0..<width - 1 {
      gradient[unit] += penalty * parameters[unit]
      hessian[unit, unit] += penalty
    }
    return (gradient, hessian)
  }
}

extension DoubleMatrix {
  /// With one more column, of ones.
  fileprivate var withOnes: DoubleMatrix {
    var values: [Double] = []
    values.reserveCapacity(rows * (columns + 1))
    for row in 0..<rows {
      values += self.values[row * columns..<(row + 1) * columns]
      values.append(1)
    }
    return DoubleMatrix(rows: rows, columns: columns + 1, values: values)
  }
}
