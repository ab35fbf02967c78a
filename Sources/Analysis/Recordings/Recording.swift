import Compute
import RealModule

/// Somebody's own activity: the state on every trial, and what the factors were.
///
/// The judge of our networks, ``StateSet``, draws its trials; here they are what they are: few or
/// many, unevenly spread, with factors of any kind and unit.
package struct Recording: Sendable {
  /// One state a trial, `[n, H]`.
  package let states: DoubleMatrix
  /// At least one, each with a value for every trial.
  package let factors: [Factor]
  /// Which session, animal or network each trial is from, `[n]`.
  ///
  /// What is resampled as one; `nil` where every trial stands for itself. One group alone says
  /// nothing about others, so that its trials stand for themselves too.
  package let groups: [Int]?

  package var count: Int { states.rows }
  package var units: Int { states.columns }

  /// Values that are missing are the reader's to refuse or to leave out.
  package init(states: DoubleMatrix, factors: [Factor], groups: [Int]? = nil) {
    precondition(!factors.isEmpty, "a recording without factors has nothing to decode")
    precondition(
      factors.allSatisfy { $0.count == states.rows } && groups?.count ?? states.rows == states.rows,
      "states, factors and groups of different trials"
    )
    self.states = states
    self.factors = factors
    self.groups = groups.flatMap { Set($0).count > 1 ? $0 : nil }
  }

  /// Units that never change: they can't tell anything, and shares leave them out.
  ///
  /// The rule is that of all scores, ``activeUnits(variances:)``.
  package var silentUnits: [Int] {
    let active = Set(activeUnits(variances: states.columnVariances))
    return (0..<units).filter { !active.contains($0) }
  }

  /// The states about their mean, `[n, H]`, wherever that lies: of a unit that never changes nothing is
  /// left, not even rounding.
  package var centeredStates: DoubleMatrix {
    var centered = states.centered
    for (unit, variance) in states.columnVariances.enumerated() where variance == 0 {
      for trial in 0..<count { centered[trial, unit] = 0 }
    }
    return centered
  }

  /// What linear decoders are asked for, `[n, targets]`: the columns of all factors side by side.
  package var targets: DoubleMatrix {
    let columns = factors.flatMap(\.targets)
    var matrix = DoubleMatrix(rows: count, columns: columns.count)
    for (column, values) in columns.enumerated() {
      for trial in 0..<count { matrix[trial, column] = values[trial] }
    }
    return matrix
  }

  /// The trials of some places, in that order; places may occur more than once.
  package func trials(_ chosen: [Int]) -> Recording {
    var kept: [Double] = []
    kept.reserveCapacity(chosen.count * units)
    for trial in chosen { kept += states.values[trial * units..<(trial + 1) * units] }
    return Recording(
      states: DoubleMatrix(rows: chosen.count, columns: units, values: kept),
      factors: factors.map { $0.trials(chosen) },
      groups: groups.map { groups in chosen.map { groups[$0] } }
    )
  }
}

/// One thing that was different from trial to trial.
package struct Factor: Equatable, Sendable {
  package enum Values: Equatable, Sendable {
    case continuous([Double])
    /// Angles in radians.
    case circular([Double])
    /// Places in the list of names.
    case categorical([Int], names: [String])
  }

  package let name: String
  package let values: Values

  package init(_ name: String, _ values: Values) {
    self.name = name
    self.values = values
  }

  package var count: Int {
    switch values {
    case .continuous(let values), .circular(let values): values.count
    case .categorical(let levels, _): levels.count
    }
  }

  package var isCategorical: Bool {
    if case .categorical = values { true } else { false }
  }

  /// In the words of a table.
  package var kind: String {
    switch values {
    case .continuous: "continuous"
    case .circular: "circular"
    case .categorical: "categorical"
    }
  }

  func trials(_ chosen: [Int]) -> Factor {
    switch values {
    case .continuous(let values): Factor(name, .continuous(chosen.map { values[$0] }))
    case .circular(let values): Factor(name, .circular(chosen.map { values[$0] }))
    case .categorical(let levels, let names):
      Factor(name, .categorical(chosen.map { levels[$0] }, names: names))
    }
  }

  /// What a linear decoder is asked for, `[targets][n]`: a continuous factor's values, an angle's
  /// cosine and sine, nothing for categories.
  ///
  /// A cosine or sine that never changes (of 0° and 180°, say) is no target: nothing could be read, and
  /// guessing it right is no success. An angle that doesn't change at all keeps both.
  package var targets: [[Double]] { namedTargets.map(\.values) }

  package var targetNames: [String] { namedTargets.map(\.name) }

  /// The cosine or sine that is no target.
  package var constantTargets: [String] {
    guard case .circular = values else { return [] }
    let names = targetNames
    return Self.circularNames(name).filter { !names.contains($0) }
  }

  private var namedTargets: [(name: String, values: [Double])] {
    switch values {
    case .continuous(let values): return [(name, values)]
    case .categorical: return []
    case .circular(let angles):
      let both = zip(Self.circularNames(name), [angles.map(Double.cos), angles.map(Double.sin)])
        .map { ($0, $1) }
      let varying = both.filter { _, values in Self.spread(values) > Self.sameDirection }
      return varying.isEmpty ? both : varying
    }
  }

  private static func circularNames(_ name: String) -> [String] { ["cos \(name)", "sin \(name)"] }

  private static func spread(_ values: [Double]) -> Double {
    (values.max() ?? 0) - (values.min() ?? 0)
  }

  /// Cosines and sines that differ by no more are the same: radians in 32 bits are right to a quarter
  /// of this, and rounding alone must not tell cos 90° from cos 270°.
  static let sameDirection = 1e-6

  /// Whether all trials have the same value.
  package var isConstant: Bool {
    switch values {
    case .continuous(let values): values.allSatisfy { $0 == values[0] }
    case .circular: targets.allSatisfy { Self.spread($0) <= Self.sameDirection }
    case .categorical(let levels, _): levels.allSatisfy { $0 == levels[0] }
    }
  }

  /// An angle within its full turn, in radians: those that are full turns apart are the same.
  ///
  /// - Parameters:
  ///   - value: Of an angle.
  ///   - period: A full turn.
  /// - Returns: In [0, 2π).
  package static func angle(_ value: Double, period: Double) -> Double {
    let turns = value / period
    let within = turns - turns.rounded(.down)
    // A full turn but for rounding is none.
    return within > 1 - sameDirection / 8 ? 0 : within * 2 * Double.pi
  }

  /// Whether two trials have the same value.
  func isSame(_ first: Int, _ second: Int) -> Bool {
    switch values {
    case .continuous(let values): values[first] == values[second]
    case .circular(let angles):
      [Double.cos, Double.sin].allSatisfy { part in
        (part(angles[first]) - part(angles[second])).magnitude <= Self.sameDirection
      }
    case .categorical(let levels, _): levels[first] == levels[second]
    }
  }

  /// What a regression of the states on the factors is given, `[columns][n]`: as ``targets``, and an
  /// indicator for every category but the first.
  package var regressors: [[Double]] {
    guard case .categorical(let levels, let names) = values else { return targets }
    return names.indices.dropFirst().map { level in levels.map { $0 == level ? 1 : 0 } }
  }

  /// The parts that regions are made of: the sides of the median of each target, or the categories.
  ///
  /// Values equal to the median (of cosines and sines: but for rounding) go below; above, where it is the
  /// largest value and nothing else would be there. A factor that never changes has one side alone.
  package var partitions: [Partition] {
    switch values {
    case .categorical(let levels, let names):
      [Partition(factor: name, label: name, labels: levels, names: names)]
    case .continuous: sides(toleratingRounding: 0)
    case .circular: sides(toleratingRounding: Self.sameDirection)
    }
  }

  /// The two sides of the median of each target.
  ///
  /// - Parameter rounding: Values that differ by no more are equal.
  /// - Returns: One partition for each.
  private func sides(toleratingRounding rounding: Double) -> [Partition] {
    namedTargets.map { label, values in
      let sorted = values.sorted()
      let median = quantile(0.5, ofSorted: sorted)
      let isLargest =
        median + rounding >= sorted.last ?? median && median - rounding > sorted.first ?? median
      return Partition(
        factor: name,
        label: label,
        labels: values.map {
          $0 > median + rounding || isLargest && $0 >= median - rounding ? 1 : 0
        },
        names: ["low", "high"]
      )
    }
  }
}

/// A division of all trials by one factor.
package struct Partition: Equatable, Sendable {
  package let factor: String
  /// The factor's name, or that of an angle's cosine or sine.
  package let label: String
  /// In `0..<names.count`, `[n]`.
  package let labels: [Int]
  package let names: [String]

  /// Whether there is nothing to tell apart.
  package var hasOneSide: Bool { Set(labels).count < 2 }
}
