import Files
import Foundation
import SystemPackage
import Testing

extension ToolTests {
  @Suite("What analyze says of what it doesn't know") struct AnalyzeReasonTests {
    typealias World = AnalyzeTests.World

    /// Arrays of which one thing or another is undefined.
    struct Case: CustomTestStringConvertible, Sendable {
      let testDescription: String
      var factors: [Int] = [0, 1]
      var words: (@Sendable (Int) -> String)?
      var shift = 0.0
      var groups: (@Sendable (Int) -> String)?
      let undefined: Set<String>
    }

    private static let single: Set<String> = [
      "ccgp", "ccgp.logistic", "parallelism", "parallelism.all", "parallelism.best", "shattering",
      "dci.disentanglement", "dci.completeness", "dci.informativeness", "factorVAE", "modularity",
      "selectivity.interaction", "angle.encoding", "angle.decoder",
    ]
    private static let negative: Set<String> = ["sparseness.lifetime", "sparseness.population"]
    private static let noTarget: Set<String> = [
      "r2.ood", "r2.ood.ols", "r2.ood.fixedPenalty", "r2.id", "angle.encoding", "angle.decoder",
    ]

    static let cases = [
      Case(testDescription: "two factors", undefined: []),
      Case(testDescription: "states below zero", shift: -20, undefined: negative),
      Case(
        testDescription: "one factor of three categories",
        factors: [],
        words: { ["a", "b", "c"][$0 % 3] },
        shift: -20,
        undefined: single.union(negative).union(noTarget).union(["accuracy.ood"])
      ),
      Case(
        testDescription: "one continuous factor",
        factors: [0],
        undefined: single.subtracting(["shattering"]).union(["accuracy.ood"])
      ),
      Case(
        testDescription: "groups that can't be exchanged",
        words: { $0 < 60 ? "a" : "b" },
        groups: { "\($0 / 40)" },
        undefined: []
      ),
    ]

    @Test(
      "Whatever is undefined has its row and its reason; so has what has no null or interval",
      arguments: cases
    )
    func everyKey(_ example: Case) throws {
      try withFolder { folder in
        let world = World()
        let states = NumPyArray(
          shape: [world.trials, world.units],
          values: .float64(world.states.map { $0 + example.shift })
        )
        try AtomicFile.write(states.serialized(), to: folder.appending("states.npy"))
        let names = ["x", "y"]
        let head = example.factors.map { names[$0] } + (example.words == nil ? [] : ["rule"])
        let rows = (0..<world.trials).map { trial in
          (example.factors.map { "\(world.factors[trial][$0])" }
            + (example.words.map { [$0(trial)] } ?? [])).joined(separator: ",")
        }
        try write(
          ([head.joined(separator: ",")] + rows).joined(separator: "\n"),
          to: folder.appending("factors.csv")
        )
        var command = ["analyze", "states.npy", "factors.csv", "--shuffles", "5"]
        command += ["--score-shuffles", "2"]
        if let groups = example.groups {
          let lines = ["group"] + (0..<world.trials).map(groups)
          try write(lines.joined(separator: "\n"), to: folder.appending("groups.csv"))
          command += ["--groups", "groups.csv"]
        }
        let text = try Tool.run(command, in: folder)
        #expect(text.exitCode == 0, "\(text.errors)")
        let lines = text.output.split(separator: "\n").map(String.init)
        let record = try Tool.run(command + ["--json"], in: folder).record()
        let measurements = try #require(record["measurements"]?.object)

        let undefined = measurements.filter { $0.value["median"] == .null }
        #expect(Set(undefined.keys) == example.undefined)
        let said = lines.filter { $0.contains(" is undefined: ") }
        #expect(said.count == undefined.count, "\(said)")
        for sentence in said {
          let name = sentence.components(separatedBy: " is undefined: ")[0]
          let row = try #require(lines.first { $0.hasPrefix(name + "  ") }, "\(name)")
          #expect(row.contains("–") && !row.contains("."), "\(row)")
        }
        for (key, value) in undefined {
          let reason = try #require(value["reason"]?.string, "\(key)")
          #expect(!reason.isEmpty && said.contains { $0.hasSuffix(": \(reason).") }, "\(key)")
        }
        for (key, value) in measurements where value["median"] != .null {
          for part in ["null", "interval"] where value[part] == .null {
            #expect(value["reason.\(part)"]?.string?.isEmpty == false, "\(key) \(part)")
          }
          // Shares and counts alone have no interval.
          #expect(value["interval"] != nil || key == "silentShare", "\(key)")
          #expect(value["null"] != nil, "\(key)")
          if let null = value["null"]?.object, null["probability"] == .null {
            #expect(null["reason"]?.string?.isEmpty == false, "\(key)")
          }
        }
        if example.groups == nil, !example.factors.isEmpty {
          #expect(measurements["r2.id"]?["null"]?["count"] == 5)
          #expect(measurements["r2.ood.fixedPenalty"]?["null"]?["count"] == 5)
        }
        if example.groups != nil {
          // The other factors change within groups, and are all that is decoded.
          for key in ["r2.ood", "r2.id"] {
            let kind = measurements[key]?["null"]?["kind"]?.string
            #expect(kind?.hasSuffix("within groups, where rule stays as it is") == true, "\(key)")
          }
          #expect(record["shuffle"]?["shuffledAlone"]?.array?.count == 2)
          for key in ["accuracy.ood", "accuracy.id", "ccgp", "mig", "selectivity.linear"] {
            let reason = measurements[key]?["reason.null"]?.string
            #expect(reason?.contains("rule never changes within most groups") == true, "\(key)")
          }
          #expect(text.errors.contains("There is no null of shuffled factors"), "\(text.errors)")
        }
        if let once = measurements["ccgp.logistic"], once["median"] != .null {
          #expect(once["reason.interval"]?.string?.hasPrefix("computed once") == true)
          #expect(once["reason.null"] == once["reason.interval"])
        }
      }
    }

    @Test("A target that never changes is named")
    func oneSide() throws {
      try withFolder { folder in
        try World().writeStates("states.npy", in: folder)
        // The cosine of a quarter turn and of three is the same, but for rounding.
        let angles = (0..<120).map { $0 % 2 == 0 ? "1.5707963267948966" : "4.71238898038469" }
        try write(
          (["angle,x"] + angles.enumerated().map { "\($1),\(World().factors[$0][0])" })
            .joined(separator: "\n"),
          to: folder.appending("factors.csv")
        )
        let ended = try Tool.run(
          ["analyze", "states.npy", "factors.csv", "--circular", "angle", "--shuffles", "2"],
          in: folder
        )
        #expect(ended.exitCode == 0, "\(ended.errors)")
        #expect(ended.errors.contains("cos angle is the same on all trials"), "\(ended.errors)")
        #expect(!ended.errors.contains("sin angle is the same"), "\(ended.errors)")

        // No turn and a full one are the same angle.
        let turns = (0..<120).map { $0 % 2 == 0 ? "0" : "360" }
        try write((["angle"] + turns).joined(separator: "\n"), to: folder.appending("turns.csv"))
        let refused = try Tool.run(
          ["analyze", "states.npy", "turns.csv", "--circular", "angle", "--period", "360"],
          in: folder
        )
        #expect(refused.exitCode == 65 && refused.errors.contains("E-REC-CONSTANT"))
      }
    }

    @Test(
      "An option that swallowed the files says so, and the page's command is what a shell reads"
    )
    func shell() throws {
      try withFolder { folder in
        let world = World()
        try world.writeStates("my 'own' states.npy", in: folder)
        try world.writeFactors("factors.csv", in: folder) { ["a", "b"][$0 % 2] }
        let swallowed = try Tool.run(
          ["analyze", "--circular", "x", "my 'own' states.npy", "factors.csv"],
          in: folder
        )
        #expect(swallowed.exitCode == 64)
        for part in ["--circular took my 'own' states.npy and factors.csv", "before it, or --"] {
          #expect(swallowed.errors.contains(part), "\(swallowed.errors)")
        }
        let command = ["analyze", "--shuffles", "2", "--circular", "x", "--"]
        let ended = try Tool.run(
          command + ["my 'own' states.npy", "factors.csv"],
          in: folder
        )
        #expect(ended.exitCode == 0, "\(ended.errors)")
        let file = try #require(try contents(of: folder)["runs/analyze/report.html"])
        let page = String(decoding: file, as: UTF8.self).replacing("&#39;", with: "'")
        #expect(
          page.contains(
            #"disentangle analyze 'my '\''own'\'' states.npy' factors.csv --circular x"#
          )
        )
      }
    }

    @Test("The page's command works where a file's name looks like an option or a program")
    func dashes() throws {
      try withFolder { folder in
        let world = World()
        try world.writeStates("-n.npy", in: folder)
        try world.writeFactors("=f.csv", in: folder) { ["a", "b"][$0 % 2] }
        let command = ["analyze", "--shuffles", "2", "--score-shuffles", "2", "--"]
        let ended = try Tool.run(command + ["-n.npy", "=f.csv"], in: folder)
        #expect(ended.exitCode == 0, "\(ended.errors)")
        let file = try #require(try contents(of: folder)["runs/analyze/report.html"])
        let page = String(decoding: file, as: UTF8.self).replacing("&#39;", with: "'")
        #expect(page.contains("disentangle analyze ./-n.npy '=f.csv' --shuffles 2"))
      }
    }
  }
}
