import Files
import Foundation
import SystemPackage
import Testing

/// Faults of a real file system, where the machine lets a test have one.
@Suite("Disks that are full or read-only")
struct DiskFaultTests {
  #if os(Linux)
  @Test(
    "On a full disk the old file stays, no other is left, and freeing space is enough",
    .enabled(if: SmallDisk.isAvailable, "only root may mount a small disk, and not everywhere")
  )
  func fullDisk() throws {
    try SmallDisk.mounted { disk in
      let path = disk.appending("weights")
      let old = [UInt8](repeating: 1, count: 20_000)
      try AtomicFile.write(old, to: path)
      let error = #expect(throws: FileError.self) {
        try AtomicFile.write([UInt8](repeating: 2, count: 60_000), to: path)
      }
      #expect(
        error
          == .failed(path: path, operation: .write, errno: .noSpace, bytesNeeded: 60_000)
      )
      #expect(error?.code == "E-IO-ENOSPC")
      #expect(error?.exitCode == 74)
      #expect(try [UInt8](contentsOf: path, limit: 100_000) == old)
      #expect(try Folder.names(in: disk) == ["weights"])

      // 20 kB beside 20 kB fit again, so nothing of the failed write takes up space.
      let new = [UInt8](repeating: 3, count: 20_000)
      try AtomicFile.write(new, to: path)
      #expect(try [UInt8](contentsOf: path, limit: 100_000) == new)
    }
  }

  @Test(
    "A record that a full disk cuts short is taken back",
    .enabled(if: SmallDisk.isAvailable, "only root may mount a small disk, and not everywhere")
  )
  func fullDiskUnderLog() throws {
    try SmallDisk.mounted { disk in
      let path = disk.appending("metrics.jsonl")
      let log = try AppendOnlyLog(path)
      try log.append(["step": 0])
      #expect(throws: FileError.self) {
        try log.append(.string(String(repeating: "x", count: 60_000)))
      }
      #expect(content(of: path) == "{\"step\":0}\n")
      try log.append(["step": 1])
      #expect(try AppendOnlyLog.records(in: path) == [["step": 0], ["step": 1]])
    }
  }

  @Test(
    "A read-only file system is named before any work",
    .enabled(if: SmallDisk.isAvailable, "only root may mount a small disk, and not everywhere")
  )
  func readOnlyDisk() throws {
    try SmallDisk.mounted(flags: UInt(MS_RDONLY)) { disk in
      let path = disk.appending("x")
      #expect(throws: FileError.cannotCreate(path: path, errno: .readOnlyFileSystem)) {
        try AtomicFile.write("", to: path)
      }
      #expect(throws: FileError.cannotCreate(path: path, errno: .readOnlyFileSystem)) {
        try Folder.create(path)
      }
    }
  }
  #endif

  @Test("A file beyond the process's limit leaves the old one and no other")
  func fileSizeLimit() throws {
    try withFolder { folder in
      let path = folder.appending("weights")
      try AtomicFile.write("old", to: path)
      // Far above what the tests beside this one write: the limit is the whole process's.
      let error = try withFileSizeLimit(32 << 20) {
        #expect(throws: FileError.self) {
          try AtomicFile.write([UInt8](repeating: 2, count: 33 << 20), to: path)
        }
      }
      #expect(error?.code == "E-IO-EFBIG")
      #expect(error?.exitCode == 74)
      #expect(content(of: path) == "old")
      #expect(try Folder.names(in: folder) == ["weights"])
    }
  }

  @Test(
    "A directory without write permission is named before any work",
    .enabled(if: geteuid() != 0, "root may write everywhere")
  )
  func noPermission() throws {
    try withFolder { folder in
      let closed = folder.appending("closed")
      try Folder.create(closed)
      #expect(chmod(closed.string, 0o500) == 0)
      defer { chmod(closed.string, 0o700) }
      let path = closed.appending("x")
      #expect(throws: FileError.permissionDenied(path: path, operation: .create)) {
        try AtomicFile.write("", to: path)
      }
      #expect(throws: FileError.permissionDenied(path: path, operation: .createDirectory)) {
        try Folder.create(path)
      }
    }
  }

  /// Lowers the size that this process may write files to; the signal for passing it is ignored.
  private func withFileSizeLimit<Result>(
    _ bytes: Int,
    _ body: () throws -> Result
  ) throws -> Result {
    var before = rlimit()
    #if canImport(Glibc)
    let resource = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
    #else
    let resource = RLIMIT_FSIZE
    #endif
    try #require(getrlimit(resource, &before) == 0)
    let handler = signal(SIGXFSZ, SIG_IGN)
    var limited = before
    limited.rlim_cur = rlim_t(bytes)
    try #require(setrlimit(resource, &limited) == 0)
    defer {
      setrlimit(resource, &before)
      signal(SIGXFSZ, handler)
    }
    return try body()
  }
}

#if os(Linux)
/// A disk of 44 kB in memory.
private enum SmallDisk {
  static let isAvailable = (try? mounted { _ in true }) ?? false

  static func mounted<Result>(
    flags: UInt = 0,
    _ body: (FilePath) throws -> Result
  ) throws -> Result {
    try withFolder { folder in
      guard mount("tmpfs", folder.string, "tmpfs", flags, "size=44k") == 0 else {
        throw Errno(rawValue: errno)
      }
      defer { umount2(folder.string, Int32(MNT_DETACH)) }
      return try body(folder)
    }
  }
}
#endif
