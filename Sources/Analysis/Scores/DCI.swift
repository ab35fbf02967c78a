import Compute
import RealModule

/// Disentanglement, completeness and informativeness of single units.
///
/// Each factor is read by a lasso from units of unit variance; a unit's importance for a factor is the
/// size of its weight (of a factor with categories: summed over the indicators of its categories, one
/// against the rest). Disentanglement says whether a unit serves one factor, completeness whether a
/// factor has one unit. Source: Eastwood and Williams, ICLR 2018; the weighted means as in
/// Locatello et al., ICML 2019, whose default is trees in place of the lasso.
///
/// Bound to axes: a code that is turned by 45° carries the same in the same geometry, and loses its
/// disentanglement.
package struct DCI: Sendable {
  package struct Settings: Hashable, Sendable {
    /// `α` of the lasso for inputs and target of unit variance; `nil` chooses it for each target by
    /// cross-validation among the largest that matters, `α₁`, times 10^(-k/4), k = 0 … 12.
    package var penalty: Double?
    /// The same for every target on its own, by factor, as ``DCI/penalties``.
    package var penalties: [[Double]]?
    /// Where a lasso comes to rest: no unit's contribution moves by more, in deviations of the target.
    package var tolerance = 1e-6
    /// One fold is for the test; the others choose the penalty and fit the importances.
    package var folds = 5
    package var seed: UInt64 = 0

    package init() {}
  }

  /// `[H, D]`; silent units have zeros.
  package let importance: DoubleMatrix
  package let scores: ImportanceScores
  /// Of each factor, r² on the trials of the test; of categories the mean over their indicators;
  /// `nil` where none varies.
  package let informativeness: [Double?]
  /// The penalty of each target, by factor.
  package let penalties: [[Double]]
  /// Whether every lasso came to rest.
  package let isConverged: Bool

  /// `nil` where no unit has a weight for any factor, or there are fewer trials than twice the
  /// folds.
  ///
  /// - Parameters:
  ///   - states: `[n, H]`.
  ///   - factors: `D` of them, of the same trials.
  ///   - settings: How.
  package init?(
    _ states: DoubleMatrix,
    _ factors: [Factor],
    settings: Settings = Settings()
  ) {
    guard states.rows >= 2 * settings.folds, !factors.isEmpty else { return nil }
    let task = RegressionTask(states, factors, folds: settings.folds, seed: settings.seed)
    let search = PenaltySearch(task, settings)
    let fit = StandardMoments(.sum(task.fitted), active: task.active)
    var importance = DoubleMatrix(rows: states.columns, columns: factors.count)
    var penalties: [[Double]] = []
    var isConverged = true
    var informativeness: [Double?] = []
    for (factor, columns) in task.columns.enumerated() {
      var shares: [Double] = []
      penalties.append([])
      for target in columns {
        let path = search.path(target)
        var lasso = Lasso(covariance: fit.covariance, cross: fit.cross.column(target))
        for penalty in path.dropLast() { lasso.fit(penalty: penalty, tolerance: 1e-4) }
        lasso.fit(penalty: path.last ?? 0, tolerance: settings.tolerance)
        isConverged = isConverged && lasso.isConverged
        penalties[factor].append(path.last ?? 0)
        for (index, unit) in task.active.enumerated() {
          importance[unit, factor] += lasso.weights[index].magnitude
        }
        let decoder = fit.decoder(lasso.weights, target: target)
        if let share = task.tested.explainedShare(
          decoder.weights,
          decoder.intercept,
          target: target
        ) {
          shares.append(share)
        }
      }
      informativeness.append(shares.isEmpty ? nil : mean(shares))
    }
    guard let scores = ImportanceScores(importance) else { return nil }
    self.importance = importance
    self.scores = scores
    self.informativeness = informativeness
    self.penalties = penalties
    self.isConverged = isConverged
  }
}

/// What a table of importances says: the entropies of its rows and of its columns.
package struct ImportanceScores: Sendable {
  /// The mean of ``byUnit``, each unit weighed by its share of all importance.
  package let disentanglement: Double
  /// The mean of ``byFactor``, each factor weighed by its share of all importance.
  package let completeness: Double
  /// `1 - H(row)/log D`; `nil` for a unit of no importance.
  package let byUnit: [Double?]
  /// `1 - H(column)/log H`; `nil` for a factor without a unit.
  package let byFactor: [Double?]

  /// `nil` where all is zero, and with fewer than two factors or units: then the entropies have
  /// nothing to divide.
  ///
  /// - Parameter importance: `[H, D]`, not negative.
  package init?(_ importance: DoubleMatrix) {
    let total = importance.values.reduce(0, +)
    guard total > 0, importance.rows > 1, importance.columns > 1 else { return nil }
    func purity(_ values: [Double]) -> Double? {
      let sum = values.reduce(0, +)
      guard sum > 0 else { return nil }
      return max(0, 1 - entropy(values.map { $0 / sum }) / .log(Double(values.count)))
    }
    let rows = (0..<importance.rows).map(importance.row)
    let columns = (0..<importance.columns).map(importance.column)
    byUnit = rows.map(purity)
    byFactor = columns.map(purity)
    /// Shares add up to 1 but for rounding.
    func weighed(_ purities: [Double?], _ values: [[Double]]) -> Double {
      min(1, zip(purities, values).reduce(0) { $0 + ($1.0 ?? 0) * $1.1.reduce(0, +) / total })
    }
    disentanglement = weighed(byUnit, rows)
    completeness = weighed(byFactor, columns)
  }
}

/// Chooses the lasso's penalty by leaving out each fold in turn.
private struct PenaltySearch {
  private let task: RegressionTask
  /// Of each target.
  private let fixed: [Double]?
  /// Of all fitted folds but one.
  private let others: [StandardMoments]
  private let whole: StandardMoments

  init(_ task: RegressionTask, _ settings: DCI.Settings) {
    self.task = task
    let targets = task.columns.last?.upperBound ?? 0
    fixed =
      settings.penalties?.flatMap(\.self)
      ?? settings.penalty.map { [Double](repeating: $0, count: targets) }
    precondition(fixed?.count ?? targets == targets, "penalties of other targets")
    whole = StandardMoments(.sum(task.fitted), active: task.active)
    let folds = task.fitted
    others =
      fixed == nil
      ? folds.indices.map { left in
        StandardMoments(
          .sum(folds.indices.filter { $0 != left }.map { folds[$0] }),
          active: task.active
        )
      } : []
  }

  /// Falling penalties, the chosen one last: each is a good start for the next.
  func path(_ target: Int) -> [Double] {
    if let fixed { return [fixed[target]] }
    let cross = whole.cross.column(target)
    let largest = Lasso(covariance: whole.covariance, cross: cross).largestPenalty
    guard largest > 0 else { return [0] }
    let penalties = (0...12).map { largest * Double.exp(-Double($0) / 4 * .log(10)) }
    var errors = [Double](repeating: 0, count: penalties.count)
    for (left, moments) in others.enumerated() {
      var lasso = Lasso(covariance: moments.covariance, cross: moments.cross.column(target))
      for (index, penalty) in penalties.enumerated() {
        // The errors are right to a hundredth with this, and take a twentieth of the sweeps.
        lasso.fit(penalty: penalty, tolerance: 1e-4)
        let decoder = moments.decoder(lasso.weights, target: target)
        errors[index] += task.fitted[left].meanSquaredError(
          decoder.weights,
          decoder.intercept,
          target: target
        )
      }
    }
    let best = errors.indices.min { errors[$0] < errors[$1] } ?? 0
    return Array(penalties[...best])
  }
}
