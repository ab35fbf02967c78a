/// A region of latents that is fixed by the sign of each: a quadrant for two latents.
package struct Orthant: Hashable, Sendable {
  /// Whether each latent is positive, `[D]`.
  package let isPositive: [Bool]

  package init(isPositive: [Bool]) { self.isPositive = isPositive }

  /// All `2^D`, the all-negative one first and the first latent changing slowest.
  package static func all(dimensions: Int) -> [Orthant] {
    (0..<1 << dimensions).map { code in
      Orthant(isPositive: (0..<dimensions).map { code >> (dimensions - 1 - $0) & 1 == 1 })
    }
  }

  /// "+-" for a positive first and a negative second latent.
  package var name: String { isPositive.map { $0 ? "+" : "-" }.joined() }
}
