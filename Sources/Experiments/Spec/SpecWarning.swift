import Files

/// A spec that runs, but lies outside the conditions of the theory.
package enum SpecWarning: Hashable, Sendable {
  /// N < D: the boundaries do not pin the latent down.
  case fewerTasksThanDimensions(tasks: Int, dimensions: Int)
  /// σ = 0: there is no evidence to accumulate.
  case noNoise

  package var code: String {
    switch self {
    case .fewerTasksThanDimensions, .noNoise: "W-THEORY"
    }
  }

  package var message: String {
    switch self {
    case .fewerTasksThanDimensions(let tasks, let dimensions):
      "tasks.count = \(tasks) is below latent.dimensions = \(dimensions): "
        + "the identifiability argument does not apply"
    case .noNoise:
      "noise.deviation = 0: one look shows the latent, so that nothing has to be accumulated and "
        + "the best answers carry no distance to the boundaries; the theorem does not apply"
    }
  }

  /// As it is kept in `result.json`.
  package var json: JSONValue { ["code": .string(code), "message": .string(message)] }
}

extension SpecWarning: CustomStringConvertible {
  package var description: String { "warning[\(code)]: \(message)" }
}

extension RunSpec {
  /// What should be said beside every number of this run.
  package var warnings: [SpecWarning] {
    var warnings: [SpecWarning] = []
    let tasks = paradigm.boundaries.count
    if tasks < paradigm.dimensions {
      warnings.append(.fewerTasksThanDimensions(tasks: tasks, dimensions: paradigm.dimensions))
    }
    if paradigm.noiseDeviation == 0 { warnings.append(.noNoise) }
    return warnings
  }
}
