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
  /// Of single trials; `nil` where the states don't vary.
  package let participationRatio: Double?
  /// What it would be if every unit's states were shuffled among the trials on their own: on average
  /// `(Σv)² / (Σv² + Σᵢ≠ⱼ vᵢvⱼ / (n - 1))` for variances v.
  package let independentRatio: Double?
  package let ratioInterval: SplitInterval?
  /// Of the shares of the first components, at most ``mostShares``.
  package let shareIntervals: [SplitInterval?]
  /// The first component's share if every unit's states were shuffled among the trials on their own,
  /// for each draw.
  package let independentShares: [Double]

  /// Between the directions in which the mean state moves with each pair of targets, in degrees.
  package let encodingAngles: [TargetAngle]
  /// Of their mean.
  package let encodingInterval: SplitInterval?
  /// Angles of random directions in the space that the states occupy, in degrees: drawn with the
  /// states' covariance.
  package let randomAngles: [Double]

  package struct TargetAngle: Sendable {
    package let first: String
    package let second: String
    package let degrees: Double
    package let interval: SplitInterval?
  }

  package static let mostShares = 20

  /// The fewest components that hold so much of the variance.
  package func componentCount(for share: Double) -> Int {
    var sum = 0.0
    for (index, part) in components.shares.enumerated() {
      sum += part
      if sum >= share { return index + 1 }
    }
    return components.shares.count
  }

  /// - Parameters:
  ///   - recording: With trials.
  ///   - halves: Of its trials.
  ///   - shuffles: Of every unit's trials.
  ///   - seed: Of the shuffles and of the random directions.
  package init(of recording: Recording, halves: HalfSplits, shuffles: Int, seed: UInt64) {
    let centered = recording.centeredStates
    let gram = centered.gram
    let mean = recording.states.columnMeans
    components = PrincipalComponents(
      covariance: gram.scaled(by: 1 / Double(recording.count)),
      mean: mean,
      isConstant: gram.trace == 0
    )
    let kept = components.shares.count { $0 > 1e-12 }
    rotated = centered.times(components.directions.firstColumns(max(1, kept)))

    let total = gram.trace
    let varies = components.shares.contains { $0 > 0 }
    participationRatio = varies ? Analysis.participationRatio(covariance: gram) : nil
    let own = (0..<gram.rows).reduce(0) { $0 + gram[$1, $1] * gram[$1, $1] }
    independentRatio =
      varies && recording.count > 1
      ? total * total / (own + (total * total - own) / Double(recording.count - 1)) : nil
    let spectra = HalfSpectra(of: self.rotated, halves)
    ratioInterval = participationRatio.flatMap {
      halves.interval(of: $0, spectra.pairs(\.ratio), within: 1...Double(recording.units))
    }
    shareIntervals = components.shares.prefix(Self.mostShares).enumerated().map { place, share in
      guard varies else { return nil }
      let pairs = spectra.pairs { spectrum -> Double? in
        place < spectrum.shares.count ? spectrum.shares[place] : nil
      }
      return halves.interval(of: share, pairs, within: 0...1)
    }
    independentShares =
      varies
      ? (0..<shuffles).map { draw in
        let stream = RandomStream(seed: seed, purpose: .unitShuffle, step: draw)
        let gram = centered.columnsShuffled(stream).gram
        return (SymmetricEigen.values(of: gram).last ?? 0) / total
      } : []
    (encodingAngles, encodingInterval) = Self.angles(recording, halves)
    randomAngles = Self.randomAngles(components.shares.prefix(kept).map { $0 }, seed: seed)
  }

  /// Between slopes of the states on all targets at once.
  private static func angles(
    _ recording: Recording,
    _ halves: HalfSplits
  ) -> ([TargetAngle], SplitInterval?) {
    let (states, targets) = (recording.centeredStates, recording.targets)
    let names = recording.factors.flatMap(\.targetNames)
    let pairs = names.indices.flatMap { first in
      names.indices.filter { $0 > first }.map { (first, $0) }
    }
    guard let found = slopeAngles(states, targets) else { return ([], nil) }
    let parts = halves.splits.map { split in
      [split.first, split.second].map { slopeAngles(states.rows($0), targets.rows($0)) }
    }
    let angles = zip(pairs, found).enumerated().compactMap { place, pair -> TargetAngle? in
      let ((first, second), degrees) = pair
      guard let degrees else { return nil }
      return TargetAngle(
        first: names[first],
        second: names[second],
        degrees: degrees,
        interval: halves.interval(
          of: degrees,
          parts.map { part in
            part[0]?[place].flatMap { one in part[1]?[place].map { (one, $0) } }
          },
          within: 0...180
        )
      )
    }
    guard !angles.isEmpty else { return ([], nil) }
    // Over the same pairs in both halves as over all trials.
    let known = found.indices.filter { found[$0] != nil }
    let means = parts.map { part -> (Double, Double)? in
      let halves = part.map { half in half.map { half in known.compactMap { half[$0] } } ?? [] }
      return halves.allSatisfy { $0.count == known.count }
        ? (mean(halves[0]), mean(halves[1])) : nil
    }
    return (angles, halves.interval(of: mean(angles.map(\.degrees)), means, within: 0...180))
  }

  /// Of all pairs, the first with each other one first; `nil` where the targets don't vary
  /// independently.
  private static func slopeAngles(_ states: DoubleMatrix, _ targets: DoubleMatrix) -> [Double?]? {
    guard targets.columns > 1 else { return nil }
    // In units of their own deviation: a factor's unit decides nothing.
    var around = targets.centered
    for (column, deviation) in around.columnDeviations.enumerated() where deviation > 0 {
      for row in 0..<around.rows { around[row, column] /= deviation }
    }
    let eigen = SymmetricEigen(around.gram)
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
    let slopes = states.transposedTimes(around).times(inverse)
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

/// The spectra of the two halves of every split.
private struct HalfSpectra {
  struct Spectrum {
    let ratio: Double?
    /// Of the variance, in descending order.
    let shares: [Double]

    /// - Parameters:
    ///   - products: `Σ r rᵀ` of a half.
    ///   - states: Its states.
    init(_ products: DoubleMatrix, _ states: DoubleMatrix) {
      let mean = states.columnMeans
      var gram = products
      for row in 0..<gram.rows {
        for column in 0..<gram.columns {
          gram[row, column] -= Double(states.rows) * mean[row] * mean[column]
        }
      }
      let total = gram.trace
      ratio = participationRatio(covariance: gram)
      shares =
        total > 0
        ? SymmetricEigen.values(of: gram).reversed().map { max(0, $0) / total } : []
    }
  }

  let splits: [(Spectrum, Spectrum)]

  /// - Parameters:
  ///   - states: About a mean of zero, `[n, H]`.
  ///   - halves: Of the trials.
  init(of states: DoubleMatrix, _ halves: HalfSplits) {
    let whole = halves.splits.isEmpty ? states : states.gram
    splits = halves.splits.map { split in
      let (first, second) = (states.rows(split.first), states.rows(split.second))
      let products = first.gram
      // What isn't in the first half is in the second.
      return (Spectrum(products, first), Spectrum(whole + products.scaled(by: -1), second))
    }
  }

  func pairs(_ score: (Spectrum) -> Double?) -> [(Double, Double)?] {
    splits.map { first, second in
      score(first).flatMap { first in score(second).map { (first, $0) } }
    }
  }
}

extension DoubleMatrix {
  /// Every column in an order of its own.
  fileprivate func columnsShuffled(_ stream: RandomStream) -> DoubleMatrix {
    var result = self
    result.values.withUnsafeMutableBufferPointer { shuffled in
      values.withUnsafeBufferPointer { values in
        for column in 0..<columns {
          for (row, source) in stream.permutation(of: rows, lane: column).enumerated() {
            shuffled[row * columns + column] = values[source * columns + column]
          }
        }
      }
    }
    return result
  }

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
