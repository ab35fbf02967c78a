import Analysis
import Compute
import Files

extension RecordingAnalysis {
  /// The measurements by their keys, as in `result.json`.
  ///
  /// Each has median and count over what `over` names, quartiles (`lower`, `upper`) where there is more
  /// than one value, and the mean's interval and null where they apply: of a single value the interval
  /// alone says how sure it is. What is undefined is null, with a reason.
  package var measurements: [String: JSONValue] {
    var values: [String: JSONValue] = [:]
    let noTargets = "no continuous or circular factor"
    let oneRegion = "one region alone can't be held out"
    let nothing = regions.regions.count > 1 ? noTargets : oneRegion
    values["r2.ood"] = heldOut.map { json($0, over: "regions") } ?? undefined(nothing)
    values["r2.ood.ols"] = heldOut.map(leastSquares) ?? undefined(nothing)
    values["r2.ood.fixedPenalty"] = heldOut.map(fixedPenalty) ?? undefined(nothing)
    if let halves { values["r2.ood.halves"] = json(halves, over: "halves") }
    values["r2.id"] = inDistribution.map { json($0, over: "folds") } ?? undefined(noTargets)
    values["accuracy.ood"] = classified.map { json($0, over: "regions") } ?? undefined(oneRegion)
    values["accuracy.id"] = json(classifiedInDistribution, over: "folds")
    values["pca.explained"] = explained
    values["participationRatio"] =
      geometry.participationRatio.map { ratio in
        with(
          geometry.ratioInterval,
          [
            "median": .number(ratio), "count": 1, "pooled": "all trials",
            "null": geometry.independentRatio.map {
              [
                "median": .number($0), "kind": "units shuffled independently, expected value",
                "probability": .null, "reason": "an expectation in closed form, not draws",
              ]
            } ?? .null,
          ]
        )
      } ?? undefined("the states don't vary")
    values["angle.encoding"] = encodingAngles
    values["angle.decoder"] =
      decoderAngles.map { found in
        with(found.interval, decoderAngles(found))
      } ?? undefined("fewer than two continuous targets")
    values["sparseness.lifetime"] = sparseness(
      tuning.sparseness?.lifetime,
      over: "units that aren't silent",
      tuning.intervals.lifetime
    )
    values["sparseness.population"] = sparseness(
      tuning.sparseness?.population,
      over: "trials",
      tuning.intervals.population
    )
    values["silentShare"] = [
      "median": .number(Double(tuning.silent.count) / Double(recording.units)),
      "count": 1, "of": .integer(recording.units),
      "units": .array(tuning.silent.prefix(1000).map(JSONValue.integer)),
      "null": .null, "reason.null": "a count of units that never change",
    ]
    values["selectivity.linear"] = selectivity(
      tuning.linear,
      tuning.linearNull,
      tuning.intervals.linear,
      reason: "no more trials than the factors have regressors, and one more"
    )
    values["selectivity.interaction"] = selectivity(
      tuning.interaction,
      tuning.interactionNull,
      tuning.intervals.interaction,
      reason: recording.factors.count > 1
        ? "no more trials than the factors and their products have regressors, and one more"
        : "one factor alone has no interaction"
    )
    for score in scores.scores {
      values[score.key] = json(score)
    }
    for measure in comparison?.measures ?? [] {
      guard let found = measure.value else {
        values[measure.key] = undefined("a system doesn't vary, or too few conditions or trials")
        continue
      }
      var value: [String: JSONValue] = [
        "median": .number(found), "count": 1, "kind": .string(measure.detail),
        "noiseCeiling": ceilingJSON(measure.ceiling),
      ]
      let kind = "the other system's trials shuffled"
      value.addNull(
        nullJSON(found, measure.null, kind: kind, isDistance: measure.isDistance),
        orReason: noShuffle
      )
      values[measure.key] = with(measure.interval, value)
    }
    return values
  }

  /// What every r² here is measured against.
  package static let baseline = "1 - MSE / variance of the factor over all trials"

  /// Of the first component, and the shares of the others.
  private var explained: JSONValue {
    guard geometry.participationRatio != nil, let first = geometry.components.shares.first else {
      return undefined("the states don't vary")
    }
    let shares = geometry.components.shares.prefix(RecordedGeometry.mostShares)
    return with(
      geometry.shareIntervals.first ?? nil,
      [
        "median": .number(first), "count": 1, "over": "the first component",
        "pooled": "all trials",
        "null": nullJSON(
          first,
          geometry.independentShares,
          kind: "units shuffled independently"
        ),
        "shares": .array(shares.map(JSONValue.number)),
        "intervals": .array(geometry.shareIntervals.map(json)),
        "componentsFor90": .integer(geometry.componentCount(for: 0.9)),
      ]
    )
  }

  private var encodingAngles: JSONValue {
    guard !geometry.encodingAngles.isEmpty else {
      return undefined("fewer than two continuous targets that vary independently")
    }
    let degrees = geometry.encodingAngles.map(\.degrees)
    var value = angles(degrees, over: "pairs of targets")
    value["null"] = randomAnglesJSON(RandomDirections.median(of: degrees))
    value["byPair"] = .array(
      geometry.encodingAngles.map { angle in
        with(
          angle.interval,
          [
            "first": .string(angle.first), "second": .string(angle.second),
            "degrees": .number(angle.degrees),
          ]
        )
      }
    )
    return with(geometry.encodingInterval, value)
  }

  private func angles(_ degrees: [Double], over: String) -> [String: JSONValue] {
    var value = summary(degrees, over: over)
    let observed = RandomDirections.median(of: degrees)
    value["unit"] = "degrees"
    value["fromRightAngle"] = observed.map(JSONValue.number) ?? .null
    return value
  }

  private func decoderAngles(_ found: DecoderAngles) -> [String: JSONValue] {
    var value = angles(found.degrees, over: "pairs of targets × regions")
    var null = JSONValue.null
    if let observed = RandomDirections.median(of: found.degrees) {
      null = nullJSON(
        observed,
        found.shuffledFromRightAngle,
        kind: "median over pairs and regions, decoders of "
          + decodingKind("regions"),
        isDistance: true
      )
    }
    if case .object(var parts) = null {
      parts["unit"] = "degrees from a right angle"
      null = .object(parts)
    }
    value.addNull(null, orReason: noShuffle)
    return value
  }

  private func randomAnglesJSON(_ observed: Double?) -> JSONValue {
    guard let quartiles = Quartiles(of: randomDirections.fromRightAngle) else { return .null }
    let probability = observed.map { randomDirections.probability(of: $0) }
    return [
      "kind": "median over pairs of as many random directions in the occupied space as targets",
      "unit": "degrees from a right angle",
      "median": .number(quartiles.median), "lower": .number(quartiles.lower),
      "upper": .number(quartiles.upper), "count": .integer(quartiles.count),
      "probability": probability.map(JSONValue.number) ?? .null,
    ]
  }

  private func sparseness(
    _ values: [Double?]?,
    over: String,
    _ interval: SplitInterval?
  ) -> JSONValue {
    guard let values else {
      return undefined("states below zero; sparseness is defined for rates")
    }
    let known = values.compactMap(\.self)
    return known.isEmpty
      ? undefined("fewer than two units, or trials, are active")
      : with(
        interval,
        summary(known, over: over).merging(
          ["null": .null, "reason.null": "it belongs to the states alone, whatever the factors"]
        ) { _, new in new }
      )
  }

  private func selectivity(
    _ values: [Double?],
    _ null: [Double],
    _ interval: SplitInterval?,
    reason: String
  ) -> JSONValue {
    let known = values.compactMap(\.self)
    guard !known.isEmpty else { return undefined(reason) }
    var value = summary(known, over: "units that aren't silent")
    value.addNull(nullJSON(mean(known), null, kind: "factors shuffled"), orReason: noShuffle)
    return with(interval, value)
  }

  private func json(_ score: RecordedScores.Score) -> JSONValue {
    guard let found = score.value else { return undefined(score.reason) }
    var value = summary(score.values, over: score.over)
    let leftOut = score.leftOut + score.rareConditions
    if !leftOut.isEmpty {
      value["leftOut"] = .array(leftOut.map(JSONValue.string))
      value["reason"] = .string(score.reason)
    }
    value["trials"] = .integer(scores.trials)
    if let reason = score.computedOnce { return .object(value.once(reason)) }
    value.addNull(
      nullJSON(found, score.null, kind: score.nullKind, noProbability: score.noProbability),
      orReason: scores.shuffle.reason
        ?? (settings.scoreShuffles > 0 ? "undefined in every draw" : noShuffle)
    )
    if !score.rotated.isEmpty {
      value["rotated"] = nullJSON(
        found,
        score.rotated,
        kind: "states turned at random: the same geometry without its axes"
      )
    }
    return with(score.interval, value)
  }

  /// Why a null of shuffles has no draw.
  package var noShuffle: String { shuffle.reason ?? "none was asked for" }

  // MARK: Intervals

  /// A value with its interval, or with the reason why it has none.
  private func with(_ interval: SplitInterval?, _ value: [String: JSONValue]) -> JSONValue {
    var value = value
    value["interval"] = json(interval)
    if interval == nil {
      value["reason.interval"] =
        settings.splits == 0
        ? "none was asked for"
        : .string("undefined in one half of the \(unit) in most splits")
    }
    return .object(value)
  }

  private func json(_ interval: SplitInterval?) -> JSONValue {
    guard let interval else { return .null }
    return [
      "lower": .number(interval.lower), "upper": .number(interval.upper), "coverage": 0.95,
      "standardError": .number(interval.standardError), "splits": .integer(interval.splits),
      "degreesOfFreedom": .integer(interval.freedom),
      "over": .string("disjoint halves of the \(unit)"),
    ]
  }

  /// Of measures that have one.
  private func ceilingJSON(_ ceiling: NoiseCeiling?) -> JSONValue {
    guard let ceiling else { return .null }
    guard let range = ceiling.range, let mean = ceiling.mean else {
      return ["lower": .null, "upper": .null, "reason": .string(ceiling.reason)]
    }
    return [
      "lower": .number(range.lower), "upper": .number(range.upper), "mean": .number(mean),
      "groups": .integer(ceiling.groups),
      "over": "the distances of the groups of the first system",
    ]
  }

  /// What is halved.
  private var unit: String { recording.groups == nil ? "trials" : "groups" }

  // MARK: Decoding

  /// Why an accuracy is undefined.
  package static let untold = "no category of a held-out region occurs elsewhere"

  /// Folds are dealt to the trials, whatever their factors; regions are made of these.
  private func nullKind(_ over: String) -> String {
    over == "folds" ? Self.foldShuffle : Self.regionShuffle
  }

  /// The same of decoders, where they alone have a null.
  private func decodingKind(_ over: String) -> String {
    nullKind(over)
      + (shuffle.shuffledAlone.isEmpty
        ? ""
        : "; within groups, where \(shuffle.fixedFactors.joined(separator: ", ")) "
          + "\(shuffle.fixedFactors.count == 1 ? "stays as it is" : "stay as they are")")
  }

  /// What is shuffled beside folds, and beside regions.
  package static let foldShuffle = "factors shuffled"
  package static let regionShuffle = "factors shuffled, and with them the regions that they make"

  private func fixedPenalty(_ decoding: RecordedDecoding) -> JSONValue {
    let values = decoding.regions.map { mean($0.fixed) }
    var result = summary(values, over: "regions")
    result.addNull(
      nullJSON(mean(values), decoding.shuffledFixedMeans, kind: decodingKind("regions")),
      orReason: noShuffle
    )
    return with(decoding.fixedInterval, result)
  }

  /// Halves and draws are fitted without eigenvectors, by which least squares leaves directions out.
  private func leastSquares(_ decoding: RecordedDecoding) -> JSONValue {
    .object(
      summary(decoding.regions.map { mean($0.leastSquares) }, over: "regions").once(
        "computed once, on the data alone: r2.ood.fixedPenalty has both"
      )
    )
  }

  private func json(_ decoding: RecordedDecoding, over: String) -> JSONValue {
    let regions = decoding.regions
    var result = summary(regions.map(\.meanR2), over: over)
    result["mean"] = .number(decoding.meanR2)
    result["baseline"] = .string(Self.baseline)
    result.addNull(
      nullJSON(decoding.meanR2, decoding.shuffledMeans, kind: decodingKind(over)),
      orReason: noShuffle
    )
    result["byRegion"] = .array(
      regions.map { region in
        [
          "region": .string(region.region.name), "trials": .integer(region.region.trials.count),
          "mean": .number(region.meanR2), "penalty": .number(region.penalty),
          "byTarget": .array(region.r2.map(JSONValue.number)),
        ]
      }
    )
    result["byTarget"] = .object(
      Dictionary(
        decoding.targetNames.enumerated().map { target, name in
          (name, .object(summary(regions.map { $0.r2[target] }, over: over)))
        }
      ) { first, _ in first }
    )
    return with(decoding.interval, result)
  }

  private func json(_ told: RecordedClassification, over: String) -> JSONValue {
    guard let accuracy = told.accuracy else {
      return undefined(Self.untold)
    }
    var result = summary(told.byRegion.compactMap(\.self), over: over)
    result["mean"] = .number(accuracy)
    result["chance"] = .number(told.chance)
    result.addNull(
      nullJSON(accuracy, told.shuffledMeans, kind: nullKind(over)),
      orReason: noShuffle
    )
    let untold = told.parts.filter { $0.accuracy == nil }.map(\.partition.label)
    if !untold.isEmpty {
      result["leftOut"] = .array(untold.map(JSONValue.string))
      result["reason"] = .string(Self.untold)
    }
    result["byFactor"] = .array(
      told.parts.map { part in
        [
          "factor": .string(part.partition.label),
          "classes": .array(part.partition.names.map(JSONValue.string)),
          "accuracy": part.accuracy.map(JSONValue.number) ?? .null,
        ]
      }
    )
    return with(told.interval, result)
  }
}

extension [String: JSONValue] {
  /// A null, or why there is none.
  fileprivate mutating func addNull(_ null: JSONValue, orReason reason: String) {
    self["null"] = null
    if null == .null { self["reason.null"] = .string(reason) }
  }

  /// A value that has neither interval nor null.
  fileprivate func once(_ reason: String) -> Self {
    merging(
      [
        "null": .null, "interval": .null, "reason.null": .string(reason),
        "reason.interval": .string(reason),
      ]
    ) { _, new in new }
  }
}

private func undefined(_ reason: String) -> JSONValue {
  ["median": .null, "reason": .string(reason)]
}

private func summary(_ values: [Double], over: String) -> [String: JSONValue] {
  guard let quartiles = Quartiles(of: values) else { return ["median": .null] }
  var summary: [String: JSONValue] = [
    "median": .number(quartiles.median), "count": .integer(quartiles.count),
    "over": .string(over), "mean": .number(mean(values)),
  ]
  if quartiles.count > 1 {
    summary["lower"] = .number(quartiles.lower)
    summary["upper"] = .number(quartiles.upper)
  }
  return summary
}

/// Of fewer draws the bounds of their middle 95 % are little else than the first and the last.
private let fewestBoundedDraws = 40

/// The null of a mean, with the share of it that is at least as large; of a distance, at most.
private func nullJSON(
  _ observed: Double,
  _ scores: [Double],
  kind: String,
  isDistance: Bool = false,
  noProbability: String? = nil
) -> JSONValue {
  guard let quartiles = Quartiles(of: scores) else { return .null }
  let distribution =
    isDistance
    ? NullDistribution(observed: -observed, scores: scores.map { -$0 })
    : NullDistribution(observed: observed, scores: scores)
  var null: [String: JSONValue] = [
    "kind": .string(kind), "median": .number(quartiles.median), "lower": .number(quartiles.lower),
    "upper": .number(quartiles.upper), "count": .integer(quartiles.count),
    "probability": .number(distribution.probability),
  ]
  if let noProbability {
    null["probability"] = .null
    null["reason"] = .string(noProbability)
  }
  if scores.count >= fewestBoundedDraws {
    let sorted = scores.sorted()
    null["bounds"] = [
      "lower": .number(quantile(0.025, ofSorted: sorted)),
      "upper": .number(quantile(0.975, ofSorted: sorted)), "coverage": 0.95,
    ]
  }
  return .object(null)
}
