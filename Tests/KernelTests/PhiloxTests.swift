import Files
import Kernels
import TestSupport
import Testing

@Suite("Philox4x32-10")
struct PhiloxTests {
  @Test("Blocks are Random123's known answers")
  func knownAnswers() throws {
    let answers = try #require(Fixture.json("random123")["answers"]?.array)
    #expect(answers.count == 3)
    for answer in answers {
      func words(_ part: String) throws -> [UInt32] {
        try #require(answer[part]?.array).map { word in
          let digits = try #require(word.string)
          return try #require(UInt32(digits, radix: 16))
        }
      }
      let counter = try words("counter")
      let key = try words("key")
      try #require(counter.count == 4 && key.count == 2)
      var output: [UInt32] = [0, 0, 0, 0]
      dis_philox(counter, key, &output)
      let published = try words("output")
      #expect(output == published)
    }
  }

  @Test(
    "Lanes are plain blocks, whatever seed, step, purpose and lane",
    arguments: KernelTable.present
  )
  func lanes(table: KernelTable) {
    var random = PlainRandom(seed: 9)
    for (count, lanes) in [(1, 1), (4, 16), (9, 37), (2, 100), (23, 15)] {
      var source = dis_random(
        seed: random.next(),
        // All 48 bits of the step and all 16 of the purpose in use.
        step: random.next() >> 16,
        purpose: UInt32(random.next() >> 48),
        // The last lanes go past 2³² and begin at 0 again.
        first_lane: UInt32.max - 30
      )
      let stride = lanes + 3
      let values = GuardedFloats(marks: (count - 1) * stride + lanes)
      table.functions.uniforms(&source, count, lanes, values.pointer, stride)
      for lane in 0..<lanes {
        for n in 0..<count {
          let counter: [UInt32] = [
            UInt32(n / 4),
            UInt32(truncatingIfNeeded: source.step),
            source.purpose | UInt32(source.step >> 32) << 16,
            source.first_lane &+ UInt32(lane),
          ]
          let key = [
            UInt32(truncatingIfNeeded: source.seed), UInt32(truncatingIfNeeded: source.seed >> 32),
          ]
          var words: [UInt32] = [0, 0, 0, 0]
          dis_philox(counter, key, &words)
          #expect(values.pointer[n * stride + lane] == Float(words[n % 4] >> 8) * 0x1p-24)
        }
      }
      for row in 0..<count - 1 {
        for column in lanes..<stride { #expect(values.isMark(row * stride + column)) }
      }
      #expect(values.isFrontUntouched)
    }
  }

  @Test(
    "Normals and Gumbel noise fill what was asked for and nothing else",
    arguments: KernelTable.present,
    [false, true]
  )
  func inPlace(table: KernelTable, isGumbel: Bool) {
    for count in 1...6 {
      for lanes in [1, 15, 16, 33] {
        let stride = lanes + 5
        let values = GuardedFloats(marks: (count - 1) * stride + lanes)
        var random = dis_random(seed: 1, step: 2, purpose: 3, first_lane: 4)
        let fill = isGumbel ? table.functions.gumbels : table.functions.normals
        fill(&random, count, lanes, values.pointer, stride)
        for row in 0..<count {
          for lane in 0..<lanes { #expect(values.pointer[row * stride + lane].isFinite) }
          guard row < count - 1 else { break }
          for column in lanes..<stride { #expect(values.isMark(row * stride + column)) }
        }
        #expect(values.isFrontUntouched)
      }
    }
  }
}
