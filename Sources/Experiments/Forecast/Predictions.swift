import Analysis
import Compute
import Files
import Theory
import Trials

/// What the theory predicts of a spec's r², beyond the bounds: linear decoders of ideal outputs, and
/// the saturation law for the spec's own boundaries.
package struct Predictions: Sendable {
  /// ε, the error of its outputs up to which a network is taken to know them, where one is named.
  package static let standardPrecision = 1e-3

  package let outputs: IdealOutputDecoding?
  /// Held out, ideal logits read as a network's are for `r2.logits.ood`: ridge with its penalty from
  /// the fitting regions, on the spec's own trials (fewer of them).
  package let ridge: IdealOutputDecoding.Value?
  /// The saturation law at every precision of ``precisions``; empty where it doesn't apply.
  package let laws: [Law]
  /// The share of latents that a task tells about, at the standard precision.
  package let usefulShare: Double?
  /// The least number of tasks whose r² is within ``tolerance`` of any decoder's.
  package let requiredTasks: Int?
  /// Why there is none of them; `nil` where there are.
  package let reason: String?
  /// Why outputs were not decoded although the law applies.
  package let outputsReason: String?
  /// Why there is no required number although the law applies.
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
  private static let tolerance = 0.01
  private static let mostRequired = 256

  /// More tasks than this are not decoded: the time grows with the cube.
  private static let mostTasks = 96
  /// Random walks in more dimensions take too long.
  package static let mostDimensions = 12

  package init(of spec: RunSpec) {
    let applied = SaturationLaw.Setting.of(spec)
    reason = applied.reason
    guard let setting = applied.setting else {
      (outputs, ridge, outputsReason) = (nil, nil, applied.reason)
      (laws, usefulShare, requiredTasks, requiredReason) = ([], nil, nil, applied.reason)
      return
    }
    laws = Self.precisions.map { name, precision in
      Law(
        name: name,
        precision: precision,
        prediction: setting.law(precision).prediction(for: setting.boundaries)
      )
    }
    let law = setting.law(Self.standardPrecision)
    usefulShare = law.usefulFraction
    if let family = spec.paradigm.boundaries.scalable {
      let ceiling = Ceilings(dimensions: law.dimensions, scale: law.scale).anyDecoder
      requiredTasks = law.requiredTasks(
        for: ceiling - Self.tolerance,
        family: family,
        most: Self.mostRequired,
        sampling: .init(trials: 400)
      )
      requiredReason = requiredTasks == nil ? "more than \(Self.mostRequired) tasks" : nil
    } else {
      requiredTasks = nil
      requiredReason = "these boundaries have no rule for other numbers of them"
    }
    if setting.boundaries.count <= Self.mostTasks {
      let fixed = spec.evaluation.holdOut.fixedCount(dimensions: setting.dimensions)
      let regions = SignRegion.all(
        ofLast: min(fixed, 2),
        dimensions: setting.dimensions
      ).map { region in
        // Four of the orthants stand for all.
        SignRegion(
          signs: region.signs.enumerated().map { index, sign in
            sign ?? (index >= setting.dimensions - fixed ? true : nil)
          }
        )
      }
      outputs = IdealOutputDecoding(
        boundaries: setting.boundaries,
        scale: setting.scale,
        regions: regions
      )
      ridge = Self.ridge(of: spec, setting)
      outputsReason = nil
    } else {
      (outputs, ridge) = (nil, nil)
      outputsReason = "outputs of more than \(Self.mostTasks) tasks are not decoded beforehand"
    }
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
  ) -> IdealOutputDecoding.Value {
    let looks = spec.paradigm.evaluated.timing.looks
    let scale = setting.scale * (Double(spec.paradigm.timing.looks) / Double(looks)).squareRoot()
    var plan = spec.evaluation
    plan.trials = min(plan.trials, 1000)
    plan.fits = 1
    let decoding = OutputDecoding(
      of: IdealOutputStates(of: spec, setting.boundaries, scale: scale),
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
      set("r2.id.\(name)", pair.inDistribution.r2, pair.inDistribution.standardError)
      set("r2.ood.\(name)", pair.heldOut.r2, pair.heldOut.standardError)
    }
    if let ridge { set("r2.ood.logits.ridge", ridge.r2, ridge.standardError) }
    for law in laws { set(law.key, law.prediction.r2, law.prediction.standardError) }
    if !laws.isEmpty { values["prediction.outputPrecision"] = .number(Self.standardPrecision) }
    values["standardErrors"] = .object(errors)
    if let reason { values["reason.predictions"] = .string(reason) }
    if reason == nil, let requiredReason {
      values["reason.prediction.requiredTasks"] = .string(requiredReason)
    }
    if reason == nil, let outputsReason { values["reason.r2.ood.logits"] = .string(outputsReason) }
    return values
  }
}

extension SaturationLaw {
  /// What the law needs to know of a spec.
  package struct Setting: Sendable {
    package let dimensions: Int
    package let scale: Double
    package let boundaries: [Hyperplane]

    /// - Returns: The setting, or why there is none.
    package static func of(_ spec: RunSpec) -> (setting: Setting?, reason: String?) {
      let paradigm = spec.paradigm
      guard case .before(let law, let deviation) = paradigm.noise else {
        return (nil, "no predictions for noise behind the encoder")
      }
      guard case .gaussian = law else {
        return (nil, "predictions need white Gaussian noise")
      }
      guard deviation > 0 else {
        return (nil, "without noise (σ = 0) ideal outputs are 0 and 1 and say sides only")
      }
      guard paradigm.latents.correlation == 0 else {
        return (nil, "predictions need independent latents")
      }
      guard case .labels = paradigm.supervision.target else {
        return (nil, "predictions are those of networks that answer with probabilities")
      }
      let dimensions = paradigm.dimensions
      guard dimensions <= Predictions.mostDimensions else {
        return (nil, "no predictions for more than \(Predictions.mostDimensions) latents")
      }
      let boundaries = paradigm.boundaries.boundaries(dimensions: dimensions, seed: spec.seed)
      let planes = boundaries.compactMap(\.hyperplane)
      guard planes.count == boundaries.count else {
        return (nil, "no predictions for curved boundaries")
      }
      let evidence = Evidence(deviation: deviation, looks: paradigm.timing.looks)
      return (
        Setting(dimensions: dimensions, scale: evidence.posteriorScale, boundaries: planes), nil
      )
    }

    package func law(_ precision: Double) -> SaturationLaw {
      SaturationLaw(dimensions: dimensions, scale: scale, outputPrecision: precision)
    }
  }
}
