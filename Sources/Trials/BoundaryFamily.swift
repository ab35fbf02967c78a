import RealModule

/// A rule that makes the boundaries of a paradigm.
package enum BoundaryFamily: Hashable, Sendable {
  /// `count` lines through the origin of the plane, `D` = 2, whose angles to the first axis are
  /// φᵢ = iπ/N + π/2N for i = 0 … N-1: the paper's tasks.
  case evenlySpacedLines(count: Int)

  /// How many boundaries there are, `N`.
  package var count: Int {
    switch self {
    case .evenlySpacedLines(let count): count
    }
  }

  /// The boundaries, `N` of them, with unit normals.
  package func boundaries() -> [Boundary] {
    switch self {
    case .evenlySpacedLines(let count):
      precondition(count >= 1, "a family of \(count) lines asks nothing")
      return (0..<count).map { index in
        Boundary(normal: Self.normal(ofLine: index, of: count), offset: 0)
      }
    }
  }

  /// The unit normal for which "above" means x₂ > tan φᵢ · x₁.
  ///
  /// That is (-sin φ, cos φ) times the sign of cos φ. At 90°, the middle one of an odd number of
  /// lines, the sign of cos φ is a matter of rounding (the reference's tan has either sign there,
  /// float32 and float64 differ), so the normal is fixed by definition at (-1, 0).
  private static func normal(ofLine index: Int, of count: Int) -> [Double] {
    if 2 * index + 1 == count {
      return [-1, 0]
    }
    let angle = Double.pi * Double(2 * index + 1) / Double(2 * count)
    return 2 * index + 1 < count
      ? [-Double.sin(angle), Double.cos(angle)] : [Double.sin(angle), -Double.cos(angle)]
  }
}
