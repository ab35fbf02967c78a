import Compute

/// In how many directions states vary: `(Σ λ)² / Σ λ²` of their covariance, from 1 to `H`.
///
/// Which states are pooled decides what it says: of single trials it counts their noise, of conditions'
/// means it doesn't. Source: Gao et al. 2017.
///
/// - Parameter covariance: Of the states, at any scale: both halves.
/// - Returns: `nil` where the states don't vary.
package func participationRatio(covariance: DoubleMatrix) -> Double? {
  // Σ λ² is the sum of all squared entries: no eigenvalue is needed.
  let squares = covariance.sumOfSquares
  return squares > 0 ? covariance.trace * covariance.trace / squares : nil
}

/// The same of the states of single trials.
///
/// - Parameter moments: Of the trials' states.
/// - Returns: `nil` also where they vary by rounding alone.
package func participationRatio(_ moments: Moments) -> Double? {
  moments.statesAreConstant ? nil : participationRatio(covariance: moments.stateCovariance)
}
