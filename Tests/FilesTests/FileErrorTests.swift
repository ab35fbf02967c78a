import Files
import SystemPackage
import Testing

@Suite("File errors")
struct FileErrorTests {
  @Test("Each error has its code, its exit code and a text with file, reason and mend")
  func texts() {
    let holder = LockHolder(
      host: "node7",
      processID: 4711,
      started: "2025-04-24T09:30:00Z",
      job: "12_3"
    )
    let cases: [(FileError, Int32, String)] = [
      (
        .notFound(path: "a.json", errno: .noSuchFileOrDirectory), 66,
        "error[E-FILE-MISSING]: nothing to read in a.json: No such file or directory. "
          + "MEND: check the path"
      ),
      (
        .notADirectory(path: "a"), 73,
        "error[E-FILE-NOT-DIRECTORY]: no directory in a: a file stands there, or on the way. "
          + "MEND: name another place, or move the file away"
      ),
      (
        .permissionDenied(path: "a", operation: .create), 77,
        "error[E-FILE-PERMISSION]: create refused in a: this user lacks the permission. "
          + "MEND: change its owner or mode, or name another place"
      ),
      (
        .cannotCreate(path: "a", errno: .readOnlyFileSystem), 73,
        "error[E-FILE-CREATE]: nothing can be created in a: Read-only file system. "
          + "MEND: name another place"
      ),
      (
        .failed(path: "a", operation: .write, errno: .noSpace, bytesNeeded: 120_000), 74,
        "error[E-IO-ENOSPC]: write failed in a (bytes = 120000): No space left on device. "
          + "MEND: free at least 120000 bytes there and repeat the command; "
          + "nothing half-written was left"
      ),
      (
        .locked(path: "runs/x/lock", holder: holder), 75,
        "error[E-LOCK-HELD]: in use: runs/x: process 4711 on node7 "
          + "(since 2025-04-24T09:30:00Z, job 12_3) holds its lock. "
          + "MEND: wait until it is done or stop it, then repeat the command"
      ),
      (
        .malformed(
          path: "a",
          Malformation(
            code: "E-DATA-X",
            what: "no x",
            field: "line = 3",
            why: "torn",
            mend: "mend it"
          )
        ), 65,
        "error[E-DATA-X]: no x in a (line = 3): torn. MEND: mend it"
      ),
    ]
    for (error, exitCode, text) in cases {
      #expect(error.description == text)
      #expect(error.exitCode == exitCode)
    }
  }

  @Test("Names from outside can't move the cursor of a terminal")
  func printableNames() {
    #expect("a\u{1B}[2J\u{9B}b\nc\u{202E}".printable == #"a\u{1b}[2J\u{9b}b\u{a}c\u{202e}"#)
    #expect("grün".printable == "grün")
    #expect(String(repeating: "x", count: 300).printable.count == 201)
  }
}
