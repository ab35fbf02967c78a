import Compute
import RealModule
import Trials

/// The subject with nothing to learn: it knows the law of the noise and the prior, keeps the
/// sufficient statistic of the looks, and answers with posterior probabilities.
///
/// Its state is the unbiased estimate of each latent after the looks so far (``NoiseModel``): of
/// white noise their mean. It stays what it was in steps without a look, and starts again at 0 with
/// each trial. Source: Vafidis et al., ICLR 2025, whose theorem is that whoever answers optimally
/// must hold this estimate.
package struct IdealObserver: BayesianObserver {
  package let paradigm: Paradigm
  package let boundaries: [Boundary]
  private let model: NoiseModel
  private let points: LatticePoints
  private let isCopulaSampled: Bool
  /// For each boundary, the first one that is the same.
  private let originals: [Int]

  /// What the observer knows of latents before it sees anything.
  package enum Prior: Sendable {
    /// Nothing: the paper's theorem, and ``FlatPosterior``. For hyperplanes.
    case flat
    /// What the world draws them from: the box, with its correlation.
    case world
  }

  /// - Parameters:
  ///   - paradigm: With noise before the encoder.
  ///   - seed: The run's, which draws the boundaries.
  ///   - pointCopy: Which random shifts the points have, where answers are sampled. Where one is
  ///     given, two correlated latents are sampled, too: that takes a tenth of the time.
  package init(_ paradigm: Paradigm, seed: UInt64, pointCopy: Int? = nil) {
    guard case .before(let law, let deviation) = paradigm.noise else {
      preconditionFailure("there is no ideal observer of noise behind the encoder")
    }
    self.paradigm = paradigm
    boundaries = paradigm.boundaries.boundaries(dimensions: paradigm.dimensions, seed: seed)
    model = NoiseModel(law, deviation: deviation, dimensions: paradigm.dimensions)
    points = LatticePoints(dimensions: paradigm.dimensions + 1, copy: pointCopy ?? 0)
    isCopulaSampled = pointCopy != nil
    var places: [Boundary: Int] = [:]
    originals = boundaries.enumerated().map { index, boundary in
      let original = places[boundary] ?? index
      places[boundary] = original
      return original
    }
  }

  package var stateWidth: Int { paradigm.dimensions }

  /// Whether its log-odds are an integral that takes microseconds: lines in the plane, latents
  /// independent.
  package var hasExactOdds: Bool {
    stateWidth == 2 && paradigm.latents.correlation == 0
      && boundaries.allSatisfy { $0.hyperplane != nil }
  }

  /// The estimate after every step, `[T, B, D]`.
  package func states(for observations: SequenceBatch) -> SequenceBatch {
    var states = SequenceBatch(
      steps: observations.steps,
      trials: observations.trials,
      width: stateWidth
    )
    let (seen, rows) = (observations.rows, states.mutableRows)
    let (trials, timing) = (observations.trials, paradigm.timing)
    let passed = paradigm.layout.passed
    for trial in 0..<trials {
      for dimension in 0..<stateWidth {
        var looks = LookSum(model, dimension: dimension)
        for step in 0..<observations.steps {
          if step % timing.trialSteps == 0 { looks = LookSum(model, dimension: dimension) }
          let row = step * trials + trial
          if looksSeen(at: step) > looks.count { looks.add(Double(seen[row, passed + dimension])) }
          rows[row, dimension] = Float(looks.estimate)
        }
      }
    }
    return states
  }

  // MARK: Answers

  /// The log-odds of every boundary at the first step of the last decision, `[B, N]`, in nats.
  ///
  /// For `D` = 2 they are exact (``BoxPosterior``, ``CopulaPosterior``), elsewhere from 256 points
  /// (``SampledPosterior``). Those of certain answers are infinite.
  ///
  /// - Parameters:
  ///   - observations: Of trials of one length.
  ///   - prior: What is known beforehand.
  /// - Returns: One row for each trial.
  package func logOdds(
    for observations: SequenceBatch,
    prior: Prior = .world
  ) -> DoubleMatrix {
    let states = states(for: observations)
    let step = paradigm.timing.decisionSteps.lowerBound
    var odds = DoubleMatrix(rows: observations.trials, columns: boundaries.count)
    for trial in 0..<observations.trials {
      let estimate = (0..<stateWidth).map { Double(states[step, trial, $0]) }
      let looks = looksSeen(at: step)
      let answers = logOdds(of: estimate, looks: looks, prior: prior) { _ in true }
      for boundary in boundaries.indices { odds[trial, boundary] = answers[boundary] }
    }
    return odds
  }

  /// - Parameters:
  ///   - estimate: A state, `[D]`.
  ///   - looks: How many looks it sums up, 1 or more.
  ///   - prior: What is known beforehand.
  ///   - isAsked: Which boundaries matter; the others get 0.
  /// - Returns: Log-odds, `[N]`.
  package func logOdds(
    of estimate: [Double],
    looks: Int,
    prior: Prior = .world,
    isAsked: (Int) -> Bool
  ) -> [Double] {
    guard model.deviation > 0 else {
      return boundaries.map { $0.isAbove(estimate) ? .infinity : -.infinity }
    }
    let likelihoods = estimate.indices.map {
      model.likelihood(of: $0, estimate: estimate[$0], looks: looks)
    }
    var odds = [Double](repeating: 0, count: boundaries.count)
    guard boundaries.indices.contains(where: isAsked) else { return odds }
    let answer: (Boundary) -> Double
    if case .flat = prior {
      let posterior = FlatPosterior(likelihoods)
      answer = { boundary in
        guard let plane = boundary.hyperplane else {
          preconditionFailure("without a prior the odds are those of hyperplanes")
        }
        return posterior.logOdds(above: plane)
      }
    } else {
      switch posterior(likelihoods) {
      case .box(let posterior): answer = { posterior.logOdds(above: $0) }
      case .copula(let posterior): answer = { posterior.logOdds(above: $0) }
      case .sampled(let posterior): answer = { posterior.answer(to: $0).logOdds.value }
      }
    }
    var isKnown = [Bool](repeating: false, count: boundaries.count)
    for index in boundaries.indices where isAsked(index) {
      let original = originals[index]
      if !isKnown[original] {
        isKnown[original] = true
        odds[original] = answer(boundaries[original])
      }
      odds[index] = odds[original]
    }
    return odds
  }

  /// What the observer believes about latents, under the world's prior.
  private enum Posterior {
    case box(BoxPosterior)
    case copula(CopulaPosterior)
    case sampled(SampledPosterior)
  }

  /// Whether answers are integrals, not sampled.
  var isIntegrated: Bool {
    stateWidth == 2 && (paradigm.latents.correlation == 0 || !isCopulaSampled)
  }

  private func posterior(_ likelihoods: [Likelihood]) -> Posterior {
    let latents = paradigm.latents
    guard isIntegrated else {
      return .sampled(SampledPosterior(likelihoods, prior: latents, points: points))
    }
    guard latents.correlation != 0 else { return .box(BoxPosterior(likelihoods)) }
    return .copula(CopulaPosterior(likelihoods, correlation: latents.correlation))
  }

  /// What the observer would answer in the place of a network, `[T, B, N]`: what makes the expected
  /// loss least, before the sigmoid or the hyperbolic tangent.
  ///
  /// Where the cue is on that is 0, the target before a decision. Where it is off, the log-odds for
  /// cross-entropy, half of them for the squared error of labels, since tanh(l/2) = 2 P - 1, and
  /// for values the posterior mean.
  ///
  /// - Parameters:
  ///   - states: Of this observer.
  ///   - observations: Which gave these states.
  ///   - weights: Answers of weight 0 are left at 0; `nil` where all count.
  /// - Returns: One answer for each step, trial and boundary.
  package func answers(
    to states: SequenceBatch,
    _ observations: SequenceBatch,
    weights: SequenceBatch? = nil
  ) -> SequenceBatch {
    var answers = SequenceBatch(
      steps: states.steps,
      trials: states.trials,
      width: boundaries.count
    )
    let target = answers.mutableRows
    forEachDecision(states, observations, weights: weights) { row, beliefs in
      for (boundary, belief) in beliefs.enumerated() {
        target[row, boundary] = Float(belief.answer)
      }
    }
    return answers
  }

  package func beliefs(
    _ estimate: [Double],
    looks: Int,
    isAsked: (Int) -> Bool
  ) -> [Belief] {
    if paradigm.supervision.target == .values {
      guard model.deviation > 0 else {
        return boundaries.map { .value(mean: $0.value(at: estimate), variance: 0) }
      }
      let posterior = posterior(
        estimate.indices.map { model.likelihood(of: $0, estimate: estimate[$0], looks: looks) }
      )
      let moments =
        switch posterior {
        case .box(let posterior): boundaries.map { posterior.moments(ofValue: $0) }
        case .copula(let posterior): posterior.moments(ofValues: boundaries)
        case .sampled(let posterior): boundaries.map { posterior.moments(ofValue: $0) }
        }
      return moments.map { .value(mean: $0.mean, variance: $0.variance) }
    }
    let isTanh = paradigm.supervision.target == .labels(.squaredError)
    return logOdds(of: estimate, looks: looks, isAsked: isAsked)
      .map { isTanh ? Belief.sideOfTanh($0) : .side($0) }
  }
}
