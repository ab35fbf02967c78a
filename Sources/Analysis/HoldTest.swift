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

  /// The root mean square deviation along a direction if as many directions as there are latents
  /// carried all of the variance: the spread of a latent, in units of the states, however many units
  /// hold it.
  var spread: Double {
    let centered = states.centered
    let squares = centered.values.reduce(0) { $0 + $1 * $1 }
    return (squares / Double(max(1, states.rows * latents.columns))).squareRoot()
  }

  /// With white noise in every variable.
  func blurred(by deviation: Double, _ stream: RandomStream) -> LatentStates {
    var normals = Matrix(rows: states.columns, columns: states.rows)
    stream.fillNormal(normals.mutableView)
    var result = self
    for row in 0..<states.rows {
      for column in 0..<states.columns {
        result.states[row, column] += deviation * Double(normals[column, row])
      }
    }
    return result
  }

  /// Only the first columns of the states: what a readout sees.
  package func visible(_ width: Int) -> LatentStates {
    guard width < states.columns else { return self }
    var part = DoubleMatrix(rows: states.rows, columns: width)
    for row in 0..<states.rows {
      for column in 0..<width { part[row, column] = states[row, column] }
    }
    return LatentStates(states: part, latents: latents)
  }

  package var moments: Moments { Moments(states: states, latents: latents, precision: .single) }

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
///
/// Without noise a map that can be inverted tells them apart for ever: least squares has no scale, and
/// reads a sheet that has shrunk to a millionth as well as the whole one. So the decoder that is fitted
/// anew also reads states with noise of a hundredth of their spread at the last look, the same for
/// every `k` and for fitted and tested trials.
package struct HoldTest: Sendable {
  /// `k`, in ascending order from 0.
  package let steps: [Int]
  /// `nil` where the states are no longer finite.
  package private(set) var fixed: [Double?] = []
  package private(set) var refitted: [Double?] = []
  /// Fitted anew and tested on states with noise.
  package private(set) var blurred: [Double?] = []
  /// Deviation of that noise in every variable of the state.
  package let noise: Double

  /// The noise beside the spread of the states at the last look (see ``noise``).
  ///
  /// It costs 10⁻⁴ of r² there. A loss of .05 takes a sheet that has shrunk to 1/23 of its size: in
  /// twenty steps, at |λ| = .855 a step. So it tells nothing apart that slow directions (.951) could
  /// lose, and lets nothing pass that only an exact reader of the state could see.
  package static let noiseShare = 0.01

  /// Blank steps that are tested in any case.
  package static let usualSteps = [0, 1, 2, 5, 10, 20, 50, 100]

  /// - Parameters:
  ///   - steps: Ascending from 0.
  ///   - seed: Of the noise.
  ///   - states: What a decoder is fitted and tested on after `k` blank steps; asked for in order.
  package init(
    steps: [Int],
    seed: UInt64,
    states: (_ step: Int) -> (fitting: LatentStates, test: LatentStates)
  ) {
    precondition(steps.first == 0 && steps == steps.sorted(), "a hold test starts at 0")
    self.steps = steps
    var first: LinearDecoder?
    var deviation = 0.0
    for step in steps {
      let (fitting, test) = states(step)
      if step == 0, fitting.isFinite { deviation = Self.noiseShare * fitting.spread }
      guard fitting.isFinite, test.isFinite else {
        fixed.append(nil)
        refitted.append(nil)
        blurred.append(nil)
        continue
      }
      let decoder = fitting.decoder
      let moments = test.moments
      refitted.append(Self.finite(decoder.boxR2(on: moments)))
      fixed.append(Self.finite((first ?? decoder).boxR2(on: moments)))
      if step == 0 { first = decoder }
      let (blurredFitting, blurredTest) = (
        fitting.blurred(
          by: deviation,
          RandomStream(seed: seed, purpose: .stateNoise, step: 2 * step)
        ),
        test.blurred(
          by: deviation,
          RandomStream(seed: seed, purpose: .stateNoise, step: 2 * step + 1)
        )
      )
      blurred.append(Self.finite(blurredFitting.decoder.boxR2(on: blurredTest.moments)))
    }
    noise = deviation
  }

  package func fixed(after step: Int) -> Double? { value(fixed, step) }
  package func refitted(after step: Int) -> Double? { value(refitted, step) }
  package func blurred(after step: Int) -> Double? { value(blurred, step) }

  private func value(_ values: [Double?], _ step: Int) -> Double? {
    steps.firstIndex(of: step).flatMap { values[$0] }
  }

  private static func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }
}
