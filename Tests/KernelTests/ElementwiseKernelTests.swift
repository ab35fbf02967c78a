import Kernels
import TestSupport
import Testing

/// The loops that go over values one by one, against the formula written out, with counts that
/// don't fill whole vectors and memory that ends with the last value.
@Suite("Loops over values")
struct ElementwiseKernelTests {
  static let counts = [0, 1, 2, 7, 15, 16, 17, 31, 32, 33, 100]

  @Test("A leaky step with ReLU is its formula, bit by bit", arguments: KernelTable.present)
  func leakyStep(table: KernelTable) {
    var random = PlainRandom(seed: 1)
    for leak in [Float(1), 0.3] {
      for count in Self.counts {
        let drive = GuardedFloats(random.normals(count))
        let previous = GuardedFloats(random.normals(count))
        let activations = GuardedFloats(marks: count)
        let rates = GuardedFloats(marks: count)
        table.functions.leaky_step(
          count,
          1 - leak,
          leak,
          0,
          drive.pointer,
          previous.pointer,
          activations.pointer,
          rates.pointer
        )
        let expected = drive.values.map { $0 > 0 ? $0 : 0 }
        #expect(bits(activations.values) == bits(expected))
        let next = zip(expected, previous.values).map { phi, old in
          let kept = (1 - leak) * old
          return table.isFused ? kept.addingProduct(leak, phi) : leak * phi + kept
        }
        #expect(bits(rates.values) == bits(next))
        #expect(activations.isFrontUntouched && rates.isFrontUntouched)
      }
    }
  }

  @Test("A leaky step lets NaN pass", arguments: KernelTable.present, [Int32(0), 1])
  func leakyStepOfNaN(table: KernelTable, isTanh: Int32) {
    var activation: Float = 0
    var rate: Float = 0
    table.functions.leaky_step(1, 0, 1, isTanh, [.nan], [0], &activation, &rate)
    #expect(activation.isNaN && rate.isNaN)
  }

  @Test("A leaky step may write its activations over the drive", arguments: KernelTable.present)
  func leakyStepInPlace(table: KernelTable) {
    var random = PlainRandom(seed: 2)
    let drive = random.normals(37)
    let previous = random.normals(37)
    var apart = (activations: drive, rates: drive)
    table.functions.leaky_step(37, 0.6, 0.4, 1, drive, previous, &apart.activations, &apart.rates)
    let inPlace = GuardedFloats(drive)
    let rates = GuardedFloats(marks: 37)
    table.functions.leaky_step(
      37,
      0.6,
      0.4,
      1,
      inPlace.pointer,
      previous,
      inPlace.pointer,
      rates.pointer
    )
    #expect(bits(inPlace.values) == bits(apart.activations))
    #expect(bits(rates.values) == bits(apart.rates))
  }

  @Test("The way back multiplies by leak and slope", arguments: KernelTable.present)
  func activationBackward(table: KernelTable) {
    var random = PlainRandom(seed: 3)
    for count in Self.counts {
      let gradient = GuardedFloats(random.normals(count))
      let activations = GuardedFloats(
        random.normals(count).enumerated().map { $0.offset % 3 == 0 ? 0 : $0.element }
      )
      for isTanh in [false, true] {
        let current = GuardedFloats(marks: count)
        table.functions.activation_backward(
          count,
          0.3,
          isTanh ? 1 : 0,
          gradient.pointer,
          activations.pointer,
          current.pointer
        )
        let expected = zip(gradient.values, activations.values).map { g, phi -> Float in
          // The slope at exactly zero is zero.
          isTanh ? 0.3 * g * (1 - phi * phi) : phi > 0 ? 0.3 * g : 0
        }
        #expect(bits(current.values) == bits(expected))
        #expect(current.isFrontUntouched)
      }
    }
  }

  @Test("Column sums add the rows in order to what was there", arguments: KernelTable.present)
  func columnSums(table: KernelTable) {
    var random = PlainRandom(seed: 4)
    for columns in Self.counts {
      for (rows, gap) in [(0, 0), (1, 0), (5, 3), (130, 1)] {
        let width = columns + gap
        let count = rows == 0 || columns == 0 ? 0 : (rows - 1) * width + columns
        let matrix = GuardedFloats(random.normals(count))
        let sums = GuardedFloats(random.normals(columns))
        let expected = (0..<columns).map { column in
          (0..<rows).reduce(sums.values[column]) { $0 + matrix.pointer[$1 * width + column] }
        }
        table.functions.column_sums(rows, columns, matrix.pointer, width, sums.pointer)
        #expect(bits(sums.values) == bits(expected))
        #expect(sums.isFrontUntouched)
      }
    }
  }

  @Test("A transpose moves or adds every value and touches no gap", arguments: KernelTable.present)
  func transpose(table: KernelTable) {
    var random = PlainRandom(seed: 5)
    for (rows, columns) in [(0, 3), (3, 0), (1, 1), (1, 20), (20, 1), (17, 33), (40, 64)] {
      for adds in [false, true] {
        let (sourceRow, targetRow) = (columns + 2, rows + 3)
        let isEmpty = rows == 0 || columns == 0
        let source = GuardedFloats(
          random.normals(isEmpty ? 0 : (rows - 1) * sourceRow + columns)
        )
        let target = GuardedFloats(marks: isEmpty ? 0 : (columns - 1) * targetRow + rows)
        if adds {
          for j in 0..<columns {
            for i in 0..<rows { target.pointer[j * targetRow + i] = Float(i - j) }
          }
        }
        table.functions.transpose(
          rows,
          columns,
          source.pointer,
          sourceRow,
          target.pointer,
          targetRow,
          adds ? 1 : 0
        )
        #expect(target.isFrontUntouched)
        guard !isEmpty else { continue }
        for j in 0..<columns {
          for i in 0..<rows {
            let expected = source.pointer[i * sourceRow + j] + (adds ? Float(i - j) : 0)
            #expect(target.pointer[j * targetRow + i] == expected)
          }
          guard j < columns - 1 else { break }
          for i in rows..<targetRow { #expect(target.isMark(j * targetRow + i)) }
        }
      }
    }
  }

  @Test("A step of Adam is its formula, bit by bit", arguments: KernelTable.present)
  func adam(table: KernelTable) {
    var random = PlainRandom(seed: 6)
    var constants = dis_adam(
      first_decay: 0.9,
      second_decay: 0.999,
      first_gain: 0.1,
      second_gain: 0.001,
      rate: 0.01,
      inverse_root_correction: 31.6,
      epsilon: 1e-8
    )
    for count in Self.counts {
      let gradient = GuardedFloats(random.normals(count, deviation: 0.01))
      let first = GuardedFloats(random.normals(count, deviation: 0.01))
      let second = GuardedFloats(random.normals(count, deviation: 0.01).map { $0 * $0 })
      let parameters = GuardedFloats(random.normals(count))
      var (m, v, p) = (first.values, second.values, parameters.values)
      for (index, g) in gradient.values.enumerated() {
        if table.isFused {
          m[index] = (0.1 * g).addingProduct(0.9, m[index])
          v[index] = (0.001 * g * g).addingProduct(0.999, v[index])
        } else {
          m[index] = 0.9 * m[index] + 0.1 * g
          v[index] = 0.999 * v[index] + 0.001 * g * g
        }
        p[index] -= 0.01 * m[index] / (v[index].squareRoot() * 31.6 + 1e-8)
      }
      table.functions.adam(
        &constants,
        count,
        gradient.pointer,
        first.pointer,
        second.pointer,
        parameters.pointer
      )
      #expect(bits(first.values) == bits(m))
      #expect(bits(second.values) == bits(v))
      #expect(bits(parameters.values) == bits(p))
      #expect(
        first.isFrontUntouched && second.isFrontUntouched && parameters.isFrontUntouched
          && gradient.isFrontUntouched
      )
    }
  }

  @Test("Adam's moments below 1e-30 become zero and NaN stays", arguments: KernelTable.present)
  func denormalMoments(table: KernelTable) {
    var constants = dis_adam(
      first_decay: 0.5,
      second_decay: 0.5,
      first_gain: 0.5,
      second_gain: 0.5,
      rate: 1,
      inverse_root_correction: 1,
      epsilon: 1e-8
    )
    // Halved by this step: 1e-30 and more stay, less becomes zero.
    var first: [Float] = [2.1e-30, 1.9e-30, -2.1e-30, -1.9e-30, 0x1p-140, .nan, 0]
    var second: [Float] = [2.1e-30, 1.9e-30, 1, 1, 0x1p-140, 1, .nan]
    var parameters = [Float](repeating: 0, count: 7)
    let gradient = [Float](repeating: 0, count: 7)
    table.functions.adam(&constants, 7, gradient, &first, &second, &parameters)
    #expect(first[0] > 1e-30 && first[1] == 0 && first[2] < -1e-30 && first[3] == 0)
    #expect(second[0] > 1e-30 && second[1] == 0 && first[4] == 0 && second[4] == 0)
    #expect(parameters[5].isNaN && parameters[6].isNaN)
  }
}
