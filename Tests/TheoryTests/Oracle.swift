import Foundation

/// The reference values in `Tests/Fixtures/oracle.json`; `oracle.md` beside it says how they were
/// made.
struct Oracle: Decodable {
  let posteriors: [PlanePosterior]
  let leastSquares: [AnyDecoder]
  let linear: [LinearDecoding]
  let freeReactionTime: [FreeReactionTime]
  let lossFloors: [LossFloor]
  let radii: Radii
  let logits: [Logit]

  struct PlanePosterior: Decodable {
    let mu: [Double]
    let t: Int
    let sigma: Double
    let c: [Double]
    let b: Double
    let pFlat: Double
    let logoddsFlat: Double
    let pBox: Double
    let logoddsBox: Double
    let meanBox: [Double]
    let varBox: [Double]
  }

  struct AnyDecoder: Decodable {
    let sigma: Double
    let t: Int
    let r2: Double
  }

  struct LinearDecoding: Decodable {
    let dimensions: Int
    let sigma: Double
    let t: Int
    let heldOut: Double
    let inDistribution: Double
    let unbiased: Double

    private enum CodingKeys: String, CodingKey {
      case dimensions = "D"
      case sigma
      case t
      case heldOut = "r2OodLinearMu"
      case inDistribution = "r2IdLinear"
      case unbiased = "r2Unbiased"
    }
  }

  struct FreeReactionTime: Decodable {
    let tStim: Int
    let theoryRef: Double
    let r2LinId: Double
    let r2Mmse: Double
    let r2LinOod: Double

    private enum CodingKeys: String, CodingKey {
      case tStim
      case theoryRef
      case r2LinId = "r2LinID"
      case r2Mmse
      case r2LinOod = "r2LinOOD"
    }
  }

  /// Value and standard error in each list.
  struct LossFloor: Decodable {
    let sigma: Double
    let boundaryCount: Int
    let decisionStepCe: [Double]
    let decisionStepAccuracy: [Double]

    private enum CodingKeys: String, CodingKey {
      case sigma
      case boundaryCount = "N"
      case decisionStepCe
      case decisionStepAccuracy
    }
  }

  struct Radii: Decodable {
    let directionOnly: Double
    let quadrantCenter: Double

    private enum CodingKeys: String, CodingKey {
      case directionOnly = "r2DirectionOnly"
      case quadrantCenter = "r2QuadrantCentreOnly"
    }
  }

  struct Logit: Decodable {
    let z: Double
    let logit: Double
  }

  private enum CodingKeys: String, CodingKey {
    case posteriors = "posteriorCases2d"
    case leastSquares = "mmseR2"
    case linear = "linearMuCeiling"
    case freeReactionTime = "freeRt"
    case lossFloors = "bceFloorDefaultTrial"
    case radii = "radialConstants"
    case logits = "probitLogitTable"
  }

  static func load(from file: String = #filePath) throws -> Oracle {
    let tests = URL(filePath: file).deletingLastPathComponent().deletingLastPathComponent()
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(
      Oracle.self,
      from: Data(contentsOf: tests.appending(path: "Fixtures/oracle.json"))
    )
  }
}

/// Whether two numbers agree to `tolerance`, relative to the larger of 1 and the expected one.
func agree(_ value: Double, _ expected: Double, within tolerance: Double) -> Bool {
  abs(value - expected) <= tolerance * max(1, abs(expected))
}
