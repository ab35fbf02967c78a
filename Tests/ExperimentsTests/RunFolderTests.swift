import Experiments
import Files
import Foundation
import SystemPackage
import Testing

/// An empty directory of its own for one test, removed afterwards.
func withRunFolder<Result>(_ body: (RunFolder) throws -> Result) throws -> Result {
  let url = FileManager.default.temporaryDirectory.appending(path: "run-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: url) }
  return try body(RunFolder(FilePath(url.path(percentEncoded: false)).appending("run")))
}

/// What a file holds, read without the code under test.
func bytes(of path: FilePath) -> Data? { FileManager.default.contents(atPath: path.string) }

@Suite("Directories of runs") struct RunFolderTests {
  @Test("A directory is made for a spec, is found again, and refuses another spec untouched")
  func prepare() throws {
    try withRunFolder { folder in
      #expect(throws: FileError.self) { try folder.checkpoints() }
      #expect(try folder.storedSpec() == nil)
      try folder.prepare(for: .standard)
      #expect(try folder.storedSpec() == .standard)
      let config = bytes(of: folder.config)
      try folder.prepare(for: .standard)

      var other = RunSpec.standard
      other.seed = 3
      other.training.batches = 7
      let error = #expect(throws: RunError.self) { try folder.prepare(for: other) }
      guard case .otherSpec(let directory, let differences) = error else {
        Issue.record("threw \(String(describing: error))")
        return
      }
      #expect(directory == folder.path)
      #expect(differences.map(\.key) == ["seed", "training.batches"])
      #expect(error?.exitCode == 78)
      #expect(
        error?.description
          == "error[E-RUN-OTHER-SPEC]: another spec in \(folder.path)/config.json: "
          + "seed is 3 here and 0 there; training.batches is 7 here and 100000 there. "
          + "MEND: choose another directory with --out, or move this one away"
      )
      #expect(bytes(of: folder.config) == config)
      #expect(try Folder.names(in: folder.path) == ["config.json"])
    }
  }

  @Test("A spec that breaks a rule is told with one mend")
  func damagedSpec() throws {
    try withRunFolder { folder in
      try Folder.create(folder.path)
      var broken = RunSpec.standard
      broken.paradigm.timing.stepMilliseconds = 500
      try AtomicFile.write(broken.resolved.pretty, to: folder.config)
      let error = #expect(throws: RunError.self) { try folder.storedSpec() }
      #expect(error?.code == "E-RUN-CONFIG" && error?.exitCode == 78)
      let message = try #require(error?.message)
      #expect(message.contains("500 / 100"))
      #expect(message.ranges(of: "MEND").count == 1, "\(message)")
      #expect(message.hasSuffix("MEND: move the run's directory away and run again"))
    }
  }

  @Test("A run is done where result.json and all files it names are as it says, and only then")
  func completed() throws {
    try withRunFolder { folder in
      try folder.prepare(for: .standard)
      let contents = [
        "final.safetensors": "weights", "metrics.jsonl": "", "portrait.json": "{}",
        "config.json": RunSpec.standard.resolved.pretty,
      ]
      let result: JSONValue = [
        "run": "x", "outcome": "completed", "spec": RunSpec.standard.resolved,
        "files": .object(contents.mapValues { .string(sha256Hex(of: $0)) }),
      ]
      #expect(try folder.completedRecord() == nil)
      try AtomicFile.write(result.pretty, to: folder.result)
      for name in contents.keys.sorted() where name != "config.json" {
        #expect(try folder.completedRecord() == nil, "\(name) is missing")
        try AtomicFile.write(try #require(contents[name]), to: folder.path.appending(name))
      }
      #expect(try folder.completedRecord() == RunRecord(json: result))

      for (name, text) in contents where name != "config.json" {
        try AtomicFile.write("\(text) ", to: folder.path.appending(name))
        #expect(try folder.completedRecord() == nil, "\(name) has changed")
        try AtomicFile.write(text, to: folder.path.appending(name))
        #expect(try folder.completedRecord() != nil)
      }
      for text in ["", "{", "{}", #"{"files": {}}"#, #"{"files": 3}"#] {
        try AtomicFile.write(text, to: folder.result)
        #expect(try folder.completedRecord() == nil, "\(text)")
      }
      // What another run left here says nothing about this one.
      var other = RunSpec.standard
      other.seed = 1
      var members = try #require(result.object)
      members["spec"] = other.resolved
      try AtomicFile.write(JSONValue.object(members).pretty, to: folder.result)
      #expect(try folder.completedRecord() == nil)
    }
  }

  @Test("The newest two checkpoints stay, counted from where the run is")
  func thinning() throws {
    try withRunFolder { folder in
      try Folder.create(folder.path)
      for step in [100, 90, 9, 1_000_000, 200] {
        try AtomicFile.write("", to: folder.checkpoint(at: step))
      }
      try AtomicFile.write("", to: folder.path.appending("ckpt-notes.txt"))
      #expect(
        try folder.checkpoints() == [1_000_000, 200, 100, 90, 9].map(folder.checkpoint(at:)),
        "by their steps, not by the order of writing"
      )
      // The two of later steps were found damaged: they must not push out those that are whole.
      try folder.thinCheckpoints(upTo: 100)
      #expect(
        try folder.checkpoints() == [1_000_000, 200, 100, 90].map(folder.checkpoint(at:))
      )
      try folder.thinCheckpoints(upTo: 1_000_000)
      #expect(try folder.checkpoints() == [1_000_000, 200].map(folder.checkpoint(at:)))
      try folder.thinCheckpoints(upTo: 1_000_000)
      #expect(try folder.checkpoints().count == 2)
      #expect(bytes(of: folder.path.appending("ckpt-notes.txt")) != nil, "nobody else's file")
    }
  }

  @Test("What a worker tells its supervisor comes back from its line")
  func progress() throws {
    let events: [RunProgress] = [
      .training(batch: 3, of: 10, loss: 0.6931, batchesPerSecond: 812.5), .evaluating, .finished,
      .ended,
    ]
    for event in events {
      #expect(RunProgress(json: try JSONValue(parsing: event.json.compact)) == event)
    }
    #expect(RunProgress(json: ["event": "training", "batch": 3]) == nil)
    #expect(RunProgress(json: ["event": "lunch"]) == nil)
    #expect(RunProgress(json: 3) == nil)
  }
}
