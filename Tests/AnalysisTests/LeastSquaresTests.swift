import Analysis
import Compute
import Files
import RealModule
import SystemPackage
import TestSupport
import Testing

@Suite("Decoders by least squares")
struct LeastSquaresTests {
  @Test("All penalties give NumPy's weights and intercepts, penalty 0 by least squares")
  func reference() throws {
    let fixture = try RidgeFixture()
    let path = RidgePath(fixture.moments)
    #expect(fixture.penalties.first == 0 && fixture.penalties.count == 4)
    for (index, penalty) in fixture.penalties.enumerated() {
      let decoder = penalty == 0 ? path.leastSquares : path.decoder(penalty: penalty)
      // NumPy solved a stacked system by SVD, which keeps all digits; ours loses those of the
      // covariance's condition, below 1e5, to 1e-16.
      #expect(distance(decoder.weights, fixture.weights[index]) < 1e-10)
      #expect(distance(decoder.intercept, fixture.intercepts[index]) < 1e-10)
    }
  }

  @Test("Least squares is the plain solution by elimination", arguments: [1, 4, 20])
  func elimination(width: Int) {
    let set = StateSet.random(200, width: width, deviation: 0.5, seed: 1)
    let decoder = RidgePath(Moments(of: set)).leastSquares
    let plain = PlainLeastSquares(of: set.latentRows, by: set.stateRows)
    for state in set.stateRows {
      // Normal equations of condition 100 on both sides.
      #expect(distance(decoder.decode(state), plain.prediction(for: state)) < 1e-12)
    }
  }

  @Test("As the penalty goes to zero, ridge goes to least squares in proportion")
  func vanishingPenalty() {
    let path = RidgePath(Moments(of: .random(200, width: 6, deviation: 0.5, seed: 2)))
    let limit = path.leastSquares.weights
    func gap(_ penalty: Double) -> Double {
      distance(path.decoder(penalty: penalty).weights, limit)
    }
    #expect(gap(1e-4) > 1e-5)
    // First order in λ tr(C) over the smallest eigenvalue, here 10 λ.
    for penalty in [1e-4, 1e-5, 1e-6] {
      #expect(abs(gap(penalty) / gap(penalty / 10) - 10) < 0.05)
    }
    #expect(gap(1e-14) < 1e-12)
  }

  @Test("A silent unit gets no weight and changes none")
  func silentUnit() {
    let set = StateSet.random(300, width: 5, deviation: 0.5, seed: 3)
    let without = RidgePath(Moments(of: set)).leastSquares
    let silenced = StateSet(states: set.stateRows.map { $0 + [0] }, latents: set.latentRows)
    let with = RidgePath(Moments(of: silenced)).leastSquares
    #expect(distance(with.weights.row(5), [0, 0]) < 1e-14)
    for unit in 0..<5 {
      // Another decomposition of the same covariance.
      #expect(distance(with.weights.row(unit), without.weights.row(unit)) < 1e-13)
    }
    #expect(distance(with.intercept, without.intercept) < 1e-12)
  }

  @Test("A unit and its double share the weight: the shortest solution")
  func doubledUnit() {
    let set = StateSet.random(300, width: 5, deviation: 0.5, seed: 4)
    let doubled = StateSet(states: set.stateRows.map { $0 + [$0[2]] }, latents: set.latentRows)
    let with = RidgePath(Moments(of: doubled)).leastSquares
    // Rounding of the direction in which the two differ, over the cut-off at 1e-12.
    #expect(distance(with.weights.row(2), with.weights.row(5)) < 1e-12)
    let without = RidgePath(Moments(of: set)).leastSquares
    // Not half of each weight: with two copies the sum of the two weights stays what it was.
    for unit in [0, 1, 3, 4] {
      #expect(distance(with.weights.row(unit), without.weights.row(unit)) < 1e-12)
    }
    let sum = zip(with.weights.row(2), with.weights.row(5)).map(+)
    #expect(distance(sum, without.weights.row(2)) < 1e-12)
  }

  @Test("With fewer trials than units, least squares fits all of them by the shortest weights")
  func fewTrials() {
    let set = StateSet.random(4, width: 7, deviation: 0.5, seed: 5)
    let decoder = RidgePath(Moments(of: set)).leastSquares
    for (state, latent) in zip(set.stateRows, set.latentRows) {
      #expect(distance(decoder.decode(state), latent) < 1e-12)
    }
    // Weights have no share in any direction across the three differences of four states.
    var basis: [[Double]] = []
    for state in set.stateRows.dropFirst() {
      basis.append(across(basis, zip(state, set.stateRows[0]).map(-)))
    }
    var random = PlainRandom(seed: 6)
    for _ in 0..<10 {
      let direction = across(basis, (0..<7).map { _ in random.normal() })
      for latent in 0..<2 { #expect(abs(dot(direction, decoder.weights.column(latent))) < 1e-12) }
    }
  }

  @Test("Rounding of states far from the origin is not taken for information")
  func farAway() {
    // A unit and its double, each rounded on its own at 1000, where floats are 6e-5 apart.
    let set = StateSet.random(3000, width: 3, deviation: 0.5, offset: 1000, seed: 8)
    let states = set.stateRows.map { $0 + [1.7 * $0[1]] }
    let decoder = RidgePath(Moments(of: StateSet(states: states, latents: set.latentRows)))
      .leastSquares
    // Fitted to rounding errors, the two would get opposite weights by the hundred.
    #expect(decoder.weights.values.allSatisfy { $0.magnitude < 1 })
    let sole = RidgePath(Moments(of: set)).leastSquares
    let gap = distance(decoder.decode(states[0]), sole.decode(set.stateRows[0]))
    // Floats 6e-5 apart, and 1.2e-4 for the double, with weights below 1.
    #expect(gap < 1e-3)
  }

  @Test("States that don't vary leave the mean of the latents to every decoder")
  func constantStates() {
    let latents = StateSet.random(4000, width: 1, deviation: 0, seed: 7).latentRows
    let moments = Moments(
      of: StateSet(states: latents.map { _ in [0.3, -1.7, 0, 12.1] }, latents: latents)
    )
    let path = RidgePath(moments)
    for decoder in [path.leastSquares, path.decoder(penalty: 1e-8), path.decoder(penalty: 1)] {
      #expect(decoder.weights.values.allSatisfy { $0 == 0 })
      #expect(decoder.intercept == moments.latentMean)
    }
  }

  private func dot(_ left: [Double], _ right: [Double]) -> Double {
    zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// The unit vector along what `vector` has across `basis`, whose vectors are orthonormal.
  private func across(_ basis: [[Double]], _ vector: [Double]) -> [Double] {
    var rest = vector
    for _ in 0..<2 {
      for one in basis {
        let share = dot(rest, one)
        rest = zip(rest, one).map { $0 - share * $1 }
      }
    }
    let length = dot(rest, rest).squareRoot()
    return rest.map { $0 / length }
  }
}

/// NumPy's ridge on 60 states of 7 units: `make_fixtures.py` says how.
private struct RidgeFixture {
  let moments: Moments
  let penalties: [Double]
  /// By penalty, `[7, 2]`.
  let weights: [DoubleMatrix]
  /// By penalty, `[2]`.
  let intercepts: [[Double]]

  init() throws {
    let path = FilePath(#filePath).removingLastComponent().removingLastComponent()
      .appending("Fixtures").appending("decoder-ridge.safetensors")
    let file = try SafeTensorsFile(contentsOf: path)
    func doubles(_ name: String) throws -> [Double] { try #require(file[name]?.doubles) }
    moments = Moments(
      states: DoubleMatrix(rows: 60, columns: 7, values: try doubles("states")),
      latents: DoubleMatrix(rows: 60, columns: 2, values: try doubles("latents"))
    )
    penalties = try doubles("lambdas")
    let (allWeights, allIntercepts) = (try doubles("weights"), try doubles("intercepts"))
    weights = penalties.indices.map {
      DoubleMatrix(rows: 7, columns: 2, values: Array(allWeights[14 * $0..<14 * ($0 + 1)]))
    }
    intercepts = penalties.indices.map { Array(allIntercepts[2 * $0..<2 * ($0 + 1)]) }
  }
}
