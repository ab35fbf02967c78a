import Compute
import RealModule
import Testing
import Theory
import Trials

@Suite("RecoveryTests: curved boundaries")
struct GeneralRecoveryTests {
  private let circles: [Boundary] = [
    .ball(center: [-0.3, -0.2], radius: 0.35), .ball(center: [0.3, -0.25], radius: 0.3),
    .ball(center: [0, 0.35], radius: 0.3),
  ]

  private func distance(_ one: [Double], _ other: [Double]) -> Double {
    zip(one, other).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
  }

  @Test("Circles and branches of hyperbolas have the reference's probabilities and slopes")
  func probabilities() throws {
    for example in try RecoveryOracle.load().curved {
      if let radius = example.r, let probability = example.p {
        let boundary = Boundary.ball(center: [0, 0], radius: radius)
        let odds = CurvedOdds(of: boundary, center: example.mu, scale: example.s)
        #expect(abs(odds.probability - probability) < 1e-10)
        let length = distance(example.mu, [0, 0])
        let along = zip(odds.gradient, example.mu).reduce(0) { $0 + $1.0 * $1.1 } / length
        let variance = 1 / (2 + .exp(odds.logit) + .exp(-odds.logit))
        #expect(abs(variance * along - (try #require(example.slope))) < 1e-9)
      } else if let threshold = example.theta, let probability = example.branch {
        let boundary = Boundary.hyperbola(
          isFirstPositive: true,
          isSecondPositive: true,
          threshold: threshold
        )
        let odds = CurvedOdds(of: boundary, center: example.mu, scale: example.s)
        #expect(abs(odds.probability - probability) < 1e-10)
        // In the tail the odds still have digits.
        #expect(agree(Double.log(probability), -.log(onePlus: .exp(-odds.logit)), within: 1e-9))
      }
    }
  }

  @Test("A quadric that is a line, a circle or a hyperbola has its odds")
  func quadrics() {
    let (center, scale) = ([0.13, -0.22], 0.09)
    let line = Boundary.hyperplane(Hyperplane(normal: [0.6, 0.8], offset: 0.05))
    let flat = Boundary.quadric(matrix: [0, 0, 0, 0], normal: [0.6, 0.8], offset: 0.05)
    let circle = Boundary.ball(center: [0.1, 0.2], radius: 0.3)
    let round = Boundary.quadric(
      matrix: [-1, 0, 0, -1],
      normal: [0.2, 0.4],
      offset: 0.05 - 0.09
    )
    for (one, other) in [(line, flat), (circle, round)] {
      let exact = CurvedOdds(of: one, center: center, scale: scale)
      let found = CurvedOdds(of: other, center: center, scale: scale)
      #expect(agree(found.logit, exact.logit, within: 1e-10))
      for (left, right) in zip(found.gradient, exact.gradient) {
        #expect(agree(left, right, within: 1e-8))
      }
    }
    // Both sheets of x₁ x₂ > θ are the sum of two branches.
    let both = CurvedOdds(
      of: .quadric(matrix: [0, 0.5, 0.5, 0], normal: [0, 0], offset: 0.01),
      center: center,
      scale: scale
    )
    let sheets = [true, false].map { isPositive in
      CurvedOdds(
        of: .hyperbola(
          isFirstPositive: isPositive,
          isSecondPositive: isPositive,
          threshold: 0.01
        ),
        center: center,
        scale: scale
      ).probability
    }
    #expect(abs(both.probability - sheets[0] - sheets[1]) < 1e-10)
  }

  @Test("The gradient of the odds is that of finite differences")
  func gradients() {
    let boundaries =
      circles + [
        .hyperbola(isFirstPositive: true, isSecondPositive: false, threshold: 0.02),
        .quadric(matrix: [1, 0.5, 0.5, -2], normal: [0.3, -0.1], offset: 0.05),
        .hyperplane(Hyperplane(normal: [2, -1], offset: 0.1)),
      ]
    for boundary in boundaries {
      for center in [[0.1, 0.2], [-0.4, 0.33], [0.45, -0.1]] {
        let odds = CurvedOdds(of: boundary, center: center, scale: 0.1)
        for dimension in 0..<2 {
          let width = 1e-4
          var (above, below) = (center, center)
          above[dimension] += width
          below[dimension] -= width
          let difference =
            (CurvedOdds(of: boundary, center: above, scale: 0.1).logit
              - CurvedOdds(of: boundary, center: below, scale: 0.1).logit) / (2 * width)
          // Third derivatives of odds are of the order of s⁻³: width² · 1e3, and rounding.
          #expect(agree(odds.gradient[dimension], difference, within: 1e-5))
        }
      }
    }
  }

  @Test("Three circles, not in a row, give the latent without any ambiguity")
  func threeCircles() throws {
    for example in try RecoveryOracle.load().threeCircles {
      let recovery = GeneralRecovery(
        boundaries: zip(example.centres, example.radii).map { .ball(center: $0, radius: $1) },
        scale: example.s
      )
      let estimate = recovery.estimate(example.outputs.map(IdealLogit.logit(ofProbability:)))
      #expect(distance(estimate.latent, example.mu) < 1e-6)
      #expect(estimate.alternatives.isEmpty && estimate.smallestSingularValue > 1)
    }
  }

  @Test("Two circles have a mirror image, concentric ones a whole ring")
  func ambiguities() {
    let latent = [0.2, 0.3]
    func estimate(_ boundaries: [Boundary]) -> GeneralRecovery.Estimate {
      GeneralRecovery(boundaries: boundaries, scale: 0.1).estimate(
        boundaries.map { CurvedOdds(of: $0, center: latent, scale: 0.1).logit }
      )
    }
    let pair = estimate([
      .ball(center: [-0.2, 0], radius: 0.3), .ball(center: [0.25, 0], radius: 0.2),
    ])
    let places = [pair.latent] + pair.alternatives
    #expect(places.count == 2)
    for mirror in [[0.2, 0.3], [0.2, -0.3]] {
      #expect(places.contains { distance($0, mirror) < 1e-4 })
    }
    let rings = estimate([
      .ball(center: [0, 0], radius: 0.2), .ball(center: [0, 0], radius: 0.3),
      .ball(center: [0, 0], radius: 0.4),
    ])
    #expect(!rings.alternatives.isEmpty && rings.smallestSingularValue < 1e-6)
    #expect(rings.fisherEigenvalues[0] < 1e-9 && rings.fisherEigenvalues[1] > 1)
  }

  /// Tasks, a, and both Fisher eigenvalues at (a, a), at σ = 0.2 and t = 20.
  ///
  /// Integrals of the outputs and of their two derivatives over x₁ with 30 digits (mpmath). The reference's own, to 3e-6 the
  /// same, were made in double precision with less care.
  private static let diagonalEigenvalues: [(Int, Double, Double, Double)] = [
    (12, 0.05, 7.819091462869678, 141.1420994508991),
    (12, 0.1, 1.287481144626385, 303.7357825536847),
    (12, 0.15, 0.06267880069686316, 102.9396284490771),
    (12, 0.2, 0.0008876216945506402, 4.473536342335124),
    (12, 0.3, 4.20059035399326e-9, 255.2809347966198),
    (12, 0.4, 1.308340454319225e-16, 161.4372478748071),
    (12, 0.45, 3.502180275227811e-21, 317.5287257870162),
    (24, 0.05, 49.43354786491183, 264.2953562656323),
    (24, 0.1, 8.405729541097814, 222.7511965834154),
    (24, 0.15, 0.427456522425222, 104.3753253004647),
    (24, 0.2, 0.00629534582331911, 315.4282803197825),
    (24, 0.3, 3.138190364609593e-8, 438.8547533742879),
    (24, 0.4, 1.00430922355371e-15, 571.1470756559409),
    (24, 0.45, 2.711098253242059e-20, 454.9993769508468),
  ]

  @Test("On the diagonal of the paper's hyperbolas the information dies as exact integrals say")
  func diagonal() throws {
    let scale = Evidence(deviation: 0.2, looks: 20).posteriorScale
    for (count, place, smaller, larger) in Self.diagonalEigenvalues {
      let family = BoundaryFamily(.hyperbolas, count: count)
      let recovery = GeneralRecovery(
        boundaries: family.boundaries(dimensions: 2, seed: 0),
        scale: scale
      )
      let found = recovery.fisherEigenvalues(at: [place, place])
      // The smaller one is what the larger one's rounding leaves of it.
      #expect(abs(found[0] - smaller) < 1e-10 * smaller + 1e-13 * larger, "\(found) \(place)")
      #expect(abs(found[1] - larger) < 1e-10 * larger, "\(found) \(place)")
    }
    let reference = try RecoveryOracle.load().diagonal
    #expect(reference.count == Self.diagonalEigenvalues.count)
    for (row, exact) in zip(reference, Self.diagonalEigenvalues) {
      #expect(row.count == exact.0 && row.place == exact.1)
      let sorted = row.eigenvalues.sorted()
      // The reference's errors, which are those of its steps: up to 3e-6, and 1e-13 of rounding.
      #expect(abs(sorted[0] - exact.2) < 3e-6 * exact.2 + 1e-13)
      #expect(abs(sorted[1] - exact.3) < 3e-6 * exact.3)
    }
  }

  @Test("Balls in three dimensions have the closed form of the noncentral χ distribution")
  func balls() {
    func density(_ x: Double) -> Double { .exp(-0.5 * x * x) / (2 * Double.pi).squareRoot() }
    func tail(_ x: Double) -> Double { 0.5 * .erfc(x / 2.0.squareRoot()) }
    for scale in [0.02, 0.0447, 0.1, 0.3] {
      for radius in [0.2, 0.4, 0.6] {
        let (center, latent) = ([0.1, -0.2, 0.05], [-0.13, 0.11, 0.3])
        let (r, m) = (radius / scale, distance(center, latent) / scale)
        // P(|ξ + m e| < r) = Φ(r - m) - Φ(-r - m) - (φ(r - m) - φ(r + m))/m.
        let bend = (density(r - m) - density(r + m)) / m
        let inside = tail(m - r) - tail(m + r) - bend
        let outside = tail(r - m) + tail(r + m) + bend
        let odds = CurvedOdds(
          of: .ball(center: center, radius: radius),
          center: latent,
          scale: scale
        )
        // The smaller side's closed form loses digits to cancellation in far tails.
        guard min(inside, outside) > 1e-9 else { continue }
        let expected = Double.log(inside) - .log(outside)
        #expect(agree(odds.logit, expected, within: 1e-6), "s \(scale), r \(radius)")
        if min(inside, outside) > 1e-3 { #expect(abs(odds.logit - expected) < 1e-10) }
      }
    }
  }

  @Test("What is straight in one direction has the odds of the plane")
  func cylinders() {
    let (center, scale) = ([0.13, -0.22, 0.4], 0.09)
    // A turn in the first and the third axis.
    let (c, s) = (0.6, 0.8)
    func turned(_ x: [Double]) -> [Double] { [c * x[0] - s * x[2], x[1], s * x[0] + c * x[2]] }
    let axis = turned([0, 0, 1])
    var matrix: [Double] = []
    for row in 0..<3 {
      for column in 0..<3 { matrix.append(axis[row] * axis[column] - (row == column ? 1 : 0)) }
    }
    // r² - |x - m|² across the axis, m = (0.1, 0.2).
    let normal = turned([0.2, 0.4, 0])
    let tube = Boundary.quadric(matrix: matrix, normal: normal, offset: 0.05 - 0.09)
    let flat = CurvedOdds(
      of: .ball(center: [0.1, 0.2], radius: 0.3),
      center: [center[0], center[1]],
      scale: scale
    )
    let odds = CurvedOdds(of: tube, center: turned(center), scale: scale)
    #expect(agree(odds.logit, flat.logit, within: 1e-10))
    for (found, expected) in zip(odds.gradient, turned(flat.gradient + [0])) {
      #expect(abs(found - expected) < 1e-8 * max(1, abs(flat.gradient[0])))
    }
  }

  @Test(
    "Random quadrics of any dimension: slopes are differences, other sides other signs"
  )
  func randomQuadrics() {
    for dimensions in [1, 2, 3, 5, 10] {
      let boundaries = BoundaryFamily(.quadrics, count: 40).boundaries(
        dimensions: dimensions,
        seed: 3
      )
      let places = EvenPoints(dimensions: dimensions)
      for (index, boundary) in boundaries.enumerated() {
        guard case .quadric(let matrix, let normal, let offset) = boundary else { continue }
        let (place, scale) = (places[index], [0.01, 0.0447, 0.1, 0.3][index % 4])
        let odds = CurvedOdds(of: boundary, center: place, scale: scale)
        let other = CurvedOdds(
          of: .quadric(matrix: matrix.map(-), normal: normal.map(-), offset: -offset),
          center: place,
          scale: scale
        )
        #expect(agree(odds.logit, -other.logit, within: 1e-9), "D \(dimensions), \(index)")
        let size = distance(odds.gradient, odds.gradient.map { _ in 0 })
        for dimension in 0..<dimensions {
          let width = 1e-4 * scale
          var (above, below) = (place, place)
          above[dimension] += width
          below[dimension] -= width
          let difference =
            (CurvedOdds(of: boundary, center: above, scale: scale).logit
              - CurvedOdds(of: boundary, center: below, scale: scale).logit) / (2 * width)
          #expect(abs(odds.gradient[dimension] - difference) < 1e-5 * size)
        }
      }
    }
  }

  @Test("A saddle in space: its mass is that of discs, slice by slice")
  func saddle() {
    // x₁² - x₂² - x₃² > -0.04: at every x₁ a disc of radius √(x₁² + 0.04).
    let boundary = Boundary.quadric(
      matrix: [1, 0, 0, 0, -1, 0, 0, 0, -1],
      normal: [0, 0, 0],
      offset: -0.04
    )
    let (latent, scale) = ([0.1, 0.25, -0.2], 0.1)
    var mass = 0.0
    for step in -800..<800 {
      let x = (Double(step) + 0.5) / 100
      let first = latent[0] + scale * x
      let disc = CurvedOdds(
        of: .ball(center: [0, 0], radius: (first * first + 0.04).squareRoot()),
        center: [latent[1], latent[2]],
        scale: scale
      )
      mass += disc.probability * .exp(-0.5 * x * x) / (2 * Double.pi).squareRoot() / 100
    }
    let odds = CurvedOdds(of: boundary, center: latent, scale: scale)
    // The midpoint rule of a Gaussian is exact to rounding.
    #expect(abs(odds.probability - mass) < 1e-10)
  }

  @Test("Balls and quadrics in space give the latent; fewer of them say what else it could be")
  func space() {
    func estimate(_ boundaries: [Boundary], _ latent: [Double]) -> GeneralRecovery.Estimate {
      GeneralRecovery(boundaries: boundaries, scale: 0.1).estimate(
        boundaries.map { CurvedOdds(of: $0, center: latent, scale: 0.1).logit }
      )
    }
    let latent = [0.2, -0.15, 0.3]
    let family = BoundaryFamily(.mixed(offset: 0.3, radius: 0.4), count: 9)
    let found = estimate(family.boundaries(dimensions: 3, seed: 1), latent)
    #expect(distance(found.latent, latent) < 1e-6 && found.alternatives.isEmpty)

    let pair = estimate(
      [
        .ball(center: [-0.3, -0.2, 0], radius: 0.4), .ball(center: [0.3, -0.25, 0], radius: 0.4),
        .ball(center: [0, 0.35, 0], radius: 0.4),
      ],
      latent
    )
    let places = [pair.latent] + pair.alternatives
    for mirror in [latent, [0.2, -0.15, -0.3]] {
      #expect(places.contains { distance($0, mirror) < 1e-4 })
    }
  }

  @Test(
    "Both sheets of a hyperbola: the middle between them, where no slope is left, stops no search",
    arguments: [0.3, -0.3, 2, -2, 10, -10],
    [0.0447, 0.3]
  )
  func sheets(offset: Double, scale: Double) {
    let sheets = Boundary.quadric(matrix: [0, 0.5, 0.5, 0], normal: [0, 0], offset: offset)
    let recovery = GeneralRecovery(boundaries: [sheets], scale: scale)
    for logit in [2.0, -3, 1, .infinity] {
      let estimate = recovery.estimate([logit])
      #expect(estimate.latent.allSatisfy(\.isFinite) && estimate.cost.isFinite)
    }
  }

  @Test("Forms whose eigenvalues differ by many orders have finite slopes")
  func extremes() {
    for (matrix, offset) in [
      ([1e-7, 0, 0, 1e-9], -547.0), ([1e-7, 0, 0, -1e-9], -547), ([1e6, 1e6, 1e6, 1e6], -547),
      ([2.6e-6, 0, 0, -0.015], -0.183), ([1e3, 0, 0, -1e-12], -0.1),
    ] {
      let odds = CurvedOdds(
        of: .quadric(matrix: matrix, normal: [0, 0], offset: offset),
        center: [0.1, -0.2],
        scale: 0.8
      )
      #expect(!odds.logit.isNaN && odds.gradient.allSatisfy(\.isFinite), "\(matrix)")
      #expect((odds.logit > 0) == (offset < 0), "\(matrix) \(odds.logit)")
    }
  }

  @Test("Exact logits far beyond 1e4 give the latent", arguments: [0.003, 0.001])
  func largeLogits(scale: Double) {
    let recovery = GeneralRecovery(boundaries: circles, scale: scale)
    for latent in [[0.1, 0.2], [-0.4, 0.33], [0.45, -0.1]] {
      let logits = circles.map { CurvedOdds(of: $0, center: latent, scale: scale).logit }
      #expect(scale > 0.001 || logits.contains { abs($0) > 1e4 })
      let estimate = recovery.estimate(logits)
      #expect(distance(estimate.latent, latent) < 1e-3 * scale && estimate.cost < 1e-9)
    }
  }

  @Test("Flat boundaries have no wall: logits of ±450 are far outside of the box")
  func farLines() {
    let lines = [[1.0, 0], [0, 1]].map { Boundary.hyperplane(Hyperplane(normal: $0, offset: 0)) }
    let estimate = GeneralRecovery(boundaries: lines, scale: 0.1).estimate([450, -450])
    let expected = 0.1 * IdealLogit.inverse(450)
    #expect(distance(estimate.latent, [expected, -expected]) < 1e-8 && !estimate.isAtWall)
  }

  @Test("The predicted covariance is that of simulated errors; nothing is left of rounding")
  func covariance() throws {
    let (latent, scale, error) = ([0.1, -0.05], 0.1, 0.02)
    let recovery = GeneralRecovery(boundaries: circles, scale: scale)
    let exact = circles.map { CurvedOdds(of: $0, center: latent, scale: scale).logit }
    let predicted = try #require(recovery.estimate(exact).covariance)
    let trials = 1500
    var noise = Matrix(rows: 3, columns: trials)
    RandomStream(seed: 5, purpose: .evalNoise).fillNormal(noise.mutableView)
    var found = [Double](repeating: 0, count: 3)
    for trial in 0..<trials {
      let logits = exact.indices.map {
        exact[$0] + error * max(1, abs(exact[$0])) * Double(noise[$0, trial])
      }
      let estimate = recovery.estimate(logits).latent
      let (x, y) = (estimate[0] - latent[0], estimate[1] - latent[1])
      found = zip(found, [x * x, x * y, y * y]).map { $0 + $1 / Double(trials) }
    }
    let square = error * error
    let expected = [predicted[0, 0], predicted[0, 1], predicted[1, 1]].map { $0 * square }
    let size = max(expected[0], expected[2])
    // Four standard errors of a variance over 1500 trials, √(2/1500), and 2 % for the bends.
    for (one, other) in zip(found, expected) { #expect(abs(one - other) < 0.17 * size) }

    let rings = GeneralRecovery(
      boundaries: [0.2, 0.3, 0.4].map { .ball(center: [0, 0], radius: $0) },
      scale: 0.1
    )
    let ring = rings.estimate([-1, 0.5, 3])
    #expect(ring.smallestSingularValue == 0 && ring.fisherEigenvalues[0] == 0)
    #expect(ring.covariance == nil)
  }
}
