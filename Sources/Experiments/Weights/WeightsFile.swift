import Files
import SystemPackage

/// Named tensors as people exchange them: a safetensors file or a NumPy archive.
package struct WeightsFile: Equatable, Sendable {
  package enum Format: String, CaseIterable, Sendable {
    case safetensors
    case npz
  }

  package var tensors: [SafeTensorsFile.Tensor]
  /// What the file says of itself.
  ///
  /// An archive has no place for it but for the spec, which is an array of its own: the bytes of its
  /// JSON.
  package var metadata: [String: String]

  package init(tensors: [SafeTensorsFile.Tensor], metadata: [String: String] = [:]) {
    self.tensors = tensors
    self.metadata = metadata
  }

  package subscript(_ name: String) -> SafeTensorsFile.Tensor? {
    tensors.first { $0.name == name }
  }

  /// The keys of the metadata.
  package enum Key {
    /// The spec that the network belongs to, in JSON; keys that are missing have their defaults.
    package static let spec = "spec"
    /// The version of the form of a subject file: only those have it.
    static let subject = "subject"
    /// Whether the readout was trained: `trained` or `none`.
    static let readout = "readout"
    /// Where the weights came from.
    static let source = "source"
    static let sourceDigest = "source_sha256"
  }

  /// The array of an archive that holds the spec.
  package static let specArray = "spec.json"
  /// The most bytes that weights may have.
  static let limit = 1 << 31

  // MARK: Reading

  /// Reads a file of either format, whichever its first bytes show.
  ///
  /// - Parameter path: The file.
  /// - Throws: `malformed` for what is no such file, and for weights that are not finite; what the
  ///   system said.
  package init(contentsOf path: FilePath) throws(FileError) {
    try self.init(bytes: [UInt8](contentsOf: path, limit: Self.limit), of: path)
  }

  init(bytes: [UInt8], of path: FilePath) throws(FileError) {
    do throws(Malformation) {
      try self.init(parsing: bytes)
    } catch {
      throw .malformed(path: path, error)
    }
  }

  private init(parsing bytes: [UInt8]) throws(Malformation) {
    let file: SafeTensorsFile
    if bytes.starts(with: [0x50, 0x4B]) {
      file = try Self.unpacked(NumPyArchive(parsing: bytes, limit: Self.limit))
    } else {
      do throws(SafeTensorsError) {
        file = try SafeTensorsFile(parsing: bytes)
      } catch {
        throw error.malformation
      }
    }
    if let broken = file.firstNonFinite() {
      throw Malformation(
        code: "E-WEIGHTS-NONFINITE",
        what: "weights that are not finite",
        field: "tensor \(broken.tensor.printable), index \(broken.index)",
        why: "\(broken.count) of its values are NaN or infinite",
        mend: "export the network from before its training broke"
      )
    }
    self.init(tensors: file.tensors, metadata: file.metadata)
  }

  private static func unpacked(_ archive: NumPyArchive) throws(Malformation) -> SafeTensorsFile {
    var file = SafeTensorsFile(tensors: [])
    for member in archive.members {
      guard member.name == specArray else {
        let array = member.array
        file.tensors.append(.init(name: member.name, shape: array.shape, values: array.values))
        continue
      }
      guard case .uint8(let bytes) = member.array.values,
        let text = String(validating: bytes, as: UTF8.self)
      else {
        throw Malformation(
          code: "E-WEIGHTS-SPEC",
          what: "a spec that is no text",
          field: "entry = \(specArray)",
          why: "it holds the bytes of a JSON text, as unsigned 8-bit numbers",
          mend: "write it with numpy.frombuffer(json.dumps(spec).encode(), numpy.uint8)"
        )
      }
      file.metadata[Key.spec] = text
    }
    return file
  }

  // MARK: Writing

  /// Writes the file atomically; the same weights give the same bytes.
  package func write(as format: Format, to path: FilePath) throws(FileError) {
    switch format {
    case .safetensors:
      try SafeTensorsFile(tensors: tensors, metadata: metadata).write(to: path)
    case .npz:
      var members = tensors.map { tensor in
        NumPyArchive.Member(
          name: tensor.name,
          array: NumPyArray(shape: tensor.shape, values: tensor.values)
        )
      }
      if let spec = metadata[Key.spec] {
        let bytes = Array(spec.utf8)
        members.append(
          .init(
            name: Self.specArray,
            array: NumPyArray(shape: [bytes.count], values: .uint8(bytes))
          )
        )
      }
      try NumPyArchive(members: members).write(to: path)
    }
  }
}

extension WeightsFile.Format {
  /// The format that the name of a file asks for; `nil` where it asks for none.
  package init?(extensionOf path: FilePath) {
    guard let format = path.extension.flatMap(Self.init(rawValue:)) else { return nil }
    self = format
  }
}
