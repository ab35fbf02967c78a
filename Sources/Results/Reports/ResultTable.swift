import Compute
import Experiments

/// Results as text for a terminal: each value beside its ceiling and its floors.
package struct ResultTable {
  private let groups: [RunGroup]

  package init(_ records: [RunRecord]) { groups = RunGroup.groups(records) }

  private struct Column: Sendable {
    let titles: [String]
    let isText: Bool
    let cell: @Sendable (RunGroup) -> String

    init(_ titles: [String], isText: Bool = false, cell: @escaping @Sendable (RunGroup) -> String) {
      self.titles = titles
      self.isText = isText
      self.cell = cell
    }
  }

  private static let columns = [
    Column(["encoder", ""], isText: true) { $0.encoder },
    Column(["tasks", ""]) { String($0.tasks) },
    Column(["OOD r²", "held out"]) { r2($0, "r2.ood") },
    Column(["ceiling", ""]) { fixed($0.ceiling("r2.any"), 3, leadingZero: false) },
    Column(["encoder", "alone"]) { r2($0, "floor.encoder.r2.ood") },
    Column(["un-", "trained"]) { r2($0, "floor.untrained.r2.ood") },
    Column(["gain", ""]) { r2($0, "gain") },
    Column(["in-dis-", "tribution"]) { r2($0, "r2.id") },
    Column(["loss", "(floor)"]) { group in
      fixed(group.training("loss"), 4, leadingZero: false)
        + " (\(fixed(group.ceiling("loss"), 4, leadingZero: false)))"
    },
    Column(["accuracy", "(ceiling)"]) { group in
      fixed(group.training("accuracy"), 3, leadingZero: false)
        + " (\(fixed(group.ceiling("accuracy"), 3, leadingZero: false)))"
    },
  ]

  private static func r2(_ group: RunGroup, _ measurement: String) -> String {
    fixed(group.quartiles(measurement)?.median, 3, leadingZero: false)
  }

  package var text: String {
    var rows = [0, 1].map { line in Self.columns.map { $0.titles[line] } }
    rows += groups.map { group in Self.columns.map { $0.cell(group) } }
    let widths = Self.columns.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    var lines = rows.map { row in
      row.indices.map { column in
        let padding = String(repeating: " ", count: widths[column] - row[column].count)
        return Self.columns[column].isText ? row[column] + padding : padding + row[column]
      }
      .joined(separator: "  ")
      .trimmedAtEnd
    }
    // Below the row, so that rows stay within a hundred columns.
    for (index, group) in groups.enumerated().reversed() {
      let label = group.label(among: groups)
      let diverged =
        group.divergedCount > 0 ? "\(group.divergedCount) of \(group.records.count) diverged" : ""
      let remark = [label, diverged].filter { !$0.isEmpty }.joined(separator: "; ")
      if !remark.isEmpty { lines.insert("  ^ \(remark)", at: index + 3) }
    }
    let counts = Set(groups.compactMap { $0.quartiles("r2.ood")?.count }).sorted()
    lines.append("")
    guard !counts.isEmpty else { return lines.joined(separator: "\n") }
    lines.append(
      "Medians over seeds × held-out regions × fits (n = \(counts.map(String.init).joined(separator: ", "))"
        + "); r² = 1 − 12 MSE, ridge decoder."
    )
    return lines.joined(separator: "\n")
  }
}

extension String {
  fileprivate var trimmedAtEnd: String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}
