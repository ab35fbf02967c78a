import CHDF5
import Synchronization
import SystemPackage

/// An HDF5 file that is open for reading: NWB's format, and that of MATLAB's files of version 7.3.
///
/// libhdf5 is asked for one thing at a time, because it may have been built without locks. No link
/// leads out of the file: what is read is what was handed over.
package struct HDF5File: ~Copyable {
  let root: HDF5Handle

  private static let lock = Mutex(())

  /// Opens a file, hands it to `body` and closes it; nobody else reads HDF5 meanwhile.
  ///
  /// - Throws: What is wrong with the file, or what `body` throws, with the path.
  package static func reading<Value: Sendable>(
    _ path: FilePath,
    _ body: (borrowing HDF5File) throws(Malformation) -> Value
  ) throws(FileError) -> Value {
    // The system's own words for what is missing, forbidden or a directory.
    let start = try FileDescriptor.reading(path) { descriptor throws(FileError) in
      try FileOperation.read.perform(on: path) {
        guard try descriptor.stat().type != .directory else { throw Errno.isDirectory }
      }
      var bytes: [UInt8] = []
      try descriptor.readPiece(of: path, into: &bytes, capacity: 512)
      return bytes
    }
    return try lock.withLock { _ throws(FileError) in
      do throws(Malformation) {
        return try body(try HDF5File(path, start: start))
      } catch {
        throw FileError.malformed(path: path, error)
      }
    }
  }

  private init(_ path: FilePath, start: [UInt8]) throws(Malformation) {
    dis_hdf5_prepare()
    guard dis_hdf5_is_own(path.string) == 1 else { throw HDF5Error.foreign(start).malformation }
    guard let root = HDF5Handle(dis_hdf5_open(path.string)) else {
      throw HDF5Error.damaged(nil, reason: HDF5Error.reason).malformation
    }
    self.root = root
  }

  /// Every data set by its path without a leading slash, sorted.
  package func dataPaths() throws(Malformation) -> [String] {
    final class Found { var paths: [String] = [] }
    let found = Found()
    let failed = dis_hdf5_visit_all(
      root.id,
      { path, isData, found in
        guard isData == 1, let path, let found else { return }
        Unmanaged<Found>.fromOpaque(found).takeUnretainedValue().paths.append(String(cString: path))
      },
      Unmanaged.passUnretained(found).toOpaque()
    )
    guard failed == 0 else {
      throw HDF5Error.damaged(nil, reason: HDF5Error.reason).malformation
    }
    return found.paths.sorted()
  }

  /// The names in a group, sorted.
  package func names(in group: String = "/") throws(Malformation) -> [String] {
    guard let object = try object(at: group), H5Iget_type(object.id) == H5I_GROUP else {
      throw HDF5Error.missing(group, near: []).malformation
    }
    let count = dis_hdf5_link_count(object.id)
    var names: [String] = []
    for index in 0..<max(0, count) {
      let length = dis_hdf5_link_name(object.id, index, nil, 0)
      guard length >= 0, length < 1 << 16 else {
        throw HDF5Error.damaged(group, reason: HDF5Error.reason).malformation
      }
      var name = [CChar](repeating: 0, count: length + 1)
      _ = dis_hdf5_link_name(object.id, index, &name, name.count)
      names.append(String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
    return names.sorted()
  }

  /// What stands at a path.
  package enum Place: Equatable, Sendable {
    case nothing
    case group
    case data
  }

  /// - Throws: Where the path leads out of the file.
  package func place(_ path: String) throws(Malformation) -> Place {
    guard let object = try object(at: path) else { return .nothing }
    switch H5Iget_type(object.id) {
    case H5I_GROUP: return .group
    case H5I_DATASET: return .data
    default: return .nothing
    }
  }

  /// The data set at a path.
  ///
  /// - Throws: Where there is none, or it can't be read.
  package func data(_ path: String) throws(Malformation) -> HDF5Data {
    let place = try place(path)
    if place == .group {
      let group = path.split(separator: "/").joined(separator: "/") + "/"
      let within = try dataPaths().filter { group == "/" || $0.hasPrefix(group) }
      throw HDF5Error.group(path, holds: within).malformation
    }
    guard place == .data, let object = try object(at: path) else {
      throw HDF5Error.missing(path, near: try near(path)).malformation
    }
    return try HDF5Data(path: path, object: object)
  }

  /// A text beside a group or a data set; `nil` where there is none.
  package func text(_ name: String, of path: String) throws(Malformation) -> String? {
    try texts(name, of: path)?.first
  }

  /// The texts beside a group or a data set; `nil` where there are none.
  package func texts(_ name: String, of path: String) throws(Malformation) -> [String]? {
    try attribute(name, of: path) { attribute throws(Malformation) in try attribute.texts() }
  }

  /// The numbers beside a group or a data set; `nil` where there are none.
  package func numbers(_ name: String, of path: String) throws(Malformation) -> [Double]? {
    try attribute(name, of: path) { attribute throws(Malformation) in try attribute.numbers() }
  }

  // MARK: The library

  /// Such as "1.10.8".
  package static var libraryVersion: String {
    lock.withLock { _ in
      dis_hdf5_prepare()
      var (major, minor, release): (UInt32, UInt32, UInt32) = (0, 0, 0)
      H5get_libversion(&major, &minor, &release)
      return "\(major).\(minor).\(release)"
    }
  }

  /// Whether the library was built with zlib.
  package static var unpacksGzip: Bool {
    lock.withLock { _ in
      dis_hdf5_prepare()
      return H5Zfilter_avail(H5Z_filter_t(H5Z_FILTER_DEFLATE)) > 0
    }
  }

  // MARK: Paths

  private func attribute<Value>(
    _ name: String,
    of path: String,
    _ read: (borrowing HDF5Data) throws(Malformation) -> Value
  ) throws(Malformation) -> Value? {
    guard let object = try object(at: path), H5Aexists(object.id, name) > 0,
      let attribute = HDF5Handle(H5Aopen(object.id, name, dis_hdf5_default()))
    else { return nil }
    return try read(try HDF5Data(path: "\(path)@\(name)", object: attribute, isAttribute: true))
  }

  /// Opens what a path leads to, link by link, so that none leads out of the file.
  private func object(at path: String) throws(Malformation) -> HDF5Handle? {
    var parts = path.split(separator: "/").map(String.init)
    var walked = ""
    var linksLeft = 32
    while !parts.isEmpty {
      let next = "\(walked)/\(parts.removeFirst())"
      switch dis_hdf5_link(root.id, next) {
      case 1: walked = next
      case 2:
        // Links by name may form a ring.
        guard linksLeft > 0, let target = target(ofLink: next) else { return nil }
        linksLeft -= 1
        if target.hasPrefix("/") { walked = "" }
        parts = target.split(separator: "/").map(String.init) + parts
      case 3: throw HDF5Error.linkOut(String(next.dropFirst())).malformation
      default: return nil
      }
    }
    guard
      let object = HDF5Handle(H5Oopen(root.id, walked.isEmpty ? "/" : walked, dis_hdf5_default()))
    else { throw HDF5Error.damaged(path, reason: HDF5Error.reason).malformation }
    return object
  }

  private func target(ofLink path: String) -> String? {
    var bytes = [CChar](repeating: 0, count: 4096)
    guard dis_hdf5_link_target(root.id, path, &bytes, bytes.count) == 1 else { return nil }
    let text = bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return String(validating: text, as: UTF8.self)
  }

  private func near(_ path: String) throws(Malformation) -> [String] {
    let paths = try dataPaths()
    let meant = Spelling.closest(to: path, in: paths)
    guard meant.isEmpty else { return meant }
    // A name without its groups.
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let names = paths.map { String($0.split(separator: "/").last ?? "") }
    let close = Set(Spelling.closest(to: name, in: names))
    let found = zip(paths, names).filter { close.contains($1) }.map(\.0)
    return found.isEmpty ? paths : found
  }
}

/// Something that libhdf5 has opened; closed when its owner goes.
struct HDF5Handle: ~Copyable {
  let id: hid_t

  /// `nil` where the library could not open it.
  init?(_ id: hid_t) {
    guard id >= 0 else { return nil }
    self.id = id
  }

  deinit { H5Idec_ref(id) }
}
