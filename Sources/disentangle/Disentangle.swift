import ArgumentParser
import Compute
import Experiments
import Files

/// The tool: reads its arguments, calls one function of the libraries, prints what came back.
@main
struct Disentangle: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "disentangle",
    abstract: "Measures when learning many tasks makes a network's state a model of the world.",
    discussion: """
      Start with `disentangle demo`, or with `disentangle init spec.yaml` and
      `disentangle run spec.yaml`.
      """,
    version: Build.version,
    subcommands: [
      DemoCommand.self, RunCommand.self, ShowCommand.self, AnalyzeCommand.self,
      DynamicsCommand.self,
      TheoryCommand.self, RecoverCommand.self, ExportCommand.self, ImportCommand.self,
      InitCommand.self,
      ExplainCommand.self, DoctorCommand.self, WorkerCommand.self,
    ]
  )

  static func main() async {
    do {
      try checkCommand()
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch let error as any ReportableError {
      Console.note(error.description)
      exit(withError: ExitCode(error.exitCode))
    } catch {
      exit(withError: error)
    }
  }
}

extension Disentangle {
  /// Stops at a first word that is no command, but differs from one by a slip.
  private static func checkCommand() throws {
    let commands = configuration.subcommands.map { $0.configuration }
    let shown = commands.filter(\.shouldDisplay).compactMap(\.commandName)
    guard let word = CommandLine.arguments.dropFirst().first,
      !commands.contains(where: { $0.commandName == word }),
      let near = Spelling.closest(to: word, in: shown).first
    else { return }
    throw ValidationError("There is no command '\(word)'; did you mean \(near)?")
  }
}

/// Stops with a clear error where the kernel that was asked for can't run here.
func checkKernel() throws {
  guard Kernel.chosen == nil else { return }
  throw RunError.kernelMissing(
    name: Kernel.requestedName ?? "",
    available: Kernel.names.filter { Kernel(named: $0) != nil }
  )
}
