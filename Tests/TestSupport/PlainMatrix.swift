import RealModule

/// A matrix in double precision that remembers what it was made of, and so knows what a loss's
/// derivative by it is: naive loops and the chain rule, one node an operation.
///
/// Twins of networks are written with it as their equations alone; their derivatives owe nothing to
/// those worked out by hand for the fast networks.
package final class PlainMatrix {
  package let rows: Int
  package let columns: Int
  package let values: [Double]
  /// The derivative by each value, once ``differentiate()`` was called on what came of it.
  package private(set) var gradient: [Double]
  /// On which side of its kink each value of a rectifier's argument lies.
  private let sides: [Bool]

  private let parents: [PlainMatrix]
  /// Adds to the gradients of the parents what this matrix's gradient says about them.
  private let back: (PlainMatrix) -> Void

  /// A matrix that comes from nothing.
  package convenience init(rows: Int, columns: Int, _ values: [Double]) {
    self.init(rows: rows, columns: columns, values, from: []) { _ in }
  }

  private init(
    rows: Int,
    columns: Int,
    _ values: [Double],
    sides: [Bool] = [],
    from parents: [PlainMatrix],
    _ back: @escaping (PlainMatrix) -> Void
  ) {
    precondition(values.count == rows * columns, "\(values.count) values, \(rows) × \(columns)")
    self.rows = rows
    self.columns = columns
    self.values = values
    self.sides = sides
    self.parents = parents
    self.back = back
    gradient = [Double](repeating: 0, count: values.count)
  }

  /// Fills ``gradient`` of everything that this matrix, one number, was made of.
  package func differentiate() {
    precondition(values.count == 1, "one number is differentiated")
    gradient[0] = 1
    for node in ancestry.reversed() { node.back(node) }
  }

  /// On which side of its kink every rectifier's argument lies.
  package var branch: [Bool] { ancestry.flatMap(\.sides) }

  /// All that this was made of, and itself, everything after what it was made of.
  private var ancestry: [PlainMatrix] {
    var order: [PlainMatrix] = []
    var seen: Set<ObjectIdentifier> = []
    func visit(_ node: PlainMatrix) {
      guard seen.insert(ObjectIdentifier(node)).inserted else { return }
      node.parents.forEach(visit)
      order.append(node)
    }
    visit(self)
    return order
  }

  // MARK: Operations

  /// `x Wᵀ + b` with `W` of `[out, in]` and `b` of one row.
  package func linear(_ weight: PlainMatrix, _ bias: PlainMatrix) -> PlainMatrix {
    precondition(weight.columns == columns && bias.values.count == weight.rows, "shapes differ")
    let (width, outputs) = (columns, weight.rows)
    var result: [Double] = []
    for row in 0..<rows {
      for output in 0..<outputs {
        var sum = bias.values[output]
        for column in 0..<width {
          sum += values[row * width + column] * weight.values[output * width + column]
        }
        result.append(sum)
      }
    }
    return PlainMatrix(rows: rows, columns: outputs, result, from: [self, weight, bias]) { node in
      for row in 0..<node.rows {
        for output in 0..<outputs {
          let slope = node.gradient[row * outputs + output]
          bias.gradient[output] += slope
          for column in 0..<width {
            self.gradient[row * width + column] += slope * weight.values[output * width + column]
            weight.gradient[output * width + column] += slope * self.values[row * width + column]
          }
        }
      }
    }
  }

  package static func + (left: PlainMatrix, right: PlainMatrix) -> PlainMatrix {
    combine(left, right, +) { _, _ in (1, 1) }
  }

  package static func - (left: PlainMatrix, right: PlainMatrix) -> PlainMatrix {
    combine(left, right, -) { _, _ in (1, -1) }
  }

  /// Value by value.
  package static func * (left: PlainMatrix, right: PlainMatrix) -> PlainMatrix {
    combine(left, right, *) { ($1, $0) }
  }

  private static func combine(
    _ left: PlainMatrix,
    _ right: PlainMatrix,
    _ function: (Double, Double) -> Double,
    slopes: @escaping (Double, Double) -> (Double, Double)
  ) -> PlainMatrix {
    precondition(left.rows == right.rows && left.columns == right.columns, "shapes differ")
    return PlainMatrix(
      rows: left.rows,
      columns: left.columns,
      zip(left.values, right.values).map(function),
      from: [left, right]
    ) { node in
      for index in node.values.indices {
        let (first, second) = slopes(left.values[index], right.values[index])
        left.gradient[index] += first * node.gradient[index]
        right.gradient[index] += second * node.gradient[index]
      }
    }
  }

  package var sigmoid: PlainMatrix {
    map({ 1 / (1 + Double.exp(-$0)) }, slope: { $1 * (1 - $1) })
  }

  package var tanh: PlainMatrix { map(Double.tanh, slope: { 1 - $1 * $1 }) }

  /// `max(x, 0)`, whose derivative at exactly zero is zero.
  package var rectified: PlainMatrix {
    map({ max($0, 0) }, sides: values.map { $0 > 0 }, slope: { x, _ in x > 0 ? 1 : 0 })
  }

  /// A function of every value, and its slope from argument and result.
  private func map(
    _ function: (Double) -> Double,
    sides: [Bool] = [],
    slope: @escaping (Double, Double) -> Double
  ) -> PlainMatrix {
    PlainMatrix(
      rows: rows,
      columns: columns,
      values.map(function),
      sides: sides,
      from: [self]
    ) { node in
      for index in node.values.indices {
        self.gradient[index] +=
          slope(self.values[index], node.values[index]) * node.gradient[index]
      }
    }
  }

  package func columns(_ range: Range<Int>) -> PlainMatrix {
    let width = columns
    let places = (0..<rows).flatMap { row in range.map { row * width + $0 } }
    return PlainMatrix(
      rows: rows,
      columns: range.count,
      places.map { values[$0] },
      from: [self]
    ) { node in
      for (index, place) in places.enumerated() { self.gradient[place] += node.gradient[index] }
    }
  }

  /// `scale·Σ log(1 + e^z) - y z` of these logits `z` against targets `y`: one number.
  package func logisticLoss(_ targets: some Collection<Double>, scale: Double) -> PlainMatrix {
    precondition(targets.count == values.count, "a target for each answer")
    let targets = Array(targets)
    var loss = 0.0
    for (logit, target) in zip(values, targets) {
      loss += max(logit, 0) - target * logit + Double.log(onePlus: Double.exp(-logit.magnitude))
    }
    return PlainMatrix(rows: 1, columns: 1, [scale * loss], from: [self]) { node in
      for (index, logit) in self.values.enumerated() {
        let error = 1 / (1 + Double.exp(-logit)) - targets[index]
        self.gradient[index] += node.gradient[0] * scale * error
      }
    }
  }
}

// MARK: What a transformer needs besides

extension PlainMatrix {
  /// The product of two matrices.
  package func times(_ right: PlainMatrix) -> PlainMatrix {
    linear(right.transposed, PlainMatrix(rows: 1, columns: right.columns, repeating: 0))
  }

  package convenience init(rows: Int, columns: Int, repeating value: Double) {
    self.init(rows: rows, columns: columns, [Double](repeating: value, count: rows * columns))
  }

  package var transposed: PlainMatrix {
    let (height, width) = (rows, columns)
    // Where each value of the result comes from.
    let places = (0..<width * height).map { $0 % height * width + $0 / height }
    return PlainMatrix(
      rows: width,
      columns: height,
      places.map { values[$0] },
      from: [self]
    ) { node in
      for (index, place) in places.enumerated() { self.gradient[place] += node.gradient[index] }
    }
  }

  package func rows(_ range: Range<Int>) -> PlainMatrix {
    let start = range.lowerBound * columns
    return PlainMatrix(
      rows: range.count,
      columns: columns,
      Array(values[start..<range.upperBound * columns]),
      from: [self]
    ) { node in
      for index in node.values.indices { self.gradient[start + index] += node.gradient[index] }
    }
  }

  /// Matrices of as many rows side by side.
  package static func beside(_ parts: [PlainMatrix]) -> PlainMatrix {
    let rows = parts[0].rows
    let values = (0..<rows).flatMap { row in
      parts.flatMap { $0.values[row * $0.columns..<(row + 1) * $0.columns] }
    }
    let width = values.count / rows
    return PlainMatrix(rows: rows, columns: width, values, from: parts) { node in
      for row in 0..<rows {
        var column = row * width
        for part in parts {
          for index in row * part.columns..<(row + 1) * part.columns {
            part.gradient[index] += node.gradient[column]
            column += 1
          }
        }
      }
    }
  }

  /// Value by value times numbers that nothing is learned about.
  package func scaled(by factors: [Double]) -> PlainMatrix {
    self * PlainMatrix(rows: rows, columns: columns, factors)
  }

  package func scaled(by factor: Double) -> PlainMatrix {
    scaled(by: [Double](repeating: factor, count: values.count))
  }

  /// One row as often as asked for.
  package func repeated(_ count: Int) -> PlainMatrix {
    precondition(rows == 1, "one row is repeated")
    return PlainMatrix(rows: count, columns: 1, repeating: 1).times(self)
  }

  /// Every row less its mean, over `√(variance + ε)`.
  package func normed(epsilon: Double) -> PlainMatrix {
    let width = columns
    var result: [Double] = []
    var deviations: [Double] = []
    for row in 0..<rows {
      let x = values[row * width..<(row + 1) * width]
      let mean = x.reduce(0, +) / Double(width)
      let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
      deviations.append((variance + epsilon).squareRoot())
      result += x.map { ($0 - mean) / deviations[row] }
    }
    return PlainMatrix(rows: rows, columns: width, result, from: [self]) { node in
      // ∂n_j / ∂x_i = ((i = j) - 1/F - n_i n_j / F) / deviation
      for (row, deviation) in deviations.enumerated() {
        for i in row * width..<(row + 1) * width {
          for j in row * width..<(row + 1) * width {
            let slope =
              (i == j ? 1 : 0) - (1 + node.values[i] * node.values[j]) / Double(width)
            self.gradient[i] += node.gradient[j] * slope / deviation
          }
        }
      }
    }
  }

  /// In every row a softmax over the columns up to the row's own number; zero beyond.
  package var causalSoftmax: PlainMatrix {
    let width = columns
    var result = [Double](repeating: 0, count: values.count)
    for row in 0..<rows {
      let seen = row * width...row * width + row
      let largest = values[seen].max() ?? 0
      let sum = values[seen].reduce(0) { $0 + Double.exp($1 - largest) }
      for index in seen { result[index] = Double.exp(values[index] - largest) / sum }
    }
    return PlainMatrix(rows: rows, columns: width, result, from: [self]) { node in
      // ∂p_j / ∂s_i = p_j ((i = j) - p_i)
      for row in 0..<node.rows {
        for i in row * width...row * width + row {
          for j in row * width...row * width + row {
            let slope = node.values[j] * ((i == j ? 1 : 0) - node.values[i])
            self.gradient[i] += node.gradient[j] * slope
          }
        }
      }
    }
  }

  /// `x/2 (1 + tanh(√(2/π) (x + 0.044715 x³)))`.
  package var gelu: PlainMatrix {
    let inside = { (x: Double) in (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x) }
    return map(
      { $0 / 2 * (1 + Double.tanh(inside($0))) },
      slope: { x, _ in
        let tanh = Double.tanh(inside(x))
        let slope = (2 / Double.pi).squareRoot() * (1 + 3 * 0.044715 * x * x)
        return (1 + tanh) / 2 + x / 2 * (1 - tanh * tanh) * slope
      }
    )
  }
}
