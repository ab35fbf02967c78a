import Compute
import Testing

@Suite("Quadrature")
struct QuadratureTests {
  @Test("n nodes integrate every power up to 2n - 1", arguments: [1, 2, 3, 5, 12, 20])
  func exactForPolynomials(order: Int) {
    let rule = Quadrature.gaussLegendre(order: order)
    for power in 0..<2 * order {
      let integral = rule.integral { x in (0..<power).reduce(1) { value, _ in value * x } }
      let exact = power.isMultiple(of: 2) ? 2 / Double(power + 1) : 0
      // Weights sum to 2; each of up to 20 terms carries a rounding of a few ulp.
      #expect(abs(integral - exact) < 1e-14, "power \(power)")
    }
  }

  @Test("n nodes miss the power 2n", arguments: [1, 2, 3, 5])
  func noBetterThanGauss(order: Int) {
    let rule = Quadrature.gaussLegendre(order: order)
    let integral = rule.integral { x in (0..<2 * order).reduce(1) { value, _ in value * x } }
    #expect(abs(integral - 2 / Double(2 * order + 1)) > 1e-4)
  }

  @Test("The three-point rule is the one in the textbook")
  func threePoints() {
    let rule = Quadrature.gaussLegendre(order: 3)
    // Roots of P₃ are 0 and ±√(3/5), weights 8/9 and 5/9.
    #expect(abs(rule.nodes[2] - 0.6.squareRoot()) < 2e-16)
    #expect(rule.nodes[1] == 0)
    #expect(abs(rule.weights[1] - 8.0 / 9) < 4e-16)
    #expect(abs(rule.weights[0] - 5.0 / 9) < 4e-16)
  }

  @Test("Nodes ascend, mirror each other exactly and stay inside", arguments: [2, 7, 48, 129])
  func symmetric(order: Int) {
    let rule = Quadrature.gaussLegendre(order: order)
    #expect(zip(rule.nodes, rule.nodes.dropFirst()).allSatisfy { $0 < $1 })
    #expect(rule.nodes.map { -$0 } == rule.nodes.reversed())
    #expect(rule.weights == rule.weights.reversed())
    #expect(rule.nodes.allSatisfy { abs($0) < 1 } && rule.weights.allSatisfy { $0 > 0 })
    // Rounding of up to 129 weights.
    #expect(abs(rule.weights.reduce(0, +) - 2) < 1e-13)
  }

  @Test("Panels add up to the whole, whatever their widths")
  func panels() {
    let rule = Quadrature.gaussLegendre(order: 8).repeated(between: [0, 0.3, 1, 4])
    #expect(rule.nodes.count == 24)
    // ∫ x³ from 0 to 4 = 64, exact on each panel; 24 roundings of numbers below 64.
    #expect(abs(rule.integral { x in x * x * x } - 64) < 1e-12)
    #expect(Quadrature.gaussLegendre(order: 8).repeated(between: [1]).nodes.isEmpty)
  }

  @Test("Edges start and end exactly at the bounds and keep within the width")
  func edges() {
    let edges = Quadrature.edges(from: -0.1, to: 0.6, panelsNoWiderThan: 0.3)
    #expect(edges.count == 4)
    #expect(edges.first == -0.1 && edges.last == 0.6)
    #expect(zip(edges, edges.dropFirst()).allSatisfy { 0 < $1 - $0 && $1 - $0 <= 0.3 })
    #expect(Quadrature.edges(from: 2, to: 2, panelsNoWiderThan: 1) == [2, 2])
  }
}
