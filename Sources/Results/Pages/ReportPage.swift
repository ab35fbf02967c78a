import Files

/// What a report says, in plain texts, from the finding down to the line that repeats it.
package struct ReportPage: Hashable, Sendable {
  package var title: String
  /// What was run, in one sentence.
  package var headline: String
  /// What came out, in one more, with its number and interval.
  package var finding: String
  package var notes: [Note]
  package var table: ReportTable?
  package var sections: [Section]
  /// The whole specification, as it would be typed.
  package var specification: String?
  /// What it was made with: pairs of a name and a value.
  package var provenance: [Provenance]
  /// The command that repeats it.
  package var command: String

  package init(
    title: String,
    headline: String,
    finding: String,
    notes: [Note] = [],
    table: ReportTable? = nil,
    sections: [Section] = [],
    specification: String? = nil,
    provenance: [Provenance] = [],
    command: String
  ) {
    self.title = title
    self.headline = headline
    self.finding = finding
    self.notes = notes
    self.table = table
    self.sections = sections
    self.specification = specification
    self.provenance = provenance
    self.command = command
  }

  package struct Note: Hashable, Sendable {
    package enum Kind: String, Sendable {
      case note = "Note"
      case warning = "Warning"
    }

    package let kind: Kind
    package let text: String

    package init(_ kind: Kind, _ text: String) {
      self.kind = kind
      self.text = text
    }
  }

  package struct Section: Hashable, Sendable {
    package let title: String
    package let paragraphs: [String]
    package let figures: [Figure]

    package init(_ title: String, paragraphs: [String] = [], figures: [Figure]) {
      self.title = title
      self.paragraphs = paragraphs
      self.figures = figures
    }
  }

  package struct Provenance: Hashable, Sendable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  package var figures: [Figure] { sections.flatMap(\.figures) }
}

// The page of it.
extension ReportPage {
  /// The report as a page.
  ///
  /// - Parameters:
  ///   - files: Which files lie beside the page for each figure, by the figure's name.
  ///   - hasPlotly: Whether plotly.min.js lies beside the page.
  ///   - remarks: What is missing in the report, and how to get it.
  /// - Returns: The page, to be written beside these files.
  func page(files: [String: [String]], hasPlotly: Bool, remarks: [String]) -> Page {
    var parts = [
      "<header>",
      "<h1>\(title.escapedForHTML)</h1>",
      "<p>\(headline.escapedForHTML)</p>",
      "<p class=\"finding\">\(finding.escapedForHTML)</p>",
      "</header>",
      "<main>",
    ]
    for note in notes + remarks.map({ Note(.note, $0) }) {
      let style = note.kind == .warning ? "note warning" : "note"
      parts.append(
        "<p class=\"\(style)\" role=\"note\"><strong>\(note.kind.rawValue).</strong> "
          + "\(note.text.escapedForHTML)</p>"
      )
    }
    if hasPlotly {
      parts.append(
        "<p class=\"note plotly-missing\" role=\"note\" hidden><strong>Note.</strong> "
          + "plotly.min.js is no longer beside this page, so the figures are pictures.</p>"
      )
    }
    if let table { parts.append(table.html) }
    for section in sections {
      parts.append("<section>\n<h2>\(section.title.escapedForHTML)</h2>")
      parts += section.paragraphs.map { "<p>\($0.escapedForHTML)</p>" }
      parts += section.figures.map {
        html(of: $0, files: files[$0.name] ?? [], hasPlotly: hasPlotly)
      }
      parts.append("</section>")
    }
    parts.append(closing)
    parts.append("</main>")
    return Page(
      title: title,
      body: parts.joined(separator: "\n"),
      scripts: hasPlotly ? ["plotly.min.js", PageScript.name] : [],
      plotCount: hasPlotly ? figures.count : 0
    )
  }

  private func html(of figure: Figure, files: [String], hasPlotly: Bool) -> String {
    let alternative = figure.alternative.escapedForHTML
    let style = figure.width == .oneColumn ? "plot one-column" : "plot"
    let picture =
      files.contains("svg")
      ? "<img src=\"figures/\(figure.name).svg\" alt=\"\(alternative)\">"
      : "<p>No picture was drawn; the numbers are in the CSV file.</p>"
    let links = files.map { ending in
      "<a href=\"figures/\(figure.name).\(ending)\">\(Self.linkText(for: ending))</a>"
    }
    var parts = [
      "<figure id=\"\(figure.name)\" aria-labelledby=\"\(figure.name)-title\">",
      "<h3 id=\"\(figure.name)-title\">\(figure.title.escapedForHTML)</h3>",
      "<div class=\"\(style)\" id=\"\(figure.name)-plot\" role=\"img\" "
        + "aria-label=\"\(alternative)\">"
        + "\(picture)</div>",
      "<figcaption>\(figure.fullCaption.escapedForHTML)</figcaption>",
      "<p class=\"files\">\(links.joined(separator: " · "))</p>",
      "</figure>",
    ]
    if hasPlotly {
      // No text may end the element that holds it, so `<` is written by its number.
      let data = PlotlyFigure(figure).embedded.compact.replacing("<", with: "\\u003c")
      parts.insert(
        "<script type=\"application/json\" class=\"\(PageScript.dataClass)\" "
          + "data-for=\"\(figure.name)-plot\">\(data)</script>",
        at: 3
      )
    }
    return parts.joined(separator: "\n")
  }

  private static func linkText(for ending: String) -> String {
    switch ending {
    case "svg": "SVG"
    case "pdf": "PDF"
    case "csv": "numbers (CSV)"
    case "plotly.json": "Plotly (JSON)"
    case "gp": "gnuplot script"
    default: ending.escapedForHTML
    }
  }

  private var closing: String {
    var parts = ["<section>", "<h2>How this was made</h2>"]
    if !provenance.isEmpty {
      let rows = provenance.map {
        "<tr><th scope=\"row\">\($0.name.escapedForHTML)</th>"
          + "<td>\($0.value.escapedForHTML)</td></tr>"
      }
      parts.append(
        "<table class=\"provenance\">\n<tbody>\n\(rows.joined(separator: "\n"))\n</tbody>\n</table>"
      )
    }
    if let specification {
      parts.append(
        "<h3>Specification</h3>\n"
          + "<pre tabindex=\"0\"><code>\(specification.escapedForHTML)</code></pre>"
      )
    }
    parts.append(
      "<h3>To repeat it</h3>\n<pre tabindex=\"0\"><code>\(command.escapedForHTML)</code></pre>"
    )
    parts.append("</section>")
    return parts.joined(separator: "\n")
  }
}
