import Files
import Theory
import Trials

/// Times the ideal observer: `disentangle-bench posteriors`.
///
/// Prints one line of JSON for each kind of posterior: microseconds for one of them on this core, the
/// fastest and the slowest of five rounds beside the median, and what the bounds of the default world take.
enum PosteriorBench {
  static func run() {
    let plane = Centers(dimensions: 2, count: 100_000)
    let line = Hyperplane(normal: [0.6, 0.8], offset: 0)
    report("box posterior in the plane: odds of a line, means and variances", plane.count) {
      plane.sum { center in
        let posterior = BoxPosterior(center: center, scale: Self.scale)
        let moments = posterior.moments
        return posterior.logOdds(above: line) + moments[0].mean + moments[1].variance
      }
    }
    let prepared = LineOdds(line, scale: Self.scale)
    report("the same: odds of a line alone", plane.count) {
      plane.sum { prepared.logOdds(of: $0) }
    }
    let circle = Boundary.ball(center: [0.2, -0.1], radius: 0.3)
    let fewer = Centers(dimensions: 2, count: 2000)
    report("the same: odds of a circle", fewer.count) {
      fewer.sum { BoxPosterior(center: $0, scale: Self.scale).logOdds(above: circle) }
    }
    let few = Centers(dimensions: 2, count: 500)
    report("copula of correlation 0.7 in the plane: odds of a line", few.count) {
      few.sum {
        CopulaPosterior($0.map { .normal(center: $0, scale: Self.scale) }, correlation: 0.7)
          .logOdds(above: .hyperplane(line))
      }
    }
    for dimensions in [3, 10] {
      let centers = Centers(dimensions: dimensions, count: 500)
      let points = LatticePoints(dimensions: dimensions + 1)
      let normal = (0..<dimensions).map { 1 / Double($0 + 1) }
      let boundary = Boundary.hyperplane(Hyperplane(normal: normal, offset: 0.1))
      report("\(dimensions) latents: 256 points and odds of a hyperplane", centers.count) {
        centers.sum {
          let sample = SampledPosterior(
            $0.map { .normal(center: $0, scale: Self.scale) },
            prior: LatentDistribution(dimensions: dimensions),
            points: points
          )
          return sample.answer(to: boundary).logOdds.value
        }
      }
    }
    let evidence = Evidence(deviation: 0.2, looks: 20)
    let lines = BoundaryFamily.evenlySpacedLines(count: 24).boundaries(dimensions: 2, seed: 0)
    report("ceilings and floors of the default world", 1) {
      let answers = AnswerCeiling(
        boundaries: lines.compactMap(\.hyperplane),
        evidence: evidence
      )
      let latents = Ceilings(dimensions: 2, evidence: evidence)
      return answers.crossEntropy + latents.anyDecoder + latents.anyDecoderToldOrthant
        + latents.linearHeldOut
    }
  }

  /// σ/√t of the paper's world.
  private static let scale = 0.2 / 20.0.squareRoot()

  private static func report(_ name: String, _ count: Int, _ work: () -> Double) {
    var times: [Double] = []
    var sum = 0.0
    for _ in 0..<5 {
      let start = Platform.monotonicSeconds
      sum += work()
      times.append((Platform.monotonicSeconds - start) * 1e6 / Double(count))
    }
    times.sort()
    let line: JSONValue = [
      "what": .string(name), "count": .integer(count), "microseconds": .number(times[2]),
      "fastest": .number(times[0]), "slowest": .number(times[4]),
      // So that no compiler leaves the work out.
      "checksum": .number(sum.isFinite ? sum : 0),
    ]
    print(line.compact)
  }
}

/// Means of observations all over the box.
private struct Centers {
  let count: Int
  private let values: [[Double]]

  init(dimensions: Int, count: Int) {
    self.count = count
    values = (0..<count).map { index in
      (0..<dimensions).map { dimension in
        let place = Double(index + 1) * Double(dimension + 2).squareRoot()
        return place - place.rounded(.down) - 0.5
      }
    }
  }

  func sum(_ value: ([Double]) -> Double) -> Double {
    values.reduce(0) { sum, center in
      let value = value(center)
      return value.isFinite ? sum + value : sum
    }
  }
}
