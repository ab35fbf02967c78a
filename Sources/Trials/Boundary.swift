/// One question about the latent: on which side of a boundary it lies, or how far.
///
/// A boundary is where its function `h` is 0; a latent is above where `h > 0`. The boundary itself
/// counts as the other side.
package enum Boundary: Hashable, Sendable {
  /// `h = normal · x - offset`.
  case hyperplane(Hyperplane)
  /// `h = radius² - |x - center|²`: above is inside.
  case ball(center: [Double], radius: Double)
  /// `h = xᵀ A x + normal · x - offset`, with `A` symmetric, `[D, D]` row by row.
  case quadric(matrix: [Double], normal: [Double], offset: Double)
  /// One branch of a hyperbola, in one quadrant of the plane: `h = |x₁ x₂| - threshold` where both
  /// signs are as given, and -threshold elsewhere.
  case hyperbola(isFirstPositive: Bool, isSecondPositive: Bool, threshold: Double)

  package var dimensions: Int {
    switch self {
    case .hyperplane(let plane): plane.normal.count
    case .ball(let center, _): center.count
    case .quadric(_, let normal, _): normal.count
    case .hyperbola: 2
    }
  }

  package var hyperplane: Hyperplane? {
    if case .hyperplane(let plane) = self { plane } else { nil }
  }

  /// `h` at `latent`, `[D]`.
  package func value(at latent: [Double]) -> Double {
    precondition(
      latent.count == dimensions,
      "the latent has \(latent.count) dimensions, the boundary \(dimensions)"
    )
    switch self {
    case .hyperplane(let plane):
      return plane.excess(of: latent)
    case .ball(let center, let radius):
      return zip(latent, center).reduce(radius * radius) { $0 - ($1.0 - $1.1) * ($1.0 - $1.1) }
    case .quadric(let matrix, let normal, let offset):
      var sum = -offset
      for row in latent.indices {
        sum += normal[row] * latent[row]
        for column in latent.indices {
          sum += latent[row] * matrix[row * latent.count + column] * latent[column]
        }
      }
      return sum
    case .hyperbola(let first, let second, let threshold):
      let (a, b) = (first ? latent[0] : -latent[0], second ? latent[1] : -latent[1])
      return a > 0 && b > 0 ? a * b - threshold : -threshold
    }
  }

  package func isAbove(_ latent: [Double]) -> Bool { value(at: latent) > 0 }
}
