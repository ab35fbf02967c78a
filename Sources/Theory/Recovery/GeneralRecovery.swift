import Compute
import RealModule
import Trials

/// The latent from the outputs of an observer of any boundaries, curved ones in the plane, by
/// Fisher's scoring: nothing fitted, one trial at a time.
///
/// Minimises Σ ((Lᵢ - logit Pᵢ(μ)) / max(1, |Lᵢ|))² over the box and a margin, from twelve starts,
/// by the steps of Levenberg and Marquardt. The outputs determine μ near a minimum exactly where the
/// Jacobian has full rank, by the theorem on inverse functions; concentric circles, circles in a row
/// and both branches of hyperbolas have other minima that are as good, which are reported.
package struct GeneralRecovery: Sendable {
  package let boundaries: [Boundary]
  /// s = σ/√t.
  package let scale: Double

  private var dimensions: Int { boundaries[0].dimensions }

  package init(boundaries: [Boundary], scale: Double) {
    precondition(!boundaries.isEmpty, "nothing can be recovered from no boundary")
    self.boundaries = boundaries
    self.scale = scale
  }

  /// One trial's estimate.
  package struct Estimate: Sendable {
    /// μ, `[D]`.
    package let latent: [Double]
    /// The sum of squares that is left.
    package let cost: Double
    /// Other places that explain the outputs as well.
    package let alternatives: [[Double]]
    /// The smallest singular value of d logit/dμ: 0 where a direction is invisible.
    package let smallestSingularValue: Double
    /// Of the information that one label for every boundary carries about μ, in ascending order.
    package let fisherEigenvalues: [Double]
  }

  /// - Parameter logits: `[N]`; of infinite ones only the side counts.
  /// - Returns: The best of all minima, and whatever is as good.
  package func estimate(_ logits: [Double]) -> Estimate {
    let count = boundaries.count
    precondition(logits.count == count, "\(logits.count) outputs of \(count) boundaries")
    let minima = starts.map { minimum(from: $0, logits) }.sorted { $0.cost < $1.cost }
    let best = minima[0]
    var others: [[Double]] = []
    for minimum in minima where minimum.cost <= 1.01 * best.cost + 1e-9 {
      let known = [best.latent] + others
      let isNew = known.allSatisfy { distance($0, minimum.latent) > 0.02 * scale }
      if isNew { others.append(minimum.latent) }
    }
    let odds = odds(at: best.latent)
    let jacobian = DoubleMatrix(
      rows: boundaries.count,
      columns: dimensions,
      values: odds.flatMap(\.gradient)
    )
    let values = SingularValues(jacobian).values
    return Estimate(
      latent: best.latent,
      cost: best.cost,
      alternatives: others,
      smallestSingularValue: values.count < dimensions ? 0 : values[values.count - 1],
      fisherEigenvalues: Self.fisherEigenvalues(odds)
    )
  }

  /// The eigenvalues of the Fisher information of one label per boundary at μ, ascending:
  /// Σ P (1 - P) ∇l ∇lᵀ.
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
    return SymmetricEigen(information).values
  }

  private func odds(at latent: [Double]) -> [CurvedOdds] {
    boundaries.map { CurvedOdds(of: $0, center: latent, scale: scale) }
  }

  /// The centers of the orthants and, in the plane, places beside its diagonals, where the starts
  /// would otherwise be as symmetric as the boundaries.
  private var starts: [[Double]] {
    guard dimensions == 2 else {
      return [[Double](repeating: 0, count: dimensions)]
    }
    return [(0.25, 0.25), (0.4, 0.1), (0.1, 0.4)].flatMap { x, y in
      [[x, y], [-x, y], [-x, -y], [x, -y]]
    }
  }

  private func minimum(
    from start: [Double],
    _ logits: [Double]
  ) -> (latent: [Double], cost: Double) {
    let wall = 0.5 + 5 * scale
    var latent = start
    var (residuals, jacobian) = system(at: latent, logits)
    var cost = squares(residuals)
    var damping = 1e-3
    for _ in 0..<100 {
      let step = scaledStep(residuals, jacobian, damping)
      let next = zip(latent, step).map { min(max($0 + $1, -wall), wall) }
      let (nextResiduals, nextJacobian) = system(at: next, logits)
      let nextCost = squares(nextResiduals)
      let moved = distance(latent, next)
      if nextCost < cost {
        (latent, residuals, jacobian, cost) = (next, nextResiduals, nextJacobian, nextCost)
        damping = max(1e-12, damping / 10)
      } else {
        damping *= 10
      }
      if moved < 1e-13 || damping > 1e12 { break }
    }
    return (latent, cost)
  }

  private func system(
    at latent: [Double],
    _ logits: [Double]
  ) -> (residuals: [Double], jacobian: [[Double]]) {
    var residuals: [Double] = []
    var jacobian: [[Double]] = []
    for (answer, logit) in zip(odds(at: latent), logits) {
      // What has no mass on one side at all is worth the largest finite odds.
      let predicted = min(max(answer.logit, -1e4), 1e4)
      if logit.isFinite {
        let size = max(1, logit.magnitude)
        residuals.append((logit - predicted) / size)
        jacobian.append(answer.gradient.map { $0 / size })
      } else if predicted * (logit > 0 ? 1 : -1) < 0 {
        residuals.append(-predicted)
        jacobian.append(answer.gradient)
      } else {
        residuals.append(0)
        jacobian.append(answer.gradient.map { _ in 0 })
      }
    }
    return (residuals, jacobian)
  }

  /// (JᵀJ + damping · diag) δ = Jᵀ r.
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
    let floor = damping * max(gram.trace / Double(dimensions), 1e-300)
    for dimension in right.indices { gram[dimension, dimension] += floor }
    let eigen = SymmetricEigen(gram)
    var step = [Double](repeating: 0, count: dimensions)
    for (index, value) in eigen.values.enumerated() where value > 0 {
      let vector = eigen.vectors.column(index)
      let share = zip(vector, right).reduce(0) { $0 + $1.0 * $1.1 } / value
      for dimension in step.indices { step[dimension] += share * vector[dimension] }
    }
    return step
  }
}

private func squares(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 } }

private func distance(_ one: [Double], _ other: [Double]) -> Double {
  squares(zip(one, other).map { $0 - $1 }).squareRoot()
}
