import Analysis
import Networks
import Training
import Trials

/// The one value that decides a run: equal specs give equal bits.
///
/// What does not affect bits, such as the folder, the number of workers or the time between
/// checkpoints, is not in it. Its keys, ranges, defaults and documentation are ``SpecSchema``.
package struct RunSpec: Hashable, Sendable {
  /// Of all random numbers; below 2⁵³, so that it survives JSON everywhere.
  package var seed: UInt64
  package var paradigm: Paradigm
  /// `nil` for the ideal observer, which has nothing to train.
  package var architecture: Architecture?
  /// How a network is trained; of no meaning to the ideal observer.
  package var training: TrainingPlan
  package var evaluation: EvaluationPlan

  package init(
    seed: UInt64,
    paradigm: Paradigm,
    architecture: Architecture?,
    training: TrainingPlan,
    evaluation: EvaluationPlan
  ) {
    self.seed = seed
    self.paradigm = paradigm
    self.architecture = architecture
    self.training = training
    self.evaluation = evaluation
  }

  /// What a spec that says nothing stands for: the paper's main network.
  package static let standard = RunSpec([:])

  /// A spec with these values, by key, and the schema's default for every other key.
  ///
  /// Keys are set in the schema's order, in which a choice comes before the keys that mean
  /// something only with it.
  package init(_ values: [String: SpecValue]) {
    // Every value of the blank is replaced by the schema's, the single source of defaults.
    self.init(
      seed: 0,
      paradigm: Paradigm(boundaries: .evenlySpacedLines(count: 1)),
      architecture: .leakyRNN(RecurrentShape(units: 1)),
      training: TrainingPlan(),
      evaluation: EvaluationPlan()
    )
    for field in SpecSchema.fields { field.set(values[field.key] ?? field.defaultValue, in: &self) }
  }
}
