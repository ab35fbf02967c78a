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
    values["r2.ood"] =
      heldOut.map { json($0, over: "regions") }
      ?? undefined(regions.regions.count > 1 ? noTargets : oneRegion)
    values["r2.ood.ols"] =
      heldOut.map { .object(summary($0.regions.map { mean($0.leastSquares) }, over: "regions")) }
      ?? undefined(regions.regions.count > 1 ? noTargets : oneRegion)
    values["r2.ood.fixedPenalty"] =
      heldOut.map { .object(summary($0.regions.map { mean($0.fixed) }, over: "regions")) }
      ?? undefined(regions.regions.count > 1 ? noTargets : oneRegion)
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
        with(found.interval, angles(found.degrees, over: "pairs of targets × regions"))
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
      guard !score.values.isEmpty else {
        values[score.key] = undefined(score.reason)
        continue
      }
      var value = summary(score.values, over: score.over)
      if !score.leftOut.isEmpty {
        value["leftOut"] = .array(score.leftOut.map(JSONValue.string))
        value["reason"] = .string(score.reason)
      }
      value["null"] = nullJSON(mean(score.values), score.null, kind: score.nullKind)
      if !score.rotated.isEmpty {
        value["rotated"] = nullJSON(
          mean(score.values),
          score.rotated,
          kind: "states turned at random: the same geometry without its axes"
        )
      }
      value["trials"] = .integer(scores.trials)
      values[score.key] = with(score.interval, value)
    }
    for measure in comparison?.measures ?? [] {
      guard let found = measure.value else {
        values[measure.key] = undefined("a system doesn't vary, or too few conditions or trials")
        continue
      }
      values[measure.key] = with(
        measure.interval,
        [
          "median": .number(found), "count": 1, "kind": .string(measure.detail),
          "noiseCeiling": ceilingJSON(measure.ceiling),
          "null": nullJSON(
            found,
            measure.null,
            kind: "the other system's trials shuffled",
            isDistance: measure.isDistance
          ),
        ]
      )
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
    var value = angles(geometry.encodingAngles.map(\.degrees), over: "pairs of targets")
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
    return .object(value)
  }

  private func angles(_ degrees: [Double], over: String) -> [String: JSONValue] {
    var value = summary(degrees, over: over)
    let observed = RandomDirections.median(of: degrees)
    value["unit"] = "degrees"
    value["fromRightAngle"] = observed.map(JSONValue.number) ?? .null
    value["null"] = randomAnglesJSON(observed)
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
      : with(interval, summary(known, over: over))
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
    value["null"] = nullJSON(mean(known), null, kind: "factors shuffled")
    return with(interval, value)
  }

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

  private func json(_ decoding: RecordedDecoding, over: String) -> JSONValue {
    let regions = decoding.regions
    var result = summary(regions.map(\.meanR2), over: over)
    result["mean"] = .number(decoding.meanR2)
    result["baseline"] = .string(Self.baseline)
    result["null"] = nullJSON(decoding.meanR2, decoding.shuffledMeans, kind: "factors shuffled")
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
      return undefined("no category of a held-out region occurs elsewhere")
    }
    var result = summary(told.byRegion.compactMap(\.self), over: over)
    result["mean"] = .number(accuracy)
    result["chance"] = .number(told.chance)
    result["null"] = nullJSON(accuracy, told.shuffledMeans, kind: "factors shuffled")
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
  isDistance: Bool = false
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
  if scores.count >= fewestBoundedDraws {
    let sorted = scores.sorted()
    null["bounds"] = [
      "lower": .number(quantile(0.025, ofSorted: sorted)),
      "upper": .number(quantile(0.975, ofSorted: sorted)), "coverage": 0.95,
    ]
  }
  return .object(null)
}
