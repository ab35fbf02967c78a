import Compute

/// Ridge decoders of many targets from one decomposition of the states: the factors as they were,
/// and any number of shuffles of them.
///
/// The same estimator as ``RidgePath``: states centred, a free intercept, the penalty
/// `λ tr(C) |w|²` beside the mean squared error. A shuffle leaves the states as they are, so it costs
/// a product where a decoder of its own would cost an eigenvalue problem.
struct SharedRidge {
  private let vectors: DoubleMatrix
  private let values: [Double]
  private let trace: Double
  /// `Vᵀ cov(r, y)`, `[H, M]`.
  private let projection: DoubleMatrix
  private let stateMean: [Double]
  private let targetMean: [Double]
  private let smallest: Double

  /// - Parameter sums: Of the trials to fit on.
  init(_ sums: RecordingSums) {
    let size = Double(sums.count)
    stateMean = sums.stateMean
    targetMean = sums.targetMean
    var covariance = sums.products(about: stateMean)
    for index in covariance.values.indices { covariance.values[index] /= size }
    let eigen = SymmetricEigen(covariance)
    vectors = eigen.vectors
    values = eigen.values
    trace = covariance.trace
    var cross = sums.cross(about: stateMean, targetMean)
    for index in cross.values.indices { cross.values[index] /= size }
    projection = vectors.transposedTimes(cross)
    // States come about their mean: where it lay decides nothing.
    smallest = 1e-12 * (eigen.values.last ?? 0)
  }

  /// How a direction of variance `value` enters; `nil` is least squares, which leaves out those that
  /// hold nothing but rounding.
  private func factor(_ value: Double, _ penalty: Double?) -> Double {
    guard trace > smallest else { return 0 }
    guard let penalty else { return value > smallest ? 1 / value : 0 }
    let damped = value + penalty * trace
    return damped > 0 ? 1 / damped : 0
  }

  /// `Vᵀ W` for a penalty, `[H, M]`.
  private func rotatedWeights(_ penalty: Double?) -> DoubleMatrix {
    var weights = projection
    for row in 0..<weights.rows {
      let factor = factor(values[row], penalty)
      for column in 0..<weights.columns { weights[row, column] *= factor }
    }
    return weights
  }

  /// The mean squared error of every target on other trials, `[penalties][M]`.
  func errors(on test: RecordingSums, _ penalties: [Double?]) -> [[Double]] {
    let size = Double(test.count)
    let products = vectors.transposedTimes(test.products(about: stateMean).times(vectors))
    let cross = vectors.transposedTimes(test.cross(about: stateMean, targetMean))
    return penalties.map { penalty in
      let weights = rotatedWeights(penalty)
      let images = products.times(weights)
      // What is left if nothing is read: the square about the mean of the fitted trials.
      var errors = targetMean.indices.map { target in
        let mean = targetMean[target]
        return test.squares[target] - 2 * mean * test.targets[target] + size * mean * mean
      }
      for row in 0..<weights.rows {
        for target in errors.indices {
          errors[target] += weights[row, target] * (images[row, target] - 2 * cross[row, target])
        }
      }
      return errors.map { max(0, $0) / size }
    }
  }

  /// The decoder of the first `count` targets in the recording's own units.
  func decoder(_ penalty: Double?, of recording: CenteredRecording) -> LinearDecoder {
    let rotated = rotatedWeights(penalty)
    let count = recording.targetCount
    var own = DoubleMatrix(rows: rotated.rows, columns: count)
    for row in 0..<rotated.rows {
      for target in 0..<count {
        own[row, target] = rotated[row, target] * recording.targetDeviation[target]
      }
    }
    let weights = vectors.times(own)
    let intercept = (0..<count).map { target in
      var value =
        recording.targetMean[target] + targetMean[target] * recording.targetDeviation[target]
      for unit in stateMean.indices {
        value -= weights[unit, target] * (recording.stateMean[unit] + stateMean[unit])
      }
      return value
    }
    return LinearDecoder(weights: weights, intercept: intercept)
  }
}
