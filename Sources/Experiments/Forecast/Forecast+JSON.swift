import Compute
import Files
import Theory
import Trials

extension Forecast {
  /// Everything that is said, by stable keys.
  package var json: JSONValue {
    [
      "run": .string(spec.runName),
      "spec": spec.resolved,
      "values": .object(
        Dictionary(uniqueKeysWithValues: lines.map { ($0.key, $0.json) })
      ),
      "conditions": conditions.json(information),
      "warnings": .array(spec.warnings.map(\.json)),
    ]
  }
}

extension Forecast.Line {
  fileprivate var json: JSONValue {
    var members: [String: JSONValue] = [
      "name": .string(name),
      "kind": .string(kind.rawValue),
      "status": .string(status.rawValue),
      "value": value.map(JSONValue.number) ?? .null,
    ]
    if let baseline { members["baseline"] = .string(baseline) }
    if let error { members["standardError"] = .number(error) }
    if let reason { members["reason"] = .string(reason) }
    return .object(members)
  }
}

extension Conditions {
  /// Why the verdict is what it is.
  package var why: String { verdict.reason(tasks: tasks, dimensions: dimensions) }

  package var json: JSONValue { json(nil) }

  /// - Parameter information: Of curved boundaries, ``Forecast/information``.
  /// - Returns: An object.
  package func json(_ information: Quartiles?) -> JSONValue {
    var members: [String: JSONValue] = [
      "latents": .integer(dimensions),
      "tasks": .integer(tasks),
      "verdict": .string(verdict.word),
      "status": .string(verdict.status),
      "why": .string(why),
    ]
    if let frame {
      func number(_ value: Double) -> JSONValue { value.isFinite ? .number(value) : .null }
      members["rank"] = .integer(frame.rank)
      members["conditionNumber"] = number(frame.conditionNumber)
      members["noiseGain"] = number(frame.noiseGain)
      members["noiseGain.tightFrame"] = .number(
        Frame.tightNoiseGain(tasks: tasks, dimensions: dimensions)
      )
      let random = Frame.random(tasks: tasks, dimensions: dimensions)
      members["conditionNumber.random"] = random.map { .number($0.conditionNumber) } ?? .null
      members["noiseGain.random"] = random.map { .number($0.noiseGain) } ?? .null
    } else {
      members["reason"] = "curved boundaries have no matrix of normals"
      if let information {
        members["leastInformation"] = [
          "lower": .number(information.lower), "median": .number(information.median),
          "upper": .number(information.upper), "latents": .integer(information.count),
        ]
      }
    }
    return .object(members)
  }
}

extension Conditions.Verdict {
  /// In one word or two.
  package var word: String {
    switch self {
    case .holds: "holds"
    case .holdsLocally: "holds locally"
    case .fails: "fails"
    }
  }

  package var status: String {
    switch self {
    case .holds(.spanningNormals): "proven"
    case .holds(.enoughCurved): "quoted, for generic boundaries"
    case .holdsLocally: "checked"
    case .fails(.deficientGradients): "checked"
    case .fails: "proven"
    }
  }

  package func reason(tasks: Int, dimensions: Int) -> String {
    switch self {
    case .holds(.spanningNormals):
      return "the normals of hyperplanes span all \(dimensions) dimensions, so exact outputs give "
        + "the mean of the looks in closed form"
    case .holds(.enoughCurved):
      return "2D + 1 = \(2 * dimensions + 1) or more curved boundaries without a known symmetry"
    case .holdsLocally:
      return "fewer than 2D + 1 = \(2 * dimensions + 1) curved boundaries; to first order in the "
        + "noise their outputs tell close latents apart"
    case .fails(.fewerTasksThanDimensions):
      return "N = \(tasks) tasks are fewer than D = \(dimensions) latents"
    case .fails(.deficientNormals(let rank)):
      return "the normals span \(rank) of \(dimensions) dimensions"
    case .fails(.symmetry(.concentric)):
      return "all boundaries are circles or spheres about one point: angles do not show"
    case .fails(.symmetry(.mirror)):
      return "one line or hyperplane mirrors every boundary onto itself: a latent and its mirror "
        + "image have the same outputs"
    case .fails(.symmetry(.pointReflection)):
      return "every boundary is even about one point: opposite latents have the same outputs"
    case .fails(.symmetry(.diagonal)):
      return "hyperbolas of opposite quadrants: a latent and its mirror image at the diagonal "
        + "have the same outputs"
    case .fails(.deficientGradients):
      return "to first order in the noise the outputs leave a direction open at most latents"
    }
  }
}
