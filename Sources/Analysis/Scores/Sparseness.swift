import Compute

/// How few of the trials a unit answers, and how few of the units a trial: both from 0 (all alike) to
/// 1 (one alone).
///
/// `S = (1 - (mean r)² / mean r²) / (1 - 1/m)`, over a unit's `m` trials (lifetime) or over a trial's
/// `m` units (population). Silent units, as ``activeUnits(variances:)`` leaves them out, are counted
/// apart and are in neither: at 1 (as in the paper's code) or among a trial's units they would make a
/// half-dead network look sparse. Source: Vinje and Gallant, Science 2000.
package struct Sparseness: Sendable {
  /// Of each unit over trials, `[H]`; `nil` for silent units.
  package let lifetime: [Double?]
  /// Of each trial over the units that aren't silent, `[n]`; `nil` where all of them are at zero, and
  /// with fewer than two.
  package let population: [Double?]

  /// `nil` where a state is negative: the measure is one of rates, and its ratio means nothing where
  /// answers cancel.
  ///
  /// - Parameter rates: `[n, H]`.
  package init?(_ rates: DoubleMatrix) {
    guard rates.values.allSatisfy({ $0 >= 0 }) else { return nil }
    let active = activeUnits(variances: rates.columnVariances)
    var sums = [Double](repeating: 0, count: rates.columns)
    var squares = sums
    population = (0..<rates.rows).map { trial in
      var (sum, square) = (0.0, 0.0)
      for unit in active {
        let rate = rates[trial, unit]
        sum += rate
        square += rate * rate
        sums[unit] += rate
        squares[unit] += rate * rate
      }
      return sparseness(sum, square, active.count)
    }
    var lifetime = [Double?](repeating: nil, count: rates.columns)
    for unit in active { lifetime[unit] = sparseness(sums[unit], squares[unit], rates.rows) }
    self.lifetime = lifetime
  }
}

/// From the sum and the sum of squares of `count` rates; `nil` where all are zero or there is but one.
private func sparseness(_ sum: Double, _ squares: Double, _ count: Int) -> Double? {
  guard squares > 0, count > 1 else { return nil }
  let size = Double(count)
  return (1 - sum * sum / (size * squares)) / (1 - 1 / size)
}
