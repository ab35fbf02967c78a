import Analysis
import Compute
import RealModule
import Testing

@Suite("CKA and shape distance")
struct SystemSimilarityTests {
  @Test("Both forms of CKA are those of their definitions, from tables of trials by trials")
  func oracle() throws {
    let fixture = try ScoreFixture()
    let found = CenteredKernelAlignment(fixture.states, fixture.second)
    #expect(abs(try #require(found.biased) - (try fixture.value("cka"))) < 1e-12)
    #expect(abs(try #require(found.unbiased) - (try fixture.value("cka.unbiased"))) < 1e-11)
  }

  /// Turned, scaled, shifted, and with a silent unit more.
  private static func moved(_ states: DoubleMatrix) -> DoubleMatrix {
    let turned = states * rotation(states.columns, seed: 8)
    return DoubleMatrix(
      rows: states.rows,
      columns: states.columns + 1,
      values: (0..<states.rows).flatMap { turned.row($0).map { 3 * $0 + 5 } + [2] }
    )
  }

  @Test("Rotations, scale, shift and silent units change nothing")
  func invariance() throws {
    let fixture = try ScoreFixture()
    let states = fixture.states
    let moved = Self.moved(states)
    let same = CenteredKernelAlignment(states, moved)
    #expect(abs(try #require(same.biased) - 1) < 1e-12)
    #expect(abs(try #require(same.unbiased) - 1) < 1e-11)
    // The arc of a cosine that is 1e-15 below 1 is 5e-8.
    #expect(try #require(ShapeDistance(states, moved)).angle < 1e-6)
    let (one, other) = (
      CenteredKernelAlignment(states, fixture.second),
      CenteredKernelAlignment(moved, fixture.second)
    )
    #expect(abs(try #require(one.unbiased) - (try #require(other.unbiased))) < 1e-11)
    let (near, far) = (
      try #require(ShapeDistance(states, fixture.second)),
      try #require(ShapeDistance(fixture.second, moved))
    )
    #expect(abs(near.angle - far.angle) < 1e-9)
  }

  @Test("Systems with nothing in common have an unbiased CKA around zero, a biased one far above")
  func noise() throws {
    var unbiased: [Double] = []
    for seed in 0..<20 {
      let found = CenteredKernelAlignment(
        .normal(50, 100, seed: UInt64(2 * seed)),
        .normal(50, 100, seed: UInt64(2 * seed + 1))
      )
      #expect(try #require(found.biased) > 0.5)
      unbiased.append(try #require(found.unbiased))
    }
    // One has a deviation of about √2/50.
    #expect(abs(mean(unbiased)) < 0.02)
  }

  @Test("Distances are those of SciPy's best rotation, whatever system has more units")
  func procrustes() throws {
    let fixture = try ScoreFixture()
    for (first, second) in [(fixture.states, fixture.second), (fixture.second, fixture.states)] {
      let found = try #require(ShapeDistance(first, second))
      #expect(abs(found.procrustes - (try fixture.value("procrustes"))) < 1e-9)
      #expect(abs(found.angle - (try fixture.value("shape.angle"))) < 1e-9)
    }
  }

  @Test("Orthogonal signals are as far apart as can be; the triangle's inequality holds")
  func metric() throws {
    let (first, second) = (
      DoubleMatrix(rows: 4, columns: 1, values: [1, -1, 1, -1]),
      DoubleMatrix(rows: 4, columns: 1, values: [1, 1, -1, -1])
    )
    let found = try #require(ShapeDistance(first, second))
    #expect(abs(found.angle - Double.pi / 2) < 1e-12)
    #expect(abs(found.procrustes - 2.0.squareRoot()) < 1e-12)
    let systems = (0..<3).map { DoubleMatrix.normal(30, 4 + $0, seed: UInt64($0)) }
    func angle(_ one: Int, _ other: Int) throws -> Double {
      try #require(ShapeDistance(systems[one], systems[other])).angle
    }
    #expect(try angle(0, 2) <= angle(0, 1) + angle(1, 2))
  }

  @Test("A system that doesn't vary is like nothing")
  func constant() {
    let (states, still) = (DoubleMatrix.normal(10, 3, seed: 1), DoubleMatrix(rows: 10, columns: 2))
    let found = CenteredKernelAlignment(states, still)
    #expect(found.biased == nil && found.unbiased == nil)
    #expect(ShapeDistance(states, still) == nil)
    let few = CenteredKernelAlignment(.normal(3, 2, seed: 1), .normal(3, 2, seed: 2))
    #expect(few.biased != nil && few.unbiased == nil)
  }
}
