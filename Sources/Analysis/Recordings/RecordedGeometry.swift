import Compute
import RealModule

/// The shape of a recording's cloud of states.
///
/// How many directions it fills, and along which of them the factors move it; all trials are pooled.
package struct RecordedGeometry: Sendable {
  package let components: PrincipalComponents
  /// States along their principal components, `[n, k]`; directions that hold only rounding are left
  /// out.
  package let rotated: DoubleMatrix
  /// `(Σλ)² / Σλ²` of the covariance's eigenvalues λ, between 1 and the number of units.
  ///
  /// `nil` where the states don't vary.
  package let participationRatio: Double?
  /// What it would be if every unit's states were shuffled among the trials on their own: on average
  /// `(Σv)² / (Σv² + Σᵢ≠ⱼ vᵢvⱼ / (n - 1))` for variances v.
  package let independentRatio: Double?
  /// By resampling twenty random blocks of trials, or the groups.
  package let ratioInterval: BootstrapInterval?

  /// Between the directions in which the mean state moves with each pair of targets, in degrees.
  package let encodingAngles: [TargetAngle]
  /// Angles of random directions in the space that the states occupy, in degrees: drawn with the
  /// states' covariance.
  package let randomAngles: [Double]

  package struct TargetAngle: Sendable {
    package let first: String
    package let second: String
    package let degrees: Double
    package let interval: BootstrapInterval?
  }

  /// The fewest components that hold so much of the variance.
  package func componentCount(for share: Double) -> Int {
    var sum = 0.0
    for (index, part) in components.shares.enumerated() {
      sum += part
      if sum >= share { return index + 1 }
    }
    return components.shares.count
  }

  package init(of recording: Recording, draws: Int, seed: UInt64) {
    let centered = recording.states.centered
    let gram = centered.gram
    let mean = recording.states.columnMeans
    components = PrincipalComponents(
      covariance: gram.scaled(by: 1 / Double(recording.count)),
      mean: mean
    )
    let kept = components.shares.count { $0 > 1e-12 }
    rotated = centered.times(components.directions.firstColumns(max(1, kept)))

    let total = gram.trace
    let squares = gram.values.reduce(0) { $0 + $1 * $1 }
    let varies = components.shares.contains { $0 > 0 }
    participationRatio = varies ? total * total / squares : nil
    let own = (0..<gram.rows).reduce(0) { $0 + gram[$1, $1] * gram[$1, $1] }
    independentRatio =
      varies && recording.count > 1
      ? total * total / (own + (total * total - own) / Double(recording.count - 1)) : nil
    ratioInterval =
      varies
      ? Self.ratioInterval(rotated, groups: recording.groups, draws: draws, seed: seed) : nil
    encodingAngles = Self.angles(recording, centered, draws: draws, seed: seed)
    randomAngles = Self.randomAngles(components.shares.prefix(kept).map { $0 }, seed: seed)
  }

  /// Twenty blocks keep a sample at twenty sums; their covariances are of the same accuracy as those
  /// of trials drawn one by one.
  private static func ratioInterval(
    _ states: DoubleMatrix,
    groups: [Int]?,
    draws: Int,
    seed: UInt64
  ) -> BootstrapInterval? {
    let names = groups.map { Set($0).sorted() } ?? []
    let order = RandomStream(seed: seed, purpose: .fitTrials, step: 1).permutation(of: states.rows)
    var blocks: [[Int]]
    if let groups, names.count > 1 {
      let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
      blocks = [[Int]](repeating: [], count: names.count)
      for (trial, group) in groups.enumerated() { blocks[places[group] ?? 0].append(trial) }
    } else {
      blocks = [[Int]](repeating: [], count: min(20, states.rows))
      for (place, trial) in order.enumerated() { blocks[place % blocks.count].append(trial) }
    }
    // More groups than fit in memory as matrices are joined.
    while blocks.count > 40 {
      blocks = stride(from: 0, to: blocks.count, by: 2).map { place in
        blocks[place] + (place + 1 < blocks.count ? blocks[place + 1] : [])
      }
    }
    let parts = blocks.map { trials -> (count: Double, sum: [Double], gram: DoubleMatrix) in
      let rows = states.rows(trials)
      return (Double(trials.count), rows.columnMeans.map { $0 * Double(trials.count) }, rows.gram)
    }
    let ratios = (0..<min(draws, 200)).compactMap { draw -> Double? in
      let stream = RandomStream(seed: seed, purpose: .bootstrap, step: draw)
      let counts = resampledCounts(parts.count, groups: nil, stream)
      let width = states.columns
      var gram = [Double](repeating: 0, count: width * width)
      var sum = [Double](repeating: 0, count: width)
      var size = 0.0
      gram.withUnsafeMutableBufferPointer { gram in
        for (part, weight) in zip(parts, counts) where weight > 0 {
          size += weight * part.count
          for index in sum.indices { sum[index] += weight * part.sum[index] }
          part.gram.values.withUnsafeBufferPointer { values in
            for index in gram.indices { gram[index] += weight * values[index] }
          }
        }
      }
      var (trace, squares) = (0.0, 0.0)
      for row in 0..<width {
        for column in 0..<width {
          let value = gram[row * width + column] - sum[row] * sum[column] / size
          squares += value * value
          if row == column { trace += value }
        }
      }
      return squares > 0 ? trace * trace / squares : nil
    }.sorted()
    guard !ratios.isEmpty else { return nil }
    return BootstrapInterval(
      lower: quantile(0.025, ofSorted: ratios),
      upper: quantile(0.975, ofSorted: ratios),
      draws: ratios.count
    )
  }

  /// Slopes of the states on all targets at once, as they are and for samples of the trials.
  private static func angles(
    _ recording: Recording,
    _ centered: DoubleMatrix,
    draws: Int,
    seed: UInt64
  ) -> [TargetAngle] {
    let targets = recording.targets
    let names = recording.factors.flatMap(\.targetNames)
    guard targets.columns > 1 else { return [] }
    let truth = targets.centered
    let ones = [Double](repeating: 1, count: recording.count)
    guard let found = slopeAngles(centered, truth, weights: ones) else { return [] }
    let samples = (0..<min(draws, 200)).compactMap { draw in
      slopeAngles(
        centered,
        truth,
        weights: resampledCounts(
          recording.count,
          groups: recording.groups,
          RandomStream(seed: seed, purpose: .bootstrap, step: draw)
        )
      )
    }
    var result: [TargetAngle] = []
    for first in names.indices {
      for second in (first + 1)..<max(first + 1, names.count) {
        guard let degrees = found[result.count] else { return [] }
        let values = samples.compactMap { $0[result.count] }.sorted()
        let interval =
          values.isEmpty
          ? nil
          : BootstrapInterval(
            lower: quantile(0.025, ofSorted: values),
            upper: quantile(0.975, ofSorted: values),
            draws: values.count
          )
        result.append(
          TargetAngle(
            first: names[first],
            second: names[second],
            degrees: degrees,
            interval: interval
          )
        )
      }
    }
    return result
  }

  /// Of all pairs, the first with each other one first; `nil` where the targets don't vary
  /// independently.
  private static func slopeAngles(
    _ states: DoubleMatrix,
    _ targets: DoubleMatrix,
    weights: [Double]
  ) -> [Double?]? {
    let total = weights.reduce(0, +)
    let means = targets.transposedTimes(weights).map { $0 / total }
    var weighted = targets
    var around = targets
    for row in 0..<targets.rows {
      for column in 0..<targets.columns {
        around[row, column] -= means[column]
        weighted[row, column] = weights[row] * around[row, column]
      }
    }
    let eigen = SymmetricEigen(weighted.transposedTimes(around))
    guard let least = eigen.values.first, let most = eigen.values.last, least > 1e-9 * most else {
      return nil
    }
    var inverse = DoubleMatrix(rows: targets.columns, columns: targets.columns)
    for (index, value) in eigen.values.enumerated() {
      for row in 0..<targets.columns {
        for column in 0..<targets.columns {
          inverse[row, column] += eigen.vectors[row, index] * eigen.vectors[column, index] / value
        }
      }
    }
    let slopes = states.transposedTimes(weighted).times(inverse)
    return (0..<targets.columns).flatMap { first in
      ((first + 1)..<max(first + 1, targets.columns)).map { second in
        angle(between: slopes.column(first), slopes.column(second))
      }
    }
  }

  /// Pairs of Gaussian vectors with the states' covariance, in the components' coordinates.
  private static func randomAngles(_ shares: [Double], seed: UInt64) -> [Double] {
    guard !shares.isEmpty else { return [] }
    let draws = 1000
    var normals = Matrix(rows: shares.count, columns: 2 * draws)
    RandomStream(seed: seed, purpose: .recordingNull).fillNormal(normals.mutableView)
    return (0..<draws).compactMap { draw in
      func vector(_ column: Int) -> [Double] {
        shares.indices.map { Double(normals[$0, column]) * shares[$0].squareRoot() }
      }
      return angle(between: vector(2 * draw), vector(2 * draw + 1))
    }
  }
}

extension DoubleMatrix {
  func scaled(by factor: Double) -> DoubleMatrix {
    DoubleMatrix(rows: rows, columns: columns, values: values.map { factor * $0 })
  }

  func firstColumns(_ count: Int) -> DoubleMatrix {
    var result = DoubleMatrix(rows: rows, columns: count)
    for row in 0..<rows {
      for column in 0..<count { result[row, column] = self[row, column] }
    }
    return result
  }
}
