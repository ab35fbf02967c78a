import Files

/// A value as somebody wrote it, before the schema has judged it.
struct WrittenValue {
  enum Form {
    /// One word or number; in quotes it is text, whatever it looks like.
    case text(String, isQuoted: Bool)
    case list([WrittenValue])
    case mapping([(name: String, value: WrittenValue)])
    /// An alias, which is refused before.
    case other
  }

  let form: Form
  let origin: SpecOrigin

  /// For messages: numbers as they are, other text in quotes.
  var shown: String {
    switch form {
    case .text(let text, let isQuoted):
      !isQuoted && DecimalLiteral(text) != nil ? text.printable : "'\(text.printable)'"
    case .list(let elements): Self.shown(elements)
    case .mapping, .other: "{…}"
    }
  }

  /// As many elements of a list as fit into some forty characters, and at least one.
  private static func shown(_ elements: [WrittenValue]) -> String {
    var text = ""
    for (index, element) in elements.enumerated() {
      let next = (index == 0 ? "" : ", ") + element.shown
      if index > 0, text.count + next.count > 40 { return "[\(text), …]" }
      text += next
    }
    return "[\(text)]"
  }

  /// What kind of thing it is, in a phrase.
  var kindName: String {
    switch form {
    case .text(let text, let isQuoted): Self.kindName(of: text, isQuoted: isQuoted)
    case .list: "a list"
    case .mapping, .other: "a mapping"
    }
  }

  /// Whether nothing stands behind the colon.
  var isNothing: Bool {
    if case .text("", isQuoted: false) = form { true } else { false }
  }

  private static func kindName(of text: String, isQuoted: Bool) -> String {
    if isQuoted { return DecimalLiteral(text) == nil ? "text" : "text, because of its quotes" }
    if text.isEmpty { return "nothing" }
    if let literal = DecimalLiteral(text) {
      return literal.isWhole ? "a whole number" : "a number with a fraction"
    }
    if text.utf8.count > DecimalLiteral.limit { return "text of \(text.utf8.count) bytes" }
    let lowercased = text.lowercased()
    let unsigned = lowercased.drop { "+-".contains($0) }
    if ["nan", ".nan", "inf", ".inf", "infinity"].contains(unsigned) {
      return "not a finite number"
    }
    if ["true", "false", "yes", "no", "on", "off"].contains(unsigned) { return "a truth value" }
    if ["null", "~"].contains(unsigned) { return "nothing" }
    guard unsigned.first?.isNumber == true else { return "text" }
    if unsigned.allSatisfy(\.isNumber) { return "a number with a leading zero: base 8 to YAML" }
    if ["0x", "0o", "0b"].contains(unsigned.prefix(2)) { return "a number of another base" }
    if unsigned.allSatisfy({ $0.isNumber || $0 == ":" }) {
      return "digits with colons: base 60 to YAML"
    }
    if unsigned.allSatisfy({ $0.isNumber || $0 == "_" }) { return "digits with underscores" }
    return "text"
  }

  /// What was written as JSON: plain text that reads as a number is one, all other text is text.
  var json: JSONValue {
    switch form {
    case .text(let text, let isQuoted):
      if !isQuoted, let literal = DecimalLiteral(text) { return .number(literal.double) }
      return .string(text)
    case .list(let elements):
      return .array(elements.map(\.json))
    case .mapping(let members):
      // No key stands twice: that is refused when the text is composed.
      return .object(Dictionary(members.map { ($0.name, $0.value.json) }) { $1 })
    case .other:
      return .null
    }
  }
}
