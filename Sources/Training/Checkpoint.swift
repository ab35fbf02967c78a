import Compute
import Files
import Networks
import SystemPackage
import Trials

/// Weights on disk, as safetensors with PyTorch's tensor names.
///
/// A checkpoint has everything that training needs to go on exactly; a final file has encoder,
/// network and readout. Python's `safetensors` loads both.
package enum Checkpoint {
  /// What the weights belong to; a file of something else is refused.
  package struct Identity: Equatable, Sendable {
    /// SHA-256 of the run's spec.
    package let specHash: String
    package let algorithmVersion: Int

    package init(specHash: String, algorithmVersion: Int) {
      self.specHash = specHash
      self.algorithmVersion = algorithmVersion
    }
  }

  // MARK: Going on

  /// Writes encoder, parameters, Adam's moments and the running means.
  package static func write(
    _ state: TrainingState,
    of subject: NetworkSubject,
    _ identity: Identity,
    to path: FilePath
  ) throws(FileError) {
    var tensors = weights(of: subject, state.parameters)
    for slot in state.parameters.slots {
      tensors.append(tensor("adam.first.\(slot.name)", slot, state.adam.firstMoment))
      tensors.append(tensor("adam.second.\(slot.name)", slot, state.adam.secondMoment))
    }
    tensors.append(
      .init(name: "training.step", shape: [1], values: .int64([Int64(state.batch)]))
    )
    tensors.append(
      .init(
        name: "training.running",
        shape: [4],
        values: .float64([
          state.running.lossSum, state.running.accuracySum, Double(state.running.count),
          Double(state.running.accuracyCount),
        ])
      )
    )
    try SafeTensorsFile(tensors: tensors, metadata: metadata(identity, step: state.batch))
      .write(to: path)
  }

  /// Reads what ``write`` wrote.
  ///
  /// - Parameters:
  ///   - path: The checkpoint.
  ///   - subject: The subject as the spec draws it; the stored encoder must be its own.
  ///   - learningRate: The plan's.
  ///   - identity: What the checkpoint must belong to.
  /// - Returns: The state to go on from.
  /// - Throws: `malformed` for a damaged file, for one of another spec, and for weights that are
  ///   not finite.
  package static func read(
    _ path: FilePath,
    for subject: NetworkSubject,
    learningRate: Double,
    _ identity: Identity
  ) throws(FileError) -> TrainingState {
    let file = try open(path, identity)
    var state = TrainingState(parameters: subject.parameters, learningRate: learningRate)
    try check(file, matches: subject.encoder, path)
    for slot in state.parameters.slots {
      state.parameters.set(slot, to: try floats(slot.name, slot.count, in: file, path))
      let first = try floats("adam.first.\(slot.name)", slot.count, in: file, path)
      let second = try floats("adam.second.\(slot.name)", slot.count, in: file, path)
      for index in 0..<slot.count {
        state.adam.firstMoment[slot.offset + index] = first[index]
        state.adam.secondMoment[slot.offset + index] = second[index]
      }
    }
    guard
      let step = file["training.step"]?.integers?.first, step >= 0, step < 1 << 48,
      let running = file["training.running"]?.doubles, running.count == 4,
      let runningCount = Int(exactly: running[2]), runningCount >= 0,
      let accuracyCount = Int(exactly: running[3]), accuracyCount >= 0
    else {
      throw .malformed(path: path, .missing("training.step or training.running"))
    }
    state.adam.step = Int(step)
    state.running.lossSum = running[0]
    state.running.accuracySum = running[1]
    state.running.count = runningCount
    state.running.accuracyCount = accuracyCount
    return state
  }

  // MARK: The end

  /// Writes encoder, network and readout, without what only training needs.
  package static func writeFinal(
    _ subject: NetworkSubject,
    _ identity: Identity,
    step: Int,
    to path: FilePath
  ) throws(FileError) {
    try SafeTensorsFile(
      tensors: weights(of: subject, subject.parameters),
      metadata: metadata(identity, step: step)
    )
    .write(to: path)
  }

  /// Reads what ``writeFinal`` wrote into a subject of the same spec.
  package static func readFinal(
    _ path: FilePath,
    into subject: inout NetworkSubject,
    _ identity: Identity
  ) throws(FileError) {
    let file = try open(path, identity)
    try check(file, matches: subject.encoder, path)
    for slot in subject.parameters.slots {
      subject.parameters.set(slot, to: try floats(slot.name, slot.count, in: file, path))
    }
  }

  // MARK: Parts

  private static func metadata(_ identity: Identity, step: Int) -> [String: String] {
    [
      "config_sha256": identity.specHash,
      "algo_version": "\(identity.algorithmVersion)",
      "rng_scheme": "\(RandomStream.scheme)",
      "step": "\(step)",
    ]
  }

  private static func weights(
    of subject: NetworkSubject,
    _ parameters: ParameterBuffer
  ) -> [SafeTensorsFile.Tensor] {
    let encoder = subject.encoder.parameters
    return encoder.slots.map { tensor($0.name, $0, encoder.buffer) }
      + parameters.slots.map { tensor($0.name, $0, parameters.buffer) }
  }

  private static func tensor(
    _ name: String,
    _ slot: ParameterSlot,
    _ buffer: FloatBuffer
  ) -> SafeTensorsFile.Tensor {
    let values = UnsafeBufferPointer(start: buffer.pointer + slot.offset, count: slot.count)
    return .init(name: name, shape: slot.shape, values: .float32(Array(values)))
  }

  private static func open(
    _ path: FilePath,
    _ identity: Identity
  ) throws(FileError) -> SafeTensorsFile {
    let file = try SafeTensorsFile(contentsOf: path, digest: .required)
    let expected = metadata(identity, step: 0)
    for key in ["config_sha256", "algo_version", "rng_scheme"] {
      guard file.metadata[key] == expected[key] else {
        throw .malformed(
          path: path,
          Malformation(
            code: "E-CKPT-OTHER",
            what: "not a checkpoint of this run",
            field: "\(key) = \(file.metadata[key] ?? "missing")",
            why: "this run has \(expected[key] ?? "none")",
            mend: "give the run another directory, or move this file away"
          )
        )
      }
    }
    if let broken = file.firstNonFinite() {
      throw .malformed(
        path: path,
        Malformation(
          code: "E-CKPT-NONFINITE",
          what: "weights that are not finite",
          field: "tensor \(broken.tensor), index \(broken.index)",
          why: "\(broken.count) of its values are NaN or infinite",
          mend: "remove this checkpoint; the run goes on from an earlier one"
        )
      )
    }
    return file
  }

  private static func check(
    _ file: SafeTensorsFile,
    matches encoder: RandomEncoder,
    _ path: FilePath
  ) throws(FileError) {
    for slot in encoder.parameters.slots {
      let stored = try floats(slot.name, slot.count, in: file, path)
      guard FloatBuffer(stored) == FloatBuffer(encoder.parameters.values(of: slot)) else {
        throw .malformed(
          path: path,
          Malformation(
            code: "E-CKPT-ENCODER",
            what: "a checkpoint with another encoder",
            field: "tensor \(slot.name)",
            why: "this build draws other weights for the same seed on this machine's kernel",
            mend: "go on with the kernel and version that wrote it, or start in a new directory"
          )
        )
      }
    }
  }

  private static func floats(
    _ name: String,
    _ count: Int,
    in file: SafeTensorsFile,
    _ path: FilePath
  ) throws(FileError) -> [Float] {
    guard let values = file[name]?.floats, values.count == count else {
      throw .malformed(path: path, .missing(name))
    }
    return values
  }
}

extension Malformation {
  fileprivate static func missing(_ tensor: String) -> Malformation {
    Malformation(
      code: "E-CKPT-TENSOR",
      what: "an incomplete checkpoint",
      field: "tensor \(tensor)",
      why: "it is missing or has another size",
      mend: "remove this checkpoint; the run goes on from an earlier one"
    )
  }
}
