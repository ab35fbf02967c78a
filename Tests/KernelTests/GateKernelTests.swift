import Kernels
import RealModule
import TestSupport
import Testing

/// The pointwise loops of LSTM and GRU against their formulas in double precision.
@Suite("Gates")
struct GateKernelTests {
  /// Rows and units around the sixteen lanes of a block.
  private static let shapes = [(1, 1), (1, 15), (2, 16), (3, 17), (2, 33), (5, 64), (0, 4)]

  private static func sigmoid(_ z: Float) -> Double { 1 / (1 + Double.exp(-Double(z))) }

  /// The two gates of a unit whose drives are the arguments: sigmoid and hyperbolic tangent.
  private static func gates(
    _ arguments: [Float],
    _ table: KernelTable
  ) -> (sigmoid: [Float], tanh: [Float]) {
    let count = arguments.count
    var gates = [Float](repeating: 0, count: 4 * count)
    for (index, argument) in arguments.enumerated() {
      gates[index] = argument
      gates[2 * count + index] = argument
    }
    let rest = [Float](repeating: 0, count: count)
    var (cells, squashed, states) = (rest, rest, rest)
    table.functions.lstm_step(1, count, &gates, rest, &cells, &squashed, &states)
    return (Array(gates[..<count]), Array(gates[2 * count..<3 * count]))
  }

  @Test(
    "Sigmoid and hyperbolic tangent keep their digits near 0 and far out",
    arguments: KernelTable.present
  )
  func accuracy(table: KernelTable) {
    let grid = (0..<100_000).map { Float(-30 + 60 * Double($0) / 99_999) }
    let small = (0..<20_000).flatMap { index -> [Float] in
      let value = Float(1e-37 * Double.pow(80 / 1e-37, Double(index) / 19_999))
      return [value, -value]
    }
    let arguments = grid + small
    let (sigmoids, tangents) = Self.gates(arguments, table)
    var (worstSigmoid, worstTangent) = (0.0, 0.0)
    for (index, z) in arguments.enumerated() {
      worstSigmoid = max(worstSigmoid, errorInUlps(sigmoids[index], Self.sigmoid(z)))
      worstTangent = max(worstTangent, errorInUlps(tangents[index], Double.tanh(Double(z))))
    }
    // Four quotients share a division, which costs each some four roundings more than its own:
    // 4.14 and 4.90 were measured.
    #expect(worstSigmoid < 6 && worstTangent < 6, "\(worstSigmoid), \(worstTangent) ulp")
    // Even a correctly rounded result errs by nearly a half somewhere on such a grid.
    #expect(worstSigmoid > 0.4 && worstTangent > 0.4)
  }

  @Test(
    "Gates end at their limits, keep the sign of zero and let NaN pass",
    arguments: KernelTable.present
  )
  func limits(table: KernelTable) {
    let arguments: [Float] = [0, -0.0, 200, .infinity, -200, -.infinity]
    let (sigmoids, tangents) = Self.gates(arguments, table)
    #expect(sigmoids[..<4] == [0.5, 0.5, 1, 1])
    // Arguments end at -87, so that no result is denormal.
    #expect(sigmoids[4] == sigmoids[5] && sigmoids[4] > 1e-38 && sigmoids[4] < 1.7e-38)
    #expect(bits(tangents) == bits([0, -0.0, 1, 1, -1, -1]))
    for value in [Float.nan, -.nan, Float(bitPattern: 0x7FC0_0123)] {
      let (sigmoids, tangents) = Self.gates([1, value], table)
      #expect(sigmoids[1].isNaN && tangents[1].isNaN && sigmoids[0].isFinite)
    }
  }

  @Test("A step of an LSTM is its formula", arguments: KernelTable.present)
  func lstmStep(table: KernelTable) {
    var random = PlainRandom(seed: 1)
    for (rows, units) in Self.shapes {
      let count = rows * units
      let drives = random.normals(4 * count, deviation: 3)
      let gates = GuardedFloats(drives)
      let previous = GuardedFloats(random.normals(count))
      let results = (0..<3).map { _ in GuardedFloats(marks: count) }
      table.functions.lstm_step(
        rows,
        units,
        gates.pointer,
        previous.pointer,
        results[0].pointer,
        results[1].pointer,
        results[2].pointer
      )
      for index in 0..<count {
        let (row, unit) = (index / units, index % units)
        let at = (0..<4).map { row * 4 * units + $0 * units + unit }
        let (i, f, o) = (
          Self.sigmoid(drives[at[0]]), Self.sigmoid(drives[at[1]]), Self.sigmoid(drives[at[3]])
        )
        let g = Double.tanh(Double(drives[at[2]]))
        let c = f * Double(previous.values[index]) + i * g
        for (place, exact) in zip(at, [i, f, g, o]) {
          #expect(errorInUlps(gates.values[place], exact) < 6)
        }
        // Two products of gates, each with 5 units of 1.2e-7; the sum may cancel.
        let error = 1e-6 * (f * Double(previous.values[index].magnitude) + (i * g).magnitude)
        #expect((Double(results[0].values[index]) - c).magnitude < error)
        #expect((Double(results[1].values[index]) - Double.tanh(c)).magnitude < error)
        #expect((Double(results[2].values[index]) - o * Double.tanh(c)).magnitude < error)
      }
      #expect(gates.isFrontUntouched && results.allSatisfy { $0.isFrontUntouched })
    }
  }

  @Test("The way back through an LSTM's step is its derivative", arguments: KernelTable.present)
  func lstmStepBackward(table: KernelTable) {
    var random = PlainRandom(seed: 2)
    for (rows, units) in Self.shapes {
      let count = rows * units
      let gates = random.normals(4 * count)
      let (previous, squashed, gradient, later) = (
        random.normals(count), random.normals(count), random.normals(count), random.normals(count)
      )
      let cellGradient = GuardedFloats(later)
      let gateGradient = GuardedFloats(marks: 4 * count)
      table.functions.lstm_step_backward(
        rows,
        units,
        gates,
        previous,
        squashed,
        gradient,
        cellGradient.pointer,
        gateGradient.pointer
      )
      for index in 0..<count {
        let (row, unit) = (index / units, index % units)
        let at = (0..<4).map { row * 4 * units + $0 * units + unit }
        let (i, f, g, o) = (
          Double(gates[at[0]]), Double(gates[at[1]]), Double(gates[at[2]]), Double(gates[at[3]])
        )
        let (s, d) = (Double(squashed[index]), Double(gradient[index]))
        let c = Double(later[index]) + d * o * (1 - s * s)
        let expected = [
          c * g * i * (1 - i), c * Double(previous[index]) * f * (1 - f), c * i * (1 - g * g),
          d * s * o * (1 - o),
        ]
        // Five normal factors reach some hundreds, of which 1e-4 is a few units.
        for (place, exact) in zip(at, expected) {
          #expect((Double(gateGradient.values[place]) - exact).magnitude < 1e-4)
        }
        #expect((Double(cellGradient.values[index]) - c * f).magnitude < 1e-4)
      }
      #expect(cellGradient.isFrontUntouched && gateGradient.isFrontUntouched)
      // The gradient may stand where the gates were.
      let inPlace = GuardedFloats(gates)
      let again = GuardedFloats(later)
      table.functions.lstm_step_backward(
        rows,
        units,
        inPlace.pointer,
        previous,
        squashed,
        gradient,
        again.pointer,
        inPlace.pointer
      )
      #expect(bits(inPlace.values) == bits(gateGradient.values))
      #expect(bits(again.values) == bits(cellGradient.values))
    }
  }

  @Test("A step of a GRU is its formula", arguments: KernelTable.present)
  func gruStep(table: KernelTable) {
    var random = PlainRandom(seed: 3)
    for (rows, units) in Self.shapes {
      let count = rows * units
      let drives = random.normals(4 * count, deviation: 2)
      let gates = GuardedFloats(drives)
      let previous = GuardedFloats(random.normals(count))
      let states = GuardedFloats(marks: count)
      table.functions.gru_step(rows, units, gates.pointer, previous.pointer, states.pointer)
      for index in 0..<count {
        let (row, unit) = (index / units, index % units)
        let at = (0..<4).map { row * 4 * units + $0 * units + unit }
        let (r, z) = (Self.sigmoid(drives[at[0]]), Self.sigmoid(drives[at[1]]))
        let h = Double(drives[at[2]])
        let n = Double.tanh(Double(drives[at[3]]) + r * h)
        let state = (1 - z) * n + z * Double(previous.values[index])
        #expect(errorInUlps(gates.values[at[0]], r) < 6)
        #expect(errorInUlps(gates.values[at[1]], z) < 6)
        #expect(gates.values[at[2]] == drives[at[2]])
        // The drive may cancel; its parts are below 10.
        #expect((Double(gates.values[at[3]]) - n).magnitude < 5e-6)
        #expect((Double(states.values[index]) - state).magnitude < 5e-6)
      }
      #expect(gates.isFrontUntouched && states.isFrontUntouched)
    }
  }

  @Test("The way back through a GRU's step is its derivative", arguments: KernelTable.present)
  func gruStepBackward(table: KernelTable) {
    var random = PlainRandom(seed: 4)
    for (rows, units) in Self.shapes {
      let count = rows * units
      let gates = random.normals(4 * count)
      let (previous, gradient) = (random.normals(count), random.normals(count))
      let carried = GuardedFloats(gradient)
      let gateGradient = GuardedFloats(marks: 4 * count)
      table.functions.gru_step_backward(
        rows,
        units,
        gates,
        previous,
        carried.pointer,
        gateGradient.pointer
      )
      for index in 0..<count {
        let (row, unit) = (index / units, index % units)
        let at = (0..<4).map { row * 4 * units + $0 * units + unit }
        let (r, z, h, n) = (
          Double(gates[at[0]]), Double(gates[at[1]]), Double(gates[at[2]]), Double(gates[at[3]])
        )
        let d = Double(gradient[index])
        let p = d * (1 - z) * (1 - n * n)
        let expected = [
          p * h * r * (1 - r), d * (Double(previous[index]) - n) * z * (1 - z), p * r, p,
        ]
        // Five normal factors reach some hundreds, of which 1e-4 is a few units.
        for (place, exact) in zip(at, expected) {
          #expect((Double(gateGradient.values[place]) - exact).magnitude < 1e-4)
        }
        #expect((Double(carried.values[index]) - d * z).magnitude < 1e-5)
      }
      #expect(carried.isFrontUntouched && gateGradient.isFrontUntouched)
    }
  }
}
