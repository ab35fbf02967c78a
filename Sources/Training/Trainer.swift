import Compute
import Networks
import Trials

/// Why training ended.
package enum TrainingEnd: Equatable, Sendable {
  case completed
  /// Somebody asked it to stop; the state is whole.
  case stopped
  /// A loss was not finite: the batch, and the loss of the batch before; or, after the last batch,
  /// the weights, for whose batch nothing is left to train.
  case diverged(batch: Int, lastFiniteLoss: Double?)
}

/// The training loop, in plain sight: draw, encode, forward, loss, backward, Adam.
package struct Trainer<Network: TrainableNetwork> {
  package private(set) var state: TrainingState
  private let plan: TrainingPlan
  private let seed: UInt64
  private let generator: TrialGenerator
  private let loss: AnswerLoss
  private let encoder: RandomEncoder
  private let network: Network
  private let readout: Readout

  // Made once and used again by every batch.
  private var trials: TrialBatch
  private var inputs: SequenceBatch
  private var tape: Network.Tape
  private var logits: SequenceBatch
  private var stateGradient: SequenceBatch
  private var gradient: ParameterBuffer
  private var readoutScratch: Matrix

  /// A loop that begins where `state` is.
  ///
  /// `network` is the subject's own, with its type known, so that the loop isn't existential.
  package init(
    _ network: Network,
    of subject: NetworkSubject,
    paradigm: Paradigm,
    plan: TrainingPlan,
    seed: UInt64,
    from state: TrainingState
  ) {
    self.network = network
    self.state = state
    self.plan = plan
    self.seed = seed
    encoder = subject.encoder
    readout = subject.readout
    generator = TrialGenerator(
      paradigm: paradigm,
      seed: seed,
      unlabelledRegion: plan.withheld.unlabelled
    )
    loss = AnswerLoss(of: paradigm)
    trials = generator.makeBatch(trials: plan.batchSize)
    let steps = paradigm.timing.steps
    inputs = SequenceBatch(steps: steps, trials: plan.batchSize, width: encoder.inputWidth)
    tape = network.makeTape(steps: steps, trials: plan.batchSize)
    logits = SequenceBatch(
      steps: steps,
      trials: plan.batchSize,
      width: paradigm.boundaryCount
    )
    stateGradient = SequenceBatch(
      steps: steps,
      trials: plan.batchSize,
      width: network.stateWidth
    )
    gradient = ParameterBuffer(slots: state.parameters.slots)
    readoutScratch = readout.makeScratch()
  }

  /// Trains until the plan's last batch.
  ///
  /// - Parameter shouldStop: Called after every batch with what it showed; `true` ends the loop
  ///   with a state from which training goes on exactly.
  /// - Returns: Why it ended.
  /// - Throws: What `shouldStop` throws.
  package mutating func train(
    shouldStop: (inout TrainingState, BatchOutcome) throws -> Bool
  ) rethrows -> TrainingEnd {
    var lastFiniteLoss: Double?
    while state.batch < plan.batches {
      let batch = state.batch
      let outcome = step()
      guard outcome.loss.isFinite else {
        return .diverged(batch: batch, lastFiniteLoss: lastFiniteLoss)
      }
      lastFiniteLoss = outcome.loss
      state.running.add(outcome)
      if try shouldStop(&state, outcome) { return .stopped }
    }
    // An update shows in the loss of the next batch, and the last has none.
    guard state.parameters.buffer.values.allSatisfy(\.isFinite) else {
      return .diverged(batch: state.batch, lastFiniteLoss: lastFiniteLoss)
    }
    return .completed
  }

  /// Trains on one batch.
  package mutating func step() -> BatchOutcome {
    let batch = state.batch
    generator.draw(into: &trials, .training(batch: batch), from: plan.withheld.region)
    encoder.encode(trials.observations, into: &inputs)
    network.forward(
      inputs,
      with: state.parameters,
      drawing: TrainingDraws(seed: seed, batch: batch),
      into: &tape
    )
    readout.forward(
      network.states(on: tape),
      with: state.parameters,
      scratch: &readoutScratch,
      into: &logits
    )

    let outcome = loss.differentiate(&logits, asked: trials)

    gradient.buffer.fill(0)
    readout.backward(
      logits,
      states: network.states(on: tape),
      with: state.parameters,
      into: &gradient,
      stateGradient: &stateGradient
    )
    network.backward(
      stateGradient,
      inputs: inputs,
      with: state.parameters,
      through: &tape,
      into: &gradient
    )
    state.adam.update(&state.parameters.buffer, against: gradient.buffer)
    return outcome
  }
}
