import Analysis
import Files
import Theory
import Trials

/// What the theory says beforehand of a spec's world.
///
/// That is: the values that no subject exceeds, and some to compare with. Where it has no formula yet, the value is `null`, with the reason.
struct WorldBounds {
  /// Of decoders; `nil` where noise comes after the encoder.
  let latents: Ceilings?
  /// Of the loss over all steps.
  private(set) var lossFloor: Double?
  private(set) var accuracyCeiling: Double?
  private(set) var ceilings: JSONValue
  let references: JSONValue

  init(of spec: RunSpec) {
    let paradigm = spec.paradigm
    let tested = paradigm.evaluated
    let baseline: JSONValue = "variance of a latent over the whole box, 1/12"

    var values: [String: JSONValue] = [:]
    if case .before(_, let deviation) = tested.noise {
      let evidence = Evidence(deviation: deviation, looks: tested.timing.looks)
      let heldSigns = spec.evaluation.holdOut.fixedCount(dimensions: paradigm.dimensions)
      let bounds = Ceilings(
        dimensions: paradigm.dimensions,
        evidence: evidence,
        heldSigns: heldSigns
      )
      latents = bounds
      values["r2.any"] = .number(bounds.anyDecoder)
      values["r2.any.toldOrthant"] = .number(bounds.anyDecoderToldOrthant)
      references = [
        "r2.id.linear": .number(bounds.linearInDistribution),
        "r2.ood.linear": .number(bounds.linearHeldOut),
        "r2.id.unbiasedMean": .number(bounds.unbiasedMean),
        "r2.ood.trainingMean": .number(bounds.trainingMeanHeldOut),
        "baseline": baseline,
      ]
    } else {
      latents = nil
      let reason = "no closed form for noise behind the encoder"
      values["r2.any"] = nil
      values["r2.any.toldOrthant"] = nil
      values["reason.r2.any"] = .string(reason)
      references = ["baseline": baseline, "reason": .string(reason)]
    }

    for key in ["loss", "decisionLoss", "accuracy"] { values[key] = .null }
    if let reason = Self.openQuestion(about: paradigm) {
      values["reason"] = .string(reason)
    } else if case .before(_, let deviation) = paradigm.noise {
      let lines = paradigm.boundaries.boundaries(dimensions: 2, seed: spec.seed)
        .compactMap(\.hyperplane)
      let best = AnswerCeiling(
        boundaries: lines,
        evidence: Evidence(deviation: deviation, looks: paradigm.timing.stimulus)
      )
      let floor = best.meanLoss(
        steps: paradigm.timing.trialSteps,
        decisionSteps: paradigm.timing.decision
      )
      lossFloor = floor
      accuracyCeiling = best.accuracy
      values["loss"] = .number(floor)
      values["decisionLoss"] = .number(best.crossEntropy)
      values["accuracy"] = .number(best.accuracy)
    }
    ceilings = .object(values)
  }

  /// Why the best loss and accuracy are not known; `nil` where they are.
  private static func openQuestion(about paradigm: Paradigm) -> String? {
    let supervision = paradigm.supervision
    let boundaries = paradigm.boundaries.shape
    if paradigm.dimensions != 2 { return "no exact floor for more than two latent dimensions yet" }
    switch boundaries {
    case .lines, .hyperplanes, .axes: break
    case .given(let list) where list.allSatisfy({ $0.hyperplane != nil }): break
    case .given, .hyperbolas, .circles, .quadrics, .mixed:
      return "no exact floor for curved boundaries yet"
    }
    guard case .before(.gaussian, _) = paradigm.noise, paradigm.latents.correlation == 0 else {
      return "exact floors need white noise before the encoder and independent latents so far"
    }
    guard supervision.target == .labels(.crossEntropy) else {
      return "exact floors are those of cross-entropy so far"
    }
    guard supervision.steps == .everyStep, !paradigm.timing.isFree else {
      return "exact floors need every step asked for in trials of one length so far"
    }
    return nil
  }
}
