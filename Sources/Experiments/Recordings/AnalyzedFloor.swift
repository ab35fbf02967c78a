import Analysis

/// A system that knows nothing, under the same analysis as the one beside it.
package struct AnalyzedFloor: Sendable {
  /// As in the keys of `result.json`: `untrained`, `encoder`.
  package let name: String
  package let analysis: RecordingAnalysis

  /// Without nulls and intervals of its own.
  package static func all(
    of read: ReadRecording,
    _ settings: RecordingAnalysis.Settings
  ) async -> [AnalyzedFloor] {
    var floors: [AnalyzedFloor] = []
    for floor in read.floors {
      let analysis = await RecordingAnalysis(of: floor.recording, settings.withoutNulls)
      floors.append(AnalyzedFloor(name: floor.name, analysis: analysis))
    }
    return floors
  }
}
