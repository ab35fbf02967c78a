import Files

/// A value as somebody wrote it, before the schema has judged it.
struct WrittenValue {
  enum Form {
    /// One word or number; in quotes it is text, whatever it looks like.
    case text(String, isQuoted: Bool)
    case list([WrittenValue])
    case mapping
  }

  let form: Form
  let origin: SpecOrigin

  /// For messages: numbers as they are, other text in quotes.
  var shown: String {
    switch form {
    case .text(let text, let isQuoted):
      !isQuoted && DecimalLiteral(text) != nil ? text.printable : "'\(text.printable)'"
    case .list(let elements): elements.isEmpty ? "[]" : "[…]"
    case .mapping: "{…}"
    }
  }

  /// What kind of thing it is, in a phrase.
  var kindName: String {
    switch form {
    case .text(let text, let isQuoted): Self.kindName(of: text, isQuoted: isQuoted)
    case .list: "a list"
    case .mapping: "a mapping"
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
}
