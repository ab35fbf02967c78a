import Foundation

/// The gnuplot of this machine.
package struct Gnuplot: Sendable {
  /// A picture's format.
  package enum Format: String, CaseIterable, Sendable {
    case svg
    case pdf
  }

  /// What came of drawing a figure; a missing program is a finding to report, not a failure.
  package enum Outcome: Hashable, Sendable {
    case drawn
    case failed(reason: String)
  }

  /// What to say, and to do, where gnuplot is missing.
  package static let missing = "gnuplot is missing: install gnuplot-nox"

  package let executable: String

  package init(executable: String) {
    self.executable = executable
  }

  /// The first gnuplot in the folders of `path`, which colons separate; without one, on the search
  /// path of this process.
  package static func find(onPath path: String? = nil) -> Gnuplot? {
    let folders = path ?? ProcessInfo.processInfo.environment["PATH"] ?? ""
    for folder in folders.split(separator: ":") {
      let candidate = "\(folder)/gnuplot"
      if FileManager.default.isExecutableFile(atPath: candidate) {
        return Gnuplot(executable: candidate)
      }
    }
    return nil
  }

  /// Runs the script of `figure`, which lies in `folder` beside its table, and leaves a picture.
  ///
  /// The same script and table give the same bytes on one machine: the user's own gnuplot settings
  /// are not read, and what the terminals add of the date is taken out.
  package func draw(_ figure: Figure, as format: Format, in folder: String) -> Outcome {
    let picture = "\(folder)/\(figure.name).\(format.rawValue)"
    // What gnuplot leaves when it fails must not pass for a picture of an earlier run.
    try? FileManager.default.removeItem(atPath: picture)
    let (status, complaint) = run(
      ["-d", "-e", "format='\(format.rawValue)'", "\(figure.name).gp"],
      in: folder
    )
    guard status == 0, let data = FileManager.default.contents(atPath: picture), !data.isEmpty
    else {
      // gnuplot repeats the line first and says at the end what is wrong with it.
      let reason = complaint.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        .last { !$0.isEmpty }
      return .failed(reason: reason ?? "gnuplot drew nothing")
    }
    do {
      let finished = format == .svg ? finish(svg: data, of: figure) : finish(pdf: data)
      try finished.write(to: URL(fileURLWithPath: picture), options: .atomic)
      return .drawn
    } catch {
      return .failed(reason: error.localizedDescription)
    }
  }

  private func run(_ arguments: [String], in folder: String) -> (status: Int32, complaint: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    let complaints = Pipe()
    process.standardError = complaints
    do {
      try process.run()
    } catch {
      return (-1, error.localizedDescription)
    }
    // Read to the end before waiting: a full pipe would stop gnuplot for ever.
    let complaint = complaints.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: complaint, as: UTF8.self))
  }

  /// Gives an SVG its size in millimetres, fonts that every machine has, and words for readers who
  /// can't see it.
  private func finish(svg: Data, of figure: Figure) -> Data {
    let width = figure.width.rawValue
    let fonts = "Helvetica, Arial, 'DejaVu Sans', sans-serif"
    let text = String(decoding: svg, as: UTF8.self)
      .replacing(#/ width="(\d+)" height="(\d+)"/#, maxReplacements: 1) { match in
        // The drawing has whole pixels; its sides keep their proportion.
        let (across, down) = (Double(match.output.1) ?? 1, Double(match.output.2) ?? 1)
        return " width=\"\(width)mm\" height=\"\((width * down / across * 100).rounded() / 100)mm\""
      }
      .replacing(#/<title>[^<]*<\/title>/#, maxReplacements: 1) { _ in
        "<title>\(figure.title.escapedForHTML)</title>"
      }
      .replacing(#/<desc>[^<]*<\/desc>/#, maxReplacements: 1) { _ in
        "<desc>\(figure.alternative.escapedForHTML)</desc>"
      }
      .replacing(
        "font-family=\"Helvetica:Bold\"",
        with: "font-family=\"\(fonts)\" font-weight=\"bold\""
      )
      .replacing("font-family=\"Helvetica\"", with: "font-family=\"\(fonts)\"")
    return Data(text.utf8)
  }

  /// Replaces the date in a PDF by one of the same length, so that no offset in the file changes.
  private func finish(pdf: Data) -> Data {
    guard
      let key = pdf.range(of: Data("/CreationDate (D:".utf8), options: .backwards),
      pdf.count >= key.upperBound + 14
    else { return pdf }
    var finished = pdf
    finished.replaceSubrange(
      key.upperBound..<key.upperBound + 14,
      with: Data("20000101000000".utf8)
    )
    return finished
  }
}
