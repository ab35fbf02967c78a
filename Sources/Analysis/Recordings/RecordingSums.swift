import Compute

/// Sums over some trials of a recording: all that ridge needs to be fitted on them or tested there.
///
/// States and targets are those of ``CenteredRecording``, whose overall means are zero; so plain sums
/// lose nothing, and those of a part can be taken away from those of the whole.
struct RecordingSums {
  var count: Int
  /// `Σ r`, `[H]`.
  var states: [Double]
  /// `Σ y`, `[M]`.
  var targets: [Double]
  /// `Σ r rᵀ`, `[H, H]`, the upper half.
  var products: DoubleMatrix
  /// `Σ r yᵀ`, `[H, M]`.
  var cross: DoubleMatrix
  /// `Σ y²`, `[M]`.
  var squares: [Double]

  /// - Parameters:
  ///   - recording: Whose states and targets.
  ///   - trials: Whose targets.
  ///   - places: Which trial's states every trial is given; `nil`: its own.
  init(_ recording: CenteredRecording, _ trials: [Int], statesOf places: [Int]? = nil) {
    let states = recording.states.rows(places.map { places in trials.map { places[$0] } } ?? trials)
    let targets = recording.targets.rows(trials)
    count = trials.count
    self.states = states.columnSums
    self.targets = targets.columnSums
    products = DoubleMatrix(rows: states.columns, columns: states.columns)
    products.addGram(of: states)
    cross = states.transposedTimes(targets)
    squares = [Double](repeating: 0, count: targets.columns)
    for row in 0..<targets.rows {
      for column in 0..<targets.columns {
        squares[column] += targets[row, column] * targets[row, column]
      }
    }
  }

  /// Of some sets of trials that have none in common; at least one.
  init(adding parts: [RecordingSums]) {
    self = parts[0]
    for part in parts.dropFirst() {
      count += part.count
      Self.add(part.states, to: &states)
      Self.add(part.targets, to: &targets)
      Self.add(part.products.values, to: &products.values)
      Self.add(part.cross.values, to: &cross.values)
      Self.add(part.squares, to: &squares)
    }
  }

  /// Of what is left when some of the trials are taken away.
  func without(_ part: RecordingSums) -> RecordingSums {
    var rest = self
    rest.count -= part.count
    Self.add(part.states, to: &rest.states, -1)
    Self.add(part.targets, to: &rest.targets, -1)
    Self.add(part.products.values, to: &rest.products.values, -1)
    Self.add(part.cross.values, to: &rest.cross.values, -1)
    Self.add(part.squares, to: &rest.squares, -1)
    return rest
  }

  private static func add(_ values: [Double], to sums: inout [Double], _ sign: Double = 1) {
    sums.withUnsafeMutableBufferPointer { sums in
      values.withUnsafeBufferPointer { values in
        for index in sums.indices { sums[index] += sign * values[index] }
      }
    }
  }

  var stateMean: [Double] { states.map { $0 / Double(count) } }
  var targetMean: [Double] { targets.map { $0 / Double(count) } }

  /// Products about other means than zero, both halves; divided by nothing.
  func products(about mean: [Double]) -> DoubleMatrix {
    var result = products
    let size = Double(count)
    for row in 0..<result.rows {
      for column in row..<result.columns {
        let value =
          result[row, column] - mean[row] * states[column] - states[row] * mean[column]
          + size * mean[row] * mean[column]
        result[row, column] = value
        result[column, row] = value
      }
    }
    return result
  }

  /// `Σ (r - m) (y - t)ᵀ`.
  func cross(about stateMean: [Double], _ targetMean: [Double]) -> DoubleMatrix {
    var result = cross
    let size = Double(count)
    for row in 0..<result.rows {
      for column in 0..<result.columns {
        result[row, column] +=
          size * stateMean[row] * targetMean[column] - states[row] * targetMean[column]
          - stateMean[row] * targets[column]
      }
    }
    return result
  }
}

/// States and targets about their means over all trials, the targets in units of their deviation.
struct CenteredRecording {
  /// `[n, H]`.
  let states: DoubleMatrix
  /// `[n, M]`: the targets, then the same in the order of each shuffle.
  private(set) var targets: DoubleMatrix
  /// How many targets there are; the other columns are shuffles of them.
  let targetCount: Int
  /// Of the states as they were, `[H]`.
  let stateMean: [Double]
  /// Of the targets as they were, `[targets]`.
  let targetMean: [Double]
  let targetDeviation: [Double]

  /// - Parameters:
  ///   - recording: With one target at least.
  ///   - orders: For each shuffle, which trial's factors every trial is given.
  init(_ recording: Recording, shuffled orders: [[Int]]) {
    let raw = recording.targets
    let means = raw.columnMeans
    let deviations = raw.centered.columnDeviations
    targetCount = raw.columns
    var all = DoubleMatrix(rows: raw.rows, columns: raw.columns * (1 + orders.count))
    for trial in 0..<raw.rows {
      for target in 0..<raw.columns {
        func standard(_ source: Int) -> Double {
          deviations[target] > 0
            ? (raw[source, target] - means[target]) / deviations[target] : 0
        }
        all[trial, target] = standard(trial)
        for (draw, order) in orders.enumerated() {
          all[trial, (draw + 1) * raw.columns + target] = standard(order[trial])
        }
      }
    }
    stateMean = recording.states.columnMeans
    states = recording.centeredStates
    targets = all
    targetMean = means
    targetDeviation = deviations
  }

  /// The same with the true targets alone.
  var unshuffled: CenteredRecording {
    var own = self
    own.targets = targets.firstColumns(targetCount)
    return own
  }
}

extension DoubleMatrix {
  /// `[columns]`.
  fileprivate var columnSums: [Double] {
    rows > 0
      ? columnMeans.map { $0 * Double(rows) } : [Double](repeating: 0, count: columns)
  }

  /// The root of each column's mean square: its standard deviation if its mean is zero.
  var columnDeviations: [Double] { columnMeanSquares().map { $0.squareRoot() } }
}
