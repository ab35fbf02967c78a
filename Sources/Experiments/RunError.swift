import Files
import SystemPackage

/// What can go wrong with a run besides its spec and its files.
package enum RunError: ReportableError {
  /// The directory belongs to another spec.
  case otherSpec(directory: FilePath, differences: [SpecDifference])
  case damagedSpec(file: FilePath, reason: String)
  /// The processor lacks the kernel that was asked for.
  case kernelMissing(name: String, available: [String])
  /// A worker died without a result, or could not be started.
  case workerFailed(run: String, reason: String)

  package var code: String {
    switch self {
    case .otherSpec: "E-RUN-OTHER-SPEC"
    case .damagedSpec: "E-RUN-CONFIG"
    case .kernelMissing: "E-KERNEL"
    case .workerFailed: "E-RUN-WORKER"
    }
  }

  package var exitCode: Int32 {
    switch self {
    case .otherSpec, .damagedSpec, .kernelMissing: 78
    case .workerFailed: 70
    }
  }

  package var message: String {
    switch self {
    case .otherSpec(let directory, let differences):
      """
      another spec in \(directory)/config.json: \
      \(differences.map(\.description).joined(separator: "; ")). \
      MEND: choose another directory with --out, or move this one away
      """
    case .damagedSpec(let file, let reason):
      """
      an unreadable spec in \(file): \(reason.beforeMend). \
      MEND: move the run's directory away and run again
      """
    case .kernelMissing(let name, let available):
      """
      no kernel in DISENTANGLE_KERNEL (DISENTANGLE_KERNEL = \(name)): this processor or this \
      build has no kernel of that name. MEND: unset the variable, or choose one of \
      \(available.joined(separator: ", "))
      """
    case .workerFailed(let run, let reason):
      "the worker of \(run) failed: \(reason). MEND: run the same command again; it goes on from "
        + "the last checkpoint"
    }
  }
}

extension String {
  /// The reason in another error's message, whose mend is not the mend here.
  fileprivate var beforeMend: Substring {
    firstRange(of: ". MEND: ").map { self[..<$0.lowerBound] } ?? self[...]
  }
}
