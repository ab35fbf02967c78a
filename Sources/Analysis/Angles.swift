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

/// The angles between the directions in which the mean state moves with each latent,
/// `dE[r]/dx_i`, in degrees: those of all pairs, the first with each other one first.
///
/// Each direction is the slope of the states regressed on all latents, which for latents that are
/// uniform on a box is the average of the gradient with weight `3/2 · (1 - 4x²)` along its own axis.
/// Empty where there are fewer than two latents, or where the state doesn't vary.
package func encodingAngles(_ moments: Moments) -> [Double] {
  guard moments.dimensions >= 2, !moments.statesAreConstant else { return [] }
  let eigen = SymmetricEigen(moments.latentCovariance)
  guard let smallest = eigen.values.first, smallest > 0 else { return [] }
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
  return angles(betweenAll: (0..<moments.dimensions).map(slopes.column))
}

/// The angles of all pairs of vectors, in degrees; undefined ones are left out.
package func angles(betweenAll vectors: [[Double]]) -> [Double] {
  vectors.indices.flatMap { first in
    vectors[(first + 1)...].compactMap { angle(between: vectors[first], $0) }
  }
}
