import Compute
import Files
import Networks
import SystemPackage
import Trials

extension RunFolder {
  /// A copy of the imported subject, where the run measures one.
  package var subject: FilePath { path.appending("subject.safetensors") }

  /// The subject whose file lies here; `nil` for a run that trains its own.
  package func storedSubject() throws -> ImportedSubject? {
    guard Folder.holds(subject) else { return nil }
    return try ImportedSubject(contentsOf: subject)
  }

  /// Makes the directory for a spec and the subject that it measures, if there is one.
  package func prepare(for spec: RunSpec, _ imported: ImportedSubject?) throws {
    // First the weights: a directory with a spec and no subject would be one that trains.
    try imported?.place(in: self)
    try prepare(for: spec)
  }
}

extension Run {
  /// Measures an imported subject like a trained one; nothing is trained.
  func measure(_ imported: ImportedSubject, report: (RunProgress) -> Void) throws -> Outcome {
    let (trained, untrained) = try imported.networks(for: spec)
    try Self.checkStates(of: trained, spec, named: folder.name)
    var attempt = try Attempt(in: folder, build: build, from: 0)
    report(.evaluating)
    let answers =
      imported.readout == .trained
      ? AnswerScore(of: trained, in: spec.paradigm, seed: spec.seed) : nil
    if let answers, !answers.loss.isFinite {
      throw WeightsError.unstable(folder.name, largest: .infinity)
    }
    let evaluation = Evaluation(trained: trained, untrained: untrained, answers, spec: spec)
    let portrait = Portrait(of: trained, spec: spec, decoders: evaluation.decoders)
    try AtomicFile.write(portrait.json.compact, to: folder.portrait)
    try attempt.end("completed", at: 0)
    var parts = evaluation.parts
    parts["subject"] = [
      "sha256": .string(imported.sha256),
      "readout": .string(imported.readout.rawValue),
      "undefined": answers == nil
        ? .array(["training.loss", "training.accuracy", "labelFree"]) : .array([]),
    ]
    let record = try write(
      outcome: "completed",
      training: Self.training(answers),
      parts,
      files: [folder.subject, folder.config, folder.portrait],
      name: imported.runName(for: spec),
      attempt
    )
    return .completed(record)
  }

  private static func training(_ answers: AnswerScore?) -> JSONValue {
    var members: [String: JSONValue] = [
      "batches": 0, "seconds": 0, "millisecondsPerBatch": nil,
      "reason": "the subject was imported: nothing was trained here",
    ]
    members["loss"] = answers.map { .number($0.loss) } ?? .null
    members["lossError"] = answers.map { .number($0.lossError) } ?? .null
    members["accuracy"] = answers?.accuracy.map(JSONValue.number) ?? .null
    if answers == nil {
      members["reason"] = """
        the subject was imported without a trained readout: loss, accuracy and label-free \
        read-out are undefined
        """
    }
    return .object(members)
  }

  /// Refuses states from which nothing can be decoded in single precision.
  ///
  /// The paper's decoder is trained by Adam, whose second moments hold fourth powers of the states:
  /// above 4e9 those are infinite.
  private static func checkStates(
    of subject: NetworkSubject,
    _ spec: RunSpec,
    named name: String
  ) throws(WeightsError) {
    let generator = TrialGenerator(paradigm: spec.paradigm.evaluated, seed: spec.seed)
    var batch = generator.makeBatch(trials: 200)
    generator.draw(into: &batch, .answers)
    let states = subject.states(for: batch.observations)
    let values = states.buffer.values
    // Nothing is larger than what is not a number.
    let largest = values.contains(where: \.isNaN) ? .nan : values.map(\.magnitude).max() ?? 0
    guard largest < 1e9 else { throw .unstable(name, largest: largest) }
  }
}
