import Experiments
import Testing

@Suite struct SpecDocumentationTests {
  @Test("The commented spec names every key and reads back as the standard spec")
  func commentedSpec() throws {
    let document = try SpecDocument(text: SpecSchema.commentedSpec, name: "spec.yaml")
    #expect(document.assignments.map(\.field.key) == SpecSchema.fields.map(\.key))
    let sweep = try SweepExpansion(document: document)
    #expect(sweep.runs == [RunSpec.standard])
    #expect(sweep.sweptKeys.isEmpty)
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

        The network's leak is timing.step / network.timeConstant and lies in (0, 1].

        """
    )
    #expect(
      try SpecSchema.explanation(of: "network.activation") == """
        network.activation: what turns currents into rates

          value        relu: max(x, 0)
                       tanh: the hyperbolic tangent
          default      relu
          effect       another value is another run, with a directory of its own
          in a file    network: { activation: relu }
          as argument  network.activation=relu
          as a sweep   network.activation=relu,tanh

        """
    )
  }

  @Test("Everything that an explanation says one may write is accepted")
  func examplesAreAccepted() throws {
    for field in SpecSchema.fields {
      for line in try SpecSchema.explanation(of: field.key).split(separator: "\n") {
        let text = line.trimmingPrefix { $0 == " " }
        if text.hasPrefix("as argument  ") || text.hasPrefix("as a sweep   ") {
          let overrides = try SpecOverride.parse([String(text.dropFirst(13))])
          #expect(overrides.first?.values.contains(field.defaultValue) == true, "\(text)")
          let runs = try SweepExpansion(overrides: overrides).runs
          #expect(runs.count == (text.hasPrefix("as a sweep") ? max(2, runs.count) : 1))
        } else if text.hasPrefix("in a file    ") {
          let document = try SpecDocument(text: String(text.dropFirst(13)), name: "spec.yaml")
          #expect(document.assignments.map(\.values) == [[field.defaultValue]])
        }
      }
    }
  }

  @Test("Sections, last words and names from elsewhere are explained, too")
  func otherWords() throws {
    #expect(
      try SpecSchema.explanation(of: "noise") == """
        noise: what blurs each look at the latent

          noise.kind=gaussian               the distribution of the noise
          noise.deviation=0.2               the standard deviation of one look at the latent, σ

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

  @Test("The table for the documentation has a row for every key and its columns in each")
  func markdown() {
    let rows = SpecSchema.markdown.split(separator: "\n")
    #expect(rows.count == 2 + SpecSchema.fields.count)
    for row in rows { #expect(row.count { $0 == "|" } == 6, "\(row)") }
  }
}
