import Analysis
import Compute
import Files
import Networks
import SystemPackage
import Trials

extension ReadRecording {
  /// The states of one of our own runs as a recording, with its latents as factors.
  ///
  /// The same trials are shown to the network before training, and to its encoder alone, whose looks are
  /// averaged: what these two reach, nobody has learned.
  ///
  /// - Parameters:
  ///   - stored: The run's subject.
  ///   - trials: How many trials are drawn from the whole latent box.
  ///   - time: Which state of a trial is taken.
  /// - Throws: Where the states aren't finite, or the step isn't there.
  package init(
    of stored: StoredSubject,
    trials: Int,
    time: RecordingRequest.Time = .last
  ) throws {
    let shown = ShownTrials(of: stored.spec, count: trials)
    let steps = shown.paradigm.timing.steps
    let taken = try time.steps(of: steps, FilePath(stored.name))
    let encoder = RunningAverage(of: stored.network.encoder, timing: shown.paradigm.timing)
    let own = shown.states(of: stored.network, taken)
    let names = (1...shown.paradigm.dimensions).map { "x\($0)" }
    let factors = names.enumerated().map { place, name in
      Factor(name, .continuous(own.latents.column(place)))
    }
    guard own.states.values.allSatisfy(\.isFinite) else {
      throw DynamicsError.unstable(stored.name)
    }
    recording = Recording(states: own.states, factors: factors)
    let silent = recording.silentUnits.count
    guard silent < recording.units else {
      throw RecordingError.constantStates(FilePath(stored.name))
    }
    other = nil
    overTime = own.overTime
    floors = [
      ("untrained", shown.states(of: stored.untrained, taken).states),
      ("encoder", shown.states(of: encoder, taken).states),
    ].map { name, states in
      Floor(name: name, recording: Recording(states: states, factors: factors))
    }

    let word = time.word(for: [trials, steps, recording.units])
    remarks = [
      Remark(
        name: "run",
        text: "\(stored.name)"
          + (stored.batch.map { ", checkpoint of batch \($0)" } ?? "")
          + ": \(trials) trials from the whole latent box × \(steps) steps × "
          + "\(recording.units) units; taken: \(word) (--time)"
      ),
      Remark(name: "factors", text: "its \(factors.count) latents"),
      Remark(
        name: "floors",
        text: "the network before training, and the mean of its encoder's features so far"
      ),
    ]
    warnings = []
    json = [
      "run": .string(stored.name), "batch": stored.batch.map(JSONValue.integer) ?? .null,
      "trials": .integer(trials), "trialsLeftOut": 0, "units": .integer(recording.units),
      "silentUnits": .integer(silent), "groups": .null, "time": .string(word),
      "factors": .array(factors.map(\.json)),
    ]
  }
}

/// Trials that every subject is shown alike.
private struct ShownTrials {
  let paradigm: Paradigm
  private let generator: TrialGenerator
  private let count: Int

  init(of spec: RunSpec, count: Int) {
    paradigm = spec.paradigm.evaluated
    generator = TrialGenerator(paradigm: paradigm, seed: spec.seed)
    self.count = count
  }

  /// The mean of each trial's state over the steps that are taken.
  func states(
    of subject: some Representation,
    _ taken: [Int]
  ) -> (states: DoubleMatrix, latents: DoubleMatrix, overTime: StatesOverTime) {
    let steps = StatesOverTime.spread(paradigm.timing.steps, StatesOverTime.mostSteps)
    let shown = min(count, StatesOverTime.mostTrials)
    let width = subject.stateWidth
    var states = DoubleMatrix(rows: count, columns: width)
    var latents = DoubleMatrix(rows: count, columns: paradigm.dimensions)
    var course = steps.map { _ in DoubleMatrix(rows: shown, columns: width) }
    let chunk = 250
    for first in stride(from: 0, to: count, by: chunk) {
      var batch = generator.makeBatch(trials: min(chunk, count - first))
      generator.draw(into: &batch, .portrait, firstTrial: first)
      let sequences = subject.states(for: batch.observations)
      for row in 0..<batch.trials {
        let trial = first + row
        for dimension in 0..<latents.columns {
          latents[trial, dimension] = Double(batch.latents[row, dimension])
        }
        for unit in 0..<width {
          let sum = taken.reduce(0) { $0 + Double(sequences[$1, row, unit]) }
          states[trial, unit] = sum / Double(taken.count)
          guard trial < shown else { continue }
          for (place, step) in steps.enumerated() {
            course[place][trial, unit] = Double(sequences[step, row, unit])
          }
        }
      }
    }
    return (
      states, latents, StatesOverTime(steps: steps, states: course, trials: Array(0..<shown))
    )
  }
}
