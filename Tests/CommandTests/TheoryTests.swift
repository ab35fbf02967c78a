import Files
import Foundation
import SystemPackage
import Testing

extension ToolTests {
  @Suite("The theory of a spec") struct TheoryTests {
    @Test("A table for people, a column for each value, and nothing on disk")
    func table() throws {
      try withFolder { folder in
        let ended = try Tool.run(["theory", "tasks.count=2,6"], in: folder)
        #expect(ended.exitCode == 0 && ended.errors.isEmpty, "\(ended.errors)")
        for text in ["count=2", "count=6", ".97794", "proven", "approximate", "1/12"] {
          #expect(ended.output.contains(text), "\(text) in \(ended.output)")
        }
        #expect(ended.output.split(separator: "\n").allSatisfy { $0.count <= 110 })
        #expect(try contents(of: folder).isEmpty)
        #expect(try Tool.run(["theory", "tasks.count=2,6"], in: folder).output == ended.output)
      }
    }

    @Test("--json prints one object; --quiet prints nothing")
    func json() throws {
      try withFolder { folder in
        let ended = try Tool.run(["theory", "--json", "seed=0,1"], in: folder)
        #expect(ended.exitCode == 0 && ended.errors.isEmpty)
        let specs = try #require(try ended.record()["specs"]?.array)
        #expect(specs.count == 2)
        for spec in specs {
          #expect(spec["values"]?["r2.any"]?["status"] == "proven")
          #expect(spec["values"]?["r2.any"]?["baseline"]?.string?.contains("1/12") == true)
          #expect(spec["conditions"]?["verdict"] == "holds")
          #expect(spec["conditions"]?["conditionNumber"]?.double != nil)
        }
        let quiet = try Tool.run(["theory", "--quiet"], in: folder)
        #expect(quiet.exitCode == 0 && quiet.output.isEmpty && quiet.errors.isEmpty)
      }
    }

    @Test("--conditions says whether they hold")
    func conditions() throws {
      try withFolder { folder in
        let lines = try Tool.run(["theory", "--conditions"], in: folder)
        #expect(lines.output.contains("holds") && lines.output.contains("condition number"))
        let few = try Tool.run(["theory", "--conditions", "tasks.count=1"], in: folder)
        #expect(few.exitCode == 0 && few.output.contains("fails"))
        #expect(few.errors.contains("W-THEORY"))
      }
    }

    @Test("--boundaries takes the tasks from a file, flat ones and curved ones")
    func boundaries() throws {
      try withFolder { folder in
        try Data("1,0,0.1\n0,1,0\n0.6,0.8,0\n".utf8)
          .write(to: URL(filePath: folder.appending("lines.csv").string))
        try Data(
          "- {center: [0.1, 0, 0.2], radius: 0.3}\n- {center: [0, 0.1, 0], radius: 0.2}\n".utf8
        )
        .write(to: URL(filePath: folder.appending("balls.yaml").string))
        let lines = try Tool.run(["theory", "--boundaries", "lines.csv", "--json"], in: folder)
        #expect(lines.exitCode == 0, "\(lines.errors)")
        let spec = try #require(try lines.record()["specs"]?.array?.first)
        #expect(spec["conditions"]?["tasks"] == .integer(3))
        #expect(spec["conditions"]?["verdict"] == "holds")
        #expect(spec["values"]?["prediction.r2.saturation"]?["value"]?.double != nil)
        let balls = try Tool.run(
          ["theory", "--conditions", "--boundaries", "balls.yaml"],
          in: folder
        )
        #expect(balls.exitCode == 0 && balls.output.contains("fails"), "\(balls.errors)")
        #expect(balls.output.contains("least information of labels"))
        let other = try Tool.run(
          ["theory", "--boundaries", "lines.csv", "latent.dimensions=3"],
          in: folder
        )
        #expect(other.exitCode == 78 && other.errors.contains("E-SPEC-RULE"), "\(other.errors)")
        let none = try Tool.run(["theory", "--boundaries", "none.csv"], in: folder)
        #expect(none.exitCode == 66)
      }
    }

    @Test("--out writes a page about one spec, and again the same bytes")
    func page() throws {
      try withFolder { folder in
        let command = ["theory", "--out", "out", "tasks.count=6"]
        let ended = try Tool.run(command, in: folder)
        #expect(ended.exitCode == 0 && ended.output.contains("page: out/report.html"))
        let first = try contents(of: folder)
        for name in ["tasks", "evidence", "precision"] {
          #expect(first["out/figures/\(name).csv"] != nil, "\(name)")
        }
        #expect(try Tool.run(command, in: folder).output == ended.output)
        #expect(try contents(of: folder) == first)
        #expect(try page(in: folder).contains("the saturation law predicts 0."))
      }
    }

    @Test("A page says nothing of what isn't known but why, where a line can break")
    func pageWithoutPredictions() throws {
      try withFolder { folder in
        let command = ["theory", "--out", "out", "noise.place=after", "tasks.count=6"]
        #expect(try Tool.run(command, in: folder).exitCode == 0)
        let text = try page(in: folder)
        #expect(text.contains("No decoder exceeds an r² of 0.") && !text.contains("law predicts"))
        #expect(text.contains("no predictions for noise behind the encoder"))
        #expect(!text.contains("–<span class=\"detail\""), "a reason beside a number")
      }
    }

    private func page(in folder: FilePath) throws -> String {
      String(decoding: try #require(try contents(of: folder)["out/report.html"]), as: UTF8.self)
    }

    @Test("Bad input is refused with its reason")
    func badInput() throws {
      try withFolder { folder in
        let several = try Tool.run(["theory", "--out", "out", "tasks.count=2,6"], in: folder)
        #expect(several.exitCode == 78 && several.errors.contains("E-SPEC-SEVERAL"))
        let many = try Tool.run(["theory", "seed=0..100"], in: folder)
        #expect(many.exitCode == 78 && many.errors.contains("E-SPEC-RUNS"), "\(many.errors)")
        let key = try Tool.run(["theory", "task.count=2"], in: folder)
        #expect(key.exitCode == 78 && key.errors.contains("E-SPEC-KEY"))
        #expect(try Tool.run(["theory", "--out", ""], in: folder).exitCode == 64)
        #expect(try contents(of: folder).isEmpty)
      }
    }
  }
}
