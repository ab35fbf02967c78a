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
  /// What products of two factors add to it; `nil` also with one factor, and with too few trials.
  package let interaction: [Double?]
  /// The same for the factors of other trials: all units of one shuffle.
  package let shuffledLinear: [Double]
  package let shuffledInteraction: [Double]
  /// The mean over units for every shuffle.
  package let linearNull: [Double]
  package let interactionNull: [Double]
  package let silent: [Int]
  /// `nil` where a state is below zero.
  package let sparseness: Sparseness?
  /// Of the means over units (over trials, for population sparseness).
  package let intervals: Intervals
  package let grid: Grid?

  package struct Intervals: Sendable {
    package let linear: SplitInterval?
    package let interaction: SplitInterval?
    package let lifetime: SplitInterval?
    package let population: SplitInterval?
  }

  package static let bins = 12
  package static let gridSize = 8

  /// - Parameters:
  ///   - recording: With trials.
  ///   - orders: Shuffles: for each, which trial's factors every trial is given.
  ///   - halves: Of its trials.
  package init(of recording: Recording, shuffles orders: [[Int]], halves: HalfSplits) {
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
    let nulls = orders.compactMap { order in
      Selectivity(recording.states, recording.factors.map { $0.trials(order) })
    }
    linear = own?.linear ?? nothing
    interaction = own?.added ?? nothing
    shuffledLinear = nulls.first?.linear.compactMap(\.self) ?? []
    shuffledInteraction = nulls.first?.added.compactMap(\.self) ?? []
    linearNull = nulls.compactMap { meanOfKnown($0.linear) }
    interactionNull = nulls.compactMap { meanOfKnown($0.added) }
    sparseness = Sparseness(recording.states)
    intervals = Self.intervals(recording, halves, linear, interaction, sparseness)
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

  private static func intervals(
    _ recording: Recording,
    _ halves: HalfSplits,
    _ linear: [Double?],
    _ interaction: [Double?],
    _ sparseness: Sparseness?
  ) -> Intervals {
    func measure(_ trials: [Int]) -> [Double?] {
      let half = recording.trials(trials)
      let selectivity = Selectivity(half.states, half.factors)
      let sparseness = sparseness == nil ? nil : Sparseness(half.states)
      return [
        selectivity?.linear, selectivity?.added, sparseness?.lifetime, sparseness?.population,
      ].map { $0.flatMap(meanOfKnown) }
    }
    let pairs = halves.splits.map { (measure($0.first), measure($0.second)) }
    func interval(_ place: Int, _ values: [Double?]?, _ lowest: Double) -> SplitInterval? {
      values.flatMap(meanOfKnown).flatMap { value in
        halves.interval(
          of: value,
          pairs.map { first, second in
            first[place].flatMap { first in second[place].map { (first, $0) } }
          },
          within: lowest...1
        )
      }
    }
    return Intervals(
      linear: interval(0, linear, -.infinity),
      interaction: interval(1, interaction, -.infinity),
      lifetime: interval(2, sparseness?.lifetime, 0),
      population: interval(3, sparseness?.population, 0)
    )
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

/// `nil` where none is known.
func meanOfKnown(_ values: [Double?]) -> Double? {
  let known = values.compactMap(\.self)
  return known.isEmpty ? nil : mean(known)
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
  /// What products of two factors add to each unit's share.
  fileprivate var added: [Double?] {
    zip(linear, withInteractions).map { linear, both in
      linear.flatMap { linear in both.map { $0 - linear } }
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
