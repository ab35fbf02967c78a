import Analysis
import Compute
import TestSupport
import Testing

/// Everything that has one right answer, beside scikit-learn and NumPy in double precision.
///
/// `make_recording_fixtures.py` starts from the definitions. Both sides solve the same problems by
/// other routes, which leaves 1e-6 at the least.
@Suite("A recording beside scikit-learn") struct RecordingOracleTests {
  static let tolerance = 1e-6

  let fixture: Fixture
  let recording: Recording
  /// x and y alone.
  let plane: Recording

  init() throws {
    fixture = try Fixture("recording")
    let shape = try fixture.shape("states")
    let states = DoubleMatrix(
      rows: shape[0],
      columns: shape[1],
      values: try fixture.exactDoubles("states")
    )
    let factors = DoubleMatrix(
      rows: shape[0],
      columns: 2,
      values: try fixture.exactDoubles("factors")
    )
    let kinds = try fixture.exactDoubles("kind").map { Int($0) }
    let both = [
      Factor("x", .continuous(factors.column(0))), Factor("y", .continuous(factors.column(1))),
    ]
    plane = Recording(states: states, factors: both)
    recording = Recording(
      states: states,
      factors: both + [Factor("kind", .categorical(kinds, names: ["a", "b", "c"]))]
    )
  }

  private func expectEqual(
    _ values: [Double],
    _ name: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let expected = try fixture.exactDoubles(name)
    try #require(values.count == expected.count, sourceLocation: sourceLocation)
    for (value, expected) in zip(values, expected) {
      #expect(
        abs(value - expected) <= Self.tolerance * max(1, abs(expected)),
        "\(name)",
        sourceLocation: sourceLocation
      )
    }
  }

  @Test("r² in held-out quadrants: ridge with the penalty that was chosen, and least squares")
  func heldOut() throws {
    let regions = TrialRegions.combinations(of: plane, seed: 0)
    #expect(regions.regions.map(\.levels) == [[0, 0], [0, 1], [1, 0], [1, 1]])
    let decoding = try #require(
      RecordedDecoding(of: plane, regions, shuffles: [], halves: .none(of: plane))
    )
    try expectEqual(decoding.regions.flatMap(\.r2), "r2")
    try expectEqual(decoding.regions.flatMap(\.leastSquares), "r2.ols")
    try expectEqual(decoding.regions.map(\.penalty), "penalties")
  }

  @Test("Softmax regression of three and of two classes")
  func softmax() throws {
    func labels(_ factor: Int) -> SoftmaxRegression.Labels {
      let partition = recording.factors[factor].partitions[0]
      return .init(partition.labels, classes: partition.names.count)
    }
    let fits = SoftmaxRegression.fits(
      recording.states,
      [labels(2), labels(0)],
      penalty: 0.01,
      tolerance: 1e-10
    )
    let (three, two) = (fits[0], fits[1])
    try expectEqual(three.weights.transposed.values, "softmax.three.weights")
    try expectEqual(three.intercepts, "softmax.three.intercepts")

    // Of two columns with opposite signs, each is half of logistic regression's only one, and so
    // both together cost half as much.
    let weights = zip(two.weights.column(1), two.weights.column(0)).map(-)
    try expectEqual(weights, "softmax.two.weights")
    try expectEqual([two.intercepts[1] - two.intercepts[0]], "softmax.two.intercepts")
  }

  @Test("Components, participation ratio and the angle of the encoding axes")
  func geometry() throws {
    let halves = HalfSplits(of: Conditions(plane.factors), groups: nil, count: 8, seed: 0)
    let geometry = RecordedGeometry(of: plane, halves: halves, shuffles: 3, seed: 0)
    try expectEqual(geometry.components.shares, "shares")
    try expectEqual([try #require(geometry.participationRatio)], "participation")
    try expectEqual(geometry.encodingAngles.map(\.degrees), "angle")
    let interval = try #require(geometry.encodingAngles.first?.interval)
    #expect(interval.lower < geometry.encodingAngles[0].degrees)
    #expect(interval.upper > geometry.encodingAngles[0].degrees)
  }

  @Test("Correlations, linear and mixed selectivity, sparseness")
  func units() throws {
    let halves = HalfSplits(of: Conditions(recording.factors), groups: nil, count: 2, seed: 0)
    let tuning = RecordedTuning(
      of: recording,
      shuffles: [Array(0..<recording.count)],
      halves: halves
    )
    try expectEqual(tuning.correlations.flatMap { $0.prefix(2).compactMap(\.self) }, "correlations")
    try expectEqual(tuning.linear.compactMap(\.self), "linear")
    let mixed = zip(tuning.linear, tuning.interaction).compactMap { linear, interaction in
      linear.flatMap { linear in interaction.map { linear + $0 } }
    }
    try expectEqual(mixed, "mixed")
    let sparseness = try #require(tuning.sparseness)
    try expectEqual(sparseness.lifetime.compactMap(\.self), "lifetime")
    try expectEqual(sparseness.population.compactMap(\.self), "population")
    // Factors in their own order are no shuffle.
    #expect(tuning.linearNull == [mean(tuning.linear.compactMap(\.self))])
  }
}
