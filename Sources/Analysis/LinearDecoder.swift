import Compute

/// An affine map from states to latents that was fitted once: `x̂ = Wᵀ r + b`.
package struct LinearDecoder: Sendable {
  /// `W`, `[H, D]`: a column for each latent.
  package let weights: DoubleMatrix
  /// `b`, `[D]`.
  package let intercept: [Double]

  package init(weights: DoubleMatrix, intercept: [Double]) {
    self.weights = weights
    self.intercept = intercept
  }

  /// Decodes one state.
  ///
  /// - Parameter state: `[H]`.
  /// - Returns: The latents, `[D]`.
  package func decode(_ state: [Double]) -> [Double] {
    (0..<weights.columns).map { dimension in
      state.indices.reduce(intercept[dimension]) { $0 + weights[$1, dimension] * state[$1] }
    }
  }

  /// The mean squared error of one latent, averaged over the latents.
  ///
  /// With the errors' mean `e = b + Wᵀ m - x̄` and covariance, from the moments alone:
  /// `MSE_d = w_dᵀ C w_d - 2 w_dᵀ c_d + v_d + e_d²`.
  package func meanSquaredError(on test: Moments) -> Double {
    meanSquaredError(on: test.covariances)
  }

  /// The same for whoever tests many decoders on one set.
  func meanSquaredError(on test: Moments.Covariances) -> Double {
    let projected = test.states * weights
    var total = 0.0
    for dimension in 0..<weights.columns {
      var error = test.latents[dimension, dimension]
      var bias = intercept[dimension] - test.latentMean[dimension]
      for unit in 0..<weights.rows {
        let weight = weights[unit, dimension]
        error += weight * (projected[unit, dimension] - 2 * test.cross[unit, dimension])
        bias += weight * test.stateMean[unit]
      }
      // Rounding alone can take a perfect decoder below zero.
      total += max(0, error + bias * bias)
    }
    return total / Double(weights.columns)
  }

  /// `1 - 12 MSE`: 1/12 is the variance of a latent over the whole box, also where the test set is
  /// a single corner of it.
  package func boxR2(on test: Moments) -> Double { 1 - 12 * meanSquaredError(on: test) }

  /// The angles between the decoder's rows for every pair of latents, in degrees; those with a row
  /// of zeros are left out.
  package var rowAngles: [Double] {
    angles(betweenAll: (0..<weights.columns).map(weights.column))
  }
}
