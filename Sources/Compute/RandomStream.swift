import Kernels

/// What random numbers are drawn for.
///
/// A purpose's number is part of every result: cases are added at the end and never renumbered.
package enum RandomPurpose: UInt32, Sendable {
  case encoderInit = 1
  case netInit = 2
  case latent = 3
  case obsNoise = 4
  case netNoise = 5
  case dropout = 6
  case decoderInit = 7
  case decoderBatch = 8
  case evalLatent = 9
  case evalNoise = 10
  case bootstrap = 11
  case boundaries = 12
  case labelMask = 13
  case labelNoise = 14
  case trialLength = 15
  case rule = 16
  case orthants = 17
  case fitTrials = 18
  /// Noise of the trials that a decoder is fitted on; their latents are `fitTrials`.
  case fitNoise = 19
  /// Latents and noise on which `linearFree` finds the encoder's linear directions.
  case encoderLatent = 20
  case encoderNoise = 21
  /// The order in which latents are shuffled for the floor of a decoder that learns nothing.
  case shuffle = 22
  /// Latents and noise of the trials on which loss and accuracy are measured.
  case answerLatent = 23
  case answerNoise = 24
  /// Trials of the test as the reference's script draws them, and which corner each falls in.
  case publishedLatent = 25
  case publishedNoise = 26
  /// Trials that are drawn only to be looked at.
  case portraitLatent = 27
  case portraitNoise = 28
  /// Latents that replace those which fell into a withheld region.
  case redraw = 29
  /// Noise behind the encoder.
  case featureNoise = 30
  /// The one step of a batch that is asked about.
  case supervisedStep = 31
  /// What is added to states from which fixed points are looked for.
  case searchStart = 32
  /// Which trials a score of the states is computed on, and their folds.
  case scoreTrials = 36
  /// Systems without the structure that a score looks for.
  case scoreNull = 37
  /// Trials and random walks of the saturation law.
  case saturation = 40
  /// Trials of an ideal observer whose outputs are decoded.
  case idealOutputs = 41
  /// Random directions in the space that a recording's states occupy.
  case recordingNull = 44
  /// The shifts of quasi-random points.
  case latticeShifts = 45
  /// Latents and noise of the trials over which the best loss is averaged.
  case floorLatent = 46
  case floorNoise = 47
  /// Which half of a recording each trial, or group, is in.
  case halves = 50
  /// Rotations that take away a system's axes.
  case randomAxes = 51
  /// Trials of single units, each in an order of its own.
  case unitShuffle = 52
  /// What blurs the states that a hold test reads.
  case stateNoise = 56
  /// Latents and errors of outputs on which a recovery's own errors are predicted.
  case recoveryErrors = 57
}

/// Random numbers as a function of what they are for: seed, purpose, step and lane (a trial, say).
///
/// The generator is Philox4x32-10 (Salmon et al., SC 2011), keyed by the seed, with the rest as its
/// counter. So a draw depends on no other draw: nothing has to be saved for a run to go on, neither
/// order nor the number of workers matters, and a new purpose changes no old number.
///
/// This is scheme 1; whoever changes a bit of what it gives raises ``scheme``.
package struct RandomStream: Sendable {
  package static let scheme = 1

  package let seed: UInt64
  package let purpose: RandomPurpose
  /// A batch, a fit, a tensor; below 2⁴⁸.
  package let step: UInt64

  package init(seed: UInt64, purpose: RandomPurpose, step: Int = 0) {
    precondition(step >= 0 && step < 1 << 48, "a stream's step lies in 0..<2⁴⁸, not at \(step)")
    self.seed = seed
    self.purpose = purpose
    self.step = UInt64(step)
  }

  private func counter(firstLane: Int) -> dis_random {
    dis_random(seed: seed, step: step, purpose: purpose.rawValue, first_lane: UInt32(firstLane))
  }

  /// Uniform numbers in [0, 1) with 24 bits each: value `n` of lane `l` goes to row `n`, column `l`.
  package func fillUniform(_ target: MutableMatrixView, firstLane: Int = 0) {
    var random = counter(firstLane: firstLane)
    Kernel.active.table.uniforms(
      &random,
      target.rows,
      target.columns,
      target.base,
      target.rowStride
    )
  }

  /// Standard normal numbers (Box and Muller; none is beyond 5.77): value `n` of lane `l` goes to
  /// row `n`, column `l`.
  package func fillNormal(_ target: MutableMatrixView, firstLane: Int = 0) {
    var random = counter(firstLane: firstLane)
    Kernel.active.table.normals(
      &random,
      target.rows,
      target.columns,
      target.base,
      target.rowStride
    )
  }

  /// Gumbel noise of location 0 and scale 1: value `n` of lane `l` goes to row `n`, column `l`.
  package func fillGumbel(_ target: MutableMatrixView, firstLane: Int = 0) {
    var random = counter(firstLane: firstLane)
    Kernel.active.table.gumbels(
      &random,
      target.rows,
      target.columns,
      target.base,
      target.rowStride
    )
  }

  /// Sixteen fates a word, kept (1) with probability `1 - threshold / 2¹⁶`: eight words from each
  /// block of sixteen lanes.
  func fillDropoutBits(
    _ words: UnsafeMutablePointer<UInt16>,
    count: Int,
    threshold: UInt32,
    firstLane: Int
  ) {
    var random = counter(firstLane: firstLane)
    Kernel.active.table.dropout_bits(&random, threshold, count, words)
  }

  /// One block of 32-bit words.
  package func words(lane: Int, block: Int) -> [UInt32] {
    let counter: [UInt32] = [
      UInt32(block),
      UInt32(truncatingIfNeeded: step),
      purpose.rawValue | UInt32(truncatingIfNeeded: step >> 32) << 16,
      UInt32(lane),
    ]
    let key = [UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)]
    var words: [UInt32] = [0, 0, 0, 0]
    dis_philox(counter, key, &words)
    return words
  }

  /// A whole number in `0..<bound` from word `index` of a lane.
  ///
  /// The product's upper half (Lemire 2019, without rejection): no value is more probable than
  /// another by more than `bound / 2³²`.
  package func index(below bound: Int, lane: Int, _ index: Int) -> Int {
    let word = words(lane: lane, block: index / 4)[index % 4]
    return Int((UInt64(word) * UInt64(bound)) >> 32)
  }
}
