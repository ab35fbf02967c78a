import Compute

/// States and what a regression shall say of the factors, in folds of trials: one for the test, the
/// others to fit and to choose a penalty.
struct RegressionTask {
  /// Which columns of the targets belong to each factor.
  let columns: [Range<Int>]
  /// Moments of the folds to fit on, at least two.
  let fitted: [Moments]
  let tested: Moments
  /// The units that vary: more than a millionth of the deviation of the one that varies most.
  let active: [Int]

  /// - Parameters:
  ///   - states: `[n, H]`.
  ///   - factors: Of the same trials.
  ///   - folds: At least three.
  ///   - seed: Deals the trials to the folds.
  init(_ states: DoubleMatrix, _ factors: [Factor], folds: Int, seed: UInt64) {
    precondition(folds >= 3, "\(folds) folds can't both choose and test")
    let targets = factors.map(\.scoredTargets)
    var start = 0
    columns = targets.map { columns in
      defer { start += columns.count }
      return start..<start + columns.count
    }
    let flat = targets.flatMap { $0 }
    let order = RandomStream(seed: seed, purpose: .scoreTrials, step: 2)
      .permutation(of: states.rows)
    let parts = (0..<folds).map { fold -> Moments in
      let trials = stride(from: fold, to: order.count, by: folds).map { order[$0] }
      var latents = DoubleMatrix(rows: trials.count, columns: flat.count)
      for (row, trial) in trials.enumerated() {
        for (column, target) in flat.enumerated() { latents[row, column] = target[trial] }
      }
      return Moments(states: states.rows(trials), latents: latents)
    }
    fitted = Array(parts.dropLast())
    tested = parts[folds - 1]
    active = activeUnits(variances: Moments.sum(parts).stateCovariance.diagonal)
  }
}

/// The moments of a regression's inputs and targets once both are scaled to unit variance.
struct StandardMoments {
  /// `[active, active]`.
  let covariance: DoubleMatrix
  /// `[active, targets]`.
  let cross: DoubleMatrix
  private let active: [Int]
  private let deviations: [Double]
  private let targetDeviations: [Double]
  private let moments: Moments

  init(_ moments: Moments, active: [Int]) {
    let states = moments.stateCovariance
    let raw = moments.crossCovariance
    let deviations = active.map { states[$0, $0].squareRoot() }
    let targetDeviations = moments.latentCovariance.diagonal.map { $0.squareRoot() }
    var covariance = DoubleMatrix(rows: active.count, columns: active.count)
    var cross = DoubleMatrix(rows: active.count, columns: targetDeviations.count)
    for (row, unit) in active.enumerated() where deviations[row] > 0 {
      for (column, other) in active.enumerated() where deviations[column] > 0 {
        covariance[row, column] = states[unit, other] / (deviations[row] * deviations[column])
      }
      for (target, deviation) in targetDeviations.enumerated() where deviation > 0 {
        cross[row, target] = raw[unit, target] / (deviations[row] * deviation)
      }
    }
    self.covariance = covariance
    self.cross = cross
    self.active = active
    self.deviations = deviations
    self.targetDeviations = targetDeviations
    self.moments = moments
  }

  /// The decoder of one target, in the units of the states, that some standard weights are.
  func decoder(_ weights: [Double], target: Int) -> (weights: [Double], intercept: Double) {
    var scaled = [Double](repeating: 0, count: moments.stateWidth)
    for (index, unit) in active.enumerated() where deviations[index] > 0 {
      scaled[unit] = weights[index] * targetDeviations[target] / deviations[index]
    }
    let mean = moments.stateMean
    let intercept = scaled.indices.reduce(moments.latentMean[target]) {
      $0 - scaled[$1] * mean[$1]
    }
    return (scaled, intercept)
  }
}

extension Moments {
  /// The mean squared error of one target's decoder: `wᵀ C w - 2 w·c + v + (b + w·m - x̄)²`.
  func meanSquaredError(_ weights: [Double], _ intercept: Double, target: Int) -> Double {
    let used = weights.indices.filter { weights[$0] != 0 }
    let (covariance, cross, mean) = (stateCovariance, crossCovariance, stateMean)
    var error = latentCovariance[target, target]
    var bias = intercept - latentMean[target]
    for unit in used {
      var projected = 0.0
      for other in used { projected += covariance[unit, other] * weights[other] }
      error += weights[unit] * (projected - 2 * cross[unit, target])
      bias += weights[unit] * mean[unit]
    }
    return max(0, error + bias * bias)
  }

  /// `1 - MSE / variance`; `nil` where the target doesn't vary.
  func explainedShare(_ weights: [Double], _ intercept: Double, target: Int) -> Double? {
    let variance = latentCovariance[target, target]
    guard variance > 0 else { return nil }
    return 1 - meanSquaredError(weights, intercept, target: target) / variance
  }
}

/// Units whose deviation is more than a millionth of the largest: the others are silent, and nothing
/// is divided by what they do.
func activeUnits(variances: [Double]) -> [Int] {
  let largest = variances.max() ?? 0
  return variances.indices.filter { variances[$0] > 1e-12 * largest }
}

extension DoubleMatrix {
  var diagonal: [Double] { (0..<min(rows, columns)).map { self[$0, $0] } }

  /// Each column's variance, with 1/n; what rounding leaves of a constant, a million millionth of it, is
  /// none.
  var columnVariances: [Double] {
    let means = columnMeans
    return zip(columnMeanSquares(about: means), means).map { variance, mean in
      variance > 1e-24 * mean * mean ? variance : 0
    }
  }
}
