import Files
import SystemPackage

extension WeightsFile {
  /// The weights that a run ended with, with its spec.
  ///
  /// - Parameter folder: The run's directory.
  /// - Throws: `noRun`, `noNetwork`, `incompleteRun` or `divergedRun` where there are none.
  package init(of folder: RunFolder) throws {
    guard let spec = try folder.storedSpec() else { throw WeightsError.noRun(folder.path) }
    guard spec.isTrained else { throw WeightsError.noNetwork(folder.path) }
    guard let record = try folder.completedRecord() else {
      throw WeightsError.incompleteRun(folder.path)
    }
    guard !record.isDiverged else { throw WeightsError.divergedRun(folder.path) }
    let path = record.isOfImportedSubject ? folder.subject : folder.final
    let file = try SafeTensorsFile(contentsOf: path, digest: .required)
    var metadata = file.metadata
    metadata[Key.spec] = spec.resolved.compact
    metadata[Key.subject] = ImportedSubject.formatVersion
    metadata[Key.readout] = metadata[Key.readout] ?? ImportedSubject.Readout.trained.rawValue
    metadata["run"] = record.name
    self.init(tensors: file.tensors, metadata: metadata)
  }
}
