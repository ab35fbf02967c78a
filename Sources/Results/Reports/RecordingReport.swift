import Analysis
import Compute
import Experiments
import Files

/// The page about somebody's own arrays: what was taken as what, then every measurement beside its
/// null.
package struct RecordingReport {
  let read: ReadRecording
  let analysis: RecordingAnalysis
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
        + "; in distribution \(fixed(analysis.inDistribution?.meanR2, 3)); with shuffled factors "
        + "\(fixed(Quartiles(of: heldOut.shuffledMeans)?.median, 3))."
    }
    if let classified = analysis.classified, let accuracy = classified.accuracy {
      return
        "In combinations that a linear classifier never saw, \(percent(accuracy)) of the trials "
        + "are told rightly; chance is \(percent(classified.chance))."
    }
    let classified = analysis.classifiedInDistribution
    return
      "In folds that a linear classifier never saw, \(percent(classified.accuracy ?? 0)) of the "
      + "trials are told rightly; chance is \(percent(classified.chance))."
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

  /// Of the scores that have another name for people than in the JSON output.
  private static let names = [
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
    let name: String
    let value: String
    let interval: String
    let null: String
    var rotated = "–"
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

  private func rows(of analysis: RecordingAnalysis) -> [Row] {
    func row(_ name: String, _ decoding: RecordedDecoding?) -> Row? {
      decoding.map { decoding in
        Row(
          name: name,
          value: fixed(decoding.meanR2, 3),
          interval: range(decoding.interval, 3),
          null: fixed(Quartiles(of: decoding.shuffledMeans)?.median, 3)
        )
      }
    }
    func row(_ name: String, _ told: RecordedClassification?) -> Row? {
      guard let told, let accuracy = told.accuracy else { return nil }
      return Row(
        name: name,
        value: fixed(accuracy, 3),
        interval: range(told.interval, 3),
        null: fixed(Quartiles(of: told.shuffledMeans)?.median ?? told.chance, 3)
      )
    }
    let geometry = analysis.geometry
    let scores = analysis.scores.scores.map { score in
      Row(
        name: Self.names[score.key] ?? score.key,
        value: fixed(score.value, 3),
        interval: range(score.interval, 3),
        null: score.value == nil ? "–" : fixed(Quartiles(of: score.null)?.median, 3),
        rotated: score.value == nil ? "–" : fixed(Quartiles(of: score.rotated)?.median, 3)
      )
    }
    var rows = [
      row("r², held-out regions", analysis.heldOut), row("r², held-out halves", analysis.halves),
      row("r², in distribution", analysis.inDistribution),
      row("accuracy, held-out regions", analysis.classified),
      row("accuracy, in distribution", analysis.classifiedInDistribution),
    ].compactMap(\.self)
    rows += scores
    for measure in analysis.comparison?.measures ?? [] {
      let name = Self.names[measure.key] ?? measure.key
      rows.append(
        Row(
          name: name,
          value: fixed(measure.value, 3),
          interval: range(measure.interval, 3),
          null: measure.value == nil ? "–" : fixed(Quartiles(of: measure.null)?.median, 3)
        )
      )
      if let ceiling = measure.ceiling, let mean = ceiling.mean, let range = ceiling.range {
        rows.append(
          Row(
            name: "  by groups, with noise ceiling",
            value: fixed(mean, 3),
            interval: "\(fixed(range.lower, 3)) … \(fixed(range.upper, 3))",
            null: "–"
          )
        )
      }
    }
    if let ratio = geometry.participationRatio {
      rows.append(
        Row(
          name: "participation ratio",
          value: fixed(ratio, 2),
          interval: range(geometry.ratioInterval, 2),
          null: fixed(geometry.independentRatio, 2)
        )
      )
    }
    if let share = geometry.components.shares.first, geometry.participationRatio != nil {
      rows.append(
        Row(
          name: "share of the first component",
          value: fixed(share, 3),
          interval: range(geometry.shareIntervals.first ?? nil, 3),
          null: fixed(Quartiles(of: geometry.independentShares)?.median, 3)
        )
      )
    }
    let random = Quartiles(of: geometry.randomAngles.map { ($0 - 90).magnitude })?.median
    let randomMedian = Quartiles(of: analysis.randomDirections.fromRightAngle)?.median
    for angle in geometry.encodingAngles.prefix(6) {
      rows.append(
        Row(
          name: "angle of \(angle.first) and \(angle.second), encoding",
          value: "\(fixed(angle.degrees, 1))°",
          interval: range(angle.interval, 1),
          null: random.map { "90 ± \(fixed($0, 1))" } ?? "–"
        )
      )
    }
    if let angles = analysis.decoderAngles {
      rows.append(
        Row(
          name: "angle between decoders",
          value: "\(fixed(mean(angles.degrees), 1))°",
          interval: range(angles.interval, 1),
          null: randomMedian.map { "90 ± \(fixed($0, 1))" } ?? "–"
        )
      )
    }
    let tuning = analysis.tuning
    for (name, values, interval, null) in [
      (
        "selectivity, linear (adjusted R²)", tuning.linear, tuning.intervals.linear,
        tuning.linearNull
      ),
      (
        "selectivity, added by interactions", tuning.interaction, tuning.intervals.interaction,
        tuning.interactionNull
      ),
      ("lifetime sparseness", tuning.sparseness?.lifetime ?? [], tuning.intervals.lifetime, []),
      (
        "population sparseness", tuning.sparseness?.population ?? [], tuning.intervals.population,
        []
      ),
    ] {
      let known = values.compactMap(\.self)
      guard !known.isEmpty else { continue }
      rows.append(
        Row(
          name: name,
          value: fixed(mean(known), 3),
          interval: range(interval, 3),
          null: fixed(Quartiles(of: null)?.median, 3)
        )
      )
    }
    rows.append(
      Row(
        name: "silent units",
        value: "\(analysis.tuning.silent.count) of \(analysis.recording.units)",
        interval: "–",
        null: "–"
      )
    )
    return rows
  }

  /// Why a score has no value, or leaves something out, a line each.
  private var reasons: [String] {
    let scores = analysis.scores.scores.compactMap { score -> String? in
      let name = Self.names[score.key] ?? score.key
      guard score.value != nil else { return "\(name) is undefined: \(score.reason)." }
      let left = score.leftOut
      // The pairings that ask more than the matched one leave out more: the JSON output names it.
      guard !left.isEmpty, !["parallelism.all", "parallelism.best"].contains(score.key) else {
        return nil
      }
      let named = left.prefix(6).joined(separator: "; ") + (left.count > 6 ? "; …" : "")
      return "\(name) leaves out \(left.count) of \(score.parts.count) \(score.over): \(named) "
        + "(\(score.reason))."
    }
    let compared = (analysis.comparison?.measures ?? []).compactMap { measure -> String? in
      let name = Self.names[measure.key] ?? measure.key
      if measure.value == nil {
        return "\(name) is undefined: a system doesn't vary, or too few conditions or trials."
      }
      guard let ceiling = measure.ceiling, ceiling.range == nil, recording.groups != nil else {
        return nil
      }
      return "\(name) has no noise ceiling: \(ceiling.reason)."
    }
    return scores + compared
  }

  private func range(_ interval: SplitInterval?, _ digits: Int) -> String {
    interval.map { "\(fixed($0.lower, digits)) … \(fixed($0.upper, digits))" } ?? "–"
  }

  private var table: ReportTable {
    ReportTable(
      caption: "r² = 1 − MSE / variance of the factor over all trials. Nulls: shuffled factors "
        + "(median of \(analysis.settings.shuffles); accuracies "
        + "\(analysis.settings.classifierShuffles), scores from CCGP to explicitness, selectivity and "
        + "comparisons \(analysis.settings.scoreShuffles)), units shuffled independently (participation "
        + "ratio), random directions in the occupied space (angles, median distance from 90°). "
        + "Turned: the states in random axes, with the same geometry; a score of single units that is "
        + "no higher than that owes nothing to the units."
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
