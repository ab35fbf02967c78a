import Compute
import TestSupport
import Testing

@Suite("First weights")
struct InitializationTests {
  private static func weight(
    _ kind: RecurrentInitialization,
    order: Int,
    seed: UInt64
  ) -> (weight: [Float], bias: [Float]) {
    var layout = ParameterLayout()
    let weight = layout.add("weight", order, order)
    let bias = layout.add("bias", order)
    var parameters = ParameterBuffer(slots: layout.slots)
    Initialization.recurrent(
      &parameters,
      weight: weight,
      bias: bias,
      as: kind,
      RandomStream(seed: seed, purpose: .netInit, step: 1)
    )
    return (parameters.values(of: weight), parameters.values(of: bias))
  }

  @Test("Every kind draws by seed, and all draw the same bias", arguments: [1, 2, 20])
  func seeds(order: Int) {
    for kind in RecurrentInitialization.allCases {
      let one = Self.weight(kind, order: order, seed: 1)
      #expect(bits(one.weight) == bits(Self.weight(kind, order: order, seed: 1).weight))
      #expect(bits(one.bias) == bits(Self.weight(.pytorch, order: order, seed: 1).bias))
      #expect(one.weight.allSatisfy { $0.isFinite })
      if order > 2 { #expect(one.weight != Self.weight(kind, order: order, seed: 2).weight) }
    }
  }

  @Test("PyTorch's default is uniform within 1/√H")
  func uniform() {
    let (weight, bias) = Self.weight(.pytorch, order: 64, seed: 5)
    #expect((weight + bias).allSatisfy { $0.magnitude <= 0.125 })
    // Of 4096 draws the largest falls short of the bound by 1/4096 of it on average.
    #expect((weight.map(\.magnitude).max() ?? 0) > 0.1245)
    let moments = Moments(of: weight)
    #expect((moments.kurtosis - 1.8).magnitude < 0.1)
  }

  @Test("A sparse weight has 15 % of its entries, normal with variance 2 / (0.15 H)")
  func sparse() {
    let order = 64
    var all: [Float] = []
    var inputs: [Int] = []
    for seed in UInt64(1)...20 {
      let weight = Self.weight(.sparse, order: order, seed: seed).weight
      let entries = weight.filter { $0 != 0 }
      // 0.15 · 4096 = 614.4.
      #expect(entries.count == 614)
      all += entries
      inputs += (0..<order).map { unit in
        weight[unit * order..<(unit + 1) * order].count { $0 != 0 }
      }
    }
    let variance = 2 / (0.15 * Double(order))
    let moments = Moments(of: all)
    let root = Double(all.count).squareRoot()
    // Five standard errors of a normal sample.
    #expect(moments.mean.magnitude < 5 * variance.squareRoot() / root)
    #expect((moments.variance / variance - 1).magnitude < 5 * 2.0.squareRoot() / root)
    #expect((moments.kurtosis - 3).magnitude < 5 * 24.0.squareRoot() / root)
    // Where they stand: 64 places a row with 15 % each, without replacement 8.04 of variance
    // (hypergeometric); 1280 rows know it to 4 %.
    let mean = Double(inputs.reduce(0, +)) / Double(inputs.count)
    let spread = inputs.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    #expect((mean - 614.0 / 64).magnitude < 1e-12)
    #expect((spread / Double(inputs.count) / 8.04 - 1).magnitude < 0.2)
  }

  @Test("An orthogonal weight keeps every norm and angle", arguments: [1, 2, 5, 64, 130])
  func orthogonal(order: Int) {
    let weight = Self.weight(.orthogonal, order: order, seed: 3).weight.map(Double.init)
    var worst = 0.0
    for left in 0..<order {
      for right in 0..<order {
        var (rows, columns) = (0.0, 0.0)
        for index in 0..<order {
          rows += weight[left * order + index] * weight[right * order + index]
          columns += weight[index * order + left] * weight[index * order + right]
        }
        let one = left == right ? 1.0 : 0
        worst = max(worst, (rows - one).magnitude, (columns - one).magnitude)
      }
    }
    // Entries are rounded to single precision, 3e-8 of each.
    #expect(worst < 1e-6, "measured \(worst)")
  }

  @Test("It is the Q of the normal draws, with a positive diagonal in R")
  func decomposition() {
    let order = 30
    let weight = Self.weight(.orthogonal, order: order, seed: 6).weight
    var normals = Matrix(rows: order * order, columns: 1)
    RandomStream(seed: 6, purpose: .netInit, step: 1).fillNormal(normals.mutableView)
    // R = Qᵀ A is upper triangular.
    for row in 0..<order {
      for column in 0...row {
        let entry = (0..<order).reduce(0.0) { sum, index in
          sum + Double(weight[index * order + row]) * Double(normals[index * order + column, 0])
        }
        if column == row {
          #expect(entry > 0)
        } else {
          // Norms near 5.5 and the rounding of Q.
          #expect(entry.magnitude < 2e-6)
        }
      }
    }
  }

  @Test("Orthogonal weights are uniform: entries have mean 0 and variance 1/H")
  func haar() {
    let order = 8
    var values: [Float] = []
    var corner: [Float] = []
    for seed in UInt64(1)...400 {
      let weight = Self.weight(.orthogonal, order: order, seed: seed).weight
      values += weight
      corner.append(weight[0])
    }
    // Without the sign correction this entry would lean to one side. Five standard errors.
    #expect(Moments(of: corner).mean.magnitude < 5 / 8.0.squareRoot() / 20)
    #expect((Moments(of: values).variance * 8 - 1).magnitude < 1e-5)
    #expect((Moments(of: corner).variance * 8 - 1).magnitude < 0.35)
  }
}
