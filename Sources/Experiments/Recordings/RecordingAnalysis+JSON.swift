import Analysis
import Compute
import Files

extension RecordingAnalysis {
  /// The measurements by their keys, as in `result.json`.
  ///
  /// Each has median, quartiles and count over what `over` names, and the mean's interval and null
  /// where they apply. What is undefined is null, with a reason.
  package var measurements: [String: JSONValue] {
    var values: [String: JSONValue] = [:]
    let noTargets = "no continuous or circular factor"
    let oneRegion = "one region alone can't be held out"
    values["r2.ood"] =
      heldOut?.json(over: "regions", \.meanR2, baseline: Self.baseline)
      ?? undefined(regions.regions.count > 1 ? noTargets : oneRegion)
    values["r2.ood.ols"] =
      heldOut.map { plain($0.regions.map { mean($0.leastSquares) }, over: "regions") }
      ?? undefined(regions.regions.count > 1 ? noTargets : oneRegion)
    values["r2.ood.fixedPenalty"] =
      heldOut.map { plain($0.regions.map { mean($0.fixed) }, over: "regions") }
      ?? undefined(regions.regions.count > 1 ? noTargets : oneRegion)
    if let halves {
      values["r2.ood.halves"] = halves.json(over: "halves", \.meanR2, baseline: Self.baseline)
    }
    values["r2.id"] =
      inDistribution?.json(over: "folds", \.meanR2, baseline: Self.baseline)
      ?? undefined(noTargets)
    values["accuracy.ood"] = classified?.json(over: "regions") ?? undefined(oneRegion)
    values["accuracy.id"] = classifiedInDistribution.json(over: "folds")
    values["pca.explained"] = explained
    values["participationRatio"] =
      geometry.participationRatio.map { ratio in
        [
          "median": .number(ratio), "count": 1, "pooled": "all trials",
          "interval": halvesJSON(geometry.ratioInterval),
          "null": geometry.independentRatio.map {
            ["median": .number($0), "kind": "units shuffled independently, expected value"]
          } ?? .null,
        ]
      } ?? undefined("the states don't vary")
    values["angle.encoding"] = encodingAngles
    values["angle.decoder"] =
      decoderAngles.map { found in
        var value = angles(found.degrees, over: "pairs of targets × regions").object ?? [:]
        value["interval"] = halvesJSON(found.interval)
        return .object(value)
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
      "count": .integer(recording.units),
      "units": .array(tuning.silent.prefix(1000).map(JSONValue.integer)),
    ]
    values["selectivity.linear"] = plain(
      tuning.linear.compactMap(\.self),
      over: "units that aren't silent",
      null: tuning.linearNull,
      tuning.intervals.linear
    )
    values["selectivity.interaction"] =
      recording.factors.count > 1
      ? plain(
        tuning.interaction.compactMap(\.self),
        over: "units that aren't silent",
        null: tuning.interactionNull,
        tuning.intervals.interaction
      ) : undefined("one factor alone has no interaction")
    for score in scores.scores {
      guard !score.values.isEmpty else {
        values[score.key] = undefined(score.reason)
        continue
      }
      var value = summary(score.values, over: score.over)
      value["interval"] = halvesJSON(score.interval)
      value["null"] = nullJSON(mean(score.values), score.null, kind: score.nullKind)
      if !score.rotated.isEmpty {
        value["rotated"] = nullJSON(
          mean(score.values),
          score.rotated,
          kind: "states turned at random: the same geometry without its axes"
        )
      }
      value["trials"] = .integer(scores.trials)
      values[score.key] = .object(value)
    }
    for measure in comparison?.measures ?? [] {
      guard let found = measure.value else {
        values[measure.key] = undefined("a system doesn't vary, or too few conditions or trials")
        continue
      }
      values[measure.key] = [
        "median": .number(found), "count": 1, "kind": .string(measure.detail),
        "interval": halvesJSON(measure.interval),
        "null": nullJSON(
          found,
          measure.null,
          kind: "the other system's trials shuffled",
          isDistance: measure.isDistance
        ),
      ]
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
    return [
      "median": .number(first), "count": 1, "over": "the first component", "pooled": "all trials",
      "interval": halvesJSON(geometry.shareIntervals.first ?? nil),
      "null": nullJSON(
        first,
        geometry.independentShares,
        kind: "units shuffled independently"
      ),
      "shares": .array(shares.map(JSONValue.number)),
      "intervals": .array(geometry.shareIntervals.map(halvesJSON)),
      "componentsFor90": .integer(geometry.componentCount(for: 0.9)),
    ]
  }

  private var encodingAngles: JSONValue {
    guard !geometry.encodingAngles.isEmpty else {
      return undefined("fewer than two continuous targets that vary independently")
    }
    var value =
      angles(geometry.encodingAngles.map(\.degrees), over: "pairs of targets").object ?? [:]
    value["byPair"] = .array(
      geometry.encodingAngles.map { angle in
        [
          "first": .string(angle.first), "second": .string(angle.second),
          "degrees": .number(angle.degrees), "interval": halvesJSON(angle.interval),
        ]
      }
    )
    return .object(value)
  }

  private func angles(_ degrees: [Double], over: String) -> JSONValue {
    var value = plain(degrees, over: over).object ?? [:]
    let random = geometry.randomAngles.map { ($0 - 90).magnitude }
    let observed = Quartiles(of: degrees.map { ($0 - 90).magnitude })?.median
    value["unit"] = "degrees"
    value["fromRightAngle"] = observed.map(JSONValue.number) ?? .null
    value["null"] =
      Quartiles(of: random).map { quartiles in
        [
          "kind": "random directions in the occupied space, degrees from a right angle",
          "median": .number(quartiles.median), "lower": .number(quartiles.lower),
          "upper": .number(quartiles.upper), "count": .integer(quartiles.count),
          "probability": observed.map { observed in
            .number(Double(1 + random.count { $0 <= observed }) / Double(1 + random.count))
          } ?? .null,
        ]
      } ?? .null
    return .object(value)
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
      : plain(known, over: over, null: nil, interval)
  }

  private func halvesJSON(_ interval: SplitInterval?) -> JSONValue {
    guard let interval else { return .null }
    return [
      "lower": .number(interval.lower), "upper": .number(interval.upper), "coverage": 0.95,
      "standardError": .number(interval.standardError), "splits": .integer(interval.splits),
      "degreesOfFreedom": .integer(interval.freedom),
      "over": .string("disjoint halves of the \(unit)"),
    ]
  }

  /// What is resampled.
  private var unit: String { recording.groups == nil ? "trials" : "groups" }

  private func plain(
    _ values: [Double],
    over: String,
    null: [Double]? = nil,
    _ interval: SplitInterval? = nil
  ) -> JSONValue {
    var result = summary(values, over: over)
    if let interval { result["interval"] = halvesJSON(interval) }
    if let null { result["null"] = nullJSON(mean(values), null, kind: "factors shuffled") }
    return .object(result)
  }
}

private func undefined(_ reason: String) -> JSONValue {
  ["median": .null, "reason": .string(reason)]
}

private func summary(_ values: [Double], over: String) -> [String: JSONValue] {
  guard let quartiles = Quartiles(of: values) else { return ["median": .null] }
  return [
    "median": .number(quartiles.median), "lower": .number(quartiles.lower),
    "upper": .number(quartiles.upper), "count": .integer(quartiles.count), "over": .string(over),
    "mean": .number(mean(values)),
  ]
}

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
  return [
    "kind": .string(kind), "median": .number(quartiles.median), "lower": .number(quartiles.lower),
    "upper": .number(quartiles.upper), "count": .integer(quartiles.count),
    "probability": .number(distribution.probability),
  ]
}

extension BootstrapInterval {
  fileprivate func json(over unit: String) -> JSONValue {
    [
      "lower": .number(lower), "upper": .number(upper), "coverage": .number(coverage),
      "draws": .integer(draws), "over": .string(unit),
    ]
  }
}

extension RecordedDecoding {
  fileprivate func json(
    over: String,
    _ value: (Region) -> Double,
    baseline: String
  ) -> JSONValue {
    var result = summary(regions.map(value), over: over)
    result["baseline"] = .string(baseline)
    result["interval"] =
      interval?.json(over: "trials or groups of the tests, decoders fixed") ?? .null
    result["null"] = nullJSON(meanR2, shuffledMeans, kind: "factors shuffled")
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
        zip(
          targetNames,
          targetNames.indices.map { target in
            JSONValue.object(summary(regions.map { $0.r2[target] }, over: over))
          }
        )
      ) { first, _ in first }
    )
    return .object(result)
  }
}

extension RecordedClassification {
  fileprivate func json(over: String) -> JSONValue {
    let known = byRegion.compactMap(\.self)
    guard !known.isEmpty, let accuracy else {
      return undefined("no category of a held-out region occurs elsewhere")
    }
    var result = summary(known, over: over)
    result["chance"] = .number(chance)
    result["interval"] =
      interval?.json(over: "trials or groups of the tests, classifiers fixed") ?? .null
    result["null"] = nullJSON(accuracy, shuffledMeans, kind: "factors shuffled")
    result["byFactor"] = .array(
      parts.map { part in
        [
          "factor": .string(part.partition.label),
          "classes": .array(part.partition.names.map(JSONValue.string)),
          "accuracy": part.accuracy.map(JSONValue.number) ?? .null,
        ]
      }
    )
    return .object(result)
  }
}
