extension SpecSchema {
  private static let columns = 96

  /// A spec with every key at its default and a comment on each: what `init` writes.
  package static var commentedSpec: String {
    var lines = comment(
      "A run of Disentangle. Every key stands here with its default, which together are the main "
        + "network of Vafidis, Bhargava and Rangel, ICLR 2025; what is left out keeps its default. "
        + "A list such as [2, 3, 6], or a range of whole numbers such as 0..4, makes a run of each "
        + "value. A key behind a # means something only beside another choice. disentangle explain "
        + "KEY says more."
    )
    for field in fields where field.section == nil {
      lines += [""] + entry(field, indentation: "")
    }
    for section in sections {
      lines += [""] + comment(section.summary.sentence) + ["\(section.name):"]
      for field in section.fields { lines += entry(field, indentation: "  ") }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func entry(_ field: SpecField, indentation: String) -> [String] {
    let unit = field.unit.map { ", in \($0)" } ?? ""
    let condition = field.condition.map { " Only where \($0)." } ?? ""
    let text = "\(field.summary): \(field.kind)\(unit)".sentence + condition
    // A key that means nothing beside the defaults stands there as a comment, to be taken out.
    let isUsed = field.value(in: .standard) != nil
    let line = "\(isUsed ? "" : "# ")\(field.name): \(field.exampleValue)"
    return (comment(text) + [line]).map { indentation + $0 }
  }

  private static func comment(_ text: String) -> [String] {
    wrapped(text, columns: columns - 4).map { "# " + $0 }
  }

  /// All keys with their defaults, a line each: what `explain` says without a key.
  package static var overview: String {
    var lines = fields.filter { $0.section == nil }.map(line)
    for section in sections {
      lines += ["", "\(section.name): \(section.summary)"] + section.fields.map(line)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func line(_ field: SpecField) -> String {
    let assignment = "\(field.key)=\(field.defaultValue)"
    return "  " + assignment + String(repeating: " ", count: max(1, 34 - assignment.count))
      + field.summary
  }

  /// What `explain` says of a key, a section, a key's last word or another name of it.
  ///
  /// - Throws: `unknownKey`.
  package static func explanation(of word: String) throws(SpecError) -> String {
    if let field = field(word) { return explanation(of: field) }
    if let section = section(word) { return explanation(of: section) }
    let meant = namesakes(of: word)
    guard !meant.isEmpty else {
      throw .unknownKey(
        word,
        written: nil,
        suggestions: suggestions(for: word),
        known: topLevel,
        at: .argument(1)
      )
    }
    let texts = meant.compactMap { key in
      field(key).map(explanation) ?? section(key).map(explanation)
    }
    let names = meant.joined(separator: " or ")
    return (["\(word) is \(names) here.\n"] + texts).joined(separator: "\n")
  }

  private static func explanation(of section: SpecSection) -> String {
    "\(section.name): \(section.summary)\n\n"
      + section.fields.map { line($0) + "\n" }.joined()
  }

  private static func explanation(of field: SpecField) -> String {
    var rows = [("value", field.kind.description)]
    if case .choice(let choices) = field.kind {
      rows = choices.enumerated().map { index, choice in
        (index == 0 ? "value" : "", "\(choice.name): \(choice.meaning)")
      }
    }
    rows.append(("default", field.defaultValue.description))
    if let unit = field.unit { rows.append(("unit", unit)) }
    if let condition = field.condition { rows.append(("only where", condition.description)) }
    rows.append(
      (
        "effect",
        field.affectsBits
          ? "another value is another run, with a directory of its own"
          : "none on results: the run stays the same"
      )
    )
    let example = SpecExample(of: field)
    rows += example.fileLines.enumerated().map { ($0 == 0 ? "in a file" : "", $1) }
    if let arguments = example.arguments { rows.append(("as argument", arguments)) }
    if let sweep = SpecExample(sweepOf: field)?.arguments { rows.append(("as a sweep", sweep)) }

    var lines = ["\(field.key): \(field.summary)", ""]
    for (title, text) in rows {
      let margin = title + String(repeating: " ", count: 13 - title.count)
      for (index, part) in wrapped(text, columns: columns - 15).enumerated() {
        lines.append("  " + (index == 0 ? margin : String(repeating: " ", count: 13)) + part)
      }
    }
    if !field.details.isEmpty { lines += [""] + wrapped(field.details, columns: columns) }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A reference of all keys, a table for each section: for the documentation.
  package static var markdown: String {
    let bare = fields.filter { $0.section == nil }
    let tables = sections.map { section in
      "## \(section.name)\n\n\(section.summary.sentence)\n\n" + table(section.fields)
    }
    return ([table(bare)] + tables).joined(separator: "\n")
  }

  private static func table(_ fields: [SpecField]) -> String {
    var lines = ["| key | value | default | unit | meaning |", "| --- | --- | --- | --- | --- |"]
    for field in fields {
      var value = field.kind.description
      if case .choice(let choices) = field.kind {
        value = choices.map { "`\($0.name)`: \($0.meaning)" }.joined(separator: "; ")
      }
      let condition = field.condition.map { "Only where `\($0)`." } ?? ""
      let meaning = [field.summary.sentence, condition, field.details].filter { !$0.isEmpty }
      let cells = [
        "`\(field.key)`", value, "`\(field.defaultValue)`", field.unit ?? "",
        meaning.joined(separator: " "),
      ]
      lines.append("| \(cells.joined(separator: " | ")) |")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The words of `text` in lines of at most so many characters, unless a word is longer.
  private static func wrapped(_ text: String, columns: Int) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, last.count + 1 + word.count <= columns {
        lines[lines.count - 1] += " \(word)"
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}

extension String {
  /// With a capital letter and a full stop.
  fileprivate var sentence: String { prefix(1).uppercased() + dropFirst() + "." }
}
