import Compute

/// What the angles of a few directions would be if they had nothing to do with each other: the
/// directions are drawn with the states' covariance, so in the space that the states occupy.
package struct RandomDirections: Sendable {
  /// Of every draw the median over all pairs of directions, in degrees from a right angle.
  package let fromRightAngle: [Double]

  private static let draws = 1000

  /// - Parameters:
  ///   - count: Of directions: as many as there are targets, so that a median over as many pairs is
  ///     held against it.
  ///   - shares: The states' variances along their principal components.
  ///   - seed: Of the draws.
  init(_ count: Int, varyingBy shares: [Double], seed: UInt64) {
    let kept = shares.filter { $0 > 1e-12 }
    guard count > 1, !kept.isEmpty else {
      fromRightAngle = []
      return
    }
    fromRightAngle = (0..<Self.draws).compactMap { draw in
      var normals = Matrix(rows: kept.count, columns: count)
      // Step 0 belongs to the geometry's single pairs.
      RandomStream(seed: seed, purpose: .recordingNull, step: 1 + draw)
        .fillNormal(normals.mutableView)
      let directions = (0..<count).map { column in
        kept.indices.map { Double(normals[$0, column]) * kept[$0].squareRoot() }
      }
      return Self.median(of: angles(betweenAll: directions))
    }
  }

  /// `nil` of none.
  package static func median(of degrees: [Double]) -> Double? {
    Quartiles(of: degrees.map { ($0 - 90).magnitude })?.median
  }

  /// The share of the draws that are at most so far from a right angle, the observed one counted in.
  package func probability(of observed: Double) -> Double {
    let within = fromRightAngle.count { $0 <= observed }
    return Double(1 + within) / Double(1 + fromRightAngle.count)
  }
}
