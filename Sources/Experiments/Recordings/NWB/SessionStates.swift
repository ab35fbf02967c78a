import Files

/// States of a session in NWB: what spikes or a time series were in a window of each trial.
struct SessionStates: Sendable {
  /// `[trials, units]`, or `[trials, bins, units]` for several bins.
  let shape: [Int]
  let values: [Double]
  /// What was taken, for people.
  let taken: String
  /// Why some values are missing; `nil` where none is.
  let gaps: String?
  let warnings: [String]
}

extension SessionStates {
  static let units = "units"

  /// Spike counts of all units.
  static func spikes(
    of file: borrowing HDF5File,
    in windows: TrialWindows,
    _ request: SessionRequest,
    limit: Int = 1 << 31
  ) throws(Malformation) -> SessionStates {
    let spikes = try SessionSpikes(file)
    let (trials, bins, units) = (windows.trials, windows.bins, spikes.trains.count)
    try check(trials, bins, units, limit: limit)
    var values = [Double](repeating: 0, count: trials * bins * units)
    var unobserved: Set<Int> = []
    for unit in 0..<units {
      let counts = windows.counts(of: spikes.trains[unit])
      for trial in 0..<trials {
        var isObserved = true
        if let window = windows.window(trial), !spikes.observes(unit, window) {
          isObserved = false
          unobserved.insert(trial)
        }
        for bin in 0..<bins {
          values[(trial * bins + bin) * units + unit] =
            isObserved ? counts[trial * bins + bin] : .nan
        }
      }
    }
    var warnings = spikes.warnings + overlapWarning(windows)
    if let first = spikes.first, let last = spikes.last {
      let outside = (0..<trials).compactMap(windows.window)
        .count { $0.upperBound < first || $0.lowerBound > last }
      if outside > 0 {
        warnings.append(
          "\(outside) of \(trials) windows lie before the first or behind the last spike of all; "
            + "check --align, and that its column is in seconds"
        )
      }
    }
    return SessionStates(
      shape: bins == 1 ? [trials, units] : [trials, bins, units],
      values: values,
      taken: "spike counts of \(units) units, \(windows.inWords(request.align))",
      gaps: gaps(windows, request, unobserved.count, "trials when not every unit was observed"),
      warnings: warnings
    )
  }

  /// Means of a time series, such as firing rates, times × units.
  static func series(
    _ place: String,
    of file: borrowing HDF5File,
    in windows: TrialWindows,
    _ request: SessionRequest,
    limit: Int = 1 << 31
  ) throws(Malformation) -> SessionStates {
    let data = try file.data("\(place)/data")
    guard (1...2).contains(data.shape.count), !data.shape.contains(0) else {
      throw .session(
        "\(place)/data",
        "the series is \(data.shape.map(String.init).joined(separator: " × ")), want times × units",
        mend: "write one axis of times and one of units"
      )
    }
    let units = data.shape.count == 2 ? data.shape[1] : 1
    try check(windows.trials, windows.bins, units, limit: limit)
    let times = try times(of: place, count: data.shape[0], file)
    let scale = try file.numbers("conversion", of: "\(place)/data")?.first ?? 1
    let offset = try file.numbers("offset", of: "\(place)/data")?.first ?? 0
    let samples = try data.numbers(limit: limit)
    let means = windows.means(of: samples, units: units, at: times).map { $0 * scale + offset }
    let empty = stride(from: 0, to: means.count, by: units * windows.bins).count { start in
      windows.window(start / (units * windows.bins)) != nil
        && means[start..<start + units * windows.bins].contains { !$0.isFinite }
    }
    return SessionStates(
      shape: windows.bins == 1 ? [windows.trials, units] : [windows.trials, windows.bins, units],
      values: means,
      taken: "means of \(place) (\(data.shape[0]) times), \(windows.inWords(request.align))",
      gaps: gaps(windows, request, empty, "trials with a bin without a finite sample"),
      warnings: overlapWarning(windows)
    )
  }

  private static func times(
    of place: String,
    count: Int,
    _ file: borrowing HDF5File
  ) throws(Malformation) -> [Double] {
    guard try file.place("\(place)/timestamps") != .data else {
      let times = try file.data("\(place)/timestamps").numbers()
      guard times.count == count else {
        throw .session(
          "\(place)/timestamps",
          "there are \(times.count) of them for \(count) samples",
          mend: "restore the file from a copy, or write it anew"
        )
      }
      guard zip(times, times.dropFirst()).allSatisfy({ $0 <= $1 }), times.allSatisfy(\.isFinite)
      else {
        throw .session(
          "\(place)/timestamps",
          "they are not in ascending order",
          mend: "sort the samples by their times"
        )
      }
      return times
    }
    guard try file.place("\(place)/starting_time") == .data,
      let start = try file.data("\(place)/starting_time").numbers().first,
      let rate = try file.numbers("rate", of: "\(place)/starting_time")?.first,
      start.isFinite, rate > 0, rate.isFinite
    else {
      throw .session(
        place,
        "it has neither timestamps nor a starting_time with a rate",
        mend: "name a TimeSeries, or an array of trials × units in it"
      )
    }
    return (0..<count).map { start + Double($0) / rate }
  }

  private static func check(
    _ trials: Int,
    _ bins: Int,
    _ units: Int,
    limit: Int
  ) throws(Malformation) {
    guard Double(trials) * Double(bins) * Double(units) * 8 <= Double(limit) else {
      throw .session(
        units == 0 ? Self.units : "states",
        "\(trials) trials × \(bins) bins × \(units) units don't fit into \(limit) bytes",
        mend: "choose longer bins or a shorter window"
      )
    }
  }

  private static func gaps(
    _ windows: TrialWindows,
    _ request: SessionRequest,
    _ others: Int,
    _ words: String
  ) -> String? {
    let missing = windows.moments.count { !$0.isFinite }
    let parts =
      (missing > 0 ? ["\(missing) trials without \(request.align.printable)"] : [])
      + (others > 0 ? ["\(others) \(words)"] : [])
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  private static func overlapWarning(_ windows: TrialWindows) -> [String] {
    let overlaps = windows.overlaps
    guard overlaps > 0 else { return [] }
    return [
      "\(overlaps) of \(windows.trials) windows overlap the one before: what happened there counts in "
        + "both, so that these trials are not independent"
    ]
  }
}

extension TrialWindows {
  /// "in [0, 0.5) s from start_time, 5 bins".
  func inWords(_ column: String) -> String {
    "in [\(edges[0].short), \(edges[bins].short)) s from \(column.printable)"
      + (bins == 1 ? ", one bin" : ", \(bins) bins of \((edges[1] - edges[0]).short) s")
  }
}

extension Double {
  /// Without the noise of a difference, and whole numbers without a point.
  fileprivate var short: String {
    let near = (self * 1e9).rounded() / 1e9
    return near == near.rounded() && near.magnitude < 1e9 ? String(Int(near)) : String(near)
  }
}
