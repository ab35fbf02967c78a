import SystemPackage

/// Writing files so that a reader, a kill or a full disk never meets half of one.
///
/// The bytes go into a new file beside the old one; once they are on the disk, it is renamed over
/// the old one, and the renaming is made durable. After any failure the old file is as it was, and
/// the new one is removed. A failed fsync is never tried again: the system has by then forgotten
/// which pages it lost, and the second try would report success.
package enum AtomicFile {
  /// Replaces the content of `path`, or creates it.
  ///
  /// A symbolic link is replaced, not followed.
  package static func write(_ bytes: [UInt8], to path: FilePath) throws(FileError) {
    let (descriptor, temporary) = try createTemporary(for: path)
    do throws(FileError) {
      do throws(FileError) {
        try descriptor.writeAll(bytes, of: path)
        try FileOperation.synchronize.perform(on: path, bytesNeeded: bytes.count) {
          try Platform.synchronize(descriptor)
        }
      } catch {
        try? descriptor.close()
        throw error
      }
      try descriptor.closeOnce(of: path)
      try FileOperation.rename.perform(on: path) { try Platform.move(temporary, to: path) }
    } catch {
      // The first error is the one to report; a file left behind is swept at the next start.
      try? FileOperation.remove.perform(on: temporary) { try Platform.removeFile(temporary) }
      throw error
    }
    try Folder.synchronize(path.containingDirectory)
  }

  package static func write(_ text: String, to path: FilePath) throws(FileError) {
    try write(Array(text.utf8), to: path)
  }

  /// Removes what earlier writes left in `directory` when they were killed, and nothing else.
  ///
  /// Only for the holder of the directory's lock: a write that is under way would lose its file.
  ///
  /// - Returns: The names that were removed.
  @discardableResult
  package static func removeTemporaries(in directory: FilePath) throws(FileError) -> [String] {
    var removed: [String] = []
    for name in try Folder.names(in: directory) where isTemporary(name) {
      let path = directory.appending(name)
      guard (try? Stat(path, followTargetSymlink: false))?.type == .regular else { continue }
      try FileOperation.remove.perform(on: path) { try Platform.removeFile(path) }
      removed.append(name)
    }
    return removed
  }

  /// Whether `name` reads `.NAME.tmp.PID.N`, the way a write names its files.
  static func isTemporary(_ name: String) -> Bool {
    let parts = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    let isNumber = { (part: Substring.UTF8View) in
      !part.isEmpty && part.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    }
    guard parts.count >= 5, parts[0].isEmpty, !parts[1].isEmpty else { return false }
    return parts[parts.count - 3].elementsEqual("tmp".utf8)
      && parts.suffix(2).allSatisfy(isNumber)
  }

  /// Creates a file that did not exist before, beside `path`.
  private static func createTemporary(
    for path: FilePath
  ) throws(FileError) -> (FileDescriptor, FilePath) {
    guard let name = path.lastComponent?.string else {
      throw .cannotCreate(path: path, errno: .isDirectory)
    }
    // Process numbers come round again, and a killed predecessor may have left its files.
    for attempt in 0..<1000 {
      let temporary = path.containingDirectory
        .appending(".\(name).tmp.\(Platform.processID).\(attempt)")
      do throws(FileError) {
        let descriptor = try FileOperation.create.perform(on: path) {
          try FileDescriptor.open(
            temporary,
            .writeOnly,
            options: [.create, .exclusiveCreate, .closeOnExec, .noFollow],
            permissions: FilePermissions(rawValue: 0o666)
          )
        }
        return (descriptor, temporary)
      } catch .failed(_, _, .fileExists, _) {
        continue
      }
    }
    throw .cannotCreate(path: path, errno: .fileExists)
  }
}

extension FileDescriptor {
  /// Writes every byte at the present place, in as many steps as the system wants.
  func writeAll(_ bytes: [UInt8], of path: FilePath) throws(FileError) {
    var written = 0
    while written < bytes.count {
      let end = min(bytes.count, written + (FaultPlan.current?.bytesPerWrite ?? bytes.count))
      written += try FileOperation.write.perform(on: path, bytesNeeded: bytes.count) {
        let count = try bytes[written..<end].withUnsafeBytes { rest in
          try self.write(rest, retryOnInterrupt: false)
        }
        // A write that takes nothing would be tried for ever.
        guard count > 0 else { throw Errno.ioError }
        return count
      }
    }
  }

  /// Closes the file and reports what only closing brings to light.
  ///
  /// An interrupted close is not repeated: the descriptor is gone and may be somebody else's.
  func closeOnce(of path: FilePath) throws(FileError) {
    try FileOperation.close.perform(on: path) {
      do {
        try close()
      } catch Errno.interrupted {
        return
      }
    }
  }
}

extension FilePath {
  /// The directory that a relative or absolute path lies in; never the empty path.
  package var containingDirectory: FilePath {
    let directory = removingLastComponent()
    return directory.isEmpty ? "." : directory
  }
}
