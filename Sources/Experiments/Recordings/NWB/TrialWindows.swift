/// Windows in time, one a trial, each cut into bins: where spikes are counted and rates are averaged.
///
/// A bin holds its beginning and not its end, so that neighbours share no spike and lose none.
package struct TrialWindows: Equatable, Sendable {
  /// What every window is placed at, in seconds of the session; not a number where a trial has none.
  package let moments: [Double]
  /// Where bins begin and end, in seconds from the moment; one more than there are bins.
  package let edges: [Double]

  package var trials: Int { moments.count }
  package var bins: Int { edges.count - 1 }

  /// - Parameters:
  ///   - moments: One a trial.
  ///   - window: Seconds from each moment.
  ///   - bins: How many bins of equal length it is cut into.
  package init(at moments: [Double], window: ClosedRange<Double>, bins: Int) {
    let (low, high) = (window.lowerBound, window.upperBound)
    precondition(low < high && bins > 0, "a window of no length, or no bins")
    self.moments = moments
    edges = (0...bins).map { low + (high - low) * Double($0) / Double(bins) }
  }

  /// A trial's window in seconds of the session; `nil` where it has none.
  package func window(_ trial: Int) -> ClosedRange<Double>? {
    let moment = moments[trial]
    guard moment.isFinite else { return nil }
    return moment + edges[0]...moment + edges[bins]
  }

  /// How many of some ascending times lie in each bin, `[trials, bins]`; not a number for trials
  /// without a window.
  package func counts(of times: some RandomAccessCollection<Double>) -> [Double] {
    moments.flatMap { moment -> [Double] in
      guard moment.isFinite else { return [Double](repeating: .nan, count: bins) }
      let places = edges.map { times.firstPlace(notBelow: moment + $0) }
      return zip(places, places.dropFirst()).map { Double($1 - $0) }
    }
  }

  /// The mean over the samples in each bin, `[trials, bins, units]`; not a number where there is none.
  ///
  /// - Parameters:
  ///   - samples: Row by row, `[times, units]`.
  ///   - units: How many values a sample has.
  ///   - times: Of the samples, in ascending order.
  /// - Returns: Row by row.
  package func means(of samples: [Double], units: Int, at times: [Double]) -> [Double] {
    precondition(samples.count == times.count * units, "samples and times of different number")
    var means: [Double] = []
    means.reserveCapacity(trials * bins * units)
    for moment in moments {
      for bin in 0..<bins {
        guard moment.isFinite else {
          means += [Double](repeating: .nan, count: units)
          continue
        }
        let first = times.firstPlace(notBelow: moment + edges[bin])
        let end = times.firstPlace(notBelow: moment + edges[bin + 1])
        for unit in 0..<units {
          // Of no samples: 0 / 0.
          var sum = 0.0
          for time in first..<end { sum += samples[time * units + unit] }
          means.append(sum / Double(end - first))
        }
      }
    }
    return means
  }

  /// How many windows begin before the one before them has ended: they share what happened there.
  package var overlaps: Int {
    let sorted = moments.filter(\.isFinite).sorted()
    let length = edges[bins] - edges[0]
    return zip(sorted, sorted.dropFirst()).count { $1 - $0 < length }
  }
}

extension RandomAccessCollection<Double> {
  /// How many elements of an ascending sequence are below a value.
  fileprivate func firstPlace(notBelow value: Double) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[index(startIndex, offsetBy: middle)] < value {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }
}
