/// How a session in NWB becomes trials: at which moments, for how long, and what was different.
package struct SessionRequest: Equatable, Sendable {
  /// The column of the trials' table that holds the moments, in seconds.
  package var align = "start_time"
  /// Seconds from each moment.
  package var window: ClosedRange<Double>?
  /// The length of a bin in seconds; `nil` for one bin.
  package var bin: Double?
  /// The columns of the trials' table that are factors.
  package var factors: [String] = []

  package init() {}

  /// A window as it is written: `-0.25..0.5`.
  package static func window(_ text: String) -> ClosedRange<Double>? {
    guard let dots = text.firstRange(of: ".."), let low = Double(text[..<dots.lowerBound]),
      let high = Double(text[dots.upperBound...]), low.isFinite, high.isFinite, low < high
    else { return nil }
    return low...high
  }

  /// How many bins a window has; `nil` where they don't fill it.
  package static func bins(of window: ClosedRange<Double>, length: Double?) -> Int? {
    guard let length else { return 1 }
    let count = (window.upperBound - window.lowerBound) / length
    // Decimal lengths are not exact; a bin too many or too few would show.
    guard count >= 0.5, count < 1e5, (count - count.rounded()).magnitude < 1e-6 else { return nil }
    return Int(count.rounded())
  }
}
