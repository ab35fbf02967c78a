import Compute

/// The decoders of a recording's regions, fitted anew in both halves of every split and tested there:
/// a half is a recording of its own, of half as many trials.
///
/// So fits and tests are both as noisy as half the trials make them. The penalties, which count in units
/// of the states' variance, are those that the whole chose.
struct HalvedDecoding {
  /// What came out in one half; `nil` where it can't be computed.
  struct Half {
    /// The mean over regions of the mean over targets.
    let meanR2: Double?
    /// The same with the fixed penalty.
    let fixedR2: Double?
    /// The mean angle between the decoders' rows, in degrees.
    let meanAngle: Double?
  }

  let splits: [(first: Half, second: Half)]

  /// - Parameters:
  ///   - recording: The true targets alone.
  ///   - parts: What is held out.
  ///   - penalties: Of each region.
  ///   - halves: Of the trials.
  init(
    _ recording: CenteredRecording,
    _ parts: TrialRegions,
    _ penalties: [Double],
    _ halves: HalfSplits
  ) {
    guard !halves.splits.isEmpty else {
      splits = []
      return
    }
    let all = Array(0..<recording.states.rows)
    let whole = PartSums(recording, parts, all)
    splits = halves.splits.map { split in
      let first = PartSums(recording, parts, split.first)
      // What isn't in the first half is in the second: half of the products are spared.
      return (
        first: Self.measure(first.all, parts, penalties, recording) { first.regions[$0] },
        second: Self.measure(whole.all.without(first.all), parts, penalties, recording) {
          whole.regions[$0].without(first.regions[$0])
        }
      )
    }
  }
}

extension HalvedDecoding {
  /// What both halves of every split have; `nil` where one has nothing.
  func pairs(_ value: (Half) -> Double?) -> [(Double, Double)?] {
    splits.map { first, second in
      value(first).flatMap { first in value(second).map { (first, $0) } }
    }
  }

  /// Fits the decoder of every region on the other trials of one half and tests it in the region.
  private static func measure(
    _ all: RecordingSums,
    _ parts: TrialRegions,
    _ penalties: [Double],
    _ recording: CenteredRecording,
    _ tested: (Int) -> RecordingSums
  ) -> Half {
    let count = Double(all.count)
    // In this half, of targets whose variance in the whole is 1.
    let variances = all.targets.indices.map { target in
      all.squares[target] / count - all.targetMean[target] * all.targetMean[target]
    }
    // Less is rounding: a factor of groups may be the same throughout a half.
    let isKnown = variances.allSatisfy { $0 > 1e-12 }
    var (scores, fixed, weights, degrees): ([Double?], [Double?], [Double], [Double]) =
      ([], [], [], [])
    for (place, penalty) in penalties.enumerated() {
      let test = tested(place)
      let seen = all.without(test)
      guard seen.count > 0 else { continue }
      let covariance = seen.products(about: seen.stateMean)
      guard let slopes = Self.slopes(seen, covariance, penalty) else { continue }
      degrees += angles(betweenAll: (0..<slopes.columns).map(slopes.column))
      guard test.count > 0, isKnown else { continue }
      func score(_ slopes: DoubleMatrix) -> Double {
        let errors = errors(of: slopes, seen, test)
        return mean(errors.indices.map { 1 - errors[$0] / variances[$0] })
      }
      scores.append(score(slopes))
      fixed.append(Self.slopes(seen, covariance, RidgeFit.fixedPenalty).map(score))
      weights.append(parts.divideTrials ? Double(test.count) : 1)
    }
    return Half(
      meanR2: weightedMean(scores, weights),
      fixedR2: weightedMean(fixed, weights),
      meanAngle: degrees.isEmpty ? nil : mean(degrees)
    )
  }

  /// The weights of every target, `[H, M]`, by the normal equations of ridge.
  private static func slopes(
    _ seen: RecordingSums,
    _ products: DoubleMatrix,
    _ penalty: Double
  ) -> DoubleMatrix? {
    var covariance = products
    let damping = penalty * covariance.trace
    for unit in 0..<covariance.rows { covariance[unit, unit] += damping }
    guard let factor = Cholesky(covariance) else { return nil }
    var slopes = seen.cross(about: seen.stateMean, seen.targetMean)
    for target in 0..<slopes.columns {
      for (unit, weight) in factor.solve(slopes.column(target)).enumerated() {
        slopes[unit, target] = weight
      }
    }
    return slopes
  }

  /// The mean squared error of every target, from sums alone.
  private static func errors(
    of slopes: DoubleMatrix,
    _ seen: RecordingSums,
    _ test: RecordingSums
  ) -> [Double] {
    let (size, targetMean) = (Double(test.count), seen.targetMean)
    let images = test.products(about: seen.stateMean).times(slopes)
    let cross = test.cross(about: seen.stateMean, targetMean)
    return targetMean.indices.map { target in
      let center = targetMean[target]
      var error = test.squares[target] - 2 * center * test.targets[target] + size * center * center
      for unit in 0..<slopes.rows {
        error += slopes[unit, target] * (images[unit, target] - 2 * cross[unit, target])
      }
      return max(0, error) / size
    }
  }
}

/// The sums of some trials, and of those of them in every region.
private struct PartSums {
  let all: RecordingSums
  let regions: [RecordingSums]

  init(_ recording: CenteredRecording, _ parts: TrialRegions, _ trials: [Int]) {
    let chosen = Set(trials)
    let members = parts.regions.map { $0.trials.filter(chosen.contains) }
    regions = members.map { RecordingSums(recording, $0) }
    let inside = Set(members.joined())
    // No trial in two regions: what the regions have is known, and only the rest is to be added.
    all =
      inside.count == members.reduce(0) { $0 + $1.count }
      ? RecordingSums(
        adding: regions + [RecordingSums(recording, trials.filter { !inside.contains($0) })]
      ) : RecordingSums(recording, trials)
  }
}
