/// What a system is called, and by which thresholds.
package struct AttractorVerdict: Sendable {
  package enum Kind: String, Sendable {
    /// States stay where they are, all over the latent box.
    case attractor
    /// As many slow directions as latents, along which the state drifts slowly and tells the latents
    /// apart for as long as it saw them.
    case slowManifold
    case neither
  }

  /// A number beside what is asked of it.
  package struct Criterion: Sendable {
    package let name: String
    /// What it is, in words.
    package let question: String
    /// `nil` where it is undefined; then it isn't met.
    package let value: Double?
    /// Whether the value must be at least, not at most, the threshold.
    package let isLeast: Bool
    /// What an attractor must meet.
    package let attractor: Double
    /// What a slow manifold must meet; `nil` where nothing is asked of it.
    package let slowManifold: Double?

    /// Whether the value is what a kind asks for.
    package func isMet(for kind: Kind) -> Bool {
      switch kind {
      case .attractor: isMet(attractor)
      case .slowManifold: slowManifold.map(isMet) ?? true
      case .neither: true
      }
    }

    private func isMet(_ threshold: Double) -> Bool {
      guard let value, value.isFinite else { return false }
      return isLeast ? value >= threshold : value <= threshold
    }
  }

  package let criteria: [Criterion]

  /// The share of the latent box in which something must hold before it is said of the sheet.
  ///
  /// A name is a claim about the whole sheet. A tenth is left to the rim of the box, where even the
  /// ideal estimate is drawn inwards.
  package static let nearlyAll = 0.9
  /// A lenient share: the median place.
  package static let half = 0.5
  /// The loss of r² that still counts as holding.
  ///
  /// Whoever takes as many blank steps for looks at zero halves the estimate and loses 0.23.
  package static let heldLoss = 0.05
  /// The least r² at the last look: nothing is held where nothing was read.
  package static let leastR2 = 0.5

  /// - Parameters:
  ///   - report: What was measured.
  ///   - slowPoints: For the coverage.
  ///   - share: Of the latent box, in which something must hold.
  ///   - isUncertaintyKnown: Whether the report's uncertainty is the ideal observer's.
  package init(
    _ report: AttractorReport,
    slowPoints: [FixedPoint],
    share: Double = nearlyAll,
    isUncertaintyKnown: Bool = true
  ) {
    let steps = report.limit.steps
    let start = report.hold.fixed(after: 0)
    func loss(_ value: Double?) -> Double? {
      guard let start, let value else { return nil }
      return start - value
    }
    criteria = [
      Criterion(
        name: "slowDirections",
        question: "share of states with exactly as many slow directions as latents",
        value: report.rightCountShare,
        isLeast: true,
        attractor: share,
        slowManifold: share
      ),
      Criterion(
        name: "bounded",
        question: "share of states at which no direction grows faster than a slow one may",
        value: report.boundedShare,
        isLeast: true,
        attractor: share,
        slowManifold: share
      ),
      Criterion(
        name: "slowDrift",
        question: "share of the latent box that drifts no faster than a corner of it would in "
          + "decaying to the middle with a time constant of \(steps) steps",
        value: report.slowDriftShare,
        isLeast: true,
        attractor: share,
        slowManifold: share
      ),
      Criterion(
        name: "read",
        question: "r² at the last look",
        value: start,
        isLeast: true,
        attractor: Self.leastR2,
        slowManifold: Self.leastR2
      ),
      Criterion(
        name: "information",
        question: "loss of r² in \(steps) blank steps, decoder fitted anew to states with noise "
          + "of a hundredth of their spread",
        value: report.hold.blurred(after: 0).flatMap { first in
          report.hold.blurred(after: steps).map { first - $0 }
        },
        isLeast: false,
        attractor: Self.heldLoss,
        slowManifold: Self.heldLoss
      ),
      Criterion(
        name: "place",
        question: "loss of r² in \(steps) blank steps, decoder as fitted at the last look",
        value: loss(report.hold.fixed(after: steps)),
        isLeast: false,
        attractor: Self.heldLoss,
        slowManifold: nil
      ),
      Criterion(
        name: "steady",
        question: "share of the latent box that drifts by no more than "
          + Self.doubtInWords(report, isKnown: isUncertaintyKnown)
          + " of all latents together (√D times as much as of one), in \(steps) steps",
        value: report.steadyShare,
        isLeast: true,
        attractor: share,
        slowManifold: nil
      ),
      Criterion(
        name: "coverage",
        question: "share of the latent box within \(AttractorReport.coverageRadius) · √D of a slow "
          + "point",
        value: report.coverage(by: slowPoints),
        isLeast: true,
        attractor: share,
        slowManifold: nil
      ),
    ]
  }

  /// What a drift is measured against, in words that put no number in an unknown observer's mouth.
  package static func doubtInWords(_ report: AttractorReport, isKnown: Bool) -> String {
    isKnown
      ? "the ideal observer is unsure"
      : "a doubt of \(report.uncertainty) (it stands in for the ideal observer's, which is not known "
        + "for this noise)"
  }

  /// Whether coverage is all that an attractor lacks.
  ///
  /// More searches pass more slow points, so that the coverage is a lower bound: then, and only then,
  /// the name may change with their number.
  package var turnsOnCoverage: Bool {
    criteria.filter { !$0.isMet(for: .attractor) }.map(\.name) == ["coverage"]
  }

  package var kind: Kind {
    [.attractor, .slowManifold].first { kind in criteria.allSatisfy { $0.isMet(for: kind) } }
      ?? .neither
  }
}
