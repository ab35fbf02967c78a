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
}
