import Compute

/// What single units do with the factors: tuning, selectivity, sparseness.
///
/// Silent units, those that never change, are counted apart.
package struct RecordedTuning: Sendable {
  /// The mean state of every unit over one factor.
  package struct Curve: Sendable {
    package let factor: Factor
    /// The middle of each bin, or the category's place.
    package let places: [Double]
    package let names: [String]?
    package let counts: [Int]
    /// `[bins, H]`; rows without trials are undefined and have a count of 0.
    package let means: DoubleMatrix
  }

  /// Mean states over a grid of two factors.
  package struct Grid: Sendable {
    package let first: String
    package let second: String
    package let firstRange: ClosedRange<Double>
    package let secondRange: ClosedRange<Double>
    package let size: Int
    package let units: [Int]
    /// For each unit the rows of the second factor, from the lowest up; `nil` without trials.
    package let rows: [[[Double?]]]
  }

  package let curves: [Curve]
  /// What units are correlated with: targets, and an indicator for each category.
  package let columnNames: [String]
  /// Pearson's, `[units][columns]`; `nil` for silent units.
  package let correlations: [[Double?]]
  /// Adjusted R² of each unit regressed on all factors without interactions; `nil` for silent units.
  package let linear: [Double?]
  /// What products of two factors add to it.
  package let interaction: [Double?]
  /// The same for the factors of other trials, all units together.
  package let shuffledLinear: [Double]
  package let shuffledInteraction: [Double]
  package let silent: [Int]
  /// Of each unit over trials (Vinje and Gallant); `nil` for silent units.
  package let lifetime: [Double?]
  /// Of each trial over the units that aren't silent; `nil` where all are at zero.
  package let population: [Double?]
  /// Whether a state is below zero, for which sparseness isn't defined.
  package let hasNegativeStates: Bool
  package let grid: Grid?

  package static let bins = 12
  package static let gridSize = 8

  /// - Parameters:
  ///   - recording: With trials.
  ///   - order: One shuffle: which trial's factors every trial is given.
  package init(of recording: Recording, shuffled order: [Int]) {
    silent = recording.silentUnits
    let isSilent = Set(silent)
    let active = (0..<recording.units).map { !isSilent.contains($0) }
    curves = recording.factors.map { Self.curve(recording, $0) }

    let centered = recording.states.centered
    let deviations = centered.columnDeviations
    let columns = recording.factors.flatMap(\.indicators)
    columnNames = columns.map(\.name)
    correlations = Self.correlations(centered, deviations, columns.map(\.values), active)

    let nothing = [Double?](repeating: nil, count: recording.units)
    let own = Selectivity(recording.states, recording.factors)
    let null = Selectivity(recording.states.rows(order), recording.factors)
    linear = own?.linear ?? nothing
    interaction = own?.added ?? nothing
    shuffledLinear = null?.linear.compactMap(\.self) ?? []
    shuffledInteraction = null?.added.compactMap(\.self) ?? []

    hasNegativeStates = recording.states.values.contains { $0 < 0 }
    let sparse = Self.sparseness(recording.states, active)
    lifetime = hasNegativeStates ? [] : sparse.lifetime
    population = hasNegativeStates ? [] : sparse.population
    let explained = zip(linear, interaction).map { ($0 ?? 0) + ($1 ?? 0) }
    let best = active.indices.filter { active[$0] }.sorted {
      (explained[$0], $1) > (explained[$1], $0)
    }
    grid = Self.grid(recording, Array(best.prefix(12)))
  }

  private static func curve(_ recording: Recording, _ factor: Factor) -> Curve {
    let bins: [Int]
    let places: [Double]
    let names: [String]?
    switch factor.values {
    case .categorical(let levels, let categories):
      (bins, places, names) = (levels, categories.indices.map(Double.init), categories)
    case .continuous(let values), .circular(let values):
      let binning = ValueBins(values, count: Self.bins)
      (bins, places, names) = (values.map(binning.bin), binning.middles, nil)
    }
    var counts = [Int](repeating: 0, count: places.count)
    var means = DoubleMatrix(rows: places.count, columns: recording.units)
    for (trial, bin) in bins.enumerated() {
      counts[bin] += 1
      for unit in 0..<recording.units { means[bin, unit] += recording.states[trial, unit] }
    }
    for bin in places.indices where counts[bin] > 0 {
      for unit in 0..<recording.units { means[bin, unit] /= Double(counts[bin]) }
    }
    return Curve(factor: factor, places: places, names: names, counts: counts, means: means)
  }

  private static func correlations(
    _ states: DoubleMatrix,
    _ deviations: [Double],
    _ columns: [[Double]],
    _ active: [Bool]
  ) -> [[Double?]] {
    var matrix = DoubleMatrix(rows: states.rows, columns: columns.count)
    for (column, values) in columns.enumerated() {
      for trial in values.indices { matrix[trial, column] = values[trial] }
    }
    let around = matrix.centered
    let scales = around.columnDeviations
    let cross = states.transposedTimes(around)
    return active.indices.map { unit in
      columns.indices.map { column in
        guard active[unit], deviations[unit] > 0, scales[column] > 0 else { return nil }
        let value =
          cross[unit, column] / (Double(states.rows) * deviations[unit] * scales[column])
        return max(-1, min(1, value))
      }
    }
  }

  /// `(1 - mean² / mean square) / (1 - 1/n)`.
  private static func sparseness(
    _ states: DoubleMatrix,
    _ active: [Bool]
  ) -> (lifetime: [Double?], population: [Double?]) {
    func measure(_ sum: Double, _ square: Double, _ count: Int) -> Double? {
      guard square > 0, count > 1 else { return nil }
      let size = Double(count)
      return (1 - sum * sum / size / square) / (1 - 1 / size)
    }
    var sums = [Double](repeating: 0, count: states.columns)
    var squares = sums
    let population = (0..<states.rows).map { trial -> Double? in
      var (sum, square) = (0.0, 0.0)
      for unit in 0..<states.columns where active[unit] {
        let value = states[trial, unit]
        sum += value
        square += value * value
        sums[unit] += value
        squares[unit] += value * value
      }
      return measure(sum, square, active.count { $0 })
    }
    let lifetime = active.indices.map { unit in
      active[unit] ? measure(sums[unit], squares[unit], states.rows) : nil
    }
    return (lifetime, population)
  }

  /// Over the first two factors that have an order.
  private static func grid(_ recording: Recording, _ units: [Int]) -> Grid? {
    let ordered = recording.factors.filter { !$0.isCategorical }
    guard ordered.count > 1, !units.isEmpty else { return nil }
    let axes = ordered.prefix(2).map { factor -> (bins: [Int], range: ClosedRange<Double>) in
      switch factor.values {
      case .continuous(let values), .circular(let values):
        let binning = ValueBins(values, count: gridSize)
        return (values.map(binning.bin), binning.range)
      case .categorical(let levels, _): return (levels, 0...1)
      }
    }
    let rows = units.map { unit -> [[Double?]] in
      var sums = [[Double]](repeating: .init(repeating: 0, count: gridSize), count: gridSize)
      var counts = [[Int]](repeating: .init(repeating: 0, count: gridSize), count: gridSize)
      for trial in 0..<recording.count {
        let (column, row) = (axes[0].bins[trial], axes[1].bins[trial])
        sums[row][column] += recording.states[trial, unit]
        counts[row][column] += 1
      }
      return sums.indices.map { row in
        sums[row].indices.map { column in
          counts[row][column] > 0 ? sums[row][column] / Double(counts[row][column]) : nil
        }
      }
    }
    return Grid(
      first: ordered[0].name,
      second: ordered[1].name,
      firstRange: axes[0].range,
      secondRange: axes[1].range,
      size: gridSize,
      units: units,
      rows: rows
    )
  }
}

/// Bins of equal width over the values that occur; the last one is closed.
private struct ValueBins {
  let range: ClosedRange<Double>
  let count: Int

  init(_ values: [Double], count: Int) {
    let lowest = values.min() ?? 0
    range = lowest...max(lowest, values.max() ?? 1)
    self.count = count
  }

  func bin(_ value: Double) -> Int {
    let width = range.upperBound - range.lowerBound
    guard width > 0 else { return 0 }
    return max(0, min(count - 1, Int((value - range.lowerBound) / width * Double(count))))
  }

  var middles: [Double] {
    let width = (range.upperBound - range.lowerBound) / Double(count)
    return (0..<count).map { range.lowerBound + (Double($0) + 0.5) * width }
  }
}

extension Selectivity {
  /// What products of two factors add to each unit's share; nothing with one factor.
  fileprivate var added: [Double?] {
    zip(linear, withInteractions).map { linear, both in
      linear.map { linear in both.map { $0 - linear } ?? 0 }
    }
  }
}

extension Factor {
  /// Targets, or for categories an indicator each, with their names.
  fileprivate var indicators: [(name: String, values: [Double])] {
    guard case .categorical(let levels, let names) = values else {
      return zip(targetNames, targets).map { ($0, $1) }
    }
    return names.indices.map { level in
      ("\(name) \(names[level])", levels.map { $0 == level ? 1 : 0 })
    }
  }
}
