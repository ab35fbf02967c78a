/// Why bytes are no safetensors file that we would trust.
package enum SafeTensorsError: Error, Equatable, Sendable {
  case foreign(ForeignFormat)
  case truncated(expected: Int, found: Int)
  case headerTooLong(bytes: UInt64)
  case headerIsNoObject
  case headerIsNotJSON(JSONError)
  case tooManyTensors(Int)
  case badMetadata
  case badEntry(tensor: String)
  case unsupportedType(tensor: String, type: String)
  case badShape(tensor: String)
  case sizeMismatch(tensor: String, expected: Int, found: Int)
  case gapOrOverlap(tensor: String, expected: Int, found: Int)
  case trailingBytes(Int)
  case digestMissing
  case digestMismatch(Part)
  case newerFormat(String)

  /// What a digest covers.
  package enum Part: String, Sendable {
    case header
    case data
  }
}

/// Files that people hand in where weights are asked for.
package enum ForeignFormat: CaseIterable, Sendable {
  case gitLFSPointer
  case html
  case numpy
  case pickle
  case zip
  /// What none of the others is, and reads as text.
  case text

  /// Recognises a format by its first bytes.
  package init?(of bytes: [UInt8]) {
    let found = Self.allCases.first { $0.isRecognised(in: bytes) }
    guard let found else { return nil }
    self = found
  }

  private func isRecognised(in bytes: [UInt8]) -> Bool {
    switch self {
    case .gitLFSPointer:
      return bytes.starts(with: "version https://git-lfs".utf8)
    case .html:
      let blanks: [UInt8] = [0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF]
      let start = bytes.prefix(512).drop { blanks.contains($0) }
      let text = String(decoding: start.prefix(14), as: UTF8.self).lowercased()
      return text.hasPrefix("<!doctype html") || text.hasPrefix("<html")
    case .numpy:
      return bytes.starts(with: [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59])
    case .pickle:
      // Protocols 2 to 5 open with their number.
      return bytes.count > 2 && bytes[0] == 0x80 && 2...5 ~= bytes[1]
    case .zip:
      return bytes.starts(with: [0x50, 0x4B, 0x03, 0x04])
    case .text:
      let start = bytes.prefix(256)
      let isPlain = start.allSatisfy { $0 >= 0x20 && $0 != 0x7F || 0x09...0x0D ~= $0 }
      // The end of the piece may cut a character in two.
      let text = String(decoding: start, as: UTF8.self).dropLast()
      return bytes.count >= 8 && isPlain && !text.contains("\u{FFFD}")
    }
  }
}

extension ForeignFormat: CustomStringConvertible {
  package var description: String {
    switch self {
    case .gitLFSPointer: "this is a Git LFS pointer, not the file that it points to"
    case .html: "this is a web page, such as a download's error page"
    case .numpy: "this is a NumPy array"
    case .pickle: "this is a Python pickle; refused, because a pickle can run code"
    case .zip:
      "this is a zip archive, such as PyTorch's .pth; refused, because the pickle in it can run code"
    case .text: "this is a text, such as a spec or a table"
    }
  }

  /// What to do about it.
  var mend: String {
    switch self {
    case .gitLFSPointer: "run git lfs pull"
    case .html: "download the file again and look at it first"
    case .numpy:
      "in Python, load it and write it with safetensors.numpy.save_file or numpy.savez"
    case .pickle, .zip:
      "in Python, load it and write it with safetensors.torch.save_file, as "
        + "Scripts/pth_to_safetensors.py does"
    case .text:
      "name the file of numbers here, and a spec behind it; a table's name ends with .csv"
    }
  }
}

extension SafeTensorsError {
  /// The error in the words of a file error.
  package var malformation: Malformation {
    Malformation(
      code: code,
      what: "not a valid safetensors file",
      field: field,
      why: why,
      mend: mend
    )
  }

  private var code: String {
    switch self {
    case .foreign: "E-WEIGHTS-FORMAT"
    case .unsupportedType: "E-WEIGHTS-TYPE"
    case .newerFormat: "E-WEIGHTS-VERSION"
    case .digestMissing, .digestMismatch: "E-WEIGHTS-DIGEST"
    case .truncated, .trailingBytes: "E-WEIGHTS-SIZE"
    case .headerTooLong, .headerIsNoObject, .headerIsNotJSON, .tooManyTensors, .badMetadata,
      .badEntry, .badShape, .sizeMismatch, .gapOrOverlap:
      "E-WEIGHTS-HEADER"
    }
  }

  private var field: String? {
    switch self {
    case .badEntry(let tensor), .unsupportedType(let tensor, _), .badShape(let tensor),
      .sizeMismatch(let tensor, _, _), .gapOrOverlap(let tensor, _, _):
      "tensor = \(tensor.printable)"
    case .newerFormat(let version): "format_version = \(version.printable)"
    case .foreign, .truncated, .headerTooLong, .headerIsNoObject, .headerIsNotJSON,
      .tooManyTensors, .badMetadata, .trailingBytes, .digestMissing, .digestMismatch:
      nil
    }
  }

  private var why: String {
    switch self {
    case .foreign(let format): format.description
    case .truncated(let expected, let found):
      "it is cut short: at least \(expected) bytes are needed here, \(found) are there"
    case .headerTooLong(let bytes):
      "a header of \(bytes) bytes, the limit is \(SafeTensorsFile.headerLimit)"
    case .headerIsNoObject: "the header does not start with '{'"
    case .headerIsNotJSON(let error): "the header is not JSON: \(error.description.printable)"
    case .tooManyTensors(let count):
      "\(count) tensors, the limit is \(SafeTensorsFile.tensorLimit)"
    case .badMetadata: "__metadata__ is not an object of texts"
    case .badEntry: "it needs a dtype, a shape and two rising data_offsets, and nothing else"
    case .unsupportedType(_, let type):
      "values of type \(type.printable); this build reads "
        + SafeTensorsFile.StoredType.allCases.map(\.rawValue).joined(separator: ", ")
    case .badShape: "its shape is not a list of lengths, or has more elements than can be counted"
    case .sizeMismatch(_, let expected, let found):
      "shape and type ask for \(expected) bytes, the offsets for \(found)"
    case .gapOrOverlap(_, let expected, let found):
      "it starts at byte \(found), the tensor before it ends at \(expected)"
    case .trailingBytes(let count): "\(count) bytes follow that belong to no tensor"
    case .digestMissing: "it carries no complete digest, so damage could not be noticed"
    case .digestMismatch(let part): "the \(part.rawValue) differs from its SHA-256: it was changed"
    case .newerFormat:
      "written in another version of the format, this build reads "
        + SafeTensorsFile.currentFormatVersion
    }
  }

  private var mend: String {
    switch self {
    case .foreign(let format): format.mend
    case .unsupportedType: "convert the tensor in Python, with .float() for example"
    case .newerFormat: "use the version of this program that wrote it, or a later one"
    case .truncated, .headerTooLong, .headerIsNoObject, .headerIsNotJSON, .tooManyTensors,
      .badMetadata, .badEntry, .badShape, .sizeMismatch, .gapOrOverlap, .trailingBytes,
      .digestMissing, .digestMismatch:
      "restore the file from a copy, or write it anew"
    }
  }
}
