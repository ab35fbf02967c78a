import RealModule

/// How well a sample fits a distribution.
///
/// The distance is the largest one between the two distribution functions; its tail is Kolmogorov's
/// series with Stephens' correction for finite samples (Numerical Recipes, section 14.3). Right to
/// two digits from ten values on.
///
/// - Parameters:
///   - values: The sample.
///   - cumulative: The distribution function, in [0, 1].
/// - Returns: The probability that a sample from the distribution lies at least as far from it.
package func kolmogorovSmirnov(_ values: [Double], _ cumulative: (Double) -> Double) -> Double {
  let sorted = values.sorted()
  let count = Double(sorted.count)
  var distance = 0.0
  for (index, value) in sorted.enumerated() {
    let expected = cumulative(value)
    distance = max(
      distance,
      expected - Double(index) / count,
      Double(index + 1) / count - expected
    )
  }
  let root = count.squareRoot()
  let scaled = (root + 0.12 + 0.11 / root) * distance
  // Below this the series converges slowly, and its sum is 1 to four digits.
  guard scaled > 0.3 else { return 1 }
  var probability = 0.0
  var sign = 2.0
  for term in 1...100 {
    probability += sign * Double.exp(-2 * Double(term * term) * scaled * scaled)
    sign = -sign
  }
  return min(max(probability, 0), 1)
}
