import Compute
import Trials

/// Some latents and, over them, the boundaries, in the plane of two of the latents.
package struct LatentPortrait: Sendable {
  package struct Point: Sendable {
    package let x: Double
    package let y: Double
    /// Whether training asks nothing about it.
    package let isUnlabelled: Bool
  }

  /// Which two latents are shown, counted from 0: the first two, or the last two where those decide
  /// what training withholds.
  package let axes: [Int]
  package let points: [Point]
  /// Of these two latents in the sample, and as the copula has it where nothing is withheld.
  package let correlation: Double
  package let expectedCorrelation: Double?
  /// Where each boundary cuts this plane, all other latents being 0; none where it doesn't.
  package let cuts: [[[PlanePoint]]]
  /// Whether each of the two latents is positive in the withheld region; `nil` where that alone
  /// doesn't decide it, or nothing is withheld.
  package let withheldSigns: [Bool?]?
  /// Normals of unit length, where all tasks are hyperplanes, `[N, D]`.
  package let normals: [[Double]]?

  private static let mostPoints = 500

  init(_ sample: Matrix, boundaries: [Boundary], spec: RunSpec) {
    let dimensions = sample.columns
    let region = spec.training.withheld.signRegion
    let last = [dimensions - 2, dimensions - 1]
    let isFixedByTwo = region.map { region in
      region.signs.indices.allSatisfy { region.signs[$0] == nil || $0 >= dimensions - 2 }
    }
    axes = isFixedByTwo == true ? last : [0, 1]
    let (first, second) = (axes[0], axes[1])
    withheldSigns = isFixedByTwo == true ? region.map { [$0.signs[first], $0.signs[second]] } : nil
    let unlabelled = spec.training.withheld.unlabelled
    points = (0..<min(Self.mostPoints, sample.rows)).map { row in
      Point(
        x: Double(sample[row, first]),
        y: Double(sample[row, second]),
        isUnlabelled: unlabelled?.contains((0..<dimensions).map { sample[row, $0] }) ?? false
      )
    }
    let columns = [first, second].map { column in
      (0..<sample.rows).map { Double(sample[$0, column]) }
    }
    correlation = Self.correlation(columns[0], columns[1]) ?? 0
    expectedCorrelation =
      spec.training.withheld.region == .box ? spec.paradigm.latents.latentCorrelation : nil
    cuts = boundaries.map { boundary in
      let cut = boundary.cut(first, second)
      return zeroLines(in: -0.5...0.5) { x, y in cut.value(at: [x, y]) }
    }
    let planes = boundaries.compactMap(\.hyperplane)
    normals =
      planes.count == boundaries.count
      ? planes.map { plane in plane.normal.map { $0 / plane.normalLength } } : nil
  }

  /// `nil` where one of them doesn't vary.
  static func correlation(_ one: [Double], _ other: [Double]) -> Double? {
    let means = (mean(one), mean(other))
    var (ones, others, both) = (0.0, 0.0, 0.0)
    for (a, b) in zip(one, other) {
      ones += (a - means.0) * (a - means.0)
      others += (b - means.1) * (b - means.1)
      both += (a - means.0) * (b - means.1)
    }
    return ones > 0 && others > 0 ? both / (ones * others).squareRoot() : nil
  }
}

extension Boundary {
  /// The boundary in the plane of two latents where all others are 0.
  fileprivate func cut(_ first: Int, _ second: Int) -> Boundary {
    switch self {
    case .hyperplane(let plane):
      return .hyperplane(
        Hyperplane(normal: [plane.normal[first], plane.normal[second]], offset: plane.offset)
      )
    case .ball(let center, let radius):
      // |x - c|² in the plane; what the other coordinates of the center add makes the ball smaller.
      let squares = center.reduce(0) { $0 + $1 * $1 }
      return .quadric(
        matrix: [-1, 0, 0, -1],
        normal: [2 * center[first], 2 * center[second]],
        offset: squares - radius * radius
      )
    case .quadric(let matrix, let normal, let offset):
      func element(_ row: Int, _ column: Int) -> Double { matrix[row * normal.count + column] }
      return .quadric(
        matrix: [
          element(first, first), element(first, second), element(second, first),
          element(second, second),
        ],
        normal: [normal[first], normal[second]],
        offset: offset
      )
    case .hyperbola:
      return self
    }
  }
}
