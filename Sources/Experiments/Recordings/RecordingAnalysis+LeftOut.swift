import Analysis

extension RecordingAnalysis {
  /// What was left out, and why: one sentence for each.
  package var leftOut: [String] {
    var sentences: [String] = []
    if regions.tooSmall > 0 {
      sentences.append(
        "\(regions.tooSmall) of \(regions.combinations) combinations of the factors "
          + (regions.tooSmall == 1 ? "has" : "have")
          + " fewer than \(TrialRegions.fewestTrials) trials and "
          + (regions.tooSmall == 1 ? "is" : "are") + " not held out."
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
    for label in recording.factors.flatMap(\.constantTargets) {
      sentences.append(
        "\(label) is the same on all trials: it is not decoded, and has no two sides to be told or held out."
      )
    }
    if let remark = shuffle.remark { sentences.append(remark) }
    for (what, decoding) in [("regions", heldOut), ("halves", halves)] {
      guard let draws = decoding?.shuffledMeans.count, draws > 0, draws < settings.shuffles,
        settings.heldOutShuffles == nil
      else { continue }
      sentences.append(
        "The null of r² in held-out \(what) has \(draws) draws, each of which is fitted anew; "
          + "--shuffles \(settings.shuffles) makes it \(settings.shuffles)."
      )
    }
    return sentences
  }
}
