import Compute
import Trials

/// How the latent is read out of a subject's states, and on which trials.
package struct EvaluationPlan: Hashable, Sendable {
  /// The decoder behind the headline number.
  package var decoder: DecoderKind
  /// The regions of latents that a decoder never sees before it is tested there.
  package var holdOut: HoldOutKind
  /// Independent fitting sets for ridge and least squares, initialisations for Adam.
  package var fits: Int
  /// Test trials in a held-out region; four times as many from the other regions are fitted on.
  package var trials: Int

  package init(
    decoder: DecoderKind = .ridge,
    holdOut: HoldOutKind = .orthant,
    fits: Int = 5,
    trials: Int = 5000
  ) {
    self.decoder = decoder
    self.holdOut = holdOut
    self.fits = fits
    self.trials = trials
  }
}

/// The decoder that gives the headline; least squares and the paper's are measured in any case.
package enum DecoderKind: String, CaseIterable, Hashable, Sendable {
  /// Least squares with a penalty that cross-validation over the fitting regions chooses.
  case ridge
}

/// A family of held-out regions.
package enum HoldOutKind: String, CaseIterable, Hashable, Sendable {
  /// One sign of each latent: a quadrant for two of them.
  case orthant
  /// The signs of the last two latents.
  case signPair
  /// The sign of the last latent.
  case halfSpace

  /// How many latents have their sign fixed in such a region.
  package func fixedCount(dimensions: Int) -> Int {
    switch self {
    case .orthant: dimensions
    case .signPair: min(2, dimensions)
    case .halfSpace: 1
    }
  }

  /// The most orthants that are held out, one after the other.
  package static let largestCount = 16

  /// The regions: all of them, or of more than 16 orthants as many as the seed draws, all different.
  package func regions(dimensions: Int, seed: UInt64) -> [SignRegion] {
    let fixed = fixedCount(dimensions: dimensions)
    guard 1 << min(fixed, 8) > Self.largestCount else {
      return SignRegion.all(ofLast: fixed, dimensions: dimensions)
    }
    let stream = RandomStream(seed: seed, purpose: .orthants)
    var regions: [SignRegion] = []
    var lane = 0
    while regions.count < Self.largestCount {
      let signs: [Bool?] = (0..<dimensions).map { stream.index(below: 2, lane: lane, $0) == 1 }
      let region = SignRegion(signs: signs)
      if !regions.contains(region) { regions.append(region) }
      lane += 1
    }
    return regions
  }
}
