import Files
import SystemPackage

/// Writes a report as one folder that can be opened, copied and sent without this program.
///
///     report.html  report.js  plotly.min.js
///     figures/NAME.svg  NAME.pdf  NAME.csv  NAME.plotly.json  NAME.gp
package struct ReportFolder: Sendable {
  package let path: String
  /// Where plotly.min.js lies on this machine; `nil` leaves the figures as pictures.
  package let plotlyScript: String?
  /// Who draws the pictures; `nil` leaves them out.
  package let gnuplot: Gnuplot?

  /// What was written, and what could not be.
  package struct Written: Hashable, Sendable {
    /// The page's file.
    package let page: String
    /// What is missing and how to get it; also said on the page.
    package let remarks: [String]
  }

  package init(path: String, plotlyScript: String?, gnuplot: Gnuplot?) {
    self.path = path
    self.plotlyScript = plotlyScript
    self.gnuplot = gnuplot
  }

  /// Writes the figures first and the page last, so that a page never points at nothing.
  ///
  /// - Throws: What the file system says when the folder can't be written.
  package func write(_ report: ReportPage) throws(FileError) -> Written {
    let names = report.figures.map(\.name)
    precondition(Set(names).count == names.count, "two figures share a name: \(names)")
    let figures = "\(path)/figures"
    try Folder.create(FilePath(figures))

    var remarks: [String] = []
    let hasPlotly = try copyPlotly()
    if !hasPlotly {
      remarks.append(
        "plotly.min.js is missing, so the figures are pictures: install the Python package plotly "
          + "or hand its plotly.min.js in."
      )
    }
    if gnuplot == nil, !names.isEmpty {
      remarks.append("\(Gnuplot.missing), for the figures as SVG and PDF.")
    }
    var files: [String: [String]] = [:]
    for figure in report.figures {
      files[figure.name] = try write(figure, in: figures, remarks: &remarks)
    }
    if hasPlotly { try write(PageScript.text, to: "\(path)/\(PageScript.name)") }
    let page = report.page(files: files, hasPlotly: hasPlotly, remarks: remarks)
    try write(page.html, to: "\(path)/report.html")
    return Written(page: "\(path)/report.html", remarks: remarks)
  }

  /// Copies plotly.min.js beside the page, unless the same file is there already.
  private func copyPlotly() throws(FileError) -> Bool {
    guard let plotlyScript, let script = Self.content(of: plotlyScript) else { return false }
    let copy = "\(path)/plotly.min.js"
    if Self.content(of: copy) != script {
      try AtomicFile.write(script, to: FilePath(copy))
    }
    return true
  }

  /// The bytes of a file; `nil` where it can't be read, for then it is as good as missing.
  private static func content(of path: String) -> [UInt8]? {
    try? [UInt8](contentsOf: FilePath(path), limit: 1 << 26)
  }

  /// Writes all files of one figure.
  ///
  /// - Returns: Their endings, in the order in which the page links them.
  private func write(
    _ figure: Figure,
    in folder: String,
    remarks: inout [String]
  ) throws(FileError) -> [String] {
    let print = GnuplotFigure(figure)
    let stem = "\(folder)/\(figure.name)"
    try write(print.table, to: "\(stem).csv")
    try write(print.script, to: "\(stem).gp")
    try write(PlotlyFigure(figure).saved.compact + "\n", to: "\(stem).plotly.json")
    var endings: [String] = []
    for format in Gnuplot.Format.allCases {
      guard let gnuplot else { break }
      switch gnuplot.draw(figure, as: format, in: folder) {
      case .drawn: endings.append(format.rawValue)
      case .failed(let reason):
        remarks.append("gnuplot did not draw \(figure.name).\(format.rawValue): \(reason)")
      }
    }
    return endings + ["csv", "plotly.json", "gp"]
  }

  private func write(_ text: String, to file: String) throws(FileError) {
    try AtomicFile.write(text, to: FilePath(file))
  }
}
