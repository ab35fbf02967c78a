import Compute
import Trials

/// States of some trials with their latents, in double precision.
package struct LatentStates: Sendable {
  /// `[n, S]`.
  package var states: DoubleMatrix
  /// `[n, D]`.
  package let latents: DoubleMatrix

  package init(states: DoubleMatrix, latents: DoubleMatrix) {
    precondition(states.rows == latents.rows, "every state belongs to one latent")
    self.states = states
    self.latents = latents
  }

  package var isFinite: Bool { states.values.allSatisfy(\.isFinite) }

  /// Only the first columns of the states: what a readout sees.
  package func visible(_ width: Int) -> LatentStates {
    guard width < states.columns else { return self }
    var part = DoubleMatrix(rows: states.rows, columns: width)
    for row in 0..<states.rows {
      for column in 0..<width { part[row, column] = states[row, column] }
    }
    return LatentStates(states: part, latents: latents)
  }

  package var moments: Moments { Moments(states: states, latents: latents) }

  /// The ridge decoder whose penalty the quadrants of the first two latents choose among themselves.
  package var decoder: LinearDecoder {
    var rows: [Int: [Int]] = [:]
    for row in 0..<latents.rows {
      let corner = (0..<min(2, latents.columns)).reduce(0) { code, dimension in
        2 * code + (latents[row, dimension] > 0 ? 1 : 0)
      }
      rows[corner, default: []].append(row)
    }
    let parts = rows.sorted { $0.key < $1.key }.map { selecting($0.value).moments }
    return RidgeFit(parts).decoder
  }

  private func selecting(_ rows: [Int]) -> LatentStates {
    LatentStates(
      states: DoubleMatrix(
        rows: rows.count,
        columns: states.columns,
        values: rows.flatMap(states.row)
      ),
      latents: DoubleMatrix(
        rows: rows.count,
        columns: latents.columns,
        values: rows.flatMap(latents.row)
      )
    )
  }
}

/// How well the latent is still read `k` blank steps after the last look.
///
/// A decoder that was fitted at `k = 0` and stays the same asks whether the state stays in its place;
/// one that is fitted anew for each `k` asks whether the state still tells the latents apart. All r²
/// are in distribution, on other trials than were fitted on.
package struct HoldTest: Sendable {
  /// `k`, in ascending order from 0.
  package let steps: [Int]
  /// `nil` where the states are no longer finite.
  package private(set) var fixed: [Double?] = []
  package private(set) var refitted: [Double?] = []

  /// Blank steps that are tested in any case.
  package static let usualSteps = [0, 1, 2, 5, 10, 20, 50, 100]

  /// - Parameters:
  ///   - steps: Ascending from 0.
  ///   - states: What a decoder is fitted and tested on after `k` blank steps; asked for in order.
  package init(
    steps: [Int],
    states: (_ step: Int) -> (fitting: LatentStates, test: LatentStates)
  ) {
    precondition(steps.first == 0 && steps == steps.sorted(), "a hold test starts at 0")
    self.steps = steps
    var first: LinearDecoder?
    for step in steps {
      let (fitting, test) = states(step)
      guard fitting.isFinite, test.isFinite else {
        fixed.append(nil)
        refitted.append(nil)
        continue
      }
      let decoder = fitting.decoder
      let moments = test.moments
      refitted.append(Self.finite(decoder.boxR2(on: moments)))
      fixed.append(Self.finite((first ?? decoder).boxR2(on: moments)))
      if step == 0 { first = decoder }
    }
  }

  package func fixed(after step: Int) -> Double? { value(fixed, step) }
  package func refitted(after step: Int) -> Double? { value(refitted, step) }

  private func value(_ values: [Double?], _ step: Int) -> Double? {
    steps.firstIndex(of: step).flatMap { values[$0] }
  }

  private static func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }
}
