import Compute
import RealModule
import Trials

/// How well latents can be read out of the ideal observer's estimate, where the *test* has noise of
/// any law: r² as in ``Ceilings``, which knows white noise.
///
/// Runs are always tested on white noise; these are the values for a test in the noise of the
/// training. **Status: proven for Gaussian noise; for Gumbel noise the linear values and
/// ``unbiasedMean`` are exact, ``anyDecoder`` takes the estimate's error as normal: approximate.**
package struct NoiseCeilings: Hashable, Sendable {
  /// Of the estimate, given the latent, `[D]`.
  package let variances: [Double]

  package init(variances: [Double]) { self.variances = variances }

  /// Of the best estimate.
  package init(_ model: NoiseModel, looks: Int) {
    self.init(variances: (0..<model.dimensions).map { model.variance(of: $0, looks: looks) })
  }

  /// Of the plain mean of the looks, its bias removed.
  package init(meanOf model: NoiseModel, looks: Int) {
    self.init(
      variances: (0..<model.dimensions).map { model.varianceOfMean(of: $0, looks: looks) }
    )
  }

  /// 1 - 12 v, mean over the latents.
  package var unbiasedMean: Double { average { 1 - 12 * $0 } }

  /// 1 / (1 + 12 v), mean over the latents: they are independent over the whole box.
  package var linearInDistribution: Double { average { 1 / (1 + 12 * $0) } }

  /// The posterior mean's, under the box prior.
  package var anyDecoder: Double {
    average { Ceilings(dimensions: 1, scale: $0.squareRoot()).anyDecoder }
  }

  private func average(_ value: (Double) -> Double) -> Double {
    variances.reduce(0) { $0 + value($1) } / Double(variances.count)
  }

  /// Least squares on the estimate, fitted on all orthants but one and tested on that one.
  ///
  /// As in ``Ceilings/linearHeldOut``, with the diagonal V of the variances in the place of s² I:
  /// A = I - V M with M = (S + V)⁻¹, and MSE = tr[(A - I) E (A - I)ᵀ + A V Aᵀ] / D. S is
  /// a I + c 1 1ᵀ, so M follows from the diagonal d = a + v by Sherman and Morrison.
  package var linearHeldOut: Double {
    let size = variances.count
    let orthants = Double.exp2(Double(size)) - 1
    let mean = -1 / (4 * orthants)
    let covariance = -1 / (16 * orthants) - mean * mean
    let diagonal = variances.map { 1.0 / 12 - mean * mean - covariance + $0 }
    let inverses = diagonal.reduce(0) { $0 + 1 / $1 }
    let correction = covariance / (1 + covariance * inverses)
    let distance = (0.25 - mean) * (0.25 - mean)
    var error = 0.0
    for row in 0..<size {
      // Row of A - I = -V M.
      let residual = (0..<size).map { column in
        let inverse =
          (row == column ? 1 / diagonal[row] : 0)
          - correction / (diagonal[row] * diagonal[column])
        return -variances[row] * inverse
      }
      let sum = residual.reduce(0, +)
      error += distance * sum * sum
      for column in 0..<size {
        let gain = residual[column] + (row == column ? 1 : 0)
        error += residual[column] * residual[column] / 48 + variances[column] * gain * gain
      }
    }
    return 1 - 12 * error / Double(size)
  }
}
