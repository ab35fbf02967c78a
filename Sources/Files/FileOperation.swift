import SystemPackage

/// One request to the operating system, as far as its failure matters to the user.
package enum FileOperation: String, Sendable {
  case open
  case create
  case read
  case write
  case resize
  case synchronize
  case close
  case rename
  case remove
  case list
  case createDirectory = "create directory"
  case lock
}

extension FileOperation {
  /// Makes the request again as long as signals interrupt it, and turns its failure into an error
  /// that names the file.
  ///
  /// Every request of this target passes here, so that a ``FaultPlan`` can refuse any of them.
  ///
  /// - Parameters:
  ///   - path: The file for the message.
  ///   - bytesNeeded: How much was to be written, for the message.
  ///   - request: Throws `Errno` and nothing else.
  /// - Returns: What the request returned.
  /// - Throws: The request's error, unless it was only interrupted.
  func perform<Value>(
    on path: FilePath,
    bytesNeeded: Int? = nil,
    _ request: () throws -> Value
  ) throws(FileError) -> Value {
    while true {
      do {
        try FaultPlan.current?.allow(self)
        return try request()
      } catch {
        let errno = error as? Errno ?? .ioError
        if errno == .interrupted { continue }
        throw FileError(errno, during: self, on: path, bytesNeeded: bytesNeeded)
      }
    }
  }
}
