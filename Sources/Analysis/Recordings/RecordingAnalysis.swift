import Compute

/// Every measurement of a recording, from decoding to single units.
package struct RecordingAnalysis: Sendable {
  package struct Settings: Hashable, Sendable {
    package var seed: UInt64 = 0
    /// Shuffles of the factors behind every null of r².
    package var shuffles = 100
    /// Shuffles behind the null of the accuracies, whose classifiers have to be fitted anew.
    package var classifierShuffles = 10
    /// Samples behind the intervals of r² and of accuracies.
    package var draws = 1000
    /// Shuffles, and rotations, behind the nulls of the field's scores, all of which are computed anew
    /// for each.
    package var scoreShuffles = 10
    /// Halvings of the trials behind the intervals of these scores, of the geometry and of units.
    package var splits = 8

    package init() {}

    /// For a floor, whose values alone are wanted.
    package var withoutNulls: Settings {
      var settings = self
      (settings.shuffles, settings.classifierShuffles, settings.scoreShuffles) = (0, 0, 0)
      (settings.draws, settings.splits) = (0, 1)
      return settings
    }
  }

  package let recording: Recording
  package let settings: Settings
  /// What was held out: combinations of the factors' parts.
  package let regions: TrialRegions
  /// r² in held-out regions, `nil` without a continuous or circular factor or with one region alone.
  package let heldOut: RecordedDecoding?
  /// r² where one part of one factor is held out at a time; only for more than four partitions.
  package let halves: RecordedDecoding?
  package let inDistribution: RecordedDecoding?
  /// Sides of medians and categories in held-out regions; `nil` with one region alone.
  package let classified: RecordedClassification?
  package let classifiedInDistribution: RecordedClassification
  package let geometry: RecordedGeometry
  package let tuning: RecordedTuning
  package let scores: RecordedScores
  /// Of trials with a time axis.
  package let course: RecordedCourse?
  /// With another system, where there is one.
  package let comparison: RecordedComparison?
  /// Between rows of the held-out decoders.
  package let decoderAngles: DecoderAngles?

  /// - Parameters:
  ///   - recording: At least twenty trials, and factors that vary.
  ///   - other: Another system's states on the same trials, `[n, H₂]`.
  ///   - time: States of some of its trials at several steps.
  ///   - settings: How many shuffles and samples.
  package init(
    of recording: Recording,
    comparedWith other: DoubleMatrix? = nil,
    overTime time: StatesOverTime? = nil,
    _ settings: Settings = Settings()
  ) async {
    let seed = settings.seed
    // The scores take as long as all the rest: a second core has them done by then.
    async let scores = RecordedScores(
      of: recording,
      seed: seed,
      shuffles: settings.scoreShuffles,
      splits: settings.splits
    )
    self.recording = recording
    self.settings = settings
    let orders = (0..<max(settings.shuffles, settings.classifierShuffles, 1)).map { draw in
      recording.shuffledOrder(RandomStream(seed: seed, purpose: .shuffle, step: draw))
    }
    let shuffles = Array(orders.prefix(settings.shuffles))
    let regions = TrialRegions.combinations(of: recording, seed: seed)
    self.regions = regions
    heldOut = RecordedDecoding(
      of: recording,
      regions,
      shuffles: shuffles,
      draws: settings.draws,
      seed: seed
    )
    halves =
      regions.partitions.count > 4
      ? RecordedDecoding(
        of: recording,
        .halves(of: recording, seed: seed),
        shuffles: shuffles,
        draws: settings.draws,
        seed: seed
      ) : nil
    let folds = TrialRegions.folds(of: recording, seed: seed)
    inDistribution = RecordedDecoding(
      of: recording,
      folds,
      shuffles: shuffles,
      draws: settings.draws,
      seed: seed
    )
    let halves = HalfSplits(
      of: Conditions(recording.factors),
      groups: recording.groups,
      count: settings.splits,
      seed: seed
    )
    let geometry = RecordedGeometry(
      of: recording,
      halves: halves,
      shuffles: settings.scoreShuffles,
      seed: seed
    )
    let rotated = geometry.rotated
    self.geometry = geometry
    func classify(_ parts: [TrialRegions.Region]) -> RecordedClassification {
      RecordedClassification(
        of: rotated,
        parts,
        regions.partitions,
        groups: recording.groups,
        shuffles: Array(orders.prefix(settings.classifierShuffles)),
        draws: settings.draws,
        seed: seed
      )
    }
    classified = regions.regions.count > 1 ? classify(regions.regions) : nil
    classifiedInDistribution = classify(folds.regions)
    tuning = RecordedTuning(
      of: recording,
      shuffles: Array(orders.prefix(max(1, settings.scoreShuffles))),
      halves: halves
    )
    comparison = other.map { other in
      RecordedComparison(
        of: recording,
        with: other,
        seed: seed,
        shuffles: settings.scoreShuffles,
        halves: halves
      )
    }
    course = time.flatMap { RecordedCourse($0, of: recording, seed: seed) }
    decoderAngles = heldOut.flatMap { DecoderAngles(of: $0, recording, halves) }
    self.scores = await scores
  }
}

extension Recording {
  /// Which trial's factors each trial is given: any other's, or another's of its own group.
  func shuffledOrder(_ stream: RandomStream) -> [Int] {
    guard let groups else { return stream.permutation(of: count) }
    var order = Array(0..<count)
    for (lane, group) in Set(groups).sorted().enumerated() {
      let members = groups.indices.filter { groups[$0] == group }
      for (place, source) in stream.permutation(of: members.count, lane: lane).enumerated() {
        order[members[place]] = members[source]
      }
    }
    return order
  }
}
