/// One binary question about the latent: on which side of a hyperplane it lies.
///
/// The question is whether `normal · x > offset`; the hyperplane is `normal · x = offset`. `normal`
/// has `D` entries, is not zero and need not have length one; lengths are in units of the latent
/// box, whose side is 1.
package struct Boundary: Hashable, Sendable {
  package var normal: [Double]
  package var offset: Double

  package init(normal: [Double], offset: Double) {
    self.normal = normal
    self.offset = offset
  }

  /// Whether `latent`, `[D]`, lies on the side that the normal points to; the boundary itself
  /// counts as the other side.
  package func isAbove(_ latent: [Double]) -> Bool {
    excess(of: latent) > 0
  }

  /// The distance of `latent`, `[D]`, from the boundary, positive above it.
  package func signedDistance(of latent: [Double]) -> Double {
    excess(of: latent) / normalLength
  }

  /// |normal|.
  package var normalLength: Double {
    normal.reduce(0) { sum, component in sum + component * component }.squareRoot()
  }

  /// `normal · x - offset`.
  private func excess(of latent: [Double]) -> Double {
    precondition(
      latent.count == normal.count,
      "the latent has \(latent.count) dimensions, the boundary \(normal.count)"
    )
    var sum = -offset
    for dimension in normal.indices {
      sum += normal[dimension] * latent[dimension]
    }
    return sum
  }
}
