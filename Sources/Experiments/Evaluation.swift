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
  /// `nil` for a subject without a readout.
  package let answers: AnswerScore?
  /// The held-out decoders of the trained subject's first fit, by region.
  package let decoders: [LinearDecoder]
  /// Values over their ceiling or under their floor: each is a bug, ours or the machine's.
  package let violations: [String]

  /// Measures a trained subject, the same subject before training, and its encoder alone, all with
  /// the same decoders and trials.
  ///
  /// - Parameters:
  ///   - trained: The subject after training.
  ///   - untrained: The same as the seed drew it.
  ///   - answers: How the trained subject answers; `nil` where it has no readout.
  ///   - spec: The run's spec.
  package init(
    trained: NetworkSubject,
    untrained: NetworkSubject,
    _ answers: AnswerScore?,
    spec: RunSpec
  ) {
    let (paradigm, plan, seed) = (spec.paradigm, spec.evaluation, spec.seed)
    let own = ZeroShotDecoding(of: trained, in: paradigm, plan, seed: seed)
    let before = ZeroShotDecoding(of: untrained, in: paradigm, plan, seed: seed)
    let average = RunningAverage(of: trained.encoder, timing: paradigm.evaluated.timing)
    let encoder = ZeroShotDecoding(of: average, in: paradigm, plan, seed: seed)

    var values: [String: JSONValue] = [:]
    for (prefix, decoding) in [
      ("", own), ("floor.untrained.", before), ("floor.encoder.", encoder),
    ] {
      values[prefix + "r2.ood"] = .measurement(byOrthant: decoding.ridge)
      values[prefix + "r2.ood.fixedPenalty"] = .measurement(byOrthant: decoding.fixedRidge)
      values[prefix + "r2.ood.ols"] = .measurement(byOrthant: decoding.leastSquares)
      values[prefix + "r2.ood.adam"] = .measurement(byOrthant: decoding.adam)
      values[prefix + "r2.ood.asPublished"] =
        decoding.asPublished.isEmpty
        ? .undefined("the published draw is one of orthants")
        : .measurement(byOrthant: decoding.asPublished)
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

    values.merge(Self.outputs(of: trained, answers, spec, states: own.ridge)) { $1 }

    let bounds = WorldBounds(of: spec)
    ceilings = bounds.ceilings
    references = .object(
      (bounds.references.object ?? [:]).merging(Predictions(of: spec).references) { $1 }
    )
    measurements = .object(values)
    self.answers = answers
    decoders = own.decoders

    let subjects = [("trained", own), ("untrained", before), ("encoder", encoder)]
    violations =
      subjects.flatMap { name, decoding in
        bounds.latents.map {
          Self.violations(of: decoding, by: name, $0, trials: plan.trials)
        } ?? []
      } + (answers.map { Self.violations(of: $0, bounds) } ?? [])
  }

  /// What the answers of a subject say about the latent, beside what its states say.
  private static func outputs(
    of subject: NetworkSubject,
    _ answers: AnswerScore?,
    _ spec: RunSpec,
    states: [[Double]]
  ) -> [String: JSONValue] {
    guard answers != nil else { return OutputDecoding.undefinedMeasurements("there is no readout") }
    let reading = LabelFreeReading(of: spec)
    let outputs = OutputStates(stateWidth: subject.readout.boundaryCount) {
      subject.logits(for: subject.states(for: $0))
    }
    return OutputDecoding(
      of: outputs,
      in: spec.paradigm,
      spec.evaluation,
      seed: spec.seed,
      theory: reading.theory
    ).measurements(reading, states: states)
  }

  /// What it has to say in `result.json`.
  var parts: [String: JSONValue] {
    [
      "measurements": measurements,
      "ceilings": ceilings,
      "references": references,
      "violations": .array(violations.map(JSONValue.string)),
    ]
  }

  /// Values of r² that are over their ceiling by more than four standard errors.
  ///
  /// A decoder that was fitted and is tested on the whole box is bounded by the posterior mean. One
  /// that is tested on a single region, or on two, could lean towards it by accident, and has the
  /// bound of an observer who is told the region.
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

  private static func violations(of answers: AnswerScore, _ bounds: WorldBounds) -> [String] {
    var violations: [String] = []
    if let floor = bounds.lossFloor, answers.loss < floor - 4 * answers.lossError {
      violations.append("loss \(answers.loss) ± \(answers.lossError) is under its floor \(floor)")
    }
    if let ceiling = bounds.accuracyCeiling, let accuracy = answers.accuracy,
      let error = answers.accuracyError, accuracy > ceiling + 4 * error
    {
      violations.append("accuracy \(accuracy) ± \(error) is over its ceiling \(ceiling)")
    }
    return violations
  }
}
