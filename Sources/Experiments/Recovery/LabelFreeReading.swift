import Analysis
import Compute
import Files
import Theory
import Trials

/// The theorem applied to a subject's own answers, or why it can't be.
package enum LabelFreeReading {
  case possible(LinearRecovery)
  case impossible(String)

  /// How outputs of trained networks are read: one choice for all of them, made beforehand.
  ///
  /// Documentation/Theory.md says why it is neither the plain nor the φ²-weighted form.
  ///
  /// Logits beyond ±5, answers more than 99.3 % sure, cost the loss less than 0.007 nats whatever
  /// they are: training leaves them short of the ideal ones, so that here they say the side.
  static let resolution = 5.0
  static let error = 0.1

  package init(of spec: RunSpec) {
    let paradigm = spec.paradigm
    let dimensions = paradigm.dimensions
    let boundaries = paradigm.boundaries.boundaries(dimensions: dimensions, seed: spec.seed)
    let planes = boundaries.compactMap(\.hyperplane)
    guard planes.count == boundaries.count else {
      self = .impossible("the closed form needs flat boundaries")
      return
    }
    guard case .before(.gaussian, let deviation) = paradigm.noise else {
      self = .impossible("the closed form needs white Gaussian noise before the encoder")
      return
    }
    guard deviation > 0 else {
      self = .impossible("without noise the ideal outputs are 0 and 1 and say sides only")
      return
    }
    let supervision = paradigm.supervision
    guard supervision.target == .labels(.crossEntropy), supervision.labelNoise == 0,
      supervision.interleaving == .none
    else {
      self = .impossible("its outputs aren't asked to be probabilities of all true labels")
      return
    }
    let evidence = Evidence(deviation: deviation, looks: paradigm.evaluated.timing.looks)
    let recovery = LinearRecovery(boundaries: planes, scale: evidence.posteriorScale)
    guard recovery.rank == recovery.dimensions else {
      self = .impossible(
        "the normals span \(recovery.rank) of \(recovery.dimensions) dimensions"
      )
      return
    }
    self = .possible(recovery)
  }

  /// Why not; `nil` where it can.
  package var reason: String? {
    if case .impossible(let reason) = self { reason } else { nil }
  }

  /// Latents, `[n · D]`, from logits, `[n · N]`; `nil` where the theorem doesn't apply.
  var theory: (([Double]) -> [Double])? {
    guard case .possible(let recovery) = self else { return nil }
    return { recovery.box($0, error: Self.error, resolution: Self.resolution) }
  }
}

/// A subject whose states are its answers before the sigmoid.
struct OutputStates: Representation {
  /// N.
  let stateWidth: Int
  /// `[T, B, N]` for observations.
  let logits: @Sendable (SequenceBatch) -> SequenceBatch

  func states(for observations: SequenceBatch) -> SequenceBatch { logits(observations) }
}

extension OutputDecoding {
  /// What is measured on outputs, beside what their states gave.
  ///
  /// - Parameters:
  ///   - reading: With which theory, or why without.
  ///   - states: The held-out r² of the states, by region and fit.
  /// - Returns: Members of `measurements`.
  func measurements(_ reading: LabelFreeReading, states: [[Double]]) -> [String: JSONValue] {
    var values: [String: JSONValue] = [
      "r2.logits.ood": .measurement(byOrthant: ridge),
      "r2.logits.id": .measurement(inDistribution),
      "beyondOutputs": .measurement(byOrthant: zip(states, ridge).map { zip($0, $1).map(-) }),
    ]
    switch reading {
    case .possible:
      values["r2.labelFree"] = .measurement(byOrthant: labelFree)
      values["r2.labelFree.id"] = .measurement(labelFreeInDistribution.map { [$0] } ?? [])
    case .impossible(let reason):
      values["r2.labelFree"] = .undefined(reason)
      values["r2.labelFree.id"] = .undefined(reason)
    }
    return values
  }

  /// The same for a subject without a readout.
  static func undefinedMeasurements(_ reason: String) -> [String: JSONValue] {
    Dictionary(
      uniqueKeysWithValues: [
        "r2.logits.ood", "r2.logits.id", "beyondOutputs", "r2.labelFree", "r2.labelFree.id",
      ].map { ($0, .undefined(reason)) }
    )
  }
}
