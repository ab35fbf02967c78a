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

      A spec is everything that decides a run. It is a YAML file, arguments of the command line, or
      both; what it leaves out keeps its default, and the defaults together are the main network of
      the paper. `disentangle init` writes them all down with a comment on each.

      ```yaml
      seed: 0..4
      tasks: { count: [2, 6, 24] }
      network: { architecture: lstm }
      ```

      On the command line a key is its path, and an argument replaces what the file says:
      `disentangle run spec.yaml tasks.count=2,6,24 network.architecture=lstm seed=0..4`. Several
      values, as a list or a range of whole numbers, make a run of every combination.

      A key that means something beside another choice only is refused elsewhere, and so are
      combinations that make no sense, each by its name. A spec outside the conditions of the theory
      is run with a warning, or stopped by `--strict`.

      Here is every key with its range, default and unit; `disentangle explain KEY` says the same,
      with examples. This page is made from the schema by `RECORD_SNAPSHOTS=1 make test`.

      \(SpecSchema.markdown)
      """
    if ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] != nil {
      try Data(expected.utf8).write(to: page)
    }
    #expect(try String(contentsOf: page, encoding: .utf8) == expected)
  }
}
