import SystemPackage

/// A file of JSON records, one to a line, that grows at its end.
///
/// A line counts once its newline is there: a kill or a full disk can tear the last line only, and a
/// torn line is passed over by readers and cut off by the next writer. One process writes, the
/// holder of the directory's lock; any number may read meanwhile.
package final class AppendOnlyLog: Sendable {
  package let path: FilePath
  private let descriptor: FileDescriptor

  /// Opens or creates the log for writing.
  package init(_ path: FilePath) throws(FileError) {
    let isNew = (try? Stat(path)) == nil
    let descriptor = try FileOperation.create.perform(on: path) {
      try FileDescriptor.open(
        path,
        .readWrite,
        options: [.create, .append, .closeOnExec],
        permissions: FilePermissions(rawValue: 0o666)
      )
    }
    do throws(FileError) {
      try descriptor.cutTornLine(of: path)
      if isNew { try Folder.synchronize(path.containingDirectory) }
    } catch {
      try? descriptor.close()
      throw error
    }
    self.path = path
    self.descriptor = descriptor
  }

  deinit {
    try? descriptor.close()
  }

  /// Adds a record in one write, seen by readers at once, and safe from a kill of this process.
  ///
  /// ``synchronize()`` makes it safe from a power cut. If the line can't be written whole, what was
  /// written of it is taken back.
  package func append(_ record: JSONValue) throws(FileError) {
    let line = Array("\(record.compact)\n".utf8)
    let end = try FileOperation.read.perform(on: path) {
      try descriptor.seek(offset: 0, from: .end)
    }
    do throws(FileError) {
      try descriptor.writeAll(line, of: path)
    } catch {
      try? descriptor.resize(to: end)
      throw error
    }
  }

  /// Waits until every record is on the disk.
  package func synchronize() throws(FileError) {
    try FileOperation.synchronize.perform(on: path) { try Platform.synchronize(descriptor) }
  }

  /// All whole records; none where there is no file yet.
  package static func records(in path: FilePath) throws(FileError) -> [JSONValue] {
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try [UInt8](contentsOf: path, limit: 1 << 30)
    } catch .notFound(_, .noSuchFileOrDirectory) {
      return []
    }
    var records: [JSONValue] = []
    var start = 0
    while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
      do throws(JSONError) {
        records.append(try JSONValue(parsing: Array(bytes[start..<end])))
      } catch {
        let inFile = JSONError(
          reason: error.reason,
          line: records.count + 1,
          column: error.column
        )
        throw .malformed(path: path, inFile.malformation)
      }
      start = end + 1
    }
    return records
  }

  /// Rewrites the file with only the records that `isKept` wants, all of it or nothing.
  ///
  /// For resuming: what was logged after the checkpoint will be logged again. Nobody may have the
  /// log open for writing.
  package static func truncate(
    _ path: FilePath,
    keeping isKept: (JSONValue) -> Bool
  ) throws(FileError) {
    let kept = try records(in: path).filter(isKept)
    try AtomicFile.write(kept.map { "\($0.compact)\n" }.joined(), to: path)
  }
}

extension FileDescriptor {
  /// Shortens the file to the end of its last whole line.
  fileprivate func cutTornLine(of path: FilePath) throws(FileError) {
    let size = try FileOperation.read.perform(on: path) { try seek(offset: 0, from: .end) }
    var end = size
    while end > 0 {
      let start = max(0, end - 4096)
      let piece = try FileOperation.read.perform(on: path) {
        try [UInt8](unsafeUninitializedCapacity: Int(end - start)) { buffer, count in
          count = try self.read(
            fromAbsoluteOffset: start,
            into: UnsafeMutableRawBufferPointer(buffer),
            retryOnInterrupt: false
          )
        }
      }
      if let newline = piece.lastIndex(of: UInt8(ascii: "\n")) {
        end = start + Int64(newline) + 1
        break
      }
      end = start
    }
    guard end < size else { return }
    let wholeLines = end
    try FileOperation.resize.perform(on: path) { try resize(to: wholeLines) }
  }
}
