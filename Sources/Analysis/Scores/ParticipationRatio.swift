import Compute

/// In how many directions states vary: `(Σ λ)² / Σ λ²` of their covariance, from 1 to `H`.
///
/// Of the states of single trials, noise and all; mean states of conditions give another number.
/// Source: Gao et al. 2017.
///
/// - Parameter moments: Of the trials' states.
/// - Returns: `nil` where the states don't vary.
package func participationRatio(_ moments: Moments) -> Double? {
  guard !moments.statesAreConstant else { return nil }
  let covariance = moments.stateCovariance
  // Σ λ² is the sum of all squared entries: no eigenvalue is needed.
  return covariance.trace * covariance.trace / covariance.sumOfSquares
}
