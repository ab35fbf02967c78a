import Compute
import TestSupport
import Testing

@Suite("Adam")
struct AdamTests {
  /// A hundred steps with gradients from 1e-6 to 1 in scale, some silent: PyTorch's path.
  @Test("A hundred steps are PyTorch's")
  func parity() throws {
    let fixture = try Fixture("adam")
    let gradients = try fixture.floats("gradients")
    let start = try fixture.floats("parameters.0")
    var parameters = FloatBuffer(start)
    var adam = Adam(learningRate: 1e-3, parameterCount: start.count)
    for step in 1...100 {
      let gradient = FloatBuffer(gradients[(step - 1) * start.count..<step * start.count])
      adam.update(&parameters, against: gradient)
      guard [1, 10, 100].contains(step) else { continue }
      let expected = try fixture.floats("parameters.\(step)")
      // One step rounds a parameter once, to 6e-8 of itself; the project promises 1e-6. A hundred
      // steps add up a hundred roundings of either program, 2.1e-7 as measured. The promise of 1e-4
      // leaves room for gradients that fell silent, where √v̂ is small beside ε.
      #expect(relativeToLargest(parameters.values, expected) < (step == 1 ? 1e-6 : 1e-4))
      // The same for the way that was gone, which is a tenth of the parameters and shorter after
      // one step: 7.3e-7 was measured.
      let moved = zip(parameters.values, start).map { $0 - $1 }
      let shouldMove = zip(expected, start).map { $0 - $1 }
      #expect(relativeDistance(moved, shouldMove) < 1e-5)
    }
    #expect(adam.step == 100)
    // Decays rounded to floats: 6e-8 a step, forgotten after 10 and 1000 steps. 1.2e-7 and 3.3e-7
    // were measured.
    #expect(relativeDistance(adam.firstMoment.values, try fixture.floats("first.moment")) < 1e-5)
    #expect(relativeDistance(adam.secondMoment.values, try fixture.floats("second.moment")) < 1e-5)
  }

  @Test("A parameter without any gradient stays where it is, bit by bit")
  func silence() throws {
    let start: [Float] = [0.1, -3, 1e-20, 0]
    var parameters = FloatBuffer(start)
    var adam = Adam(learningRate: 0.1, parameterCount: 4)
    for _ in 0..<50 { adam.update(&parameters, against: FloatBuffer(count: 4)) }
    #expect(parameters == FloatBuffer(start))
  }

  @Test("The first step has the size of the learning rate, whatever the gradient's")
  func firstStep() {
    var parameters = FloatBuffer(count: 4)
    var adam = Adam(learningRate: 0.25, parameterCount: 4)
    adam.update(&parameters, against: FloatBuffer([1e-3, -1, 100, -1e5]))
    for (value, sign) in zip(parameters.values, [Float(-1), 1, -1, 1]) {
      // m̂ / √v̂ = ±1; ε moves the smallest gradient's by 1e-8 / 1e-3, rounding by a few 6e-8.
      #expect((value - 0.25 * sign).magnitude < 0.25 * 1.1e-5)
    }
  }

  @Test("Moments of a unit that fell silent end at exactly zero and are never denormal")
  func denormals() {
    var parameters = FloatBuffer(count: 3)
    var adam = Adam(learningRate: 1e-3, parameterCount: 3)
    adam.update(&parameters, against: FloatBuffer([1, 1e-12, 1e-25]))
    // 0.9^t is below 1e-30 from t = 634 on; 0.999^t from t = 62,100 on, so v of the first stays.
    for step in 0..<1000 {
      adam.update(&parameters, against: FloatBuffer(count: 3))
      for moment in adam.firstMoment.values + adam.secondMoment.values {
        #expect(moment == 0 || moment.magnitude >= 1e-30, "step \(step)")
      }
    }
    #expect(adam.firstMoment.values == [0, 0, 0])
    #expect(adam.secondMoment[0] > 0 && adam.secondMoment[2] == 0)
    #expect(parameters.values.allSatisfy { $0.isFinite })
  }

  @Test("Adam is a value: a copy steps alone")
  func value() {
    var parameters = FloatBuffer(repeating: 1, count: 20)
    var adam = Adam(learningRate: 0.1, parameterCount: 20)
    let gradient = FloatBuffer(repeating: 0.5, count: 20)
    adam.update(&parameters, against: gradient)
    let (before, parametersBefore) = (adam, parameters)
    adam.update(&parameters, against: gradient)
    #expect(adam != before && parameters != parametersBefore)
    var (again, parametersAgain) = (before, parametersBefore)
    again.update(&parametersAgain, against: gradient)
    #expect(again == adam && parametersAgain == parameters)
  }
}
