import Files
import Foundation
import SystemPackage
import Testing

extension ToolTests {
  @Suite("Directories that cannot be used") struct DirectoryTests {
    private static let command = ["run", "--json", "--out", "out"] + SmallSpec.tiny

    /// Makes a run, changes a file of it, and expects that the tool refuses the directory and
    /// leaves it as it is.
    private func expectRefusal(
      exitCode: Int32,
      code: String,
      parts: [String],
      after change: (RunOnDisk) throws -> Void,
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      try withFolder { folder in
        #expect(try Tool.run(Self.command, in: folder).exitCode == 0)
        let run = try #require(RunOnDisk(in: folder.appending("out")))
        try change(run)
        let before = try contents(of: folder)
        let ended = try Tool.run(Self.command, in: folder)
        #expect(ended.exitCode == exitCode, sourceLocation: sourceLocation)
        #expect(ended.output.isEmpty, sourceLocation: sourceLocation)
        let errors = ended.errors
        #expect(errors.hasPrefix("error[\(code)]: "), "\(errors)", sourceLocation: sourceLocation)
        for part in parts + ["out/\(run.path.lastComponent?.string ?? "")"] {
          #expect(errors.contains(part), "\(errors)", sourceLocation: sourceLocation)
        }
        #expect(errors.ranges(of: "MEND: ").count == 1, "\(errors)", sourceLocation: sourceLocation)
        let after = try contents(of: folder)
        #expect(after == before, "nothing is changed", sourceLocation: sourceLocation)
      }
    }

    @Test("One that holds another spec is refused with the difference")
    func otherSpec() throws {
      try expectRefusal(
        exitCode: 78,
        code: "E-RUN-OTHER-SPEC",
        parts: ["tasks.count is 12 here and 13 there", "--out"]
      ) { run in
        let text = String(decoding: try run.bytes("config.json"), as: UTF8.self)
        let other = text.replacingOccurrences(of: "\"count\": 12", with: "\"count\": 13")
        try #require(other != text)
        try write(other, to: run.path.appending("config.json"))
      }
    }

    @Test("One whose spec lacks a key is refused with the key")
    func incompleteSpec() throws {
      try expectRefusal(
        exitCode: 78,
        code: "E-RUN-CONFIG",
        parts: ["config.json", "seed", "it is missing"]
      ) { run in
        let spec = try JSONValue(parsing: Array(run.bytes("config.json")))
        var members = try #require(spec.object)
        members["seed"] = nil
        try write(JSONValue.object(members).pretty, to: run.path.appending("config.json"))
      }
    }

    @Test("One whose spec is cut short is refused with the place")
    func truncatedSpec() throws {
      try expectRefusal(exitCode: 65, code: "E-DATA-JSON", parts: ["config.json", "line = "]) {
        run in
        let text = String(decoding: try run.bytes("config.json"), as: UTF8.self)
        try write(String(text.dropLast(40)), to: run.path.appending("config.json"))
      }
    }

    @Test(
      "One that nobody may write to is refused before any work",
      .enabled(if: geteuid() != 0, "root may write everywhere")
    )
    func noPermission() throws {
      try withFolder { folder in
        #expect(chmod(folder.string, 0o500) == 0)
        defer { chmod(folder.string, 0o700) }
        let ended = try Tool.run(Self.command, in: folder)
        #expect(ended.exitCode == 77)
        #expect(ended.errors.hasPrefix("error[E-FILE-PERMISSION]: "), "\(ended.errors)")
        #expect(ended.errors.contains("out"))
      }
    }

    #if os(Linux)
    @Test(
      "On a read-only disk what is done can be read, and nothing else begins",
      .enabled(if: SmallDisk.isAvailable, "only root may mount a small disk, and not everywhere")
    )
    func readOnly() throws {
      try SmallDisk.mounted(bytes: 1 << 20) { folder in
        let first = try Tool.run(Self.command, in: folder)
        #expect(first.exitCode == 0)
        let files = try contents(of: folder)
        let flags = UInt(MS_REMOUNT) | UInt(MS_RDONLY)
        try #require(mount("tmpfs", folder.string, "tmpfs", flags, nil) == 0)

        let again = try Tool.run(Self.command, in: folder)
        #expect(again.exitCode == 0)
        #expect(again.output == first.output)
        let other = try Tool.run(Self.command + ["seed=1"], in: folder)
        #expect(other.exitCode == 73)
        #expect(other.errors.hasPrefix("error[E-FILE-CREATE]: nothing can be created in out/"))
        #expect(other.errors.contains("Read-only file system. MEND: "), "\(other.errors)")
        #expect(try contents(of: folder) == files)
      }
    }

    @Test(
      "A disk that is full stops a run, spares the others, and costs nothing once there is space",
      .enabled(if: SmallDisk.isAvailable, "only root may mount a small disk, and not everywhere")
    )
    func full() throws {
      try withFolder { ample in
        let command = Self.command + ["seed=1", "--checkpoint-every", "0"]
        let expected = try Tool.run(command, in: ample).record()
        let files = try RunOnDisk(expected, in: ample.appending("out")).essence()
        try SmallDisk.mounted(bytes: 1 << 20) { disk in
          #expect(try Tool.run(Self.command, in: disk).exitCode == 0)
          let earlier = try contents(of: disk)
          let filler = disk.appending("filler")
          // In pages: the first directory, the logs, the first checkpoint, the pictures' file.
          for pages in [0, 2, 4, 6, 9, 14] {
            try SmallDisk.fill(filler, leaving: pages * 4096)
            let ended = try Tool.run(command, in: disk)
            #expect(ended.exitCode == 74, "\(pages) pages: \(ended.output)\(ended.errors)")
            #expect(ended.errors.hasPrefix("error[E-IO-ENOSPC]: "), "\(ended.errors)")
            #expect(ended.errors.contains("MEND: free at least"), "\(ended.errors)")
            let after = try contents(of: disk)
            for (name, bytes) in earlier { #expect(after[name] == bytes, "\(name)") }
            #expect(!after.keys.contains { $0.contains(".tmp.") }, "\(after.keys)")
          }
          try FileManager.default.removeItem(atPath: filler.string)
          let record = try Tool.run(command, in: disk).record()
          try RunOnDisk(record, in: disk.appending("out")).essence().expectSame(as: files)
        }
      }
    }
    #endif
  }
}

#if os(Linux)
/// A little disk in memory, with pages of 4096 bytes.
private enum SmallDisk {
  static let isAvailable = (try? mounted(bytes: 4096) { _ in true }) ?? false

  static func mounted<Result>(
    bytes: Int,
    _ body: (FilePath) throws -> Result
  ) throws -> Result {
    try withFolder { folder in
      guard mount("tmpfs", folder.string, "tmpfs", 0, "size=\(bytes)") == 0 else {
        throw Errno(rawValue: errno)
      }
      defer { umount2(folder.string, Int32(MNT_DETACH)) }
      return try body(folder)
    }
  }

  /// Makes a file of such a size that `free` bytes are left.
  static func fill(_ path: FilePath, leaving free: Int) throws {
    try? FileManager.default.removeItem(atPath: path.string)
    var status = statvfs()
    try #require(statvfs(path.removingLastComponent().string, &status) == 0)
    let available = Int(status.f_bavail) * Int(status.f_frsize)
    try #require(available >= free, "the disk is fuller than that already")
    try Data(count: available - free).write(to: URL(fileURLWithPath: path.string))
  }
}
#endif
