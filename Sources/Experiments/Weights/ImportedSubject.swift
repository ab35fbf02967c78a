import Compute
import Files
import Networks
import SystemPackage
import Trials

/// A network from elsewhere that is measured like one of ours, and never trained.
///
/// It comes as a subject file: safetensors whose tensors were checked against a spec, which stands
/// in its metadata. The spec of a run may differ from it in everything but what the network is and
/// what its readout was trained to answer.
package struct ImportedSubject: Sendable {
  package enum Readout: String, Sendable {
    case trained
    /// Without one, nobody knows what the network answers: states and their decoding remain.
    case none
  }

  static let formatVersion = "1"

  /// What the file was called, for messages.
  private let path: FilePath
  private let bytes: [UInt8]
  private let file: WeightsFile
  package let readout: Readout
  /// Of the whole file: it is part of the run's name.
  package let sha256: String

  /// Reads a subject file.
  ///
  /// - Parameter path: What `import` or `export` wrote.
  /// - Throws: `notASubject` for other weights, `folderAsSubject` for a directory, `malformed` for a
  ///   damaged file.
  package init(contentsOf path: FilePath) throws {
    guard !Folder.isFolder(path) else { throw WeightsError.folderAsSubject(path) }
    let bytes = try [UInt8](contentsOf: path, limit: WeightsFile.limit)
    let file = try WeightsFile(bytes: bytes, of: path)
    guard let version = file.metadata[WeightsFile.Key.subject] else {
      throw WeightsError.notASubject(path)
    }
    guard version == Self.formatVersion else {
      throw WeightsError.newerSubject(path, version: version)
    }
    do throws(SafeTensorsError) {
      _ = try SafeTensorsFile(parsing: bytes, digest: .required)
    } catch {
      throw FileError.malformed(path: path, error.malformation)
    }
    self.path = path
    self.bytes = bytes
    self.file = file
    readout = file.metadata[WeightsFile.Key.readout].flatMap(Readout.init(rawValue:)) ?? .none
    sha256 = sha256Hex(of: bytes)
  }

  /// Writes the tensors of a file that fit a spec as a subject file.
  ///
  /// - Parameters:
  ///   - source: The weights.
  ///   - name: What their file is called, for the record.
  ///   - digest: The SHA-256 of that file.
  ///   - spec: What they were checked against.
  ///   - audit: Of the check.
  ///   - path: Where the subject file goes.
  /// - Throws: What the system said.
  package static func write(
    _ source: WeightsFile,
    named name: String,
    digest: String,
    for spec: RunSpec,
    _ audit: WeightAudit,
    to path: FilePath
  ) throws(FileError) {
    let tensors = audit.found.compactMap { expected in
      source[expected.name].flatMap { tensor in
        tensor.singlePrecision.map {
          SafeTensorsFile.Tensor(name: tensor.name, shape: tensor.shape, values: .float32($0))
        }
      }
    }
    let metadata = [
      WeightsFile.Key.subject: formatVersion,
      WeightsFile.Key.readout: audit.readout.rawValue,
      WeightsFile.Key.spec: spec.resolved.compact,
      WeightsFile.Key.source: name,
      WeightsFile.Key.sourceDigest: digest,
    ]
    try WeightsFile(tensors: tensors, metadata: metadata).write(as: .safetensors, to: path)
  }

  // MARK: In a run

  /// The spec that the file was checked against.
  ///
  /// Which seed drew its boundaries is left out: ``asked(_:)`` knows it, and other boundaries, of a
  /// network without readout, would not know what to do with it.
  package func document() throws(SpecError) -> SpecDocument? {
    try file.document(named: path)?.leavingOut("tasks.seed")
  }

  private func ownSpec() throws -> RunSpec? {
    try document().map { try SweepExpansion(document: $0).only() }
  }

  /// Refuses words that ask for another network, before they stand beside the file's spec: there the first
  /// key that doesn't go with them would be blamed.
  ///
  /// - Parameter words: That change the file's spec.
  /// - Throws: `otherNetwork`.
  package func checkNetwork(_ words: [SpecAssignment]) throws {
    guard let document = try document(), let own = try ownSpec() else { return }
    let written = Set(document.assignments.map(\.field.key)).intersection(RunSpec.keysOfNetwork)
    let differences = words.filter { written.contains($0.field.key) }.flatMap { word in
      word.values.map { value in
        SpecDifference(key: word.field.key, here: value, there: word.field.value(in: own))
      }
    }
    let others = differences.filter { $0.here != $0.there }
    guard others.isEmpty else { throw WeightsError.otherNetwork(path, others) }
  }

  /// A run's spec as it is measured: with random boundaries as the network was trained on them,
  /// whatever the run's seed, and with ``RunSpec/keysOfTraining`` as the file has them.
  ///
  /// - Throws: `otherNetwork`, `otherQuestions` or `unfit` where the spec is not of this subject.
  package func asked(_ spec: RunSpec) throws -> RunSpec {
    try fitting(spec).asked
  }

  /// The network with the file's weights, and the same network as a run's seed draws it, behind the
  /// file's encoder: its floor.
  ///
  /// - Parameter spec: The run's.
  /// - Returns: Both; of a subject without readout, the trained one answers 0 to everything.
  /// - Throws: `unfit` where the spec asks for other tensors, `otherNetwork` or `otherQuestions`
  ///   where it is of another network or asks what the readout was not trained on.
  package func networks(
    for spec: RunSpec
  ) throws -> (trained: NetworkSubject, untrained: NetworkSubject) {
    let fit = try fitting(spec)
    let blank = NetworkSubject(fit.architecture, paradigm: spec.paradigm, encoder: fit.encoder)
    var trained = blank
    for slot in blank.parameters.slots {
      guard fit.audit.found.contains(where: { $0.name == slot.name }),
        let values = file[slot.name]?.singlePrecision
      else { continue }
      // A table of positions may have rows for steps that no trial has.
      trained.parameters.set(slot, to: Array(values.prefix(slot.count)))
    }
    var untrained = blank
    var first = untrained.parameters
    blank.network.initialize(&first, seed: spec.seed)
    blank.readout.initialize(&first, seed: spec.seed)
    untrained.parameters = first
    return (trained, untrained)
  }

  /// What the file has for a spec, and the spec as it is measured.
  private func fitting(
    _ spec: RunSpec
  ) throws -> (
    audit: WeightAudit, encoder: RandomEncoder, architecture: Architecture, asked: RunSpec
  ) {
    // First the specs: a key that may not change is said by its name, not by the shapes it makes.
    var asked = try file.checked(spec, with: readout, named: path)
    if let own = try ownSpec() { asked = asked.trained(like: own) }
    let audit = WeightAudit(of: file, for: asked, withoutReadout: readout == .none)
    let encoder = RandomEncoder(kind: asked.paradigm.encoder, layout: asked.paradigm.layout) {
      file[$0.name]?.singlePrecision
    }
    guard audit.fits, let encoder, let architecture = asked.architecture else {
      throw WeightsError.unfit(file: path, audit)
    }
    return (audit, encoder, architecture, asked)
  }

  /// The SHA-256 of everything that decides the bits of a run.
  package func hash(with spec: RunSpec) -> String {
    let identity: JSONValue = ["spec": .string(spec.hash), "subject": .string(sha256)]
    return sha256Hex(of: identity.compact)
  }

  /// The name of a run that measures this subject.
  package func runName(for spec: RunSpec) -> String { spec.runName(hash: hash(with: spec)) }

  /// Puts the file into a run's directory, so that the directory alone is the whole run.
  func place(in folder: RunFolder) throws {
    try Folder.create(folder.path)
    if Folder.holds(folder.subject), try sha256Hex(ofFile: folder.subject) == sha256 { return }
    try AtomicFile.write(bytes, to: folder.subject)
  }
}

extension WeightsFile {
  /// The spec in the file's metadata; `nil` where it has none.
  package func document(named path: FilePath) throws(SpecError) -> SpecDocument? {
    guard let text = metadata[Key.spec] else { return nil }
    // JSON is YAML, and the schema checks one like the other.
    return try SpecDocument(bytes: Array(text.utf8), name: "\(path.string) (its spec)")
  }
}

extension NetworkSubject {
  /// The network of a spec with every weight zero, for its slots; `nil` where there is none.
  static func blank(for spec: RunSpec) -> NetworkSubject? {
    guard let architecture = spec.architecture else { return nil }
    return RandomEncoder(kind: spec.paradigm.encoder, layout: spec.paradigm.layout) {
      [Float](repeating: 0, count: $0.count)
    }
    .map { NetworkSubject(architecture, paradigm: spec.paradigm, encoder: $0) }
  }
}
