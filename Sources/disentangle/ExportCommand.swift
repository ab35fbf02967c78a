import ArgumentParser
import Experiments
import Files
import SystemPackage

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Writes a run's weights for PyTorch or NumPy.",
    discussion: """
      The tensors have PyTorch's names and shapes, and the spec comes with them: in the metadata \
      of a safetensors file, in a NumPy archive as the array spec.json, whose bytes are JSON.

        disentangle export runs/rnn-d2-n24-s0-9f2c41d0a1b2
        disentangle export runs/rnn-d2-n24-s0-9f2c41d0a1b2 --out weights.npz
      """
  )

  @Argument(help: ArgumentHelp("The directory of a run that is done.", valueName: "run"))
  var directory: String

  @Option(
    name: .long,
    help: "The file's format (default: what the name of --out ends with, else safetensors)."
  )
  var format: WeightsFile.Format?

  @Option(name: .long, help: "The file to write (default: the run's name, here).")
  var out: String?

  @Flag(name: .long, help: "Replace a file that is there already.")
  var force = false

  @Flag(name: .long, help: "Print one JSON object, and nothing for people.")
  var json = false

  @Flag(name: .long, help: "Print nothing but errors.")
  var quiet = false

  func validate() throws {
    guard let name = out, let ending = FilePath(name).extension else { return }
    let named = WeightsFile.Format(rawValue: ending)
    if let format, let named, format != named {
      throw ValidationError("--out \(name) ends with .\(ending), and --format is \(format).")
    }
    if format == nil, named == nil {
      throw ValidationError(
        "--out \(name) ends with .\(ending), which says no format; take .safetensors or .npz, or give "
          + "--format."
      )
    }
  }

  func run() throws {
    let weights = try WeightsFile(of: RunFolder(FilePath(directory)))
    let named = out.map { FilePath($0) }
    let format = format ?? named.flatMap(WeightsFile.Format.init(extensionOf:)) ?? .safetensors
    let path = named ?? FilePath("\(weights.metadata["run"] ?? "weights").\(format.rawValue)")
    guard force || !Folder.holds(path) else { throw FileExists(path: path) }
    try weights.write(as: format, to: path)
    if json {
      try Console.put(
        JSONValue.object([
          "file": .string(path.string),
          "format": .string(format.rawValue),
          "sha256": .string(try sha256Hex(ofFile: path)),
          "tensors": .integer(weights.tensors.count),
        ]).compact
      )
    } else if !quiet {
      Console.note("wrote \(path): \(weights.tensors.count) tensors")
    }
  }
}

extension WeightsFile.Format: ExpressibleByArgument {}
