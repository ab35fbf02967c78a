import Compute
import RealModule

/// A linear classifier of several classes by the most probable labels, with a penalty on the weights.
///
/// It minimises `-(1/n) Σᵢ log p(classᵢ | rᵢ) + λ/2 |W|²`, where `p` is the softmax of `Wᵀ r + b` and
/// the intercepts are free: scikit-learn's multinomial `LogisticRegression` with `C = 1 / (λ n)`. For
/// two classes the difference of the two columns is what logistic regression with `C = 2 / (λ n)`
/// finds. The objective is convex, so that there is one answer and no seed.
package struct SoftmaxRegression: Sendable {
  /// `W`, `[H, classes]`.
  package let weights: DoubleMatrix
  /// `b`, `[classes]`; their sum is 0.
  package let intercepts: [Double]
  package let iterations: Int

  /// By L-BFGS (Nocedal and Wright, Numerical Optimization, algorithm 7.4) with steps that are halved
  /// until the objective falls.
  ///
  /// - Parameters:
  ///   - states: `[n, H]`; it takes the fewest steps where columns are uncorrelated.
  ///   - labels: Each state's class, in `0..<classes`.
  ///   - classes: How many, at least two.
  ///   - penalty: `λ`, positive: without it, classes that can be separated have no minimum.
  ///   - tolerance: No component of the gradient, in units of its column's deviation, is larger at
  ///     the end.
  package init(
    _ states: DoubleMatrix,
    labels: [Int],
    classes: Int,
    penalty: Double,
    tolerance: Double = 1e-7
  ) {
    precondition(states.rows == labels.count && states.rows > 0, "every state has one label")
    precondition(classes > 1 && penalty > 0, "\(classes) classes with a penalty of \(penalty)")
    let problem = SoftmaxProblem(states, labels, classes, penalty)
    var search = QuasiNewton(scales: problem.scales)
    var place = [Double](repeating: 0, count: problem.scales.count)
    var (value, gradient) = problem.evaluate(place)
    var steps = 0
    while steps < 500, !problem.isSmall(gradient, tolerance) {
      let direction = search.direction(gradient)
      let slope = zip(direction, gradient).reduce(0) { $0 + $1.0 * $1.1 }
      guard slope < 0 else { break }
      var length = 1.0
      var moved = false
      while length > 1e-10, !moved {
        let tried = zip(place, direction).map { $0 + length * $1 }
        let (newValue, newGradient) = problem.evaluate(tried)
        // Rounding of the objective's sum must not stop the last step.
        if newValue <= value + 1e-4 * length * slope + 1e-14 * value {
          search.learn(zip(tried, place).map(-), zip(newGradient, gradient).map(-))
          (place, value, gradient, moved) = (tried, newValue, newGradient, true)
        }
        length /= 2
      }
      steps += 1
      guard moved else { break }
    }
    let size = states.columns * classes
    weights = DoubleMatrix(
      rows: states.columns,
      columns: classes,
      values: Array(place[..<size])
    )
    let free = Array(place[size...])
    intercepts = free.map { $0 - mean(free) }
    iterations = steps
  }

  /// The most probable class of every row; of equal ones the first.
  package func classes(of states: DoubleMatrix) -> [Int] {
    let scores = states.times(weights)
    return (0..<scores.rows).map { row in
      intercepts.indices.reduce(0) { best, label in
        scores[row, label] + intercepts[label] > scores[row, best] + intercepts[best] ? label : best
      }
    }
  }
}

/// The objective and its gradient in `(W, b)`.
private struct SoftmaxProblem {
  let states: DoubleMatrix
  let labels: [Int]
  let classes: Int
  let penalty: Double
  /// What a Newton step would divide by if columns were uncorrelated and classes equally likely.
  let scales: [Double]
  /// Each parameter's unit: its column's deviation.
  private let deviations: [Double]

  init(_ states: DoubleMatrix, _ labels: [Int], _ classes: Int, _ penalty: Double) {
    self.states = states
    self.labels = labels
    self.classes = classes
    self.penalty = penalty
    let squares = states.columnDeviations.map { $0 * $0 } + [1]
    let share = 1 / Double(classes)
    scales = squares.indices.flatMap { column in
      let curvature = share * squares[column] + (column < states.columns ? penalty : 0)
      return [Double](repeating: curvature, count: classes)
    }
    deviations = squares.flatMap {
      [Double](repeating: $0.squareRoot(), count: classes)
    }
  }

  func isSmall(_ gradient: [Double], _ tolerance: Double) -> Bool {
    // A column that is nearly empty must not ask for digits that nobody has.
    let floor = 1e-6 * (deviations.dropLast(classes).max() ?? 0)
    return zip(gradient, deviations).allSatisfy {
      $0.magnitude <= tolerance * max($1, floor)
    }
  }

  func evaluate(_ place: [Double]) -> (value: Double, gradient: [Double]) {
    let size = states.columns * classes
    let weights = DoubleMatrix(
      rows: states.columns,
      columns: classes,
      values: Array(place[..<size])
    )
    var scores = states.times(weights)
    let share = 1 / Double(states.rows)
    var value = 0.0
    var bias = [Double](repeating: 0, count: classes)
    scores.values.withUnsafeMutableBufferPointer { scores in
      for row in labels.indices {
        let start = row * classes
        var peak = -Double.infinity
        for label in 0..<classes {
          scores[start + label] += place[size + label]
          peak = max(peak, scores[start + label])
        }
        let own = scores[start + labels[row]]
        var total = 0.0
        for label in 0..<classes {
          scores[start + label] = Double.exp(scores[start + label] - peak)
          total += scores[start + label]
        }
        value += share * (peak + Double.log(total) - own)
        for label in 0..<classes {
          let error = scores[start + label] / total - (label == labels[row] ? 1 : 0)
          scores[start + label] = share * error
          bias[label] += share * error
        }
      }
    }
    var gradient = states.transposedTimes(scores).values
    for index in gradient.indices {
      gradient[index] += penalty * place[index]
      value += penalty / 2 * place[index] * place[index]
    }
    return (value, gradient + bias)
  }
}

/// What the last steps say about the curvature.
private struct QuasiNewton {
  let scales: [Double]
  private var pairs: [(step: [Double], change: [Double], curvature: Double)] = []

  init(scales: [Double]) { self.scales = scales }

  /// Where to go from a place with this gradient.
  func direction(_ gradient: [Double]) -> [Double] {
    func dot(_ left: [Double], _ right: [Double]) -> Double {
      var sum = 0.0
      for index in left.indices { sum += left[index] * right[index] }
      return sum
    }
    var result = gradient
    var shares: [Double] = []
    for pair in pairs.reversed() {
      let share = dot(pair.step, result) / pair.curvature
      for index in result.indices { result[index] -= share * pair.change[index] }
      shares.append(share)
    }
    for index in result.indices { result[index] /= scales[index] }
    if let last = pairs.last {
      let expected = zip(last.change, scales).reduce(0) { $0 + $1.0 * $1.0 / $1.1 }
      for index in result.indices { result[index] *= last.curvature / expected }
    }
    for (pair, share) in zip(pairs, shares.reversed()) {
      let other = dot(pair.change, result) / pair.curvature
      for index in result.indices { result[index] += (share - other) * pair.step[index] }
    }
    return result.map { -$0 }
  }

  mutating func learn(_ step: [Double], _ change: [Double]) {
    let curvature = zip(step, change).reduce(0) { $0 + $1.0 * $1.1 }
    guard curvature > 0 else { return }
    if pairs.count == 10 { pairs.removeFirst() }
    pairs.append((step, change, curvature))
  }
}
