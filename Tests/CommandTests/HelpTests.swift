import Foundation
import SystemPackage
import Testing

extension ToolTests {
  @Suite("What it says of itself") struct HelpTests {
    @Test(
      "Its help, its first spec and its explanations read as they were last approved",
      arguments: [
        ("help", ["--help"]), ("help-run", ["help", "run"]), ("help-demo", ["help", "demo"]),
        ("help-export", ["help", "export"]), ("help-import", ["help", "import"]),
        ("help-show", ["help", "show"]), ("help-theory", ["help", "theory"]),
        ("help-recover", ["help", "recover"]), ("help-analyze", ["help", "analyze"]),
        ("help-dynamics", ["help", "dynamics"]),
        ("init", ["init"]), ("explain-tasks", ["explain", "tasks"]),
      ]
    )
    func snapshots(name: String, arguments: [String]) throws {
      try withFolder { folder in
        let ended = try Tool.run(arguments, in: folder)
        #expect(ended.exitCode == 0)
        #expect(ended.errors.isEmpty)
        try Snapshot(name).check(ended.output)
        #expect(try contents(of: folder).isEmpty)
      }
    }

    @Test("The spec that init writes is the one that it prints, and stands for the defaults")
    func initFile() throws {
      try withFolder { folder in
        let written = try Tool.run(["init", "spec.yaml"], in: folder)
        #expect(written.exitCode == 0)
        #expect(written.output.isEmpty)
        let printed = try Tool.run(["init"], in: folder)
        let file = try #require(try contents(of: folder)["spec.yaml"])
        #expect(String(decoding: file, as: UTF8.self) == printed.output)

        // A run's name holds the hash of its spec. No batch is trained to learn it.
        let fast = [
          "training.batches=0", "network.units=4", "evaluation.fits=1", "evaluation.trials=10",
        ]
        let named = try Tool.run(["run", "spec.yaml", "--json"] + fast, in: folder).record()
        let bare = try Tool.run(["run", "--json"] + fast, in: folder).record()
        #expect(named == bare)
      }
    }
  }
}

/// A text that somebody read and found right.
///
/// A first recording fails, so that it is read; `RECORD_SNAPSHOTS=1` records anew on purpose.
private struct Snapshot {
  private let path: FilePath

  init(_ name: String) {
    path = FilePath(#filePath).removingLastComponent().appending("Snapshots/\(name).txt")
  }

  func check(_ text: String) throws {
    if ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] == "1" {
      try write(text, to: path)
      return
    }
    guard let data = FileManager.default.contents(atPath: path.string) else {
      try write(text, to: path)
      Issue.record("recorded for the first time: read \(path) and test again")
      return
    }
    let (found, approved) = (lines(text), lines(String(decoding: data, as: UTF8.self)))
    let place = zip(found, approved).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    if let line = place ?? (found.count == approved.count ? nil : min(found.count, approved.count))
    {
      Issue.record(
        """
        \(path):\(line + 1)
        approved: \(line < approved.count ? approved[line] : "(end)")
        now:      \(line < found.count ? found[line] : "(end)")
        RECORD_SNAPSHOTS=1 approves of it.
        """
      )
    }
  }

  private func lines(_ text: String) -> [Substring] {
    text.split(separator: "\n", omittingEmptySubsequences: false)
  }
}
