/// A region of latents that is fixed by the signs of some of them: a quadrant for both of two
/// latents, a half-space for one.
package struct SignRegion: Hashable, Sendable {
  /// Whether each latent is positive, `[D]`; `nil` where its sign doesn't matter.
  package let signs: [Bool?]

  package init(signs: [Bool?]) { self.signs = signs }

  /// How many latents have their sign fixed.
  package var fixedCount: Int { signs.count { $0 != nil } }

  /// The share of the box that it fills.
  package var probability: Double {
    (0..<fixedCount).reduce(1) { share, _ in share / 2 }
  }

  /// Whether a latent, `[D]`, lies in it; exactly 0 counts as negative.
  package func contains(_ latent: some Collection<Float>) -> Bool {
    zip(signs, latent).allSatisfy { sign, value in sign.map { $0 == (value > 0) } ?? true }
  }

  /// Every pattern of signs of the last `fixed` of `dimensions` latents, the all-negative one
  /// first and the first of them changing slowest.
  package static func all(ofLast fixed: Int, dimensions: Int) -> [SignRegion] {
    let free = [Bool?](repeating: nil, count: dimensions - fixed)
    return (0..<1 << fixed).map { code in
      SignRegion(signs: free + (0..<fixed).map { code >> (fixed - 1 - $0) & 1 == 1 })
    }
  }

  /// All `2^D` orthants.
  package static func orthants(dimensions: Int) -> [SignRegion] {
    all(ofLast: dimensions, dimensions: dimensions)
  }

  /// "+-" for a positive first and a negative second latent; a dot where the sign doesn't matter.
  package var name: String {
    signs.map { sign in sign.map { $0 ? "+" : "-" } ?? "." }.joined()
  }
}
