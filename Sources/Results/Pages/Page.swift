/// An HTML document that asks nothing of any network.
///
/// Its policy lets it load what lies in its own folder and nothing else, whatever a text in it
/// says: texts are escaped, and should one slip through, the browser still refuses to run it.
package struct Page: Hashable, Sendable {
  package let html: String

  /// - Parameters:
  ///   - title: Plain text.
  ///   - body: Markup, with every text in it escaped.
  ///   - scripts: Files beside the page.
  ///   - plotCount: How many plots the scripts are going to draw; a check can compare.
  package init(title: String, body: String, scripts: [String] = [], plotCount: Int = 0) {
    // Plotly sets styles on its elements, makes pictures for download out of blobs, and draws maps
    // (which we never ask for) with workers. `file:` is for browsers to which 'self' means no file.
    let policy = [
      "default-src 'none'", "script-src 'self' file:", "style-src 'unsafe-inline'",
      "img-src 'self' file: data: blob:", "base-uri 'none'", "form-action 'none'",
    ]
    let tags = scripts.map { "<script defer src=\"\($0.escapedForHTML)\"></script>" }
    html = """
      <!DOCTYPE html>
      <html lang="en" data-plots="\(plotCount)">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="\(policy.joined(separator: "; "))">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta name="referrer" content="no-referrer">
      <title>\(title.escapedForHTML)</title>
      <link rel="icon" href="data:,">
      <style>
      \(PageStyle.css)
      </style>
      \(tags.joined(separator: "\n"))
      </head>
      <body>
      \(body)
      </body>
      </html>

      """
  }
}

extension String {
  /// The text as it may stand in an element or in a quoted attribute.
  package var escapedForHTML: String {
    var escaped = ""
    escaped.reserveCapacity(utf8.count)
    for scalar in unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      case "\n", "\t": escaped.unicodeScalars.append(scalar)
      // Neither HTML nor SVG may hold the other control characters.
      case _ where scalar.properties.generalCategory == .control: escaped += "\u{FFFD}"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
