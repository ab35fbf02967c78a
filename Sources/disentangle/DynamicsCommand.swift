import ArgumentParser
import Experiments
import Files
import Results
import SystemPackage

struct DynamicsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dynamics",
    abstract: "Fixed points, time constants and drift of a trained network: is it an attractor?",
    discussion: """
      Nothing is trained. Fixed and slow points are searched from states of the run's own trials, \
      under the cue with the latent at zero; the page says what the network is called, and by which \
      thresholds. Of a transformer, which has no fixed points, it shows the last layer's geometry.

        disentangle dynamics runs/rnn-d2-n24-s0-9f2c41d0a1b2
        disentangle dynamics network.subject.safetensors --starts 4096 --out dynamics
        disentangle dynamics runs/rnn-d2-n24-s0-9f2c41d0a1b2 --noise 6   # the paper's starts
      """
  )

  @Argument(
    help: ArgumentHelp(
      "The directory of a run, or a subject file that `import` or `export` wrote.",
      valueName: "run"
    )
  )
  var path: String

  @Option(
    name: .long,
    help: "The directory of the page (default: runs/dynamics/RUN; with --json no page)."
  )
  var out: String?

  @Option(name: .long, parsing: .unconditional, help: "Searches for fixed points, 1 to 100,000.")
  var starts = 1024

  @Option(
    name: .long,
    parsing: .unconditional,
    help: ArgumentHelp(
      "Start from states plus a uniform number from [0, NOISE) in every variable; 0 for the states "
        + "alone."
    )
  )
  var noise: Double?

  @Option(
    name: .long,
    parsing: .unconditional,
    help: ArgumentHelp(
      "The share of searches that start beside a state, moved in every variable by Gaussian noise of "
        + "twice its own deviation, 0 to 1 (default: 0.25; with --noise all are moved by that).",
      valueName: "share"
    )
  )
  var moved: Double?

  @Option(
    name: .long,
    parsing: .unconditional,
    help: "A state is a fixed point where q = ½|F(x) − x|² is at most this."
  )
  var tolerance = 1e-18

  @Option(
    name: .long,
    parsing: .unconditional,
    help: "Points nearer than this are one, in units of the spread of the starts."
  )
  var uniqueness = 1e-3

  @Option(
    name: .long,
    parsing: .unconditional,
    help: "Points further out than so many times the starts' mean distance are set apart."
  )
  var outliers = 10.0

  @Option(name: .long, parsing: .unconditional, help: "Steps of a search downhill.")
  var iterations = 100

  @Option(
    name: .long,
    parsing: .unconditional,
    help: "Undamped steps from each of three places, for a search that stalls; 0 for none."
  )
  var leaps = 20

  @Option(
    name: .long,
    parsing: .unconditional,
    help: "Look at the checkpoint of this batch of a run that isn't done."
  )
  var checkpoint: Int?

  @Flag(name: .long, help: "Print what was found as one JSON object, and nothing for people.")
  var json = false

  @Flag(name: .long, help: "Print nothing but errors.")
  var quiet = false

  func validate() throws {
    if let out, out.isEmpty { throw ValidationError("--out is empty; name a directory.") }
    guard (1...100_000).contains(starts) else {
      throw ValidationError("--starts is \(starts); give it 1 to 100000.")
    }
    if let noise, !(noise.isFinite && noise >= 0) {
      throw ValidationError("--noise is \(noise); give it 0 or more.")
    }
    if let moved, !(0...1).contains(moved) {
      throw ValidationError("--moved is \(moved); give it a share, 0 to 1.")
    }
    if noise != nil, moved != nil {
      throw ValidationError("--noise moves every start, --moved some of them; choose one.")
    }
    guard tolerance.isFinite, tolerance > 0 else {
      throw ValidationError("--tolerance is \(tolerance); give it a number above 0.")
    }
    guard uniqueness.isFinite, uniqueness >= 0 else {
      throw ValidationError("--uniqueness is \(uniqueness); give it 0 or more.")
    }
    guard outliers.isFinite, outliers > 0 else {
      throw ValidationError("--outliers is \(outliers); give it a number above 0.")
    }
    guard (1...10_000).contains(iterations) else {
      throw ValidationError("--iterations is \(iterations); give it 1 to 10000.")
    }
    guard (0...10_000).contains(leaps) else {
      throw ValidationError("--leaps is \(leaps); give it 0 to 10000.")
    }
    if let checkpoint, checkpoint < 0 {
      throw ValidationError("--checkpoint is \(checkpoint); give it a batch.")
    }
  }

  func run() async throws {
    try checkKernel()
    let stored = try StoredSubject(at: FilePath(path), checkpoint: checkpoint)
    let result = try await DynamicsResult(of: stored, plan, command: command)
    let written = try (out ?? (json ? nil : "runs/dynamics/\(stored.name)")).map { directory in
      try ReportFolder(
        path: directory,
        plotlyScript: PlotlyScript.find(),
        gnuplot: Gnuplot.find()
      ).write(result.page)
    }
    if json {
      try Console.put(result.json.compact)
    } else if !quiet {
      for remark in written?.remarks ?? [] { Console.note("note: \(remark)") }
      if result.isOfTransformer, !searchOptions.isEmpty {
        Console.note(
          "note: \(searchOptions.map(\.name).joined(separator: ", ")) means nothing here: of a transformer no fixed "
            + "points are searched for"
        )
      }
      try Console.put(result.text)
      if let written { try Console.put("\npage: \(written.page)") }
    }
  }

  private var plan: DynamicsPlan {
    var plan = DynamicsPlan()
    plan.starts = starts
    plan.noise = noise ?? plan.noise
    // A state plus U(0, 0) is the state.
    plan.movedShare = moved ?? (noise == 0 ? 0 : plan.movedShare)
    plan.search.tolerance = tolerance
    plan.search.uniqueness = uniqueness
    plan.search.outlierFactor = outliers
    plan.search.mostIterations = iterations
    plan.search.mostLeaps = leaps
    return plan
  }

  /// What repeats it: everything that was changed.
  private var command: String {
    var words = ["disentangle", "dynamics", path]
    if let out { words += ["--out", out] }
    words += searchOptions.flatMap { [$0.name, $0.value] }
    if let checkpoint { words += ["--checkpoint", String(checkpoint)] }
    return words.map(\.shellQuoted).joined(separator: " ")
  }

  /// What was changed of the searches.
  private var searchOptions: [(name: String, value: String)] {
    let standard = DynamicsPlan()
    func changed<Value: Equatable>(_ value: Value, from usual: Value) -> String? {
      value == usual ? nil : String(describing: value)
    }
    let options: [(String, String?)] = [
      ("--starts", changed(starts, from: standard.starts)),
      ("--noise", noise.map(String.init(describing:))),
      ("--moved", moved.flatMap { changed($0, from: standard.movedShare) }),
      ("--tolerance", changed(tolerance, from: standard.search.tolerance)),
      ("--uniqueness", changed(uniqueness, from: standard.search.uniqueness)),
      ("--outliers", changed(outliers, from: standard.search.outlierFactor)),
      ("--iterations", changed(iterations, from: standard.search.mostIterations)),
      ("--leaps", changed(leaps, from: standard.search.mostLeaps)),
    ]
    return options.compactMap { name, value in value.map { (name, $0) } }
  }
}
