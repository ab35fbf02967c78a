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
    var told = [[Int]?](repeating: nil, count: rotated.rows)
    var hits = [Double](repeating: 0, count: rotated.rows)
    var asked = [Double](repeating: 0, count: rotated.rows)
    var parts: [Part] = []
    for (place, partition) in partitions.enumerated() {
      var accuracies: [Double?] = []
      for test in tests {
        let answers = test.answers(partition.labels, of: partition.names.count)
        let truth = test.tested.map { partition.labels[$0] }
        for (row, trial) in test.tested.enumerated() {
          if told[trial] == nil { told[trial] = [Int](repeating: -1, count: partitions.count) }
          guard let answers else { continue }
          told[trial]?[place] = answers[row]
          hits[trial] += answers[row] == truth[row] ? 1 : 0
          asked[trial] += 1
        }
        accuracies.append(answers.map { share($0, truth) })
      }
      let shuffled = orders.compactMap { order -> Double? in
        let labels = order.map { partition.labels[$0] }
        let found = tests.compactMap { test in
          test.answers(labels, of: partition.names.count).map { answers in
            share(answers, test.tested.map { labels[$0] })
          }
        }
        return found.isEmpty ? nil : mean(found)
      }
      let known = accuracies.compactMap(\.self)
      parts.append(
        Part(
          partition: partition,
          accuracies: accuracies,
          accuracy: known.isEmpty ? nil : mean(known),
          shuffled: known.isEmpty ? [] : shuffled
        )
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
    let tested = regions.indices.filter { byRegion[$0] != nil }
    var places = [Int?](repeating: nil, count: rotated.rows)
    for (place, region) in tested.enumerated() {
      for trial in regions[region].trials where asked[trial] > 0 { places[trial] = place }
    }
    interval = resampledMean(
      of: zip(hits, asked).map { $1 > 0 ? $0 / $1 : 0 },
      in: places,
      parts: tested.count,
      groups: groups,
      draws: tested.isEmpty ? 0 : draws,
      seed: seed
    )
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

  /// The class of every tested trial; `nil` where one of their classes was never seen.
  func answers(_ labels: [Int], of classes: Int) -> [Int]? {
    let known = fitted.map { labels[$0] }
    let present = Set(known).sorted()
    guard present.count > 1, Set(tested.map { labels[$0] }).isSubset(of: present) else {
      return nil
    }
    // Only classes that occur are told apart.
    let ranks = Dictionary(uniqueKeysWithValues: present.enumerated().map { ($1, $0) })
    let fit = SoftmaxRegression(
      seen,
      labels: known.map { ranks[$0] ?? 0 },
      classes: present.count,
      penalty: penalty,
      tolerance: 1e-5
    )
    return fit.classes(of: unseen).map { present[$0] }
  }
}
