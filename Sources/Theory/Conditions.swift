import Compute
import RealModule
import Trials

/// Whether outputs about a set of boundaries determine the mean μ of the observations, and so the
/// latent, and how well.
///
/// All statements are about exact outputs of the observer without a prior, P(y = 1 | μ).
///
/// - Hyperplanes: Φ⁻¹(P) = (c · μ - b)/s is linear in μ, so μ is determined if and only if the
///   normals span all D dimensions; N ≥ D is necessary.
/// - Symmetry: a map that leaves the noise and every boundary as they are leaves all outputs as they
///   are, so μ and its image can't be told apart (``Symmetry``).
/// - Curved boundaries without such a symmetry: 2D + 1 of them from a generic analytic family
///   determine μ almost surely (Amir et al., "Neural injective functions for multisets, measures and
///   graphs via a finite witness theorem", NeurIPS 2023); fewer are only looked at locally.
package struct Conditions: Hashable, Sendable {
  /// D.
  package let dimensions: Int
  /// N.
  package let tasks: Int
  package let verdict: Verdict
  /// `nil` where a boundary is curved.
  package let frame: Frame?

  package enum Verdict: Hashable, Sendable {
    /// The outputs determine μ.
    case holds(Reason)
    /// Near almost every μ the outputs differ; whether they do for far ones, nobody knows.
    case holdsLocally
    /// Different μ have the same outputs.
    case fails(Obstacle)
  }

  package enum Reason: Hashable, Sendable {
    /// Normals of hyperplanes span all dimensions: proven.
    case spanningNormals
    /// 2D + 1 or more curved boundaries, none of the known symmetries: a theorem about generic
    /// boundaries, quoted.
    case enoughCurved
  }

  package enum Obstacle: Hashable, Sendable {
    /// N < D.
    case fewerTasksThanDimensions
    /// All hyperplanes, whose normals span too little.
    case deficientNormals(rank: Int)
    case symmetry(Symmetry)
    /// To first order the boundaries' gradients span too little almost everywhere.
    case deficientGradients
  }

  package enum Symmetry: Hashable, Sendable {
    /// All boundaries are balls about one point: rotations about it.
    case concentric
    /// A mirror of every boundary, such as a hyperplane that holds all centers of balls and normals
    /// of hyperplanes.
    case mirror
    /// All boundaries are even about one point: x ↦ 2c - x.
    case pointReflection
    /// Hyperbolas of two opposite quadrants only: the mirror at a diagonal.
    case diagonal
  }

  /// How evenly the normals of hyperplanes point into all directions, each of length one.
  package struct Frame: Hashable, Sendable {
    /// Of `C`, `[N, D]`.
    package let rank: Int
    /// The largest singular value of `C` over the smallest; infinite where the rank is below D.
    package let conditionNumber: Double
    /// tr[(CᵀC)⁻¹]/D: the variance of μ̂ = C⁺ z in each dimension where all z have variance 1.
    package let noiseGain: Double

    init(_ planes: [Hyperplane], dimensions: Int) {
      var gram = DoubleMatrix(rows: dimensions, columns: dimensions)
      for plane in planes {
        gram.addOuterProduct(of: plane.normal.map { $0 / plane.normalLength })
      }
      let values = SymmetricEigen(gram).values
      let largest = values.last ?? 0
      rank = values.count { $0 > 1e-10 * largest }
      let isFull = rank == dimensions
      conditionNumber = isFull ? (largest / values[0]).squareRoot() : .infinity
      noiseGain =
        isFull ? values.reduce(0) { $0 + 1 / $1 } / Double(dimensions) : .infinity
    }

    /// The least noise gain that N boundaries can have, D/N.
    ///
    /// It is that of a tight frame, whose CᵀC is a multiple of 1; evenly spaced lines are one.
    package static func tightNoiseGain(tasks: Int, dimensions: Int) -> Double {
      Double(dimensions) / Double(tasks)
    }

    /// What many random normals tend to; `nil` where N is too small for it to be finite.
    ///
    /// By Marchenko and Pastur eigenvalues of CᵀC fill (N/D)(1 ± √(D/N))², and the mean noise gain
    /// of Gaussian rows is D/(N - D - 1).
    package static func random(
      tasks: Int,
      dimensions: Int
    ) -> (conditionNumber: Double, noiseGain: Double)? {
      guard tasks > dimensions + 1 else { return nil }
      let ratio = (Double(dimensions) / Double(tasks)).squareRoot()
      return ((1 + ratio) / (1 - ratio), Double(dimensions) / Double(tasks - dimensions - 1))
    }
  }

  /// - Parameters:
  ///   - boundaries: At least one; copies count once.
  ///   - dimensions: D.
  package init(_ boundaries: [Boundary], dimensions: Int) {
    precondition(!boundaries.isEmpty, "no boundary was asked about")
    self.dimensions = dimensions
    tasks = boundaries.count
    let planes = boundaries.compactMap(\.hyperplane)
    let ownFrame = planes.isEmpty ? nil : Frame(planes, dimensions: dimensions)
    frame = planes.count == boundaries.count ? ownFrame : nil
    if ownFrame?.rank == dimensions {
      verdict = .holds(.spanningNormals)
    } else if boundaries.count < dimensions {
      verdict = .fails(.fewerTasksThanDimensions)
    } else if let frame {
      verdict = .fails(.deficientNormals(rank: frame.rank))
    } else if let symmetry = Symmetry(of: boundaries, dimensions: dimensions) {
      verdict = .fails(.symmetry(symmetry))
    } else if Set(boundaries).count >= 2 * dimensions + 1 {
      verdict = .holds(.enoughCurved)
    } else {
      let share = BoundaryGradients(boundaries, dimensions: dimensions)
        .spanningShare(within: .infinity)
      verdict = share > 0.99 ? .holdsLocally : .fails(.deficientGradients)
    }
  }
}

extension Conditions.Symmetry {
  init?(of boundaries: [Boundary], dimensions: Int) {
    let centers = boundaries.compactMap { boundary -> [Double]? in
      if case .ball(let center, _) = boundary { center } else { nil }
    }
    if centers.count == boundaries.count, let first = centers.first {
      let apart = centers.map { zip($0, first).map { $0 - $1 } }
      if apart.allSatisfy({ $0.allSatisfy { $0.magnitude < 1e-12 } }) {
        self = .concentric
        return
      }
    }
    let forms = boundaries.compactMap(QuadraticForm.init(of:))
    let mirrors = BoundaryMirrors(of: forms, dimensions: dimensions)
    let quadrants = boundaries.compactMap { boundary -> Bool? in
      if case .hyperbola(let first, let second, _) = boundary { first == second } else { nil }
    }
    if let areOnRisingDiagonal = quadrants.first {
      // A branch has one mirror, the diagonal of its quadrant.
      let half = 0.5.squareRoot()
      guard Set(quadrants).count == 1,
        mirrors.haveMirror(across: [half, areOnRisingDiagonal ? -half : half])
      else { return nil }
      self = .diagonal
    } else if mirrors.hasMirror {
      self = .mirror
    } else if mirrors.hasCenter {
      self = .pointReflection
    } else {
      return nil
    }
  }
}

/// The gradients of boundaries near a point: what their outputs tell of it, to first order in s.
///
/// Near a smooth boundary P ≈ Φ(d(μ)/s), with d the signed distance, so ∇P points along the normal
/// at the closest point. The distance is found by Newton's steps x ← x - h ∇h/|∇h|².
package struct BoundaryGradients {
  private let boundaries: [Boundary]
  private let dimensions: Int

  package init(_ boundaries: [Boundary], dimensions: Int) {
    self.boundaries = boundaries
    self.dimensions = dimensions
  }

  /// The share of latents at which boundaries closer than `reach` have gradients in all D
  /// dimensions: approximate for curved ones.
  package func spanningShare(within reach: Double, latents count: Int = 256) -> Double {
    var latents = Matrix(rows: dimensions, columns: count)
    RandomStream(seed: 0, purpose: .saturation, step: 0).fillUniform(latents.mutableView)
    let spanning = (0..<count).count { column in
      let latent = (0..<dimensions).map { Double(latents[$0, column]) - 0.5 }
      let gradients = boundaries.compactMap { $0.normal(near: latent, within: reach) }
      return rank(of: gradients, dimensions: dimensions, tolerance: 1e-6) == dimensions
    }
    return Double(spanning) / Double(count)
  }
}

extension Boundary {
  /// ∇h, `[D]`.
  fileprivate func gradient(at latent: [Double]) -> [Double] {
    switch self {
    case .hyperplane(let plane):
      return plane.normal
    case .ball(let center, _):
      return zip(latent, center).map { -2 * ($0 - $1) }
    case .quadric(let matrix, let normal, _):
      return latent.indices.map { row in
        latent.indices.reduce(normal[row]) { sum, column in
          sum + 2 * matrix[row * latent.count + column] * latent[column]
        }
      }
    case .hyperbola(let first, let second, _):
      return [
        (first ? 1 : -1) * max(0, second ? latent[1] : -latent[1]),
        (second ? 1 : -1) * max(0, first ? latent[0] : -latent[0]),
      ]
    }
  }

  /// The unit normal at a close point of the boundary; `nil` where none is closer than `reach`.
  fileprivate func normal(near latent: [Double], within reach: Double) -> [Double]? {
    var point = latent
    if case .hyperbola(let first, let second, let threshold) = self {
      // Outside its quadrant h is flat: Newton starts on the branch's side of the axes.
      let least = threshold.squareRoot()
      point[0] = first ? max(point[0], least) : min(point[0], -least)
      point[1] = second ? max(point[1], least) : min(point[1], -least)
    }
    for _ in 0..<20 {
      let slope = gradient(at: point)
      let square = slope.reduce(0) { $0 + $1 * $1 }
      guard square > 0 else { return nil }
      let step = value(at: point) / square
      for dimension in point.indices { point[dimension] -= step * slope[dimension] }
    }
    let slope = gradient(at: point)
    let length = slope.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let distance = zip(point, latent).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    guard length > 0, distance < reach else { return nil }
    return slope.map { $0 / length }
  }
}

/// How many dimensions the vectors span: eigenvalues of `Cᵀ C` above a share of the largest.
package func rank(of vectors: [[Double]], dimensions: Int, tolerance: Double = 1e-10) -> Int {
  var gram = DoubleMatrix(rows: dimensions, columns: dimensions)
  for vector in vectors { gram.addOuterProduct(of: vector) }
  let values = SymmetricEigen(gram).values
  let largest = values.last ?? 0
  return values.count { $0 > tolerance * largest }
}
