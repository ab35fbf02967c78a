/// What one trial shows of its latent: `looks` observations, each off by independent Gaussian
/// noise of standard deviation `deviation` in every coordinate.
package struct Evidence: Hashable, Sendable {
  /// σ, the standard deviation of one observation, in units of the latent box; 0 or more.
  package var deviation: Double

  /// t, the number of observations, 1 or more.
  package var looks: Int

  package init(deviation: Double, looks: Int) {
    precondition(
      deviation >= 0 && deviation.isFinite,
      "noise has a finite standard deviation of 0 or more, not \(deviation)"
    )
    precondition(looks >= 1, "an observer with \(looks) looks knows nothing")
    self.deviation = deviation
    self.looks = looks
  }

  /// s = σ/√t, the standard deviation of the mean of the observations.
  ///
  /// The mean is all that an ideal observer needs to keep: it is a sufficient statistic.
  package var posteriorScale: Double {
    deviation / Double(looks).squareRoot()
  }
}
