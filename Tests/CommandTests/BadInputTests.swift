import Foundation
import SystemPackage
import Testing

extension ToolTests {
  /// Something that a user got wrong, and what the tool says.
  struct BadInput: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let arguments: [String]
    /// The content of `spec.yaml`, where there is one.
    var spec: String?
    var environment: [String: String] = [:]
    let exitCode: Int32
    let code: String
    /// What the message must name: the place, the key, the value, the mend.
    let parts: [String]

    init(
      _ description: String,
      _ arguments: [String],
      spec: String? = nil,
      environment: [String: String] = [:],
      _ exitCode: Int32,
      _ code: String,
      _ parts: [String]
    ) {
      testDescription = description
      self.arguments = arguments
      self.spec = spec
      self.environment = environment
      self.exitCode = exitCode
      self.code = code
      self.parts = parts
    }
  }

  @Suite("Bad input") struct BadInputTests {
    static let inputs: [BadInput] = [
      BadInput(
        "a misspelt key",
        ["run", "task.count=3"],
        78,
        "E-SPEC-KEY",
        ["argument 1", "task.count", "MEND: did you mean tasks.count?"]
      ),
      BadInput(
        "a misspelt key in a file",
        ["run", "spec.yaml"],
        spec: "seed: 1\ntasks:\n  cuont: 3\n",
        78,
        "E-SPEC-KEY",
        ["spec.yaml:3:3", "tasks.cuont", "MEND: did you mean tasks.count?"]
      ),
      BadInput(
        "a word for a number",
        ["run", "tasks.count=many"],
        78,
        "E-SPEC-TYPE",
        ["argument 1", "tasks.count = 'many'", "want a whole number", "explain tasks.count"]
      ),
      BadInput(
        "a fraction for a whole number",
        ["run", "spec.yaml"],
        spec: "training: { batches: 2.5 }\n",
        78,
        "E-SPEC-TYPE",
        ["spec.yaml:1:22", "training.batches = 2.5", "with a fraction"]
      ),
      BadInput(
        "an unknown choice",
        ["run", "encoder.kind=rleu"],
        78,
        "E-SPEC-CHOICE",
        ["encoder.kind = 'rleu'", "MEND: did you mean relu?"]
      ),
      BadInput(
        "a number out of range",
        ["run", "tasks.count=0"],
        78,
        "E-SPEC-RANGE",
        ["tasks.count = 0", "1…4096"]
      ),
      BadInput(
        "not a number",
        ["run", "noise.deviation=nan"],
        78,
        "E-SPEC-TYPE",
        ["noise.deviation = 'nan'", "not a finite number"]
      ),
      BadInput(
        "not a number, as YAML writes it",
        ["run", "spec.yaml"],
        spec: "noise: { deviation: .nan }\n",
        78,
        "E-SPEC-TYPE",
        ["spec.yaml:1:21", "noise.deviation = '.nan'", "not a finite number"]
      ),
      BadInput(
        "a key that stands in a file twice",
        ["run", "spec.yaml"],
        spec: "seed: 1\nseed: 2\n",
        78,
        "E-SPEC-DUPLICATE",
        ["spec.yaml:2:1", "seed", "spec.yaml:1:1"]
      ),
      BadInput(
        "a key that is given twice",
        ["run", "seed=1", "seed=2"],
        78,
        "E-SPEC-DUPLICATE",
        ["argument 2", "argument 1"]
      ),
      BadInput(
        "an anchor",
        ["run", "spec.yaml"],
        spec: "seed: &first 1\n",
        78,
        "E-SPEC-YAML",
        ["anchor in spec.yaml:1:7", "&first"]
      ),
      BadInput(
        "a tab before a key",
        ["run", "spec.yaml"],
        spec: "tasks:\n\tcount: 3\n",
        78,
        "E-SPEC-SYNTAX",
        ["spec.yaml:2:1", "a tab", "MEND: indent by spaces"]
      ),
      BadInput(
        "a spec that is not there",
        ["run", "missing.yaml"],
        66,
        "E-FILE-MISSING",
        ["missing.yaml", "MEND: check the path"]
      ),
      BadInput(
        "an argument without a value",
        ["run", "spec.yaml", "tasks.count"],
        spec: "seed: 1\n",
        64,
        "E-SPEC-ARGUMENT",
        ["'tasks.count'", "MEND: write KEY=VALUE"]
      ),
      BadInput(
        "a key without a value where a file may stand",
        ["run", "tasks.count", "seed=1"],
        64,
        "E-SPEC-ARGUMENT",
        ["argument 1", "'tasks.count'", "MEND: write KEY=VALUE"]
      ),
      BadInput(
        "a time constant below the step",
        ["run", "spec.yaml"],
        spec: "network:\n  timeConstant: 50\n",
        78,
        "E-SPEC-RULE",
        ["spec.yaml:2:17", "network.timeConstant = 50", "at least 100"]
      ),
      BadInput(
        "a step above the time constant",
        ["run", "timing.step=200"],
        78,
        "E-SPEC-RULE",
        ["argument 1", "timing.step = 200", "(0, 1]"]
      ),
      BadInput(
        "a kernel that nobody has",
        ["run"],
        environment: ["DISENTANGLE_KERNEL": "nonsense"],
        78,
        "E-KERNEL",
        ["DISENTANGLE_KERNEL = nonsense", "choose one of", "baseline"]
      ),
      BadInput(
        "a setting outside the theory, under --strict",
        ["run", "--strict", "noise.deviation=0"],
        78,
        "E-SPEC-STRICT",
        ["noise.deviation = 0", "without --strict"]
      ),
      BadInput(
        "the theory of a spec outside of it, under --strict",
        ["theory", "--strict", "noise.deviation=0.2,0"],
        78,
        "E-SPEC-STRICT",
        ["noise.deviation = 0", "without --strict"]
      ),
      BadInput(
        "a world outside the theory, under --strict",
        ["show", "--strict", "tasks.boundaries=hyperbolas", "tasks.count=4"],
        78,
        "E-SPEC-STRICT",
        ["in 4 of 4 quadrants", "without --strict"]
      ),
      BadInput(
        "fewer tasks than latents, under --strict",
        ["run", "--strict", "tasks.count=1"],
        78,
        "E-SPEC-STRICT",
        ["fewer tasks, N = 1, than latent.dimensions = 2", "without --strict"]
      ),
      BadInput(
        "flat normals, under --strict",
        ["run", "--strict", "spec.yaml"],
        spec: "latent.dimensions: 3\ntasks: {boundaries: given, given: [{normal: [1, 0, 0]}, "
          + "{normal: [0, 1, 0]}, {normal: [1, 1, 0]}]}\n",
        78,
        "E-SPEC-STRICT",
        ["span 2 of 3 latent dimensions", "without --strict"]
      ),
      BadInput(
        "circles around one center, under --strict",
        ["run", "--strict", "spec.yaml"],
        spec: "tasks: {boundaries: given, given: [{center: [0, 0], radius: 0.2}, "
          + "{center: [0, 0], radius: 0.3}]}\n",
        78,
        "E-SPEC-STRICT",
        ["centers in one line", "without --strict"]
      ),
      BadInput(
        "copies, under --strict",
        ["run", "--strict", "tasks.copies=2"],
        78,
        "E-SPEC-STRICT",
        ["of 24 boundaries only 12 are different", "without --strict"]
      ),
      BadInput(
        "a line beside the box, under --strict",
        ["run", "--strict", "spec.yaml"],
        spec: "tasks: {boundaries: given, given: [{normal: [1, 0]}, "
          + "{normal: [0, 1], offset: 2}]}\n",
        78,
        "E-SPEC-STRICT",
        ["of 2 boundaries 1 miss the box", "without --strict"]
      ),
      BadInput(
        "dependent latents, under --strict",
        ["run", "--strict", "latent.correlation=1"],
        78,
        "E-SPEC-STRICT",
        ["latent.correlation = 1", "without --strict"]
      ),
      BadInput(
        "no noise behind the encoder, under --strict",
        ["run", "--strict", "noise.place=after", "encoder.deviation=0"],
        78,
        "E-SPEC-STRICT",
        ["encoder.deviation = 0", "without --strict"]
      ),
      BadInput(
        "empty labels, under --strict",
        ["run", "--strict", "tasks.labelNoise=0.5"],
        78,
        "E-SPEC-STRICT",
        ["tasks.labelNoise = 0.5", "without --strict"]
      ),
      BadInput(
        "a region that holds hardly anything, under --strict",
        [
          "run", "--strict", "latent.dimensions=6", "tasks.boundaries=axes",
          "training.holdOut=labels",
        ],
        78,
        "E-SPEC-STRICT",
        ["training.region = orthant", "one latent in 64", "without --strict"]
      ),
      BadInput(
        "a network without memory, under --strict",
        ["run", "--strict", "network.architecture=feedForward"],
        78,
        "E-SPEC-STRICT",
        ["network.architecture = feedForward", "without --strict"]
      ),
      BadInput(
        "a key without effect",
        ["run", "network.architecture=lstm", "network.layers=2"],
        78,
        "E-SPEC-MEANINGLESS",
        ["argument 2", "network.layers = 2", "gpt2 or feedForward", "here that is lstm"]
      ),
      BadInput(
        "heads that don't divide the width",
        ["run", "network.architecture=gpt2", "network.heads=7"],
        78,
        "E-SPEC-RULE",
        ["argument 2", "network.heads = 7", "heads that don't divide the width"]
      ),
      BadInput(
        "a list of boundaries on the command line",
        ["run", "tasks.boundaries=given", "tasks.given=[{normal: [1, 0]}]"],
        78,
        "E-SPEC-TYPE",
        ["argument 2", "tasks.given", "in a file", "explain tasks.given"]
      ),
      BadInput(
        "a boundary that can't be read",
        ["run", "spec.yaml"],
        spec:
          "tasks:\n  boundaries: given\n  given:\n    - {normal: [1, 0]}\n    - {center: [0, 0]}\n",
        78,
        "E-SPEC-LIST",
        ["spec.yaml:5:7", "tasks.given", "boundary 2, radius, is missing"]
      ),
      BadInput(
        "a key that cannot be explained",
        ["explain", "tasks.cuont"],
        78,
        "E-SPEC-KEY",
        ["tasks.cuont", "did you mean tasks.count?"]
      ),
      BadInput(
        "a spec of several worlds to show",
        ["show", "spec.yaml", "seed=0..2"],
        spec: "tasks:\n  count: [2, 6]\n",
        78,
        "E-SPEC-SEVERAL",
        ["runs = 6", "seed=0 tasks.count=2"]
      ),
      BadInput(
        "a misspelt key of a world to show",
        ["show", "task.count=3"],
        78,
        "E-SPEC-KEY",
        ["argument 1", "task.count", "MEND: did you mean tasks.count?"]
      ),
      BadInput(
        "a setting of the demo, which is counted as the user counts",
        ["demo", "training.batches=20", "tasks.count=0"],
        78,
        "E-SPEC-RANGE",
        ["argument 2", "tasks.count = 0"]
      ),
      BadInput(
        "a spec on the spec's place",
        ["init", "spec.yaml"],
        spec: "seed: 1\n",
        73,
        "E-FILE-EXISTS",
        ["spec.yaml", "--force"]
      ),
      BadInput(
        "a file where the runs should stand",
        ["run", "--out", "spec.yaml"],
        spec: "seed: 1\n",
        73,
        "E-FILE-NOT-DIRECTORY",
        ["spec.yaml", "MEND: name another place"]
      ),
    ]

    @Test(
      "It is said in one line with its place, key, value and mend, and nothing is touched",
      arguments: inputs
    )
    func refused(input: BadInput) throws {
      try withFolder { folder in
        if let spec = input.spec { try write(spec, to: folder.appending("spec.yaml")) }
        let before = try contents(of: folder)
        let ended = try Tool.run(input.arguments, in: folder, environment: input.environment)
        #expect(ended.exitCode == input.exitCode)
        #expect(ended.output.isEmpty)
        let lines = ended.errors.split(separator: "\n")
        try #require(lines.count == 1, "\(ended.errors)")
        #expect(lines[0].hasPrefix("error[\(input.code)]: "), "\(lines[0])")
        #expect(lines[0].ranges(of: ". MEND: ").count == 1, "\(lines[0])")
        for part in input.parts { #expect(lines[0].contains(part), "\(lines[0])") }
        #expect(try contents(of: folder) == before)
        let directories = try FileManager.default.contentsOfDirectory(atPath: folder.string)
        #expect(directories.count == before.count, "nothing was made either")
      }
    }

    @Test(
      "Whoever calls it wrongly is shown how to call it, with exit code 64",
      arguments: [
        (["frobnicate"], "frobnicate"), (["rum"], "'rum'; did you mean run?"),
        (["exprot", "x"], "did you mean export?"), (["workr"], "'workr'"),
        (["run", "--jobs", "0"], "--jobs is 0"),
        (["run", "--jobs", "two"], "'two'"), (["run", "--frob"], "--frob"),
        (["run", "--checkpoint-every", "nan"], "--checkpoint-every"),
        (["show", "--out", ""], "--out is empty"), (["run", "--jobs", "-1"], "--jobs is -1"),
        (["analyze", "a.npy", "b.npy", "--seed", "-1"], "'-1' is invalid"),
        (["analyze", "a.npy", "b.npy", "--circular", "x", "--period", "-3"], "--period is -3"),
        (["analyze", "a.npy", "b.npy", "--period", "360"], "without --circular"),
        (
          ["analyze", "a.npy", "b.npy", "--circular", "x", "--categorical", "y", "x"],
          "x is given to --circular and to --categorical"
        ),
        (["analyze", "a.nwb", "--factors", "side,side"], "--factors has side twice"),
      ]
    )
    func usage(arguments: [String], part: String) throws {
      try withFolder { folder in
        let ended = try Tool.run(arguments, in: folder)
        #expect(ended.exitCode == 64)
        #expect(ended.output.isEmpty)
        #expect(ended.errors.contains(part), "\(ended.errors)")
        #expect(ended.errors.contains("Usage: disentangle"), "\(ended.errors)")
        #expect(try contents(of: folder).isEmpty)
      }
    }
  }
}
