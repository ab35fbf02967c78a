import Analysis
import Compute
import Testing

@Suite("Principal components")
struct PrincipalComponentsTests {
  /// Six states at ± 4, 2 and 1 along (0.6, 0.8, 0), (-0.8, 0.6, 0) and (0, 0, 1), about (5, -3, 2):
  /// variances 16/3, 4/3 and 1/3.
  private static let known: PrincipalComponents = {
    let axes: [[Double]] = [[0.6, 0.8, 0], [-0.8, 0.6, 0], [0, 0, 1]]
    let center = [5.0, -3, 2]
    var states: [[Double]] = []
    for (axis, length) in zip(axes, [4.0, 2, 1]) {
      for side in [length, -length] { states.append(zip(center, axis).map { $0 + side * $1 }) }
    }
    let latents = states.map { _ in [0.0, 0] }
    return PrincipalComponents(Moments(of: StateSet(states: states, latents: latents)))
  }()

  // Single precision rounds the states, of up to 8, by 2e-7.
  private static let rounding = 1e-6

  @Test("Shares and directions of a known covariance, the largest first")
  func covariance() {
    #expect(distance(Self.known.shares, [16.0 / 21, 4.0 / 21, 1.0 / 21]) < Self.rounding)
    #expect(distance(Self.known.mean, [5, -3, 2]) < Self.rounding)
    #expect(distance(Self.known.directions.column(0), [0.6, 0.8, 0]) < Self.rounding)
    // An axis has no sign of its own; its largest component is positive.
    #expect(distance(Self.known.directions.column(1), [0.8, -0.6, 0]) < Self.rounding)
    #expect(distance(Self.known.directions.column(2), [0, 0, 1]) < Self.rounding)
  }

  @Test("Coordinates are distances from the mean along the components")
  func projection() {
    let known = Self.known
    #expect(distance(known.project([5, -3, 2], onto: 2), [0, 0]) < Self.rounding)
    let state = [5 + 0.6 * 4, -3 + 0.8 * 4, 2.5]
    #expect(distance(known.project(state, onto: 3), [4, 0, 0.5]) < Self.rounding)
    #expect(known.project(state, onto: 1).count == 1)
    // There are no more components than units.
    #expect(known.project(state, onto: 10).count == 3)
  }

  @Test("Shares are in descending order and add up to one", arguments: [1, 5, 40])
  func shares(width: Int) {
    let set = StateSet.random(30, width: width, deviation: 0.5, seed: 1)
    let shares = PrincipalComponents(Moments(of: set)).shares
    #expect(shares.count == width)
    // 40 eigenvalues, each right to 1e-16 of the largest.
    #expect(abs(shares.reduce(0, +) - 1) < 1e-13)
    #expect(shares == shares.sorted(by: >) && shares.allSatisfy { $0 >= 0 })
  }

  @Test("States that don't vary have no shares")
  func constant() {
    let set = StateSet(
      states: (0..<3000).map { _ in [0.3, 1.7] },
      latents: (0..<3000).map { _ in [0] }
    )
    #expect(PrincipalComponents(Moments(of: set)).shares == [0, 0])
  }
}
