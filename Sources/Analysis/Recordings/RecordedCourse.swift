import Compute

/// Some trials' states at some steps.
package struct StatesOverTime: Sendable {
  /// Where the steps are in the trial, counted from 0.
  package let steps: [Int]
  /// Of every step, `[n, H]`.
  package let states: [DoubleMatrix]
  /// Which trials of the recording they are, `[n]`.
  package let trials: [Int]

  package init(steps: [Int], states: [DoubleMatrix], trials: [Int]) {
    precondition(
      states.count == steps.count && states.allSatisfy { $0.rows == trials.count },
      "states of other steps or trials"
    )
    self.steps = steps
    self.states = states
    self.trials = trials
  }

  package static let mostSteps = 24
  package static let mostTrials = 1000

  /// As many of some places as are taken, with an even spread.
  package static func spread(_ count: Int, _ most: Int) -> [Int] {
    count <= most ? Array(0..<count) : (0..<most).map { $0 * (count - 1) / (most - 1) }
  }
}

/// A recording over the time of its trials: when the factors can be read, and where the states go.
///
/// Every step has decoders of its own: ridge with the fixed penalty 1e-4, so that steps compare. They are
/// tested in regions that they never saw, and in five folds of all trials. The components are those
/// of all steps together.
package struct RecordedCourse: Sendable {
  /// Which steps of the trial were taken, counted from 0: all, or as many with an even spread.
  package let steps: [Int]
  /// r² of each step, as ``RecordedDecoding`` has it; `nil` with one region alone.
  package let heldOut: [Double]?
  package let inDistribution: [Double]
  /// What is reached if states and factors have nothing to do with each other.
  package struct Null: Sendable {
    /// Of each step, the mean over draws; empty where there are none.
    package let means: [Double]
    package let draws: Int
  }

  /// Of ``inDistribution``: the factors shuffled, in folds that stay.
  package let shuffled: Null
  /// Of ``heldOut``: the regions go with the shuffled factors, so that a draw extrapolates as far as the
  /// truth does; see ``RegionNull``.
  package let heldOutShuffled: Null
  /// Why neither has a draw; empty where they have.
  package let noShuffle: String
  /// Of the variance over trials and steps.
  package let shares: [Double]
  /// For every region the mean state at each step, along three components, `[regions][steps][3]`.
  package let paths: [[[Double]]]
  package let regions: [TrialRegions.Region]
  /// How many trials were taken.
  package let trials: Int

  private static let shuffles = 10

  /// As many draws of the null of regions as take some seconds, the same on every machine: two at
  /// least, as with hundreds of trials they differ little.
  static func affordableDraws(_ states: [DoubleMatrix], regions: Int) -> Int {
    let (trials, units) = (Double(states[0].rows), Double(states[0].columns))
    let work = Double(states.count * regions) * units * units * (trials + units / 3)
    return Int(max(2, min(Double(shuffles), 2e10 / work)))
  }

  /// `nil` where no factor has an order, or there is but one step.
  ///
  /// - Parameters:
  ///   - time: States of some of the recording's trials.
  ///   - recording: With their factors.
  ///   - seed: Of folds and shuffles.
  package init?(_ time: StatesOverTime, of recording: Recording, seed: UInt64) {
    let states = time.states
    guard states.count > 1, recording.factors.contains(where: { !$0.isCategorical }) else {
      return nil
    }
    steps = time.steps
    let first = Recording(
      states: states[0],
      factors: recording.factors.map { $0.trials(time.trials) },
      groups: recording.groups.map { groups in time.trials.map { groups[$0] } }
    )
    let regions = TrialRegions.combinations(of: first, seed: seed)
    let folds = TrialRegions.folds(of: first, seed: seed)
    let shuffle = FactorShuffle(of: first)
    let orders = shuffle.decodingOrders(Self.shuffles, seed: seed)
    noShuffle = orders.isEmpty ? shuffle.reason ?? "no shuffle" : ""
    guard let alone = ShuffledTargets(first.targets, []),
      let targets = ShuffledTargets(first.targets, orders)
    else { return nil }
    let canHoldOut = regions.regions.count > 1
    // A trial that is given another's factors lies in that one's region: the other's place, with the
    // states of this trial.
    let places = orders.prefix(
      canHoldOut ? Self.affordableDraws(states, regions: regions.regions.count) : 0
    ).map(\.inverted)
    var (heldOut, inside, shuffled): ([Double], [Double], [Double]) = ([], [], [])
    var heldOutShuffled: [Double] = []
    for step in states {
      if canHoldOut { heldOut.append(StepDecoding(step, alone).scores(regions)[0]) }
      if !places.isEmpty {
        heldOutShuffled.append(
          mean(places.map { StepDecoding(step.rows($0), alone).scores(regions)[0] })
        )
      }
      let scores = StepDecoding(step, targets).scores(folds)
      inside.append(scores[0])
      if !orders.isEmpty { shuffled.append(mean(Array(scores.dropFirst()))) }
    }
    self.heldOut = canHoldOut ? heldOut : nil
    inDistribution = inside
    self.shuffled = Null(means: shuffled, draws: orders.count)
    self.heldOutShuffled = Null(means: heldOutShuffled, draws: places.count)
    self.regions = regions.regions
    trials = first.count

    let all = DoubleMatrix.stacked(states)
    let gram = all.centered.gram
    let components = PrincipalComponents(
      covariance: gram.scaled(by: 1 / Double(all.rows)),
      mean: all.columnMeans,
      isConstant: all.columnVariances.allSatisfy { $0 == 0 }
    )
    shares = components.shares
    let shown = regions.regions.isEmpty ? folds.regions : regions.regions
    paths = shown.map { region in
      states.map { step in
        let place = components.project(step.rows(region.trials).columnMeans, onto: 3)
        return place + [Double](repeating: 0, count: 3 - place.count)
      }
    }
  }
}

/// The factors as they were, then shuffled: columns of unit variance about zero.
private struct ShuffledTargets {
  /// `[n, sets · targets]`.
  let values: DoubleMatrix
  let targets: Int

  /// `nil` where a target never changes among these trials: there is no r² of it.
  init?(_ truth: DoubleMatrix, _ orders: [[Int]]) {
    targets = truth.columns
    let centered = truth.centered
    let deviations = centered.columnDeviations
    guard deviations.allSatisfy({ $0 > 0 }) else { return nil }
    let sets = [Array(0..<truth.rows)] + orders
    var values = DoubleMatrix(rows: truth.rows, columns: sets.count * truth.columns)
    for (set, order) in sets.enumerated() {
      for (trial, source) in order.enumerated() {
        for target in 0..<targets {
          values[trial, set * targets + target] = centered[source, target] / deviations[target]
        }
      }
    }
    self.values = values
  }
}

/// Decoders of one step's states.
private struct StepDecoding {
  private let states: DoubleMatrix
  private let targets: ShuffledTargets

  init(_ states: DoubleMatrix, _ targets: ShuffledTargets) {
    self.states = states.centered
    self.targets = targets
  }

  /// The mean over parts and targets of r² in a part of decoders that were fitted without it: of the
  /// factors as they were, then of every shuffle.
  func scores(_ parts: TrialRegions) -> [Double] {
    let sets = targets.values.columns / targets.targets
    var sums = [Double](repeating: 0, count: sets)
    for (part, weight) in zip(parts.regions, parts.weights) {
      let errors = errors(in: part.trials)
      for (column, error) in errors.enumerated() {
        sums[column / targets.targets] += weight * (1 - error) / Double(targets.targets)
      }
    }
    return sums
  }

  /// The mean squared error of every column, whose variance over all trials is 1.
  private func errors(in tested: [Int]) -> [Double] {
    let held = Set(tested)
    let rest = (0..<states.rows).filter { !held.contains($0) }
    let (seen, answers) = (states.rows(rest), targets.values.rows(rest))
    let (mean, answerMean) = (seen.columnMeans, answers.columnMeans)
    let around = seen.centered
    var normal = around.gram
    let penalty = RidgeFit.fixedPenalty * normal.trace
    for unit in 0..<normal.rows { normal[unit, unit] += penalty }
    // A step without variance has nothing to read.
    let solver = penalty > 0 ? Cholesky(normal) : nil
    let cross = around.transposedTimes(answers.centered)
    var weights = DoubleMatrix(rows: cross.rows, columns: cross.columns)
    for column in 0..<cross.columns {
      let solution = solver?.solve(cross.column(column)) ?? []
      for (unit, weight) in solution.enumerated() { weights[unit, column] = weight }
    }
    var asked = states.rows(tested)
    for row in 0..<asked.rows {
      for unit in 0..<asked.columns { asked[row, unit] -= mean[unit] }
    }
    let decoded = asked.times(weights)
    var errors = [Double](repeating: 0, count: decoded.columns)
    for (row, trial) in tested.enumerated() {
      for column in errors.indices {
        let error = decoded[row, column] + answerMean[column] - targets.values[trial, column]
        errors[column] += error * error / Double(tested.count)
      }
    }
    return errors
  }
}
