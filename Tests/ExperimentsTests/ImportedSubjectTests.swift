import Experiments
import Files
import Foundation
import Networks
import SystemPackage
import TestSupport
import Testing
import Trials

@Suite("Imported subjects and exported runs") struct ImportedSubjectTests {
  /// Quick to measure, and another world than the network was trained in.
  private static let quick = ["evaluation.fits=1", "evaluation.trials=50", "noise.deviation=0.25"]

  /// The fixture as a subject file.
  private static func subjectFile(
    in folder: FilePath,
    withoutReadout: Bool = false
  ) throws -> FilePath {
    let source = try WeightsFile(contentsOf: Fixture.path("pytorch-subject.safetensors"))
    let spec = try specOfFixture()
    let audit = WeightAudit(of: source, for: spec, withoutReadout: withoutReadout)
    let path = folder.appending("net.subject.safetensors")
    try ImportedSubject.write(source, named: "net", digest: "00", for: spec, audit, to: path)
    return path
  }

  private static func measured(
    _ subject: ImportedSubject,
    _ spec: RunSpec,
    in runs: FilePath
  ) throws -> (RunRecord, RunFolder) {
    let folder = RunFolder(runs.appending(subject.runName(for: spec)))
    try folder.prepare(for: spec, subject)
    // As a worker does it, which is given a directory and nothing else.
    var run = Run(try #require(try folder.storedSpec()), in: folder)
    run.imported = try folder.storedSubject()
    guard case .completed(let record) = try run.execute(report: { _ in }) else {
      throw Incomplete()
    }
    return (record, folder)
  }

  private struct Incomplete: Error {}

  @Test("A run measures it like a network of ours and writes a result of the same shape")
  func run() throws {
    try withFolder { folder in
      let subject = try ImportedSubject(contentsOf: Self.subjectFile(in: folder))
      let spec = try specOfFixture(Self.quick)
      let (record, run) = try Self.measured(subject, spec, in: folder.appending("runs"))
      let (own, _) = try withRunFolder { own in
        var small = spec
        small.training.batches = 1
        guard case .completed(let record) = try Run(small, in: own).execute(report: { _ in }) else {
          throw Incomplete()
        }
        return (record, own)
      }
      #expect(record.name == run.path.lastComponent?.string && record.isOfImportedSubject)
      let added = Set(try #require(record.json.object?.keys)).subtracting(
        own.json.object?.keys ?? [:].keys
      )
      #expect(added == ["subject"])
      for part in ["measurements", "ceilings", "references"] {
        #expect(record.json[part]?.object?.keys.sorted() == own.json[part]?.object?.keys.sorted())
      }
      #expect(record.json["subject"]?["sha256"]?.string == subject.sha256)
      #expect(record.training("batches") == 0 && record.violations.isEmpty)
      // It was trained to .936; under more noise the answers are worse, and not by much.
      let accuracy = try #require(record.training("accuracy"))
      #expect(accuracy > 0.88 && accuracy < 0.95)
      let r2 = try #require(record.quartiles("r2.ood")?.median)
      let floor = try #require(record.quartiles("floor.untrained.r2.ood")?.median)
      #expect(r2 > 0.8 && r2 < 0.97 && floor < r2)
      #expect(try run.completedRecord() == record)
      #expect(
        try Folder.names(in: run.path) == [
          "attempts.jsonl", "config.json", "lock", "portrait.json", "result.json",
          "subject.safetensors",
        ]
      )
      let again = try Self.measured(subject, spec, in: folder.appending("runs"))
      #expect(again.0 == record, "what is done is not done again")
    }
  }

  @Test("Measured twice, it gives the same bytes")
  func sameBytes() throws {
    try withFolder { folder in
      let subject = try ImportedSubject(contentsOf: Self.subjectFile(in: folder))
      let spec = try specOfFixture(Self.quick)
      let runs = try ["one", "two"].map {
        try Self.measured(subject, spec, in: folder.appending($0))
      }
      for part in ["measurements", "training", "files", "ceilings", "run", "subject"] {
        #expect(runs[0].0.json[part] == runs[1].0.json[part], "\(part)")
      }
      #expect(bytes(of: runs[0].1.portrait) == bytes(of: runs[1].1.portrait))
    }
  }

  @Test("Its floor is the spec's network as the seed draws it, behind the file's encoder")
  func floor() throws {
    try withFolder { folder in
      let subject = try ImportedSubject(contentsOf: Self.subjectFile(in: folder))
      let spec = try specOfFixture()
      let (trained, untrained) = try subject.networks(for: spec)
      #expect(untrained.encoder.parameters == trained.encoder.parameters)
      let drawn = NetworkSubject(
        try #require(spec.architecture),
        paradigm: spec.paradigm,
        seed: spec.seed
      )
      #expect(untrained.parameters == drawn.parameters)
      #expect(untrained.encoder.parameters != drawn.encoder.parameters)
      #expect(trained.parameters != drawn.parameters)
    }
  }

  @Test("Without a readout, loss and accuracy are null with a reason; all else is measured")
  func noReadout() throws {
    try withFolder { folder in
      let path = try Self.subjectFile(in: folder, withoutReadout: true)
      let subject = try ImportedSubject(contentsOf: path)
      #expect(subject.readout == .none)
      let spec = try specOfFixture(Self.quick)
      let (record, run) = try Self.measured(subject, spec, in: folder.appending("runs"))
      let training = try #require(record.json["training"])
      for key in ["loss", "lossError", "accuracy"] { #expect(training[key] == .null, "\(key)") }
      #expect(training["reason"]?.string?.contains("without a trained readout") == true)
      #expect(record.json["subject"]?["undefined"]?.array?.contains("labelFree") == true)
      #expect(record.quartiles("r2.ood") != nil && record.violations.isEmpty)
      // The weights come out as they went in.
      let exported = try WeightsFile(of: run)
      #expect(exported.metadata["readout"] == "none" && exported.tensors.count == 10)
    }
  }

  @Test(
    "The name of a run holds the subject: other bytes, another run; and the training's spec another"
  )
  func names() throws {
    try withFolder { folder in
      let with = try ImportedSubject(contentsOf: Self.subjectFile(in: folder))
      let without = try ImportedSubject(
        contentsOf: Self.subjectFile(in: folder, withoutReadout: true)
      )
      let spec = try specOfFixture()
      let names = [with.runName(for: spec), without.runName(for: spec), spec.runName]
      #expect(Set(names).count == 3)
      #expect(Set(names.map { $0.dropLast(12) }).count == 1 && Set(names.map(\.count)).count == 1)
    }
  }

  @Test("A spec of another network is refused before anything is made")
  func otherSpec() throws {
    try withFolder { folder in
      let subject = try ImportedSubject(contentsOf: Self.subjectFile(in: folder))
      let error = #expect(throws: WeightsError.self) {
        try subject.networks(for: specOfFixture(["network.units=64"]))
      }
      #expect(error?.code == "E-SUBJECT-NETWORK" && error?.exitCode == 78)
      #expect(error?.message.contains("(network.units = 64): its spec says") == true)
      #expect(error?.message.contains("network.units = 32") == true)
    }
  }

  /// A network as a seed draws it, as a subject file with the spec.
  private static func subject(
    _ pairs: [String],
    in folder: FilePath,
    withoutReadout: Bool = false
  ) throws -> (subject: ImportedSubject, spec: RunSpec) {
    let spec = try Self.spec(pairs)
    let drawn = NetworkSubject(
      try #require(spec.architecture),
      paradigm: spec.paradigm,
      seed: spec.seed
    )
    let tensors = [drawn.encoder.parameters, drawn.parameters].flatMap { parameters in
      parameters.slots.map {
        SafeTensorsFile.Tensor(
          name: $0.name,
          shape: $0.shape,
          values: .float32(parameters.values(of: $0))
        )
      }
    }
    let file = WeightsFile(tensors: tensors)
    let audit = WeightAudit(of: file, for: spec, withoutReadout: withoutReadout)
    let path = folder.appending("drawn.subject.safetensors")
    try ImportedSubject.write(file, named: "drawn", digest: "", for: spec, audit, to: path)
    return (try ImportedSubject(contentsOf: path), spec)
  }

  private static func spec(
    _ pairs: [String],
    of document: SpecDocument? = nil
  ) throws -> RunSpec {
    try SweepExpansion(document: document, overrides: SpecOverride.parse(pairs)).only()
  }

  private static func boundaries(_ spec: RunSpec) -> [Boundary] {
    spec.paradigm.boundaries.boundaries(dimensions: spec.paradigm.dimensions, seed: spec.seed)
  }

  @Test(
    "Whatever the run's seed, a network is asked about the boundaries that its own drew",
    arguments: ["hyperplanes", "circles", "quadrics", "mixed"]
  )
  func sameQuestions(family: String) throws {
    try withFolder { folder in
      let small = ["network.units=4", "tasks.boundaries=\(family)", "tasks.count=6", "seed=3"]
      let (subject, own) = try Self.subject(small, in: folder)
      let drawn = Self.boundaries(own)
      for pairs in [["seed=1"], ["seed=3"], ["seed=1", "tasks.seed=3"]] {
        let spec = try subject.asked(Self.spec(pairs, of: subject.document()))
        #expect(Self.boundaries(spec) == drawn && spec.paradigm.boundaries.seed == 3)
        // A worker has the spec from the run's directory.
        #expect(try Self.boundaries(RunSpec(resolved: spec.resolved)) == drawn)
        #expect(spec.resolved["tasks"]?["seed"] == 3)
      }
      // A spec file that says the same in the place of the file's.
      let anew = try subject.asked(Self.spec(Array(small.dropLast()) + ["seed=7"]))
      #expect(Self.boundaries(anew) == drawn && anew.seed == 7)
      let other = #expect(throws: WeightsError.self) {
        try subject.asked(Self.spec(["tasks.seed=4"], of: subject.document()))
      }
      #expect(other?.code == "E-SUBJECT-TASKS" && other?.message.contains("tasks.seed = 4") == true)
      // What is measured is what was said.
      var quick = try subject.asked(Self.spec(["seed=1"], of: subject.document()))
      quick.evaluation.fits = 1
      quick.evaluation.trials = 20
      let (record, run) = try Self.measured(subject, quick, in: folder.appending("runs"))
      #expect(record.json["spec"]?["tasks"]?["seed"] == 3)
      #expect(try StoredSubject(at: run.path).spec == quick)
      // And out again, and in: a seed of the run is not one of the boundaries.
      let exported = folder.appending("again")
      try WeightsFile(of: run).write(as: .safetensors, to: exported)
      let again = try ImportedSubject(contentsOf: exported)
      let spec = try again.asked(Self.spec(["seed=2"], of: again.document()))
      #expect(Self.boundaries(spec) == drawn)
    }
  }

  @Test(
    "What a readout was not trained on is refused by name; a network without readout may be asked",
    arguments: [
      "tasks.boundaries=lines", "tasks.boundaries=axes tasks.copies=3", "tasks.radius=0.3",
      "tasks.copies=2", "training.target=values", "training.loss=squaredError", "tasks.count=3",
    ]
  )
  func otherQuestions(words: String) throws {
    let pairs = words.split(separator: " ").map(String.init)
    try withFolder { folder in
      let small = ["network.units=4", "tasks.boundaries=circles", "tasks.count=6"]
      let (subject, _) = try Self.subject(small, in: folder)
      let asked = try Self.spec(
        pairs + (words.contains("axes") || words.contains("count") ? [] : ["tasks.count=6"]),
        of: subject.document()?.leavingOut("tasks.count")
      )
      let error = #expect(throws: WeightsError.self) { try subject.asked(asked) }
      #expect(error?.code == "E-SUBJECT-TASKS" && error?.exitCode == 78)
      let name = pairs[0].replacing("=", with: " = ")
      #expect(error?.message.contains(name) == true, "\(error?.message ?? "")")
      let (bare, _) = try Self.subject(small, in: folder, withoutReadout: true)
      // It has the file's boundaries where they are of the same family.
      let isSame = words.contains("training")
      #expect(try bare.asked(asked).paradigm.boundaries.seed == (isSame ? 0 : nil))
    }
  }

  @Test(
    "A spec of another network is refused by name, whether or not its tensors fit",
    arguments: [
      ("", "network.architecture=rnn"), ("", "network.activation=tanh"),
      ("", "encoder.kind=quadratic"), ("", "encoder.kind=linearFree"), ("", "timing.step=50"),
      ("", "network.timeConstant=200"), ("network.architecture=gpt2", "network.heads=4"),
      ("", "network.units=16"), ("", "encoder.kind=none"), ("", "tasks.interleaved=batch"),
      ("network.architecture=gpt2", "network.layers=2"),
      ("network.architecture=gpt2", "network.positions=learned"),
      ("tasks.boundaries=hyperplanes", "latent.dimensions=3"),
      ("tasks.interleaved=trial", "tasks.count=12"),
    ]
  )
  func otherNetwork(own: String, pair: String) throws {
    try withFolder { folder in
      let small = ["network.units=8"] + own.split(separator: " ").map(String.init)
      // Of one without a readout this is all that is fixed.
      let (subject, spec) = try Self.subject(small, in: folder, withoutReadout: true)
      let other = try Self.spec([pair], of: subject.document())
      #expect(other != spec)
      let error = #expect(throws: WeightsError.self) { try subject.asked(other) }
      #expect(error?.code == "E-SUBJECT-NETWORK" && error?.exitCode == 78)
      let message = error?.message ?? ""
      #expect(message.contains(pair.replacing("=", with: " = ")) && message.contains("MEND"))
      #expect(throws: WeightsError.self) { try subject.networks(for: other) }
    }
  }

  @Test(
    "Other noise, timing, latents, trials and seeds are fair questions, as is a finer step",
    arguments: [
      ["noise.deviation=0.4"], ["timing.stimulus=40", "timing.delay=5"], ["seed=9"],
      ["latent.correlation=0.5"], ["evaluation.holdOut=halfSpace"], ["noise.kind=gumbel"],
      ["timing.step=50", "network.timeConstant=50"], ["timing.trialsInARow=2"],
      ["training.supervision=lastStep"], ["network.initialization=orthogonal"],
    ]
  )
  func fairQuestions(pairs: [String]) throws {
    try withFolder { folder in
      let (subject, _) = try Self.subject(["network.units=4"], in: folder)
      let spec = try Self.spec(pairs, of: subject.document())
      #expect(try subject.asked(spec) == spec)
    }
  }

  @Test(
    "How a spec would train it is the file's, and gives no run another name",
    arguments: [
      ("training.batches=3", ""), ("training.batchSize=2 training.learningRate=0.5", ""),
      ("training.holdOut=trials training.region=halfSpace", ""),
      ("", "training.holdOut=labels training.region=halfSpace"),
      ("network.noise=0.1", "network.noise=0.2"), ("tasks.labelled=0.5 tasks.labelNoise=0.1", ""),
      ("network.dropout=0.3", "network.dropout=0.2"),
    ]
  )
  func training(words: String, own: String) throws {
    try withFolder { folder in
      let isTransformer = own.contains("dropout")
      let small =
        ["network.units=8"] + (isTransformer ? ["network.architecture=gpt2"] : [])
      let ownPairs = own.split(separator: " ").map(String.init)
      let (subject, spec) = try Self.subject(small + ownPairs, in: folder)
      // A spec file in the place of the file's, so that what is not said has the defaults.
      let other = try Self.spec(small + words.split(separator: " ").map(String.init))
      #expect(other != spec && subject.runName(for: other) != subject.runName(for: spec))
      let asked = try subject.asked(other)
      #expect(asked == spec && subject.runName(for: asked) == subject.runName(for: spec))
      #expect(try RunSpec(resolved: asked.resolved) == spec)
      // What is asked stays.
      var noisier = other
      noisier.paradigm.noise = .before(.gaussian, deviation: 0.4)
      let expected = try Self.spec(["noise.deviation=0.4"], of: subject.document())
      #expect(try subject.asked(noisier) == expected)
    }
  }

  @Test("Weights that were not imported, and damaged or later subject files, are no subjects")
  func noSubject() throws {
    try withFolder { folder in
      for name in ["pytorch-subject.safetensors", "pytorch-subject.npz"] {
        let error = #expect(throws: WeightsError.self) {
          try ImportedSubject(contentsOf: Fixture.path(name))
        }
        #expect(error?.exitCode == 65 && error?.message.contains("disentangle import") == true)
      }
      let path = try Self.subjectFile(in: folder)
      var damaged = try #require(bytes(of: path))
      damaged[damaged.count - 1] ^= 1
      try damaged.write(to: URL(fileURLWithPath: path.string))
      let error = #expect(throws: FileError.self) { try ImportedSubject(contentsOf: path) }
      #expect(error?.code == "E-WEIGHTS-DIGEST")
      try SafeTensorsFile(tensors: [], metadata: ["subject": "2"]).write(to: path)
      #expect(throws: WeightsError.self) { try ImportedSubject(contentsOf: path) }
    }
  }

  @Test("States that explode are refused, not decoded", arguments: [Float(1e4), 30])
  func unstable(factor: Float) throws {
    try withFolder { folder in
      var source = try WeightsFile(contentsOf: Fixture.path("pytorch-subject.safetensors"))
      source.tensors = source.tensors.map { tensor in
        guard tensor.name == "rec_to_rec.weight", let values = tensor.floats else { return tensor }
        return .init(
          name: tensor.name,
          shape: tensor.shape,
          values: .float32(values.map { $0.magnitude * factor })
        )
      }
      let spec = try specOfFixture(Self.quick)
      let path = folder.appending("net")
      let audit = WeightAudit(of: source, for: spec)
      try ImportedSubject.write(source, named: "net", digest: "", for: spec, audit, to: path)
      let error = #expect(throws: WeightsError.self) {
        try Self.measured(ImportedSubject(contentsOf: path), spec, in: folder)
      }
      #expect(error?.code == "E-SUBJECT-STATES")
    }
  }

  @Test(
    "What is exported is imported as it was, in both formats",
    arguments: WeightsFile.Format.allCases
  )
  func export(format: WeightsFile.Format) throws {
    try withFolder { folder in
      let spec = try SweepExpansion(
        overrides: SpecOverride.parse([
          "tasks.count=12", "network.units=6", "timing.stimulus=2", "evaluation.trials=20",
          "evaluation.fits=1", "training.batches=3", "training.learningRate=0.00001",
        ])
      ).only()
      let run = RunFolder(folder.appending(spec.runName))
      #expect(throws: WeightsError.self) { try WeightsFile(of: run) }
      try run.prepare(for: spec)
      let incomplete = #expect(throws: WeightsError.self) { try WeightsFile(of: run) }
      #expect(incomplete?.exitCode == 75)
      guard case .completed = try Run(spec, in: run).execute(report: { _ in }) else {
        throw Incomplete()
      }
      let weights = try WeightsFile(of: run)
      let path = folder.appending("weights.\(format.rawValue)")
      try weights.write(as: format, to: path)
      let written = try #require(bytes(of: path))
      try weights.write(as: format, to: path)
      #expect(bytes(of: path) == written, "twice the same bytes")

      let read = try WeightsFile(contentsOf: path)
      #expect(read.metadata["spec"] == spec.resolved.compact)
      let again = try SweepExpansion(document: read.document(named: path)).only()
      #expect(again == spec)
      let final = try SafeTensorsFile(contentsOf: run.final)
      for tensor in final.tensors { #expect(read[tensor.name] == tensor) }
      #expect(read.tensors.count == final.tensors.count)
      #expect(WeightAudit(of: read, for: spec).fits)
      // A safetensors file of ours is a subject at once.
      guard format == .safetensors else { return }
      let subject = try ImportedSubject(contentsOf: path)
      let trained = try subject.networks(for: spec).trained
      for slot in trained.parameters.slots {
        #expect(final[slot.name]?.floats == trained.parameters.values(of: slot))
      }
    }
  }

  @Test("A run that diverged has no weights to export")
  func diverged() throws {
    try withRunFolder { folder in
      let spec = try SweepExpansion(
        overrides: SpecOverride.parse([
          "network.units=6", "timing.stimulus=2", "training.batches=60", "training.learningRate=10",
        ])
      ).only()
      // Its result says so; how it came about is another test's matter.
      try folder.prepare(for: spec)
      try AtomicFile.write("", to: folder.metrics)
      let files = try [folder.config, folder.metrics].map {
        ($0.lastComponent?.string ?? "", JSONValue.string(try sha256Hex(ofFile: $0)))
      }
      let result: JSONValue = [
        "outcome": "diverged", "spec": spec.resolved,
        "files": .object(Dictionary(uniqueKeysWithValues: files)),
      ]
      try AtomicFile.write(result.pretty, to: folder.result)
      let error = #expect(throws: WeightsError.self) { try WeightsFile(of: folder) }
      #expect(error?.code == "E-EXPORT-DIVERGED" && error?.exitCode == 65)
    }
  }
}
