import ArgumentParser
import Experiments
import Files
import Results
import SystemPackage

struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Draws the world of a spec: latents, boundaries, a trial, the encoder, the noise.",
    discussion: """
      Nothing is trained; it takes a second or two. For instance:

        disentangle show spec.yaml
        disentangle show tasks.boundaries=circles tasks.labelled=0.25

      The page shows one world, so that keys with several values need one here.
      """
  )

  @Argument(help: "A spec file (optional), then key=value pairs.")
  var words: [String] = []

  @Option(name: .long, help: "The directory of the page (default: runs/show; with --json no page).")
  var out: String?

  @Flag(name: .long, help: "Print what is drawn as one JSON object, and nothing for people.")
  var json = false

  @Flag(name: .long, help: "Print nothing but errors.")
  var quiet = false

  @Flag(name: .long, help: "Stop where a setting lies outside the theory's conditions.")
  var strict = false

  func validate() throws {
    if let out, out.isEmpty { throw ValidationError("--out is empty; name a directory.") }
  }

  func run() throws {
    try checkKernel()
    let spec = try SpecArguments(words).sweep().only()
    try [spec].warn(strict: strict, speaks: !json && !quiet)
    let portrait = WorldPortrait(of: spec)
    let place = out.map { ["--out", $0] } ?? []
    let report = WorldReport(
      portrait,
      command: (["disentangle", "show"] + words + place).map(\.shellQuoted).joined(separator: " ")
    )
    let written = try (out ?? (json ? nil : "runs/show")).map { directory in
      try ReportFolder(
        path: directory,
        plotlyScript: PlotlyScript.find(),
        gnuplot: Gnuplot.find()
      ).write(report.page)
    }
    if json {
      try Console.put(portrait.json.compact)
    } else if !quiet {
      for remark in written?.remarks ?? [] { Console.note("note: \(remark)") }
      try Console.put(report.text)
      if let written { try Console.put("\npage: \(written.page)") }
    }
  }
}
