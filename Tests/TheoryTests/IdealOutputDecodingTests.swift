import Compute
import Foundation
import TestSupport
import Testing
import Theory
import Trials

@Suite("Linear decoders of the ideal observer's outputs")
struct OutputDecodingTests {
  @Test("Evenly spaced lines, flat and box prior, agree with the reference")
  func evenlySpaced() throws {
    for example in try PredictionOracle.load().evenlySpaced where example.boundaryCount <= 24 {
      for hasBoxPrior in [false, true] {
        let decoding = IdealOutputDecoding(
          boundaries: BoundaryFamily.evenlySpacedLines(count: example.boundaryCount)
            .boundaries(dimensions: 2, seed: 0),
          scale: Evidence(deviation: example.sigma, looks: 20).posteriorScale,
          regions: SignRegion.orthants(dimensions: 2),
          trials: 3000,
          hasBoxPrior: hasBoxPrior
        )
        let name = "σ = \(example.sigma), N = \(example.boundaryCount), box prior \(hasBoxPrior)"
        check(decoding.logits, hasBoxPrior ? example.logitBox : example.logitFlat, name)
        if hasBoxPrior { check(decoding.probabilities, example.probabilityBox, "P, \(name)") }
      }
    }
  }

  /// Four times both standard errors; a floor of 0.002 since ours come from four repetitions, and
  /// may by chance be much too small, and since 3000 trials fit less well than 72,000.
  private func check(_ pair: IdealOutputDecoding.Pair, _ expected: [Double], _ name: String) {
    for (value, (r2, error)) in [
      (pair.inDistribution, (expected[0], expected[1])), (pair.heldOut, (expected[2], expected[3])),
    ] {
      let tolerance = max(0.002, 4 * (value.standardError + error))
      #expect(abs(value.r2 - r2) < tolerance, "\(name): \(value), reference \(r2) ± \(error)")
    }
  }

  @Test("Random hyperplanes and the flat observer agree with the reference")
  func random() throws {
    let examples = try PredictionOracle.load().random.filter {
      [2, 4].contains($0.dimensions) && [12, 24].contains($0.boundaryCount)
    }
    #expect(examples.count >= 4)
    for example in examples {
      let dimensions = example.dimensions
      let draws = (0..<6).map { seed in
        IdealOutputDecoding(
          boundaries: BoundaryFamily(
            .hyperplanes(offset: 0, cone: 180),
            count: example.boundaryCount
          ).boundaries(dimensions: dimensions, seed: seed),
          scale: Evidence(deviation: example.sigma, looks: 20).posteriorScale,
          regions: Array(SignRegion.orthants(dimensions: dimensions).prefix(4)),
          trials: 4000,
          hasBoxPrior: false
        )
      }
      let name = "D = \(dimensions), σ = \(example.sigma), N = \(example.boundaryCount)"
      check(draws.map(\.logits.inDistribution), Array(example.logit[0..<2]), name)
      check(draws.map(\.logits.heldOut), Array(example.logit[2..<4]), name)
      check(draws.map(\.probabilities.inDistribution), Array(example.probability[0..<2]), name)
      check(draws.map(\.probabilities.heldOut), Array(example.probability[2..<4]), name)
    }
  }

  /// Four standard errors: the reference's, ours over draws of the boundaries, and that of the trials,
  /// which all draws share; a floor of 0.004 for errors that come from four repetitions or six draws.
  private func check(_ values: [IdealOutputDecoding.Value], _ expected: [Double], _ name: String) {
    let average = mean(values.map(\.r2))
    let spread = values.reduce(0) { $0 + ($1.r2 - average) * ($1.r2 - average) }
    let count = Double(values.count)
    let draws = (spread / (count - 1) / count).squareRoot()
    let trials = mean(values.map(\.standardError))
    let tolerance = max(0.004, 4 * (draws + trials + expected[1]))
    #expect(abs(average - expected[0]) < tolerance, "\(name): \(average), reference \(expected)")
  }

  @Test("Curved boundaries that are lines are decoded as lines")
  func curves() {
    let lines = BoundaryFamily.evenlySpacedLines(count: 5).boundaries(dimensions: 2, seed: 0)
    let quadrics = lines.compactMap(\.hyperplane).map {
      Boundary.quadric(matrix: [0, 0, 0, 0], normal: $0.normal, offset: $0.offset)
    }
    let regions = SignRegion.orthants(dimensions: 2)
    let decodings = [lines, quadrics].map {
      IdealOutputDecoding(boundaries: $0, scale: 0.05, regions: regions, trials: 100)
    }
    // The odds of curves are right to 1e-8, those of lines to 1e-9.
    #expect(abs(decodings[0].logits.heldOut.r2 - decodings[1].logits.heldOut.r2) < 1e-6)
    #expect(
      abs(
        decodings[0].probabilities.inDistribution.r2 - decodings[1].probabilities.inDistribution.r2
      )
        < 1e-6
    )
  }

  @Test("Two axes without a prior: the mean square of logits by quadrature gives r²")
  func quadrature() {
    // One line per latent: with l(z) odd, r² in distribution is 12 E[l x]²/E[l²], by symmetry.
    let scale = 0.1
    let axes = (0..<2).map { axis in
      Boundary.hyperplane(Hyperplane(normal: axis == 0 ? [1, 0] : [0, 1], offset: 0))
    }
    let decoding = IdealOutputDecoding(
      boundaries: axes,
      scale: scale,
      regions: SignRegion.orthants(dimensions: 2),
      trials: 4000,
      hasBoxPrior: false
    )
    let rule = Quadrature.gaussLegendre(order: 12).repeated(
      between: Quadrature.edges(
        from: -0.5 - 8 * scale,
        to: 0.5 + 8 * scale,
        panelsNoWiderThan: 0.05
      )
    )
    var (cross, square) = (0.0, 0.0)
    for (center, weight) in zip(rule.nodes, rule.weights) {
      let mass = NormalDistribution.probability(
        from: (-0.5 - center) / scale,
        to: (0.5 - center) / scale
      )
      let logit = IdealLogit.value(center / scale)
      cross += weight * mass * logit * BoxPosterior(center: [center], scale: scale).mean[0]
      square += weight * mass * logit * logit
    }
    let value = decoding.logits.inDistribution
    #expect(abs(value.r2 - 12 * cross * cross / square) < max(5e-4, 4 * value.standardError))
  }

  @Test("Copies of a task add nothing")
  func copies() {
    let lines = BoundaryFamily.evenlySpacedLines(count: 3).boundaries(dimensions: 2, seed: 0)
    let regions = SignRegion.orthants(dimensions: 2)
    let once = IdealOutputDecoding(boundaries: lines, scale: 0.05, regions: regions)
    let twice = IdealOutputDecoding(boundaries: lines + lines, scale: 0.05, regions: regions)
    #expect(abs(once.logits.heldOut.r2 - twice.logits.heldOut.r2) < 1e-9)
    #expect(abs(once.probabilities.heldOut.r2 - twice.probabilities.heldOut.r2) < 1e-9)
  }
}

/// The reference values in `Tests/Fixtures/predictions.json`; `oracle.md` beside it says how they
/// were made.
struct PredictionOracle: Decodable {
  let evenlySpaced: [Lines]
  let random: [Planes]
  let conditioning: [Conditioning]

  struct Lines: Decodable {
    let sigma: Double
    let boundaryCount: Int
    let logitFlat: [Double]
    let logitBox: [Double]
    let probabilityBox: [Double]

    private enum CodingKeys: String, CodingKey {
      case sigma
      case boundaryCount = "N"
      case logitFlat
      case logitBox
      case probabilityBox
    }
  }

  struct Planes: Decodable {
    let dimensions: Int
    let sigma: Double
    let boundaryCount: Int
    let logit: [Double]
    let probability: [Double]

    private enum CodingKeys: String, CodingKey {
      case dimensions = "D"
      case sigma
      case boundaryCount = "N"
      case logit
      case probability
    }
  }

  struct Conditioning: Decodable {
    let dimensions: Int
    let boundaryCount: Int
    let condMedian: Double
    let noiseGainMedian: Double
    let tightFrame: Double

    private enum CodingKeys: String, CodingKey {
      case dimensions = "D"
      case boundaryCount = "N"
      case condMedian = "cond_median"
      case noiseGainMedian = "noise_gain_median"
      case tightFrame = "tight_frame"
    }
  }

  static func load(from file: String = #filePath) throws -> PredictionOracle {
    let tests = URL(filePath: file).deletingLastPathComponent().deletingLastPathComponent()
    return try JSONDecoder().decode(
      PredictionOracle.self,
      from: Data(contentsOf: tests.appending(path: "Fixtures/predictions.json"))
    )
  }
}
