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

    private enum CodingKeys: String, CodingKey {
      case mu
      case t
      case sigma
      case c
      case b
      case pFlat = "p_flat"
      case logoddsFlat = "logodds_flat"
      case pBox = "p_box"
      case logoddsBox = "logodds_box"
      case meanBox = "mean_box"
      case varBox = "var_box"
    }
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
      case heldOut = "r2_ood_linear_mu"
      case inDistribution = "r2_id_linear"
      case unbiased = "r2_unbiased"
    }
  }

  struct FreeReactionTime: Decodable {
    let tStim: Int
    let theoryRef: Double
    let r2LinId: Double
    let r2Mmse: Double
    let r2LinOod: Double

    private enum CodingKeys: String, CodingKey {
      case tStim = "t_stim"
      case theoryRef = "theory_ref"
      case r2LinId = "r2_lin_ID"
      case r2Mmse = "r2_mmse"
      case r2LinOod = "r2_lin_OOD"
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
      case decisionStepCe = "decision_step_ce"
      case decisionStepAccuracy = "decision_step_accuracy"
    }
  }

  struct Radii: Decodable {
    let directionOnly: Double
    let quadrantCenter: Double

    private enum CodingKeys: String, CodingKey {
      case directionOnly = "r2_direction_only"
      case quadrantCenter = "r2_quadrant_centre_only"
    }
  }

  struct Logit: Decodable {
    let z: Double
    let logit: Double
  }

  private enum CodingKeys: String, CodingKey {
    case posteriors = "posterior_cases_2d"
    case leastSquares = "mmse_r2"
    case linear = "linear_mu_ceiling"
    case freeReactionTime = "free_rt"
    case lossFloors = "bce_floor_default_trial"
    case radii = "radial_constants"
    case logits = "probit_logit_table"
  }

  static func load(from file: String = #filePath) throws -> Oracle {
    let tests = URL(filePath: file).deletingLastPathComponent().deletingLastPathComponent()
    return try JSONDecoder().decode(
      Oracle.self,
      from: Data(contentsOf: tests.appending(path: "Fixtures/oracle.json"))
    )
  }
}

/// Whether two numbers agree to `tolerance`, relative to the larger of 1 and the expected one.
func agree(_ value: Double, _ expected: Double, within tolerance: Double) -> Bool {
  abs(value - expected) <= tolerance * max(1, abs(expected))
}
