import Analysis
import Compute
import TestSupport
import Testing

@Suite("Ridge with a penalty that the fitting regions choose")
struct RidgeFitTests {
  /// Ridge as rows of a plain least-squares problem: for every unit a pair of pseudo-trials, alike
  /// but for their sign so that they leave the intercept alone, whose weight costs n λ tr(C) w².
  private struct PlainRidge {
    private let problem: PlainLeastSquares
    private let stateMean: [Double]
    private let latentMean: [Double]

    init(_ set: StateSet, penalty: Double) {
      let (states, latents) = (set.stateRows, set.latentRows)
      let (stateMean, latentMean) = (Self.mean(states), Self.mean(latents))
      var rows = states.map { zip($0, stateMean).map(-) }
      var outputs = latents.map { zip($0, latentMean).map(-) }
      let total = rows.reduce(0) { $1.reduce($0) { $0 + $1 * $1 } }
      let length = (penalty * total / 2).squareRoot()
      for unit in stateMean.indices {
        for side in [length, -length] {
          rows.append(stateMean.indices.map { $0 == unit ? side : 0 })
          outputs.append(latentMean.map { _ in 0 })
        }
      }
      problem = PlainLeastSquares(of: outputs, by: rows)
      (self.stateMean, self.latentMean) = (stateMean, latentMean)
    }

    func decode(_ state: [Double]) -> [Double] {
      zip(problem.prediction(for: zip(state, stateMean).map(-)), latentMean).map(+)
    }

    func meanSquaredError(on set: StateSet) -> Double {
      var sum = 0.0
      for (state, latent) in zip(set.stateRows, set.latentRows) {
        for (found, wanted) in zip(decode(state), latent) {
          sum += (found - wanted) * (found - wanted)
        }
      }
      return sum / Double(set.count * set.dimensions)
    }

    private static func mean(_ rows: [[Double]]) -> [Double] {
      rows[0].indices.map { column in rows.reduce(0) { $0 + $1[column] } / Double(rows.count) }
    }
  }

  /// The sum over the regions that are left out, for every penalty.
  private static func plainErrors(_ regions: [StateSet], leavingOut count: Int) -> [Double] {
    RidgeFit.penalties.map { penalty in
      (0..<count).reduce(0) { sum, left in
        let others = StateSet.joined(regions.indices.filter { $0 != left }.map { regions[$0] })
        return sum + PlainRidge(others, penalty: penalty).meanSquaredError(on: regions[left])
      }
    }
  }

  private static func plainChoice(_ regions: [StateSet], leavingOut count: Int) throws -> Double {
    let errors = plainErrors(regions, leavingOut: count)
    let best = try #require(errors.indices.min { errors[$0] < errors[$1] })
    return RidgeFit.penalties[best]
  }

  @Test("Penalties are the powers of ten from 1e-8 to 1, in half steps")
  func penalties() {
    let penalties = RidgeFit.penalties
    #expect(penalties.count == 17)
    for (index, power) in [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1].enumerated() {
      #expect(penalties[2 * index] == power)
    }
    for (lower, higher) in zip(penalties, penalties.dropFirst()) {
      #expect(abs(higher / lower - 10.0.squareRoot()) < 1e-14)
    }
    #expect(RidgeFit.fixedPenalty == 1e-4)
  }

  @Test("The penalty is the one with the least plain error on the regions left out")
  func choice() throws {
    var chosen: Set<Double> = []
    for (seed, deviation) in [0.02, 0.1, 0.2, 0.4, 0.8, 1.5].enumerated() {
      let regions = StateSet.regions(12, width: 8, deviation: deviation, seed: UInt64(seed))
      let expected = try Self.plainChoice(regions, leavingOut: 3)
      #expect(RidgeFit(regions.map(Moments.init(of:))).penalty == expected)
      chosen.insert(expected)
    }
    // Regions that agreed on one penalty would not tell a choice from a habit.
    #expect(chosen.count >= 3)
  }

  @Test("Of more than sixteen regions the first sixteen are left out in turn")
  func manyRegions() throws {
    // The last two are all noise, and would ask for more restraint.
    let regions = (0..<18).map { index in
      StateSet.random(4, width: 8, deviation: index < 16 ? 0.3 : 30, seed: UInt64(100 + index))
    }
    let expected = try Self.plainChoice(regions, leavingOut: 16)
    #expect(RidgeFit(regions.map(Moments.init(of:))).penalty == expected)
    #expect(try Self.plainChoice(regions, leavingOut: 18) != expected)
  }

  @Test("The decoder is then fitted on all regions, and so is that of every other penalty")
  func refit() throws {
    let regions = StateSet.regions(12, width: 8, deviation: 0.4, seed: 7)
    let fit = RidgeFit(regions.map(Moments.init(of:)))
    let whole = StateSet.joined(regions)
    let test = StateSet.random(20, width: 8, deviation: 0.4, seed: 8)
    #expect(fit.path.count == 17)
    for (penalty, decoder) in zip(RidgeFit.penalties, fit.path) {
      let plain = PlainRidge(whole, penalty: penalty)
      for state in test.stateRows {
        // Both solve normal equations of a condition below 1e4.
        #expect(distance(decoder.decode(state), plain.decode(state)) < 1e-11)
      }
    }
    let chosen = try #require(RidgeFit.penalties.firstIndex(of: fit.penalty))
    #expect(fit.decoder.weights == fit.path[chosen].weights)
    #expect(fit.fixed.weights == fit.path[8].weights && RidgeFit.penalties[8] == 1e-4)
    let plain = PlainLeastSquares(of: whole.latentRows, by: whole.stateRows)
    for state in test.stateRows {
      #expect(distance(fit.leastSquares.decode(state), plain.prediction(for: state)) < 1e-11)
    }
  }

  @Test("A single region has nothing to choose by and keeps the fixed penalty")
  func oneRegion() {
    let fit = RidgeFit([Moments(of: .random(50, width: 4, deviation: 0.5, seed: 9))])
    #expect(fit.penalty == RidgeFit.fixedPenalty)
    #expect(fit.decoder.weights == fit.fixed.weights)
  }
}
