import Files

/// Why a spec was refused.
package enum SpecError: ReportableError, Equatable {
  case unreadable(FileError)

  // The text as such.
  case tooLarge(file: String, limit: Int)
  case notUTF8(at: SpecOrigin)
  case syntax(problem: String, mend: String, at: SpecOrigin)
  case severalDocuments(at: SpecOrigin)
  case notAMapping(found: String, at: SpecOrigin)
  /// An anchor, an alias or a tag.
  case forbidden(construct: String, written: String, at: SpecOrigin)

  // Keys.
  /// `known` are the keys or sections that may stand in that place.
  case unknownKey(
    String,
    written: String?,
    suggestions: [String],
    known: [String],
    at: SpecOrigin
  )
  /// A section with a value of its own, such as `noise: 0.3`.
  case bareSection(String, written: String, keys: [String], at: SpecOrigin)
  case givenTwice(key: String, first: SpecOrigin, second: SpecOrigin?)

  // Values.
  case wrongKind(
    key: String,
    written: String,
    found: String,
    wanted: String,
    mend: String?,
    at: SpecOrigin
  )
  case outOfRange(key: String, written: String, wanted: String, at: SpecOrigin)
  case unknownChoice(
    key: String,
    written: String,
    suggestion: String?,
    wanted: String,
    at: SpecOrigin
  )
  case badList(key: String, written: String, why: String, mend: String, at: SpecOrigin)
  /// A key that a spec has no use for.
  ///
  /// `found` is what the condition's key has instead.
  case meaningless(
    key: String,
    written: String,
    condition: SpecCondition,
    found: SpecValue,
    at: SpecOrigin
  )
  case brokenRule(
    what: String,
    key: String,
    value: SpecValue,
    why: String,
    mend: String,
    at: SpecOrigin
  )

  // Whole specs.
  case tooManyRuns(count: Int?, limit: Int)
  /// Several runs where one is wanted; the keys that have several values, each with its first.
  case severalRuns(count: Int, firstValues: [String])
  /// `config.json` holds what this version did not write.
  case badRecord(key: String, why: String)
  /// A warning under `--strict`.
  case refusedWarning(SpecWarning)

  /// An argument that is no `KEY=VALUE`.
  case notAnOverride(String, number: Int)
}

extension SpecError {
  package var exitCode: Int32 {
    switch self {
    case .notAnOverride: 64
    case .badRecord: 65
    case .unreadable(let error): error.exitCode
    case .tooLarge, .notUTF8, .syntax, .severalDocuments, .notAMapping, .forbidden, .unknownKey,
      .bareSection, .givenTwice, .wrongKind, .outOfRange, .unknownChoice, .badList,
      .meaningless, .brokenRule, .tooManyRuns, .severalRuns, .refusedWarning:
      78
    }
  }

  package var code: String {
    switch self {
    case .unreadable(let error): error.code
    case .tooLarge: "E-SPEC-SIZE"
    case .notUTF8: "E-SPEC-ENCODING"
    case .syntax: "E-SPEC-SYNTAX"
    case .severalDocuments: "E-SPEC-DOCUMENTS"
    case .notAMapping: "E-SPEC-MAPPING"
    case .forbidden: "E-SPEC-YAML"
    case .unknownKey: "E-SPEC-KEY"
    case .bareSection: "E-SPEC-SECTION"
    case .givenTwice: "E-SPEC-DUPLICATE"
    case .wrongKind: "E-SPEC-TYPE"
    case .outOfRange: "E-SPEC-RANGE"
    case .unknownChoice: "E-SPEC-CHOICE"
    case .badList: "E-SPEC-LIST"
    case .meaningless: "E-SPEC-MEANINGLESS"
    case .brokenRule: "E-SPEC-RULE"
    case .tooManyRuns: "E-SPEC-RUNS"
    case .severalRuns: "E-SPEC-SEVERAL"
    case .badRecord: "E-SPEC-RECORD"
    case .refusedWarning: "E-SPEC-STRICT"
    case .notAnOverride: "E-SPEC-ARGUMENT"
    }
  }
}
