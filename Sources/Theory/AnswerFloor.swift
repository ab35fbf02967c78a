import Compute
import RealModule
import Trials

/// The best loss and accuracy in any world: the ideal observer's, averaged over trials.
///
/// Where ``AnswerCeiling`` has no integral, trials are drawn as a run draws them and the observer's
/// *expected* loss is taken, so that only the observations scatter and not the labels too. **Status:
/// a simulation; the standard error is over independent parts.**
package struct AnswerFloor: Hashable, Sendable {
  /// Mean over everything that is asked.
  package let loss: Estimate
  /// The same over the decision alone.
  package let decisionLoss: Estimate
  /// `nil` where no sides are asked for.
  package let accuracy: Estimate?

  /// Why a world has no such floor; `nil` where it has one.
  package static func openQuestion(about paradigm: Paradigm) -> String? {
    if case .after = paradigm.noise {
      return "the posterior of noise behind the encoder has no closed form"
    }
    switch paradigm.supervision.target {
    case .labels: return nil
    case .boundedEvidence:
      return "the evidence is a function of the looks: its floor is 0, and no bound of interest"
    case .values:
      let planes = paradigm.boundaries.boundaries(dimensions: paradigm.dimensions, seed: 0)
      if paradigm.latents.correlation != 0 || planes.contains(where: { $0.hyperplane == nil }) {
        return "the best regression is known for hyperplanes and independent latents only"
      }
      return nil
    }
  }

  /// - Parameters:
  ///   - paradigm: One without an ``openQuestion(about:)``.
  ///   - seed: The run's.
  ///   - trials: How many; by default what takes about half a second.
  package init(of paradigm: Paradigm, seed: UInt64, trials: Int? = nil) {
    var asked = paradigm
    asked.supervision.labelNoise = 0
    asked.supervision.labelled = 1
    let observer = IdealObserver(asked, seed: seed)
    let generator = TrialGenerator(paradigm: asked, seed: seed)
    // As many as a run's own answers are measured on at a time: where trials differ in length, a
    // mean over everything that is asked depends on that a little.
    let chunk = 100
    let parts = max(2, (trials ?? Self.affordableTrials(observer)) / chunk)
    var batch = generator.makeBatch(trials: chunk)
    // Of a step in which nothing is to be decided yet.
    let waiting = asked.supervision.target == .labels(.crossEntropy) ? Double.log(2) : 0
    var (losses, decisions, accuracies): ([Double], [Double], [Double]) = ([], [], [])
    for part in 0..<parts {
      generator.draw(into: &batch, .floor, firstTrial: part * chunk)
      let weights = batch.weights
      let total =
        weights.map { $0.buffer.values.reduce(0) { $0 + Double($1) } }
        ?? Double(batch.targets.buffer.count)
      var (sum, decided) = (0.0, 0.0)
      var (plain, right, count) = (0.0, 0.0, 0.0)
      let states = observer.states(for: batch.observations)
      observer.forEachDecision(states, batch.observations, weights: weights) { row, beliefs in
        for (index, belief) in beliefs.enumerated() {
          let weight = weights.map { Double($0.rows[row, index]) } ?? 1
          guard weight > 0 else { continue }
          sum += weight * belief.loss
          decided += weight
          plain += belief.loss
          right += belief.accuracy ?? 0
          count += 1
        }
      }
      losses.append(total > 0 ? (sum + waiting * (total - decided)) / total : 0)
      // One step at random may miss every decision.
      guard count > 0 else { continue }
      decisions.append(plain / count)
      accuracies.append(right / count)
    }
    loss = Estimate(meanOf: losses)
    decisionLoss = Estimate(meanOf: decisions)
    accuracy = asked.supervision.target == .values ? nil : Estimate(meanOf: accuracies)
  }

  /// Trials for about half a second, by what an answer takes: a line in the plane some 5 µs, a
  /// curve 30 µs, and 256 points 20 µs for each latent and each boundary.
  private static func affordableTrials(_ observer: IdealObserver) -> Int {
    let paradigm = observer.paradigm
    let questions = paradigm.supervision.interleaving == .none ? observer.boundaries.count : 1
    let decisions = paradigm.timing.decision * paradigm.timing.trialsInARow
    let isPlane = paradigm.dimensions == 2 && paradigm.latents.correlation == 0
    let curved = observer.boundaries.count { $0.hyperplane == nil }
    let share = Double(curved) / Double(observer.boundaries.count)
    let answer = isPlane ? 5 + 25 * share : 20.0
    let sample = isPlane ? 0 : 20 * Double(paradigm.dimensions)
    let each = Double(decisions) * (answer * Double(questions) + sample)
    return min(max(Int(500_000 / each), 800), 20_000)
  }
}
