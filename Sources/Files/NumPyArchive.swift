import SystemPackage

/// Named arrays in one file as `numpy.savez` writes it: a zip archive with a `.npy` for each.
package struct NumPyArchive: Equatable, Sendable {
  package struct Member: Equatable, Sendable {
    package let name: String
    package let array: NumPyArray

    package init(name: String, array: NumPyArray) {
      self.name = name
      self.array = array
    }
  }

  package var members: [Member]

  package init(members: [Member]) { self.members = members }

  package subscript(_ name: String) -> NumPyArray? { members.first { $0.name == name }?.array }

  /// The bytes of the archive: entries stored, the same bytes for the same arrays.
  package func serialized() -> [UInt8] {
    ZipArchive(
      entries: members.map { .init(name: $0.name + ".npy", bytes: $0.array.serialized()) }
    )
    .serialized()
  }

  /// Whether a member may have this name.
  package static func allows(name: String) -> Bool { ZipArchive.isSafe(name + ".npy") }

  /// Writes the archive atomically.
  package func write(to path: FilePath) throws(FileError) {
    try AtomicFile.write(serialized(), to: path)
  }

  /// Reads and checks a `.npz` file, packed or not.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - limit: The most bytes that make sense here, packed and unpacked.
  /// - Throws: `malformed` with the reason, or what the system said.
  package init(contentsOf path: FilePath, limit: Int = 1 << 31) throws(FileError) {
    let bytes = try [UInt8](contentsOf: path, limit: limit)
    do throws(Malformation) {
      try self.init(parsing: bytes, limit: limit)
    } catch {
      throw .malformed(path: path, error)
    }
  }

  /// Reads the bytes of a `.npz` file.
  package init(parsing bytes: [UInt8], limit: Int = 1 << 31) throws(Malformation) {
    let archive: ZipArchive
    do throws(ZipError) {
      archive = try ZipArchive(parsing: bytes, limit: limit)
    } catch {
      throw error.malformation
    }
    // PyTorch's own files are zip archives, too, around a pickle.
    if archive.entries.contains(where: { $0.name.hasSuffix(".pkl") }) {
      throw ZipError.foreign(.zip).malformation
    }
    members = []
    for entry in archive.entries {
      do throws(NumPyError) {
        let name = entry.name.hasSuffix(".npy") ? String(entry.name.dropLast(4)) : ""
        guard !name.isEmpty else { throw .foreign(ForeignFormat(of: entry.bytes)) }
        members.append(Member(name: name, array: try NumPyArray(parsing: entry.bytes)))
      } catch {
        throw error.malformation(entry: entry.name)
      }
    }
  }
}
