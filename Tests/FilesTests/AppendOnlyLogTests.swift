import Files
import Foundation
import SystemPackage
import Testing

@Suite("Append-only logs")
struct AppendOnlyLogTests {
  @Test("Records come back in their order, while the log is open and when it is opened again")
  func appending() throws {
    try withFolder { folder in
      let path = folder.appending("metrics.jsonl")
      #expect(try AppendOnlyLog.records(in: path).isEmpty)
      let log = try AppendOnlyLog(path)
      try log.append(["step": 100, "loss": 0.69])
      try log.append(["step": 200, "note": "two\nlines"])
      #expect(
        content(of: path) == """
          {"loss":0.69,"step":100}
          {"note":"two\\nlines","step":200}

          """
      )
      try AppendOnlyLog(path).append(["step": 300])
      try log.append(["step": 400])
      try log.synchronize()
      #expect(try AppendOnlyLog.records(in: path).map { $0["step"] } == [100, 200, 300, 400])
    }
  }

  @Test("A record is one write")
  func oneWrite() throws {
    try withFolder { folder in
      let log = try AppendOnlyLog(folder.appending("log"))
      let plan = FaultPlan()
      try FaultPlan.$current.withValue(plan) {
        try log.append(.string(String(repeating: "x", count: 10_000)))
      }
      #expect(plan.requests == 2)  // one finds the end, one writes
    }
  }

  @Test("Torn at any byte, the log keeps its whole lines and goes on after them")
  func tornLines() throws {
    try withFolder { folder in
      let text = "{\"step\":1}\n{\"step\":2}\n{\"step\":33}\n"
      for length in 0...text.utf8.count {
        let path = folder.appending("\(length)")
        let torn = String(decoding: Array(text.utf8)[..<length], as: UTF8.self)
        try AtomicFile.write(torn, to: path)
        let whole = torn.split(separator: "\n", omittingEmptySubsequences: false).count - 1
        let steps = [1, 2, 33].prefix(whole)
        #expect(try AppendOnlyLog.records(in: path).map { $0["step"]?.int } == Array(steps))
        try AppendOnlyLog(path).append(["step": 99])
        #expect(try AppendOnlyLog.records(in: path).map { $0["step"]?.int } == steps + [99])
      }
    }
  }

  @Test("A torn line of any length is cut off")
  func longTornLines() throws {
    try withFolder { folder in
      for length in [4094, 4095, 4096, 4097, 9000] {
        let path = folder.appending("\(length)")
        try AtomicFile.write("1\n" + String(repeating: "x", count: length), to: path)
        try AppendOnlyLog(path).append(2)
        #expect(content(of: path) == "1\n2\n")
        try AtomicFile.write(String(repeating: "x", count: length), to: path)
        try AppendOnlyLog(path).append(2)
        #expect(content(of: path) == "2\n")
      }
    }
  }

  @Test("A damaged line that is not the last is an error with its number")
  func damagedLine() throws {
    try withFolder { folder in
      let path = folder.appending("log")
      try AtomicFile.write("{}\n{]\n{}\n", to: path)
      let error = #expect(throws: FileError.self) { try AppendOnlyLog.records(in: path) }
      #expect(error?.exitCode == 65)
      #expect(error?.message.contains("line = 2, column = 2") == true)
    }
  }

  @Test("A resumed run keeps the records up to its checkpoint, all of them or nothing changes")
  func truncating() throws {
    try withFolder { folder in
      let path = folder.appending("metrics.jsonl")
      let log = try AppendOnlyLog(path)
      for step in 1...5 { try log.append(["step": .integer(step)]) }
      let before = content(of: path)
      func truncate() throws {
        try AppendOnlyLog.truncate(path) { ($0["step"]?.int ?? 0) <= 3 }
      }
      let full = FaultPlan(failingAt: 5, with: .noSpace)
      #expect(throws: FileError.self) { try FaultPlan.$current.withValue(full) { try truncate() } }
      #expect(content(of: path) == before)
      try truncate()
      #expect(content(of: path) == "{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n")
      #expect(try Folder.names(in: folder) == ["metrics.jsonl"])
    }
  }

  @Test("A record that fails half-way is taken back, and the next one stands alone")
  func failedAppend() throws {
    try withFolder { folder in
      let path = folder.appending("log")
      let log = try AppendOnlyLog(path)
      try log.append(1)
      // Requests: find the end, then writes of two bytes.
      let plan = FaultPlan(failingAt: 4, with: .noSpace, bytesPerWrite: 2)
      #expect(throws: FileError.self) {
        try FaultPlan.$current.withValue(plan) { try log.append("abcdefgh") }
      }
      #expect(content(of: path) == "1\n")
      try log.append(2)
      #expect(content(of: path) == "1\n2\n")
    }
  }
}
