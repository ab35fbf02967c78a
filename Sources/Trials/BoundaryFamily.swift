import Compute
import RealModule

/// A rule that makes the boundaries of a paradigm.
package struct BoundaryFamily: Hashable, Sendable {
  package var shape: Shape
  /// How many boundaries there are, `N`; `axes` and `given` fix it themselves.
  package var count: Int
  /// How often each boundary is asked about: copies stand side by side.
  package var copies: Int
  /// What draws random boundaries where another seed draws the rest; `nil` where one draws all.
  package var seed: UInt64?

  package enum Shape: Hashable, Sendable {
    /// Lines through the origin of the plane, whose angles to the first axis are
    /// `φᵢ = iπ/N + π/2N` for `i = 0 … N-1`: the paper's tasks in two dimensions.
    case lines
    /// Random hyperplanes; the paper's tasks in more dimensions.
    ///
    /// Unit normals, from a normalised Gaussian or, where `cone` is below 180 degrees, at an angle
    /// to the first axis that is uniform in `0 … cone`; offsets uniform in ±`offset`.
    case hyperplanes(offset: Double, cone: Double)
    /// `x_d > 0` for each latent.
    case axes
    /// Branches `x₁ x₂ = ±θⱼ` of hyperbolas, `N/4` in each quadrant, with thresholds
    /// `θⱼ = 0.2 · linspace(1/2N, 1, N/4)`: tasks of one quadrant are 0 in all others.
    case hyperbolas
    /// Balls with random centers in the box. Radii are uniform in `radius/2 … radius` times
    /// `√(D/2)`, since distances grow like that. They also concentrate, near `√(D/6)` from a center,
    /// so in many dimensions a ball much smaller than that is empty.
    case circles(radius: Double)
    /// Random quadrics `xᵀ A x + n · x = b`: `A` and `n` are Gaussian, and the surface passes
    /// through a random point of the box.
    case quadrics
    /// Hyperplanes, balls and quadrics in turn.
    case mixed(offset: Double, radius: Double)
    /// A list.
    case given([Boundary])
  }

  package init(_ shape: Shape, count: Int, copies: Int = 1, seed: UInt64? = nil) {
    precondition(count >= 1 && copies >= 1, "\(count) boundaries, \(copies) times, ask nothing")
    self.shape = shape
    self.count = count
    self.copies = copies
    self.seed = seed
  }

  /// The paper's lines.
  package static func evenlySpacedLines(count: Int) -> BoundaryFamily {
    BoundaryFamily(.lines, count: count)
  }

  /// `N`, where the latent has so many dimensions.
  package func count(dimensions: Int) -> Int {
    switch shape {
    case .axes: dimensions * copies
    case .given(let boundaries): boundaries.count * copies
    case .lines, .hyperplanes, .hyperbolas, .circles, .quadrics, .mixed: count
    }
  }

  /// Whether other seeds make other boundaries.
  package var isRandom: Bool {
    switch shape {
    case .hyperplanes, .circles, .quadrics, .mixed: true
    case .lines, .axes, .hyperbolas, .given: false
    }
  }

  /// The boundaries, `N` of them, as the family's own seed draws them or, without one, `seed`.
  package func boundaries(dimensions: Int, seed: UInt64) -> [Boundary] {
    let total = count(dimensions: dimensions)
    precondition(total.isMultiple(of: copies), "\(total) boundaries can't be \(copies) of each")
    let distinct = total / copies
    let lottery = BoundaryLottery(dimensions: dimensions, count: distinct, seed: self.seed ?? seed)
    return (0..<distinct).flatMap { index in
      [Boundary](repeating: boundary(index, of: distinct, lottery, dimensions), count: copies)
    }
  }

  private func boundary(
    _ index: Int,
    of count: Int,
    _ lottery: BoundaryLottery,
    _ dimensions: Int
  ) -> Boundary {
    switch shape {
    case .lines:
      .hyperplane(Hyperplane(normal: Self.normal(ofLine: index, of: count), offset: 0))
    case .hyperplanes(let offset, let cone):
      lottery.hyperplane(index, offset: offset, cone: cone)
    case .axes:
      .hyperplane(Hyperplane(normal: (0..<dimensions).map { $0 == index ? 1 : 0 }, offset: 0))
    case .hyperbolas:
      Self.hyperbola(index, of: count)
    case .circles(let radius):
      lottery.ball(index, radius: radius)
    case .quadrics:
      lottery.quadric(index)
    case .mixed(let offset, let radius):
      switch index % 3 {
      case 0: lottery.hyperplane(index, offset: offset, cone: 180)
      case 1: lottery.ball(index, radius: radius)
      default: lottery.quadric(index)
      }
    case .given(let boundaries):
      boundaries[index]
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

  /// The quadrants come in the reference's order: (+, +), (-, +), (-, -), (+, -).
  private static func hyperbola(_ index: Int, of count: Int) -> Boundary {
    precondition(count.isMultiple(of: 4), "\(count) hyperbolas don't fill four quadrants alike")
    let perQuadrant = count / 4
    let (quadrant, place) = (index / perQuadrant, index % perQuadrant)
    let first = 1 / Double(2 * count)
    let share = perQuadrant > 1 ? Double(place) / Double(perQuadrant - 1) : 0
    return .hyperbola(
      isFirstPositive: quadrant == 0 || quadrant == 3,
      isSecondPositive: quadrant < 2,
      threshold: 0.2 * (first + share * (1 - first))
    )
  }
}

/// Random boundaries; each draws from a lane of its own, so that it doesn't depend on how many
/// there are.
private struct BoundaryLottery {
  private let dimensions: Int
  /// Standard normals, `[D + D², N]`: a direction, then a matrix.
  private let normals: Matrix
  /// `[1 + D, N]`: an offset or a radius, then a point.
  private let uniforms: Matrix

  init(dimensions: Int, count: Int, seed: UInt64) {
    self.dimensions = dimensions
    var normals = Matrix(rows: dimensions + dimensions * dimensions, columns: count)
    var uniforms = Matrix(rows: 1 + dimensions, columns: count)
    RandomStream(seed: seed, purpose: .boundaries, step: 0).fillNormal(normals.mutableView)
    RandomStream(seed: seed, purpose: .boundaries, step: 1).fillUniform(uniforms.mutableView)
    self.normals = normals
    self.uniforms = uniforms
  }

  func hyperplane(_ index: Int, offset: Double, cone: Double) -> Boundary {
    var normal = direction(index)
    if cone < 180 {
      // Uniform on the sphere across the first axis, then tilted away from it.
      normal[0] = 0
      normal = normalized(normal)
      let angle = Double(uniforms[1, index]) * cone * Double.pi / 180
      normal = normal.map { $0 * Double.sin(angle) }
      normal[0] = Double.cos(angle)
    } else {
      normal = normalized(normal)
    }
    return .hyperplane(Hyperplane(normal: normal, offset: (2 * unit(index) - 1) * offset))
  }

  func ball(_ index: Int, radius: Double) -> Boundary {
    let largest = radius * (Double(dimensions) / 2).squareRoot()
    return .ball(center: point(index), radius: largest * (1 + unit(index)) / 2)
  }

  func quadric(_ index: Int) -> Boundary {
    let normal = direction(index)
    var matrix = [Double](repeating: 0, count: dimensions * dimensions)
    for row in 0..<dimensions {
      for column in 0..<dimensions {
        let (one, other) = (row * dimensions + column, column * dimensions + row)
        matrix[one] =
          Double(normals[dimensions + one, index] + normals[dimensions + other, index])
      }
    }
    let level = Boundary.quadric(matrix: matrix, normal: normal, offset: 0)
    return .quadric(matrix: matrix, normal: normal, offset: level.value(at: point(index)))
  }

  private func unit(_ index: Int) -> Double { Double(uniforms[0, index]) }

  /// Uniform in the box.
  private func point(_ index: Int) -> [Double] {
    (0..<dimensions).map { Double(uniforms[1 + $0, index]) - 0.5 }
  }

  private func direction(_ index: Int) -> [Double] {
    (0..<dimensions).map { Double(normals[$0, index]) }
  }

  private func normalized(_ vector: [Double]) -> [Double] {
    let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return vector.map { $0 / length }
  }
}
