import Analysis
import Compute
import Trials

/// The encoder's features of a grid of latents without noise, in three principal components.
package struct FeaturePortrait: Sendable {
  /// Points along one side of the grid.
  package static let side = 21

  /// Features of a latent.
  package let width: Int
  /// Of the variance over the grid, of the first three components.
  package let shares: [Double]
  /// Point `i · side + j` has the first latent at place `i` and the second at place `j`, all others
  /// being 0, `[side², 3]`.
  package let points: [[Double]]

  /// Where the grid's points lie on an axis.
  package static let places = (0..<side).map { Double($0) / Double(side - 1) - 0.5 }

  init(of spec: RunSpec) {
    let paradigm = spec.paradigm
    let encoder = RandomEncoder(
      kind: paradigm.encoder,
      layout: ObservationLayout(dimensions: paradigm.dimensions),
      seed: spec.seed,
      noiseDeviation: paradigm.noise.lookDeviation
    )
    let latents = Self.places.flatMap { x in Self.places.map { y in (x, y) } }
    let others = [Double](repeating: 0, count: paradigm.dimensions - 2)
    let features = encoder.features(of: latents.map { [$0.0, $0.1] + others })
    let width = encoder.outputWidth
    self.width = width
    var grid = Matrix(rows: latents.count, columns: 2)
    for (trial, latent) in latents.enumerated() {
      (grid[trial, 0], grid[trial, 1]) = (Float(latent.0), Float(latent.1))
    }
    let components = PrincipalComponents(Moments(of: StateSet(states: features, latents: grid)))
    let projected = latents.indices.map { trial in
      let place = components.project(
        (0..<width).map { Double(features[trial, $0]) },
        onto: 3
      )
      return place + [Double](repeating: 0, count: 3 - place.count)
    }
    // A component has no sign of its own: here it grows with x₁ and, less so, with x₂.
    let signs = (0..<3).map { component in
      zip(projected, latents).reduce(0) { $0 + $1.0[component] * ($1.1.0 + 0.4 * $1.1.1) } < 0
        ? -1.0 : 1
    }
    points = projected.map { zip($0, signs).map(*) }
    shares = Array((components.shares + [0, 0, 0]).prefix(3))
  }
}
