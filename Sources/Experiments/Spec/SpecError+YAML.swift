import Yams

extension SpecError {
  /// What Yams could not compose, said with its place.
  init(_ error: any Error, in text: String, file: String) {
    let mend = "see disentangle init for an example"
    switch error as? YamlError {
    case .scanner(let context, let problem, let mark, _),
      .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let origin = SpecOrigin.file(name: file, line: mark.line, column: mark.column)
      if problem == "but found another document" {
        self = .severalDocuments(at: origin)
      } else if Self.isIndentedByTab(line: mark.line, of: text) {
        self = .syntax(
          problem: "a tab stands before the first word of the line",
          mend: "indent by spaces",
          at: origin
        )
      } else if problem.hasPrefix("Maximum nesting level") {
        self = .syntax(problem: "brackets within brackets without end", mend: mend, at: origin)
      } else {
        let circumstance = context.map { "\($0.text), " } ?? ""
        self = .syntax(problem: circumstance + problem, mend: mend, at: origin)
      }
    case .duplicatedKeysInMapping(let keys, let context):
      self = Self.duplicate(keys, firstMark: context.mark, in: text, file: file)
    case .reader(let problem, let offset, _, let yaml):
      self = .syntax(
        problem: problem,
        mend: "remove the character",
        at: Self.origin(ofCharacter: offset, in: yaml, file: file)
      )
    case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded, nil:
      self = .syntax(problem: "\(error)", mend: mend, at: .somewhere(inFile: file))
    }
  }

  private static func origin(
    ofCharacter offset: Int?,
    in text: String,
    file: String
  ) -> SpecOrigin {
    guard let offset else { return .somewhere(inFile: file) }
    let before = text.prefix(offset)
    let line = 1 + before.count(where: \.isNewline)
    let column = 1 + before.reversed().prefix { !$0.isNewline }.count
    return .file(name: file, line: line, column: column)
  }

  private static func isIndentedByTab(line: Int, of text: String) -> Bool {
    text.yamlLines.dropFirst(line - 1).first?.prefix { $0.isWhitespace }.contains("\t") ?? false
  }

  /// Yams names the first place of a key that stands twice in one mapping; the second is looked for
  /// in the text.
  private static func duplicate(
    _ keys: [String],
    firstMark: Mark,
    in text: String,
    file: String
  ) -> SpecError {
    let key = keys.first ?? ""
    let first = SpecOrigin.file(name: file, line: firstMark.line, column: firstMark.column)
    let lines = text.yamlLines.enumerated().dropFirst(firstMark.line - 1)
    let isAloneInLine =
      lines.first?.element.prefix(firstMark.column - 1).allSatisfy { $0 == " " } ?? false
    for (index, line) in lines {
      let isFirstLine = index == firstMark.line - 1
      let column = columnOfKey(key, in: line) { column in
        // In block style, the keys of one mapping stand under each other.
        isAloneInLine
          ? !isFirstLine && column == firstMark.column - 1
          : !isFirstLine || column >= firstMark.column
      }
      if let column {
        let second = SpecOrigin.file(name: file, line: index + 1, column: column + 1)
        return .givenTwice(key: key, first: first, second: second)
      }
    }
    return .givenTwice(key: key, first: first, second: nil)
  }

  /// Where `key` stands in a line as a whole word with a colon behind it, counted from 0; of
  /// several places the first that can be meant.
  private static func columnOfKey(
    _ key: String,
    in line: Substring,
    where canBeMeant: (Int) -> Bool
  ) -> Int? {
    let (scalars, word) = (Array(line.unicodeScalars), Array(key.unicodeScalars))
    guard !word.isEmpty, scalars.count > word.count else { return nil }
    for column in 0..<scalars.count - word.count
    where scalars[column..<column + word.count].elementsEqual(word) {
      let opening = column == 0 ? " " : scalars[column - 1]
      let behind = scalars[(column + word.count)...].drop { $0 == "\"" || $0 == "'" || $0 == " " }
      let isQuoted = opening == "\"" || opening == "'"
      let start = isQuoted ? column - 1 : column
      if " {,\"'".unicodeScalars.contains(opening), behind.first == ":", canBeMeant(start) {
        return start
      }
    }
    return nil
  }
}
