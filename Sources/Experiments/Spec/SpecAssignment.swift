/// A key with the values that were written for it: several make a sweep.
package struct SpecAssignment: Sendable {
  package let field: SpecField
  /// At least one, all different, in the order in which they were written.
  package let values: [SpecValue]
  /// Where the values stand.
  package let origin: SpecOrigin
  /// What was written, for messages.
  let shown: String
}

extension SpecAssignment {
  /// - Parameters:
  ///   - key: Its full path.
  ///   - keyOrigin: Where the key stands.
  ///   - known: What may stand in its place, for the message.
  ///   - written: What was written for it.
  /// - Throws: What is wrong with the key or the value.
  init(
    key: String,
    keyOrigin: SpecOrigin,
    known: [String],
    written: WrittenValue
  ) throws(SpecError) {
    guard let field = SpecSchema.field(key) else {
      if let section = SpecSchema.section(key) {
        throw .bareSection(
          key,
          written: written.shown,
          keys: section.fields.map(\.key),
          at: keyOrigin
        )
      }
      throw .unknownKey(
        key,
        written: written.shown,
        suggestions: SpecSchema.suggestions(for: key),
        known: known,
        at: keyOrigin
      )
    }
    self.field = field
    values = try field.values(from: written)
    origin = written.origin
    shown = written.shown
  }
}

extension [SpecAssignment] {
  /// Adds one of a key that has none yet.
  mutating func append(new assignment: SpecAssignment) throws(SpecError) {
    let key = assignment.field.key
    if let earlier = first(where: { $0.field.key == key }) {
      throw .givenTwice(key: key, first: earlier.origin, second: assignment.origin)
    }
    append(assignment)
  }
}
