import Analysis

extension RecordingAnalysis {
  /// What was left out, and why: one sentence for each.
  package var leftOut: [String] {
    var sentences: [String] = []
    if regions.tooSmall > 0 {
      sentences.append(
        "\(regions.tooSmall) of \(regions.combinations) combinations of the factors have fewer "
          + "than \(TrialRegions.fewestTrials) trials and are not held out."
      )
    }
    let large = regions.combinations - regions.tooSmall
    if large > regions.regions.count {
      sentences.append(
        "Of \(large) combinations \(regions.regions.count) are held out, drawn by the seed."
      )
    }
    if let halves, halves.regions.count == TrialRegions.mostRegions {
      let parts = regions.partitions.reduce(0) { $0 + $1.names.count }
      if parts > halves.regions.count {
        sentences.append(
          "Of \(parts) parts of the factors the first \(halves.regions.count) at most are held out "
            + "one at a time."
        )
      }
    }
    return sentences
  }
}
