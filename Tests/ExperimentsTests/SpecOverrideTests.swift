import Experiments
import Testing

/// Arguments that are refused, and exactly what is said about them.
struct RefusedOverride: Sendable {
  let arguments: [String]
  let exitCode: Int32
  let message: String

  init(_ arguments: [String], exitCode: Int32, _ message: String) {
    self.arguments = arguments
    self.exitCode = exitCode
    self.message = message
  }
}

@Suite struct SpecOverrideTests {
  @Test("An argument replaces the value of the file, key by key")
  func precedence() throws {
    let document = try SpecDocument(text: "seed: 7\ntasks: {count: 6}\n", name: "spec.yaml")
    let overrides = try SpecOverride.parse(["tasks.count=12", " noise.deviation = 1e-1 "])
    let runs = try SweepExpansion(document: document, overrides: overrides).runs
    var expected = RunSpec.standard
    expected.seed = 7
    expected.paradigm.boundaries = .evenlySpacedLines(count: 12)
    expected.paradigm.noise = .before(.gaussian, deviation: 0.1)
    #expect(runs == [expected])
  }

  @Test("Lists and ranges give their values in the order in which they are written")
  func lists() throws {
    let assignments = try SpecOverride.parse([
      "tasks.count=24,2,6", "seed=3..5,0", "encoder.kind=none,relu",
    ])
    #expect(
      assignments.map(\.values) == [
        [.whole(24), .whole(2), .whole(6)],
        [.whole(3), .whole(4), .whole(5), .whole(0)],
        [.choice("none"), .choice("relu")],
      ]
    )
    #expect(assignments.map(\.origin) == [.argument(1), .argument(2), .argument(3)])
  }

  @Test(
    "An argument is refused with its number, and by the same rules as a file",
    arguments: [
      RefusedOverride(
        ["seed=1", "tasks.count"],
        exitCode: 64,
        "error[E-SPEC-ARGUMENT]: not an override in argument 2 ('tasks.count'): it has no key, no "
          + "= or no value. MEND: write KEY=VALUE, such as tasks.count=24"
      ),
      RefusedOverride(
        ["=3"],
        exitCode: 64,
        "error[E-SPEC-ARGUMENT]: not an override in argument 1 ('=3'): it has no key, no "
          + "= or no value. MEND: write KEY=VALUE, such as tasks.count=24"
      ),
      RefusedOverride(
        ["seed="],
        exitCode: 64,
        "error[E-SPEC-ARGUMENT]: not an override in argument 1 ('seed='): it has no key, no "
          + "= or no value. MEND: write KEY=VALUE, such as tasks.count=24"
      ),
      RefusedOverride(
        ["seed=1", "seed=2"],
        exitCode: 78,
        "error[E-SPEC-DUPLICATE]: key given twice in argument 2 (seed): it stands in argument 1 "
          + "already. MEND: remove one of them; several values are a list, such as [1, 2]"
      ),
      RefusedOverride(
        ["seed=1", "batch_size=32"],
        exitCode: 78,
        "error[E-SPEC-KEY]: unknown key in argument 2 (batch_size = 32): no key of a spec has this "
          + "name. MEND: did you mean training.batchSize?"
      ),
      RefusedOverride(
        ["noise=0.3"],
        exitCode: 78,
        "error[E-SPEC-SECTION]: a section without a key in argument 1 (noise = 0.3): noise is not "
          + "a value, it has keys. MEND: use one of noise.place, noise.kind, noise.deviation, "
          + "noise.anisotropy, noise.correlation"
      ),
      RefusedOverride(
        ["tasks.count=2,,6"],
        exitCode: 78,
        "error[E-SPEC-TYPE]: wrong kind of value in argument 1 (tasks.count = ''): this is "
          + "nothing, want a whole number 1…4096. MEND: see disentangle explain tasks.count"
      ),
      RefusedOverride(
        ["seed=0..3,2"],
        exitCode: 78,
        "error[E-SPEC-LIST]: unusable list in argument 1 (seed = ['0..3', 2]): 2 is in it "
          + "twice, and would give the same run twice. MEND: remove one of them"
      ),
      RefusedOverride(
        ["seed=9007199254740992"],
        exitCode: 78,
        "error[E-SPEC-RANGE]: value out of range in argument 1 (seed = 9007199254740992): want a "
          + "whole number 0…9007199254740991. MEND: see disentangle explain seed"
      ),
    ]
  )
  func refused(_ override: RefusedOverride) {
    let error = #expect(throws: SpecError.self) { try SpecOverride.parse(override.arguments) }
    #expect(error?.description == override.message)
    #expect(error?.exitCode == override.exitCode)
  }

  @Test(
    "What people call a key elsewhere leads to ours",
    arguments: [
      ("leak", ["timing.step", "network.timeConstant"]),
      ("lr", ["training.learningRate"]),
      ("n", ["tasks.count"]),
      ("n_tasks", ["tasks.count"]),
      ("Sigma", ["noise.deviation"]),
      ("batch_size", ["training.batchSize"]),
      ("hidden_size", ["network.units"]),
      ("count", ["tasks.count"]),
      ("kind", ["noise.kind", "encoder.kind"]),
      ("training.batch-size", ["training.batchSize"]),
      ("timeconstant", ["network.timeConstant"]),
      ("evalution.fits", ["evaluation.fits"]),
      ("task.count", ["tasks.count"]),
      ("noise.deviaton", ["noise.deviation"]),
      ("Training", ["training"]),
      ("xylophone", []),
      ("", []),
      (String(repeating: "seed", count: 1000), []),
    ]
  )
  func suggestions(typed: String, meant: [String]) {
    #expect(SpecSchema.suggestions(for: typed) == meant)
  }

  @Test("A sweep is the product of its lists, its last key changing fastest")
  func sweep() throws {
    // Written in another order than the schema's, which is what counts.
    let document = try SpecDocument(text: "noise: {deviation: [0.1, 0.2]}\n", name: "spec.yaml")
    let overrides = try SpecOverride.parse(["tasks.count=6,2", "seed=0..2"])
    let sweep = try SweepExpansion(document: document, overrides: overrides)
    #expect(sweep.sweptKeys == ["seed", "tasks.count", "noise.deviation"])
    var expected: [RunSpec] = []
    for seed: UInt64 in 0...2 {
      for tasks in [6, 2] {
        for deviation in [0.1, 0.2] {
          var spec = RunSpec.standard
          spec.seed = seed
          spec.paradigm.boundaries = .evenlySpacedLines(count: tasks)
          spec.paradigm.noise = .before(.gaussian, deviation: deviation)
          expected.append(spec)
        }
      }
    }
    #expect(sweep.runs == expected)
    #expect(Set(sweep.runs.map(\.hash)).count == 12)
  }

  @Test("A hundred thousand runs are made, and lists whose product overflows are counted in time")
  func limits() throws {
    let many = try SpecOverride.parse(["seed=0..9999", "tasks.count=1..10"])
    #expect(try SweepExpansion(overrides: many).runs.count == SweepExpansion.limit)
    let tooMany = try SpecOverride.parse([
      "seed=0..9999", "tasks.count=1..4096", "timing.fixation=0..9999", "timing.stimulus=1..10000",
      "timing.delay=0..9999", "timing.decision=1..10000",
    ])
    #expect(throws: SpecError.tooManyRuns(count: nil, limit: 100_000)) {
      try SweepExpansion(overrides: tooMany)
    }
  }
}
