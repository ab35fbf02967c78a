import Analysis
import ArgumentParser
import Compute
import Experiments
import Files
import Results
import SystemPackage

struct AnalyzeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "analyze",
    abstract: "Measures your own arrays: is there a model of the factors in these states?",
    discussion: """
      STATES is trials × units, or trials × time × units; FACTORS is trials × factors. Both are \
      .npy, .npz, .safetensors, .csv, .mat or .h5; of a file with several arrays, name one as \
      FILE:NAME. \
      Numbers are taken as continuous and text as categories; it prints what it took as what.

        disentangle analyze states.npy factors.csv
        disentangle analyze data.npz:rates data.npz:angles --circular factor1 --period 360

      Of a session in NWB, spikes are counted in a window of each trial, and the factors are columns \
      of its trials:

        disentangle analyze session.nwb --window 0..0.5 --factors contrast,side

        disentangle analyze --run runs/rnn-d2-n24-s0-9f2c41d0a1b2

      A run of ours is shown fresh trials; its latents are the factors, and the network before \
      training and its encoder alone stand beside every value.
      """
  )

  @Argument(help: ArgumentHelp("The activity, trials × units or trials × time × units."))
  var states: String?

  @Argument(help: ArgumentHelp("What was different from trial to trial (NWB: STATES itself)."))
  var factors: String?

  @Option(
    name: .customLong("run"),
    help: ArgumentHelp(
      "A run's directory or a subject file, in place of STATES and FACTORS.",
      valueName: "run"
    )
  )
  var runPath: String?

  @Option(
    name: .long,
    parsing: .unconditional,
    help: "Trials that the run is shown, 100 to 100,000 (default: 4000)."
  )
  var trials: Int?

  @Option(name: .long, help: "One label a trial: what is resampled and shuffled within as one.")
  var groups: String?

  @Option(name: .long, help: "Another system's states on the same trials, to be compared.")
  var compare: String?

  @Option(name: .long, help: "The step of a trial that is taken: last, mean, or a number from 0.")
  var time = "last"

  @Option(name: .long, parsing: .upToNextOption, help: "Factors that are angles.")
  var circular: [String] = []

  @Option(name: .long, parsing: .unconditional, help: "A full turn of these angles (default: 2π).")
  var period: Double?

  @Option(name: .long, parsing: .upToNextOption, help: "Factors whose numbers are names.")
  var categorical: [String] = []

  @Option(name: .long, help: "What becomes of trials with missing values: refuse or drop.")
  var missing = RecordingRequest.MissingRule.refuse

  @Option(
    name: .customLong("factors"),
    help: ArgumentHelp("NWB: the trials' columns that are factors.", valueName: "name,name")
  )
  var factorColumns: String?

  @Option(
    name: .long,
    parsing: .unconditional,
    help: ArgumentHelp("NWB: seconds from each trial's moment.", valueName: "from..to")
  )
  var window: String?

  @Option(
    name: .long,
    parsing: .unconditional,
    help: "NWB: the length of a bin in seconds (default: one bin)."
  )
  var bin: Double?

  @Option(name: .long, help: "NWB: the trials' column of these moments (default: start_time).")
  var align: String?

  @Option(
    name: .long,
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      Shuffles of the factors behind the null of r² (default: 100; in held-out regions of many units \
      fewer, 20 at least).
      """
    )
  )
  var shuffles: Int?

  @Option(
    name: .long,
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      Draws behind every other null: accuracies, scores, selectivity, comparison. All is computed anew \
      for each, so they are few; of n the least probability is 1/(n + 1).
      """
    )
  )
  var scoreShuffles = RecordingAnalysis.Settings.slowShuffles

  @Option(
    name: .long,
    parsing: .unconditional,
    help: "The seed of all shuffles, folds and samples."
  )
  var seed: UInt64 = 0

  @Option(
    name: .long,
    help: "The directory of the page (default: runs/analyze; with --json no page)."
  )
  var out: String?

  @Flag(name: .long, help: "Print one JSON object, and nothing for people.")
  var json = false

  @Flag(name: .long, help: "Print nothing but errors.")
  var quiet = false

  func validate() throws {
    if runPath == nil, factors == nil, let swallowed {
      throw ValidationError(swallowed)
    }
    if runPath == nil, states == nil {
      throw ValidationError("give STATES and FACTORS, or --run with a run of ours.")
    }
    if runPath != nil,
      let unused = [
        ("STATES", states != nil), ("--groups", groups != nil), ("--compare", compare != nil),
        ("--circular", !circular.isEmpty), ("--categorical", !categorical.isEmpty),
        ("--missing", missing != .refuse),
      ].first(where: \.1)
    {
      throw ValidationError(
        "\(unused.0) means nothing beside --run, whose factors are its latents."
      )
    }
    if trials != nil, runPath == nil {
      throw ValidationError("--trials means nothing without --run.")
    }
    if let trials, !(100...100_000).contains(trials) {
      throw ValidationError("--trials is \(trials); want 100…100000.")
    }
    if let out, out.isEmpty { throw ValidationError("--out is empty; name a directory.") }
    if chosenTime == nil {
      throw ValidationError("--time is \(time); want last, mean or a number.")
    }
    let files = [states, factors, compare].compactMap(\.self)
    let isSession = files.contains { ArrayFile($0).isSession }
    if let states, factors == nil, !ArrayFile(states).isSession {
      throw ValidationError("FACTORS is missing: only a session in NWB holds them itself.")
    }
    for (name, isGiven) in [
      ("--factors", factorColumns != nil), ("--window", window != nil), ("--bin", bin != nil),
      ("--align", align != nil),
    ] where isGiven && !isSession {
      throw ValidationError("\(name) belongs to sessions in NWB, and there is no .nwb file.")
    }
    if let window, SessionRequest.window(window) == nil {
      throw ValidationError("--window is \(window); want seconds from and to, as in -0.25..0.5.")
    }
    if let bin, !(bin > 0 && bin.isFinite) {
      throw ValidationError("--bin is \(bin); want a length above 0, in seconds.")
    }
    if let period, !(period > 0 && period.isFinite) {
      throw ValidationError("--period is \(period); want a positive number.")
    }
    if period != nil, circular.isEmpty {
      throw ValidationError("--period means nothing without --circular.")
    }
    if let both = circular.first(where: categorical.contains) {
      throw ValidationError("\(both) is given to --circular and to --categorical; choose one.")
    }
    if let twice = factorNames.indices.first(where: {
      factorNames[..<$0].contains(factorNames[$0])
    }) {
      throw ValidationError("--factors has \(factorNames[twice]) twice.")
    }
    if let shuffles, !(1...10_000).contains(shuffles) {
      throw ValidationError("--shuffles is \(shuffles); want 1…10000.")
    }
    if !(1...10_000).contains(scoreShuffles) {
      throw ValidationError("--score-shuffles is \(scoreShuffles); want 1…10000.")
    }
  }

  /// Options of several names take every word up to the next option, STATES and FACTORS too.
  private var swallowed: String? {
    let session = states.map { ArrayFile($0).isSession } ?? false
    guard !session else { return nil }
    for (option, names) in [("--circular", circular), ("--categorical", categorical)] {
      let files = names.filter { ArrayFile($0).hasKnownFormat }
      guard !files.isEmpty else { continue }
      return "\(option) took \(files.joined(separator: " and ")) for "
        + (files.count == 1 ? "the name of a factor" : "names of factors")
        + ": it takes every word up to the next option. Put STATES and FACTORS before it, or -- between "
        + "its names and them."
    }
    return nil
  }

  private var factorNames: [String] {
    (factorColumns ?? "").split(separator: ",").map(String.init)
  }

  private var chosenTime: RecordingRequest.Time? {
    switch time {
    case "last": .last
    case "mean": .mean
    default: Int(time).flatMap { $0 >= 0 ? .step($0) : nil }
    }
  }

  func run() async throws {
    try checkKernel()
    let read = try self.read()
    var settings = RecordingAnalysis.Settings()
    settings.seed = seed
    // A number that is asked for holds for all of them.
    if let shuffles { (settings.shuffles, settings.heldOutShuffles) = (shuffles, shuffles) }
    settings.classifierShuffles = scoreShuffles
    settings.scoreShuffles = scoreShuffles
    let analysis = await RecordingAnalysis(
      of: read.recording,
      comparedWith: read.other,
      overTime: read.overTime,
      settings
    )
    let floors = await AnalyzedFloor.all(of: read, settings)
    let report = RecordingReport(read, analysis, floors: floors, command: commandLine)
    // Who reads JSON asks for a page by its directory.
    let written = try (out ?? (json ? nil : "runs/analyze")).map { directory in
      try ReportFolder(
        path: directory,
        plotlyScript: PlotlyScript.find(),
        gnuplot: Gnuplot.find()
      ).write(report.page)
    }
    if json {
      try Console.put(RecordingResult(read, analysis, floors: floors).json.compact)
    } else if !quiet {
      for warning in read.warnings { Console.note("warning: \(warning)") }
      for remark in analysis.leftOut + (written?.remarks ?? []) { Console.note("note: \(remark)") }
      try Console.put(report.text)
      if let written { try Console.put("\npage: \(written.page)") }
    }
  }

  private func read() throws -> ReadRecording {
    if let runPath {
      return try ReadRecording(
        of: StoredSubject(at: FilePath(runPath)),
        trials: trials ?? 4000,
        time: chosenTime ?? .last
      )
    }
    let states = states ?? ""
    var request = RecordingRequest(
      states: states,
      factors: factors ?? ArrayFile(states).path.string
    )
    request.groups = groups
    request.other = compare
    request.time = chosenTime ?? .last
    request.circular = circular
    request.categorical = categorical
    request.missing = missing
    if let period { request.period = period }
    request.session.window = window.flatMap(SessionRequest.window)
    request.session.bin = bin
    if let align { request.session.align = align }
    request.session.factors = factorNames
    return try ReadRecording(request)
  }

  /// What makes the page again.
  private var commandLine: String {
    // Files first: options of several names would take them.
    var words = ["disentangle", "analyze"] + [states, factors].compactMap { $0?.pathArgument }
    if let runPath { words += ["--run", runPath.pathArgument] }
    if let trials { words += ["--trials", String(trials)] }
    if let window { words += ["--window", window] }
    if let bin { words += ["--bin", String(bin)] }
    if let align { words += ["--align", align] }
    if let factorColumns { words += ["--factors", factorColumns] }
    if let groups { words += ["--groups", groups.pathArgument] }
    if let compare { words += ["--compare", compare.pathArgument] }
    if time != "last" { words += ["--time", time] }
    if !circular.isEmpty { words += ["--circular"] + circular }
    if let period { words += ["--period", String(period)] }
    if !categorical.isEmpty { words += ["--categorical"] + categorical }
    if missing != .refuse { words += ["--missing", missing.rawValue] }
    if let shuffles { words += ["--shuffles", String(shuffles)] }
    if scoreShuffles != RecordingAnalysis.Settings.slowShuffles {
      words += ["--score-shuffles", String(scoreShuffles)]
    }
    if seed != 0 { words += ["--seed", String(seed)] }
    if let out { words += ["--out", out.pathArgument] }
    return words.map(\.shellQuoted).joined(separator: " ")
  }
}

extension RecordingRequest.MissingRule: ExpressibleByArgument {}
