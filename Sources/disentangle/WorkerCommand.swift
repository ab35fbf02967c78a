import ArgumentParser
import Experiments
import Files
import SystemPackage

/// What the supervisor starts: one run, told about in lines of JSON.
struct WorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker",
    abstract: "Does the run of one directory; started by `run` and `demo`.",
    shouldDisplay: false
  )

  @Argument(help: "A run's directory with its config.json.")
  var directory: String

  @Option(help: "Seconds between checkpoints.")
  var checkpointEvery = 5.0

  func run() throws {
    StopSignal.install()
    StopSignal.surviveFailedWrites()
    StopSignal.watchStandardInput()
    try checkKernel()
    let folder = RunFolder(FilePath(directory))
    guard let spec = try folder.storedSpec() else {
      throw FileError.notFound(path: folder.config, errno: .noSuchFileOrDirectory)
    }
    var run = Run(spec, in: folder)
    run.imported = try folder.storedSubject()
    run.checkpointInterval = checkpointEvery
    let outcome = try run.execute { progress in
      // Nobody may listen any more; the run goes on to where it can be saved.
      try? Console.put(progress.json.compact)
      // After that line: a supervisor that has read it knows that a signal cost nothing.
      if progress == .evaluating { Self.letSignalsEndTheProcess() }
    }
    switch outcome {
    case .completed: break
    case .diverged: throw ExitCode(3)
    case .stopped: throw ExitCode(75)
    }
  }

  /// The weights are safe by now, and measuring can begin anew: nobody has to wait for its end.
  private static func letSignalsEndTheProcess() {
    StopSignal.uninstall()
    if StopSignal.isRaised { StopSignal.exitLikeSignal() }
  }
}
