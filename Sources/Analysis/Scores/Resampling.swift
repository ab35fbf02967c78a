import Compute

extension RandomStream {
  /// `0..<count` in a random order, by Fisher and Yates' shuffle.
  package func permutation(of count: Int, lane: Int = 0) -> [Int] {
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, index(below: last + 1, lane: lane, last))
    }
    return order
  }
}

/// Where a score lies among those of systems that have nothing to find.
package struct NullDistribution: Sendable {
  /// The null's scores in ascending order; draws without a score are left out.
  package let scores: [Double]
  package let quartiles: Quartiles?
  /// The share of the null that is at least as large, the observed one counted in.
  ///
  /// `(1 + #{null ≥ observed}) / (1 + draws)`. Source: Phipson and Smyth 2010.
  package let probability: Double

  package init(observed: Double, scores: [Double]) {
    self.scores = scores.sorted()
    quartiles = Quartiles(of: scores)
    let atLeast = scores.reduce(0) { $0 + ($1 >= observed ? 1 : 0) }
    probability = Double(1 + atLeast) / Double(1 + scores.count)
  }
}

/// The score of the same states with the factors of other trials: labels shuffled, all factors of a
/// trial together.
///
/// - Parameters:
///   - trials: How many.
///   - draws: How many shuffles.
///   - seed: Of the shuffles.
///   - score: Of the factors' new order: trial `i` has the factors of trial `order[i]`.
/// - Returns: One score for each draw that has one.
package func shuffledScores(
  trials: Int,
  draws: Int,
  seed: UInt64,
  _ score: ([Int]) -> Double?
) -> [Double] {
  (0..<draws).compactMap { draw in
    score(RandomStream(seed: seed, purpose: .shuffle, step: draw).permutation(of: trials))
  }
}

/// The same code without its axes: states turned by a random rotation.
///
/// All distances and angles stay, and with them every score that doesn't care for single units
/// (CCGP, parallelism, shattering, CKA, shape); what an axis-bound score loses is what it owed to
/// the axes. The eigenvectors of a symmetric Gaussian matrix have no preferred direction.
///
/// - Parameters:
///   - states: `[n, H]`.
///   - stream: Draws the rotation.
/// - Returns: `[n, H]`, about the same mean.
package func randomRotation(of states: DoubleMatrix, _ stream: RandomStream) -> DoubleMatrix {
  let width = states.columns
  var normals = Matrix(rows: width, columns: width)
  stream.fillNormal(normals.mutableView)
  var symmetric = DoubleMatrix(rows: width, columns: width)
  for row in 0..<width {
    for column in 0..<width {
      symmetric[row, column] = Double(normals[row, column]) + Double(normals[column, row])
    }
  }
  let mean = states.columnMeans
  var turned = states.centered.times(SymmetricEigen(symmetric).vectors)
  for row in 0..<turned.rows {
    for unit in 0..<width { turned[row, unit] += mean[unit] }
  }
  return turned
}

/// Conditions at random places: the null of scores that ask how conditions lie to each other.
///
/// Each condition's cloud of states keeps its shape and its distance from the mean of all conditions,
/// about which its units are exchanged and mirrored at random: no relation between conditions is left
/// except by luck, good or bad. (Bernardi et al., Cell 2020, only exchange units, which leaves every
/// condition its mean rate: a factor that drives all units alike would stay.)
///
/// - Parameters:
///   - conditions: Of the trials.
///   - states: `[n, H]`.
///   - stream: Draws a signed permutation of the units for each condition.
/// - Returns: `[n, H]`, about a mean of zero.
package func scatteredConditions(
  _ conditions: Conditions,
  of states: DoubleMatrix,
  _ stream: RandomStream
) -> DoubleMatrix {
  let center = conditions.means(of: states).columnMeans
  var moved = states
  for (condition, trials) in conditions.trials.enumerated() {
    let order = stream.permutation(of: states.columns, lane: condition)
    let signs = order.indices.map { unit -> Double in
      // The words that the permutation doesn't use.
      stream.index(below: 2, lane: condition, states.columns + unit) == 0 ? -1 : 1
    }
    for trial in trials {
      for (unit, source) in order.enumerated() {
        moved[trial, unit] = signs[unit] * (states[trial, source] - center[source])
      }
    }
  }
  return moved
}
