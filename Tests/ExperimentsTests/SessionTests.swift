import Compute
import Experiments
import Files
import SystemPackage
import TestSupport
import Testing

@Suite("Sessions in NWB")
struct SessionTests {
  static let session = Fixture.path("session.nwb").string
  static let ugly = Fixture.path("ugly.nwb").string

  static func request(
    _ states: String = session,
    factors: [String]
  ) -> RecordingRequest {
    var request = RecordingRequest(states: states, factors: ArrayFile(states).path.string)
    request.session.window = 0...0.5
    request.session.factors = factors
    return request
  }

  /// An array of `nwb.json`; not a number where it has null.
  static func expected(_ recording: String, _ name: String) throws -> (shape: [Int], [Double]) {
    let array = try #require(try Fixture.json("nwb")[recording]?[name])
    return (
      try #require(array["shape"]?.array).compactMap { $0.double.map { Int($0) } },
      try #require(array["values"]?.array).map { $0.double ?? .nan }
    )
  }

  @Test("Spikes are counted as NumPy counts them, edges and silent units included")
  func counts() throws {
    let read = try ReadRecording(Self.request(factors: ["contrast", "side", "correct"]))
    let (shape, values) = try Self.expected("session", "counts")
    #expect(shape == [read.recording.count, read.recording.units])
    #expect(read.recording.states.values == values)
    let json = try Fixture.json("nwb")["session"]
    #expect(read.recording.factors.map(\.name) == ["contrast", "side", "correct"])
    let contrasts = try #require(json?["contrast"]?.array).compactMap(\.double)
    #expect(read.recording.factors[0].values == .continuous(contrasts))
    let sides = try #require(json?["side"]?.array).compactMap(\.string)
    #expect(
      read.recording.factors[1].values
        == .categorical(sides.map { $0 == "left" ? 0 : 1 }, names: ["left", "right"])
    )
    let told = read.remarks.map(\.text).joined(separator: "\n")
    for part in [
      "24 × 6, taken as 24 trials × 6 units", "spike counts of 6 units",
      "in [0, 0.5) s from start_time, one bin", "3 factors, columns of intervals/trials",
      "1 of 6 units never changes",
    ] {
      #expect(told.contains(part), "\(part): \(told)")
    }
  }

  @Test("Bins are the time axis, of which --time takes one or the mean", arguments: [2, 3, 5])
  func bins(step: Int) throws {
    var request = Self.request(factors: ["contrast"])
    request.session.window = -0.25...0.5
    request.session.bin = 0.125
    request.time = .step(step)
    let (shape, values) = try Self.expected("session", "bins")
    let read = try ReadRecording(request)
    let expected = (0..<shape[0]).flatMap { trial in
      (0..<shape[2]).map { values[(trial * shape[1] + step) * shape[2] + $0] }
    }
    #expect(read.recording.states.values == expected)
    #expect(read.remarks.contains { $0.text.contains("6 bins of 0.125 s") })
  }

  @Test("Trials without a moment are refused by their column's name, or left out and counted")
  func missingMoments() throws {
    var request = Self.request(factors: ["contrast"])
    request.session.align = "cue_time"
    let error = try #require(throws: RecordingError.self) { try ReadRecording(request) }
    #expect(error.message.contains("trial = 4"), "\(error)")
    #expect(error.message.contains("2 trials without cue_time"), "\(error)")
    request.missing = .drop
    let read = try ReadRecording(request)
    let (shape, values) = try Self.expected("session", "cue")
    let kept = (0..<shape[0]).filter { !values[$0 * shape[1]].isNaN }
    #expect(read.recording.count == 22)
    #expect(
      read.recording.states.values
        == kept.flatMap { values[$0 * shape[1]..<($0 + 1) * shape[1]] }
    )
  }

  @Test("A time series is averaged in each bin, in its unit, with timestamps or with a rate")
  func series() throws {
    var request = Self.request("\(Self.session):processing/ecephys/rates", factors: ["contrast"])
    request.session.window = 0...1
    request.session.bin = 0.5
    request.time = .step(1)
    let (shape, values) = try Self.expected("session", "rates")
    let expected = (0..<shape[0]).flatMap { trial in
      (0..<shape[2]).map { values[(trial * shape[1] + 1) * shape[2] + $0] }
    }
    let read = try ReadRecording(request)
    // Means of single-precision samples, summed in two orders.
    for (found, wanted) in zip(read.recording.states.values, expected) {
      #expect(abs(found - wanted) <= 1e-5 * wanted.magnitude)
    }
    request.states = "\(Self.session):processing/ecephys/even"
    let even = try ReadRecording(request)
    for (found, wanted) in zip(even.recording.states.values, expected) {
      // The same samples, whose unit is twice as large.
      #expect(abs(2 * found - wanted) <= 1e-5 * wanted.magnitude)
    }
  }

  @Test("An array of trials × units within the file needs no window")
  func array() throws {
    var request = Self.request(
      "\(Self.session):processing/ecephys/components/data",
      factors: ["contrast", "correct"]
    )
    request.session.window = nil
    request.groups = "\(Self.session):intervals/trials/side"
    let read = try ReadRecording(request)
    let components = try Self.expected("session", "components").1
    #expect(read.recording.states.values == components)
    #expect(Set(read.recording.groups ?? []).count == 2)
  }

  @Test("An ugly session: order, overlaps, gaps, units that were not watched")
  func uglySession() throws {
    var request = Self.request(Self.ugly, factors: ["angle", "context"])
    request.session.align = "cue_time"
    request.session.window = 0...0.25
    request.missing = .drop
    request.groups = "\(Self.ugly):intervals/trials/animal"
    let read = try ReadRecording(request)
    let (shape, values) = try Self.expected("ugly", "counts")
    let kept = (0..<shape[0]).filter { trial in
      // An empty context is missing, too.
      trial != 9 && !values[trial * shape[1]..<(trial + 1) * shape[1]].contains(where: \.isNaN)
    }
    #expect(read.recording.count == kept.count)
    #expect(
      read.recording.states.values
        == kept.flatMap { values[$0 * shape[1]..<($0 + 1) * shape[1]] }
    )
    #expect(read.warnings.contains { $0.contains("overlap the one before") }, "\(read.warnings)")
    #expect(read.remarks.contains { $0.text.contains("when not every unit was observed") })
  }

  @Test("Half-open bins share no event and lose none")
  func halfOpen() {
    let windows = TrialWindows(at: [0, 1, .nan], window: 0...1, bins: 2)
    let counts = windows.counts(of: [0, 0.5, 1, 1.25, 1.5, 2])
    #expect(Array(counts[..<4]) == [1, 1, 2, 1])
    #expect(counts[4...].allSatisfy { $0.isNaN })
    #expect(windows.overlaps == 0)
    #expect(TrialWindows(at: [0.9, 0, 5], window: 0...1, bins: 1).overlaps == 1)
    let means = windows.means(of: [1, 2, 3, 4], units: 2, at: [0, 0.25])
    #expect(Array(means[..<2]) == [2, 3])
    #expect(means[2...].allSatisfy { $0.isNaN })
  }

  @Test("Windows as they are written, and bins that fill them")
  func written() {
    #expect(SessionRequest.window("-0.25..0.5") == -0.25...0.5)
    #expect(SessionRequest.window("1..2.5") == 1...2.5)
    for text in ["", "0.5", "1..0", "0..0", "0..inf", "a..b", "0-1"] {
      #expect(SessionRequest.window(text) == nil, "\(text)")
    }
    #expect(SessionRequest.bins(of: 0...0.5, length: nil) == 1)
    #expect(SessionRequest.bins(of: 0...0.5, length: 0.05) == 10)
    #expect(SessionRequest.bins(of: -0.2...0.4, length: 0.1) == 6)
    #expect(SessionRequest.bins(of: 0...0.5, length: 0.3) == nil)
    #expect(SessionRequest.bins(of: 0...0.5, length: 1) == nil)
  }

  @Test("Cut short anywhere, a session is refused")
  func truncations() throws {
    let bytes = try [UInt8](contentsOf: Fixture.path("session.nwb"), limit: 1 << 20)
    try withFolder { folder in
      let path = folder.appending("session.nwb")
      for length in stride(from: 0, to: bytes.count, by: 211) {
        try AtomicFile.write(Array(bytes[..<length]), to: path)
        #expect(throws: FileError.self, "\(length)") {
          try ReadRecording(Self.request(path.string, factors: ["contrast"]))
        }
      }
    }
  }
}
