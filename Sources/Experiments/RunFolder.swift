import Files
import SystemPackage
import Training

/// The directory of one run, which is the truth about it.
///
///     config.json                   the spec, every default filled in
///     lock                          held by whoever works here
///     ckpt-000000020000.safetensors the newest two
///     metrics.jsonl                 loss and accuracy by batch
///     final.safetensors             encoder, network and readout after training
///     subject.safetensors           in place of it and of the log: a network that was imported
///     portrait.json                 what the pictures of this run need
///     result.json                   written last: presence with matching hashes means done
///     attempts.jsonl                who worked here, from when to when
package struct RunFolder: Sendable {
  package let path: FilePath

  package init(_ path: FilePath) { self.path = path }

  /// The run's name.
  var name: String { path.lastComponent?.string ?? path.string }

  package var config: FilePath { path.appending("config.json") }
  package var metrics: FilePath { path.appending("metrics.jsonl") }
  package var final: FilePath { path.appending("final.safetensors") }
  package var portrait: FilePath { path.appending("portrait.json") }
  package var result: FilePath { path.appending("result.json") }
  package var attempts: FilePath { path.appending("attempts.jsonl") }

  // MARK: The spec

  /// Makes the directory for this spec, or finds that it is there already.
  ///
  /// - Throws: `otherSpec` where the directory holds another one, whose files stay as they are.
  package func prepare(for spec: RunSpec) throws {
    try Folder.create(path)
    if let stored = try storedSpec() {
      let differences = spec.differences(from: stored)
      guard differences.isEmpty else {
        throw RunError.otherSpec(directory: path, differences: differences)
      }
    } else {
      try AtomicFile.write(spec.resolved.pretty, to: config)
    }
  }

  /// The spec in `config.json`; `nil` where there is none yet.
  package func storedSpec() throws -> RunSpec? {
    let json: JSONValue
    do {
      json = try JSONValue(contentsOf: config)
    } catch FileError.notFound {
      return nil
    }
    do throws(SpecError) {
      return try RunSpec(resolved: json)
    } catch {
      throw RunError.damagedSpec(file: config, reason: error.message)
    }
  }

  // MARK: The result

  /// The result, if the run is done and each of its files is the one it was done with.
  package func completedRecord() throws -> RunRecord? {
    let json: JSONValue
    do {
      json = try JSONValue(contentsOf: result)
    } catch FileError.notFound {
      return nil
    } catch FileError.malformed {
      // Something that was never written by the protocol: the run is done again.
      return nil
    }
    // Its own files and its own spec, or it is some other run's.
    guard
      let files = json["files"]?.object, !files.isEmpty,
      Set(files.keys) == RunFolder.files(of: RunRecord(json: json)),
      json["spec"] == (try storedSpec())?.resolved
    else { return nil }
    for (name, hash) in files {
      let digest: String
      do {
        digest = try sha256Hex(ofFile: path.appending(name))
      } catch FileError.notFound {
        return nil
      }
      guard hash.string == digest else { return nil }
    }
    return RunRecord(json: json)
  }

  /// The files that a result has hashes of, by outcome.
  private static func files(of record: RunRecord) -> Set<String> {
    switch record.outcome {
    case "completed" where record.isOfImportedSubject:
      ["subject.safetensors", "config.json", "portrait.json"]
    case "completed" where record.isOfIdealObserver:
      ["config.json", "portrait.json"]
    case "completed":
      ["final.safetensors", "config.json", "metrics.jsonl", "portrait.json"]
    case "diverged": ["config.json", "metrics.jsonl"]
    default: []
    }
  }

  // MARK: Checkpoints

  package func checkpoint(at step: Int) -> FilePath {
    let digits = String(step)
    let padding = String(repeating: "0", count: max(0, 12 - digits.count))
    return path.appending("ckpt-\(padding)\(digits).safetensors")
  }

  /// All checkpoints, the newest first by their names: no clock decides.
  package func checkpoints() throws(FileError) -> [FilePath] {
    try Folder.names(in: path)
      .filter { $0.hasPrefix("ckpt-") && $0.hasSuffix(".safetensors") }
      .sorted(by: >)
      .map { path.appending($0) }
  }

  /// Removes all checkpoints but the newest two, of those up to a step.
  ///
  /// A later one was left aside as damaged when the run went on: counted as one of the two, it would
  /// push out those that are whole.
  package func thinCheckpoints(upTo step: Int) throws {
    let newest = checkpoint(at: step)
    let whole = try checkpoints().drop { $0.string > newest.string }
    for old in whole.dropFirst(2) { try Folder.removeFile(old) }
  }
}
