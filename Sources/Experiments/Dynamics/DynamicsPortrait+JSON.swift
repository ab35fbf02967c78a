import Analysis
import Compute
import Files

extension DynamicsPortrait {
  /// What was found, with every tolerance and threshold; undefined values are null with a reason.
  package var json: JSONValue {
    let step = stepMilliseconds
    let leading = spec.paradigm.dimensions + 1
    func byRank(
      _ value: (Eigenvalue) -> Double,
      _ spectra: [[Eigenvalue]]? = nil
    ) -> JSONValue {
      .array(
        (0..<leading).map { rank in
          .spread(
            (spectra ?? report.spectra).compactMap { $0.count > rank ? value($0[rank]) : nil }
          )
        }
      )
    }
    func angles(_ lists: [[Double]]) -> JSONValue {
      .array(
        (0..<spec.paradigm.dimensions).map { rank in
          .spread(lists.compactMap { $0.count > rank ? $0[rank] : nil })
        }
      )
    }
    return [
      "run": .string(name),
      "input": "cue on, latent zero, through the encoder",
      "stateVariables": .integer(components.mean.count),
      "latents": .integer(spec.paradigm.dimensions),
      "starts": [
        "count": .integer(plan.starts),
        "noise": .number(plan.noise),
        "moved": [
          "count": .integer(movedCount),
          "deviations": plan.noise > 0 ? .null : .number(DynamicsPlan.movedDeviations),
          "reason": plan.noise > 0 ? "all are moved by the uniform noise" : .null,
        ],
        "steps": [.integer(looks.lowerBound), .integer(looks.upperBound)],
      ],
      "fixedPoints": points(fixed, tolerance: plan.search.tolerance, withEigenvalues: true),
      "slowPoints": points(
        slow,
        tolerance: max(report.slowSpeed, plan.search.tolerance),
        withEigenvalues: false
      ),
      "eigenvalues": [
        "places": .integer(report.spectra.count),
        "modulusByRank": byRank(\.modulus),
        "settledModulusByRank": byRank(\.modulus, report.settledSpectra),
        "gap": .spread(report.gaps),
      ],
      "slowDirections": [
        "lower": .number(report.limit.lower),
        "upper": .number(report.limit.upper),
        "turn": .number(report.limit.turn),
        "share": .number(report.rightCountShare),
        "settledShare": .number(report.settledRightCountShare),
        "counts": .counts(report.slowCounts),
        "settledCounts": .counts(report.settledSlowCounts),
        "growing": .counts(report.growingCounts),
      ],
      "timeConstants": ["unit": "ms", "byRank": byRank { $0.timeConstant(step: step) }],
      "amplification": [
        "over": .string(unitMilliseconds == nil ? "a step" : "a unit's time constant"),
        "unitTimeConstant": .optional(unitMilliseconds),
        "reason": unitMilliseconds == nil ? "a gated unit has no time constant of its own" : .null,
        "byRank": byRank(amplification),
        "ofFixedPoints": .spread(fixedPointAmplifications),
      ],
      "alignment": [
        "unit": "degrees",
        "principalAngles": angles(report.planeAngles),
        "tangentAngles": angles(report.tangentAngles),
      ],
      "uncertainty": [
        "value": .number(report.uncertainty),
        "isIdealObservers": .bool(isUncertaintyKnown),
        "reason": isUncertaintyKnown
          ? .null
          : "the ideal observer's is known for white Gaussian looks only; this stands in its place",
      ],
      "drift": [
        "unit": "latent units a step",
        "settlingSteps": .integer(AttractorReport.settlingSteps),
        "speed": .spread(report.driftSpeeds),
        "perSecond": .spread(report.driftSpeeds.map { $0 * 1000 / step }),
        "steadyShare": .number(report.steadyShare),
        "slowShare": .number(report.slowDriftShare),
      ],
      "coverage": [
        "share": .number(report.coverage(by: slow.points)),
        "radius": .number(
          AttractorReport.coverageRadius * Double(spec.paradigm.dimensions).squareRoot()
        ),
        "searches": .integer(plan.starts),
        "decidesTheName": .bool(verdict.turnsOnCoverage || lenientVerdict.turnsOnCoverage),
      ],
      "hold": [
        "steps": .array(report.hold.steps.map(JSONValue.integer)),
        "fixed": .array(report.hold.fixed.map(JSONValue.optional)),
        "refitted": .array(report.hold.refitted.map(JSONValue.optional)),
        "refittedWithNoise": .array(report.hold.blurred.map(JSONValue.optional)),
        "noise": [
          "deviation": .number(report.hold.noise),
          "ofSpread": .number(HoldTest.noiseShare),
        ],
        "ideal": idealHold.map { .array($0.fixed.map(JSONValue.optional)) } ?? .null,
        "idealRefitted": idealHold.map { .array($0.refitted.map(JSONValue.optional)) } ?? .null,
        "perfect": .optional(perfectHold),
        "reason": idealHold == nil
          ? "the posterior is known for white Gaussian looks only" : .null,
      ],
      "verdict": [
        "kind": .string(verdict.kind.rawValue),
        "share": .number(AttractorVerdict.nearlyAll),
        "kindAtHalf": .string(lenientVerdict.kind.rawValue),
        "criteria": .array(
          verdict.criteria.map { criterion in
            [
              "name": .string(criterion.name),
              "question": .string(criterion.question),
              "value": .optional(criterion.value),
              "must": .string(criterion.isLeast ? "be at least" : "be at most"),
              "attractor": [
                "threshold": .number(criterion.attractor),
                "isMet": .bool(criterion.isMet(for: .attractor)),
              ],
              "slowManifold": [
                "threshold": .optional(criterion.slowManifold),
                "isMet": .bool(criterion.isMet(for: .slowManifold)),
              ],
            ]
          }
        ),
      ],
    ]
  }

  private func points(
    _ search: FixedPointSearch,
    tolerance: Double,
    withEigenvalues: Bool
  ) -> JSONValue {
    [
      "tolerance": .number(tolerance),
      "uniqueness": .number(plan.search.uniqueness),
      "outlierFactor": .number(plan.search.outlierFactor),
      "mostIterations": .integer(plan.search.mostIterations),
      "count": .integer(search.points.count),
      "outliers": .integer(search.outliers.count),
      "mostLeaps": .integer(plan.search.mostLeaps),
      "converged": .integer(search.convergedCount),
      "convergedByLeaps": .integer(search.leapedCount),
      "stalled": .integer(search.stalls.count),
      "stalledAtMinimum": .integer(search.stalls.count { $0.isMinimum }),
      "stalledSpeed": .spread(search.stalls.map(\.speed)),
      "points": json(search.points, withEigenvalues ? linearizations : nil),
      "outlierPoints": json(search.outliers, withEigenvalues ? outlierLinearizations : nil),
    ]
  }

  /// Of so many slow points, the slowest, the state is given: all of them would be most of the file.
  private static let mostSlowStates = 256

  /// Slow points have no linearizations, and of fixed ones the first.
  private func json(_ points: [FixedPoint], _ linearizations: [Linearization]?) -> JSONValue {
    .array(
      points.enumerated().map { index, point in
        json(
          point,
          hasState: linearizations != nil || index < Self.mostSlowStates,
          linearizations.flatMap { index < $0.count ? $0[index] : nil }
        )
      }
    )
  }

  private func json(
    _ point: FixedPoint,
    hasState: Bool,
    _ linearization: Linearization?
  ) -> JSONValue {
    let visible = report.settledDecoder.weights.rows
    var members: [String: JSONValue] = [
      "q": .number(point.speed),
      "trial": .integer(point.origin.trial),
      "step": .integer(point.origin.step),
      "moved": .bool(point.origin.isMoved),
      "iterations": .integer(point.iterations),
      "starts": .integer(point.starts),
      "movedStarts": .integer(point.movedStarts),
      "readAt": .array(
        report.settledDecoder.decode(Array(point.state.prefix(visible))).map(JSONValue.number)
      ),
    ]
    if hasState { members["state"] = .array(point.state.map(JSONValue.number)) }
    if let linearization {
      members["slowDirections"] = .integer(linearization.slowCount(report.limit))
      members["growing"] = .integer(linearization.growingCount(report.limit))
      members["eigenvalues"] = .array(
        linearization.eigenvalues.map { [.number($0.real), .number($0.imaginary)] }
      )
    }
    return .object(members)
  }
}

extension TransformerPortrait {
  package var json: JSONValue {
    [
      "run": .string(name),
      "fixedPoints": nil,
      "reason": .string(Self.reason),
      "geometry": .array(
        parts.map { part in
          [
            "of": .string(part.name),
            "at": .string(part.step),
            "componentShares": part.shares.map { .array($0.prefix(10).map(JSONValue.number)) }
              ?? .null,
            "participationRatio": .optional(part.participationRatio),
            "r2.id": .number(part.r2),
            "angle.encoding": part.encodingAngles.map { .array($0.map(JSONValue.number)) } ?? .null,
            "reason": part.reason.map(JSONValue.string) ?? .null,
          ]
        }
      ),
    ]
  }

  /// Why there are no fixed points.
  package static let reason =
    "a transformer reads its whole past anew in every step: it has no map from state to state, and "
    + "no fixed points are claimed"
}

extension JSONValue {
  fileprivate static func optional(_ value: Double?) -> JSONValue {
    value.flatMap { $0.isFinite ? .number($0) : nil } ?? .null
  }

  /// Median, quartiles and count.
  ///
  /// A time constant can be infinite; JSON has no number for it.
  fileprivate static func spread(_ values: [Double]) -> JSONValue {
    guard let quartiles = Quartiles(of: values) else {
      return ["median": nil, "count": 0, "reason": "there are none"]
    }
    var members: [String: JSONValue] = [
      "median": optional(quartiles.median),
      "lower": optional(quartiles.lower),
      "upper": optional(quartiles.upper),
      "count": .integer(quartiles.count),
    ]
    if !(quartiles.lower.isFinite && quartiles.median.isFinite && quartiles.upper.isFinite) {
      members["reason"] = "beyond any number: nothing shrinks or grows there, or it explodes"
    }
    return .object(members)
  }

  /// How often each number occurs, by the number.
  fileprivate static func counts(_ values: [Int]) -> JSONValue {
    var counts: [String: Int] = [:]
    for value in values { counts[String(value), default: 0] += 1 }
    return .object(counts.mapValues(JSONValue.integer))
  }
}
