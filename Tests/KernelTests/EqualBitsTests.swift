import Kernels
import TestSupport
import Testing

/// What makes a run repeatable from one processor to the next: kernels of different vector width
/// give the same bits, in every function of the table.
@Suite(
  "x86-64-v3 and x86-64-v4 give the same bits",
  .enabled(
    if: KernelTable("x86-64-v4") != nil,
    "this processor has no AVX-512 to compare with"
  )
)
struct EqualBitsTests {
  private let tables: [dis_kernels]

  init() throws {
    tables = try ["x86-64-v3", "x86-64-v4"].map { try #require(KernelTable($0)).functions }
  }

  /// Counts around the sixteen lanes of a block, and some thousand.
  private static let counts = Array(0...50) + [63, 64, 65, 127, 1003]

  /// Values of all sizes, with the special ones at the front.
  private static func values(_ count: Int, _ random: inout PlainRandom) -> [Float] {
    let special: [Float] = [0, -0.0, 0x1p-149, -0x1p-130, 88, -88, 104, -104, 0.625, -0.625, 1e30]
    return (0..<count).map { index in
      index % 7 == 3
        ? special[(index / 7) % special.count]
        : Float(random.normal() * Double(index % 5 == 0 ? 20 : 1))
    }
  }

  private func same(
    _ count: Int,
    _ outputs: Int = 1,
    _ run: (dis_kernels, [UnsafeMutablePointer<Float>]) -> Double?
  ) -> Bool {
    let results = tables.map { table -> ([[UInt32]], UInt64?) in
      let buffers = (0..<outputs).map { _ in GuardedFloats([Float](repeating: 0.5, count: count)) }
      let sum = run(table, buffers.map(\.pointer))
      return (buffers.map { bits($0.values) }, sum?.bitPattern)
    }
    return results[0] == results[1]
  }

  @Test("product")
  func product() {
    var random = PlainRandom(seed: 21)
    for index in 0..<200 {
      let product = ProductCase(
        rows: Int.random(in: 1...40, using: &random),
        columns: Int.random(in: 1...140, using: &random),
        depth: Int.random(in: 0...300, using: &random),
        start: ProductCase.Start.allCases.randomElement(using: &random) ?? .zero,
        finish: ProductCase.Finish.allCases.randomElement(using: &random) ?? .linear,
        isTransposed: Bool.random(using: &random),
        gap: Int.random(in: 0...20, using: &random),
        seed: UInt64(index)
      )
      let results = ["x86-64-v3", "x86-64-v4"].compactMap(KernelTable.init).map {
        bits(product.result(of: $0).values)
      }
      #expect(results[0] == results[1], "\(product)")
    }
  }

  @Test("uniforms, normals and gumbels")
  func randomNumbers() {
    for lanes in Self.counts {
      for count in [1, 2, 3, 4, 7, 40] {
        var random = dis_random(
          seed: 0x1234_5678_9ABC_DEF0 &* UInt64(lanes + 1),
          step: UInt64(count) << 33 | 5,
          purpose: UInt32(count),
          first_lane: UInt32.max - 20
        )
        #expect(
          same(lanes * count) { table, output in
            table.uniforms(&random, count, lanes, output[0], lanes)
            return nil
          }
        )
        #expect(
          same(lanes * count) { table, output in
            table.normals(&random, count, lanes, output[0], lanes)
            return nil
          }
        )
        #expect(
          same(lanes * count) { table, output in
            table.gumbels(&random, count, lanes, output[0], lanes)
            return nil
          }
        )
      }
    }
  }

  @Test("cross_entropy and squared_error, their sums included, and sigmoid")
  func losses() {
    var random = PlainRandom(seed: 22)
    for count in Self.counts {
      let logits = Self.values(count, &random)
      let targets = (0..<count).map { [Float(0), 0.5, 1, 0.3][$0 % 4] }
      let weights = (0..<count).map { [Float(1), 0, 19, 0.25, 1e-30][$0 % 5] }
      #expect(
        same(count) { table, output in
          table.cross_entropy(count, logits, targets, nil, 0.37, output[0])
        }
      )
      #expect(
        same(count) { table, output in
          table.cross_entropy(count, logits, targets, weights, 0.37, output[0])
        }
      )
      for bound in [Float(0), 1, 5] {
        #expect(
          same(count) { table, output in
            table.squared_error(count, bound, logits, targets, nil, 0.37, output[0])
          }
        )
        #expect(
          same(count) { table, output in
            table.squared_error(count, bound, logits, targets, weights, 0.37, output[0])
          }
        )
      }
      #expect(
        same(count) { table, output in
          table.sigmoid(count, logits, output[0])
          return nil
        }
      )
    }
  }

  @Test("adam")
  func adam() {
    var random = PlainRandom(seed: 23)
    var constants = dis_adam(
      first_decay: 0.9,
      second_decay: 0.999,
      first_gain: 0.1,
      second_gain: 0.001,
      rate: 0.0037,
      inverse_root_correction: 7.1,
      epsilon: 1e-8
    )
    for count in Self.counts {
      let gradient = Self.values(count, &random).map { $0.magnitude < 1e3 ? $0 : 0 }
      #expect(
        same(count, 3) { table, output in
          for _ in 0..<3 {
            table.adam(&constants, count, gradient, output[0], output[1], output[2])
          }
          return nil
        }
      )
    }
  }

  @Test("leaky_step and activation_backward", arguments: [Float(1), 0.3], [Int32(0), 1])
  func leakySteps(leak: Float, isTanh: Int32) {
    var random = PlainRandom(seed: 24)
    for count in Self.counts {
      let drive = Self.values(count, &random)
      let previous = Self.values(count, &random)
      #expect(
        same(count, 2) { table, output in
          table.leaky_step(count, 1 - leak, leak, isTanh, drive, previous, output[0], output[1])
          return nil
        }
      )
      #expect(
        same(count) { table, output in
          table.activation_backward(count, leak, isTanh, drive, previous, output[0])
          return nil
        }
      )
    }
  }

  @Test("lstm_step, gru_step and the ways back through them")
  func gates() {
    var random = PlainRandom(seed: 26)
    for units in Self.counts {
      let rows = 1 + units % 3
      let count = rows * units
      let drives = Self.values(4 * count, &random)
      let previous = Self.values(count, &random)
      let gradient = Self.values(count, &random)
      // Buffers of 4·count hold all that a step leaves.
      #expect(
        same(4 * count, 5) { table, output in
          output[0].update(from: drives, count: 4 * count)
          table.lstm_step(rows, units, output[0], previous, output[1], output[2], output[3])
          table.lstm_step_backward(
            rows,
            units,
            output[0],
            previous,
            output[2],
            gradient,
            output[1],
            output[4]
          )
          return nil
        }
      )
      #expect(
        same(4 * count, 4) { table, output in
          output[0].update(from: drives, count: 4 * count)
          output[2].update(from: gradient, count: count)
          table.gru_step(rows, units, output[0], previous, output[1])
          table.gru_step_backward(rows, units, output[0], previous, output[2], output[3])
          return nil
        }
      )
    }
  }

  @Test("column_sums and transpose")
  func matrices() {
    var random = PlainRandom(seed: 25)
    for columns in Self.counts {
      let rows = 1 + columns % 23
      let matrix = Self.values(rows * (columns + 1), &random)
      #expect(
        same(columns) { table, output in
          table.column_sums(rows, columns, matrix, columns + 1, output[0])
          return nil
        }
      )
      for adds in [Int32(0), 1] {
        #expect(
          same(rows * columns) { table, output in
            table.transpose(rows, columns, matrix, columns + 1, output[0], rows, adds)
            return nil
          }
        )
      }
    }
  }

  @Test("layer_norm and layer_norm_backward")
  func layerNorms() {
    var random = PlainRandom(seed: 27)
    for columns in Self.counts.dropFirst() {
      let rows = 1 + columns % 5
      let (input, gradient) = (
        random.normals(rows * columns), random.normals(rows * columns)
      )
      let (gain, bias) = (random.normals(columns), random.normals(columns))
      #expect(
        same(rows * (columns + 2), 2) { table, output in
          table.layer_norm(rows, columns, 1e-5, input, gain, bias, output[0], output[1])
          return nil
        }
      )
      let moments = random.normals(2 * rows)
      for adds in [Int32(0), 1] {
        #expect(
          same(rows * columns, 3) { table, output in
            table.layer_norm_backward(
              rows,
              columns,
              input,
              gain,
              moments,
              gradient,
              output[0],
              output[1],
              adds,
              output[2]
            )
            return nil
          }
        )
      }
    }
  }

  @Test("gelu, gelu_backward and row_sums")
  func gelus() {
    var random = PlainRandom(seed: 28)
    for count in Self.counts {
      let values = Self.values(count, &random)
      #expect(
        same(count, 3) { table, output in
          for index in 0..<count { output[0][index] = values[index] }
          table.gelu(count, output[0], output[1])
          table.gelu_backward(count, output[0], output[2])
          return nil
        }
      )
      #expect(
        same(1) { table, output in
          table.row_sums(1, count, values, count, output[0])
          return nil
        }
      )
    }
  }

  @Test("dropout_bits and dropout")
  func dropout() {
    var random = PlainRandom(seed: 29)
    for count in Self.counts {
      let (values, start) = (Self.values(count, &random), Self.values(count, &random))
      var source = dis_random(seed: random.next(), step: 3, purpose: 6, first_lane: 32)
      #expect(
        same(count) { table, output in
          var words = [UInt16](repeating: 0, count: (count + 15) / 16)
          table.dropout_bits(&source, 20000, words.count, &words)
          table.dropout(count, words, 1.4, start, values, output[0])
          return words.reduce(0) { $0 * 0.7 + Double($1) }
        }
      )
    }
  }

  @Test("attention and attention_backward", arguments: [false, true])
  func attention(drops: Bool) {
    var random = PlainRandom(seed: 30)
    for (steps, lanes, heads, width) in [
      (1, 1, 1, 1), (9, 16, 2, 8), (35, 5, 1, 13), (6, 15, 2, 3),
    ] {
      let size = heads * width * steps * lanes
      let (values, gradient) = (random.normals(3 * size), random.normals(size))
      let words = (0..<heads * steps * (steps + 1) / 2).map { _ in
        UInt16(truncatingIfNeeded: random.next())
      }
      #expect(
        same(3 * size, 2) { table, output in
          words.withUnsafeBufferPointer { words in
            var kernel = dis_attention(
              steps: steps,
              lanes: lanes,
              heads: heads,
              head_width: width,
              scale: 0.4,
              kept_scale: 1.5,
              bits: drops ? words.baseAddress : nil
            )
            var scratch = [Float](
              repeating: 0,
              count: 2 * Int(DIS_ATTENTION_QUERIES) * steps * 16
            )
            var softmax = [Float](repeating: 0, count: heads * steps * 32)
            table.attention(&kernel, values, &scratch, &softmax, output[0])
            table.attention_backward(&kernel, values, softmax, gradient, &scratch, output[1])
          }
          return nil
        }
      )
    }
  }
}
