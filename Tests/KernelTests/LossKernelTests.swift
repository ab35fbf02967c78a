import Kernels
import RealModule
import TestSupport
import Testing

/// Losses with weights, and the squared error, against their formulas in double precision.
@Suite("Losses")
struct LossKernelTests {
  private static let counts = [0, 1, 2, 15, 16, 17, 33, 1000]

  /// Loss and slope of one answer.
  private static func squaredError(_ z: Float, _ y: Float, bound: Float) -> (Double, Double) {
    let (z, y, bound) = (Double(z), Double(y), Double(bound))
    guard bound > 0 else { return ((z - y) * (z - y), 2 * (z - y)) }
    let t = Double.tanh(z)
    let error = bound * t - y
    return (error * error, 2 * error * bound * (1 - t * t))
  }

  private static func weights(_ count: Int, _ random: inout PlainRandom) -> [Float] {
    (0..<count).map { $0 % 3 == 1 ? 0 : $0 % 7 == 0 ? 19 : Float(random.uniform()) }
  }

  @Test(
    "The squared error, of tanh with a bound or of a linear answer, is its formula",
    arguments: KernelTable.present,
    [Float(0), 1, 5]
  )
  func squaredError(table: KernelTable, bound: Float) {
    var random = PlainRandom(seed: 31)
    for count in Self.counts {
      let logits = GuardedFloats(random.normals(count, deviation: 2))
      let targets = GuardedFloats(
        (0..<count).map { _ in Float(random.uniform(from: -1, to: 1)) * max(bound, 1) }
      )
      let weights = GuardedFloats(Self.weights(count, &random))
      for isWeighted in [false, true] {
        let gradient = GuardedFloats(marks: count)
        let sum = table.functions.squared_error(
          count,
          bound,
          logits.pointer,
          targets.pointer,
          isWeighted ? weights.pointer : nil,
          0.125,
          gradient.pointer
        )
        var exact = 0.0
        var scale = 0.0
        for index in 0..<count {
          let (z, y) = (logits.values[index], targets.values[index])
          let w = isWeighted ? Double(weights.values[index]) : 1
          let (loss, slope) = Self.squaredError(z, y, bound: bound)
          exact += w * loss
          // Answer and target up to θ, each rounded to a few units of single precision, in the
          // error; |error| times that in its square. In 1 - t² the same again.
          let size = Double(bound > 0 ? bound : max(z.magnitude, 1)) + Double(y.magnitude)
          scale += w * size * size
          let allowed = 0.125 * 2 * w * size * Double(max(bound, 1)) * 8 * 0x1p-24
          let found = Double(gradient.values[index])
          #expect((found - 0.125 * w * slope).magnitude <= allowed, "\(index): \(found)")
        }
        #expect((sum - exact).magnitude <= 8 * 0x1p-24 * scale)
        #expect(gradient.isFrontUntouched)
      }
    }
  }

  @Test("Weights multiply each term of the logistic loss", arguments: KernelTable.present)
  func weightedCrossEntropy(table: KernelTable) {
    var random = PlainRandom(seed: 32)
    for count in Self.counts {
      let logits = GuardedFloats(random.normals(count, deviation: 3))
      let targets = GuardedFloats((0..<count).map { _ in Float(random.uniform()) })
      let weights = GuardedFloats(Self.weights(count, &random))
      let gradient = GuardedFloats(marks: count)
      let sum = table.functions.cross_entropy(
        count,
        logits.pointer,
        targets.pointer,
        weights.pointer,
        0.125,
        gradient.pointer
      )
      var exact = 0.0
      for index in 0..<count {
        let (z, y) = (Double(logits.values[index]), Double(targets.values[index]))
        let w = Double(weights.values[index])
        exact += w * (max(z, 0) - y * z + Double.log(onePlus: Double.exp(-z.magnitude)))
        let slope = 0.125 * w * (1 / (1 + Double.exp(-z)) - y)
        #expect((Double(gradient.values[index]) - slope).magnitude <= 0.125 * w * 4 * 0x1p-24)
      }
      // Each term errs by a few units of single precision, the sum in double by none.
      #expect((sum - exact).magnitude <= 5 * 0x1p-24 * exact)
      #expect(gradient.isFrontUntouched)
    }
  }

  /// A loss of the table with its three ways to be asked.
  private static func losses(
    _ table: KernelTable
  ) -> [(String, (Int, [Float], [Float], [Float]?, inout [Float]) -> Double)] {
    let squared = [Float(0), 1, 5].map { bound in
      (
        "squared error, bound \(bound)",
        { (count: Int, z: [Float], y: [Float], w: [Float]?, gradient: inout [Float]) -> Double in
          if let w {
            table.functions.squared_error(count, bound, z, y, w, 0.3, &gradient)
          } else {
            table.functions.squared_error(count, bound, z, y, nil, 0.3, &gradient)
          }
        }
      )
    }
    return squared + [
      (
        "cross-entropy",
        { count, z, y, w, gradient in
          if let w {
            table.functions.cross_entropy(count, z, y, w, 0.3, &gradient)
          } else {
            table.functions.cross_entropy(count, z, y, nil, 0.3, &gradient)
          }
        }
      )
    ]
  }

  @Test("Weights of 1 are no weights, bit by bit", arguments: KernelTable.present)
  func weightsOfOne(table: KernelTable) {
    var random = PlainRandom(seed: 33)
    for (name, loss) in Self.losses(table) {
      for count in Self.counts {
        let logits = random.normals(count, deviation: 3)
        let targets = (0..<count).map { _ in Float(random.uniform()) }
        var (plain, weighted) = (logits, logits)
        let one = loss(count, logits, targets, nil, &plain)
        let other = loss(count, logits, targets, [Float](repeating: 1, count: count), &weighted)
        #expect(one.bitPattern == other.bitPattern && bits(plain) == bits(weighted), "\(name)")
      }
    }
  }

  @Test(
    "A weight of 0 shuts out answers that are not finite, others let them show",
    arguments: KernelTable.present
  )
  func notFinite(table: KernelTable) {
    for (name, loss) in Self.losses(table) {
      let logits: [Float] = [0.5, .nan, .infinity, -.infinity, 1]
      let targets: [Float] = [0, 1, 0, 1, 1]
      var gradient = [Float](repeating: .nan, count: 5)
      let shut = loss(5, logits, targets, [1, 0, 0, 0, 2], &gradient)
      #expect(shut.isFinite && shut > 0 && gradient.allSatisfy(\.isFinite), "\(name)")
      #expect(gradient[1...3].allSatisfy { $0 == 0 } && gradient[0] != 0, "\(name)")
      let open = loss(5, logits, targets, [1, 1, 0, 0, 2], &gradient)
      #expect(open.isNaN && gradient[1].isNaN, "\(name)")
      let nothing = loss(5, logits, targets, [0, 0, 0, 0, 0], &gradient)
      #expect(nothing == 0 && gradient.allSatisfy { $0 == 0 }, "\(name)")
    }
  }

  @Test("The gradient may be written over the answers", arguments: KernelTable.present)
  func inPlace(table: KernelTable) {
    var random = PlainRandom(seed: 34)
    let logits = random.normals(37)
    let targets = random.normals(37)
    let weights = Self.weights(37, &random)
    var apart = logits
    let sum = table.functions.squared_error(37, 2, logits, targets, weights, 0.5, &apart)
    let same = GuardedFloats(logits)
    let again = table.functions.squared_error(
      37,
      2,
      same.pointer,
      targets,
      weights,
      0.5,
      same.pointer
    )
    #expect(sum == again && bits(same.values) == bits(apart))
  }
}
