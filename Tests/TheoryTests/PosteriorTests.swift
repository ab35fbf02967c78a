import RealModule
import Testing
import Theory
import Trials

@Suite("Posteriors of the ideal observer")
struct PosteriorTests {
  @Test("Flat prior: probability and odds agree with the reference")
  func flatPrior() throws {
    for example in try Oracle.load().posteriors {
      let evidence = Evidence(deviation: example.sigma, looks: example.t)
      let posterior = FlatPosterior(center: example.mu, scale: evidence.posteriorScale)
      let boundary = Hyperplane(normal: example.c, offset: example.b)
      // Both are doubles with 15 digits; the far tails lose x² ulp.
      #expect(agree(posterior.probability(above: boundary), example.pFlat, within: 1e-12))
      #expect(agree(posterior.logOdds(above: boundary), example.logoddsFlat, within: 1e-12))
    }
  }

  @Test("Box prior: probability and odds agree with 30-digit integrals")
  func boxPrior() throws {
    let examples = try Oracle.load().posteriors
    #expect(examples.count == 100)
    for example in examples {
      let evidence = Evidence(deviation: example.sigma, looks: example.t)
      let posterior = BoxPosterior(center: example.mu, scale: evidence.posteriorScale)
      let boundary = Hyperplane(normal: example.c, offset: example.b)
      // Far in a tail it is the reference's odds that err: where it has -89.2205736797, an integral of
      // 60 digits has -89.2205781330924, which is what both of ours say.
      #expect(agree(posterior.probability(above: boundary), example.pBox, within: 1e-12))
      #expect(agree(posterior.logOdds(above: boundary), example.logoddsBox, within: 1e-7))
      let plain = posterior.plainLogOdds(above: .hyperplane(boundary))
      #expect(agree(plain, example.logoddsBox, within: 1e-7))
      if abs(example.logoddsBox) < 60 {
        #expect(agree(posterior.logOdds(above: boundary), example.logoddsBox, within: 1e-10))
      }
    }
  }

  @Test("Box prior: mean and variance agree with the reference")
  func boxMoments() throws {
    for example in try Oracle.load().posteriors {
      let evidence = Evidence(deviation: example.sigma, looks: example.t)
      let posterior = BoxPosterior(center: example.mu, scale: evidence.posteriorScale)
      for dimension in 0..<2 {
        // The reference has 15 digits.
        #expect(abs(posterior.mean[dimension] - example.meanBox[dimension]) < 1e-14)
        #expect(abs(posterior.variance[dimension] / example.varBox[dimension] - 1) < 1e-11)
      }
    }
  }

  @Test("Moments stay exact for means far outside and for noise much wider than the box")
  func momentsInTheTails() {
    // Ends of the box in standard deviations, then mean and variance there: closed forms of the
    // truncated normal distribution, evaluated with mpmath at 80 digits.
    let exact: [(lower: Double, upper: Double, mean: Double, variance: Double)] = [
      (-1, 2, 0.229637179091328969, 0.519762539211533936),
      (0, 3, 0.79115682606341678, 0.347407801235801963),
      (5, 6, 5.18314709047717352, 0.0294524307684830572),
      (30, 50, 30.033259667433677, 0.001103771511890091),
      (-100.25, -90, -90.0111083693188496, 0.000123365434612959969),
      (0.1, 0.1001, 0.100049999916625, 8.33333333051384721e-10),
      (-12, 12, 0, 1),
      (-3, 100, 0.00443783904212566379, 0.986666788458259194),
    ]
    for (lower, upper, mean, variance) in exact {
      let scale = 1 / (upper - lower)
      let center = -0.5 - lower * scale
      let posterior = BoxPosterior(center: [center], scale: scale)
      // The box is found again from the center with a rounding of |center|/s · ulp.
      let rounding = max(1, abs(center)) / scale * 1e-15
      #expect(abs((posterior.mean[0] - center) / scale - mean) < max(1e-14, rounding))
      #expect(abs(posterior.variance[0] / (scale * scale) / variance - 1) < 1e-11)
    }
  }

  @Test("The ideal logit of z agrees with the table")
  func logits() throws {
    for row in try Oracle.load().logits {
      let posterior = FlatPosterior(center: [row.z], scale: 1)
      let logit = posterior.logOdds(above: Hyperplane(normal: [1], offset: 0))
      #expect(agree(logit, row.logit, within: 1e-13))
    }
  }

  @Test("Opposite questions have opposite odds, and longer normals ask the same")
  func symmetries() {
    let posterior = BoxPosterior(center: [0.31, -0.44], scale: 0.12)
    let odds = posterior.logOdds(above: Hyperplane(normal: [0.6, 0.8], offset: -0.1))
    let opposite = posterior.logOdds(above: Hyperplane(normal: [-0.6, -0.8], offset: 0.1))
    let longer = posterior.logOdds(above: Hyperplane(normal: [3, 4], offset: -0.5))
    let swapped = BoxPosterior(center: [-0.44, 0.31], scale: 0.12)
      .logOdds(above: Hyperplane(normal: [0.8, 0.6], offset: -0.1))
    // Rounding of a sum over some hundred nodes.
    #expect(agree(opposite, -odds, within: 1e-13))
    #expect(agree(longer, odds, within: 1e-13))
    #expect(agree(swapped, odds, within: 1e-13))
  }

  @Test("A line parallel to a wall asks about one coordinate only")
  func parallelToWall() {
    let (scale, center, offset) = (0.2, 0.37, 0.1)
    let posterior = BoxPosterior(center: [center, 0.2], scale: scale)
    func cumulative(_ x: Double) -> Double { 0.5 * .erfc((center - x) / scale * 0.5.squareRoot()) }
    let exact =
      (cumulative(0.5) - cumulative(offset)) / (cumulative(0.5) - cumulative(-0.5))
    let probability = posterior.probability(above: Hyperplane(normal: [2, 0], offset: 2 * offset))
    #expect(abs(probability - exact) < 1e-14)
  }

  @Test("A line that misses the box leaves no doubt")
  func outsideTheBox() {
    let posterior = BoxPosterior(center: [0.1, 0.2], scale: 0.1)
    #expect(posterior.probability(above: Hyperplane(normal: [1, 1], offset: 1.5)) == 0)
    #expect(posterior.probability(above: Hyperplane(normal: [1, 1], offset: -1.5)) == 1)
    #expect(posterior.logOdds(above: Hyperplane(normal: [1, 1], offset: -1.5)) == .infinity)
  }

  @Test("Ten deviations inside the walls the box doesn't matter")
  func agreesWithFlatInside() {
    let boundary = Hyperplane(normal: [0.28, -0.96], offset: 0.01)
    let box = BoxPosterior(center: [0.1, -0.05], scale: 0.02)
    let flat = FlatPosterior(center: [0.1, -0.05], scale: 0.02)
    // The odds are 18; of these the walls, 20 s away, take exp(-200).
    #expect(agree(box.logOdds(above: boundary), flat.logOdds(above: boundary), within: 1e-13))
    #expect(abs(box.mean[0] - 0.1) < 1e-15 && abs(box.variance[1] / 4e-4 - 1) < 1e-12)
  }
}
