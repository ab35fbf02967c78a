import Files
import Foundation
import SystemPackage
import Testing

/// An empty directory of its own for one test, removed afterwards.
func withFolder<Result>(_ body: (FilePath) throws -> Result) throws -> Result {
  let url = FileManager.default.temporaryDirectory
    .appending(path: "command-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: url) }
  return try body(FilePath(url.path(percentEncoded: false)))
}

/// The bytes of all files in a directory and below it, by their paths inside it.
func contents(of folder: FilePath) throws -> [String: Data] {
  var contents: [String: Data] = [:]
  for name in try FileManager.default.subpathsOfDirectory(atPath: folder.string) {
    if let data = FileManager.default.contents(atPath: folder.appending(name).string) {
      contents[name] = data
    }
  }
  return contents
}

func write(_ text: String, to path: FilePath) throws {
  try Data(text.utf8).write(to: URL(fileURLWithPath: path.string))
}

/// Specs that are done in a tenth of a second or two.
enum SmallSpec {
  /// Little of everything, yet every measurement is defined.
  static let tiny = [
    "tasks.count=12", "encoder.kind=none", "timing.stimulus=5", "network.units=16",
    "evaluation.trials=50", "evaluation.fits=1", "training.batches=300",
  ]

  /// The paper's trials and encoder.
  static let paperLike = [
    "training.batches=300", "network.units=16", "evaluation.trials=200", "evaluation.fits=2",
  ]

  /// A spec with other values for some keys.
  static func changed(_ spec: [String], _ changes: [String]) -> [String] {
    func key(_ pair: String) -> Substring { pair.prefix { $0 != "=" } }
    return spec.filter { pair in !changes.contains { key($0) == key(pair) } } + changes
  }
}

/// One run's directory, read without the code under test where that matters.
struct RunOnDisk {
  let path: FilePath

  /// The only run in a directory of runs; `nil` as long as there is none.
  init?(in folder: FilePath) {
    guard
      let names = try? FileManager.default.contentsOfDirectory(atPath: folder.string),
      let name = names.first, names.count == 1
    else { return nil }
    path = folder.appending(name)
  }

  /// The run of a record.
  init(_ record: JSONValue, in folder: FilePath) throws {
    path = folder.appending(try #require(record["run"]?.string))
  }

  func bytes(_ name: String) throws -> Data {
    try #require(FileManager.default.contents(atPath: path.appending(name).string), "no \(name)")
  }

  func has(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: path.appending(name).string)
  }

  var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: path.string).sorted() }
  }

  /// The names of the checkpoints, the oldest first.
  var checkpoints: [String] {
    ((try? names) ?? []).filter { $0.hasPrefix("ckpt-") }
  }

  /// The batch of the newest checkpoint; 0 where there is none.
  var newestCheckpoint: Int {
    checkpoints.last.flatMap { Int($0.filter(\.isNumber)) } ?? 0
  }

  func result() throws -> JSONValue { try JSONValue(parsing: Array(bytes("result.json"))) }

  /// The whole lines of a file of records.
  func records(_ name: String) throws -> [JSONValue] {
    try String(decoding: bytes(name), as: UTF8.self)
      .split(separator: "\n")
      .map { try JSONValue(parsing: String($0)) }
  }

  /// What must be the same whatever happened on the way: weights, measurements, and the log without
  /// its times.
  func essence() throws -> Essence {
    let result = try result()
    let answers = ["loss", "accuracy", "lossError", "batches"].map { result["training"]?[$0] }
    return Essence(
      weights: try bytes("final.safetensors"),
      measurements: try #require(result["measurements"]).compact,
      answers: try answers.map { try #require($0) },
      log: try records("metrics.jsonl").map { record in
        var members = try #require(record.object)
        members["seconds"] = nil
        return .object(members)
      }
    )
  }
}

struct Essence: Equatable {
  let weights: Data
  let measurements: String
  let answers: [JSONValue]
  let log: [JSONValue]
}

extension Essence {
  /// Says which part differs: the whole of it would fill pages.
  func expectSame(
    as other: Essence,
    _ comment: Comment? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let (weights, measurements) = (weights == other.weights, measurements == other.measurements)
    let (answers, log) = (answers == other.answers, log == other.log)
    #expect(weights, comment, sourceLocation: sourceLocation)
    #expect(measurements, comment, sourceLocation: sourceLocation)
    #expect(answers, comment, sourceLocation: sourceLocation)
    #expect(log, comment, sourceLocation: sourceLocation)
  }
}
