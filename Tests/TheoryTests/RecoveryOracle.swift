import Compute
import Foundation

/// The parts of `Tests/Fixtures/oracle.json` that recovery is held against.
struct RecoveryOracle: Decodable {
  let exact: [Exact]
  let anisotropic: [Anisotropic]
  let curved: [Curved]
  let threeCircles: [ThreeCircles]
  let diagonal: [Diagonal]
  let boxOutputs: [BoxOutputs]
  let sigmoid: [SigmoidFit]

  struct Exact: Decodable {
    let sigma: Double
    let t: Int
    let normals: [[Double]]
    let offsets: [Double]
    let mu: [Double]
    let outputs: [Double]
    let noisy: [Double]
    let noiseDeviation: Double
    let plain: [Double]
    let weighted: [Double]
    let plainCovariance: [[Double]]?
    let weightedCovariance: [[Double]]?
    let condition: Double

    private enum CodingKeys: String, CodingKey {
      case sigma
      case t
      case mu
      case normals = "C"
      case offsets = "b"
      case outputs = "Y"
      case noisy = "Y_noisy"
      case noiseDeviation = "logit_noise_sd"
      case plain = "X_hat_noisy_ols"
      case weighted = "X_hat_noisy_gls"
      case plainCovariance = "cov_ols_lin"
      case weightedCovariance = "cov_gls_lin"
      case condition = "cond_C"
    }
  }

  struct Anisotropic: Decodable {
    let t: Int
    let covariance: [[Double]]
    let normals: [[Double]]
    let offsets: [Double]
    let outputs: [Double]
    let latent: [Double]

    private enum CodingKeys: String, CodingKey {
      case t
      case covariance = "Sigma"
      case normals = "C"
      case offsets = "b"
      case outputs = "Y"
      case latent = "X_hat"
    }
  }

  struct Curved: Decodable {
    let kind: String
    let mu: [Double]
    let s: Double
    let r: Double?
    let p: Double?
    let slope: Double?
    let theta: Double?
    let branch: Double?

    private enum CodingKeys: String, CodingKey {
      case kind
      case mu
      case s
      case r
      case p
      case theta
      case slope = "dp_d_radius"
      case branch = "p_first_quadrant"
    }
  }

  struct ThreeCircles: Decodable {
    let centres: [[Double]]
    let radii: [Double]
    let s: Double
    let outputs: [Double]
    let mu: [Double]

    private enum CodingKeys: String, CodingKey {
      case centres
      case radii
      case s
      case mu
      case outputs = "Y"
    }
  }

  struct Diagonal: Decodable {
    let count: Int
    let place: Double
    let eigenvalues: [Double]

    private enum CodingKeys: String, CodingKey {
      case count = "N"
      case place = "a"
      case eigenvalues = "fisher_eigs"
    }
  }

  struct BoxOutputs: Decodable {
    let sigma: Double
    let count: Int
    let plain: Double

    private enum CodingKeys: String, CodingKey {
      case sigma
      case count = "N"
      case plain = "ols"
    }
  }

  struct SigmoidFit: Decodable {
    let range: Double
    let leastSquares: Double
    let minimax: Double
    let largestError: Double

    private enum CodingKeys: String, CodingKey {
      case range = "T"
      case leastSquares = "a_mse"
      case minimax = "a_minimax"
      case largestError = "max_err_minimax"
    }
  }

  private enum CodingKeys: String, CodingKey {
    case exact = "recovery_cases"
    case anisotropic = "recovery_anisotropic"
    case curved = "nonlinear_flat_cases"
    case threeCircles = "inversion_three_circles"
    case diagonal = "hyperbola_diagonal_fisher"
    case boxOutputs = "flat_inversion_of_box_outputs"
    case sigmoid = "sigmoid_phi_fits"
  }

  static func load(from file: String = #filePath) throws -> RecoveryOracle {
    let tests = URL(filePath: file).deletingLastPathComponent().deletingLastPathComponent()
    return try JSONDecoder().decode(
      RecoveryOracle.self,
      from: Data(contentsOf: tests.appending(path: "Fixtures/oracle.json"))
    )
  }
}
