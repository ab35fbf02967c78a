import Kernels
import RealModule
import TestSupport
import Testing

/// Causal attention against its formula in double precision, in memory that ends with the last
/// value.
@Suite("Attention")
struct AttentionKernelTests {
  /// Steps, trials, heads, features of a head: one of everything, full and ragged lanes, features
  /// in tiles of eight, four and one, more queries than are kept at a time.
  private static let shapes = [
    (1, 1, 1, 1), (3, 16, 2, 8), (5, 3, 1, 13), (7, 15, 3, 2), (22, 16, 2, 4), (40, 2, 1, 5),
    (70, 1, 1, 3),
  ]

  private struct Example {
    let steps: Int
    let trials: Int
    let heads: Int
    let width: Int
    let values: [Float]
    let gradient: [Float]
    /// A word for each head, query and key no later.
    let words: [UInt16]?

    init(_ shape: (Int, Int, Int, Int), drops: Bool, _ random: inout PlainRandom) {
      (steps, trials, heads, width) = shape
      let length = steps * trials
      values = random.normals(3 * heads * width * length)
      gradient = random.normals(heads * width * length)
      words =
        drops
        ? (0..<heads * steps * (steps + 1) / 2).map { _ in
          UInt16(truncatingIfNeeded: random.next() | random.next())
        } : nil
    }

    var length: Int { steps * trials }
    var scale: Double { 1 / Double(width).squareRoot() }
    let growth = 4.0 / 3

    /// Feature `feature` of head `head`, part 0, 1 or 2 being query, key or value.
    func place(_ part: Int, _ head: Int, _ feature: Int, _ step: Int, _ trial: Int) -> Int {
      ((part * heads + head) * width + feature) * length + step * trials + trial
    }

    func factor(_ head: Int, _ query: Int, _ key: Int, _ trial: Int) -> Double {
      guard let words else { return 1 }
      let word = words[head * steps * (steps + 1) / 2 + query * (query + 1) / 2 + key]
      return word >> trial & 1 == 1 ? growth : 0
    }

    func withKernel(_ body: (UnsafePointer<dis_attention>) -> Void) {
      func run(_ bits: UnsafePointer<UInt16>?) {
        var kernel = dis_attention(
          steps: steps,
          lanes: trials,
          heads: heads,
          head_width: width,
          scale: Float(scale),
          kept_scale: words == nil ? 1 : Float(growth),
          bits: bits
        )
        body(&kernel)
      }
      if let words { words.withUnsafeBufferPointer { run($0.baseAddress) } } else { run(nil) }
    }

    /// `o` and the derivatives by `q`, `k` and `v`, each in the kernel's own layout.
    func exact() -> (output: [Double], gradient: [Double]) {
      var output = [Double](repeating: 0, count: gradient.count)
      var derivative = [Double](repeating: 0, count: values.count)
      func value(_ part: Int, _ head: Int, _ feature: Int, _ step: Int, _ trial: Int) -> Double {
        Double(values[place(part, head, feature, step, trial)])
      }
      for trial in 0..<trials {
        for head in 0..<heads {
          for query in 0..<steps {
            let scores = (0...query).map { key in
              (0..<width).reduce(0) {
                $0 + value(0, head, $1, query, trial) * value(1, head, $1, key, trial)
              } * scale
            }
            let largest = scores.max() ?? 0
            let sum = scores.reduce(0) { $0 + Double.exp($1 - largest) }
            let p = scores.map { Double.exp($0 - largest) / sum }
            // What reaches each weight of the softmax.
            var reaching = [Double](repeating: 0, count: query + 1)
            for key in 0...query {
              let factor = factor(head, query, key, trial)
              for feature in 0..<width {
                let v = place(2, head, feature, key, trial)
                let o = place(0, head, feature, query, trial)
                output[o] += p[key] * factor * Double(values[v])
                derivative[v] += p[key] * factor * Double(gradient[o])
                reaching[key] += factor * Double(gradient[o]) * Double(values[v])
              }
            }
            let mean = zip(p, reaching).reduce(0) { $0 + $1.0 * $1.1 }
            for key in 0...query {
              let slope = p[key] * (reaching[key] - mean) * scale
              for feature in 0..<width {
                derivative[place(0, head, feature, query, trial)] +=
                  slope * value(1, head, feature, key, trial)
                derivative[place(1, head, feature, key, trial)] +=
                  slope * value(0, head, feature, query, trial)
              }
            }
          }
        }
      }
      return (output, derivative)
    }
  }

  @Test(
    "Attention and its way back are their formulas",
    arguments: KernelTable.present,
    [false, true]
  )
  func formulas(table: KernelTable, drops: Bool) {
    var random = PlainRandom(seed: 1)
    for shape in Self.shapes {
      let example = Example(shape, drops: drops, &random)
      let values = GuardedFloats(example.values)
      let gradient = GuardedFloats(example.gradient)
      let scratch = GuardedFloats(
        marks: 2 * Int(DIS_ATTENTION_QUERIES) * example.steps * 16
      )
      let softmax = GuardedFloats(marks: example.heads * example.steps * 32)
      let output = GuardedFloats(marks: example.gradient.count)
      let derivative = GuardedFloats(marks: example.values.count)
      example.withKernel { kernel in
        let row = GuardedFloats(marks: example.steps * 16)
        table.functions.attention(
          kernel,
          values.pointer,
          row.pointer,
          softmax.pointer,
          output.pointer
        )
        #expect(row.isFrontUntouched)
        table.functions.attention_backward(
          kernel,
          values.pointer,
          softmax.pointer,
          gradient.pointer,
          scratch.pointer,
          derivative.pointer
        )
      }
      let exact = example.exact()
      // Sums of products near 1; the exponential errs by a unit of 1.2e-7.
      #expect(relativeDistance(output.values, exact.output) < 1e-6, "\(shape)")
      // With one step or feature some derivatives are zero but for rounding, others are not.
      #expect(relativeDistance(derivative.values, exact.gradient) < 2e-6, "\(shape)")
      #expect(
        scratch.isFrontUntouched && softmax.isFrontUntouched && output.isFrontUntouched
          && derivative.isFrontUntouched
      )
    }
  }

  @Test("Scores that no exponential holds leave finite weights", arguments: KernelTable.present)
  func largeScores(table: KernelTable) {
    // Two steps of one feature: the second's scores are 0 and 1e4.
    let values: [Float] = [0, 100, 0, 100, 3, 5]
    var attention = dis_attention(
      steps: 2,
      lanes: 1,
      heads: 1,
      head_width: 1,
      scale: 1,
      kept_scale: 1,
      bits: nil
    )
    var (scratch, softmax, output) = (
      [Float](repeating: 0, count: 32), [Float](repeating: 0, count: 64), [Float(0), 0]
    )
    table.functions.attention(&attention, values, &scratch, &softmax, &output)
    #expect(output == [3, 5])
  }

  @Test("A score that is not a number shows in the output", arguments: KernelTable.present)
  func notANumber(table: KernelTable) {
    for place in 0..<6 {
      var values: [Float] = [1, 2, 1, 2, 3, 5]
      values[place] = .nan
      var attention = dis_attention(
        steps: 2,
        lanes: 1,
        heads: 1,
        head_width: 1,
        scale: 1,
        kept_scale: 1,
        bits: nil
      )
      var (scratch, softmax, output) = (
        [Float](repeating: 0, count: 32), [Float](repeating: 0, count: 64), [Float(0), 0]
      )
      table.functions.attention(&attention, values, &scratch, &softmax, &output)
      #expect(output.contains { $0.isNaN }, "\(place)")
    }
  }
}
