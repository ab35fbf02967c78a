import ArgumentParser
import Experiments
import Files
import SystemPackage

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Checks a network from PyTorch or NumPy against a spec, for `run --subject`.",
    discussion: """
      Tensors are found by PyTorch's names. The spec says which there must be: it stands in the \
      file's metadata, or is given here as in `run`.

        disentangle import network.safetensors
        disentangle import network.npz network.units=64 tasks.count=24
        disentangle run --subject network.subject.safetensors

      PyTorch's .pth files are pickles, which can run code: Scripts/pth_to_safetensors.py makes \
      safetensors of them.
      """
  )

  @Argument(help: "A .safetensors or .npz file.")
  var file: String

  @Argument(help: "A spec file (optional), then key=value pairs.")
  var words: [String] = []

  @Option(name: .long, help: "The subject file (default: FILE's name with .subject.safetensors).")
  var out: String?

  @Flag(name: .long, help: "Leave the file's readout aside: it was not trained.")
  var withoutReadout = false

  @Flag(name: .long, help: "Leave tensors aside that the spec doesn't ask for.")
  var allowExtra = false

  @Flag(name: .long, help: "Replace a file that is there already.")
  var force = false

  @Flag(name: .long, help: "Print one JSON object, the comparison, and nothing for people.")
  var json = false

  @Flag(name: .long, help: "Print nothing but errors.")
  var quiet = false

  func run() throws {
    // The slots of a network come with its encoder, which knows what it answers to nothing.
    try checkKernel()
    let path = FilePath(file)
    let weights = try WeightsFile(contentsOf: path)
    let arguments = SpecArguments(words)
    let document = try weights.document(named: path)
    guard document != nil || !arguments.isEmpty else { throw WeightsError.noSpec(path) }
    var spec = try arguments.sweep(orFrom: document).only()
    guard spec.architecture != nil else { throw WeightsError.idealSubject(path) }
    let audit = WeightAudit(
      of: weights,
      for: spec,
      withoutReadout: withoutReadout,
      allowsExtra: allowExtra
    )
    let target = FilePath(out ?? "\(path.stem ?? file).subject.safetensors")
    var report = audit.json.object ?? [:]
    report["file"] = audit.fits ? .string(target.string) : .null
    guard audit.fits else {
      if json { try Console.put(JSONValue.object(report).compact) }
      throw WeightsError.unfit(file: path, audit)
    }
    spec = try weights.checked(spec, with: audit.readout, named: path)
    try weights.checkEncoder(of: spec, named: path)
    guard force || !Folder.holds(target) else { throw FileExists(path: target) }
    try ImportedSubject.write(
      weights,
      named: path.lastComponent?.string ?? file,
      digest: try sha256Hex(ofFile: path),
      for: spec,
      audit,
      to: target
    )
    if json {
      try Console.put(JSONValue.object(report).compact)
      return
    }
    guard !quiet else { return }
    for remark in audit.remarks { Console.note("note: \(remark)") }
    Console.note(
      "wrote \(target): \(audit.found.count) tensors; "
        + "next: disentangle run --subject \(target)"
    )
  }
}
