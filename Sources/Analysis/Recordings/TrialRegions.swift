import Compute

/// Parts of a recording that are held out one after the other.
package struct TrialRegions: Sendable {
  package struct Region: Sendable {
    /// Such as `x low, y high`.
    package let name: String
    /// Each partition's level, `nil` where it is free.
    package let levels: [Int?]
    /// The trials in it.
    package let trials: [Int]
  }

  /// Of all factors, in their order.
  package let partitions: [Partition]
  /// What is held out.
  package let regions: [Region]
  /// Which part of the rest each trial is in while a penalty is chosen, `[n]`: at most sixteen.
  package let cells: [Int]
  /// Combinations that were met, and how many of them are too small to be tested.
  package let combinations: Int
  package let tooSmall: Int
  /// Whether every trial lies in exactly one region, as with folds: a mean over them counts each as
  /// its trials, so that a fold of two doesn't weigh as much as one of a hundred.
  package let divideTrials: Bool

  /// Whether the factors make the regions, so that a shuffle of the factors moves both; folds are dealt
  /// to the trials, whatever their factors.
  package var followFactors: Bool { !divideTrials }

  /// How much each region counts in a mean; the sum is 1.
  package var weights: [Double] {
    let sizes = regions.map { divideTrials ? Double($0.trials.count) : 1 }
    let total = sizes.reduce(0, +)
    return sizes.map { $0 / total }
  }

  /// Fewer trials than this can't be tested.
  package static let fewestTrials = 5
  /// At most so many regions are held out, as with our own networks.
  package static let mostRegions = 16

  /// The combinations of the factors' parts that occur: orthants, for continuous factors.
  ///
  /// - Parameters:
  ///   - recording: With trials.
  ///   - seed: Draws sixteen of them if there are more.
  /// - Returns: Those with enough trials, in the order of their levels.
  package static func combinations(of recording: Recording, seed: UInt64) -> TrialRegions {
    let partitions = recording.factors.flatMap(\.partitions)
    var members: [[Int]: [Int]] = [:]
    for trial in 0..<recording.count {
      members[partitions.map { $0.labels[trial] }, default: []].append(trial)
    }
    let found = members.keys.sorted { $0.lexicographicallyPrecedes($1) }
    var cells = [Int](repeating: 0, count: recording.count)
    for (index, levels) in found.enumerated() {
      for trial in members[levels] ?? [] { cells[trial] = index % mostRegions }
    }
    let large = found.filter { (members[$0]?.count ?? 0) >= fewestTrials }
    let order = RandomStream(seed: seed, purpose: .orthants).permutation(of: large.count)
    let chosen = large.count > mostRegions ? order.prefix(mostRegions).sorted() : order.sorted()
    return TrialRegions(
      partitions: partitions,
      regions: chosen.map { index in
        let levels = large[index].map(Optional.some)
        return Region(
          name: name(levels, partitions),
          levels: levels,
          trials: members[large[index]] ?? []
        )
      },
      cells: cells,
      combinations: found.count,
      tooSmall: found.count - large.count,
      divideTrials: false
    )
  }

  /// One part of one factor at a time: for more than four factors, of which one combination missing
  /// is nearly nothing missing.
  package static func halves(of recording: Recording, seed: UInt64) -> TrialRegions {
    let whole = combinations(of: recording, seed: seed)
    var regions: [Region] = []
    for (place, partition) in whole.partitions.enumerated() {
      for level in partition.names.indices {
        let trials = partition.labels.indices.filter { partition.labels[$0] == level }
        guard trials.count >= fewestTrials, trials.count < recording.count else { continue }
        var levels = [Int?](repeating: nil, count: whole.partitions.count)
        levels[place] = level
        regions.append(
          Region(name: name(levels, whole.partitions), levels: levels, trials: trials)
        )
      }
    }
    return TrialRegions(
      partitions: whole.partitions,
      regions: Array(regions.prefix(mostRegions)),
      cells: whole.cells,
      combinations: whole.combinations,
      tooSmall: 0,
      divideTrials: false
    )
  }

  /// Folds for decoding in distribution: trials dealt at random, or whole groups where there are as
  /// many as folds.
  package static func folds(of recording: Recording, count: Int = 5, seed: UInt64) -> TrialRegions {
    let stream = RandomStream(seed: seed, purpose: .fitTrials)
    let names = recording.groups.map { Set($0).sorted() } ?? []
    var cells = [Int](repeating: 0, count: recording.count)
    if let groups = recording.groups, names.count >= count {
      let order = stream.permutation(of: names.count)
      let fold = Dictionary(
        uniqueKeysWithValues: order.enumerated().map { (names[$1], $0 % count) }
      )
      for trial in groups.indices { cells[trial] = fold[groups[trial]] ?? 0 }
    } else {
      for (place, trial) in stream.permutation(of: recording.count).enumerated() {
        cells[trial] = place % count
      }
    }
    return TrialRegions(
      partitions: recording.factors.flatMap(\.partitions),
      regions: (0..<count).compactMap { fold in
        let trials = cells.indices.filter { cells[$0] == fold }
        return trials.isEmpty ? nil : Region(name: "fold \(fold + 1)", levels: [], trials: trials)
      },
      cells: cells,
      combinations: count,
      tooSmall: 0,
      divideTrials: true
    )
  }

  private static func name(_ levels: [Int?], _ partitions: [Partition]) -> String {
    zip(levels, partitions).compactMap { level, partition in
      level.map { "\(partition.label) \(partition.names[$0])" }
    }.joined(separator: ", ")
  }
}

/// The mean of those values that are known, by the weights of theirs; `nil` where none is.
func weightedMean(_ values: [Double?], _ weights: [Double]) -> Double? {
  var (sum, total) = (0.0, 0.0)
  for (value, weight) in zip(values, weights) {
    guard let value else { continue }
    sum += weight * value
    total += weight
  }
  return total > 0 ? sum / total : nil
}
