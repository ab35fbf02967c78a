import Kernels
import TestSupport
import Testing

/// Every element is one chain over the depth in order, and a float that is stored between two parts
/// of the depth is the float that was in the register: so the plain loop gives the same bits.
@Suite("Products")
struct ProductTests {
  /// Rows and columns from 1 to 70 in all combinations of a third, with everything else by lot.
  private static func shapes() -> [ProductCase] {
    var random = PlainRandom(seed: 11)
    var cases: [ProductCase] = []
    for rows in 1...70 {
      for columns in 1...70 where (rows + columns).isMultiple(of: 3) {
        cases.append(
          ProductCase(
            rows: rows,
            columns: columns,
            depth: Int.random(in: 0...70, using: &random),
            start: ProductCase.Start.allCases.randomElement(using: &random) ?? .zero,
            finish: ProductCase.Finish.allCases.randomElement(using: &random) ?? .linear,
            isTransposed: Bool.random(using: &random),
            gap: Int.random(in: 0...3, using: &random),
            seed: UInt64(rows * 100 + columns)
          )
        )
      }
    }
    return cases
  }

  @Test("Products of shapes up to 70 are the plain chain, bit by bit, and write nowhere else")
  func smallShapes() {
    var depths: Set<Int> = []
    for shape in Self.shapes() {
      depths.insert(shape.depth)
      let expected = shape.expected()
      for table in KernelTable.present {
        if let problem = shape.problem(of: table, expected) { Issue.record("\(table): \(problem)") }
      }
    }
    // The lot should not leave out what the title promises.
    #expect(depths.count > 65 && depths.contains(0))
  }

  @Test(
    "Depths around the block of 128, wide B and tall A are the plain chain too",
    arguments: ProductCase.Start.allCases
  )
  func largeShapes(start: ProductCase.Start) {
    var shapes: [(rows: Int, columns: Int, depth: Int)] = [
      (5, 33, 127), (7, 16, 128), (3, 70, 129),
    ]
    shapes += [(1, 1, 256), (6, 17, 257), (2, 64, 384), (8, 40, 400)]
    // B's rows lie more than 128 floats apart: packed from a few rows on.
    shapes += [(4, 129, 9), (5, 140, 40), (12, 150, 128), (13, 150, 130), (26, 193, 257)]
    shapes += [(24, 150, 130), (25, 150, 130), (130, 200, 300)]
    for (index, shape) in shapes.enumerated() {
      let product = ProductCase(
        rows: shape.rows,
        columns: shape.columns,
        depth: shape.depth,
        start: start,
        finish: ProductCase.Finish.allCases[index % 3],
        isTransposed: index % 3 == 1,
        gap: index % 4,
        seed: UInt64(index)
      )
      let expected = product.expected()
      for table in KernelTable.present {
        if let problem = product.problem(of: table, expected) {
          Issue.record("\(table): \(problem)")
        }
      }
    }
  }

  @Test(
    "A narrow C of far-apart rows of B is packed as well, if it has more than a few rows",
    arguments: KernelTable.present,
    [20, 31]
  )
  func narrowOfWide(table: KernelTable, rows: Int) {
    for columns in [1, 8, 9, 15, 16, 17, 64, 65] {
      let product = ProductCase(
        rows: rows,
        columns: columns,
        depth: 131,
        gap: 200,
        seed: UInt64(columns)
      )
      let problem = product.problem(of: table, product.expected())
      #expect(problem == nil)
    }
  }

  @Test("Without depth the result is its start", arguments: ProductCase.Start.allCases)
  func withoutDepth(start: ProductCase.Start) {
    let product = ProductCase(rows: 9, columns: 21, depth: 0, start: start, gap: 2, seed: 3)
    let expected = product.expected()
    for table in KernelTable.present { #expect(product.problem(of: table, expected) == nil) }
  }

  @Test("Without rows or columns nothing happens", arguments: KernelTable.present)
  func empty(table: KernelTable) {
    for (rows, columns) in [(0, 5), (5, 0), (0, 0)] {
      let product = ProductCase(rows: rows, columns: columns, depth: 4, seed: 1)
      #expect(product.result(of: table).isFrontUntouched)
    }
  }

  @Test(
    "The rectifier gives +0 for everything up to 0, and keeps NaN",
    arguments: KernelTable.present
  )
  func rectifier(table: KernelTable) {
    // A product of depth 0 with a start is the rectifier alone. A NaN that became 0 would hide that
    // a run diverged: its weights are NaN, but its loss is finite.
    let values: [Float] = [-1, -.leastNonzeroMagnitude, -0.0, 0, .leastNonzeroMagnitude, 2, .nan]
    let kept: [Float] = [0, 0, 0, 0, .leastNonzeroMagnitude, 2, .nan]
    let start = GuardedFloats(values)
    let result = GuardedFloats(marks: values.count)
    var product = dis_product(
      rows: 1,
      columns: values.count,
      depth: 0,
      a: start.pointer,
      a_row: 0,
      a_depth: 1,
      b: start.pointer,
      b_depth: values.count,
      start: UnsafePointer(start.pointer),
      start_row: values.count,
      start_column: 1,
      c: result.pointer,
      c_row: values.count,
      finish: 1
    )
    table.functions.product(&product)
    #expect(bits(result.values.dropLast()) == bits(kept.dropLast()))
    #expect(result.values.last?.isNaN == true)
  }
}
