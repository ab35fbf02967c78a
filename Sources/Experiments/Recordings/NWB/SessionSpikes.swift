import Files

/// The spike times of all units of a session in NWB.
struct SessionSpikes {
  /// One ascending list a unit, in seconds of the session.
  private(set) var trains: [[Double]] = []
  /// When each unit was watched; empty where nothing is said.
  private var watched: [[ClosedRange<Double>]] = []
  private(set) var warnings: [String] = []

  var first: Double? { trains.compactMap(\.first).min() }
  var last: Double? { trains.compactMap(\.last).max() }

  private static let place = SessionStates.units

  init(_ file: borrowing HDF5File) throws(Malformation) {
    guard try file.place("\(Self.place)/spike_times_index") == .data else {
      throw .session(
        Self.place,
        "it has no units with spike_times",
        mend: "name a time series or an array, as in FILE.nwb:processing/ecephys/rates"
      )
    }
    let times = try file.data("\(Self.place)/spike_times").numbers()
    var (disordered, undefined) = (0, 0)
    for range in try Self.rows(of: "spike_times", count: times.count, file) {
      var train = Array(times[range])
      let known = train.count
      train.removeAll { !$0.isFinite }
      undefined += known - train.count
      if zip(train, train.dropFirst()).contains(where: { $0 > $1 }) {
        disordered += 1
        train.sort()
      }
      trains.append(train)
    }
    if disordered > 0 {
      warnings.append("the spike times of \(disordered) units were not in order")
    }
    if undefined > 0 {
      warnings.append("\(undefined) spike times are not finite and count nowhere")
    }

    guard try file.place("\(Self.place)/obs_intervals_index") == .data else { return }
    let intervals = try file.data("\(Self.place)/obs_intervals")
    guard intervals.shape.count == 2, intervals.shape[1] == 2 else {
      throw .session(
        "\(Self.place)/obs_intervals",
        "they are no pairs of times",
        mend: "write them anew with pynwb"
      )
    }
    let bounds = try intervals.numbers()
    watched = try Self.rows(of: "obs_intervals", count: intervals.shape[0], file).map { rows in
      rows.compactMap { row in
        let (low, high) = (bounds[2 * row], bounds[2 * row + 1])
        return low <= high ? low...high : nil
      }
    }
    guard watched.count == trains.count else {
      throw .session(
        "\(Self.place)/obs_intervals_index",
        "it has \(watched.count) units, spike_times_index \(trains.count)",
        mend: "restore the file from a copy, or write it anew"
      )
    }
  }

  /// Whether a unit was watched all the time; so where nothing is said.
  func observes(_ unit: Int, _ window: ClosedRange<Double>) -> Bool {
    guard !watched.isEmpty, !watched[unit].isEmpty else { return true }
    return watched[unit].contains {
      $0.lowerBound <= window.lowerBound && window.upperBound <= $0.upperBound
    }
  }

  /// Which rows of a column of lists belong to each unit: the index has the end of each.
  private static func rows(
    of column: String,
    count: Int,
    _ file: borrowing HDF5File
  ) throws(Malformation) -> [Range<Int>] {
    let ends = try file.data("\(place)/\(column)_index").numbers()
    let isAscending = zip([0] + ends, ends).allSatisfy { $0 <= $1 }
    guard isAscending, ends.allSatisfy({ $0.isFinite }), ends.last ?? 0 == Double(count) else {
      throw .session(
        "\(place)/\(column)_index",
        "its ends don't divide \(count) rows among \(ends.count) units",
        mend: "restore the file from a copy, or write it anew"
      )
    }
    return zip([0] + ends, ends).map { Int($0)..<Int($1) }
  }
}
