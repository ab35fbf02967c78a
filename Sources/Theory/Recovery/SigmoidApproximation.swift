import Compute
import RealModule

/// How well σ(u) = 1/(1 + e⁻ᵘ), the readout of the paper's networks, stands in for Φ(a u), which the
/// theorem asks for.
///
/// The probabilities agree within a percent, the logits don't: Φ's grow quadratically.
package enum SigmoidApproximation {
  /// √(2π)/4: equal slopes at 0.
  package static let slopeMatched = Double.sqrt(2 * .pi) / 4

  /// √3/π: equal variances of the two distributions.
  package static let varianceMatched = Double.sqrt(3) / .pi

  /// The `a` of the least largest difference over the whole line, 0.5876, and that difference.
  package static let minimax = minimax(within: 10)

  /// The `a` of the least mean squared difference over [-`range`, `range`].
  ///
  /// Over 1000 evenly spaced points, the ends included, as the paper's script fits it.
  package static func leastSquares(within range: Double) -> Double {
    minimizer { factor in
      (0..<1000).reduce(0) { sum, index in
        let difference = difference(range * (2 * Double(index) / 999 - 1), factor)
        return sum + difference * difference
      }
    }
  }

  /// The `a` of the least largest difference over [-`range`, `range`], and that difference.
  package static func minimax(within range: Double) -> (factor: Double, error: Double) {
    func largest(_ factor: Double) -> Double {
      // The difference is smooth: parabolas through three neighbours give its peaks to 1e-12.
      let step = range / 4000
      let sizes = (0...4000).map { difference(Double($0) * step, factor).magnitude }
      return (1..<4000).reduce(max(sizes[0], sizes[4000])) { top, index in
        let (left, center, right) = (sizes[index - 1], sizes[index], sizes[index + 1])
        guard center >= left, center >= right else { return top }
        let bend = left - 2 * center + right
        let peak = bend < 0 ? center - (right - left) * (right - left) / (8 * bend) : center
        return max(top, peak)
      }
    }
    let factor = minimizer(largest)
    return (factor, largest(factor))
  }

  private static func difference(_ u: Double, _ factor: Double) -> Double {
    1 / (1 + .exp(-u)) - NormalDistribution.cumulative(factor * u)
  }

  /// The minimum over 0.5 … 0.7 of a function that has one there, by golden sections.
  private static func minimizer(_ function: (Double) -> Double) -> Double {
    let ratio = (5.0.squareRoot() - 1) / 2
    var (lower, upper) = (0.5, 0.7)
    var (left, right) = (upper - ratio * (upper - lower), lower + ratio * (upper - lower))
    var (atLeft, atRight) = (function(left), function(right))
    while upper - lower > 1e-9 {
      if atLeft < atRight {
        (upper, right, atRight) = (right, left, atLeft)
        left = upper - ratio * (upper - lower)
        atLeft = function(left)
      } else {
        (lower, left, atLeft) = (left, right, atRight)
        right = lower + ratio * (upper - lower)
        atRight = function(right)
      }
    }
    return (lower + upper) / 2
  }
}
