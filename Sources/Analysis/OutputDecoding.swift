import Compute
import Trials

/// How much of the latent is in a subject's answers: the same trials, regions and ridge decoder as
/// for its states, and a reading by theory that fits nothing.
package struct OutputDecoding: Sendable {
  /// Held out, by region and fit.
  package private(set) var ridge: ZeroShotDecoding.Scores = []
  /// In distribution, by fit.
  package private(set) var inDistribution: [Double] = []
  /// Nothing fitted, on the test trials of every region: one value each.
  ///
  /// Empty without a theory.
  package private(set) var labelFree: ZeroShotDecoding.Scores = []
  /// Nothing fitted, on the whole box; `nil` without a theory.
  package private(set) var labelFreeInDistribution: Double?

  /// Fits and tests.
  ///
  /// - Parameters:
  ///   - outputs: The subject with its answers before the sigmoid for states, `[T, B, N]`.
  ///   - paradigm: The world that draws the trials.
  ///   - plan: How many fits and trials.
  ///   - seed: The run's seed, from which all trials follow.
  ///   - theory: Latents, `[n · D]`, from logits, `[n · N]`; `nil` where no theory applies.
  package init(
    of outputs: some Representation,
    in paradigm: Paradigm,
    _ plan: EvaluationPlan,
    seed: UInt64,
    theory: (([Double]) -> [Double])?
  ) {
    let trials = EvaluationTrials(paradigm: paradigm, plan: plan, seed: seed)
    let tests = trials.regions.indices.map { trials.test(outputs, region: $0) }
    let everywhere = trials.test(outputs, region: nil)
    if let theory {
      labelFree = tests.map { [Self.boxR2(of: theory, on: $0)] }
      labelFreeInDistribution = Self.boxR2(of: theory, on: everywhere)
    }

    let testMoments = tests.map(Moments.init(of:))
    let everywhereMoments = Moments(of: everywhere)
    ridge = tests.map { _ in [] }
    for fit in 0..<plan.fits {
      let cells = trials.cells.indices.map { trials.fitting(outputs, cell: $0, fit: fit) }
      let moments = cells.map(Moments.init(of:))
      for (index, region) in trials.regions.enumerated() {
        let outside = cells.map { $0.outside(region) }
        let folds = outside.indices.filter { outside[$0].count > 0 }
        let decoder = RidgeFit(
          folds.map {
            outside[$0].count == cells[$0].count ? moments[$0] : Moments(of: outside[$0])
          }
        ).decoder
        ridge[index].append(decoder.boxR2(on: testMoments[index]))
      }
      inDistribution.append(RidgeFit(moments).decoder.boxR2(on: everywhereMoments))
    }
  }

  /// r² = 1 - 12 MSE of estimates from logits.
  private static func boxR2(of theory: ([Double]) -> [Double], on test: StateSet) -> Double {
    var logits: [Double] = []
    logits.reserveCapacity(test.count * test.stateWidth)
    for trial in 0..<test.count {
      for output in 0..<test.stateWidth { logits.append(Double(test.states[trial, output])) }
    }
    let estimates = theory(logits)
    var squares = 0.0
    for trial in 0..<test.count {
      for dimension in 0..<test.dimensions {
        let error =
          estimates[trial * test.dimensions + dimension] - Double(test.latents[trial, dimension])
        squares += error * error
      }
    }
    return 1 - 12 * squares / Double(estimates.count)
  }
}
