import Analysis
import Compute
import Testing

@Suite("Moments of states and latents")
struct MomentsTests {
  /// Means first, then the products of what is left: no cancellation.
  private static func plainCovariance(_ left: [[Double]], _ right: [[Double]]) -> DoubleMatrix {
    let (first, second) = (plainMean(left), plainMean(right))
    var result = DoubleMatrix(rows: first.count, columns: second.count)
    for (one, other) in zip(left, right) {
      for row in first.indices {
        for column in second.indices {
          result[row, column] += (one[row] - first[row]) * (other[column] - second[column])
        }
      }
    }
    for index in result.values.indices { result.values[index] /= Double(left.count) }
    return result
  }

  private static func plainMean(_ rows: [[Double]]) -> [Double] {
    rows[0].indices.map { column in rows.reduce(0) { $0 + $1[column] } / Double(rows.count) }
  }

  @Test(
    "Means and covariances are those of two plain passes, whatever the width and number of trials",
    arguments: [1, 2, 7, 33, 64],
    [1, 2, 31, 255, 256, 257, 700]
  )
  func plain(width: Int, count: Int) {
    let set = StateSet.random(count, width: width, deviation: 0.5, seed: 1)
    let moments = Moments(of: set)
    let (states, latents) = (set.stateRows, set.latentRows)
    #expect(moments.count == count)
    // Values near 1, of which 700 are added: each sum rounds by 1e-16 of itself at a time.
    #expect(distance(moments.stateMean, Self.plainMean(states)) < 1e-13)
    #expect(distance(moments.latentMean, Self.plainMean(latents)) < 1e-13)
    #expect(distance(moments.stateCovariance, Self.plainCovariance(states, states)) < 1e-13)
    #expect(distance(moments.crossCovariance, Self.plainCovariance(states, latents)) < 1e-13)
    #expect(distance(moments.latentCovariance, Self.plainCovariance(latents, latents)) < 1e-13)
  }

  @Test("States far from the origin have covariances as exact as any")
  func farAway() {
    let set = StateSet.random(1000, width: 5, deviation: 0.5, offset: 1000, seed: 2)
    let plain = Self.plainCovariance(set.stateRows, set.stateRows)
    // The mean of 1000 is rounded to 1e-13, and a product of deviations by that much at most.
    #expect(distance(Moments(of: set).stateCovariance, plain) < 1e-12)
    let parts = Moments.sum(set.split(into: [1, 400, 599]).map(Moments.init(of:)))
    #expect(distance(parts.stateCovariance, plain) < 1e-12)
  }

  @Test("Moments of a union are the sum of its parts")
  func union() {
    let parts = [301, 77, 256].enumerated().map {
      StateSet.random($1, width: 9, deviation: 0.5, seed: UInt64($0))
    }
    let sum = Moments.sum(parts.map(Moments.init(of:)))
    let whole = Moments(of: .joined(parts))
    #expect(sum.count == 634 && whole.count == 634)
    // The same 634 deviations, from other means first.
    #expect(distance(sum.stateMean, whole.stateMean) < 1e-14)
    #expect(distance(sum.latentMean, whole.latentMean) < 1e-14)
    #expect(distance(sum.stateCovariance, whole.stateCovariance) < 1e-13)
    #expect(distance(sum.crossCovariance, whole.crossCovariance) < 1e-13)
    #expect(distance(sum.latentCovariance, whole.latentCovariance) < 1e-13)
    // And not those of one part alone.
    #expect(distance(sum.stateCovariance, Moments(of: parts[0]).stateCovariance) > 1e-3)
  }

  @Test("Double and single precision give the same moments where single precision is exact")
  func precision() {
    let set = StateSet.random(300, width: 6, deviation: 0.5, seed: 3)
    let double = Moments(
      states: DoubleMatrix(rows: 300, columns: 6, values: set.stateRows.flatMap { $0 }),
      latents: DoubleMatrix(rows: 300, columns: 2, values: set.latentRows.flatMap { $0 })
    )
    let single = Moments(of: set)
    #expect(double.stateCovariance == single.stateCovariance)
    #expect(double.crossCovariance == single.crossCovariance)
    #expect(double.stateMean == single.stateMean && double.count == single.count)
  }

  @Test("States are constant only where all of them are")
  func constants() {
    let latents = (0..<5000).map { [Double($0) / 5000 - 0.5, 0] }
    func moments(_ state: (Int) -> [Double]) -> Moments {
      Moments(of: StateSet(states: (0..<5000).map(state), latents: latents))
    }
    #expect(moments { _ in [0, 0] }.statesAreConstant)
    #expect(moments { _ in [0.3, -1.7] }.statesAreConstant)
    #expect(!moments { [0.3, $0 == 7 ? 1 : 0] }.statesAreConstant)
    #expect(!moments { [100, $0 % 2 == 0 ? 1e-3 : 0] }.statesAreConstant)
    // A millionth is what rounding leaves in single precision, and much in double.
    var far = DoubleMatrix(rows: 20, columns: 1)
    for row in 0..<20 { far[row, 0] = 1e7 + Double(row % 2) }
    let none = DoubleMatrix(rows: 20, columns: 0)
    #expect(Moments(states: far, latents: none, precision: .single).statesAreConstant)
    #expect(!Moments(states: far, latents: none).statesAreConstant)
  }
}
