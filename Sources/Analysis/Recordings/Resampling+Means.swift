import Compute

extension BootstrapInterval {
  init(lower: Double, upper: Double, draws: Int) {
    self.lower = lower
    self.upper = upper
    self.coverage = 0.95
    self.draws = draws
  }
}

/// Which trials a sample with replacement holds, by how often, `[n]`: whole groups where there are
/// any.
package func resampledCounts(
  _ count: Int,
  groups: [Int]?,
  _ stream: RandomStream
) -> [Double] {
  let names = groups.map { Set($0).sorted() } ?? []
  let members = groups == nil ? count : names.count
  var uniforms = Matrix(rows: 1, columns: members)
  stream.fillUniform(uniforms.mutableView)
  var counts = [Double](repeating: 0, count: members)
  for member in 0..<members {
    counts[min(members - 1, Int(uniforms[0, member] * Float(members)))] += 1
  }
  guard let groups else { return counts }
  let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
  return groups.map { counts[places[$0] ?? 0] }
}

/// A value of one trial in one part, such as a held-out region.
struct ScoredTrial {
  let trial: Int
  let part: Int
  let value: Double
}

/// A 95 % interval, by resampling, of the mean over parts of the mean of some values in them.
///
/// - Parameters:
///   - values: Of the trials; one may be in several parts.
///   - parts: How many parts there are.
///   - count: How many trials there are.
///   - groups: What is drawn as one; `nil` draws trials.
///   - draws: How many samples.
///   - seed: Of the samples.
/// - Returns: `nil` where no sample has something in every part.
func resampledMean(
  of values: [ScoredTrial],
  parts: Int,
  count: Int,
  groups: [Int]?,
  draws: Int,
  seed: UInt64
) -> BootstrapInterval? {
  let means = (0..<draws).compactMap { draw -> Double? in
    let stream = RandomStream(seed: seed, purpose: .bootstrap, step: draw)
    let counts = resampledCounts(count, groups: groups, stream)
    var sums = [Double](repeating: 0, count: parts)
    var sizes = [Double](repeating: 0, count: parts)
    for scored in values {
      sums[scored.part] += counts[scored.trial] * scored.value
      sizes[scored.part] += counts[scored.trial]
    }
    guard sizes.allSatisfy({ $0 > 0 }) else { return nil }
    return mean(zip(sums, sizes).map(/))
  }.sorted()
  guard !means.isEmpty else { return nil }
  return BootstrapInterval(
    lower: quantile(0.025, ofSorted: means),
    upper: quantile(0.975, ofSorted: means),
    draws: means.count
  )
}
