/// The world and the questions: everything that decides what a subject is shown and asked.
///
/// The latent is uniform on [-0.5, 0.5]^D. In each step of the stimulus the subject sees it with
/// fresh Gaussian noise; at the decision it is asked on which side of every boundary it lies.
package struct Paradigm: Hashable, Sendable {
  /// Latent dimensions, `D`.
  package var dimensions: Int
  package var boundaries: BoundaryFamily
  /// Standard deviation of the noise of one look, `σ`; 0 shows the latent itself.
  package var noiseDeviation: Double
  package var timing: TrialTiming

  package init(
    dimensions: Int = 2,
    boundaries: BoundaryFamily,
    noiseDeviation: Double = 0.2,
    timing: TrialTiming = TrialTiming()
  ) {
    self.dimensions = dimensions
    self.boundaries = boundaries
    self.noiseDeviation = noiseDeviation
    self.timing = timing
  }

  /// What one step shows: the cue, then the latents, `1 + D`.
  package var observationWidth: Int { 1 + dimensions }
}
