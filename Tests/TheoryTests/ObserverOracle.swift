import Foundation

/// Cases of `Tests/Fixtures/oracle.json` about noise, priors and more than two dimensions.
struct ObserverOracle: Decodable {
  let solids: [SolidPosterior]
  let autoregressions: [Autoregression]
  let gumbels: [Gumbel]
  let variants: [Variant]

  struct SolidPosterior: Decodable {
    let mu: [Double]
    let t: Int
    let sigma: Double
    let c: [Double]
    let b: Double
    let pBox: Double

    private enum CodingKeys: String, CodingKey {
      case mu
      case t
      case sigma
      case c
      case b
      case pBox = "p_box"
    }
  }

  struct Autoregression: Decodable {
    let rho: Double
    let t: Int
    let weights: [Double]
    let effective: Double
    let varianceOfMean: Double

    private enum CodingKeys: String, CodingKey {
      case rho
      case t
      case weights
      case effective = "t_eff"
      case varianceOfMean = "var_factor_mean"
    }
  }

  struct Gumbel: Decodable {
    let beta: Double
    let obs: [Double]
    let b: Double
    let above: Double
    let mean: Double
    let variance: Double

    private enum CodingKeys: String, CodingKey {
      case beta
      case obs
      case b
      case above = "p_gt_b"
      case mean = "post_mean"
      case variance = "post_var"
    }
  }

  struct Variant: Decodable {
    let noise: String
    let unbiased: Double
    let inDistribution: Double
    let anyDecoder: Double
    let heldOut: Double

    private enum CodingKeys: String, CodingKey {
      case noise
      case unbiased = "r2_unbiased"
      case inDistribution = "r2_lin_ID"
      case anyDecoder = "r2_mmse"
      case heldOut = "r2_lin_OOD"
    }
  }

  private enum CodingKeys: String, CodingKey {
    case solids = "posterior_cases_3d"
    case autoregressions = "ar1"
    case gumbels = "gumbel_flat_1d"
    case variants = "noise_variant_ceilings"
  }

  static func load(from file: String = #filePath) throws -> ObserverOracle {
    let tests = URL(filePath: file).deletingLastPathComponent().deletingLastPathComponent()
    return try JSONDecoder().decode(
      ObserverOracle.self,
      from: Data(contentsOf: tests.appending(path: "Fixtures/oracle.json"))
    )
  }
}

/// A case of `copula_prior_uniform_test`.
struct CopulaOracle: Decodable {
  let rho: Double
  let direct: Double

  private enum CodingKeys: String, CodingKey {
    case rho
    case direct = "r2_postmean_direct"
  }

  private struct File: Decodable {
    let cases: [CopulaOracle]

    private enum CodingKeys: String, CodingKey {
      case cases = "copula_prior_uniform_test"
    }
  }

  static func load(from file: String = #filePath) throws -> [CopulaOracle] {
    let tests = URL(filePath: file).deletingLastPathComponent().deletingLastPathComponent()
    let data = try Data(contentsOf: tests.appending(path: "Fixtures/oracle.json"))
    return try JSONDecoder().decode(File.self, from: data).cases
  }
}
