import Files
import Foundation
import SystemPackage
import Testing

extension ToolTests {
  @Suite("The latent from outputs") struct RecoverTests {
    private static let lines = "1,0,0.1\n0.6,0.8,0\n-0.8,0.6,-0.05\n"
    private static let place = [0.22, -0.13]

    /// Φ((c · x - b)/s), from the C library's own function.
    private static let outputs = [[1, 0, 0.1], [0.6, 0.8, 0], [-0.8, 0.6, -0.05]].map { line in
      let distance = line[0] * place[0] + line[1] * place[1] - line[2]
      return 0.5 * erfc(-distance / 0.1 / 2.0.squareRoot())
    }

    private func recover(
      _ outputs: String,
      _ boundaries: String = lines,
      named name: String = "lines.csv",
      flags: [String],
      in folder: FilePath
    ) throws -> Ended {
      try Data(outputs.utf8).write(to: URL(filePath: folder.appending("outputs.csv").string))
      try Data(boundaries.utf8).write(to: URL(filePath: folder.appending(name).string))
      return try Tool.run(["recover", "outputs.csv", "--boundaries", name] + flags, in: folder)
    }

    private func latents(_ ended: Ended) throws -> [[Double]] {
      let rows = try #require(try ended.record()["latents"]?.array)
      return rows.map { $0.array?.compactMap(\.double) ?? [] }
    }

    /// The mean of N(0.22, 0.1²) × N(-0.13, 0.1²) in the box, from the C library's own function.
    private static let boxMean = place.map { center in
      func density(_ x: Double) -> Double { exp(-0.5 * x * x) / (2 * Double.pi).squareRoot() }
      func cumulative(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }
      let (low, high) = ((-0.5 - center) / 0.1, (0.5 - center) / 0.1)
      let mass = cumulative(high) - cumulative(low)
      return center + 0.1 * (density(low) - density(high)) / mass
    }

    @Test("Every method finds the latent behind exact outputs, however the scale is given")
    func methods() throws {
      let row = Self.outputs.map(\.description).joined(separator: ",")
      for flags in [
        ["--method", "plain"], ["--method", "weighted"], ["--method", "box"],
        ["--method", "general"], [],
      ] {
        for scale in [["--scale", "0.1"], ["--noise", "0.2", "--steps", "4"]] {
          try withFolder { folder in
            let flags = ["--json"] + flags + scale
            let ended = try recover("a,b,c\n\(row)\n\(row)\n", flags: flags, in: folder)
            #expect(ended.exitCode == 0 && ended.errors.isEmpty, "\(ended.errors)")
            let found = try latents(ended)
            #expect(found.count == 2)
            // The box's posterior allows outputs errors of a tenth, which widen it by a hundredth.
            let isBox = flags.contains("box")
            for latent in found {
              let expected = zip(latent, isBox ? Self.boxMean : Self.place)
              #expect(expected.allSatisfy { abs($0 - $1) < (isBox ? 1e-4 : 1e-8) }, "\(flags)")
            }
            // The rows are no tight frame, so that C is a little worse than orthogonal.
            if let condition = try ended.record()["condition"]?.double {
              #expect(condition > 1 && condition < 2)
            }
          }
        }
      }
    }

    @Test("Circles come as a YAML list, and what they leave open is said")
    func circles() throws {
      try withFolder { folder in
        let circle = "- {center: [0.1, 0], radius: 0.3}\n- {center: [-0.2, 0], radius: 0.25}\n"
        let ended = try recover(
          "0.4,0.3\n",
          circle,
          named: "circles.yaml",
          flags: ["--scale", "0.1", "--json"],
          in: folder
        )
        #expect(ended.exitCode == 0, "\(ended.errors)")
        let record = try ended.record()
        #expect(record["method"]?.string == "general" && record["ambiguous"]?.double == 1)
        #expect(record["warnings"]?.array?.isEmpty == false)
      }
    }

    @Test("Latents go to a file, and people get a summary")
    func file() throws {
      try withFolder { folder in
        let row = Self.outputs.map(\.description).joined(separator: ",")
        let ended = try recover(row, flags: ["--scale", "0.1", "--out", "x.npy"], in: folder)
        #expect(ended.exitCode == 0 && ended.output.contains("rank of C"))
        let written = try ArrayFile(folder.appending("x.npy").string).read()
        #expect(written.shape == [1, 2] && abs(written.values[0] - Self.place[0]) < 1e-8)
        let quiet = try recover(row, flags: ["--scale", "0.1", "--quiet"], in: folder)
        #expect(quiet.exitCode == 0 && quiet.output.isEmpty && quiet.errors.isEmpty)
      }
    }

    @Test("Latents are the same in every format that is written, from every one that is read")
    func formats() throws {
      try withFolder { folder in
        let rows = [Self.outputs, [0.3, 0.9, 0.2]]
        let text = rows.map { $0.map(\.description).joined(separator: ",") }.joined(separator: "\n")
        let flags = ["--scale", "0.1"]
        let expected = try latents(recover(text, flags: flags + ["--json"], in: folder))
        let array = NumberArray(shape: [2, 3], values: rows.flatMap { $0 })
        for name in ["o.npy", "o.npz:answers"] {
          try ArrayFile(folder.appending(name).string).write(array, named: "answers")
        }
        let tensor = SafeTensorsFile.Tensor(
          name: "answers",
          shape: [2, 3],
          values: .float64(array.values)
        )
        let bytes = SafeTensorsFile(tensors: [tensor]).serialized()
        try Data(bytes).write(to: URL(filePath: folder.appending("o.safetensors").string))
        for input in ["outputs.csv", "o.npy", "o.npz", "o.npz:answers", "o.safetensors"] {
          for output in ["x.csv", "x.npy", "x.npz"] {
            let ended = try Tool.run(
              ["recover", input, "--boundaries", "lines.csv", "--out", output] + flags,
              in: folder
            )
            #expect(ended.exitCode == 0, "\(input) \(output): \(ended.errors)")
            let written = try ArrayFile(folder.appending(output).string).read()
            #expect(written.shape == [2, 2] && written.values == expected.flatMap { $0 })
            #expect(output != "x.csv" || written.names == ["x1", "x2"])
          }
        }
      }
    }

    @Test(
      "The box answers at every scale, and never worse than its center without saying so",
      arguments: ["1e-50", "1e-5", "0.0447", "10", "100", "1e7", "1e8", "1e10", "1e50"]
    )
    func scales(scale: String) throws {
      for flags in [[], ["--resolution", "5"]] {
        try withFolder { folder in
          let ended = try recover(
            "-424,424,19\n1,2,3\n0,0,0\n450,-inf,1e140\n",
            flags: ["--logits", "--method", "box", "--json", "--scale", scale] + flags,
            in: folder
          )
          #expect(ended.exitCode == 0, "\(ended.errors)")
          let found = try latents(ended).flatMap { $0 }
          #expect(found.count == 8 && found.allSatisfy { abs($0) <= 0.5 })
          let record = try ended.record()
          let deviations = (record["covariance"]?["ofErrors"]?.array ?? []).enumerated().compactMap
          {
            $1.array?[$0].double?.squareRoot()
          }
          #expect(deviations.count == 2)
          let isSaid = record["warnings"]?.array?.contains {
            $0.string?.contains("center of the box") == true
          }
          // 1/√12, and 5 % for 1000 simulated trials.
          let isWorse = deviations.contains { $0 > 0.30311 }
          #expect(isSaid == isWorse, "\(scale) \(flags) \(deviations)")
          #expect(!flags.isEmpty || !isWorse, "the posterior mean is never worse than the center")
        }
      }
    }

    @Test("Logits whose squares are no numbers are saturated", arguments: ["1e151", "1.7e308"])
    func huge(size: String) throws {
      for method in ["weighted", "box", "general"] {
        try withFolder { folder in
          let ended = try recover(
            "\(size),-\(size),\(size)\n",
            flags: ["--logits", "--scale", "0.0447", "--method", method, "--json"],
            in: folder
          )
          #expect(ended.exitCode == 0, "\(method): \(ended.errors)")
          #expect(try ended.record()["saturated"]?.double == 1)
        }
      }
      try withFolder { folder in
        let flags = ["--logits", "--scale", "0.0447", "--method", "plain"]
        let ended = try recover("0,1,\(size)\n", flags: flags, in: folder)
        #expect(ended.exitCode == 65 && ended.errors.contains("E-RECOVER-SATURATED"))
        // Just below, everything is a number.
        let large = try recover("1e149,-1e149,1e149\n", flags: flags + ["--json"], in: folder)
        #expect(large.exitCode == 0, "\(large.errors)")
      }
    }

    @Test("Boundaries out of any scale are refused in tables as in lists, for theory too")
    func hugeBoundaries() throws {
      for (lines, place) in [
        ("1,0,0\n0,1e200,0\n1,1,0\n", "row = 2, column = 2, value = 1e+200"),
        ("1,0,0\n0,1,-2e6\n1,1,0\n", "row = 2, column = 3, value = -2000000.0"),
        ("1,0,0\n0,1,0\n1e-200,1e-200,0\n", "boundary = 3"),
      ] {
        try withFolder { folder in
          let ended = try recover("0.5,0.4,0.3\n", lines, flags: ["--scale", "0.1"], in: folder)
          let theory = try Tool.run(["theory", "--boundaries", "lines.csv"], in: folder)
          for ended in [ended, theory] {
            #expect(ended.exitCode == 65 && ended.output.isEmpty)
            #expect(ended.errors.contains("E-RECOVER-BOUNDARY"), "\(ended.errors)")
            #expect(ended.errors.contains("lines.csv (\(place)"), "\(ended.errors)")
          }
        }
      }
      try withFolder { folder in
        let tiny = "- {normal: [1.0e-200, 0], offset: 0}\n- {normal: [0, 1], offset: 0}\n"
        let flags = ["--scale", "0.1"]
        let ended = try recover("0.5,0.4\n", tiny, named: "tiny.yaml", flags: flags, in: folder)
        #expect(ended.exitCode == 65 && ended.errors.contains("no number of 0.000001 or more"))
      }
    }

    @Test("Fewer boundaries than dimensions are refused by every method, of every kind")
    func tooFew() throws {
      for (boundaries, name) in [
        ("1,0,0\n", "one.csv"), ("- {center: [0.1, 0], radius: 0.3}\n", "one.yaml"),
      ] {
        try withFolder { folder in
          let flags = ["--scale", "0.1", "--method", "general"]
          let ended = try recover("0.5\n", boundaries, named: name, flags: flags, in: folder)
          #expect(ended.exitCode == 65 && ended.errors.contains("E-RECOVER-COUNT"))
        }
      }
    }

    @Test("Saturated outputs keep their side, but not in the closed form")
    func saturated() throws {
      try withFolder { folder in
        let flags = ["--scale", "0.1", "--json"]
        let ended = try recover("1,0.5,0.2\n", flags: flags, in: folder)
        #expect(ended.exitCode == 0)
        let share = try #require(try ended.record()["saturated"]?.double)
        #expect(abs(share - 1.0 / 3) < 1e-12)
        let plain = try recover("1,0.5,0.2\n", flags: flags + ["--method", "plain"], in: folder)
        #expect(plain.exitCode == 65 && plain.errors.contains("E-RECOVER-SATURATED"))
        #expect(plain.errors.contains("--logits"))
      }
    }

    @Test("What looks like a slip, or leaves the theorem's ground, is said")
    func warnings() throws {
      let ring = "- {center: [0, 0], radius: 0.2}\n- {center: [0, 0], radius: 0.3}\n"
      for (outputs, boundaries, name, flags, text) in [
        ("0.2,0.3,0.9\n", Self.lines, "lines.csv", ["--logits"], "leave --logits out"),
        ("0,1,2\n-1,2,3\n", Self.lines, "lines.csv", ["--logits"], "the first row counts"),
        ("1,0,0\n", Self.lines, "lines.csv", [], "leave a direction open"),
        ("inf,0.3,-2\n", Self.lines, "lines.csv", ["--logits"], "are saturated"),
        ("0.2,0.4\n", "1,0\n0.5,0.1\n", "lines.csv", [], "one dimension"),
        ("0.2,0.4\n", ring, "rings.yaml", [], "the theorem does not apply"),
      ] {
        try withFolder { folder in
          let ended = try recover(
            outputs,
            boundaries,
            named: name,
            flags: ["--scale", "0.1"] + flags,
            in: folder
          )
          #expect(ended.exitCode == 0 && ended.errors.contains(text), "\(ended.errors)")
        }
      }
    }

    @Test("Without enough outputs that aren't saturated the covariance is null, with its reason")
    func undetermined() throws {
      try withFolder { folder in
        let ended = try recover("1,0,0\n", flags: ["--scale", "0.1", "--json"], in: folder)
        let record = try ended.record()
        #expect(record["covariance"]?["perUnitError"] == .null)
        #expect(record["reason.covariance"]?.string != nil)
      }
    }

    @Test(
      "A fit that explains nothing, or ends at the wall, is said; so is what normals don't span"
    )
    func unexplained() throws {
      let circles = "- {center: [0.1, 0], radius: 0.3}\n- {center: [0.1, 0], radius: 0.31}\n"
      try withFolder { folder in
        let flags = ["--scale", "0.05", "--logits"]
        let ended = try recover(
          "40,-60\n",
          circles,
          named: "circles.yaml",
          flags: flags,
          in: folder
        )
        #expect(ended.exitCode == 0 && ended.errors.contains("explains the outputs"))
        #expect(ended.output.contains("cost, median"))
        let far = try recover(
          "-9000,-8000\n",
          "- {center: [0.1, 0], radius: 0.3}\n- {center: [-0.2, 0], radius: 0.3}\n",
          named: "circles.yaml",
          flags: flags,
          in: folder
        )
        #expect(far.exitCode == 0 && far.errors.contains("ended at its wall"), "\(far.errors)")
        let row = try recover(
          "0.5,0.4\n",
          "1,0,0\n2,0,0\n",
          flags: ["--scale", "0.1", "--json"],
          in: folder
        ).record()
        #expect(row["reason.covariance"]?.string == "the normals span 1 of 2 dimensions")
        #expect(row["warnings"]?.array?.count == 1)
        let general = try recover(
          "0.5,0.4,0.3\n",
          flags: ["--scale", "0.1", "--json", "--method", "general"],
          in: folder
        ).record()
        #expect(general["rank"] == .integer(2) && general["condition"]?.double != nil)
        #expect(general["covariance"]?["perUnitError"]?.array?.count == 2)
      }
    }

    @Test("Balls in space come as a YAML list too")
    func space() throws {
      try withFolder { folder in
        // Seen from 0 all four are the same: r = 2 s, m = s, P = Φ(1) - Φ(-3) - φ(1) + φ(3).
        let odds = "0.6024559719297075"
        let balls = [[0.1, 0, 0], [0, 0.1, 0], [0, 0, 0.1], [-0.1, 0, 0]].map {
          "- {center: \($0), radius: 0.2}\n"
        }.joined()
        let ended = try recover(
          "\(odds),\(odds),\(odds),\(odds)\n",
          balls,
          named: "balls.yaml",
          flags: ["--scale", "0.1", "--json"],
          in: folder
        )
        #expect(ended.exitCode == 0, "\(ended.errors)")
        let found = try #require(try latents(ended).first)
        #expect(found.count == 3 && found.allSatisfy { abs($0) < 1e-6 })
      }
    }

    @Test(
      "Bad input is refused with its place",
      arguments: [
        ("0.5,0.5\n", lines, "E-RECOVER-SHAPE"), ("0.5,0.5,1.2\n", lines, "row = 1, column = 3"),
        ("0.5,0.5,nan\n", lines, "E-RECOVER-VALUE"), ("0.5,0.5,x\n0.1,0.2,0.3\n", lines, "E-CSV"),
        ("0.5,0.5\n", "1,0,0\n0,0,1\n", "boundary = 2"), ("0.5\n", "1,0,0\n", "E-RECOVER-COUNT"),
        ("0.5\n", "1\n", "E-RECOVER-BOUNDARY"), ("", lines, "E-CSV-EMPTY"),
        ("a,b,c\n", lines, "no row"), ("0.5\n0.5\n0.5\n", lines, "transposed"),
        ("0.5,3.1,-2\n", lines, "--logits if these are logits"),
        ("0.5,0.5,0.5\n", "1,0,0\n0,nan,0\n1,1,0\n", "MEND: write a number in its place"),
      ]
    )
    func refused(outputs: String, boundaries: String, message: String) throws {
      try withFolder { folder in
        let ended = try recover(outputs, boundaries, flags: ["--scale", "0.1"], in: folder)
        #expect(ended.exitCode == 65 && ended.output.isEmpty)
        #expect(ended.errors.contains(message), "\(ended.errors)")
        #expect(ended.errors.contains("MEND"))
      }
    }

    @Test(
      "A scale is needed, above 0",
      arguments: [
        [], ["--scale", "0"], ["--noise", "0", "--steps", "20"], ["--noise", "0.2"],
        ["--scale", "0.1", "--noise", "0.2"], ["--noise", "0.2", "--steps", "0"],
        ["--scale", "0.1", "--resolution", "5"], ["--scale", "1e-300"], ["--scale", "1e300"],
        ["--noise", "-1", "--steps", "20"], ["--noise", "nan", "--steps", "20"],
        ["--scale", "0.1", "--out", "./outputs.csv"], ["--scale", "0.1", "--out", "lines.csv"],
        ["--scale", "0.1", "--out", "lat.txt"], ["--scale", "-0.1"],
      ]
    )
    func usage(flags: [String]) throws {
      try withFolder { folder in
        let ended = try recover("0.5,0.5,0.5\n", flags: flags, in: folder)
        #expect(ended.exitCode == 64 && ended.output.isEmpty)
      }
    }

    @Test("--out never takes the place of what is read, however it is named")
    func overwritten() throws {
      try withFolder { folder in
        _ = try recover("0.5,0.4,0.3\n", flags: ["--scale", "0.1"], in: folder)
        let array = NumberArray(shape: [1, 3], values: [0.5, 0.4, 0.3])
        try ArrayFile(folder.appending("o.npz").string).write(array, named: "a")
        for (input, output) in [
          ("o.npz:a", "o.npz"), ("o.npz:a", "o.npz:x"), ("o.npz", folder.appending("o.npz").string),
          ("o.npz", folder.appending("lines.csv").string),
        ] {
          let flags = ["--boundaries", "lines.csv", "--scale", "0.1", "--out", output]
          let ended = try Tool.run(["recover", input] + flags, in: folder)
          #expect(ended.exitCode == 64 && ended.errors.contains("which is read"), "\(ended.errors)")
        }
      }
    }

    @Test("Two ways to give the scale exclude each other, and --out names what it writes")
    func usageWords() throws {
      try withFolder { folder in
        let both = ["--scale", "0.1", "--noise", "0.2", "--steps", "20"]
        let twice = try recover("0.5,0.5,0.5\n", flags: both, in: folder)
        #expect(twice.errors.contains("either --scale, or --noise and --steps"))
        let flags = ["--scale", "0.1", "--out", "lat.txt"]
        let format = try recover("0.5,0.5,0.5\n", flags: flags, in: folder)
        #expect(format.errors.contains(".csv, .npy or .npz"), "\(format.errors)")
      }
    }

    @Test("Files that are missing, or have no format, are named")
    func missing() throws {
      try withFolder { folder in
        let flags = ["--boundaries", "lines.csv", "--scale", "1"]
        #expect(try Tool.run(["recover", "none.csv"] + flags, in: folder).exitCode == 66)
        _ = try recover("0.5,0.5,0.5\n", flags: ["--scale", "1"], in: folder)
        #expect(try Tool.run(["recover", "none.csv"] + flags, in: folder).exitCode == 66)
        #expect(try Tool.run(["recover", "none.txt"] + flags, in: folder).exitCode == 65)
      }
    }
  }
}
