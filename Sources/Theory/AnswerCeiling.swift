import Compute
import RealModule
import Trials

/// The best loss and accuracy that any observer can have at the decision, for lines in the plane.
///
/// After t looks the ideal observer answers a boundary with the posterior probability
/// P(μ) = P(c · x > b | μ) under the box prior. Averaged over trials its cross-entropy is
/// E[H(P)], its accuracy E[max(P, 1 - P)]; no network stays below the one or above the other.
/// Both are integrals over the mean μ of the observations, done here by quadrature
/// (``LineIntegrals``), so that a measured loss can be held against them to its last digit.
package struct AnswerCeiling: Hashable, Sendable {
  /// Cross-entropy at the decision, in nats, mean over the boundaries.
  package let crossEntropy: Double

  /// Fraction of right answers at the decision, mean over the boundaries; 0.5 to 1.
  package let accuracy: Double

  /// - Parameters:
  ///   - boundaries: Lines in the plane (`D` = 2), at least one.
  ///   - evidence: Noise and looks.
  ///   - order: Nodes on each quadrature panel. The default leaves a relative error below
  ///     1e-8 (measured by doubling it, for σ/√t from 0.002 to 50).
  package init(boundaries: [Hyperplane], evidence: Evidence, order: Int = 12) {
    precondition(!boundaries.isEmpty, "no boundary was asked about")
    guard evidence.posteriorScale > 0 else {
      // Without noise every answer is known.
      (crossEntropy, accuracy) = (0, 1)
      return
    }
    var counts: [LineShape: Int] = [:]
    for boundary in boundaries {
      counts[LineShape(boundary), default: 0] += 1
    }
    let rule = Quadrature.gaussLegendre(order: order)
    var entropySum = 0.0
    var errorSum = 0.0
    // In a fixed order: a dictionary's own would change the last bits from run to run.
    for (shape, count) in counts.sorted(by: { $0.key < $1.key }) {
      let line = LineIntegrals(of: shape, scale: evidence.posteriorScale, rule: rule)
      entropySum += Double(count) * line.entropy
      errorSum += Double(count) * line.errorRate
    }
    crossEntropy = entropySum / Double(boundaries.count)
    accuracy = 1 - errorSum / Double(boundaries.count)
  }

  /// The floor of the loss averaged over all steps of a trial, in nats.
  ///
  /// Before the decision the target is 1/2, and the best answer 1/2 costs ln 2 at every step.
  package func meanLoss(steps: Int, decisionSteps: Int = 1) -> Double {
    precondition(
      (0...steps).contains(decisionSteps) && steps >= 1,
      "a trial of \(steps) steps can't have \(decisionSteps) decision steps"
    )
    let waiting = Double(steps - decisionSteps) * Double.log(2)
    return (waiting + Double(decisionSteps) * crossEntropy) / Double(steps)
  }
}

/// A line up to the symmetries of the square: two lines of the same shape ask equally hard
/// questions.
///
/// Mirrors and quarter turns change the signs and the order of the normal's entries, and asking
/// the opposite question changes all signs at once.
struct LineShape: Hashable, Comparable, Sendable {
  /// The entries of the unit normal without sign, in ascending order.
  let normal: SIMD2<Double>

  /// The distance of the line from the center of the square.
  let offset: Double

  init(_ boundary: Hyperplane) {
    precondition(
      boundary.normal.count == 2,
      "loss floors are computed for 2 latent dimensions, not \(boundary.normal.count)"
    )
    let length = boundary.normalLength
    precondition(length > 0, "a boundary needs a normal other than zero")
    let entries = boundary.normal.map { entry in Self.rounded(entry.magnitude / length) }
    normal = SIMD2(min(entries[0], entries[1]), max(entries[0], entries[1]))
    offset = Self.rounded(boundary.offset.magnitude / length)
  }

  static func < (left: LineShape, right: LineShape) -> Bool {
    (left.normal.x, left.normal.y, left.offset)
      < (right.normal.x, right.normal.y, right.offset)
  }

  /// Rounds to 2⁻⁴⁴: sines and cosines of mirrored angles differ in their last bits.
  private static func rounded(_ value: Double) -> Double {
    let grid = 0x1p44
    return (value * grid).rounded() / grid
  }
}
