import Compute

/// The conditions of an experiment: one for each combination of the factors' levels that occurs.
///
/// A continuous factor has two levels, split at its median, and an angle four, split at the medians of
/// its cosine and its sine: each of the two counts as a factor of its own. Equal values go below.
package struct Conditions: Sendable {
  /// Each condition's level of every factor, `[conditions][factors]`, in ascending order.
  package let levels: [[Int]]
  /// Each condition's trials, in their order.
  package let trials: [[Int]]
  /// What made the levels: one for each factor, two for an angle.
  package let partitions: [Partition]
  /// How many levels of each occur.
  package let levelCounts: [Int]
  /// What they are called, `[partitions][levels]`.
  package let levelNames: [[String]]

  package var count: Int { levels.count }

  package init(_ factors: [Factor]) {
    partitions = factors.flatMap(\.partitions)
    let coded = partitions.map { Levels($0.labels) }
    let trialCount = factors.first?.count ?? 0
    precondition(factors.allSatisfy { $0.count == trialCount }, "factors of different trials")
    var found: [[Int]: [Int]] = [:]
    for trial in 0..<trialCount {
      found[coded.map { $0.labels[trial] }, default: []].append(trial)
    }
    levels = found.keys.sorted { $0.lexicographicallyPrecedes($1) }
    trials = levels.map { found[$0] ?? [] }
    levelCounts = coded.map(\.count)
    levelNames = partitions.map { partition in
      Set(partition.labels).sorted().map { partition.names[$0] }
    }
  }

  private init(_ other: Conditions, levels: [[Int]]? = nil, trials: [[Int]]) {
    self.levels = levels ?? other.levels
    partitions = other.partitions
    (levelCounts, levelNames) = (other.levelCounts, other.levelNames)
    self.trials = trials
  }

  /// The conditions with so many trials, and the names of the others.
  func separated(atLeast fewest: Int) -> (common: Conditions, rare: [String]) {
    let kept = trials.indices.filter { trials[$0].count >= fewest }
    let common = Conditions(self, levels: kept.map { levels[$0] }, trials: kept.map { trials[$0] })
    return (common, trials.indices.filter { trials[$0].count < fewest }.map(name))
  }

  /// Such as `x low, y high`.
  func name(_ condition: Int) -> String {
    partitions.indices.map { place in
      "\(partitions[place].label) \(levelNames[place][levels[condition][place]])"
    }.joined(separator: ", ")
  }

  /// The same conditions, of which some may now be empty.
  func keeping(_ isKept: (_ trial: Int) -> Bool) -> Conditions {
    Conditions(self, trials: trials.map { $0.filter(isKept) })
  }

  /// Each condition's mean state, `[conditions, H]`.
  package func means(of states: DoubleMatrix) -> DoubleMatrix {
    DoubleMatrix(
      rows: count,
      columns: states.columns,
      values: trials.flatMap { states.rows($0).columnMeans }
    )
  }

  /// As many trials of every condition as the rarest has, at most `limit`, drawn without
  /// replacement and in the order of the draw: so chance is one half for every dichotomy.
  package func balanced(atMost limit: Int, _ stream: RandomStream) -> [[Int]] {
    let size = min(limit, trials.map(\.count).min() ?? 0)
    return trials.enumerated().map { condition, trials in
      Array(stream.permutation(of: trials.count, lane: condition).prefix(size).map { trials[$0] })
    }
  }

  /// How many factors two conditions differ in.
  package func semanticDistance(_ first: Int, _ second: Int) -> Int {
    zip(levels[first], levels[second]).reduce(0) { $0 + ($1.0 == $1.1 ? 0 : 1) }
  }
}

/// Two sides of some conditions; what is on neither side is left out.
package struct Dichotomy: Hashable, Sendable {
  package let lower: [Int]
  package let upper: [Int]

  package init(lower: [Int], upper: [Int]) {
    self.lower = lower
    self.upper = upper
  }

  /// Of all conditions.
  package init(isUpper: [Bool]) {
    lower = isUpper.indices.filter { !isUpper[$0] }
    upper = isUpper.indices.filter { isUpper[$0] }
  }

  /// All divisions into two halves: 3 of four conditions, 35 of eight, `C(m, m/2) / 2` of `m`.
  ///
  /// - Parameters:
  ///   - count: How many conditions, `m`; of an odd number none.
  ///   - limit: Where there are more, so many different ones are drawn.
  ///   - stream: For that draw.
  /// - Returns: The first condition always lies below.
  package static func balanced(
    of count: Int,
    atMost limit: Int,
    _ stream: RandomStream
  ) -> [Dichotomy] {
    guard count >= 2, count.isMultiple(of: 2) else { return [] }
    let half = count / 2
    var total = 1
    // Past the limit their exact number doesn't matter.
    for k in 0..<half where total <= 2 * limit { total = total * (count - k) / (k + 1) }
    if total / 2 <= limit {
      return subsets(of: count - 1, size: half).map { chosen in
        var sides = [Bool](repeating: false, count: count)
        for condition in chosen { sides[condition + 1] = true }
        return Dichotomy(isUpper: sides)
      }
    }
    var found: [Dichotomy] = []
    var seen: Set<Dichotomy> = []
    var lane = 0
    while found.count < limit {
      var sides = [Bool](repeating: false, count: count)
      for condition in stream.permutation(of: count, lane: lane).prefix(half) {
        sides[condition] = true
      }
      if sides[0] { sides = sides.map { !$0 } }
      let drawn = Dichotomy(isUpper: sides)
      if seen.insert(drawn).inserted { found.append(drawn) }
      lane += 1
    }
    return found
  }

  /// In lexicographic order.
  private static func subsets(of count: Int, size: Int) -> [[Int]] {
    guard size > 0 else { return [[]] }
    guard count >= size else { return [] }
    return (0...(count - size)).flatMap { first in
      subsets(of: count - first - 1, size: size - 1).map { rest in
        [first] + rest.map { $0 + first + 1 }
      }
    }
  }
}

/// Two levels of a factor against each other: the conditions that have the one and the other.
package struct LevelPair: Sendable {
  /// Such as `rule: left, right`; the same in every part of a recording.
  package let name: String
  package let dichotomy: Dichotomy
}

extension Conditions {
  /// Of every factor each pair of its levels, one for a factor of two.
  ///
  /// Not a level against all others together: those differ among themselves, so that the sides would
  /// be of unequal size, their coding vectors would have no match, and no line would tell the middle
  /// one of three levels in a row from the other two.
  package var levelPairs: [LevelPair] {
    levelCounts.indices.flatMap { factor in
      func members(_ level: Int) -> [Int] {
        levels.indices.filter { levels[$0][factor] == level }
      }
      let names = levelNames[factor]
      return names.indices.flatMap { low in
        names.indices.dropFirst(low + 1).map { high in
          LevelPair(
            name: "\(partitions[factor].label): \(names[low]), \(names[high])",
            dichotomy: Dichotomy(lower: members(low), upper: members(high))
          )
        }
      }
    }
  }
}
