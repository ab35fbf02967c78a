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
  ///   - decoding: Of the regions.
  ///   - halves: Of the recording's trials.
  init?(of decoding: RecordedDecoding, _ halves: HalfSplits) {
    degrees = decoding.regions.flatMap(\.decoder.rowAngles)
    guard !degrees.isEmpty else { return nil }
    interval = halves.interval(
      of: mean(degrees),
      decoding.halved.pairs(\.meanAngle),
      within: 0...180
    )
  }
}
