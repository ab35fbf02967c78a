import Foundation
import Theory
import Trials

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

/// `Tests/Fixtures/observers.json`: what single looks say, by quadrature; `make_observer_fixtures.py`
/// beside it made it, and says how.
struct ObserverFixture: Decodable {
  let lines: [BoundaryCase]
  let curves: [BoundaryCase]
  let correlations: [Double]
  let spaceCorrelations: [Double]
  let normals: [String: [BoundaryCase]]
  let plane: [Trial]
  let space: [Trial]

  struct BoundaryCase: Decodable {
    let kind: String?
    let normal: [Double]?
    let offset: Double?
    let center: [Double]?
    let radius: Double?
    let matrix: [Double]?
    let signs: [Double]?
    let threshold: Double?

    var boundary: Boundary? {
      if let center, let radius { return .ball(center: center, radius: radius) }
      if let signs, let threshold {
        return .hyperbola(
          isFirstPositive: signs[0] > 0,
          isSecondPositive: signs[1] > 0,
          threshold: threshold
        )
      }
      guard let normal, let offset else { return nil }
      guard let matrix else { return .hyperplane(Hyperplane(normal: normal, offset: offset)) }
      return .quadric(matrix: matrix, normal: normal, offset: offset)
    }
  }

  struct Trial: Decodable {
    let law: String
    let sigma: Double
    let looks: [[Double]]
    let steps: [Step]
    let refinement: Double

    /// What is known of each latent after some looks, by the code under test.
    func likelihoods(after count: Int) -> [Likelihood] {
      let law: NoiseLaw =
        switch self.law {
        case "anisotropic": .anisotropic(ratio: 2)
        case "autoregressive": .autoregressive(correlation: 0.7)
        case "gumbel": .gumbel
        default: .gaussian
        }
      let dimensions = looks[0].count
      let model = NoiseModel(law, deviation: sigma, dimensions: dimensions)
      return (0..<dimensions).map { dimension in
        var sum = LookSum(model, dimension: dimension)
        for look in looks.prefix(count) { sum.add(look[dimension]) }
        return model.likelihood(of: dimension, estimate: sum.estimate, looks: count)
      }
    }
  }

  struct Step: Decodable {
    let mean: [Double]?
    let variance: [Double]?
    let flat: [Double?]
    let box: [Double?]
    let values: [[Double]]?
    let copulas: [[Double]]?
    let copulaMeans: [[Double]]?
    let copulaValues: [[[Double]]]?
  }

  static func load(from file: String = #filePath) throws -> ObserverFixture {
    let tests = URL(filePath: file).deletingLastPathComponent().deletingLastPathComponent()
    return try JSONDecoder().decode(
      ObserverFixture.self,
      from: Data(contentsOf: tests.appending(path: "Fixtures/observers.json"))
    )
  }
}

extension FlatPosterior {
  /// After white noise: N(μ, s² I).
  init(center: [Double], scale: Double) {
    self.init(center.map { .normal(center: $0, scale: scale) })
  }
}
