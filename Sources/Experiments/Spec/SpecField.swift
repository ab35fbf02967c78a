import Trials

/// One key of a spec: everything that the project knows about it.
package struct SpecField: Sendable {
  /// Its path, such as `tasks.count`.
  package let key: String
  package let kind: SpecKind
  package let defaultValue: SpecValue
  package let unit: String?
  /// Other words for it, which serve only to suggest this key.
  package let aliases: [String]
  /// When it means something; `nil` where it always does.
  package let condition: SpecCondition?
  /// What it is, in a phrase.
  package let summary: String
  /// What one should know before changing it, in a sentence or three; may be empty.
  package let details: String

  /// Whether another value gives other weights or measurements, and so another run.
  package private(set) var affectsBits = true

  /// Whether records and the hash leave it out at its default: so may a key that came later, since
  /// what ran before it is the same run still.
  private(set) var isLeftOutAtDefault = false

  private let place: SpecPlace<SpecValue>

  /// `tasks` of `tasks.count`; `nil` at the top level.
  package var section: String? {
    key.contains(".") ? String(key.prefix { $0 != "." }) : nil
  }

  /// `count` of `tasks.count`.
  package var name: String {
    section.map { String(key.dropFirst($0.count + 1)) } ?? key
  }

  /// `nil` where the key means nothing in this spec.
  package func value(in spec: RunSpec) -> SpecValue? { place.get(spec) }

  /// Changes nothing where the key means nothing in this spec.
  package func set(_ value: SpecValue, in spec: inout RunSpec) {
    precondition(kind.contains(value), "\(key) = \(value), but it takes \(kind)")
    place.set(&spec, value)
  }
}

extension SpecField {
  /// What stands in records and in the hash; `nil` for nothing.
  func recordedValue(in spec: RunSpec) -> SpecValue? {
    value(in: spec).flatMap { isLeftOutAtDefault && $0 == defaultValue ? nil : $0 }
  }

  /// The same key, left out of records at its default.
  var leftOutAtDefault: SpecField {
    var field = self
    field.isLeftOutAtDefault = true
    return field
  }
}

// How the table is written: a field and the place in RunSpec that it stands for.
extension SpecField {
  static func whole(
    _ key: String,
    _ range: ClosedRange<Int>,
    default value: Int,
    unit: String? = nil,
    at place: SpecPlace<Int>,
    aliases: [String] = [],
    where condition: SpecCondition? = nil,
    _ summary: String,
    _ details: String = ""
  ) -> SpecField {
    SpecField(
      key: key,
      kind: .whole(range),
      defaultValue: .whole(value),
      unit: unit,
      aliases: aliases,
      condition: condition,
      summary: summary,
      details: details,
      place: place.holding(SpecValue.whole) {
        if case .whole(let value) = $0 { value } else { nil }
      }
    )
  }

  static func number(
    _ key: String,
    _ range: NumberRange,
    default value: Double,
    unit: String? = nil,
    at place: SpecPlace<Double>,
    aliases: [String] = [],
    where condition: SpecCondition? = nil,
    _ summary: String,
    _ details: String = ""
  ) -> SpecField {
    SpecField(
      key: key,
      kind: .number(range),
      defaultValue: .number(value),
      unit: unit,
      aliases: aliases,
      condition: condition,
      summary: summary,
      details: details,
      place: place.holding(SpecValue.number) {
        if case .number(let value) = $0 { value } else { nil }
      }
    )
  }

  /// The cases that can be chosen stand with their meanings.
  static func choice<Case>(
    _ key: String,
    _ choices: KeyValuePairs<Case, String>,
    default value: Case,
    at place: SpecPlace<Case>,
    aliases: [String] = [],
    where condition: SpecCondition? = nil,
    _ summary: String,
    _ details: String = ""
  ) -> SpecField where Case: RawRepresentable & Sendable, Case.RawValue == String {
    SpecField(
      key: key,
      kind: .choice(choices.map { SpecChoice($0.key.rawValue, $0.value) }),
      defaultValue: .choice(value.rawValue),
      unit: nil,
      aliases: aliases,
      condition: condition,
      summary: summary,
      details: details,
      place: place.holding {
        .choice($0.rawValue)
      } from: {
        if case .choice(let name) = $0 { Case(rawValue: name) } else { nil }
      }
    )
  }

  /// A list of boundaries.
  static func boundaries(
    _ key: String,
    at place: SpecPlace<[Boundary]>,
    aliases: [String],
    where condition: SpecCondition,
    _ summary: String,
    _ details: String
  ) -> SpecField {
    SpecField(
      key: key,
      kind: .boundaries,
      defaultValue: .boundaries([]),
      unit: nil,
      aliases: aliases,
      condition: condition,
      summary: summary,
      details: details,
      place: place.holding(SpecValue.boundaries) {
        if case .boundaries(let value) = $0 { value } else { nil }
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
      aliases: aliases,
      condition: nil,
      summary: summary,
      details: details,
      place: SpecPlace(get: { _ in .choice(name) }, set: { _, _ in })
    )
  }
}

/// The place in ``RunSpec`` that a key stands for.
struct SpecPlace<Value>: Sendable {
  /// `nil` where there is no such place in a spec.
  let get: @Sendable (RunSpec) -> Value?
  /// Changes nothing where there is no such place.
  let set: @Sendable (inout RunSpec, Value) -> Void

  /// A place that every spec has.
  static func at(_ path: any WritableKeyPath<RunSpec, Value> & Sendable) -> SpecPlace {
    SpecPlace(get: { $0[keyPath: path] }, set: { $0[keyPath: path] = $1 })
  }

  /// A place that some specs have: a property that is `nil` in the others.
  static func part(_ path: any WritableKeyPath<RunSpec, Value?> & Sendable) -> SpecPlace {
    SpecPlace(
      get: { $0[keyPath: path] },
      set: { spec, value in
        if spec[keyPath: path] != nil { spec[keyPath: path] = value }
      }
    )
  }

  /// A member of something that only some specs have.
  static func part<Whole>(
    _ whole: any WritableKeyPath<RunSpec, Whole?> & Sendable,
    _ member: any WritableKeyPath<Whole, Value> & Sendable
  ) -> SpecPlace {
    SpecPlace(
      get: { $0[keyPath: whole]?[keyPath: member] },
      set: { $0[keyPath: whole]?[keyPath: member] = $1 }
    )
  }

  /// The same place, as it stands in the schema: its values as values of a spec.
  func holding(
    _ wrapped: @escaping @Sendable (Value) -> SpecValue,
    from unwrapped: @escaping @Sendable (SpecValue) -> Value?
  ) -> SpecPlace<SpecValue> {
    SpecPlace<SpecValue>(
      get: { get($0).map(wrapped) },
      set: { spec, value in
        if let value = unwrapped(value) { set(&spec, value) }
      }
    )
  }
}
