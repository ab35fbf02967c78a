import Files
import Foundation
import SystemPackage
import Testing

extension ToolTests {
  @Suite("Showing a world") struct ShowTests {
    static let files = ["latents", "tasks", "trial", "answers", "features", "noise"]

    @Test("A page and its figures are written, and again the same bytes")
    func page() throws {
      try withFolder { folder in
        let command = ["show", "--out", "out", "tasks.boundaries=circles", "tasks.count=5"]
        let ended = try Tool.run(command, in: folder)
        #expect(ended.exitCode == 0)
        #expect(ended.output.contains("page: out/report.html"))
        #expect(ended.output.contains("random circles"), "\(ended.output)")
        let first = try contents(of: folder)
        let page = try #require(first["out/report.html"])
        for name in Self.files {
          for ending in ["csv", "gp", "plotly.json"] {
            #expect(first["out/figures/\(name).\(ending)"] != nil, "\(name).\(ending)")
          }
          #expect(String(decoding: page, as: UTF8.self).contains("id=\"\(name)\""))
        }
        #expect(try Tool.run(command, in: folder).output == ended.output)
        #expect(try contents(of: folder) == first)
      }
    }

    @Test("--json prints what is drawn as one object; --quiet prints nothing")
    func json() throws {
      try withFolder { folder in
        let small = ["show", "--out", "out", "tasks.count=3", "timing.stimulus=4"]
        let ended = try Tool.run(small + ["--json"], in: folder)
        #expect(ended.exitCode == 0 && ended.errors.isEmpty)
        let shown = try ended.record()
        #expect(shown["spec"]?["tasks"]?["count"] == 3)
        #expect(shown["latents"]?["cuts"]?.array?.count == 3)
        #expect(shown["trial"]?["targets"]?.array?.count == 3)
        #expect(shown["trial"]?["cue"]?.array?.count == 6)
        #expect(shown["features"]?["points"]?.array?.count == 441)
        #expect(shown["warnings"] == [])
        #expect(try contents(of: folder)["out/report.html"] != nil)
        try withFolder { empty in
          let bare = ["show", "tasks.count=3", "timing.stimulus=4", "--json"]
          let ended = try Tool.run(bare, in: empty)
          #expect(ended.exitCode == 0, "\(ended.errors)")
          let left = try contents(of: empty)
          #expect(left.isEmpty, "\(left.keys)")
        }
        let quiet = try Tool.run(small + ["--quiet"], in: folder)
        #expect(quiet.exitCode == 0 && quiet.output.isEmpty && quiet.errors.isEmpty)
      }
    }

    @Test("Without gnuplot and Plotly the page is written and says what is missing")
    func missingPrograms() throws {
      try withFolder { folder in
        let bare = ["PATH": "/nowhere", "HOME": "/nowhere", "XDG_DATA_HOME": "/nowhere"]
        let ended = try Tool.run(
          ["show", "--out", "out", "tasks.count=2"],
          in: folder,
          environment: bare
        )
        #expect(ended.exitCode == 0)
        #expect(ended.errors.contains("gnuplot is missing"), "\(ended.errors)")
        #expect(try contents(of: folder)["out/report.html"] != nil)
      }
    }
  }
}
