import Files

extension WorldPortrait {
  /// Everything that is drawn, numbers rounded to five digits.
  package var json: JSONValue {
    [
      "run": .string(spec.runName),
      "spec": spec.resolved,
      "warnings": .array(spec.warnings.map(\.json)),
      "latents": latents.json,
      "tasks": tasks.json,
      "trial": trial.json,
      "answers": answers.json,
      "features": features.json,
      "noise": noise?.json ?? .null,
    ]
  }
}

extension LatentPortrait {
  fileprivate var json: JSONValue {
    [
      "axes": list(axes),
      "points": .array(points.map { list([$0.x, $0.y]) }),
      "correlation": rounded(correlation),
      "expectedCorrelation": expectedCorrelation.map(rounded) ?? .null,
      "cuts": .array(cuts.map { .array($0.map { .array($0.map { list([$0.x, $0.y]) }) }) }),
      "normals": normals.map { .array($0.map(list)) } ?? .null,
    ]
  }
}

extension TaskPortrait {
  fileprivate var json: JSONValue {
    [
      "count": .integer(total),
      "shown": .integer(shown),
      "sampleSize": .integer(sampleSize),
      "sharesAbove": list(sharesAbove),
      "correlations": .array(correlations.map(list)),
      "effectiveCount": effectiveCount.map(rounded) ?? .null,
      "constantTasks": list(constantTasks),
    ]
  }
}

extension TrialPortrait {
  fileprivate var json: JSONValue {
    [
      "firstStep": .integer(firstStep),
      "totalSteps": .integer(totalSteps),
      "latent": list(latent),
      "cue": list(cue),
      "periods": .array(periods.map { $0.map { .string($0.rawValue) } ?? .null }),
      "hidden": .array(hidden.map(list)),
      "looks": .array(looks.map(list)),
      "rules": list(rules),
      "tasks": list(tasks),
      "targets": .array(targets.map(list)),
      "weights": .array(weights.map(list)),
    ]
  }
}

extension AnswerPortrait {
  fileprivate var json: JSONValue {
    [
      "tasks": list(tasks),
      "answers": .array(answers.map(list)),
      "tasksPerTrial": rounded(tasksPerTrial),
      "answersPerTrial": rounded(answersPerTrial),
      "unlabelledTrials": .integer(unlabelledTrials),
    ]
  }
}

extension FeaturePortrait {
  fileprivate var json: JSONValue {
    [
      "width": .integer(width),
      "gridSide": .integer(Self.side),
      "componentShares": list(shares),
      "points": .array(points.map(list)),
    ]
  }
}

extension NoisePortrait {
  fileprivate var json: JSONValue {
    [
      "place": isAfterEncoder ? "after" : "before",
      "sampleSize": .integer(sampleSize),
      "autocorrelation": list(autocorrelation),
      "expectedAutocorrelation": list(expectedAutocorrelation),
      "channels": .array(
        channels.map { channel in
          [
            "index": .integer(channel.index),
            "mean": rounded(channel.mean),
            "deviation": rounded(channel.deviation),
            "expectedMean": rounded(channel.expectedMean),
            "expectedDeviation": rounded(channel.expectedDeviation),
            "histogram": .array(channel.histogram.map { list([$0.x, $0.y]) }),
          ]
        }
      ),
    ]
  }
}

private func rounded(_ value: Double) -> JSONValue { .number((value * 1e5).rounded() / 1e5) }

private func list(_ values: [Double]) -> JSONValue { .array(values.map(rounded)) }

private func list(_ values: [Double?]) -> JSONValue {
  .array(values.map { $0.map(rounded) ?? .null })
}

private func list(_ values: [Int]) -> JSONValue { .array(values.map(JSONValue.integer)) }
