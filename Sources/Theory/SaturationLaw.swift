import Compute
import RealModule
import Trials

/// How well the latent can be read out of outputs that go blind where they are sure.
///
/// A perfect output Φ(z), z = (c · μ - b)/s, tells the distance of μ from its boundary, and D of
/// them tell μ. A real one tells it only while ε < Φ(z) < 1 - ε, that is |z| < z_ε = -Φ⁻¹(ε); beyond
/// it tells no more than the side. The law is the r² of the best read-out of such outputs, under
/// the box prior:
///
///     r² = r²(any decoder) - 12/D · E[tr Var(m(μ) | outputs)],
///
/// where m(μ) is the posterior mean of the latent. It follows from the law of total variance: given
/// the outputs the latent varies as it does given μ, and μ varies in its cell, the set of means
/// with the same outputs (``OutputCell``).
///
/// It is an approximation of real outputs: their precision ends gradually, not at ε, and near the
/// walls they follow the box posterior, whose z bends.
package struct SaturationLaw: Hashable, Sendable {
  /// D.
  package let dimensions: Int

  /// s = σ/√t; 0 without noise, where every output is sure and tells its side.
  package let scale: Double

  /// ε, in (0, 1/2]; at 1/2 outputs tell only sides.
  package let outputPrecision: Double

  package init(dimensions: Int, scale: Double, outputPrecision: Double) {
    precondition(dimensions >= 1, "a latent of \(dimensions) dimensions hides nothing")
    precondition(scale >= 0 && scale.isFinite, "no observer has the scale \(scale)")
    precondition(
      outputPrecision > 0 && outputPrecision <= 0.5,
      "an output precision lies in (0, 1/2], not at \(outputPrecision)"
    )
    self.dimensions = dimensions
    self.scale = scale
    self.outputPrecision = outputPrecision
  }

  /// z_ε, the distance from its boundary, in units of s, up to which an output is useful.
  package var usefulReach: Double {
    -NormalDistribution.quantile(outputPrecision)
  }

  /// ρ_ε = 2Φ(√12 z_ε s) - 1, about the share of latents for which a boundary through the origin
  /// is useful.
  ///
  /// Along a random direction a latent has the variance 1/12 in any number of dimensions; taking it
  /// for Gaussian is the approximation (at D = 2 and ε = 1e-3 it says .37, where .35 are).
  package var usefulFraction: Double {
    2 * NormalDistribution.cumulative(12.0.squareRoot() * usefulReach * scale) - 1
  }

  /// P(Bin(N, ρ_ε) ≥ D), about the share of latents for which enough of `count` tasks are useful
  /// to tell μ exactly.
  package func enoughUsefulTasks(of count: Int) -> Double {
    let share = usefulFraction
    guard count >= dimensions else { return 0 }
    guard share > 0 else { return 0 }
    guard share < 1 else { return 1 }
    var fewer = 0.0
    for useful in 0..<dimensions {
      let choices =
        Double.logGamma(Double(count + 1)) - Double.logGamma(Double(useful + 1))
        - Double.logGamma(Double(count - useful + 1))
      fewer += .exp(
        choices + Double(useful) * .log(share) + Double(count - useful) * .log(1 - share)
      )
    }
    return max(0, 1 - fewer)
  }
}

// MARK: - Prediction

extension SaturationLaw {
  /// A predicted r² with its sampling error.
  package struct Prediction: Hashable, Sendable {
    package let r2: Double

    /// Over draws of the boundaries where they are random, else over trials; for more than two latents
    /// with what twice as long walks changed.
    package let standardError: Double

    /// The share of trials in which useful tasks tell μ exactly.
    package let resolvedShare: Double

    /// Whether longer walks would say the same: where not, r² is too large.
    package let isSettled: Bool
  }

  /// How much is drawn.
  package struct Sampling: Hashable, Sendable {
    package var draws: Int
    package var trials: Int
    /// How often the shortest random walks sweep through a cell before they count, and again while they
    /// do; twice as often until r² changes by less than its standard error.
    ///
    /// What a walk has not forgotten of its start makes r² too large.
    package var sweeps: Int
    package var mostSweeps: Int

    /// - Parameters:
    ///   - draws: Of boundaries, where their family is random.
    ///   - trials: Altogether.
    ///   - sweeps: Of each half of the shortest walk.
    ///   - mostSweeps: Of the longest one.
    package init(draws: Int = 200, trials: Int = 1000, sweeps: Int = 8, mostSweeps: Int = 64) {
      precondition(draws >= 2 && trials >= draws && sweeps >= 1, "too little is drawn to predict")
      self.draws = draws
      self.trials = trials
      self.sweeps = sweeps
      self.mostSweeps = mostSweeps
    }
  }

  /// The law for boundaries that a family makes: for random ones averaged over those of the
  /// seeds 0, 1, 2 …, which for more of them hold the same boundaries and further ones.
  ///
  /// - Parameters:
  ///   - family: One of hyperplanes.
  ///   - sampling: How much is drawn.
  ///   - target: An r² of which nothing is asked but whether it is reached: walks are not lengthened
  ///     below it, since that only lowers r².
  /// - Returns: r² with its error.
  package func prediction(
    for family: BoundaryFamily,
    sampling: Sampling = Sampling(),
    target: Double = -.infinity
  ) -> Prediction {
    let lists = (0..<(family.isRandom ? sampling.draws : 1)).map { seed in
      family.boundaries(dimensions: dimensions, seed: UInt64(seed)).map(\.requiredHyperplane)
    }
    return settled(lists, sampling, target)
  }

  /// The law for one list of boundaries.
  package func prediction(
    for boundaries: [Hyperplane],
    sampling: Sampling = Sampling()
  ) -> Prediction {
    settled([boundaries], sampling, -.infinity)
  }

  /// Lengthens the walks until that changes nothing.
  private func settled(
    _ lists: [[Hyperplane]],
    _ sampling: Sampling,
    _ target: Double
  ) -> Prediction {
    let trials = sampling.trials / lists.count
    var sweeps = sampling.sweeps
    var last = prediction(forEach: lists, trials: trials, sweeps: sweeps)
    guard !OutputCell.isExact(dimensions: dimensions) else { return last }
    while last.r2 >= target, 2 * sweeps <= sampling.mostSweeps {
      sweeps *= 2
      let next = prediction(forEach: lists, trials: trials, sweeps: sweeps)
      let change = (next.r2 - last.r2).magnitude
      let isSettled = change <= next.standardError
      let error = (next.standardError * next.standardError + change * change).squareRoot()
      last = Prediction(
        r2: next.r2,
        standardError: error,
        resolvedShare: next.resolvedShare,
        isSettled: isSettled
      )
      if isSettled { break }
    }
    return last
  }

  private func prediction(
    forEach lists: [[Hyperplane]],
    trials: Int,
    sweeps: Int
  ) -> Prediction {
    let source = TrialSource(law: self, sweeps: sweeps)
    var cell = OutputCell(dimensions: dimensions, scale: scale, reach: usefulReach * scale)
    var draws = source.firstBlock
    var variances: [Double] = []  // of single trials, or of lists where there are several
    var resolved = 0
    for (index, list) in lists.enumerated() {
      let tasks = TaskTable(list)
      var sum = 0.0
      for trial in 0..<trials {
        let lane = index * trials + trial
        source.fill(&draws, for: lane)
        let variance = cell.variance(tasks, draws, lane: lane % TrialSource.block)
        if variance == nil { resolved += 1 }
        sum += variance ?? 0
        if lists.count == 1 { variances.append(variance ?? 0) }
      }
      if lists.count > 1 { variances.append(sum / Double(trials)) }
    }
    let unit = 12 / Double(dimensions)
    let average = mean(variances)
    let spread = variances.reduce(0) { $0 + ($1 - average) * ($1 - average) }
    let count = Double(variances.count)
    return Prediction(
      r2: Ceilings(dimensions: dimensions, scale: scale).anyDecoder - unit * average,
      standardError: unit * (spread / (count - 1) / count).squareRoot(),
      resolvedShare: Double(resolved) / Double(lists.count * trials),
      isSettled: OutputCell.isExact(dimensions: dimensions)
    )
  }

  /// The least number of tasks whose predicted r² reaches `target`; `nil` if `most` don't.
  ///
  /// Found by doubling and halving. Random families of growing size contain each other, and all
  /// are tried on the same trials, so that r² grows with them but for the walks' noise; evenly
  /// spaced lines do not, and of close numbers one that is not the least may be named. Numbers whose
  /// walks do not settle don't count.
  package func requiredTasks(
    for target: Double,
    family: (Int) -> BoundaryFamily,
    most: Int = 512,
    sampling: Sampling = Sampling()
  ) -> Int? {
    func suffices(_ count: Int) -> Bool {
      let prediction = prediction(for: family(count), sampling: sampling, target: target)
      return prediction.r2 >= target && prediction.isSettled
    }
    guard Ceilings(dimensions: dimensions, scale: scale).anyDecoder >= target else { return nil }
    var tooFew = 0
    var enough = 1
    while !suffices(enough) {
      guard enough < most else { return nil }
      (tooFew, enough) = (enough, min(2 * enough, most))
    }
    while enough - tooFew > 1 {
      let middle = (tooFew + enough) / 2
      if suffices(middle) { enough = middle } else { tooFew = middle }
    }
    return enough
  }
}

extension Boundary {
  fileprivate var requiredHyperplane: Hyperplane {
    guard let hyperplane else { preconditionFailure("the saturation law is one of hyperplanes") }
    return hyperplane
  }
}

/// Draws latents, noise and what the walks need, for blocks of trials at a time.
///
/// Every trial has its own lane, so it is the same whatever the boundaries are.
private struct TrialSource {
  static let block = 16

  let law: SaturationLaw
  let sweeps: Int

  /// Of two walks with two halves each; a sweep has two steps for each dimension.
  private var steps: Int {
    OutputCell.isExact(dimensions: law.dimensions) ? 0 : 2 * 2 * sweeps * 2 * law.dimensions
  }

  var firstBlock: TrialDraws {
    TrialDraws(dimensions: law.dimensions, steps: steps, sweeps: sweeps, lanes: Self.block)
  }

  func fill(_ draws: inout TrialDraws, for lane: Int) {
    guard draws.firstLane != lane / Self.block * Self.block else { return }
    draws.firstLane = lane / Self.block * Self.block
    func stream(_ step: Int) -> RandomStream {
      RandomStream(seed: 0, purpose: .saturation, step: step)
    }
    stream(0).fillUniform(draws.latents.mutableView, firstLane: draws.firstLane)
    stream(1).fillNormal(draws.noise.mutableView, firstLane: draws.firstLane)
    guard steps > 0 else { return }
    stream(2).fillNormal(draws.directions.mutableView, firstLane: draws.firstLane)
    stream(3).fillUniform(draws.uniforms.mutableView, firstLane: draws.firstLane)
  }
}

/// Random numbers of a block of trials, one column each.
struct TrialDraws {
  let sweeps: Int
  /// Of both walks together.
  let steps: Int
  var firstLane = -1
  /// `[D, lanes]`.
  var latents: Matrix
  var noise: Matrix
  /// `[steps · D, lanes]`.
  var directions: Matrix
  /// `[steps · 4, lanes]`.
  var uniforms: Matrix

  init(dimensions: Int, steps: Int, sweeps: Int, lanes: Int) {
    self.sweeps = sweeps
    self.steps = steps
    latents = Matrix(rows: dimensions, columns: lanes)
    noise = Matrix(rows: dimensions, columns: lanes)
    directions = Matrix(rows: steps * dimensions, columns: lanes)
    uniforms = Matrix(rows: steps * 4, columns: lanes)
  }
}
