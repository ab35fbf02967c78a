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
        "a key that cannot be explained",
        ["explain", "tasks.cuont"],
        78,
        "E-SPEC-KEY",
        ["tasks.cuont", "did you mean tasks.count?"]
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
        (["frobnicate"], "frobnicate"), (["run", "--jobs", "0"], "--jobs is 0"),
        (["run", "--jobs", "two"], "'two'"), (["run", "--frob"], "--frob"),
        (["run", "--checkpoint-every", "nan"], "--checkpoint-every"),
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
