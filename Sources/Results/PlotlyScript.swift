import Files
import SystemPackage

/// Where the set-up puts plotly.min.js, and where a report finds it.
package enum PlotlyScript {
  package static let name = "plotly.min.js"

  /// The places that are looked at, in this order: what `DISENTANGLE_PLOTLY` names, the user's data
  /// directory, the machine's.
  package static var places: [FilePath] {
    var places: [FilePath] = []
    if let given = Platform.environment("DISENTANGLE_PLOTLY") { places.append(FilePath(given)) }
    let home = Platform.environment("HOME").map { FilePath($0).appending(".local/share") }
    if let data = Platform.environment("XDG_DATA_HOME").map({ FilePath($0) }) ?? home {
      places.append(data.appending("disentangle").appending(name))
    }
    places.append(FilePath("/usr/local/share/disentangle").appending(name))
    return places
  }

  /// The first that is there.
  package static func find() -> String? { places.first(where: Folder.holds)?.string }
}
