import Compute

/// Which trials are drawn.
///
/// Every set has random numbers of its own, so that no test trial was ever trained or fitted on.
package enum TrialSet: Hashable, Sendable {
  /// A batch of the training.
  case training(batch: Int)
  /// Trials that a decoder is fitted on.
  case fitting(Int)
  /// Trials that a decoder is tested on.
  case test(Int)
  /// Trials of a test as the reference's script draws them.
  case published(Int)
  /// Trials on which loss and accuracy are measured.
  case answers
  /// Trials that are drawn only to be looked at.
  case portrait
  /// Looks on which ``EncoderKind/linearFree`` finds the encoder's linear directions.
  case encoder
  /// Trials over which the best loss and accuracy are averaged, where they are no integral.
  case floor

  /// The stream of the latents, that of the noise, and the set's place among all sets.
  private var streams: (latents: RandomPurpose, noise: RandomPurpose, code: Int, index: Int) {
    switch self {
    case .training(let batch): (.latent, .obsNoise, 0, batch)
    case .fitting(let index): (.fitTrials, .fitNoise, 1, index)
    case .test(let index): (.evalLatent, .evalNoise, 2, index)
    case .published(let index): (.publishedLatent, .publishedNoise, 3, index)
    case .answers: (.answerLatent, .answerNoise, 4, 0)
    case .portrait: (.portraitLatent, .portraitNoise, 5, 0)
    case .encoder: (.encoderLatent, .encoderNoise, 6, 0)
    case .floor: (.floorLatent, .floorNoise, 7, 0)
    }
  }

  // A set's index stays below 2³², a place in a row of trials below 2¹².

  func latents(seed: UInt64, place: Int) -> RandomStream {
    let (purpose, _, _, index) = streams
    return RandomStream(seed: seed, purpose: purpose, step: place << 32 | index)
  }

  func noise(seed: UInt64, place: Int) -> RandomStream {
    let (_, purpose, _, index) = streams
    return RandomStream(seed: seed, purpose: purpose, step: place << 32 | index)
  }

  /// Everything else that is drawn, such as a trial's length or rule.
  func stream(for purpose: RandomPurpose, seed: UInt64, place: Int) -> RandomStream {
    let (_, _, code, index) = streams
    return RandomStream(seed: seed, purpose: purpose, step: code << 44 | place << 32 | index)
  }
}
