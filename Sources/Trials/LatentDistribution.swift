import Compute
import RealModule

/// What is hidden in a trial: `D` numbers, each uniform on [-0.5, 0.5].
///
/// With a correlation `ρ` they are joined by a Gaussian copula, `x = Φ(g) - 1/2` with `g` normal of
/// variance 1 and correlation ρ between every pair: the marginals stay uniform. Two latents then
/// correlate by `(6/π) asin(ρ/2)` and have the same sign with probability `1/2 + asin(ρ)/π`.
package struct LatentDistribution: Hashable, Sendable {
  /// Latent dimensions, `D`.
  package var dimensions: Int
  /// `ρ`, in [-1/(D-1), 1].
  package var correlation: Double

  package init(dimensions: Int = 2, correlation: Double = 0) {
    self.dimensions = dimensions
    self.correlation = correlation
  }

  /// The smallest `ρ` that `D` variables can have pairwise.
  package static func smallestCorrelation(dimensions: Int) -> Double {
    dimensions > 1 ? -1 / Double(dimensions - 1) : -1
  }

  /// The correlation of two latents, `(6/π) asin(ρ/2)`.
  package var latentCorrelation: Double { 6 / Double.pi * .asin(correlation / 2) }

  /// The lower triangle `L` of the correlation matrix `L Lᵀ`, `[D, D]` (Cholesky).
  ///
  /// For equal correlations a column below its diagonal is constant; near the smallest correlation
  /// a diagonal element that rounding made negative is 0.
  package var factor: DoubleMatrix {
    var factor = DoubleMatrix(rows: dimensions, columns: dimensions)
    // What is left of the diagonal and of every other element after the columns so far.
    var (diagonal, other) = (1.0, correlation)
    for column in 0..<dimensions {
      let root = max(diagonal, 0).squareRoot()
      factor[column, column] = root
      let below = root > 0 ? other / root : 0
      for row in column + 1..<max(dimensions, column + 1) { factor[row, column] = below }
      diagonal -= below * below
      other -= below * below
    }
    return factor
  }
}

/// `Φ(x)` from multiplications, divisions and additions alone, right to 1e-13.
///
/// A latent is part of every weight that follows, so it must not depend on a system's own `erf`.
/// Marsaglia's series (2004): `Φ(x) = 1/2 + φ(x) (x + x³/3 + x⁵/15 + …)`.
package func portableNormalProbability(below x: Double) -> Double {
  guard x.magnitude < 8 else { return x < 0 ? 0 : 1 }
  let square = x * x
  var term = x
  var sum = x
  var denominator = 1.0
  while term.magnitude > 1e-17 * sum.magnitude {
    denominator += 2
    term *= square / denominator
    sum += term
  }
  // e^(-x²/2) as the 1024th power of e^(-x²/2048), whose series is short.
  let small = square / 2048
  var power = 1.0
  for order in (1...8).reversed() { power = 1 - small * power / Double(order) }
  for _ in 0..<10 { power *= power }
  let inverseRootOfTwoPi = 0.398942280401432677939946
  return 0.5 + inverseRootOfTwoPi * power * sum
}
