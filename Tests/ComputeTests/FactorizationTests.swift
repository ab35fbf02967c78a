import Compute
import TestSupport
import Testing

@Suite("Cholesky factors, singular values and products")
struct FactorizationTests {
  private static func random(_ rows: Int, _ columns: Int, seed: UInt64) -> DoubleMatrix {
    var random = PlainRandom(seed: seed)
    return DoubleMatrix(
      rows: rows,
      columns: columns,
      values: (0..<rows * columns).map { _ in random.normal() }
    )
  }

  private static func worst(_ left: [Double], _ right: [Double]) -> Double {
    guard left.count == right.count else { return .infinity }
    return zip(left, right).reduce(0) { max($0, ($1.0 - $1.1).magnitude) }
  }

  @Test("The solution of A x = b gives b again, from the upper half alone", arguments: [1, 2, 30])
  func cholesky(order: Int) throws {
    let samples = Self.random(3 * order, order, seed: UInt64(order))
    var matrix = samples.gram
    let right = Self.random(order, 1, seed: 1).values
    let full = matrix
    for row in 0..<order {
      for column in 0..<row { matrix[row, column] = .infinity }
    }
    let solution = try #require(Cholesky(matrix)).solve(right)
    // Condition some tens.
    #expect(Self.worst(full.times(solution), right) < 1e-12)
  }

  @Test("A matrix that isn't positive definite has no factor")
  func indefinite() {
    #expect(Cholesky(DoubleMatrix(rows: 2, columns: 2, values: [1, 2, 2, 1])) == nil)
    #expect(Cholesky(DoubleMatrix(rows: 1, columns: 1)) == nil)
  }

  @Test("Singular values are the roots of the Gram matrix's eigenvalues, in descending order")
  func singular() {
    for (rows, columns) in [(7, 4), (4, 7), (1, 5)] {
      let matrix = Self.random(rows, columns, seed: 3)
      let found = SingularValues.values(of: matrix)
      let gram = rows < columns ? matrix.transposed.gram : matrix.gram
      let expected = SymmetricEigen(gram).values.reversed().map { $0.squareRoot() }
      #expect(Self.worst(found, expected) < 1e-12)
    }
    #expect(SingularValues.values(of: DoubleMatrix(rows: 0, columns: 3)).isEmpty)
    let diagonal = DoubleMatrix(rows: 2, columns: 2, values: [0, -3, 2, 0])
    #expect(Self.worst(SingularValues.values(of: diagonal), [3, 2]) < 1e-15)
  }

  @Test("Fast products are the plain ones")
  func products() {
    let (left, right) = (Self.random(5, 7, seed: 1), Self.random(7, 3, seed: 2))
    let expected = left * right
    // Seven products of numbers near 1.
    #expect(Self.worst(left.times(right).values, expected.values) < 1e-14)
    #expect(Self.worst(left.transposed.transposedTimes(right).values, expected.values) < 1e-14)
    #expect(Self.worst(left.timesTransposed(right.transposed).values, expected.values) < 1e-14)
    #expect(Self.worst(left.times(right.column(1)), expected.column(1)) < 1e-14)
    #expect(Self.worst(left.gram.values, (left.transposed * left).values) < 1e-14)
    #expect(DoubleMatrix(rows: 0, columns: 2).times(Self.random(2, 2, seed: 1)).values.isEmpty)
  }

  @Test("Rows are chosen in their order, columns are centred")
  func rows() {
    let matrix = DoubleMatrix(rows: 3, columns: 2, values: [1, 2, 3, 5, 5, 8])
    #expect(matrix.rows([2, 0, 2]).values == [5, 8, 1, 2, 5, 8])
    #expect(matrix.columnMeans == [3, 5])
    #expect(matrix.centered.values == [-2, -3, 0, 0, 2, 3])
  }
}
