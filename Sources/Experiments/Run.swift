import Compute
import Files
import Networks
import SystemPackage
import Training
import Trials

/// One run, start to end: train, evaluate, write the result.
///
/// This is the first file to read.
///
/// A run owns its directory and all of its random numbers. Killed at any moment and started again,
/// it goes on from its last checkpoint and ends with the same bytes.
package struct Run {
  package let spec: RunSpec
  package let folder: RunFolder
  /// What is measured in place of a network that the run trains.
  package var imported: ImportedSubject?
  /// Seconds between checkpoints.
  package var checkpointInterval = 5.0
  /// What the directory's records say of the program: version and commit.
  package var build = Build.current

  package init(_ spec: RunSpec, in folder: RunFolder) {
    self.spec = spec
    self.folder = folder
  }

  /// How a run may end.
  package enum Outcome {
    case completed(RunRecord)
    /// The loss was not finite; this is a result too.
    case diverged(RunRecord)
    /// A signal came; everything is saved.
    case stopped(batch: Int)
  }

  /// Does what is still missing.
  ///
  /// - Parameter report: Told about twice a second how far the run is.
  /// - Returns: The result, at once where the run was complete already.
  /// - Throws: What files and directories throw; the directory is then as it was.
  package func execute(report: (RunProgress) -> Void) throws -> Outcome {
    try folder.prepare(for: spec)
    let lock = try DirectoryLock(folder.path, job: Build.job)
    defer { extend(lock) }
    if let record = try folder.completedRecord() {
      return record.isDiverged ? .diverged(record) : .completed(record)
    }
    _ = try AtomicFile.removeTemporaries(in: folder.path)
    if let imported { return try measure(imported, report: report) }

    guard let architecture = spec.architecture else {
      return try measureIdealObserver(report: report)
    }

    let untrained = NetworkSubject(
      architecture,
      paradigm: spec.paradigm,
      seed: spec.seed
    )
    let start = try resume(untrained)
    var attempt = try Attempt(in: folder, build: build, from: start.batch)
    var clock = TrainingClock(earlier: try secondsLogged())

    let (end, state) = try train(
      untrained.network,
      of: untrained,
      from: start,
      &clock,
      report
    )
    let seconds = clock.seconds
    switch end {
    case .stopped:
      try attempt.end("stopped", at: state.batch)
      return .stopped(batch: state.batch)
    case .diverged(let batch, let lastLoss):
      try attempt.end("diverged", at: batch)
      let record = try writeDiverged(batch: batch, lastLoss: lastLoss, seconds: seconds, attempt)
      return .diverged(record)
    case .completed:
      break
    }

    var trained = untrained
    trained.parameters = state.parameters
    try Checkpoint.writeFinal(trained, identity, step: state.batch, to: folder.final)
    // From here on a signal may end the process at once: the weights are safe.
    report(.evaluating)
    let answers = AnswerScore(of: trained, in: spec.paradigm, seed: spec.seed)
    guard answers.loss.isFinite else {
      try attempt.end("diverged", at: state.batch)
      let record = try writeDiverged(
        batch: state.batch,
        lastLoss: state.running.count > 0 ? state.running.loss : nil,
        seconds: seconds,
        attempt
      )
      return .diverged(record)
    }
    let evaluation = Evaluation(trained: trained, untrained: untrained, answers, spec: spec)
    let portrait = Portrait(of: trained, spec: spec, decoders: evaluation.decoders)
    try AtomicFile.write(portrait.json.compact, to: folder.portrait)
    try attempt.end("completed", at: state.batch)
    let record = try writeResult(evaluation, answers, clock, batches: state.batch, attempt)
    for old in try folder.checkpoints() { try Folder.removeFile(old) }
    return .completed(record)
  }

  private var identity: Checkpoint.Identity {
    Checkpoint.Identity(specHash: spec.hash, algorithmVersion: RunSpec.algorithmVersion)
  }

  // MARK: Training

  /// The newest checkpoint that is whole, or the beginning.
  private func resume(_ subject: NetworkSubject) throws -> TrainingState {
    let rate = spec.training.learningRate
    var state = TrainingState(parameters: subject.parameters, learningRate: rate)
    for path in try folder.checkpoints() {
      do {
        state = try Checkpoint.read(path, for: subject, learningRate: rate, identity)
        break
      } catch let FileError.malformed(path, reason) {
        // A damaged checkpoint costs the time since the one before, never the run.
        Console.note("warning[\(reason.code)]: \(path) is left aside: \(reason.why)")
      }
    }
    let batch = state.batch
    // What was logged after the checkpoint will be logged again.
    try AppendOnlyLog.truncate(folder.metrics) { ($0["step"]?.int ?? .max) <= batch }
    return state
  }

  private func secondsLogged() throws -> Double {
    try AppendOnlyLog.records(in: folder.metrics).last?["seconds"]?.double ?? 0
  }

  private func train(
    _ network: some TrainableNetwork,
    of subject: NetworkSubject,
    from start: TrainingState,
    _ clock: inout TrainingClock,
    _ report: (RunProgress) -> Void
  ) throws -> (TrainingEnd, TrainingState) {
    var trainer = Trainer(
      network,
      of: subject,
      paradigm: spec.paradigm,
      plan: spec.training,
      seed: spec.seed,
      from: start
    )
    let log = try AppendOnlyLog(folder.metrics)
    clock.start(at: start.batch)
    var nextCheckpoint = clock.seconds + checkpointInterval
    var nextReport = clock.seconds
    var savedStep = start.batch

    let end = try trainer.train { state, outcome in
      if state.running.count == TrainingClock.recordInterval {
        try log.append([
          "step": .integer(state.batch),
          "loss": .number(state.running.loss),
          "accuracy": state.running.accuracy.map(JSONValue.number) ?? .null,
          "seconds": .number((clock.seconds * 1e6).rounded() / 1e6),
        ])
        state.running = RunningMeans()
      }
      let now = clock.tick(state.batch)
      let stops = StopSignal.isRaised
      if now >= nextReport, !stops {
        report(.training(batch: state.batch, of: spec.training.batches, loss: outcome.loss, clock))
        nextReport = now + 0.5
      }
      if now >= nextCheckpoint || (stops && state.batch > savedStep) {
        try log.synchronize()
        try save(state, of: subject)
        savedStep = state.batch
        nextCheckpoint = clock.seconds + checkpointInterval
      }
      return stops
    }
    clock.stop(at: trainer.state.batch)
    try log.synchronize()
    if end == .completed, trainer.state.batch > savedStep { try save(trainer.state, of: subject) }
    return (end, trainer.state)
  }

  private func save(_ state: TrainingState, of subject: NetworkSubject) throws {
    try Checkpoint.write(state, of: subject, identity, to: folder.checkpoint(at: state.batch))
    try folder.thinCheckpoints(upTo: state.batch)
  }

  // MARK: The result

  private func writeResult(
    _ evaluation: Evaluation,
    _ answers: AnswerScore,
    _ clock: TrainingClock,
    batches: Int,
    _ attempt: Attempt
  ) throws -> RunRecord {
    var training: [String: JSONValue] = [
      "batches": .integer(batches),
      "loss": .number(answers.loss),
      "lossError": .number(answers.lossError),
      "accuracy": answers.accuracy.map(JSONValue.number) ?? .null,
      "seconds": .number(clock.seconds),
    ]
    if let milliseconds = clock.millisecondsPerBatch {
      training["millisecondsPerBatch"] = .number(milliseconds)
    } else {
      training["millisecondsPerBatch"] = .null
      training["reason"] = "no time per batch: the last attempt had nothing left to train"
    }
    return try write(
      outcome: "completed",
      training: .object(training),
      evaluation.parts,
      files: [folder.final, folder.config, folder.metrics, folder.portrait],
      attempt
    )
  }

  private func writeDiverged(
    batch: Int,
    lastLoss: Double?,
    seconds: Double,
    _ attempt: Attempt
  ) throws -> RunRecord {
    try write(
      outcome: "diverged",
      training: [
        "batches": .integer(batch),
        "lastFiniteLoss": lastLoss.map(JSONValue.number) ?? .null,
        "loss": nil,
        "accuracy": nil,
        "reason": batch < spec.training.batches
          ? "the loss of batch \(batch) is not finite"
          : "after batch \(batch), the last, weights or answers are not finite",
        "seconds": .number(seconds),
      ],
      ["measurements": nil, "reason": "training diverged"],
      files: [folder.config, folder.metrics],
      attempt
    )
  }

  /// Writes `result.json`, the last file of a run.
  func write(
    outcome: String,
    training: JSONValue,
    _ parts: [String: JSONValue],
    files: [FilePath],
    name: String? = nil,
    _ attempt: Attempt
  ) throws -> RunRecord {
    var hashes: [String: JSONValue] = [:]
    for file in files {
      if let name = file.lastComponent?.string {
        hashes[name] = .string(try sha256Hex(ofFile: file))
      }
    }
    var members = parts
    members["run"] = .string(name ?? spec.runName)
    members["outcome"] = .string(outcome)
    members["spec"] = spec.resolved
    members["world"] = [
      "dimensions": .integer(spec.paradigm.dimensions),
      "tasks": .integer(spec.paradigm.boundaryCount),
      "steps": .integer(spec.paradigm.timing.steps),
    ]
    members["training"] = training
    members["warnings"] = .array(
      spec.warnings.map(\.json)
    )
    members["files"] = .object(hashes)
    members["provenance"] = try attempt.provenance(build)
    let json = JSONValue.object(members)
    try AtomicFile.write(json.pretty, to: folder.result)
    return RunRecord(json: json)
  }
}

/// Keeps a lock until the end of a scope: its only use is that it lives.
private func extend(_ lock: borrowing DirectoryLock) {}
