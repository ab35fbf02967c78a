import Compute
import Networks
import RealModule
import TestSupport
import Testing
import Training
import Trials

@Suite("Training")
struct TrainerTests {
  private static let paradigm = Paradigm(boundaries: .evenlySpacedLines(count: 6))

  private static func subject(
    _ architecture: Architecture = .leakyRNN(
      RecurrentShape(units: 64, activation: .relu, timeConstant: 100)
    )
  ) -> NetworkSubject {
    NetworkSubject(architecture, paradigm: paradigm, seed: 1)
  }

  private static func trainer(
    of subject: NetworkSubject,
    batches: Int,
    learningRate: Double = 0.001,
    seed: UInt64 = 1,
    from state: TrainingState? = nil
  ) throws -> Trainer<LeakyRNN> {
    Trainer(
      try #require(subject.network as? LeakyRNN),
      of: subject,
      paradigm: paradigm,
      plan: TrainingPlan(batches: batches, learningRate: learningRate),
      seed: seed,
      from: state ?? TrainingState(parameters: subject.parameters, learningRate: learningRate)
    )
  }

  @Test("The same seed trains to the same bits, another seed to others")
  func deterministic() throws {
    let subject = Self.subject()
    var states: [TrainingState] = []
    for seed in [UInt64(1), 1, 2] {
      var trainer = try Self.trainer(of: subject, batches: 30, seed: seed)
      #expect(trainer.train { _, _ in false } == .completed)
      #expect(trainer.state.batch == 30)
      states.append(trainer.state)
    }
    #expect(states[0] == states[1])
    #expect(states[0].parameters != states[2].parameters)
  }

  @Test(
    "Training 200 batches is training 100, and 100 more from a copy of the state",
    arguments: [
      Architecture.leakyRNN(RecurrentShape(units: 64, activation: .relu, timeConstant: 100)),
      .leakyRNN(RecurrentShape(units: 19, activation: .tanh, timeConstant: 250)),
    ]
  )
  func resume(architecture: Architecture) throws {
    let subject = Self.subject(architecture)
    var whole = try Self.trainer(of: subject, batches: 200)
    #expect(whole.train { _, _ in false } == .completed)

    var first = try Self.trainer(of: subject, batches: 200)
    #expect(first.train { state, _ in state.batch == 100 } == .stopped)
    #expect(first.state.batch == 100)
    let copy = first.state
    var second = try Self.trainer(of: subject, batches: 200, from: copy)
    #expect(second.train { _, _ in false } == .completed)
    #expect(second.state == whole.state)
    #expect(copy.batch == 100 && first.state == copy, "a state is a value")

    // The trainer that was stopped goes on as well.
    #expect(first.train { _, _ in false } == .completed)
    #expect(first.state == whole.state)
  }

  @Test("Whoever has all batches behind it does nothing more")
  func finished() throws {
    var trainer = try Self.trainer(of: Self.subject(), batches: 3)
    #expect(trainer.train { _, _ in false } == .completed)
    let state = trainer.state
    var calls = 0
    let end = trainer.train { _, _ in
      calls += 1
      return false
    }
    #expect(end == .completed && calls == 0 && trainer.state == state)
  }

  @Test("600 batches bring the loss from chance to what the decision's answers allow")
  func learns() throws {
    var trainer = try Self.trainer(of: Self.subject(), batches: 600)
    var outcomes: [BatchOutcome] = []
    let end = trainer.train { _, outcome in
      outcomes.append(outcome)
      return false
    }
    #expect(end == .completed && outcomes.count == 600)
    let half = Double.log(2)
    // Untrained answers are near one half, whose loss is ln 2 for any target.
    #expect((outcomes[0].loss - half).magnitude < 0.02)
    let last = outcomes.suffix(100)
    let loss = mean(last.map(\.loss))
    // 21 of 22 steps ask for one half and can't cost less than ln 2 each. What is left is the
    // decision's: ln 2 / 22 by chance, and here 0.49 / 22, which is 0.684 in all.
    #expect(loss > half * 21 / 22)
    #expect(loss < 0.687, "measured \(loss)")
    // From 0.49 to 0.855, as measured; other kernels take another path.
    #expect(mean(outcomes.prefix(10).compactMap(\.accuracy)) < 0.7)
    #expect(mean(last.compactMap(\.accuracy)) > 0.8)
  }

  @Test("A loss that is not finite ends training and is reported", arguments: [1e6, 1e20])
  func divergence(learningRate: Double) throws {
    var trainer = try Self.trainer(of: Self.subject(), batches: 500, learningRate: learningRate)
    var losses: [Double] = []
    let end = trainer.train { _, outcome in
      losses.append(outcome.loss)
      return false
    }
    guard case .diverged(let batch, let lastFiniteLoss) = end else {
      Issue.record("ended with \(end) after \(losses.count) batches at loss \(losses.last ?? 0)")
      return
    }
    // The first batch is still that of the first weights, so it has a loss.
    #expect(batch == losses.count && batch > 0)
    #expect(lastFiniteLoss == losses.last)
    #expect(losses.allSatisfy { $0.isFinite })
  }

  @Test("Weights that are not a number show in the loss of the same batch")
  func brokenWeights() throws {
    let subject = Self.subject()
    for slot in subject.parameters.slots {
      var state = TrainingState(parameters: subject.parameters, learningRate: 0.001)
      var values = state.parameters.values(of: slot)
      values[0] = .nan
      state.parameters.set(slot, to: values)
      var trainer = try Self.trainer(of: subject, batches: 3, from: state)
      let end = trainer.train { _, _ in false }
      #expect(end == .diverged(batch: 0, lastFiniteLoss: nil), "\(slot.name)")
    }
  }

  @Test("Weights that the last batch breaks are no end of training")
  func brokenByTheLastBatch() throws {
    // The loss is that of the first weights; Adam's step of the largest Float overflows them.
    var trainer = try Self.trainer(of: Self.subject(), batches: 1, learningRate: 1e39)
    var losses: [Double] = []
    let end = trainer.train { _, outcome in
      losses.append(outcome.loss)
      return false
    }
    #expect(losses.count == 1 && losses[0].isFinite)
    #expect(end == .diverged(batch: 1, lastFiniteLoss: losses[0]))
    // Nor are they when training goes on from there.
    #expect(trainer.train { _, _ in false } == .diverged(batch: 1, lastFiniteLoss: nil))
  }

  @Test("Who is asked to stop stops at once, with the outcome of that batch counted")
  func stops() throws {
    var trainer = try Self.trainer(of: Self.subject(), batches: 50)
    var losses: [Double] = []
    let end = trainer.train { state, outcome in
      losses.append(outcome.loss)
      return state.batch == 7
    }
    #expect(end == .stopped && trainer.state.batch == 7 && losses.count == 7)
    #expect(trainer.state.running.count == 7)
    #expect((trainer.state.running.loss - mean(losses)).magnitude < 1e-15)
  }

  @Test("An error of the caller's ends training with a whole state")
  func callerThrows() throws {
    struct Full: Error {}
    var trainer = try Self.trainer(of: Self.subject(), batches: 50)
    #expect(throws: Full.self) {
      try trainer.train { state, _ in
        if state.batch == 5 { throw Full() }
        return false
      }
    }
    var other = try Self.trainer(of: Self.subject(), batches: 5)
    #expect(other.train { _, _ in false } == .completed)
    #expect(trainer.state == other.state)
  }

  @Test("Loss and accuracy of a batch are those of its trials, computed plainly")
  func outcome() throws {
    let subject = Self.subject()
    var trainer = try Self.trainer(of: subject, batches: 1, seed: 4)
    let outcome = trainer.step()
    let generator = TrialGenerator(paradigm: Self.paradigm, seed: 4)
    var batch = generator.makeBatch(trials: 16)
    generator.draw(into: &batch, .training(batch: 0))
    let logits = subject.logits(for: subject.states(for: batch.observations))
    var loss = 0.0
    for (logit, target) in zip(logits.buffer.values, batch.targets.buffer.values) {
      let z = Double(logit)
      loss += max(z, 0) - Double(target) * z + Double.log(onePlus: Double.exp(-z.magnitude))
    }
    var right = 0
    for trial in 0..<16 {
      for boundary in 0..<6 {
        let isRight =
          (logits[21, trial, boundary] > 0) == (batch.targets[21, trial, boundary] == 1)
        right += isRight ? 1 : 0
      }
    }
    // Each term errs by a few units of single precision.
    #expect((outcome.loss - loss / Double(22 * 16 * 6)).magnitude < 1e-6)
    #expect(outcome.accuracy == Double(right) / 96)
  }
}
