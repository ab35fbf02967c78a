import Compute
import Files
import Trials

extension RunSpec {
  /// Raised whenever the same spec and the same random numbers give other weights or measurements.
  package static let algorithmVersion = 1

  /// Raised whenever the canonical JSON of a spec changes its form.
  package static let formatVersion = 2

  /// The spec with every key that means something in it, nested as in a file: what `config.json`
  /// holds.
  package var resolved: JSONValue { nested(SpecSchema.fields) }

  /// Reads ``resolved`` back.
  ///
  /// - Throws: `badRecord` for a key that is missing, unknown or has no value of its kind; the rule
  ///   that the values break.
  package init(resolved: JSONValue) throws(SpecError) {
    guard let members = resolved.object else {
      throw .badRecord(key: "the whole file", why: "it is not an object")
    }
    try Self.refuseUnknownKeys(members)
    var values: [String: SpecValue] = [:]
    for field in SpecSchema.fields {
      let stored = field.section.map { resolved[$0]?[field.name] } ?? resolved[field.name]
      guard let stored else { continue }
      guard let value = field.kind.value(stored) else {
        throw .badRecord(key: field.key, why: "\(stored.compact) is not \(field.kind)")
      }
      values[field.key] = value
    }
    self.init(values)
    for field in SpecSchema.fields {
      let (stored, own) = (values[field.key], field.value(in: self))
      if field.recordedValue(in: self) != nil, stored == nil {
        throw .badRecord(key: field.key, why: "it is missing")
      }
      if own == nil, stored != nil {
        throw .badRecord(key: field.key, why: "it means nothing in this spec")
      }
    }
    try checkRules()
  }

  /// The SHA-256 of everything that decides bits, in hexadecimal.
  ///
  /// Equal specs have equal hashes, however they were written. Names of keys and defaults are in it;
  /// paths, workers and the machine are not.
  package var hash: String {
    let identity: JSONValue = [
      "spec": nested(SpecSchema.fields.filter(\.affectsBits)),
      "rngScheme": .integer(RandomStream.scheme),
      "algorithm": .integer(Self.algorithmVersion),
      "format": .integer(Self.formatVersion),
    ]
    return sha256Hex(of: identity.compact)
  }

  /// The name of the run and its directory, such as `rnn-d2-n24-s3-9f2c41d0a1b2`.
  package var runName: String { runName(hash: hash) }

  /// The same under another hash, that of more than the spec.
  func runName(hash: String) -> String {
    "\(architecture?.shortName ?? "ideal")-d\(paradigm.dimensions)-n\(paradigm.boundaryCount)-s\(seed)-"
      + hash.prefix(12)
  }

  /// What sets this spec apart from another, key by key.
  package func differences(from other: RunSpec) -> [SpecDifference] {
    SpecSchema.fields.compactMap { field in
      let (here, there) = (field.value(in: self), field.value(in: other))
      return here == there ? nil : SpecDifference(key: field.key, here: here, there: there)
    }
  }

  private func nested(_ fields: [SpecField]) -> JSONValue {
    var members: [String: JSONValue] = [:]
    var sections: [String: [String: JSONValue]] = [:]
    for field in fields {
      guard let value = field.recordedValue(in: self)?.json else { continue }
      if let section = field.section {
        sections[section, default: [:]][field.name] = value
      } else {
        members[field.name] = value
      }
    }
    return .object(members.merging(sections.mapValues(JSONValue.object)) { own, _ in own })
  }

  private static func refuseUnknownKeys(_ members: [String: JSONValue]) throws(SpecError) {
    for (name, value) in members.sorted(by: { $0.key < $1.key }) {
      if SpecSchema.section(name) != nil {
        for key in (value.object ?? [:]).keys.sorted().map({ "\(name).\($0)" })
        where SpecSchema.field(key) == nil {
          throw .badRecord(key: key, why: "no key of a spec has this name")
        }
      } else if SpecSchema.field(name)?.section != nil || SpecSchema.field(name) == nil {
        throw .badRecord(key: name, why: "no key of a spec has this name")
      }
    }
  }
}

/// A key that has different values in two specs.
package struct SpecDifference: Hashable, Sendable, CustomStringConvertible {
  package let key: String
  /// `nil` where the key means nothing in that spec.
  package let here: SpecValue?
  package let there: SpecValue?

  package init(key: String, here: SpecValue?, there: SpecValue?) {
    self.key = key
    self.here = here
    self.there = there
  }

  package var description: String {
    "\(key) is \(here?.description ?? "absent") here and \(there?.description ?? "absent") there"
  }
}

extension SpecKind {
  /// The value that a record holds; `nil` where it is of another kind or out of range.
  fileprivate func value(_ stored: JSONValue) -> SpecValue? {
    let value: SpecValue? =
      switch self {
      case .whole: stored.int.map(SpecValue.whole)
      case .number: stored.double.map { .number($0 + 0) }
      case .choice: stored.string.map(SpecValue.choice)
      case .boundaries: (try? [Boundary](json: stored)).map(SpecValue.boundaries)
      }
    return value.flatMap { contains($0) ? $0 : nil }
  }
}
