import Experiments
import Theory

/// Forecasts as text for a terminal, a column for each spec.
package struct ForecastTable {
  private let forecasts: [Forecast]
  private let titles: [String]

  /// - Parameters:
  ///   - forecasts: At least one.
  ///   - sweptKeys: The keys whose values tell the specs apart.
  package init(_ forecasts: [Forecast], sweptKeys: [String]) {
    self.forecasts = forecasts
    titles = forecasts.map { forecast in
      sweptKeys.map { key in
        let value = SpecSchema.field(key)?.value(in: forecast.spec)?.description ?? "–"
        return "\(key.split(separator: ".").last ?? "")=\(value)"
      }.joined(separator: " ")
    }
  }

  private static func heading(_ kind: Forecast.Kind) -> String {
    switch kind {
    case .bound: "Bounds: nothing that is trained exceeds them"
    case .reference: "References: other readers, to compare with"
    case .floor: "Floors: what is worth nothing"
    case .prediction: "Predictions: the saturation law"
    }
  }

  package var text: String {
    var lines: [String] = []
    var reasons: [String] = []
    for kind in Forecast.Kind.allCases {
      let indices = forecasts[0].lines.indices.filter { forecasts[0].lines[$0].kind == kind }
      var rows = [[Self.heading(kind), ""] + titles]
      for index in indices {
        let line = forecasts[0].lines[index]
        // A name that says a number, such as how many looks there are, holds for its own spec.
        let isShared = forecasts.allSatisfy { $0.lines[index].name == line.name }
        let comma = isShared ? nil : line.name.lastIndex(of: ",")
        let name = line.name[..<(comma ?? line.name.endIndex)]
        var cells = ["  " + name, line.status.rawValue]
        for forecast in forecasts {
          let own = forecast.lines[index]
          if let reason = own.reason {
            if !reasons.contains(reason) { reasons.append(reason) }
            cells.append("– (\((reasons.firstIndex(of: reason) ?? 0) + 1))")
          } else {
            cells.append(Self.value(own))
          }
        }
        rows.append(cells)
      }
      lines += Self.aligned(rows, firstWidth: 46, secondWidth: 11) + [""]
    }
    lines.append("r² = \(Forecast.boxBaseline); losses in nats.")
    lines.append("proven: closed form or quadrature; checked: simulated, ± standard error;")
    lines.append("approximate: the saturation law, with outputs that go blind at ε.")
    for (index, reason) in reasons.enumerated() { lines.append("(\(index + 1)) \(reason)") }
    return lines.joined(separator: "\n")
  }

  /// Whether the theorem's conditions hold, and how well.
  package var conditions: String {
    forecasts.indices.map { index in
      let conditions = forecasts[index].conditions
      var rows = [
        ["The latent from exact outputs", conditions.verdict.word],
        ["  how this is known", conditions.verdict.status],
        ["tasks, latents", "\(conditions.tasks), \(conditions.dimensions)"],
      ]
      if let frame = conditions.frame {
        let random = Conditions.Frame.random(
          tasks: conditions.tasks,
          dimensions: conditions.dimensions
        )
        let tight = Conditions.Frame.tightNoiseGain(
          tasks: conditions.tasks,
          dimensions: conditions.dimensions
        )
        rows += [
          ["rank of the normals", String(frame.rank)],
          [
            "condition number",
            "\(fixed(frame.conditionNumber, 3))  (tight frame 1, many random normals "
              + "\(fixed(random?.conditionNumber, 3)))",
          ],
          [
            "noise gain tr[(CᵀC)⁻¹]/D",
            "\(fixed(frame.noiseGain, 4))  (tight frame \(fixed(tight, 4)), random normals "
              + "\(fixed(random?.noiseGain, 4)))",
          ],
        ]
      } else {
        rows.append(["rank of the normals", "– (curved boundaries)"])
        if let information = forecasts[index].information {
          func shown(_ value: Double) -> String { value < 1e-4 ? "0.0000" : fixed(value, 4) }
          rows.append([
            "least information of labels",
            "\(shown(information.median))  (quartiles \(shown(information.lower)), "
              + "\(shown(information.upper)); the looks 1)",
          ])
        }
      }
      let title = titles[index].isEmpty ? [] : [titles[index]]
      return
        (title + Self.aligned(rows, firstWidth: 30, secondWidth: nil)
        + [
          conditions.verdict.reason(tasks: conditions.tasks, dimensions: conditions.dimensions)
            + "."
        ]).joined(separator: "\n")
    }.joined(separator: "\n\n")
  }

  private static func value(_ line: Forecast.Line) -> String {
    guard let value = line.value else { return "–" }
    if line.baseline == "tasks" { return fixed(value, 0) }
    let digits = line.status == .proven ? 5 : line.status == .checked ? 4 : 3
    let error = line.error.map { " ± \(fixed($0, digits, leadingZero: false))" } ?? ""
    return fixed(value, digits, leadingZero: false) + error
  }

  /// Columns: the first two to the left, numbers to the right.
  private static func aligned(
    _ rows: [[String]],
    firstWidth: Int,
    secondWidth: Int?
  ) -> [String] {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      let widest = rows.compactMap { column < $0.count ? $0[column].count : nil }.max() ?? 0
      return column == 0 ? max(firstWidth, widest) : column == 1 ? secondWidth ?? 0 : widest
    }
    return rows.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        let padding = String(repeating: " ", count: max(0, widths[column] - cell.count))
        line += column < 2 ? cell + padding + " " : padding + cell + "  "
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}
