import Compute
import TestSupport
import Testing
import Trials

/// Every number depends on the seed, the set and the trial alone.
@Suite("Trials as functions of seed, set and index")
struct TrialIndependenceTests {
  /// A world of every kind, by name.
  static let worlds: [String: Paradigm] = {
    let plain = Paradigm(boundaries: .evenlySpacedLines(count: 6))
    func with(_ change: (inout Paradigm) -> Void) -> Paradigm {
      var paradigm = plain
      change(&paradigm)
      return paradigm
    }
    return [
      "plain": plain,
      "correlated": with { $0.latents.correlation = 0.6 },
      "ten latents": with {
        $0.latents = LatentDistribution(dimensions: 10, correlation: -0.1)
        $0.boundaries = BoundaryFamily(.mixed(offset: 0.1, radius: 0.3), count: 7)
      },
      "anisotropic": with { $0.noise = .before(.anisotropic(ratio: 2), deviation: 0.2) },
      "autoregressive": with {
        $0.noise = .before(.autoregressive(correlation: 0.7), deviation: 0.2)
      },
      "gumbel": with { $0.noise = .before(.gumbel, deviation: 0.2) },
      "after": with { $0.noise = .after(deviation: 0.1) },
      "free": with { $0.timing = TrialTiming(stimulus: 9, decision: 2, shortestStimulus: 2) },
      "row": with { $0.timing = TrialTiming(stimulus: 3, delay: 1, trialsInARow: 3) },
      "free row": with {
        $0.timing = TrialTiming(stimulus: 5, shortestStimulus: 2, trialsInARow: 2)
        $0.supervision.interleaving = .trial
        $0.noise = .after(deviation: 0.1)
      },
      "random step": with { $0.supervision.steps = .randomStep },
      "balanced": with { $0.supervision.steps = .balanced },
      "labelled": with { $0.supervision.labelled = 0.4 },
      "label noise": with { $0.supervision.labelNoise = 0.2 },
      "rule of a trial": with { $0.supervision.interleaving = .trial },
      "rule of a batch": with { $0.supervision.interleaving = .batch },
      "evidence": with { $0.supervision.target = .boundedEvidence(.asMeant, bound: 5) },
      "values": with { $0.supervision.target = .values },
      "squared": with { $0.supervision.target = .labels(.squaredError) },
    ]
  }()

  private static let sets: [TrialSet] = [
    .training(batch: 0), .training(batch: 1), .fitting(0), .fitting(1), .test(0), .test(1),
    .published(0), .published(1), .answers, .portrait, .encoder,
  ]

  private static func same(_ part: TrialBatch, _ all: TrialBatch, _ range: Range<Int>) -> Bool {
    let order = Array(range)
    let width = all.latents.columns
    let latents = all.latents.buffer.values[width * range.lowerBound..<width * range.upperBound]
    return part.observations == all.observations.selecting(order)
      && part.targets == all.targets.selecting(order)
      && part.weights == all.weights?.selecting(order)
      && bits(part.latents.buffer.values) == bits(latents)
  }

  @Test(
    "A trial is the same alone, in a batch, and in a batch that begins elsewhere",
    arguments: worlds.keys.sorted()
  )
  func chunks(name: String) throws {
    let paradigm = try #require(Self.worlds[name])
    let dimensions = paradigm.dimensions
    let signs = (0..<dimensions).map { Optional($0 == 0) }
    let region = SignRegion(signs: signs)
    let half = SignRegion(signs: [true] + [Bool?](repeating: nil, count: dimensions - 1))
    for set in [TrialSet.training(batch: 3), .test(2), .answers] {
      for latents in [LatentRegion.box, .signs(region), .asPublished(region), .outside(half)] {
        let all = paradigm.draw(70, set, from: latents, unlabelled: region)
        for (first, count) in [(0, 1), (5, 1), (69, 1), (3, 40), (16, 17)] {
          let part = paradigm.draw(
            count,
            set,
            from: latents,
            firstTrial: first,
            unlabelled: region
          )
          #expect(Self.same(part, all, first..<first + count), "\(set), \(latents), from \(first)")
        }
      }
    }
  }

  @Test("Sets of trials, and seeds, have nothing in common", arguments: worlds.keys.sorted())
  func sets(name: String) throws {
    let paradigm = try #require(Self.worlds[name])
    let seeds: [UInt64] = [9, 10]
    let batches = seeds.flatMap { seed in Self.sets.map { paradigm.draw(20, $0, seed: seed) } }
    for (index, one) in batches.enumerated() {
      for other in batches[..<index] {
        // Of 24 bits each: by chance two of 20 latents or looks agree once in a million pairs.
        let latents = zip(one.latents.buffer.values, other.latents.buffer.values)
        #expect(latents.count { $0 == $1 } == 0)
        let step = paradigm.timing.fixation
        let column = one.observations.width - 1
        #expect(zip(one.seen(step, column), other.seen(step, column)).count { $0 == $1 } == 0)
      }
    }
  }

  @Test("The same generator draws the same again", arguments: worlds.keys.sorted())
  func again(name: String) throws {
    let paradigm = try #require(Self.worlds[name])
    let generator = TrialGenerator(paradigm: paradigm, seed: 9)
    var batch = generator.makeBatch(trials: 12)
    for index in [5, 3, 5] { generator.draw(into: &batch, .training(batch: index)) }
    #expect(Self.same(batch, paradigm.draw(12, .training(batch: 5)), 0..<12))
  }

  @Test(
    "The default world and its encoders are, bit by bit, what they were when nothing else existed",
    arguments: [
      (EncoderKind.relu, [0xe08f_daab_62bf_ef4b, 0x5af4_1582_0586_d83f, 0xc226_4b91_310a_b890]),
      (.linearFree, [0x825f_1163_ffb9_8a0a, 0xe32b_34f7_a002_bb43, 0x41a7_5d05_6ced_fa54]),
    ] as [(EncoderKind, [UInt64])]
  )
  func defaultWorld(kind: EncoderKind, expected: [UInt64]) {
    // Recorded with the first version that trained networks, on both x86-64 kernels with fused
    // arithmetic; the baseline has other bits.
    guard Kernel.active.name.hasPrefix("x86-64") else { return }
    let paradigm = Paradigm(boundaries: .evenlySpacedLines(count: 24), encoder: kind)
    let encoder = RandomEncoder(
      kind: kind,
      layout: paradigm.layout,
      seed: 11,
      noiseDeviation: paradigm.noise.lookDeviation
    )
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for (index, digest) in expected.enumerated() {
      let batch = paradigm.draw(16, .training(batch: index), seed: 11)
      var inputs = SequenceBatch(steps: 22, trials: 16, width: encoder.inputWidth)
      encoder.encode(batch.observations, into: &inputs)
      #expect(batch.weights == nil)
      for values in [
        batch.latents.buffer, batch.observations.buffer, batch.targets.buffer, inputs.buffer,
      ] {
        // Fowler, Noll and Vo's hash, FNV-1a with 64 bits.
        for word in bits(values.values) {
          for byte in 0..<4 {
            hash = (hash ^ UInt64(word >> (8 * UInt32(byte)) & 255)) &* 0x100_0000_01b3
          }
        }
      }
      #expect(hash == digest, "batch \(index): \(String(hash, radix: 16))")
    }
  }
}
