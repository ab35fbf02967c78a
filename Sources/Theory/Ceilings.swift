import Compute
import RealModule

/// How well the latent can be read out of the observations, as r² = 1 - 12 MSE.
///
/// The variance of a coordinate of the box [-1/2, 1/2]^D is 1/12; r² keeps this unit also where
/// the test latents fill a single orthant, as the paper does. Only ``anyDecoder`` is a bound that
/// nothing may exceed. The linear values are references: the best that a linear decoder makes of
/// the plain mean of the observations, which a good state can beat by a little.
package struct Ceilings: Hashable, Sendable {
  /// D.
  package let dimensions: Int

  /// How many latents have their sign fixed in a held-out region: all in an orthant.
  package let heldSigns: Int

  /// s = σ/√t, 0 or more.
  package let scale: Double

  /// `heldSigns` is `D` where it isn't given.
  package init(dimensions: Int, evidence: Evidence, heldSigns: Int? = nil) {
    self.init(dimensions: dimensions, scale: evidence.posteriorScale, heldSigns: heldSigns)
  }

  package init(dimensions: Int, scale: Double, heldSigns: Int? = nil) {
    precondition(dimensions >= 1, "a latent of \(dimensions) dimensions hides nothing")
    precondition(scale >= 0 && scale.isFinite, "no posterior has the scale \(scale)")
    self.dimensions = dimensions
    self.scale = scale
    self.heldSigns = heldSigns ?? dimensions
  }

  /// The r² of the posterior mean, which no decoder of the observations exceeds: `r2.any`.
  ///
  /// The coordinates are independent, so it is the same for every `D`, in and out of distribution.
  /// It bounds one estimator averaged over the whole box. Several decoders, each tested on its own
  /// orthant, could pass it by leaning towards the orthant that they never saw; not even they pass
  /// ``anyDecoderToldOrthant``.
  package var anyDecoder: Double {
    1 - 12 * leastMeanSquare(scale: scale)
  }

  /// The r² of the posterior mean of an observer that is told the orthant of the latent, or the
  /// other region that is held out.
  ///
  /// A latent of known sign lives in a box of half the side. Doubling every length turns it into
  /// the unit box, seen with twice the noise and four times the squared error.
  package var anyDecoderToldOrthant: Double {
    let told = 1 - 12 * leastMeanSquare(scale: 2 * scale) / 4
    return perDimension(held: told, free: anyDecoder)
  }

  /// The mean over latents, of which some have their sign held.
  private func perDimension(held: Double, free: Double) -> Double {
    guard heldSigns < dimensions else { return held }
    return (Double(heldSigns) * held + Double(dimensions - heldSigns) * free) / Double(dimensions)
  }

  /// The r² of the mean of the observations as it stands, 1 - 12 s²: the paper's equation 7.
  package var unbiasedMean: Double {
    1 - 12 * scale * scale
  }

  /// The r² of the best linear decoder of the mean, fitted and tested on the whole box:
  /// 1 / (1 + 12 s²).
  package var linearInDistribution: Double {
    1 / (1 + 12 * scale * scale)
  }

  /// The r² of least squares on the mean, fitted with intercept on all orthants but one and tested
  /// on that one, with infinitely many trials.
  ///
  /// With S the covariance of the training latents and m their mean in each coordinate the decoder
  /// is m + A (μ - m), A = S (S + s² I)⁻¹, and on the held-out orthant
  ///
  ///     MSE = tr[(A - I) E (A - I)ᵀ + s² A Aᵀ] / D,   E = (1/4 - m)² 1 1ᵀ + I/48.
  ///
  /// All these matrices share the eigenvector (1, …, 1) and are multiples of the identity
  /// across it. Latents whose sign isn't held are independent of the others, and decoded as in
  /// distribution.
  package var linearHeldOut: Double {
    let dimension = Double(heldSigns)
    let training = TrainingLatents(dimensions: heldSigns)
    let offset = 0.25 - training.mean
    let noise = scale * scale

    func squaredError(eigenvalue: Double, distance: Double) -> Double {
      let shrinkage = noise / (eigenvalue + noise)
      let gain = 1 - shrinkage
      return shrinkage * shrinkage * distance + noise * gain * gain
    }
    let diagonal = squaredError(
      eigenvalue: training.variance + (dimension - 1) * training.covariance,
      distance: dimension * offset * offset + 1.0 / 48
    )
    let transverse = squaredError(
      eigenvalue: training.variance - training.covariance,
      distance: 1.0 / 48
    )
    let held = 1 - 12 * (diagonal + (dimension - 1) * transverse) / dimension
    return perDimension(held: held, free: linearInDistribution)
  }
}

/// What r² is worth: readers of almost nothing, noise-free, on the held-out orthant.
package enum Floors {
  /// A decoder that always answers the mean of its training latents, on the held-out orthant.
  ///
  /// In two dimensions that is -0.5833. In distribution its r² is 0.
  package static func trainingMeanHeldOut(dimensions: Int) -> Double {
    precondition(dimensions >= 1, "a latent of \(dimensions) dimensions hides nothing")
    let offset = 0.25 - TrainingLatents(dimensions: dimensions).mean
    return 1 - 12 * (offset * offset + 1.0 / 48)
  }

  /// The same on a region that holds the signs of some latents only: 0 for each of the others.
  package static func trainingMeanHeldOut(signs: Int, of dimensions: Int) -> Double {
    Double(signs) / Double(dimensions) * trainingMeanHeldOut(dimensions: signs)
  }

  /// A decoder that knows the orthant and answers its center: 1 - 12/48, for every `D`.
  package static let orthantCenter = 0.75

  /// A decoder that knows only the direction x/|x|, for `D` = 2: (E r)² / E r² with r = |x|.
  ///
  /// E r = (√2 + arsinh 1)/6 is the mean distance from the center of the unit square, E r² = 1/6.
  package static var directionOnly: Double {
    let meanRadius = (2.0.squareRoot() + .asinh(1)) / 6
    return 6 * meanRadius * meanRadius
  }
}

/// Moments of latents that fill all orthants of the box but the positive one.
private struct TrainingLatents {
  /// The mean of a coordinate.
  let mean: Double
  let variance: Double

  /// The covariance of two coordinates.
  let covariance: Double

  init(dimensions: Int) {
    let orthants = Double.exp2(Double(dimensions)) - 1
    // Over all orthants x_j sums to 0 and x_j x_k too; the missing one held 1/4 and 1/16.
    mean = -1 / (4 * orthants)
    variance = 1.0 / 12 - mean * mean
    covariance = -1 / (16 * orthants) - mean * mean
  }
}

/// E[Var(x | μ)] of one coordinate, the least mean squared error that any estimate can have.
///
/// The mean m of the observations has the density Φ((1/2 - m)/s) - Φ((-1/2 - m)/s); the integral
/// runs over twice its right half.
private func leastMeanSquare(scale: Double) -> Double {
  // Without noise the latent is known, and there is no density to integrate over.
  guard scale > 0 else { return 0 }
  // Ten deviations inside the wall the posterior is N(m, s²) to rounding, and ten outside none is
  // left: in between panels of one deviation, further inside a single one.
  let inner = max(0, 0.5 - 10 * scale)
  var edges = Quadrature.edges(from: inner, to: 0.5 + 10 * scale, panelsNoWiderThan: scale)
  if inner > 0 { edges.insert(0, at: 0) }
  let rule = Quadrature.gaussLegendre(order: 12).repeated(between: edges)
  return 2
    * rule.integral { mean in
      let lower = (-0.5 - mean) / scale
      let upper = (0.5 - mean) / scale
      return NormalDistribution.probability(from: lower, to: upper)
        * scale * scale * TruncatedNormal(from: lower, to: upper).variance
    }
}
