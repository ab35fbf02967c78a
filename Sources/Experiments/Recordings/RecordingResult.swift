import Analysis
import Compute
import Files

/// What `analyze --json` prints: the arrays as they were taken, the measurements, how they were made.
package struct RecordingResult {
  package let json: JSONValue

  package init(
    _ read: ReadRecording,
    _ analysis: RecordingAnalysis,
    floors: [AnalyzedFloor] = []
  ) {
    var measurements = analysis.measurements
    for floor in floors {
      for (key, value) in floor.analysis.measurements {
        // A floor is a value to be held against: it has no null of its own.
        let plain = (value.object ?? [:]).filter {
          ![
            "null", "reason.null", "interval", "reason.interval", "rotated", "byRegion",
          ].contains($0.key)
        }
        measurements["floor.\(floor.name).\(key)"] = .object(plain)
      }
    }
    json = [
      "input": read.json,
      "warnings": .array((read.warnings + analysis.leftOut).map(JSONValue.string)),
      "regions": .array(
        analysis.regions.regions.map { region in
          ["name": .string(region.name), "trials": .integer(region.trials.count)]
        }
      ),
      "measurements": .object(measurements),
      "shuffle": analysis.shuffle.json,
      "course": analysis.course.map(\.json) ?? .null,
      "settings": [
        // Beyond what JSON's integers hold here, as a text: its digits are what repeats the analysis.
        "seed": Int(exactly: analysis.settings.seed).map(JSONValue.integer)
          ?? .string(String(analysis.settings.seed)),
        "shuffles": .integer(analysis.settings.shuffles),
        "classifierShuffles": .integer(analysis.settings.classifierShuffles),
        "scoreShuffles": .integer(analysis.settings.scoreShuffles),
        "splits": .integer(analysis.settings.splits),
      ],
      "provenance": [
        "version": .string(Build.current.version),
        "commit": Build.current.commit.map(JSONValue.string) ?? .null,
        "rngScheme": .integer(RandomStream.scheme), "kernel": .string(Kernel.active.name),
      ],
    ]
  }
}

extension FactorShuffle {
  /// What shuffled factors are.
  fileprivate var json: JSONValue {
    var parts: [String: JSONValue] = [
      "kind": .string(kind), "fixedFactors": .array(fixedFactors.map(JSONValue.string)),
    ]
    if let exchanges {
      parts["assignments"] = .number(exchanges.assignments)
      parts["assignmentsUpToNames"] = .number(exchanges.different)
    }
    if let bound = boundOfProbability { parts["leastProbability"] = .number(bound) }
    if let reason {
      parts["reason"] = .string(reason)
      parts["shuffledAlone"] = .array(shuffledAlone.map(JSONValue.string))
    }
    return .object(parts)
  }

  private var kind: String {
    switch rule {
    case .trials: "trials"
    case .withinGroups: "trials within groups"
    case .wholeGroups: "whole groups of equal size, and trials within them"
    case .nothing: shuffledAlone.isEmpty ? "none" : "trials within groups, for r² alone"
    }
  }
}

extension RecordedCourse {
  /// By step, as many values as steps were taken; the null of each curve under its key.
  fileprivate var json: JSONValue {
    [
      "steps": .array(steps.map(JSONValue.integer)),
      "r2.ood": heldOut.map { .array($0.map(JSONValue.number)) } ?? .null,
      "r2.id": .array(inDistribution.map(JSONValue.number)),
      "null": [
        "r2.ood": json(
          heldOutShuffled,
          kind: RecordingAnalysis.regionShuffle,
          orReason: heldOut == nil ? "one region alone can't be held out" : noShuffle
        ),
        "r2.id": json(shuffled, kind: RecordingAnalysis.foldShuffle, orReason: noShuffle),
      ],
      "trials": .integer(trials),
    ]
  }

  private func json(_ null: Null, kind: String, orReason reason: String) -> JSONValue {
    guard null.draws > 0 else { return ["mean": .null, "reason": .string(reason)] }
    return [
      "mean": .array(null.means.map(JSONValue.number)), "count": .integer(null.draws),
      "kind": .string(kind),
    ]
  }
}
