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
    /// The mean over regions (of folds, over trials); `nil` where no region can be tested.
    package let accuracy: Double?
  }

  package let regions: [TrialRegions.Region]
  /// How much each region weighs in a mean; see ``TrialRegions/weights``.
  package let weights: [Double]
  package let parts: [Part]
  /// The mean over partitions in each region, `nil` where none can be tested.
  package let byRegion: [Double?]
  /// The mean over regions (of folds, over trials) of the mean over partitions; `nil` where nothing
  /// could be tested.
  package let accuracy: Double?
  /// Classifiers are fitted anew in both halves of the trials.
  package let interval: SplitInterval?
  /// The class that every tested trial was given by each partition's classifier, `[n][partitions]`;
  /// `nil` where it wasn't tested.
  package let told: [[Int]?]
  /// What ``accuracy`` is for each shuffle of the factors, averaged in the same order: where they make
  /// the regions, these go with them.
  package let shuffledMeans: [Double]
  /// The penalty's share of the states' total variance, as for CCGP.
  package static let penalty = 1e-3

  /// What always answering at random would reach, averaged over the partitions that could be tested.
  package var chance: Double {
    let tested = parts.filter { $0.accuracy != nil }
    return mean((tested.isEmpty ? parts : tested).map { 1 / Double($0.partition.names.count) })
  }

  /// - Parameters:
  ///   - rotated: The recording's states along their principal components, where a fit takes the
  ///     fewest steps, `[n, k]`.
  ///   - held: What is held out.
  ///   - partitions: What is told.
  ///   - orders: The shuffles.
  ///   - halves: Of the trials.
  package init(
    of rotated: DoubleMatrix,
    _ held: TrialRegions,
    _ partitions: [Partition],
    shuffles orders: [[Int]],
    halves: HalfSplits
  ) {
    let (regions, weights) = (held.regions, held.weights)
    let penalty = Self.penalty * rotated.centered.columnDeviations.reduce(0) { $0 + $1 * $1 }
    // Of every partition the truth, then its shuffles; those that move regions are fitted on their own.
    let shared = held.followFactors ? [] : orders
    let sets = partitions.flatMap { partition in
      ([nil] + shared.map(Optional.some)).map { order in
        Labels(partition, order)
      }
    }
    let truths = partitions.map { Labels($0, nil) }
    let moved = held.followFactors ? orders : []
    let drawn = moved.map { Self.accuracies(of: truths, rotated.rows($0.inverted), held, penalty) }
    var told = [[Int]?](repeating: nil, count: rotated.rows)
    // The share of rightly told trials, `[sets][regions]`.
    var accuracies = [[Double?]](repeating: [], count: sets.count)
    for region in regions {
      let test = RegionTest(rotated, Array(0..<rotated.rows), region.trials, penalty)
      for (set, answers) in test.answers(sets).enumerated() {
        let truth = test.tested.map { sets[set].values[$0] }
        accuracies[set].append(answers.map { share($0, truth) })
        guard set.isMultiple(of: shared.count + 1), let answers else { continue }
        for (row, trial) in test.tested.enumerated() {
          let partition = set / (shared.count + 1)
          var all = told[trial] ?? [Int](repeating: -1, count: partitions.count)
          all[partition] = answers[row]
          told[trial] = all
        }
      }
    }
    let parts = partitions.enumerated().map { place, partition -> Part in
      let own = accuracies[place * (shared.count + 1)]
      return Part(partition: partition, accuracies: own, accuracy: weightedMean(own, weights))
    }
    // Of every draw `[regions][partitions]`, as of the truth: not in every region each can be told.
    let dealt = shared.indices.map { draw in
      regions.indices.map { region in
        partitions.indices.map { accuracies[$0 * (shared.count + 1) + 1 + draw][region] }
      }
    }
    self.regions = regions
    self.weights = weights
    self.parts = parts
    self.told = told
    byRegion = regions.indices.map { region in
      meanOfKnown(parts.map { $0.accuracies[region] })
    }
    accuracy = weightedMean(byRegion, weights)
    shuffledMeans = (dealt + drawn).compactMap { weightedMean($0.map(meanOfKnown), held.weights) }
    interval = accuracy.flatMap { accuracy in
      halves.interval(of: accuracy, within: 0...1) { half in
        Self.accuracy(among: half, rotated, held, truths, penalty)
      }
    }
  }

  /// Where the states are those of other trials, `[regions][partitions]`.
  private static func accuracies(
    of truths: [Labels],
    _ states: DoubleMatrix,
    _ held: TrialRegions,
    _ penalty: Double
  ) -> [[Double?]] {
    held.regions.map { region in
      let test = RegionTest(states, Array(0..<states.rows), region.trials, penalty)
      return zip(truths, test.answers(truths)).map { truth, answers in
        answers.map { share($0, test.tested.map { truth.values[$0] }) }
      }
    }
  }

  /// Of classifiers that are fitted and tested on some of the trials.
  private static func accuracy(
    among trials: [Int],
    _ rotated: DoubleMatrix,
    _ held: TrialRegions,
    _ truths: [Labels],
    _ penalty: Double
  ) -> Double? {
    let chosen = Set(trials)
    let members = held.regions.map { $0.trials.filter(chosen.contains) }
    let accuracies = members.map { members -> Double? in
      let test = RegionTest(rotated, trials, members, penalty)
      return meanOfKnown(
        zip(truths, test.answers(truths, tolerance: 1e-3)).map { truth, answers in
          answers.map { share($0, test.tested.map { truth.values[$0] }) }
        }
      )
    }
    return weightedMean(accuracies, members.map { held.divideTrials ? Double($0.count) : 1 })
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

  /// Tests some of the trials by what is fitted on the others.
  init(_ states: DoubleMatrix, _ trials: [Int], _ tested: [Int], _ penalty: Double) {
    let held = Set(tested)
    fitted = trials.filter { !held.contains($0) }
    self.tested = tested
    seen = states.rows(fitted)
    unseen = states.rows(tested)
    self.penalty = penalty
  }

  /// For every set the class of every tested trial; `nil` where one of their classes was never seen.
  func answers(_ sets: [Labels], tolerance: Double = 1e-5) -> [[Int]?] {
    guard !tested.isEmpty else { return sets.map { _ in nil } }
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
      tolerance: tolerance
    )
    var answers = [[Int]?](repeating: nil, count: sets.count)
    for (set, fit) in zip(known, fits) {
      answers[set] = fit.classes(of: unseen).map { present[set]?[$0] ?? $0 }
    }
    return answers
  }
}
