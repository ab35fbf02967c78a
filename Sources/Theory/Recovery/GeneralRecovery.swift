import Compute
import RealModule
import Trials

/// The latent from the outputs of an observer of any boundaries, curved ones too, by Fisher's
/// scoring: nothing fitted, one trial at a time.
///
/// Minimises Σ ((Lᵢ - logit Pᵢ(μ)) / max(1, |Lᵢ|))² from many starts, by the steps of Levenberg and
/// Marquardt: over all places where the boundaries are flat, else over the box and a margin, since
/// far from a curve there is no way back. The outputs determine μ near a minimum exactly where the
/// Jacobian has full rank, by the theorem on inverse functions; concentric circles, circles in a row
/// and both branches of hyperbolas have other minima that are as good, which are reported.
package struct GeneralRecovery: Sendable {
  package let boundaries: [Boundary]
  /// s = σ/√t.
  package let scale: Double

  private let prepared: [CurvedOdds.Prepared]
  private let starts: [[Double]]
  /// What a saturated output says at least of the logit, by boundary, above and below.
  private let leastAbove: [Double]
  private let leastBelow: [Double]
  /// How far from 0 a coordinate is looked for.
  private let wall: Double

  private var dimensions: Int { boundaries[0].dimensions }

  package init(boundaries: [Boundary], scale: Double) {
    precondition(!boundaries.isEmpty, "nothing can be recovered from no boundary")
    self.boundaries = boundaries
    self.scale = scale
    let prepared = boundaries.map(CurvedOdds.Prepared.init)
    self.prepared = prepared
    let starts = Self.starts(dimensions: boundaries[0].dimensions)
    self.starts = starts
    let odds = prepared.map { boundary in
      starts.map { CurvedOdds(boundary, center: $0, scale: scale).logit }
    }
    // As far as single precision, but no farther than the starts, which lie in the box.
    let saturation = IdealLogit.saturation
    leastAbove = odds.map { min(saturation, max(0, $0.max() ?? 0)) }
    leastBelow = odds.map { max(-saturation, min(0, $0.min() ?? 0)) }
    let isFlat = boundaries.allSatisfy { $0.hyperplane != nil }
    wall = isFlat ? .infinity : 0.5 + 5 * scale
  }

  /// One trial's estimate.
  package struct Estimate: Sendable {
    /// μ, `[D]`.
    package let latent: [Double]
    /// The sum of squares that is left: what answered even odds to everything had no more than N.
    package let cost: Double
    /// Whether the search ended where it may not go on, 5 s outside of the box.
    package let isAtWall: Bool
    /// Other places that explain the outputs as well.
    package let alternatives: [[Double]]
    /// (JᵀJ)⁻¹, `[D, D]`, of the residuals' Jacobian J: to first order the covariance about μ where
    /// every logit is off by its own size, those below 1 by 1.
    ///
    /// `nil` where the outputs that aren't saturated leave a direction open.
    package let covariance: DoubleMatrix?
    /// The smallest singular value of d logit/dμ: 0 where a direction is invisible, and for what
    /// rounding leaves of 0.
    package let smallestSingularValue: Double
    /// Of the information that one label for every boundary carries about μ, in ascending order.
    package let fisherEigenvalues: [Double]
  }

  /// - Parameter logits: `[N]`; an infinite one is at least 16.6, or as large as the box allows.
  /// - Returns: The best of all minima, and whatever is as good.
  package func estimate(_ logits: [Double]) -> Estimate {
    let count = boundaries.count
    precondition(logits.count == count, "\(logits.count) outputs of \(count) boundaries")
    // After a few steps many searches are on their way to the same place: one of them goes on.
    var searches: [Search] = []
    for start in starts {
      var search = Search(at: start, system(at: start, logits))
      advance(&search, logits, steps: 5)
      let isNew = searches.allSatisfy { distance($0.latent, search.latent) > 0.1 * scale }
      if isNew { searches.append(search) }
    }
    for index in searches.indices { advance(&searches[index], logits, steps: 100) }
    let minima = searches.sorted { $0.cost < $1.cost }
    let best = minima[0]
    var others: [[Double]] = []
    for minimum in minima where minimum.cost <= 1.01 * best.cost + 1e-9 {
      let known = [best.latent] + others
      let isNew = known.allSatisfy { distance($0, minimum.latent) > 0.02 * scale }
      if isNew { others.append(minimum.latent) }
    }
    let odds = odds(at: best.latent)
    let values = Self.withoutRounding(SingularValues(matrix(odds.map(\.gradient))).values)
    return Estimate(
      latent: best.latent,
      cost: best.cost,
      isAtWall: best.latent.contains { $0.magnitude >= wall },
      alternatives: others,
      covariance: covariance(best.jacobian),
      smallestSingularValue: values.count < dimensions ? 0 : values[dimensions - 1],
      fisherEigenvalues: Self.fisherEigenvalues(odds)
    )
  }

  private func matrix(_ rows: [[Double]]) -> DoubleMatrix {
    DoubleMatrix(rows: rows.count, columns: dimensions, values: rows.flatMap { $0 })
  }

  private func covariance(_ jacobian: [[Double]]) -> DoubleMatrix? {
    let decomposition = SingularValues(matrix(jacobian))
    guard decomposition.rank == dimensions else { return nil }
    let inverse = decomposition.pseudoinverse
    return inverse * inverse.transposed
  }

  /// 0 for values that are the rounding of the largest.
  private static func withoutRounding(_ values: [Double]) -> [Double] {
    let least = 1e-13 * values.reduce(0) { max($0, $1.magnitude) }
    return values.map { $0 > least ? $0 : 0 }
  }

  /// The eigenvalues of the Fisher information of one label per boundary at μ, ascending:
  /// Σ P (1 - P) ∇l ∇lᵀ; 0 for what is the rounding of the largest.
  package func fisherEigenvalues(at latent: [Double]) -> [Double] {
    Self.fisherEigenvalues(odds(at: latent))
  }

  private static func fisherEigenvalues(_ odds: [CurvedOdds]) -> [Double] {
    let width = odds[0].gradient.count
    var information = DoubleMatrix(rows: width, columns: width)
    for answer in odds where answer.logit.isFinite {
      // P (1 - P) = 1 / (2 + 2 cosh l), without losing the smaller factor.
      let root = 1 / (.exp(0.5 * answer.logit) + .exp(-0.5 * answer.logit))
      information.addOuterProduct(of: answer.gradient.map { $0 * root })
    }
    return withoutRounding(SymmetricEigen(information).values)
  }

  private func odds(at latent: [Double]) -> [CurvedOdds] {
    prepared.map { CurvedOdds($0, center: latent, scale: scale) }
  }

  /// In the plane the centers of the quadrants and places beside its diagonals, where the starts
  /// would otherwise be as symmetric as the boundaries; elsewhere evenly spread ones.
  private static func starts(dimensions: Int) -> [[Double]] {
    if dimensions == 2 {
      return [(0.25, 0.25), (0.4, 0.1), (0.1, 0.4)].flatMap { x, y in
        [[x, y], [-x, y], [-x, -y], [x, -y]]
      }
    }
    let points = EvenPoints(dimensions: dimensions)
    return (0..<8 * dimensions).map { index in points[index].map { 0.9 * $0 } }
  }

  /// One way down.
  private struct Search {
    var latent: [Double]
    var residuals: [Double]
    var jacobian: [[Double]]
    var cost: Double
    var damping = 1e-3
    var isDone = false

    init(at latent: [Double], _ system: (residuals: [Double], jacobian: [[Double]])) {
      self.latent = latent
      (residuals, jacobian) = system
      let cost = squares(residuals)
      self.cost = cost.isNaN ? .infinity : cost
    }
  }

  private func advance(_ search: inout Search, _ logits: [Double], steps: Int) {
    for _ in 0..<steps where !search.isDone {
      let step = scaledStep(search.residuals, search.jacobian, search.damping)
      let next = zip(search.latent, step).map { min(max($0 + $1, -wall), wall) }
      let moved = distance(search.latent, next)
      let (residuals, jacobian) = system(at: next, logits)
      let cost = squares(residuals)
      if cost < search.cost {
        (search.latent, search.cost) = (next, cost)
        (search.residuals, search.jacobian) = (residuals, jacobian)
        search.damping = max(1e-12, search.damping / 10)
      } else {
        search.damping *= 10
      }
      search.isDone = moved < 1e-13 || search.damping > 1e12
    }
  }

  private func system(
    at latent: [Double],
    _ logits: [Double]
  ) -> (residuals: [Double], jacobian: [[Double]]) {
    var residuals: [Double] = []
    var jacobian: [[Double]] = []
    for (index, answer) in odds(at: latent).enumerated() {
      let (predicted, logit) = (answer.logit, logits[index])
      let isAbove = logit > 0
      let wanted = logit.isFinite ? logit : isAbove ? leastAbove[index] : leastBelow[index]
      let size = max(1, wanted.magnitude)
      if logit.isInfinite, isAbove ? predicted >= wanted : predicted <= wanted {
        residuals.append(0)
        jacobian.append(answer.gradient.map { _ in 0 })
        continue
      }
      // Where a side has no mass at all the odds have no size: worse than any that a fit ends with.
      residuals.append(
        predicted.isFinite ? (wanted - predicted) / size : predicted > 0 ? -1e4 : 1e4
      )
      jacobian.append(answer.gradient.map { $0 / size })
    }
    return (residuals, jacobian)
  }

  /// (JᵀJ + damping · tr(JᵀJ)/D) δ = Jᵀ r; 0 where nothing says which way to go, as in the middle
  /// between two sheets of a hyperbola.
  private func scaledStep(
    _ residuals: [Double],
    _ jacobian: [[Double]],
    _ damping: Double
  ) -> [Double] {
    var gram = DoubleMatrix(rows: dimensions, columns: dimensions)
    var right = [Double](repeating: 0, count: dimensions)
    for (row, residual) in zip(jacobian, residuals) {
      gram.addOuterProduct(of: row)
      for dimension in right.indices { right[dimension] += row[dimension] * residual }
    }
    var step = [Double](repeating: 0, count: dimensions)
    guard gram.trace > 1e-300, gram.trace.isFinite, right.allSatisfy(\.isFinite) else {
      return step
    }
    let floor = damping * gram.trace / Double(dimensions)
    for dimension in right.indices { gram[dimension, dimension] += floor }
    let eigen = SymmetricEigen(gram)
    for (index, value) in eigen.values.enumerated() where value > 0 {
      let vector = eigen.vectors.column(index)
      let share = zip(vector, right).reduce(0) { $0 + $1.0 * $1.1 } / value
      for dimension in step.indices { step[dimension] += share * vector[dimension] }
    }
    return step.allSatisfy(\.isFinite) ? step : step.map { _ in 0 }
  }
}

/// Points that fill the box [-1/2, 1/2]^D evenly, however many are taken.
///
/// Kronecker's sequence of the root of g^(D + 1) = g + 1, for D = 1 the golden ratio.
package struct EvenPoints: Sendable {
  private let steps: [Double]

  package init(dimensions: Int) {
    let power = 1 / Double(dimensions + 1)
    let root = (0..<60).reduce(2.0) { root, _ in .pow(1 + root, power) }
    steps = (1...dimensions).map { 1 / .pow(root, $0) }
  }

  package subscript(index: Int) -> [Double] {
    steps.map { step in
      let turn = 0.5 + Double(index + 1) * step
      return turn - turn.rounded(.down) - 0.5
    }
  }
}

private func squares(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 } }

private func distance(_ one: [Double], _ other: [Double]) -> Double {
  squares(zip(one, other).map { $0 - $1 }).squareRoot()
}
