import RealModule

/// Random numbers for tests, from another generator than the one under test: SplitMix64.
///
/// Source: G. L. Steele, D. Lea and C. H. Flood, "Fast splittable pseudorandom number generators",
/// OOPSLA 2014.
package struct PlainRandom: RandomNumberGenerator {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
    return word ^ word >> 31
  }

  /// Uniform in [0, 1), 53 bits.
  package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  package mutating func uniform(from lower: Double, to upper: Double) -> Double {
    lower + (upper - lower) * uniform()
  }

  /// Standard normal, by Box and Muller's rule.
  package mutating func normal() -> Double {
    let radius = (-2 * Double.log(1 - uniform())).squareRoot()
    return radius * Double.cos(2 * Double.pi * uniform())
  }

  package mutating func normals(_ count: Int, deviation: Double = 1) -> [Float] {
    (0..<count).map { _ in Float(deviation * normal()) }
  }

  package mutating func doubles(_ count: Int, from lower: Double, to upper: Double) -> [Double] {
    (0..<count).map { _ in uniform(from: lower, to: upper) }
  }
}
