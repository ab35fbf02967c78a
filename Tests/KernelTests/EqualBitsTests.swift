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
        rectifies: Bool.random(using: &random),
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

  @Test("uniforms and normals")
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
      }
    }
  }

  @Test("cross_entropy, its sum included, and sigmoid")
  func losses() {
    var random = PlainRandom(seed: 22)
    for count in Self.counts {
      let logits = Self.values(count, &random)
      let targets = (0..<count).map { [Float(0), 0.5, 1, 0.3][$0 % 4] }
      #expect(
        same(count) { table, output in
          table.cross_entropy(count, logits, targets, 0.37, output[0])
        }
      )
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
          table.leaky_step(count, leak, isTanh, drive, previous, output[0], output[1])
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
}
