import Compute
import Experiments
import Files
import SystemPackage

/// The report of the main job: how disentangled the trained networks are, between floor and
/// ceiling.
package struct RunReport {
  let groups: [RunGroup]
  /// Where the runs' directories stand.
  let directory: FilePath
  let command: String

  /// - Parameters:
  ///   - records: The runs that are done.
  ///   - directory: Where their directories stand.
  ///   - command: What makes them again.
  package init(_ records: [RunRecord], directory: FilePath, command: String) {
    groups = RunGroup.groups(records)
    self.directory = directory
    self.command = command
  }

  /// - Throws: What the file system says about the runs' metrics and portraits.
  package func page() throws -> ReportPage {
    let spec = groups.first?.records.first?.json["spec"]
    let provenance = groups.first?.records.first?.json["provenance"]
    return ReportPage(
      title: "How disentangled is the network?",
      headline: headline,
      finding: finding,
      notes: notes,
      table: table,
      sections: [
        .init(
          "Decoding in a quadrant that the decoder never saw",
          paragraphs: [
            """
            For each quadrant of the latents a ridge decoder was fitted on trials of the other \
            three and tested on that one. The floors are judged by the same decoder on the same \
            trials: the encoder's features averaged over the stimulus with nothing trained, and \
            the network before training.
            """
          ],
          figures: [decodingFigure]
        ),
        .init("Training", figures: [try trainingFigure()]),
        .init("The state space", figures: try stateSpaceFigures()),
        .init("Decoded and true latents", figures: [try latentsFigure()]),
        .init("How many dimensions the states fill", figures: [try varianceFigure()]),
      ],
      specification: spec?.pretty,
      provenance: (provenance?.object ?? [:]).sorted { $0.key < $1.key }.map {
        .init($0.key, $0.value.string ?? $0.value.compact)
      },
      command: command
    )
  }

  // MARK: Words

  private var settings: String {
    guard let record = groups.first?.records.first else { return "" }
    func number(_ section: String, _ key: String) -> String {
      record.setting(section, key)?.compact ?? "?"
    }
    return """
      leaky RNN with \(number("network", "units")) units, σ = \(number("noise", "deviation")), \
      \(number("timing", "stimulus")) stimulus steps, batches of \
      \(number("training", "batchSize"))
      """
  }

  private var headline: String {
    let counts = Set(groups.map(\.tasks)).sorted().map(String.init).joined(separator: ", ")
    let encoders = Set(groups.map(\.encoder)).sorted(by: >).joined(separator: " and ")
    let batches = fixed(groups.first?.training("batches"), 0)
    return "Networks (\(settings)) were trained for \(batches) batches on \(counts) tasks, behind "
      + "the encoders \(encoders)."
  }

  private var finding: String {
    let sentences = byEncoder.compactMap { encoder, groups -> String? in
      guard Set(groups.map(\.tasks)).count == groups.count else { return nil }
      guard
        let first = groups.first, let last = groups.last, groups.count > 1,
        let low = first.quartiles("r2.ood"), let high = last.quartiles("r2.ood"),
        let gain = last.quartiles("gain")
      else { return nil }
      let side = gain.median < 0 ? "below" : "above"
      return "Behind \(Self.title(ofEncoder: encoder)), held-out r² goes from \(described(low)) at "
        + "N = \(first.tasks) to \(described(high)) at N = \(last.tasks), "
        + "\(fixed(gain.median.magnitude, 3)) \(side) the encoder alone"
    }
    let ceiling = fixed(groups.first?.ceiling("r2.any"), 3)
    guard !sentences.isEmpty else { return "No pair of task counts can be compared." }
    return sentences.joined(separator: ". ") + ". The ceiling is \(ceiling)."
  }

  private func described(_ quartiles: Quartiles) -> String {
    "\(fixed(quartiles.median, 3)) (quartiles \(fixed(quartiles.lower, 3)) to "
      + "\(fixed(quartiles.upper, 3)))"
  }

  private var notes: [ReportPage.Note] {
    let records = groups.flatMap(\.records)
    var notes: [ReportPage.Note] = []
    for text in Set(
      records.flatMap { $0.json["warnings"]?.array ?? [] }.compactMap { $0["message"]?.string }
    ).sorted() {
      notes.append(.init(.warning, text))
    }
    for text in records.flatMap(\.violations) {
      notes.append(.init(.warning, "A value beyond its bound, which is a bug: \(text)"))
    }
    let diverged = records.filter(\.isDiverged).count
    if diverged > 0 {
      notes.append(.init(.warning, "\(diverged) of \(records.count) runs diverged."))
    }
    let mean = records.first?.reference("r2.ood.trainingMean")
    if let mean,
      groups.contains(where: {
        ($0.quartiles("floor.encoder.r2.ood")?.median ?? mean) < mean
      })
    {
      notes.append(
        .init(
          .note,
          """
          A floor below \(fixed(mean, 3)) is worse than to answer the mean of the fitted latents: it \
          says how badly a decoder extrapolates that found nothing to read. A gain over such a \
          floor is best read as r² itself.
          """
        )
      )
    }
    notes.append(
      .init(
        .note,
        """
        Quartiles are over seeds × quadrants × fits as in the paper. Quadrants and fits of one \
        network are not replications: for claims, compare seeds.
        """
      )
    )
    return notes
  }

  // MARK: The table

  private var table: ReportTable {
    // Without the zero before the point, as in papers: eleven columns have to fit a page.
    func short(_ value: Double?, _ decimals: Int) -> String {
      fixed(value, decimals, leadingZero: false)
    }
    func cell(_ group: RunGroup, _ name: String, bar: Bool = false) -> ReportTable.Cell {
      let quartiles = group.quartiles(name)
      let value = quartiles?.median
      var valueBar: ValueBar?
      if bar, let value, let floor = group.quartiles("floor.encoder.r2.ood")?.median,
        let ceiling = group.ceiling("r2.any")
      {
        valueBar = ValueBar(
          value: value,
          floor: floor,
          ceiling: ceiling,
          alternative: "\(fixed(value, 3)) between the encoder's \(fixed(floor, 3)) and the "
            + "ceiling \(fixed(ceiling, 3))"
        )
      }
      return .init(
        short(value, 3),
        detail: quartiles.map { "\(short($0.lower, 3)) … \(short($0.upper, 3))" },
        bar: valueBar
      )
    }
    return ReportTable(
      caption: "Medians and quartiles over seeds × quadrants × fits; r² = 1 − 12 MSE, ridge.",
      columns: [
        .init("encoder", isNumeric: false), .init("tasks"),
        .init("OOD r²", detail: "held out"), .init("ceiling"),
        .init("encoder alone", detail: "floor"), .init("untrained", detail: "floor"),
        .init("gain"), .init("in-distribution"), .init("loss", detail: "floor"),
        .init("accuracy", detail: "ceiling"),
      ],
      rows: groups.map { group in
        [
          .init(group.encoder, detail: group.label(among: groups)), .init(String(group.tasks)),
          cell(group, "r2.ood", bar: true), .init(short(group.ceiling("r2.any"), 3)),
          cell(group, "floor.encoder.r2.ood"), cell(group, "floor.untrained.r2.ood"),
          cell(group, "gain"), cell(group, "r2.id"),
          .init(short(group.training("loss"), 5), detail: short(group.ceiling("loss"), 5)),
          .init(short(group.training("accuracy"), 4), detail: short(group.ceiling("accuracy"), 4)),
        ]
      }
    )
  }

  // MARK: Groups

  /// The groups of each encoder, by number of tasks.
  var byEncoder: [(encoder: String, groups: [RunGroup])] {
    var order: [String] = []
    for group in groups where !order.contains(group.encoder) { order.append(group.encoder) }
    return order.map { encoder in
      (encoder, groups.filter { $0.encoder == encoder }.sorted { $0.tasks < $1.tasks })
    }
  }

  static func title(ofEncoder kind: String) -> String {
    switch kind {
    case "relu": "the paper's encoder (relu)"
    case "none": "no encoder"
    default: "encoder \(kind)"
    }
  }
}
