import Compute

/// Angles between the rows of the decoders of a recording's held-out regions.
package struct DecoderAngles: Sendable {
  /// In degrees, of every pair of targets and every region; decoders without weights are left out.
  package let degrees: [Double]
  /// Of their mean.
  ///
  /// Decoders are fitted anew in both halves of the trials, with the penalties of the whole.
  package let interval: SplitInterval?

  /// `nil` where there are fewer than two targets, or no decoder has weights.
  ///
  /// - Parameters:
  ///   - decoding: Of the regions, none of which has a trial of another.
  ///   - recording: Whose it is.
  ///   - halves: Of the recording's trials.
  init?(of decoding: RecordedDecoding, _ recording: Recording, _ halves: HalfSplits) {
    degrees = decoding.regions.flatMap(\.decoder.rowAngles)
    guard !degrees.isEmpty else { return nil }
    let centered = CenteredRecording(recording, shuffled: [])
    var parts = [Int](repeating: decoding.regions.count, count: recording.count)
    for (place, region) in decoding.regions.enumerated() {
      for trial in region.region.trials { parts[trial] = place }
    }
    let penalties = decoding.regions.map(\.penalty)
    interval = halves.interval(of: mean(degrees), within: 0...180) { trials in
      Self.meanAngle(trials, parts, penalties, centered)
    }
  }

  /// Of decoders that are fitted on some trials, each without those of its region; trials of no region
  /// have a part of their own, the last.
  private static func meanAngle(
    _ trials: [Int],
    _ parts: [Int],
    _ penalties: [Double],
    _ recording: CenteredRecording
  ) -> Double? {
    var members = [[Int]](repeating: [], count: penalties.count + 1)
    for trial in trials { members[parts[trial]].append(trial) }
    let sums = members.map { $0.isEmpty ? nil : RecordingSums(recording, $0) }
    let degrees = penalties.enumerated().flatMap { region, penalty -> [Double] in
      let seen = sums.indices.filter { $0 != region }.compactMap { sums[$0] }
      guard !seen.isEmpty else { return [] }
      return angles(betweenAll: slopes(.init(adding: seen), penalty))
    }
    return degrees.isEmpty ? nil : mean(degrees)
  }

  /// The weights of every target, by the normal equations of ridge.
  private static func slopes(_ sums: RecordingSums, _ penalty: Double) -> [[Double]] {
    var covariance = sums.products(about: sums.stateMean)
    let damping = penalty * covariance.trace
    for unit in 0..<covariance.rows { covariance[unit, unit] += damping }
    guard let factor = Cholesky(covariance) else { return [] }
    let cross = sums.cross(about: sums.stateMean, sums.targetMean)
    return (0..<cross.columns).map { factor.solve(cross.column($0)) }
  }
}
