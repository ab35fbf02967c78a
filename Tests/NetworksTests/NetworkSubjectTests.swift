import Compute
import Networks
import TestSupport
import Testing
import Trials

@Suite("Networks as subjects")
struct NetworkSubjectTests {
  private static func paradigm(_ encoder: EncoderKind = .relu) -> Paradigm {
    Paradigm(boundaries: .evenlySpacedLines(count: 6), encoder: encoder)
  }

  /// The paper's.
  private static let architecture = Architecture.leakyRNN(RecurrentShape(units: 64))

  private static func observations(_ trials: Int) -> SequenceBatch {
    let generator = TrialGenerator(paradigm: paradigm(), seed: 2)
    var batch = generator.makeBatch(trials: trials)
    generator.draw(into: &batch, .training(batch: 0))
    return batch.observations
  }

  private static func subject(
    _ architecture: Architecture,
    seed: UInt64 = 1,
    encoder: EncoderKind = .relu
  ) -> NetworkSubject {
    NetworkSubject(architecture, paradigm: paradigm(encoder), seed: seed)
  }

  @Test(
    "States are finite, causal, and each trial's own, bit by bit",
    arguments: Architecture.smallOfEachKind,
    [EncoderKind.relu, .none]
  )
  func checks(architecture: Architecture, encoder: EncoderKind) {
    let subject = Self.subject(architecture, encoder: encoder)
    // 19 trials: more than a tile of rows, and not a multiple of one.
    #expect(SubjectChecks.all(subject, on: Self.observations(19)) == [])
    #expect(subject.stateWidth == architecture.stateWidth)
  }

  @Test(
    "The same seed gives the same bits, another seed others",
    arguments: Architecture.smallOfEachKind
  )
  func seeds(architecture: Architecture) {
    let (one, same, other) = (
      Self.subject(architecture), Self.subject(architecture), Self.subject(architecture, seed: 2)
    )
    let observations = Self.observations(3)
    #expect(one.parameters == same.parameters)
    #expect(one.states(for: observations) == same.states(for: observations))
    #expect(one.parameters != other.parameters)
    #expect(one.encoder.parameters != other.encoder.parameters)
  }

  @Test("The leak is the step's length by the time constant")
  func leak() throws {
    for (timeConstant, leak) in [(100.0, Float(1)), (300, 1 / 3), (200, 0.5)] {
      let shape = RecurrentShape(units: 5, timeConstant: timeConstant)
      let leaky = try #require(Self.subject(.leakyRNN(shape)).network as? LeakyRNN)
      #expect(leaky.leak == leak && leaky.keep == 1 - leak)
      let other = try #require(Self.subject(.rnn(shape)).network as? LeakyRNN)
      #expect(other.leak == leak && other.keep == 1)
    }
  }

  @Test("Answers are the readout of the states")
  func logits() throws {
    let subject = Self.subject(Self.architecture)
    let states = subject.states(for: Self.observations(4))
    let logits = subject.logits(for: states)
    #expect([logits.steps, logits.trials, logits.width] == [22, 4, 6])
    let slots = subject.parameters.slots
    let weight = try #require(slots.first { $0.name == "rec_to_out.weight" })
    let bias = try #require(slots.first { $0.name == "rec_to_out.bias" })
    for boundary in 0..<6 {
      var exact = Double(subject.parameters.view(of: bias)[boundary, 0])
      for unit in 0..<64 {
        exact +=
          Double(subject.parameters.view(of: weight)[boundary, unit]) * Double(states[21, 3, unit])
      }
      // 64 products below 1.
      #expect((Double(logits[21, 3, boundary]) - exact).magnitude < 1e-5)
    }
  }

  @Test("First weights are PyTorch's default: uniform within 1/√(fan in)", arguments: 1...5)
  func initialWeights(seed: UInt64) throws {
    let parameters = Self.subject(Self.architecture, seed: seed).parameters
    let fanIn = [
      "inp_to_rec.weight": 41, "inp_to_rec.bias": 41, "rec_to_rec.weight": 64,
      "rec_to_rec.bias": 64, "rec_to_out.weight": 64, "rec_to_out.bias": 64,
    ]
    #expect(Set(parameters.slots.map(\.name)) == Set(fanIn.keys))
    for slot in parameters.slots {
      let bound = 1 / Double(try #require(fanIn[slot.name])).squareRoot()
      let values = parameters.values(of: slot)
      let root = Double(values.count).squareRoot()
      let moments = Moments(of: values)
      // The bound itself is rounded.
      #expect(values.allSatisfy { Double($0.magnitude) <= bound * (1 + 1e-7) })
      #expect(Set(values).count > values.count * 9 / 10, "\(slot.name)")
      // Five standard errors of a uniform variable on ±bound.
      #expect(moments.mean.magnitude < 5 * bound / 3.0.squareRoot() / root, "\(slot.name)")
      #expect(
        (moments.variance - bound * bound / 3).magnitude
          < 5 * bound * bound * (4.0 / 45).squareRoot() / root,
        "\(slot.name)"
      )
    }
  }

  @Test("No two tensors begin with the same draws")
  func separateTensors() {
    let subject = Self.subject(Self.architecture)
    let all = [subject.parameters, subject.encoder.parameters].flatMap { parameters in
      parameters.slots.map { slot in
        // The draw itself: a weight over its bound.
        let values = parameters.values(of: slot)
        let largest = values.map(\.magnitude).max() ?? 0
        return (slot.name, values.prefix(6).map { $0 / largest })
      }
    }
    for (index, (name, values)) in all.enumerated() {
      for (otherName, others) in all[..<index] {
        // Two independent draws of six come as close as 0.05 once in 4 million pairs.
        let distance = zip(values, others).map { ($0 - $1).magnitude }.max() ?? 0
        #expect(distance > 0.05, "\(name) and \(otherName)")
      }
    }
  }
}
