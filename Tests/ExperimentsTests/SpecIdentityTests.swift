import Experiments
import Files
import Testing

extension SpecField {
  /// Values that this key takes, the default left out.
  var otherValues: [SpecValue] {
    let values: [SpecValue] =
      switch kind {
      case .whole(let range): [range.lowerBound, range.upperBound].map(SpecValue.whole)
      case .number(let range): [range.upper / 4, range.upper].map(SpecValue.number)
      case .choice(let choices): choices.map { .choice($0.name) }
      }
    return values.filter { $0 != defaultValue }
  }
}

@Suite struct SpecIdentityTests {
  @Test("The standard spec is the paper's main network")
  func standard() {
    // 64 units, 22 steps of 100 ms, σ = 0.2, 100,000 batches of 16, Adam at 1e-3, α = 1.
    #expect(
      RunSpec.standard.resolved == [
        "seed": 0,
        "latent": ["dimensions": 2, "distribution": "uniform"],
        "tasks": ["count": 24, "boundaries": "lines"],
        "noise": ["kind": "gaussian", "deviation": 0.2],
        "timing": ["step": 100.0, "fixation": 1, "stimulus": 20, "delay": 0, "decision": 1],
        "encoder": ["kind": "relu"],
        "network": [
          "architecture": "leakyRNN", "units": 64, "activation": "relu", "timeConstant": 100.0,
        ],
        "training": [
          "batches": 100_000, "batchSize": 16, "learningRate": 0.001, "loss": "crossEntropy",
          "supervision": "everyStep",
        ],
        "evaluation": ["decoder": "ridge", "holdOut": "orthant", "fits": 5, "trials": 5000],
      ]
    )
  }

  @Test("A key says what it stands for: what is set is read back, and nothing else changes")
  func fieldsAreIndependent() {
    for field in SpecSchema.fields {
      for value in field.otherValues {
        var spec = RunSpec.standard
        field.set(value, in: &spec)
        #expect(field.value(in: spec) == value)
        #expect(
          spec.differences(from: .standard)
            == [SpecDifference(key: field.key, here: value, there: field.defaultValue)]
        )
      }
    }
  }

  @Test("The hash changes with every value that affects bits, and comes back with it")
  func hashCoversEveryField() {
    var hashes: Set<String> = [RunSpec.standard.hash]
    var count = 1
    for field in SpecSchema.fields where field.affectsBits {
      for value in field.otherValues {
        var spec = RunSpec.standard
        field.set(value, in: &spec)
        hashes.insert(spec.hash)
        count += 1
        field.set(field.defaultValue, in: &spec)
        #expect(spec.hash == RunSpec.standard.hash)
      }
    }
    #expect(hashes.count == count)
    #expect(count > 2 * 15, "most keys have two values to compare")
  }

  @Test("The hash and the name of the standard run stay what they are")
  func goldenHash() {
    // A change here renames every run that anyone has: it needs a new format version, a line in the
    // changelog and a good reason.
    let canonical =
      #"{"algorithm":1,"format":1,"rngScheme":1,"spec":{"#
      + #""encoder":{"kind":"relu"},"#
      + #""evaluation":{"decoder":"ridge","fits":5,"holdOut":"orthant","trials":5000},"#
      + #""latent":{"dimensions":2,"distribution":"uniform"},"#
      + #""network":{"activation":"relu","architecture":"leakyRNN","timeConstant":100.0,"units":64},"#
      + #""noise":{"deviation":0.2,"kind":"gaussian"},"seed":0,"#
      + #""tasks":{"boundaries":"lines","count":24},"#
      + #""timing":{"decision":1,"delay":0,"fixation":1,"step":100.0,"stimulus":20},"#
      + #""training":{"batchSize":16,"batches":100000,"learningRate":0.001,"loss":"crossEntropy","#
      + #""supervision":"everyStep"}}}"#
    #expect(RunSpec.standard.hash == sha256Hex(of: canonical))
    #expect(RunSpec.standard.runName == "rnn-d2-n24-s0-\(sha256Hex(of: canonical).prefix(12))")
  }

  @Test("A record gives back the spec that was written, whatever the values")
  func recordRoundTrip() throws {
    for corner in [\[SpecValue].first, \[SpecValue].last] {
      var spec = RunSpec.standard
      for field in SpecSchema.fields {
        guard let value = field.otherValues[keyPath: corner] else { continue }
        field.set(value, in: &spec)
      }
      // Only this pair of corners would break the rule that the leak is at most 1.
      spec.paradigm.timing.stepMilliseconds = 0.001
      let record = try JSONValue(parsing: spec.resolved.pretty)
      #expect(try RunSpec(resolved: record) == spec)
      #expect(try RunSpec(resolved: record).hash == spec.hash)
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
        == "\(head) (encoder.kind): \"lens\" is not one of relu, linearFree, none\(mend)"
    )
    #expect(
      refusal { $0["encoder"] = ["kind": "relu", "depth": 3] }
        == "\(head) (encoder.depth): no key of a spec has this name\(mend)"
    )
    #expect(
      refusal { $0["colour"] = 3 } == "\(head) (colour): no key of a spec has this name\(mend)"
    )
    #expect(refusal { $0["noise"] = 3 } == "\(head) (noise.kind): it is missing\(mend)")
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
    other.paradigm.noiseDeviation = 0.5
    let differences = RunSpec.standard.differences(from: other)
    #expect(
      differences.map(\.description) == [
        "seed is 0 here and 4 there", "noise.deviation is 0.2 here and 0.5 there",
      ]
    )
    #expect(
      SpecError.differentSpec(directory: "runs/a", differences).description
        == "error[E-SPEC-DIFFERENT]: another spec in runs/a (seed = 4, noise.deviation = 0.5): "
        + "this run wants seed = 0, noise.deviation = 0.2. MEND: name another directory with --out"
    )
  }

  @Test("Specs outside the theory's conditions are warned about, the standard one is not")
  func warnings() {
    #expect(RunSpec.standard.warnings.isEmpty)
    var spec = RunSpec.standard
    spec.paradigm.boundaries = .evenlySpacedLines(count: 2)
    #expect(spec.warnings.isEmpty)
    spec.paradigm.boundaries = .evenlySpacedLines(count: 1)
    #expect(
      spec.warnings.map(\.description) == [
        "warning[W-THEORY]: tasks.count = 1 is below latent.dimensions = 2: the identifiability "
          + "argument does not apply"
      ]
    )
    spec.paradigm.noiseDeviation = 0
    #expect(spec.warnings.count == 2)
    #expect(spec.warnings.last == .noNoise)
    #expect(SpecError.refusedWarning(.noNoise).exitCode == 78)
  }
}
