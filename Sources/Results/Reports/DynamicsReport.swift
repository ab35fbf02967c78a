import Analysis
import Compute
import Experiments
import Files

/// The page on a subject's dynamics: fixed points, eigenvalues, drift, the hold test, and what the
/// system is called by which thresholds.
package struct DynamicsReport {
  let portrait: DynamicsPortrait
  let command: String

  /// - Parameters:
  ///   - portrait: What was found.
  ///   - command: What makes the page again.
  package init(_ portrait: DynamicsPortrait, command: String) {
    self.portrait = portrait
    self.command = command
  }

  package var page: ReportPage {
    var sections: [ReportPage.Section] = [
      .init(
        "States, and where they stand still",
        paragraphs: [searchInWords],
        figures: [stateSpaceFigure]
      ),
      .init(
        "How fast directions forget",
        paragraphs: [anglesInWords],
        figures: [eigenvalueFigure, amplificationFigure]
      ),
    ]
    sections.append(
      .init(
        "Where states drift",
        paragraphs: driftFigure == nil
          ? [
            "Drift is drawn for two latents alone: the places of \(dimensions) lie in no plane. Its "
              + "speed stands at the top."
          ] : [],
        figures: driftFigure.map { [$0] } ?? []
      )
    )
    sections.append(
      .init(
        "The hold test",
        paragraphs: [
          """
          After the last look the cue stays on and nothing is shown. A decoder that was fitted at \
          the last look asks whether the state stays in its place; one that is fitted anew after \
          every number of steps asks whether the state still tells the latents apart. Without noise \
          that asks only whether the map can be inverted: a state that has shrunk to a millionth is \
          read as well. So it is asked again of states with noise of a hundredth of their spread at \
          the last look, and that answer counts. Blank steps \
          are evidence too: an observer who takes each for a look at zero shrinks its estimate by \
          K/(K + k).
          """
        ],
        figures: [holdFigure]
      )
    )
    return ReportPage(
      title: "The dynamics of a network",
      headline: headline,
      finding: finding,
      table: table,
      sections: sections,
      specification: portrait.spec.resolved.pretty,
      provenance: provenance(),
      command: command
    )
  }

  /// The verdict and what it rests on, for a terminal.
  package var text: String {
    let rows = portrait.verdict.criteria
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(0, width - text.count))
    }
    let lines = rows.map { row in
      "  " + padded(row.name, 16) + padded(fixed(row.value, 3), 10)
        + padded(Self.demand(row.attractor, row) + (row.isMet(for: .attractor) ? "" : " ✗"), 12)
        + (row.slowManifold.map {
          Self.demand($0, row) + (row.isMet(for: .slowManifold) ? "" : " ✗")
        } ?? "–")
    }
    let head =
      "  " + padded("", 16) + padded("value", 10) + padded("attractor", 12) + "slow manifold"
    return ([headline, "", finding, "", head] + lines).joined(separator: "\n")
  }

  private static func demand(
    _ threshold: Double,
    _ criterion: AttractorVerdict.Criterion
  ) -> String {
    "\(criterion.isLeast ? "≥" : "≤") \(fixed(threshold, 2))"
  }

  // MARK: Words

  var version: String {
    "version \(Build.current.version)" + (Build.current.commit.map { ", commit \($0)" } ?? "")
  }

  var dimensions: Int { portrait.spec.paradigm.dimensions }
  private var looks: Int { portrait.report.limit.steps }

  private static func words(_ kind: AttractorVerdict.Kind) -> String {
    switch kind {
    case .attractor: "a continuous attractor"
    case .slowManifold: "a slow manifold, not an attractor"
    case .neither: "neither an attractor nor a slow manifold"
    }
  }

  private var headline: String {
    let count = portrait.components.mean.count
    return "\(portrait.name): \(count) state variables under the cue with the latent at zero; "
      + "\(portrait.plan.starts) searches from states of its trials, \(portrait.movedCount) of them "
      + "moved by noise."
  }

  private var finding: String {
    let moduli = (0...dimensions).compactMap { rank in
      Quartiles(of: portrait.report.spectra.compactMap { $0.count > rank ? $0[rank].modulus : nil })
    }
    let leading = moduli.prefix(dimensions).map { fixed($0.median, 3) }
      .joined(separator: ", ")
    let next = moduli.count > dimensions ? fixed(moduli[dimensions].median, 2) : "–"
    let drift = Quartiles(of: portrait.report.driftSpeeds)
    let report = portrait.report
    return "\(percent(report.rightCountShare)) of its states have exactly "
      + "\(counted(dimensions, "slow direction")), \(percent(report.settledRightCountShare)) once "
      + "settled. By what holds in nine tenths of the latent box it is "
      + "\(Self.words(portrait.verdict.kind)), by what holds in half of it "
      + "\(Self.words(portrait.lenientVerdict.kind)). At its own states the largest |λ| are "
      + "\(leading), the next \(next) (medians over \(report.spectra.count) places). The sheet drifts by "
      + "\(fixed(drift?.median, 4)) [\(fixed(drift?.lower, 4)), \(fixed(drift?.upper, 4))] latent "
      + "units a step. After \(looks) blank steps r² is "
      + "\(fixed(report.hold.fixed(after: looks), 2)) with the decoder as it was and "
      + "\(fixed(report.hold.refitted(after: looks), 2)) fitted anew "
      + "(\(fixed(report.hold.blurred(after: looks), 2)) from states with noise), from "
      + "\(fixed(report.hold.fixed(after: 0), 2))."
  }

  private var searchInWords: String {
    let (fixedSearch, slow) = (portrait.fixed, portrait.slow)
    let minima = fixedSearch.stalls.count { $0.isMinimum }
    let beside = fixedSearch.points.count { $0.movedStarts == $0.starts }
    return "Of \(portrait.plan.starts) searches \(fixedSearch.convergedCount) ended at a fixed "
      + "point (q ≤ \(scientific(portrait.plan.search.tolerance))): "
      + "\(counted(fixedSearch.points.count, "different one")) near the trials and "
      + "\(fixedSearch.outliers.count) far from them. \(portrait.movedCount) started from states that "
      + "noise had moved, and \(beside) of those near the trials were found from such alone. "
      + "\(fixedSearch.leapedCount) of these searches "
      + "ended by undamped steps, where a descent had stalled or from a moved start. \(fixedSearch.stalls.count) found nothing, "
      + "\(minima) of them at a minimum of q, the others at a kink of the map or out of steps. States on their way "
      + "at which the network would drift by no more than \(portrait.doubtInWords) in "
      + "\(counted(looks, "step")) "
      + "(q ≤ \(scientific(portrait.report.slowSpeed))) are "
      + "\(counted(slow.points.count, "slow point")), which cover "
      + "\(percent(portrait.report.coverage(by: slow.points))) of the latent box. "
      + "More searches pass more slow points, so that this is a lower bound; "
      + (portrait.verdict.turnsOnCoverage || portrait.lenientVerdict.turnsOnCoverage
        ? "it is all that is missing for an attractor here: more of them (--starts) may change the name."
        : "no name turns on it here.")
  }

  private var anglesInWords: String {
    func medians(_ lists: [[Double]]) -> String {
      (0..<dimensions).compactMap { rank in
        Quartiles(of: lists.compactMap { $0.count > rank ? $0[rank] : nil })
      }.map { fixed($0.median, 1) + "°" }.joined(separator: ", ")
    }
    let report = portrait.report
    return "Principal angles between the plane of the slowest directions and that in which settled "
      + "states move with the latents just there: \(medians(report.tangentAngles)); between it and the "
      + "plane of the encoding axes, an average over the whole sheet: \(medians(report.planeAngles)) "
      + "(medians over places). Where the first are small and the second are not, what is slow is the "
      + "sheet, and the sheet is bent."
  }

  private var table: ReportTable {
    ReportTable(
      caption: "What it is called, and why: an attractor meets everything that is asked of it, a "
        + "slow manifold what is asked of that. Crosses: not met.",
      columns: [
        .init("criterion", isNumeric: false), .init("value"), .init("attractor asks"),
        .init("slow manifold asks"),
      ],
      rows: portrait.verdict.criteria.map { criterion in
        [
          .init(criterion.question),
          .init(fixed(criterion.value, 3)),
          .init(
            Self.demand(criterion.attractor, criterion),
            detail: criterion.isMet(for: .attractor) ? nil : "✗ not met"
          ),
          .init(
            criterion.slowManifold.map { Self.demand($0, criterion) } ?? "–",
            detail: criterion.isMet(for: .slowManifold) ? nil : "✗ not met"
          ),
        ]
      }
    )
  }
}

/// The page on a transformer: the geometry of its last layer.
package struct TransformerReport {
  let portrait: TransformerPortrait
  let command: String

  package init(_ portrait: TransformerPortrait, command: String) {
    self.portrait = portrait
    self.command = command
  }

  package var page: ReportPage {
    ReportPage(
      title: "The last layer of a transformer",
      headline: "\(portrait.name): states and value vectors of the last layer.",
      finding: "No fixed points: \(TransformerPortrait.reason).",
      table: table,
      sections: [.init("How many dimensions they fill", figures: [varianceFigure])],
      specification: portrait.spec.resolved.pretty,
      provenance: provenance(),
      command: command
    )
  }

  package var text: String {
    let lines = portrait.parts.map { part in
      "  \(part.name) at the \(part.step): participation ratio "
        + "\(fixed(part.participationRatio, 2)), r² in distribution \(fixed(part.r2, 3)), "
        + "encoding axes at \(Self.angles(of: part, decimals: 0))"
        + (part.reason.map { " (\($0))" } ?? "")
    }
    return (["\(portrait.name): \(TransformerPortrait.reason)", ""] + lines)
      .joined(separator: "\n")
  }

  private var table: ReportTable {
    ReportTable(
      caption:
        "States behind the last norm, and the values that the last layer's attention averages; "
        + "r² of a ridge decoder in distribution.",
      columns: [
        .init("vectors", isNumeric: false), .init("participation ratio"), .init("r²"),
        .init("angle of encoding axes"),
      ],
      rows: portrait.parts.map { part in
        [
          .init("\(part.name), \(part.step)", detail: part.reason),
          .init(fixed(part.participationRatio, 2)),
          .init(fixed(part.r2, 3)),
          .init(Self.angles(of: part, decimals: 1)),
        ]
      }
    )
  }

  /// A dash where there are none.
  private static func angles(of part: TransformerPortrait.Geometry, decimals: Int) -> String {
    part.encodingAngles.map { angles in
      angles.map { fixed($0, decimals) + "°" }.joined(separator: ", ")
    } ?? "–"
  }

  private var varianceFigure: Figure {
    let marks = portrait.parts.enumerated().compactMap { index, part in
      part.shares.map { shares in
        Mark.medians(
          "\(part.name), \(part.step)",
          .condition(index),
          shares.prefix(10).enumerated().map { DataPoint(Double($0 + 1), $1) }
        )
      }
    }
    let constant = portrait.parts.filter { $0.shares == nil }.map { "\($0.name) at the \($0.step)" }
    return Figure(
      name: "variance",
      title: "Variance by principal component",
      caption:
        "Share of the variance that each principal component carries, of states and of value "
        + "vectors of the last layer, at the last look and at the decision. "
        + (constant.isEmpty
          ? ""
          : "Not drawn, as the same in every trial: \(constant.joined(separator: ", ")). ")
        + "One network.",
      alternative: "Shares of the first components: "
        + portrait.parts.map { "\($0.name) at the \($0.step) \(fixed($0.shares?.first, 2))" }
        .joined(separator: ", ") + ".",
      width: .oneColumn,
      panels: [
        Panel(
          "",
          PlanePlot(
            horizontal: Axis(
              "principal component",
              range: 0.5...10.5,
              ticks: (1...10).map { Axis.Tick(Double($0), "\($0)") }
            ),
            vertical: Axis("share of variance", range: 0...1, expectedStart: 0),
            marks: marks
          )
        )
      ]
    )
  }
}

private func provenance() -> [ReportPage.Provenance] {
  [
    .init("commit", Build.current.commit ?? "unknown"),
    .init("kernel", Kernel.active.name),
    .init("rngScheme", String(RandomStream.scheme)),
    .init("version", Build.current.version),
  ]
}

/// `2 × 10⁻⁷` as plain text: `2e-7`.
func scientific(_ value: Double) -> String {
  guard value > 0, value.isFinite else { return fixed(value, 1) }
  var (digits, exponent) = (value, 0)
  while digits >= 9.95 { (digits, exponent) = (digits / 10, exponent + 1) }
  while digits < 0.995 { (digits, exponent) = (digits * 10, exponent - 1) }
  return "\(fixed(digits, 1))e\(exponent)"
}
