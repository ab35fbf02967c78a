import ArgumentParser
import Experiments
import Files
import Results
import SystemPackage

struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Trains the paper's RNN at 2, 6 and 24 tasks and shows how disentangled it is.",
    discussion: """
      The full 100,000 batches, behind the paper's encoder and behind linearFree, which gives \
      nothing away to who only averages. Ends with a table and a report with pictures.

      Settings may be changed as in `run`, for instance training.batches=2000 for a short look.
      """
  )

  @Argument(help: "key=value pairs.")
  var settings: [String] = []

  @OptionGroup var work: WorkOptions

  func run() async throws {
    try checkKernel()
    // The longest runs first: then both cores finish at about the same time.
    let standard = ["encoder.kind=linearFree,relu", "tasks.count=24,6,2"]
    let own = try SpecOverride.parse(settings)
    let rest = try SpecOverride.parse(standard).filter { pair in
      !own.contains { $0.field.key == pair.field.key }
    }
    let specs = try SweepExpansion(overrides: own + rest).runs
    let directory = work.out ?? "runs/demo"
    let outcomes = try await Supervisor(work, directory: directory).run(specs)
    let records = outcomes.compactMap(\.record).inReadingOrder
    if !StopSignal.isRaised, !records.isEmpty {
      try show(records, in: FilePath(directory))
    }
    try outcomes.throwIfIncomplete()
  }

  private func show(_ records: [RunRecord], in directory: FilePath) throws {
    let out = work.out.map { ["--out", $0] } ?? []
    let command = (["disentangle", "demo"] + settings + out).joined(separator: " ")
    let report = RunReport(records, directory: directory, command: command)
    let written = try ReportFolder(
      path: directory.appending("report").string,
      plotlyScript: PlotlyScript.find(),
      gnuplot: Gnuplot.find()
    ).write(try report.page())
    guard !work.json else { return }
    try Console.put(ResultTable(records).text)
    for remark in written.remarks where work.speaks { Console.note("note: \(remark)") }
    if work.speaks { try Console.put("\nreport: \(written.page)") }
  }
}

extension [RunRecord] {
  /// The paper's encoder first, then by number of tasks.
  fileprivate var inReadingOrder: [RunRecord] {
    func key(_ record: RunRecord) -> (Int, String, Int) {
      let encoder = record.setting("encoder", "kind")?.string ?? ""
      return (encoder == "relu" ? 0 : 1, encoder, record.setting("tasks", "count")?.int ?? 0)
    }
    return sorted { key($0) < key($1) }
  }
}
