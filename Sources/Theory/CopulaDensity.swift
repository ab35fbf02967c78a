import Compute
import RealModule
import Trials

/// The density of latents that a Gaussian copula joins, relative to independent ones.
///
/// With a = Φ⁻¹(x + 1/2) and R the matrix of correlations it is
/// |R|^(-1/2) exp(-aᵀ (R⁻¹ - I) a / 2). All correlations are ρ, so R⁻¹ = (I - k 1 1ᵀ)/(1 - ρ) with
/// k = ρ/(1 + (D-1) ρ). The determinant cancels in a posterior and is left out.
package struct CopulaDensity: Hashable, Sendable {
  private let dimensions: Int
  private let square: Double
  private let cross: Double

  /// `nil` for independent latents.
  package init?(_ latents: LatentDistribution) {
    let rho = latents.correlation
    guard rho != 0 else { return nil }
    dimensions = latents.dimensions
    // At the limits of ρ the density is no function; just inside it is nearly the same.
    let smallest = LatentDistribution.smallestCorrelation(dimensions: latents.dimensions)
    let inside = min(max(rho, smallest + 1e-6), 1 - 1e-6)
    let share = inside / (1 + Double(dimensions - 1) * inside)
    square = 1 / (1 - inside) - 1
    cross = share / (1 - inside)
  }

  /// log w up to a constant, of normal coordinates that have these sums.
  func logDensity(sum: Double, squares: Double) -> Double {
    -0.5 * (square * squares - cross * sum * sum)
  }

  /// log w at a point, up to the same constant.
  func logWeight(_ latent: [Double]) -> Double {
    let normals = latent.map(normalCoordinate)
    return logDensity(sum: normals.reduce(0, +), squares: normals.reduce(0) { $0 + $1 * $1 })
  }

  /// w at a point.
  func weight(_ latent: [Double]) -> Double { .exp(logWeight(latent)) }

  /// w at a point whose coordinate `index` is replaced by `value`.
  func weight(_ point: UnsafePointer<Double>, _ index: Int, _ value: Double) -> Double {
    var (sum, squares) = (0.0, 0.0)
    for dimension in 0..<dimensions {
      let normal = normalCoordinate(dimension == index ? value : point[dimension])
      sum += normal
      squares += normal * normal
    }
    return .exp(logDensity(sum: sum, squares: squares))
  }
}
