import SystemPackage

/// Words for people on standard error, data for programs on standard output.
package enum Console {
  /// A line for people.
  package static func note(_ line: String) {
    _ = try? FileDescriptor.standardError.writeAll("\(line)\n".utf8)
  }

  /// Text for people as it stands: what redraws a line, for instance.
  package static func draw(_ text: String) {
    _ = try? FileDescriptor.standardError.writeAll(text.utf8)
  }

  /// A line of results, at once: nothing waits in a buffer while a reader waits for it.
  ///
  /// - Throws: `failed` where it can't be written: whoever reads must not take less for all.
  package static func put(_ line: String) throws(FileError) {
    try FileDescriptor.standardOutput.writeAll(Array("\(line)\n".utf8), of: "standard output")
  }

  /// Whether a person watches standard error.
  package static var isWatched: Bool { Platform.isTerminal(.standardError) }
}
