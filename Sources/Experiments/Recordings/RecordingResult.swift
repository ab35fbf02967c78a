import Analysis
import Compute
import Files

/// What `analyze --json` prints: the arrays as they were taken, the measurements, how they were made.
package struct RecordingResult {
  package let json: JSONValue

  package init(_ read: ReadRecording, _ analysis: RecordingAnalysis) {
    json = [
      "input": read.json,
      "warnings": .array(read.warnings.map(JSONValue.string)),
      "regions": .array(
        analysis.regions.regions.map { region in
          ["name": .string(region.name), "trials": .integer(region.trials.count)]
        }
      ),
      "measurements": .object(analysis.measurements),
      "settings": [
        "seed": .integer(Int(truncatingIfNeeded: analysis.settings.seed)),
        "shuffles": .integer(analysis.settings.shuffles),
        "classifierShuffles": .integer(analysis.settings.classifierShuffles),
        "scoreShuffles": .integer(analysis.settings.scoreShuffles),
        "draws": .integer(analysis.settings.draws),
      ],
      "provenance": [
        "version": .string(Build.current.version),
        "commit": Build.current.commit.map(JSONValue.string) ?? .null,
        "rngScheme": .integer(RandomStream.scheme), "kernel": .string(Kernel.active.name),
      ],
    ]
  }
}
