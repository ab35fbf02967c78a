import Files
import Foundation
import SystemPackage
import Testing

extension ToolTests {
  @Suite("The user's own arrays") struct AnalyzeTests {
    /// Rates that follow two factors, drawn by a congruence so that the files are always the same.
    struct World {
      let trials: Int
      let units: Int
      private(set) var factors: [[Double]] = []
      fileprivate(set) var states: [Double] = []

      init(trials: Int = 120, units: Int = 6) {
        self.trials = trials
        self.units = units
        var word: UInt64 = 1
        func uniform() -> Double {
          word = word &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          return Double(word >> 11) / 0x1p53
        }
        for _ in 0..<trials {
          let place = [uniform() - 0.5, uniform() - 0.5]
          factors.append(place)
          for unit in 0..<units {
            let weight = Double(unit) - 2.5
            states.append(10 + weight * place[0] + (3 - weight * weight / 2) * place[1] + uniform())
          }
        }
      }

      func writeStates(_ name: String, in folder: FilePath, shape: [Int]? = nil) throws {
        let array = NumPyArray(shape: shape ?? [trials, units], values: .float64(states))
        try AtomicFile.write(array.serialized(), to: folder.appending(name))
      }

      func writeFactors(_ name: String, in folder: FilePath, third cells: (Int) -> String) throws {
        let lines = factors.enumerated().map { "\($1[0]),\($1[1]),\(cells($0))" }
        try write("x,y,rule\n" + lines.joined(separator: "\n") + "\n", to: folder.appending(name))
      }
    }

    @Test("It says what it took as what, prints a table and writes the page; again the same bytes")
    func analysis() throws {
      try withFolder { folder in
        let world = World()
        try world.writeStates("states.npy", in: folder)
        try world.writeFactors("factors.csv", in: folder) { $0 % 3 == 0 ? "\"go, left\"" : "stay" }
        let command = ["analyze", "states.npy", "factors.csv", "--out", "out", "--shuffles", "20"]
        let ended = try Tool.run(command, in: folder)
        #expect(ended.exitCode == 0, "\(ended.errors)")
        for part in [
          "120 × 6, taken as 120 trials × 6 units", "x: continuous",
          "rule: categorical, go, left (40), stay (80)", "r², held-out regions",
          "page: out/report.html",
        ] {
          #expect(ended.output.contains(part), "\(ended.output)")
        }
        let first = try contents(of: folder)
        let page = String(decoding: try #require(first["out/report.html"]), as: UTF8.self)
        for name in ["decoded", "r2-by-region", "confusion", "states", "tuning", "selectivity"] {
          #expect(page.contains("id=\"\(name)\""), "\(name)")
          #expect(first["out/figures/\(name).csv"] != nil)
        }
        #expect(try Tool.run(command, in: folder).output == ended.output)
        #expect(try contents(of: folder) == first)
      }
    }

    @Test("--json prints one object with every key, its null and its interval")
    func json() throws {
      try withFolder { folder in
        let world = World()
        try world.writeStates("states.npy", in: folder, shape: [40, 3, 6])
        let rows = world.factors.prefix(40).map { "\($0[0]),\($0[1])" }
        try write(rows.joined(separator: "\n"), to: folder.appending("factors.csv"))
        let ended = try Tool.run(
          ["analyze", "states.npy", "factors.csv", "--time", "mean", "--json", "--shuffles", "10"],
          in: folder
        )
        #expect(ended.exitCode == 0 && ended.errors.isEmpty, "\(ended.errors)")
        #expect(try contents(of: folder).keys.sorted() == ["factors.csv", "states.npy"])
        let result = try ended.record()
        #expect(result["input"]?["trials"] == 40 && result["input"]?["time"] == "mean")
        for key in [
          "r2.ood", "r2.id", "accuracy.ood", "accuracy.id", "pca.explained", "participationRatio",
          "angle.decoder", "angle.encoding", "sparseness.lifetime", "sparseness.population",
          "silentShare", "selectivity.linear", "selectivity.interaction", "ccgp", "parallelism",
          "shattering", "dci.disentanglement", "dci.completeness", "dci.informativeness", "mig",
          "sap", "factorVAE", "modularity", "explicitness",
        ] {
          #expect(result["measurements"]?[key] != nil, "\(key)")
        }
        for key in ["ccgp", "mig", "sap", "participationRatio", "selectivity.linear"] {
          let interval = result["measurements"]?[key]?["interval"]
          let (lower, upper) = (interval?["lower"]?.double, interval?["upper"]?.double)
          #expect(try #require(lower) <= (try #require(upper)), "\(key)")
          #expect(result["measurements"]?[key]?["null"]?.object != nil, "\(key)")
        }
        #expect(result["measurements"]?["mig"]?["rotated"]?["count"] == 10)
        #expect(result["measurements"]?["ccgp"]?["rotated"] == nil)
        // Three steps of a time axis.
        #expect(result["course"]?["steps"] == [0, 1, 2])
        #expect(result["course"]?["r2.id"]?.array?.count == 3)
        let heldOut = result["measurements"]?["r2.ood"]
        #expect(heldOut?["null"]?["count"] == 10)
        #expect(heldOut?["interval"]?["coverage"]?.double == 0.95)
        #expect(heldOut?["baseline"]?.string?.contains("variance of the factor") == true)
      }
    }

    @Test("A run stands beside its network before training and its encoder; again the same bytes")
    func run() throws {
      try withFolder { folder in
        let spec = SmallSpec.changed(SmallSpec.paperLike, ["training.batches=600"])
        let record = try Tool.run(["run", "--json"] + spec, in: folder).record()
        let run = "runs/\(try #require(record["run"]?.string))"
        let command = [
          "analyze", "--run", run, "--trials", "800", "--shuffles", "10", "--out", "out",
        ]
        let ended = try Tool.run(command + ["--json"], in: folder)
        #expect(ended.exitCode == 0 && ended.errors.isEmpty, "\(ended.errors)")
        let measurements = try #require(try ended.record()["measurements"])
        for key in ["r2.ood", "ccgp", "participationRatio", "mig", "shattering"] {
          for name in [key, "floor.untrained.\(key)", "floor.encoder.\(key)"] {
            #expect(measurements[name]?["median"]?.double != nil, "\(name)")
          }
          #expect(measurements["floor.encoder.\(key)"]?["null"] == nil)
        }
        // The run's own evaluation fits on four times as many trials, and tests on others.
        let own = try #require(record["measurements"]?["r2.ood"]?["median"]?.double)
        #expect(abs(try #require(measurements["r2.ood"]?["median"]?.double) - own) < 0.1)
        let floor = try #require(
          record["measurements"]?["floor.encoder.r2.ood"]?["median"]?.double
        )
        let found = try #require(measurements["floor.encoder.r2.ood"]?["median"]?.double)
        #expect(abs(found - floor) < 0.1)

        let page = try Tool.run(command, in: folder)
        #expect(page.output.contains("untrained") && page.output.contains("encoder"))
        let first = try contents(of: folder)
        #expect(first["out/figures/r2-over-time.csv"] != nil)
        #expect(first["out/figures/trajectories.csv"] != nil)
        #expect(try Tool.run(command, in: folder).output == page.output)
        #expect(try contents(of: folder) == first)
      }
    }

    @Test("That classifiers do worse is said where they do", arguments: [false, true])
    func confusion(isLopsided: Bool) throws {
      try withFolder { folder in
        var world = World(trials: 200, units: 6)
        // A side that is told by the sign of a state of any size: no regression reads it.
        if isLopsided {
          for index in world.states.indices {
            let (trial, unit) = (index / world.units, index % world.units)
            // As good as random.
            let digits = (1000 * world.states[index]).truncatingRemainder(dividingBy: 1)
            let side = unit < 2 && world.factors[trial][unit] <= 0 ? -1.0 : 1
            world.states[index] = unit < 2 ? side * exp(4 * digits) : digits
          }
        }
        try world.writeStates("states.npy", in: folder)
        let lines = world.factors.map { "\($0[0]),\($0[1])" }
        try write(
          "x,y\n" + lines.joined(separator: "\n") + "\n",
          to: folder.appending("factors.csv")
        )
        let ended = try Tool.run(
          ["analyze", "states.npy", "factors.csv", "--out", "out", "--shuffles", "10"],
          in: folder
        )
        #expect(ended.exitCode == 0, "\(ended.errors)")
        let files = try contents(of: folder)
        let cells = String(
          decoding: try #require(files["out/figures/confusion.csv"]),
          as: UTF8.self
        ).split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        func diagonal(_ panel: Substring) -> Double {
          cells.filter { $0[0] == panel && $0[3] == $0[4] }.compactMap { Double($0[5]) }
            .reduce(0, +)
        }
        let page = String(decoding: try #require(files["out/report.html"]), as: UTF8.self)
        #expect(diagonal("b") > 0)
        #expect((diagonal("b") < diagonal("a")) != isLopsided, "as drawn")
        #expect(page.contains("Classifiers do worse") == (diagonal("b") < diagonal("a")))
      }
    }

    @Test("A run is not mixed with arrays, and arrays come in twos")
    func mixed() throws {
      try withFolder { folder in
        for arguments in [
          ["states.npy"], [], ["states.npy", "factors.csv", "--run", "runs/a"],
          ["--run", "runs/a", "--groups", "groups.csv"],
          ["states.npy", "factors.csv", "--trials", "200"], ["--run", "runs/a", "--trials", "5"],
        ] {
          #expect(try Tool.run(["analyze"] + arguments, in: folder).exitCode == 64, "\(arguments)")
        }
        let ended = try Tool.run(["analyze", "--run", "runs/a"], in: folder)
        #expect(ended.exitCode == 66, "\(ended.errors)")
      }
    }

    @Test("A system is like itself, and unlike its own trials in another order")
    func comparison() throws {
      try withFolder { folder in
        let world = World()
        try world.writeStates("states.npy", in: folder)
        try world.writeFactors("factors.csv", in: folder) { $0 % 2 == 0 ? "a" : "b" }
        let ended = try Tool.run(
          ["analyze", "states.npy", "factors.csv", "--compare", "states.npy", "--json"],
          in: folder
        )
        #expect(ended.exitCode == 0, "\(ended.errors)")
        let measurements = try ended.record()["measurements"]
        let alignment = try #require(measurements?["cka"]?["median"]?.double)
        // Sums of products in two orders.
        #expect(abs(alignment - 1) < 1e-9)
        // An arc cosine near 1 keeps half of the digits.
        #expect(try #require(measurements?["procrustes"]?["median"]?.double) < 1e-6)
        #expect(abs(try #require(measurements?["rsa"]?["median"]?.double) - 1) < 1e-9)
        #expect(try #require(measurements?["cka"]?["null"]?["upper"]?.double) < 0.5)
        // No one of ten shuffles is as near: a distance counts those below.
        for key in ["cka", "procrustes"] {
          #expect(measurements?[key]?["null"]?["probability"]?.double == 1.0 / 11, "\(key)")
        }
      }
    }

    @Test(
      "Counts with silent units, unequal groups and gaps go through without an undefined number"
    )
    func recordingLike() throws {
      try withFolder { folder in
        let world = World(trials: 200, units: 8)
        var counts = world.states.map { $0.rounded(.down) }
        for trial in 0..<200 { counts[trial * 8 + 3] = 0 }
        counts[17 * 8 + 1] = .nan
        counts[90 * 8 + 2] = .infinity
        let array = NumPyArray(shape: [200, 8], values: .float32(counts.map(Float.init)))
        try AtomicFile.write(array.serialized(), to: folder.appending("counts.npy"))
        try world.writeFactors("factors.csv", in: folder) { $0 == 5 ? "" : "\($0 % 7 / 5)" }
        let groups = (0..<200).map { $0 < 120 ? "a" : $0 < 180 ? "b" : "c" }
        try write(
          "session\n" + groups.joined(separator: "\n"),
          to: folder.appending("groups.csv")
        )
        let command = [
          "analyze", "counts.npy", "factors.csv", "--groups", "groups.csv", "--categorical", "rule",
        ]
        let refused = try Tool.run(command, in: folder)
        #expect(refused.exitCode == 65 && refused.errors.contains("E-REC-MISSING"))
        #expect(refused.errors.contains("--missing drop"), "\(refused.errors)")
        let ended = try Tool.run(
          command + ["--missing", "drop", "--json", "--shuffles", "10", "--out", "out"],
          in: folder
        )
        #expect(ended.exitCode == 0, "\(ended.errors)")
        let result = try ended.record()
        #expect(result["input"]?["trials"] == 197 && result["input"]?["trialsLeftOut"] == 3)
        #expect(result["input"]?["silentUnits"] == 1 && result["input"]?["groups"] == 3)
        // JSON has no word for what is undefined, so that a record that is read has no NaN.
        let page = try #require(try contents(of: folder)["out/report.html"])
        #expect(!String(decoding: page, as: UTF8.self).contains(">NaN<"))
      }
    }

    @Test("What was left out is said on the terminal, in the JSON and on the page")
    func leftOut() throws {
      try withFolder { folder in
        let world = World(trials: 90)
        try world.writeStates("states.npy", in: folder)
        // Five rules: 20 combinations, the rarest of them too small to be held out.
        try world.writeFactors("factors.csv", in: folder) {
          "r\(min(4, $0 % 60 / 12 + $0 / 60 * 4))"
        }
        let command = ["analyze", "states.npy", "factors.csv", "--shuffles", "5", "--out", "out"]
        let ended = try Tool.run(command, in: folder)
        #expect(ended.exitCode == 0, "\(ended.errors)")
        let sentence = " combinations of the factors have fewer than 5 trials and are not held out."
        #expect(ended.errors.contains(sentence), "\(ended.errors)")
        let page = try #require(try contents(of: folder)["out/report.html"])
        #expect(String(decoding: page, as: UTF8.self).contains(sentence))
        let warnings = try Tool.run(command + ["--json"], in: folder).record()["warnings"]
        let isSaid = warnings?.array?.contains { $0.string?.hasSuffix(sentence) == true }
        #expect(isSaid == true, "\(warnings as Any)")
      }
    }

    @Test("pandas' and R's ways of writing a table are told from trials and factors")
    func pandas() throws {
      try withFolder { folder in
        let world = World()
        try world.writeStates("states.npy", in: folder)
        let rows = world.factors.map { "\($0[0]),\($0[1])" }
        let indexed = rows.enumerated().map { "\($0),\($1)" }
        try write((["0,1"] + rows).joined(separator: "\n"), to: folder.appending("counted.csv"))
        try write(([",0,1"] + indexed).joined(separator: "\n"), to: folder.appending("index.csv"))
        try write(([",x"] + rows).joined(separator: "\n"), to: folder.appending("nameless.csv"))
        try write(
          (["x,n"] + (0..<120).map { "\(world.factors[$0][0]),\($0)" }).joined(separator: "\n"),
          to: folder.appending("numbered.csv")
        )
        // A first trial that happens to be 0, 1 stays one.
        try write(
          (["0,1"] + rows.dropFirst()).joined(separator: "\n"),
          to: folder.appending("first.csv")
        )
        for (file, names, warning) in [
          ("counted.csv", ["0", "1"], "its first line, 0,1, was taken as the names"),
          ("index.csv", ["0", "1"], "left out as an index"),
          ("nameless.csv", ["factor1", "x"], nil),
          ("numbered.csv", ["x", "n"], "n numbers the trials in their order"),
          ("first.csv", ["factor1", "factor2"], nil),
        ] as [(String, [String], String?)] {
          let ended = try Tool.run(
            ["analyze", "states.npy", file, "--json", "--shuffles", "2"],
            in: folder
          )
          #expect(ended.exitCode == 0, "\(ended.errors)")
          let record = try ended.record()
          let found = record["input"]?["factors"]?.array?.compactMap { $0["name"]?.string }
          #expect(record["input"]?["trials"] == 120 && found == names, "\(file)")
          let said = record["warnings"]?.array?.compactMap(\.string).joined() ?? ""
          #expect(warning.map(said.contains) ?? said.isEmpty, "\(file): \(said)")
        }
      }
    }

    @Test("Few trials of many categories, one factor, one group: undefined values have reasons")
    func few() throws {
      try withFolder { folder in
        let world = World(trials: 60, units: 6)
        try world.writeStates("states.npy", in: folder)
        func analyze(_ factors: String, _ flags: [String] = []) throws -> JSONValue {
          try write(factors, to: folder.appending("factors.csv"))
          let ended = try Tool.run(
            ["analyze", "states.npy", "factors.csv", "--json", "--shuffles", "2"] + flags,
            in: folder
          )
          #expect(ended.exitCode == 0, "\(ended.errors)")
          return try ended.record()
        }
        func table(_ cell: (Int) -> String) -> String {
          (0..<60).map { cell($0) + "\n" }.joined()
        }
        // 14 regressors and 49 products of 60 trials.
        let many = try analyze("f,g\n" + table { "c\($0 % 8),d\($0 / 8)" })["measurements"]
        #expect(many?["selectivity.linear"]?["median"]?.double != nil)
        let interaction = many?["selectivity.interaction"]
        #expect(interaction?["median"] == .null && interaction?["reason"]?.string != nil)
        // A half has as few trials as categories.
        let linear = many?["selectivity.linear"]
        #expect(linear?["interval"] != .null || linear?["reason.interval"]?.string != nil)

        let each = try analyze("id\n" + table { "k\($0)" })["measurements"]
        for key in ["selectivity.linear", "selectivity.interaction"] {
          #expect(each?[key]?["median"] == .null && each?[key]?["reason"]?.string != nil, "\(key)")
        }

        // Too few trials in a half for FactorVAE's bins.
        try write("group\n" + table { _ in "same" }, to: folder.appending("groups.csv"))
        let plain = try analyze(
          "x,y\n" + table { "\(world.factors[$0][0]),\(world.factors[$0][1])" },
          ["--groups", "groups.csv"]
        )
        guard case .object(let found) = plain["measurements"] else {
          Issue.record("no measurements")
          return
        }
        for (key, value) in found where value["interval"] == .null {
          #expect(value["reason.interval"]?.string != nil, "\(key)")
        }
        #expect(
          found["r2.ood"]?["interval"]?["over"] == "disjoint halves of the trials"
        )
        guard case .array(let warnings) = plain["warnings"] else { return }
        #expect(warnings.contains { $0.string?.contains("one group") == true })

        try write("x\n" + table { "\(world.factors[$0][0])" }, to: folder.appending("factors.csv"))
        let ended = try Tool.run(["analyze", "states.npy", "factors.csv"], in: folder)
        #expect(
          ended.output.contains(
            "added by interactions is undefined: one factor alone has no interaction."
          )
        )
      }
    }

    /// What a user may hand in by mistake, and what the tool says.
    struct Mistake: CustomTestStringConvertible, Sendable {
      let testDescription: String
      var states = "states.npy"
      var factors = "factors.csv"
      var flags: [String] = []
      let exitCode: Int32
      let code: String
      let parts: [String]
    }

    static let mistakes: [Mistake] = [
      Mistake(
        testDescription: "transposed states",
        states: "transposed.npy",
        exitCode: 65,
        code: "E-REC-TRIALS",
        parts: ["6 × 120", "120 × 3", "save states.T"]
      ),
      Mistake(
        testDescription: "factors of other trials",
        factors: "short.csv",
        exitCode: 65,
        code: "E-REC-TRIALS",
        parts: ["120 × 6", "2 × 3", "same trials in the same order"]
      ),
      Mistake(
        testDescription: "a single list of states",
        states: "list.npy",
        exitCode: 65,
        code: "E-REC-SHAPE",
        parts: ["states = 720", "trials × units"]
      ),
      Mistake(
        testDescription: "an archive of several arrays",
        states: "both.npz",
        exitCode: 65,
        code: "E-ARRAY-FORMAT",
        parts: ["several arrays", "rates, times", "both.npz:rates"]
      ),
      Mistake(
        testDescription: "an archive without the array",
        states: "both.npz:rate",
        exitCode: 65,
        code: "E-ARRAY-FORMAT",
        parts: ["array = rate", "rates, times"]
      ),
      Mistake(
        testDescription: "words for states",
        states: "factors.csv",
        exitCode: 65,
        code: "E-REC-TEXT",
        parts: ["rule", "line = 2"]
      ),
      Mistake(
        testDescription: "a constant factor",
        factors: "constant.csv",
        exitCode: 65,
        code: "E-REC-CONSTANT",
        parts: ["(rule)", "leave it out"]
      ),
      Mistake(
        testDescription: "a factor that isn't there",
        flags: ["--circular", "angle"],
        exitCode: 64,
        code: "E-REC-FACTOR",
        parts: ["--circular = angle", "x, y, rule"]
      ),
      Mistake(
        testDescription: "an unknown format",
        states: "states.txt",
        exitCode: 65,
        code: "E-ARRAY-FORMAT",
        parts: [".npy, .npz, .csv, .safetensors"]
      ),
      Mistake(
        testDescription: "no file",
        states: "nothing.npy",
        exitCode: 66,
        code: "E-FILE-MISSING",
        parts: ["nothing.npy"]
      ),
      Mistake(
        testDescription: "a ragged table",
        factors: "ragged.csv",
        exitCode: 65,
        code: "E-CSV-ROW",
        parts: ["line = 3"]
      ),
      Mistake(
        testDescription: "an open quote",
        factors: "quote.csv",
        exitCode: 65,
        code: "E-CSV-QUOTE",
        parts: ["line = 2"]
      ),
      Mistake(
        testDescription: "a step that isn't there",
        states: "steps.npy",
        flags: ["--time", "4"],
        exitCode: 64,
        code: "E-REC-STEP",
        parts: ["--time = 4", "0…0, last or mean"]
      ),
      Mistake(
        testDescription: "a step of states without steps",
        flags: ["--time", "mean"],
        exitCode: 64,
        code: "E-REC-STEP",
        parts: ["--time = mean", "120 × 6"]
      ),
      Mistake(
        testDescription: "a misspelt factor",
        flags: ["--circular", "ruel"],
        exitCode: 64,
        code: "E-REC-FACTOR",
        parts: ["--circular = ruel", "did you mean rule?"]
      ),
      Mistake(
        testDescription: "an angle of words",
        flags: ["--circular", "rule"],
        exitCode: 64,
        code: "E-REC-FACTOR",
        parts: ["--circular = rule", "holds 'a'"]
      ),
      Mistake(
        testDescription: "two factors of one name",
        factors: "twice.csv",
        exitCode: 65,
        code: "E-REC-FACTOR",
        parts: ["twice.csv (x)"]
      ),
      Mistake(
        testDescription: "semicolons between few levels",
        factors: "semicolons.csv",
        exitCode: 65,
        code: "E-CSV-SEPARATOR",
        parts: ["semicolons.csv (line = 1)", "separated by semicolons"]
      ),
      Mistake(
        testDescription: "numbers whose squares overflow",
        states: "huge.npy",
        exitCode: 65,
        code: "E-REC-SCALE",
        parts: ["too large in huge.npy", "divide all of them"]
      ),
      Mistake(
        testDescription: "numbers whose squares underflow",
        states: "tiny.npy",
        exitCode: 65,
        code: "E-REC-SCALE",
        parts: ["too small in tiny.npy", "multiply all of them"]
      ),
      Mistake(
        testDescription: "a unit without any value",
        states: "dead.npy",
        flags: ["--missing", "drop"],
        exitCode: 65,
        code: "E-REC-MISSING",
        parts: ["unit = 3, counted from 0", "numpy.delete(states, [3], axis=-1)"]
      ),
      Mistake(
        testDescription: "a factor without any value",
        factors: "blank.csv",
        exitCode: 65,
        code: "E-REC-MISSING",
        parts: ["blank.csv (rule)", "leave that column out"]
      ),
      Mistake(
        testDescription: "too few trials",
        states: "few.npy",
        factors: "short.csv",
        exitCode: 65,
        code: "E-REC-FEW",
        parts: ["2 are left", "20 at least"]
      ),
    ]

    @Test("Mistakes are named with file, place and mend", arguments: mistakes)
    func mistake(_ mistake: Mistake) throws {
      try withFolder { folder in
        let world = World()
        try world.writeStates("states.npy", in: folder)
        try world.writeStates("states.txt", in: folder)
        try world.writeStates("transposed.npy", in: folder, shape: [6, 120])
        try world.writeStates("list.npy", in: folder, shape: [720])
        try world.writeStates("steps.npy", in: folder, shape: [120, 1, 6])
        try NumPyArchive(members: [
          .init(name: "rates", array: .init(shape: [120, 6], values: .float64(world.states))),
          .init(name: "times", array: .init(shape: [1], values: .float64([0]))),
        ]).write(to: folder.appending("both.npz"))
        try AtomicFile.write(
          NumPyArray(shape: [2, 1], values: .float64([1, 2])).serialized(),
          to: folder.appending("few.npy")
        )
        try world.writeFactors("factors.csv", in: folder) { $0 % 2 == 0 ? "a" : "b" }
        for (name, factor) in [("huge.npy", 1e200), ("tiny.npy", 1e-200)] {
          let values = world.states.map { $0 * factor }
          let array = NumPyArray(shape: [120, 6], values: .float64(values))
          try AtomicFile.write(array.serialized(), to: folder.appending(name))
        }
        let dead = world.states.enumerated().map { $0 % 6 == 3 ? .nan : $1 }
        try AtomicFile.write(
          NumPyArray(shape: [120, 6], values: .float64(dead)).serialized(),
          to: folder.appending("dead.npy")
        )
        try world.writeFactors("blank.csv", in: folder) { _ in "" }
        let pairs = world.factors.map { "\($0[0]),\($0[1])" }
        try write((["x,x"] + pairs).joined(separator: "\n"), to: folder.appending("twice.csv"))
        let levels = (0..<120).map { "\($0 % 3);\($0 % 2)" }
        try write(
          (["contrast;side"] + levels).joined(separator: "\n"),
          to: folder.appending("semicolons.csv")
        )
        try world.writeFactors("constant.csv", in: folder) { _ in "a" }
        try write("x,y,rule\n1,2,a\n3,4,b\n", to: folder.appending("short.csv"))
        try write("x,y,rule\n1,2,a\n3,4\n", to: folder.appending("ragged.csv"))
        try write("x,y,rule\n1,2,\"a\n", to: folder.appending("quote.csv"))
        let before = try contents(of: folder)
        let ended = try Tool.run(
          ["analyze", mistake.states, mistake.factors] + mistake.flags,
          in: folder
        )
        #expect(ended.exitCode == mistake.exitCode, "\(ended.errors)")
        #expect(ended.output.isEmpty)
        #expect(ended.errors.contains("error[\(mistake.code)]: "), "\(ended.errors)")
        for part in mistake.parts + ["MEND: "] {
          #expect(ended.errors.contains(part), "\(part): \(ended.errors)")
        }
        #expect(try contents(of: folder) == before)
      }
    }
  }
}
