import Files
import Foundation
import SystemPackage
import Testing

@Suite("Atomic files")
struct AtomicFileTests {
  @Test("A file is created, replaced and read back, and nothing else is left")
  func writing() throws {
    try withFolder { folder in
      let path = folder.appending("result.json")
      let long = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      for bytes in [[], Array("new".utf8), long, [0]] {
        try AtomicFile.write(bytes, to: path)
        #expect(try [UInt8](contentsOf: path, limit: 1_000_000) == bytes)
      }
      #expect(try Folder.names(in: folder) == ["result.json"])
    }
  }

  @Test("A write in pieces of seven bytes, interrupted anywhere, gives the same file")
  func shortAndInterruptedWrites() throws {
    try withFolder { folder in
      let bytes = (0..<100).map(UInt8.init)
      for interrupted in 1...25 {
        let path = folder.appending("\(interrupted)")
        let plan = FaultPlan(failingAt: interrupted, with: .interrupted, bytesPerWrite: 7)
        try FaultPlan.$current.withValue(plan) { try AtomicFile.write(bytes, to: path) }
        #expect(content(of: path) == String(decoding: bytes, as: UTF8.self))
        // 15 writes of 7 bytes, 5 other requests, and the one that was repeated.
        #expect(plan.requests == (interrupted <= 20 ? 21 : 20))
      }
    }
  }

  @Test(
    "Whichever request fails, the file is the old or the new one and nothing else is left",
    arguments: [Errno.ioError, .noSpace, .permissionDenied],
    [false, true]
  )
  func failures(errno: Errno, isLasting: Bool) throws {
    try withFolder { folder in
      let path = folder.appending("weights")
      var failures = 0
      for number in 1... {
        try AtomicFile.write("old", to: path)
        let plan = FaultPlan(failingAt: number, with: errno, lasting: isLasting)
        do {
          try FaultPlan.$current.withValue(plan) { try AtomicFile.write("new", to: path) }
          break
        } catch let error as FileError {
          failures += 1
          #expect(error.exitCode == (errno == .permissionDenied ? 77 : 74))
        }
        // Only the last request, which makes the renaming durable, comes after the new file is in
        // place.
        #expect(content(of: path) == (number == 6 ? "new" : "old"))
        #expect(try Folder.names(in: folder) == ["weights"])
      }
      #expect(content(of: path) == "new")
      // create, write, synchronize, close, rename, synchronize the directory
      #expect(failures == 6)
    }
  }

  @Test("Only what atomic writes leave behind is swept")
  func sweeping() throws {
    try withFolder { folder in
      let ours = [".ckpt-000000020000.safetensors.tmp.4711.0", ".a.tmp.1.23"]
      let others = [
        ".a.tmp.1.", ".a.tmp.x.1", ".a.tmp.1", "a.tmp.1.1", ".tmp.1.1", "..tmp.1.1",
        ".a.tmp.1.1.swp",
        "result.json", ".hidden",
      ]
      for name in ours + others {
        try createEmptyFile(folder.appending(name))
      }
      try Folder.create(folder.appending(".folder.tmp.1.1"))
      #expect(try AtomicFile.removeTemporaries(in: folder) == ours.sorted())
      #expect(try Folder.names(in: folder) == (others + [".folder.tmp.1.1"]).sorted())
    }
  }

  @Test("Leftovers of an earlier process with the same number don't block a write")
  func leftovers() throws {
    try withFolder { folder in
      for attempt in 0..<3 {
        let name = ".x.tmp.\(Platform.processID).\(attempt)"
        try createEmptyFile(folder.appending(name))
      }
      try AtomicFile.write("new", to: folder.appending("x"))
      #expect(content(of: folder.appending("x")) == "new")
    }
  }

  @Test("A name without a directory is a name in the present directory")
  func containingDirectories() {
    #expect(FilePath("x").containingDirectory == ".")
    #expect(FilePath("a/x").containingDirectory == "a")
    #expect(FilePath("/x").containingDirectory == "/")
  }
}

@Suite("Folders and reading")
struct FolderTests {
  @Test("Missing directories are created all the way down, and existing ones are fine")
  func creating() throws {
    try withFolder { folder in
      let path = folder.appending("a/b/c")
      try Folder.create(path)
      try Folder.create(path)
      #expect(try Folder.names(in: folder.appending("a/b")) == ["c"])
      #expect(throws: FileError.notADirectory(path: path.appending("file"))) {
        try AtomicFile.write("", to: path.appending("file"))
        try Folder.create(path.appending("file/d"))
      }
    }
  }

  @Test("What can't be read says which file")
  func unreadable() throws {
    try withFolder { folder in
      let missing = folder.appending("missing")
      #expect(throws: FileError.notFound(path: missing, errno: .noSuchFileOrDirectory)) {
        try [UInt8](contentsOf: missing, limit: 10)
      }
      #expect(throws: FileError.notFound(path: folder, errno: .isDirectory)) {
        try [UInt8](contentsOf: folder, limit: 1 << 20)
      }
      #expect(throws: FileError.notFound(path: missing, errno: .noSuchFileOrDirectory)) {
        try Folder.names(in: missing)
      }
      let lock = missing.appending("lock")
      #expect(throws: FileError.cannotCreate(path: lock, errno: .noSuchFileOrDirectory)) {
        _ = try DirectoryLock(missing)
      }
    }
  }

  @Test("A file above the limit is refused, one at the limit is read")
  func limits() throws {
    try withFolder { folder in
      let path = folder.appending("x")
      try AtomicFile.write("12345", to: path)
      #expect(try [UInt8](contentsOf: path, limit: 5).count == 5)
      let error = #expect(throws: FileError.self) { try [UInt8](contentsOf: path, limit: 4) }
      #expect(error?.code == "E-DATA-SIZE")
    }
  }

  @Test("A file without a size in advance is read to its end")
  func unsizedFiles() throws {
    #if os(Linux)
    #expect(try [UInt8](contentsOf: "/proc/self/status", limit: 100_000).count > 100)
    #endif
    #expect(try [UInt8](contentsOf: "/dev/null", limit: 0).isEmpty)
  }

  @Test("A file that is no JSON is named with line and column")
  func jsonFiles() throws {
    try withFolder { folder in
      let path = folder.appending("plan.json")
      try AtomicFile.write("{\n\"a\": 01}", to: path)
      let error = #expect(throws: FileError.self) { try JSONValue(contentsOf: path) }
      #expect(error?.exitCode == 65)
      #expect(error?.message.contains("plan.json (line = 2, column = 7)") == true)
      try AtomicFile.write("{\"a\": 1}", to: path)
      #expect(try JSONValue(contentsOf: path) == ["a": 1])
    }
  }
}

@Suite("Digests")
struct DigestTests {
  // FIPS 180-2, appendix B.
  @Test(
    "SHA-256 gives the standard's examples",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        String(repeating: "a", count: 1_000_000),
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
      ),
    ]
  )
  func knownAnswers(text: String, digest: String) throws {
    #expect(sha256Hex(of: text) == digest)
    #expect(sha256Hex(of: text.utf8.map { $0 }[...]) == digest)
    #expect(sha256Hex(of: text.unicodeScalars.lazy.map { UInt8($0.value) }) == digest)
    try withFolder { folder in
      try AtomicFile.write(text, to: folder.appending("x"))
      #expect(try sha256Hex(ofFile: folder.appending("x")) == digest)
    }
  }
}
