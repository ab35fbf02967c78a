extension String {
  /// The word as a shell reads it back: as it is, or between single quotes.
  var shellQuoted: String {
    let plain = "-_./:,=+@%"
    let isPlain =
      // zsh takes =NAME for the path of a program.
      !isEmpty && !hasPrefix("=")
      && unicodeScalars.allSatisfy { scalar in
        scalar.isASCII
          && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
            || plain.unicodeScalars.contains(scalar))
      }
    guard !isPlain else { return self }
    let parts = split(separator: "'", omittingEmptySubsequences: false)
    return "'" + parts.joined(separator: #"'\''"#) + "'"
  }

  /// The path as the parser of a command line reads it back: no option, whatever it begins with.
  var pathArgument: String { hasPrefix("-") ? "./" + self : self }
}
