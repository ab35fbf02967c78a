import ArgumentParser
import Experiments
import Files
import SystemPackage

struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Writes a commented spec to start from: the paper's main network."
  )

  @Argument(help: "The file to write; without it the spec goes to standard output.")
  var file: String?

  @Flag(name: .long, help: "Replace a file that is there already.")
  var force = false

  func run() throws {
    let text = SpecSchema.commentedSpec
    guard let file else {
      try Console.put(text.withoutLastNewline)
      return
    }
    let path = FilePath(file)
    guard force || !Folder.holds(path) else { throw FileExists(path: path) }
    try AtomicFile.write(text, to: path)
    Console.note("wrote \(file); next: disentangle run \(file)")
  }
}

/// Nobody's spec is overwritten by accident.
struct FileExists: ReportableError {
  let path: FilePath
  var code: String { "E-FILE-EXISTS" }
  var exitCode: Int32 { 73 }
  var message: String {
    "a file in \(path): it is there already. MEND: choose another name, or replace it with --force"
  }
}

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Tells what a key of the spec means, its range, unit and default.",
    discussion: "Without a key it lists all of them."
  )

  @Argument(help: "A key such as tasks.count, or a section such as tasks.")
  var key: String?

  func run() throws {
    if let key {
      try Console.put(SpecSchema.explanation(of: key).withoutLastNewline)
    } else {
      try Console.put(SpecSchema.overview.withoutLastNewline)
    }
  }
}

extension String {
  /// Whoever prints a line adds its end.
  fileprivate var withoutLastNewline: String { hasSuffix("\n") ? String(dropLast()) : self }
}
