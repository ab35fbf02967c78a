import Analysis
import Compute
import Files
import Networks
import Theory
import Trials

/// Everything that is measured on a trained subject, each value beside its ceiling and floors.
package struct Evaluation {
  package let measurements: JSONValue
  package let ceilings: JSONValue
  package let references: JSONValue
  package let answers: AnswerScore
  /// The held-out decoders of the trained subject's first fit, by orthant.
  package let decoders: [LinearDecoder]
  /// Values over their ceiling or under their floor: each is a bug, ours or the machine's.
  package let violations: [String]

  /// Measures a trained subject, the same subject before training, and its encoder alone, all with
  /// the same decoders and trials.
  ///
  /// - Parameters:
  ///   - trained: The subject after training.
  ///   - untrained: The same as the seed drew it.
  ///   - answers: How the trained subject answers.
  ///   - spec: The run's spec.
  package init(
    trained: NetworkSubject,
    untrained: NetworkSubject,
    _ answers: AnswerScore,
    spec: RunSpec
  ) {
    let (paradigm, plan, seed) = (spec.paradigm, spec.evaluation, spec.seed)
    let own = ZeroShotDecoding(of: trained, in: paradigm, plan, seed: seed)
    let before = ZeroShotDecoding(of: untrained, in: paradigm, plan, seed: seed)
    let average = RunningAverage(of: trained.encoder, timing: paradigm.timing)
    let encoder = ZeroShotDecoding(of: average, in: paradigm, plan, seed: seed)

    var values: [String: JSONValue] = [:]
    for (prefix, decoding) in [
      ("", own), ("floor.untrained.", before), ("floor.encoder.", encoder),
    ] {
      values[prefix + "r2.ood"] = .measurement(byOrthant: decoding.ridge)
      values[prefix + "r2.ood.fixedPenalty"] = .measurement(byOrthant: decoding.fixedRidge)
      values[prefix + "r2.ood.ols"] = .measurement(byOrthant: decoding.leastSquares)
      values[prefix + "r2.ood.adam"] = .measurement(byOrthant: decoding.adam)
      values[prefix + "r2.ood.asPublished"] = .measurement(byOrthant: decoding.asPublished)
      values[prefix + "r2.id"] = .measurement(decoding.inDistribution)
      values[prefix + "r2.id.ols"] = .measurement(decoding.inDistributionLeastSquares)
      values[prefix + "r2.id.adam"] = .measurement(decoding.inDistributionAdam)
    }
    values["angle.encoding"] = .measurement(own.encodingAngles)
    values["angle.decoder"] = .measurement(own.decoderAngles)
    values["floor.shuffled.r2.ood"] = .measurement(byOrthant: own.shuffled)
    values["gain"] = .measurement(
      byOrthant: zip(own.ridge, encoder.ridge).map { zip($0, $1).map(-) }
    )
    values["penalty"] = .measurement(byOrthant: own.penalties)
    values["r2.ood.byPenalty"] = [
      "penalties": .array(RidgeFit.penalties.map(JSONValue.number)),
      "medians": .array(
        own.path.map { scores in
          Quartiles(of: scores.flatMap { $0 }).map { .number($0.median) } ?? .null
        }
      ),
    ]

    let evidence = Evidence(
      deviation: paradigm.noiseDeviation,
      looks: paradigm.timing.stimulus
    )
    let bounds = Ceilings(dimensions: paradigm.dimensions, evidence: evidence)
    let best = AnswerCeiling(boundaries: paradigm.boundaries.boundaries(), evidence: evidence)
    let lossFloor = best.meanLoss(
      steps: paradigm.timing.steps,
      decisionSteps: paradigm.timing.decision
    )
    ceilings = [
      "r2.any": .number(bounds.anyDecoder),
      "r2.any.toldOrthant": .number(bounds.anyDecoderToldOrthant),
      "loss": .number(lossFloor),
      "decisionLoss": .number(best.crossEntropy),
      "accuracy": .number(best.accuracy),
    ]
    references = [
      "r2.id.linear": .number(bounds.linearInDistribution),
      "r2.ood.linear": .number(bounds.linearHeldOut),
      "r2.id.unbiasedMean": .number(bounds.unbiasedMean),
      "r2.ood.trainingMean": .number(
        Floors.trainingMeanHeldOut(dimensions: paradigm.dimensions)
      ),
      "baseline": "variance of a latent over the whole box, 1/12",
    ]
    measurements = .object(values)
    self.answers = answers
    decoders = own.decoders

    violations =
      [("trained", own), ("untrained", before), ("encoder", encoder)].flatMap { name, decoding in
        Self.violations(of: decoding, by: name, bounds, trials: plan.trials)
      } + Self.violations(of: answers, best, lossFloor: lossFloor)
  }

  /// Values of r² that are over their ceiling by more than four standard errors.
  ///
  /// A decoder that was fitted and is tested on the whole box is bounded by the posterior mean. One
  /// that is tested on a single orthant, or on two, could lean towards it by accident, and has the
  /// bound of an observer who is told the orthant.
  ///
  /// - Parameters:
  ///   - decoding: What was measured.
  ///   - subject: What the message calls it.
  ///   - bounds: The ceilings of its paradigm.
  ///   - trials: In each test.
  /// - Returns: A message for each.
  package static func violations(
    of decoding: ZeroShotDecoding,
    by subject: String,
    _ bounds: Ceilings,
    trials: Int
  ) -> [String] {
    let heldOut = [
      ("r2.ood", decoding.ridge), ("r2.ood.fixedPenalty", decoding.fixedRidge),
      ("r2.ood.ols", decoding.leastSquares), ("r2.ood.adam", decoding.adam),
      ("r2.ood.asPublished", decoding.asPublished),
    ].flatMap { name, scores in scores.map { (name, $0, bounds.anyDecoderToldOrthant) } }
    let inDistribution = [
      ("r2.id", decoding.inDistribution), ("r2.id.ols", decoding.inDistributionLeastSquares),
      ("r2.id.adam", decoding.inDistributionAdam),
    ].map { name, scores in (name, scores, bounds.anyDecoder) }
    return (heldOut + inDistribution).compactMap { name, scores, ceiling in
      // Squared errors of a normal law scatter by √2 of their mean. All fits share a test set, so
      // their mean is no surer than one of them.
      let error = (1 - ceiling) * (2 / Double(trials * bounds.dimensions)).squareRoot()
      // Without noise nothing scatters but the last digits.
      guard mean(scores) > ceiling + 4 * error + 1e-9 else { return nil }
      return "\(name) \(mean(scores)) of the \(subject) subject is over its ceiling \(ceiling)"
    }
  }

  private static func violations(
    of answers: AnswerScore,
    _ best: AnswerCeiling,
    lossFloor: Double
  ) -> [String] {
    var violations: [String] = []
    if answers.loss < lossFloor - 4 * answers.lossError {
      violations.append(
        "loss \(answers.loss) ± \(answers.lossError) is under its floor \(lossFloor)"
      )
    }
    if answers.accuracy > best.accuracy + 4 * answers.accuracyError {
      violations.append(
        "accuracy \(answers.accuracy) ± \(answers.accuracyError) is over its ceiling \(best.accuracy)"
      )
    }
    return violations
  }
}

/// How well a subject answers fresh trials.
package struct AnswerScore: Equatable, Sendable {
  /// How many trials are asked.
  package static let trials = 20_000

  /// Mean cross-entropy over steps and boundaries, in nats.
  package let loss: Double
  /// Its standard error.
  package let lossError: Double
  /// Share of right answers at the decision.
  package let accuracy: Double
  /// Its standard error.
  package let accuracyError: Double

  package init(of subject: NetworkSubject, in paradigm: Paradigm, seed: UInt64) {
    let generator = TrialGenerator(paradigm: paradigm)
    let chunk = 100
    var batch = generator.makeBatch(trials: chunk)
    var losses: [Double] = []
    var accuracies: [Double] = []
    let firstDecision = paradigm.timing.decisionSteps.lowerBound * chunk * paradigm.boundaries.count
    for start in stride(from: 0, to: Self.trials, by: chunk) {
      generator.draw(
        into: &batch,
        latents: RandomStream(seed: seed, purpose: .answerLatent),
        noise: RandomStream(seed: seed, purpose: .answerNoise),
        firstTrial: start
      )
      var logits = subject.logits(for: subject.states(for: batch.observations))
      let count = logits.buffer.count
      let values = logits.buffer.mutablePointer
      let targets = batch.targets.buffer.pointer
      var right = 0
      for index in firstDecision..<count where (values[index] > 0) == (targets[index] > 0.5) {
        right += 1
      }
      accuracies.append(Double(right) / Double(count - firstDecision))
      losses.append(
        crossEntropy(count, logits: values, targets: targets, scale: 1, gradient: values)
          / Double(count)
      )
    }
    loss = mean(losses)
    lossError = standardError(losses)
    accuracy = mean(accuracies)
    accuracyError = standardError(accuracies)
  }
}

/// Of the mean of independent values, two at least.
private func standardError(_ values: [Double]) -> Double {
  let center = mean(values)
  let variance = values.reduce(0) { $0 + ($1 - center) * ($1 - center) } / Double(values.count - 1)
  return (variance / Double(values.count)).squareRoot()
}
