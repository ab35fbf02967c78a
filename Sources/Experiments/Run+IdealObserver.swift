import Files
import Theory

extension Run {
  /// Measures the ideal observer of the spec's world like a trained network; nothing is trained.
  func measureIdealObserver(report: (RunProgress) -> Void) throws -> Outcome {
    let observer = IdealObserver(spec.paradigm, seed: spec.seed)
    var attempt = try Attempt(in: folder, build: build, from: 0)
    report(.evaluating)
    let question = AnswerFloor.openQuestion(about: spec.paradigm)
    let answers = question == nil ? AnswerScore(of: observer, seed: spec.seed) : nil
    let evaluation = Evaluation(of: observer, answers, spec: spec)
    let portrait = Portrait(of: observer, spec: spec, decoders: evaluation.decoders)
    try AtomicFile.write(portrait.json.compact, to: folder.portrait)
    try attempt.end("completed", at: 0)
    var training: [String: JSONValue] = [
      "batches": 0, "seconds": 0, "millisecondsPerBatch": nil,
      "reason": .string(question ?? "the ideal observer has nothing to learn"),
    ]
    training["loss"] = answers.map { .number($0.loss) } ?? .null
    training["lossError"] = answers.map { .number($0.lossError) } ?? .null
    training["accuracy"] = answers?.accuracy.map(JSONValue.number) ?? .null
    let record = try write(
      outcome: "completed",
      training: .object(training),
      evaluation.parts,
      files: [folder.config, folder.portrait],
      attempt
    )
    return .completed(record)
  }
}
