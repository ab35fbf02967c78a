import ArgumentParser
import Experiments
import Files
import Results
import SystemPackage

struct TheoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "theory",
    abstract: "Says what a spec can reach, before anything is trained.",
    discussion: """
      Ceilings, floors and predictions, each with its baseline and with how sure it is; a value \
      that is a list or a range gives several columns. For instance:

        disentangle theory tasks.count=2,6,24
        disentangle theory spec.yaml noise.deviation=0.4 --out runs/theory
        disentangle theory tasks.boundaries=circles --conditions
        disentangle theory --boundaries lines.csv noise.deviation=0.1

      With --out a page shows how r² depends on tasks, noise, time and the precision of outputs; \
      it is about one spec.
      """
  )

  @Argument(help: "A spec file (optional), then key=value pairs.")
  var words: [String] = []

  @Flag(
    name: .long,
    help: "Say whether the boundaries meet the theorem's conditions, and how well."
  )
  var conditions = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The tasks are the boundaries of this file, as in `recover`.",
      valueName: "file"
    )
  )
  var boundaries: String?

  @Option(name: .long, help: "Write a page with pictures into this directory.")
  var out: String?

  @Flag(name: .long, help: "Print one JSON object, and nothing for people.")
  var json = false

  @Flag(name: .long, help: "Print nothing but errors.")
  var quiet = false

  @Flag(name: .long, help: "Stop where a setting lies outside the theory's conditions.")
  var strict = false

  /// More columns than this are a table that nobody reads.
  private static let mostSpecs = 64

  func validate() throws {
    if let out, out.isEmpty { throw ValidationError("--out is empty; name a directory.") }
  }

  func run() throws {
    try checkKernel()
    let tasks = try boundaries.map { try BoundaryFile(contentsOf: FilePath($0)).assignments() }
    let sweep = try SpecArguments(words).sweep(with: tasks ?? [])
    guard sweep.runs.count <= Self.mostSpecs else {
      throw SpecError.tooManyRuns(count: sweep.runs.count, limit: Self.mostSpecs)
    }
    // Before the work: a page is about one spec.
    if out != nil { _ = try sweep.only() }
    try sweep.runs.warn(strict: strict, speaks: !json && !quiet)
    let forecasts = sweep.runs.map { Forecast(of: $0) }
    if json {
      try Console.put(
        (["specs": .array(forecasts.map(\.json))] as JSONValue).compact
      )
    } else if !quiet {
      let table = ForecastTable(forecasts, sweptKeys: sweep.sweptKeys)
      try Console.put(conditions ? table.conditions : table.text)
    }
    guard let out, let forecast = forecasts.first else { return }
    let report = ForecastReport(
      forecast,
      command: (["disentangle", "theory"] + words
        + (boundaries.map { ["--boundaries", $0] } ?? []) + ["--out", out]).map(\.shellQuoted)
        .joined(separator: " ")
    )
    let written = try ReportFolder(
      path: out,
      plotlyScript: PlotlyScript.find(),
      gnuplot: Gnuplot.find()
    ).write(report.page)
    guard !json, !quiet else { return }
    for remark in written.remarks { Console.note("note: \(remark)") }
    try Console.put("\npage: \(written.page)")
  }
}
