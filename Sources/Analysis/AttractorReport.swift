import Compute
import Trials

/// What the attractor report looks at: states of trials, and states without noise all over the
/// latent box.
package struct AttractorCase: Sendable {
  /// At the last step with evidence: whole states of trials that decoders are fitted on.
  package var fitting: LatentStates
  /// Of trials that they are tested on.
  package var test: LatentStates
  /// States after the same number of looks without noise, at places all over the latent box.
  package var places: LatentStates
  /// The same with one latent moved by ``shift`` upwards and downwards, for each latent.
  package var shifted: [(up: DoubleMatrix, down: DoubleMatrix)]
  /// Steps with evidence, `K`.
  package var looks: Int
  /// How unsure of each latent the best observer is after all looks.
  package var uncertainty: Double
  /// Of the hold test's noise.
  package var seed: UInt64

  /// How far ``shifted`` places lie from theirs, in latent units: far enough for single precision,
  /// near enough for the sheet to be straight.
  package static let shift = 1.0 / 128

  package init(
    fitting: LatentStates,
    test: LatentStates,
    places: LatentStates,
    shifted: [(up: DoubleMatrix, down: DoubleMatrix)],
    looks: Int,
    uncertainty: Double,
    seed: UInt64
  ) {
    self.fitting = fitting
    self.test = test
    self.places = places
    self.shifted = shifted
    self.looks = looks
    self.uncertainty = uncertainty
    self.seed = seed
  }
}

/// Whether a system holds the latent in a continuous attractor: how many directions are slow, where
/// they point, how fast the states drift, how much of the latent box is held, and for how long.
///
/// Everything happens under the input that the map was made with: the cue, and nothing to see.
package struct AttractorReport: Sendable {
  /// Blank steps after which states are taken to lie on the sheet, if there is one: a direction that
  /// forgets half in a step has lost 97 % by then.
  package static let settlingSteps = 5
  /// How near a slow point must be to a place for covering it, in latent units (root mean square
  /// over the latents).
  package static let coverageRadius = 0.05

  package let limit: SlowLimit
  /// At the places, before settling: one for each.
  package private(set) var spectra: [[Eigenvalue]] = []
  package private(set) var slowCounts: [Int] = []
  package private(set) var growingCounts: [Int] = []
  /// Principal angles between the plane of the slowest directions and that of the encoding axes, in
  /// degrees, the smallest first: one list for each place.
  package private(set) var planeAngles: [[Double]] = []
  /// The same after settling, where states lie on the sheet if there is one.
  package private(set) var settledSpectra: [[Eigenvalue]] = []
  package private(set) var settledSlowCounts: [Int] = []
  /// Principal angles between the plane of the slowest directions at a settled state and the plane in
  /// which settled states move with the latents just there: whether what is slow is the sheet.
  ///
  /// The encoding axes are an average over all of the sheet, and say less of a bent one.
  package private(set) var tangentAngles: [[Double]] = []
  /// Reads settled states.
  package let settledDecoder: LinearDecoder
  /// Where the settled state of each place is read, and by how much that moves in the next step, in
  /// latent units; one for each place.
  package private(set) var drift: [(place: [Double], velocity: [Double])] = []
  /// The `q` at which a state moves along the encoding axes by no more than the uncertainty during
  /// as many steps as there were looks.
  package let slowSpeed: Double
  package let hold: HoldTest
  private let dimensions: Int
  /// How unsure of each latent the best observer is after all looks.
  package let uncertainty: Double
  private let latents: DoubleMatrix

  package init(of dynamics: some Dynamics, _ system: AttractorCase) {
    let visible = dynamics.visibleWidth
    limit = SlowLimit(steps: system.looks)
    dimensions = system.fitting.latents.columns
    uncertainty = system.uncertainty
    latents = system.places.latents

    let axes = encodingSlopes(system.fitting.moments)
    let plane = axes.map { axes in (0..<axes.columns).map(axes.column) } ?? []
    for row in 0..<system.places.states.rows {
      let here = Linearization(
        of: dynamics,
        at: system.places.states.row(row),
        wantsDirections: true
      )
      spectra.append(here.eigenvalues)
      slowCounts.append(here.slowCount(limit))
      growingCounts.append(here.growingCount(limit))
      planeAngles.append(principalAngles(between: here.leadingPlane(dimensions), plane))
    }

    // The mean square length of an encoding axis turns latent units into state units.
    let gain =
      plane.isEmpty ? 0 : mean(plane.map { axis in axis.reduce(0) { $0 + $1 * $1 } })
    let pace = system.uncertainty / Double(system.looks)
    slowSpeed = 0.5 * gain * pace * pace

    func settled(_ states: DoubleMatrix) -> DoubleMatrix {
      dynamics.advanced(states, steps: Self.settlingSteps)
    }
    let settledTrials = LatentStates(
      states: settled(system.fitting.states),
      latents: system.fitting.latents
    ).visible(visible)
    settledDecoder =
      settledTrials.isFinite
      ? settledTrials.decoder : LinearDecoder.constant(width: visible, dimensions: dimensions)
    let now = settled(system.places.states)
    let soon = dynamics.next(now)
    let shifted = system.shifted.map { (up: settled($0.up), down: settled($0.down)) }
    for row in 0..<now.rows {
      let place = settledDecoder.decode(Array(now.row(row).prefix(visible)))
      let after = settledDecoder.decode(Array(soon.row(row).prefix(visible)))
      drift.append((place, zip(after, place).map(-)))
      let here = Linearization(of: dynamics, at: now.row(row), wantsDirections: true)
      settledSpectra.append(here.eigenvalues)
      settledSlowCounts.append(here.slowCount(limit))
      let tangent = shifted.map { zip($0.up.row(row), $0.down.row(row)).map(-) }
      tangentAngles.append(principalAngles(between: here.leadingPlane(dimensions), tangent))
    }

    let steps = Set(HoldTest.usualSteps + [system.looks]).sorted()
    var (fitting, test, reached) = (system.fitting, system.test, 0)
    hold = HoldTest(steps: steps, seed: system.seed) { step in
      fitting.states = dynamics.advanced(fitting.states, steps: step - reached)
      test.states = dynamics.advanced(test.states, steps: step - reached)
      reached = step
      return (fitting.visible(visible), test.visible(visible))
    }
  }

  /// Length of each place's drift, in latent units a step.
  package var driftSpeeds: [Double] {
    drift.map { $0.velocity.reduce(0) { $0 + $1 * $1 }.squareRoot() }
  }

  /// The share of places from which the state drifts by no more than the uncertainty (times √D, for
  /// all latents together) in as many steps as there were looks.
  package var steadyShare: Double {
    let most = uncertainty * Double(dimensions).squareRoot() / Double(limit.steps)
    return share(of: driftSpeeds) { $0 <= most }
  }

  /// The share of places near which a slow point is read.
  package func coverage(by points: [FixedPoint]) -> Double {
    let visible = settledDecoder.weights.rows
    let read = points.map { settledDecoder.decode(Array($0.state.prefix(visible))) }
    let limit = Self.coverageRadius * Self.coverageRadius * Double(dimensions)
    return share(of: Array(0..<latents.rows)) { row in
      let place = latents.row(row)
      return read.contains { point in
        zip(point, place).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } <= limit
      }
    }
  }

  /// The share of places at which the state is read to move no faster than one that decays to the
  /// middle of the box from a corner, `½√D` away, with a time constant of `K` steps.
  package var slowDriftShare: Double {
    let most = 0.5 * Double(dimensions).squareRoot() / Double(limit.steps)
    return share(of: driftSpeeds) { $0 <= most }
  }

  /// The share of places with exactly as many slow directions as latents.
  package var rightCountShare: Double { share(of: slowCounts) { $0 == dimensions } }

  /// The same of settled states.
  package var settledRightCountShare: Double { share(of: settledSlowCounts) { $0 == dimensions } }

  /// By how much the last direction that should be slow outlasts the next, at each place: the ratio of
  /// their time constants; left out where there is no next one, or where both last
  /// for ever.
  package var gaps: [Double] {
    spectra.compactMap { spectrum in
      guard spectrum.count > dimensions else { return nil }
      let slow = spectrum[dimensions - 1].timeConstant(step: 1)
      let next = spectrum[dimensions].timeConstant(step: 1)
      let ratio = slow / next
      return ratio.isNaN ? nil : ratio
    }
  }

  /// The share of places at which no direction grows faster than a slow one may.
  package var boundedShare: Double { share(of: growingCounts) { $0 == 0 } }

  private func share<Value>(of values: [Value], _ holds: (Value) -> Bool) -> Double {
    values.isEmpty ? 0 : Double(values.count(where: holds)) / Double(values.count)
  }
}

extension LinearDecoder {
  /// Reads the middle of the box from anything.
  static func constant(width: Int, dimensions: Int) -> LinearDecoder {
    LinearDecoder(
      weights: DoubleMatrix(rows: width, columns: dimensions),
      intercept: [Double](repeating: 0, count: dimensions)
    )
  }
}
