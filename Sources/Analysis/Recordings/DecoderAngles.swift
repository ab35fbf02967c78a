import Compute

/// Angles between the rows of the decoders of a recording's held-out regions.
package struct DecoderAngles: Sendable {
  /// In degrees, of every pair of targets and every region; decoders without weights are left out.
  package let degrees: [Double]
  /// Of their mean.
  ///
  /// Decoders are fitted anew in both halves of the trials, with the penalties of the whole.
  package let interval: SplitInterval?
  /// For every shuffle of the factors, and of the regions with them, how far the same angles are from a
  /// right one: the median over pairs and regions, in degrees.
  ///
  /// Decoders of noise are no random directions of the states: they lie along those that vary least.
  package let shuffledFromRightAngle: [Double]

  /// `nil` where there are fewer than two targets, or no decoder has weights.
  ///
  /// - Parameters:
  ///   - decoding: Of the regions.
  ///   - halves: Of the recording's trials.
  package init?(of decoding: RecordedDecoding, _ halves: HalfSplits) {
    degrees = decoding.regions.flatMap(\.decoder.rowAngles)
    guard !degrees.isEmpty else { return nil }
    let draws = decoding.regions.map(\.shuffledAngles)
    shuffledFromRightAngle = (draws.first ?? []).indices.compactMap { draw in
      RandomDirections.median(of: draws.flatMap { $0[draw] })
    }
    interval = halves.interval(
      of: mean(degrees),
      decoding.halved.pairs(\.meanAngle),
      within: 0...180
    )
  }
}
