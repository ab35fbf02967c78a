import RealModule

extension NormalDistribution {
  /// Φ⁻¹(p), for p in (0, 1); relative accuracy holds for small p, down to the smallest double.
  ///
  /// Newton's method on log Φ(x) = log p, which is concave: from the left of the root it climbs
  /// towards it and never passes it. Φ(x) ≤ exp(-x²/2) puts the start on the left.
  package static func quantile(_ probability: Double) -> Double {
    precondition(
      probability > 0 && probability < 1,
      "no value lies above a share of \(probability)"
    )
    guard probability <= 0.5 else { return -quantile(1 - probability) }
    let target = Double.log(probability)
    var x = -(-2 * target).squareRoot()
    for _ in 0..<40 {
      let logCumulative = logCumulative(x)
      let slope = Double.exp(-0.5 * x * x - 0.5 * .log(2 * .pi) - logCumulative)
      let step = (target - logCumulative) / slope
      x += step
      if step.magnitude <= 1e-16 * max(1, x.magnitude) { break }
    }
    return min(x, 0)
  }
}
