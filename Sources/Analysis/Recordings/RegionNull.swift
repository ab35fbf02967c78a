import Compute

/// r² in regions that the factors make, if states and factors had nothing to do with each other.
///
/// A region is a matter of the factors. So a trial that is given another's factors lies in that trial's
/// region, and decoders extrapolate as far as with the true ones: shuffled factors within regions
/// that stay would ask for no extrapolation, and noise itself would be below its null. Every draw has
/// other trials in every region, so that nothing is shared with the truth and all is fitted anew.
struct RegionNull {
  struct Region {
    /// The mean over targets with the chosen penalty.
    let chosen: Double
    /// The same with the fixed one.
    let fixed: Double
    /// Between the rows of the decoder with the chosen penalty, in degrees, as of the truth.
    let angles: [Double]
  }

  /// `[regions][draws]`.
  let byRegion: [[Region]]

  /// - Parameters:
  ///   - recording: The true targets alone.
  ///   - parts: Regions of the factors.
  ///   - orders: For each draw, which trial's factors every trial is given: permutations.
  init(_ recording: CenteredRecording, _ parts: TrialRegions, _ orders: [[Int]]) {
    let draws = orders.map { Self.draw(recording, parts, $0.inverted) }
    byRegion = parts.regions.indices.map { region in draws.map { $0[region] } }
  }

  /// - Parameters:
  ///   - recording: The true targets alone.
  ///   - parts: Regions of the factors.
  ///   - places: Whose states each trial is given.
  /// - Returns: What came out in each region.
  private static func draw(
    _ recording: CenteredRecording,
    _ parts: TrialRegions,
    _ places: [Int]
  ) -> [Region] {
    let base = CellSums(recording, parts.cells, statesOf: places)
    let tests = parts.regions.map { RecordingSums(recording, $0.trials, statesOf: places) }
    // Where regions are cells, leaving out the one and the other takes one fit in place of two.
    let cells = parts.regions.map(base.cell(of:))
    let penalties = RidgeFit.penalties
    let standard = penalties.firstIndex(of: RidgeFit.fixedPenalty) ?? 0
    var errors = parts.regions.map { _ in [Double](repeating: 0, count: penalties.count) }
    return parts.regions.indices.map { region in
      let seen = base.outside(parts.regions[region])
      let fitted = RecordingSums(adding: seen.map(\.sums))
      for part in seen where seen.count > 1 {
        let partner = cells[region].flatMap { _ in cells.firstIndex(of: part.cell) }
        if let partner, partner < region { continue }
        let ridge = TridiagonalRidge(fitted.without(part.sums))
        errors[region].add(ridge.errors(on: part.sums, penalties))
        if let partner { errors[partner].add(ridge.errors(on: tests[region], penalties)) }
      }
      let best = penalties.indices.reduce(0) { errors[region][$1] < errors[region][$0] ? $1 : $0 }
      let chosen = seen.count > 1 ? best : standard
      let ridge = TridiagonalRidge(fitted)
      let found = ridge.errors(on: tests[region], [penalties[chosen], RidgeFit.fixedPenalty])
      return Region(
        chosen: 1 - mean(found[0]),
        fixed: 1 - mean(found[1]),
        angles: ridge.rowAngles(penalties[chosen])
      )
    }
  }

  /// About how many products a draw takes: a matrix of all trials, and its reduction for every fit.
  static func work(_ recording: Recording, _ parts: TrialRegions) -> Double {
    let (trials, units) = (Double(recording.count), Double(recording.units))
    let fits = Double(parts.regions.count * (1 + Set(parts.cells).count)) / 2
    return trials * units * units + fits * 4 * units * units * (units + 50)
  }
}

/// The decoders of ``SharedRidge`` for few targets and all penalties, without eigenvectors: a fraction
/// of the time.
struct TridiagonalRidge {
  private let form: TridiagonalForm
  private let trace: Double
  /// `cov(r, y)`, `[H, M]`.
  private let cross: DoubleMatrix
  private let stateMean: [Double]
  private let targetMean: [Double]

  /// - Parameter sums: Of the trials to fit on.
  init(_ sums: RecordingSums) {
    let size = Double(sums.count)
    stateMean = sums.stateMean
    targetMean = sums.targetMean
    let covariance = sums.products(about: stateMean).scaled(by: 1 / size)
    trace = covariance.trace
    form = TridiagonalForm(covariance)
    cross = sums.cross(about: stateMean, targetMean).scaled(by: 1 / size)
  }

  /// Between the decoder's rows, in degrees; none where nothing varies.
  func rowAngles(_ penalty: Double) -> [Double] {
    guard trace > 0, cross.columns > 1 else { return [] }
    let weights = form.solve(cross, shifts: [penalty * trace])
    return angles(betweenAll: (0..<weights.columns).map(weights.column))
  }

  /// The mean squared error of every target on other trials, `[penalties][M]`.
  func errors(on test: RecordingSums, _ penalties: [Double]) -> [[Double]] {
    let (size, count) = (Double(test.count), targetMean.count)
    // What is left if nothing is read: the square about the mean of the fitted trials.
    let unread = targetMean.indices.map { target in
      let mean = targetMean[target]
      return test.squares[target] - 2 * mean * test.targets[target] + size * mean * mean
    }
    guard trace > 0 else { return penalties.map { _ in unread.map { max(0, $0) / size } } }
    let weights = form.solve(cross, shifts: penalties.map { $0 * trace })
    let images = test.products(about: stateMean).times(weights)
    let testCross = test.cross(about: stateMean, targetMean)
    return penalties.indices.map { index in
      var errors = unread
      for row in 0..<weights.rows {
        for target in errors.indices {
          let column = index * count + target
          errors[target] +=
            weights[row, column] * (images[row, column] - 2 * testCross[row, target])
        }
      }
      return errors.map { max(0, $0) / size }
    }
  }
}

extension [Double] {
  /// Adds the sum over targets for every penalty.
  fileprivate mutating func add(_ errors: [[Double]]) {
    for (index, error) in errors.enumerated() { self[index] += error.reduce(0, +) }
  }
}
