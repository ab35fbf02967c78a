import Analysis
import Compute
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
    #expect(single.noiseFree == nil && ParallelismScore(KnownCode.byX, single) == nil)
  }
}
