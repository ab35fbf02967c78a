import Compute

/// Least squares with an absolute penalty, which sets most weights to exactly zero.
///
/// It minimises `1/(2n) |y - X w|² + α |w|₁` on centred data, known by their moments:
/// `½ wᵀ C w - cᵀ w + α |w|₁` with `C = XᵀX/n` and `c = Xᵀy/n`. That is scikit-learn's `Lasso`.
package struct Lasso: Sendable {
  /// `w`, `[H]`.
  package private(set) var weights: [Double]
  /// Whether the last fit came to rest before its sweeps were used up.
  package private(set) var isConverged = true
  /// `C w`, kept up to date.
  private var projected: [Double]
  private let covariance: DoubleMatrix
  private let cross: [Double]

  /// Starts at zero weights.
  ///
  /// - Parameters:
  ///   - covariance: `C`, `[H, H]`, both halves. A unit without variance keeps the weight 0.
  ///   - cross: `c`, `[H]`.
  package init(covariance: DoubleMatrix, cross: [Double]) {
    self.covariance = covariance
    self.cross = cross
    weights = [Double](repeating: 0, count: cross.count)
    projected = weights
  }

  /// The smallest penalty that leaves all weights at zero.
  package var largestPenalty: Double { cross.reduce(0) { max($0, $1.magnitude) } }

  /// Coordinate descent from the weights as they are: a path of falling penalties costs little more
  /// than its last.
  ///
  /// Units with a weight are visited until they rest, then all of them, until none moves.
  ///
  /// - Parameters:
  ///   - penalty: `α`, not negative.
  ///   - tolerance: At the end no visit moves a unit's contribution, `w √C`, by more.
  ///   - sweeps: A bound on the visits of every unit.
  package mutating func fit(penalty: Double, tolerance: Double = 1e-7, sweeps: Int = 10_000) {
    let everyone = Array(weights.indices)
    var left = sweeps
    isConverged = false
    while left > 0, !isConverged {
      left -= 1
      isConverged = visit(everyone, penalty) <= tolerance
      let active = everyone.filter { weights[$0] != 0 }
      while left > 0, !isConverged, visit(active, penalty) > tolerance { left -= 1 }
    }
  }

  /// - Returns: The largest move.
  private mutating func visit(_ units: [Int], _ penalty: Double) -> Double {
    let width = weights.count
    return covariance.values.withUnsafeBufferPointer { covariance in
      projected.withUnsafeMutableBufferPointer { projected in
        weights.withUnsafeMutableBufferPointer { weights in
          var largest = 0.0
          for unit in units {
            let row = UnsafeBufferPointer(rebasing: covariance[unit * width..<(unit + 1) * width])
            let curvature = row[unit]
            guard curvature > 0 else { continue }
            let old = weights[unit]
            let pull = cross[unit] - projected[unit] + curvature * old
            let new = (max(0, pull - penalty) - max(0, -pull - penalty)) / curvature
            guard new != old else { continue }
            weights[unit] = new
            let move = new - old
            for other in row.indices { projected[other] += move * row[other] }
            largest = max(largest, move.magnitude * curvature.squareRoot())
          }
          return largest
        }
      }
    }
  }
}
