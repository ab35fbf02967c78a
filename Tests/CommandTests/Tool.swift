import Files
import Foundation
import SystemPackage
import Testing

/// The tool as a user calls it: as a process, by its text, its files and its exit codes.
///
/// One after the other, since most of them start workers of their own.
@Suite("The tool as a user calls it", .serialized) enum ToolTests {}

/// The program under test.
enum Tool {
  /// The program that was built together with these tests: it stands beside their bundle.
  static func executable() throws -> URL {
    let places =
      [URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()]
      + (Bundle.allBundles + [Bundle.main]).flatMap { bundle in
        [bundle.bundleURL, bundle.bundleURL.deletingLastPathComponent()]
      }
    let found = places.map { $0.appending(path: "disentangle") }
      .first { url in
        var isDirectory: ObjCBool = false
        let path = url.path(percentEncoded: false)
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
          && !isDirectory.boolValue && FileManager.default.isExecutableFile(atPath: path)
      }
    return try #require(found, "no program `disentangle` in any of \(places.map(\.path))")
  }

  /// Runs the tool to its end.
  static func run(
    _ arguments: [String],
    in folder: FilePath,
    environment: [String: String] = [:]
  ) throws -> Ended {
    try RunningTool(arguments, in: folder, environment: environment).end()
  }

  /// Whether this processor has a kernel.
  static func has(kernel: String) -> Bool {
    let environment = ["DISENTANGLE_KERNEL": kernel]
    return (try? run(["doctor"], in: "/", environment: environment))?.exitCode == 0
  }
}

/// What a process left behind.
struct Ended {
  /// 128 and the signal's number where a signal ended it.
  let exitCode: Int32
  let output: String
  let errors: String

  /// One for each line of standard output, which holds nothing else.
  func records() throws -> [JSONValue] {
    try output.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
  }

  /// The only one.
  func record() throws -> JSONValue {
    let records = try records()
    try #require(records.count == 1, "\(output)\(errors)")
    return records[0]
  }
}

/// The tool at work, in a process group of its own, so that signals can be sent to it and its
/// workers alone.
final class RunningTool {
  struct Late: Error, CustomStringConvertible {
    let description: String
  }

  private let process = Process()
  private let input: Pipe?
  /// Of this object's own, for the two texts; away from what is tested.
  private let texts: URL

  /// - Parameters:
  ///   - arguments: Behind the program's name.
  ///   - folder: Where it works.
  ///   - environment: Variables beside those of the tests.
  ///   - keepsInputOpen: Whether its standard input stays open as a supervisor keeps it; otherwise
  ///     it is empty.
  /// - Throws: What starting a process throws.
  init(
    _ arguments: [String],
    in folder: FilePath,
    environment: [String: String] = [:],
    keepsInputOpen: Bool = false
  ) throws {
    texts = FileManager.default.temporaryDirectory.appending(path: "tool-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: texts, withIntermediateDirectories: true)
    input = keepsInputOpen ? Pipe() : nil
    process.executableURL = try Tool.executable()
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder.string)
    // As wide as a terminal that nobody has touched.
    process.environment = ProcessInfo.processInfo.environment
      .merging(["COLUMNS": "80"]) { $1 }
      .merging(environment) { $1 }
    process.standardInput = input ?? FileHandle.nullDevice
    process.standardOutput = try Self.emptyFile(texts.appending(path: "output"))
    process.standardError = try Self.emptyFile(texts.appending(path: "errors"))
    try process.run()
    // Otherwise a signal to the group would reach the tests themselves. On a busy machine the tool
    // may have ended by now, and then it has no group.
    let group = getpgid(identifier)
    try #require(
      group == identifier || (group == -1 && errno == ESRCH),
      "the tool shares a process group"
    )
  }

  deinit {
    signalGroup(SIGKILL)
    try? FileManager.default.removeItem(at: texts)
  }

  var identifier: pid_t { process.processIdentifier }

  var isRunning: Bool { process.isRunning }

  /// To the process, not to its workers.
  func signal(_ number: Int32) {
    if process.isRunning { kill(identifier, number) }
  }

  /// To the process and its workers, as a terminal does with Ctrl-C.
  func signalGroup(_ number: Int32) {
    if process.isRunning { kill(-identifier, number) }
  }

  /// Waits for something that the tool will bring about.
  func wait(
    for event: String,
    seconds: Double = 60,
    until happened: () throws -> Bool
  ) throws {
    let start = ContinuousClock.now
    while try !happened() {
      guard process.isRunning else {
        throw Late(description: "it ended before \(event): \(text("errors"))")
      }
      guard ContinuousClock.now - start < .seconds(seconds) else {
        throw Late(description: "\(event) took more than \(seconds) s: \(text("errors"))")
      }
      usleep(2000)
    }
  }

  /// Waits until it ends.
  func end(seconds: Double = 120) throws -> Ended {
    let start = ContinuousClock.now
    while process.isRunning {
      guard ContinuousClock.now - start < .seconds(seconds) else {
        signalGroup(SIGKILL)
        throw Late(description: "it did not end within \(seconds) s: \(text("errors"))")
      }
      usleep(2000)
    }
    process.waitUntilExit()
    return Ended(
      // As a shell tells it.
      exitCode: process.terminationStatus
        + (process.terminationReason == .exit ? 0 : 128),
      output: text("output"),
      errors: text("errors")
    )
  }

  private func text(_ name: String) -> String {
    let data = FileManager.default.contents(
      atPath: texts.appending(path: name).path(percentEncoded: false)
    )
    return String(decoding: data ?? Data(), as: UTF8.self)
  }

  private static func emptyFile(_ url: URL) throws -> FileHandle {
    try Data().write(to: url)
    return try FileHandle(forWritingTo: url)
  }
}
