import Compute
import TestSupport
import Testing

@Suite("Eigenvalues of any matrix")
struct GeneralEigenTests {
  private static func random(_ rows: Int, _ columns: Int, seed: UInt64) -> DoubleMatrix {
    var random = PlainRandom(seed: seed)
    return DoubleMatrix(
      rows: rows,
      columns: columns,
      values: (0..<rows * columns).map { _ in random.normal() }
    )
  }

  @Test("A rotation that shrinks has its radius and angle; the upper one of the pair comes first")
  func rotation() {
    let (radius, angle) = (0.9, 0.3)
    let eigen = GeneralEigen(
      DoubleMatrix(
        rows: 3,
        columns: 3,
        values: [
          radius * 0.955336489125606, -radius * 0.29552020666133955, 0,
          radius * 0.29552020666133955, radius * 0.955336489125606, 0,
          0, 0, -0.95,
        ]
      )
    )
    #expect((eigen.values[0].real + 0.95).magnitude < 1e-14 && eigen.values[0].imaginary == 0)
    #expect((eigen.values[1].modulus - radius).magnitude < 1e-14)
    #expect(eigen.values[1].imaginary > 0 && eigen.values[2].imaginary < 0)
    #expect((eigen.values[1].imaginary - radius * 0.29552020666133955).magnitude < 1e-14)
    #expect((eigen.values[1].frequency - angle).magnitude < 1e-14)
  }

  @Test(
    "The matrix turns each direction into itself, or a pair into their plane",
    arguments: [1, 2, 5, 40]
  )
  func directions(order: Int) {
    let matrix = Self.random(order, order, seed: UInt64(order))
    let eigen = GeneralEigen(matrix, wantsDirections: true)
    let moduli = eigen.values.map(\.modulus)
    for (one, next) in zip(moduli, moduli.dropFirst()) { #expect(one >= next - 1e-12) }
    let turned = matrix * eigen.directions
    var column = 0
    while column < order {
      let value = eigen.values[column]
      let isPair = value.imaginary != 0
      for row in 0..<order {
        let first = eigen.directions[row, column]
        if isPair {
          // A (u + iv) = (a + ib)(u + iv), with either sign of v.
          let second = eigen.directions[row, column + 1]
          let forward = value.real * first - value.imaginary * second
          let backward = value.real * first + value.imaginary * second
          let gap = min(
            (turned[row, column] - forward).magnitude,
            (turned[row, column] - backward).magnitude
          )
          // Entries near 10, a few hundred roundings.
          #expect(gap < 1e-11)
        } else {
          #expect((turned[row, column] - value.real * first).magnitude < 1e-11)
        }
      }
      column += isPair ? 2 : 1
    }
    let trace = eigen.values.reduce(0) { $0 + $1.real }
    #expect((trace - matrix.trace).magnitude < 1e-11)
  }

  @Test("A damped solution has no gradient left")
  func damped() throws {
    let matrix = Self.random(7, 5, seed: 3)
    let target = Self.random(7, 1, seed: 4).values
    let solution = try #require(matrix.dampedSolution(for: target, damping: 0.3))
    let column = DoubleMatrix(rows: 5, columns: 1, values: solution)
    let fitted = (matrix * column).values
    let rest = zip(fitted, target).map(-)
    let gradient = (matrix.transposed * DoubleMatrix(rows: 7, columns: 1, values: rest)).values
    for (slope, value) in zip(gradient, solution) {
      #expect((slope + 0.3 * value).magnitude < 1e-13)
    }
    // Nothing of rank zero can be decomposed without damping.
    #expect(DoubleMatrix(rows: 3, columns: 3).dampedSolution(for: [1, 1, 1], damping: 0) == nil)
  }

  @Test("A solution is what a product undoes, and a singular matrix has none")
  func solved() throws {
    let matrix = Self.random(6, 6, seed: 7)
    let target = Self.random(6, 1, seed: 8).values
    let solution = try #require(matrix.solution(for: target))
    // A few hundred roundings over the least singular value.
    let back = (matrix * DoubleMatrix(rows: 6, columns: 1, values: solution)).values
    #expect(zip(back, target).allSatisfy { ($0 - $1).magnitude < 1e-12 })
    #expect(DoubleMatrix(rows: 2, columns: 2, values: [1, 2, 2, 4]).solution(for: [1, 1]) == nil)
    #expect(DoubleMatrix(rows: 0, columns: 0).solution(for: []) == [])
  }

  @Test("A product with a transpose is the plain one")
  func product() {
    let (left, right) = (Self.random(4, 6, seed: 5), Self.random(3, 6, seed: 6))
    let (fast, plain) = (left.times(transposeOf: right), left * right.transposed)
    #expect(zip(fast.values, plain.values).allSatisfy { ($0 - $1).magnitude < 1e-14 })
  }

  @Test("A basis is orthonormal and leaves out what depends on the rest")
  func basis() {
    let columns = (0..<3).map { Self.random(6, 1, seed: UInt64(7 + $0)).values }
    let sum = zip(columns[0], columns[1]).map(+)
    let basis = orthonormalBasis(of: [columns[0], columns[1], sum, columns[2], [0, 0, 0, 0, 0, 0]])
    #expect(basis.count == 3)
    for (row, one) in basis.enumerated() {
      for (column, other) in basis.enumerated() {
        let product = zip(one, other).reduce(0) { $0 + $1.0 * $1.1 }
        #expect((product - (row == column ? 1 : 0)).magnitude < 1e-14)
      }
    }
  }
}

extension Eigenvalue {
  /// The angle of a small one, by the series of its tangent: enough for what is tested here.
  fileprivate var frequency: Double {
    let tangent = imaginary / real
    var (power, angle) = (tangent, 0.0)
    for term in 0..<30 {
      angle += (term % 2 == 0 ? 1 : -1) * power / Double(2 * term + 1)
      power *= tangent * tangent
    }
    return angle
  }
}
