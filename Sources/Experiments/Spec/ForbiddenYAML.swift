/// The YAML that a spec has no use for: anchors, aliases and tags.
///
/// They are looked for in the text, before it is composed: a tree no longer shows its aliases, and
/// to compose a few lines of them can take hours where a key stands for a million nodes.
enum ForbiddenYAML {
  /// - Throws: `forbidden` for the first word outside comments that starts with `&`, `*` or `!`.
  static func refuse(in text: String, file: String) throws(SpecError) {
    for (index, line) in text.yamlLines.enumerated() {
      var before: Unicode.Scalar = " "
      var hasQuotes = false
      for (column, scalar) in line.unicodeScalars.enumerated() {
        // Behind a quote, a # may be text; then the whole line is searched.
        if scalar == "#", before.isBlank, !hasQuotes { break }
        if let construct = constructs[scalar], before.isBlank || "[{,:\"'".contains(before) {
          let word = line.unicodeScalars.dropFirst(column)
            .prefix { !$0.isBlank && !"]},".contains($0) }
          throw .forbidden(
            construct: construct,
            written: String(word),
            at: .file(name: file, line: index + 1, column: column + 1)
          )
        }
        hasQuotes = hasQuotes || scalar == "\"" || scalar == "'"
        before = scalar
      }
    }
  }

  private static let constructs: [Unicode.Scalar: String] = [
    "&": "anchor", "*": "alias", "!": "tag",
  ]
}

extension String {
  /// As YAML counts them.
  var yamlLines: [Substring] {
    split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
  }

  fileprivate func contains(_ scalar: Unicode.Scalar) -> Bool { unicodeScalars.contains(scalar) }
}

extension Unicode.Scalar {
  fileprivate var isBlank: Bool { self == " " || self == "\t" }
}
