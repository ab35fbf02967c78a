import Compute
import Trials

/// What the pictures of a spec's world show: latents, tasks, one trial, the encoder's features and
/// the noise, as plain values.
///
/// Nothing is trained. Trials are drawn as training draws them, from ``TrialSet/portrait``: what
/// training withholds is withheld here.
package struct WorldPortrait: Sendable {
  package let spec: RunSpec
  package let latents: LatentPortrait
  package let tasks: TaskPortrait
  package let trial: TrialPortrait
  package let answers: AnswerPortrait
  package let features: FeaturePortrait
  /// `nil` where nothing is blurred.
  package let noise: NoisePortrait?

  /// More tasks than this are not drawn one by one.
  package static let mostTasks = 64

  package init(of spec: RunSpec) {
    self.spec = spec
    let boundaries = spec.paradigm.boundaries
      .boundaries(dimensions: spec.paradigm.dimensions, seed: spec.seed)
    let shown = Array(boundaries.prefix(Self.mostTasks))
    let sample = Self.sampleOfLatents(spec, tasks: shown.count)
    latents = LatentPortrait(sample, boundaries: shown, spec: spec)
    tasks = TaskPortrait(sample, boundaries: shown, total: boundaries.count)
    trial = TrialPortrait(of: spec)
    answers = AnswerPortrait(of: spec)
    features = FeaturePortrait(of: spec)
    noise = NoisePortrait(of: spec)
  }

  /// Latents of the training's first places in a row, `[n, D]`: the first 500 are drawn as points,
  /// and all of them tell how often a task is answered with yes.
  private static func sampleOfLatents(_ spec: RunSpec, tasks: Int) -> Matrix {
    let dimensions = spec.paradigm.dimensions
    // A value of h costs at most D² multiplications; so all of them stay below a second.
    let affordable = 400_000_000 / (tasks * dimensions * dimensions)
    var paradigm = spec.paradigm
    paradigm.boundaries = BoundaryFamily(.axes, count: dimensions)
    paradigm.noise = .before(.gaussian, deviation: 0)
    paradigm.supervision = Supervision()
    paradigm.timing = TrialTiming(fixation: 0, stimulus: 1, delay: 0, decision: 1)
    let generator = TrialGenerator(paradigm: paradigm, seed: spec.seed)
    var batch = generator.makeBatch(trials: min(4000, max(500, affordable)))
    generator.draw(into: &batch, .portrait, from: spec.training.withheld.region)
    return batch.latents
  }
}
