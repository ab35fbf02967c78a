import Files

extension SpecSchema {
  private static let fieldsByKey: [String: SpecField] = Dictionary(
    uniqueKeysWithValues: fields.map { ($0.key, $0) }
  )

  package static func field(_ key: String) -> SpecField? { fieldsByKey[key] }

  package static func section(_ name: String) -> SpecSection? {
    sections.first { $0.name == name }
  }

  /// The keys and sections of the top level.
  static var topLevel: [String] {
    fields.filter { $0.section == nil }.map(\.key) + sections.map(\.name)
  }

  /// The keys that somebody may have meant by `typed`, at most three.
  ///
  /// Another spelling, the last word of a path or a word from elsewhere ("lr") come first; after
  /// them whatever differs by a few letters.
  package static func suggestions(for typed: String) -> [String] {
    let namesakes = self.namesakes(of: typed)
    if !namesakes.isEmpty { return Array(namesakes.prefix(3)) }

    let paths = Spelling.closest(to: typed, in: fields.map(\.key) + sections.map(\.name))
    if !paths.isEmpty { return Array(paths.prefix(3)) }
    let names = Spelling.closest(to: lastWord(of: typed), in: fields.map(\.name))
    return Array(fields.filter { names.contains($0.name) }.map(\.key).prefix(3))
  }

  /// The keys that `typed` is another name of: its path spelt differently, its last word, or an
  /// alias; or a section's name spelt differently.
  static func namesakes(of typed: String) -> [String] {
    let path = Spelling.normalized(typed)
    if let same = fields.first(where: { Spelling.normalized($0.key) == path }) {
      return [same.key]
    }
    if let same = sections.first(where: { Spelling.normalized($0.name) == path }) {
      return [same.name]
    }
    let word = Spelling.normalized(lastWord(of: typed))
    return fields.filter { field in
      ([field.name] + field.aliases).contains { Spelling.normalized($0) == word }
    }.map(\.key)
  }

  private static func lastWord(of path: String) -> String {
    path.split(separator: ".").last.map(String.init) ?? path
  }
}
