import Analysis
import Compute
import Experiments
import Files

/// The page about somebody's own arrays: what was taken as what, then every measurement beside its
/// null.
package struct RecordingReport {
  let read: ReadRecording
  let analysis: RecordingAnalysis
  /// As the JSON output has them.
  private let measurements: [String: JSONValue]
  /// Of a run: what knows nothing, beside it.
  let floors: [AnalyzedFloor]
  let command: String
  private var floorRows: [[Row]]

  /// - Parameters:
  ///   - read: The arrays and what they were taken as.
  ///   - analysis: Of that recording.
  ///   - floors: Of a run, under the same analysis.
  ///   - command: What makes the page again.
  package init(
    _ read: ReadRecording,
    _ analysis: RecordingAnalysis,
    floors: [AnalyzedFloor] = [],
    command: String
  ) {
    self.read = read
    self.analysis = analysis
    measurements = analysis.measurements
    self.floors = floors
    self.command = command
    floorRows = []
    floorRows = floors.map { rows(of: $0.analysis) }
  }

  var recording: Recording { analysis.recording }

  package var page: ReportPage {
    ReportPage(
      title: read.floors.isEmpty ? "Analysis of a recording" : "Analysis of a run's states",
      headline: headline,
      finding: finding,
      notes: read.warnings.map { .init(.warning, $0) } + notes,
      table: table,
      sections: [
        .init(
          "Decoding",
          figures: [decodedFigure, regionsFigure, confusionFigure].compactMap(\.self)
        ),
        .init("Over time", figures: [courseFigure, pathsFigure].compactMap(\.self)),
        .init("Geometry", figures: [statesFigure, spectrumFigure]),
        .init("Units", figures: [tuningFigure, selectivityFigure, gridFigure].compactMap(\.self)),
      ].filter { !$0.figures.isEmpty },
      specification: read.remarks.map {
        $0.name.isEmpty ? "  \($0.text)" : "\($0.name): \($0.text)"
      }
      .joined(separator: "\n"),
      provenance: [
        .init("commit", Build.current.commit ?? "unknown"),
        .init("kernel", Kernel.active.name),
        .init("rngScheme", String(RandomStream.scheme)),
        .init("seed", String(analysis.settings.seed)),
        .init("version", Build.current.version),
      ],
      command: command
    )
  }

  /// What was taken as what, and the table, for a terminal.
  package var text: String {
    let width = read.remarks.map(\.name.count).max() ?? 0
    var lines = read.remarks.map { $0.name.padded(to: width) + "  " + $0.text }
    lines.append("")
    let header = ["measurement"] + columnNames
    let rows = self.rows
    let cells = rows.map { [$0.name] + self.cells(of: $0) }
    let widths = header.indices.map { column in
      ([header] + cells).map { $0[column].count }.max() ?? 0
    }
    for row in [header] + cells {
      let parts = row.indices.map { column in
        column == 0
          ? row[column].padded(to: widths[column])
          : String(repeating: " ", count: widths[column] - row[column].count) + row[column]
      }
      lines.append(parts.joined(separator: "  "))
    }
    let remarks = reasons
    if !remarks.isEmpty { lines += [""] + remarks }
    return lines.joined(separator: "\n")
  }

  // MARK: Words

  var version: String {
    "version \(Build.current.version)" + (Build.current.commit.map { ", commit \($0)" } ?? "")
  }

  private var headline: String {
    let kinds = recording.factors.map { "\($0.name) (\($0.kind))" }.joined(separator: ", ")
    return "\(counted(recording.count, "trial")) of \(counted(recording.units, "unit")); "
      + "\(counted(recording.factors.count, "factor")): \(kinds)."
  }

  private var finding: String {
    if let heldOut = analysis.heldOut {
      return "In regions that a linear decoder never saw, r² is \(fixed(heldOut.meanR2, 3))"
        + (heldOut.interval.map { " (95 % \(fixed($0.lower, 3)) to \(fixed($0.upper, 3)))" } ?? "")
        + "; in distribution \(fixed(analysis.inDistribution?.meanR2, 3)); "
        + withShuffled(heldOut.shuffledMeans) { fixed($0, 3) } + "."
    }
    let inFolds = analysis.classifiedInDistribution
    // Not beside chance: where one combination is missing, what knows nothing is far below it.
    func told(_ parts: String, _ found: RecordedClassification, _ accuracy: Double) -> String {
      "In \(parts) that a linear classifier never saw, \(percent(accuracy)) of the trials are told "
        + "rightly"
        + (found.interval.map { " (95 % \(percent($0.lower)) to \(percent($0.upper)))" } ?? "")
    }
    if let classified = analysis.classified, let accuracy = classified.accuracy {
      return told("combinations", classified, accuracy)
        + (inFolds.accuracy.map { "; in distribution \(percent($0))" } ?? "") + "; "
        + withShuffled(classified.shuffledMeans, percent) + "."
    }
    return told("folds", inFolds, inFolds.accuracy ?? 0) + "; "
      + withShuffled(inFolds.shuffledMeans, percent) + "."
  }

  /// What a value is held against, or that there is nothing: the notes say why.
  private func withShuffled(_ draws: [Double], _ written: (Double) -> String) -> String {
    Quartiles(of: draws).map { "with shuffled factors \(written($0.median))" }
      ?? "there is no null of shuffled factors to hold it against"
  }

  private var notes: [ReportPage.Note] {
    var notes = analysis.leftOut.map { ReportPage.Note(.note, $0) }
    if recording.groups == nil {
      notes.append(
        .init(
          .note,
          "Intervals halve the trials as if each stood for itself; trials of one session or animal "
            + "don't, so give --groups if there are several."
        )
      )
    }
    return notes + reasons.map { .init(.note, $0) }
  }

  // MARK: The table

  /// Of measurements that have another name for people than in the JSON output.
  private static let names = [
    "r2.ood": "r², held-out regions", "r2.ood.ols": "r², held-out regions, least squares",
    "r2.ood.fixedPenalty": "r², held-out regions, fixed penalty",
    "r2.ood.halves": "r², held-out halves", "r2.id": "r², in distribution",
    "accuracy.ood": "accuracy, held-out regions", "accuracy.id": "accuracy, in distribution",
    "participationRatio": "participation ratio", "pca.explained": "share of the first component",
    "angle.encoding": "angle between encoding axes", "angle.decoder": "angle between decoders",
    "selectivity.linear": "selectivity, linear (adjusted R²)",
    "selectivity.interaction": "selectivity, added by interactions",
    "sparseness.lifetime": "lifetime sparseness", "sparseness.population": "population sparseness",
    "silentShare": "silent units",
    "ccgp": "CCGP", "parallelism": "parallelism score", "shattering": "shattering dimensionality",
    "dci.disentanglement": "DCI disentanglement", "dci.completeness": "DCI completeness",
    "dci.informativeness": "DCI informativeness", "mig": "MIG", "sap": "SAP",
    "factorVAE": "FactorVAE score", "cka": "CKA with the other system, unbiased",
    "procrustes": "shape distance to it, rad", "rsa": "RSA with it, cross-validated",
    "rsa.euclidean": "RSA with it, Euclidean", "rsa.correlation": "RSA with it, correlation",
    "ccgp.logistic": "CCGP, logistic", "parallelism.all": "parallelism, all pairings",
    "parallelism.best": "parallelism, best pairing",
  ]

  struct Row {
    /// Of the measurement in the JSON output; `nil` for a part of one.
    let key: String?
    let name: String
    let value: String
    let interval: String
    let null: String
    var rotated = "–"

    init(
      _ key: String?,
      _ name: String? = nil,
      value: String = "–",
      interval: String = "–",
      null: String = "–",
      rotated: String = "–"
    ) {
      self.key = key
      self.name = name ?? key.map { names[$0] ?? $0 } ?? ""
      (self.value, self.interval, self.null, self.rotated) = (value, interval, null, rotated)
    }
  }

  /// Each measurement beside its interval and its null.
  var rows: [Row] { rows(of: analysis) }

  private var columnNames: [String] {
    ["value", "95 % interval", "null", "turned"] + floors.map(\.name)
  }

  /// A row's values, and those of the floors in their order.
  private func cells(of row: Row) -> [String] {
    [row.value, row.interval, row.null, row.rotated]
      + floorRows.map { rows in rows.first { $0.name == row.name }?.value ?? "–" }
  }

  /// A row for every measurement, also for what is undefined.
  private func rows(of analysis: RecordingAnalysis) -> [Row] {
    decodingRows(analysis) + scoreRows(analysis) + comparisonRows(analysis)
      + geometryRows(analysis) + unitRows(analysis)
  }

  private func decodingRows(_ analysis: RecordingAnalysis) -> [Row] {
    func row(_ key: String, _ decoding: RecordedDecoding?) -> Row {
      guard let decoding else { return Row(key) }
      return Row(
        key,
        value: fixed(decoding.meanR2, 3),
        interval: range(decoding.interval, 3),
        null: median(decoding.shuffledMeans)
      )
    }
    func row(_ key: String, _ told: RecordedClassification?) -> Row {
      guard let told, let accuracy = told.accuracy else { return Row(key) }
      return Row(
        key,
        value: fixed(accuracy, 3),
        interval: range(told.interval, 3),
        null: median(told.shuffledMeans)
      )
    }
    let heldOut = analysis.heldOut
    return [
      row("r2.ood", heldOut),
      Row(
        "r2.ood.ols",
        value: fixed(heldOut.map { mean($0.regions.map { mean($0.leastSquares) }) }, 3)
      ),
      Row(
        "r2.ood.fixedPenalty",
        value: fixed(heldOut.map { mean($0.regions.map { mean($0.fixed) }) }, 3),
        interval: range(heldOut?.fixedInterval, 3),
        null: median(heldOut?.shuffledFixedMeans ?? [])
      ),
    ]
      + (analysis.halves.map { [row("r2.ood.halves", $0)] } ?? [])
      + [
        row("r2.id", analysis.inDistribution), row("accuracy.ood", analysis.classified),
        row("accuracy.id", analysis.classifiedInDistribution),
      ]
  }

  private func scoreRows(_ analysis: RecordingAnalysis) -> [Row] {
    analysis.scores.scores.map { score in
      guard let value = score.value else { return Row(score.key) }
      return Row(
        score.key,
        value: fixed(value, 3),
        interval: range(score.interval, 3),
        null: median(score.null),
        rotated: median(score.rotated)
      )
    }
  }

  private func comparisonRows(_ analysis: RecordingAnalysis) -> [Row] {
    (analysis.comparison?.measures ?? []).flatMap { measure -> [Row] in
      guard let value = measure.value else { return [Row(measure.key)] }
      let row = Row(
        measure.key,
        value: fixed(value, 3),
        interval: range(measure.interval, 3),
        null: median(measure.null)
      )
      guard let ceiling = measure.ceiling, let mean = ceiling.mean, let range = ceiling.range else {
        return [row]
      }
      return [
        row,
        Row(
          nil,
          "  by groups, with noise ceiling",
          value: fixed(mean, 3),
          interval: "\(fixed(range.lower, 3)) … \(fixed(range.upper, 3))"
        ),
      ]
    }
  }

  private func geometryRows(_ analysis: RecordingAnalysis) -> [Row] {
    let geometry = analysis.geometry
    var rows = [Row("participationRatio"), Row("pca.explained")]
    if let ratio = geometry.participationRatio, let share = geometry.components.shares.first {
      rows = [
        Row(
          "participationRatio",
          value: fixed(ratio, 2),
          interval: range(geometry.ratioInterval, 2),
          null: fixed(geometry.independentRatio, 2)
        ),
        Row(
          "pca.explained",
          value: fixed(share, 3),
          interval: range(geometry.shareIntervals.first ?? nil, 3),
          null: median(geometry.independentShares)
        ),
      ]
    }
    func fromRightAngle(_ random: [Double]) -> String {
      Quartiles(of: random).map { "90 ± \(fixed($0.median, 1))" } ?? "–"
    }
    func row(
      _ key: String,
      _ degrees: [Double],
      _ interval: SplitInterval?,
      _ null: String
    ) -> Row {
      guard !degrees.isEmpty else { return Row(key) }
      return Row(
        key,
        value: "\(fixed(mean(degrees), 1))°",
        interval: range(interval, 1),
        null: null
      )
    }
    rows.append(
      row(
        "angle.encoding",
        geometry.encodingAngles.map(\.degrees),
        geometry.encodingInterval,
        fromRightAngle(analysis.randomDirections.fromRightAngle)
      )
    )
    // One pair alone is the mean.
    let pairs = geometry.encodingAngles.count > 1 ? geometry.encodingAngles.prefix(6) : []
    rows += pairs.map { angle in
      Row(
        nil,
        "  of \(angle.first) and \(angle.second)",
        value: "\(fixed(angle.degrees, 1))°",
        interval: range(angle.interval, 1),
        null: fromRightAngle(geometry.randomAngles.map { ($0 - 90).magnitude })
      )
    }
    let decoders = analysis.decoderAngles
    rows.append(
      row(
        "angle.decoder",
        decoders?.degrees ?? [],
        decoders?.interval,
        Quartiles(of: decoders?.shuffledFromRightAngle ?? []).map {
          "90 ± \(fixed($0.median, 1))"
        } ?? "–"
      )
    )
    return rows
  }

  private func unitRows(_ analysis: RecordingAnalysis) -> [Row] {
    let (tuning, intervals) = (analysis.tuning, analysis.tuning.intervals)
    let measures: [(String, [Double?], SplitInterval?, [Double])] = [
      ("selectivity.linear", tuning.linear, intervals.linear, tuning.linearNull),
      (
        "selectivity.interaction", tuning.interaction, intervals.interaction, tuning.interactionNull
      ),
      ("sparseness.lifetime", tuning.sparseness?.lifetime ?? [], intervals.lifetime, []),
      ("sparseness.population", tuning.sparseness?.population ?? [], intervals.population, []),
    ]
    return measures.map { key, values, interval, null in
      let known = values.compactMap(\.self)
      guard !known.isEmpty else { return Row(key) }
      return Row(
        key,
        value: fixed(mean(known), 3),
        interval: range(interval, 3),
        null: median(null)
      )
    } + [Row("silentShare", value: "\(tuning.silent.count) of \(analysis.recording.units)")]
  }

  /// Why a measurement has no value, leaves something out, or stands without its interval or null: what
  /// the JSON output says.
  private var reasons: [String] { missingValues + missingParts }

  private var missingValues: [String] {
    rows.compactMap { row -> String? in
      guard let key = row.key, let found = measurements[key] else { return nil }
      let reason = found["reason"]?.string ?? ""
      guard found["median"] != .null else { return "\(row.name) is undefined: \(reason)." }
      if let ceiling = found["noiseCeiling"]?["reason"]?.string, recording.groups != nil {
        return "\(row.name) has no noise ceiling: \(ceiling)."
      }
      let left = (found["leftOut"]?.array ?? []).compactMap(\.string)
      // The pairings that ask more than the matched one leave out more: the JSON output names it.
      guard !left.isEmpty, !["parallelism.all", "parallelism.best"].contains(key) else {
        return nil
      }
      let named = left.prefix(6).joined(separator: "; ") + (left.count > 6 ? "; …" : "")
      return "\(row.name) leaves out \(left.count) of \(whole(key)): \(named) (\(reason))."
    }
  }

  /// A line for each reason; one that is a note of its own isn't repeated.
  private var missingParts: [String] {
    var found: [(what: String, reason: String, names: [String])] = []
    for row in rows {
      guard let value = row.key.flatMap({ measurements[$0] }), value["median"] != .null else {
        continue
      }
      let interval = value["interval"] == .null ? value["reason.interval"]?.string : nil
      let null = value["null"] == .null ? value["reason.null"]?.string : nil
      let missing =
        interval == null
        ? [("neither interval nor null", interval)]
        : [("no interval", interval), ("no null", null)]
      for (what, reason) in missing {
        guard let reason, reason != analysis.shuffle.reason else { continue }
        if let place = found.firstIndex(where: { $0.what == what && $0.reason == reason }) {
          found[place].names.append(row.name)
        } else {
          found.append((what, reason, [row.name]))
        }
      }
    }
    return found.map { what, reason, names in
      let verb = names.count == 1 ? "has" : "have"
      return "\(names.joined(separator: "; ")) \(verb) \(what): \(reason)."
    }
  }

  /// Of what some is left out.
  private func whole(_ key: String) -> String {
    guard let score = analysis.scores.scores.first(where: { $0.key == key }) else {
      return "\(analysis.regions.partitions.count) parts of the factors"
    }
    return score.rareConditions.isEmpty
      ? "\(score.parts.count) \(score.over)"
      : "\(Conditions(recording.factors).count) conditions"
  }

  private func median(_ values: [Double]) -> String { fixed(Quartiles(of: values)?.median, 3) }

  private func range(_ interval: SplitInterval?, _ digits: Int) -> String {
    interval.map { "\(fixed($0.lower, digits)) … \(fixed($0.upper, digits))" } ?? "–"
  }

  /// What the nulls in the table are, as the JSON output has it, each with what it belongs to.
  private var nulls: String {
    var found: [(kind: String, names: [String])] = []
    var last: String?
    // Of more than two measurements in a row the first and the last are named.
    var run: [String] = []
    func close() {
      guard let last, let place = found.firstIndex(where: { $0.kind == last }) else { return }
      found[place].names += run.count > 2 ? ["\(run[0]) to \(run[run.count - 1])"] : run
      run = []
    }
    for row in rows where row.null != "–" {
      guard let null = row.key.flatMap({ measurements[$0]?["null"] }),
        let kind = null["kind"]?.string
      else { continue }
      let draws = null["count"]?.double.map { ", \(counted(Int($0), "draw"))" } ?? ""
      if kind + draws != last {
        close()
        last = kind + draws
        if !found.contains(where: { $0.kind == last }) { found.append((kind + draws, [])) }
      }
      run.append(row.name)
    }
    close()
    guard !found.isEmpty else { return "" }
    return " Nulls are medians of: "
      + found.map { "\($0.kind) (\($0.names.joined(separator: "; ")))" }.joined(separator: "; ")
      + "." + (rows.contains { $0.null.hasPrefix("90 ±") } ? " Angles: distance from 90°." : "")
  }

  private var table: ReportTable {
    ReportTable(
      caption:
        "r² = 1 − MSE / variance of the factor over all trials."
        + nulls
        + (analysis.shuffle.reason.map { " There is no null of shuffled factors: \($0)." } ?? "")
        + (rows.contains { $0.rotated != "–" }
          ? " Turned: the states in random axes, with the same geometry; a score of single units that is "
            + "no higher than that owes nothing to the units."
          : "")
        + (floors.isEmpty
          ? ""
          : " Untrained: the same network as the seed drew it; encoder: the mean of its encoder's "
            + "features so far."),
      columns: [.init("measurement", isNumeric: false)] + columnNames.map { .init($0) },
      rows: rows.map { row in [.init(row.name)] + cells(of: row).map { .init($0) } }
    )
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
