/// The runs that a file and the command line ask for: every combination of the listed values.
package struct SweepExpansion: Sendable {
  /// The most runs that one spec may stand for.
  package static let limit = 100_000

  /// All different, in the order of ``SpecSchema/fields``: the last key changes fastest.
  package let runs: [RunSpec]
  /// The keys that have several values, in the same order.
  package let sweptKeys: [String]
  /// The keys that a file or the command line gives, in the same order.
  package let writtenKeys: [String]

  /// - Parameters:
  ///   - document: The file, if there is one.
  ///   - overrides: What stands on the command line, which replaces what stands in the file.
  /// - Throws: `tooManyRuns`, `meaningless` for a key that a run has no use for, or the rule that a
  ///   combination breaks.
  package init(
    document: SpecDocument? = nil,
    overrides: [SpecAssignment] = []
  ) throws(SpecError) {
    var assignments: [String: SpecAssignment] = [:]
    for assignment in (document?.assignments ?? []) + overrides {
      assignments[assignment.field.key] = assignment
    }
    let ordered = SpecSchema.fields.compactMap { assignments[$0.key] }

    var count = 1
    for assignment in ordered {
      let (product, overflows) = count.multipliedReportingOverflow(by: assignment.values.count)
      if overflows { throw .tooManyRuns(count: nil, limit: Self.limit) }
      count = product
    }
    guard count <= Self.limit else { throw .tooManyRuns(count: count, limit: Self.limit) }

    var choices: [[String: SpecValue]] = [[:]]
    for assignment in ordered {
      choices = choices.flatMap { chosen in
        assignment.values.map { chosen.merging([assignment.field.key: $0]) { $1 } }
      }
    }
    runs = try choices.map { values throws(SpecError) in
      let run = RunSpec(values)
      for assignment in ordered { try assignment.checkUse(of: values, in: run) }
      try run.checkRules { assignments[$0]?.origin ?? .builtIn }
      return run
    }
    writtenKeys = ordered.map(\.field.key)
    sweptKeys = ordered.filter { $0.values.count > 1 }.map(\.field.key)
  }

  /// The run, where there is one only.
  ///
  /// - Throws: `severalRuns`, naming the keys that have several values.
  package func only() throws(SpecError) -> RunSpec {
    guard runs.count == 1, let run = runs.first else {
      let firstValues = sweptKeys.compactMap { key -> String? in
        guard let run = runs.first, let value = SpecSchema.field(key)?.value(in: run) else {
          return nil
        }
        return "\(key)=\(value)"
      }
      throw .severalRuns(count: runs.count, firstValues: firstValues)
    }
    return run
  }
}

extension SpecAssignment {
  /// Checks that a run is what was written for it.
  ///
  /// A file may hold a key at its default where that means nothing, as what `init` wrote does once
  /// another architecture is chosen in it.
  fileprivate func checkUse(
    of values: [String: SpecValue],
    in run: RunSpec
  ) throws(SpecError) {
    guard let used = field.value(in: run) else {
      if !origin.isArgument, values[field.key] == field.defaultValue { return }
      let (condition, found) = field.missingChoice(in: run)
      throw .meaningless(
        key: field.key,
        written: shown,
        condition: condition,
        found: found,
        at: origin
      )
    }
    guard let value = values[field.key], value != used else { return }
    throw .brokenRule(
      what: "another word for \(used)",
      key: field.key,
      value: value,
      why: "here both are the same, and so would be the run",
      mend: "write \(field.key)=\(used)",
      at: origin
    )
  }
}

extension SpecField {
  /// Why it means nothing in a spec: the condition that fails, and what is chosen instead.
  ///
  /// Where that choice means nothing itself, its own condition is the one that fails.
  fileprivate func missingChoice(in spec: RunSpec) -> (SpecCondition, SpecValue) {
    guard let condition, let other = SpecSchema.field(condition.key) else {
      preconditionFailure("\(key) has no condition, and yet no use")
    }
    guard let found = other.value(in: spec) else { return other.missingChoice(in: spec) }
    return (condition, found)
  }
}
