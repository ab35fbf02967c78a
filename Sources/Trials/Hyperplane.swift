/// The boundary `normal · x = offset`.
///
/// `normal` has `D` entries, is not zero and need not have length one; lengths are in units of the
/// latent box, whose side is 1.
package struct Hyperplane: Hashable, Sendable {
  package var normal: [Double]
  package var offset: Double

  package init(normal: [Double], offset: Double) {
    self.normal = normal
    self.offset = offset
  }

  /// |normal|.
  package var normalLength: Double {
    normal.reduce(0) { sum, component in sum + component * component }.squareRoot()
  }

  /// The distance of `latent`, `[D]`, from the boundary, positive on the normal's side.
  package func signedDistance(of latent: [Double]) -> Double {
    excess(of: latent) / normalLength
  }

  /// `normal · x - offset`.
  package func excess(of latent: [Double]) -> Double {
    precondition(
      latent.count == normal.count,
      "the latent has \(latent.count) dimensions, the boundary \(normal.count)"
    )
    var sum = -offset
    for dimension in normal.indices { sum += normal[dimension] * latent[dimension] }
    return sum
  }
}
