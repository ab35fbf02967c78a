import RealModule

/// The Gumbel distribution of location 0 and scale 1: the law of the largest of many values.
package enum GumbelDistribution {
  /// exp(-x - exp(-x)).
  package static func density(_ x: Double) -> Double { .exp(-x - .exp(-x)) }

  /// Euler's constant.
  package static let mean = 0.577215664901532860606512

  /// π/√6.
  package static let deviation = Double.pi / 6.0.squareRoot()
}
