import Foundation
import Results
import Testing

@Suite("Reports as folders")
struct ReportTests {
  private var report: ReportPage {
    let hostile = SmallFigures.hostile
    return ReportPage(
      title: hostile,
      headline: hostile,
      finding: hostile,
      notes: [.init(.warning, hostile)],
      table: ReportTable(
        caption: hostile,
        columns: [.init(hostile, detail: hostile, isNumeric: false), .init("r²")],
        rows: [
          [
            .init(hostile, detail: hostile),
            .init("0.9", bar: ValueBar(value: 0.9, floor: 0, ceiling: 1, alternative: hostile)),
          ]
        ]
      ),
      sections: [
        .init(hostile, paragraphs: [hostile], figures: [SmallFigures.hostileFigure]),
        .init("Others", figures: [SmallFigures.decoding, SmallFigures.space]),
      ],
      specification: hostile,
      provenance: [.init(hostile, hostile)],
      command: hostile
    )
  }

  /// Writes the report with a stand-in for Plotly and hands its page to `body`.
  private func withReport(
    plotly: Bool,
    gnuplot: Gnuplot? = nil,
    _ body: (_ folder: String, _ page: String, _ written: ReportFolder.Written) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      let script = "\(folder)/given.js"
      #expect(FileManager.default.createFile(atPath: script, contents: Data("// Plotly".utf8)))
      let written = try ReportFolder(
        path: "\(folder)/report",
        plotlyScript: plotly ? script : "\(folder)/none.js",
        gnuplot: gnuplot
      ).write(report)
      let data = try #require(FileManager.default.contents(atPath: written.page))
      try body("\(folder)/report", String(decoding: data, as: UTF8.self), written)
    }
  }

  @Test("No text of a report becomes markup, in elements, attributes or data")
  func escaping() throws {
    try withReport(plotly: true) { _, page, _ in
      #expect(!page.contains("<script>"))
      #expect(page.components(separatedBy: "<script").count == 1 + 2 + 3, "two files, three data")
      #expect(page.components(separatedBy: "</script>").count == 1 + 2 + 3)
      #expect(
        page.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &#39;a&#39; &quot;b&quot;")
      )
    }
  }

  @Test("A page asks for nothing outside its folder")
  func noRequests() throws {
    try withReport(plotly: true) { _, page, _ in
      #expect(page.contains("default-src 'none'; script-src 'self' file:"))
      #expect(!page.contains("http://") && !page.contains("https://"))
      #expect(!page.contains("src=\"//") && !page.contains("@import"))
    }
  }

  @Test("Every figure leaves its numbers, its script and its Plotly form beside the page")
  func files() throws {
    try withReport(plotly: true) { folder, page, _ in
      for name in ["hostile", "decoding", "space"] {
        for ending in ["csv", "gp", "plotly.json"] {
          #expect(FileManager.default.fileExists(atPath: "\(folder)/figures/\(name).\(ending)"))
          #expect(page.contains("href=\"figures/\(name).\(ending)\""))
        }
        #expect(page.contains("id=\"\(name)-plot\" role=\"img\" aria-label=\""))
      }
      #expect(page.contains("data-plots=\"3\""))
      #expect(FileManager.default.fileExists(atPath: "\(folder)/report.js"))
      #expect(FileManager.default.fileExists(atPath: "\(folder)/plotly.min.js"))
    }
  }

  @Test("Without Plotly and gnuplot the page stands, has no script and says what is missing")
  func missingPrograms() throws {
    try withReport(plotly: false) { folder, page, written in
      #expect(written.remarks.count == 2)
      #expect(page.contains("plotly.min.js is missing"))
      #expect(page.contains("gnuplot is missing: install gnuplot-nox"))
      #expect(!page.contains("<script"))
      #expect(page.contains("data-plots=\"0\""))
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/report.js"))
    }
  }

  @Test(
    "Pictures stand in the page where Plotly is missing",
    .enabled(if: Gnuplot.find() != nil, "gnuplot is not installed")
  )
  func pictures() throws {
    try withReport(plotly: false, gnuplot: Gnuplot.find()) { folder, page, written in
      #expect(written.remarks.count == 1)
      #expect(page.contains("<img src=\"figures/decoding.svg\" alt=\"Held-out values rise.\">"))
      #expect(FileManager.default.fileExists(atPath: "\(folder)/figures/decoding.pdf"))
    }
  }

  @Test("The same report gives the same page")
  func determinism() throws {
    var pages: [String] = []
    for _ in 0..<2 {
      try withReport(plotly: true) { _, page, _ in pages.append(page) }
    }
    #expect(pages[0] == pages[1])
  }

  @Test("Numbers stand with their points below each other")
  func alignment() {
    let table = ReportTable(
      caption: "",
      columns: [.init("value")],
      rows: [[.init("0.95")], [.init("−12.5")], [.init("3")], [.init("–")]]
    )
    let page = table.html
    #expect(page.contains(">0.95<"))
    #expect(page.contains(">−12.5\u{2007}<"), "one digit's width")
    #expect(page.contains(">3\u{2008}\u{2007}\u{2007}<"), "a point's and two digits' width")
    #expect(page.contains(">–<"), "what is no number stays as it is")
  }

  @Test("On a narrow screen rows that sentences name stand in two lines")
  func wordy() throws {
    func table(_ name: String) -> String {
      ReportTable(
        caption: "",
        columns: [.init("row", isNumeric: false), .init("value")],
        rows: [[.init(name), .init("1")]]
      ).html
    }
    let long = "share of states with exactly as many slow directions as latents"
    #expect(table(long).contains("<table class=\"wordy\">"))
    #expect(table("r²").contains("<table>"))
    try withReport(plotly: true) { _, page, _ in
      #expect(page.contains(".wordy tr > :first-child { flex-basis: 100%; }"))
    }
  }

  @Test("A bar shows the share of the way from floor to ceiling, and arrows beyond both")
  func bars() {
    func bar(_ value: Double, floor: Double = 0.5) -> ValueBar {
      ValueBar(value: value, floor: floor, ceiling: 1, alternative: "words")
    }
    #expect(bar(0.75).share == 0.5)
    #expect(bar(0.75).svg.contains("width=\"30.0\""), "half of 60")
    #expect(bar(0.75).svg.contains("aria-label=\"words\""))
    #expect(bar(0.4).svg.contains("M5 1 L0 5"))
    #expect(bar(1.1).svg.contains("L72.0 5"))
    #expect(bar(0.75, floor: 1).svg.isEmpty, "no way between them")
    #expect(bar(.nan).svg.isEmpty)
  }

  @Test("The page's script knows the dark counterpart of every colour")
  func darkInks() throws {
    try withReport(plotly: true) { folder, _, _ in
      let data = try #require(FileManager.default.contents(atPath: "\(folder)/report.js"))
      let script = String(decoding: data, as: UTF8.self)
      for ink in Palette.all { #expect(script.contains("\"\(ink.light)\":\"\(ink.dark)\"")) }
    }
  }
}
