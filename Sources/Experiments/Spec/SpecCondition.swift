/// When a key means something: beside some choices of another key.
package struct SpecCondition: Hashable, Sendable {
  /// The other key, which takes a choice.
  package let key: String
  private let names: [String]
  private let isExclusion: Bool

  private init(_ key: String, _ names: [String], isExclusion: Bool) {
    self.key = key
    self.names = names
    self.isExclusion = isExclusion
  }

  static func choice(_ key: String, is names: String...) -> SpecCondition {
    SpecCondition(key, names, isExclusion: false)
  }

  static func choice(_ key: String, isNot names: String...) -> SpecCondition {
    SpecCondition(key, names, isExclusion: true)
  }

  package func holds(for name: String) -> Bool { names.contains(name) != isExclusion }

  /// How to make it true, in a phrase.
  var mend: String {
    isExclusion ? "take another \(key)" : "take \(key)=\(names.joined(separator: " or "))"
  }
}

extension SpecCondition: CustomStringConvertible {
  /// "network.architecture = leakyRNN or rnn".
  package var description: String {
    "\(key) \(isExclusion ? "is not" : "=") \(names.joined(separator: " or "))"
  }
}

/// A key with one value.
package struct SpecSetting: Sendable {
  package let field: SpecField
  package let value: SpecValue
}

extension SpecField {
  /// The choices that have to be made beside it so that it means something, in the schema's order;
  /// none where it does beside the defaults.
  package var companions: [SpecSetting] {
    guard let condition, value(in: .standard) == nil,
      let other = SpecSchema.field(condition.key), case .choice(let choices) = other.kind,
      let choice = choices.first(where: { condition.holds(for: $0.name) })
    else { return [] }
    return other.companions + [SpecSetting(field: other, value: .choice(choice.name))]
  }
}
