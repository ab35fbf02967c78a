import Analysis
import Compute
import RealModule
import Testing

@Suite("Recordings") struct RecordingTests {
  /// Uniform numbers in [-1, 1), one stream for each use.
  private func uniforms(_ rows: Int, _ columns: Int, _ step: Int) -> DoubleMatrix {
    var drawn = Matrix(rows: rows, columns: columns)
    RandomStream(seed: 7, purpose: .portraitLatent, step: step).fillUniform(drawn.mutableView)
    return DoubleMatrix(
      rows: rows,
      columns: columns,
      values: drawn.buffer.values.map { 2 * Double($0) - 1 }
    )
  }

  /// States that are linear in two factors, with noise.
  private func linear(trials: Int = 400, units: Int = 12, noise: Double = 0.1) -> Recording {
    let factors = uniforms(trials, 2, 0)
    let weights = uniforms(2, units, 1)
    let extra = uniforms(trials, units, 2)
    var states = factors * weights
    for index in states.values.indices { states.values[index] += 3 + noise * extra.values[index] }
    return Recording(
      states: states,
      factors: [
        Factor("x", .continuous(factors.column(0))), Factor("y", .continuous(factors.column(1))),
      ]
    )
  }

  @Test("A linear code without noise is decoded everywhere; with shuffled factors nowhere")
  func exactCode() async throws {
    let analysis = await RecordingAnalysis(of: linear(noise: 0))
    let heldOut = try #require(analysis.heldOut)
    #expect(heldOut.regions.count == 4)
    // The smallest penalty, 1e-8 of the variance, is what is missing.
    #expect(heldOut.meanR2 > 1 - 1e-6)
    #expect(try #require(analysis.inDistribution).meanR2 > 1 - 1e-6)
    // Sides are told nearly always where all combinations were seen. Without one of them low y is a
    // hint for high x, and a classifier that takes it pays for it there.
    let inside = try #require(analysis.classifiedInDistribution.accuracy)
    #expect(inside > 0.95)
    #expect(try #require(analysis.classified?.accuracy) < inside)
    #expect(heldOut.shuffledMeans.count == 100)
    // Where nothing can be read a corner is given the mean of the others, -1/12 of a box whose corner
    // has 1/4: r² = 1 - 12 ((1/3)² + 1/48) = -7/12.
    #expect(heldOut.shuffledMeans.allSatisfy { (-0.75 ... -0.5).contains($0) })
    let folds = try #require(analysis.inDistribution).shuffledMeans
    #expect(folds.allSatisfy { $0.magnitude < 0.1 })
    // Two factors fill two directions.
    #expect(try #require(analysis.geometry.participationRatio) <= 2 + 1e-9)
    #expect(analysis.geometry.componentCount(for: 0.999) == 2)
  }

  @Test("The interval of the decoders' angle is that of ridge fitted anew in every half")
  func decoderAngles() async throws {
    let recording = linear(noise: 0.5)
    let analysis = await RecordingAnalysis(of: recording)
    let angles = try #require(analysis.decoderAngles)
    let decoding = try #require(analysis.heldOut)
    #expect(angles.degrees.count == 4)
    let halves = HalfSplits(
      of: Conditions(recording.factors),
      groups: nil,
      count: analysis.settings.splits,
      seed: 0
    )
    func refitted(_ trials: [Int]) -> Double {
      mean(
        decoding.regions.map { region in
          let seen = trials.filter { !region.region.trials.contains($0) }
          let moments = Moments(
            states: recording.states.rows(seen),
            latents: recording.targets.rows(seen)
          )
          return RidgePath(moments).decoder(penalty: region.penalty).rowAngles[0]
        }
      )
    }
    let expected = try #require(halves.interval(of: mean(angles.degrees)) { refitted($0) })
    let found = try #require(angles.interval)
    // Normal equations and eigenvectors agree to rounding times the condition of the penalised
    // covariance.
    #expect((found.lower - expected.lower).magnitude < 1e-6)
    #expect((found.upper - expected.upper).magnitude < 1e-6)
    #expect(found.lower < mean(angles.degrees) && found.standardError > 0)
  }

  @Test("The first component of units that don't know of each other is their null")
  func firstComponent() async throws {
    let lone = await RecordingAnalysis(
      of: Recording(states: uniforms(400, 12, 2), factors: linear().factors)
    ).geometry
    let bound = await RecordingAnalysis(of: linear()).geometry
    for geometry in [lone, bound] {
      #expect(geometry.independentShares.count == 10)
      #expect(geometry.shareIntervals.count == 12)
      for (share, interval) in zip(geometry.components.shares, geometry.shareIntervals) {
        let interval = try #require(interval)
        #expect(interval.lower <= share && share <= interval.upper)
      }
    }
    // Of twelve equal variances in 400 trials the largest share is Marchenko's and Pastur's
    // (1 + √(12/400))² / 12 = .115, less for so few units.
    for share in lone.independentShares + [lone.components.shares[0]] {
      #expect((0.09...0.12).contains(share))
    }
    #expect(bound.independentShares.allSatisfy { $0 < 0.5 * bound.components.shares[0] })
  }

  @Test("The decoder gives the errors that the sums give")
  func decodedErrors() throws {
    let recording = linear()
    let regions = TrialRegions.combinations(of: recording, seed: 0)
    let decoding = try #require(
      RecordedDecoding(of: recording, regions, shuffles: [], halves: .none(of: recording))
    )
    let truth = recording.targets
    for region in decoding.regions {
      for target in 0..<2 {
        let error = mean(
          region.region.trials.enumerated().map { row, trial in
            let gap = region.decoded[row, target] - truth[trial, target]
            return gap * gap
          }
        )
        let expected = 1 - error / decoding.targetVariance[target]
        #expect(abs(region.r2[target] - expected) < 1e-9)
      }
    }
  }

  @Test("Turning and shifting the states changes no score that is free of axes")
  func rotation() async throws {
    let recording = linear()
    var turned = randomRotation(
      of: recording.states,
      RandomStream(seed: 5, purpose: .portraitNoise)
    )
    for index in turned.values.indices { turned.values[index] += 100 }
    let (one, other) = (
      await RecordingAnalysis(of: recording),
      await RecordingAnalysis(of: Recording(states: turned, factors: recording.factors))
    )
    let (left, right) = (try #require(one.heldOut), try #require(other.heldOut))
    #expect(abs(left.meanR2 - right.meanR2) < 1e-7)
    #expect(one.classified?.accuracy == other.classified?.accuracy)
    for (a, b) in zip(one.geometry.encodingAngles, other.geometry.encodingAngles) {
      #expect(abs(a.degrees - b.degrees) < 1e-6)
    }
  }

  @Test("An angle is decoded as cosine and sine, and has no seam")
  func circular() async throws {
    let count = 400
    let angles = (0..<count).map { 2 * Double.pi * Double($0) / Double(count) }
    var states = DoubleMatrix(rows: count, columns: 6)
    for (trial, angle) in angles.enumerated() {
      for unit in 0..<6 {
        states[trial, unit] = 1 + Double.cos(angle - Double(unit) * Double.pi / 3)
      }
    }
    let analysis = await RecordingAnalysis(
      of: Recording(states: states, factors: [Factor("angle", .circular(angles))])
    )
    let heldOut = try #require(analysis.heldOut)
    #expect(heldOut.targetNames == ["cos angle", "sin angle"])
    #expect(heldOut.regions.count == 4)
    #expect(heldOut.meanR2 > 1 - 1e-6)
  }

  @Test("Categories in new combinations: additive codes are told, a code of conjunctions isn't")
  func categories() async throws {
    let count = 360
    let first = (0..<count).map { $0 % 2 }
    let second = (0..<count).map { ($0 / 2) % 3 }
    let noise = uniforms(count, 6, 4)
    func analysis(_ code: (Int, Int) -> [Double]) async -> RecordingAnalysis {
      var states = DoubleMatrix(rows: count, columns: 6)
      for trial in 0..<count {
        for (unit, value) in code(first[trial], second[trial]).enumerated() {
          states[trial, unit] = value + 0.2 * noise[trial, unit]
        }
      }
      return await RecordingAnalysis(
        of: Recording(
          states: states,
          factors: [
            Factor("a", .categorical(first, names: ["0", "1"])),
            Factor("b", .categorical(second, names: ["0", "1", "2"])),
          ]
        )
      )
    }
    let additive = await analysis { a, b in
      [Double(a), 0, b == 0 ? 1 : 0, b == 1 ? 1 : 0, b == 2 ? 1 : 0, 0]
    }
    #expect(additive.heldOut == nil)
    #expect(try #require(additive.classified?.accuracy) > 0.99)
    let conjunctive = await analysis { a, b in
      (0..<6).map { $0 == 3 * a + b ? 1 : 0 }
    }
    #expect(conjunctive.classifiedInDistribution.accuracy == 1)
    #expect(try #require(conjunctive.classified?.accuracy) < 0.6)
  }

  @Test("One categorical factor has nothing to hold out, and says so by being undefined")
  func oneFactor() async {
    let count = 60
    let labels = (0..<count).map { $0 % 3 }
    var states = uniforms(count, 4, 5)
    for trial in 0..<count { states[trial, labels[trial]] += 3 }
    let analysis = await RecordingAnalysis(
      of: Recording(
        states: states,
        factors: [Factor("kind", .categorical(labels, names: ["a", "b", "c"]))]
      )
    )
    #expect(analysis.heldOut == nil)
    #expect(analysis.classified?.accuracy == nil)
    #expect(analysis.classifiedInDistribution.accuracy == 1)
  }

  @Test("Groups are left out whole")
  func groups() throws {
    let plain = linear(trials: 200)
    let groups = (0..<200).map { $0 % 10 }
    let recording = Recording(states: plain.states, factors: plain.factors, groups: groups)
    let folds = TrialRegions.folds(of: recording, seed: 0)
    #expect(folds.regions.count == 5)
    for group in 0..<10 {
      #expect(Set(groups.indices.filter { groups[$0] == group }.map { folds.cells[$0] }).count == 1)
    }
  }

  @Test("One group of all trials is none")
  func loneGroup() {
    let plain = linear(trials: 60)
    let recording = Recording(
      states: plain.states,
      factors: plain.factors,
      groups: [Int](repeating: 4, count: 60)
    )
    #expect(recording.groups == nil)
  }

  @Test(
    "Where the states' mean lies decides nothing: on all units, or far away on one",
    arguments: [(0..<12, 1e6), (0..<1, 3e6), (0..<1, 1e10)]
  )
  func farFromZero(moved: Range<Int>, distance: Double) async throws {
    let plain = linear()
    var states = plain.states
    for trial in 0..<plain.count {
      for unit in moved { states[trial, unit] += distance }
    }
    let recording = Recording(states: states, factors: plain.factors)
    let (one, other) = (await RecordingAnalysis(of: plain), await RecordingAnalysis(of: recording))
    // What the sums have left of 16 digits, of states whose deviation is about 1.
    let tolerance = 1e-14 * distance
    for decoding in [\RecordingAnalysis.heldOut, \.inDistribution] {
      let (left, right) = (
        try #require(one[keyPath: decoding]), try #require(other[keyPath: decoding])
      )
      #expect(left.meanR2 > 0.9)
      #expect(abs(left.meanR2 - right.meanR2) < tolerance)
      for (here, there) in zip(left.regions, right.regions) {
        #expect(abs(mean(here.leastSquares) - mean(there.leastSquares)) < tolerance)
      }
    }
    let (ratio, far) = (one.geometry.participationRatio, other.geometry.participationRatio)
    #expect(abs(try #require(ratio) - (try #require(far))) < 10 * tolerance)
    let angles = [one, other].compactMap { $0.geometry.encodingAngles.first?.degrees }
    #expect(angles.count == 2 && abs(angles[0] - angles[1]) < 100 * tolerance)
    let told = [one, other].map(\.classifiedInDistribution.accuracy)
    #expect(told[0] == told[1])
    let explicitness = [one, other].map { analysis in
      analysis.scores.scores.first { $0.key == "explicitness" }?.value ?? .nan
    }
    #expect(abs(explicitness[0] - explicitness[1]) < tolerance)
  }

  @Test("Over folds of unequal groups every trial weighs the same, and the interval has a width")
  func unequalGroups() async throws {
    let plain = linear(trials: 300, noise: 1)
    // As many groups as folds, the last of two trials.
    let groups = (0..<300).map { $0 < 170 ? 0 : $0 < 260 ? 1 : $0 < 290 ? 2 : $0 < 298 ? 3 : 4 }
    let recording = Recording(states: plain.states, factors: plain.factors, groups: groups)
    let folds = TrialRegions.folds(of: recording, seed: 0)
    #expect(folds.regions.map(\.trials.count).sorted() == [2, 8, 30, 90, 170])
    let halves = HalfSplits(
      of: Conditions(recording.factors),
      groups: groups,
      count: 8,
      seed: 0
    )
    let decoding = try #require(
      RecordedDecoding(of: recording, folds, shuffles: [], halves: halves)
    )
    let truth = recording.targets
    var loss = 0.0
    for region in decoding.regions {
      for (row, trial) in region.region.trials.enumerated() {
        for target in 0..<2 {
          let error = region.decoded[row, target] - truth[trial, target]
          loss += error * error / decoding.targetVariance[target] / 600
        }
      }
    }
    #expect(abs(decoding.meanR2 - (1 - loss)) < 1e-12)
    let interval = try #require(decoding.interval)
    #expect(interval.lower < decoding.meanR2 && interval.upper > decoding.meanR2)
    #expect(interval.upper - interval.lower > 1e-3)

    let analysis = await RecordingAnalysis(of: recording)
    let told = analysis.classifiedInDistribution
    let accuracy = try #require(told.interval)
    #expect(accuracy.upper > accuracy.lower)
    let hits = zip(told.byRegion, folds.regions).map { ($0 ?? 0) * Double($1.trials.count) }
    #expect(abs(try #require(told.accuracy) - hits.reduce(0, +) / 300) < 1e-12)
  }

  @Test("Silent units and units that copy each other change nothing and give no NaN")
  func uglyUnits() async throws {
    let plain = linear()
    var states = DoubleMatrix(rows: plain.count, columns: plain.units + 3)
    for trial in 0..<plain.count {
      for unit in 0..<plain.units { states[trial, unit] = plain.states[trial, unit] }
      states[trial, plain.units] = 0
      states[trial, plain.units + 1] = 4.5
      states[trial, plain.units + 2] = 0
    }
    let recording = Recording(states: states, factors: plain.factors)
    #expect(recording.silentUnits == [12, 13, 14])
    let (one, other) = (await RecordingAnalysis(of: plain), await RecordingAnalysis(of: recording))
    let (left, right) = (try #require(one.heldOut), try #require(other.heldOut))
    #expect(abs(left.meanR2 - right.meanR2) < 1e-9)
    #expect(other.tuning.linear[12] == nil && other.tuning.linear[0] != nil)
    #expect(right.interval.map { $0.lower.isFinite && $0.lower < $0.upper } == true)
  }
}
