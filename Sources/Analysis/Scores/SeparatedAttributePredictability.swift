import Compute

/// SAP: by how much the best single unit reads a factor better than the second best.
///
/// A continuous factor is read by a line: the score is the squared correlation; of an angle, the share
/// of the unit's variance that its cosine and sine explain together. Categories are read
/// by thresholds midway between the neighbouring means of the categories, learned on every second
/// trial of a random order and tested on the others: the score is the mean share of right answers
/// over the categories. (The source takes a linear support vector machine in one dimension, which
/// has one threshold for a category, not an interval.)
///
/// Bound to axes. Source: Kumar et al., ICLR 2018.
package struct SeparatedAttributePredictability: Sendable {
  /// `[H, D]`; silent units have zeros.
  package let scores: DoubleMatrix
  package let byFactor: [Double]
  /// Their mean.
  package let gap: Double

  /// `nil` without a factor, a trial or a second unit.
  ///
  /// - Parameters:
  ///   - states: `[n, H]`.
  ///   - factors: `D` of them, of the same trials.
  ///   - seed: Of the order of trials; without categories nothing is random.
  package init?(_ states: DoubleMatrix, _ factors: [Factor], seed: UInt64 = 0) {
    guard !factors.isEmpty, states.rows > 0, states.columns > 1 else { return nil }
    let active = activeUnits(variances: states.columnVariances)
    var scores = DoubleMatrix(rows: states.columns, columns: factors.count)
    for (factor, values) in factors.enumerated() {
      let found: [Double]
      switch values.values {
      case .continuous, .circular: found = explainedShares(states, values.targets)
      case .categorical(let levels, _):
        let order = RandomStream(seed: seed, purpose: .scoreTrials, step: 3)
          .permutation(of: states.rows)
        found = thresholdAccuracies(states, Levels(levels), order)
      }
      for unit in active { scores[unit, factor] = found[unit] }
    }
    self.scores = scores
    byFactor = (0..<factors.count).map { gapOfBestTwo(scores.column($0)) }
    gap = mean(byFactor)
  }
}

/// The share of every unit's variance that some targets explain; 0 where the unit doesn't vary.
private func explainedShares(_ states: DoubleMatrix, _ targets: [[Double]]) -> [Double] {
  let count = Double(states.rows)
  var design = DoubleMatrix(rows: states.rows, columns: targets.count)
  for (column, values) in targets.enumerated() {
    let center = mean(values)
    for (row, value) in values.enumerated() { design[row, column] = value - center }
  }
  let eigen = SymmetricEigen(design.gram)
  let kept = eigen.values.indices.filter { eigen.values[$0] > 1e-12 * (eigen.values.last ?? 0) }
  let cross = eigen.vectors.transposedTimes(design.transposedTimes(states.centered))
  return states.columnVariances.enumerated().map { unit, variance in
    guard variance > 0 else { return 0 }
    return kept.reduce(0) {
      $0 + cross[$1, unit] * cross[$1, unit] / (eigen.values[$1] * count * variance)
    }
  }
}

/// The nearest mean of a category, unit by unit; fitted on the even places of the order.
private func thresholdAccuracies(
  _ states: DoubleMatrix,
  _ levels: Levels,
  _ order: [Int]
) -> [Double] {
  let trials = (0..<2).map { half in
    (0..<levels.count).map { level in
      stride(from: half, to: order.count, by: 2).map { order[$0] }
        .filter { levels.labels[$0] == level }
    }
  }
  // A category without a trial in one of the halves is neither answered nor asked.
  let known = (0..<levels.count).filter { !trials[0][$0].isEmpty && !trials[1][$0].isEmpty }
  let means = known.map { states.rows(trials[0][$0]).columnMeans }
  var accuracies = [Double](repeating: 0, count: states.columns)
  for (index, level) in known.enumerated() {
    for trial in trials[1][level] {
      for unit in 0..<states.columns {
        let value = states[trial, unit]
        let own = (value - means[index][unit]).magnitude
        let isNearest = means.indices.allSatisfy {
          $0 == index || own < (value - means[$0][unit]).magnitude
        }
        if isNearest { accuracies[unit] += 1 / Double(trials[1][level].count) }
      }
    }
  }
  return accuracies.map { $0 / Double(max(1, known.count)) }
}
