import Files
import Subprocess
import SystemPackage

/// Runs specs on this machine, one worker process a network.
///
/// A worker owns one run's directory, so the number of workers and their order change no bit, and
/// one that dies costs only its own run the time since its last checkpoint.
package struct LocalExecutor: Sendable {
  /// Workers at a time.
  package var jobs: Int
  /// Seconds between the checkpoints of a worker.
  package var checkpointInterval = 5.0
  /// The program to start as `PROGRAM worker DIRECTORY`.
  package var program: FilePath

  package init(jobs: Int, program: FilePath) {
    self.jobs = jobs
    self.program = program
  }

  /// How one run ended.
  package enum Outcome: Sendable {
    case finished(RunRecord)
    /// Stopped by a signal, with everything saved.
    case stopped
    /// Not started, since the sweep was stopped before.
    case waiting
    /// The worker gave up and said why on standard error; its exit code.
    case refused(exitCode: Int32)
    /// The worker died, or could not be started.
    case failed(RunError)

    var isFinished: Bool {
      if case .finished = self { return true }
      return false
    }
  }

  /// Makes every run's directory, then does what is missing.
  ///
  /// - Parameters:
  ///   - specs: The runs.
  ///   - imported: The subject that all of them measure, instead of training one each.
  ///   - directory: Where their directories stand.
  ///   - report: Told how far each run is, by its index.
  /// - Returns: The outcomes in the order of the specs.
  /// - Throws: What the directories throw, before anything is computed.
  package func execute(
    _ specs: [RunSpec],
    of imported: ImportedSubject? = nil,
    in directory: FilePath,
    report: @escaping @Sendable (Int, RunProgress) -> Void
  ) async throws -> [Outcome] {
    let folders = specs.map {
      RunFolder(directory.appending(imported?.runName(for: $0) ?? $0.runName))
    }
    for (spec, folder) in zip(specs, folders) { try folder.prepare(for: spec, imported) }

    return try await withThrowingTaskGroup(of: (Int, Outcome).self) { group in
      var outcomes = [Outcome](repeating: .waiting, count: specs.count)
      var next = 0
      func startNext() {
        guard next < specs.count else { return }
        let index = next
        next += 1
        group.addTask {
          let outcome: Outcome
          do {
            outcome = try await self.outcome(in: folders[index]) { report(index, $0) }
          } catch {
            // One run's trouble is not the sweep's.
            outcome = .failed(.workerFailed(run: folders[index].name, reason: "\(error)"))
          }
          report(index, outcome.isFinished ? .finished : .ended)
          return (index, outcome)
        }
      }
      for _ in 0..<jobs { startNext() }
      while let (index, outcome) = try await group.next() {
        outcomes[index] = outcome
        if !StopSignal.isRaised { startNext() }
      }
      return outcomes
    }
  }

  private func outcome(
    in folder: RunFolder,
    _ report: @escaping @Sendable (RunProgress) -> Void
  ) async throws -> Outcome {
    if let record = try folder.completedRecord() { return .finished(record) }
    var end = try await work(in: folder, report)
    // A crash may be the machine's fault: once more from the last checkpoint, and then no more.
    if case .signaled = end.status, !StopSignal.isRaised {
      end = try await work(in: folder, report)
    }
    if let record = try folder.completedRecord() { return .finished(record) }
    switch end.status {
    case .exited(let code):
      // What the worker had to say stands on standard error already.
      return StopSignal.isRaised ? .stopped : .refused(exitCode: code)
    case .signaled where StopSignal.isRaised && end.wasEvaluating:
      // The weights were safe, and the evaluation begins anew.
      return .stopped
    case .signaled(let number):
      return .failed(.workerFailed(run: folder.name, reason: "signal \(number) ended it"))
    }
  }

  /// Starts one worker and listens until it ends.
  ///
  /// The worker's standard input stays open for as long as this process lives: its end tells the
  /// worker that nobody listens any more.
  private func work(
    in folder: RunFolder,
    _ report: @escaping @Sendable (RunProgress) -> Void
  ) async throws -> (status: TerminationStatus, wasEvaluating: Bool) {
    let result = try await Subprocess.run(
      .path(.init(program.string)),
      arguments: [
        "worker", folder.path.string, "--checkpoint-every", "\(checkpointInterval)",
      ],
      input: .inputWriter,
      output: .sequence,
      error: .currentStandardError
    ) { execution in
      async let _ = Self.passStopOn { try await execution.standardInputWriter.finish() }
      var wasEvaluating = false
      for try await line in execution.standardOutput.strings() {
        if let json = try? JSONValue(parsing: line), let progress = RunProgress(json: json) {
          wasEvaluating = progress == .evaluating
          report(progress)
        }
      }
      return wasEvaluating
    }
    return (result.terminationStatus, result.closureResult)
  }

  /// Passes on what reached this process only, such as a plain `kill` or a cluster's warning.
  ///
  /// Closing the workers' input asks them to stop. A signal would be the second one where the first
  /// went to the whole group, as Ctrl-C does, and would end them unsaved.
  ///
  /// Ends with the scope that it was started in.
  private static func passStopOn(_ stop: @Sendable () async throws -> Void) async throws {
    while !StopSignal.isRaised { try await Task.sleep(for: .milliseconds(100)) }
    try await stop()
  }
}
