import Analysis
import Compute
import Dispatch
import Files
import Synchronization
import Theory
import Trials

/// What the theory predicts of a spec's r², beyond the bounds: linear decoders of ideal outputs, and
/// the saturation law for the spec's own boundaries.
///
/// All of it is about the world in which decoders are tested, ``Paradigm/evaluated``: uniform independent
/// latents and white noise, whatever a network was trained with.
package struct Predictions: Sendable {
  /// ε, the error of its outputs up to which a network is taken to know them, where one is named.
  package static let standardPrecision = 1e-3

  package let outputs: IdealOutputDecoding?
  /// Held out, ideal logits read as a network's are for `r2.logits.ood`: ridge with its penalty from
  /// the fitting regions, on the spec's own trials (fewer of them).
  package let ridge: IdealOutputDecoding.Value?
  /// The saturation law at every precision of ``precisions``; empty where it doesn't apply, and without
  /// those whose walks did not settle.
  package let laws: [Law]
  /// The share of latents that a task tells about, at the standard precision.
  package let usefulShare: Double?
  /// The least number of tasks whose r² is within ``tolerance`` of any decoder's.
  package let requiredTasks: Int?
  /// Why the law has no value; `nil` where it has all.
  package let reason: String?
  /// Why outputs were not decoded, by least squares and by ridge.
  package let outputsReason: String?
  package let ridgeReason: String?
  /// Why there is no required number.
  package let requiredReason: String?

  package struct Law: Sendable {
    /// ε as it is typed.
    package let name: String
    package let precision: Double
    package let prediction: SaturationLaw.Prediction

    /// In `result.json`.
    package var key: String { Predictions.key(name, precision) }
  }

  /// Precisions ε of outputs for which the law is told, as they are typed.
  package static let precisions = [("1e-2", 1e-2), ("1e-3", 1e-3), ("1e-6", 1e-6)]
  /// How close to any decoder's r² "enough tasks" come, and how many are tried.
  fileprivate static let tolerance = 0.01
  fileprivate static let mostRequired = 256

  /// More tasks than this are not decoded: the time grows with the cube.
  private static let mostTasks = 96
  /// In the plane an answer about a curve takes fifty microseconds: with more of them two seconds are
  /// too few for as many trials as least squares needs.
  private static let mostCurves = 12
  /// From this standard error on a simulated r² is not a number to hold others against.
  private static let largestError = 0.02
  /// Random walks in more dimensions take too long.
  package static let mostDimensions = 12

  package init(of spec: RunSpec) {
    let applied = SaturationLaw.Setting.of(spec)
    guard let setting = applied.setting else {
      (outputs, ridge, outputsReason, ridgeReason) = (nil, nil, applied.reason, applied.reason)
      (laws, usefulShare, requiredTasks) = ([], nil, nil)
      (reason, requiredReason) = (applied.reason, applied.reason)
      return
    }
    let outputsReason = Self.outputsReason(setting)
    let ridgeReason =
      outputsReason
      ?? (setting.planes == nil
        ? "ridge is fitted to thousands of trials, which takes too long for curved boundaries"
        : nil)
    let (ridge, (saturation, outputs)) = concurrently(
      { ridgeReason == nil ? Self.ridge(of: spec, setting) : nil },
      {
        (
          Saturation(of: spec, setting),
          outputsReason == nil ? Self.outputs(of: spec, setting) : nil
        )
      }
    )
    (self.ridge, self.outputs) = (ridge, outputs)
    (self.ridgeReason, self.outputsReason) = (ridgeReason, outputsReason)
    (laws, reason) = (saturation.laws, saturation.reason)
    (usefulShare, requiredTasks) = (saturation.usefulShare, saturation.requiredTasks)
    requiredReason = saturation.requiredReason
  }

  private static func outputsReason(_ setting: SaturationLaw.Setting) -> String? {
    let curves = setting.boundaries.count { $0.hyperplane == nil }
    if setting.scale == 0 {
      return "without noise (σ = 0) ideal outputs are 0 and 1, and their logits infinite"
    }
    if setting.boundaries.count > mostTasks {
      return "outputs of more than \(mostTasks) tasks are not decoded beforehand"
    }
    if curves > 0, setting.dimensions > 2 {
      return "ideal logits of curved boundaries are exact for two latents only"
    }
    if curves > mostCurves {
      return "ideal logits of more than \(mostCurves) curved boundaries take too long"
    }
    return nil
  }

  private static func outputs(
    of spec: RunSpec,
    _ setting: SaturationLaw.Setting
  ) -> IdealOutputDecoding {
    let curves = setting.boundaries.count { $0.hyperplane == nil }
    return IdealOutputDecoding(
      boundaries: setting.boundaries,
      scale: setting.scale,
      regions: spec.evaluation.holdOut.regions(dimensions: setting.dimensions, seed: spec.seed),
      // Four repetitions of as many as two seconds allow.
      trials: min(1000, 10_000 / max(1, curves))
    )
  }

  /// At the standard precision.
  package var saturation: SaturationLaw.Prediction? {
    laws.first { $0.precision == Self.standardPrecision }?.prediction
  }

  /// The standard precision's has no suffix.
  package static func key(_ name: String, _ precision: Double) -> String {
    "prediction.r2.saturation" + (precision == standardPrecision ? "" : ".\(name)")
  }

  private static func ridge(
    of spec: RunSpec,
    _ setting: SaturationLaw.Setting
  ) -> IdealOutputDecoding.Value? {
    guard let planes = setting.planes else { return nil }
    var plan = spec.evaluation
    plan.trials = min(plan.trials, 600)
    plan.fits = 1
    let decoding = OutputDecoding(
      of: IdealOutputStates(of: spec, planes, scale: setting.scale),
      in: spec.paradigm,
      plan,
      seed: spec.seed,
      theory: nil
    )
    return IdealOutputDecoding.Value(decoding.ridge)
  }

  /// As `result.json` has them, beside the other references.
  package var references: [String: JSONValue] {
    var values: [String: JSONValue] = [
      "r2.id.logits": .null, "r2.ood.logits": .null, "r2.ood.logits.ridge": .null,
      "r2.id.probabilities": .null, "r2.ood.probabilities": .null,
      "prediction.usefulShare": usefulShare.map { .number($0) } ?? .null,
      "prediction.requiredTasks": requiredTasks.map { .integer($0) } ?? .null,
    ]
    for (name, precision) in Self.precisions { values[Self.key(name, precision)] = .null }
    var errors: [String: JSONValue] = [:]
    func set(_ key: String, _ r2: Double, _ error: Double) {
      // Five digits: the others are sampling error, and a library's last bits. Down, so that none is
      // above its ceiling.
      values[key] = .number(error > 0 ? (r2 * 1e5).rounded(.down) / 1e5 : r2)
      errors[key] = .number((error * 1e5).rounded() / 1e5)
    }
    for (name, pair) in [("logits", outputs?.logits), ("probabilities", outputs?.probabilities)] {
      guard let pair else { continue }
      for (key, value) in [
        ("r2.id.\(name)", pair.inDistribution), ("r2.ood.\(name)", pair.heldOut),
      ] {
        // Outside the region that they were fitted in, outputs of curves may be nearly dependent.
        guard value.standardError < Self.largestError else {
          values["reason.\(key)"] = .string(
            "least squares is ill-posed here: r² differs from fit to fit by more than it tells"
          )
          continue
        }
        set(key, value.r2, value.standardError)
      }
    }
    if let ridge { set("r2.ood.logits.ridge", ridge.r2, ridge.standardError) }
    for law in laws { set(law.key, law.prediction.r2, law.prediction.standardError) }
    if !laws.isEmpty { values["prediction.outputPrecision"] = .number(Self.standardPrecision) }
    values["standardErrors"] = .object(errors)
    if let reason { values["reason.predictions"] = .string(reason) }
    for (key, why) in [
      ("prediction.requiredTasks", requiredReason), ("r2.ood.logits", outputsReason),
      ("r2.ood.logits.ridge", ridgeReason),
    ] {
      if let why { values["reason.\(key)"] = .string(why) }
    }
    return values
  }
}

/// The law for the spec's own boundaries, and for how many of their kind it would reach the ceiling.
private struct Saturation: Sendable {
  var laws: [Predictions.Law] = []
  var usefulShare: Double?
  var requiredTasks: Int?
  var reason: String?
  var requiredReason: String?

  init(of spec: RunSpec, _ setting: SaturationLaw.Setting) {
    reason = setting.lawReason
    guard reason == nil, let planes = setting.planes else {
      requiredReason = reason
      return
    }
    laws = Predictions.precisions.map { name, precision in
      Predictions.Law(
        name: name,
        precision: precision,
        prediction: setting.law(precision).prediction(for: planes)
      )
    }
    if laws.contains(where: { !$0.prediction.isSettled }) {
      reason = "random walks through cells this narrow do not settle"
      laws.removeAll { !$0.prediction.isSettled }
    }
    let law = setting.law(Predictions.standardPrecision)
    usefulShare = law.usefulFraction
    guard let family = spec.paradigm.boundaries.scalable else {
      requiredReason = "these boundaries have no rule for other numbers of them"
      return
    }
    let ceiling = Ceilings(dimensions: law.dimensions, scale: law.scale).anyDecoder
    requiredTasks = law.requiredTasks(
      for: ceiling - Predictions.tolerance,
      family: family,
      most: Predictions.mostRequired,
      sampling: .init(trials: 400, mostSweeps: 32)
    )
    if requiredTasks == nil {
      requiredReason = "none up to \(Predictions.mostRequired) tasks, whose walks settle, does"
    }
  }
}

/// Two values, each on a thread of its own.
private func concurrently<First: Sendable, Second: Sendable>(
  _ first: @Sendable () -> First,
  _ second: @Sendable () -> Second
) -> (First, Second) {
  let values = Mutex<(first: First?, second: Second?)>((nil, nil))
  DispatchQueue.concurrentPerform(iterations: 2) { index in
    if index == 0 {
      let value = first()
      values.withLock { $0.first = value }
    } else {
      let value = second()
      values.withLock { $0.second = value }
    }
  }
  guard case (let first?, let second?) = values.withLock({ $0 }) else {
    preconditionFailure("both are computed above")
  }
  return (first, second)
}

extension SaturationLaw {
  /// What predictions need to know of the world in which a spec's decoders are tested.
  package struct Setting: Sendable {
    package let dimensions: Int
    /// s = σ/√t, 0 or more.
    package let scale: Double
    package let boundaries: [Boundary]
    /// `nil` where one of them is curved.
    package let planes: [Hyperplane]?

    /// - Returns: The setting, or why there is none.
    package static func of(_ spec: RunSpec) -> (setting: Setting?, reason: String?) {
      let paradigm = spec.paradigm.evaluated
      guard case .before(_, let deviation) = paradigm.noise else {
        return (
          nil,
          "no predictions for noise behind the encoder: what it is worth differs from latent to latent"
        )
      }
      guard case .labels = paradigm.supervision.target else {
        return (nil, "predictions are those of networks that answer with probabilities")
      }
      let boundaries = paradigm.boundaries.boundaries(
        dimensions: paradigm.dimensions,
        seed: spec.seed
      )
      let planes = boundaries.compactMap(\.hyperplane)
      return (
        Setting(
          dimensions: paradigm.dimensions,
          scale: Evidence(deviation: deviation, looks: paradigm.timing.looks).posteriorScale,
          boundaries: boundaries,
          planes: planes.count == boundaries.count ? planes : nil
        ), nil
      )
    }

    /// Why the saturation law has no value; `nil` where it applies.
    package var lawReason: String? {
      if planes == nil { return "the saturation law is one of straight boundaries" }
      if dimensions > Predictions.mostDimensions {
        return "random walks among more than \(Predictions.mostDimensions) latents take too long"
      }
      return nil
    }

    package func law(_ precision: Double) -> SaturationLaw {
      SaturationLaw(dimensions: dimensions, scale: scale, outputPrecision: precision)
    }
  }
}
