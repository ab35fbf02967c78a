import Compute

/// How a null gives every trial the factors of another one: only what could as well have come in
/// another order may be shuffled.
///
/// Trials of one group have more in common than the factors, so that they are shuffled within it. A
/// factor that never changes within a group would stay where it is and the null be the observed value:
/// it belongs to groups, so that whole groups are exchanged, and trials shuffled within them. Only
/// groups of equal size can be, since another's trials must find a place. Source: Winkler and others,
/// NeuroImage 123, 2015, on blocks that are exchangeable as a whole or within.
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
  private let count: Int
  /// The trials of each group.
  private let members: [[Int]]

  /// With fewer exchanges no probability could be below a twentieth.
  package static let fewestExchanges = 20

  package init(of recording: Recording) {
    count = recording.count
    guard let groups = recording.groups else {
      (rule, fixedFactors, members) = (.trials, [], [])
      return
    }
    var byName: [Int: [Int]] = [:]
    for (trial, group) in groups.enumerated() { byName[group, default: []].append(trial) }
    let members = byName.keys.sorted().map { byName[$0] ?? [] }
    self.members = members
    fixedFactors = recording.factors.filter { factor in
      let changing = members.filter { trials in
        trials.contains { !factor.isEqual($0, trials[0]) }
      }
      return 2 * changing.reduce(0) { $0 + $1.count } < recording.count
    }.map(\.name)
    guard !fixedFactors.isEmpty else {
      rule = .withinGroups
      return
    }
    let alike = Dictionary(grouping: members, by: \.count).values.filter { $0.count > 1 }
    let moved = alike.reduce(0) { $0 + $1.count * $1[0].count }
    let exchanged = alike.reduce(0) { $0 + $1.count }
    // Past the limit their exact number doesn't matter.
    var ways = 1
    for number in alike.flatMap({ 2...$0.count }) where ways < Self.fewestExchanges {
      ways *= number
    }
    rule =
      ways >= Self.fewestExchanges && 2 * moved >= recording.count
      ? .wholeGroups(exchanged: exchanged, of: members.count)
      : .nothing(
        reason: "\(Self.stays(fixedFactors)) within most groups, and of \(members.count) groups "
          + "\(exchanged) \(exchanged == 1 ? "has" : "have") another of equal size to be exchanged with: "
          + "want \(Self.fewestExchanges) exchanges (four groups), with half of the trials"
      )
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
    case .nothing(let reason): "There is no null of shuffled factors: \(reason)."
    }
  }

  private static func stays(_ names: [String]) -> String {
    names.joined(separator: ", ") + (names.count == 1 ? " never changes" : " never change")
  }

  /// For every draw, which trial's factors each trial is given; none where nothing can be exchanged.
  package func orders(_ draws: Int, seed: UInt64) -> [[Int]] {
    reason != nil
      ? [] : (0..<draws).map { order(RandomStream(seed: seed, purpose: .shuffle, step: $0)) }
  }

  private func order(_ stream: RandomStream) -> [Int] {
    var sources = Array(members.indices)
    switch rule {
    case .nothing: return Array(0..<count)
    case .trials: return stream.permutation(of: count)
    case .withinGroups: break
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

extension Factor {
  fileprivate func isEqual(_ first: Int, _ second: Int) -> Bool {
    switch values {
    case .continuous(let values), .circular(let values): values[first] == values[second]
    case .categorical(let levels, _): levels[first] == levels[second]
    }
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
