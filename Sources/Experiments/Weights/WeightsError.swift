import Files
import SystemPackage

/// What can go wrong with weights on their way in or out, besides their files as such.
package enum WeightsError: ReportableError {
  /// There is no run in a directory.
  case noRun(FilePath)
  case incompleteRun(FilePath)
  case divergedRun(FilePath)
  /// A run of the ideal observer.
  case noNetwork(FilePath)
  /// Tensors for the ideal observer.
  case idealSubject(FilePath)
  /// Neither the file nor the command says what network it is.
  case noSpec(FilePath)
  /// The tensors are not those that the spec asks for.
  case unfit(file: FilePath, WeightAudit)
  /// The spec describes another network than the file does, key by key.
  case otherNetwork(FilePath, [SpecDifference])
  /// It asks a trained readout what it was not trained on.
  case otherQuestions(FilePath, [SpecDifference])
  /// An encoder that is said to be `linearFree`, in whose features latents are linear.
  case linearTrace(FilePath, share: Double, noiseDeviation: Double)
  /// A directory where a subject file should be.
  case folderAsSubject(FilePath)
  /// Weights that have not been imported.
  case notASubject(FilePath)
  /// A subject file of a later version.
  case newerSubject(FilePath, version: String)
  /// States that can't be decoded, such as those of a network that explodes.
  case unstable(String, largest: Float)

  package var code: String {
    switch self {
    case .noRun: "E-EXPORT-NO-RUN"
    case .incompleteRun: "E-EXPORT-INCOMPLETE"
    case .divergedRun: "E-EXPORT-DIVERGED"
    case .noNetwork: "E-EXPORT-IDEAL"
    case .idealSubject: "E-IMPORT-IDEAL"
    case .noSpec: "E-IMPORT-SPEC"
    case .unfit: "E-IMPORT-TENSORS"
    case .otherNetwork: "E-SUBJECT-NETWORK"
    case .otherQuestions: "E-SUBJECT-TASKS"
    case .linearTrace: "E-IMPORT-LINEAR"
    case .notASubject, .folderAsSubject: "E-SUBJECT-FILE"
    case .newerSubject: "E-SUBJECT-VERSION"
    case .unstable: "E-SUBJECT-STATES"
    }
  }

  package var exitCode: Int32 {
    switch self {
    case .divergedRun, .noNetwork, .unfit, .linearTrace, .notASubject, .newerSubject, .unstable: 65
    case .noRun, .folderAsSubject: 66
    case .incompleteRun: 75
    case .idealSubject, .noSpec, .otherNetwork, .otherQuestions: 78
    }
  }

  package var message: String {
    switch self {
    case .noRun(let path):
      "no run in \(path): it has no config.json. "
        + "MEND: name a run's own directory, such as runs/rnn-d2-n24-s0-…"
    case .incompleteRun(let path):
      "no weights yet in \(path): the run is not done, or its files were changed. "
        + "MEND: give the command that started it again; it goes on from its last checkpoint"
    case .divergedRun(let path):
      "no weights in \(path): the run diverged, its loss is not finite. "
        + "MEND: train it with another training.learningRate or seed"
    case .noNetwork(let path):
      "no weights in \(path): it measures the ideal observer, which has none. "
        + "MEND: name a run of a network"
    case .idealSubject(let path):
      "weights for an observer that has none in \(path.string.printable) (network.architecture = "
        + "ideal). MEND: give the architecture of the network that they are of"
    case .folderAsSubject(let path):
      "a directory in the place of a subject file: \(path.string.printable). MEND: if it is a run's, "
        + "disentangle export \(path.string.printable) writes its subject file"
    case .noSpec(let path):
      "no spec in \(path): neither the file nor the command says what network it holds. "
        + "MEND: name a spec file, or give key=value pairs such as network.units=64 tasks.count=24"
    case .unfit(let file, let audit):
      "tensors that don't fit the spec in \(file.string.printable): \(audit.problems). "
        + "MEND: \(audit.mend)"
    case .otherNetwork(let path, let differences):
      "another network than that in \(path.string.printable) (\(Self.here(differences))): "
        + "its spec says \(Self.there(differences)). MEND: give them as it does; if that spec is "
        + "wrong, correct it and import the weights again"
    case .otherQuestions(let path, let differences):
      "questions that the readout in \(path.string.printable) was not trained on "
        + "(\(Self.here(differences))): its spec says \(Self.there(differences)). "
        + "MEND: give them as it does, or import the weights with --without-readout"
    case .linearTrace(let path, let share, let deviation):
      "an encoder that is not linearFree in \(path.string.printable) (encoder.kind = linearFree): "
        + "\(SpecValue.number((share * 100).rounded() / 100)) of a latent is linear in the features of looks with "
        + "noise.deviation \(SpecValue.number(deviation)). "
        + "MEND: give encoder.kind=relu, or the noise.deviation that the encoder was made for"
    case .notASubject(let path):
      "no subject in \(path.string.printable): its weights were never checked against a spec. "
        + "MEND: run disentangle import \(path.string.printable), which writes a subject file"
    case .newerSubject(let path, let version):
      "a subject of version \(version.printable) in \(path.string.printable): this build reads "
        + "\(ImportedSubject.formatVersion). MEND: use a later version of this program"
    case .unstable(let name, let largest):
      "states or answers beyond measure in \(name) (largest = \(largest)): nothing can be decoded. "
        + "MEND: check time constant, activation and encoder of the spec against the network"
    }
  }

  private static func here(_ differences: [SpecDifference]) -> String {
    differences.map { "\($0.key) = \($0.here?.description ?? "absent")" }.joined(separator: ", ")
  }

  private static func there(_ differences: [SpecDifference]) -> String {
    differences.map { "\($0.key) = \($0.there?.description ?? "absent")" }.joined(separator: ", ")
  }
}
