import Compute
import TestSupport
import Testing

/// The Swift side of the kernels: that strides, starts and parts of views reach the right floats.
///
/// What the kernels do with them is tested in `KernelTests`.
@Suite("Products of views")
struct ProductsTests {
  private static func matrix(_ rows: Int, _ columns: Int, _ random: inout PlainRandom) -> Matrix {
    Matrix(rows: rows, columns: columns, values: random.normals(rows * columns))
  }

  private static func plain(
    _ left: MatrixView,
    _ right: MatrixView,
    _ start: (Int, Int) -> Float
  ) -> [Double] {
    (0..<left.rows).flatMap { row in
      (0..<right.columns).map { column in
        (0..<left.columns).reduce(Double(start(row, column))) {
          $0 + Double(left[row, $1]) * Double(right[$1, column])
        }
      }
    }
  }

  @Test("Each kind of start begins where it says")
  func starts() {
    var random = PlainRandom(seed: 1)
    let left = Self.matrix(5, 11, &random)
    let right = Self.matrix(11, 19, &random)
    let other = Self.matrix(5, 19, &random)
    let columnBias = FloatBuffer(random.normals(19))
    let rowBias = FloatBuffer(random.normals(5))
    let starts: [(ProductStart, (Int, Int) -> Float)] = [
      (.zero, { _, _ in 0 }),
      (.result, { other[$0, $1] }),
      (.matrix(other.view), { other[$0, $1] }),
      (.columnBias(columnBias.pointer), { columnBias[$1] }),
      (.rowBias(rowBias.pointer), { row, _ in rowBias[row] }),
    ]
    for (start, value) in starts {
      let finishes: [(ProductFinish, (Double) -> Double)] = [
        (.linear, { $0 }), (.rectify, { max($0, 0) }), (.square, { $0 * $0 }),
      ]
      for (finish, function) in finishes {
        var result = other
        multiply(left.view, right.view, into: result.mutableView, from: start, finish: finish)
        let expected = Self.plain(left.view, right.view, value).map(function)
        // 11 products of numbers near 1, each rounded to 6e-8; a square doubles their error.
        #expect(relativeToLargest(result.buffer.values, expected) < 1e-6)
      }
    }
    withExtendedLifetime((columnBias, rowBias)) {}
  }

  @Test("A transposed left factor is read down its columns")
  func transposed() {
    var random = PlainRandom(seed: 2)
    let left = Self.matrix(7, 10, &random)
    let right = Self.matrix(7, 6, &random)
    var result = Matrix(rows: 10, columns: 6)
    multiply(left.view.transposed, right.view, into: result.mutableView)
    let expected = Self.plain(left.view.transposed, right.view) { _, _ in 0 }
    #expect(relativeToLargest(result.buffer.values, expected) < 1e-6)
  }

  @Test("A part of the rows and columns leaves the rest alone")
  func parts() {
    var random = PlainRandom(seed: 3)
    let left = Self.matrix(9, 4, &random)
    let right = Self.matrix(12, 5, &random)
    var result = Matrix(rows: 8, columns: 9, repeating: -1)
    let target = result.mutableView.rows(2..<6).columns(3..<8)
    multiply(left.view.rows(5..<9), right.view.rows(1..<5), into: target)
    let expected = Self.plain(left.view.rows(5..<9), right.view.rows(1..<5)) { _, _ in 0 }
    for row in 0..<8 {
      for column in 0..<9 {
        if (2..<6).contains(row), (3..<8).contains(column) {
          let exact = expected[(row - 2) * 5 + column - 3]
          // Four products of numbers near 1.
          #expect((Double(result[row, column]) - exact).magnitude < 1e-5)
        } else {
          #expect(result[row, column] == -1)
        }
      }
    }
  }

  @Test("Turning a matrix around twice gives it back, and adding adds")
  func transpose() {
    var random = PlainRandom(seed: 4)
    let matrix = Self.matrix(7, 18, &random)
    var turned = Matrix(rows: 18, columns: 7)
    var again = Matrix(rows: 7, columns: 18, repeating: 3)
    Compute.transpose(matrix.view, into: turned.mutableView)
    #expect(turned[17, 2] == matrix[2, 17])
    Compute.transpose(turned.view, into: again.mutableView)
    #expect(again == matrix)
    Compute.transpose(turned.view, into: again.mutableView, adding: true)
    #expect(again.buffer.values == matrix.buffer.values.map { $0 + $0 })
  }

  @Test("Column sums are added to what is there")
  func columnSums() {
    let matrix = Matrix(rows: 3, columns: 2, values: [1, 2, 3, 4, 5, 6])
    var sums = FloatBuffer([10, 20])
    addColumnSums(of: matrix.view, to: sums.mutablePointer)
    #expect(sums.values == [19, 32])
  }
}
