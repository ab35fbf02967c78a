import Compute
import Trials

/// What one trial, or one row of trials, shows and asks, step by step.
package struct TrialPortrait: Sendable {
  package enum Period: String, CaseIterable, Sendable {
    case fixation, stimulus, delay, decision
  }

  /// The step that comes first here, and how many there are of them in all.
  package let firstStep: Int
  package let totalSteps: Int
  /// What follows has a value for every step that is shown.
  package let cue: [Double]
  /// `nil` after the end of a trial that is shorter than the longest.
  package let periods: [Period?]
  /// The hidden latents, at most the first four, where they are seen.
  package let hidden: [[Double?]]
  package let looks: [[Double?]]
  /// The task that is asked about, counted from 0; empty where all are.
  package let rules: [Int]
  /// Which tasks have a row below, counted from 0.
  package let tasks: [Int]
  /// `nil` after the end of a trial, `[tasks, steps]`.
  package let targets: [[Double?]]
  /// 0 where an answer isn't asked for, `[tasks, steps]`.
  package let weights: [[Double]]
  /// The hidden latents of the last trial, `[D]`.
  package let latent: [Double]

  package var steps: Int { cue.count }

  /// More steps than this are not drawn; the last ones are.
  private static let mostSteps = 400
  private static let mostLatents = 4

  init(of spec: RunSpec) {
    let paradigm = spec.paradigm
    let timing = paradigm.timing
    let candidates = Self.latentsInARow(spec)
    let chosen = Self.example(candidates[timing.trialsInARow - 1], spec)
    let latents = candidates.map { $0[chosen] }
    let generator = spec.trainingGenerator()
    var batch = generator.makeBatch(trials: 1)
    generator.draw(
      into: &batch,
      .portrait,
      from: spec.training.withheld.region,
      firstTrial: chosen
    )
    let observations = batch.observations
    let layout = paradigm.layout

    totalSteps = timing.steps
    let shown = max(0, timing.steps - Self.mostSteps)..<timing.steps
    firstStep = shown.lowerBound
    let spans = (0..<timing.trialsInARow).map { place in
      TrialSpan(of: observations, trial: 0, place: place, timing)
    }
    func span(_ step: Int) -> TrialSpan { spans[step / timing.trialSteps] }

    cue = shown.map { Double(observations[$0, 0, 0]) }
    periods = shown.map { span($0).period(at: $0) }
    let dimensions = 0..<min(Self.mostLatents, paradigm.dimensions)
    looks = dimensions.map { dimension in
      shown.map { step in
        span(step).looks.contains(step)
          ? Double(observations[step, 0, layout.passed + dimension]) : nil
      }
    }
    hidden = dimensions.map { dimension in
      shown.map { step in
        span(step).looks.contains(step)
          ? latents[step / timing.trialSteps][dimension] : nil
      }
    }
    rules =
      layout.rules == 0
      ? []
      : shown.map { step in (0..<layout.rules).first { observations[step, 0, 1 + $0] == 1 } ?? 0 }
    tasks = Self.tasks(of: paradigm.boundaryCount, including: Set(rules))
    targets = tasks.map { task in
      shown.map { span($0).period(at: $0) == nil ? nil : Double(batch.targets[$0, 0, task]) }
    }
    let weights = batch.weights
    self.weights = tasks.map { task in shown.map { Double(weights?[$0, 0, task] ?? 1) } }
    latent = latents[timing.trialsInARow - 1]
  }

  /// The tasks that are drawn: those asked about first of all.
  private static func tasks(of count: Int, including asked: Set<Int>) -> [Int] {
    let most = WorldPortrait.mostTasks
    guard count > most else { return Array(0..<count) }
    let kept = asked.sorted().prefix(most)
    let others = (0..<count).lazy.filter { !asked.contains($0) }.prefix(most - kept.count)
    return (kept + others).sorted()
  }

  /// The first trial whose first two latents lie well apart from each other and from 0, so that a
  /// picture tells them apart, and that is labelled; without such a trial, the first.
  private static func example(_ latents: [[Double]], _ spec: RunSpec) -> Int {
    let unlabelled = spec.training.withheld.unlabelled
    return latents.firstIndex { latent in
      (latent[0] - latent[1]).magnitude >= 0.2 && latent[0].magnitude >= 0.1
        && latent[1].magnitude >= 0.1 && unlabelled?.contains(latent.map { Float($0) }) != true
    } ?? 0
  }

  private static let candidates = 64

  /// The latents of every place in a row, for some trials, `[places, trials, D]`: a batch keeps only
  /// those of the last, so that shorter rows of the same trials are drawn.
  private static func latentsInARow(_ spec: RunSpec) -> [[[Double]]] {
    (0..<spec.paradigm.timing.trialsInARow).map { place in
      var shorter = spec
      shorter.paradigm.timing = TrialTiming(
        fixation: 0,
        stimulus: 1,
        delay: 0,
        decision: 1,
        trialsInARow: place + 1
      )
      shorter.paradigm.boundaries = BoundaryFamily(.axes, count: spec.paradigm.dimensions)
      shorter.paradigm.supervision = Supervision()
      let generator = shorter.trainingGenerator()
      var batch = generator.makeBatch(trials: candidates)
      generator.draw(into: &batch, .portrait, from: spec.training.withheld.region)
      return (0..<candidates).map { trial in
        (0..<spec.paradigm.dimensions).map { Double(batch.latents[trial, $0]) }
      }
    }
  }
}

/// Where the periods of one trial lie among all steps.
struct TrialSpan {
  private let first: Int
  private let fixation: Int
  private let delay: Int
  let looks: Range<Int>
  let decision: Range<Int>

  /// A trial of free length ends its stimulus where its cue goes off.
  init(of observations: SequenceBatch, trial: Int, place: Int, _ timing: TrialTiming) {
    first = place * timing.trialSteps
    fixation = timing.fixation
    delay = timing.delay
    let steps = first..<first + timing.trialSteps
    let start =
      steps.first { observations[$0, trial, 0] == 0 } ?? steps.upperBound - timing.decision
    decision = start..<start + timing.decision
    looks = first + fixation..<(timing.isFree ? decision.upperBound : start - delay)
  }

  func period(at step: Int) -> TrialPortrait.Period? {
    if step >= decision.upperBound { return nil }
    if step >= decision.lowerBound { return .decision }
    if step >= decision.lowerBound - delay { return .delay }
    return step < first + fixation ? .fixation : .stimulus
  }
}

extension RunSpec {
  /// What draws the training's trials.
  func trainingGenerator() -> TrialGenerator {
    TrialGenerator(paradigm: paradigm, seed: seed, unlabelledRegion: training.withheld.unlabelled)
  }
}
