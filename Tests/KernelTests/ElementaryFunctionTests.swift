import Kernels
import RealModule
import TestSupport
import Testing

/// Errors of the polynomials against the system's functions in double precision, whose own errors
/// are 1e-9 units of single precision.
///
/// One argument stands for all lanes: bits don't depend on the lane (see `EqualBitsTests`).
@Suite("Elementary functions")
struct ElementaryFunctionTests {
  /// Evenly spaced arguments, ends included.
  private static func grid(_ lower: Float, _ upper: Float, _ count: Int = 200_000) -> [Float] {
    (0..<count).map { lower + (upper - lower) * Float($0) / Float(count - 1) }
  }

  /// Arguments of both signs from `lower` to `upper` in magnitude, evenly spaced in the exponent.
  private static func magnitudes(_ lower: Double, _ upper: Double) -> [Float] {
    (0..<20_000).flatMap { index in
      let value = Float(lower * Double.pow(upper / lower, Double(index) / 19_999))
      return [value, -value]
    }
  }

  private static func worst(
    _ arguments: [Float],
    _ results: [Float],
    _ exact: (Double) -> Double
  ) -> Double {
    zip(arguments, results).reduce(0) { worst, pair in
      let error = errorInUlps(pair.1, exact(Double(pair.0)))
      return error.isFinite ? max(worst, error) : .infinity
    }
  }

  private static func sigmoid(_ arguments: [Float], _ table: KernelTable) -> [Float] {
    var results = [Float](repeating: .nan, count: arguments.count)
    table.functions.sigmoid(arguments.count, arguments, &results)
    return results
  }

  private static func tanh(_ arguments: [Float], _ table: KernelTable) -> [Float] {
    let count = arguments.count
    let rest = [Float](repeating: 0, count: count)
    var activations = [Float](repeating: .nan, count: count)
    var rates = activations
    table.functions.leaky_step(count, 0, 1, 1, arguments, rest, &activations, &rates)
    return activations
  }

  @Test("The sigmoid keeps its digits down to -80", arguments: KernelTable.present)
  func sigmoid(table: KernelTable) {
    let arguments = Self.grid(-80, 80) + Self.grid(-2, 2) + Self.magnitudes(1e-30, 80)
    let error = Self.worst(arguments, Self.sigmoid(arguments, table)) { z in
      1 / (1 + Double.exp(-z))
    }
    // Exponential, sum, quotient and product err by up to one unit each: 2.61 was measured.
    #expect(error < 3, "measured \(error) ulp")
    // Even a correctly rounded result errs by nearly a half somewhere on such a grid.
    #expect(error > 0.4, "the comparison compares nothing")
  }

  @Test("The exponential behind it is within 1.5 ulp", arguments: KernelTable.present)
  func exponential(table: KernelTable) {
    // Where e^z is below half a unit of 1, the sigmoid is the exponential: 1 + e^z rounds to 1.
    let arguments = Self.grid(-86.9, -17.4)
    let error = Self.worst(arguments, Self.sigmoid(arguments, table)) { Double.exp($0) }
    // 0.95 with fused arithmetic, 0.97 without.
    #expect(error < 1.5, "measured \(error) ulp")
  }

  @Test("The sigmoid ends at its limits", arguments: KernelTable.present)
  func sigmoidLimits(table: KernelTable) {
    let arguments: [Float] = [0, -0.0, 100, .infinity, -100, -.infinity, .leastNonzeroMagnitude]
    let ends = Self.sigmoid(arguments, table)
    #expect(ends[0] == 0.5 && ends[1] == 0.5 && ends[6] == 0.5)
    #expect(ends[2] == 1 && ends[3] == 1)
    // Arguments end at -87, so that no result is denormal: e^-87 = 1.6e-38.
    #expect(ends[4] == ends[5] && ends[4] > Float.leastNormalMagnitude && ends[4] < 1.7e-38)
  }

  @Test("The hyperbolic tangent is within 2 ulp", arguments: KernelTable.present)
  func hyperbolicTangent(table: KernelTable) {
    let arguments = Self.grid(-10, 10) + Self.grid(-0.7, 0.7) + Self.magnitudes(1e-37, 100)
    let error = Self.worst(arguments, Self.tanh(arguments, table)) { Double.tanh($0) }
    // 1.50 was measured, where the quotient of exponentials takes over from the polynomial.
    #expect(error < 2, "measured \(error) ulp")
    let ends = Self.tanh([0, 20, -20, .infinity, -.infinity], table)
    #expect(ends == [0, 1, -1, 1, -1])
  }

  @Test(
    "The logistic loss keeps its digits from -100 to 100",
    arguments: KernelTable.present,
    [Float(0), 0.25, 0.5, 1]
  )
  func crossEntropy(table: KernelTable, target: Float) {
    let logits = Self.grid(-100, 100, 20_001) + Self.grid(-3, 3, 20_001)
    var worst = 0.0
    var worstGradient = 0.0
    for logit in logits {
      var gradient = Float.nan
      let loss = table.functions.cross_entropy(1, [logit], [target], nil, 1, &gradient)
      let z = Double(logit)
      let tail = Double.log(onePlus: Double.exp(-z.magnitude))
      // Grouped so that no digits cancel: max(z, 0) - z y is (1 - y) z or y |z|.
      let share = z > 0 ? Double(1 - target) : Double(target)
      // Where the loss is the tail alone, arguments below -87 count as -87.
      let smallest = share == 0 ? Double.exp(-87) : 0
      let exact = max(share * z.magnitude + tail, smallest)
      let error = errorInUlps(Float(loss), exact)
      worst = error.isFinite ? max(worst, error) : .infinity
      let slope = 1 / (1 + Double.exp(-z)) - Double(target)
      let slopeError = (Double(gradient) - slope).magnitude
      worstGradient = slopeError.isFinite ? max(worstGradient, slopeError) : .infinity
    }
    // A logarithm, a product and two sums, of which none cancels: 1.73 was measured.
    #expect(worst < 2.5, "measured \(worst) ulp")
    // sigmoid - y near 1, where the sigmoid's unit is 2^-24: 1.42 of them were measured.
    #expect(worstGradient < 2 * 0x1p-24, "measured \(worstGradient * 0x1p24)·2^-24")
  }

  @Test("The logistic loss of many values is the sum of theirs", arguments: KernelTable.present)
  func crossEntropySum(table: KernelTable) {
    var random = PlainRandom(seed: 5)
    for count in [0, 1, 15, 16, 17, 33, 1000] {
      let logits = random.normals(count, deviation: 3)
      let targets = (0..<count).map { _ in Float(random.uniform()) }
      let gradient = GuardedFloats(marks: count)
      let (guardedLogits, guardedTargets) = (GuardedFloats(logits), GuardedFloats(targets))
      let sum = table.functions.cross_entropy(
        count,
        guardedLogits.pointer,
        guardedTargets.pointer,
        nil,
        0.125,
        gradient.pointer
      )
      var exact = 0.0
      for (logit, target) in zip(logits, targets) {
        let z = Double(logit)
        exact += max(z, 0) - Double(target) * z + Double.log(onePlus: Double.exp(-z.magnitude))
      }
      // Each term errs by a few units of single precision, the sum in double by none.
      #expect((sum - exact).magnitude <= 4 * 0x1p-24 * exact)
      #expect(gradient.isFrontUntouched)
      for index in 0..<count {
        let slope = 1 / (1 + Double.exp(-Double(logits[index]))) - Double(targets[index])
        #expect((Double(gradient.values[index]) - 0.125 * slope).magnitude < 0x1p-25)
      }
    }
  }

  @Test("Sigmoid and hyperbolic tangent of NaN are NaN", arguments: KernelTable.present)
  func notANumber(table: KernelTable) {
    let arguments: [Float] = [0, .nan, -.nan, Float(bitPattern: 0x7FC0_0123), 1]
    for results in [Self.sigmoid(arguments, table), Self.tanh(arguments, table)] {
      #expect(results.map(\.isNaN) == [false, true, true, true, false])
    }
  }

  @Test("A loss of NaN or infinite logits is not finite", arguments: KernelTable.present)
  func notFinite(table: KernelTable) {
    for logit in [Float.nan, .infinity, -.infinity] {
      for target in [Float(0), 0.5, 1] {
        let logits: [Float] = [0, logit, 0]
        var gradient: [Float] = [0, 0, 0]
        let loss = table.functions.cross_entropy(
          3,
          logits,
          [target, target, target],
          nil,
          1,
          &gradient
        )
        #expect(!loss.isFinite, "logit \(logit), target \(target)")
      }
    }
  }

  @Test(
    "Normals are Box and Muller's rule: logarithm, root, sine and cosine",
    arguments: KernelTable.present
  )
  func normals(table: KernelTable) {
    var random = dis_random(seed: 77, step: 5, purpose: 3, first_lane: 0)
    let lanes = 50_000
    var uniforms = [Float](repeating: .nan, count: 4 * lanes)
    var normals = uniforms
    table.functions.uniforms(&random, 4, lanes, &uniforms, lanes)
    table.functions.normals(&random, 4, lanes, &normals, lanes)
    var worst = 0.0
    for pair in [0, 2] {
      for lane in 0..<lanes {
        let first = Double(uniforms[pair * lanes + lane])
        let turn = Double(uniforms[(pair + 1) * lanes + lane])
        let radius = (-2 * Double.log(1 - first)).squareRoot()
        let cosine = radius * Double.cos(2 * Double.pi * turn)
        let sine = radius * Double.sin(2 * Double.pi * turn)
        // Near the zeros of sine and cosine the rounding of π/2 shows: the unit is the radius'.
        let unit = Double(Float(radius).ulp)
        worst = max(worst, (Double(normals[pair * lanes + lane]) - cosine).magnitude / unit)
        worst = max(worst, (Double(normals[(pair + 1) * lanes + lane]) - sine).magnitude / unit)
      }
    }
    // 1.98 was measured: root, product and a sine or cosine.
    #expect(worst < 2.5, "measured \(worst) ulp of the radius")
    #expect(normals.allSatisfy { $0.isFinite && $0.magnitude < 5.77 })
  }

  @Test("Gumbel noise is -log(-log(1 - u))", arguments: KernelTable.present)
  func gumbels(table: KernelTable) {
    var random = dis_random(seed: 78, step: 5, purpose: 3, first_lane: 0)
    let lanes = 50_000
    var uniforms = [Float](repeating: .nan, count: 4 * lanes)
    var gumbels = uniforms
    table.functions.uniforms(&random, 4, lanes, &uniforms, lanes)
    table.functions.gumbels(&random, 4, lanes, &gumbels, lanes)
    var worst = 0.0
    for (uniform, value) in zip(uniforms, gumbels) where uniform > 0 {
      let exact = -Double.log(-Double.log(1 - Double(uniform)))
      // The inner logarithm's relative error, 2 units at most, is absolute in the outer one.
      let unit = Double(max(Float(exact.magnitude).ulp, 0x1p-23))
      worst = max(worst, (Double(value) - exact).magnitude / unit)
    }
    #expect(worst < 2, "measured \(worst) units")
    // Numbers of 24 bits: the smallest is -log(24 log 2), and 0 stands for half a step.
    #expect(gumbels.allSatisfy { $0 > -2.82 && $0 < 17.4 })
  }
}
