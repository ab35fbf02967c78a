import Compute
import Trials

/// What a batch of trials asks, trial by trial: which tasks, and with which answers.
package struct AnswerPortrait: Sendable {
  /// Which tasks have a row, counted from 0.
  package let tasks: [Int]
  /// The answer at the end of each trial; `nil` where the task isn't asked about in it,
  /// `[tasks, trials]`.
  package let answers: [[Double?]]
  /// Tasks that a trial is asked about, on average.
  package let tasksPerTrial: Double
  /// Answers, of a task in a step, that a trial is asked for, on average.
  package let answersPerTrial: Double
  /// Trials of the batch about which nothing is asked.
  package let unlabelledTrials: Int

  package var trials: Int { answers.first?.count ?? 0 }

  private static let mostTrials = 32

  init(of spec: RunSpec) {
    let paradigm = spec.paradigm
    let timing = paradigm.timing
    let count = paradigm.boundaryCount
    // Long trials with many tasks fill much memory: then fewer of them do.
    let affordable = 20_000_000 / (timing.steps * (count + paradigm.layout.width))
    let trials = min(Self.mostTrials, max(1, affordable))
    let generator = spec.trainingGenerator()
    var batch = generator.makeBatch(trials: trials)
    generator.draw(into: &batch, .portrait, from: spec.training.withheld.region)

    // Of the last trial in each row.
    let steps = timing.steps - timing.trialSteps..<timing.steps
    var asked = [[Int]](repeating: [Int](repeating: 0, count: trials), count: count)
    for trial in 0..<trials {
      for task in 0..<count {
        asked[task][trial] =
          batch.weights.map { weights in
            steps.count { weights[$0, trial, task] > 0 }
          } ?? steps.count
      }
    }
    let spans = (0..<trials).map { trial in
      TrialSpan(of: batch.observations, trial: trial, place: timing.trialsInARow - 1, timing)
    }
    let isEvidence = spec.targetKind == .evidence
    tasks = Array(0..<min(WorldPortrait.mostTasks, count))
    answers = tasks.map { task in
      spans.enumerated().map { trial, span in
        // Evidence is asked for during the stimulus only.
        let step =
          isEvidence ? span.decision.lowerBound - timing.delay - 1 : span.decision.upperBound - 1
        return asked[task][trial] > 0 ? Double(batch.targets[step, trial, task]) : nil
      }
    }
    let labelled = (0..<trials).map { trial in asked.count { $0[trial] > 0 } }
    tasksPerTrial = mean(labelled.map(Double.init))
    answersPerTrial = Double(asked.joined().reduce(0, +)) / Double(trials)
    unlabelledTrials = labelled.count { $0 == 0 }
  }
}
