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
  package let saturation: SaturationLaw.Prediction?
  /// Why there is none of them; `nil` where there are.
  package let reason: String?
  /// Why outputs were not decoded although the law applies.
  package let outputsReason: String?

  /// More tasks than this are not decoded: the time grows with the cube.
  private static let mostTasks = 96
  /// Random walks in more dimensions take too long.
  package static let mostDimensions = 12

  package init(of spec: RunSpec) {
    let applied = SaturationLaw.Setting.of(spec)
    reason = applied.reason
    guard let setting = applied.setting else {
      (outputs, saturation, outputsReason) = (nil, nil, applied.reason)
      return
    }
    saturation = setting.law(Self.standardPrecision).prediction(for: setting.boundaries)
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
      outputsReason = nil
    } else {
      outputs = nil
      outputsReason = "outputs of more than \(Self.mostTasks) tasks are not decoded beforehand"
    }
  }

  /// As `result.json` has them, beside the other references.
  package var references: [String: JSONValue] {
    var values: [String: JSONValue] = [
      "r2.id.logits": .null, "r2.ood.logits": .null,
      "r2.id.probabilities": .null, "r2.ood.probabilities": .null,
      "prediction.r2.saturation": .null,
    ]
    var errors: [String: JSONValue] = [:]
    func set(_ key: String, _ r2: Double, _ error: Double) {
      // Five digits: the others are sampling error, and a library's last bits.
      values[key] = .number((r2 * 1e5).rounded() / 1e5)
      errors[key] = .number((error * 1e5).rounded() / 1e5)
    }
    for (name, pair) in [("logits", outputs?.logits), ("probabilities", outputs?.probabilities)] {
      guard let pair else { continue }
      set("r2.id.\(name)", pair.inDistribution.r2, pair.inDistribution.standardError)
      set("r2.ood.\(name)", pair.heldOut.r2, pair.heldOut.standardError)
    }
    if let saturation {
      set("prediction.r2.saturation", saturation.r2, saturation.standardError)
      values["prediction.outputPrecision"] = .number(Self.standardPrecision)
    }
    values["standardErrors"] = .object(errors)
    if let reason { values["reason.predictions"] = .string(reason) }
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
      guard case .gaussian = law, deviation > 0 else {
        return (nil, "predictions need white Gaussian noise")
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
