/// The world and the questions: everything that decides what a subject is shown and asked.
package struct Paradigm: Hashable, Sendable {
  package var latents: LatentDistribution
  package var boundaries: BoundaryFamily
  package var noise: ObservationNoise
  package var timing: TrialTiming
  /// The frozen mixing through which a network sees the observations.
  package var encoder: EncoderKind
  package var supervision: Supervision

  package init(
    latents: LatentDistribution = LatentDistribution(),
    boundaries: BoundaryFamily,
    noise: ObservationNoise = .before(.gaussian, deviation: 0.2),
    timing: TrialTiming = TrialTiming(),
    encoder: EncoderKind = .relu,
    supervision: Supervision = Supervision()
  ) {
    self.latents = latents
    self.boundaries = boundaries
    self.noise = noise
    self.timing = timing
    self.encoder = encoder
    self.supervision = supervision
  }

  /// Latent dimensions, `D`.
  package var dimensions: Int { latents.dimensions }

  /// `N`.
  package var boundaryCount: Int { boundaries.count(dimensions: dimensions) }

  /// What stands where in an observation.
  package var layout: ObservationLayout {
    let rules = supervision.interleaving == .none ? 0 : boundaryCount
    var layout = ObservationLayout(dimensions: dimensions, rules: rules)
    if case .after = noise {
      layout.featureNoise = layout.passed + encoder.outputWidth(dimensions: dimensions)
    }
    return layout
  }

  /// The world in which decoders are fitted and tested: latents uniform and independent, white
  /// noise, every trial of the longest duration.
  ///
  /// That is the paper's evaluation, whatever the training was like; only so do subjects that were
  /// trained in different worlds compare.
  package var evaluated: Paradigm {
    var paradigm = self
    paradigm.latents.correlation = 0
    paradigm.noise = noise.white
    paradigm.timing = timing.fixed
    return paradigm
  }
}

/// What stands where in an observation `[T, B, W]`: the cue, a one-hot rule where tasks are
/// interleaved, the latents as they are seen and, where noise comes after the encoder, that noise.
package struct ObservationLayout: Hashable, Sendable {
  /// Latent dimensions, `D`.
  package let dimensions: Int
  /// Tasks that a one-hot input names; 0 without.
  package let rules: Int
  /// Columns of noise that the encoder adds to what it hands on, the cue and the rule included.
  package var featureNoise = 0

  package init(dimensions: Int, rules: Int = 0) {
    self.dimensions = dimensions
    self.rules = rules
  }

  /// Columns that the encoder lets pass: the cue and the rule.
  package var passed: Int { 1 + rules }

  package var width: Int { passed + dimensions + featureNoise }
}
