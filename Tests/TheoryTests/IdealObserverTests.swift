import Compute
import Testing
import Theory
import Trials

@Suite("The ideal observer as a subject")
struct IdealObserverTests {
  @Test("Its state is the mean of the looks so far, and stays in the steps without one")
  func states() {
    let paradigm = Paradigm(
      boundaries: .evenlySpacedLines(count: 3),
      timing: TrialTiming(fixation: 2, stimulus: 5, delay: 2, decision: 1)
    )
    let observer = IdealObserver(paradigm, seed: 1)
    let generator = TrialGenerator(paradigm: paradigm, seed: 1)
    var batch = generator.makeBatch(trials: 4)
    generator.draw(into: &batch, .test(0))
    let states = observer.states(for: batch.observations)
    for trial in 0..<4 {
      #expect(states[1, trial, 0] == 0)
      var sum = 0.0
      for look in 0..<5 {
        sum += Double(batch.observations[2 + look, trial, 2])
        // Rounded to a Float once.
        #expect(states[2 + look, trial, 1] == Float(sum / Double(look + 1)))
      }
      #expect(states[9, trial, 1] == states[6, trial, 1])
    }
    let flat = observer.logOdds(for: batch.observations, prior: .flat)
    let box = observer.logOdds(for: batch.observations)
    #expect(flat.rows == 4 && box.columns == 3)
    #expect((0..<3).allSatisfy { flat[0, $0] * box[0, $0] > 0 })
  }

  /// Lines in the plane, whose floor is an integral.
  @Test("Its expected loss over trials is the floor", arguments: [0.1, 0.2, 0.6])
  func floor(_ deviation: Double) {
    let paradigm = Paradigm(
      boundaries: .evenlySpacedLines(count: 6),
      noise: .before(.gaussian, deviation: deviation)
    )
    let simulated = AnswerFloor(of: paradigm, seed: 5, trials: 8000)
    let lines = paradigm.boundaries.boundaries(dimensions: 2, seed: 5).compactMap(\.hyperplane)
    let exact = AnswerCeiling(
      boundaries: lines,
      evidence: Evidence(deviation: deviation, looks: 20)
    )
    // Eighty parts: of Student's t four deviations leave 1e-4 to chance, in nine comparisons 1e-3.
    let loss = simulated.loss
    #expect(abs(loss.value - exact.meanLoss(steps: 22)) < 4 * loss.standardError)
    let decision = simulated.decisionLoss
    #expect(abs(decision.value - exact.crossEntropy) < 4 * decision.standardError)
    if let accuracy = simulated.accuracy {
      #expect(abs(accuracy.value - exact.accuracy) < 4 * accuracy.standardError)
    }
    #expect(loss.standardError < 1e-4)
  }

  @Test("A regression's floor is the posterior variance")
  func regression() {
    let paradigm = Paradigm(
      latents: LatentDistribution(dimensions: 3),
      boundaries: BoundaryFamily(.axes, count: 3),
      supervision: Supervision(target: .values)
    )
    let floor = AnswerFloor(of: paradigm, seed: 2, trials: 4000)
    let evidence = Evidence(deviation: 0.2, looks: 20)
    let least = (1 - Ceilings(dimensions: 3, evidence: evidence).anyDecoder) / 12
    #expect(abs(floor.decisionLoss.value - least) < 4 * floor.decisionLoss.standardError)
    #expect(abs(floor.loss.value - least / 22) < 4 * floor.loss.standardError)
    #expect(floor.accuracy == nil)
  }
}
