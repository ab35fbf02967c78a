import Compute
import Networks
import TestSupport
import Testing
import Trials

@Suite("The maps of recurrent networks")
struct DynamicsTests {
  /// Every recurrent one, in every way of a step.
  static let recurrent = Architecture.smallOfEachKind.filter { architecture in
    switch architecture {
    case .leakyRNN, .rnn, .lstm, .gru: true
    case .feedForward, .gpt2: false
    }
  }

  private static let paradigm = Paradigm(boundaries: .evenlySpacedLines(count: 6))

  private static func subject(_ architecture: Architecture) -> NetworkSubject {
    var subject = NetworkSubject(architecture, paradigm: paradigm, seed: 5)
    // First weights make small states; doubled, gates and rectifiers see both of their sides.
    for index in 0..<subject.parameters.count { subject.parameters.buffer[index] *= 2 }
    return subject
  }

  private static var observations: SequenceBatch {
    let generator = TrialGenerator(paradigm: paradigm, seed: 2)
    var batch = generator.makeBatch(trials: 5)
    generator.draw(into: &batch, .training(batch: 0))
    return batch.observations
  }

  @Test("A step of the map is a step of the network's own forward pass", arguments: recurrent)
  func steps(architecture: Architecture) throws {
    let subject = Self.subject(architecture)
    let observations = Self.observations
    let whole = try #require(subject.wholeStates(for: observations))
    let visible = subject.states(for: observations)
    for trial in 0..<observations.trials {
      for step in 0..<observations.steps {
        let seen = (0..<observations.width).map { observations[step, trial, $0] }
        let dynamics = try #require(subject.dynamics(seeing: seen))
        #expect(dynamics.stateWidth == whole.width)
        #expect(dynamics.visibleWidth == subject.stateWidth)
        var before = DoubleMatrix(rows: 1, columns: whole.width)
        if step > 0 {
          for unit in 0..<whole.width { before[0, unit] = Double(whole[step - 1, trial, unit]) }
        }
        let after = dynamics.next(before)
        for unit in 0..<whole.width {
          let value = Double(whole[step, trial, unit])
          // A sum of up to 78 products in single precision.
          #expect((after[0, unit] - value).magnitude <= 2e-5 * max(1, value.magnitude))
        }
        for unit in 0..<subject.stateWidth {
          #expect(whole[step, trial, unit] == visible[step, trial, unit])
        }
      }
    }
  }

  @Test("The Jacobian is the map's derivative by finite differences", arguments: recurrent)
  func jacobians(architecture: Architecture) throws {
    let subject = Self.subject(architecture)
    let dynamics = try #require(subject.dynamics(seeing: [1, 0.2, -0.3]))
    var random = PlainRandom(seed: 9)
    for _ in 0..<3 {
      let state = (0..<dynamics.stateWidth).map { _ in random.uniform(from: -0.5, to: 1) }
      let slopes = dynamics.jacobian(at: state)
      let width = 1e-5
      for input in state.indices {
        var (up, down) = (state, state)
        up[input] += width
        down[input] -= width
        let ends = dynamics.next(
          DoubleMatrix(rows: 2, columns: state.count, values: up + down)
        )
        for output in state.indices {
          let difference = (ends[0, output] - ends[1, output]) / (2 * width)
          // Third derivatives near 1 cost 1e-10, rounding 1e-11.
          #expect((slopes[output, input] - difference).magnitude < 1e-9)
        }
      }
    }
  }

  @Test("Many states at once are each stepped as if alone", arguments: recurrent)
  func batches(architecture: Architecture) throws {
    let dynamics = try #require(Self.subject(architecture).dynamics(seeing: [1, 0, 0]))
    var random = PlainRandom(seed: 4)
    let states = DoubleMatrix(
      rows: 7,
      columns: dynamics.stateWidth,
      values: (0..<7 * dynamics.stateWidth).map { _ in random.normal() }
    )
    let together = dynamics.next(states)
    for row in 0..<7 {
      let alone = dynamics.next(
        DoubleMatrix(rows: 1, columns: states.columns, values: states.row(row))
      )
      for (one, other) in zip(together.row(row), alone.values) {
        #expect((one - other).magnitude < 1e-13)
      }
    }
  }

  @Test("Networks without a state that goes on have no map, and a transformer has values")
  func others() throws {
    let observations = Self.observations
    for architecture in Architecture.smallOfEachKind where !Self.recurrent.contains(architecture) {
      let subject = Self.subject(architecture)
      #expect(subject.dynamics(seeing: [1, 0, 0]) == nil)
      #expect(subject.wholeStates(for: observations) == nil)
      guard case .gpt2(let shape) = architecture else {
        #expect(subject.lastValues(for: observations) == nil)
        continue
      }
      let values = try #require(subject.lastValues(for: observations))
      #expect(values.width == shape.width && values.steps == observations.steps)
      // With one layer and no positions a value knows its own step alone: the cue without a
      // stimulus, first in all trials, makes one value.
      guard shape.layers == 1 else { continue }
      for unit in 0..<shape.width { #expect(values[0, 0, unit] == values[0, 4, unit]) }
      #expect((0..<shape.width).contains { values[1, 0, $0] != values[1, 4, $0] })
    }
  }
}
