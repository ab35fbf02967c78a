import Foundation
import Results
import Testing

#if canImport(FoundationXML)
import FoundationXML  // where Foundation keeps XML on Linux
#endif

@Suite("Figures for print")
struct GnuplotFigureTests {
  private let decoding = GnuplotFigure(SmallFigures.decoding).script

  @Test("Two columns are 174 mm wide: 658 pixels of 1/96 inch")
  func width() {
    #expect(decoding.contains("set terminal svg size 658,"))
    #expect(decoding.contains("set terminal pdfcairo size 17.4cm,"))
  }

  @Test("The logarithmic axis has its ticks at the values that were run")
  func ticks() {
    #expect(decoding.contains("set logscale x; set xrange ["))
    #expect(decoding.contains("set xtics ('2' 2.0, '6' 6.0, '24' 24.0)"))
  }

  @Test("The ceiling is dashed and labelled; held out is blue, floors are grey")
  func marks() {
    #expect(
      decoding.contains("0.97794 with lines linewidth 1 dashtype (7,5) linecolor rgb '#000000'")
    )
    #expect(decoding.contains("set label 'ceiling .978' right at graph 0.99, first 0.97794"))
    #expect(decoding.contains("with vectors nohead linewidth 1 dashtype 1 linecolor rgb '#0072B2'"))
    #expect(decoding.contains("dashtype (2,4) linecolor rgb '#7A7A7A'"))
  }

  @Test("A shared vertical axis is labelled once, and the panels carry letters")
  func panels() {
    #expect(decoding.components(separatedBy: "set label 'r²'").count == 2)
    #expect(decoding.contains("set label 'a' at screen"))
    #expect(decoding.contains("set label 'b' at screen"))
  }

  @Test("A space becomes first against second and first against third component")
  func projections() {
    let script = GnuplotFigure(SmallFigures.space).script
    #expect(script.contains("using (is('a', 1) ? column(4) : NaN):5:9 with lines linewidth 0.5"))
    #expect(script.contains("using (is('a', 1) ? column(4) : NaN):6:9 with lines linewidth 0.5"))
    #expect(script.contains("set label 'PC3 (5 %)'"))
    #expect(script.contains("set label 'time (ms)'"))
  }

  @Test("Numbers of ends stand beside them in both projections")
  func numbers() {
    let script = GnuplotFigure(SmallFigures.named).script
    let labels = script.matches(
      of: #/set label '([12])' center at first (-?[0-9.]+), first (-?[0-9.]+) /#
    )
    let points = [("1", -1.0, 2.0), ("2", 1.0, 1.0), ("1", -1.0, 3.0), ("2", 1.0, 0.0)]
    #expect(labels.count == points.count)
    for (label, point) in zip(labels, points) {
      #expect(label.1 == point.0)
      // Above and to the right, where nothing else stands; axes are three long.
      let (x, y) = (Double(label.2) ?? .nan, Double(label.3) ?? .nan)
      #expect(x - point.1 > 0 && x - point.1 < 0.15 && y - point.2 > 0 && y - point.2 < 0.15)
    }
    #expect(!script.contains("\nset arrow"))
  }

  @Test("A map's cells take their colour from its own palette, and its bar stands beside it")
  func heatMap() {
    let script = GnuplotFigure(SmallFigures.matrix).script
    #expect(script.contains("set palette defined (0.0 '\(Palette.diverging[0].light)'"))
    #expect(script.contains("set cbrange [-1.0:1.0]"))
    #expect(script.contains("with boxxyerror linecolor palette"))
    #expect(script.contains("set colorbox vertical user origin screen"))
    #expect(script.contains("with lines linewidth 0.5"))
  }

  @Test(
    "A name stays within its quotes, on its line",
    arguments: [SmallFigures.hostileFigure, SmallFigures.matrix]
  )
  func hostileNames(figure: Figure) {
    let script = GnuplotFigure(figure).script
    for line in script.split(separator: "\n") where !line.hasPrefix("#") {
      // A doubled quote inside a text opens and closes an empty stretch outside.
      let parts = line.split(separator: "'", omittingEmptySubsequences: false)
      #expect(parts.count % 2 == 1, "an open quote in \(line)")
      for outside in stride(from: 0, to: parts.count, by: 2) {
        #expect(!parts[outside].contains("alert") && !parts[outside].contains("`"))
      }
    }
  }

  @Test(
    "gnuplot draws every figure, twice the same bytes, with words for who can't see it",
    .enabled(if: Gnuplot.find() != nil, "gnuplot is not installed"),
    arguments: ["decoding", "space", "hostile", "matrix"]
  )
  func drawing(name: String) throws {
    let figures = [
      SmallFigures.decoding, SmallFigures.space, SmallFigures.hostileFigure, SmallFigures.matrix,
    ]
    let figure = try #require(figures.first { $0.name == name })
    let gnuplot = try #require(Gnuplot.find())
    try withTemporaryFolder { folder in
      try GnuplotFigure(figure).write(to: folder)
      for format in Gnuplot.Format.allCases {
        let picture = "\(folder)/\(figure.name).\(format.rawValue)"
        #expect(gnuplot.draw(figure, as: format, in: folder) == .drawn)
        let first = try #require(FileManager.default.contents(atPath: picture))
        #expect(gnuplot.draw(figure, as: format, in: folder) == .drawn)
        #expect(FileManager.default.contents(atPath: picture) == first)
        guard format == .svg else { continue }
        let text = String(decoding: first, as: UTF8.self)
        #expect(text.contains("width=\"174.0mm\""))
        #expect(text.contains("<desc>\(figure.alternative.escapedForHTML)</desc>"))
        #expect(!text.contains("<script>"))
        #expect(XMLParser(data: first).parse(), "the picture is well-formed")
      }
    }
  }

  @Test(
    "A script that gnuplot can't read gives its complaint, and no picture of an earlier run",
    .enabled(if: Gnuplot.find() != nil, "gnuplot is not installed")
  )
  func failure() throws {
    let gnuplot = try #require(Gnuplot.find())
    try withTemporaryFolder { folder in
      let files = FileManager.default
      #expect(files.createFile(atPath: "\(folder)/decoding.svg", contents: Data("old".utf8)))
      #expect(files.createFile(atPath: "\(folder)/decoding.gp", contents: Data("nonsense\n".utf8)))
      guard case .failed(let reason) = gnuplot.draw(SmallFigures.decoding, as: .svg, in: folder)
      else {
        Issue.record("nonsense was drawn")
        return
      }
      #expect(reason.contains("invalid command"))
      #expect(!files.fileExists(atPath: "\(folder)/decoding.svg"))
    }
  }

  @Test("A gnuplot that does not start is a reason, not a crash")
  func missingProgram() throws {
    #expect(Gnuplot.find(onPath: "/nowhere:") == nil)
    try withTemporaryFolder { folder in
      let outcome = Gnuplot(executable: "/nowhere/gnuplot")
        .draw(SmallFigures.decoding, as: .svg, in: folder)
      guard case .failed(let reason) = outcome else {
        Issue.record("a missing program drew")
        return
      }
      #expect(!reason.isEmpty)
    }
  }
}

extension GnuplotFigure {
  fileprivate func write(to folder: String) throws {
    try Data(script.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name).gp"))
    try Data(table.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name).csv"))
  }
}

/// Hands a new folder to `body` and removes it afterwards.
func withTemporaryFolder(_ body: (String) throws -> Void) throws {
  let folder = FileManager.default.temporaryDirectory.appending(
    path: "figures-\(UUID().uuidString)"
  )
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  try body(folder.path)
}
