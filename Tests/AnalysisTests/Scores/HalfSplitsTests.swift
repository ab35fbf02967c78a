import Analysis
import Compute
import RealModule
import Testing

@Suite("Intervals from disjoint halves") struct HalfSplitsTests {
  private func normals(_ count: Int, _ step: Int) -> [Double] {
    var drawn = Matrix(rows: count, columns: 1)
    RandomStream(seed: 11, purpose: .portraitNoise, step: step).fillNormal(drawn.mutableView)
    return drawn.buffer.values.map(Double.init)
  }

  /// One condition of all trials.
  private func alike(_ count: Int) -> Conditions {
    Conditions([Factor("same", .categorical([Int](repeating: 0, count: count), names: ["a"]))])
  }

  @Test("Halves share no trial, leave none out, and take half of every condition")
  func disjoint() {
    let labels = (0..<90).map { $0 % 9 < 5 ? 0 : 1 }
    let conditions = Conditions([Factor("side", .categorical(labels, names: ["a", "b"]))])
    let halves = HalfSplits(of: conditions, groups: nil, count: 20, seed: 3)
    #expect(halves.splits.count == 20 && Set(halves.splits.map(\.first)).count == 20)
    for split in halves.splits {
      #expect((split.first + split.second).sorted() == Array(0..<90))
      #expect(split.first.count { labels[$0] == 0 } == 25)
      #expect(split.first.count { labels[$0] == 1 } == 20)
    }
    let again = HalfSplits(of: conditions, groups: nil, count: 20, seed: 3)
    #expect(again.splits == halves.splits)
    #expect(HalfSplits(of: conditions, groups: nil, count: 20, seed: 4).splits != halves.splits)
  }

  @Test("Groups stay whole, weigh as their trials, and few of them have few degrees of freedom")
  func groups() throws {
    let groups = (0..<60).map { $0 < 30 ? 9 : $0 < 50 ? 2 : 5 }
    let halves = HalfSplits(of: alike(60), groups: groups, count: 8, seed: 0)
    for split in halves.splits {
      let (first, second) = (
        Set(split.first.map { groups[$0] }), Set(split.second.map { groups[$0] })
      )
      #expect(first.isDisjoint(with: second) && first.count + second.count == 3)
    }
    let found = try #require(halves.interval(of: 0, halves.splits.map { _ in (1, 0) }))
    #expect(found.freedom == 2 && found.splits == 8)
    // One of three groups against two: q / (q₁ + q₂) with q = Σ n_g² / n².
    let expected = mean(
      halves.splits.map { split -> Double in
        let (alone, size) = (Double(split.first.count), Double(split.second.count))
        let others = 900.0 + 400 + 100 - alone * alone
        return 1400 / 3600 / (1 + others / (size * size))
      }
    ).squareRoot()
    #expect(abs(found.standardError - expected) < 1e-12)
    #expect(abs(found.upper - 4.3027 * expected) < 1e-12)
  }

  @Test("Of a mean, the standard error is the sample's deviation over √n")
  func mean1() throws {
    let values = normals(400, 0)
    // Each split is one draw of a variance with one degree of freedom: of 20 their mean is right to
    // √(2/20) of itself, of their root half of that; averaged over 30 seeds 3 %.
    let errors = try (0..<30).map { seed -> Double in
      let halves = HalfSplits(of: alike(400), groups: nil, count: 20, seed: UInt64(seed))
      let pairs = halves.splits.map { split -> (Double, Double)? in
        (mean(split.first.map { values[$0] }), mean(split.second.map { values[$0] }))
      }
      return try #require(halves.interval(of: mean(values), pairs)).standardError
    }
    let center = mean(values)
    let deviation = mean(values.map { ($0 - center) * ($0 - center) }).squareRoot()
    #expect(abs(mean(errors) / (deviation / 20) - 1) < 0.1)
  }

  @Test("95 % intervals of a mean hold the truth 95 times of a hundred")
  func coverage() throws {
    let hits = try (0..<400).count { draw in
      let values = normals(60, 100 + draw)
      let halves = HalfSplits(of: alike(60), groups: nil, count: 8, seed: UInt64(draw))
      let pairs = halves.splits.map { split -> (Double, Double)? in
        (mean(split.first.map { values[$0] }), mean(split.second.map { values[$0] }))
      }
      let found = try #require(halves.interval(of: mean(values), pairs))
      return found.lower <= 0 && found.upper >= 0
    }
    // Four standard errors of 400 tries are 4.4 %.
    #expect(abs(Double(hits) / 400 - 0.95) < 0.044)
  }

  @Test(
    "So do those of groups that differ, whatever their sizes",
    arguments: [
      [Int](repeating: 40, count: 8), [60, 60, 60], [150, 60, 40, 25, 15, 10],
      [400, 50, 50, 50, 50], [100, 100, 20, 20, 20, 20, 20, 20],
    ]
  )
  func groupCoverage(_ sizes: [Int]) throws {
    let groups = sizes.enumerated().flatMap { [Int](repeating: $0, count: $1) }
    let count = groups.count
    let conditions = alike(count)
    var (hits, squares, errors) = (0, 0.0, 0.0)
    for draw in 0..<400 {
      let (own, noise) = (normals(sizes.count, 5000 + draw), normals(count, 6000 + draw))
      let values = (0..<count).map { own[groups[$0]] + noise[$0] }
      let halves = HalfSplits(of: conditions, groups: groups, count: 8, seed: UInt64(draw))
      let found = try #require(
        halves.interval(of: mean(values)) { half in mean(half.map { values[$0] }) }
      )
      hits += found.lower <= 0 && found.upper >= 0 ? 1 : 0
      squares += mean(values) * mean(values)
      errors += found.standardError * found.standardError
    }
    // Four standard errors of 400 tries are 4.4 %; a variance of few groups is no multiple of χ².
    #expect(abs(Double(hits) / 400 - 0.95) < 0.044, "\(sizes): \(hits) of 400")
    // Both variances are right to 7 % or, of one large group, 10 %.
    #expect(abs(errors / squares - 1) < 0.4, "\(sizes): \(errors / squares)")
  }

  @Test("An interval is cut where the score ends, and needs half of the splits")
  func edges() throws {
    let halves = HalfSplits(of: alike(40), groups: nil, count: 8, seed: 0)
    let wide = try #require(halves.interval(of: 0.9, halves.splits.map { _ in (0.5, 1) }))
    #expect(wide.upper > 1)
    let cut = try #require(
      halves.interval(of: 0.9, halves.splits.map { _ in (0.5, 1) }, within: 0...1)
    )
    #expect(cut.upper == 1 && cut.lower == wide.lower)
    func pairs(_ known: Int) -> [(Double, Double)?] { (0..<8).map { $0 < known ? (0, 1) : nil } }
    #expect(try #require(halves.interval(of: 0.5, pairs(4))).freedom == 4)
    #expect(halves.interval(of: 0.5, pairs(3)) == nil)
  }

  /// The halves' standard error in units of the deviation over new recordings, where it isn't about 1.
  ///
  /// Above 1 a score varies in half as many trials with more than twice the variance: its interval is
  /// careful. The gap of the two best units of MIG, small beside its noise here, varies with less.
  private static let ratios: [String: ClosedRange<Double>] = [
    "mig": 0.35...0.65, "parallelism": 1...1.75, "parallelism.all": 1...1.75,
    "parallelism.best": 1...1.75,
    "cka": 0.95...1.6,
  ]

  @Test("The scores' intervals are as wide as the scores of new recordings are apart")
  func spreadOfScores() async throws {
    // Twelve noisy units of two factors, drawn anew sixty times, beside ten of another system.
    let (weights, others) = (normals(24, 1), normals(20, 2))
    var values: [String: [Double]] = [:]
    var errors: [String: [Double]] = [:]
    func take(_ key: String, _ value: Double?, _ interval: SplitInterval?) {
      guard let value, let interval else { return }
      values[key, default: []].append(value)
      errors[key, default: []].append(interval.standardError)
    }
    for draw in 0..<60 {
      let factors = [normals(200, 1000 + draw), normals(200, 2000 + draw)]
      func system(_ units: Int, _ weights: [Double], _ noise: [Double]) -> DoubleMatrix {
        var states = DoubleMatrix(rows: 200, columns: units)
        for trial in 0..<200 {
          for unit in 0..<units {
            states[trial, unit] =
              weights[unit] * factors[0][trial] + weights[units + unit] * factors[1][trial]
              + 2 * noise[units * trial + unit]
          }
        }
        return states
      }
      let recording = Recording(
        states: system(12, weights, normals(2400, 3000 + draw)),
        factors: [Factor("x", .continuous(factors[0])), Factor("y", .continuous(factors[1]))]
      )
      let seed = UInt64(draw)
      let scores = await RecordedScores(of: recording, seed: seed, shuffles: 0, splits: 8)
      for score in scores.scores { take(score.key, score.value, score.interval) }
      let halves = HalfSplits.of(recording, seed: seed)
      let comparison = RecordedComparison(
        of: recording,
        with: system(10, others, normals(2000, 4000 + draw)),
        shuffles: [],
        halves: halves
      )
      for measure in comparison.measures { take(measure.key, measure.value, measure.interval) }
      let geometry = RecordedGeometry(of: recording, halves: halves, shuffles: 0, seed: seed)
      take("participationRatio", geometry.participationRatio, geometry.ratioInterval)
      take("pca.explained", geometry.components.shares.first, geometry.shareIntervals.first ?? nil)
      let angle = geometry.encodingAngles.first
      take("angle.encoding", angle?.degrees, angle?.interval)
    }
    #expect(
      values.keys.sorted() == [
        "angle.encoding", "ccgp", "cka", "dci.completeness", "dci.disentanglement",
        "dci.informativeness", "explicitness", "factorVAE", "mig", "modularity", "parallelism",
        "parallelism.all", "parallelism.best", "participationRatio", "pca.explained", "procrustes",
        "rsa", "rsa.correlation", "rsa.euclidean", "sap", "shattering",
      ]
    )
    for (key, found) in values {
      let center = mean(found)
      let variance = mean(found.map { ($0 - center) * ($0 - center) })
      let ratio = (mean((errors[key] ?? []).map { $0 * $0 }) / variance).squareRoot()
      // The deviation of sixty values is right to 9 %, the halves' own to 4 %: three of both.
      #expect((Self.ratios[key] ?? 0.7...1.3).contains(ratio), "\(key): \(ratio)")
    }
  }
}
