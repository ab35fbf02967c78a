import SystemPackage

extension [UInt8] {
  /// Reads a whole file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - limit: The most bytes that make sense here; a larger file is refused unread.
  /// - Throws: `notFound`, `malformed` for a file above the limit, or what the system said.
  package init(contentsOf path: FilePath, limit: Int) throws(FileError) {
    self = try FileDescriptor.reading(path) { descriptor throws(FileError) in
      // What has no size in advance, such as a pipe, says 0 and is read in pieces.
      let size = try FileOperation.read.perform(on: path) {
        let status = try descriptor.stat()
        guard status.type != .directory else { throw Errno.isDirectory }
        return Int(status.size)
      }
      guard size <= limit else { throw FileError.tooLarge(path, limit: limit) }

      var bytes: [UInt8] = []
      bytes.reserveCapacity(size)
      while true {
        let before = bytes.count
        let capacity = Swift.max(size - before, 1 << 16)
        try descriptor.readPiece(of: path, into: &bytes, capacity: capacity)
        if bytes.count == before { return bytes }
        guard bytes.count <= limit else { throw FileError.tooLarge(path, limit: limit) }
      }
    }
  }
}

extension FilePath {
  /// Whether both names lead to one file that exists, links followed.
  package func isSameFile(as other: FilePath) -> Bool {
    guard let own = try? stat(), let others = try? other.stat() else { return false }
    return own.deviceID == others.deviceID && own.inode == others.inode
  }
}

extension JSONValue {
  /// Reads a file that holds one JSON text.
  package init(contentsOf path: FilePath, limit: Int = 1 << 24) throws(FileError) {
    let bytes = try [UInt8](contentsOf: path, limit: limit)
    do throws(JSONError) {
      try self.init(parsing: bytes)
    } catch {
      throw .malformed(path: path, error.malformation)
    }
  }
}

extension JSONError {
  var malformation: Malformation {
    Malformation(
      code: "E-DATA-JSON",
      what: "not a JSON text",
      field: "line = \(line), column = \(column)",
      why: reason.printable,
      mend: "restore the file from a copy, or remove it and repeat the command that wrote it"
    )
  }
}

extension FileError {
  static func tooLarge(_ path: FilePath, limit: Int) -> FileError {
    .malformed(
      path: path,
      Malformation(
        code: "E-DATA-SIZE",
        what: "too many bytes",
        field: "limit = \(limit)",
        why: "no file of this kind is so large",
        mend: "check that this is the file you meant"
      )
    )
  }
}

extension FileDescriptor {
  /// Opens a file for reading, hands it to `body` and closes it.
  static func reading<Value>(
    _ path: FilePath,
    _ body: (FileDescriptor) throws(FileError) -> Value
  ) throws(FileError) -> Value {
    let descriptor = try FileOperation.open.perform(on: path) {
      try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
    }
    // Nothing was written, so closing can't lose anything.
    defer { try? descriptor.close() }
    return try body(descriptor)
  }

  /// Appends the next bytes of the file to `bytes`; none at its end.
  func readPiece(
    of path: FilePath,
    into bytes: inout [UInt8],
    capacity: Int
  ) throws(FileError) {
    bytes += try FileOperation.read.perform(on: path) {
      try [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
        count = try self.read(into: UnsafeMutableRawBufferPointer(buffer), retryOnInterrupt: false)
      }
    }
  }
}
