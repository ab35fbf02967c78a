/// One key of a spec: everything that the project knows about it.
package struct SpecField: Sendable {
  /// Its path, such as `tasks.count`.
  package let key: String
  package let kind: SpecKind
  package let defaultValue: SpecValue
  package let unit: String?
  /// What it is, in a phrase.
  package let summary: String
  /// What one should know before changing it, in a sentence or three; may be empty.
  package let details: String
  /// Other words for it, which serve only to suggest this key.
  package let aliases: [String]

  /// Whether another value gives other weights or measurements, and so another run.
  package private(set) var affectsBits = true

  private let read: @Sendable (RunSpec) -> SpecValue
  private let write: @Sendable (inout RunSpec, SpecValue) -> Void

  /// `tasks` of `tasks.count`; `nil` at the top level.
  package var section: String? {
    key.contains(".") ? String(key.prefix { $0 != "." }) : nil
  }

  /// `count` of `tasks.count`.
  package var name: String {
    section.map { String(key.dropFirst($0.count + 1)) } ?? key
  }

  package func value(in spec: RunSpec) -> SpecValue { read(spec) }

  package func set(_ value: SpecValue, in spec: inout RunSpec) {
    precondition(kind.contains(value), "\(key) = \(value), but it takes \(kind)")
    write(&spec, value)
  }
}

// How the table is written: a field and the place in RunSpec that it stands for.
extension SpecField {
  static func whole(
    _ key: String,
    _ range: ClosedRange<Int>,
    default defaultValue: Int,
    unit: String? = nil,
    at path: any WritableKeyPath<RunSpec, Int> & Sendable,
    aliases: [String] = [],
    _ summary: String,
    _ details: String = ""
  ) -> SpecField {
    SpecField(
      key: key,
      kind: .whole(range),
      defaultValue: .whole(defaultValue),
      unit: unit,
      summary: summary,
      details: details,
      aliases: aliases,
      read: { .whole($0[keyPath: path]) },
      write: { spec, value in
        guard case .whole(let value) = value else { return }
        spec[keyPath: path] = value
      }
    )
  }

  static func number(
    _ key: String,
    _ range: NumberRange,
    default defaultValue: Double,
    unit: String? = nil,
    at path: any WritableKeyPath<RunSpec, Double> & Sendable,
    aliases: [String] = [],
    _ summary: String,
    _ details: String = ""
  ) -> SpecField {
    SpecField(
      key: key,
      kind: .number(range),
      defaultValue: .number(defaultValue),
      unit: unit,
      summary: summary,
      details: details,
      aliases: aliases,
      read: { .number($0[keyPath: path]) },
      write: { spec, value in
        guard case .number(let value) = value else { return }
        spec[keyPath: path] = value
      }
    )
  }

  /// The cases that can be chosen stand with their meanings.
  static func choice<Case>(
    _ key: String,
    _ choices: KeyValuePairs<Case, String>,
    default defaultValue: Case,
    at path: any WritableKeyPath<RunSpec, Case> & Sendable,
    aliases: [String] = [],
    _ summary: String,
    _ details: String = ""
  ) -> SpecField where Case: RawRepresentable & Sendable, Case.RawValue == String {
    SpecField(
      key: key,
      kind: .choice(choices.map { SpecChoice($0.key.rawValue, $0.value) }),
      defaultValue: .choice(defaultValue.rawValue),
      unit: nil,
      summary: summary,
      details: details,
      aliases: aliases,
      read: { .choice($0[keyPath: path].rawValue) },
      write: { spec, value in
        guard case .choice(let name) = value, let value = Case(rawValue: name) else { return }
        spec[keyPath: path] = value
      }
    )
  }

  /// A key with a single choice so far, which therefore needs no place in ``RunSpec``.
  static func only(
    _ key: String,
    _ name: String,
    _ meaning: String,
    aliases: [String] = [],
    _ summary: String,
    _ details: String = ""
  ) -> SpecField {
    SpecField(
      key: key,
      kind: .choice([SpecChoice(name, meaning)]),
      defaultValue: .choice(name),
      unit: nil,
      summary: summary,
      details: details,
      aliases: aliases,
      read: { _ in .choice(name) },
      write: { _, _ in }
    )
  }
}
