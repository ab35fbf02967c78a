import Analysis
import Files
import Theory
import Trials

/// What the theory says beforehand of a spec's world.
///
/// That is: the values that no subject exceeds, and some to compare with. Where it has no formula
/// yet, the value is `null`, with the reason.
struct WorldBounds {
  /// Of decoders; `nil` where noise comes after the encoder.
  let latents: Ceilings?
  /// Of the loss over all steps.
  let lossFloor: Estimate?
  let accuracyCeiling: Estimate?
  let ceilings: JSONValue
  let references: JSONValue

  /// - Parameters:
  ///   - spec: The world's.
  ///   - encoder: The subject's, if it has one: noise behind it is worth what its slopes make of it.
  init(of spec: RunSpec, encoder: RandomEncoder? = nil) {
    let paradigm = spec.paradigm
    let tested = paradigm.evaluated
    // Drawn once, for ceilings and floors.
    let encoder =
      FeatureObserver.isNeeded(in: paradigm)
      ? encoder ?? RandomEncoder(of: paradigm, seed: spec.seed) : nil
    let baseline: JSONValue = "variance of a latent over the whole box, 1/12"

    var values: [String: JSONValue] = [:]
    var floors: [String: JSONValue] = ["baseline": baseline]
    let heldSigns = spec.evaluation.holdOut.fixedCount(dimensions: paradigm.dimensions)
    floors["r2.ood.trainingMean"] = .number(
      Floors.trainingMeanHeldOut(signs: heldSigns, of: paradigm.dimensions)
    )
    if heldSigns == paradigm.dimensions {
      floors["r2.orthantCenter"] = .number(Floors.orthantCenter)
    }
    if paradigm.dimensions == 2 { floors["r2.directionOnly"] = .number(Floors.directionOnly) }
    if case .before(_, let deviation) = tested.noise {
      let evidence = Evidence(deviation: deviation, looks: tested.timing.looks)
      let bounds = Ceilings(
        dimensions: paradigm.dimensions,
        evidence: evidence,
        heldSigns: heldSigns
      )
      latents = bounds
      values["r2.any"] = .number(bounds.anyDecoder)
      values["r2.any.toldOrthant"] = .number(bounds.anyDecoderToldOrthant)
      floors["r2.id.linear"] = .number(bounds.linearInDistribution)
      floors["r2.ood.linear"] = .number(bounds.linearHeldOut)
      floors["r2.id.unbiasedMean"] = .number(bounds.unbiasedMean)
      // The paper's figure 5a: evidence stays on in the decision, so that one look more is seen.
      let freeEvidence = Evidence(
        deviation: deviation,
        looks: tested.timing.stimulus + tested.timing.decision
      )
      floors["r2.freeTiming"] = .number(
        Ceilings(dimensions: paradigm.dimensions, evidence: freeEvidence).unbiasedMean
      )
    } else {
      latents = nil
      if let reason = AnswerFloor.openQuestion(about: tested) {
        values["r2.any"] = .null
        values["r2.any.toldOrthant"] = .null
        values["reason.r2.any"] = .string(reason)
      } else {
        let bounds = FeatureCeilings(
          of: tested,
          encoder: encoder,
          seed: spec.seed,
          heldSigns: heldSigns
        )
        values["r2.any"] = .number(bounds.anyDecoder.value)
        values["r2.anyError"] = .number(bounds.anyDecoder.standardError)
        values["r2.any.toldOrthant"] = .number(bounds.anyDecoderToldOrthant.value)
        values["r2.any.toldOrthantError"] = .number(bounds.anyDecoderToldOrthant.standardError)
      }
      floors["reason"] = .string(
        "behind the encoder noise is worth as much as the encoder's slope makes of it, which "
          + "differs from latent to latent"
      )
    }
    references = .object(floors)

    let known = Self.answers(to: spec, encoder)
    lossFloor = known.loss
    accuracyCeiling = known.accuracy
    values.merge(known.values) { _, new in new }
    ceilings = .object(values)
  }

  /// The best loss and accuracy: an integral for lines in the plane, elsewhere the ideal observer's
  /// over simulated trials, with its standard error.
  private static func answers(
    to spec: RunSpec,
    _ encoder: RandomEncoder?
  ) -> (loss: Estimate?, accuracy: Estimate?, values: [String: JSONValue]) {
    let paradigm = spec.paradigm
    var values: [String: JSONValue] = [:]
    for key in ["loss", "decisionLoss", "accuracy"] { values[key] = .null }
    if let reason = AnswerFloor.openQuestion(about: paradigm) {
      values["reason"] = .string(reason)
      guard AnswerFloor.isZero(for: paradigm) else { return (nil, nil, values) }
      values["loss"] = 0
      values["lossError"] = 0
      return (Estimate(value: 0, standardError: 0), nil, values)
    }
    let loss: Estimate
    let accuracy: Estimate?
    if let best = integral(of: spec) {
      loss = Estimate(
        value: best.meanLoss(
          steps: paradigm.timing.trialSteps,
          decisionSteps: paradigm.timing.decision
        ),
        standardError: 0
      )
      accuracy = Estimate(value: best.accuracy, standardError: 0)
      values["decisionLoss"] = .number(best.crossEntropy)
    } else {
      let floor = AnswerFloor(of: paradigm, encoder: encoder, seed: spec.seed)
      (loss, accuracy) = (floor.loss, floor.accuracy)
      values["decisionLoss"] = .number(floor.decisionLoss.value)
      values["decisionLossError"] = .number(floor.decisionLoss.standardError)
    }
    values["loss"] = .number(loss.value)
    values["lossError"] = .number(loss.standardError)
    values["accuracy"] = accuracy.map { .number($0.value) } ?? .null
    if let accuracy {
      values["accuracyError"] = .number(accuracy.standardError)
    } else {
      values["reason"] = "no sides are asked for"
    }
    return (loss, accuracy, values)
  }

  /// Where the best answers are an integral.
  private static func integral(of spec: RunSpec) -> AnswerCeiling? {
    let (paradigm, supervision) = (spec.paradigm, spec.paradigm.supervision)
    let boundaries = paradigm.boundaries.boundaries(
      dimensions: paradigm.dimensions,
      seed: spec.seed
    )
    let lines = boundaries.compactMap(\.hyperplane)
    guard paradigm.dimensions == 2, lines.count == boundaries.count,
      case .before(.gaussian, let deviation) = paradigm.noise, paradigm.latents.correlation == 0,
      supervision.target == .labels(.crossEntropy), supervision.steps == .everyStep,
      !paradigm.timing.isFree
    else { return nil }
    return AnswerCeiling(
      boundaries: lines,
      evidence: Evidence(deviation: deviation, looks: paradigm.timing.stimulus)
    )
  }
}
