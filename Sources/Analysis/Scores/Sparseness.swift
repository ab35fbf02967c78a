import Compute

/// How few of the trials a unit answers, and how few of the units a trial: both from 0 (all alike) to
/// 1 (one alone).
///
/// `S = (1 - (mean r)² / mean r²) / (1 - 1/m)`, over a unit's `m` trials (lifetime) or a trial's `m`
/// units (population). A unit that never answers has no lifetime sparseness and is counted apart: as
/// 1, it would make a dead network look sparse. Source: Vinje and Gallant, Science 2000.
package struct Sparseness: Sendable {
  /// Over units that answer at least one trial; `nil` without one.
  package let lifetime: Quartiles?
  package let meanLifetime: Double?
  /// Over trials that at least one unit answers; silent units are among a trial's units.
  package let population: Quartiles?
  package let meanPopulation: Double?
  /// The share of units that are zero on all trials.
  package let silentShare: Double
  /// The share of all entries above zero.
  package let activeShare: Double

  /// `nil` where a state is negative: the measure is one of rates, and its ratio means nothing
  /// where answers cancel; also with fewer than two trials or units.
  ///
  /// - Parameter rates: `[n, H]`, more than one of both.
  package init?(_ rates: DoubleMatrix) {
    guard rates.rows > 1, rates.columns > 1, rates.values.allSatisfy({ $0 >= 0 }) else {
      return nil
    }
    var (unitSums, unitSquares) = (
      [Double](repeating: 0, count: rates.columns), [Double](repeating: 0, count: rates.columns)
    )
    var population: [Double] = []
    var active = 0
    for trial in 0..<rates.rows {
      let row = rates.row(trial)
      var (sum, square) = (0.0, 0.0)
      for (unit, rate) in row.enumerated() where rate > 0 {
        sum += rate
        square += rate * rate
        unitSums[unit] += rate
        unitSquares[unit] += rate * rate
        active += 1
      }
      if let value = sparseness(sum, square, rates.columns) { population.append(value) }
    }
    let lifetime = zip(unitSums, unitSquares).compactMap { sparseness($0, $1, rates.rows) }
    self.lifetime = Quartiles(of: lifetime)
    meanLifetime = lifetime.isEmpty ? nil : mean(lifetime)
    self.population = Quartiles(of: population)
    meanPopulation = population.isEmpty ? nil : mean(population)
    silentShare = 1 - Double(lifetime.count) / Double(rates.columns)
    activeShare = Double(active) / Double(rates.values.count)
  }
}

/// From the sum and the sum of squares of `count` rates; `nil` where all are zero.
private func sparseness(_ sum: Double, _ squares: Double, _ count: Int) -> Double? {
  guard squares > 0 else { return nil }
  let size = Double(count)
  return (1 - sum * sum / (size * squares)) / (1 - 1 / size)
}
