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
    if FeatureObserver.isNeeded(in: paradigm), paradigm.dimensions > FeatureObserver.mostDimensions
    {
      return "with noise behind the encoder points follow the posterior in no more than "
        + "\(FeatureObserver.mostDimensions) dimensions"
    }
    let (latents, rho) = (paradigm.latents, paradigm.latents.correlation)
    let smallest = LatentDistribution.smallestCorrelation(dimensions: latents.dimensions)
    if rho > 0.99 || rho < 0.99 * smallest {
      return "latents with a correlation of \(rho) fill no volume that points could follow"
    }
    switch paradigm.supervision.target {
    case .labels: return nil
    case .boundedEvidence:
      return "bounded evidence is a function of the looks so far: the floor of its loss is 0"
    case .values: return nil
    }
  }

  /// Whether an observer that remembers its looks answers without any loss: targets of bounded
  /// evidence.
  package static func isZero(for paradigm: Paradigm) -> Bool {
    guard case .boundedEvidence = paradigm.supervision.target else { return false }
    return true
  }

  /// - Parameters:
  ///   - paradigm: One without an ``openQuestion(about:)``.
  ///   - encoder: The one before the noise, where that comes behind it; by default the seed's own.
  ///   - seed: The run's.
  ///   - trials: How many, rounded to hundreds, 800 at least; by default what takes about half a
  ///     second, but the least number may take ten (fifty latents with Gumbel's noise or axes).
  package init(
    of paradigm: Paradigm,
    encoder: RandomEncoder? = nil,
    seed: UInt64,
    trials: Int? = nil
  ) {
    var asked = paradigm
    asked.supervision.labelNoise = 0
    asked.supervision.labelled = 1
    guard FeatureObserver.isNeeded(in: asked) else {
      // Without noise an observer knows the latent, wherever the noise is not.
      if asked.noise.isNone { asked.noise = .before(.gaussian, deviation: 0) }
      self.init(
        asked,
        seed,
        trials ?? IdealObserver(asked, seed: seed, pointCopy: 0).trials(within: 0.5)
      ) { IdealObserver(asked, seed: seed, pointCopy: $0) }
      return
    }
    // Every trial in a row is one of its own for an observer that starts again with each.
    asked.timing.trialsInARow = 1
    let encoder = encoder ?? RandomEncoder(of: asked, seed: seed)
    self.init(asked, seed, trials ?? FeatureObserver.standardTrials) {
      FeatureObserver(asked, encoder: encoder, seed: seed, pointCopy: $0)
    }
  }

  private init(
    _ asked: Paradigm,
    _ seed: UInt64,
    _ trials: Int,
    observer: (_ pointCopy: Int) -> some BayesianObserver
  ) {
    let generator = TrialGenerator(paradigm: asked, seed: seed)
    // As many as a run's own answers are measured on at a time: where trials differ in length, a
    // mean over everything that is asked depends on that a little.
    let chunk = 100
    let parts = max(8, trials / chunk)
    var batch = generator.makeBatch(trials: chunk)
    // Of a step in which nothing is to be decided yet.
    let waiting = asked.supervision.target == .labels(.crossEntropy) ? Double.log(2) : 0
    var (losses, decisions, accuracies): ([Double], [Double], [Double]) = ([], [], [])
    for part in 0..<parts {
      generator.draw(into: &batch, .floor, firstTrial: part * chunk)
      // Each part with points of its own: the standard error holds their error, too.
      let observer = observer(part)
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
}

extension IdealObserver {
  /// How many trials are answered in some time, between 800 and 20,000: by what one answer takes on
  /// one core.
  package func trials(within seconds: Double) -> Int {
    let isAskedForOne = paradigm.supervision.interleaving != .none
    let questions = Double(isAskedForOne ? 1 : boundaries.count)
    let decisions = Double(paradigm.timing.decision * paradigm.timing.trialsInARow)
    let curved = Double(boundaries.count { $0.hyperplane == nil }) / Double(boundaries.count)
    // In microseconds: for all questions together, and for each of them.
    let cost: (all: Double, each: Double)
    if !isIntegrated {
      cost = (20 * Double(stateWidth), 40 + 10 * Double(stateWidth))
    } else if paradigm.latents.correlation == 0 {
      cost = (1, 2 + 50 * curved)
    } else {
      cost = (0, 900)
    }
    let each = decisions * (cost.all + cost.each * questions)
    return min(max(Int(seconds * 1e6 / each), 800), 20_000)
  }
}
