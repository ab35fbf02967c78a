import Analysis
import Compute
import TestSupport
import Testing

@Suite("Parallelism score")
struct ParallelismScoreTests {
  private static func settings(
    _ pairing: ParallelismScore.Pairing,
    splitsHalves: Bool
  ) -> ParallelismScore.Settings {
    var settings = ParallelismScore.Settings()
    settings.pairing = pairing
    settings.splitsHalves = splitsHalves
    return settings
  }

  @Test("A factorised code has 1, turned or not, and noise takes nothing away from it")
  func factorized() throws {
    let known = KnownCode(trials: 4000)
    // Every quadrant has its own mean latents, which are off by .13/√1000 in directions across.
    for (states, tolerance) in [
      (known.factorized(), 1e-3), (known.turned(), 1e-3), (known.turned(noise: 1), 0.05),
    ] {
      let products = MeanProducts(known.conditions, of: states)
      for dichotomy in [KnownCode.byX, KnownCode.byY] {
        let score = try #require(ParallelismScore(dichotomy, products)?.score)
        #expect(abs(score - 1) < tolerance)
      }
    }
  }

  @Test("Noise shrinks the plain cosine, and the one from halves keeps its size")
  func halves() throws {
    let known = KnownCode(trials: 200)
    let states = known.states(noise: 1) { latent in
      (0..<60).map { unit in 0.5 * (unit % 2 == 0 ? latent[0] : latent[1]) }
    }
    let products = MeanProducts(known.conditions, of: states)
    let plain = try #require(
      ParallelismScore(
        KnownCode.byX,
        products,
        settings: Self.settings(.matched, splitsHalves: false)
      )
    )
    let free = try #require(ParallelismScore(KnownCode.byX, products))
    // Signal: 30 units, .275 apart: 2.3. Noise: 60 units, 2/50 each: 2.4. So about one half.
    #expect(plain.score < 0.7)
    // The product's own noise, √(2.4²/60 + 2 · 2.3 · .04), over the signal: .2.
    #expect(abs(free.score - 1) < 0.5 && free.score > plain.score)
  }

  @Test("All forms are those of the formula in NumPy")
  func oracle() throws {
    let fixture = try ScoreFixture()
    let conditions = Conditions(fixture.continuous)
    let products = MeanProducts(conditions, of: fixture.states)
    let forms: [(ParallelismScore.Pairing, String)] = [
      (.matched, "matched"), (.all, "all"), (.best, "best"),
    ]
    for (pairing, name) in forms {
      let found = try #require(
        ParallelismScore(
          KnownCode.byX,
          products,
          settings: Self.settings(pairing, splitsHalves: false)
        )
      )
      #expect(abs(found.score - (try fixture.value("parallelism.\(name)"))) < 1e-12)
    }
    let free = try #require(ParallelismScore(KnownCode.byX, products))
    // 4000 random halves.
    #expect(abs(free.score - (try fixture.value("parallelism.split"))) < 2e-3)

    // Eight conditions, each with two trials at its mean: 24 pairings.
    let means = try fixture.matrix("eight.means")
    let trials = (0..<16).map { $0 / 2 }
    let eight = Conditions(
      (0..<3).map { bit in
        Factor(
          "bit \(bit)",
          .categorical(trials.map { ($0 >> (2 - bit)) & 1 }, names: ["0", "1"])
        )
      }
    )
    let dichotomy = Dichotomy(isUpper: (0..<8).map { $0 >= 4 })
    for (pairing, name) in forms {
      let found = try #require(
        ParallelismScore(
          dichotomy,
          MeanProducts(eight, of: means.rows(trials)),
          settings: Self.settings(pairing, splitsHalves: true)
        )
      )
      #expect(abs(found.score - (try fixture.value("eight.\(name)"))) < 1e-12)
    }
  }

  @Test("The exclusive or has no matched pairs, single trials no halves, one condition no pairs")
  func undefined() {
    let known = KnownCode()
    let products = MeanProducts(known.conditions, of: known.factorized())
    #expect(ParallelismScore(KnownCode.byNeither, products) == nil)
    let uneven = Dichotomy(isUpper: [false, false, false, true])
    let all = Self.settings(.all, splitsHalves: false)
    #expect(ParallelismScore(uneven, products, settings: all) == nil)
    let four = KnownCode(trials: 4)
    let single = MeanProducts(four.conditions, of: four.factorized())
    #expect(ParallelismScore(KnownCode.byX, single) == nil)
    let plain = Self.settings(.matched, splitsHalves: false)
    #expect(ParallelismScore(KnownCode.byX, single, settings: plain) != nil)
  }

  /// Every level of a factor `kind` in every context of a factor `side`, five trials each.
  private static func kinds(_ kinds: Int, contexts: Int, without missing: [Int] = []) -> Conditions
  {
    let cells = (0..<5 * kinds * contexts).map { $0 % (kinds * contexts) }
      .filter { !missing.contains($0) }
    let names = (0..<max(kinds, contexts)).map { "k\($0)" }
    return Conditions([
      Factor("kind", .categorical(cells.map { $0 % kinds }, names: names)),
      Factor("side", .categorical(cells.map { $0 / kinds }, names: names)),
    ])
  }

  /// A unit for every level, so that all coding vectors of two levels are the same in every context.
  private static func states(_ conditions: Conditions, noise: Double) -> DoubleMatrix {
    var random = PlainRandom(seed: 5)
    let width = conditions.levelCounts.reduce(0, +)
    var states = DoubleMatrix(rows: conditions.trials.reduce(0) { $0 + $1.count }, columns: width)
    for (levels, trials) in zip(conditions.levels, conditions.trials) {
      for trial in trials {
        for unit in 0..<width {
          let place = unit < conditions.levelCounts[0]
          let is1 = place ? levels[0] == unit : levels[1] == unit - conditions.levelCounts[0]
          states[trial, unit] = (is1 ? 1 : 0) + noise * random.normal()
        }
      }
    }
    return states
  }

  @Test("Of three and more categories every pair of levels is measured, matched by the context")
  func categories() throws {
    let conditions = Self.kinds(4, contexts: 3)
    let products = MeanProducts(conditions, of: Self.states(conditions, noise: 0))
    #expect(conditions.levelPairs.count == 6 + 3)
    for pair in conditions.levelPairs {
      let score = try #require(ParallelismScore(pair.dichotomy, products)?.score, "\(pair.name)")
      #expect(abs(score - 1) < 1e-12)
    }
  }

  @Test("A context that lacks a level is left out of its pairs, and one context is too few")
  func incomplete() throws {
    // Without kind 2 in contexts 1 and 2: its pairs are met in context 0 alone.
    let conditions = Self.kinds(3, contexts: 3, without: [5, 8])
    let products = MeanProducts(conditions, of: Self.states(conditions, noise: 0))
    let scores = conditions.levelPairs.map { ParallelismScore($0.dichotomy, products)?.score }
    #expect(conditions.levelPairs.map(\.name).prefix(3).last == "kind: k1, k2")
    #expect(scores.map { $0 != nil } == [true, false, false, true, true, true])
    for score in scores.compactMap(\.self) { #expect(abs(score - 1) < 1e-12) }
  }
}
