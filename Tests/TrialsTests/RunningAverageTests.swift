import Compute
import TestSupport
import Testing
import Trials

@Suite("Running average")
struct RunningAverageTests {
  private static let paradigm = Paradigm(
    boundaries: .evenlySpacedLines(count: 2),
    timing: TrialTiming(fixation: 2, stimulus: 9, delay: 3, decision: 2)
  )

  private static func observations(_ trials: Int) -> SequenceBatch {
    paradigm.draw(trials, seed: 4).observations
  }

  @Test("The state is the mean of the features seen so far", arguments: [EncoderKind.relu, .none])
  func mean(kind: EncoderKind) {
    let encoder = RandomEncoder(
      kind: kind,
      layout: Self.paradigm.layout,
      seed: 4,
      noiseDeviation: 0.2
    )
    let observations = Self.observations(6)
    let subject = RunningAverage(of: encoder, timing: Self.paradigm.timing)
    #expect(subject.stateWidth == (kind == .none ? 2 : 40))
    let states = subject.states(for: observations)
    var inputs = SequenceBatch(steps: 16, trials: 6, width: encoder.inputWidth)
    encoder.encode(observations, into: &inputs)
    for trial in 0..<6 {
      for feature in 0..<subject.stateWidth {
        var sum = 0.0
        var looks = 0.0
        for step in 0..<16 {
          if (2..<11).contains(step) {
            sum += Double(inputs[step, trial, 1 + feature])
            looks += 1
          }
          let expected = looks > 0 ? sum / looks : 0
          // Nine updates of numbers below 1, each rounded to 6e-8 two or three times.
          #expect((Double(states[step, trial, feature]) - expected).magnitude < 2e-6)
        }
      }
    }
  }

  @Test("It passes the checks of every subject")
  func subject() {
    let encoder = RandomEncoder(
      kind: .relu,
      layout: Self.paradigm.layout,
      seed: 4,
      noiseDeviation: 0.2
    )
    let subject = RunningAverage(of: encoder, timing: Self.paradigm.timing)
    let observations = Self.observations(9)
    let checks =
      SubjectChecks.finite(subject, on: observations)
      + SubjectChecks.ordered(subject, on: observations)
      + SubjectChecks.alone(subject, on: observations)
    #expect(checks == [])
  }
}
