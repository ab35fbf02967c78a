/// Values from the command line: `tasks.count=24`, `tasks.count=2,3,6`, `seed=0..4`.
package enum SpecOverride {
  /// Reads arguments, which count from 1 in messages.
  ///
  /// - Throws: `notAnOverride` for an argument without a key, `=` or value; what is wrong with a
  ///   key or a value.
  package static func parse(_ arguments: [String]) throws(SpecError) -> [SpecAssignment] {
    var assignments: [SpecAssignment] = []
    for (index, argument) in arguments.enumerated() {
      try assignments.append(new: parse(argument, number: index + 1))
    }
    return assignments
  }

  private static func parse(
    _ argument: String,
    number: Int
  ) throws(SpecError) -> SpecAssignment {
    guard let equals = argument.firstIndex(of: "=") else {
      throw .notAnOverride(argument, number: number)
    }
    let key = argument[..<equals].trimmed
    let value = argument[argument.index(after: equals)...].trimmed
    guard !key.isEmpty, !value.isEmpty else { throw .notAnOverride(argument, number: number) }

    let origin = SpecOrigin.argument(number)
    let parts = value.split(separator: ",", omittingEmptySubsequences: false)
    let elements = parts.map { part in
      WrittenValue(form: .text(part.trimmed, isQuoted: false), origin: origin)
    }
    return try SpecAssignment(
      key: key,
      keyOrigin: origin,
      known: SpecSchema.topLevel,
      written: elements.count == 1
        ? elements[0] : WrittenValue(form: .list(elements), origin: origin)
    )
  }
}

extension Substring {
  fileprivate var trimmed: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
