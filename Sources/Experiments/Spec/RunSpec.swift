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
  package var encoder: EncoderKind
  package var architecture: Architecture
  package var training: TrainingPlan
  package var evaluation: EvaluationPlan

  package init(
    seed: UInt64,
    paradigm: Paradigm,
    encoder: EncoderKind,
    architecture: Architecture,
    training: TrainingPlan,
    evaluation: EvaluationPlan
  ) {
    self.seed = seed
    self.paradigm = paradigm
    self.encoder = encoder
    self.architecture = architecture
    self.training = training
    self.evaluation = evaluation
  }

  /// What a spec that says nothing stands for: the paper's main network.
  package static let standard: RunSpec = {
    // Every value of the blank is replaced by the schema's, the single source of defaults.
    var spec = RunSpec(
      seed: 0,
      paradigm: Paradigm(boundaries: .evenlySpacedLines(count: 1)),
      encoder: .none,
      architecture: .leakyRNN(units: 1, activation: .relu, timeConstant: 1),
      training: TrainingPlan(),
      evaluation: EvaluationPlan()
    )
    for field in SpecSchema.fields { field.set(field.defaultValue, in: &spec) }
    return spec
  }()
}

extension RunSpec {
  /// Checks what no key can check alone.
  ///
  /// - Parameter origin: Where the value of a key was written, for the message.
  /// - Throws: `brokenRule` where the leak is above 1.
  package func checkRules(
    origin: (String) -> SpecOrigin = { _ in .builtIn }
  ) throws(SpecError) {
    switch architecture {
    case .leakyRNN(_, _, let timeConstant):
      let step = paradigm.timing.stepMilliseconds
      guard step > timeConstant else { return }
      let (stepText, constantText) = (SpecValue.number(step), SpecValue.number(timeConstant))
      // The one that was written is the one to point at.
      let isStepAtFault =
        origin("network.timeConstant") == .builtIn && origin("timing.step") != .builtIn
      let key = isStepAtFault ? "timing.step" : "network.timeConstant"
      throw .brokenRule(
        what: "leak above 1",
        key: key,
        value: isStepAtFault ? stepText : constantText,
        why: "the leak is timing.step / network.timeConstant = \(stepText) / \(constantText) "
          + "and lies in (0, 1]",
        mend: "give network.timeConstant at least \(stepText), "
          + "or timing.step at most \(constantText)",
        at: origin(key)
      )
    }
  }
}
