import Trials

/// Something that one may write: a key, its values, and what must stand beside it.
struct SpecExample {
  private let field: SpecField
  /// Other choices, which make the key mean something or which the rules between keys want.
  private let beside: [SpecSetting]
  /// As it is written for the key itself.
  private let text: String

  /// The key with one value.
  init(of field: SpecField) {
    self.field = field
    beside = field.companions
    text = field.exampleValue.description
  }

  /// The key with several values; `nil` where there is but one, or no way to write them.
  init?(sweepOf field: SpecField) {
    let companions = field.companions
    // Where the defaults forbid a value, one more choice may allow it.
    let besides = [companions] + Self.otherChoices.map { companions + [$0] }
    for beside in besides {
      for (values, text) in field.sweeps(beside: beside)
      where values.count > 1 && values.allSatisfy({ field.allows($0, beside: beside) }) {
        self.field = field
        self.beside = beside
        self.text = text
        return
      }
    }
    return nil
  }

  /// As `KEY=VALUE`, with what must stand beside it; `nil` for what only a file can hold.
  var arguments: String? {
    if case .boundaries = field.kind { return nil }
    return (beside.map { "\($0.field.key)=\($0.value)" } + ["\(field.key)=\(text)"])
      .joined(separator: " ")
  }

  /// The same in a file: a line for each section.
  var fileLines: [String] {
    let entries = beside.map { ($0.field, $0.value.description) } + [(field, text)]
    guard let section = field.section else { return ["\(field.name): \(text)"] }
    let named = Set(entries.compactMap(\.0.section)).subtracting([section]).sorted() + [section]
    return named.map { section in
      let members = entries.filter { $0.0.section == section }.map { "\($0.0.name): \($0.1)" }
      return "\(section): { \(members.joined(separator: ", ")) }"
    }
  }

  private static let otherChoices: [SpecSetting] = SpecSchema.fields.flatMap { field in
    guard case .choice(let choices) = field.kind else { return [SpecSetting]() }
    return choices.map { SpecSetting(field: field, value: .choice($0.name)) }
  }
}

extension SpecField {
  /// The default; for a list, one with something in it.
  var exampleValue: SpecValue {
    guard case .boundaries = kind else { return defaultValue }
    return .boundaries([
      .hyperplane(Hyperplane(normal: [0.6, 0.8], offset: 0.1)),
      .ball(center: [0, 0], radius: 0.3),
    ])
  }

  /// Values worth comparing and how they are written, the nicest first: among them the default.
  fileprivate func sweeps(beside: [SpecSetting]) -> [(values: [SpecValue], text: String)] {
    func listed(_ values: [SpecValue]) -> (values: [SpecValue], text: String) {
      (values, values.map(\.description).joined(separator: ","))
    }
    switch (kind, defaultValue) {
    case (.whole(let range), .whole(let value)):
      let (first, last) = (range.lowerBound, min(range.upperBound, range.lowerBound + 4))
      let pairs = [[value / 2, value], [value, 2 * value]].filter { Set($0).count == 2 }
      return pairs.map { listed($0.map(SpecValue.whole)) }
        + [((first...last).map(SpecValue.whole), "\(first)..\(last)")]
    case (.number(let range), .number(let value)):
      let pairs =
        value == 0
        ? [[0, min(0.2, range.upper / 2)]] : [[value / 2, value], [value, 2 * value]]
      return pairs.map { listed($0.map(SpecValue.number)) }
    case (.choice(let choices), _):
      // Not those that want more of a spec than this.
      let names = choices.map { SpecValue.choice($0.name) }
      return [listed(names.filter { allows($0, beside: beside) })]
    default:
      return []
    }
  }

  /// Whether a spec with these choices, and all else at its default, may have this value.
  fileprivate func allows(_ value: SpecValue, beside: [SpecSetting]) -> Bool {
    guard kind.contains(value) else { return false }
    var values: [String: SpecValue] = [:]
    for setting in beside { values[setting.field.key] = setting.value }
    values[key] = value
    let spec = RunSpec(values)
    return self.value(in: spec) == value && (try? spec.checkRules()) != nil
  }
}
