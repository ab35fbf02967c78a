import Experiments
import Testing

/// One text that is refused, and exactly what is said about it.
struct RefusedSpec: CustomTestStringConvertible, Sendable {
  let text: String
  let message: String

  init(_ text: String, _ message: String) {
    self.text = text
    self.message = message
  }

  var testDescription: String { text.prefix(40).description }
}

/// A value that is no count, and what is said of it.
struct WrongCount: CustomTestStringConvertible, Sendable {
  let written: String
  let column: Int
  let shown: String
  let found: String

  init(_ written: String, column: Int, shown: String, _ found: String) {
    self.written = written
    self.column = column
    self.shown = shown
    self.found = found
  }

  var testDescription: String { written }
}

/// What is said about a spec; `nil` where it is accepted.
func refusal(of text: String) -> String? {
  do throws(SpecError) {
    _ = try SweepExpansion(document: SpecDocument(text: text, name: "spec.yaml"))
    return nil
  } catch {
    return error.description
  }
}

@Suite struct SpecDocumentTests {
  @Test(
    "A text that is no mapping of plain YAML is refused with its place",
    arguments: [
      RefusedSpec(
        "- seed\n- 3\n",
        "error[E-SPEC-MAPPING]: not a spec in spec.yaml:1:1: this is a list, want lines such as "
          + "seed: 0. MEND: disentangle init writes a spec to start from"
      ),
      RefusedSpec(
        "seed",
        "error[E-SPEC-MAPPING]: not a spec in spec.yaml:1:1: this is text, want lines such as "
          + "seed: 0. MEND: disentangle init writes a spec to start from"
      ),
      RefusedSpec(
        "? {a: b}\n: 3\n",
        "error[E-SPEC-MAPPING]: not a spec in spec.yaml:1:3: this is a mapping for a key, want "
          + "lines such as seed: 0. MEND: disentangle init writes a spec to start from"
      ),
      RefusedSpec(
        "seed: 1\n---\nseed: 2\n",
        "error[E-SPEC-DOCUMENTS]: a second document in spec.yaml:2:1: a file holds one spec. "
          + "MEND: remove the line --- and what follows, or list the values that differ"
      ),
      RefusedSpec(
        "seed: &here 3\ntasks: {count: *here}\n",
        "error[E-SPEC-YAML]: anchor in spec.yaml:1:7 (&here): a spec has no use for it, and "
          + "what it stands for is easily misread. MEND: write the value itself"
      ),
      RefusedSpec(
        "tasks: &t {count: 3}\n",
        "error[E-SPEC-YAML]: anchor in spec.yaml:1:8 (&t): a spec has no use for it, and what "
          + "it stands for is easily misread. MEND: write the value itself"
      ),
      RefusedSpec(
        "seed: !!int 3\n",
        "error[E-SPEC-YAML]: tag in spec.yaml:1:7 (!!int): a spec has no use for it, and what "
          + "it stands for is easily misread. MEND: write the value itself"
      ),
      RefusedSpec(
        "tasks: !mine {count: 3}\n",
        "error[E-SPEC-YAML]: tag in spec.yaml:1:8 (!mine): a spec has no use for it, and what "
          + "it stands for is easily misread. MEND: write the value itself"
      ),
      RefusedSpec(
        "tasks:\n\tcount: 3\n",
        "error[E-SPEC-SYNTAX]: not YAML in spec.yaml:2:1: a tab stands before the first word of "
          + "the line. MEND: indent by spaces"
      ),
      RefusedSpec(
        "tasks: {count: 3\n",
        "error[E-SPEC-SYNTAX]: not YAML in spec.yaml:2:1: while parsing a flow mapping, did not "
          + "find expected ',' or '}'. MEND: see disentangle init for an example"
      ),
      RefusedSpec(
        "seed: *nowhere\n",
        "error[E-SPEC-YAML]: alias in spec.yaml:1:7 (*nowhere): a spec has no use for it, and "
          + "what it stands for is easily misread. MEND: write the value itself"
      ),
      RefusedSpec(
        "seed: 1\ntasks: {count: \u{7}}\n",
        "error[E-SPEC-SYNTAX]: not YAML in spec.yaml:2:16: control characters are not allowed. "
          + "MEND: remove the character"
      ),
      RefusedSpec(
        String(repeating: "[", count: 5000),
        "error[E-SPEC-SYNTAX]: not YAML in spec.yaml:1:1: brackets within brackets without end. "
          + "MEND: see disentangle init for an example"
      ),
    ]
  )
  func refusedText(_ spec: RefusedSpec) {
    #expect(refusal(of: spec.text) == spec.message)
  }

  @Test(
    "A key that no spec has, or has twice, is refused with what may have been meant",
    arguments: [
      RefusedSpec(
        "tasks:\n  cuont: 3\n",
        "error[E-SPEC-KEY]: unknown key in spec.yaml:2:3 (tasks.cuont = 3): no key of a spec has this "
          + "name. MEND: did you mean tasks.count?"
      ),
      RefusedSpec(
        "taks: {count: 3}\n",
        "error[E-SPEC-KEY]: unknown key in spec.yaml:1:1 (taks = {…}): no key of a spec has this "
          + "name. MEND: did you mean tasks?"
      ),
      RefusedSpec(
        "training:\n  learning_rate: 0.01\n",
        "error[E-SPEC-KEY]: unknown key in spec.yaml:2:3 (training.learning_rate = 0.01): no key of a "
          + "spec has this name. MEND: did you mean training.learningRate?"
      ),
      RefusedSpec(
        "lr: 0.01\n",
        "error[E-SPEC-KEY]: unknown key in spec.yaml:1:1 (lr = 0.01): no key of a spec has this name. "
          + "MEND: did you mean training.learningRate?"
      ),
      RefusedSpec(
        "network: {leak: 0.5}\n",
        "error[E-SPEC-KEY]: unknown key in spec.yaml:1:11 (network.leak = 0.5): no key of a spec has "
          + "this name. MEND: did you mean timing.step or network.timeConstant?"
      ),
      RefusedSpec(
        "tasks:\n  zebra: 1\n",
        "error[E-SPEC-KEY]: unknown key in spec.yaml:2:3 (tasks.zebra = 1): no key of a spec has this "
          + "name. MEND: use one of tasks.boundaries, tasks.count, tasks.offset, tasks.cone, "
          + "tasks.radius, tasks.seed, tasks.given, tasks.copies, tasks.interleaved, tasks.labelled, "
          + "tasks.labelNoise"
      ),
      RefusedSpec(
        "zebra: 1\n",
        "error[E-SPEC-KEY]: unknown key in spec.yaml:1:1 (zebra = 1): no key of a spec has this name. "
          + "MEND: use one of seed, latent, tasks, noise, timing, encoder, network, training, "
          + "evaluation"
      ),
      RefusedSpec(
        "<<: {seed: 1}\n",
        "error[E-SPEC-KEY]: unknown key in spec.yaml:1:1 (<< = {…}): no key of a spec has this name. "
          + "MEND: use one of seed, latent, tasks, noise, timing, encoder, network, training, "
          + "evaluation"
      ),
      RefusedSpec(
        "noise: 0.3\n",
        "error[E-SPEC-SECTION]: a section without a key in spec.yaml:1:1 (noise = 0.3): noise is "
          + "not a value, it has keys. MEND: use one of noise.place, noise.kind, "
          + "noise.deviation, noise.anisotropy, noise.correlation"
      ),
      RefusedSpec(
        "seed: 1\ntasks: {count: 3}\nseed: 2\n",
        "error[E-SPEC-DUPLICATE]: key given twice in spec.yaml:3:1 (seed): it stands in "
          + "spec.yaml:1:1 already. MEND: remove one of them; several values are a list, such as "
          + "[1, 2]"
      ),
      RefusedSpec(
        "tasks:\n  count: 3 # the count: of tasks\n  # count: 5\n  \"count\": 4\n",
        "error[E-SPEC-DUPLICATE]: key given twice in spec.yaml:4:3 (count): it stands in "
          + "spec.yaml:2:3 already. MEND: remove one of them; several values are a list, such as "
          + "[1, 2]"
      ),
      RefusedSpec(
        "tasks: {count: 3, boundaries: lines, count: 4}\n",
        "error[E-SPEC-DUPLICATE]: key given twice in spec.yaml:1:38 (count): it stands in "
          + "spec.yaml:1:9 already. MEND: remove one of them; several values are a list, such as "
          + "[1, 2]"
      ),
      RefusedSpec(
        "tasks: {count: 3}\ntasks.count: 4\n",
        "error[E-SPEC-DUPLICATE]: key given twice in spec.yaml:2:14 (tasks.count): it stands in "
          + "spec.yaml:1:16 already. MEND: remove one of them; several values are a list, such as "
          + "[1, 2]"
      ),
    ]
  )
  func refusedKey(_ spec: RefusedSpec) {
    #expect(refusal(of: spec.text) == spec.message)
  }

  @Test(
    "A value of the wrong kind is refused with what it is and what is wanted",
    arguments: [
      WrongCount("many", column: 14, shown: "'many'", "text"),
      WrongCount("'24'", column: 14, shown: "'24'", "text, because of its quotes"),
      WrongCount("24.5", column: 14, shown: "24.5", "a number with a fraction"),
      WrongCount("010", column: 14, shown: "'010'", "a number with a leading zero: base 8 to YAML"),
      WrongCount(
        "-007",
        column: 14,
        shown: "'-007'",
        "a number with a leading zero: base 8 to YAML"
      ),
      WrongCount("1:30", column: 14, shown: "'1:30'", "digits with colons: base 60 to YAML"),
      WrongCount("0x18", column: 14, shown: "'0x18'", "a number of another base"),
      WrongCount("1_000", column: 14, shown: "'1_000'", "digits with underscores"),
      WrongCount("yes", column: 14, shown: "'yes'", "a truth value"),
      WrongCount("~", column: 14, shown: "'~'", "nothing"),
      WrongCount("", column: 13, shown: "''", "nothing"),
      WrongCount(".nan", column: 14, shown: "'.nan'", "not a finite number"),
      WrongCount("1.2.3", column: 14, shown: "'1.2.3'", "text"),
      WrongCount("2e", column: 14, shown: "'2e'", "text"),
      WrongCount("{a: 1}", column: 14, shown: "{…}", "a mapping"),
      WrongCount("[[1]]", column: 15, shown: "[1]", "a list"),
      WrongCount("[2, x]", column: 18, shown: "'x'", "text"),
    ]
  )
  func wrongKind(_ count: WrongCount) {
    let mend =
      count.shown == "'24'"
      ? "write tasks.count without quotes" : "see disentangle explain tasks.count"
    #expect(
      refusal(of: "tasks.count: \(count.written)")
        == "error[E-SPEC-TYPE]: wrong kind of value in spec.yaml:1:\(count.column) (tasks.count = "
        + "\(count.shown)): this is \(count.found), want a whole number 1…4096. MEND: \(mend)"
    )
  }

  @Test(
    "A number out of range is refused, however far out",
    arguments: [
      "0", "-3", "4097", "4294967296", "99999999999999999999", "1e99999999999999999999",
      "-1e18", "4.0970e3",
    ]
  )
  func outOfRange(_ written: String) {
    #expect(
      refusal(of: "tasks.count: \(written)")
        == "error[E-SPEC-RANGE]: value out of range in spec.yaml:1:14 (tasks.count = \(written)): "
        + "want a whole number 1…4096. MEND: see disentangle explain tasks.count"
    )
  }

  @Test(
    "Numbers, choices, lists and rules are refused in whole sentences",
    arguments: [
      RefusedSpec(
        "seed: 1\ntasks:\n  count: many\n",
        "error[E-SPEC-TYPE]: wrong kind of value in spec.yaml:3:10 (tasks.count = 'many'): this "
          + "is text, want a whole number 1…4096. MEND: see disentangle explain tasks.count"
      ),
      RefusedSpec(
        "training: {learningRate: 0}\n",
        "error[E-SPEC-RANGE]: value out of range in spec.yaml:1:26 (training.learningRate = 0): "
          + "want a number above 0, at most 10. MEND: see disentangle explain training.learningRate"
      ),
      RefusedSpec(
        "noise: {deviation: -1e-3}\n",
        "error[E-SPEC-RANGE]: value out of range in spec.yaml:1:20 (noise.deviation = -1e-3): "
          + "want a number 0…100. MEND: see disentangle explain noise.deviation"
      ),
      RefusedSpec(
        "noise: {deviation: 1e400}\n",
        "error[E-SPEC-RANGE]: value out of range in spec.yaml:1:20 (noise.deviation = 1e400): "
          + "want a number 0…100. MEND: see disentangle explain noise.deviation"
      ),
      RefusedSpec(
        "noise: {deviation: inf}\n",
        "error[E-SPEC-TYPE]: wrong kind of value in spec.yaml:1:20 (noise.deviation = 'inf'): "
          + "this is not a finite number, want a number 0…100. "
          + "MEND: see disentangle explain noise.deviation"
      ),
      RefusedSpec(
        "latent: {dimensions: 1}\n",
        "error[E-SPEC-RANGE]: value out of range in spec.yaml:1:22 (latent.dimensions = 1): "
          + "want a whole number 2…100. MEND: see disentangle explain latent.dimensions"
      ),
      RefusedSpec(
        "encoder: {kind: Relu}\n",
        "error[E-SPEC-CHOICE]: unknown choice in spec.yaml:1:17 (encoder.kind = 'Relu'): want one "
          + "of relu, quadratic, linearFree, none. MEND: did you mean relu?"
      ),
      RefusedSpec(
        "network: {architecture: transformer}\n",
        "error[E-SPEC-CHOICE]: unknown choice in spec.yaml:1:25 (network.architecture = "
          + "'transformer'): want one of leakyRNN, rnn, lstm, gru, gpt2, feedForward, ideal. "
          + "MEND: see disentangle explain network.architecture"
      ),
      RefusedSpec(
        "seed: []\n",
        "error[E-SPEC-LIST]: unusable list in spec.yaml:1:7 (seed = []): it is empty. "
          + "MEND: give at least one value"
      ),
      RefusedSpec(
        "noise: {deviation: [0.2, 2e-1]}\n",
        "error[E-SPEC-LIST]: unusable list in spec.yaml:1:20 (noise.deviation = [0.2, 2e-1]): 0.2 "
          + "is in it twice, and would give the same run twice. MEND: remove one of them"
      ),
      RefusedSpec(
        "tasks: {count: [2, 3, 6, 12, 24, 48, 96, 192, 384, 768, 1536, 3072, 2]}\n",
        "error[E-SPEC-LIST]: unusable list in spec.yaml:1:16 (tasks.count = [2, 3, 6, 12, 24, 48, "
          + "96, 192, 384, 768, …]): 2 is in it twice, and would give the same run twice. "
          + "MEND: remove one of them"
      ),
      RefusedSpec(
        "seed: 4..0\n",
        "error[E-SPEC-LIST]: unusable list in spec.yaml:1:7 (seed = '4..0'): its first value "
          + "is above its last. MEND: write FIRST..LAST, both included, such as 0..4"
      ),
      RefusedSpec(
        "seed: 0...4\n",
        "error[E-SPEC-LIST]: unusable list in spec.yaml:1:7 (seed = '0...4'): the ends of a "
          + "range are whole numbers. MEND: write FIRST..LAST, both included, such as 0..4"
      ),
      RefusedSpec(
        "seed: 1..10001\n",
        "error[E-SPEC-LIST]: unusable list in spec.yaml:1:7 (seed = '1..10001'): it has 10001 "
          + "values, and 10000 is the limit. MEND: shorten it"
      ),
      RefusedSpec(
        "noise: {deviation: 0..1}\n",
        "error[E-SPEC-LIST]: unusable list in spec.yaml:1:20 (noise.deviation = '0..1'): a "
          + "range holds whole numbers, and this key takes a number 0…100. "
          + "MEND: list the values, such as [0.1, 0.2, 0.3]"
      ),
      RefusedSpec(
        "network: {timeConstant: 50}\n",
        "error[E-SPEC-RULE]: leak above 1 in spec.yaml:1:25 (network.timeConstant = 50): the leak "
          + "is timing.step / network.timeConstant = 100 / 50 and lies in (0, 1]. "
          + "MEND: give network.timeConstant at least 100, or timing.step at most 50"
      ),
      RefusedSpec(
        "timing: {step: [20, 100.5]}\n",
        "error[E-SPEC-RULE]: leak above 1 in spec.yaml:1:16 (timing.step = 100.5): the leak "
          + "is timing.step / network.timeConstant = 100.5 / 100 and lies in (0, 1]. "
          + "MEND: give network.timeConstant at least 100.5, or timing.step at most 100"
      ),
      RefusedSpec(
        "seed: 0..9999\ntasks.count: 1..11\n",
        "error[E-SPEC-RUNS]: too many runs in the spec (runs = 110000): the lists multiply, and "
          + "100000 is the limit. MEND: shorten a list"
      ),
    ]
  )
  func refusedValue(_ spec: RefusedSpec) {
    #expect(refusal(of: spec.text) == spec.message)
  }

  @Test("Texts that would move the cursor of a terminal are shown, not obeyed")
  func printableValues() throws {
    let message = try #require(refusal(of: "encoder: {kind: \"\\e[2J\"}"))
    #expect(message.contains("'\\u{1b}[2J'"))
    #expect(!message.contains("\u{1B}"))
  }

  @Test(
    "A text without keys is the standard spec",
    arguments: ["", "\n\n", "# nothing\n", "---\n", "tasks:\nnoise:\n", "{}", "\u{FEFF}"]
  )
  func emptyText(_ text: String) throws {
    let document = try SpecDocument(bytes: Array(text.utf8), name: "spec.yaml")
    #expect(document.assignments.isEmpty)
    #expect(try SweepExpansion(document: document).runs == [RunSpec.standard])
  }

  @Test(
    "The same values make the same run, however they are written",
    arguments: [
      "seed: 3\ntasks: {count: 6}\nnoise: {deviation: 0.3}\n",
      "noise:\n  deviation: 3e-1\ntasks:\n  count: 6\nseed: 3\n",
      "noise.deviation: 0.30\r\ntasks.count: +6\r\nseed: 3.0\r\n",
      "\u{FEFF}seed: 3e0\n\"tasks\": {'count': 60e-1}\nnoise: {deviation: .3}\n",
      "seed: [3]\ntasks: {count: [6..6]}\nnoise:\n  deviation:\n  - 300e-3\n",
    ]
  )
  func spellings(_ text: String) throws {
    let document = try SpecDocument(bytes: Array(text.utf8), name: "spec.yaml")
    var expected = RunSpec.standard
    expected.seed = 3
    expected.paradigm.boundaries = .evenlySpacedLines(count: 6)
    expected.paradigm.noise = .before(.gaussian, deviation: 0.3)
    let runs = try SweepExpansion(document: document).runs
    #expect(runs == [expected])
    #expect(runs.map(\.hash) == [expected.hash])
  }

  @Test("Bytes that are not UTF-8 are refused with their place")
  func encoding() {
    let bytes = Array("seed: 1\ntasks: {count: ".utf8) + [0xFF, 0x7D]
    #expect(throws: SpecError.notUTF8(at: .file(name: "spec.yaml", line: 2, column: 16))) {
      try SpecDocument(bytes: bytes, name: "spec.yaml")
    }
  }

  @Test("A megabyte is read, and a byte more is refused")
  func size() throws {
    var bytes = Array("seed: 3 #".utf8)
    bytes += [UInt8](repeating: UInt8(ascii: "x"), count: (1 << 20) - bytes.count)
    #expect(try SpecDocument(bytes: bytes, name: "spec.yaml").assignments.count == 1)
    #expect(throws: SpecError.tooLarge(file: "spec.yaml", limit: 1 << 20)) {
      try SpecDocument(bytes: bytes + [0x78], name: "spec.yaml")
    }
  }

  @Test("A file that is not there is reported as a file, not as a spec")
  func missingFile() throws {
    let error = #expect(throws: SpecError.self) {
      try SpecDocument(contentsOf: "/nonexistent/spec.yaml")
    }
    #expect(error?.exitCode == 66)
    #expect(
      error?.description == "error[E-FILE-MISSING]: nothing to read in /nonexistent/spec.yaml: "
        + "No such file or directory. MEND: check the path"
    )
  }

  @Test("A bomb of aliases is refused before it is composed, which would take hours")
  func aliasBomb() {
    let levels = (1...30).map { level in
      "a\(level): &a\(level) [*a\(level - 1),*a\(level - 1),*a\(level - 1),*a\(level - 1)]"
    }
    let text = (["seed: &a0 1"] + levels + ["? *a30", ": 1"]).joined(separator: "\n")
    #expect(refusal(of: text)?.hasPrefix("error[E-SPEC-YAML]: anchor in spec.yaml:1:7") == true)
  }

  @Test("A number of a million digits is refused in no time", .timeLimit(.minutes(1)))
  func endlessNumber() {
    let text = "noise.deviation: 0." + String(repeating: "0", count: 1_000_000)
    #expect(
      refusal(of: text)?.hasSuffix(
        "): this is text of 1000002 bytes, want a number 0…100. "
          + "MEND: see disentangle explain noise.deviation"
      ) == true
    )
  }

  @Test("Signs of YAML are harmless in comments and inside words")
  func signsInComments() {
    #expect(refusal(of: "# R&D *** &a !b\nseed: 3 # *see* !important & so on\n") == nil)
    #expect(refusal(of: "seed: 2*3\n")?.contains("(seed = '2*3'): this is text") == true)
    #expect(refusal(of: "\"seed\": !x 3 # note\n")?.contains("tag in spec.yaml:1:9 (!x)") == true)
  }

  @Test("No cut, swap or doubling of the commented spec crashes the reader")
  func mutations() {
    let whole = Array(SpecSchema.commentedSpec.utf8)
    let intruders = Array("{}[]&*!:#-\"'\t\n%@?|>, \u{0}\u{FF}".utf8)
    var refused = 0
    func read(_ bytes: [UInt8]) {
      guard let document = try? SpecDocument(bytes: bytes, name: "spec.yaml"),
        (try? SweepExpansion(document: document)) != nil
      else {
        refused += 1
        return
      }
    }
    for length in 0...whole.count { read(Array(whole.prefix(length))) }
    for start in stride(from: 0, to: whole.count, by: 7) { read(Array(whole.dropFirst(start))) }
    for (index, intruder) in zip(
      stride(from: 0, to: whole.count, by: 3),
      repeatElement(intruders, count: whole.count).joined()
    ) {
      var bytes = whole
      bytes[index] = intruder
      read(bytes)
    }
    // Most cuts fall into comments or between lines; a good many must be errors all the same.
    #expect(refused > 100)
  }
}
