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

  @Test("Groups stay whole, and there are no more degrees of freedom than groups but one")
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
    // Two of three groups against one: each d² is n₁n₂/n².
    let expected = mean(
      halves.splits.map { Double($0.first.count * $0.second.count) / 3600 }
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

  @Test("The scores' intervals are as wide as the scores of new recordings are apart")
  func spreadOfScores() async throws {
    // Twelve noisy units of two factors, drawn anew 24 times.
    let weights = normals(24, 1)
    var values: [String: [Double]] = [:]
    var errors: [String: [Double]] = [:]
    for draw in 0..<24 {
      let (x, y, noise) = (
        normals(200, 1000 + draw), normals(200, 2000 + draw), normals(2400, 3000 + draw)
      )
      var states = DoubleMatrix(rows: 200, columns: 12)
      for trial in 0..<200 {
        for unit in 0..<12 {
          states[trial, unit] =
            weights[unit] * x[trial] + weights[12 + unit] * y[trial]
            + 2 * noise[12 * trial + unit]
        }
      }
      let recording = Recording(
        states: states,
        factors: [Factor("x", .continuous(x)), Factor("y", .continuous(y))]
      )
      let scores = await RecordedScores(of: recording, seed: UInt64(draw), shuffles: 1, splits: 8)
      for score in scores.scores {
        guard let value = score.value, let interval = score.interval else { continue }
        values[score.key, default: []].append(value)
        errors[score.key, default: []].append(interval.standardError)
      }
    }
    // The deviation of 24 values is right to 15 %, and random folds and penalties add to the halves'
    // differences as to the scores themselves.
    for key in ["ccgp", "parallelism", "shattering", "sap", "dci.informativeness", "explicitness"] {
      let found = try #require(values[key])
      #expect(found.count == 24)
      let center = mean(found)
      let deviation = (found.reduce(0) { $0 + ($1 - center) * ($1 - center) } / 23).squareRoot()
      let ratio = mean(try #require(errors[key])) / deviation
      #expect((0.6...1.7).contains(ratio), "\(key): \(ratio)")
    }
  }
}
