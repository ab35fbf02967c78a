import Compute
import Files
import SystemPackage
import Theory
import Trials

/// How latents are read out of outputs.
package enum RecoveryMethod: String, CaseIterable, Sendable {
  /// The closed form as it stands.
  case plain
  /// The same with weights that trust saturated outputs less.
  case weighted
  /// Weights and the walls of the box [-1/2, 1/2]^D; logits beyond a resolution say sides.
  case box
  /// Any boundaries, one trial at a time.
  case general
}

/// The latents behind a file of outputs, and what the theory says of them: the command `recover`.
package struct OutputRecovery: Sendable {
  package let method: RecoveryMethod
  /// `[n, D]`.
  package let latents: NumberArray
  /// What was found beside them; the member `latents` is left out.
  package let report: [String: JSONValue]
  package let warnings: [String]

  /// - Parameters:
  ///   - outputs: `[n, N]`: probabilities of the side "1", or logits.
  ///   - areLogits: Which of them.
  ///   - file: The boundaries, N of them.
  ///   - scale: s = σ/√t, above 0.
  ///   - method: `nil` for `weighted`, or `general` where a boundary is curved.
  ///   - resolution: For `box`: larger logits say the side only.
  /// - Throws: What is wrong with one of the files.
  package init(
    of outputs: ArrayFile,
    areLogits: Bool,
    _ file: BoundaryFile,
    scale: Double,
    method: RecoveryMethod? = nil,
    resolution: Double = .infinity
  ) throws {
    let planes = file.boundaries.compactMap(\.hyperplane)
    let isFlat = planes.count == file.boundaries.count
    let method = method ?? (isFlat ? .weighted : .general)
    self.method = method
    try Self.check(file, for: method)
    let read = try Self.logits(outputs, areLogits: areLogits, file, isPlain: method == .plain)

    var findings = Findings()
    findings.values["trials"] = .integer(read.logits.count / file.boundaries.count)
    findings.values["tasks"] = .integer(file.boundaries.count)
    findings.values["dimensions"] = .integer(file.dimensions)
    findings.values["method"] = .string(method.rawValue)
    findings.values["scale"] = .number(scale)
    findings.values["saturated"] = .number(read.saturated)
    findings.look(at: file, read, areLogits: areLogits)
    let estimates =
      method == .general
      ? findings.general(GeneralRecovery(boundaries: file.boundaries, scale: scale), read.logits)
      : findings.linear(
        LinearRecovery(boundaries: planes, scale: scale),
        read.logits,
        method,
        resolution
      )

    latents = NumberArray(
      shape: [estimates.count / file.dimensions, file.dimensions],
      values: estimates,
      names: (1...file.dimensions).map { "x\($0)" }
    )
    findings.values["warnings"] = .array(findings.warnings.map(JSONValue.string))
    report = findings.values
    warnings = findings.warnings
  }

  private static func check(_ file: BoundaryFile, for method: RecoveryMethod) throws {
    for (index, boundary) in file.boundaries.enumerated() {
      if method != .general, boundary.hyperplane == nil {
        throw RecoveryError.notFlat(file: file.path, number: index + 1, method: method.rawValue)
      }
    }
    guard method == .general || file.boundaries.count >= file.dimensions else {
      throw RecoveryError.tooFewBoundaries(
        file: file.path,
        count: file.boundaries.count,
        dimensions: file.dimensions
      )
    }
  }

  /// Outputs as logits, infinite where they are saturated, and the share of those.
  private static func logits(
    _ file: ArrayFile,
    areLogits: Bool,
    _ boundaries: BoundaryFile,
    isPlain: Bool
  ) throws -> ReadOutputs {
    let array = try file.read()
    let count = boundaries.boundaries.count
    guard array.shape.count == 2 else {
      throw RecoveryError.notAMatrix(file: file.path, shape: array.shownShape)
    }
    guard array.shape[0] > 0 else { throw RecoveryError.noTrials(file: file.path) }
    guard array.shape[1] == count else {
      throw RecoveryError.shapeMismatch(
        outputs: file.path,
        shape: array.shape,
        boundaries: boundaries.path,
        count: count
      )
    }
    let isBad: (Double) -> Bool =
      areLogits ? { $0.isNaN } : { !($0 >= 0 && $0 <= 1) }
    if let place = array.values.firstIndex(where: isBad) {
      throw RecoveryError.badValue(
        file: file.path,
        row: place / count + 1,
        column: place % count + 1,
        value: array.values[place],
        wanted: areLogits ? "a number" : "a probability",
        share: Double(array.values.count(where: isBad)) / Double(array.values.count)
      )
    }
    let isSaturated: (Double) -> Bool =
      areLogits ? { $0.isInfinite } : { $0 == 0 || $0 == 1 }
    let saturated = array.values.count(where: isSaturated)
    let share = Double(saturated) / Double(array.values.count)
    if isPlain, let place = array.values.firstIndex(where: isSaturated) {
      throw RecoveryError.saturated(
        file: file.path,
        row: place / count + 1,
        column: place % count + 1,
        value: array.values[place],
        share: share
      )
    }
    return ReadOutputs(
      logits: areLogits ? array.values : array.values.map(IdealLogit.logit(ofProbability:)),
      saturated: share,
      lookLikeProbabilities: areLogits && array.values.allSatisfy { $0 >= 0 && $0 <= 1 }
    )
  }
}

/// Outputs as they were read.
private struct ReadOutputs {
  let logits: [Double]
  /// The share that is.
  let saturated: Double
  /// Although they were called logits.
  let lookLikeProbabilities: Bool
}

/// What is found on the way.
private struct Findings {
  var values: [String: JSONValue] = [:]
  var warnings: [String] = []

  /// How many trials the predicted covariance is averaged over.
  private static let sample = 1000

  /// Where the theorem doesn't apply, or hardly, and what looks like a slip.
  mutating func look(at file: BoundaryFile, _ outputs: ReadOutputs, areLogits: Bool) {
    if outputs.saturated > 0 {
      warnings.append(
        "\((outputs.saturated * 100).shortened) % of the outputs are saturated: only their side "
          + "counts" + (areLogits ? "" : " (logits, with --logits, keep more)")
      )
    }
    if outputs.lookLikeProbabilities {
      warnings.append(
        "all logits lie in 0 … 1: if they are probabilities, leave --logits out"
      )
    }
    if file.dimensions == 1 {
      warnings.append(
        "the boundaries have one dimension, a normal and an offset: for lines through the origin of "
          + "the plane add a column of zeros"
      )
    }
    let conditions = Conditions(file.boundaries, dimensions: file.dimensions)
    values["conditions"] = conditions.json
    if case .fails(.symmetry) = conditions.verdict {
      warnings.append("the theorem does not apply: \(conditions.why)")
    }
  }

  mutating func linear(
    _ recovery: LinearRecovery,
    _ logits: [Double],
    _ method: RecoveryMethod,
    _ resolution: Double
  ) -> [Double] {
    values["rank"] = .integer(recovery.rank)
    values["condition"] = recovery.condition.map(JSONValue.number) ?? .null
    if recovery.condition == nil {
      values["reason.condition"] = "the normals don't span all dimensions"
    }
    if recovery.rank < recovery.dimensions {
      warnings.append(
        "the normals span \(recovery.rank) of \(recovery.dimensions) dimensions: what lies across "
          + "them is invisible, and 0 here"
      )
    } else if let condition = recovery.condition, condition > 30 {
      warnings.append(
        "the normals are nearly dependent (condition \(condition.shortened)): errors of the "
          + "outputs grow by as much in some direction"
      )
    }
    let noise = OutputNoise.relativeLogit
    let width = recovery.dimensions
    let trials = min(Self.sample, logits.count / recovery.count)
    var covariance = DoubleMatrix(rows: width, columns: width)
    var determined = 0
    for trial in 0..<trials {
      let own = Array(logits[trial * recovery.count..<(trial + 1) * recovery.count])
      let single =
        method == .plain
        ? recovery.plainCovariance(at: own) : recovery.weightedCovariance(at: own, noise)
      guard let single else { continue }
      covariance = covariance + single
      determined += 1
    }
    values["covariance"] = [
      "perUnitError": determined == 0
        ? .null
        : .array(
          (0..<width).map { row in
            .array(covariance.row(row).map { .number($0 / Double(determined)) })
          }
        ),
      "unit": method == .plain
        ? "every logit off by 1" : "every logit off by its own size, those below 1 by 1",
      "trials": .integer(determined),
    ]
    if determined < trials {
      values["reason.covariance"] =
        "of \(trials) trials, \(trials - determined) have too few outputs that aren't saturated"
      warnings.append(
        "in \((100 * Double(trials - determined) / Double(trials)).shortened) % of the trials the "
          + "outputs that aren't saturated leave a direction open: sides alone place the latent"
      )
    }
    return switch method {
    case .plain: recovery.plain(logits)
    case .box: recovery.box(logits, resolution: resolution)
    case .weighted, .general: recovery.weighted(logits, noise)
    }
  }

  mutating func general(_ recovery: GeneralRecovery, _ logits: [Double]) -> [Double] {
    let count = recovery.boundaries.count
    let estimates = (0..<logits.count / count).map { trial in
      recovery.estimate(Array(logits[trial * count..<(trial + 1) * count]))
    }
    let ambiguous = estimates.indices.filter { !estimates[$0].alternatives.isEmpty }
    let share = Double(ambiguous.count) / Double(estimates.count)
    values["ambiguous"] = .number(share)
    values["alternatives"] = .array(
      estimates.map { estimate in
        .array(estimate.alternatives.map { .array($0.map(JSONValue.number)) })
      }
    )
    func median(_ numbers: [Double]) -> JSONValue {
      Quartiles(of: numbers).map { .number($0.median) } ?? .null
    }
    values["smallestSingularValue"] = median(estimates.map(\.smallestSingularValue))
    values["smallestFisherEigenvalue"] = median(estimates.map { $0.fisherEigenvalues[0] })
    values["cost"] = median(estimates.map(\.cost))
    if share > 0 {
      warnings.append(
        "\((share * 100).shortened) % of the trials have other latents that explain their outputs "
          + "as well (alternatives, with --json): the boundaries are symmetric, or too few"
      )
    }
    return estimates.flatMap(\.latent)
  }
}

extension OutputRecovery {
  /// For people: what was found, a line each.
  package var text: String {
    func shown(_ key: String) -> String {
      switch report[key] {
      case .integer(let value)?: value.description
      case .number(let value)?: value.shortened
      case .string(let value)?: value
      default: "–"
      }
    }
    var lines = [
      ("trials", shown("trials")), ("boundaries", shown("tasks")),
      ("dimensions", shown("dimensions")), ("method", shown("method")),
      ("σ/√t", shown("scale")), ("saturated outputs", shown("saturated")),
    ]
    if method == .general {
      lines += [
        ("ambiguous trials", shown("ambiguous")),
        ("smallest singular value", shown("smallestSingularValue")),
        ("smallest Fisher eigenvalue", shown("smallestFisherEigenvalue")),
      ]
    } else {
      lines += [("rank of C", shown("rank")), ("condition of C", shown("condition"))]
      if report["covariance"]?["perUnitError"] == .null {
        lines.append(("deviation per unit error", "– (too many saturated outputs)"))
      } else if let rows = report["covariance"]?["perUnitError"]?.array {
        let deviations = rows.enumerated().compactMap { index, row in
          row.array?[index].double?.squareRoot().shortened
        }
        lines.append(("deviation per unit error", deviations.joined(separator: ", ")))
      }
    }
    return lines.map { name, value in
      name + String(repeating: " ", count: max(1, 28 - name.count)) + value
    }.joined(separator: "\n")
  }
}
