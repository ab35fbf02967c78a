import Experiments
import Foundation
import Testing

/// `Documentation/Spec.md` is made from the schema, so that it can't fall behind.
@Suite struct SpecPageTests {
  @Test("The page about the spec says what the schema says")
  func pageMatchesSchema() throws {
    let page = URL(filePath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Documentation/Spec.md")
    let expected = """
      # The spec

      Every key with its range, unit and default; `disentangle explain KEY` says more. This page is
      made from the schema by `RECORD_SNAPSHOTS=1 make test`.

      \(SpecSchema.markdown)
      """
    if ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] != nil {
      try Data(expected.utf8).write(to: page)
    }
    #expect(try String(contentsOf: page, encoding: .utf8) == expected)
  }
}
