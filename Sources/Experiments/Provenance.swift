import Compute
import Files

/// Which program this is.
package struct Build: Sendable {
  package let version: String
  /// The commit it was built from, where the build knew it.
  package let commit: String?

  /// The version of this package, raised with each release.
  package static let version = "0.1.0"

  package static let current = Build(
    version: version,
    commit: Platform.environment("DISENTANGLE_COMMIT")
  )

  /// The cluster job that this process belongs to, if any.
  package static var job: String? { Platform.environment("SLURM_JOB_ID") }
}

/// One try at a run: a line in `attempts.jsonl` when it starts and one when it ends.
struct Attempt {
  private let log: AppendOnlyLog
  private let started: String
  /// How many tries there were, this one included.
  private let number: Int
  /// Whether all of them ran with the same program and kernel.
  private let isUniform: Bool

  init(in folder: RunFolder, build: Build, from batch: Int) throws {
    let earlier = try AppendOnlyLog.records(in: folder.attempts).filter {
      $0["event"]?.string == "start"
    }
    log = try AppendOnlyLog(folder.attempts)
    started = Platform.timestamp
    number = earlier.count + 1
    let kernel = Kernel.active.name
    isUniform = earlier.allSatisfy {
      $0["kernel"]?.string == kernel && $0["version"]?.string == build.version
    }
    try log.append([
      "event": "start",
      "time": .string(started),
      "host": .string(Platform.hostName),
      "pid": .integer(Int(Platform.processID)),
      "job": Build.job.map(JSONValue.string) ?? .null,
      "version": .string(build.version),
      "kernel": .string(kernel),
      "batch": .integer(batch),
    ])
  }

  mutating func end(_ reason: String, at batch: Int) throws {
    try log.append([
      "event": "end",
      "time": .string(Platform.timestamp),
      "reason": .string(reason),
      "batch": .integer(batch),
    ])
  }

  func provenance(_ build: Build) throws -> JSONValue {
    [
      "version": .string(build.version),
      "commit": build.commit.map(JSONValue.string) ?? .null,
      "rngScheme": .integer(RandomStream.scheme),
      "algorithm": .integer(RunSpec.algorithmVersion),
      "kernel": .string(Kernel.active.name),
      "host": .string(Platform.hostName),
      "started": .string(started),
      "attempts": .integer(number),
      "mixedFingerprint": .bool(!isUniform),
    ]
  }
}
