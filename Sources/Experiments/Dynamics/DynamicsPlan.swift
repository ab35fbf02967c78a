import Analysis
import Compute
import Networks
import Trials

/// How the dynamics of a subject are looked at.
package struct DynamicsPlan: Hashable, Sendable {
  /// Searches for fixed points, and for the slow ones on their way.
  package var starts = 1024
  /// About the share of the searches that start beside the states, not from them: moved in every variable
  /// by Gaussian noise of ``movedDeviations`` times that variable's deviation over all looks.
  ///
  /// Searches end near where they begin: from the states alone they miss points of which no trial
  /// is in reach, on the sheet, too.
  package var movedShare = 0.25
  package static let movedDeviations = 2.0
  /// `A`, where all starts are states plus a uniform number from [0, A) in every variable, in place
  /// of ``movedShare``: the paper takes 6.
  package var noise = 0.0
  package var search = FixedPointSearch.Plan()
  /// Trials that decoders are fitted on, and tested on.
  package var fittingTrials = 2000
  package var testTrials = 2000
  /// The latents' square is looked at in so many places each way; for other than two latents, the
  /// square of this number are drawn.
  package var side = 15
  /// Of so many fixed points, the slowest, eigenvalues are computed.
  package static let mostLinearized = 256

  package init() {}
}

/// The trials that dynamics are looked at on: noisy ones that are drawn, and one without noise at
/// each place of the latent box.
package struct DynamicsTrials {
  let paradigm: Paradigm
  let seed: UInt64
  private let generator: TrialGenerator
  private let subject: NetworkSubject

  package init(of subject: NetworkSubject, spec: RunSpec) {
    paradigm = spec.paradigm.evaluated
    seed = spec.seed
    generator = TrialGenerator(paradigm: paradigm, seed: spec.seed)
    self.subject = subject
  }

  /// The steps that show a look while the cue is on.
  package var looks: Range<Int> {
    let timing = paradigm.timing
    let first = timing.stimulusSteps.lowerBound
    let end = min(timing.stimulusSteps.upperBound, timing.decisionSteps.lowerBound)
    return first..<max(end, first + 1)
  }

  /// What is seen before an answer is asked for, and nothing is shown: the cue alone.
  var silence: [Float] { [1] + [Float](repeating: 0, count: paradigm.layout.width - 1) }

  func draw(_ count: Int, _ set: TrialSet, firstTrial: Int = 0) -> TrialBatch {
    var batch = generator.makeBatch(trials: count)
    generator.draw(into: &batch, set, firstTrial: firstTrial)
    return batch
  }

  /// All steps of some trials; `nil` for a network without dynamics.
  func wholeStates(of batch: TrialBatch) -> SequenceBatch? {
    subject.wholeStates(for: batch.observations)
  }

  /// One step of some states, in double precision.
  static func step(_ step: Int, of states: SequenceBatch) -> DoubleMatrix {
    let view = states.step(step)
    var result = DoubleMatrix(rows: view.rows, columns: view.columns)
    for row in 0..<view.rows {
      for column in 0..<view.columns { result[row, column] = Double(view[row, column]) }
    }
    return result
  }

  static func double(_ latents: Matrix) -> DoubleMatrix {
    DoubleMatrix(
      rows: latents.rows,
      columns: latents.columns,
      values: latents.buffer.values.map(Double.init)
    )
  }

  /// States at the last look, with the mean of each trial's looks.
  func lastLooks(_ count: Int, _ set: TrialSet) -> (states: LatentStates, seen: DoubleMatrix)? {
    var states: [Double] = []
    var latents: [Double] = []
    var seen: [Double] = []
    let (chunk, dimensions) = (250, paradigm.dimensions)
    let passed = paradigm.layout.passed
    for first in stride(from: 0, to: count, by: chunk) {
      let size = min(chunk, count - first)
      let batch = draw(size, set, firstTrial: first)
      guard let whole = subject.wholeStates(for: batch.observations) else { return nil }
      states += Self.step(looks.upperBound - 1, of: whole).values
      latents += batch.latents.buffer.values.map(Double.init)
      for trial in 0..<size {
        for dimension in 0..<dimensions {
          let sum = looks.reduce(0.0) {
            $0 + Double(batch.observations[$1, trial, passed + dimension])
          }
          seen.append(sum / Double(looks.count))
        }
      }
    }
    let hidden = DoubleMatrix(rows: count, columns: dimensions, values: latents)
    return (
      LatentStates(
        states: DoubleMatrix(rows: count, columns: states.count / count, values: states),
        latents: hidden
      ),
      DoubleMatrix(rows: count, columns: dimensions, values: seen)
    )
  }

  /// States after as many looks without noise: on a grid for two latents, row by row from below, at
  /// drawn latents otherwise; with one latent of all of them moved, if asked for.
  func places(side: Int, moved: (dimension: Int, by: Float)? = nil) -> LatentStates? {
    var batch = draw(side * side, .portrait)
    if case .after = paradigm.noise {
      // Noise behind the encoder stands in columns of its own.
      let first = paradigm.layout.passed + paradigm.dimensions
      for step in 0..<batch.observations.steps {
        for trial in 0..<batch.trials {
          for column in first..<batch.observations.width {
            batch.observations[step, trial, column] = 0
          }
        }
      }
    }
    for trial in 0..<batch.trials {
      if paradigm.dimensions == 2 {
        batch.latents[trial, 0] = Self.place(trial % side, of: side)
        batch.latents[trial, 1] = Self.place(trial / side, of: side)
      }
      if let moved { batch.latents[trial, moved.dimension] += moved.by }
      for step in looks {
        for dimension in 0..<paradigm.dimensions {
          batch.observations[step, trial, paradigm.layout.passed + dimension] =
            batch.latents[trial, dimension]
        }
      }
    }
    return subject.wholeStates(for: batch.observations).map {
      LatentStates(
        states: Self.step(looks.upperBound - 1, of: $0),
        latents: Self.double(batch.latents)
      )
    }
  }

  /// The same places with each latent in turn moved upwards and downwards.
  func shiftedPlaces(side: Int) -> [(up: DoubleMatrix, down: DoubleMatrix)] {
    let shift = Float(AttractorCase.shift)
    return (0..<paradigm.dimensions).compactMap { dimension in
      guard
        let up = places(side: side, moved: (dimension, shift)),
        let down = places(side: side, moved: (dimension, -shift))
      else { return nil }
      return (up.states, down.states)
    }
  }

  /// Middles of equal parts of [-0.5, 0.5].
  static func place(_ index: Int, of side: Int) -> Float {
    (Float(index) + 0.5) / Float(side) - 0.5
  }
}
