import SystemPackage

/// The sole right to change a directory, held until this value's life ends.
///
/// It is a lock of the operating system (flock) on the file `lock`, so it ends with the process,
/// however that dies, and nothing stale stays behind. The file is never removed: a process that had
/// just opened it would then lock a file that nobody else sees. Its content is for messages only.
/// Child processes don't inherit the lock.
package struct DirectoryLock: ~Copyable {
  package let directory: FilePath
  private let descriptor: FileDescriptor

  /// Takes the lock, or throws at once and says who has it.
  ///
  /// - Parameters:
  ///   - directory: An existing directory.
  ///   - name: The name of the file that carries the lock.
  ///   - job: The batch job that this process belongs to, for the message to the next one.
  /// - Throws: `locked` where another process has it; otherwise what the system said.
  package init(
    _ directory: FilePath,
    name: String = "lock",
    job: String? = nil
  ) throws(FileError) {
    let path = directory.appending(name)
    let descriptor = try FileOperation.create.perform(on: path) {
      try FileDescriptor.open(
        path,
        .readWrite,
        options: [.create, .closeOnExec, .noFollow],
        permissions: FilePermissions(rawValue: 0o666)
      )
    }
    do throws(FileError) {
      let isTaken = try FileOperation.lock.perform(on: path) {
        try Platform.lockWithoutWaiting(descriptor)
      }
      guard isTaken else {
        throw .locked(path: path, holder: LockHolder(readFrom: descriptor, path: path))
      }
      let holder = LockHolder.thisProcess(job: job)
      try FileOperation.resize.perform(on: path) { try descriptor.resize(to: 0) }
      try descriptor.writeAll(Array(holder.json.pretty.utf8), of: path)
    } catch {
      try? descriptor.close()
      throw error
    }
    self.directory = directory
    self.descriptor = descriptor
  }

  deinit {
    // Another thread may be starting a child just now, which has a copy of the descriptor until it
    // runs its program. Closing ours would leave the lock with that copy; unlocking frees it.
    Platform.unlock(descriptor)
    try? descriptor.close()
  }
}

/// Who has a lock, as far as its file tells.
package struct LockHolder: Hashable, Sendable, CustomStringConvertible {
  package let host: String
  package let processID: Int
  /// When it took the lock, in UTC.
  package let started: String
  package let job: String?

  package init(host: String, processID: Int, started: String, job: String?) {
    self.host = host
    self.processID = processID
    self.started = started
    self.job = job
  }

  package var description: String {
    let job = job.map { ", job \($0)" } ?? ""
    return "process \(processID) on \(host) (since \(started)\(job))".printable
  }

  static func thisProcess(job: String?) -> LockHolder {
    LockHolder(
      host: Platform.hostName,
      processID: Int(Platform.processID),
      started: Platform.timestamp,
      job: job
    )
  }

  var json: JSONValue {
    var members: [String: JSONValue] = [
      "host": .string(host), "pid": .integer(processID), "started": .string(started),
    ]
    if let job { members["job"] = .string(job) }
    return .object(members)
  }
}

extension LockHolder {
  /// `nil` where the file holds nothing sensible, as in the moment before its holder has written.
  fileprivate init?(readFrom descriptor: FileDescriptor, path: FilePath) {
    var bytes: [UInt8] = []
    guard (try? descriptor.readPiece(of: path, into: &bytes, capacity: 4096)) != nil,
      let json = try? JSONValue(parsing: bytes),
      let host = json["host"]?.string,
      let processID = json["pid"]?.int,
      let started = json["started"]?.string
    else { return nil }
    self.init(host: host, processID: processID, started: started, job: json["job"]?.string)
  }
}
