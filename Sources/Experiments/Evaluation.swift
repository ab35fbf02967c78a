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
    let outputs = OutputStates(stateWidth: trained.readout.boundaryCount) {
      trained.logits(for: trained.states(for: $0))
    }
    self.init(
      of: trained,
      outputs: answers.map { _ in outputs },
      orNone: "there is no readout",
      encoder: trained.encoder,
      untrained: untrained,
      answers,
      spec: spec
    )
  }

  /// Measures the ideal observer; there is nothing that was untrained before.
  package init(of observer: IdealObserver, _ answers: AnswerScore?, spec: RunSpec) {
    let paradigm = spec.paradigm
    let outputs = OutputStates(stateWidth: paradigm.boundaryCount) {
      observer.answers(to: observer.states(for: $0), $0)
    }
    self.init(
      of: observer,
      outputs: observer.hasExactOdds && answers != nil ? outputs : nil,
      orNone: "ideal outputs are decoded where they are exact: for lines in the plane",
      encoder: RandomEncoder(of: paradigm, seed: spec.seed),
      untrained: nil,
      answers,
      spec: spec
    )
  }

  private init(
    of subject: some Representation,
    outputs: OutputStates?,
    orNone reason: String,
    encoder: RandomEncoder,
    untrained: NetworkSubject?,
    _ answers: AnswerScore?,
    spec: RunSpec
  ) {
    let (paradigm, plan, seed) = (spec.paradigm, spec.evaluation, spec.seed)
    let timing = paradigm.evaluated.timing
    let own = ZeroShotDecoding(of: subject, in: paradigm, plan, seed: seed)
    let before = untrained.map { ZeroShotDecoding(of: $0, in: paradigm, plan, seed: seed) }
    let average = RunningAverage(of: encoder, timing: timing)
    let encoded = ZeroShotDecoding(of: average, in: paradigm, plan, seed: seed)
    // Without an encoder that is the mean of the raw observations.
    let looks = RunningAverage(
      of: RandomEncoder(
        kind: .none,
        layout: paradigm.evaluated.layout,
        seed: seed,
        noiseDeviation: paradigm.noise.lookDeviation
      ),
      timing: timing
    )
    let observed = ZeroShotDecoding(of: looks, in: paradigm, plan, seed: seed)

    var values: [String: JSONValue] = [:]
    for (prefix, decoding) in [
      ("", own), ("floor.untrained.", before), ("floor.encoder.", encoded),
      ("floor.observations.", observed),
    ] {
      guard let decoding else {
        values[prefix + "r2.ood"] = .undefined("the ideal observer was never untrained")
        continue
      }
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
      byOrthant: zip(own.ridge, encoded.ridge).map { zip($0, $1).map(-) }
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

    values.merge(
      outputs.map { Self.measure($0, spec, states: own.ridge) }
        ?? OutputDecoding.undefinedMeasurements(reason)
    ) { $1 }

    let bounds = WorldBounds(of: spec, encoder: encoder)
    ceilings = bounds.ceilings
    references = .object(
      (bounds.references.object ?? [:]).merging(Predictions(of: spec).references) { $1 }
    )
    measurements = .object(values)
    self.answers = answers
    decoders = own.decoders

    let subjects = [
      ("trained", own), ("untrained", before), ("encoder", encoded), ("observations", observed),
    ]
    violations =
      subjects.flatMap { name, decoding -> [String] in
        guard let decoding, let latents = bounds.latents else { return [] }
        return Self.violations(of: decoding, by: name, latents, trials: plan.trials)
      } + (answers.map { Self.violations(of: $0, bounds) } ?? [])
  }

  /// What the answers of a subject say about the latent, beside what its states say.
  private static func measure(
    _ outputs: OutputStates,
    _ spec: RunSpec,
    states: [[Double]]
  ) -> [String: JSONValue] {
    let reading = LabelFreeReading(of: spec)
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
    // Four standard errors of the difference: a floor that is a simulation has one, too.
    if let floor = bounds.lossFloor {
      let error = hypotenuse(answers.lossError, floor.standardError)
      if answers.loss < floor.value - 4 * error {
        violations.append("loss \(answers.loss) ± \(error) is under its floor \(floor.value)")
      }
    }
    if let ceiling = bounds.accuracyCeiling, let accuracy = answers.accuracy,
      let own = answers.accuracyError
    {
      let error = hypotenuse(own, ceiling.standardError)
      if accuracy > ceiling.value + 4 * error {
        violations.append("accuracy \(accuracy) ± \(error) is over its ceiling \(ceiling.value)")
      }
    }
    return violations
  }
}

private func hypotenuse(_ a: Double, _ b: Double) -> Double { (a * a + b * b).squareRoot() }
