import Analysis
import Compute
import Networks
import Theory
import Trials

/// The dynamics of a recurrent subject: its fixed and slow points, what they are made of, and
/// whether it holds the latent in a continuous attractor.
///
/// Everything happens under the input that the paper takes: the cue is on and the latent seen is
/// zero, through the encoder.
package struct DynamicsPortrait: Sendable {
  package let name: String
  package let spec: RunSpec
  package let plan: DynamicsPlan
  /// Fixed points: states with `q` below the strict tolerance.
  package let fixed: FixedPointSearch
  /// Slow points: the first states of the same searches with `q` at most
  /// ``AttractorReport/slowSpeed``.
  package let slow: FixedPointSearch
  /// How many of the searches started beside a state, moved by noise.
  package let movedCount: Int
  /// Of the slowest fixed points.
  package let linearizations: [Linearization]
  /// Of the slowest that lie far from the trials.
  package let outlierLinearizations: [Linearization]
  package let report: AttractorReport
  /// The same test of an observer to whom blank steps are looks at zero; `nil` where no exact one
  /// is known.
  package let idealHold: HoldTest?
  /// Whether the report's ``AttractorReport/uncertainty`` is that of the ideal observer; otherwise
  /// ``AttractorReport/coverageRadius`` stands in its place.
  package let isUncertaintyKnown: Bool
  /// By what holds in nine tenths of the latent box.
  package let verdict: AttractorVerdict
  /// By what holds in half of it.
  package let lenientVerdict: AttractorVerdict
  /// What an observer who holds perfectly reads at the last look and ever after.
  package var perfectHold: Double? { idealHold?.refitted(after: 0) }

  /// Of all steps of the first ``SearchStarts/cloudTrials`` trials, in whole states.
  package let components: PrincipalComponents
  /// Of some of those trials, `[step][variable]`, with their latents.
  package let trajectories: [(latent: [Double], states: [[Double]])]
  /// Where the first look's step stands, and the one behind the last.
  package let looks: Range<Int>

  /// - Parameters:
  ///   - stored: The subject.
  ///   - plan: How many searches, and their tolerances.
  /// - Throws: `memoryless`, `interleaved`, or `unstable`.
  package init(of stored: StoredSubject, _ plan: DynamicsPlan) async throws(DynamicsError) {
    let (spec, subject) = (stored.spec, stored.network)
    guard spec.paradigm.supervision.interleaving == .none else {
      throw .interleaved(stored.name)
    }
    let trials = DynamicsTrials(of: subject, spec: spec)
    guard
      let dynamics = subject.dynamics(seeing: trials.silence),
      let fitting = trials.lastLooks(plan.fittingTrials, .fitting(0)),
      let test = trials.lastLooks(plan.testTrials, .test(0)),
      let places = trials.places(side: plan.side)
    else { throw .memoryless(stored.name) }
    guard fitting.states.isFinite, test.states.isFinite, places.isFinite else {
      throw .unstable(stored.name)
    }
    await self.init(stored, plan, trials, dynamics, fitting, test, places)
  }

  private init(
    _ stored: StoredSubject,
    _ plan: DynamicsPlan,
    _ trials: DynamicsTrials,
    _ dynamics: some Dynamics,
    _ fitting: (states: LatentStates, seen: DoubleMatrix),
    _ test: (states: LatentStates, seen: DoubleMatrix),
    _ places: LatentStates
  ) async {
    name = stored.name
    spec = stored.spec
    self.plan = plan
    looks = trials.looks
    let deviation = Self.exactDeviation(trials.paradigm.noise)
    let scale = deviation.map { $0 / Double(trials.looks.count).squareRoot() }
    isUncertaintyKnown = scale != nil
    report = AttractorReport(
      of: dynamics,
      AttractorCase(
        fitting: fitting.states,
        test: test.states,
        places: places,
        shifted: trials.shiftedPlaces(side: plan.side),
        looks: trials.looks.count,
        uncertainty: scale ?? AttractorReport.coverageRadius,
        seed: spec.seed
      )
    )

    let start = SearchStarts(trials, plan)
    (fixed, slow) = await FixedPointSearch.fixedAndSlow(
      of: dynamics,
      from: start.states,
      start.origins,
      among: start.cloud,
      plan.search,
      slowSpeed: report.slowSpeed
    )
    func linearized(_ points: [FixedPoint]) -> [Linearization] {
      points.prefix(DynamicsPlan.mostLinearized).map { Linearization(of: dynamics, at: $0.state) }
    }
    linearizations = linearized(fixed.points)
    outlierLinearizations = linearized(fixed.outliers)
    verdict = AttractorVerdict(
      report,
      slowPoints: slow.points,
      isUncertaintyKnown: isUncertaintyKnown
    )
    lenientVerdict = AttractorVerdict(
      report,
      slowPoints: slow.points,
      share: AttractorVerdict.half,
      isUncertaintyKnown: isUncertaintyKnown
    )
    movedCount = start.origins.count { $0.isMoved }
    components = start.components
    trajectories = start.trajectories

    let steps = report.hold.steps
    idealHold = deviation.map { deviation in
      HoldTest(steps: steps, seed: stored.spec.seed) { blanks in
        func believed(_ set: (states: LatentStates, seen: DoubleMatrix)) -> LatentStates {
          Self.believed(set, blanks: blanks, looks: trials.looks.count, deviation: deviation)
        }
        return (believed(fitting), believed(test))
      }
    }
  }

  /// What a state is compared with that drifts: the ideal observer's doubt, or what stands for it.
  package var doubtInWords: String {
    AttractorVerdict.doubtInWords(report, isKnown: isUncertaintyKnown)
  }

  /// σ of white Gaussian looks, for which the posterior is known; `nil` for other noise or none.
  private static func exactDeviation(_ noise: ObservationNoise) -> Double? {
    guard case .before(.gaussian, let deviation) = noise, deviation > 0 else { return nil }
    return deviation
  }

  /// The posterior means of an observer who takes each blank step for a look at zero.
  private static func believed(
    _ set: (states: LatentStates, seen: DoubleMatrix),
    blanks: Int,
    looks: Int,
    deviation: Double
  ) -> LatentStates {
    let all = Double(looks + blanks)
    let means = (0..<set.seen.rows).flatMap { row in
      BoxPosterior(
        center: set.seen.row(row).map { $0 * Double(looks) / all },
        scale: deviation / all.squareRoot()
      ).mean
    }
    return LatentStates(
      states: DoubleMatrix(rows: set.seen.rows, columns: set.seen.columns, values: means),
      latents: set.states.latents
    )
  }

  /// The time constant of a unit without recurrence, in milliseconds; `nil` for gated networks, which
  /// have none.
  package var unitMilliseconds: Double? {
    switch spec.architecture {
    case .leakyRNN(let shape), .rnn(let shape): shape.timeConstant
    case .lstm, .gru, .feedForward, .gpt2, nil: nil
    }
  }

  package var stepMilliseconds: Double { spec.paradigm.timing.stepMilliseconds }

  /// `A = τ/τ_unit` of an eigenvalue (theory's time-scale amplification), or `τ/dt`, its time constant
  /// in steps, where a unit alone has no time constant.
  package func amplification(_ eigenvalue: Eigenvalue) -> Double {
    eigenvalue.timeConstant(step: stepMilliseconds) / (unitMilliseconds ?? stepMilliseconds)
  }

  /// The amplifications of the paper: of the two eigenvalues of largest real part (as many as latents,
  /// here) of each different fixed point.
  package var fixedPointAmplifications: [Double] {
    linearizations.flatMap { foremost($0.eigenvalues).map(amplification) }
  }

  /// The same at the states themselves.
  package var stateAmplifications: [Double] {
    report.spectra.flatMap { foremost($0).map(amplification) }
  }

  private func foremost(_ eigenvalues: [Eigenvalue]) -> ArraySlice<Eigenvalue> {
    eigenvalues.sorted { $0.real > $1.real }.prefix(spec.paradigm.dimensions)
  }
}
