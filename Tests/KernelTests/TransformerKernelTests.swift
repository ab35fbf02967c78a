import Kernels
import RealModule
import TestSupport
import Testing

/// The loops between a transformer's products against their formulas in double precision, in memory
/// that ends with the last value.
@Suite("Layer norm, GELU and dropout")
struct TransformerKernelTests {
  /// Rows and columns around the sixteen lanes of a block.
  private static let shapes = [(1, 1), (3, 2), (2, 15), (1, 16), (5, 17), (3, 33), (4, 64), (0, 5)]

  /// A row's mean and `1 / √(variance + ε)`.
  private static func moments(_ x: [Double], _ epsilon: Double) -> (Double, Double) {
    let mean = x.reduce(0, +) / Double(x.count)
    let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
    return (mean, 1 / (variance + epsilon).squareRoot())
  }

  @Test("Layer norm is its formula", arguments: KernelTable.present)
  func layerNorm(table: KernelTable) {
    var random = PlainRandom(seed: 1)
    for (rows, columns) in Self.shapes {
      // Away from zero, so that the mean matters.
      let input = GuardedFloats(random.normals(rows * columns).map { 3 + 2 * $0 })
      let (gain, bias) = (
        GuardedFloats(random.normals(columns)), GuardedFloats(random.normals(columns))
      )
      let moments = GuardedFloats(marks: 2 * rows)
      let output = GuardedFloats(marks: rows * columns)
      table.functions.layer_norm(
        rows,
        columns,
        1e-5,
        input.pointer,
        gain.pointer,
        bias.pointer,
        moments.pointer,
        output.pointer
      )
      for row in 0..<rows {
        let x = input.values[row * columns..<(row + 1) * columns].map(Double.init)
        let (mean, inverse) = Self.moments(x, 1e-5)
        #expect((Double(moments.values[2 * row]) - mean).magnitude < 2e-6)
        // A variance of near numbers loses digits; alone, a feature's is ε and its value 0.
        #expect((Double(moments.values[2 * row + 1]) / inverse - 1).magnitude < 3e-6)
        for column in 0..<columns {
          let normal = (x[column] - mean) * inverse
          let exact = normal * Double(gain.values[column]) + Double(bias.values[column])
          let error = (Double(output.values[row * columns + column]) - exact).magnitude
          #expect(error < 1e-5, "\(rows) × \(columns): \(error)")
        }
      }
      #expect(moments.isFrontUntouched && output.isFrontUntouched)
    }
  }

  @Test("The way back through a layer norm is its derivative", arguments: KernelTable.present)
  func layerNormBackward(table: KernelTable) {
    var random = PlainRandom(seed: 2)
    for (rows, columns) in Self.shapes where columns > 2 {
      let input = random.normals(rows * columns)
      let gain = random.normals(columns)
      let gradient = GuardedFloats(random.normals(rows * columns))
      var moments = [Float](repeating: 0, count: 2 * rows)
      var output = input
      let zeros = [Float](repeating: 0, count: columns)
      table.functions.layer_norm(rows, columns, 1e-5, input, gain, zeros, &moments, &output)
      for adds in [false, true] {
        let gains = GuardedFloats([Float](repeating: 1, count: columns))
        let biases = GuardedFloats([Float](repeating: 2, count: columns))
        let inputs = GuardedFloats([Float](repeating: 3, count: rows * columns))
        table.functions.layer_norm_backward(
          rows,
          columns,
          input,
          gain,
          moments,
          gradient.pointer,
          gains.pointer,
          biases.pointer,
          adds ? 1 : 0,
          inputs.pointer
        )
        var (gainSums, biasSums) = (
          [Double](repeating: 1, count: columns), [Double](repeating: 2, count: columns)
        )
        for row in 0..<rows {
          let range = row * columns..<(row + 1) * columns
          let x = input[range].map(Double.init)
          let d = gradient.values[range].map(Double.init)
          let (mean, inverse) = Self.moments(x, 1e-5)
          let n = x.map { ($0 - mean) * inverse }
          for i in 0..<columns {
            gainSums[i] += d[i] * n[i]
            biasSums[i] += d[i]
            // ∂n_j / ∂x_i = ((i = j) - 1/F - n_i n_j / F) / deviation
            var exact = adds ? 3.0 : 0
            for j in 0..<columns {
              let slope = (i == j ? 1 : 0) - (1 + n[i] * n[j]) / Double(columns)
              exact += d[j] * Double(gain[j]) * slope * inverse
            }
            #expect((Double(inputs.values[range.lowerBound + i]) - exact).magnitude < 2e-5)
          }
        }
        // Sums of a few products near 1.
        for i in 0..<columns {
          #expect((Double(gains.values[i]) - gainSums[i]).magnitude < 1e-5)
          #expect((Double(biases.values[i]) - biasSums[i]).magnitude < 1e-5)
        }
        #expect(gains.isFrontUntouched && biases.isFrontUntouched && inputs.isFrontUntouched)
      }
    }
  }

  @Test("A row of equal features becomes the bias", arguments: KernelTable.present)
  func equalFeatures(table: KernelTable) {
    var (moments, output): ([Float], [Float]) = ([0, 0], [0, 0, 0])
    table.functions.layer_norm(1, 3, 1e-5, [2, 2, 2], [5, 6, 7], [1, 2, 3], &moments, &output)
    #expect(output == [1, 2, 3] && moments[0] == 2)
    // 1 / √1e-5, and a quotient and a root of rounding.
    #expect((Double(moments[1]) / 1e5.squareRoot() - 1).magnitude < 3e-7)
  }

  @Test("GELU and its slope keep their digits", arguments: KernelTable.present)
  func gelu(table: KernelTable) {
    let even = (0..<100_001).map { Float(-20 + 40 * Double($0) / 100_000) }
    let small = (0..<2000).map { Float(Double.pow(10, Double($0 - 2000) / 66)) }
    let arguments = even + small
    let drives = GuardedFloats(arguments)
    let values = GuardedFloats(marks: arguments.count)
    table.functions.gelu(arguments.count, drives.pointer, values.pointer)
    let (slopes, results) = (drives.values, values.values)
    let root = (8 / Double.pi).squareRoot()
    var worst = 0.0
    var worstSlope = 0.0
    for (index, argument) in arguments.enumerated() {
      let x = Double(argument)
      let twice = root * (x + 0.044715 * x * x * x)
      let s: Double = 1 / (1 + Double.exp(-twice))
      let growth = root * (1 + 3 * 0.044715 * x * x)
      let exact = x * s
      let slope = s + exact * (1 - s) * growth
      // The exponential passes the rounding of its argument on, which grows with the argument;
      // beyond -87 it stays where it is, and values below 1e-30 count as zero.
      let scale = max(1, twice.magnitude) * exact.magnitude + 1e-30
      let error = (Double(results[index]) - exact).magnitude / scale
      let slopeError = (Double(slopes[index]) - slope).magnitude
      worst = error.isFinite ? max(worst, error) : .infinity
      worstSlope = slopeError.isFinite ? max(worstSlope, slopeError) : .infinity
    }
    // A unit of single precision is 1.2e-7 of a value at most.
    #expect(worst < 5e-7, "\(worst)")
    // Slopes are near 1 at most, and sums of two terms.
    #expect(worstSlope < 5e-7, "\(worstSlope)")
    #expect(worst > 2e-8 && worstSlope > 2e-8, "the comparison compares nothing")
    #expect(drives.isFrontUntouched && values.isFrontUntouched)
  }

  @Test("GELU ends at its limits and lets NaN pass", arguments: KernelTable.present)
  func geluLimits(table: KernelTable) {
    var drives: [Float] = [0, 1e30, -1e30, .infinity, 17, -17, .nan]
    var values = [Float](repeating: 0, count: 7)
    table.functions.gelu(7, &drives, &values)
    #expect(values[0] == 0 && drives[0] == 0.5)
    #expect(values[1] == 1e30 && values[3] == .infinity && values[4] == 17)
    #expect(values[2].magnitude < 1e-30 && values[5].magnitude < 1e-30)
    #expect(drives[1] == 1 && drives[3] == 1 && drives[4] == 1)
    #expect(drives[2].magnitude < 1e-30 && drives[5].magnitude < 1e-30)
    #expect(values[6].isNaN && drives[6].isNaN)
  }

  @Test("The way back through GELU multiplies by the slopes", arguments: KernelTable.present)
  func geluBackward(table: KernelTable) {
    var random = PlainRandom(seed: 3)
    for count in ElementwiseKernelTests.counts {
      let slopes = GuardedFloats(random.normals(count))
      let gradient = GuardedFloats(random.normals(count))
      let expected = zip(slopes.values, gradient.values).map { $0 * $1 }
      table.functions.gelu_backward(count, slopes.pointer, gradient.pointer)
      #expect(bits(gradient.values) == bits(expected) && gradient.isFrontUntouched)
    }
  }

  @Test("Dropout's bits are halves of Philox's words", arguments: KernelTable.present)
  func dropoutBits(table: KernelTable) {
    for (count, threshold) in [(1, 6554), (7, 30000), (8, 0), (9, 65535), (43, 6554)] {
      var random = dis_random(seed: 77, step: 5 << 32 | 9, purpose: 6, first_lane: 48)
      // One more than asked for, which stays.
      var words = [UInt16](repeating: 0xABCD, count: count + 1)
      table.functions.dropout_bits(&random, UInt32(threshold), count, &words)
      #expect(words[count] == 0xABCD)
      for index in 0..<count {
        var expected: UInt16 = 0
        for lane in 0..<16 {
          let counter: [UInt32] = [UInt32(index / 8), 9, 6 | 5 << 16, 48 + UInt32(lane)]
          var block: [UInt32] = [0, 0, 0, 0]
          dis_philox(counter, [77, 0], &block)
          let half = block[index % 8 / 2] >> (16 * UInt32(index % 2)) & 0xFFFF
          if half >= threshold { expected |= 1 << lane }
        }
        #expect(words[index] == expected)
      }
    }
  }

  @Test("Dropout scales what is kept and adds it to the start", arguments: KernelTable.present)
  func dropout(table: KernelTable) {
    var random = PlainRandom(seed: 4)
    for count in ElementwiseKernelTests.counts {
      let (values, start) = (
        GuardedFloats(random.normals(count)), GuardedFloats(random.normals(count))
      )
      let words = (0..<(count + 15) / 16).map { _ in UInt16(truncatingIfNeeded: random.next()) }
      for hasStart in [false, true] {
        for hasBits in [false, true] {
          let result = GuardedFloats(marks: count)
          table.functions.dropout(
            count,
            hasBits ? words : nil,
            1.25,
            hasStart ? UnsafePointer(start.pointer) : nil,
            values.pointer,
            result.pointer
          )
          let expected = (0..<count).map { index -> Float in
            let from = hasStart ? start.values[index] : 0
            guard !hasBits || words[index / 16] >> (index % 16) & 1 == 1 else { return from }
            return table.isFused
              ? from.addingProduct(1.25, values.values[index])
              : 1.25 * values.values[index] + from
          }
          #expect(bits(result.values) == bits(expected) && result.isFrontUntouched)
        }
      }
    }
  }

  @Test("Row sums are added to what was there", arguments: KernelTable.present)
  func rowSums(table: KernelTable) {
    var random = PlainRandom(seed: 5)
    for columns in ElementwiseKernelTests.counts {
      for (rows, gap) in [(0, 0), (1, 0), (5, 3)] {
        let width = columns + gap
        let count = rows == 0 || columns == 0 ? 0 : (rows - 1) * width + columns
        let matrix = GuardedFloats(random.normals(count))
        let sums = GuardedFloats(random.normals(rows))
        let expected = (0..<rows).map { row in
          (0..<columns).reduce(Double(sums.values[row])) {
            $0 + Double(matrix.pointer[row * width + $1])
          }
        }
        table.functions.row_sums(rows, columns, matrix.pointer, width, sums.pointer)
        for (sum, exact) in zip(sums.values, expected) {
          // A hundred numbers near 1 and roundings of partial sums near 10.
          #expect((Double(sum) - exact).magnitude < 1e-5)
        }
        #expect(sums.isFrontUntouched)
      }
    }
  }
}
