import RealModule
import TestSupport
import Testing
import Theory
import Trials

@Suite("Posteriors of boundaries of every kind")
struct BoundaryPosteriorTests {
  private static let boundaries: [Boundary] = [
    .hyperplane(Hyperplane(normal: [0.3, -0.9], offset: 0.07)),
    .ball(center: [0.2, -0.1], radius: 0.35),
    .ball(center: [-0.45, 0.45], radius: 0.2),
    // They turn back just outside the box, just inside, and at its wall.
    .ball(center: [0.2, -0.1], radius: 0.3003),
    .ball(center: [0.2, -0.1], radius: 0.2997),
    .ball(center: [0.2, -0.1], radius: 0.3),
    // Its two branches all but touch.
    .quadric(matrix: [1, 0.2, 0.2, -0.9], normal: [0.1, 0.05], offset: -0.0017),
    .quadric(matrix: [1.2, -0.4, -0.4, -0.9], normal: [0.2, 0.5], offset: 0.03),
    .quadric(matrix: [0.7, 1.1, 1.1, 0.2], normal: [-0.3, 0.1], offset: -0.02),
    .hyperbola(isFirstPositive: true, isSecondPositive: false, threshold: 0.04),
    .hyperbola(isFirstPositive: false, isSecondPositive: true, threshold: 0.01),
  ]

  private static let posteriors = [
    BoxPosterior(center: [0.12, -0.21], scale: 0.0447),
    BoxPosterior(center: [-0.35, 0.41], scale: 0.1),
    BoxPosterior(center: [0.55, -0.03], scale: 0.2),
    BoxPosterior([.normal(center: -0.1, scale: 0.05), .normal(center: 0.2, scale: 0.3)]),
    BoxPosterior(center: [0.498, -0.11], scale: 0.004),
  ]

  @Test("In the plane quadrature agrees with points", arguments: boundaries)
  func points(_ boundary: Boundary) {
    let points = LatticePoints(dimensions: 3, count: 4096, shifts: 16)
    for posterior in Self.posteriors {
      let sample = SampledPosterior(
        posterior.likelihoods,
        prior: LatentDistribution(),
        points: points
      )
      let estimate = sample.answer(to: boundary).probability
      let exact = posterior.probability(above: boundary)
      // Sixteen shifts: five standard errors leave 2e-4 to chance. Points lie right to 1e-9.
      #expect(abs(exact - estimate.value) < 5 * estimate.standardError + 1e-8, "\(boundary)")
      #expect(estimate.standardError < 1e-3)
    }
  }

  @Test("Swapped latents, swapped answers; logarithms give the same", arguments: boundaries)
  func twins(_ boundary: Boundary) {
    for posterior in Self.posteriors {
      let odds = posterior.logOdds(above: boundary)
      // The doubles' last digits over some hundred nodes.
      #expect(agree(odds, posterior.plainLogOdds(above: boundary), within: 1e-11), "\(boundary)")
      let swapped = BoxPosterior(posterior.likelihoods.reversed())
      // Other panels along the other axis: that the two agree shows that both are right. Odds of
      // up to ±25,000, a hundred deviations away, are among them.
      #expect(agree(swapped.logOdds(above: boundary.swapped), odds, within: 5e-9), "\(boundary)")
    }
  }

  @Test("The odds of lines are those of sums of logarithms, wherever the mean and the line lie")
  func lines() {
    var random = PlainRandom(seed: 3)
    var (worst, compared) = (0.0, 0)
    for index in 0..<4000 {
      // Every fourth so narrow that the far side is often below the smallest double.
      let least = index / 2 % 4 == 3 ? -7.0 : -4.5
      let widths = (0..<2).map { _ in Double.exp(random.uniform(from: least, to: 0)) }
      // A quarter of the lines is parallel to a wall, another one goes through the center.
      let normal = index % 4 == 0 ? [0, random.normal()] : [random.normal(), random.normal()]
      let line = Hyperplane(
        normal: index % 8 == 0 ? normal.reversed() : normal,
        offset: index % 4 == 1 ? 0 : 0.3 * random.normal()
      )
      // Up to four deviations outside of the box.
      let center = widths.map { random.uniform() - 0.5 + $0 * random.uniform(from: -4, to: 4) }
      let posterior = BoxPosterior(zip(center, widths).map { .normal(center: $0, scale: $1) })
      let odds = posterior.logOdds(above: line)
      let plain = posterior.plainLogOdds(above: .hyperplane(line))
      guard odds.isFinite else {
        #expect(odds == plain)
        continue
      }
      compared += 1
      let off = abs(odds - plain) / max(1, abs(plain))
      // Of odds beyond 1e5 nats a thousandth of a nat is 1e-8.
      let promise = abs(plain) > 5e4 ? 1e-8 : 1e-9
      #expect(off < promise, "\(odds) for \(plain): \(line), \(widths), \(center)")
      if promise == 1e-9 { worst = max(worst, off) }
    }
    // What LineOdds promises.
    #expect(worst < 1e-9, "\(worst)")
    #expect(compared > 3000)
  }

  @Test("Far from a corner the odds are those of a fine grid's logarithms")
  func corners() {
    // The side is a triangle with legs of 0.05 in a corner, up to forty deviations from μ.
    let line = Hyperplane(normal: [0.6, 0.6], offset: 0.57)
    for (center, scale) in [([-0.45, -0.3], 0.03), ([0.1, 0.2], 0.02), ([-0.2, 0.55], 0.0447)] {
      let cells = 2000
      let width = 0.05 / Double(cells)
      // Triangles of halved squares: midpoints of both halves, an error of order width².
      var terms: [Double] = []
      func add(_ x: Double, _ y: Double) {
        let (first, second) = ((x - center[0]) / scale, (y - center[1]) / scale)
        terms.append(-0.5 * (first * first + second * second))
      }
      for row in 0..<cells {
        for column in 0..<(cells - row) {
          let (x, y) = (0.5 - Double(row) * width, 0.5 - Double(column) * width)
          add(x - width / 3, y - width / 3)
          if column + row < cells - 1 { add(x - width * 2 / 3, y - width * 2 / 3) }
        }
      }
      let top = terms.reduce(-.infinity, max)
      let sum = terms.reduce(0) { $0 + .exp($1 - top) } * width * width / 2
      // The other side is the box but for less than a rounding.
      let whole = center.reduce(1.0) { product, place in
        let (left, right) = ((-0.5 - place) / scale, (0.5 - place) / scale)
        let root = 0.5.squareRoot()
        let tails = 0.5 * (Double.erfc(-right * root) - Double.erfc(-left * root))
        return product * tails * scale * (2 * Double.pi).squareRoot()
      }
      let expected = top + .log(sum / whole)
      let odds = BoxPosterior(center: center, scale: scale).logOdds(above: line)
      #expect(abs(odds - expected) < 3e-4, "\(odds) \(expected)")
    }
  }

  @Test("In three dimensions points agree with nested quadrature")
  func solids() throws {
    let points = LatticePoints(dimensions: 4, count: 2048, shifts: 16)
    for example in try ObserverOracle.load().solids {
      let scale = Evidence(deviation: example.sigma, looks: example.t).posteriorScale
      let sample = SampledPosterior(
        example.mu.map { .normal(center: $0, scale: scale) },
        prior: LatentDistribution(dimensions: 3),
        points: points
      )
      let plane = Boundary.hyperplane(Hyperplane(normal: example.c, offset: example.b))
      let estimate = sample.answer(to: plane).probability
      // The reference's 1e-8, and five of sixteen copies' standard errors: 2e-4 to chance.
      #expect(abs(estimate.value - example.pBox) < 5 * estimate.standardError + 1e-8)
      #expect(estimate.standardError < 1e-4)
    }
  }
}

extension Boundary {
  fileprivate var swapped: Boundary {
    switch self {
    case .hyperplane(let plane):
      .hyperplane(Hyperplane(normal: plane.normal.reversed(), offset: plane.offset))
    case .ball(let center, let radius): .ball(center: center.reversed(), radius: radius)
    case .quadric(let matrix, let normal, let offset):
      .quadric(matrix: matrix.reversed(), normal: normal.reversed(), offset: offset)
    case .hyperbola(let first, let second, let threshold):
      .hyperbola(isFirstPositive: second, isSecondPositive: first, threshold: threshold)
    }
  }
}
