import Analysis
import Compute
import RealModule
import Testing

extension HalfSplits {
  /// No splits, where no interval is asked for.
  static func none(of recording: Recording) -> HalfSplits { .of(recording, count: 0) }

  static func of(_ recording: Recording, count: Int = 8, seed: UInt64 = 0) -> HalfSplits {
    HalfSplits(
      of: Conditions(recording.factors),
      groups: recording.groups,
      count: count,
      seed: seed
    )
  }
}

@Suite("Intervals of decoding") struct RecordedIntervalTests {
  private func normals(_ count: Int, _ step: Int) -> [Double] {
    var drawn = Matrix(rows: count, columns: 1)
    RandomStream(seed: 21, purpose: .portraitNoise, step: step).fillNormal(drawn.mutableView)
    return drawn.buffer.values.map(Double.init)
  }

  /// Twelve noisy units, linear in two factors and a little in their product; in groups of some
  /// sizes each group has weights of its own.
  private func recording(_ draw: Int, groups sizes: [Int]? = nil, trials: Int = 300) -> Recording {
    let count = sizes?.reduce(0, +) ?? trials
    let names = sizes?.enumerated().flatMap { [Int](repeating: $0, count: $1) }
    let weights = normals(36, 0)
    let own = normals(24 * (sizes?.count ?? 0), 10 * draw + 1)
    let (x, y) = (normals(count, 10 * draw + 2), normals(count, 10 * draw + 3))
    let noise = normals(12 * count, 10 * draw + 4)
    var states = DoubleMatrix(rows: count, columns: 12)
    for trial in 0..<count {
      for unit in 0..<12 {
        var (first, second) = (weights[unit], weights[12 + unit])
        if let names {
          first += 0.5 * own[24 * names[trial] + unit]
          second += 0.5 * own[24 * names[trial] + 12 + unit]
        }
        states[trial, unit] =
          first * x[trial] + second * y[trial] + 0.3 * weights[24 + unit] * x[trial] * y[trial]
          + 1.5 * noise[12 * trial + unit]
      }
    }
    return Recording(
      states: states,
      factors: [Factor("x", .continuous(x)), Factor("y", .continuous(y))],
      groups: names
    )
  }

  /// How often intervals hold the mean of all values, and how wide they are in units of what the
  /// values' deviation asks for.
  private func coverage(
    _ found: [(value: Double, interval: SplitInterval)]
  ) -> (share: Double, error: Double) {
    let center = mean(found.map(\.value))
    let hits = found.count { $0.interval.lower <= center && center <= $0.interval.upper }
    let variance = mean(found.map { ($0.value - center) * ($0.value - center) })
    let error = mean(found.map { $0.interval.standardError * $0.interval.standardError })
    return (Double(hits) / Double(found.count), (error / variance).squareRoot())
  }

  @Test("Intervals of r² and accuracy hold the mean over new recordings 95 times of a hundred")
  func coverage() throws {
    var found: [String: [(value: Double, interval: SplitInterval)]] = [:]
    for draw in 0..<60 {
      let recording = recording(draw)
      let halves = HalfSplits.of(recording, seed: UInt64(draw))
      let regions = TrialRegions.combinations(of: recording, seed: 0)
      for (name, parts) in [
        ("ood", regions), ("id", TrialRegions.folds(of: recording, seed: UInt64(draw))),
      ] {
        let decoding = try #require(
          RecordedDecoding(of: recording, parts, shuffles: [], halves: halves)
        )
        let told = RecordedClassification(
          of: recording.states,
          parts,
          regions.partitions,
          shuffles: [],
          halves: halves
        )
        let (r2, accuracy) = (try #require(decoding.interval), try #require(told.interval))
        found["r2." + name, default: []].append((decoding.meanR2, r2))
        found["accuracy." + name, default: []].append((try #require(told.accuracy), accuracy))
      }
    }
    for (name, found) in found {
      let (share, error) = coverage(found)
      // Of sixty, 95 % ± 2.5 standard errors of 2.8 %; with the decoders held fixed it was 70 %.
      #expect(share > 0.88, "\(name): \(share)")
      // The deviation of sixty values is right to 9 %, and halves vary somewhat more than their share.
      #expect((0.75...1.5).contains(error), "\(name): \(error)")
    }
  }

  @Test(
    "So do those of groups, equal and unequal",
    arguments: [
      [Int](repeating: 40, count: 8), [100, 60, 40, 25, 15, 10],
    ]
  )
  func groups(_ sizes: [Int]) throws {
    var found: [String: [(value: Double, interval: SplitInterval)]] = [:]
    for draw in 0..<60 {
      let recording = recording(1000 + draw, groups: sizes)
      let halves = HalfSplits.of(recording, seed: UInt64(draw))
      for (name, parts) in [
        ("ood", TrialRegions.combinations(of: recording, seed: 0)),
        ("id", TrialRegions.folds(of: recording, seed: UInt64(draw))),
      ] {
        let decoding = try #require(
          RecordedDecoding(of: recording, parts, shuffles: [], halves: halves)
        )
        found[name, default: []].append((decoding.meanR2, try #require(decoding.interval)))
      }
    }
    for (name, found) in found {
      // Intervals of r² in whole folds of few groups are wider than need be: a half fits on two of them.
      let (share, _) = coverage(found)
      #expect(share > 0.86, "\(name): \(share)")
      #expect(found.allSatisfy { $0.interval.standardError > 0 }, "\(name)")
    }
  }

  @Test("A half's r² is what ridge fitted and tested within it has")
  func twin() throws {
    for recording in [recording(1), recording(2, groups: [80, 50, 40, 40, 30, 20])] {
      let halves = HalfSplits.of(recording)
      let truth = recording.targets
      for parts in [
        TrialRegions.combinations(of: recording, seed: 0), .halves(of: recording, seed: 0),
        .folds(of: recording, seed: 0),
      ] {
        let decoding = try #require(
          RecordedDecoding(of: recording, parts, shuffles: [], halves: halves)
        )
        func refitted(
          _ trials: [Int],
          _ penalty: (RecordedDecoding.Region) -> Double
        ) -> Double? {
          let around = truth.rows(trials).centered
          let variances = (0..<2).map { target in
            mean(around.column(target).map { $0 * $0 })
          }
          var (sum, weight) = (0.0, 0.0)
          for region in decoding.regions {
            let seen = trials.filter { !region.region.trials.contains($0) }
            let tested = trials.filter(region.region.trials.contains)
            guard !seen.isEmpty, !tested.isEmpty else { continue }
            let decoder = RidgePath(
              Moments(states: recording.states.rows(seen), latents: truth.rows(seen))
            ).decoder(penalty: penalty(region))
            let decoded = recording.states.rows(tested).times(decoder.weights)
            let scores = (0..<2).map { target in
              1 - mean(
                tested.enumerated().map { row, trial in
                  let gap =
                    decoded[row, target] + decoder.intercept[target] - truth[trial, target]
                  return gap * gap
                }
              ) / variances[target]
            }
            let size = parts.divideTrials ? Double(tested.count) : 1
            sum += size * mean(scores)
            weight += size
          }
          return sum / weight
        }
        let expected = try #require(
          halves.interval(of: decoding.meanR2, within: -.infinity...1) {
            refitted($0, \.penalty)
          }
        )
        let found = try #require(decoding.interval)
        // Normal equations of sums and eigenvectors of states agree to rounding times the condition.
        #expect((found.lower - expected.lower).magnitude < 1e-6)
        #expect((found.standardError - expected.standardError).magnitude < 1e-6)
        let fixed = try #require(
          halves.interval(of: 0, within: -.infinity...1) {
            refitted($0) { _ in RidgeFit.fixedPenalty }
          }
        )
        let ownFixed = try #require(decoding.fixedInterval)
        #expect((ownFixed.standardError - fixed.standardError).magnitude < 1e-6)
      }
    }
  }

  @Test("A fold counts in the mean as its trials")
  func unequalFolds() throws {
    let recording = recording(3, groups: [160, 60, 40, 30, 8])
    let folds = TrialRegions.folds(of: recording, seed: 0)
    let decoding = try #require(
      RecordedDecoding(of: recording, folds, shuffles: [], halves: .none(of: recording))
    )
    var errors = [0.0, 0]
    for region in decoding.regions {
      for (row, trial) in region.region.trials.enumerated() {
        for target in 0..<2 {
          let gap = region.decoded[row, target] - recording.targets[trial, target]
          errors[target] += gap * gap / 298
        }
      }
    }
    let pooled = mean((0..<2).map { 1 - errors[$0] / decoding.targetVariance[$0] })
    #expect(abs(decoding.meanR2 - pooled) < 1e-9)
    let told = RecordedClassification(
      of: recording.states,
      folds,
      recording.factors.flatMap(\.partitions),
      shuffles: [],
      halves: .none(of: recording)
    )
    let partitions = recording.factors.flatMap(\.partitions)
    let hits = (0..<298).map { trial in
      mean(partitions.indices.map { told.told[trial]?[$0] == partitions[$0].labels[trial] ? 1 : 0 })
    }
    #expect(abs(try #require(told.accuracy) - mean(hits)) < 1e-12)
    #expect(decoding.interval == nil && told.interval == nil)
  }
}
