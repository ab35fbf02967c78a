import Compute
import Experiments
import Files

/// The page that shows the world of a spec before anything is trained: what is hidden, what is
/// asked, what is seen.
package struct WorldReport {
  let portrait: WorldPortrait
  let command: String

  /// - Parameters:
  ///   - portrait: What is drawn.
  ///   - command: What makes the page again.
  package init(_ portrait: WorldPortrait, command: String) {
    self.portrait = portrait
    self.command = command
  }

  package var page: ReportPage {
    ReportPage(
      title: "The world of a spec",
      headline: headline,
      finding: finding,
      notes: notes,
      table: table,
      sections: [
        .init("What is hidden, and what is asked about it", figures: [latentsFigure, tasksFigure]),
        .init("One trial", figures: [trialFigure, answersFigure]),
        .init("What the network sees", figures: [featuresFigure]),
        noiseSection,
      ],
      specification: portrait.spec.resolved.pretty,
      provenance: [
        .init("algorithm", String(RunSpec.algorithmVersion)),
        .init("commit", Build.current.commit ?? "unknown"),
        .init("kernel", Kernel.active.name),
        .init("rngScheme", String(RandomStream.scheme)),
        .init("version", Build.current.version),
      ],
      command: command
    )
  }

  /// The settings and what they come to, for a terminal.
  package var text: String {
    let width = settings.map(\.name.count).max() ?? 0
    return settings.flatMap { setting in
      setting.value.wrapped(at: 97 - width).enumerated().map { line, value in
        let name = line == 0 ? setting.name : ""
        return name + String(repeating: " ", count: width - name.count + 2) + value
      }
    }.joined(separator: "\n")
  }

  // MARK: Words

  /// A key's value as the spec has it; empty where it means nothing there.
  func value(_ key: String) -> String {
    SpecSchema.field(key)?.value(in: portrait.spec)?.description ?? ""
  }

  func number(_ key: String) -> Double { Double(value(key)) ?? 0 }

  /// What the chosen value of a key stands for, in the words of `explain`.
  private func meaning(_ key: String) -> String {
    guard case .choice(let choices)? = SpecSchema.field(key)?.kind else { return "" }
    return choices.first { $0.name == value(key) }?.meaning ?? ""
  }

  private func has(_ key: String) -> Bool { !value(key).isEmpty }

  var dimensions: Int { portrait.trial.latent.count }

  var version: String {
    "version \(Build.current.version)" + (Build.current.commit.map { ", commit \($0)" } ?? "")
  }

  private var headline: String {
    "\(counted(portrait.tasks.total, "task")) (\(value("tasks.boundaries"))) ask about "
      + "\(dimensions) latents. A trial lasts \(counted(portrait.trial.totalSteps, "step")) of "
      + "\(value("timing.step")) ms; encoder: \(value("encoder.kind")); noise: \(noiseInWords). "
      + "Nothing was trained."
  }

  private var finding: String {
    let shares = portrait.tasks.sharesAbove
    let (least, most) = (shares.min() ?? 0, shares.max() ?? 0)
    let range =
      most - least < 0.005
      ? "\(percent(mean(shares))) of the latents"
      : "between \(percent(least)) and \(percent(most)) of the latents"
    let alike = portrait.tasks.effectiveCount.map {
      ", and the tasks' answers are as diverse as those of \(fixed($0, 1)) uncorrelated ones"
    }
    return "Above a boundary lie \(range)\(alike ?? ""). "
      + "A trial is asked about \(average(portrait.answers.tasksPerTrial)) of "
      + "\(counted(portrait.tasks.total, "task")), in \(average(portrait.answers.answersPerTrial)) "
      + "answers."
  }

  private var notes: [ReportPage.Note] {
    var notes = portrait.spec.warnings.map { ReportPage.Note(.warning, $0.message) }
    let constant = portrait.tasks.constantTasks
    if !constant.isEmpty {
      let names = constant.prefix(8).map { String($0 + 1) }.joined(separator: ", ")
      notes.append(
        .init(
          .warning,
          "\(counted(constant.count, "task")) had the same answer for all "
            + "\(portrait.tasks.sampleSize) latents: \(names)\(constant.count > 8 ? ", …" : "")."
        )
      )
    }
    if portrait.tasks.shown < portrait.tasks.total {
      notes.append(
        .init(.note, "Of \(portrait.tasks.total) tasks \(portrait.tasks.shown) are drawn.")
      )
    }
    return notes
  }

  var noiseInWords: String {
    let feature = value("noise.place") == "after"
    let deviation = feature ? value("encoder.deviation") : value("noise.deviation")
    let place = feature ? " behind the encoder" : ""
    switch value("noise.kind") {
    case "anisotropic":
      return "Gaussian, σ from \(deviation) for x₁ to "
        + "\(trimmed(number("noise.deviation") * number("noise.anisotropy"))) for "
        + latentName(dimensions - 1)
    case "autoregressive":
      return "Gaussian, AR(1) with ρ = \(value("noise.correlation")), σ = \(deviation)"
    case "gumbel":
      return "Gumbel of scale \(deviation)"
    default:
      return portrait.noise == nil ? "none" : "white, Gaussian, σ = \(deviation)\(place)"
    }
  }

  // MARK: The table

  private struct Setting {
    let name: String
    let value: String
  }

  private var table: ReportTable {
    ReportTable(
      caption: "The world in words; the whole spec stands at the end.",
      columns: [.init("what", isNumeric: false), .init("value", isNumeric: false)],
      rows: settings.map { [.init($0.name), .init($0.value)] }
    )
  }

  private var settings: [Setting] {
    [
      Setting(name: "latents", value: latentsInWords),
      Setting(name: "tasks", value: tasksInWords),
      Setting(name: "diversity", value: diversityInWords),
      Setting(name: "noise", value: noiseInWords),
      Setting(name: "encoder", value: "\(value("encoder.kind")): \(meaning("encoder.kind"))"),
      Setting(name: "timing", value: timingInWords),
      Setting(name: "target", value: targetInWords),
      Setting(name: "asked", value: askedInWords),
      Setting(name: "a trial gets", value: labelsInWords),
      Setting(name: "withheld", value: withheldInWords),
    ]
  }

  private var latentsInWords: String {
    let correlation = value("latent.correlation")
    let copula = correlation == "0" ? "independent" : "Gaussian copula with ρ = \(correlation)"
    return "D = \(dimensions), each uniform on [−0.5, 0.5], \(copula)"
  }

  private var tasksInWords: String {
    var parts = [
      "N = \(portrait.tasks.total)", "\(value("tasks.boundaries")): \(meaning("tasks.boundaries"))",
    ]
    if has("tasks.offset"), number("tasks.offset") > 0 {
      parts.append("offsets up to ±\(value("tasks.offset"))")
    }
    if has("tasks.cone"), number("tasks.cone") < 180 {
      parts.append("normals within \(value("tasks.cone"))° of x₁")
    }
    if has("tasks.radius") { parts.append("radii up to \(value("tasks.radius"))·√(D/2)") }
    if value("tasks.copies") != "1" { parts.append("each \(value("tasks.copies")) times") }
    return parts.joined(separator: "; ")
  }

  private var diversityInWords: String {
    guard let count = portrait.tasks.effectiveCount else {
      return "not computed for more than \(WorldPortrait.mostTasks) tasks"
    }
    return "as diverse as \(fixed(count, 1)) uncorrelated tasks (participation ratio of answers)"
  }

  private var timingInWords: String {
    var parts = TrialPortrait.Period.allCases.map {
      "\($0.rawValue) \(value("timing.\($0.rawValue)"))"
    }
    if number("timing.free") > 0 {
      parts[1] =
        "stimulus \(value("timing.free")) to \(value("timing.stimulus")), drawn for each trial, "
        + "evidence on during the decision"
    }
    let rows = number("timing.trialsInARow")
    return parts.joined(separator: ", ") + " steps of \(value("timing.step")) ms"
      + (rows > 1 ? "; \(value("timing.trialsInARow")) trials in a row without reset" : "")
  }

  private var targetInWords: String {
    var parts = [meaning("training.target")]
    if has("training.loss") { parts.append(meaning("training.loss")) }
    if has("training.evidence") {
      parts += [meaning("training.evidence"), "bound \(value("training.bound"))"]
    }
    if has("tasks.labelNoise"), number("tasks.labelNoise") > 0 {
      parts.append("\(percent(number("tasks.labelNoise"))) of the labels turned around")
    }
    return parts.joined(separator: "; ")
  }

  private var askedInWords: String {
    var parts = [meaning("training.supervision")]
    if value("tasks.interleaved") != "none" { parts.append(meaning("tasks.interleaved")) }
    if has("tasks.labelled"), number("tasks.labelled") < 1 {
      parts.append("a random \(percent(number("tasks.labelled"))) of the tasks in each trial")
    }
    return parts.joined(separator: "; ")
  }

  private var labelsInWords: String {
    let answers = portrait.answers
    let steps =
      "\(average(answers.tasksPerTrial)) of \(portrait.tasks.total) tasks, "
      + "\(average(answers.answersPerTrial)) answers"
    return steps
      + (answers.unlabelledTrials > 0
        ? "; \(answers.unlabelledTrials) of \(answers.trials) trials get none" : "")
  }

  var withheldInWords: String {
    guard value("training.holdOut") != "none" else { return "nothing" }
    return "\(value("training.holdOut")) \(meaning("training.region"))"
  }
}

extension String {
  /// Lines of at most so many letters, broken between words.
  fileprivate func wrapped(at width: Int) -> [String] {
    var lines: [String] = []
    for word in split(separator: " ") {
      if let last = lines.last, last.count + 1 + word.count <= width {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}

// Numbers as words.
func percent(_ share: Double) -> String {
  "\(fixed(100 * share, share > 0 && share < 0.01 ? 1 : 0)) %"
}

/// A mean, whole where it is a whole number.
private func average(_ value: Double) -> String {
  value == value.rounded() ? fixed(value, 0) : fixed(value, 1)
}

/// Three decimals at most.
func trimmed(_ value: Double) -> String {
  var text = fixed(value, 3)
  while text.hasSuffix("0") { text.removeLast() }
  if text.hasSuffix(".") { text.removeLast() }
  return text
}

/// x₁ for the first latent, which is counted as 0 here.
func latentName(_ index: Int) -> String {
  let digits: [Character] = ["₀", "₁", "₂", "₃", "₄", "₅", "₆", "₇", "₈", "₉"]
  return "x" + String(String(index + 1).compactMap { $0.wholeNumberValue }.map { digits[$0] })
}
