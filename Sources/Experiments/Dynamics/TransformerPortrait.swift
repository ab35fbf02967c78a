import Analysis
import Compute
import Networks
import Trials

/// What is said of a transformer in place of dynamics: the geometry of its last layer.
///
/// A transformer reads its whole past anew in every step. It has no map from one state to the next,
/// so that it has no fixed points either, and none are claimed.
package struct TransformerPortrait: Sendable {
  /// One kind of vectors, at the last look and at the decision.
  package struct Geometry: Sendable {
    /// `states`: behind the last norm; `values`: what the last layer's attention averages.
    package let name: String
    package let step: String
    /// Shares of variance, the largest first; `nil` where nothing varies.
    package let shares: [Double]?
    /// `(Σλ)² / Σλ²`, the effective number of dimensions; `nil` where nothing varies.
    package let participationRatio: Double?
    /// Of a ridge decoder in distribution.
    package let r2: Double
    /// Between the axes along which the vectors move with each latent; `nil` where they don't, or by
    /// so little that ``r2`` is below ``leastR2``: an axis of noise has no direction.
    package let encodingAngles: [Double]?
    /// Why something is undefined.
    package let reason: String?

    package static let leastR2 = 0.1

    init(_ name: String, at step: String, fitting: LatentStates, test: LatentStates) {
      let moments = fitting.moments
      let r2 = fitting.decoder.boxR2(on: test.moments)
      let ratio = Analysis.participationRatio(moments)
      let angles = Analysis.encodingAngles(moments)
      self.name = name
      self.step = step
      self.r2 = r2
      participationRatio = ratio
      shares = ratio.map { _ in PrincipalComponents(moments).shares }
      encodingAngles = ratio == nil || angles.isEmpty || r2 < Self.leastR2 ? nil : angles
      reason =
        if ratio == nil {
          "these vectors are the same in every trial"
        } else if angles.isEmpty {
          "there are no two axes with an angle between them"
        } else if r2 < Self.leastR2 {
          "the latents are read with r² below \(Self.leastR2): the axes' directions are noise"
        } else {
          nil
        }
    }
  }

  package let name: String
  package let spec: RunSpec
  package let parts: [Geometry]

  /// `nil` for a network that isn't a transformer.
  package init?(of stored: StoredSubject, _ plan: DynamicsPlan) {
    let trials = DynamicsTrials(of: stored.network, spec: stored.spec)
    let fitting = trials.draw(plan.fittingTrials, .fitting(0))
    let test = trials.draw(plan.testTrials, .test(0))
    guard
      let fittedValues = stored.network.lastValues(for: fitting.observations),
      let testedValues = stored.network.lastValues(for: test.observations)
    else { return nil }
    let fittedStates = stored.network.states(for: fitting.observations)
    let testedStates = stored.network.states(for: test.observations)
    name = stored.name
    spec = stored.spec
    let steps = [
      ("last look", trials.looks.upperBound - 1), ("decision", fittedStates.steps - 1),
    ]
    parts = [("states", fittedStates, testedStates), ("values", fittedValues, testedValues)]
      .flatMap { name, fitted, tested in
        steps.map { label, step in
          let known = LatentStates(
            states: DynamicsTrials.step(step, of: fitted),
            latents: DynamicsTrials.double(fitting.latents)
          )
          let other = LatentStates(
            states: DynamicsTrials.step(step, of: tested),
            latents: DynamicsTrials.double(test.latents)
          )
          return Geometry(name, at: label, fitting: known, test: other)
        }
      }
  }
}
