import ArgumentParser
import Experiments
import Files
import SystemPackage

struct RecoverCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recover",
    abstract: "The latent from a classifier's outputs by the theorem, nothing fitted.",
    discussion: """
      OUTPUTS has a row for each trial and a column for each boundary: probabilities of the side \
      c · x > b, or logits. .csv, .npy, .npz, .safetensors, .mat and .h5 are read; file.npz:name is \
      one array of several.

      The boundaries are CSV, a line for each: the components of its normal c, then its offset b. \
      A YAML list, in a file that ends with .yaml, has curved ones as well, in any number of \
      dimensions: balls {center: [0.1, 0], radius: 0.3}, hyperplanes {normal: [0.6, 0.8], \
      offset: 0}, quadrics x·Ax + n·x > b {matrix: [[1, 0], [0, -1]], normal: [0, 0], offset: \
      0.1} and, in the plane, branches of hyperbolas {quadrant: "+-", threshold: 0.05}. The side \
      "1" is inside a ball.

      --method box is the mean of the latent's posterior in the box [-1/2, 1/2]^D.

      Outputs of exactly 0 or 1, and logits beyond 1e150, are saturated: --method plain refuses them, \
      the others say how many there are. With weighted and general each lies beyond the place where \
      single precision ends, a logit of 16.6, or beyond the box; outputs that contradict each other \
      are missed by as little as possible. box takes them one by one.

        disentangle recover outputs.npy --boundaries lines.csv --noise 0.2 --steps 20
        disentangle recover logits.csv --logits --boundaries lines.csv --scale 0.0447 --out x.csv
      """
  )

  @Argument(help: "The outputs.")
  var outputs: String

  @Option(name: .long, help: ArgumentHelp("The boundaries.", valueName: "file"))
  var boundaries: String

  @Option(
    name: .long,
    parsing: .unconditional,
    help: "σ, the deviation of one observation in each coordinate."
  )
  var noise: Double?

  @Option(name: .long, parsing: .unconditional, help: "t, how many observations a trial has.")
  var steps: Int?

  @Option(name: .long, parsing: .unconditional, help: "σ/√t, instead of both.")
  var scale: Double?

  @Flag(name: .long, help: "OUTPUTS are logits.")
  var logits = false

  @Option(
    name: .long,
    help: "plain, weighted, box or general (default: weighted; general where boundaries curve)."
  )
  var method: RecoveryMethod?

  @Option(
    name: .long,
    parsing: .unconditional,
    help: "For --method box on trained networks: logits beyond this say the side only (5 is ours)."
  )
  var resolution: Double?

  @Option(name: .long, help: "Write the latents here: .csv, .npy or .npz.")
  var out: String?

  @Flag(name: .long, help: "Print one JSON object with the latents, and nothing for people.")
  var json = false

  @Flag(name: .long, help: "Print nothing but errors.")
  var quiet = false

  func validate() throws {
    if let resolution, !(resolution > 0) {
      throw ValidationError("--resolution is \(resolution), want a number above 0.")
    }
    if resolution != nil, method != .box {
      throw ValidationError("--resolution belongs to --method box.")
    }
    switch (scale, noise, steps) {
    case (let scale?, nil, nil): try Self.check(scale, "--scale")
    case (nil, let noise?, let steps?):
      try Self.check(noise, "--noise")
      guard steps > 0 else { throw ValidationError("--steps is \(steps), want 1 or more.") }
      try Self.check(noise / Double(steps).squareRoot(), "--noise over the root of --steps")
    case (_?, _, _):
      throw ValidationError(
        "--scale is σ/√t itself: give either --scale, or --noise and --steps."
      )
    default:
      throw ValidationError("Say how noisy the observations were: --noise and --steps, or --scale.")
    }
    if let out, !ArrayFile(out).isWritable {
      let formats = ArrayFile.writtenFormats
      throw ValidationError(
        "--out is \(out); name a file that ends with "
          + "\(formats.dropLast().joined(separator: ", ")) or \(formats[formats.count - 1])."
      )
    }
    let inputs = [ArrayFile(outputs).path, FilePath(boundaries)]
    if let out, inputs.contains(where: { ArrayFile(out).path.isSameFile(as: $0) }) {
      throw ValidationError("--out is \(out), which is read; name another file.")
    }
  }

  /// Far beyond any box of side 1, and so that squares stay numbers.
  private static let scales = 1e-50...1e50

  private static func check(_ value: Double, _ name: String) throws {
    guard value > 0 else {
      throw ValidationError(
        "\(name) is \(value), want a number above 0: without noise the outputs are 0 and 1."
      )
    }
    guard scales.contains(value) else {
      throw ValidationError("\(name) is \(value), want 1e-50 … 1e50.")
    }
  }

  func run() throws {
    let scale = scale ?? (noise ?? 0) / Double(steps ?? 1).squareRoot()
    let file = try BoundaryFile(contentsOf: FilePath(boundaries))
    let recovery = try OutputRecovery(
      of: ArrayFile(outputs),
      areLogits: logits,
      file,
      scale: scale,
      method: method,
      resolution: resolution
    )
    if let out { try ArrayFile(out).write(recovery.latents, named: "latents") }
    if json {
      var report = recovery.report
      let (width, values) = (file.dimensions, recovery.latents.values)
      report["latents"] = .array(
        stride(from: 0, to: values.count, by: width).map { start in
          .array(values[start..<start + width].map(JSONValue.number))
        }
      )
      try Console.put(JSONValue.object(report).compact)
    } else if !quiet {
      for warning in recovery.warnings { Console.note("warning: \(warning)") }
      try Console.put(recovery.text)
      Console.note(
        out.map { "wrote \($0)" } ?? "next: --out FILE writes the latents, --json prints them"
      )
    }
  }
}

extension RecoveryMethod: ExpressibleByArgument {}
