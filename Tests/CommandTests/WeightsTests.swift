import Experiments
import Files
import Foundation
import SystemPackage
import TestSupport
import Testing

extension ToolTests {
  @Suite("Weights in and out") struct WeightsTests {
    private static let network = Fixture.path("pytorch-subject.safetensors").string
    private static let archive = Fixture.path("pytorch-subject.npz").string

    private static let pickled = FilePath(#filePath).removingLastComponent().removingLastComponent()
      .appending("FilesTests/Fixtures/network.pth").string

    private static let quick = ["evaluation.fits=1", "evaluation.trials=50"]

    /// A network from PyTorch as a subject file.
    private static func imported(in folder: FilePath, _ flags: [String] = []) throws -> Ended {
      try Tool.run(["import", network, "--out", "net"] + flags, in: folder)
    }

    @Test("A network from PyTorch is imported and measured, with the same bytes whenever it is")
    func subject() throws {
      try withFolder { folder in
        let ended = try Tool.run(["import", Self.network], in: folder)
        #expect(ended.exitCode == 0 && ended.output.isEmpty)
        #expect(ended.errors.contains("wrote pytorch-subject.subject.safetensors: 12 tensors"))
        let subject = "pytorch-subject.subject.safetensors"
        var records: [JSONValue] = []
        for out in ["one", "two"] {
          let ran = try Tool.run(
            ["run", "--subject", subject, "--out", out, "--json", "seed=0,1"] + Self.quick,
            in: folder
          )
          #expect(ran.exitCode == 0, "\(ran.errors)")
          records += try ran.records()
        }
        try #require(records.count == 4)
        for (one, two) in zip(records[..<2], records[2...]) {
          #expect(one["measurements"] != nil && one["measurements"] == two["measurements"])
          #expect(one["training"] == two["training"] && one["files"] == two["files"])
          #expect(one["files"]?.object?.keys.sorted().last == "subject.safetensors")
        }
        #expect(records[0]["run"] != records[1]["run"])
        let accuracy = try #require(records[0]["training"]?["accuracy"]?.double)
        #expect((accuracy - 0.936).magnitude < 0.01, "as trained")

        // People see a table, and a run that is done is only shown.
        let shown = try Tool.run(
          ["run", "--subject", subject, "--out", "one", "seed=0"] + Self.quick,
          in: folder
        )
        #expect(shown.exitCode == 0 && shown.output.contains("OOD r²"))

        // Its weights can be had from its run as well.
        let run = try #require(records[0]["run"]?.string)
        let exported = try Tool.run(["export", "one/\(run)", "--out", "again.npz"], in: folder)
        #expect(exported.exitCode == 0, "\(exported.errors)")
        let weights = try WeightsFile(contentsOf: folder.appending("again.npz"))
        let original = try WeightsFile(contentsOf: FilePath(Self.network))
        for tensor in original.tensors { #expect(weights[tensor.name] == tensor) }
      }
    }

    @Test("Where the readout is left aside, what needs it is null with a reason")
    func withoutReadout() throws {
      try withFolder { folder in
        let ended = try Self.imported(in: folder, ["--without-readout"])
        #expect(ended.exitCode == 0)
        #expect(ended.errors.contains("note: no readout (left aside as untrained)"))
        let ran = try Tool.run(["run", "--subject", "net", "--json"] + Self.quick, in: folder)
        #expect(ran.exitCode == 0, "\(ran.errors)")
        let record = try ran.record()
        #expect(record["training"]?["loss"] == .null && record["training"]?["accuracy"] == .null)
        #expect(record["training"]?["reason"]?.string?.contains("readout") == true)
        #expect(record["measurements"]?["r2.ood"]?["median"]?.double != nil)
        let shown = try Tool.run(["run", "--subject", "net"] + Self.quick, in: folder)
        #expect(shown.exitCode == 0 && shown.output.contains("OOD r²"))
      }
    }

    @Test("A run's weights are exported in both formats, and nothing is overwritten by accident")
    func export() throws {
      try withFolder { folder in
        let run = try Tool.run(["run", "--json"] + SmallSpec.tiny, in: folder).record()
        let directory = "runs/\(try #require(run["run"]?.string))"
        let first = try Tool.run(["export", directory, "--json"], in: folder)
        let file = try #require(try first.record()["file"]?.string)
        #expect(file == "\(try #require(run["run"]?.string)).safetensors")
        #expect(
          try first.record()["sha256"]?.string == sha256Hex(ofFile: folder.appending(file))
        )
        let before = try contents(of: folder)
        let again = try Tool.run(["export", directory], in: folder)
        #expect(again.exitCode == 73 && again.errors.hasPrefix("error[E-FILE-EXISTS]: "))
        #expect(again.errors.contains(file) && again.errors.contains("--force"))
        #expect(try contents(of: folder) == before)
        #expect(try Tool.run(["export", directory, "--force"], in: folder).exitCode == 0)
        #expect(try contents(of: folder) == before, "the same bytes")

        for (arguments, name) in [
          (["--format", "npz"], "\(directory.dropFirst(5)).npz"), (["--out", "w.npz"], "w.npz"),
        ] {
          #expect(try Tool.run(["export", directory] + arguments, in: folder).exitCode == 0)
          let archive = try NumPyArchive(contentsOf: folder.appending(name))
          #expect(archive["rec_to_rec.weight"]?.shape == [16, 16])
          #expect(archive["spec.json"] != nil)
        }
        for arguments in [["--out", "w.pth"], ["--out", "w.npz", "--format", "safetensors"]] {
          let ended = try Tool.run(["export", directory] + arguments, in: folder)
          #expect(ended.exitCode == 64 && ended.errors.contains("--out \(arguments[1]) ends with"))
        }
        // The way back, and on to a subject.
        let back = try Tool.run(["import", "w.npz", "--json"], in: folder)
        #expect(try back.record()["fits"] == true)
        let measured = try Tool.run(
          ["run", "--subject", "w.subject.safetensors", "--out", "back", "--json"],
          in: folder
        )
        .record()
        #expect(measured["measurements"]?["r2.ood"] == run["measurements"]?["r2.ood"])
        #expect(measured["training"]?["loss"] == run["training"]?["loss"])
      }
    }

    @Test("A run that was stopped has no weights to export yet")
    func incomplete() throws {
      try withFolder { folder in
        let run = try Tool.run(["run", "--json"] + SmallSpec.tiny, in: folder).record()
        let directory = FilePath("runs/\(try #require(run["run"]?.string))")
        try Folder.removeFile(folder.pushing(directory).appending("result.json"))
        let ended = try Tool.run(["export", directory.string], in: folder)
        #expect(ended.exitCode == 75 && ended.errors.hasPrefix("error[E-EXPORT-INCOMPLETE]: "))
      }
    }

    @Test("A misspelt tensor is told by name, and --json has the whole comparison")
    func misspelt() throws {
      try withFolder { folder in
        var weights = try WeightsFile(contentsOf: FilePath(Self.network))
        weights.tensors = weights.tensors.map { tensor in
          let name = tensor.name == "rec_to_rec.bias" ? "rec_to_rec.bais" : tensor.name
          return .init(name: name, shape: tensor.shape, values: tensor.values)
        }
        try weights.write(as: .safetensors, to: folder.appending("net.safetensors"))
        let ended = try Tool.run(["import", "net.safetensors"], in: folder)
        #expect(ended.exitCode == 65 && ended.errors.hasPrefix("error[E-IMPORT-TENSORS]: "))
        #expect(ended.errors.contains("missing rec_to_rec.bias [32] (is it rec_to_rec.bais?)"))
        let told = try Tool.run(["import", "net.safetensors", "--json"], in: folder)
        #expect(told.exitCode == 65)
        let comparison = try told.record()
        #expect(comparison["fits"] == false && comparison["file"] == .null)
        #expect(comparison["missing"]?.array?.count == 1)
        #expect(comparison["extra"]?.array?.first?["name"] == "rec_to_rec.bais")
        #expect(comparison["found"]?.array?.count == 11)
        #expect(try contents(of: folder).count == 1, "nothing was written")
      }
    }

    @Test("The spec may come from a file, and the subject keeps it")
    func specFile() throws {
      try withFolder { folder in
        try write(
          "tasks: { count: 6 }\nnetwork: { units: 32 }\n",
          to: folder.appending("spec.yaml")
        )
        let ended = try Tool.run(
          ["import", Self.archive, "spec.yaml", "network.timeConstant=200", "--out", "net"],
          in: folder
        )
        #expect(ended.exitCode == 0, "\(ended.errors)")
        let ran = try Tool.run(["run", "--subject", "net", "--json"] + Self.quick, in: folder)
        let spec = try #require(try ran.record()["spec"])
        #expect(spec["network"]?["timeConstant"] == 200.0 && spec["tasks"]?["count"] == 6)
      }
    }

    @Test("A subject file is not overwritten by accident")
    func existing() throws {
      try withFolder { folder in
        #expect(try Self.imported(in: folder).exitCode == 0)
        let before = try contents(of: folder)
        let again = try Self.imported(in: folder)
        #expect(again.exitCode == 73 && again.errors.contains("--force"))
        let forced = try Self.imported(in: folder, ["--force", "--quiet"])
        #expect(forced.exitCode == 0 && forced.errors.isEmpty && forced.output.isEmpty)
        #expect(try contents(of: folder) == before, "the same bytes")
      }
    }

    static let inputs: [BadInput] = [
      BadInput(
        "weights that are not there",
        ["import", "missing.safetensors"],
        66,
        "E-FILE-MISSING",
        ["missing.safetensors"]
      ),
      BadInput(
        "a spec in the place of weights",
        ["import", "spec.yaml"],
        spec: "tasks: { count: 3 }\n",
        65,
        "E-WEIGHTS-FORMAT",
        ["spec.yaml", "this is a text"]
      ),
      BadInput(
        "PyTorch's own format",
        ["import", pickled, "tasks.count=6"],
        65,
        "E-NPZ-FORMAT",
        ["network.pth", "pickle", "Scripts/pth_to_safetensors.py"]
      ),
      BadInput(
        "weights without any spec",
        ["import", archive],
        78,
        "E-IMPORT-SPEC",
        ["pytorch-subject.npz", "network.units=64"]
      ),
      BadInput(
        "several specs for one network",
        ["import", archive, "tasks.count=2,6"],
        78,
        "E-SPEC-SEVERAL",
        ["runs = 2", "tasks.count=2"]
      ),
      BadInput(
        "a misspelt key",
        ["import", network, "network.unit=32"],
        78,
        "E-SPEC-KEY",
        ["did you mean network.units?"]
      ),
      BadInput(
        "a spec of a larger network",
        ["import", network, "network.units=64"],
        65,
        "E-IMPORT-TENSORS",
        ["rec_to_rec.weight is [32, 32], expected [64, 64]", "rec_to_out.weight is [6, 32]"]
      ),
      BadInput(
        "a spec of another number of tasks",
        ["import", network, "tasks.count=24"],
        65,
        "E-IMPORT-TENSORS",
        ["rec_to_out.weight is [6, 32], expected [24, 32]"]
      ),
      BadInput(
        "a spec of another activation than the file's",
        ["import", network, "network.activation=tanh"],
        78,
        "E-SUBJECT-NETWORK",
        ["network.activation = tanh", "its spec says network.activation = relu"]
      ),
      BadInput(
        "a spec of another leak than the file's",
        ["import", network, "timing.step=50"],
        78,
        "E-SUBJECT-NETWORK",
        ["timing.step = 50", "its spec says timing.step = 100"]
      ),
      BadInput(
        "an encoder that is not what the spec says",
        ["import", archive, "tasks.count=6", "network.units=32", "encoder.kind=linearFree"],
        65,
        "E-IMPORT-LINEAR",
        ["encoder.kind = linearFree", "is linear in the features"]
      ),
      BadInput(
        "a kernel that nobody has",
        ["import", network],
        environment: ["DISENTANGLE_KERNEL": "nonsense"],
        78,
        "E-KERNEL",
        ["DISENTANGLE_KERNEL = nonsense"]
      ),
      BadInput(
        "weights that nobody imported, as a subject",
        ["run", "--subject", network],
        65,
        "E-SUBJECT-FILE",
        ["MEND: run disentangle import"]
      ),
      BadInput(
        "a subject that is not there",
        ["run", "--subject", "missing"],
        66,
        "E-FILE-MISSING",
        ["missing"]
      ),
      BadInput(
        "an export of nothing",
        ["export", "runs/none"],
        66,
        "E-EXPORT-NO-RUN",
        ["runs/none", "config.json"]
      ),
    ]

    @Test("What doesn't fit is said in one line, and nothing is touched", arguments: inputs)
    func refused(input: BadInput) throws { try BadInputTests().refused(input: input) }

    @Test("What can't be a subject is refused by its name: a run's directory, an ideal observer")
    func noSubject() throws {
      try withFolder { folder in
        try Folder.create(folder.appending("runs"))
        let directory = try Tool.run(["run", "--subject", "runs"], in: folder)
        #expect(directory.exitCode == 66 && directory.errors.contains("disentangle export runs"))
        let ideal = try Tool.run(
          ["import", Self.archive, "network.architecture=ideal", "--allow-extra"],
          in: folder
        )
        #expect(ideal.exitCode == 78 && ideal.errors.hasPrefix("error[E-IMPORT-IDEAL]: "))
      }
    }

    @Test("A subject that doesn't fit the run's spec is refused before anything is made")
    func otherSpec() throws {
      try withFolder { folder in
        _ = try Self.imported(in: folder)
        let ended = try Tool.run(["run", "--subject", "net", "tasks.count=3"], in: folder)
        #expect(ended.exitCode == 78 && ended.errors.hasPrefix("error[E-SUBJECT-TASKS]: "))
        #expect(ended.errors.contains("(tasks.count = 3): its spec says tasks.count = 6"))
        #expect(try contents(of: folder).keys.sorted() == ["net"])
        // What a spec file leaves out has the defaults, and those may be of another network.
        try write("tasks: { count: 6 }\nencoder: { kind: none }\n", to: folder.appending("s.yaml"))
        let bare = try Tool.run(["run", "s.yaml", "--subject", "net"], in: folder)
        #expect(bare.exitCode == 78 && bare.errors.hasPrefix("error[E-SUBJECT-NETWORK]: "))
        for name in ["encoder.kind", "network.units", "network.timeConstant"] {
          #expect(bare.errors.contains("\(name) = "), "\(bare.errors)")
        }
        #expect(try contents(of: folder).keys.sorted() == ["net", "s.yaml"])
      }
    }

    @Test(
      "What the network is, and what it was asked, stay as the file says; a seed changes neither"
    )
    func identity() throws {
      try withFolder { folder in
        _ = try Self.imported(in: folder)
        for (pair, code) in [
          ("network.architecture=rnn", "NETWORK"), ("network.timeConstant=100", "NETWORK"),
          ("network.architecture=ideal", "NETWORK"), ("latent.dimensions=3", "NETWORK"),
          ("tasks.boundaries=hyperplanes", "TASKS"), ("training.target=values", "TASKS"),
        ] {
          let ended = try Tool.run(["run", "--subject", "net", pair], in: folder)
          #expect(ended.exitCode == 78 && ended.errors.hasPrefix("error[E-SUBJECT-\(code)]: "))
          #expect(ended.errors.contains(pair.replacing("=", with: " = ")))
        }
        #expect(try contents(of: folder).keys.sorted() == ["net"], "nothing was made")
      }
    }

    @Test("Accuracy on random boundaries does not depend on the seed that evaluates")
    func randomBoundaries() throws {
      try withFolder { folder in
        let small = [
          "tasks.boundaries=hyperplanes", "tasks.count=6", "network.units=16",
          "training.batches=300",
          "timing.stimulus=3",
        ]
        let run = try Tool.run(["run", "--json"] + small + Self.quick, in: folder).record()
        let directory = "runs/\(try #require(run["run"]?.string))"
        #expect(try Tool.run(["export", directory, "--out", "net"], in: folder).exitCode == 0)
        let ran = try Tool.run(
          ["run", "--subject", "net", "--json", "--out", "again", "seed=0..2"],
          in: folder
        )
        #expect(ran.exitCode == 0, "\(ran.errors)")
        let accuracy = try #require(run["training"]?["accuracy"]?.double)
        for record in try ran.records() {
          // Other trials: 20,000 times 6 answers, with errors of .01 at most for whole trials.
          let own = try #require(record["training"]?["accuracy"]?.double)
          #expect((own - accuracy).magnitude < 0.02, "\(own), trained to \(accuracy)")
          #expect(record["spec"]?["tasks"]?["seed"] == 0)
        }
      }
    }

    @Test(
      "How it would be trained means nothing beside a subject: refused, and in files left aside"
    )
    func training() throws {
      try withFolder { folder in
        _ = try Self.imported(in: folder)
        for pair in ["training.batches=200", "network.noise=0.1", "tasks.labelled=0.5"] {
          let ended = try Tool.run(["run", "--subject", "net", pair], in: folder)
          #expect(ended.exitCode == 64, "\(ended.errors)")
          let key = pair.prefix { $0 != "=" }
          #expect(ended.errors.contains("\(key) means nothing beside --subject"))
        }
        #expect(try contents(of: folder).keys.sorted() == ["net"])

        let spec = try WeightsFile(contentsOf: folder.appending("net")).metadata["spec"]
        let own = try #require(spec)
        let trained = own.replacing("\"batches\":100000", with: "\"batches\":[3,5]")
        try #require(trained != own)
        for (name, text) in [("own.yaml", own), ("trained.yaml", trained)] {
          try write(text, to: folder.appending(name))
        }
        var runs: [JSONValue?] = []
        for (file, note) in [("own.yaml", false), ("trained.yaml", true)] {
          let measured = ["run", file, "--subject", "net"] + Self.quick
          let ended = try Tool.run(measured, in: folder)
          #expect(ended.exitCode == 0, "\(ended.errors)")
          #expect(ended.errors.contains("note: training.batches: without effect") == note)
          runs += try Tool.run(measured + ["--json"], in: folder).records().map { $0["run"] }
        }
        #expect(runs.count == 2 && runs[0] == runs[1], "one measurement, one run")
      }
    }

    @Test("A format that nobody knows is a usage error")
    func format() throws {
      try withFolder { folder in
        let ended = try Tool.run(["export", "x", "--format", "pth"], in: folder)
        #expect(ended.exitCode == 64 && ended.errors.contains("pth"))
      }
    }
  }
}
