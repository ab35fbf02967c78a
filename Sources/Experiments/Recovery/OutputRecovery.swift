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
  /// The posterior mean in the box [-1/2, 1/2]^D; with a resolution weighted least squares within
  /// its walls, where logits beyond say sides.
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
  ///   - resolution: For `box` on outputs of trained networks: larger logits say the side only.
  /// - Throws: What is wrong with one of the files.
  package init(
    of outputs: ArrayFile,
    areLogits: Bool,
    _ file: BoundaryFile,
    scale: Double,
    method: RecoveryMethod? = nil,
    resolution: Double? = nil
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
    let flat = isFlat ? LinearRecovery(boundaries: planes, scale: scale) : nil
    if let flat { findings.rank(of: flat) }
    let estimates: [Double]
    if let flat, method != .general {
      estimates = findings.linear(flat, read.logits, method, resolution)
    } else {
      estimates = findings.general(
        GeneralRecovery(boundaries: file.boundaries, scale: scale),
        read.logits
      )
    }

    if let place = estimates.firstIndex(where: { !$0.isFinite }) {
      throw RecoveryError.noLatent(
        file: outputs.path,
        row: place / file.dimensions + 1,
        method: method.rawValue
      )
    }

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
    // The outputs are continuous in D latents: no fewer than D of them tell all latents apart.
    guard file.boundaries.count >= file.dimensions else {
      throw RecoveryError.tooFewBoundaries(
        file: file.path,
        count: file.boundaries.count,
        dimensions: file.dimensions
      )
    }
  }

  /// Of an observer with so large a logit nothing but the side is known, whose squares would leave
  /// the range of numbers.
  private static let largestLogit = 1e150

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
      areLogits ? { $0.magnitude > largestLogit } : { $0 == 0 || $0 == 1 }
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
      logits: array.values.map { value in
        guard areLogits else { return IdealLogit.logit(ofProbability: value) }
        return isSaturated(value) ? (value > 0 ? .infinity : -.infinity) : value
      },
      saturated: share,
      lookLikeProbabilities: areLogits && array.values.allSatisfy { $0 >= 0 && $0 <= 1 },
      startWithNames: count > 2
        && array.values.prefix(count).elementsEqual((0..<count).map(Double.init))
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
  /// Whether the first row counts from 0.
  let startWithNames: Bool
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
    if outputs.startWithNames {
      warnings.append(
        "the first row counts 0, 1, 2, …: if these are names of columns, write words in their place"
      )
    }
    if file.isTable, file.dimensions == 1 {
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

  mutating func rank(of recovery: LinearRecovery) {
    values["rank"] = .integer(recovery.rank)
    values["condition"] = recovery.condition.map(JSONValue.number) ?? .null
    if recovery.rank < recovery.dimensions {
      let why = "the normals span \(recovery.rank) of \(recovery.dimensions) dimensions"
      values["reason.condition"] = .string(why)
      values["reason.covariance"] = .string(why)
      warnings.append(
        "\(why): what lies across them is invisible, and 0 in the closed forms"
      )
    } else if let condition = recovery.condition, condition > 30 {
      warnings.append(
        "the normals are nearly dependent (condition \(condition.shortened)): errors of the "
          + "outputs grow by as much in some direction"
      )
    }
  }

  mutating func linear(
    _ recovery: LinearRecovery,
    _ logits: [Double],
    _ method: RecoveryMethod,
    _ resolution: Double?
  ) -> [Double] {
    let noise = OutputNoise.relativeLogit
    let trials = min(Self.sample, logits.count / recovery.count)
    let isOpen = recovery.rank < recovery.dimensions
    if method == .box {
      let covariance = recovery.boxCovariance(
        resolution: resolution,
        saturation: Self.saturation(of: logits)
      )
      values["covariance"] = [
        "ofErrors": isOpen ? .null : rows(covariance),
        "unit": .string(
          "latents all over the box seen through the noise, and every logit off by a tenth of its "
            + "own size, those below 1 by 0.1"
        ),
        "trials": .integer(Self.sample),
        "summary": "simulated",
      ]
      if !isOpen { compareWithCenter(covariance) }
      return resolution.map { recovery.box(logits, resolution: $0) } ?? recovery.box(logits)
    }
    var covariance = DoubleMatrix(rows: recovery.dimensions, columns: recovery.dimensions)
    var determined = 0
    for trial in 0..<(isOpen ? 0 : trials) {
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
        ? .null : rows(covariance, per: Double(determined)),
      "unit": .string(method == .plain ? "every logit off by 1" : Self.relativeUnit),
      "trials": .integer(determined),
      "summary": "mean",
    ]
    if determined < trials, !isOpen {
      values["reason.covariance"] =
        "of \(trials) trials, \(trials - determined) have too few outputs that aren't saturated"
      warnings.append(
        "in \((100 * Double(trials - determined) / Double(trials)).shortened) % of the trials the "
          + "outputs that aren't saturated leave a direction open: sides alone place the latent"
      )
    }
    return method == .plain ? recovery.plain(logits) : recovery.weighted(logits, noise)
  }

  /// From where on outputs are saturated: the largest that aren't, at least those of single precision;
  /// nowhere on a side without any that is.
  private static func saturation(of logits: [Double]) -> ClosedRange<Double> {
    let largest = logits.reduce(into: (below: 0.0, above: 0.0)) { largest, logit in
      guard logit.isFinite else { return }
      largest = (min(largest.below, logit), max(largest.above, logit))
    }
    let limit = IdealLogit.saturation
    let lower = logits.contains(-.infinity) ? min(-limit, largest.below) : -.infinity
    let upper = logits.contains(.infinity) ? max(limit, largest.above) : .infinity
    return lower...upper
  }

  private static let relativeUnit = "every logit off by its own size, those below 1 by 1"

  /// `null`, with its reason, where a number is too large to be written.
  private mutating func rows(_ matrix: DoubleMatrix, per count: Double = 1) -> JSONValue {
    guard matrix.values.allSatisfy({ ($0 / count).isFinite }) else {
      values["reason.covariance"] = "it is beyond the range of numbers"
      return .null
    }
    return .array((0..<matrix.rows).map { .array(matrix.row($0).map { .number($0 / count) }) })
  }

  /// Answering the center of the box always has a deviation of 1/√12 in each coordinate.
  private mutating func compareWithCenter(_ covariance: DoubleMatrix) {
    let largest = (0..<covariance.rows).map { covariance[$0, $0].squareRoot() }.max() ?? 0
    // Of 1000 trials the deviation is right to two percent or so.
    guard largest > 1.05 * (1.0 / 12).squareRoot() else { return }
    warnings.append(
      "the latents found are off by \(largest.shortened) (deviation, simulated), more than the "
        + "center of the box would be, 0.2887: leave --resolution out, or don't use them"
    )
  }

  /// From this cost per output on a latent explains nothing: logits are missed by half of their size.
  private static let mostCost = 0.25

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
    func addMedian(_ name: String, _ numbers: [Double]) {
      let median = Quartiles(of: numbers)?.median
      values[name] = median.flatMap { $0.isFinite ? .number($0) : nil } ?? .null
      if values[name] == .null { values["reason.\(name)"] = "it is beyond the range of numbers" }
    }
    addMedian("smallestSingularValue", estimates.map(\.smallestSingularValue))
    addMedian("smallestFisherEigenvalue", estimates.map { $0.fisherEigenvalues[0] })
    addMedian("cost", estimates.map(\.cost))
    cover(estimates, of: recovery.boundaries[0].dimensions)
    func fraction(_ property: (GeneralRecovery.Estimate) -> Bool) -> Double {
      Double(estimates.count(where: property)) / Double(estimates.count)
    }
    let unexplained = fraction { !($0.cost <= Self.mostCost * Double(count)) }
    let atWall = fraction { $0.isAtWall }
    values["unexplained"] = .number(unexplained)
    values["atWall"] = .number(atWall)
    if unexplained > 0 {
      warnings.append(
        "for \((unexplained * 100).shortened) % of the trials no latent was found that explains "
          + "the outputs: their logits are missed by more than half of their size (cost per output "
          + "above \(Self.mostCost)); check σ/√t, the boundaries and their order"
      )
    }
    if atWall > 0 {
      warnings.append(
        "in \((atWall * 100).shortened) % of the trials the search ended at its wall, 5 σ/√t "
          + "outside of the box [-1/2, 1/2]: the latent may lie further out"
      )
    }
    if share > 0 {
      warnings.append(
        "\((share * 100).shortened) % of the trials have other latents that explain their outputs "
          + "as well (alternatives, with --json): the boundaries are symmetric, or too few"
      )
    }
    return estimates.flatMap(\.latent)
  }

  /// The median of every element over trials: near the folds of curved boundaries, where outputs
  /// turn back, the covariance grows without a bound, and no mean would settle.
  private mutating func cover(_ estimates: [GeneralRecovery.Estimate], of dimensions: Int) {
    let sample = estimates.prefix(Self.sample)
    let known = sample.compactMap(\.covariance)
    var medians = DoubleMatrix(rows: dimensions, columns: dimensions)
    for index in medians.values.indices {
      medians.values[index] = Quartiles(of: known.map { $0.values[index] })?.median ?? 0
    }
    values["covariance"] = [
      "perUnitError": known.isEmpty ? .null : rows(medians),
      "unit": .string(Self.relativeUnit),
      "trials": .integer(known.count),
      "summary": "median of each element",
    ]
    if known.count < sample.count, values["reason.covariance"] == nil {
      values["reason.covariance"] = .string(
        "of \(sample.count) trials, \(sample.count - known.count) have outputs that leave a "
          + "direction open to first order"
      )
    }
  }
}

extension OutputRecovery {
  /// "x1 x2 0.21, …" for two and three dimensions; `nil` for others, which --json has.
  private static func correlations(_ covariance: [[Double]]) -> String? {
    guard (2...3).contains(covariance.count),
      covariance.indices.allSatisfy({ covariance[$0][$0] > 0 })
    else { return nil }
    return covariance.indices.flatMap { row in
      (0..<row).map { column in
        let size = (covariance[row][row] * covariance[column][column]).squareRoot()
        return "x\(column + 1) x\(row + 1) \((covariance[row][column] / size).shortened)"
      }
    }.joined(separator: ", ")
  }

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
    if report["rank"] != nil {
      lines += [("rank of C", shown("rank")), ("condition of C", shown("condition"))]
    }
    if method == .general {
      lines += [
        ("ambiguous trials", shown("ambiguous")),
        ("unexplained trials", shown("unexplained")),
        ("cost, median", shown("cost")),
        ("smallest singular value", shown("smallestSingularValue")),
        ("smallest Fisher eigenvalue", shown("smallestFisherEigenvalue")),
      ]
    }
    let covariance = report["covariance"]
    let name = method == .box ? "deviation of errors" : "deviation per unit error"
    if let rows = (covariance?["ofErrors"] ?? covariance?["perUnitError"])?.array {
      let deviations = rows.enumerated().compactMap { index, row in
        row.array?[index].double?.squareRoot().shortened
      }
      lines.append((name, deviations.joined(separator: ", ")))
      let matrix = rows.map { $0.array?.compactMap(\.double) ?? [] }
      if let correlations = Self.correlations(matrix) {
        lines.append(("correlations of them", correlations))
      }
    } else {
      lines.append((name, "– (\(shown("reason.covariance")))"))
    }
    return lines.map { name, value in
      name + String(repeating: " ", count: max(1, 28 - name.count)) + value
    }.joined(separator: "\n")
  }
}
