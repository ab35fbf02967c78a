import Compute
import Testing

/// Expected values without another source were computed with mpmath at 40 digits.
@Suite("Normal distribution")
struct NormalDistributionTests {
  @Test("The logarithm of Φ keeps its digits from one tail to the other")
  func logCumulative() {
    let exact: [(x: Double, value: Double)] = [
      (-300, -45006.62273211866336),
      (-40, -804.60844201375378817),
      (-30, -454.32124395634319711),
      (-29.999, -454.29121119612386549),
      (-20, -203.91715537109726394),
      (-8, -35.013437159914549896),
      (-1.5, -2.705944400823889807),
      (-0.25, -0.91306176481113505517),
      (0, -0.69314718055994530942),
      (0.5, -0.36894641528865639307),
      (3, -0.0013508099647481937988),
      (8, -6.2209605742717860585e-16),
      (20, -2.7536241186062336951e-89),
      (37, -5.7255712225245768227e-300),
    ]
    for (x, value) in exact {
      // erfc is good to a few ulp, and rounding its argument moves it by x² ulp, which the
      // logarithm on the left turns into two ulp but the right tail keeps.
      let tolerance = max(1e-15, x > 0 ? x * x * 4e-16 : 0)
      #expect(abs(NormalDistribution.logCumulative(x) / value - 1) < tolerance, "x = \(x)")
    }
    #expect(NormalDistribution.logCumulative(-.infinity) == -.infinity)
    #expect(NormalDistribution.logCumulative(.infinity) == 0)
  }

  @Test("Series and erfc meet without a step at -30")
  func seam() {
    let step = 0x1p-20
    let left = NormalDistribution.logCumulative(-30 - step)
    let right = NormalDistribution.logCumulative(-30 + step)
    // The slope there is φ/Φ ≈ |x| + 1/|x| = 30.0333, up to 2/|x|³; rounding of 454 is 1e-13.
    #expect(abs((right - left) / (2 * step) - (30 + 1.0 / 30)) < 2 / 27_000 + 1e-6)
  }

  @Test("The density is the slope of Φ", arguments: [-4.0, -1, 0, 0.7, 3])
  func densityIsDerivative(x: Double) {
    let step = 1e-4
    let slope =
      (NormalDistribution.cumulative(x + step) - NormalDistribution.cumulative(x - step))
      / (2 * step)
    // A central difference errs by h²/6 · |φ''| < 1e-9 and by rounding, 1e-12.
    #expect(abs(slope - NormalDistribution.density(x)) < 1e-8)
  }

  @Test("Both sides of x have probability 1 together", arguments: [0, 0.3, 2, 9, 30.0])
  func complement(x: Double) {
    let sum = NormalDistribution.cumulative(x) + NormalDistribution.cumulative(-x)
    #expect(abs(sum - 1) <= 2 * Double.ulpOfOne)
  }

  @Test("The probability of an interval doesn't cancel, however narrow or far out")
  func interval() {
    let exact: [(lower: Double, upper: Double, value: Double, log: Double)] = [
      (-1, 2, 0.81859461412036374138, -0.20016629432446257995),
      (5, 6, 2.8566498423415621353e-7, -15.068446096529453352),
      (10, 10.0001, 7.6907525966909097994e-27, -60.129778865180439171),
      (-12, -11.5, 6.5780066249928982891e-31, -69.496406127905108877),
      (30, 31, 4.9067139271479175345e-198, -454.32124395634325204),
      (0.3, 0.3000001, 3.8138780973970627526e-8, -17.082034199162994159),
      (3, 60, 0.0013498980316300945267, -6.6077262215103495433),
    ]
    for (lower, upper, value, log) in exact {
      let probability = NormalDistribution.probability(from: lower, to: upper)
      let logProbability = NormalDistribution.logProbability(from: lower, to: upper)
      // Rounding the ends moves the value by |x| ulp(x)/w of itself: 5e-10 for the narrowest, whose
      // width has only nine digits left, and 1e-12 for the widest in the tail.
      let tolerance = upper - lower < 1e-6 ? 1e-9 : upper - lower < 1e-3 ? 1e-11 : 2e-13
      #expect(abs(probability / value - 1) < tolerance, "\(lower) to \(upper)")
      #expect(abs(logProbability - log) < max(tolerance, 1e-15 * abs(log)), "\(lower) to \(upper)")
    }
  }

  @Test("Where a probability underflows its logarithm goes on")
  func underflow() {
    #expect(NormalDistribution.probability(from: 50, to: 50.5) == 0)
    let near = NormalDistribution.logProbability(from: 50, to: 50.5)
    let far = NormalDistribution.logProbability(from: -200, to: -199)
    #expect(abs(near / -1254.8313611394320361 - 1) < 1e-15)
    #expect(abs(far / -19806.712268608222798 - 1) < 1e-15)
  }

  @Test("Mirrored intervals are equally likely, down to the last bit")
  func mirrored() {
    for (lower, upper) in [(-1.0, 2.0), (0.1, 0.2), (4, 9), (20, 20.01)] {
      #expect(
        NormalDistribution.probability(from: lower, to: upper)
          == NormalDistribution.probability(from: -upper, to: -lower)
      )
    }
  }

  @Test("Everything has probability 1 and nothing has 0")
  func extremes() {
    #expect(NormalDistribution.probability(from: -.infinity, to: .infinity) == 1)
    #expect(NormalDistribution.probability(from: 0, to: .infinity) == 0.5)
    #expect(NormalDistribution.probability(from: 1, to: 1) == 0)
    #expect(NormalDistribution.probability(from: 2, to: 1) == 0)
    #expect(NormalDistribution.logProbability(from: 1, to: 1) == -.infinity)
  }
}
