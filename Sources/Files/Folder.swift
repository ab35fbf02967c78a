import SystemPackage

/// Making and reading directories.
package enum Folder {
  /// Creates `path` and what is missing above it, durably.
  ///
  /// A directory that is there already is fine.
  package static func create(_ path: FilePath) throws(FileError) {
    if let kind = (try? Stat(path))?.type {
      guard kind == .directory else { throw .notADirectory(path: path) }
      return
    }
    let parent = path.containingDirectory
    if parent != path, !path.components.isEmpty { try create(parent) }
    do throws(FileError) {
      try FileOperation.createDirectory.perform(on: path) { try Platform.makeDirectory(path) }
    } catch .failed(_, _, .fileExists, _) {
      // Another process was faster, or a broken link stands there.
      guard (try? Stat(path))?.type == .directory else { throw .notADirectory(path: path) }
    }
    try synchronize(parent)
  }

  /// The names in a directory, without `.` and `..`, sorted by their bytes.
  package static func names(in path: FilePath) throws(FileError) -> [String] {
    try FileOperation.list.perform(on: path) { try Platform.names(in: path) }
  }

  /// Whether something stands at this path.
  package static func holds(_ path: FilePath) -> Bool { (try? Stat(path)) != nil }

  /// Whether a directory does.
  package static func isFolder(_ path: FilePath) -> Bool {
    (try? Stat(path))?.type == .directory
  }

  /// Removes a file.
  package static func removeFile(_ path: FilePath) throws(FileError) {
    try FileOperation.remove.perform(on: path) { try Platform.removeFile(path) }
  }

  /// Makes what was created, renamed or removed in `path` durable.
  package static func synchronize(_ path: FilePath) throws(FileError) {
    try FileOperation.synchronize.perform(on: path) { try Platform.synchronizeDirectory(path) }
  }
}
