import RealModule
import Testing
import Trials

@Suite("Boundaries")
struct BoundaryTests {
  private static func lines(_ count: Int) -> [Hyperplane] {
    BoundaryFamily.evenlySpacedLines(count: count).boundaries(dimensions: 2, seed: 1)
      .compactMap(\.hyperplane)
  }

  @Test("Evenly spaced lines have unit normals and pass through the origin", arguments: 1...48)
  func unitNormals(count: Int) {
    let family = BoundaryFamily.evenlySpacedLines(count: count)
    let boundaries = Self.lines(count)
    #expect(boundaries.count == count && family.count(dimensions: 2) == count)
    for boundary in boundaries {
      // sin² + cos² of rounded values.
      #expect(abs(boundary.normalLength - 1) < 4e-16)
      #expect(boundary.offset == 0)
    }
  }

  @Test("A latent is above line i if x₂ > tan φᵢ · x₁", arguments: [1, 2, 3, 6, 7, 12, 24, 25])
  func paperRule(count: Int) {
    let boundaries = Self.lines(count)
    for (index, boundary) in boundaries.enumerated() {
      let angle = Double(index) * .pi / Double(count) + .pi / Double(2 * count)
      let isVertical = 2 * index + 1 == count
      // A grid that no line but the vertical one meets closer than its tangent can resolve.
      for row in 0..<19 {
        for column in 0..<19 {
          let latent = [Double(column) / 19 - 0.4731, Double(row) / 19 - 0.4817]
          // The reference's tan is huge with a sign by chance at 90°; here it is +∞ by definition.
          let isAbove =
            isVertical ? latent[0] < 0 : latent[1] > Double.tan(angle) * latent[0]
          #expect(
            Boundary.hyperplane(boundary).isAbove(latent) == isAbove,
            "line \(index) at \(latent)"
          )
        }
      }
    }
  }

  @Test("The middle one of an odd number of lines is vertical, with normal (-1, 0)")
  func verticalLine() {
    for count in [1, 3, 25] {
      #expect(Self.lines(count)[count / 2] == Hyperplane(normal: [-1, 0], offset: 0))
    }
  }

  @Test("Two lines are the diagonals")
  func diagonals() {
    let half = 0.5.squareRoot()
    for (normal, exact) in zip(Self.lines(2).map(\.normal), [[-half, half], [half, half]]) {
      // sin and cos of a rounded angle.
      #expect(abs(normal[0] - exact[0]) < 3e-16 && abs(normal[1] - exact[1]) < 3e-16)
    }
  }

  @Test("Neighbouring lines are π/N apart, so the normals form a tight frame")
  func tightFrame() {
    for count in [2, 3, 24] {
      var frame = [0.0, 0.0, 0.0]
      for boundary in Self.lines(count) {
        frame[0] += boundary.normal[0] * boundary.normal[0]
        frame[1] += boundary.normal[1] * boundary.normal[1]
        frame[2] += boundary.normal[0] * boundary.normal[1]
      }
      // Σ c cᵀ = (N/2) I; 24 roundings.
      #expect(abs(frame[0] - Double(count) / 2) < 1e-14)
      #expect(abs(frame[1] - Double(count) / 2) < 1e-14)
      #expect(abs(frame[2]) < 1e-14)
    }
  }

  @Test("A boundary with an offset in three dimensions")
  func offset() {
    let plane = Hyperplane(normal: [0, 3, 4], offset: 2)
    let boundary = Boundary.hyperplane(plane)
    #expect(plane.normalLength == 5 && boundary.dimensions == 3)
    #expect(boundary.isAbove([9, 0.4, 0.25]))
    #expect(!boundary.isAbove([9, 0.25, 0.25]))
    #expect(!boundary.isAbove([0, 2, -1]), "the boundary itself is not above")
    #expect(plane.signedDistance(of: [0, 1, 1]) == 1)
    #expect(plane.signedDistance(of: [0, 0, 0]) == -0.4)
  }
}
