import Compute

/// How well continuous and circular factors are read out of a recording's trials that the decoder
/// never saw: regions of the factors (zero-shot), or folds of all trials (in distribution).
///
/// `r² = 1 - MSE / variance`, where the variance is that of the factor over *all* trials, also where
/// the test is one corner of them. The decoder is ridge, whose penalty the fitted trials choose among
/// themselves; see ``RidgeFit``.
package struct RecordedDecoding: Sendable {
  /// What was measured in one region.
  package struct Region: Sendable {
    package let region: TrialRegions.Region
    /// Of each target.
    package let r2: [Double]
    package let leastSquares: [Double]
    /// With the fixed penalty 1e-4.
    package let fixed: [Double]
    package let penalty: Double
    package let decoder: LinearDecoder
    /// Of the region's trials, `[trials, targets]`.
    package let decoded: DoubleMatrix
    /// The mean over targets for each shuffle of the factors: where they make the region, it goes with
    /// them.
    package fileprivate(set) var shuffled: [Double]
    /// The same with the fixed penalty.
    package fileprivate(set) var shuffledFixed: [Double]
    /// Between the decoder's rows for each shuffle that moves the region, in degrees.
    fileprivate(set) var shuffledAngles: [[Double]]

    /// The mean over targets.
    package var meanR2: Double { mean(r2) }
  }

  package let regions: [Region]
  package let targetNames: [String]
  /// Of each target over all trials.
  package let targetVariance: [Double]
  /// How much each region counts in the mean: folds as their trials, held-out regions alike.
  package let weights: [Double]
  /// Of the mean over regions.
  ///
  /// Decoders are fitted anew in both halves of the trials, with the penalties of the whole.
  package let interval: SplitInterval?
  /// The same with the fixed penalty.
  package let fixedInterval: SplitInterval?
  let halved: HalvedDecoding

  /// The mean over regions of the mean over targets.
  package var meanR2: Double { Self.average(regions.map(\.meanR2), weights) }

  /// The same for each shuffle.
  package var shuffledMeans: [Double] { means(\.shuffled) }
  package var shuffledFixedMeans: [Double] { means(\.shuffledFixed) }

  private func means(_ draws: (Region) -> [Double]) -> [Double] {
    let byRegion = regions.map(draws)
    return (byRegion.first ?? []).indices.map { draw in
      Self.average(byRegion.map { $0[draw] }, weights)
    }
  }

  /// - Returns: The mean by weights whose sum is 1.
  private static func average(_ values: [Double], _ weights: [Double]) -> Double {
    zip(values, weights).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// Fits and tests a decoder for every region; `nil` where there is nothing to decode, or fewer than
  /// two regions.
  ///
  /// - Parameters:
  ///   - recording: With a continuous or circular factor at least.
  ///   - parts: What is held out.
  ///   - orders: The shuffles: for each, which trial's factors every trial is given.
  ///   - halves: Of the recording's trials.
  package init?(
    of recording: Recording,
    _ parts: TrialRegions,
    shuffles orders: [[Int]],
    halves: HalfSplits
  ) {
    guard recording.factors.contains(where: { !$0.isCategorical }), parts.regions.count > 1 else {
      return nil
    }
    // Folds stay with the states, so that all shuffles share their sums; regions go with the factors.
    let shared = parts.followFactors ? [] : orders
    let centered = CenteredRecording(recording, shuffled: shared)
    let base = CellSums(centered, parts.cells)
    let found = parts.regions.map { Self.measure($0, base, centered, recording.states) }
    regions =
      parts.followFactors
      ? zip(found, RegionNull(centered, parts, orders).byRegion).map { $0.with($1) } : found
    targetNames = recording.factors.flatMap(\.targetNames)
    targetVariance = centered.targetDeviation.map { $0 * $0 }
    weights = parts.weights
    halved = HalvedDecoding(centered.unshuffled, parts, regions.map(\.penalty), halves)
    let score = Self.average(regions.map(\.meanR2), weights)
    interval = halves.interval(of: score, halved.pairs(\.meanR2), within: -.infinity...1)
    let fixed = Self.average(regions.map { mean($0.fixed) }, weights)
    fixedInterval = halves.interval(of: fixed, halved.pairs(\.fixedR2), within: -.infinity...1)
  }

  private static func measure(
    _ region: TrialRegions.Region,
    _ base: CellSums,
    _ centered: CenteredRecording,
    _ states: DoubleMatrix
  ) -> Region {
    let seen = base.outside(region).map(\.sums)
    let test = RecordingSums(centered, region.trials)
    let count = centered.targetCount
    let sets = centered.targets.columns / count

    // The penalty of every set of labels is chosen as that of the true ones.
    let penalties = RidgeFit.penalties
    var errors = [[Double]](repeating: [Double](repeating: 0, count: sets), count: penalties.count)
    if seen.count > 1 {
      for left in seen.indices {
        let others = seen.indices.filter { $0 != left }.map { seen[$0] }
        let ridge = SharedRidge(.init(adding: others))
        for (index, row) in ridge.errors(on: seen[left], penalties).enumerated() {
          for target in row.indices { errors[index][target / count] += row[target] }
        }
      }
    }
    let standard = penalties.firstIndex(of: RidgeFit.fixedPenalty) ?? 0
    let chosen = (0..<sets).map { set -> Int in
      guard seen.count > 1 else { return standard }
      return penalties.indices.reduce(0) { errors[$1][set] < errors[$0][set] ? $1 : $0 }
    }

    let ridge = SharedRidge(.init(adding: seen))
    let scores = ridge.errors(on: test, penalties + [nil])
    func r2(_ index: Int, set: Int = 0) -> [Double] {
      (0..<count).map { 1 - scores[index][set * count + $0] }
    }
    let decoder = ridge.decoder(penalties[chosen[0]], of: centered)
    var decoded = states.rows(region.trials).times(decoder.weights)
    for row in 0..<decoded.rows {
      for target in 0..<count { decoded[row, target] += decoder.intercept[target] }
    }
    return Region(
      region: region,
      r2: r2(chosen[0]),
      leastSquares: r2(penalties.count),
      fixed: r2(standard),
      penalty: penalties[chosen[0]],
      decoder: decoder,
      decoded: decoded,
      shuffled: (1..<max(1, sets)).map { mean(r2(chosen[$0], set: $0)) },
      shuffledFixed: (1..<max(1, sets)).map { mean(r2(standard, set: $0)) },
      shuffledAngles: []
    )
  }
}

extension RecordedDecoding.Region {
  /// Beside draws of a null in which the region has other trials.
  fileprivate func with(_ draws: [RegionNull.Region]) -> Self {
    var own = self
    own.shuffled = draws.map(\.chosen)
    own.shuffledFixed = draws.map(\.fixed)
    own.shuffledAngles = draws.map(\.angles)
    return own
  }
}

/// The sums of each cell of a recording.
struct CellSums {
  private let recording: CenteredRecording
  private let places: [Int]?
  private let labels: [Int]
  private let cells: [[Int]]
  private let sums: [RecordingSums]

  /// - Parameters:
  ///   - recording: Whose states and targets.
  ///   - labels: Each trial's cell, `[n]`.
  ///   - places: Which trial's states every trial is given; `nil`: its own.
  init(_ recording: CenteredRecording, _ labels: [Int], statesOf places: [Int]? = nil) {
    self.recording = recording
    self.places = places
    self.labels = labels
    let count = (labels.max() ?? 0) + 1
    var cells = [[Int]](repeating: [], count: count)
    for (trial, cell) in labels.enumerated() { cells[cell].append(trial) }
    self.cells = cells
    sums = cells.map { RecordingSums(recording, $0, statesOf: places) }
  }

  /// What is left of every cell outside a region, where anything is.
  func outside(_ region: TrialRegions.Region) -> [(cell: Int, sums: RecordingSums)] {
    let held = Set(region.trials)
    return cells.indices.compactMap { cell in
      let kept = cells[cell].filter { !held.contains($0) }
      guard !kept.isEmpty else { return nil }
      return (
        cell,
        kept.count == cells[cell].count
          ? sums[cell] : RecordingSums(recording, kept, statesOf: places)
      )
    }
  }

  /// The cell that a region is, if it is a whole one.
  func cell(of region: TrialRegions.Region) -> Int? {
    guard let cell = region.trials.first.map({ labels[$0] }) else { return nil }
    return cells[cell].count == region.trials.count
      && region.trials.allSatisfy { labels[$0] == cell } ? cell : nil
  }
}
