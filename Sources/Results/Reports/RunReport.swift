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
          "Decoding in a \(regionName) that the decoder never saw",
          paragraphs: [
            """
            For each \(regionName) of the latents that was held out, a ridge decoder was fitted on \
            trials from outside it and tested on that one. The floors are judged by the same decoder on the same \
            trials: the encoder's features averaged over the stimulus with nothing trained, and \
            the network before training.
            """
          ] + (predicted.map { [$0] } ?? []),
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

  /// What is held out, in a word.
  var regionName: String {
    guard let record = groups.first?.records.first else { return "region" }
    return switch record.setting("evaluation", "holdOut")?.string {
    case "orthant": record.setting("latent", "dimensions")?.int == 2 ? "quadrant" : "orthant"
    case "halfSpace": "half-space"
    default: "region"
    }
  }

  /// What the first run was made of; `show` and `config.json` have everything.
  private var settings: String {
    guard let record = groups.first?.records.first else { return "" }
    func number(_ section: String, _ key: String) -> String? {
      record.setting(section, key)?.compact
    }
    let architectures = Set(
      groups.compactMap { group in
        group.records.first?.setting("network", "architecture")?.string
      }
    )
    let names = architectures.sorted().map(Self.title(ofArchitecture:)).joined(separator: ", ")
    let noise =
      number("noise", "deviation").map { "σ = \($0)" }
      ?? "noise of \(number("encoder", "deviation") ?? "?") behind the encoder"
    // The ideal observer has neither.
    let units = number("network", "units").map { " with \($0) state variables" } ?? ""
    let batches = number("training", "batchSize").map { ", batches of \($0)" } ?? ""
    return "\(names)\(units), \(noise), \(number("timing", "stimulus") ?? "?") stimulus steps"
      + batches
  }

  private var headline: String {
    let counts = Set(groups.map(\.tasks)).sorted().map(String.init).joined(separator: ", ")
    let encoders = Set(groups.map(\.encoder)).sorted(by: >)
    let batches = Set(groups.compactMap { $0.training("batches") }).sorted()
      .map { fixed($0, 0) }.joined(separator: " or ")
    return "Networks (\(settings)) were trained for \(batches) batches on \(counts) tasks, behind "
      + "the encoder\(encoders.count > 1 ? "s" : "") \(encoders.joined(separator: " and "))."
  }

  private var finding: String {
    let sentences = conditions.compactMap { condition -> String? in
      let groups = condition.groups
      guard
        let first = groups.first, let last = groups.last, groups.count > 1,
        let low = first.quartiles("r2.ood"), let high = last.quartiles("r2.ood"),
        let gain = last.quartiles("gain")
      else { return nil }
      let side = gain.median < 0 ? "below" : "above"
      return "With \(condition.title), held-out r² goes from \(described(low)) at "
        + "N = \(first.tasks) to \(described(high)) at N = \(last.tasks), "
        + "\(fixed(gain.median.magnitude, 3)) \(side) the encoder alone"
    }
    let ceiling = groups.first?.ceiling("r2.any").map { " The ceiling is \(fixed($0, 3))." } ?? ""
    guard !sentences.isEmpty else { return "No pair of task counts can be compared." }
    return sentences.joined(separator: ". ") + "." + ceiling
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
        Quartiles are over seeds × \(regionName)s × fits as in the paper. \
        \(regionName.capitalizedFirst)s and fits of one \
        network are not replications: for claims, compare seeds.
        """
      )
    )
    return notes
  }

  /// What the theory said beforehand; `nil` where it said nothing.
  private var predicted: String? {
    let sentences = groups.compactMap { group -> String? in
      guard let record = group.records.first,
        let law = record.reference("prediction.r2.saturation"),
        let precision = record.reference("prediction.outputPrecision")
      else { return nil }
      let logits = record.reference("r2.ood.logits").map {
        ", \(fixed($0, 3)) for a linear decoder of ideal logits"
          + (record.setting("latent", "dimensions")?.int == 2 ? "" : " without a prior")
          + (record.reference("r2.ood.logits.ridge").map {
            " (\(fixed($0, 3)) with ridge, as networks are read)"
          } ?? "")
      }
      let needed = record.reference("prediction.requiredTasks").map {
        " (\(Int($0)) tasks would do to within .01 of any decoder's)"
      }
      return "N = \(group.tasks): \(fixed(law, 3)) by the saturation law for outputs known to "
        + "\(trimmed(precision))\(needed ?? "")\(logits ?? "")"
    }
    guard !sentences.isEmpty else { return nil }
    var different: [String] = []
    for sentence in sentences where !different.contains(sentence) { different.append(sentence) }
    return "Before training the theory says, as r² with the variance of a latent over the whole "
      + "box for its baseline: \(different.joined(separator: "; "))."
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
      caption: "Medians and quartiles over seeds × \(regionName)s × fits; r² = 1 − 12 MSE, ridge.",
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

  // MARK: Conditions

  /// Groups that differ in nothing but their number of tasks: a panel of a figure.
  struct Condition {
    /// What sets it apart from the others, for people.
    let title: String
    /// The same as part of a file's name.
    let slug: String
    /// By number of tasks.
    let groups: [RunGroup]
  }

  /// The most conditions that the figures show side by side; the table has all.
  private static let largestCount = 6

  var conditions: [Condition] { Array(allConditions.prefix(Self.largestCount)) }

  /// What a caption says where conditions are left out of the figures.
  var omission: String {
    let count = allConditions.count
    return count > Self.largestCount
      ? " Shown are the first \(Self.largestCount) of \(count) conditions; the table has all." : ""
  }

  private var allConditions: [Condition] {
    var order: [JSONValue] = []
    for group in groups where !order.contains(group.condition) { order.append(group.condition) }
    let encoders = Set(groups.map(\.encoder))
    return order.compactMap { condition in
      let members = groups.filter { $0.condition == condition }.sorted { $0.tasks < $1.tasks }
      guard let first = members.first else { return nil }
      let differences = first.differences(among: groups)
      var parts = differences.map { difference in
        difference.key == "network.architecture"
          ? Self.title(ofArchitecture: difference.value) : "\(difference.key)=\(difference.value)"
      }
      if encoders.count > 1 || parts.isEmpty { parts.append(Self.title(ofEncoder: first.encoder)) }
      var words = differences.map(\.value)
      if encoders.count > 1 || words.isEmpty { words.append(first.encoder) }
      let slug = words.joined(separator: "-").map { $0.isLetter || $0.isNumber ? $0 : "-" }
      return Condition(
        title: parts.joined(separator: ", "),
        slug: String(slug),
        groups: members
      )
    }
  }

  static func title(ofEncoder kind: String) -> String {
    switch kind {
    case "relu": "the paper's encoder (relu)"
    case "none": "no encoder"
    default: "encoder \(kind)"
    }
  }

  static func title(ofArchitecture name: String) -> String {
    switch name {
    case "leakyRNN": "leaky RNN"
    case "rnn": "non-leaky RNN"
    case "lstm": "LSTM"
    case "gru": "GRU"
    case "gpt2": "GPT-2"
    case "feedForward": "feed-forward"
    case "ideal": "ideal observer"
    default: name
    }
  }
}

extension String {
  var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
