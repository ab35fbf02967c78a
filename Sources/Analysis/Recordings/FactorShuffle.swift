import Compute
import RealModule

/// How a null gives every trial the factors of another one: only what could as well have come in
/// another order may be shuffled.
///
/// Trials of one group have more in common than the factors, so that they are shuffled within it. A
/// factor that never changes within a group would stay where it is and the null be the observed value:
/// it belongs to groups, so that whole groups are exchanged, and trials shuffled within them. Only
/// groups of equal size can be, since another's trials must find a place. Source: Winkler and others,
/// NeuroImage 123, 2015, on blocks that are exchangeable as a whole or within.
///
/// Where groups can't be exchanged, decoders of the other factors still have a null: shuffled within
/// groups, which leaves the fixed ones as they are.
package struct FactorShuffle: Sendable {
  package enum Rule: Equatable, Sendable {
    case trials
    case withinGroups
    /// So many of the groups have another one of their size.
    case wholeGroups(exchanged: Int, of: Int)
    /// Nothing can be exchanged, and why.
    case nothing(reason: String)
  }

  package let rule: Rule
  /// Factors that never change within most groups (those of more than half of the trials).
  package let fixedFactors: [String]
  /// What whole groups can be exchanged for; `nil` where no factor is fixed.
  package let exchanges: GroupExchanges?
  /// What decoders are asked for, where none of it is fixed but something else is, and nothing can be
  /// exchanged: the only factors with a null, of shuffles within groups.
  package let shuffledAlone: [String]
  private let count: Int
  /// The trials of each group.
  private let members: [[Int]]

  /// With fewer exchanges no probability could be below a twentieth.
  package static let fewestExchanges = 20

  package init(of recording: Recording) {
    count = recording.count
    guard let groups = recording.groups else {
      (rule, fixedFactors, members, exchanges, shuffledAlone) = (.trials, [], [], nil, [])
      return
    }
    var byName: [Int: [Int]] = [:]
    for (trial, group) in groups.enumerated() { byName[group, default: []].append(trial) }
    let members = byName.keys.sorted().map { byName[$0] ?? [] }
    self.members = members
    let fixed = recording.factors.filter { factor in
      let changing = members.filter { trials in
        trials.contains { !factor.isSame($0, trials[0]) }
      }
      return 2 * changing.reduce(0) { $0 + $1.count } < recording.count
    }
    fixedFactors = fixed.map(\.name)
    guard !fixed.isEmpty else {
      (rule, exchanges, shuffledAlone) = (.withinGroups, nil, [])
      return
    }
    let found = GroupExchanges(of: fixed, members)
    exchanges = found
    if found.assignments >= Double(Self.fewestExchanges), found.different > 1,
      2 * found.moved >= recording.count
    {
      rule = .wholeGroups(exchanged: found.exchanged, of: members.count)
      shuffledAlone = []
      return
    }
    rule = .nothing(
      reason: "\(Self.stays(fixedFactors)) within most groups; of \(members.count) groups "
        + "\(found.exchanged) \(found.exchanged == 1 ? "has" : "have") another of equal size to be "
        + "exchanged with, which makes \(found.inWords): want \(Self.fewestExchanges), with half of "
        + "the trials"
    )
    let targets = recording.factors.filter { !$0.isCategorical }.map(\.name)
    shuffledAlone = targets.contains(where: fixedFactors.contains) ? [] : targets
  }

  /// Why there is no shuffle, where there is none.
  package var reason: String? {
    if case .nothing(let reason) = rule { reason } else { nil }
  }

  /// What a reader of the nulls must know of it.
  package var remark: String? {
    switch rule {
    case .trials, .withinGroups: nil
    case .wholeGroups(let exchanged, let all):
      "\(Self.stays(fixedFactors)) within most groups: nulls exchange whole groups of equal size "
        + "(\(exchanged) of \(all) groups), and shuffle trials within them."
        + (boundOfProbability.map {
          " Of \(fixedFactors.joined(separator: ", ")) that makes \(exchanges?.inWords ?? ""), so that no "
            + "probability says less than about \(($0 * 1000).rounded() / 1000), whatever the draws."
        } ?? "")
    case .nothing(let reason):
      "There is no null of shuffled factors: \(reason)."
        + (shuffledAlone.isEmpty
          ? ""
          : " r² alone has one, in which \(shuffledAlone.joined(separator: ", ")) "
            + "\(shuffledAlone.count == 1 ? "is" : "are") shuffled within groups.")
    }
  }

  /// What the fixed factors' probabilities can't be below, where that is above a twentieth.
  package var boundOfProbability: Double? {
    guard case .wholeGroups = rule, let exchanges, exchanges.leastProbability > 0.05 else {
      return nil
    }
    return exchanges.leastProbability
  }

  private static func stays(_ names: [String]) -> String {
    names.joined(separator: ", ") + (names.count == 1 ? " never changes" : " never change")
  }

  /// For every draw, which trial's factors each trial is given; none where nothing can be exchanged.
  package func orders(_ draws: Int, seed: UInt64) -> [[Int]] {
    reason == nil ? drawn(draws, seed) : []
  }

  /// The same for decoders of continuous factors and angles, which may have a null where other
  /// measurements have none: see ``shuffledAlone``.
  package func decodingOrders(_ draws: Int, seed: UInt64) -> [[Int]] {
    shuffledAlone.isEmpty ? orders(draws, seed: seed) : drawn(draws, seed)
  }

  private func drawn(_ draws: Int, _ seed: UInt64) -> [[Int]] {
    (0..<draws).map { order(RandomStream(seed: seed, purpose: .shuffle, step: $0)) }
  }

  private func order(_ stream: RandomStream) -> [Int] {
    var sources = Array(members.indices)
    switch rule {
    case .trials: return stream.permutation(of: count)
    case .withinGroups, .nothing: break
    case .wholeGroups:
      let sizes = Set(members.map(\.count)).sorted()
      for (place, size) in sizes.enumerated() {
        let alike = members.indices.filter { members[$0].count == size }
        // Lanes that the shuffles within groups don't use.
        let drawn = stream.permutation(of: alike.count, lane: members.count + place)
        for (group, source) in zip(alike, drawn) { sources[group] = alike[source] }
      }
    }
    var order = Array(0..<count)
    for (group, source) in sources.enumerated() {
      let within = stream.permutation(of: members[group].count, lane: group)
      for (place, other) in within.enumerated() {
        order[members[group][place]] = members[source][other]
      }
    }
    return order
  }
}

/// What can come of exchanging whole groups for factors that never change within them.
package struct GroupExchanges: Sendable {
  /// Groups that have another one of their size, and their trials.
  package let exchanged: Int
  package let moved: Int
  /// How many different assignments of the factors' values to groups exchanges make.
  ///
  /// Of AABB six, not the 24 orders of four groups. At most about 10¹⁷.
  package let assignments: Double
  /// The same, where those that differ in nothing but names count as one (AABB and BBAA): no score
  /// tells them apart.
  package let different: Double

  /// No probability can be expected below it.
  package var leastProbability: Double { 1 / different }

  package init(of factors: [Factor], _ members: [[Int]]) {
    let sizes = members.map(\.count)
    let alike = Dictionary(grouping: members.indices) { sizes[$0] }.values.filter { $0.count > 1 }
    exchanged = alike.reduce(0) { $0 + $1.count }
    moved = alike.reduce(0) { $0 + $1.count * sizes[$1[0]] }
    // Of every factor each group's value, by its rank of first appearance; one of its own for a group
    // in which the factor changes.
    let codes = factors.map { factor -> [Int] in
      var firsts: [Int] = []
      return members.enumerated().map { group, trials in
        guard trials.allSatisfy({ factor.isSame($0, trials[0]) }) else { return -1 - group }
        if let known = firsts.firstIndex(where: { factor.isSame($0, trials[0]) }) { return known }
        firsts.append(trials[0])
        return firsts.count - 1
      }
    }
    let joint = members.indices.map { group in codes.map { $0[group] } }
    let ways = alike.reduce(0.0) { sum, groups in
      let equal = Dictionary(grouping: groups) { joint[$0] }.values
      return sum + .logGamma(Double(groups.count + 1))
        - equal.reduce(0) { $0 + .logGamma(Double($1.count + 1)) }
    }
    let movable = Set(alike.joined())
    let names = zip(factors, codes).reduce(0.0) { sum, pair in
      let (factor, own) = pair
      let levels = Set(own)
      // Two numbers are as good as two names.
      guard factor.isCategorical || levels.count == 2, own.allSatisfy({ $0 >= 0 }) else {
        return sum
      }
      // Levels that are met in the same groups, but for which these are, may swap their names.
      let profiles = levels.compactMap { level -> [[Int]]? in
        let groups = own.indices.filter { own[$0] == level }
        guard groups.allSatisfy(movable.contains) else { return nil }
        return groups.map { group in
          [sizes[group]] + codes.filter { $0 != own }.map { $0[group] }
        }.sorted { $0.lexicographicallyPrecedes($1) }
      }
      return sum
        + Dictionary(grouping: profiles) { $0 }.values.reduce(0) {
          $0 + .logGamma(Double($1.count + 1))
        }
    }
    func count(_ logarithm: Double) -> Double {
      Double.exp(max(0, min(logarithm, 40))).rounded()
    }
    (assignments, different) = (count(ways), count(ways - names))
  }

  var inWords: String {
    let all = Self.inWords(assignments)
    let words = "\(all) different \(all == "1" ? "assignment" : "assignments")"
    return different < assignments ? words + ", \(Self.inWords(different)) up to names" : words
  }

  private static func inWords(_ count: Double) -> String {
    count < 1e6 ? String(Int(count)) : "more than a million"
  }
}

extension [Int] {
  /// Of an order, where each of its members stands.
  var inverted: [Int] {
    var places = self
    for (place, member) in enumerated() { places[member] = place }
    return places
  }
}
