import Compute
import RealModule
import TestSupport
import Testing
import Trials

@Suite("Families of boundaries")
struct BoundaryFamilyTests {
  private static func boundaries(
    _ shape: BoundaryFamily.Shape,
    _ count: Int,
    dimensions: Int = 2,
    copies: Int = 1,
    seed: UInt64 = 9
  ) -> [Boundary] {
    BoundaryFamily(shape, count: count, copies: copies)
      .boundaries(dimensions: dimensions, seed: seed)
  }

  private static func hyperplanes(
    _ count: Int,
    dimensions: Int,
    offset: Double = 0,
    cone: Double = 180
  ) -> [Hyperplane] {
    boundaries(.hyperplanes(offset: offset, cone: cone), count, dimensions: dimensions)
      .compactMap(\.hyperplane)
  }

  private static func balls(_ count: Int, dimensions: Int, radius: Double) -> [([Double], Double)] {
    boundaries(.circles(radius: radius), count, dimensions: dimensions).compactMap {
      if case .ball(let center, let radius) = $0 { (center, radius) } else { nil }
    }
  }

  // MARK: Hyperplanes

  @Test("A family with a seed of its own draws the same, whoever asks")
  func ownSeed() {
    for shape in [
      BoundaryFamily.Shape.hyperplanes(offset: 0.2, cone: 60), .circles(radius: 0.4), .quadrics,
      .mixed(offset: 0.1, radius: 0.3),
    ] {
      let run = BoundaryFamily(shape, count: 6)
      let own = BoundaryFamily(shape, count: 6, seed: 7)
      let drawn = run.boundaries(dimensions: 3, seed: 7)
      for seed in [UInt64(0), 7] { #expect(own.boundaries(dimensions: 3, seed: seed) == drawn) }
      #expect(run.boundaries(dimensions: 3, seed: 0) != drawn && own.isRandom)
    }
  }

  @Test(
    "Random normals have length one, offsets lie in their range, angles within the cone",
    arguments: [2, 3, 10, 100],
    [180.0, 40]
  )
  func hyperplanes(dimensions: Int, cone: Double) {
    let planes = Self.hyperplanes(60, dimensions: dimensions, offset: 0.3, cone: cone)
    #expect(planes.count == 60 && Set(planes).count == 60)
    for plane in planes {
      #expect(plane.normal.count == dimensions)
      // A few roundings of each of D squares.
      #expect((plane.normalLength - 1).magnitude < 1e-14)
      #expect(plane.offset.magnitude <= 0.3)
      #expect(plane.normal[0] >= Double.cos(cone * Double.pi / 180) - 1e-15)
    }
    #expect(Set(planes.map { $0.offset < 0 }) == [true, false])
    #expect(Self.hyperplanes(9, dimensions: dimensions).allSatisfy { $0.offset.magnitude == 0 })
  }

  @Test("Normals are uniform on the sphere and offsets on their range")
  func uniformNormals() {
    // Archimedes: on a sphere in three dimensions each coordinate is uniform.
    let planes = Self.hyperplanes(5000, dimensions: 3, offset: 0.4)
    for dimension in 0..<3 {
      #expect(kolmogorovSmirnov(planes.map { $0.normal[dimension] }) { ($0 + 1) / 2 } > 1e-4)
    }
    #expect(kolmogorovSmirnov(planes.map(\.offset)) { ($0 + 0.4) / 0.8 } > 1e-4)
    let limit = 5 / 5000.0.squareRoot()
    let first = planes.map { $0.normal[0] }
    #expect(correlation(first, planes.map { $0.normal[1] }).magnitude < limit)
    #expect(correlation(first, planes.map(\.offset)).magnitude < limit)
    let turns = Self.hyperplanes(5000, dimensions: 2).map {
      Double.atan2(y: $0.normal[1], x: $0.normal[0]) / (2 * Double.pi) + 0.5
    }
    #expect(kolmogorovSmirnov(turns) { $0 } > 1e-4)
  }

  @Test("In a cone the angle to the first axis is uniform, and so is the rest", arguments: [3, 12])
  func cone(dimensions: Int) {
    let planes = Self.hyperplanes(5000, dimensions: dimensions, offset: 0.4, cone: 30)
    let angles = planes.map { Double.acos($0.normal[0]) * 180 / Double.pi }
    #expect(kolmogorovSmirnov(angles) { $0 / 30 } > 1e-4)
    let turns = planes.map { plane in
      Double.atan2(y: plane.normal[2], x: plane.normal[1]) / (2 * Double.pi) + 0.5
    }
    // Two coordinates of a uniform direction have a uniform angle in their plane.
    #expect(kolmogorovSmirnov(turns) { $0 } > 1e-4)
    let limit = 5 / 5000.0.squareRoot()
    #expect(correlation(angles, turns).magnitude < limit)
    #expect(correlation(angles, planes.map(\.offset)).magnitude < limit)
  }

  @Test("In the plane a cone opens to both sides of the first axis")
  func coneInThePlane() {
    let planes = Self.hyperplanes(4000, dimensions: 2, cone: 60)
    let angles = planes.map { Double.atan2(y: $0.normal[1], x: $0.normal[0]) * 180 / Double.pi }
    #expect(kolmogorovSmirnov(angles) { ($0 + 60) / 120 } > 1e-4)
    // A cone of no width is one task.
    let closed = Self.hyperplanes(3, dimensions: 2, cone: 0)
    #expect(closed.allSatisfy { $0.normal == [1, 0] })
  }

  @Test("Axes ask for the sign of each latent", arguments: [2, 5])
  func axes(dimensions: Int) {
    let family = BoundaryFamily(.axes, count: 1)
    #expect(family.count(dimensions: dimensions) == dimensions)
    for (index, boundary) in family.boundaries(dimensions: dimensions, seed: 1).enumerated() {
      var latent = [Double](repeating: -0.2, count: dimensions)
      #expect(!boundary.isAbove(latent))
      latent[index] = 0.01
      #expect(boundary.isAbove(latent) && boundary.value(at: latent) == 0.01)
    }
  }

  // MARK: Curved

  @Test(
    "Hyperbolas ask x₁x₂ > θ in quadrants 1 and 3, x₁x₂ < -θ in 2 and 4",
    arguments: [4, 8, 12, 48]
  )
  func hyperbolas(count: Int) {
    let boundaries = Self.boundaries(.hyperbolas, count)
    #expect(boundaries.count == count)
    let quarter = count / 4
    // 0.2 · linspace(1/2N, 1, N/4).
    let thresholds = (0..<quarter).map { place -> Double in
      let first = 1 / (2 * Double(count))
      return 0.2
        * (quarter == 1 ? first : first + (1 - first) * Double(place) / Double(quarter - 1))
    }
    for row in 0..<40 {
      for column in 0..<40 {
        let (x, y) = (Double(column) / 39.5 - 0.4951, Double(row) / 39.5 - 0.4933)
        for place in 0..<quarter {
          let theta = thresholds[place]
          let expected = [
            x > 0 && y > 0 && x * y > theta, x < 0 && y > 0 && x * y < -theta,
            x < 0 && y < 0 && x * y > theta, x > 0 && y < 0 && x * y < -theta,
          ]
          for (quadrant, isAbove) in expected.enumerated() {
            let boundary = boundaries[quadrant * quarter + place]
            #expect(boundary.isAbove([x, y]) == isAbove, "\(quadrant), \(place) at \(x), \(y)")
          }
        }
      }
    }
  }

  @Test("Thresholds of hyperbolas, worked out by hand")
  func thresholds() {
    func thresholds(_ count: Int) -> [Double] {
      Self.boundaries(.hyperbolas, count).compactMap {
        if case .hyperbola(_, _, let threshold) = $0 { threshold } else { nil }
      }
    }
    func agree(_ found: ArraySlice<Double>, _ expected: [Double]) -> Bool {
      found.count == expected.count
        && zip(found, expected).allSatisfy { ($0 - $1).magnitude < 1e-15 }
    }
    #expect(agree(thresholds(4)[0..<1], [0.025]))
    #expect(agree(thresholds(8)[0..<2], [0.0125, 0.2]))
    #expect(agree(thresholds(12)[3..<6], [1 / 120.0, 25 / 240.0, 0.2]))
    #expect(agree(thresholds(24)[18..<24], (0..<6).map { 0.2 * (1 + 9.4 * Double($0)) / 48 }))
  }

  @Test("Balls have centers in the box and radii of the stated range", arguments: [2, 3, 20])
  func circles(dimensions: Int) {
    let balls = Self.balls(3000, dimensions: dimensions, radius: 0.4)
    let largest = 0.4 * (Double(dimensions) / 2).squareRoot()
    #expect(balls.count == 3000)
    #expect(kolmogorovSmirnov(balls.map(\.1)) { 2 * $0 / largest - 1 } > 1e-4)
    #expect(balls.allSatisfy { $0.1 >= largest / 2 && $0.1 <= largest })
    for dimension in [0, dimensions - 1] {
      #expect(kolmogorovSmirnov(balls.map { $0.0[dimension] }) { $0 + 0.5 } > 1e-4)
    }
    for (center, radius) in balls.prefix(50) {
      let boundary = Boundary.ball(center: center, radius: radius)
      #expect(boundary.isAbove(center))
      var edge = center
      edge[0] += radius
      #expect(boundary.value(at: edge).magnitude < 1e-14)
      edge[0] += 0.01
      #expect(!boundary.isAbove(edge))
    }
  }

  @Test("Quadrics are symmetric, Gaussian, and have both sides in the box", arguments: [2, 3, 6])
  func quadrics(dimensions: Int) {
    let count = 300
    let boundaries = Self.boundaries(.quadrics, count, dimensions: dimensions)
    var random = PlainRandom(seed: 1)
    let latents = (0..<4000).map { _ in random.doubles(dimensions, from: -0.5, to: 0.5) }
    var entries: (diagonal: [Float], other: [Float], normal: [Float]) = ([], [], [])
    var oneSided = 0
    for boundary in boundaries {
      guard case .quadric(let matrix, let normal, _) = boundary else {
        Issue.record("not a quadric")
        continue
      }
      for row in 0..<dimensions {
        for column in 0..<dimensions {
          #expect(matrix[row * dimensions + column] == matrix[column * dimensions + row])
        }
        entries.diagonal.append(Float(matrix[row * dimensions + row]))
      }
      entries.other.append(Float(matrix[1]))
      entries.normal += normal.map { Float($0) }
      let above = latents.count { boundary.isAbove($0) }
      if above == 0 || above == latents.count { oneSided += 1 }
    }
    // A surface through a random point of the box may cut off a corner so small that 4000 latents
    // miss it, but rarely: none was measured.
    #expect(oneSided <= count / 100, "\(oneSided) of \(count)")
    // G + Gᵀ has variance 4 on the diagonal and 2 beside it; five standard errors.
    for (values, variance) in [(entries.diagonal, 4.0), (entries.other, 2), (entries.normal, 1)] {
      let moments = Moments(of: values)
      let limit = 5 * (2 / Double(values.count)).squareRoot()
      #expect((moments.variance / variance - 1).magnitude < limit)
    }
  }

  @Test("A quadric's value is the polynomial, written out")
  func polynomial() {
    let quadric = Boundary.quadric(matrix: [2, 0.5, 0.5, -1], normal: [0.3, -0.7], offset: 0.1)
    for (x, y) in [(0.2, -0.4), (-0.5, 0.1), (0.0, 0.0)] {
      let value = 2 * x * x + x * y - y * y + 0.3 * x - 0.7 * y - 0.1
      #expect((quadric.value(at: [x, y]) - value).magnitude < 1e-15)
    }
  }

  // MARK: All of them

  @Test("A mixed family takes hyperplanes, balls and quadrics in turn")
  func mixed() {
    let mixed = Self.boundaries(.mixed(offset: 0.2, radius: 0.3), 9, dimensions: 4)
    let parts = [
      Self.boundaries(.hyperplanes(offset: 0.2, cone: 180), 9, dimensions: 4),
      Self.boundaries(.circles(radius: 0.3), 9, dimensions: 4),
      Self.boundaries(.quadrics, 9, dimensions: 4),
    ]
    #expect(mixed == (0..<9).map { parts[$0 % 3][$0] })
  }

  @Test("A given list is taken as it is")
  func given() {
    let list = [
      Boundary.ball(center: [0, 0.1], radius: 0.3),
      .hyperplane(Hyperplane(normal: [1, 2], offset: -0.1)),
    ]
    let family = BoundaryFamily(.given(list), count: 1)
    #expect(family.count(dimensions: 2) == 2)
    #expect(family.boundaries(dimensions: 2, seed: 3) == list)
  }

  @Test("Copies of a boundary stand side by side", arguments: [2, 3])
  func copies(copies: Int) {
    for shape in [
      BoundaryFamily.Shape.lines, .hyperplanes(offset: 0.1, cone: 180), .circles(radius: 0.3),
    ] {
      let distinct = Self.boundaries(shape, 4)
      let copied = Self.boundaries(shape, 4 * copies, copies: copies)
      #expect(copied == distinct.flatMap { [Boundary](repeating: $0, count: copies) })
    }
    #expect(BoundaryFamily(.axes, count: 1, copies: copies).count(dimensions: 3) == 3 * copies)
    #expect(Self.boundaries(.axes, 1, dimensions: 3, copies: copies).count == 3 * copies)
  }

  @Test(
    "A random boundary doesn't depend on how many there are, but on the seed",
    arguments: [
      BoundaryFamily.Shape.hyperplanes(offset: 0.2, cone: 180), .hyperplanes(offset: 0, cone: 50),
      .circles(radius: 0.3), .quadrics, .mixed(offset: 0.1, radius: 0.3),
    ]
  )
  func prefix(shape: BoundaryFamily.Shape) {
    let all = Self.boundaries(shape, 40, dimensions: 3)
    #expect(Set(all).count == 40)
    for count in [1, 5, 17] {
      #expect(Self.boundaries(shape, count, dimensions: 3) == Array(all.prefix(count)))
    }
    #expect(Self.boundaries(shape, 40, dimensions: 3, seed: 10) != all)
  }

  @Test(
    "A trial's labels and values are those of its boundaries, for every family",
    arguments: [
      (BoundaryFamily(.lines, count: 7), 2), (BoundaryFamily(.hyperbolas, count: 12), 2),
      (BoundaryFamily(.hyperplanes(offset: 0.3, cone: 180), count: 9), 5),
      (BoundaryFamily(.hyperplanes(offset: 0.1, cone: 30), count: 9), 100),
      (BoundaryFamily(.axes, count: 1), 4), (BoundaryFamily(.circles(radius: 0.4), count: 8), 3),
      (BoundaryFamily(.quadrics, count: 8), 3),
      (BoundaryFamily(.mixed(offset: 0.2, radius: 0.4), count: 12, copies: 2), 2),
      (BoundaryFamily(.given([.ball(center: [0.1, 0], radius: 0.3)]), count: 1), 2),
    ]
  )
  func labels(family: BoundaryFamily, dimensions: Int) {
    let trials = 1000
    var paradigm = Paradigm(
      latents: LatentDistribution(dimensions: dimensions),
      boundaries: family,
      timing: TrialTiming(stimulus: 1)
    )
    let labelled = paradigm.draw(trials)
    paradigm.supervision.target = .values
    let valued = paradigm.draw(trials)
    #expect(labelled.latents == valued.latents)
    let boundaries = paradigm.boundaries()
    #expect(boundaries.count == paradigm.boundaryCount)
    var unclear = 0
    for trial in 0..<trials {
      let latent = labelled.latent(of: trial)
      for (index, boundary) in boundaries.enumerated() {
        let value = boundary.value(at: latent)
        // Values near 1 in single precision, of D products for hyperplanes: 1e-6 is 16 units.
        #expect((Double(valued.targets[2, trial, index]) - value).magnitude < 1e-6)
        guard value.magnitude > 1e-6 else {
          unclear += 1
          continue
        }
        #expect(labelled.targets[2, trial, index] == (boundary.isAbove(latent) ? 1 : 0))
      }
    }
    #expect(unclear < trials * boundaries.count / 1000)
  }
}
