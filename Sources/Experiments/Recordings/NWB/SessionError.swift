import Files
import SystemPackage

/// Why a session in NWB can't be cut into trials as it is asked for.
package enum SessionError: ReportableError, Equatable {
  case noWindow(FilePath)
  case bin(length: Double, window: ClosedRange<Double>)
  case noFactors(FilePath, columns: [String])

  package var code: String {
    switch self {
    case .noWindow: "E-NWB-WINDOW"
    case .bin: "E-NWB-BIN"
    case .noFactors: "E-NWB-FACTORS"
    }
  }

  package var exitCode: Int32 { 64 }

  package var message: String {
    switch self {
    case .noWindow(let path):
      "no window for \(path.string.printable): spikes and series have no trials by themselves. "
        + "MEND: --window 0..0.5 takes the half second from each trial's start_time; --align names "
        + "another column"
    case .bin(let length, let window):
      "bins that don't fill the window (--bin = \(length), --window = \(window.lowerBound).."
        + "\(window.upperBound)): want a whole number of them. MEND: choose another length"
    case .noFactors(let path, let columns):
      "no factors for \(path.string.printable): its trials have several columns, and which of them "
        + "are meant is not guessed. MEND: --factors with some of "
        + columns.map(\.printable).joined(separator: ", ")
    }
  }
}

extension Malformation {
  /// Something of a session that is not as NWB has it.
  static func session(_ place: String, _ why: String, mend: String) -> Malformation {
    Malformation(
      code: "E-NWB-CONTENT",
      what: "no usable NWB session",
      field: "place = \(place.printable)",
      why: why,
      mend: mend
    )
  }
}
