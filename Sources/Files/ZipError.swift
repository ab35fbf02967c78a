/// Why bytes are no zip archive that we would read.
package enum ZipError: Error, Equatable, Sendable {
  case foreign(ForeignFormat?)
  case truncated
  case badDirectory
  case severalDisks
  case tooManyEntries(Int)
  case tooLarge(limit: Int)
  case badName(String, index: Int)
  case duplicate(String)
  case encrypted(String)
  case unknownMethod(String, method: Int)
  case headersDisagree(String)
  case overlap(String)
  case sizeMismatch(String)
  case damaged(String)
}

extension ZipError {
  /// The error in the words of a file error.
  package var malformation: Malformation {
    Malformation(
      code: code,
      what: "not a valid NumPy archive",
      field: entry.map { "entry = \($0.printable)" },
      why: why,
      mend: mend
    )
  }

  private var code: String {
    switch self {
    case .foreign: "E-NPZ-FORMAT"
    case .truncated, .badDirectory, .severalDisks, .headersDisagree, .overlap: "E-NPZ-ZIP"
    case .tooManyEntries, .tooLarge, .sizeMismatch: "E-NPZ-SIZE"
    case .badName, .duplicate: "E-NPZ-NAME"
    case .encrypted, .unknownMethod: "E-NPZ-METHOD"
    case .damaged: "E-NPZ-CRC"
    }
  }

  private var entry: String? {
    switch self {
    case .badName(let name, _), .duplicate(let name), .encrypted(let name),
      .unknownMethod(let name, _), .headersDisagree(let name), .overlap(let name),
      .sizeMismatch(let name), .damaged(let name):
      name
    case .foreign, .truncated, .badDirectory, .severalDisks, .tooManyEntries, .tooLarge: nil
    }
  }

  private var why: String {
    switch self {
    case .foreign(let format?): format.description
    case .foreign(nil): "it does not start as a zip archive does"
    case .truncated: "it has no end record: it is cut short"
    case .badDirectory: "its list of entries is damaged"
    case .severalDisks: "it is one part of an archive in several"
    case .tooManyEntries(let count):
      "\(count) entries, the limit is \(ZipArchive.entryLimit)"
    case .tooLarge(let limit): "unpacked it has more than \(limit) bytes, which is the limit"
    case .badName(_, let index):
      "entry \(index + 1) has a name that is empty, too long, no text, or leads elsewhere"
    case .duplicate: "two entries have this name"
    case .encrypted: "it is encrypted"
    case .unknownMethod(_, let method):
      "it is packed by method \(method); stored (0) and deflated (8) entries are read"
    case .headersDisagree: "its own header and the archive's list of entries disagree"
    case .overlap: "its bytes are those of another entry, too"
    case .sizeMismatch: "the sizes that it states can't both be true"
    case .damaged: "its content is damaged: length or CRC-32 is not as stated"
    }
  }

  private var mend: String {
    switch self {
    case .foreign(let format?): format.mend
    case .encrypted, .unknownMethod, .severalDisks, .tooManyEntries, .tooLarge, .badName,
      .duplicate, .foreign(nil):
      "write it anew with numpy.savez or numpy.savez_compressed"
    case .truncated, .badDirectory, .headersDisagree, .overlap, .sizeMismatch, .damaged:
      "restore the file from a copy, or write it anew"
    }
  }
}
