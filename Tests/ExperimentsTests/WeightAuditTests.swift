import Experiments
import Files
import Networks
import TestSupport
import Testing

@Suite("Tensors beside a spec") struct WeightAuditTests {
  private static func file() throws -> WeightsFile {
    try WeightsFile(contentsOf: Fixture.path("pytorch-subject.safetensors"))
  }

  /// The fixture's tensors after some change.
  private static func changed(
    _ change: (SafeTensorsFile.Tensor) -> [SafeTensorsFile.Tensor]
  ) throws -> WeightsFile {
    var file = try file()
    file.tensors = file.tensors.flatMap(change)
    return file
  }

  private static func renamed(_ old: String, _ new: String) throws -> WeightsFile {
    try changed {
      [.init(name: $0.name == old ? new : $0.name, shape: $0.shape, values: $0.values)]
    }
  }

  @Test("What a spec asks for has PyTorch's names and shapes, with or without an encoder")
  func expected() throws {
    let expected = WeightAudit.expected(by: try specOfFixture())
    #expect(
      expected.map(\.name) == [
        "encoder.0.weight", "encoder.0.bias", "encoder.2.weight", "encoder.2.bias",
        "encoder.4.weight", "encoder.4.bias", "inp_to_rec.weight", "inp_to_rec.bias",
        "rec_to_rec.weight", "rec_to_rec.bias", "rec_to_out.weight", "rec_to_out.bias",
      ]
    )
    #expect(expected[6].shape == [32, 41] && expected[10].shape == [6, 32])
    #expect(expected.map(\.part.rawValue).filter { $0 == "encoder" }.count == 6)
    #expect(expected.suffix(2).allSatisfy { $0.part == .readout })
    let bare = WeightAudit.expected(by: try specOfFixture(["encoder.kind=none"]))
    #expect(bare.map(\.name) == expected.dropFirst(6).map(\.name) && bare[0].shape == [32, 3])
  }

  @Test("A file that fits is found to, tensor by tensor")
  func fits() throws {
    let audit = WeightAudit(of: try Self.file(), for: try specOfFixture())
    #expect(audit.fits && audit.found.count == 12 && audit.readout == .trained)
    #expect(audit.missing.isEmpty && audit.misfits.isEmpty && audit.extra.isEmpty)
    #expect(audit.remarks.isEmpty && audit.json["fits"] == true)
  }

  @Test("A misspelt name is missing and unexpected, and is taken for what was meant")
  func typo() throws {
    let file = try Self.renamed("rec_to_rec.weight", "rec_to_rec.wieght")
    let audit = WeightAudit(of: file, for: try specOfFixture())
    #expect(!audit.fits && audit.missing.map(\.name) == ["rec_to_rec.weight"])
    #expect(audit.extra.map(\.name) == ["rec_to_rec.wieght"])
    let error = WeightsError.unfit(file: "net", audit)
    #expect(
      error.description.contains("missing rec_to_rec.weight [32, 32] (is it rec_to_rec.wieght?)")
    )
    #expect(error.exitCode == 65 && error.message.ranges(of: "MEND").count == 1)
  }

  @Test("A wrong shape is told with the right one, and where the transpose would do")
  func shapes() throws {
    let audit = WeightAudit(of: try Self.file(), for: try specOfFixture(["network.units=31"]))
    #expect(!audit.fits && audit.missing.isEmpty)
    let names = ["inp_to_rec.weight", "inp_to_rec.bias", "rec_to_rec.weight", "rec_to_rec.bias"]
    #expect(audit.misfits.map(\.expected.name) == names + ["rec_to_out.weight"])
    let turned = try Self.changed { tensor in
      guard tensor.name == "inp_to_rec.weight" else { return [tensor] }
      return [.init(name: tensor.name, shape: tensor.shape.reversed(), values: tensor.values)]
    }
    let transposed = WeightAudit(of: turned, for: try specOfFixture())
    #expect(transposed.misfits.map(\.fitsTransposed) == [true])
    #expect(
      WeightsError.unfit(file: "net", transposed).message.contains(
        "inp_to_rec.weight is [41, 32], expected [32, 41] (its transpose would fit)"
      )
    )
  }

  @Test("Tensors that nobody asked for are refused unless they may be left aside")
  func extra() throws {
    var file = try Self.file()
    file.tensors.append(.init(name: "optimizer.step", shape: [1], values: .int64([7])))
    let refused = WeightAudit(of: file, for: try specOfFixture())
    #expect(!refused.fits)
    let message = WeightsError.unfit(file: "net", refused).message
    #expect(message.contains("unexpected optimizer.step [1]") && message.contains("--allow-extra"))
    let allowed = WeightAudit(of: file, for: try specOfFixture(), allowsExtra: true)
    #expect(allowed.fits && allowed.remarks.contains { $0.contains("optimizer.step") })
  }

  @Test(
    "No tensor of a readout, or one that was not trained: the subject has none; half of one is missing"
  )
  func readout() throws {
    let without = try Self.changed { $0.name.hasPrefix("rec_to_out") ? [] : [$0] }
    let none = WeightAudit(of: without, for: try specOfFixture())
    #expect(none.fits && none.readout == .none && none.found.count == 10)
    let untrained = WeightAudit(of: try Self.file(), for: try specOfFixture(), withoutReadout: true)
    #expect(untrained.fits && untrained.readout == .none)
    #expect(untrained.ignored.sorted() == ["rec_to_out.bias", "rec_to_out.weight"])
    // Its shape says nothing then: the authors' has other outputs than the spec's tasks.
    let other = try specOfFixture(["tasks.count=24"])
    #expect(WeightAudit(of: try Self.file(), for: other, withoutReadout: true).fits)
    #expect(!WeightAudit(of: try Self.file(), for: other).fits)
    let half = try Self.changed { $0.name == "rec_to_out.bias" ? [] : [$0] }
    #expect(
      WeightAudit(of: half, for: try specOfFixture()).missing.map(\.name) == ["rec_to_out.bias"]
    )
  }

  @Test("Without any tensor of an encoder the mend is to say that there is none")
  func noEncoder() throws {
    let bare = try Self.changed { $0.name.hasPrefix("encoder") ? [] : [$0] }
    let audit = WeightAudit(of: bare, for: try specOfFixture())
    #expect(audit.missing.count == 6)
    #expect(WeightsError.unfit(file: "net", audit).message.contains("encoder.kind=none"))
  }

  @Test("Double precision is rounded, and said so; whole numbers are no weights")
  func types() throws {
    let doubles = try Self.changed { tensor in
      let values = (tensor.floats ?? []).map(Double.init)
      let third = tensor.name == "rec_to_rec.bias" ? values.map { $0 + 1e-12 } : values
      return [.init(name: tensor.name, shape: tensor.shape, values: .float64(third))]
    }
    let audit = WeightAudit(of: doubles, for: try specOfFixture())
    #expect(audit.fits && audit.rounded == ["rec_to_rec.bias"])
    let whole = try Self.changed { tensor in
      guard tensor.name == "rec_to_rec.bias" else { return [tensor] }
      return [.init(name: tensor.name, shape: [32], values: .int64((0..<32).map(Int64.init)))]
    }
    let refused = WeightAudit(of: whole, for: try specOfFixture())
    #expect(refused.misfits.map(\.content) == [.wholeNumbers])
    #expect(
      WeightsError.unfit(file: "net", refused).message.contains("rec_to_rec.bias holds whole")
    )
  }

  /// A GPT-2 as a spec asks for it, with all weights 0.
  private static func transformer(
    _ spec: RunSpec,
    and others: (name: String, shape: [Int], value: Float)...
  ) -> WeightsFile {
    let own = WeightAudit.expected(by: spec).map {
      (name: $0.name, shape: $0.shape, value: Float(0))
    }
    return WeightsFile(
      tensors: (own + others).map {
        let count = $0.shape.reduce(1, *)
        return .init(
          name: $0.name,
          shape: $0.shape,
          values: .float32([Float](repeating: $0.value, count: count))
        )
      }
    )
  }

  private static let gpt2 = ["network.architecture=gpt2", "network.units=8"]

  private static func spec(_ pairs: [String]) throws -> RunSpec {
    try SweepExpansion(overrides: SpecOverride.parse(pairs)).only()
  }

  @Test(
    "What every GPT-2 of Hugging Face's brings and these inputs don't use is left aside by rule"
  )
  func unusedOfTransformer() throws {
    let spec = try Self.spec(Self.gpt2)
    let file = Self.transformer(
      spec,
      and: ("transformer.wte.weight", [100, 8], 1),
      ("transformer.wpe.weight", [1024, 8], 0),
      ("transformer.h.0.attn.bias", [1, 1, 22, 22], 1),
      ("transformer.h.0.attn.masked_bias", [], -1e4)
    )
    let audit = WeightAudit(of: file, for: spec)
    #expect(audit.fits && audit.extra.isEmpty && audit.unused.count == 4)
    #expect(audit.remarks.contains { $0.contains("transformer.wte.weight") })
    #expect(audit.json["unused"]?.array?.count == 4)
    // Of another network they are as unexpected as anything.
    let rnn = WeightAudit(of: file, for: try specOfFixture())
    #expect(!rnn.fits && rnn.unused.isEmpty)
  }

  @Test("A double that single precision can't hold doesn't fit")
  func tooLarge() throws {
    let file = try Self.file()
    var changed = file
    let index = try #require(file.tensors.firstIndex { $0.name == "rec_to_out.bias" })
    let tensor = file.tensors[index]
    var values = [Double](repeating: 0, count: tensor.shape.reduce(1, *))
    values[0] = 1e39
    changed.tensors[index] = .init(name: tensor.name, shape: tensor.shape, values: .float64(values))
    let audit = WeightAudit(of: changed, for: try specOfFixture())
    #expect(!audit.fits && audit.rounded.isEmpty)
    let message = WeightsError.unfit(file: "net", audit).message
    #expect(message.contains("rec_to_out.bias holds 1e+39, which single precision can't"))
  }

  @Test("Positions that were learned are no positions to leave aside, whatever is allowed")
  func unaskedPositions() throws {
    let spec = try Self.spec(Self.gpt2)
    let file = Self.transformer(spec, and: ("transformer.wpe.weight", [1024, 8], 0.01))
    for allowsExtra in [false, true] {
      let audit = WeightAudit(of: file, for: spec, allowsExtra: allowsExtra)
      #expect(!audit.fits && audit.unused.isEmpty)
      let message = WeightsError.unfit(file: "net", audit).message
      #expect(message.contains("unexpected transformer.wpe.weight [1024, 8]"))
      #expect(message.contains("MEND: give network.positions=learned"))
    }
  }

  @Test("Of a table of positions longer than a trial the first steps' are taken")
  func longPositions() throws {
    let spec = try Self.spec(Self.gpt2 + ["network.positions=learned"])
    var file = Self.transformer(spec)
    let steps = spec.paradigm.timing.steps
    let rows = (0..<40 * 8).map { Float($0) }
    file.tensors.removeAll { $0.name == "transformer.wpe.weight" }
    file.tensors.append(
      .init(name: "transformer.wpe.weight", shape: [40, 8], values: .float32(rows))
    )
    let audit = WeightAudit(of: file, for: spec)
    #expect(audit.fits && audit.missing.isEmpty)
    try withFolder { folder in
      let path = folder.appending("net.subject.safetensors")
      try ImportedSubject.write(file, named: "net", digest: "", for: spec, audit, to: path)
      let subject = try ImportedSubject(contentsOf: path)
      var longer = spec
      longer.paradigm.timing.delay = 40 - steps
      for spec in [spec, longer] {
        let parameters = try subject.networks(for: spec).trained.parameters
        let slot = try #require(parameters.slots.first { $0.name == "transformer.wpe.weight" })
        #expect(parameters.values(of: slot) == Array(rows.prefix(spec.paradigm.timing.steps * 8)))
      }
      // There is no vector for the step after the last.
      longer.paradigm.timing.delay += 1
      let error = #expect(throws: WeightsError.self) { try subject.networks(for: longer) }
      #expect(error?.message.contains("wpe.weight is [40, 8], expected [41, 8]") == true)
      #expect(error?.message.contains("MEND: ask trials of 40 steps at most") == true)
    }
  }

  @Test("An encoder that is said to be linearFree is looked into")
  func linearFree() throws {
    let spec = try specOfFixture(["encoder.kind=linearFree"])
    let error = #expect(throws: WeightsError.self) {
      try Self.file().checkEncoder(of: spec, named: "net")
    }
    #expect(error?.code == "E-IMPORT-LINEAR" && error?.exitCode == 65)
    #expect(error?.message.contains("MEND: give encoder.kind=relu") == true)
    try Self.file().checkEncoder(of: specOfFixture(), named: "net")
    let own = NetworkSubject(
      try #require(spec.architecture),
      paradigm: spec.paradigm,
      seed: spec.seed
    )
    let encoder = own.encoder.parameters
    let tensors = encoder.slots.map {
      SafeTensorsFile.Tensor(
        name: $0.name,
        shape: $0.shape,
        values: .float32(encoder.values(of: $0))
      )
    }
    // Found on the looks of one seed, it holds for those of another.
    var other = spec
    other.seed += 1
    for spec in [spec, other] {
      try WeightsFile(tensors: tensors).checkEncoder(of: spec, named: "net")
    }
  }

  @Test("Weights that are not finite are refused with their place")
  func nonFinite() throws {
    try withFolder { folder in
      for format in WeightsFile.Format.allCases {
        let path = folder.appending("net.\(format.rawValue)")
        let broken = try Self.changed { tensor in
          guard tensor.name == "inp_to_rec.bias", var values = tensor.floats else {
            return [tensor]
          }
          values[3] = .nan
          return [.init(name: tensor.name, shape: tensor.shape, values: .float32(values))]
        }
        try broken.write(as: format, to: path)
        let error = #expect(throws: FileError.self) { try WeightsFile(contentsOf: path) }
        #expect(error?.code == "E-WEIGHTS-NONFINITE" && error?.exitCode == 65)
        #expect(error?.description.contains("tensor inp_to_rec.bias, index 3") == true)
      }
    }
  }
}
