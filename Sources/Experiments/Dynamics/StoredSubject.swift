import Files
import Networks
import SystemPackage
import Training

/// A network that was trained before, read back from a run's directory or a subject file.
package struct StoredSubject: Sendable {
  /// The run's name, or the file's.
  package let name: String
  package let spec: RunSpec
  package let network: NetworkSubject
  /// The same before training, as the seed draws it, behind the same encoder.
  package let untrained: NetworkSubject
  /// The batch of a checkpoint; `nil` for the end of training.
  package let batch: Int?

  /// - Parameters:
  ///   - path: A run's directory, or what `import` or `export` wrote.
  ///   - checkpoint: The batch of a checkpoint in the directory; the end of training without it.
  /// - Throws: What is missing or damaged, and with it what to do.
  package init(at path: FilePath, checkpoint: Int? = nil) throws {
    let folder = RunFolder(path)
    if Folder.holds(folder.config) || checkpoint != nil {
      try self.init(in: folder, checkpoint: checkpoint)
    } else if (try? Folder.names(in: path)) != nil {
      throw WeightsError.noRun(path)
    } else {
      try self.init(file: path)
    }
  }

  private init(file path: FilePath) throws {
    let imported = try ImportedSubject(contentsOf: path)
    spec = try imported.asked(SweepExpansion(document: imported.document()).only())
    (network, untrained) = try imported.networks(for: spec)
    name = path.stem ?? path.string
    batch = nil
  }

  private init(in folder: RunFolder, checkpoint: Int?) throws {
    guard let spec = try folder.storedSpec() else { throw WeightsError.noRun(folder.path) }
    guard let architecture = spec.architecture else { throw WeightsError.noNetwork(folder.path) }
    self.spec = spec
    name = folder.path.lastComponent?.string ?? folder.path.string
    batch = checkpoint
    var untrained = NetworkSubject(architecture, paradigm: spec.paradigm, seed: spec.seed)
    var subject = untrained
    let identity = Checkpoint.Identity(
      specHash: spec.hash,
      algorithmVersion: RunSpec.algorithmVersion
    )
    if let checkpoint {
      let path = folder.checkpoint(at: checkpoint)
      guard Folder.holds(path) else {
        throw DynamicsError.noCheckpoint(
          folder.path,
          batch: checkpoint,
          there: try folder.checkpoints().compactMap(\.batchOfCheckpoint)
        )
      }
      subject.parameters =
        try Checkpoint.read(
          path,
          for: subject,
          learningRate: spec.training.learningRate,
          identity
        ).parameters
    } else {
      guard let record = try folder.completedRecord() else {
        throw WeightsError.incompleteRun(folder.path)
      }
      guard !record.isDiverged else { throw WeightsError.divergedRun(folder.path) }
      if let imported = try folder.storedSubject() {
        (subject, untrained) = try imported.networks(for: spec)
      } else {
        try Checkpoint.readFinal(folder.final, into: &subject, identity)
      }
    }
    network = subject
    self.untrained = untrained
  }
}

extension FilePath {
  /// The batch in a checkpoint's name.
  fileprivate var batchOfCheckpoint: Int? {
    stem.flatMap { $0.hasPrefix("ckpt-") ? Int($0.dropFirst(5)) : nil }
  }
}

/// Why a network has no dynamics to look at.
package enum DynamicsError: ReportableError {
  /// It carries nothing from step to step.
  case memoryless(String)
  /// A trial's rule is an input, and each rule has dynamics of its own.
  case interleaved(String)
  case noCheckpoint(FilePath, batch: Int, there: [Int])
  /// States that are not finite.
  case unstable(String)

  package var code: String {
    switch self {
    case .memoryless: "E-DYNAMICS-MEMORYLESS"
    case .interleaved: "E-DYNAMICS-RULES"
    case .noCheckpoint: "E-DYNAMICS-CHECKPOINT"
    case .unstable: "E-DYNAMICS-STATES"
    }
  }

  package var exitCode: Int32 {
    switch self {
    case .memoryless, .interleaved: 78
    case .noCheckpoint: 66
    case .unstable: 65
    }
  }

  package var message: String {
    switch self {
    case .memoryless(let name):
      "no dynamics in \(name) (network.architecture = feedForward): it carries nothing from step to "
        + "step. MEND: choose a run with a recurrent network or a transformer"
    case .interleaved(let name):
      "no single dynamics in \(name) (tasks.interleaved): every rule is another constant "
        + "input, with dynamics of its own. MEND: choose a run that asks all tasks at once"
    case .noCheckpoint(let path, let batch, let there):
      "no checkpoint in \(path) (--checkpoint = \(batch)): "
        + (there.isEmpty
          ? "it has none, a run that is done keeps only its last weights. MEND: leave out --checkpoint"
          : "there are those of \(there.map(String.init).joined(separator: " and ")). "
            + "MEND: choose one of them")
    case .unstable(let name):
      "states that are not finite in \(name): nothing can be said of them. "
        + "MEND: check time constant, activation and encoder of the spec against the network"
    }
  }
}
