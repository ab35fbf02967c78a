import Files
import Foundation
import SystemPackage
import Testing

@Suite("Directory locks")
struct DirectoryLockTests {
  @Test("The second taker is refused at once and told who holds the lock")
  func secondTaker() throws {
    try withFolder { folder in
      let lock = try DirectoryLock(folder, job: "17_4")
      let error = #expect(throws: FileError.self) { try takeAndRelease(folder) }
      guard case .locked(let path, let holder?) = error else {
        Issue.record("not an error that names the holder: \(String(describing: error))")
        return
      }
      #expect(path == folder.appending("lock"))
      #expect(holder.processID == Int(ProcessInfo.processInfo.processIdentifier))
      #expect(holder.host == Platform.hostName)
      #expect(holder.started.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/) != nil)
      #expect(holder.job == "17_4")
      #expect(error?.exitCode == 75)
      #expect(error?.message.contains("process \(holder.processID)") == true)
      #expect(lock.directory == folder)
    }
  }

  @Test("The end of its life frees the lock and leaves its file")
  func release() throws {
    try withFolder { folder in
      try takeAndRelease(folder)
      try takeAndRelease(folder)
      #expect(try Folder.names(in: folder) == ["lock"])
      // The content of the longer predecessor is gone.
      #expect(try JSONValue(contentsOf: folder.appending("lock"))["job"] == nil)
    }
  }

  @Test("A lock file with nonsense in it still locks, and the error says what is known")
  func nonsense() throws {
    try withFolder { folder in
      let lock = try DirectoryLock(folder)
      let handle = try #require(FileHandle(forWritingAtPath: folder.appending("lock").string))
      try handle.truncate(atOffset: 3)
      let error = #expect(throws: FileError.self) { try takeAndRelease(folder) }
      #expect(error == .locked(path: lock.directory.appending("lock"), holder: nil))
      #expect(error?.message.contains("another process holds its lock") == true)
    }
  }

  @Test("A child process doesn't inherit the lock")
  func children() throws {
    try withFolder { folder in
      let lock = try DirectoryLock(folder)
      let file = try Stat(lock.directory.appending("lock"))
      let descriptors = (0..<Int32(1024)).filter { number in
        guard let open = try? FileDescriptor(rawValue: number).stat() else { return false }
        return open.inode == file.inode && open.deviceID == file.deviceID
      }
      #expect(descriptors.count == 1)
      for number in descriptors { #expect(fcntl(number, F_GETFD) & FD_CLOEXEC == FD_CLOEXEC) }
      #expect(lock.directory == folder)
    }
  }

  @Test("A killed process frees its lock, and its file still tells who it was")
  func killedHolder() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "files-\(UUID().uuidString)"
    )
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.path(percentEncoded: false)
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
      let lock = try DirectoryLock(FilePath(path), job: "killed")
      kill(getpid(), SIGKILL)
      _ = lock.directory
    }
    #expect(try JSONValue(contentsOf: FilePath(path).appending("lock"))["job"] == "killed")
    try takeAndRelease(FilePath(path))
  }

  @Test("A file system that can't lock is named, with what to do")
  func unsupported() throws {
    try withFolder { folder in
      // Requests: create, lock.
      let plan = FaultPlan(failingAt: 2, with: .notSupported)
      let error = #expect(throws: FileError.self) {
        try FaultPlan.$current.withValue(plan) { try takeAndRelease(folder) }
      }
      #expect(error?.code == "E-LOCK-UNSUPPORTED")
      #expect(error?.message.contains("mounted with flock") == true)
    }
  }

  private func takeAndRelease(_ folder: FilePath) throws {
    _ = try holdingLock(folder) {}
  }

  private func holdingLock<Result>(
    _ folder: FilePath,
    _ body: () throws -> Result
  ) throws -> Result {
    let lock = try DirectoryLock(folder)
    let result = try body()
    #expect(lock.directory == folder)
    return result
  }
}
