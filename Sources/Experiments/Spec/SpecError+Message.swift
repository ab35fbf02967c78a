import Files

extension SpecError {
  package var message: String {
    switch self {
    case .unreadable(let error): error.message

    case .tooLarge(let file, let limit):
      "too many bytes in \(file.printable) (limit = \(limit)): no spec is so large. "
        + "MEND: check that this is the file you meant"
    case .notUTF8(let origin):
      "not a text in \(origin): its bytes are not UTF-8. MEND: save the file as UTF-8"
    case .syntax(let problem, let mend, let origin):
      "not YAML in \(origin): \(problem.printable). MEND: \(mend)"
    case .severalDocuments(let origin):
      "a second document in \(origin): a file holds one spec. "
        + "MEND: remove the line --- and what follows, or list the values that differ"
    case .notAMapping(let found, let origin):
      "not a spec in \(origin): this is \(found), want lines such as seed: 0. "
        + "MEND: disentangle init writes a spec to start from"
    case .forbidden(let construct, let written, let origin):
      "\(construct) in \(origin) (\(written.printable)): a spec has no use for it, "
        + "and what it stands for is easily misread. MEND: write the value itself"

    case .unknownKey(let key, let written, let suggestions, let known, let origin):
      "unknown key in \(origin) (\(key.printable)\(written.map { " = \($0)" } ?? "")): "
        + "no key of a spec has this name. MEND: "
        + (suggestions.isEmpty
          ? "use one of \(known.joined(separator: ", "))"
          : "did you mean \(suggestions.joined(separator: " or "))?")
    case .bareSection(let section, let written, let keys, let origin):
      "a section without a key in \(origin) (\(section) = \(written)): \(section) is not a value, "
        + "it has keys. MEND: use one of \(keys.joined(separator: ", "))"
    case .givenTwice(let key, let first, let second):
      "key given twice in \(second ?? first) (\(key.printable)): "
        + (second == nil ? "it stands there more than once" : "it stands in \(first) already")
        + ". MEND: remove one of them; several values are a list, such as [1, 2]"

    case .wrongKind(let key, let written, let found, let wanted, let mend, let origin):
      "wrong kind of value in \(origin) (\(key) = \(written)): this is \(found), want \(wanted). "
        + "MEND: \(mend ?? "see disentangle explain \(key)")"
    case .outOfRange(let key, let written, let wanted, let origin):
      "value out of range in \(origin) (\(key) = \(written)): want \(wanted). "
        + "MEND: see disentangle explain \(key)"
    case .unknownChoice(let key, let written, let suggestion, let wanted, let origin):
      "unknown choice in \(origin) (\(key) = \(written)): want \(wanted). "
        + "MEND: \(suggestion.map { "did you mean \($0)?" } ?? "see disentangle explain \(key)")"
    case .badList(let key, let written, let why, let mend, let origin):
      "unusable list in \(origin) (\(key) = \(written)): \(why). MEND: \(mend)"
    case .meaningless(let key, let written, let condition, let found, let origin):
      "a key without effect in \(origin) (\(key) = \(written)): it means something only where "
        + "\(condition), and here that is \(found). MEND: remove it, or \(condition.mend)"
    case .brokenRule(let what, let key, let value, let why, let mend, let origin):
      "\(what) in \(origin) (\(key) = \(value)): \(why). MEND: \(mend)"

    case .tooManyRuns(let count, let limit):
      "too many runs in the spec (runs = \(count.map(String.init) ?? "more than 2^63")): "
        + "the lists multiply, and \(limit) is the limit. MEND: shorten a list"
    case .severalRuns(let count, let firstValues):
      "several runs in the spec (runs = \(count)): one is meant here. "
        + "MEND: give one value on the command line, such as \(firstValues.joined(separator: " "))"
    case .badRecord(let key, let why):
      "not a spec of this version in config.json (\(key.printable)): \(why). "
        + "MEND: read it with the version that wrote it, or choose another directory"
    case .refusedWarning(let warning):
      "\(warning.message). MEND: change the spec, or go on without --strict"
    case .notAnOverride(let argument, let number):
      "not an override in argument \(number) ('\(argument.printable)'): it has no key, no = or "
        + "no value. MEND: write KEY=VALUE, such as tasks.count=24"
    }
  }
}
