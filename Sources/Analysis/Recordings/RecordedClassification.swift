import Compute

/// How well a factor's category, or the side of its median, is told on trials that the classifier
/// never saw.
///
/// One classifier for each partition of the factors, fitted outside a region and tested in it. In a
/// held-out combination all trials have one category, so what is told there was learned from other
/// combinations. Where a category occurs in no other one, its classifier can't know it and the region
/// is left out for that partition.
package struct RecordedClassification: Sendable {
  package struct Part: Sendable {
    package let partition: Partition
    /// The share of rightly told trials in each region, `nil` where a category was never seen.
    package let accuracies: [Double?]
    /// The mean over regions; `nil` where no region can be tested.
    package let accuracy: Double?
    /// The same for shuffles of the factors.
    package let shuffled: [Double]
  }

  package let regions: [TrialRegions.Region]
  package let parts: [Part]
  /// The mean over partitions in each region, `nil` where none can be tested.
  package let byRegion: [Double?]
  package let interval: BootstrapInterval?
  /// The class that every tested trial was given by each partition's classifier, `[n][partitions]`;
  /// `nil` where it wasn't tested.
  package let told: [[Int]?]
  /// The penalty's share of the states' total variance, as for CCGP.
  package static let penalty = 1e-3

  /// The mean over regions of the mean over partitions; `nil` where nothing could be tested.
  package var accuracy: Double? {
    let known = byRegion.compactMap(\.self)
    return known.isEmpty ? nil : mean(known)
  }

  /// The mean over partitions for each shuffle.
  package var shuffledMeans: [Double] {
    let known = parts.filter { !$0.shuffled.isEmpty }
    guard let first = known.first else { return [] }
    return first.shuffled.indices.map { draw in mean(known.map { $0.shuffled[draw] }) }
  }

  /// What always answering at random would reach, averaged over partitions.
  package var chance: Double { mean(parts.map { 1 / Double($0.partition.names.count) }) }

  /// - Parameters:
  ///   - rotated: The recording's states along their principal components, where a fit takes the
  ///     fewest steps, `[n, k]`.
  ///   - regions: What is held out.
  ///   - partitions: What is told.
  ///   - groups: What is resampled as one.
  ///   - orders: The shuffles.
  ///   - draws: Of the bootstrap.
  ///   - seed: Of the bootstrap.
  package init(
    of rotated: DoubleMatrix,
    _ regions: [TrialRegions.Region],
    _ partitions: [Partition],
    groups: [Int]?,
    shuffles orders: [[Int]],
    draws: Int,
    seed: UInt64
  ) {
    let penalty = Self.penalty * rotated.centered.columnDeviations.reduce(0) { $0 + $1 * $1 }
    let tests = regions.map { region in
      let held = Set(region.trials)
      let rest = (0..<rotated.rows).filter { !held.contains($0) }
      return RegionTest(
        fitted: rest,
        tested: region.trials,
        seen: rotated.rows(rest),
        unseen: rotated.rows(region.trials),
        penalty: penalty
      )
    }
    // Of every partition the truth, then its shuffles.
    let sets = partitions.flatMap { partition in
      ([nil] + orders.map(Optional.some)).map { order in
        Labels(partition, order)
      }
    }
    var told = [[Int]?](repeating: nil, count: rotated.rows)
    var asked: [ScoredTrial] = []
    // The share of rightly told trials, `[sets][regions]`.
    var accuracies = [[Double?]](repeating: [], count: sets.count)
    var tested: [Int] = []
    for (place, test) in tests.enumerated() {
      var hits = [Double](repeating: 0, count: test.tested.count)
      var count = 0
      for (set, answers) in test.answers(sets).enumerated() {
        let truth = test.tested.map { sets[set].values[$0] }
        accuracies[set].append(answers.map { share($0, truth) })
        guard set.isMultiple(of: orders.count + 1), let answers else { continue }
        count += 1
        for (row, trial) in test.tested.enumerated() {
          let partition = set / (orders.count + 1)
          var all = told[trial] ?? [Int](repeating: -1, count: partitions.count)
          all[partition] = answers[row]
          told[trial] = all
          hits[row] += answers[row] == truth[row] ? 1 : 0
        }
      }
      guard count > 0 else { continue }
      tested.append(place)
      for (row, trial) in test.tested.enumerated() {
        asked.append(
          ScoredTrial(trial: trial, part: tested.count - 1, value: hits[row] / Double(count))
        )
      }
    }
    let parts = partitions.enumerated().map { place, partition -> Part in
      let own = place * (orders.count + 1)
      let chance = 1 / Double(partition.names.count)
      func average(_ set: Int) -> Double? {
        let known = accuracies[set].compactMap(\.self)
        return known.isEmpty ? nil : mean(known)
      }
      return Part(
        partition: partition,
        accuracies: accuracies[own],
        accuracy: average(own),
        shuffled: average(own) == nil ? [] : orders.indices.map { average(own + 1 + $0) ?? chance }
      )
    }
    self.regions = regions
    self.parts = parts
    self.told = told
    let byRegion = regions.indices.map { region -> Double? in
      let known = parts.compactMap { $0.accuracies[region] }
      return known.isEmpty ? nil : mean(known)
    }
    self.byRegion = byRegion
    interval = resampledMean(
      of: asked,
      parts: tested.count,
      count: rotated.rows,
      groups: groups,
      draws: tested.isEmpty ? 0 : draws,
      seed: seed
    )
  }
}

/// One partition's labels of all trials, as they were or shuffled.
private struct Labels {
  let values: [Int]
  let classes: Int

  init(_ partition: Partition, _ order: [Int]?) {
    values = order?.map { partition.labels[$0] } ?? partition.labels
    classes = partition.names.count
  }
}

private func share(_ answers: [Int], _ truth: [Int]) -> Double {
  Double(zip(answers, truth).count { $0 == $1 }) / Double(max(1, truth.count))
}

/// The trials that a classifier is fitted on, and those it is tested on.
private struct RegionTest {
  let fitted: [Int]
  let tested: [Int]
  let seen: DoubleMatrix
  let unseen: DoubleMatrix
  let penalty: Double

  /// For every set the class of every tested trial; `nil` where one of their classes was never seen.
  func answers(_ sets: [Labels]) -> [[Int]?] {
    // Only classes that occur are told apart.
    let present = sets.map { set -> [Int]? in
      let seen = Set(fitted.map { set.values[$0] })
      let canBeTold = seen.count > 1 && tested.allSatisfy { seen.contains(set.values[$0]) }
      return canBeTold ? seen.sorted() : nil
    }
    let known = sets.indices.filter { present[$0] != nil }
    let fits = SoftmaxRegression.fits(
      seen,
      known.map { set in
        let classes = present[set] ?? []
        let ranks = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
        return .init(fitted.map { ranks[sets[set].values[$0]] ?? 0 }, classes: classes.count)
      },
      penalty: penalty,
      tolerance: 1e-5
    )
    var answers = [[Int]?](repeating: nil, count: sets.count)
    for (set, fit) in zip(known, fits) {
      answers[set] = fit.classes(of: unseen).map { present[set]?[$0] ?? $0 }
    }
    return answers
  }
}
