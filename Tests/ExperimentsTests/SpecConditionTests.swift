import Experiments
import Testing

/// Keys that mean something beside some choices only.
@Suite struct SpecConditionTests {
  static let conditional = SpecSchema.fields.filter { $0.condition != nil }

  @Test("A key means something exactly where its condition says, and one without it always does")
  func conditions() throws {
    #expect(Self.conditional.count > 20)
    for field in SpecSchema.fields {
      guard let condition = field.condition else {
        for (key, name) in Self.allChoices {
          #expect(field.value(in: RunSpec([key: .choice(name)])) != nil, "\(field.key), \(name)")
        }
        continue
      }
      // What makes the choice itself mean something.
      let other = try #require(SpecSchema.field(condition.key), "\(field.key)")
      var values = Dictionary(
        uniqueKeysWithValues: other.companions.map { ($0.field.key, $0.value) }
      )
      let names = Self.allChoices.filter { $0.key == other.key }.map(\.name)
      #expect(Set(names.map(condition.holds)) == [true, false], "\(field.key)")
      for name in names {
        values[other.key] = .choice(name)
        let isUsed = field.value(in: RunSpec(values)) != nil
        #expect(isUsed == condition.holds(for: name), "\(field.key), \(name)")
      }
    }
  }

  private static var allChoices: [(key: String, name: String)] {
    SpecSchema.fields.flatMap { field in
      guard case .choice(let choices) = field.kind else { return [(key: String, name: String)]() }
      return choices.map { (field.key, $0.name) }
    }
  }

  @Test("A key without effect is refused, with the choice that it wants", arguments: conditional)
  func meaningless(_ field: SpecField) throws {
    let condition = try #require(field.condition)
    let other = try #require(SpecSchema.field(condition.key))
    let value = try #require(field.otherValues.first)
    let shown = field.kind == .boundaries ? "[{…}, {…}, {…}, {…}]" : Self.shown(value)
    for (key, name) in Self.allChoices where key == other.key && !condition.holds(for: name) {
      let choices = other.companions.map { "\($0.field.key): \($0.value)" } + ["\(key): \(name)"]
      let text = (choices + ["\(field.key): \(value)"]).joined(separator: "\n")
      let place = "\(other.companions.count + 2):\(field.key.count + 3)"
      let message = try #require(refusal(of: text), "\(text)")
      #expect(
        message.hasPrefix(
          "error[E-SPEC-MEANINGLESS]: a key without effect in spec.yaml:\(place) (\(field.key) = "
            + "\(shown)): it means something only where \(condition), and here that is \(name). "
            + "MEND: remove it, or take "
        ),
        "\(message)"
      )
      guard field.kind != .boundaries else { continue }
      // A file may hold the default all the same, an argument not.
      let harmless = choices + ["\(field.key): \(field.defaultValue)"]
      let document = try SpecDocument(text: harmless.joined(separator: "\n"), name: "spec.yaml")
      if (try? RunSpec([key: .choice(name)]).checkRules()) != nil {
        #expect(try SweepExpansion(document: document).runs.first?.hash != nil)
      }
      let arguments = harmless.map { $0.replacing(": ", with: "=") }
      let error = #expect(throws: SpecError.self) {
        try SweepExpansion(overrides: SpecOverride.parse(arguments))
      }
      #expect(error?.code == "E-SPEC-MEANINGLESS")
      #expect(error?.exitCode == 78)
    }
  }

  /// As messages show it: names in quotes.
  private static func shown(_ value: SpecValue) -> String {
    if case .choice(let name) = value { "'\(name)'" } else { value.description }
  }

  @Test("Where the choice that a key wants means nothing itself, the root of it is named")
  func chains() {
    #expect(
      refusal(of: "noise: {place: after, anisotropy: 3}")
        == "error[E-SPEC-MEANINGLESS]: a key without effect in spec.yaml:1:35 (noise.anisotropy = "
        + "3): it means something only where noise.place = before, and here that is after. "
        + "MEND: remove it, or take noise.place=before"
    )
    #expect(
      refusal(of: "tasks: {boundaries: axes, count: 3}")
        == "error[E-SPEC-MEANINGLESS]: a key without effect in spec.yaml:1:34 (tasks.count = 3): "
        + "it means something only where tasks.boundaries is not axes or given, and here that is "
        + "axes. MEND: remove it, or take another tasks.boundaries"
    )
  }

  @Test("A sweep over choices may hold what all of them use, and is refused for what one does not")
  func sweeps() throws {
    func runs(_ arguments: String...) throws -> [RunSpec] {
      try SweepExpansion(overrides: SpecOverride.parse(arguments)).runs
    }
    let recurrent = try runs("network.architecture=leakyRNN,rnn", "network.activation=tanh,relu")
    #expect(Set(recurrent.map(\.hash)).count == 4)
    let layered = try runs("network.architecture=feedForward,gpt2", "network.layers=1..3")
    #expect(Set(layered.map(\.hash)).count == 6)
    #expect(
      layered.map(\.runName).map { $0.prefix { $0 != "-" } }
        == ["ff", "ff", "ff", "gpt2", "gpt2", "gpt2"]
    )
    let error = #expect(throws: SpecError.self) {
      try runs("network.architecture=gpt2,lstm", "network.heads=4")
    }
    #expect(
      error?.description
        == "error[E-SPEC-MEANINGLESS]: a key without effect in argument 2 (network.heads = 4): it "
        + "means something only where network.architecture = gpt2, and here that is lstm. "
        + "MEND: remove it, or take network.architecture=gpt2"
    )
    // The file is what init writes; the argument chooses another architecture.
    let document = try SpecDocument(text: SpecSchema.commentedSpec, name: "spec.yaml")
    let overrides = try SpecOverride.parse(["network.architecture=leakyRNN,lstm,gpt2"])
    let names = try SweepExpansion(document: document, overrides: overrides).runs.map(\.runName)
    #expect(try names == runs("network.architecture=leakyRNN,lstm,gpt2").map(\.runName))
  }

  @Test("A key's other names lead to it, and none of them to more than three keys")
  func aliases() {
    for field in SpecSchema.fields {
      for alias in field.aliases {
        let meant = SpecSchema.suggestions(for: alias)
        #expect(meant.contains(field.key) && meant.count <= 3, "\(alias): \(meant)")
        #expect(SpecSchema.field(alias) == nil && SpecSchema.section(alias) == nil, "\(alias)")
        let sectioned = (field.section ?? "spec") + "." + alias
        if SpecSchema.field(sectioned) == nil {
          #expect(SpecSchema.suggestions(for: sectioned).contains(field.key), "\(sectioned)")
        }
      }
      #expect(Set(field.aliases).count == field.aliases.count, "\(field.key)")
      #expect(!field.aliases.contains(field.name), "\(field.key)")
    }
  }
}
