import Compute
import Trials

/// How well latents are read out of states in a region that the decoder never saw.
///
/// For each region: fit a decoder on trials from outside it, test it on trials of that one.
/// Every subject is judged on the same trials with the same decoders, so a floor differs from the
/// value beside it in nothing but the subject.
package struct ZeroShotDecoding: Sendable {
  /// r² by held-out region and fit, `[regions][fits]`.
  package typealias Scores = [[Double]]

  /// Held out, ridge: the headline.
  package private(set) var ridge: Scores = []
  /// Held out, ridge with the fixed penalty 1e-4.
  package private(set) var fixedRidge: Scores = []
  /// Held out, ordinary least squares.
  package private(set) var leastSquares: Scores = []
  /// Held out, the paper's decoder.
  package private(set) var adam: Scores = []
  /// The paper's decoder on trials as its script draws them; empty where the regions aren't
  /// orthants.
  package private(set) var asPublished: Scores = []
  /// Held out, ridge, fitted on the same states with the latents of other trials.
  package private(set) var shuffled: Scores = []
  /// Held out, for each penalty of ``RidgeFit/penalties``: `[penalties][regions][fits]`.
  package private(set) var path: [Scores] = []
  /// The penalties that were chosen, `[regions][fits]`.
  package private(set) var penalties: Scores = []

  /// In distribution: fitted and tested on the whole box, by fit.
  package private(set) var inDistribution: [Double] = []
  package private(set) var inDistributionLeastSquares: [Double] = []
  package private(set) var inDistributionAdam: [Double] = []

  /// Between `dE[r]/dx_i` of every pair of latents in degrees, fit by fit; undefined ones are left
  /// out.
  package private(set) var encodingAngles: [Double] = []
  /// Between the rows of the held-out ridge decoders, in degrees.
  package private(set) var decoderAngles: [Double] = []

  /// The held-out ridge decoders of the first fit, by region: for pictures.
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
    let regions = trials.regions
    let tests = regions.indices.map { Moments(of: trials.test(subject, region: $0)) }
    let published =
      plan.holdOut == .orthant
      ? regions.indices.map { Moments(of: trials.publishedTest(subject, region: $0)) } : []
    let everywhere = Moments(of: trials.test(subject, region: nil))

    let empty = [[Double]](repeating: [], count: regions.count)
    (ridge, fixedRidge, leastSquares, adam) = (empty, empty, empty, empty)
    (asPublished, shuffled, penalties) = (published.map { _ in [] }, empty, empty)
    path = RidgeFit.penalties.map { _ in empty }

    let steps = AdamFit.batches(forTasks: paradigm.boundaryCount)
    for fit in 0..<plan.fits {
      let cells = trials.cells.indices.map { trials.fitting(subject, cell: $0, fit: fit) }
      let moments = cells.map(Moments.init(of:))
      for (index, region) in regions.enumerated() {
        let outside = cells.map { $0.outside(region) }
        let folds = outside.indices.filter { outside[$0].count > 0 }
        let seen = folds.map { outside[$0] }
        let ridge = RidgeFit(
          zip(folds, seen).map { $1.count == cells[$0].count ? moments[$0] : Moments(of: $1) }
        )
        score(ridge, region: index, on: tests[index])
        if fit == 0 { decoders.append(ridge.decoder) }

        let lot = fit * regions.count + index
        let slow = AdamFit(seen, batches: steps, seed: seed, fit: lot)
        adam[index].append(slow.decoder.boxR2(on: tests[index]))
        if !published.isEmpty {
          asPublished[index].append(slow.decoder.boxR2(on: published[index]))
        }

        let order = RandomStream(seed: seed, purpose: .shuffle, step: lot)
        // In the same folds as before, so that their penalty is chosen in the same way.
        let mixed = StateSet.shuffled(seen, order).map(Moments.init(of:))
        shuffled[index].append(RidgeFit(mixed).decoder.boxR2(on: tests[index]))
      }

      let whole = RidgeFit(moments)
      inDistribution.append(whole.decoder.boxR2(on: everywhere))
      inDistributionLeastSquares.append(whole.leastSquares.boxR2(on: everywhere))
      let slow = AdamFit(
        cells,
        batches: steps,
        seed: seed,
        fit: plan.fits * regions.count + fit
      )
      inDistributionAdam.append(slow.decoder.boxR2(on: everywhere))
      encodingAngles += Analysis.encodingAngles(.sum(moments))
    }
  }

  private mutating func score(_ fit: RidgeFit, region: Int, on test: Moments) {
    ridge[region].append(fit.decoder.boxR2(on: test))
    fixedRidge[region].append(fit.fixed.boxR2(on: test))
    leastSquares[region].append(fit.leastSquares.boxR2(on: test))
    penalties[region].append(fit.penalty)
    for (index, decoder) in fit.path.enumerated() {
      path[index][region].append(decoder.boxR2(on: test))
    }
    decoderAngles += fit.decoder.rowAngles
  }
}

/// The trials of an evaluation: which of them a subject is shown depends on seed and plan alone.
package struct EvaluationTrials: Sendable {
  /// What is held out, one after the other.
  package let regions: [SignRegion]
  /// Parts of the box that are fitted on, and left out in turn to choose a penalty: the patterns of
  /// the signs of the last four latents at most.
  package let cells: [SignRegion]
  private let generator: TrialGenerator
  private let plan: EvaluationPlan

  /// Trials of the world in which subjects are evaluated, ``Paradigm/evaluated``.
  package init(paradigm: Paradigm, plan: EvaluationPlan, seed: UInt64) {
    let dimensions = paradigm.dimensions
    regions = plan.holdOut.regions(dimensions: dimensions, seed: seed)
    cells = SignRegion.all(ofLast: min(4, dimensions), dimensions: dimensions)
    generator = TrialGenerator(paradigm: paradigm.evaluated, seed: seed)
    self.plan = plan
  }

  /// Trials of one cell to fit on.
  ///
  /// Those outside a held-out region are together four times as many as a test has.
  package func fitting(_ subject: some Representation, cell: Int, fit: Int) -> StateSet {
    let seen = Double(cells.count) * (1 - regions[0].probability)
    return StateSet(
      of: subject,
      generator,
      count: Int((4 * Double(plan.trials) / seen).rounded(.up)),
      .fitting(fit * cells.count + cell),
      from: .signs(cells[cell])
    )
  }

  /// Test trials of one region, or of the whole box.
  package func test(_ subject: some Representation, region: Int?) -> StateSet {
    StateSet(
      of: subject,
      generator,
      count: plan.trials,
      .test(region ?? regions.count),
      from: region.map { .signs(regions[$0]) } ?? .box
    )
  }

  /// Test trials of one orthant as the paper's script draws them.
  package func publishedTest(_ subject: some Representation, region: Int) -> StateSet {
    StateSet(
      of: subject,
      generator,
      count: plan.trials,
      .published(region),
      from: .asPublished(regions[region])
    )
  }
}
