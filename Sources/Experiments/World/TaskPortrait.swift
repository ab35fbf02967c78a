import Compute
import Trials

/// How the tasks divide the latents, and how alike their answers are.
package struct TaskPortrait: Sendable {
  /// `N`.
  package let total: Int
  /// Latents that the numbers come from.
  package let sampleSize: Int
  /// The share of latents above each boundary that is shown.
  package let sharesAbove: [Double]
  /// Correlations of sides between tasks, `[shown, shown]`; `nil` where a task has one answer only.
  package let correlations: [[Double?]]
  /// How many uncorrelated tasks would be as diverse: the participation ratio of the correlations'
  /// eigenvalues, `n² / Σ C²`; `nil` where not all tasks are shown.
  package let effectiveCount: Double?
  /// Tasks that have the same answer for the whole sample.
  package let constantTasks: [Int]

  package var shown: Int { sharesAbove.count }

  init(_ sample: Matrix, boundaries: [Boundary], total: Int) {
    self.total = total
    sampleSize = sample.rows
    let latents = (0..<sample.rows).map { row in
      (0..<sample.columns).map { Double(sample[row, $0]) }
    }
    let sides = boundaries.map { boundary in latents.map { boundary.isAbove($0) ? 1.0 : 0.0 } }
    let shares = sides.map(mean)
    sharesAbove = shares
    correlations = Self.correlations(sides, shares: shares)
    constantTasks = shares.indices.filter { shares[$0] == 0 || shares[$0] == 1 }
    let varying = Double(boundaries.count - constantTasks.count)
    let squares = correlations.joined().reduce(0) { $0 + ($1 ?? 0) * ($1 ?? 0) }
    effectiveCount =
      total == boundaries.count ? (squares > 0 ? varying * varying / squares : 0) : nil
  }

  private static func correlations(_ sides: [[Double]], shares: [Double]) -> [[Double?]] {
    let deviations = shares.map { ($0 * (1 - $0)).squareRoot() }
    var correlations = [[Double?]](
      repeating: [Double?](repeating: nil, count: sides.count),
      count: sides.count
    )
    for one in sides.indices where deviations[one] > 0 {
      for other in 0...one where deviations[other] > 0 {
        let both = zip(sides[one], sides[other]).reduce(0) { $0 + $1.0 * $1.1 }
        let covariance = both / Double(sides[one].count) - shares[one] * shares[other]
        let value = one == other ? 1 : covariance / (deviations[one] * deviations[other])
        correlations[one][other] = value
        correlations[other][one] = value
      }
    }
    return correlations
  }
}
