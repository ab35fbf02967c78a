import Kernels
import TestSupport

/// One product C = start + A·B with everything that a caller may choose, in memory that ends where
/// a reader of one float too many would stop the process.
struct ProductCase {
  enum Start: CaseIterable {
    case zero
    case result
    case matrix
    case columnBias
    case rowBias
  }

  /// What becomes of the sums, by the kernels' number for it.
  enum Finish: Int32, CaseIterable {
    case linear
    case rectify
    case square

    func callAsFunction<Number: BinaryFloatingPoint>(_ sum: Number) -> Number {
      switch self {
      case .linear: sum
      case .rectify: sum <= 0 ? 0 : sum
      case .square: sum * sum
      }
    }
  }

  let rows: Int
  let columns: Int
  let depth: Int
  let start: Start
  let finish: Finish
  /// Whether A is stored with its depth down the rows.
  let isTransposed: Bool
  /// How many floats stand unused between two rows of A, B, C and start.
  let gap: Int

  private let a: GuardedFloats
  private let b: GuardedFloats
  private let startValues: GuardedFloats

  init(
    rows: Int,
    columns: Int,
    depth: Int,
    start: Start = .zero,
    finish: Finish = .linear,
    isTransposed: Bool = false,
    gap: Int = 0,
    seed: UInt64
  ) {
    self.rows = rows
    self.columns = columns
    self.depth = depth
    self.start = start
    self.finish = finish
    self.isTransposed = isTransposed
    self.gap = gap
    var random = PlainRandom(seed: seed)
    func values(_ major: Int, _ minor: Int) -> GuardedFloats {
      let count = major == 0 || minor == 0 ? 0 : (major - 1) * (minor + gap) + minor
      return GuardedFloats((0..<count).map { _ in Float(random.uniform(from: -1, to: 1)) })
    }
    a = isTransposed ? values(depth, rows) : values(rows, depth)
    b = values(depth, columns)
    switch start {
    case .zero: startValues = GuardedFloats([])
    case .result, .matrix: startValues = values(rows, columns)
    case .columnBias: startValues = GuardedFloats(random.normals(columns))
    case .rowBias: startValues = GuardedFloats(random.normals(rows))
    }
  }

  private var strideOfA: (row: Int, depth: Int) {
    isTransposed ? (1, rows + gap) : (depth + gap, 1)
  }

  private var strideOfStart: (row: Int, column: Int) {
    switch start {
    case .zero: (0, 1)
    case .result, .matrix: (columns + gap, 1)
    case .columnBias: (0, 1)
    case .rowBias: (1, 0)
    }
  }

  /// C as some kernels compute it, its gaps included.
  func result(of table: KernelTable) -> GuardedFloats {
    let width = columns + gap
    let count = rows == 0 || columns == 0 ? 0 : (rows - 1) * width + columns
    let c = GuardedFloats(marks: count)
    if start == .result {
      // The gaps keep their marks.
      for row in 0..<rows {
        for column in 0..<columns {
          c.pointer[row * width + column] = startValues.pointer[row * width + column]
        }
      }
    }
    let startPointer: UnsafePointer<Float>? =
      switch start {
      case .zero: nil
      case .result: UnsafePointer(c.pointer)
      case .matrix, .columnBias, .rowBias: UnsafePointer(startValues.pointer)
      }
    var product = dis_product(
      rows: rows,
      columns: columns,
      depth: depth,
      a: a.pointer,
      a_row: strideOfA.row,
      a_depth: strideOfA.depth,
      b: b.pointer,
      b_depth: columns + gap,
      start: startPointer,
      start_row: strideOfStart.row,
      start_column: strideOfStart.column,
      c: c.pointer,
      c_row: width,
      finish: finish.rawValue
    )
    table.functions.product(&product)
    return c
  }

  /// What is right, element by element.
  struct Expected {
    /// The chain of fused multiply-adds over the depth in order.
    var fused: [Float] = []
    /// The same chain with products and sums rounded apart.
    var unfused: [Float] = []
    /// In double precision, where a product of two floats is exact.
    var exact: [Double] = []
    /// |start| + Σ |a·b|: the scale of rounding errors.
    var magnitude: [Double] = []
  }

  func expected() -> Expected {
    var result = Expected()
    let (aRow, aDepth) = strideOfA
    let (a, b, from) = (a.pointer, b.pointer, startValues.pointer)
    for row in 0..<rows {
      for column in 0..<columns {
        let (startRow, startColumn) = strideOfStart
        let first = start == .zero ? 0 : from[row * startRow + column * startColumn]
        var fused = first
        var unfused = first
        var exact = Double(first)
        var magnitude = Double(first.magnitude)
        for k in 0..<depth {
          let left = a[row * aRow + k * aDepth]
          let right = b[k * (columns + gap) + column]
          fused = fused.addingProduct(left, right)
          unfused += left * right
          exact += Double(left) * Double(right)
          magnitude += (Double(left) * Double(right)).magnitude
        }
        result.fused.append(finish(fused))
        result.unfused.append(finish(unfused))
        result.exact.append(finish(exact))
        result.magnitude.append(magnitude)
      }
    }
    return result
  }

  /// What is wrong with the result of some kernels; `nil` where nothing is.
  func problem(of table: KernelTable, _ expected: Expected) -> String? {
    let c = result(of: table)
    let chain = table.isFused ? expected.fused : expected.unfused
    // Each of depth products and sums is rounded once or twice; the 1 is for errors of errors.
    let unit = Double(depth + 2) * 0x1p-24
    for row in 0..<rows {
      for column in 0..<columns {
        let value = c.pointer[row * (columns + gap) + column]
        let index = row * columns + column
        guard value.bitPattern == chain[index].bitPattern else {
          return "\(self): (\(row), \(column)) is \(value), the plain chain gives \(chain[index])"
        }
        // Written so that a value that is not a number fails.
        let error = (Double(value) - expected.exact[index]).magnitude
        // A square has twice the relative error of its root, and one rounding more.
        let scale = expected.magnitude[index]
        let allowed = finish == .square ? 3 * unit * scale * scale : unit * scale
        guard error <= allowed else {
          return "\(self): (\(row), \(column)) is \(value), exact \(expected.exact[index])"
        }
      }
      guard gap == 0 || row == rows - 1 else {
        for column in columns..<columns + gap where !c.isMark(row * (columns + gap) + column) {
          return "\(self): wrote behind row \(row)"
        }
        continue
      }
    }
    return c.isFrontUntouched ? nil : "\(self): wrote in front of C"
  }
}

extension ProductCase: CustomStringConvertible {
  var description: String {
    """
    \(rows) × \(depth) by \(depth) × \(columns), start \(start), gap \(gap)\
    \(isTransposed ? ", A transposed" : ""), \(finish)
    """
  }
}
