import Compute
import Theory
import Trials

/// What the pictures of a forecast show: how r² depends on the world, about one spec.
package struct ForecastCurves: Sendable {
  /// `y` as a function of `x`, without the places where it is not defined.
  package struct Curve: Sendable {
    package let name: String
    package let points: [(x: Double, y: Double)]
  }

  /// The saturation law by number of tasks, one curve for each precision; empty where the spec's
  /// boundaries have no rule for other numbers.
  package let byTasks: [Curve]
  /// The least number of tasks by r², read off the same curves.
  package let requiredTasks: [Curve]
  /// By noise σ and by looks t: any decoder, the unbiased mean, linear held out, the law.
  package let byNoise: [Curve]
  package let byLooks: [Curve]
  /// By output precision, one curve for each number of tasks.
  package let byPrecision: [Curve]
  package let ceiling: Double
  package let counts: [Int]

  private static let allCounts = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64]
  /// The trials of the printed numbers; walks that need more than this to settle would take minutes.
  private static let sampling = SaturationLaw.Sampling(mostSweeps: 32)

  /// `nil` where the law does not apply.
  package init?(of spec: RunSpec) {
    guard let setting = SaturationLaw.Setting.of(spec).setting, setting.lawReason == nil,
      let planes = setting.planes
    else { return nil }
    let paradigm = spec.paradigm
    let dimensions = setting.dimensions
    let fixedSigns = spec.evaluation.holdOut.fixedCount(dimensions: dimensions)
    func bounds(_ scale: Double) -> Ceilings {
      Ceilings(dimensions: dimensions, scale: scale, heldSigns: fixedSigns)
    }
    ceiling = bounds(setting.scale).anyDecoder
    let ceiling = ceiling
    let scalable = paradigm.boundaries.scalable
    let counts = scalable == nil ? [setting.boundaries.count] : Self.allCounts
    self.counts = counts
    func law(_ scale: Double, _ precision: Double) -> SaturationLaw {
      SaturationLaw(dimensions: dimensions, scale: scale, outputPrecision: precision)
    }
    /// `nil` where walks do not settle; of other numbers of tasks than the spec's by their rule.
    func predicted(_ scale: Double, _ precision: Double, _ count: Int? = nil) -> Double? {
      let law = law(scale, precision)
      let family = count.flatMap { count in scalable.map { $0(count) } }
      let prediction =
        family.map { law.prediction(for: $0, sampling: Self.sampling) }
        ?? law.prediction(for: planes, sampling: Self.sampling)
      return prediction.isSettled ? prediction.r2 : nil
    }

    byTasks =
      scalable == nil
      ? []
      : Predictions.precisions.map { text, precision in
        Curve(
          name: "ε = \(text)",
          points: counts.compactMap { count in
            predicted(setting.scale, precision, count).map { (Double(count), $0) }
          }
        )
      }
    requiredTasks = byTasks.map { curve in
      let targets = stride(from: 0.5, to: ceiling, by: 0.005)
      return Curve(
        name: curve.name,
        points: targets.compactMap { target in
          Self.crossing(curve.points, target).map { (target, $0) }
        }
      )
    }

    let count = setting.boundaries.count
    func family(_ scales: [(x: Double, scale: Double)]) -> [Curve] {
      [
        Curve(
          name: "outputs to ε = 1e-3, N = \(count)",
          points: scales.compactMap { x, scale in
            predicted(scale, Predictions.standardPrecision).map { (x, $0) }
          }
        ),
        Curve(
          name: "linear from the mean, held out",
          points: scales.map { ($0.x, bounds($0.scale).linearHeldOut) }
        ),
        Curve(
          name: "the mean as it is",
          points: scales.map { ($0.x, bounds($0.scale).unbiasedMean) }
        ),
        // Last, so that it is drawn over the others.
        Curve(name: "any decoder", points: scales.map { ($0.x, bounds($0.scale).anyDecoder) }),
      ]
    }
    let looks = paradigm.timing.looks
    let deviation = setting.scale * Double(looks).squareRoot()
    byNoise = family(
      [0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8].map {
        ($0, Evidence(deviation: $0, looks: looks).posteriorScale)
      }
    )
    let free = paradigm.timing.isFree ? paradigm.timing.decision : 0
    byLooks = family(
      [1, 2, 3, 5, 7, 10, 15, 20, 30, 50].map {
        (Double($0), Evidence(deviation: deviation, looks: $0 + free).posteriorScale)
      }
    )
    let precisions = [0.3, 0.1, 0.03, 1e-2, 1e-3, 1e-4, 1e-6, 1e-8]
    let shown = scalable == nil ? counts : [dimensions, 3 * dimensions, 12 * dimensions]
    byPrecision = shown.map { count in
      Curve(
        name: "N = \(count)",
        points: precisions.compactMap { precision in
          predicted(setting.scale, precision, count).map { (precision, $0) }
        }
      )
    }
  }

  /// Where a curve first reaches a height, between its points.
  private static func crossing(_ points: [(x: Double, y: Double)], _ height: Double) -> Double? {
    guard let index = points.firstIndex(where: { $0.y >= height }) else { return nil }
    guard index > 0 else { return points[0].x }
    let (before, after) = (points[index - 1], points[index])
    return before.x + (height - before.y) / (after.y - before.y) * (after.x - before.x)
  }
}
