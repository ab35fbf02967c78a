import RealModule

/// Where to evaluate a function, and with which weights to add the values up, to get its integral.
///
/// A rule over several panels is again a rule, so integrals over pieces need no second type:
/// `Quadrature.gaussLegendre(order: 12).repeated(between: edges)`.
package struct Quadrature: Hashable, Sendable {
  package var nodes: [Double]
  package var weights: [Double]

  package init(nodes: [Double], weights: [Double]) {
    precondition(
      nodes.count == weights.count,
      "a quadrature has \(nodes.count) nodes but \(weights.count) weights"
    )
    self.nodes = nodes
    self.weights = weights
  }

  /// The integral of `integrand` over the range that this rule was made for.
  package func integral(of integrand: (Double) -> Double) -> Double {
    var sum = 0.0
    for index in nodes.indices {
      sum += weights[index] * integrand(nodes[index])
    }
    return sum
  }

  /// Copies a rule for [-1, 1] onto every panel between neighbouring `edges`, which ascend.
  package func repeated(between edges: [Double]) -> Quadrature {
    var result = Quadrature(nodes: [], weights: [])
    let capacity = max(0, edges.count - 1) * nodes.count
    result.nodes.reserveCapacity(capacity)
    result.weights.reserveCapacity(capacity)
    for (left, right) in zip(edges, edges.dropFirst()) {
      let center = 0.5 * (left + right)
      let halfWidth = 0.5 * (right - left)
      for index in nodes.indices {
        result.nodes.append(center + halfWidth * nodes[index])
        result.weights.append(halfWidth * weights[index])
      }
    }
    return result
  }

  /// Edges that cut [`lower`, `upper`] into the fewest equal panels no wider than `width`.
  package static func edges(
    from lower: Double,
    to upper: Double,
    panelsNoWiderThan width: Double
  ) -> [Double] {
    precondition(
      lower <= upper && width > 0,
      "no panels of width \(width) lie between \(lower) and \(upper)"
    )
    let count = max(1, Int(((upper - lower) / width).rounded(.up)))
    return (0...count).map { panel in
      // The last edge is the bound itself, not what rounding made of it.
      panel == count ? upper : lower + (upper - lower) * Double(panel) / Double(count)
    }
  }
}

// MARK: - Gauss-Legendre

extension Quadrature {
  /// The Gauss-Legendre rule on [-1, 1]: exact for polynomials of degree `2 order - 1`.
  ///
  /// Nodes are the roots of the Legendre polynomial Pₙ, found by Newton's method from
  /// cos(π (i + 3/4) / (n + 1/2)), which is close enough to converge at every order; the weights
  /// are 2 / ((1 - x²) Pₙ'(x)²). Source: Abramowitz and Stegun, 25.4.29.
  package static func gaussLegendre(order: Int) -> Quadrature {
    precondition(order >= 1, "a Gauss-Legendre rule needs at least one node, not \(order)")
    var nodes = [Double](repeating: 0, count: order)
    var weights = nodes
    // The rule is symmetric: the negative half mirrors the positive one, down to the last bit.
    for index in 0..<(order + 1) / 2 {
      let isCenter = 2 * index + 1 == order
      var root = isCenter ? 0 : Double.cos(.pi * (Double(index) + 0.75) / (Double(order) + 0.5))
      var slope = legendre(order, at: root).derivative
      if !isCenter {
        // Newton doubles the digits: four steps are enough from here, the others cost nothing.
        for _ in 0..<8 {
          let polynomial = legendre(order, at: root)
          root -= polynomial.value / polynomial.derivative
        }
        slope = legendre(order, at: root).derivative
      }
      let weight = 2 / ((1 - root * root) * slope * slope)
      nodes[index] = -root
      nodes[order - 1 - index] = root
      weights[index] = weight
      weights[order - 1 - index] = weight
    }
    return Quadrature(nodes: nodes, weights: weights)
  }

  /// Pₙ and its derivative at a point inside (-1, 1), by the three-term recurrence.
  private static func legendre(
    _ order: Int,
    at x: Double
  ) -> (value: Double, derivative: Double) {
    var previous = 1.0
    var current = x
    for degree in stride(from: 2, through: order, by: 1) {
      let k = Double(degree)
      (previous, current) = (current, ((2 * k - 1) * x * current - (k - 1) * previous) / k)
    }
    return (current, Double(order) * (previous - x * current) / (1 - x * x))
  }
}
