import Files
import Trials

// Reading values is one story for files and for the command line: a value or a list of them.
extension SpecField {
  /// The most values that one range may stand for.
  static let rangeLimit = 10_000

  /// The values that were written: one, or several for a sweep.
  ///
  /// - Throws: What is wrong, and where.
  func values(from written: WrittenValue) throws(SpecError) -> [SpecValue] {
    if case .boundaries = kind { return [try boundaries(written)] }
    var values: [SpecValue] = []
    switch written.form {
    case .list(let elements):
      guard !elements.isEmpty else {
        throw listError(written, "it is empty", mend: "give at least one value")
      }
      for element in elements { values += try valuesOfOne(element) }
    case .text, .mapping, .other:
      values = try valuesOfOne(written)
    }
    var seen: Set<SpecValue> = []
    for value in values where !seen.insert(value).inserted {
      throw listError(
        written,
        "\(value) is in it twice, and would give the same run twice",
        mend: "remove one of them"
      )
    }
    return values
  }

  /// The values of a scalar: one, or those of a range.
  private func valuesOfOne(_ written: WrittenValue) throws(SpecError) -> [SpecValue] {
    guard case .text(let text, let isQuoted) = written.form else { throw kindError(written) }
    if case .choice(let choices) = kind { return [try choice(written, text, choices)] }
    if isQuoted { throw kindError(written, mend: "write \(key) without quotes") }
    if let bounds = Self.rangeBounds(text) { return try range(written, bounds) }
    return [try number(written, text)]
  }

  private func choice(
    _ written: WrittenValue,
    _ name: String,
    _ choices: [SpecChoice]
  ) throws(SpecError) -> SpecValue {
    if written.isNothing { throw kindError(written) }
    guard kind.contains(.choice(name)) else {
      throw .unknownChoice(
        key: key,
        written: written.shown,
        suggestion: Spelling.closest(to: name, in: choices.map(\.name)).first,
        wanted: kind.description,
        at: written.origin
      )
    }
    return .choice(name)
  }

  private func boundaries(_ written: WrittenValue) throws(SpecError) -> SpecValue {
    let mend = "see disentangle explain \(key)"
    if written.origin.isArgument {
      throw .wrongKind(
        key: key,
        written: written.shown,
        found: "an argument",
        wanted: "\(kind.description) in a file",
        mend: mend,
        at: written.origin
      )
    }
    guard case .list(let elements) = written.form else { throw kindError(written) }
    var boundaries: [Boundary] = []
    for (index, element) in elements.enumerated() {
      do throws(BoundaryError) {
        boundaries.append(try Boundary(json: element.json))
      } catch {
        throw .badList(
          key: key,
          written: element.shown,
          why: "boundary \(index + 1)\(error.member.map { ", \($0)," } ?? "") \(error.why)",
          mend: mend,
          at: element.origin
        )
      }
    }
    return .boundaries(boundaries)
  }

  private func number(_ written: WrittenValue, _ text: String) throws(SpecError) -> SpecValue {
    guard let literal = DecimalLiteral(text) else { throw kindError(written) }
    let value: SpecValue
    switch kind {
    case .whole:
      guard literal.isWhole else { throw kindError(written) }
      guard let whole = literal.whole else { throw rangeError(written) }
      value = .whole(whole)
    case .number, .choice, .boundaries:
      value = .number(literal.double)
    }
    guard kind.contains(value) else { throw rangeError(written) }
    return value
  }

  // MARK: Ranges

  private typealias Bounds = (first: DecimalLiteral, last: DecimalLiteral)

  /// The numbers on both sides of `..`.
  private static func rangeBounds(_ text: String) -> Bounds? {
    guard let dots = text.firstRange(of: ".."),
      let first = DecimalLiteral(String(text[..<dots.lowerBound])),
      let last = DecimalLiteral(String(text[dots.upperBound...]))
    else { return nil }
    return (first, last)
  }

  /// The whole numbers from the first to the last, both included.
  private func range(
    _ written: WrittenValue,
    _ bounds: Bounds
  ) throws(SpecError) -> [SpecValue] {
    let example = "write FIRST..LAST, both included, such as 0..4"
    guard case .whole = kind else {
      throw listError(
        written,
        "a range holds whole numbers, and this key takes \(kind)",
        mend: "list the values, such as [0.1, 0.2, 0.3]"
      )
    }
    guard bounds.first.isWhole, bounds.last.isWhole else {
      throw listError(written, "the ends of a range are whole numbers", mend: example)
    }
    guard let first = bounds.first.whole, let last = bounds.last.whole,
      kind.contains(.whole(first)), kind.contains(.whole(last))
    else { throw rangeError(written) }
    guard first <= last else {
      throw listError(written, "its first value is above its last", mend: example)
    }
    guard last - first < Self.rangeLimit else {
      throw listError(
        written,
        "it has \(last - first + 1) values, and \(Self.rangeLimit) is the limit",
        mend: "shorten it"
      )
    }
    return (first...last).map(SpecValue.whole)
  }

  // MARK: Errors

  private func kindError(_ written: WrittenValue, mend: String? = nil) -> SpecError {
    .wrongKind(
      key: key,
      written: written.shown,
      found: written.kindName,
      wanted: kind.description,
      mend: mend,
      at: written.origin
    )
  }

  private func rangeError(_ written: WrittenValue) -> SpecError {
    .outOfRange(
      key: key,
      written: written.shown,
      wanted: kind.description,
      at: written.origin
    )
  }

  private func listError(_ written: WrittenValue, _ why: String, mend: String) -> SpecError {
    .badList(key: key, written: written.shown, why: why, mend: mend, at: written.origin)
  }
}
