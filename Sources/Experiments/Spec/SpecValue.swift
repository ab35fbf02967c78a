import Files
import Trials

/// The value of one key.
package enum SpecValue: Hashable, Sendable {
  case whole(Int)
  /// Finite, and never -0, so that equal values have equal texts.
  case number(Double)
  case choice(String)
  case boundaries([Boundary])

  package var json: JSONValue {
    switch self {
    case .whole(let value): .integer(value)
    case .number(let value): .number(value)
    case .choice(let name): .string(name)
    case .boundaries(let boundaries): .array(boundaries.map(\.json))
    }
  }
}

extension SpecValue: CustomStringConvertible {
  /// The shortest text that a spec reads back as the same value.
  package var description: String {
    switch self {
    case .whole(let value): value.description
    case .number(let value):
      value.description.hasSuffix(".0") ? String(value.description.dropLast(2)) : value.description
    case .choice(let name): name
    case .boundaries(let boundaries): boundaries.yaml
    }
  }
}

/// An interval of numbers.
package struct NumberRange: Hashable, Sendable {
  package let lower: Double
  package let includesLower: Bool
  /// Included.
  package let upper: Double

  /// From `lower` to `upper`, both included.
  package static func from(_ lower: Double, to upper: Double) -> NumberRange {
    NumberRange(lower: lower, includesLower: true, upper: upper)
  }

  /// Above `lower`, and at most `upper`.
  package static func above(_ lower: Double, to upper: Double) -> NumberRange {
    NumberRange(lower: lower, includesLower: false, upper: upper)
  }

  package func contains(_ value: Double) -> Bool {
    value <= upper && (includesLower ? value >= lower : value > lower)
  }
}

/// What values a key takes.
package enum SpecKind: Hashable, Sendable {
  case whole(ClosedRange<Int>)
  case number(NumberRange)
  case choice([SpecChoice])
  case boundaries

  package func contains(_ value: SpecValue) -> Bool {
    switch (self, value) {
    case (.whole(let range), .whole(let value)): range.contains(value)
    case (.number(let range), .number(let value)): range.contains(value)
    case (.choice(let choices), .choice(let name)): choices.contains { $0.name == name }
    case (.boundaries, .boundaries): true
    case (.whole, _), (.number, _), (.choice, _), (.boundaries, _): false
    }
  }
}

extension SpecKind: CustomStringConvertible {
  /// "a whole number 1…4096", "one of relu, tanh".
  package var description: String {
    switch self {
    case .whole(let range):
      range.count == 1
        ? "\(range.lowerBound), the only value so far"
        : "a whole number \(range.lowerBound)…\(range.upperBound)"
    case .number(let range):
      range.includesLower
        ? "a number \(SpecValue.number(range.lower))…\(SpecValue.number(range.upper))"
        : "a number above \(SpecValue.number(range.lower)), at most "
          + "\(SpecValue.number(range.upper))"
    case .choice(let choices):
      choices.count == 1
        ? "\(choices[0].name), the only choice so far"
        : "one of \(choices.map(\.name).joined(separator: ", "))"
    case .boundaries: "a list of boundaries"
    }
  }
}

/// One of several names that a key takes.
package struct SpecChoice: Hashable, Sendable {
  package let name: String
  /// What it stands for, in a phrase.
  package let meaning: String

  package init(_ name: String, _ meaning: String) {
    self.name = name
    self.meaning = meaning
  }
}
