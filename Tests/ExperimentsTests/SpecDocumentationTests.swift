import Experiments
import Testing

@Suite struct SpecDocumentationTests {
  @Test("The commented spec names every key and reads back as the standard spec")
  func commentedSpec() throws {
    let document = try SpecDocument(text: SpecSchema.commentedSpec, name: "spec.yaml")
    let used = SpecSchema.fields.filter { $0.value(in: .standard) != nil }
    #expect(document.assignments.map(\.field.key) == used.map(\.key))
    let sweep = try SweepExpansion(document: document)
    #expect(sweep.runs == [RunSpec.standard])
    #expect(sweep.sweptKeys.isEmpty)
  }

  @Test("In the commented spec, a key behind a # can be used as it stands beside its choice")
  func keysBehindComments() throws {
    let hidden = SpecSchema.fields.filter { $0.value(in: .standard) == nil }
    #expect(hidden.count > 10)
    for field in hidden {
      var lines = SpecSchema.commentedSpec.split(separator: "\n").map(String.init)
      for setting in field.companions {
        let (section, name) = (setting.field.section ?? "", setting.field.name)
        let index = try #require(lines.place(of: "  \(name): ", in: section))
        lines[index] = "  \(name): \(setting.value)"
      }
      let section = try #require(field.section)
      let index = try #require(lines.place(of: "  # \(field.name): ", in: section), "\(field.key)")
      lines[index].removeSubrange(
        try #require(lines[index].firstRange(of: "# "), "\(field.key)")
      )
      let text = lines.joined(separator: "\n")
      let runs = try SweepExpansion(document: SpecDocument(text: text, name: "spec.yaml")).runs
      #expect(runs.count == 1)
      if field.kind != .boundaries {
        #expect(runs.first.flatMap(field.value) == field.defaultValue, "\(field.key)")
      }
      for setting in field.companions {
        #expect(runs.first.flatMap(setting.field.value) == setting.value)
      }
    }
  }

  @Test("What is written for people fits into a hundred columns and ends its lines plainly")
  func layout() throws {
    var texts = [SpecSchema.commentedSpec, SpecSchema.overview]
    for word in SpecSchema.fields.map(\.key) + SpecSchema.sections.map(\.name) {
      texts.append(try SpecSchema.explanation(of: word))
    }
    for text in texts {
      #expect(text.hasSuffix("\n") && !text.hasSuffix("\n\n"))
      for line in text.split(separator: "\n") {
        #expect(line.count <= 100 && line.last != " ", "\(line)")
      }
    }
  }

  @Test("Every section has keys and every key belongs to a section that is listed")
  func sections() {
    #expect(Set(SpecSchema.fields.compactMap(\.section)) == Set(SpecSchema.sections.map(\.name)))
    #expect(Set(SpecSchema.fields.map(\.key)).count == SpecSchema.fields.count)
    for field in SpecSchema.fields {
      #expect(field.kind.contains(field.defaultValue), "\(field.key)")
    }
  }

  @Test("A key is explained with its values, default, unit and spellings")
  func explanation() throws {
    #expect(
      try SpecSchema.explanation(of: "timing.step") == """
        timing.step: the length of one step

          value        a number 0.001…1000000
          default      100
          unit         ms
          effect       another value is another run, with a directory of its own
          in a file    timing: { step: 100 }
          as argument  timing.step=100
          as a sweep   timing.step=50,100

        A recurrent network's leak is timing.step / network.timeConstant and lies in (0, 1].

        """
    )
    #expect(
      try SpecSchema.explanation(of: "network.activation") == """
        network.activation: what turns currents into rates

          value        relu: max(x, 0)
                       tanh: the hyperbolic tangent
          default      relu
          only where   network.architecture = leakyRNN or rnn
          effect       another value is another run, with a directory of its own
          in a file    network: { activation: relu }
          as argument  network.activation=relu
          as a sweep   network.activation=relu,tanh

        """
    )
    #expect(
      try SpecSchema.explanation(of: "encoder.deviation") == """
        encoder.deviation: the standard deviation of the noise behind the encoder

          value        a number 0…100
          default      0.1
          unit         units of the features
          only where   noise.place = after
          effect       another value is another run, with a directory of its own
          in a file    noise: { place: after }
                       encoder: { deviation: 0.1 }
          as argument  noise.place=after encoder.deviation=0.1
          as a sweep   noise.place=after encoder.deviation=0.05,0.1

        """
    )
  }

  @Test("Everything that an explanation says one may write is accepted")
  func examplesAreAccepted() throws {
    var sweeps = 0
    for field in SpecSchema.fields {
      let rows = try Self.rows(ofExplanationOf: field.key)
      let isList = field.kind == .boundaries
      #expect((rows["as argument"] == nil) == isList, "\(field.key)")

      let text = try #require(rows["in a file"]).joined(separator: "\n")
      let document = try SpecDocument(text: text, name: "spec.yaml")
      let run = try #require(SweepExpansion(document: document).runs.first)
      #expect(field.value(in: run).map { ($0 == field.defaultValue) != isList } == true, "\(text)")

      for title in ["as argument", "as a sweep"] {
        guard let text = rows[title]?.joined(separator: " ") else { continue }
        let overrides = try SpecOverride.parse(text.split(separator: " ").map(String.init))
        let sweep = try SweepExpansion(overrides: overrides)
        #expect(sweep.runs.compactMap(field.value).contains(field.defaultValue), "\(text)")
        #expect(sweep.sweptKeys == (title == "as a sweep" ? [field.key] : []), "\(text)")
        sweeps += sweep.sweptKeys.count
      }
    }
    // All but the list, and keys with a single choice so far.
    #expect(sweeps == SpecSchema.fields.count - 3)
  }

  /// The lines behind each title of an explanation.
  private static func rows(ofExplanationOf key: String) throws -> [String: [String]] {
    var rows: [String: [String]] = [:]
    var title = ""
    for line in try SpecSchema.explanation(of: key).split(separator: "\n")
    where line.hasPrefix("  ") {
      let named = line.dropFirst(2).prefix(13).reversed().drop { $0 == " " }.reversed()
      if !named.isEmpty { title = String(named) }
      rows[title, default: []].append(String(line.dropFirst(15)))
    }
    return rows
  }

  @Test("Sections, last words and names from elsewhere are explained, too")
  func otherWords() throws {
    #expect(
      try SpecSchema.explanation(of: "noise") == """
        noise: what blurs each look at the latent

          noise.place=before                where noise comes in
          noise.kind=gaussian               the distribution of the noise while training
          noise.deviation=0.2               the standard deviation of one look at the latent, σ
          noise.anisotropy=2                how many times as noisy the last latent is as the first
          noise.correlation=0.7             the correlation of the noise of neighbouring steps, ρ

        """
    )
    let rate = try SpecSchema.explanation(of: "training.learningRate")
    #expect(
      try SpecSchema.explanation(of: "lr") == "lr is training.learningRate here.\n\n" + rate
    )
    let leak = try SpecSchema.explanation(of: "leak")
    #expect(leak.hasPrefix("leak is timing.step or network.timeConstant here.\n\ntiming.step: "))
    #expect(leak.contains("\n\nnetwork.timeConstant: "))
  }

  @Test("A word that nothing is called is refused with what may have been meant")
  func unknownWord() {
    let error = #expect(throws: SpecError.self) {
      try SpecSchema.explanation(of: "noise.deviatoin")
    }
    #expect(
      error?.description == "error[E-SPEC-KEY]: unknown key in argument 1 (noise.deviatoin): no "
        + "key of a spec has this name. MEND: did you mean noise.deviation?"
    )
  }

  @Test("The tables for the documentation have a row for every key and its columns in each")
  func markdown() {
    let lines = SpecSchema.markdown.split(separator: "\n")
    let rows = lines.filter { $0.hasPrefix("|") }
    #expect(rows.count == SpecSchema.fields.count + 2 * (1 + SpecSchema.sections.count))
    for row in rows { #expect(row.count { $0 == "|" } == 6, "\(row)") }
    for field in SpecSchema.fields {
      #expect(rows.count { $0.hasPrefix("| `\(field.key)` |") } == 1, "\(field.key)")
    }
    for section in SpecSchema.sections { #expect(lines.contains("## \(section.name)")) }
  }
}

extension [String] {
  /// The line of a section that starts with a text.
  fileprivate func place(of start: String, in section: String) -> Int? {
    guard let first = firstIndex(of: "\(section):") else { return nil }
    return self[first...].firstIndex { $0.hasPrefix(start) }
  }
}
