import Analysis
import Compute
import Testing

@Suite("Recordings over time") struct RecordedCourseTests {
  private func normals(_ rows: Int, _ columns: Int, _ step: Int) -> DoubleMatrix {
    var drawn = Matrix(rows: rows, columns: columns)
    RandomStream(seed: 9, purpose: .portraitNoise, step: step).fillNormal(drawn.mutableView)
    return DoubleMatrix(rows: rows, columns: columns, values: drawn.buffer.values.map(Double.init))
  }

  /// Two factors that show in the states from step 2 on; silence at step 0.
  private func world() -> (Recording, StatesOverTime) {
    let (count, units) = (240, 8)
    let (latents, weights) = (normals(count, 2, 0), normals(2, units, 1))
    let code = latents * weights
    let states = (0..<5).map { step -> DoubleMatrix in
      var matrix = normals(count, units, 2 + step)
      for index in matrix.values.indices {
        if step == 0 { matrix.values[index] = 0.5 }
        if step >= 2 { matrix.values[index] += Double(step) * code.values[index] }
      }
      return matrix
    }
    let recording = Recording(
      states: states[4],
      factors: [
        Factor("x", .continuous(latents.column(0))), Factor("y", .continuous(latents.column(1))),
      ]
    )
    let steps = [0, 3, 6, 9, 12]
    return (recording, StatesOverTime(steps: steps, states: states, trials: Array(0..<count)))
  }

  @Test("A step is decoded as a recording of that step alone is, with the fixed penalty")
  func twin() throws {
    var (recording, time) = world()
    // Groups of unequal size, so that folds differ.
    recording = Recording(
      states: recording.states,
      factors: recording.factors,
      groups: (0..<recording.count).map { min(6, $0 / 20) }
    )
    let course = try #require(RecordedCourse(time, of: recording, seed: 3))
    let regions = TrialRegions.combinations(of: recording, seed: 3)
    let folds = TrialRegions.folds(of: recording, seed: 3)
    let orders = FactorShuffle(of: recording).orders(course.heldOutShuffled.draws, seed: 3)
    #expect(orders.count == 10)
    for step in 1..<5 {
      let alone = Recording(states: time.states[step], factors: recording.factors)
      func score(_ parts: TrialRegions) throws -> Double {
        let decoding = try #require(
          RecordedDecoding(of: alone, parts, shuffles: [], halves: .none(of: alone))
        )
        let scores = zip(decoding.regions, parts.weights).map { mean($0.fixed) * $1 }
        return scores.reduce(0, +) / parts.weights.reduce(0, +)
      }
      // An eigenvalue problem there, a Cholesky factor here.
      #expect(abs(try #require(course.heldOut)[step] - (try score(regions))) < 1e-9)
      #expect(abs(course.inDistribution[step] - (try score(folds))) < 1e-9)
      // A tridiagonal form there.
      let null = try #require(
        RecordedDecoding(of: alone, regions, shuffles: orders, halves: .none(of: alone))
      )
      #expect(abs(course.heldOutShuffled.means[step] - mean(null.shuffledFixedMeans)) < 1e-8)
    }
  }

  @Test("Nothing is read before there is something, and then more and more")
  func rise() throws {
    let (recording, time) = world()
    let course = try #require(RecordedCourse(time, of: recording, seed: 0))
    let inside = course.inDistribution
    #expect(course.steps == [0, 3, 6, 9, 12] && inside.count == 5 && course.trials == 240)
    // A constant tells the mean of the fitted trials, noise a little less.
    #expect(inside[0] <= 0 && inside[0] > -0.1 && inside[1] < 0.1)
    #expect(inside[2] > 0.3 && inside[3] > inside[2] && inside[4] > inside[3])
    #expect(course.shuffled.means.allSatisfy { $0 < 0.05 && $0 > -0.3 })
    // Where nothing shows yet, a held-out region is at its own null, far below that of folds; a code is
    // far above.
    let (heldOut, floor) = (try #require(course.heldOut), course.heldOutShuffled.means)
    #expect(floor.count == 5 && floor.allSatisfy { $0 < -0.4 && $0 > -1 })
    #expect(abs(heldOut[0] - floor[0]) < 0.05 && abs(heldOut[1] - floor[1]) < 0.15)
    #expect(heldOut[4] > floor[4] + 1)
    #expect(course.shares.prefix(2).reduce(0, +) > 0.5)
    #expect(course.paths.count == 4 && course.paths.allSatisfy { $0.count == 5 })
    // All regions start at the one state of silence.
    #expect(Set(course.paths.map { $0[0] }).count == 1)
    let areFinite = course.paths.allSatisfy { $0.joined().allSatisfy(\.isFinite) }
    #expect(areFinite)
  }

  @Test("Sessions that can't be exchanged leave both curves without a null, and say why")
  func noNull() throws {
    let (recording, time) = world()
    let labels = (0..<240).map { $0 / 120 }
    let sessions = Recording(
      states: recording.states,
      // Itself decoded: else the others would have a null within sessions.
      factors: recording.factors + [Factor("rule", .continuous(labels.map(Double.init)))],
      groups: labels
    )
    let course = try #require(RecordedCourse(time, of: sessions, seed: 0))
    #expect(course.shuffled.draws == 0 && course.shuffled.means.isEmpty)
    #expect(course.heldOutShuffled.draws == 0 && course.heldOutShuffled.means.isEmpty)
    #expect(course.noShuffle.contains("rule") && course.heldOut?.count == 5)
  }

  @Test("Steps and trials are thinned with an even spread, first and last included")
  func spread() {
    #expect(StatesOverTime.spread(5, 24) == [0, 1, 2, 3, 4])
    #expect(StatesOverTime.spread(47, 24) == (0..<24).map { 2 * $0 })
    let many = StatesOverTime.spread(1000, 24)
    #expect(many.count == 24 && many.first == 0 && many.last == 999)
  }

  @Test("Categories alone, and a single step, have no course")
  func undefined() {
    let (recording, time) = world()
    let labels = (0..<240).map { $0 % 2 }
    let named = Recording(
      states: recording.states,
      factors: [Factor("side", .categorical(labels, names: ["a", "b"]))]
    )
    #expect(RecordedCourse(time, of: named, seed: 0) == nil)
    let still = StatesOverTime(steps: [0], states: [time.states[1]], trials: time.trials)
    #expect(RecordedCourse(still, of: recording, seed: 0) == nil)
  }
}
