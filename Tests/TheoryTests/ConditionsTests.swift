import Compute
import RealModule
import Testing
import Theory
import Trials

@Suite("The theorem's conditions")
struct ConditionsTests {
  private static func circle(_ x: Double, _ y: Double, _ radius: Double = 0.3) -> Boundary {
    .ball(center: [x, y], radius: radius)
  }

  private static func plane(_ normal: [Double], _ offset: Double = 0) -> Boundary {
    .hyperplane(Hyperplane(normal: normal, offset: offset))
  }

  @Test(
    "Evenly spaced lines are a tight frame: condition 1, noise gain D/N",
    arguments: [2, 3, 24]
  )
  func tightFrame(count: Int) throws {
    let lines = BoundaryFamily.evenlySpacedLines(count: count).boundaries(dimensions: 2, seed: 0)
    let conditions = Conditions(lines, dimensions: 2)
    #expect(conditions.verdict == .holds(.spanningNormals))
    let frame = try #require(conditions.frame)
    // CᵀC = (N/2) 1, to the rounding of sines.
    #expect(abs(frame.conditionNumber - 1) < 1e-12)
    #expect(abs(frame.noiseGain - 2 / Double(count)) < 1e-12)
  }

  @Test("Random hyperplanes are conditioned as the reference's")
  func conditioning() throws {
    for example in try PredictionOracle.load().conditioning where example.boundaryCount <= 24 {
      let dimensions = example.dimensions
      let frames = (0..<400).compactMap { seed in
        Conditions(
          BoundaryFamily(.hyperplanes(offset: 0, cone: 180), count: example.boundaryCount)
            .boundaries(dimensions: dimensions, seed: seed),
          dimensions: dimensions
        ).frame
      }
      let numbers = frames.map { Double.log($0.conditionNumber) }.sorted()
      let gains = frames.map { Double.log($0.noiseGain) }.sorted()
      for (values, expected) in [
        (numbers, example.condMedian), (gains, example.noiseGainMedian),
      ] {
        // A median of 400 has the standard error 0.93 quartile distances/√400, and there are two.
        let error = 1.3 * (quantile(0.75, ofSorted: values) - quantile(0.25, ofSorted: values)) / 20
        let median = quantile(0.5, ofSorted: values)
        #expect(
          abs(median - .log(expected)) < 4 * error,
          "D \(dimensions) N \(example.boundaryCount)"
        )
      }
      #expect(
        abs(
          Conditions.Frame.tightNoiseGain(
            tasks: example.boundaryCount,
            dimensions: dimensions
          ) - example.tightFrame
        ) < 1e-12
      )
    }
  }

  @Test("Marchenko and Pastur describe many random hyperplanes")
  func manyRandom() throws {
    let many = BoundaryFamily(.hyperplanes(offset: 0, cone: 180), count: 2000)
      .boundaries(dimensions: 20, seed: 1)
    let frame = try #require(Conditions(many, dimensions: 20).frame)
    let expected = try #require(Conditions.Frame.random(tasks: 2000, dimensions: 20))
    // Edges of the spectrum fluctuate by about N^(-2/3).
    #expect(abs(frame.conditionNumber / expected.conditionNumber - 1) < 0.05)
    #expect(abs(frame.noiseGain / expected.noiseGain - 1) < 0.02)
    #expect(Conditions.Frame.random(tasks: 3, dimensions: 2) == nil)
  }

  @Test("Too few tasks and too few directions fail")
  func deficient() {
    #expect(
      Conditions([Self.plane([1, 0])], dimensions: 2).verdict == .fails(.fewerTasksThanDimensions)
    )
    let parallel = [Self.plane([1, 2]), Self.plane([-2, -4], 0.1), Self.plane([0.5, 1], 0.2)]
    let conditions = Conditions(parallel, dimensions: 2)
    #expect(conditions.verdict == .fails(.deficientNormals(rank: 1)))
    #expect(conditions.frame?.noiseGain == .infinity)
  }

  @Test("Symmetries that hide the latent are found, and one more boundary breaks them")
  func symmetries() {
    func verdict(_ boundaries: [Boundary]) -> Conditions.Verdict {
      Conditions(boundaries, dimensions: 2).verdict
    }
    let concentric = [0.1, 0.2, 0.3, 0.4, 0.45].map { Self.circle(0.1, 0.1, $0) }
    #expect(verdict(concentric) == .fails(.symmetry(.concentric)))
    let collinear = [-0.2, -0.1, 0, 0.1, 0.3].map { Self.circle($0, 2 * $0 + 0.1) }
    #expect(verdict(collinear) == .fails(.symmetry(.mirror)))
    #expect(verdict(collinear + [Self.circle(0.3, -0.3)]) == .holds(.enoughCurved))
    // A line across the row of centers shares their mirror, one along it does not.
    #expect(verdict(collinear + [Self.plane([1, 2])]) == .fails(.symmetry(.mirror)))
    #expect(verdict(collinear + [Self.plane([2, -1])]) == .holds(.enoughCurved))
    let sheets = [0.02, 0.04, 0.06, 0.1, 0.2].map {
      Boundary.quadric(matrix: [0, 0.5, 0.5, 0], normal: [0, 0], offset: $0)
    }
    // Both diagonals are mirrors of x₁x₂; of another quadric about the origin they are not.
    #expect(verdict(sheets) == .fails(.symmetry(.mirror)))
    let tilted = Boundary.quadric(matrix: [1, 0, 0, 3], normal: [0, 0], offset: 0.1)
    #expect(verdict(sheets + [tilted]) == .fails(.symmetry(.pointReflection)))
    #expect(verdict(sheets + [Self.circle(0, 0)]) == .fails(.symmetry(.mirror)))
    let branches = [0.02, 0.05, 0.1, 0.15, 0.2].flatMap { threshold in
      [true, false].map {
        Boundary.hyperbola(isFirstPositive: $0, isSecondPositive: $0, threshold: threshold)
      }
    }
    #expect(verdict(branches) == .fails(.symmetry(.diagonal)))
    let all = BoundaryFamily(.hyperbolas, count: 12).boundaries(dimensions: 2, seed: 0)
    #expect(verdict(all) == .holds(.enoughCurved))
  }

  private static func quadric(_ matrix: [Double], _ normal: [Double], _ offset: Double) -> Boundary
  {
    .quadric(matrix: matrix, normal: normal, offset: offset)
  }

  @Test("A mirror is found wherever it lies, and whatever its boundaries are called")
  func mirrors() {
    // Boundaries of the first axis's mirror, turned by an angle and moved.
    for (angle, place) in [(0, 0.0), (0.7, 0.1), (2.5, -0.2)] {
      let (along, across) = (
        [Double.cos(angle), Double.sin(angle)], [-Double.sin(angle), Double.cos(angle)]
      )
      func moved(_ onMirror: Double) -> [Double] {
        [0, 1].map { onMirror * along[$0] + place * across[$0] }
      }
      /// a (along · (x - p))² + b (across · (x - p))² = c.
      func ellipse(_ a: Double, _ b: Double, at point: [Double], _ level: Double) -> Boundary {
        let matrix = (0..<4).map {
          a * along[$0 / 2] * along[$0 % 2] + b * across[$0 / 2] * across[$0 % 2]
        }
        let image = [0, 1].map { matrix[2 * $0] * point[0] + matrix[2 * $0 + 1] * point[1] }
        let constant = image[0] * point[0] + image[1] * point[1]
        return Self.quadric(matrix, image.map { -2 * $0 }, level - constant)
      }
      let shared = [
        ellipse(1, 3, at: moved(0.1), 0.1), ellipse(-2, 1, at: moved(-0.2), 0.05),
        .ball(center: moved(0.3), radius: 0.2), Self.plane(along, 0.1),
        ellipse(0.5, 0.1, at: moved(0), 0.02),
      ]
      #expect(Conditions(shared, dimensions: 2).verdict == .fails(.symmetry(.mirror)))
      for breaking in [
        Boundary.ball(center: [0.4, 0.31], radius: 0.2),
        ellipse(1, 3, at: [0.4, 0.31], 0.1), Self.quadric([1, 0.3, 0.3, 2.2], [0, 0.1], 0.1),
      ] {
        #expect(Conditions(shared + [breaking], dimensions: 2).verdict == .holds(.enoughCurved))
      }
    }
    // In three dimensions: only the last coordinate's sign is free.
    let space = [
      Self.quadric([1, 0.5, 0, 0.5, 2, 0, 0, 0, 1], [0.1, 0.3, 0], 0.1),
      Self.quadric([0, 1, 0, 1, 1, 0, 0, 0, -1], [0.2, -0.1, 0], 0.05),
      .ball(center: [0.1, 0.2, 0], radius: 0.3), Self.plane([1, 2, 0], 0.1),
    ]
    #expect(Conditions(space, dimensions: 3).verdict == .fails(.symmetry(.mirror)))
    let whole = space + [.ball(center: [0.1, 0.2, 0.05], radius: 0.3)]
    #expect(Conditions(whole, dimensions: 3).verdict != .fails(.symmetry(.mirror)))
  }

  @Test("A branch of a hyperbola has its quadrant's diagonal for a mirror, if all else has")
  func branches() {
    let branch = Boundary.hyperbola(isFirstPositive: true, isSecondPositive: true, threshold: 0.05)
    let other = Boundary.hyperbola(isFirstPositive: true, isSecondPositive: false, threshold: 0.05)
    func symmetry(_ boundaries: Boundary...) -> Conditions.Symmetry? {
      guard case .fails(.symmetry(let symmetry)) = Conditions(boundaries, dimensions: 2).verdict
      else { return nil }
      return symmetry
    }
    #expect(symmetry(branch, Self.circle(0.1, 0.1), Self.plane([1, 1])) == .diagonal)
    #expect(symmetry(branch, Self.circle(0.1, 0.2)) == nil)
    #expect(symmetry(branch, Self.plane([1, -1])) == nil)
    #expect(symmetry(branch, other) == nil && symmetry(other, Self.circle(0.1, -0.1)) == .diagonal)
  }

  @Test("Even about a point that is not the origin")
  func centers() {
    let center = [0.1, -0.2]
    func about(_ matrix: [Double], _ level: Double) -> Boundary {
      let image = [0, 1].map { matrix[2 * $0] * center[0] + matrix[2 * $0 + 1] * center[1] }
      let constant = image[0] * center[0] + image[1] * center[1]
      return Self.quadric(matrix, image.map { -2 * $0 }, level - constant)
    }
    let shared = [about([1, 0, 0, 3], 0.1), about([0, 1, 1, 1], 0.05), about([2, 1, 1, 1], 0.2)]
    #expect(Conditions(shared, dimensions: 2).verdict == .fails(.symmetry(.pointReflection)))
    let broken = shared + [Self.circle(0.1, -0.1)]
    #expect(Conditions(broken, dimensions: 2).verdict != .fails(.symmetry(.pointReflection)))
  }

  @Test("Few curved boundaries hold locally; lines among them that span the plane suffice")
  func fewCurved() {
    let three = [Self.circle(-0.2, 0), Self.circle(0.2, 0.1), Self.circle(0, -0.3)]
    #expect(Conditions(three, dimensions: 2).verdict == .holdsLocally)
    let crossed = [Self.plane([1, 0]), Self.plane([0, 1]), Self.circle(0, 0)]
    #expect(Conditions(crossed, dimensions: 2).verdict == .holds(.spanningNormals))
  }

  @Test("Near a line counts who is within reach: a strip of the box")
  func reach() {
    let gradients = BoundaryGradients([Self.plane([1, 0]), Self.plane([0, 1])], dimensions: 2)
    let share = gradients.spanningShare(within: 0.25, latents: 4000)
    // Both coordinates within 1/4 of 0: a quarter of the box, binomial error .007.
    #expect(abs(share - 0.25) < 0.028)
    #expect(gradients.spanningShare(within: .infinity) == 1)
  }
}
