import CHDF5

/// Why something of an HDF5 file can't be read.
enum HDF5Error {
  /// Another format, by the first bytes.
  case foreign([UInt8])
  case damaged(String?, reason: String)
  /// No such data set; what might have been meant, or all there are.
  case missing(String, near: [String])
  /// A group where a data set is wanted, and the data sets in it.
  case group(String, holds: [String])
  case unsupported(String, String)
  case tooLarge(String, bytes: Int, limit: Int)
  case linkOut(String)
  /// The numbers stand in other files.
  case elsewhere(String)
  case filter(String, number: Int)

  /// What libhdf5 says went wrong in its last call.
  static var reason: String {
    var text = [CChar](repeating: 0, count: 200)
    dis_hdf5_reason(&text)
    let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return bytes.isEmpty ? "no reason given" : String(decoding: bytes, as: UTF8.self).printable
  }

  var malformation: Malformation {
    switch self {
    case .foreign(let bytes):
      let format = ForeignFormat(of: bytes)
      return Malformation(
        code: "E-HDF5-FORMAT",
        what: "not an HDF5 file",
        why: format?.description ?? "it does not start as an HDF5 file does",
        mend: format?.mend ?? "check that this is the file you meant, or restore it from a copy"
      )
    case .damaged(let path, let reason) where reason.contains("version number"):
      return Malformation(
        code: "E-HDF5-VERSION",
        what: "not a readable HDF5 file",
        field: path.map(shown),
        why:
          "it is damaged, or written in a format that is newer than the libhdf5 of this machine, "
          + "which says: \(reason)",
        mend: "write it anew for older releases (h5repack --high=1, or libver=\"v110\" in h5py)"
      )
    case .damaged(let path, let reason):
      return Malformation(
        code: "E-HDF5-DAMAGED",
        what: "not a whole HDF5 file",
        field: path.map(shown),
        why: "it is cut short or damaged; libhdf5 says: \(reason)",
        mend: "restore the file from a copy, or write it anew"
      )
    case .group(let path, let paths):
      return Malformation(
        code: "E-ARRAY-FORMAT",
        what: "no array",
        field: shown(path),
        why: "it is a group of arrays",
        mend: paths.isEmpty ? "name another: it holds no data" : "name one of \(list(paths))"
      )
    case .missing(let path, let near):
      return Malformation(
        code: "E-ARRAY-FORMAT",
        what: "no array",
        field: shown(path),
        why: "there is none of that name",
        mend: near.isEmpty
          ? "check that this is the file you meant: it holds no data"
          : "name one of \(list(near))"
      )
    case .unsupported(let path, let words):
      return Malformation(
        code: "E-HDF5-TYPE",
        what: "no array of numbers",
        field: shown(path),
        why: "it holds \(words)",
        mend: "name an array of floats, whole numbers or truth values, or write one anew"
      )
    case .tooLarge(let path, let bytes, let limit):
      return Malformation(
        code: "E-DATA-SIZE",
        what: "too many bytes",
        field: "\(shown(path)), bytes = \(bytes), limit = \(limit)",
        why: "all of it would have to stand in memory",
        mend: "save the trials, the units or the times that matter as an array of its own"
      )
    case .linkOut(let path):
      return Malformation(
        code: "E-HDF5-LINK",
        what: "no array",
        field: shown(path),
        why: "this link leads to another file, and is not followed",
        mend: "name that file and the array in it"
      )
    case .elsewhere(let path):
      return Malformation(
        code: "E-HDF5-LINK",
        what: "no array",
        field: shown(path),
        why: "its numbers stand in other files, which are not read",
        mend: "copy it into one file, as h5repack does"
      )
    case .filter(let path, let number):
      return Malformation(
        code: "E-HDF5-FILTER",
        what: "no array",
        field: shown(path),
        why: "it is packed by filter \(number), which the libhdf5 of this machine lacks",
        mend:
          "install that filter's plug-in, or write the array anew with gzip (h5repack -f GZIP=4)"
      )
    }
  }

  private func shown(_ path: String) -> String { "array = \(path.printable)" }

  private func list(_ paths: [String]) -> String {
    paths.prefix(12).map(\.printable).joined(separator: ", ")
      + (paths.count > 12 ? ", … (\(paths.count) in all)" : "")
  }
}
