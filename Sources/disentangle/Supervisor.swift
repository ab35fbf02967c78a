import ArgumentParser
import Experiments
import Files
import SystemPackage

/// Runs specs in worker processes while somebody watches, or nobody.
struct Supervisor {
  private let options: WorkOptions
  private let directory: FilePath

  init(_ options: WorkOptions, directory: String) {
    self.options = options
    self.directory = FilePath(directory)
  }

  /// Does the runs, or measures an imported subject in each.
  ///
  /// - Parameters:
  ///   - specs: The runs.
  ///   - imported: The subject, where there is one.
  /// - Returns: An outcome for each spec, in their order; with `--json` each result is printed as
  ///   well.
  /// - Throws: What can be said before anything is computed.
  func run(
    _ specs: [RunSpec],
    of imported: ImportedSubject? = nil
  ) async throws -> [LocalExecutor.Outcome] {
    try specs.warn(strict: options.strict, speaks: options.speaks)
    StopSignal.install()
    guard let program = Platform.executable else {
      throw FileError.notFound(path: "disentangle", errno: .noSuchFileOrDirectory)
    }
    var executor = LocalExecutor(
      jobs: min(options.jobs ?? Platform.processorCount, specs.count),
      program: program
    )
    executor.checkpointInterval = options.checkpointEvery
    let names = specs.map { imported?.runName(for: $0) ?? $0.runName }
    let display = options.speaks ? ProgressDisplay(runs: names) : nil
    let outcomes = try await executor.execute(specs, of: imported, in: directory) {
      index,
      progress in
      display?.show(index, progress)
    }
    display?.close()
    for outcome in outcomes {
      switch outcome {
      case .finished(let record):
        // A value beyond its bound is a bug, which nobody may overlook.
        for text in record.violations { Console.note("warning[W-BOUND]: \(record.name): \(text)") }
        if options.json { try Console.put(record.json.compact) }
      case .failed(let error):
        Console.note(error.description)
      case .refused, .stopped, .waiting:
        break
      }
    }
    return outcomes
  }
}

extension LocalExecutor.Outcome {
  var record: RunRecord? {
    if case .finished(let record) = self { return record }
    return nil
  }
}

extension [LocalExecutor.Outcome] {
  /// Ends with the exit code that says what is missing: 130 for Ctrl-C, 3 for runs that diverged or
  /// failed.
  func throwIfIncomplete() throws {
    if StopSignal.isRaised {
      let isSaved = allSatisfy { outcome in
        if case .failed = outcome { return false }
        return true
      }
      Console.note(
        (isSaved ? "stopped, with everything saved" : "stopped; what was not saved is done again")
          + "; to go on, give the same command again"
      )
      StopSignal.exitLikeSignal()
    }
    let failures = compactMap { outcome -> Int32? in
      switch outcome {
      case .failed(let error): error.exitCode
      case .refused(let exitCode): exitCode
      case .finished, .stopped, .waiting: nil
      }
    }
    if count == 1, let failure = failures.first { throw ExitCode(failure) }
    if !failures.isEmpty || contains(where: { $0.record?.isDiverged == true }) {
      throw ExitCode(3)
    }
  }
}
