import Files
import Foundation
import SystemPackage
import Testing

extension ToolTests {
  @Suite("Looking at dynamics") struct DynamicsCommandTests {
    static let figures = ["states", "eigenvalues", "amplification", "drift", "hold"]

    private static func train(_ changes: [String] = [], in folder: FilePath) throws -> String {
      let spec = SmallSpec.changed(SmallSpec.tiny, changes)
      let record = try Tool.run(["run", "--json"] + spec, in: folder).record()
      return "runs/\(try #require(record["run"]?.string))"
    }

    @Test("A page with its figures and the data behind them; again the same bytes")
    func page() throws {
      try withFolder { folder in
        let run = try Self.train(in: folder)
        let command = ["dynamics", run, "--out", "out", "--starts", "60"]
        let ended = try Tool.run(command, in: folder)
        #expect(ended.exitCode == 0, "\(ended.errors)")
        #expect(ended.output.contains("page: out/report.html"))
        #expect(ended.output.contains("slowDirections"), "\(ended.output)")
        let first = try contents(of: folder)
        let page = String(decoding: try #require(first["out/report.html"]), as: UTF8.self)
        for name in Self.figures {
          for ending in ["csv", "gp", "plotly.json"] {
            #expect(first["out/figures/\(name).\(ending)"] != nil, "\(name).\(ending)")
          }
          #expect(page.contains("id=\"\(name)\""))
        }
        #expect(!page.contains("NaN") && !page.contains("∞"))
        // Panels a and b have titles; their points look the same, and stand in the key once.
        let drawn = try JSONValue(
          parsing: Array(try #require(first["out/figures/eigenvalues.plotly.json"]))
        )
        let key = (drawn["data"]?.array ?? []).filter { $0["showlegend"] == true }
        #expect(key.compactMap { $0["name"]?.string } == ["unit circle", "eigenvalues"])
        #expect(try Tool.run(command, in: folder).output == ended.output)
        #expect(try contents(of: folder) == first)
      }
    }

    @Test(
      "--json has every part, for each recurrent network",
      arguments: [
        [], ["network.architecture=rnn"], ["network.architecture=lstm"],
        ["network.architecture=gru"],
        ["latent.dimensions=3", "tasks.boundaries=hyperplanes"],
      ]
    )
    func json(changes: [String]) throws {
      try withFolder { folder in
        let run = try Self.train(changes, in: folder)
        let ended = try Tool.run(
          ["dynamics", run, "--json", "--starts", "40", "--noise", "1"],
          in: folder
        )
        #expect(ended.exitCode == 0 && ended.errors.isEmpty, "\(ended.errors)")
        let found = try ended.record()
        let parts = [
          "fixedPoints", "slowPoints", "eigenvalues", "slowDirections", "timeConstants",
          "amplification", "alignment", "drift", "coverage", "hold", "verdict",
        ]
        for part in parts { #expect(found[part]?.object != nil, "\(part)") }
        #expect(found["starts"]?["moved"]?["count"]?.int == 40)
        let isGated = changes.contains { $0.hasSuffix("lstm") || $0.hasSuffix("gru") }
        let unit = try #require(found["amplification"]?["unitTimeConstant"])
        #expect((unit == .null) == isGated)
        #expect((found["amplification"]?["reason"]?.string != nil) == isGated)
        let fixed = try #require(found["fixedPoints"])
        let (converged, stalled) = (fixed["converged"]?.int, fixed["stalled"]?.int)
        #expect(try #require(converged) + (try #require(stalled)) == 40)
        for point in fixed["points"]?.array ?? [] {
          #expect(try #require(point["q"]?.double) <= 1e-18)
          #expect(point["trial"]?.int != nil && point["step"]?.int != nil)
        }
        let width = try #require(found["stateVariables"]?.int)
        let far = try #require(fixed["outlierPoints"]?.array)
        #expect(far.count == fixed["outliers"]?.int)
        for point in (fixed["points"]?.array ?? []) + far {
          #expect(point["state"]?.array?.count == width)
          #expect(point["eigenvalues"]?.array?.count == width && point["readAt"] != nil)
        }
        #expect(found["uncertainty"]?["isIdealObservers"] == true)
        #expect(found["uncertainty"]?["reason"] == .null)
        let kinds = ["attractor", "slowManifold", "neither"]
        #expect(kinds.contains(found["verdict"]?["kind"]?.string ?? ""))
        #expect(kinds.contains(found["verdict"]?["kindAtHalf"]?.string ?? ""))
        let minima = try #require(fixed["stalledAtMinimum"]?.int)
        #expect(minima <= (try #require(stalled)))
        #expect(found["hold"]?["steps"]?.array?.count == 8)
      }
    }

    @Test("A fourth of the searches starts beside the states, and every point says from where")
    func moved() throws {
      try withFolder { folder in
        let run = try Self.train(in: folder)
        func look(_ words: [String]) throws -> JSONValue {
          // So loose that every start is a point.
          let loose = ["dynamics", run, "--json", "--starts", "40", "--tolerance", "1"]
          return try Tool.run(loose + words, in: folder).record()
        }
        func points(_ found: JSONValue) -> [JSONValue] {
          found["fixedPoints"]?["points"]?.array ?? []
        }
        func sum(_ key: String, _ found: JSONValue) -> Int {
          points(found).reduce(0) { $0 + ($1[key]?.int ?? 0) }
        }
        let usual = try look([])
        #expect(usual["starts"]?["moved"]?["count"]?.int == 12)
        #expect(usual["starts"]?["moved"]?["deviations"]?.double == 2)
        #expect(points(usual).allSatisfy { $0["moved"]?.bool != nil })
        #expect((1...12).contains(sum("movedStarts", usual)))
        #expect(sum("movedStarts", usual) < sum("starts", usual))
        let still = try look(["--moved", "0"])
        #expect(still["starts"]?["moved"]?["count"]?.int == 0)
        #expect(sum("starts", still) > 0 && sum("movedStarts", still) == 0)
        #expect(points(still).allSatisfy { $0["moved"]?.bool == false })
        #expect(try look(["--moved", "0.5"])["starts"]?["moved"]?["count"]?.int == 22)
        #expect(usual["coverage"]?["searches"]?.int == 40)
        #expect(usual["coverage"]?["decidesTheName"]?.bool != nil)
      }
    }

    @Test(
      "What is near the trials, and which points are one, doesn't turn on the number of searches"
    )
    func fewStarts() throws {
      try withFolder { folder in
        let run = try Self.train(in: folder)
        // So loose that every start is a slow point: some moved ones lie far out.
        func look(_ starts: Int) throws -> JSONValue {
          try Tool.run(
            [
              "dynamics", run, "--json", "--starts", "\(starts)", "--tolerance", "1e9",
              "--outliers", "2",
            ],
            in: folder
          ).record()["fixedPoints"] ?? .null
        }
        func trials(_ found: JSONValue, _ key: String) throws -> Set<Int> {
          Set(try #require(found[key]?.array).compactMap { $0["trial"]?.int })
        }
        let (few, many) = (try look(60), try look(400))
        let first = Set(0..<60)
        for key in ["points", "outlierPoints"] {
          let found = try trials(few, key)
          #expect(!found.isEmpty, "\(key)")
          #expect(found == (try trials(many, key)).intersection(first), "\(key)")
        }
      }
    }

    @Test("Where no ideal observer is known, none is quoted")
    func standIn() throws {
      try withFolder { folder in
        let run = try Self.train(["noise.place=after"], in: folder)
        let ended = try Tool.run(
          ["dynamics", run, "--json", "--out", "out", "--starts", "20"],
          in: folder
        )
        let found = try ended.record()
        #expect(found["uncertainty"]?["isIdealObservers"] == false)
        #expect(found["uncertainty"]?["value"]?.double == 0.05)
        #expect(found["uncertainty"]?["reason"]?.string != nil)
        let bytes = try #require(contents(of: folder)["out/report.html"])
        let page = String(decoding: bytes, as: UTF8.self)
        #expect(!page.contains("deal observer is"))
        #expect(page.contains("a doubt of 0.05 (it stands in"))
      }
    }

    @Test("What repeats a page is quoted, and says --noise 0, which takes the states alone")
    func repeated() throws {
      try withFolder { folder in
        let run = try Self.train(in: folder)
        func look(_ words: [String]) throws -> JSONValue {
          try Tool.run(["dynamics", run, "--json", "--starts", "20"] + words, in: folder).record()
        }
        let still = try look(["--noise", "0", "--out", "o w"])
        #expect(still == (try look(["--moved", "0"])))
        #expect(still["starts"]?["moved"]?["count"]?.int == 0)
        let bytes = try #require(contents(of: folder)["o w/report.html"])
        let page = String(decoding: bytes, as: UTF8.self)
        #expect(page.contains("--noise 0") && !page.contains("--out o w"))
      }
    }

    @Test("Captions of gated networks and of other than two latents say what was drawn")
    func captions() throws {
      try withFolder { folder in
        func page(_ changes: [String]) throws -> String {
          let run = try Self.train(changes, in: folder)
          _ = try Tool.run(["dynamics", run, "--out", run + "-out", "--starts", "20"], in: folder)
          let bytes = try #require(contents(of: folder)[run + "-out/report.html"])
          return String(decoding: bytes, as: UTF8.self)
        }
        let gated = try page(["network.architecture=gru"])
        #expect(gated.contains("over one step (dt = ") && gated.contains("time constant τ/dt"))
        #expect(!gated.contains("unit alone (") && !gated.contains("τ/τ_unit"))
        #expect(gated.contains("by the quadrant of the latents"))
        #expect(gated.contains("this is a lower bound"))
        let solid = try page(["latent.dimensions=3", "tasks.boundaries=hyperplanes"])
        #expect(solid.contains("unit alone (") && solid.contains("τ/τ_unit"))
        #expect(
          !solid.contains("by the quadrant") && solid.contains("by the sign of the first latent")
        )
        #expect(solid.contains("Drift is drawn for two latents alone"))
      }
    }

    @Test("An exported subject has the dynamics of its run")
    func subject() throws {
      try withFolder { folder in
        let run = try Self.train(in: folder)
        _ = try Tool.run(["export", run, "--out", "net.safetensors"], in: folder)
        func look(_ path: String) throws -> [String: JSONValue] {
          let ended = try Tool.run(["dynamics", path, "--json", "--starts", "20"], in: folder)
          var found = try #require(try ended.record().object)
          found["run"] = nil
          return found
        }
        #expect(try look(run) == look("net.safetensors"))
        // Who reads JSON asks for a page by its directory.
        #expect(
          try !contents(of: folder).keys.contains {
            $0.hasSuffix("report.html") && $0.contains("dynamics")
          }
        )
      }
    }

    @Test("A transformer has no fixed points, and says so")
    func transformer() throws {
      try withFolder { folder in
        let run = try Self.train(
          ["network.architecture=gpt2", "network.heads=2", "training.batches=20"],
          in: folder
        )
        let ended = try Tool.run(["dynamics", run, "--json", "--out", "out"], in: folder)
        #expect(ended.exitCode == 0, "\(ended.errors)")
        let found = try ended.record()
        #expect(found["fixedPoints"] == .null)
        #expect(found["reason"]?.string?.contains("no fixed points are claimed") == true)
        let geometry = try #require(found["geometry"]?.array)
        #expect(geometry.count == 4)
        // The last step shows nothing but that an answer is asked for: its value is the same always.
        let constant = try #require(geometry.last)
        for key in ["componentShares", "participationRatio", "angle.encoding"] {
          #expect(constant[key] == .null, "\(key)")
        }
        #expect(constant["reason"]?.string == "these vectors are the same in every trial")
        for part in geometry.dropLast() {
          let isRead = try #require(part["r2.id"]?.double) >= 0.1
          #expect((part["angle.encoding"]?.array?.count == 1) == isRead)
          #expect((part["reason"] == .null) == isRead)
          #expect(part["componentShares"]?.array?.isEmpty == false)
        }
        let files = try contents(of: folder)
        let drawn = String(decoding: try #require(files["out/figures/variance.csv"]), as: UTF8.self)
        #expect(drawn.contains("states, decision") && !drawn.contains("values, decision"))
        let page = String(decoding: try #require(files["out/report.html"]), as: UTF8.self)
        #expect(page.contains("as the same in every trial: values at the decision"))
        let text = try Tool.run(["dynamics", run, "--out", "out"], in: folder).output
        #expect(text.contains("encoding axes at –") && !text.contains("at °"))
        let noted = try Tool.run(
          ["dynamics", run, "--out", "out", "--noise", "6", "--starts", "9"],
          in: folder
        )
        #expect(noted.errors.contains("--starts, --noise means nothing here"), "\(noted.errors)")
      }
    }

    @Test("A checkpoint of a run that was stopped can be looked at")
    func checkpoint() throws {
      try withFolder { folder in
        let spec = SmallSpec.changed(SmallSpec.tiny, ["training.batches=1000000"])
        let running = try RunningTool(
          ["run", "--checkpoint-every", "0.1"] + spec,
          in: folder
        )
        try running.wait(for: "a checkpoint") {
          (RunOnDisk(in: folder.appending("runs"))?.newestCheckpoint ?? 0) > 0
        }
        running.signal(SIGTERM)
        _ = try running.end()
        let run = try #require(RunOnDisk(in: folder.appending("runs")))
        let batch = String(run.newestCheckpoint)
        let look = ["dynamics", run.path.string, "--json", "--starts", "20", "--out", "out"]
        #expect(try Tool.run(look, in: folder).exitCode == 75)
        let ended = try Tool.run(look + ["--checkpoint", batch], in: folder)
        #expect(ended.exitCode == 0, "\(ended.errors)")
        let other = try Tool.run(look + ["--checkpoint", "1"], in: folder)
        #expect(other.exitCode == 66 && other.errors.contains(batch), "\(other.errors)")
      }
    }

    @Test("What has no dynamics is refused by its name and an exit code")
    func refusals() throws {
      try withFolder { folder in
        func look(_ words: [String]) throws -> Ended {
          try Tool.run(["dynamics"] + words, in: folder)
        }
        let memoryless = try Self.train(["network.architecture=feedForward"], in: folder)
        let refused = try look([memoryless])
        #expect(refused.exitCode == 78)
        #expect(refused.errors.contains("E-DYNAMICS-MEMORYLESS"), "\(refused.errors)")

        try FileManager.default.createDirectory(
          atPath: folder.appending("empty").string,
          withIntermediateDirectories: true
        )
        #expect(try look(["empty"]).exitCode == 66)
        #expect(try look(["nowhere"]).exitCode == 66)
        try write("no weights", to: folder.appending("text.safetensors"))
        #expect(try look(["text.safetensors"]).exitCode == 65)
        let lost = try look([memoryless, "--checkpoint", "7"])
        #expect(lost.exitCode == 66 && lost.errors.contains("E-DYNAMICS-CHECKPOINT"))
        for words in [
          ["--starts", "0"], ["--starts", "many"], ["--noise", "-1"], ["--tolerance", "0"],
          ["--uniqueness", "nan"], ["--outliers", "0"], ["--iterations", "0"],
          ["--leaps", "-1"], ["--moved", "2"], ["--moved", "0.5", "--noise", "6"],
          ["--checkpoint", "-1"], ["--out", ""],
        ] {
          #expect(try look([memoryless] + words).exitCode == 64, "\(words)")
        }
        #expect(try look([]).exitCode == 64)
      }
    }
  }
}
