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

  /// Which class each state has.
  package struct Labels: Sendable {
    package let values: [Int]
    package let classes: Int

    /// - Parameters:
    ///   - values: In `0..<classes`.
    ///   - classes: At least two.
    package init(_ values: [Int], classes: Int) {
      precondition(classes > 1, "\(classes) classes can't be told apart")
      self.values = values
      self.classes = classes
    }
  }

  /// The classifiers of several sets of labels of the same states: factors, and shuffles of them.
  ///
  /// By L-BFGS (Nocedal and Wright, Numerical Optimization, algorithm 7.4) with steps that are halved
  /// until the objective falls. All sets go one step at a time, so that the states are read once for
  /// all of them; each set's steps are those that it would take alone.
  ///
  /// - Parameters:
  ///   - states: `[n, H]`; it takes the fewest steps where columns are uncorrelated.
  ///   - labels: Of each state, for every set.
  ///   - penalty: `λ`, positive: without it, classes that can be separated have no minimum.
  ///   - tolerance: No component of the gradient, in units of its column's deviation, is larger at
  ///     the end.
  /// - Returns: One classifier for each set.
  package static func fits(
    _ states: DoubleMatrix,
    _ labels: [Labels],
    penalty: Double,
    tolerance: Double = 1e-7
  ) -> [SoftmaxRegression] {
    precondition(
      labels.allSatisfy { $0.values.count == states.rows } && states.rows > 0,
      "every state has one label"
    )
    precondition(penalty > 0, "a penalty of \(penalty) leaves the minimum at infinity")
    let problem = SoftmaxProblem(states, penalty)
    var searches = labels.map { Search(problem, $0, tolerance) }
    while true {
      let active = searches.indices.filter { !searches[$0].isDone }
      guard !active.isEmpty else { break }
      let found = problem.evaluate(active.map { (searches[$0].tried, searches[$0].labels) })
      for (index, result) in zip(active, found) {
        searches[index].take(value: result.value, gradient: result.gradient)
      }
    }
    return searches.map { search in
      let size = states.columns * search.labels.classes
      let free = Array(search.place[size...])
      return SoftmaxRegression(
        weights: DoubleMatrix(
          rows: states.columns,
          columns: search.labels.classes,
          values: Array(search.place[..<size])
        ),
        intercepts: free.map { $0 - mean(free) },
        iterations: search.steps
      )
    }
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

/// The objective and its gradient in `(W, b)`, for several sets of labels.
///
/// States are gone through in blocks that stay in a core's second cache, once for scores and once for
/// slopes.
private struct SoftmaxProblem {
  let units: Int
  let penalty: Double
  private let count: Int
  private let blocks: [DoubleMatrix]
  /// Of every column, and of the intercept.
  private let deviations: [Double]

  init(_ states: DoubleMatrix, _ penalty: Double) {
    (units, count) = (states.columns, states.rows)
    self.penalty = penalty
    let rows = max(16, 65_536 / max(1, units))
    blocks = stride(from: 0, to: states.rows, by: rows).map { first in
      let last = min(states.rows, first + rows)
      return DoubleMatrix(
        rows: last - first,
        columns: states.columns,
        values: Array(states.values[first * states.columns..<last * states.columns])
      )
    }
    deviations = states.columnDeviations + [1]
  }

  /// What a Newton step would divide by if columns were uncorrelated and classes equally likely.
  func scales(classes: Int) -> [Double] {
    deviations.enumerated().flatMap { column, deviation in
      let curvature =
        deviation * deviation / Double(classes) + (column < units ? penalty : 0)
      return [Double](repeating: curvature, count: classes)
    }
  }

  func isSmall(_ gradient: [Double], _ tolerance: Double) -> Bool {
    let classes = gradient.count / deviations.count
    // A column that is nearly empty must not ask for digits that nobody has.
    let floor = 1e-6 * (deviations.dropLast().max() ?? 0)
    return gradient.indices.allSatisfy {
      gradient[$0].magnitude <= tolerance * max(deviations[$0 / classes], floor)
    }
  }

  func evaluate(
    _ sets: [(place: [Double], labels: SoftmaxRegression.Labels)]
  ) -> [(value: Double, gradient: [Double])] {
    let width = sets.reduce(0) { $0 + $1.labels.classes }
    var weights = DoubleMatrix(rows: units, columns: width)
    var first = 0
    for (place, labels) in sets {
      for row in 0..<units {
        for label in 0..<labels.classes {
          weights[row, first + label] = place[row * labels.classes + label]
        }
      }
      first += labels.classes
    }
    let intercepts = sets.map { Array($0.place[(units * $0.labels.classes)...]) }
    var results = sets.map { (value: 0.0, bias: [Double](repeating: 0, count: $0.labels.classes)) }
    var slopes = DoubleMatrix(rows: units, columns: width)
    var firstRow = 0
    for block in blocks {
      var scores = block.times(weights)
      first = 0
      for (index, set) in sets.enumerated() {
        let truth = set.labels.values[firstRow..<firstRow + block.rows]
        let errors = scores.becomeErrors(
          from: first,
          truth,
          intercepts[index],
          share: 1 / Double(count)
        )
        results[index].value += errors.value
        for label in errors.bias.indices { results[index].bias[label] += errors.bias[label] }
        first += set.labels.classes
      }
      slopes = slopes + block.transposedTimes(scores)
      firstRow += block.rows
    }
    first = 0
    return zip(sets, results).map { set, result in
      let classes = set.labels.classes
      var value = result.value
      var gradient = [Double](repeating: 0, count: set.place.count)
      for row in 0..<units {
        for label in 0..<classes {
          let weight = set.place[row * classes + label]
          gradient[row * classes + label] = slopes[row, first + label] + penalty * weight
          value += penalty / 2 * weight * weight
        }
      }
      for label in 0..<classes { gradient[units * classes + label] = result.bias[label] }
      first += classes
      return (value, gradient)
    }
  }
}

extension DoubleMatrix {
  /// Replaces the scores of one set's classes by `(p - truth) / n`.
  ///
  /// - Parameters:
  ///   - first: The column of the first class.
  ///   - labels: The true class of every row.
  ///   - intercepts: Of each class.
  ///   - share: `1 / n`, n of all blocks.
  /// - Returns: The rows' part in the mean of `-log p` of the true class, and each class's sum of errors.
  fileprivate mutating func becomeErrors(
    from first: Int,
    _ labels: ArraySlice<Int>,
    _ intercepts: [Double],
    share: Double
  ) -> (value: Double, bias: [Double]) {
    let (classes, width) = (intercepts.count, columns)
    var value = 0.0
    var bias = [Double](repeating: 0, count: classes)
    values.withUnsafeMutableBufferPointer { scores in
      for (row, truth) in labels.enumerated() {
        let start = row * width + first
        var peak = -Double.infinity
        for label in 0..<classes {
          scores[start + label] += intercepts[label]
          peak = max(peak, scores[start + label])
        }
        let own = scores[start + truth]
        var total = 0.0
        for label in 0..<classes {
          scores[start + label] = Double.exp(scores[start + label] - peak)
          total += scores[start + label]
        }
        value += share * (peak + Double.log(total) - own)
        for label in 0..<classes {
          let error = share * (scores[start + label] / total - (label == truth ? 1 : 0))
          scores[start + label] = error
          bias[label] += error
        }
      }
    }
    return (value, bias)
  }
}

/// Where one set of labels is on its way to the minimum.
private struct Search {
  let labels: SoftmaxRegression.Labels
  /// The best place so far.
  private(set) var place: [Double]
  /// What is to be evaluated next.
  private(set) var tried: [Double]
  private(set) var steps = 0
  private(set) var isDone = false
  private let problem: SoftmaxProblem
  private let tolerance: Double
  private var curvature: QuasiNewton
  private var value = Double.infinity
  private var gradient: [Double] = []
  private var direction: [Double] = []
  private var slope = 0.0
  private var length = 1.0

  init(_ problem: SoftmaxProblem, _ labels: SoftmaxRegression.Labels, _ tolerance: Double) {
    self.labels = labels
    self.problem = problem
    self.tolerance = tolerance
    let scales = problem.scales(classes: labels.classes)
    curvature = QuasiNewton(scales: scales)
    place = [Double](repeating: 0, count: scales.count)
    tried = place
  }

  /// Goes on from what was found at ``tried``.
  mutating func take(value found: Double, gradient slopes: [Double]) {
    let isFirst = gradient.isEmpty
    // Rounding of the objective's sum must not stop the last step.
    guard isFirst || found <= value + 1e-4 * length * slope + 1e-14 * value else {
      length /= 2
      isDone = length < 1e-10
      tried = zip(place, direction).map { $0 + length * $1 }
      return
    }
    if !isFirst {
      curvature.learn(zip(tried, place).map(-), zip(slopes, gradient).map(-))
      steps += 1
    }
    (place, value, gradient) = (tried, found, slopes)
    direction = curvature.direction(gradient)
    slope = zip(direction, gradient).reduce(0) { $0 + $1.0 * $1.1 }
    isDone = problem.isSmall(gradient, tolerance) || slope >= 0 || steps == 500
    length = 1
    tried = zip(place, direction).map(+)
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
