import Compute
import Trials

/// What holds for the states of every subject, whatever its architecture.
///
/// Each check returns what it found wrong, in words; nothing where all is well.
package enum SubjectChecks {
  package static func all(
    _ subject: some Representation,
    on observations: SequenceBatch
  ) -> [String] {
    finite(subject, on: observations) + ordered(subject, on: observations)
      + alone(subject, on: observations) + causal(subject, on: observations)
  }

  /// States are finite numbers, of the promised shape, and not all alike.
  package static func finite(
    _ subject: some Representation,
    on observations: SequenceBatch
  ) -> [String] {
    let states = subject.states(for: observations)
    var problems: [String] = []
    if states.steps != observations.steps || states.trials != observations.trials
      || states.width != subject.stateWidth
    {
      problems.append("states of shape \(states.steps) × \(states.trials) × \(states.width)")
    }
    if !states.buffer.values.allSatisfy(\.isFinite) { problems.append("states are not finite") }
    if Set(bits(states.buffer.values)).count < 2 { problems.append("all states are alike") }
    return problems
  }

  /// Trials in another order give the same states in that order, bit by bit.
  package static func ordered(
    _ subject: some Representation,
    on observations: SequenceBatch
  ) -> [String] {
    var random = PlainRandom(seed: 1)
    let order = (0..<observations.trials).shuffled(using: &random)
    let states = subject.states(for: observations).selecting(order)
    return states == subject.states(for: observations.selecting(order))
      ? [] : ["the order of trials changes their states"]
  }

  /// A trial alone gives the states that it has among others, bit by bit.
  package static func alone(
    _ subject: some Representation,
    on observations: SequenceBatch
  ) -> [String] {
    let states = subject.states(for: observations)
    return (0..<observations.trials).compactMap { trial in
      subject.states(for: observations.selecting([trial])) == states.selecting([trial])
        ? nil : "trial \(trial) alone has other states than among others"
    }
  }

  /// What is seen in a step changes the states from there on and none before.
  package static func causal(
    _ subject: some Representation,
    on observations: SequenceBatch
  ) -> [String] {
    let states = subject.states(for: observations)
    var problems: [String] = []
    for step in 0..<observations.steps {
      var changed = observations
      for trial in 0..<observations.trials {
        for feature in 0..<observations.width { changed[step, trial, feature] += 1 }
      }
      let others = subject.states(for: changed)
      for earlier in 0..<step where !same(states, others, at: earlier) {
        problems.append("step \(step) changes the state of step \(earlier)")
      }
      if same(states, others, at: step) { problems.append("step \(step) doesn't change its state") }
    }
    return problems
  }

  private static func same(_ left: SequenceBatch, _ right: SequenceBatch, at step: Int) -> Bool {
    let range = step * left.trials * left.width..<(step + 1) * left.trials * left.width
    return range.allSatisfy { left.buffer[$0].bitPattern == right.buffer[$0].bitPattern }
  }
}
