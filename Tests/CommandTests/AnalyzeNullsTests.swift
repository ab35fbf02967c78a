import Files
import Foundation
import SystemPackage
import Testing

extension ToolTests {
  @Suite("What analyze says of chance, and of single values") struct AnalyzeNullsTests {
    typealias World = AnalyzeTests.World

    private func command(_ folder: FilePath, _ flags: [String]) throws -> [String] {
      let world = World()
      try world.writeStates("states.npy", in: folder)
      try world.writeFactors("factors.csv", in: folder) { ["a", "b", "c"][$0 % 3] }
      return ["analyze", "states.npy", "factors.csv"] + flags
    }

    @Test("--score-shuffles gives every slow null so many draws, and from forty on their bounds")
    func scoreShuffles() throws {
      try withFolder { folder in
        let flags = ["--shuffles", "12", "--score-shuffles", "40", "--compare", "states.npy"]
        let ended = try Tool.run(
          try command(folder, flags + ["--json", "--out", "out"]),
          in: folder
        )
        #expect(ended.exitCode == 0, "\(ended.errors)")
        let result = try ended.record()
        for key in [
          "accuracy.ood", "accuracy.id", "ccgp", "parallelism", "parallelism.best", "mig",
          "selectivity.linear", "cka", "rsa", "rsa.euclidean", "rsa.correlation", "pca.explained",
        ] {
          let null = result["measurements"]?[key]?["null"]
          #expect(null?["count"] == 40, "\(key)")
          let bounds = null?["bounds"]
          let (lower, upper) = (bounds?["lower"]?.double, bounds?["upper"]?.double)
          #expect(try #require(lower) <= (try #require(null?["lower"]?.double)), "\(key)")
          #expect(try #require(upper) >= (try #require(null?["upper"]?.double)), "\(key)")
        }
        #expect(result["measurements"]?["r2.ood"]?["null"]?["count"] == 12)
        #expect(result["measurements"]?["r2.ood"]?["null"]?["bounds"] == nil)
        // Of forty draws none is as like.
        #expect(result["measurements"]?["cka"]?["null"]?["probability"]?.double == 1.0 / 41)
        #expect(result["settings"]?["scoreShuffles"] == 40)
        let page = try #require(try contents(of: folder)["out/report.html"])
        #expect(String(decoding: page, as: UTF8.self).contains("--score-shuffles 40"))
        #expect(
          try Tool.run(try command(folder, ["--score-shuffles", "0"]), in: folder).exitCode == 64
        )
      }
    }

    @Test("The largest seed is told as it was given")
    func largestSeed() throws {
      try withFolder { folder in
        let seed = "18446744073709551615"
        let flags = ["--shuffles", "1", "--score-shuffles", "1", "--json", "--seed"]
        let ended = try Tool.run(try command(folder, flags + [seed]), in: folder)
        #expect(try ended.record()["settings"]?["seed"] == .string(seed))
        let plain = try Tool.run(try command(folder, flags + ["7"]), in: folder)
        #expect(try plain.record()["settings"]?["seed"] == 7)
      }
    }

    @Test("Quartiles stand where there is more than one value; a single one has its interval")
    func singleValues() throws {
      try withFolder { folder in
        let flags = ["--compare", "states.npy", "--json"]
        let ended = try Tool.run(try command(folder, flags), in: folder)
        let measurements = try #require(try ended.record()["measurements"]?.object)
        var counts: Set<Bool> = []
        for (key, value) in measurements where value["median"]?.double != nil {
          let isSingle = value["count"] == 1
          counts.insert(isSingle)
          #expect((value["lower"] == nil) == isSingle, "\(key)")
          #expect((value["upper"] == nil) == isSingle, "\(key)")
        }
        #expect(counts == [true, false])
        for key in ["cka", "rsa", "participationRatio", "pca.explained", "modularity"] {
          let value = measurements[key]
          #expect(value?["count"] == 1, "\(key)")
          #expect(value?["interval"]?["lower"]?.double != nil, "\(key)")
        }
        #expect(measurements["participationRatio"]?["null"]?["reason"]?.string != nil)
        #expect(measurements["rsa"]?["noiseCeiling"]?["reason"] == "fewer than two groups")
      }
    }

    @Test("The table has a row for what is undefined, and a line that says why")
    func undefined() throws {
      try withFolder { folder in
        try World().writeStates("states.npy", in: folder)
        let lines = (0..<120).map { ["a", "b", "c"][$0 % 3] }
        try write("rule\n" + lines.joined(separator: "\n"), to: folder.appending("rule.csv"))
        let ended = try Tool.run(["analyze", "states.npy", "rule.csv"], in: folder)
        #expect(ended.exitCode == 0, "\(ended.errors)")
        let rows = ended.output.split(separator: "\n")
        for name in ["parallelism score", "CCGP", "DCI disentanglement", "modularity"] {
          let row = try #require(rows.first { $0.hasPrefix(name + "  ") }, "\(name)")
          #expect(row.contains("–") && !row.contains("."), "\(row)")
          #expect(ended.output.contains("\(name) is undefined: "), "\(name)")
        }
        #expect(ended.output.contains("an odd number of conditions (3) has no two halves"))
      }
    }

    @Test("Regions are named in the tables of numbers, and units by their own numbers")
    func names() throws {
      try withFolder { folder in
        // Unit 1 is silent.
        let world = World(trials: 240)
        var states = world.states
        for trial in 0..<world.trials { states[trial * world.units + 1] = 4 }
        let array = NumPyArray(shape: [world.trials, world.units], values: .float64(states))
        try AtomicFile.write(array.serialized(), to: folder.appending("states.npy"))
        try world.writeFactors("factors.csv", in: folder) { ["a", "b", "c"][$0 % 3] }
        let ended = try Tool.run(["analyze", "states.npy", "factors.csv"], in: folder)
        #expect(ended.exitCode == 0, "\(ended.errors)")
        let files = try contents(of: folder)
        func table(_ name: String) throws -> String {
          let file = try #require(files["runs/analyze/figures/\(name).csv"])
          return String(decoding: file, as: UTF8.self)
        }
        // Twelve regions, of which none had a name.
        #expect(try table("r2-by-region").contains("\"held out: x low, y low, rule a\""))
        #expect(try table("r2-by-region").contains("\"shuffled factors: x high, y high, rule c\""))
        #expect(
          try table("confusion").contains(
            "share of trials: true x low, y low, rule a: told x low, y high, rule b"
          )
        )
        let page = String(
          decoding: try #require(files["runs/analyze/report.html"]),
          as: UTF8.self
        )
        #expect(page.contains("12 x high, y high, rule c") && !page.contains("`regions`"))
        let correlations = try table("tuning").split(separator: "\n")
        // The second row, without unit 1.
        #expect(
          correlations.contains {
            $0.hasSuffix("correlation: unit 2: x") && $0.contains(",cell,1.0,2.0,")
          }
        )
        #expect(!correlations.contains { $0.contains("unit 1:") || $0.hasSuffix("unit 1") })
      }
    }

    @Test("With one continuous factor the confusion is that of its decoder, in one panel")
    func oneFactor() throws {
      try withFolder { folder in
        let world = World()
        try world.writeStates("states.npy", in: folder)
        try write(
          world.factors.map { "\($0[0])" }.joined(separator: "\n"),
          to: folder.appending("x.csv")
        )
        let ended = try Tool.run(["analyze", "states.npy", "x.csv"], in: folder)
        #expect(ended.exitCode == 0, "\(ended.errors)")
        let files = try contents(of: folder)
        let table = String(
          decoding: try #require(files["runs/analyze/figures/confusion.csv"]),
          as: UTF8.self
        )
        #expect(table.contains("\na,") && !table.contains("\nb,"))
        let page = String(
          decoding: try #require(files["runs/analyze/report.html"]),
          as: UTF8.self
        )
        #expect(!page.contains("Classifiers do worse"))
      }
    }
  }
}
