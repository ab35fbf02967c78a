import Files
import Foundation
import SystemPackage
import Testing

extension ToolTests {
  @Suite("What a run prints and leaves") struct ResultTests {
    static let measurements = [
      "r2.ood", "r2.ood.adam", "r2.ood.ols", "r2.ood.asPublished", "r2.id", "gain",
      "angle.encoding", "angle.decoder", "floor.untrained.r2.ood", "floor.encoder.r2.ood",
      "floor.shuffled.r2.ood",
    ]

    @Test("The ideal observer's result is printed like a network's, and found complete again")
    func idealObserver() throws {
      try withFolder { folder in
        let command = [
          "run", "--json", "--out", "out", "network.architecture=ideal", "tasks.count=2",
          "evaluation.trials=200", "evaluation.fits=1",
        ]
        let first = try Tool.run(command, in: folder)
        #expect(first.exitCode == 0 && first.errors.isEmpty, "\(first.errors)")
        let record = try first.record()
        #expect(record["outcome"] == "completed")
        #expect(record["violations"] == [])
        #expect(record["measurements"]?["r2.ood"]?["median"]?.double != nil)
        // Nothing was trained, so nothing else is left; a second call measures nothing again.
        let run = try RunOnDisk(record, in: folder.appending("out"))
        #expect(
          try run.names == [
            "attempts.jsonl", "config.json", "lock", "portrait.json", "result.json",
          ]
        )
        #expect(try Tool.run(command, in: folder).record() == record)
      }
    }

    @Test("--json prints result.json in one line, and its files are what it says")
    func json() throws {
      try withFolder { folder in
        let ended = try Tool.run(
          ["run", "--json", "--out", "out", "seed=7"] + SmallSpec.paperLike,
          in: folder
        )
        #expect(ended.exitCode == 0)
        #expect(ended.errors.isEmpty, "\(ended.errors)")
        let record = try ended.record()
        #expect(record["outcome"] == "completed")
        #expect(record["violations"] == [])

        let spec = try #require(record["spec"])
        #expect(spec["seed"] == 7)
        #expect(spec["training"]?["batches"] == 300)
        #expect(spec["network"]?["units"] == 16)
        #expect(spec["noise"]?["deviation"] == 0.2, "defaults are filled in")

        let training = try #require(record["training"])
        #expect(training["batches"] == 300)
        // Untrained answers cost ln 2, and 300 batches of this little network gain next to nothing.
        let loss = try #require(training["loss"]?.double)
        #expect(loss > 0.66 && loss < 0.7)
        for key in ["accuracy", "seconds", "millisecondsPerBatch"] {
          #expect(try #require(training[key]?.double, "\(key)") > 0)
        }
        for name in Self.measurements {
          let value = try #require(record["measurements"]?[name], "\(name)")
          let (lower, median, upper) = (value["lower"], value["median"], value["upper"])
          let quartiles = try [lower, median, upper].map { try #require($0?.double, "\(name)") }
          #expect(quartiles == quartiles.sorted(), "\(name)")
          let count = try #require(value["count"]?.int)
          // Over quadrants and fits, or over fits where there is no quadrant.
          #expect(name == "r2.id" || name == "angle.encoding" ? count == 2 : count == 8, "\(name)")
        }
        #expect(record["measurements"]?["r2.ood"]?["byOrthant"]?.array?.count == 4)
        for key in ["r2.any", "loss", "accuracy"] {
          #expect(record["ceilings"]?[key]?.double != nil, "\(key)")
        }
        for key in ["r2.id.linear", "r2.ood.linear"] {
          #expect(record["references"]?[key]?.double != nil, "\(key)")
        }
        let provenance = try #require(record["provenance"]?.object)
        for key in ["version", "commit", "rngScheme", "kernel", "host", "started", "attempts"] {
          #expect(provenance[key] != nil, "\(key)")
        }

        let run = try RunOnDisk(record, in: folder.appending("out"))
        #expect(try run.result() == record)
        #expect(try JSONValue(parsing: Array(run.bytes("config.json"))) == spec)
        let hashes = try #require(record["files"]?.object)
        for name in ["final.safetensors", "config.json", "metrics.jsonl"] {
          #expect(try hashes[name]?.string == sha256Hex(of: run.bytes(name)), "\(name)")
        }
        #expect(
          try run.names == [
            "attempts.jsonl", "config.json", "final.safetensors", "lock", "metrics.jsonl",
            "portrait.json", "result.json",
          ]
        )
        #expect(try run.records("metrics.jsonl").map { $0["step"] } == [100, 200, 300])
      }
    }

    @Test("The same command again does no work and prints the same")
    func again() throws {
      try withFolder { folder in
        let command = ["run", "--json", "--out", "out"] + SmallSpec.tiny
        let first = try Tool.run(command, in: folder)
        let files = try contents(of: folder)
        let second = try Tool.run(command, in: folder)
        #expect(second.exitCode == 0)
        #expect(try second.record() == first.record())
        #expect(second.output == first.output)
        #expect(try contents(of: folder) == files, "not even a log has grown")
      }
    }

    @Test("Lists and ranges give a run for every combination, in their order")
    func sweep() throws {
      try withFolder { folder in
        let spec = SmallSpec.changed(SmallSpec.tiny, ["tasks.count=2,3", "seed=0..1"])
        let ended = try Tool.run(["run", "--json", "--out", "out"] + spec, in: folder)
        #expect(ended.exitCode == 0)
        let records = try ended.records()
        #expect(records.map { $0["spec"]?["tasks"]?["count"] }.sortedTexts == ["2", "2", "3", "3"])
        #expect(records.map { $0["spec"]?["seed"] }.sortedTexts == ["0", "0", "1", "1"])
        #expect(Set(records.compactMap { $0["run"]?.string }).count == 4)
        for record in records {
          #expect(try RunOnDisk(record, in: folder.appending("out")).result() == record)
        }

        // For people: a table on standard output, the rest beside it, and no cursor movements
        // where nobody watches.
        let people = try Tool.run(["run", "--out", "out"] + spec, in: folder)
        #expect(people.exitCode == 0)
        #expect(people.output.contains("OOD r²"))
        #expect(people.errors.contains("done (4 of 4)"))
        #expect(people.errors.contains("results: out/rnn-d2-n3-s1-"), "\(people.errors)")
        #expect(!(people.output + people.errors).contains("\u{1B}"))

        let quiet = try Tool.run(["run", "--quiet", "--out", "out"] + spec, in: folder)
        #expect(quiet.exitCode == 0)
        #expect(quiet.errors.isEmpty)
      }
    }

    @Test(
      "Settings away from the paper's give a whole result",
      arguments: [
        ["noise.deviation=0"], ["encoder.kind=linearFree"], ["encoder.kind=relu"],
        ["network.activation=tanh", "network.timeConstant=250"], ["network.units=1"],
        ["tasks.count=7"], ["tasks.count=1"], ["timing.decision=2"], ["timing.delay=3"],
        ["timing.fixation=0"], ["training.batches=0"], ["training.batchSize=1"],
      ]
    )
    func settings(changes: [String]) throws {
      try withFolder { folder in
        let spec = SmallSpec.changed(SmallSpec.tiny, changes)
        let ended = try Tool.run(["run", "--json", "--out", "out"] + spec, in: folder)
        #expect(ended.exitCode == 0, "\(ended.errors)")
        let record = try ended.record()
        #expect(record["outcome"] == "completed")
        #expect(record["violations"] == [])
        let loss = try #require(record["training"]?["loss"]?.double)
        let floor = try #require(record["ceilings"]?["loss"]?.double)
        #expect(loss > floor - 0.01 && loss < 1)
        for name in Self.measurements {
          let value = try #require(record["measurements"]?[name], "\(name)")
          #expect(value["median"]?.double != nil || value["reason"]?.string != nil, "\(name)")
        }
        #expect(record["measurements"]?["floor.encoder.r2.ood"]?["median"]?.double != nil)
      }
    }

    @Test("Training that diverges is a result with a reason, and exit code 3, again and again")
    func diverged() throws {
      try withFolder { folder in
        let spec = [
          "training.learningRate=10", "training.batches=300", "evaluation.trials=50",
          "evaluation.fits=1",
        ]
        let ended = try Tool.run(["run", "--json", "--out", "out"] + spec, in: folder)
        #expect(ended.exitCode == 3)
        let record = try ended.record()
        #expect(record["outcome"] == "diverged")
        #expect(record["measurements"] == .null)
        #expect(record["reason"]?.string != nil)
        #expect(record["training"]?["loss"] == .null)
        #expect(record["training"]?["accuracy"] == .null)
        let reason = try #require(record["training"]?["reason"]?.string)
        #expect(reason.contains("not finite"))
        #expect(record["training"]?["lastFiniteLoss"]?.double != nil)
        let run = try RunOnDisk(record, in: folder.appending("out"))
        #expect(try run.result() == record)

        let files = try contents(of: folder)
        let again = try Tool.run(["run", "--json", "--out", "out"] + spec, in: folder)
        #expect(again.exitCode == 3)
        #expect(again.output == ended.output)
        #expect(try contents(of: folder) == files)

        // One that diverges does not keep the others from their end.
        let two = try Tool.run(
          ["run", "--json", "--out", "out"]
            + SmallSpec.changed(spec, ["training.learningRate=10,0.001"]),
          in: folder
        )
        #expect(two.exitCode == 3)
        #expect(try two.records().map { $0["outcome"] } == ["diverged", "completed"])
      }
    }
  }
}

extension [JSONValue?] {
  fileprivate var sortedTexts: [String] { map { $0?.compact ?? "missing" }.sorted() }
}
