import Experiments
import Files
import Results
import Testing

@Suite("The pages of worlds")
struct WorldReportTests {
  /// Every shape, noise, target, timing and encoder at least once.
  static let worlds: [[String]] = [
    [],
    ["latent.dimensions=6", "tasks.boundaries=hyperplanes", "tasks.offset=0.2", "tasks.count=9"],
    ["tasks.boundaries=axes", "training.target=values", "encoder.kind=none", "noise.deviation=0"],
    ["tasks.boundaries=hyperbolas", "tasks.count=8", "training.loss=squaredError"],
    ["tasks.boundaries=circles", "noise.kind=gumbel", "encoder.kind=quadratic"],
    ["tasks.boundaries=quadrics", "tasks.count=70", "noise.kind=autoregressive"],
    ["tasks.boundaries=mixed", "latent.dimensions=3", "noise.kind=anisotropic"],
    ["training.target=evidence", "training.evidence=integers", "timing.free=5"],
    ["timing.trialsInARow=3", "timing.delay=2", "tasks.interleaved=trial", "tasks.count=5"],
    ["tasks.interleaved=batch", "training.supervision=lastStep", "latent.correlation=0.7"],
    ["noise.place=after", "training.holdOut=labels", "tasks.labelled=0.25"],
    [
      "training.holdOut=trials", "training.region=halfSpace", "latent.dimensions=5",
      "tasks.boundaries=hyperplanes", "training.supervision=balanced", "tasks.labelNoise=0.1",
    ],
    ["timing.stimulus=1", "timing.fixation=0", "tasks.count=1", "training.supervision=lastStep"],
    ["timing.stimulus=500", "tasks.count=2", "tasks.copies=2"],
  ]

  private static func report(_ words: [String]) throws -> WorldReport {
    let sweep = try SweepExpansion(overrides: try SpecOverride.parse(words))
    return WorldReport(WorldPortrait(of: try sweep.only()), command: "disentangle show")
  }

  @Test("Every world has every figure, with numbers in it and none undefined", arguments: worlds)
  func figures(words: [String]) throws {
    let page = try Self.report(words).page
    let hasNoise = !words.contains("noise.deviation=0")
    #expect(
      page.figures.map(\.name)
        == ["latents", "tasks", "trial", "answers", "features"] + (hasNoise ? ["noise"] : [])
    )
    for figure in page.figures {
      let table = FigureTable(figure).csv
      #expect(table.split(separator: "\n").count > 2, "\(figure.name) is empty")
      #expect(!table.contains("nan") && !table.contains("inf"), "\(figure.name)")
      // What is not finite could not be written at all.
      let plotly = PlotlyFigure(figure).embedded
      #expect(plotly["data"]?.array?.isEmpty == false)
      for text in [figure.caption, figure.alternative] {
        #expect(!text.isEmpty && !text.contains("–") && !text.contains("Optional"), "\(text)")
      }
      #expect(figure.caption.hasSuffix("."), "\(figure.caption)")
      #expect(!GnuplotFigure(figure).script.contains("nan"))
    }
    #expect(!page.headline.contains("–") && !page.finding.contains("–"), "\(page.finding)")
  }

  @Test("The page says what lies outside the theory, and what was not drawn")
  func notes() throws {
    let repeated = try Self.report(["timing.stimulus=500", "tasks.count=2", "tasks.copies=2"])
    let notes = repeated.page.notes
    #expect(notes.contains { $0.kind == .warning && $0.text.contains("only 1 are different") })
    let trial = try #require(repeated.page.figures.first { $0.name == "trial" })
    #expect(trial.caption.contains("The last 400 of 502 steps."))
    let many = try Self.report(["tasks.boundaries=quadrics", "tasks.count=70"]).page
    #expect(many.notes.contains { $0.text.contains("Of 70 tasks 64 are drawn.") })
  }

  @Test("The table for a terminal fits a hundred columns", arguments: worlds)
  func terminal(words: [String]) throws {
    for line in try Self.report(words).text.split(separator: "\n") {
      #expect(line.count <= 100, "\(line)")
    }
  }

  @Test("The same spec gives the same page")
  func determinism() throws {
    let words = ["tasks.boundaries=circles", "tasks.count=3"]
    let pages = try (0..<2).map { _ in try Self.report(words).page }
    #expect(pages[0] == pages[1])
    #expect(
      pages[0].figures.map { PlotlyFigure($0).embedded.compact }
        == pages[1].figures.map { PlotlyFigure($0).embedded.compact }
    )
  }
}
