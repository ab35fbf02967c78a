import Compute

/// First and second moments of states and latents: all that linear decoders by least squares need.
///
/// Moments of two sets add up to those of their union, so regions are combined and left out without
/// reading a trial twice. Products are those of deviations from the mean, so that states far from the
/// origin lose nothing (Chan, Golub and LeVeque, The American Statistician 37, 1983).
package struct Moments: Sendable {
  package let stateWidth: Int
  package let dimensions: Int
  package private(set) var count = 0
  /// Of the states as they came.
  private var precision: Precision
  /// Means of the states, then the latents, `[H + D]`.
  private var means: [Double]
  /// Sums of the products of their deviations, `[H + D, H + D]`, the upper half.
  private var products: DoubleMatrix

  /// How many digits states have.
  package enum Precision: Sendable {
    case single
    case double

    /// What rounding can leave of a constant's square: more by far than a rounding of each number,
    /// since states come out of long sums.
    var squaredRounding: Double {
      switch self {
      case .single: 1e-12
      case .double: 1e-24
      }
    }
  }

  package init(stateWidth: Int, dimensions: Int, precision: Precision = .single) {
    self.stateWidth = stateWidth
    self.dimensions = dimensions
    self.precision = precision
    means = [Double](repeating: 0, count: stateWidth + dimensions)
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

  /// Of states, `[n, H]`, and latents, `[n, D]`, that come in double precision, or come so from a
  /// network that computes in single.
  package init(
    states: DoubleMatrix,
    latents: DoubleMatrix,
    precision: Precision = .double
  ) {
    precondition(states.rows == latents.rows, "every state belongs to one latent")
    self.init(stateWidth: states.columns, dimensions: latents.columns, precision: precision)
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
      let size = min(chunk, trials - start)
      var part = Moments(stateWidth: stateWidth, dimensions: dimensions, precision: precision)
      part.count = size
      var joint = DoubleMatrix(rows: size, columns: width)
      for row in 0..<size {
        for column in 0..<width {
          let entry = value(start + row, column)
          joint[row, column] = entry
          part.means[column] += entry
        }
      }
      for column in 0..<width { part.means[column] /= Double(size) }
      for row in 0..<size {
        for column in 0..<width { joint[row, column] -= part.means[column] }
      }
      part.products.addGram(of: joint)
      self = self + part
    }
  }

  package static func + (left: Moments, right: Moments) -> Moments {
    precondition(
      left.stateWidth == right.stateWidth && left.dimensions == right.dimensions,
      "moments of different states don't add up"
    )
    guard left.count > 0 else { return right }
    guard right.count > 0 else { return left }
    var sum = left
    sum.count += right.count
    let share = Double(right.count) / Double(sum.count)
    let gaps = zip(right.means, left.means).map(-)
    for index in gaps.indices { sum.means[index] += share * gaps[index] }
    sum.products = left.products + right.products
    // What the two means are apart adds n₁ n₂ / (n₁ + n₂) of its square.
    let weight = (Double(left.count) * share).squareRoot()
    sum.products.addOuterProduct(of: gaps.map { weight * $0 })
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
  package var stateMean: [Double] { Array(means[..<stateWidth]) }

  /// `[D]`.
  package var latentMean: [Double] { Array(means[stateWidth...]) }

  /// Whether the states vary by no more than rounding: less than a millionth of their size in single
  /// precision, a million millionth in double.
  ///
  /// What is left of a constant then points anywhere, and nothing may be read from it.
  package var statesAreConstant: Bool { stateCovariance.trace <= roundingVariance }

  /// Variance that says nothing: what rounding leaves of states of this size.
  var roundingVariance: Double { precision.squaredRounding * squaredMean }

  /// |mean state|².
  package var squaredMean: Double { stateMean.reduce(0) { $0 + $1 * $1 } }

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

  /// What a decoder is tested with, written out once.
  struct Covariances {
    let stateMean: [Double]
    let latentMean: [Double]
    let states: DoubleMatrix
    let cross: DoubleMatrix
    let latents: DoubleMatrix
  }

  var covariances: Covariances {
    Covariances(
      stateMean: stateMean,
      latentMean: latentMean,
      states: stateCovariance,
      cross: crossCovariance,
      latents: latentCovariance
    )
  }

  private func covariance(_ rows: Range<Int>, _ columns: Range<Int>) -> DoubleMatrix {
    let size = Double(count)
    let width = products.columns
    // Written out for every fit of every draw: by places, not by subscripts.
    var result = DoubleMatrix(rows: rows.count, columns: columns.count)
    result.values.withUnsafeMutableBufferPointer { values in
      products.values.withUnsafeBufferPointer { products in
        var place = 0
        for row in rows {
          for column in columns {
            values[place] = products[min(row, column) * width + max(row, column)] / size
            place += 1
          }
        }
      }
    }
    return result
  }
}
