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
  guard moments.dimensions >= 2, let slopes = encodingSlopes(moments) else { return [] }
  return angles(betweenAll: (0..<moments.dimensions).map(slopes.column))
}

/// The directions in which the mean state moves with each latent, `dE[r]/dx_i` in column `i`,
/// `[H, D]`: the slopes of the states regressed on all latents.
///
/// `nil` where the state doesn't vary, or the latents don't.
package func encodingSlopes(_ moments: Moments) -> DoubleMatrix? {
  guard !moments.statesAreConstant else { return nil }
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
  return moments.crossCovariance * inverse
}

/// The principal angles between two planes (spaces) that some vectors span, in degrees, the
/// smallest first: as many as the smaller one has dimensions.
///
/// Their cosines are the singular values of `PᵀQ` for orthonormal bases `P` and `Q`; by the cosine
/// an angle below a hundred-thousandth of a degree is not told from zero. Source: Björck and Golub,
/// Mathematics of Computation 27, 1973.
package func principalAngles(between first: [[Double]], _ second: [[Double]]) -> [Double] {
  var (p, q) = (orthonormalBasis(of: first), orthonormalBasis(of: second))
  if p.count > q.count { swap(&p, &q) }
  guard !p.isEmpty else { return [] }
  var overlap = DoubleMatrix(rows: q.count, columns: p.count)
  for row in q.indices {
    for column in p.indices {
      overlap[row, column] = zip(q[row], p[column]).reduce(0) { $0 + $1.0 * $1.1 }
    }
  }
  return SymmetricEigen(overlap.transposed * overlap).values.reversed().map { square in
    Double.acos(min(1, max(0, square).squareRoot())) * 180 / Double.pi
  }
}

/// The angles of all pairs of vectors, in degrees; undefined ones are left out.
package func angles(betweenAll vectors: [[Double]]) -> [Double] {
  vectors.indices.flatMap { first in
    vectors[(first + 1)...].compactMap { angle(between: vectors[first], $0) }
  }
}
