import Compute
import RealModule

/// The angle between two vectors in degrees, 0 … 180; `nil` where one has no length.
package func angle(between first: [Double], _ second: [Double]) -> Double? {
  let product = zip(first, second).reduce(0) { $0 + $1.0 * $1.1 }
  let lengths =
    first.reduce(0) { $0 + $1 * $1 }.squareRoot() * second.reduce(0) { $0 + $1 * $1 }.squareRoot()
  guard lengths > 0 else { return nil }
  return Double.acos(max(-1, min(1, product / lengths))) * 180 / Double.pi
}

/// The angle between the directions in which the mean state moves with each of the first two
/// latents, `dE[r]/dx₁` and `dE[r]/dx₂`, in degrees.
///
/// Each is the slope of the states regressed on all latents, which for latents that are uniform on
/// a box is the average of the gradient with weight `3/2 · (1 - 4x²)` along its own axis. `nil`
/// where there are fewer than two latents, or where the state doesn't vary.
package func encodingAngle(_ moments: Moments) -> Double? {
  guard moments.dimensions >= 2, !moments.statesAreConstant else { return nil }
  let eigen = SymmetricEigen(moments.latentCovariance)
  guard let smallest = eigen.values.first, smallest > 0 else { return nil }
  // cov(r, x) cov(x, x)⁻¹, through the eigenvectors of the small matrix.
  var inverse = DoubleMatrix(rows: moments.dimensions, columns: moments.dimensions)
  for (index, value) in eigen.values.enumerated() {
    for row in 0..<moments.dimensions {
      for column in 0..<moments.dimensions {
        inverse[row, column] += eigen.vectors[row, index] * eigen.vectors[column, index] / value
      }
    }
  }
  let slopes = moments.crossCovariance * inverse
  return angle(between: slopes.column(0), slopes.column(1))
}
