import SystemPackage

/// What went wrong with a file, said to the user with a mend.
package enum FileError: ReportableError, Equatable {
  /// There is nothing that could be read.
  case notFound(path: FilePath, errno: Errno)
  /// A directory is needed where something else stands.
  case notADirectory(path: FilePath)
  case permissionDenied(path: FilePath, operation: FileOperation)
  /// A new file or directory cannot be made here, whatever it would hold.
  case cannotCreate(path: FilePath, errno: Errno)
  /// The disk is full or broken, or the file system refused.
  case failed(path: FilePath, operation: FileOperation, errno: Errno, bytesNeeded: Int?)
  /// Another process works here; what it said of itself, if that could be read.
  case locked(path: FilePath, holder: LockHolder?)
  /// The bytes are there, but they are not what they should be.
  case malformed(path: FilePath, Malformation)
}

/// Why the content of a file was refused.
package struct Malformation: Error, Equatable, Sendable {
  package let code: String
  /// What could not be done, such as `not a weights file`.
  package let what: String
  /// The place inside the file and what it holds, such as `tensor = "rnn.weight"`.
  package let field: String?
  package let why: String
  package let mend: String

  package init(code: String, what: String, field: String? = nil, why: String, mend: String) {
    self.code = code
    self.what = what
    self.field = field
    self.why = why
    self.mend = mend
  }
}

extension FileError {
  /// Sorts an error of the operating system by what the user can do about it.
  init(_ errno: Errno, during operation: FileOperation, on path: FilePath, bytesNeeded: Int?) {
    let reads = [.open, .read, .list].contains(operation)
    self =
      switch errno {
      case .permissionDenied, .notPermitted:
        .permissionDenied(path: path, operation: operation)
      case .noSuchFileOrDirectory, .notDirectory, .isDirectory, .tooManySymbolicLinkLevels,
        .fileNameTooLong:
        if reads {
          .notFound(path: path, errno: errno)
        } else if errno == .notDirectory {
          .notADirectory(path: path)
        } else {
          .cannotCreate(path: path, errno: errno)
        }
      case .readOnlyFileSystem:
        .cannotCreate(path: path, errno: errno)
      default:
        .failed(path: path, operation: operation, errno: errno, bytesNeeded: bytesNeeded)
      }
  }
}

extension FileError {
  package var exitCode: Int32 {
    switch self {
    case .malformed: 65
    case .notFound: 66
    case .notADirectory, .cannotCreate: 73
    case .failed: 74
    case .locked: 75
    case .permissionDenied: 77
    }
  }

  package var code: String {
    switch self {
    case .notFound: "E-FILE-MISSING"
    case .notADirectory: "E-FILE-NOT-DIRECTORY"
    case .permissionDenied: "E-FILE-PERMISSION"
    case .cannotCreate: "E-FILE-CREATE"
    case .failed(_, .lock, _, _): "E-LOCK-UNSUPPORTED"
    case .failed(_, _, .noSpace, _): "E-IO-ENOSPC"
    case .failed(_, _, .diskQuotaExceeded, _): "E-IO-EDQUOT"
    case .failed(_, _, .fileTooLarge, _): "E-IO-EFBIG"
    case .failed(_, _, .ioError, _): "E-IO-EIO"
    case .failed: "E-IO"
    case .locked: "E-LOCK-HELD"
    case .malformed(_, let malformation): malformation.code
    }
  }

  package var message: String {
    switch self {
    case .notFound(let path, let errno):
      "nothing to read in \(shown(path)): \(errno). MEND: check the path"
    case .notADirectory(let path):
      "no directory in \(shown(path)): a file stands there, or on the way. "
        + "MEND: name another place, or move the file away"
    case .permissionDenied(let path, let operation):
      "\(operation.rawValue) refused in \(shown(path)): this user lacks the permission. "
        + "MEND: change its owner or mode, or name another place"
    case .cannotCreate(let path, let errno):
      "nothing can be created in \(shown(path)): \(errno). MEND: name another place"
    case .failed(let path, let operation, let errno, let bytesNeeded):
      "\(operation.rawValue) failed in \(shown(path))\(field("bytes", bytesNeeded)): \(errno). "
        + "MEND: \(mend(operation, errno, bytesNeeded))"
    case .locked(let path, let holder):
      "in use: \(shown(path.removingLastComponent())): \(describe(holder)). "
        + "MEND: wait until it is done or stop it, then repeat the command"
    case .malformed(let path, let malformation):
      "\(malformation.what) in \(shown(path))\(malformation.field.map { " (\($0))" } ?? ""): "
        + "\(malformation.why). MEND: \(malformation.mend)"
    }
  }

  private func shown(_ path: FilePath) -> String { path.string.printable }

  private func field(_ name: String, _ value: Int?) -> String {
    value.map { " (\(name) = \($0))" } ?? ""
  }

  private func describe(_ holder: LockHolder?) -> String {
    guard let holder else { return "another process holds its lock" }
    return "\(holder) holds its lock"
  }

  private func mend(_ operation: FileOperation, _ errno: Errno, _ bytesNeeded: Int?) -> String {
    if operation == .lock {
      return "put it on a local disk, or on a file system that is mounted with flock"
    }
    switch errno {
    case .noSpace, .diskQuotaExceeded:
      let amount = bytesNeeded.map { "\($0) bytes" } ?? "some space"
      return "free at least \(amount) there and repeat the command; nothing half-written was left"
    case .fileTooLarge:
      return "raise the limit of file sizes (ulimit -f) and repeat the command"
    default:
      return "check the disk and repeat the command; nothing half-written was left"
    }
  }
}

extension String {
  /// The text without anything that moves a terminal's cursor, and not longer than a line or three.
  package var printable: String {
    var result = ""
    for scalar in unicodeScalars.prefix(200) {
      if scalar.properties.generalCategory == .control || scalar.properties.isBidiControl {
        result += "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return unicodeScalars.count > 200 ? result + "…" : result
  }
}
