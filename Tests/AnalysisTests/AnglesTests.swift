import Analysis
import Compute
import RealModule
import Testing

@Suite("Angles")
struct AnglesTests {
  @Test("Known vectors have known angles, from 0 to 180 degrees")
  func known() throws {
    let half = 0.75.squareRoot()
    let cases: [([Double], [Double], Double)] = [
      ([1, 0], [0, 2], 90), ([1, 0], [3, 3], 45), ([1, 0], [-1, 1], 135),
      ([2, 0, 0], [0.5, half, 0], 60), ([1, 2, 3], [2, 4, 6], 0), ([1, 2, 3], [-1, -2, -3], 180),
    ]
    for (first, second, degrees) in cases {
      // Near 0 and 180 the cosine's rounding of 1e-16 is an angle of 1e-8, or 1e-6 degrees.
      let found = try #require(angle(between: first, second))
      #expect(
        abs(found - degrees) < (degrees.truncatingRemainder(dividingBy: 180) == 0 ? 2e-6 : 1e-12)
      )
      #expect(angle(between: second, first) == found)
    }
  }

  @Test("A vector without length has no angle")
  func undefined() {
    #expect(angle(between: [0, 0], [1, 0]) == nil)
    #expect(angle(between: [1, 0], [0, 0]) == nil)
  }

  /// States `A x + b` without noise; `A` has rows of two.
  private static func moments(_ code: [[Double]], swapping: Bool = false) -> Moments {
    let latents = StateSet.random(400, width: 1, deviation: 0, corner: [1, 1], seed: 3).latentRows
    return Moments(
      of: StateSet(
        states: latents.map { x in code.map { $0[0] * x[0] + $0[1] * x[1] + 0.7 } },
        latents: swapping ? latents.map { [$0[1], $0[0]] } : latents
      )
    )
  }

  private static let codes: [[[Double]]] = [
    [[1, 0], [0, 1]],
    [[1, 1], [0, 0.2], [0, 0]],
    [[0.3, -2], [1, 0.5], [-4, 0.1], [2, 2]],
    [[1, -1], [0.1, 0]],
  ]

  @Test("The encoding angle of a linear code is that of its columns", arguments: codes)
  func linearCode(code: [[Double]]) throws {
    let expected = try #require(angle(between: code.map { $0[0] }, code.map { $0[1] }))
    let found = try #require(encodingAngles(Self.moments(code)).first)
    // Single precision leaves 6e-8 of the states: 4e-6 degrees, times lengths of 20 to 1.
    #expect(abs(found - expected) < 1e-4)
    let swapped = try #require(encodingAngles(Self.moments(code, swapping: true)).first)
    #expect(abs(found - swapped) < 1e-9)
  }

  @Test("An orthogonal code has 90 degrees, however correlated the sample's latents are")
  func orthogonal() throws {
    let latents = (0..<200).map { index in
      let first = Double(index) / 200 - 0.5
      return [first, 0.8 * first + 0.1 * Double(index % 7)]
    }
    let set = StateSet(states: latents.map { [3 * $0[0], 0.5 * $0[1], 1] }, latents: latents)
    // The latents' covariance has condition 10.
    #expect(abs(try #require(encodingAngles(Moments(of: set)).first) - 90) < 1e-3)
  }

  @Test("It averages a curved axis with the weight 3/2 · (1 - 4x²)")
  func curvedAxis() throws {
    // r = (x₁³ + x₂, x₂, x₁) on a grid of the box.
    let side = 200
    var states: [[Double]] = []
    var latents: [[Double]] = []
    for i in 0..<side {
      for j in 0..<side {
        let x = (Double(i) + 0.5) / Double(side) - 0.5
        let y = (Double(j) + 0.5) / Double(side) - 0.5
        latents.append([x, y])
        states.append([x * x * x + y, y, x])
      }
    }
    let found = try #require(
      encodingAngles(Moments(of: StateSet(states: states, latents: latents))).first
    )
    // dr/dx₁ = (3x₁², 0, 1), and ∫ 3/2 (1 - 4x²) 3x² dx = 3/20; dr/dx₂ = (1, 1, 0).
    let expected = try #require(angle(between: [0.15, 0, 1], [1, 1, 0]))
    // Midpoints of 200 cells are off by 1/200² of a curvature of order one.
    #expect(abs(found - expected) < 2e-3)
  }

  @Test("One latent, one value of it, or states that don't vary have no encoding angle")
  func undefinedEncoding() {
    let set = StateSet.random(1000, width: 3, deviation: 0.1, seed: 4)
    let single = StateSet(states: set.stateRows, latents: set.latentRows.map { [$0[0]] })
    #expect(encodingAngles(Moments(of: single)) == [])
    let frozen = StateSet(states: set.stateRows, latents: set.latentRows.map { [$0[0], 0] })
    #expect(encodingAngles(Moments(of: frozen)) == [])
    let constant = StateSet(states: set.stateRows.map { _ in [0.3, 0.7] }, latents: set.latentRows)
    #expect(encodingAngles(Moments(of: constant)) == [])
    let blind = StateSet(states: set.stateRows.map { _ in [0, 0] }, latents: set.latentRows)
    #expect(encodingAngles(Moments(of: blind)) == [])
  }
}
