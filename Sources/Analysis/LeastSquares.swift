import Compute

/// All ridge decoders of one fitting set, from one decomposition of its covariance.
///
/// The states are centred but not scaled unit by unit, the intercept is free, and the penalty is
/// `λ tr(C) ‖W‖²` beside the mean squared error: `(C + λ tr(C) I) W = cov(r, x)`.
package struct RidgePath {
  private let eigen: SymmetricEigen
  /// The states' total variance.
  private let trace: Double
  /// Of states of this size.
  private let roundingVariance: Double
  /// Whether there is nothing to read: then every decoder answers the mean of the latents.
  private let isBlind: Bool
  /// `Vᵀ cov(r, x)`, `[H, D]`.
  private let projection: DoubleMatrix
  private let stateMean: [Double]
  private let latentMean: [Double]

  package init(_ moments: Moments) {
    let covariance = moments.stateCovariance
    eigen = SymmetricEigen(covariance)
    trace = covariance.trace
    roundingVariance = moments.roundingVariance
    isBlind = moments.statesAreConstant
    projection = eigen.vectors.transposed * moments.crossCovariance
    stateMean = moments.stateMean
    latentMean = moments.latentMean
  }

  /// The minimiser of the mean squared error and the penalty.
  ///
  /// - Parameter penalty: `λ`, positive, as a share of the states' total variance.
  /// - Returns: The decoder for this penalty.
  package func decoder(penalty: Double) -> LinearDecoder {
    decoder { value in
      let damped = value + penalty * trace
      return damped > 0 ? 1 / damped : 0
    }
  }

  /// Ordinary least squares.
  ///
  /// Directions whose variance is less than 1e-12 of the largest, or than rounding leaves of the mean,
  /// hold nothing, and are left out: the shortest of all solutions.
  package var leastSquares: LinearDecoder {
    let smallest = roundingVariance + 1e-12 * (eigen.values.last ?? 0)
    return decoder { $0 > smallest ? 1 / $0 : 0 }
  }

  private func decoder(_ inverse: (Double) -> Double) -> LinearDecoder {
    var scaled = projection
    for (row, value) in eigen.values.enumerated() {
      let factor = isBlind ? 0 : inverse(value)
      for column in 0..<scaled.columns { scaled[row, column] *= factor }
    }
    let weights = eigen.vectors * scaled
    let intercept = (0..<weights.columns).map { dimension in
      stateMean.indices.reduce(latentMean[dimension]) {
        $0 - weights[$1, dimension] * stateMean[$1]
      }
    }
    return LinearDecoder(weights: weights, intercept: intercept)
  }
}

/// The headline decoder: ridge with a penalty that the fitting regions choose among themselves.
package struct RidgeFit {
  /// `λ = 10^k`, k = -8 … 0 in half steps.
  package static let penalties = (0...16).map { power(ofTen: -8 + Double($0) / 2) }

  /// What is reported beside the chosen one.
  package static let fixedPenalty = 1e-4

  package let decoder: LinearDecoder
  package let penalty: Double
  /// One decoder for each of ``penalties``, fitted on everything.
  package let path: [LinearDecoder]
  package let fixed: LinearDecoder
  package let leastSquares: LinearDecoder

  /// Chooses the penalty by leaving each region out in turn, then fits on all of them.
  ///
  /// The choice's own score belongs to nobody's report: it was searched for.
  ///
  /// - Parameter regions: Moments of the fitting regions, at least one; of more than sixteen the
  ///   first sixteen are left out in turn.
  package init(_ regions: [Moments]) {
    var errors = [Double](repeating: 0, count: Self.penalties.count)
    if regions.count > 1 {
      for left in 0..<min(16, regions.count) {
        let others = regions.indices.filter { $0 != left }.map { regions[$0] }
        let path = RidgePath(.sum(others))
        let test = regions[left].covariances
        for (index, penalty) in Self.penalties.enumerated() {
          errors[index] += path.decoder(penalty: penalty).meanSquaredError(on: test)
        }
      }
    }
    let all = RidgePath(.sum(regions))
    var best = Self.penalties.firstIndex(of: Self.fixedPenalty) ?? 0
    if regions.count > 1 {
      best = 0
      for index in errors.indices where errors[index] < errors[best] { best = index }
    }
    penalty = Self.penalties[best]
    path = Self.penalties.map { all.decoder(penalty: $0) }
    decoder = path[best]
    fixed = all.decoder(penalty: Self.fixedPenalty)
    leastSquares = all.leastSquares
  }

  /// Ten to a multiple of one half, with only a square root, so that a penalty is the same number
  /// on every machine.
  private static func power(ofTen exponent: Double) -> Double {
    let halves = Int((exponent * 2).rounded())
    let whole = halves >> 1
    var value = 1.0
    for _ in 0..<whole.magnitude { value *= 10 }
    if whole < 0 { value = 1 / value }
    return halves & 1 == 1 ? value * 10.0.squareRoot() : value
  }
}
