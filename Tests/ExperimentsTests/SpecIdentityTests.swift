import Experiments
import Files
import Testing
import Trials

extension SpecField {
  /// Values that this key takes, the default left out.
  var otherValues: [SpecValue] {
    let values: [SpecValue] =
      switch kind {
      case .whole(let range): [range.lowerBound, range.upperBound].map(SpecValue.whole)
      case .number(let range): [range.upper / 4, range.upper].map(SpecValue.number)
      case .choice(let choices): choices.map { .choice($0.name) }
      case .boundaries:
        [
          .boundaries([
            .hyperplane(Hyperplane(normal: [0.6, 0.8], offset: 0.1)),
            .ball(center: [0, 0.25], radius: 0.3),
            .quadric(matrix: [1, 0.5, 0.5, -1], normal: [0, 2], offset: 0.125),
            .hyperbola(isFirstPositive: true, isSecondPositive: false, threshold: 0.05),
          ])
        ]
      }
    return values.filter { $0 != defaultValue }
  }

  /// The choices beside which the key means something.
  fileprivate var context: [String: SpecValue] {
    Dictionary(uniqueKeysWithValues: companions.map { ($0.field.key, $0.value) })
  }

  fileprivate var contextSpec: RunSpec { RunSpec(context) }

  fileprivate func spec(with value: SpecValue) -> RunSpec {
    RunSpec(context.merging([key: value]) { $1 })
  }
}

@Suite struct SpecIdentityTests {
  @Test("The standard spec is the paper's main network")
  func standard() {
    // 64 units, 22 steps of 100 ms, σ = 0.2, 100,000 batches of 16, Adam at 1e-3, α = 1.
    #expect(
      RunSpec.standard.resolved == [
        "seed": 0,
        "latent": ["dimensions": 2, "distribution": "uniform", "correlation": 0.0],
        "tasks": [
          "count": 24, "boundaries": "lines", "copies": 1, "labelled": 1.0, "labelNoise": 0.0,
          "interleaved": "none",
        ],
        "noise": ["place": "before", "kind": "gaussian", "deviation": 0.2],
        "timing": [
          "step": 100.0, "fixation": 1, "stimulus": 20, "delay": 0, "decision": 1, "free": 0,
          "trialsInARow": 1,
        ],
        "encoder": ["kind": "relu"],
        "network": [
          "architecture": "leakyRNN", "units": 64, "activation": "relu", "timeConstant": 100.0,
          "noise": 0.0, "initialization": "pytorch",
        ],
        "training": [
          "batches": 100_000, "batchSize": 16, "learningRate": 0.001, "target": "labels",
          "loss": "crossEntropy", "supervision": "everyStep", "holdOut": "none",
        ],
        "evaluation": ["decoder": "ridge", "holdOut": "orthant", "fits": 5, "trials": 5000],
      ]
    )
  }

  @Test("A key says what it stands for: what is set is read back, and no other key is changed")
  func fieldsAreIndependent() {
    for field in SpecSchema.fields {
      let plain = field.contextSpec
      #expect(field.value(in: plain) == field.defaultValue, "\(field.key)")
      for value in field.otherValues {
        let spec = field.spec(with: value)
        // Of two latents a pair of signs is an orthant.
        if field.key == "training.region", value == .choice("signPair") { continue }
        #expect(field.value(in: spec) == value, "\(field.key)")
        // A choice may bring keys that mean something only with it, and take others away.
        let changed = spec.differences(from: plain).filter { $0.here != nil && $0.there != nil }
        #expect(
          changed == [SpecDifference(key: field.key, here: value, there: field.defaultValue)]
        )
      }
    }
  }

  /// A spec for every value of every key.
  private static var variants: [RunSpec] {
    SpecSchema.fields.filter(\.affectsBits).flatMap { field in
      field.otherValues.map(field.spec(with:)) + [field.contextSpec]
    }
  }

  @Test("Specs have the same hash exactly where all that means something is the same")
  func hashCoversEveryField() {
    let variants = Self.variants
    #expect(Set(variants.map(\.hash)).count == Set(variants.map(\.resolved)).count)
    #expect(Set(variants.map(\.hash)).count > 2 * 40, "most keys have two values to compare")
  }

  @Test("The hash and the name of the standard run stay what they are")
  func goldenHash() {
    // A change here renames every run that anyone has: it needs a new format version, a line in the
    // changelog and a good reason.
    let canonical =
      #"{"algorithm":1,"format":2,"rngScheme":1,"spec":{"#
      + #""encoder":{"kind":"relu"},"#
      + #""evaluation":{"decoder":"ridge","fits":5,"holdOut":"orthant","trials":5000},"#
      + #""latent":{"correlation":0.0,"dimensions":2,"distribution":"uniform"},"#
      + #""network":{"activation":"relu","architecture":"leakyRNN","initialization":"pytorch","#
      + #""noise":0.0,"timeConstant":100.0,"units":64},"#
      + #""noise":{"deviation":0.2,"kind":"gaussian","place":"before"},"seed":0,"#
      + #""tasks":{"boundaries":"lines","copies":1,"count":24,"interleaved":"none","#
      + #""labelNoise":0.0,"labelled":1.0},"#
      + #""timing":{"decision":1,"delay":0,"fixation":1,"free":0,"step":100.0,"stimulus":20,"#
      + #""trialsInARow":1},"#
      + #""training":{"batchSize":16,"batches":100000,"holdOut":"none","learningRate":0.001,"#
      + #""loss":"crossEntropy","supervision":"everyStep","target":"labels"}}}"#
    #expect(RunSpec.standard.hash == sha256Hex(of: canonical))
    #expect(RunSpec.standard.runName == "rnn-d2-n24-s0-\(sha256Hex(of: canonical).prefix(12))")
  }

  @Test("A key that came later renames no run that doesn't use it")
  func leftOut() throws {
    let spec = RunSpec(["tasks.boundaries": .choice("circles")])
    #expect(spec.resolved["tasks"]?["seed"] == nil)
    let drawn = RunSpec(["tasks.boundaries": .choice("circles"), "tasks.seed": .whole(0)])
    #expect(drawn.resolved["tasks"]?["seed"] == 0 && drawn.hash != spec.hash)
    #expect(try RunSpec(resolved: spec.resolved) == spec)
    #expect(try RunSpec(resolved: drawn.resolved) == drawn)
  }

  @Test("A record gives back the spec that was written, whatever the values")
  func recordRoundTrip() throws {
    // Those that no rule forbids: D = 25 has no lines, and so on.
    let variants = Self.variants.filter { (try? $0.checkRules()) != nil }
    #expect(variants.count > 80)
    for spec in variants {
      let record = try JSONValue(parsing: spec.resolved.pretty)
      #expect(try RunSpec(resolved: record) == spec)
      #expect(try RunSpec(resolved: record).hash == spec.hash)
      // What a result says of its spec can be given to `run` as it stands.
      for text in [spec.resolved.pretty, spec.resolved.compact] {
        let document = try SpecDocument(text: text, name: "spec.json")
        #expect(try SweepExpansion(document: document).runs == [spec])
      }
    }
  }

  @Test("A record that this version did not write is refused by the key that differs")
  func refusedRecords() throws {
    func refusal(_ change: (inout [String: JSONValue]) -> Void) -> String? {
      var members = RunSpec.standard.resolved.object ?? [:]
      change(&members)
      do throws(SpecError) {
        _ = try RunSpec(resolved: .object(members))
        return nil
      } catch {
        return "\(error.exitCode) \(error)"
      }
    }
    let head = "65 error[E-SPEC-RECORD]: not a spec of this version in config.json"
    let mend = ". MEND: read it with the version that wrote it, or choose another directory"
    #expect(refusal { _ in } == nil)
    #expect(refusal { $0["seed"] = nil } == "\(head) (seed): it is missing\(mend)")
    #expect(
      refusal { $0["seed"] = 1.5 }
        == "\(head) (seed): 1.5 is not a whole number 0…9007199254740991\(mend)"
    )
    #expect(
      refusal { $0["encoder"] = ["kind": "lens"] }
        == "\(head) (encoder.kind): \"lens\" is not one of relu, quadratic, "
        + "linearFree, none\(mend)"
    )
    #expect(
      refusal { $0["encoder"] = ["kind": "relu", "depth": 3] }
        == "\(head) (encoder.depth): no key of a spec has this name\(mend)"
    )
    #expect(
      refusal { $0["colour"] = 3 } == "\(head) (colour): no key of a spec has this name\(mend)"
    )
    #expect(refusal { $0["noise"] = 3 } == "\(head) (noise.place): it is missing\(mend)")
    #expect(
      refusal { $0["tasks.count"] = 3 }
        == "\(head) (tasks.count): no key of a spec has this name\(mend)"
    )
    #expect(throws: SpecError.badRecord(key: "the whole file", why: "it is not an object")) {
      try RunSpec(resolved: [1])
    }
  }

  @Test("What a directory holds and what is wanted are set side by side")
  func differences() {
    var other = RunSpec.standard
    other.seed = 4
    other.paradigm.noise = .before(.gaussian, deviation: 0.5)
    let differences = RunSpec.standard.differences(from: other)
    #expect(
      differences.map(\.description) == [
        "seed is 0 here and 4 there", "noise.deviation is 0.2 here and 0.5 there",
      ]
    )
  }
}
