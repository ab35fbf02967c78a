import ArgumentParser
import Experiments
import Files
import Results
import SystemPackage

/// Options that `run` and `demo` share.
struct WorkOptions: ParsableArguments {
  @Option(
    name: .long,
    help: "Where the runs' directories are made (default: runs; demo: runs/demo)."
  )
  var out: String?

  @Option(
    name: .long,
    parsing: .unconditional,
    help: "Worker processes at a time (default: one a core)."
  )
  var jobs: Int?

  @Option(name: .long, parsing: .unconditional, help: "Seconds between the checkpoints of a run.")
  var checkpointEvery = 5.0

  @Flag(name: .long, help: "Print result.json, one line a run, and nothing for people.")
  var json = false

  @Flag(name: .long, help: "Print nothing but errors and results.")
  var quiet = false

  @Flag(name: .long, help: "Stop where a setting lies outside the theory's conditions.")
  var strict = false

  func validate() throws {
    if let out, out.isEmpty { throw ValidationError("--out is empty; name a directory.") }
    if let jobs, jobs < 1 { throw ValidationError("--jobs is \(jobs); give it 1 or more.") }
    guard checkpointEvery.isFinite, checkpointEvery >= 0 else {
      throw ValidationError("--checkpoint-every is a number of seconds, 0 or more.")
    }
  }

  /// Whether people are spoken to.
  var speaks: Bool { !quiet && !json }
}

struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Trains and measures one network, or several where a value is a list or a range.",
    discussion: """
      A key is its path in the spec, and a value may be a list or a range of whole numbers:

        disentangle run spec.yaml
        disentangle run tasks.count=2,6,24 encoder.kind=relu,linearFree seed=0..4

      With --subject a network is measured that was trained elsewhere, and nothing is trained. Its \
      spec is the one that it was imported with; key=value pairs change it, such as \
      noise.deviation=0.3, and a spec file takes its place.

      A run that was stopped or killed goes on from its last checkpoint when the same command \
      is given again, and a run that is done is not done again.
      """
  )

  @Argument(help: "A spec file (optional), then key=value pairs.")
  var words: [String] = []

  @Option(name: .long, help: "A subject file that `import` or `export` wrote.")
  var subject: String?

  @OptionGroup var work: WorkOptions

  func run() async throws {
    try checkKernel()
    if subject != nil,
      let key = SpecArguments(words).keys.first(where: RunSpec.keysOfTraining.contains)
    {
      throw ValidationError(
        "\(key) means nothing beside --subject, which is never trained; leave it out."
      )
    }
    let imported = try subject.map { try ImportedSubject(contentsOf: FilePath($0)) }
    // Before anything is made: a network that doesn't fit fits in no run.
    let arguments = SpecArguments(words)
    try imported?.checkNetwork(arguments.overrides())
    let sweep = try arguments.sweep(orFrom: imported?.document())
    let specs = try imported.map { try asked(sweep, of: $0) } ?? sweep.runs
    let directory = work.out ?? "runs"
    let outcomes = try await Supervisor(work, directory: directory).run(specs, of: imported)
    let records = outcomes.compactMap(\.record)
    if !work.json, let last = records.last {
      try Console.put(ResultTable(records).text)
      if work.speaks { Console.note("results: \(directory)/\(last.name)/result.json") }
    }
    try outcomes.throwIfIncomplete()
  }

  /// The runs as the subject is measured in them, with a note about what a spec file says in vain.
  private func asked(
    _ sweep: SweepExpansion,
    of imported: ImportedSubject
  ) throws -> [RunSpec] {
    var specs: [RunSpec] = []
    var known: Set<RunSpec> = []
    var idle: Set<String> = []
    for written in sweep.runs {
      let spec = try imported.asked(written)
      idle.formUnion(spec.differences(from: written).map(\.key))
      // Two trainings of what isn't trained are one run.
      if known.insert(spec).inserted { specs.append(spec) }
    }
    let keys = sweep.writtenKeys.filter(RunSpec.keysOfTraining.intersection(idle).contains)
    if !keys.isEmpty, work.speaks {
      Console.note(
        "note: \(keys.joined(separator: ", ")): without effect beside --subject, which is never "
          + "trained; the subject's own are kept"
      )
    }
    return specs
  }
}

extension [RunSpec] {
  /// Says once what lies outside the theory's conditions.
  ///
  /// - Parameters:
  ///   - isStrict: Whether that is an error.
  ///   - speaks: Whether people are spoken to.
  /// - Throws: The first warning, under `isStrict`.
  func warn(strict isStrict: Bool, speaks: Bool) throws(SpecError) {
    for warning in Set(flatMap(\.warnings)).sorted(by: { $0.message < $1.message }) {
      guard !isStrict else { throw .refusedWarning(warning) }
      if speaks { Console.note(warning.description) }
    }
  }
}

/// A spec file, if the first word is one, and key=value pairs.
struct SpecArguments {
  private let file: String?
  private let pairs: [String]

  init(_ words: [String]) {
    // A key without a value is no file, it is a slip.
    if let first = words.first, !first.contains("="), SpecSchema.field(first) == nil,
      SpecSchema.section(first) == nil
    {
      file = first
      pairs = Array(words.dropFirst())
    } else {
      file = nil
      pairs = words
    }
  }

  /// Of the pairs.
  var keys: [String] { pairs.map { String($0.prefix { $0 != "=" }) } }

  /// Whether nothing was said at all.
  var isEmpty: Bool { file == nil && pairs.isEmpty }

  /// What the pairs set.
  ///
  /// - Throws: What is wrong with one of them.
  func overrides() throws(SpecError) -> [SpecAssignment] { try SpecOverride.parse(pairs) }

  /// - Parameters:
  ///   - standIn: What stands in the place of a spec file where none is named.
  ///   - tasks: What another file says; the words come after it.
  /// - Returns: The runs that the words ask for.
  /// - Throws: What is wrong with the spec.
  func sweep(
    orFrom standIn: SpecDocument? = nil,
    with tasks: [SpecAssignment] = []
  ) throws -> SweepExpansion {
    try SweepExpansion(
      document: try file.map { try SpecDocument(contentsOf: FilePath($0)) } ?? standIn,
      overrides: tasks + overrides()
    )
  }
}
