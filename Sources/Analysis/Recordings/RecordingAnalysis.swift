import Compute

/// Every measurement of a recording, from decoding to single units.
package struct RecordingAnalysis: Sendable {
  package struct Settings: Hashable, Sendable {
    package var seed: UInt64 = 0
    /// Shuffles of the factors behind every null of r².
    package var shuffles = 100
    /// Those of r² in held-out regions, each of which is fitted anew; `nil` for as many where they are
    /// quickly done, and fewer of many units or regions: see ``affordableShuffles(of:_:)``.
    package var heldOutShuffles: Int?
    /// Shuffles behind the null of the accuracies, whose classifiers have to be fitted anew.
    package var classifierShuffles = slowShuffles
    /// Shuffles, and rotations, behind the nulls of the field's scores, all of which are computed anew
    /// for each; of the comparison with another system, of selectivity and of the first component too.
    package var scoreShuffles = slowShuffles
    /// Halvings of the trials behind every interval.
    package var splits = 8

    /// Of nulls for which everything is fitted anew.
    package static let slowShuffles = 10

    package init() {}

    /// Fewer would leave no probability below a twentieth.
    package static let fewestShuffles = 20

    /// As many draws of the null of r² in held-out regions as take some seconds, at least
    /// ``fewestShuffles`` and at most ``shuffles``; the same on every machine.
    package func affordableShuffles(of recording: Recording, _ regions: TrialRegions) -> Int {
      let products = 4e10
      let draws = products / RegionNull.work(recording, regions)
      return min(shuffles, max(Self.fewestShuffles, Int(min(draws, 1e6))))
    }

    /// For a floor, whose values alone are wanted: without intervals, too.
    package var withoutNulls: Settings {
      var settings = self
      (settings.shuffles, settings.classifierShuffles, settings.scoreShuffles) = (0, 0, 0)
      settings.splits = 0
      return settings
    }
  }

  package let recording: Recording
  package let settings: Settings
  /// What was held out: combinations of the factors' parts.
  package let regions: TrialRegions
  /// What shuffled factors are, where there are groups.
  package let shuffle: FactorShuffle
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
  /// As many as there are targets.
  package let randomDirections: RandomDirections

  /// - Parameters:
  ///   - recording: At least twenty trials, and factors that vary.
  ///   - other: Another system's states on the same trials, `[n, H₂]`.
  ///   - time: States of some of its trials at several steps.
  ///   - settings: How many shuffles and splits.
  package init(
    of recording: Recording,
    comparedWith other: DoubleMatrix? = nil,
    overTime time: StatesOverTime? = nil,
    _ settings: Settings = Settings()
  ) async {
    let seed = settings.seed
    let shuffle = FactorShuffle(of: recording)
    let orders = shuffle.orders(
      max(settings.classifierShuffles, settings.scoreShuffles, 1),
      seed: seed
    )
    let decodingOrders = shuffle.decodingOrders(
      max(settings.heldOutShuffles ?? 0, settings.shuffles),
      seed: seed
    )
    let halves = HalfSplits(
      of: Conditions(recording.factors),
      groups: recording.groups,
      count: settings.splits,
      seed: seed
    )
    let regions = TrialRegions.combinations(of: recording, seed: seed)
    let folds = TrialRegions.folds(of: recording, seed: seed)
    @Sendable func decode(_ parts: TrialRegions) -> RecordedDecoding? {
      RecordedDecoding(
        of: recording,
        parts,
        shuffles: Array(
          decodingOrders.prefix(
            parts.followFactors
              ? settings.heldOutShuffles ?? settings.affordableShuffles(of: recording, parts)
              : settings.shuffles
          )
        ),
        halves: halves
      )
    }
    @Sendable func classify(
      _ rotated: DoubleMatrix,
      _ parts: TrialRegions
    )
      -> RecordedClassification
    {
      RecordedClassification(
        of: rotated,
        parts,
        regions.partitions,
        shuffles: Array(orders.prefix(settings.classifierShuffles)),
        halves: halves
      )
    }

    // What needs nothing of each other is taken by as many cores as there are.
    async let scores = RecordedScores(
      of: recording,
      seed: seed,
      shuffles: settings.scoreShuffles,
      splits: settings.splits
    )
    async let heldOut = decode(regions)
    async let oneSided =
      regions.partitions.count > 4 ? decode(.halves(of: recording, seed: seed)) : nil
    async let inDistribution = decode(folds)
    let geometry = RecordedGeometry(
      of: recording,
      halves: halves,
      shuffles: settings.scoreShuffles,
      seed: seed
    )
    async let classified =
      regions.regions.count > 1 ? classify(geometry.rotated, regions) : nil
    async let classifiedInDistribution = classify(geometry.rotated, folds)
    tuning = RecordedTuning(
      of: recording,
      shuffles: Array(orders.prefix(max(1, settings.scoreShuffles))),
      halves: halves
    )
    comparison = other.map { other in
      RecordedComparison(
        of: recording,
        with: other,
        shuffles: Array(orders.prefix(settings.scoreShuffles)),
        halves: halves
      )
    }
    course = time.flatMap { RecordedCourse($0, of: recording, seed: seed) }

    self.recording = recording
    self.settings = settings
    self.regions = regions
    self.shuffle = shuffle
    self.geometry = geometry
    self.heldOut = await heldOut
    decoderAngles = self.heldOut.flatMap { DecoderAngles(of: $0, halves) }
    self.halves = await oneSided
    self.inDistribution = await inDistribution
    self.classified = await classified
    self.classifiedInDistribution = await classifiedInDistribution
    randomDirections = RandomDirections(
      recording.targets.columns,
      varyingBy: geometry.components.shares,
      seed: seed
    )
    self.scores = await scores
  }
}
