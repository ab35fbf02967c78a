import Compute
import Trials

/// How well latents are read out of states in a corner that the decoder never saw.
///
/// For each orthant: fit a decoder on trials of all other orthants, test it on trials of that one.
/// Every subject is judged on the same trials with the same decoders, so a floor differs from the
/// value beside it in nothing but the subject.
package struct ZeroShotDecoding: Sendable {
  /// r² by orthant and fit, `[orthants][fits]`.
  package typealias Scores = [[Double]]

  /// Held out, ridge: the headline.
  package private(set) var ridge: Scores = []
  /// Held out, ridge with the fixed penalty 1e-4.
  package private(set) var fixedRidge: Scores = []
  /// Held out, ordinary least squares.
  package private(set) var leastSquares: Scores = []
  /// Held out, the paper's decoder.
  package private(set) var adam: Scores = []
  /// The paper's decoder on trials as its script draws them.
  package private(set) var asPublished: Scores = []
  /// Held out, ridge, fitted on the same states with the latents of other trials.
  package private(set) var shuffled: Scores = []
  /// Held out, for each penalty of ``RidgeFit/penalties``: `[penalties][orthants][fits]`.
  package private(set) var path: [Scores] = []
  /// The penalties that were chosen, `[orthants][fits]`.
  package private(set) var penalties: Scores = []

  /// In distribution: fitted and tested on all orthants, by fit.
  package private(set) var inDistribution: [Double] = []
  package private(set) var inDistributionLeastSquares: [Double] = []
  package private(set) var inDistributionAdam: [Double] = []

  /// Between `dE[r]/dx₁` and `dE[r]/dx₂` in degrees, by fit; undefined ones are left out.
  package private(set) var encodingAngles: [Double] = []
  /// Between the rows of the held-out ridge decoders, in degrees.
  package private(set) var decoderAngles: [Double] = []

  /// The held-out ridge decoders of the first fit, by orthant: for pictures.
  package private(set) var decoders: [LinearDecoder] = []

  /// Fits and tests all decoders.
  ///
  /// - Parameters:
  ///   - subject: Whose states are read.
  ///   - paradigm: The world that draws the trials.
  ///   - plan: How many fits and trials.
  ///   - seed: The run's seed, from which all trials follow.
  package init(
    of subject: some Representation,
    in paradigm: Paradigm,
    _ plan: EvaluationPlan,
    seed: UInt64
  ) {
    let trials = EvaluationTrials(paradigm: paradigm, plan: plan, seed: seed)
    let tests = trials.orthants.indices.map { Moments(of: trials.test(subject, orthant: $0)) }
    let published = trials.orthants.indices.map {
      Moments(of: trials.publishedTest(subject, orthant: $0))
    }
    let everywhere = Moments(of: trials.test(subject, orthant: nil))

    let empty = [[Double]](repeating: [], count: trials.orthants.count)
    (ridge, fixedRidge, leastSquares, adam) = (empty, empty, empty, empty)
    (asPublished, shuffled, penalties) = (empty, empty, empty)
    path = RidgeFit.penalties.map { _ in empty }

    let steps = AdamFit.batches(forTasks: paradigm.boundaries.count)
    for fit in 0..<plan.fits {
      let regions = trials.orthants.indices.map { trials.fitting(subject, orthant: $0, fit: fit) }
      let moments = regions.map(Moments.init(of:))
      for (index, test) in tests.enumerated() {
        let others = regions.indices.filter { $0 != index }
        let ridge = RidgeFit(others.map { moments[$0] })
        score(ridge, orthant: index, on: test)
        if fit == 0 { decoders.append(ridge.decoder) }

        let seen = StateSet.joined(others.map { regions[$0] })
        let slow = AdamFit(
          seen,
          batches: steps,
          seed: seed,
          fit: fit * trials.orthants.count + index
        )
        adam[index].append(slow.decoder.boxR2(on: test))
        asPublished[index].append(slow.decoder.boxR2(on: published[index]))

        let order = RandomStream(
          seed: seed,
          purpose: .shuffle,
          step: fit * trials.orthants.count + index
        )
        // In the same regions as before, so that their penalty is chosen in the same way.
        let mixed = seen.shuffled(order).split(into: others.map { regions[$0].count })
        shuffled[index].append(RidgeFit(mixed.map(Moments.init(of:))).decoder.boxR2(on: test))
      }

      let whole = RidgeFit(moments)
      inDistribution.append(whole.decoder.boxR2(on: everywhere))
      inDistributionLeastSquares.append(whole.leastSquares.boxR2(on: everywhere))
      let slow = AdamFit(
        .joined(regions),
        batches: steps,
        seed: seed,
        fit: plan.fits * trials.orthants.count + fit
      )
      inDistributionAdam.append(slow.decoder.boxR2(on: everywhere))
      if let angle = encodingAngle(.sum(moments)) { encodingAngles.append(angle) }
    }
  }

  private mutating func score(_ fit: RidgeFit, orthant: Int, on test: Moments) {
    ridge[orthant].append(fit.decoder.boxR2(on: test))
    fixedRidge[orthant].append(fit.fixed.boxR2(on: test))
    leastSquares[orthant].append(fit.leastSquares.boxR2(on: test))
    penalties[orthant].append(fit.penalty)
    for (index, decoder) in fit.path.enumerated() {
      path[index][orthant].append(decoder.boxR2(on: test))
    }
    if let angle = fit.decoder.rowAngle { decoderAngles.append(angle) }
  }
}

/// The trials of an evaluation: which of them a subject is shown depends on seed and plan alone.
package struct EvaluationTrials: Sendable {
  package let orthants: [Orthant]
  private let generator: TrialGenerator
  private let plan: EvaluationPlan
  private let seed: UInt64

  package init(paradigm: Paradigm, plan: EvaluationPlan, seed: UInt64) {
    orthants = Orthant.all(dimensions: paradigm.dimensions)
    generator = TrialGenerator(paradigm: paradigm)
    self.plan = plan
    self.seed = seed
  }

  /// Trials of one orthant to fit on.
  ///
  /// All orthants but one together hold four times as many as a test.
  package func fitting(_ subject: some Representation, orthant: Int, fit: Int) -> StateSet {
    let others = orthants.count - 1
    let step = fit * orthants.count + orthant
    return StateSet(
      of: subject,
      generator,
      count: (4 * plan.trials + others - 1) / others,
      from: .orthant(orthants[orthant]),
      latents: RandomStream(seed: seed, purpose: .fitTrials, step: step),
      noise: RandomStream(seed: seed, purpose: .fitNoise, step: step)
    )
  }

  /// Test trials of one orthant, or of the whole box.
  package func test(_ subject: some Representation, orthant: Int?) -> StateSet {
    let step = orthant ?? orthants.count
    return StateSet(
      of: subject,
      generator,
      count: plan.trials,
      from: orthant.map { .orthant(orthants[$0]) } ?? .box,
      latents: RandomStream(seed: seed, purpose: .evalLatent, step: step),
      noise: RandomStream(seed: seed, purpose: .evalNoise, step: step)
    )
  }

  /// Test trials of one orthant as the paper's script draws them.
  package func publishedTest(_ subject: some Representation, orthant: Int) -> StateSet {
    StateSet(
      of: subject,
      generator,
      count: plan.trials,
      from: .asPublished(orthants[orthant]),
      latents: RandomStream(seed: seed, purpose: .publishedLatent, step: orthant),
      noise: RandomStream(seed: seed, purpose: .publishedNoise, step: orthant)
    )
  }
}
