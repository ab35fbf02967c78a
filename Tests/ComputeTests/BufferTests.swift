import Compute
import Testing

@Suite("Buffers")
struct BufferTests {
  @Test("A buffer is a value: a change shows in no copy")
  func value() {
    let first = FloatBuffer([1, 2, 3])
    var second = first
    second[1] = 7
    #expect(first.values == [1, 2, 3] && second.values == [1, 7, 3])
    var third = second
    third.mutablePointer[0] = 9
    third.fill(4)
    #expect(second.values == [1, 7, 3] && third.values == [4, 4, 4])
  }

  @Test("Storage begins on a cache line", arguments: [0, 1, 15, 1000])
  func alignment(count: Int) {
    var buffer = FloatBuffer(count: count)
    #expect(UInt(bitPattern: buffer.mutablePointer) % 64 == 0)
    #expect(buffer.count == count && buffer.values.allSatisfy { $0 == 0 })
  }

  @Test("Buffers are equal if their bits are")
  func equality() {
    #expect(FloatBuffer([.nan]) == FloatBuffer([.nan]))
    #expect(FloatBuffer([0]) != FloatBuffer([-0.0]))
    #expect(FloatBuffer([0]) != FloatBuffer([0, 0]))
  }

  @Test("Slots stand one after the other and don't reach into each other")
  func slots() {
    var layout = ParameterLayout()
    let weight = layout.add("a.weight", 3, 4)
    let bias = layout.add("a.bias", 3)
    let last = layout.add("b.weight", 2, 3)
    #expect([weight.offset, bias.offset, last.offset] == [0, 12, 15])
    var parameters = ParameterBuffer(slots: layout.slots)
    #expect(parameters.count == 21 && parameters.slots == [weight, bias, last])
    parameters.set(bias, to: [1, 2, 3])
    parameters.mutableView(of: last)[1, 2] = 5
    #expect(parameters.values(of: weight).allSatisfy { $0 == 0 })
    #expect(parameters.values(of: bias) == [1, 2, 3])
    #expect(parameters.values(of: last) == [0, 0, 0, 0, 0, 5])
    #expect(parameters.view(of: bias)[2, 0] == 3 && parameters.view(of: last)[1, 2] == 5)
  }

  @Test("A sequence is stored step by step, then trial by trial")
  func sequence() {
    let values = (0..<2 * 3 * 4).map(Float.init)
    var batch = SequenceBatch(steps: 2, trials: 3, width: 4, values: values)
    #expect(batch[1, 2, 3] == 23 && batch[1, 0, 0] == 12)
    #expect(batch.step(1)[0, 1] == 13 && batch.rows[5, 3] == 23)
    batch.mutableStep(1)[2, 0] = -1
    #expect(batch[1, 2, 0] == -1)
  }
}
