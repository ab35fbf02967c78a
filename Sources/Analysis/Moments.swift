import Compute

/// First and second moments of states and latents: all that linear decoders by least squares need.
///
/// Moments of two sets add up to those of their union, so regions are combined and left out without
/// reading a trial twice.
package struct Moments: Sendable {
  package let stateWidth: Int
  package let dimensions: Int
  package private(set) var count = 0
  /// Sums of the states, then the latents, `[H + D]`.
  private var sums: [Double]
  /// Sums of their products, `[H + D, H + D]`, the upper half.
  private var products: DoubleMatrix

  package init(stateWidth: Int, dimensions: Int) {
    self.stateWidth = stateWidth
    self.dimensions = dimensions
    sums = [Double](repeating: 0, count: stateWidth + dimensions)
    products = DoubleMatrix(rows: stateWidth + dimensions, columns: stateWidth + dimensions)
  }

  package init(of set: StateSet) {
    self.init(stateWidth: set.stateWidth, dimensions: set.dimensions)
    let states = set.states.view
    let latents = set.latents.view
    add(set.count) { row, column in
      Double(column < states.columns ? states[row, column] : latents[row, column - states.columns])
    }
  }

  /// Of states, `[n, H]`, and latents, `[n, D]`, that come in double precision.
  package init(states: DoubleMatrix, latents: DoubleMatrix) {
    precondition(states.rows == latents.rows, "every state belongs to one latent")
    self.init(stateWidth: states.columns, dimensions: latents.columns)
    add(states.rows) { row, column in
      column < states.columns ? states[row, column] : latents[row, column - states.columns]
    }
  }

  /// - Parameters:
  ///   - trials: How many.
  ///   - value: A trial's state variables, then its latents.
  private mutating func add(_ trials: Int, _ value: (_ row: Int, _ column: Int) -> Double) {
    let width = stateWidth + dimensions
    let chunk = 256
    for start in stride(from: 0, to: trials, by: chunk) {
      let rows = start..<min(start + chunk, trials)
      var joint = DoubleMatrix(rows: rows.count, columns: width)
      for row in rows {
        for column in 0..<width {
          let entry = value(row, column)
          joint[row - start, column] = entry
          sums[column] += entry
        }
      }
      products.addGram(of: joint)
    }
    count += trials
  }

  package static func + (left: Moments, right: Moments) -> Moments {
    precondition(
      left.stateWidth == right.stateWidth && left.dimensions == right.dimensions,
      "moments of different states don't add up"
    )
    var sum = left
    sum.count += right.count
    for index in sum.sums.indices { sum.sums[index] += right.sums[index] }
    sum.products = left.products + right.products
    return sum
  }

  /// The moments of a union of sets.
  ///
  /// - Parameter parts: At least one.
  /// - Returns: Their sum.
  package static func sum(_ parts: [Moments]) -> Moments {
    precondition(!parts.isEmpty, "a sum of moments needs one at least")
    return parts.dropFirst().reduce(parts[0], +)
  }

  /// `[H]`.
  package var stateMean: [Double] { sums[..<stateWidth].map { $0 / Double(count) } }

  /// `[D]`.
  package var latentMean: [Double] { sums[stateWidth...].map { $0 / Double(count) } }

  /// Whether the states vary by no more than rounding: less than a millionth of their size.
  ///
  /// What is left of a constant then points anywhere, and nothing may be read from it.
  package var statesAreConstant: Bool {
    let covariance = stateCovariance
    return covariance.trace <= 1e-12 * stateMean.reduce(0) { $0 + $1 * $1 }
  }

  /// `cov(state, state)`, `[H, H]`, with 1/n.
  package var stateCovariance: DoubleMatrix { covariance(0..<stateWidth, 0..<stateWidth) }

  /// `cov(state, latent)`, `[H, D]`.
  package var crossCovariance: DoubleMatrix {
    covariance(0..<stateWidth, stateWidth..<stateWidth + dimensions)
  }

  /// `cov(latent, latent)`, `[D, D]`.
  package var latentCovariance: DoubleMatrix {
    let latents = stateWidth..<stateWidth + dimensions
    return covariance(latents, latents)
  }

  private func covariance(_ rows: Range<Int>, _ columns: Range<Int>) -> DoubleMatrix {
    let size = Double(count)
    var result = DoubleMatrix(rows: rows.count, columns: columns.count)
    for row in rows {
      for column in columns {
        result[row - rows.lowerBound, column - columns.lowerBound] =
          products[min(row, column), max(row, column)] / size
          - (sums[row] / size) * (sums[column] / size)
      }
    }
    return result
  }
}
