import Compute
import RealModule

/// How far two systems' clouds of states are apart once shifted, scaled and rotated (mirrored, too)
/// onto each other as well as possible.
///
/// States are centred and divided by their norm over all trials; the smaller system gets silent units
/// until both have the same number. Both distances are metrics. Trial noise doesn't cancel: two
/// noisy records of one system are apart, so compare mean states of conditions, or look at the
/// distance between halves. Source: Williams et al., NeurIPS 2021, there with α = 1.
package struct ShapeDistance: Sendable {
  /// `θ = arccos ‖XᵀY‖_*`, 0 … π/2 radians (the nuclear norm is never negative).
  package let angle: Double
  /// `√(2 - 2 cos θ)`, the Procrustes distance of the scaled states, 0 … √2.
  package let procrustes: Double

  /// `nil` where a system doesn't vary.
  ///
  /// - Parameters:
  ///   - first: States of one system, `[n, H₁]`.
  ///   - second: Of another on the same trials, `[n, H₂]`.
  package init?(_ first: DoubleMatrix, _ second: DoubleMatrix) {
    precondition(first.rows == second.rows, "two systems are compared on the same trials")
    let (x, y) = (first.centered, second.centered)
    let norms = (x.sumOfSquares * y.sumOfSquares).squareRoot()
    guard norms > 0 else { return nil }
    // Silent units add rows or columns of zeros, which have no singular values.
    let nuclear = SingularValues.values(of: x.transposedTimes(y)).reduce(0, +)
    let cosine = max(0, min(1, nuclear / norms))
    angle = .acos(cosine)
    procrustes = (2 - 2 * cosine).squareRoot()
  }
}
