/// The runs that a file and the command line ask for: every combination of the listed values.
package struct SweepExpansion: Sendable {
  /// The most runs that one spec may stand for.
  package static let limit = 100_000

  /// All different, in the order of ``SpecSchema/fields``: the last key changes fastest.
  package let runs: [RunSpec]
  /// The keys that have several values, in the same order.
  package let sweptKeys: [String]

  /// - Parameters:
  ///   - document: The file, if there is one.
  ///   - overrides: What stands on the command line, which replaces what stands in the file.
  /// - Throws: `tooManyRuns`, or the rule that a combination breaks.
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

    var runs = [RunSpec.standard]
    for assignment in ordered {
      runs = runs.flatMap { run in
        assignment.values.map { value in
          var run = run
          assignment.field.set(value, in: &run)
          return run
        }
      }
    }
    for run in runs {
      try run.checkRules { assignments[$0]?.origin ?? .builtIn }
    }
    self.runs = runs
    sweptKeys = ordered.filter { $0.values.count > 1 }.map(\.field.key)
  }
}
