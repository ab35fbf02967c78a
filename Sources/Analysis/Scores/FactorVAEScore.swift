import Compute

/// Whether the unit that stays stillest while a factor is held tells which factor was held.
///
/// A vote holds one factor: it takes trials of one of its levels, and the unit whose variance among
/// them is the smallest share of its variance over all trials. Each unit then stands for the
/// factor that it was most often chosen for, and the score is the share of new votes that are told
/// rightly; chance is `1/D`. Silent units are dropped before anything is divided. Bound to axes.
/// Source: Kim and Mnih, ICML 2018.
package struct FactorVAEScore: Sendable {
  package struct Settings: Hashable, Sendable {
    /// A continuous factor is held within one of so many bins of equal width, an angle within an arc.
    package var bins = 20
    /// The trials of one vote, drawn with replacement.
    package var trialsPerVote = 64
    /// Levels with fewer trials aren't held: among a handful of trials any unit can stand still.
    package var fewestTrials = 10
    /// As many to learn which unit stands for which factor, and as many to test.
    package var votes = 800
    package var seed: UInt64 = 0

    package init() {}
  }

  package let accuracy: Double
  package let activeUnits: Int
  /// How often each unit was chosen for each factor among the first votes, `[H, D]`.
  package let votes: [[Int]]

  /// `nil` with fewer than two factors, where no unit varies, and where a factor has no level with
  /// enough trials.
  ///
  /// - Parameters:
  ///   - states: `[n, H]`.
  ///   - factors: `D` of them, of the same trials.
  ///   - settings: How.
  package init?(
    _ states: DoubleMatrix,
    _ factors: [Factor],
    settings: Settings = Settings()
  ) {
    let variances = states.columnVariances
    let active = Analysis.activeUnits(variances: variances)
    guard factors.count > 1, !active.isEmpty else { return nil }
    let levels = factors.map { $0.levels(bins: settings.bins) }
    let members = levels.map { levels in
      levels.labels.indices.reduce(into: [[Int]](repeating: [], count: levels.count)) {
        $0[levels.labels[$1]].append($1)
      }
    }
    let held = levels.indices.map { factor in
      levels[factor].labels.indices.filter {
        members[factor][levels[factor].labels[$0]].count >= settings.fewestTrials
      }
    }
    guard held.allSatisfy({ !$0.isEmpty }) else { return nil }
    func vote(_ number: Int) -> (unit: Int, factor: Int) {
      let stream = RandomStream(seed: settings.seed, purpose: .scoreTrials, step: 4)
      let factor = stream.index(below: factors.count, lane: number, 0)
      // By way of a trial: frequent levels are held as often as they occur.
      let place = stream.index(below: held[factor].count, lane: number, 1)
      let level = members[factor][levels[factor].labels[held[factor][place]]]
      let trials = (0..<settings.trialsPerVote).map { place in
        level[stream.index(below: level.count, lane: number, 2 + place)]
      }
      let local = states.rows(trials).columnVariances
      let unit = active.min { local[$0] / variances[$0] < local[$1] / variances[$1] }
      return (unit ?? 0, factor)
    }
    var votes = [[Int]](
      repeating: [Int](repeating: 0, count: factors.count),
      count: states.columns
    )
    for number in 0..<settings.votes {
      let (unit, factor) = vote(number)
      votes[unit][factor] += 1
    }
    let meanings = votes.map { counts in counts.indices.max { counts[$0] < counts[$1] } }
    let right = (settings.votes..<2 * settings.votes).reduce(0) { sum, number in
      let (unit, factor) = vote(number)
      return sum + (meanings[unit] == factor ? 1 : 0)
    }
    accuracy = Double(right) / Double(settings.votes)
    activeUnits = active.count
    self.votes = votes
  }
}
