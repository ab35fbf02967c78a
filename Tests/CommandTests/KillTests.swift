import Files
import Foundation
import SystemPackage
import TestSupport
import Testing

extension ToolTests {
  @Suite("Killed, stopped, and going on", .serialized) struct KillTests {
    /// Trains for a second or two where nothing stops it.
    static let spec = SmallSpec.changed(SmallSpec.tiny, ["training.batches=60000"])

    /// Is trained in an instant, and then measured for a second or two.
    static let longMeasured = SmallSpec.changed(
      SmallSpec.tiny,
      ["evaluation.trials=500", "evaluation.fits=20"]
    )

    /// By its whole path, which then stands among the arguments of the workers.
    static func command(
      in folder: FilePath,
      _ spec: [String] = spec,
      checkpointEvery seconds: String = "0.05"
    ) -> [String] {
      ["run", "--out", folder.appending("out").string, "--checkpoint-every", seconds] + spec
    }

    /// The same with a checkpoint after each batch, which takes many times as long as the batch:
    /// on no machine has the run ended before its signal comes.
    static func slowCommand(in folder: FilePath, _ spec: [String] = spec) -> [String] {
      command(in: folder, spec, checkpointEvery: "0")
    }

    /// What the run gives that nobody disturbs.
    static let undisturbed = Result { try essence(of: spec) }

    private static func essence(of spec: [String]) throws -> Essence {
      try withFolder { folder in
        try #require(try Tool.run(command(in: folder, spec), in: folder).exitCode == 0)
        return try #require(RunOnDisk(in: folder.appending("out"))).essence()
      }
    }

    /// Lets the run go on to its end and compares it with the undisturbed one.
    @discardableResult
    private func goOn(
      _ spec: [String] = spec,
      in folder: FilePath,
      to undisturbed: Result<Essence, any Error> = undisturbed,
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Ended {
      let ended = try Tool.run(Self.command(in: folder, spec), in: folder)
      #expect(ended.exitCode == 0, "\(ended.errors)", sourceLocation: sourceLocation)
      let run = try #require(RunOnDisk(in: folder.appending("out")))
      try run.essence().expectSame(as: try undisturbed.get(), sourceLocation: sourceLocation)
      #expect(
        try run.names == [
          "attempts.jsonl", "config.json", "final.safetensors", "lock", "metrics.jsonl",
          "portrait.json", "result.json",
        ],
        "nothing half-written is left",
        sourceLocation: sourceLocation
      )
      return ended
    }

    @Test("After ten kills at random moments the bytes are those of an undisturbed run")
    func tenKills() throws {
      try withFolder { folder in
        let out = folder.appending("out")
        var random = PlainRandom(seed: 20_250_424)
        var batches = [0]
        for _ in 0..<10 {
          let tool = try RunningTool(Self.slowCommand(in: folder), in: folder)
          // Later than the last kill, so that each of them meets another state and another place in
          // the log, which has a record for every hundred batches.
          try tool.wait(for: "a later checkpoint") {
            (RunOnDisk(in: out)?.newestCheckpoint ?? 0) > batches[batches.count - 1] + 70
          }
          usleep(UInt32(random.uniform(from: 0, to: 40_000)))
          tool.signalGroup(SIGKILL)
          #expect(try tool.end().exitCode == 137)
          try waitForWorkersToEnd(in: folder)
          batches.append(try #require(RunOnDisk(in: out)).newestCheckpoint)
        }
        #expect(zip(batches, batches.dropFirst()).allSatisfy { $0 < $1 }, "\(batches)")
        #expect(batches[10] < 60_000, "the last kill was in time")
        let run = try #require(RunOnDisk(in: out))
        #expect(!run.has("result.json"))

        try goOn(in: folder)
        let steps = try run.records("metrics.jsonl").map { $0["step"]?.int }
        #expect(steps == Array(stride(from: 100, through: 60_000, by: 100)))
        let seconds = try run.records("metrics.jsonl").compactMap { $0["seconds"]?.double }
        #expect(seconds.count == steps.count && seconds == seconds.sorted())
        #expect(try run.result()["provenance"]?["attempts"] == 11)
        #expect(
          try run.records("attempts.jsonl").count { $0["event"] == "start" } == 11,
          "each attempt is on record"
        )
      }
    }

    @Test("Kills before the first batch and while it measures change nothing either")
    func earlyAndLateKills() throws {
      try withFolder { folder in
        let out = folder.appending("out")
        let spec = Self.longMeasured
        var random = PlainRandom(seed: 1)
        for _ in 0..<4 {
          let tool = try RunningTool(Self.command(in: folder, spec), in: folder)
          usleep(UInt32(random.uniform(from: 0, to: 30_000)))
          tool.signalGroup(SIGKILL)
          _ = try tool.end()
          try waitForWorkersToEnd(in: folder)
        }
        let tool = try RunningTool(Self.command(in: folder, spec), in: folder)
        try tool.wait(for: "the final weights") {
          RunOnDisk(in: out)?.has("final.safetensors") ?? false
        }
        tool.signalGroup(SIGKILL)
        #expect(try tool.end().exitCode == 137)
        try waitForWorkersToEnd(in: folder)
        let run = try #require(RunOnDisk(in: out))
        #expect(!run.has("result.json"))
        #expect(run.newestCheckpoint == 300)

        try goOn(spec, in: folder, to: Result { try Self.essence(of: spec) })
        let training = try run.result()["training"]
        #expect(training?["millisecondsPerBatch"] == .null)
        #expect(training?["reason"]?.string != nil)
      }
    }

    @Test("Ctrl-C saves, says how to go on and ends with 130; then it goes on")
    func interrupt() throws {
      try withFolder { folder in
        let tool = try startTraining(in: folder)
        tool.signalGroup(SIGINT)
        try expectStopped(tool, exitCode: 130, in: folder)
        try goOn(in: folder)
      }
    }

    @Test(
      "A signal to the supervisor alone stops its workers too, with everything saved",
      arguments: [SIGTERM: Int32(143), SIGUSR1: 75]
    )
    func terminate(signal: Int32, exitCode: Int32) throws {
      try withFolder { folder in
        let tool = try startTraining(in: folder)
        tool.signal(signal)
        try expectStopped(tool, exitCode: exitCode, in: folder)
        #expect(processes(naming: folder).isEmpty, "its workers ended before it")
        try goOn(in: folder)
      }
    }

    @Test("Workers whose supervisor was killed save and end by themselves")
    func orphans() throws {
      try withFolder { folder in
        let tool = try startTraining(in: folder)
        #expect(processes(naming: folder).count == 2, "the supervisor and one worker")
        tool.signal(SIGKILL)
        #expect(try tool.end().exitCode == 137)
        try waitForWorkersToEnd(in: folder)
        let run = try #require(RunOnDisk(in: folder.appending("out")))
        #expect(run.newestCheckpoint > 0 && !run.has("result.json"))
        try goOn(in: folder)
      }
    }

    @Test("Nobody waits for measurements to end: a signal cuts them off, and the weights are safe")
    func interruptedMeasurements() throws {
      try withFolder { folder in
        // These measurements would take minutes.
        let spec = SmallSpec.changed(
          SmallSpec.tiny,
          ["evaluation.trials=1000000", "evaluation.fits=100"]
        )
        let tool = try RunningTool(Self.command(in: folder, spec), in: folder)
        try tool.wait(for: "the final weights") {
          RunOnDisk(in: folder.appending("out"))?.has("final.safetensors") ?? false
        }
        tool.signal(SIGTERM)
        let ended = try tool.end(seconds: 60)
        #expect(ended.exitCode == 143)
        #expect(ended.errors.contains("to go on"))
        #expect(processes(naming: folder).isEmpty)
        let run = try #require(RunOnDisk(in: folder.appending("out")))
        #expect(run.newestCheckpoint == 300 && !run.has("result.json"))
      }
    }

    @Test(
      "A damaged newest checkpoint is left aside with a warning, and the bytes are the same",
      arguments: ["flipped", "truncated", "emptied"]
    )
    func damagedCheckpoint(how: String) throws {
      try withFolder { folder in
        let out = folder.appending("out")
        let tool = try RunningTool(Self.slowCommand(in: folder), in: folder)
        try tool.wait(for: "two checkpoints") { (RunOnDisk(in: out)?.checkpoints.count ?? 0) >= 2 }
        tool.signalGroup(SIGKILL)
        _ = try tool.end()
        try waitForWorkersToEnd(in: folder)

        let run = try #require(RunOnDisk(in: out))
        let newest = try #require(run.checkpoints.last)
        var bytes = try run.bytes(newest)
        switch how {
        case "flipped": bytes[bytes.count * 2 / 3] ^= 0x10
        case "truncated": bytes.removeLast(bytes.count / 3)
        default: bytes = Data()
        }
        try bytes.write(to: URL(fileURLWithPath: run.path.appending(newest).string))
        let older = try #require(run.checkpoints.dropLast().last.map { $0.filter(\.isNumber) })

        let ended = try goOn(in: folder)
        let warning = ended.errors.split(separator: "\n").first { $0.hasPrefix("warning[E-") }
        #expect(warning?.contains(newest) ?? false, "\(ended.errors)")
        let starts = try run.records("attempts.jsonl").filter { $0["event"] == "start" }
        #expect(starts.last?["batch"]?.int == Int(older), "from the one before")
      }
    }

    @Test("Who comes second to a directory is told who has it, with exit code 75")
    func locked() throws {
      try withFolder { folder in
        let spec = SmallSpec.changed(SmallSpec.tiny, ["training.batches=100000000"])
        let tool = try startTraining(spec, in: folder)
        let run = try #require(RunOnDisk(in: folder.appending("out")))
        let holder = try JSONValue(parsing: Array(run.bytes("lock")))
        let pid = try #require(holder["pid"]?.int)

        let worker = try RunningTool(
          ["worker", run.path.string],
          in: folder,
          keepsInputOpen: true
        ).end()
        let supervisor = try Tool.run(Self.command(in: folder, spec), in: folder)
        for second in [worker, supervisor] {
          #expect(second.exitCode == 75)
          #expect(second.errors.contains("error[E-LOCK-HELD]: "), "\(second.errors)")
          #expect(second.errors.contains("process \(pid) on "), "\(second.errors)")
          #expect(second.errors.contains(". MEND: wait until it is done"), "\(second.errors)")
          #expect(!second.errors.contains("done (1 of 1)"), "\(second.errors)")
        }
        #expect(try JSONValue(parsing: Array(run.bytes("lock"))) == holder)
        #expect(tool.isRunning, "the first is not disturbed")
        tool.signalGroup(SIGINT)
        #expect(try tool.end().exitCode == 130)
      }
    }

    /// Starts a run and waits until it trains.
    private func startTraining(
      _ spec: [String] = spec,
      in folder: FilePath
    ) throws -> RunningTool {
      let tool = try RunningTool(Self.slowCommand(in: folder, spec), in: folder)
      try tool.wait(for: "the first records") {
        let run = RunOnDisk(in: folder.appending("out"))
        return try run.map { try $0.has("metrics.jsonl") && !$0.bytes("metrics.jsonl").isEmpty }
          ?? false
      }
      return tool
    }

    private func expectStopped(
      _ tool: RunningTool,
      exitCode: Int32,
      in folder: FilePath
    ) throws {
      let ended = try tool.end()
      #expect(ended.exitCode == exitCode, "\(ended.errors)")
      #expect(ended.errors.contains("to go on, give the same command again"), "\(ended.errors)")
      #expect(!ended.errors.contains("done (1 of 1)"), "\(ended.errors)")
      let run = try #require(RunOnDisk(in: folder.appending("out")))
      #expect(!run.has("result.json"))
      let end = try #require(try run.records("attempts.jsonl").last)
      #expect(end["event"] == "end" && end["reason"] == "stopped")
      // Nothing is lost: the checkpoint is that of the last batch.
      #expect(end["batch"]?.int == run.newestCheckpoint)
    }

    private func waitForWorkersToEnd(in folder: FilePath) throws {
      let start = ContinuousClock.now
      while !processes(naming: folder).isEmpty {
        try #require(ContinuousClock.now - start < .seconds(50), "a worker goes on alone")
        usleep(2000)
      }
    }
  }
}

/// The command lines of all processes that name a directory among their arguments.
private func processes(naming folder: FilePath) -> [String] {
  #if os(Linux)
  let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
  return names.filter { Int32($0) != nil }.compactMap { name in
    // Of a process that has just ended there is nothing to read.
    FileManager.default.contents(atPath: "/proc/\(name)/cmdline")
      .map { String(decoding: $0, as: UTF8.self) }
  }.filter { $0.contains(folder.string) }
  #else
  let process = Process()
  let pipe = Pipe()
  process.executableURL = URL(fileURLWithPath: "/bin/ps")
  process.arguments = ["-axww", "-o", "args="]
  process.standardOutput = pipe
  guard (try? process.run()) != nil else { return [] }
  let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  process.waitUntilExit()
  return text.split(separator: "\n").map(String.init).filter { $0.contains(folder.string) }
  #endif
}
