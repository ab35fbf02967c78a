import Analysis
import Compute
import Theory
import Trials

/// A subject whose states are the ideal observer's log-odds at the end of a trial: its outputs, to be
/// decoded on the trials and with the decoder of a network's.
///
/// The observer has the box prior for lines in the plane and none in more dimensions, as
/// ``IdealOutputDecoding``.
struct IdealOutputStates: Representation {
  private let observer: IdealObserver
  private let planes: [Hyperplane]
  private let lines: [LineOdds]
  private let scale: Double

  /// - Parameters:
  ///   - spec: With noise before the encoder; in the world in which decoders are tested it is white.
  ///   - planes: Its boundaries.
  ///   - scale: s = σ/√t.
  init(of spec: RunSpec, _ planes: [Hyperplane], scale: Double) {
    observer = IdealObserver(spec.paradigm.evaluated, seed: spec.seed)
    self.planes = planes
    self.scale = scale
    lines = spec.paradigm.dimensions == 2 ? planes.map { LineOdds($0, scale: scale) } : []
  }

  var stateWidth: Int { planes.count }

  /// Of the last step alone, `[1, B, N]`.
  func states(for observations: SequenceBatch) -> SequenceBatch {
    let means = observer.states(for: observations)
    var states = SequenceBatch(steps: 1, trials: means.trials, width: planes.count)
    let rows = states.mutableRows
    for trial in 0..<means.trials {
      let mean = (0..<means.width).map { Double(means[means.steps - 1, trial, $0]) }
      for task in planes.indices {
        let odds =
          lines.isEmpty
          ? IdealLogit.value(planes[task].signedDistance(of: mean) / scale)
          : lines[task].logOdds(of: mean)
        // A line that misses the box has one answer, which tells nothing.
        rows[trial, task] = odds.isFinite ? Float(odds) : 0
      }
    }
    return states
  }
}

extension IdealOutputDecoding.Value {
  /// The mean over held-out regions and fits; its error is that over regions.
  init(_ scores: ZeroShotDecoding.Scores) {
    let means = scores.map(mean)
    let average = mean(means)
    let spread = means.reduce(0) { $0 + ($1 - average) * ($1 - average) }
    let count = Double(means.count)
    self.init(r2: average, standardError: (spread / max(1, count - 1) / count).squareRoot())
  }
}
