import Compute
import TestSupport
import Testing

@Suite("Eigenvalues of symmetric matrices")
struct SymmetricEigenTests {
  private static func symmetric(_ order: Int, seed: UInt64) -> DoubleMatrix {
    var random = PlainRandom(seed: seed)
    var matrix = DoubleMatrix(rows: order, columns: order)
    for row in 0..<order {
      for column in row..<order {
        matrix[row, column] = random.normal()
        matrix[column, row] = matrix[row, column]
      }
    }
    return matrix
  }

  private static func worst(_ left: DoubleMatrix, _ right: DoubleMatrix) -> Double {
    zip(left.values, right.values).reduce(0) { max($0, ($1.0 - $1.1).magnitude) }
  }

  @Test("A V = V Λ with orthonormal V, by both methods", arguments: [1, 2, 3, 17, 40])
  func definition(order: Int) {
    let matrix = Self.symmetric(order, seed: UInt64(order))
    var one = DoubleMatrix(rows: order, columns: order)
    for index in 0..<order { one[index, index] = 1 }
    for eigen in [SymmetricEigen(matrix), SymmetricEigen.portable(matrix)] {
      var scaled = eigen.vectors
      for row in 0..<order {
        for column in 0..<order { scaled[row, column] *= eigen.values[column] }
      }
      // Numbers near 10 at order 40, some ten roundings each.
      #expect(Self.worst(matrix * eigen.vectors, scaled) < 1e-13 * Double(order))
      #expect(Self.worst(eigen.vectors.transposed * eigen.vectors, one) < 1e-14 * Double(order))
      #expect(eigen.values == eigen.values.sorted())
    }
  }

  @Test("Both methods agree, signs included")
  func agreement() {
    let matrix = Self.symmetric(25, seed: 4)
    let (fast, portable) = (SymmetricEigen(matrix), SymmetricEigen.portable(matrix))
    for (left, right) in zip(fast.values, portable.values) {
      #expect((left - right).magnitude < 1e-13 * 25)
    }
    // Vectors turn by the rounding over the gap to the next eigenvalue, here above 0.01.
    #expect(Self.worst(fast.vectors, portable.vectors) < 1e-11)
  }

  @Test("A matrix of rank one has one eigenvalue, the rest are zero")
  func rankOne() {
    let vector = [3.0, 0, 4]
    var matrix = DoubleMatrix(rows: 3, columns: 3)
    matrix.addOuterProduct(of: vector)
    for row in 0..<3 { for column in 0..<row { matrix[row, column] = matrix[column, row] } }
    for eigen in [SymmetricEigen(matrix), SymmetricEigen.portable(matrix)] {
      #expect((eigen.values[2] - 25).magnitude < 1e-13)
      #expect(eigen.values[0].magnitude < 1e-13 && eigen.values[1].magnitude < 1e-13)
      for (component, exact) in zip(eigen.vectors.column(2), [0.6, 0, 0.8]) {
        #expect((component - exact).magnitude < 1e-14)
      }
    }
  }

  @Test("A diagonal matrix is its own answer")
  func diagonal() {
    var matrix = DoubleMatrix(rows: 3, columns: 3)
    for (index, value) in [2.0, -1, 0.5].enumerated() { matrix[index, index] = value }
    let eigen = SymmetricEigen.portable(matrix)
    #expect(eigen.values == [-1, 0.5, 2])
    #expect(eigen.vectors.column(0) == [0, 1, 0])
  }
}

@Suite("A tridiagonal form of symmetric matrices")
struct TridiagonalFormTests {
  @Test("It solves what Cholesky's factor solves, for every shift", arguments: [1, 2, 3, 17, 60])
  func twin(order: Int) throws {
    var random = PlainRandom(seed: UInt64(order))
    // Of a rank that is too low: the shift alone makes it positive definite.
    var low = DoubleMatrix(rows: max(1, order / 2), columns: order)
    for index in low.values.indices { low.values[index] = random.normal() }
    var right = DoubleMatrix(rows: order, columns: 3)
    for index in right.values.indices { right.values[index] = random.normal() }
    let gram = low.gram
    let shifts = [1e-3, 1, 50].map { $0 * gram.trace / Double(order) }
    let found = TridiagonalForm(gram).solve(right, shifts: shifts)
    #expect(found.rows == order && found.columns == 9)
    for (place, shift) in shifts.enumerated() {
      var shifted = gram
      for index in 0..<order { shifted[index, index] += shift }
      let factor = try #require(Cholesky(shifted))
      for column in 0..<3 {
        let expected = factor.solve(right.column(column))
        let scale = expected.reduce(0) { max($0, $1.magnitude) }
        for (one, other) in zip(found.column(3 * place + column), expected) {
          // Rounding times a condition of some thousands.
          #expect((one - other).magnitude < 1e-10 * scale)
        }
      }
    }
  }
}
