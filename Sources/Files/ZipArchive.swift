import CZlib

/// Named runs of bytes in one file: zip, as far as NumPy's archives use it.
///
/// Names are keys and never paths: nothing is ever unpacked into the file system. Source: PKWARE,
/// APPNOTE.TXT 6.3.10, sections 4.3 to 4.5.
package struct ZipArchive: Equatable, Sendable {
  package struct Entry: Equatable, Sendable {
    package let name: String
    package let bytes: [UInt8]

    package init(name: String, bytes: [UInt8]) {
      self.name = name
      self.bytes = bytes
    }
  }

  /// In the order of the file.
  package var entries: [Entry]

  package init(entries: [Entry]) { self.entries = entries }

  static let entryLimit = 10_000
  static let nameLimit = 255

  enum Signature {
    static let local = 0x0403_4B50
    static let central = 0x0201_4B50
    static let end = 0x0605_4B50
    static let longEnd = 0x0606_4B50
    static let longEndPlace = 0x0706_4B50
  }
}

// MARK: Writing

extension ZipArchive {
  /// The bytes of the archive, every entry stored as it is.
  ///
  /// The same entries give the same bytes: the time of each is the first that the format knows, the
  /// beginning of 1980. More than the format holds without its 64-bit extension is a programmer's
  /// error, as are a name that repeats and one that could not be read back.
  package func serialized() -> [UInt8] {
    precondition(entries.count <= Self.entryLimit, "\(entries.count) entries are too many")
    precondition(Set(entries.map(\.name)).count == entries.count, "two entries have one name")
    var bytes: [UInt8] = []
    var directory: [UInt8] = []
    for entry in entries {
      precondition(Self.isSafe(entry.name), "an entry can't be named \(entry.name.printable)")
      let start = bytes.count
      let name = Array(entry.name.utf8)
      precondition(entry.bytes.count < 0xFFFF_FFFF, "\(entry.name) is too large for zip")
      var shared: [UInt8] = []
      shared.append(20, as: UInt16.self)  // the version that reads it: 2.0
      shared.append(name.allSatisfy { $0 < 0x80 } ? 0 : 1 << 11, as: UInt16.self)  // UTF-8
      shared.append(0, as: UInt16.self)  // stored
      shared.append(0, as: UInt16.self)  // 00:00:00
      shared.append(0x21, as: UInt16.self)  // 1980-01-01
      shared.append(Int(crc(of: entry.bytes)), as: UInt32.self)
      shared.append(entry.bytes.count, as: UInt32.self)
      shared.append(entry.bytes.count, as: UInt32.self)
      shared.append(name.count, as: UInt16.self)
      shared.append(0, as: UInt16.self)  // no extra field

      bytes.append(Signature.local, as: UInt32.self)
      bytes += shared + name + entry.bytes
      precondition(bytes.count < 0xFFFF_FFFF, "an archive of \(bytes.count) bytes is too large")

      directory.append(Signature.central, as: UInt32.self)
      directory.append(3 << 8 | 20, as: UInt16.self)  // made on Unix, whose modes follow below
      directory += shared
      directory.append(0, as: UInt16.self)  // no comment
      directory.append(0, as: UInt16.self)  // the first disk
      directory.append(0, as: UInt16.self)
      directory.append(0o100644 << 16, as: UInt32.self)
      directory.append(start, as: UInt32.self)
      directory += name
    }
    let start = bytes.count
    bytes += directory
    bytes.append(Signature.end, as: UInt32.self)
    bytes.append(0, as: UInt32.self)  // both numbers of disks
    bytes.append(entries.count, as: UInt16.self)
    bytes.append(entries.count, as: UInt16.self)
    bytes.append(directory.count, as: UInt32.self)
    bytes.append(start, as: UInt32.self)
    bytes.append(0, as: UInt16.self)  // no comment
    return bytes
  }

  /// Whether a name can't be mistaken for a place outside of the archive, nor move a terminal's
  /// cursor.
  static func isSafe(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= nameLimit && !name.hasPrefix("/") && !name.contains("\\")
      && !name.split(separator: "/").contains("..") && name.printable == name
      && name.dropFirst().first != ":"
  }
}

/// The CRC-32 of some bytes, as zip has it.
func crc(of bytes: [UInt8]) -> UInt32 {
  UInt32(crc32(0, bytes, uInt(bytes.count)))
}

extension [UInt8] {
  /// Appends a number's bytes, the lowest first; it must fit.
  fileprivate mutating func append<Number: FixedWidthInteger>(_ value: Int, as: Number.Type) {
    Swift.withUnsafeBytes(of: Number(value).littleEndian) { append(contentsOf: $0) }
  }
}
