import Experiments
import Files
import Foundation
import SystemPackage
import Testing

@Suite("Runs, start to end") struct RunTests {
  /// Over in some tens of milliseconds.
  private static func spec(_ pairs: [String] = []) throws -> RunSpec {
    let small = [
      "tasks.count=12", "encoder.kind=none", "timing.fixation=0", "timing.stimulus=2",
      "network.units=6", "evaluation.trials=20", "evaluation.fits=1", "training.batches=40",
    ]
    let keys = pairs.map { $0.prefix { $0 != "=" } }
    let rest = small.filter { pair in !keys.contains(pair.prefix { $0 != "=" }) }
    let runs = try SweepExpansion(overrides: SpecOverride.parse(rest + pairs)).runs
    try #require(runs.count == 1)
    return runs[0]
  }

  // At an interval of 0 there is a checkpoint for each batch.
  @discardableResult
  private static func record(
    _ spec: RunSpec,
    in folder: RunFolder,
    interval: Double = 5,
    report: (RunProgress) -> Void = { _ in }
  ) throws -> RunRecord {
    var run = Run(spec, in: folder)
    run.checkpointInterval = interval
    switch try run.execute(report: report) {
    case .completed(let record), .diverged(let record): return record
    case .stopped: throw Stopped()
    }
  }

  private struct Stopped: Error {}

  /// What must be the same after whatever happened on the way.
  private struct Essence: Equatable {
    let weights: Data
    let measurements: JSONValue
    let log: [JSONValue]

    init(_ folder: RunFolder) throws {
      weights = try #require(bytes(of: folder.final))
      measurements = try #require(try JSONValue(contentsOf: folder.result)["measurements"])
      log = try AppendOnlyLog.records(in: folder.metrics).map { record in
        var members = try #require(record.object)
        members["seconds"] = nil
        return .object(members)
      }
    }
  }

  private static func undisturbed(_ spec: RunSpec) throws -> Essence {
    try withRunFolder { folder in
      try record(spec, in: folder)
      return try Essence(folder)
    }
  }

  @Test("A run trains, then measures, and a run that is done does neither again")
  func twice() throws {
    try withRunFolder { folder in
      var progress: [RunProgress] = []
      let spec = try Self.spec(["training.batches=250"])
      let record = try Self.record(spec, in: folder) { progress.append($0) }
      #expect(record.outcome == "completed" && record.name == spec.runName)
      #expect(progress.last == .evaluating && progress.count >= 2)
      guard case .training(1, of: 250, let loss, _)? = progress.first else {
        Issue.record("it began with \(progress)")
        return
      }
      // Untrained answers cost about ln 2.
      #expect((loss - 0.693).magnitude < 0.2)
      let log = try AppendOnlyLog.records(in: folder.metrics)
      #expect(log.map { $0["step"] } == [100, 200], "a record is the mean of 100 whole batches")

      let again = try Self.record(spec, in: folder) { _ in Issue.record("it works again") }
      #expect(again == record)
      #expect(try AppendOnlyLog.records(in: folder.attempts).count == 2)
      let other = try Self.spec(["seed=1"])
      #expect(throws: RunError.self) { try Self.record(other, in: folder) }
    }
  }

  @Test("Where no batch is trained the subject is the untrained one")
  func noTraining() throws {
    try withRunFolder { folder in
      let record = try Self.record(try Self.spec(["training.batches=0"]), in: folder)
      let measurements = try #require(record.json["measurements"])
      for name in ["r2.ood", "r2.ood.adam", "r2.ood.asPublished", "r2.id"] {
        #expect(measurements[name] == measurements["floor.untrained.\(name)"], "\(name)")
      }
      #expect(measurements["r2.ood"] != measurements["floor.encoder.r2.ood"])
      #expect(record.json["training"]?["millisecondsPerBatch"] == .null)
      #expect(record.json["training"]?["reason"]?.string != nil)
      #expect(try AppendOnlyLog.records(in: folder.metrics).isEmpty)
    }
  }

  @Test("How often checkpoints are written changes nothing, and none is left at the end")
  func checkpointInterval() throws {
    let spec = try Self.spec()
    let expected = try Self.undisturbed(spec)
    try withRunFolder { folder in
      try Self.record(spec, in: folder, interval: 0)
      #expect(try Essence(folder) == expected)
      #expect(try folder.checkpoints().isEmpty)
    }
  }

  @Test(
    "Whichever request to the system fails, the run goes on afterwards to the same bytes",
    arguments: [
      // A checkpoint for every batch, or a record of the log and a checkpoint at the end.
      (batches: 5, interval: 0.0), (batches: 104, interval: 1e9),
    ]
  )
  func faults(batches: Int, interval: Double) throws {
    let spec = try Self.spec(["training.batches=\(batches)"])
    let all = FaultPlan()
    let expected = try withRunFolder { folder in
      try FaultPlan.$current.withValue(all) {
        _ = try Self.record(spec, in: folder, interval: interval)
      }
      return try Essence(folder)
    }
    // Every fifth: a file takes six requests, so each kind of them is met somewhere.
    for number in stride(from: 1, through: all.requests, by: 5) {
      try withRunFolder { folder in
        let plan = FaultPlan(failingAt: number, with: .noSpace, lasting: true)
        do {
          try FaultPlan.$current.withValue(plan) {
            _ = try Self.record(spec, in: folder, interval: interval)
          }
          // Removing is never refused, and there is nothing else to do behind the result.
          #expect(bytes(of: folder.result) != nil, "request \(number)")
        } catch let error as FileError {
          #expect(error.exitCode == 74, "request \(number): \(error)")
        }
        let wasDone = bytes(of: folder.result) != nil
        try Self.record(spec, in: folder, interval: interval)
        #expect(try Essence(folder) == expected, "request \(number)")
        let names = try Folder.names(in: folder.path)
        #expect(!names.contains { $0.hasPrefix(".") }, "request \(number): \(names)")
        // Whoever is stopped behind the result leaves checkpoints, which nothing needs.
        #expect(try wasDone || folder.checkpoints().isEmpty, "request \(number): \(names)")
      }
    }
  }

  /// Stops a run in its training as a full disk would: with its newest two checkpoints there.
  private func stopEarly(_ spec: RunSpec, in folder: RunFolder, requests: Int) throws {
    let plan = FaultPlan(failingAt: requests, with: .noSpace, lasting: true)
    FaultPlan.$current.withValue(plan) {
      _ = #expect(throws: FileError.self) { try Self.record(spec, in: folder, interval: 0) }
    }
    try #require(try folder.checkpoints().count == 2, "stopped in the middle of training")
  }

  @Test("Where both checkpoints are damaged a run begins anew, and keeps what it then saves")
  func bothDamaged() throws {
    let spec = try Self.spec()
    let expected = try Self.undisturbed(spec)
    try withRunFolder { folder in
      try stopEarly(spec, in: folder, requests: 250)
      let damaged = try folder.checkpoints()
      for path in damaged {
        var content = try #require(bytes(of: path))
        content[content.count - 5] ^= 1
        try content.write(to: URL(fileURLWithPath: path.string))
      }
      // Stopped again before it has come as far as those: what it saved must be there.
      let plan = FaultPlan(failingAt: 130, with: .noSpace, lasting: true)
      FaultPlan.$current.withValue(plan) {
        _ = #expect(throws: FileError.self) { try Self.record(spec, in: folder, interval: 0) }
      }
      let whole = try folder.checkpoints().filter { !damaged.contains($0) }
      #expect(whole.count == 2, "\(whole)")

      try Self.record(spec, in: folder, interval: 0)
      #expect(try Essence(folder) == expected)
      let starts = try AppendOnlyLog.records(in: folder.attempts).filter {
        $0["event"] == "start"
      }
      let batches = starts.compactMap { $0["batch"]?.int }
      try #require(batches.count == 3)
      #expect(batches[0] == 0 && batches[1] == 0 && batches[2] > 0, "\(batches)")
      #expect(try folder.checkpoints().isEmpty)
    }
  }

  @Test("A checkpoint of another spec is left aside")
  func foreignCheckpoint() throws {
    let spec = try Self.spec()
    let expected = try Self.undisturbed(spec)
    try withRunFolder { folder in
      try withRunFolder { other in
        try stopEarly(try Self.spec(["seed=1"]), in: other, requests: 250)
        try folder.prepare(for: spec)
        for path in try other.checkpoints() {
          let name = try #require(path.lastComponent)
          try #require(bytes(of: path))
            .write(to: URL(fileURLWithPath: folder.path.appending(name).string))
        }
      }
      try Self.record(spec, in: folder)
      #expect(try Essence(folder) == expected)
    }
  }

  @Test("A result whose files have changed is made again, to the same bytes")
  func changedFiles() throws {
    let spec = try Self.spec()
    try withRunFolder { folder in
      let first = try Self.record(spec, in: folder)
      let expected = try Essence(folder)
      for path in [folder.final, folder.portrait, folder.result] {
        let whole = try #require(bytes(of: path))
        try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: path.string))
        let again = try Self.record(spec, in: folder)
        #expect(try Essence(folder) == expected)
        #expect(again.json["measurements"] == first.json["measurements"])
        #expect(bytes(of: path)?.count ?? 0 > whole.count / 2)
      }
    }
  }

  @Test("A loss that is not finite ends the run with a reason and no measurement")
  func diverged() throws {
    try withRunFolder { folder in
      let spec = try Self.spec([
        "training.learningRate=10", "network.units=64", "timing.stimulus=20",
      ])
      let record = try Self.record(spec, in: folder, interval: 0)
      #expect(record.isDiverged)
      #expect(record.json["measurements"] == .null && record.json["reason"]?.string != nil)
      let training = try #require(record.json["training"])
      #expect(training["loss"] == .null && training["accuracy"] == .null)
      let batch = try #require(training["batches"]?.int)
      #expect(batch > 0 && batch < 40)
      #expect(training["reason"] == .string("the loss of batch \(batch) is not finite"))
      #expect(try Self.record(spec, in: folder) == record, "it is a result")

      // The same after a kill, although the weights of the last checkpoint may be broken already.
      try Folder.removeFile(folder.result)
      let again = try Self.record(spec, in: folder)
      #expect(again.json["training"]?["batches"]?.int == batch)
    }
  }
}
