import Compute
import RealModule
import Trials

/// How well linear decoders read the latent out of the ideal observer's outputs.
///
/// A network with optimal outputs need not carry more: whatever its state has above these values,
/// its task did not ask for in linear form. They are simulated: least squares with intercept, fitted
/// on trials outside the held-out region and tested in it, as r² = 1 - 12 MSE. The observer has the
/// box prior in the plane, and none in more dimensions.
///
/// Only the mean μ of the looks is drawn. Given μ the latent is normal about it in the box, and what it
/// adds to sums of squares, inside of a region and outside, is a closed form: nothing scatters that can
/// be integrated, and every trial serves the whole box and all regions. Regions of more than two signs are
/// too small for that; there trials that are mirrored into them are tested on.
package struct IdealOutputDecoding: Hashable, Sendable {
  /// A simulated r²; the standard error is over repetitions, each tested on fresh trials.
  package struct Value: Hashable, Sendable {
    package let r2: Double
    package let standardError: Double

    package init(r2: Double, standardError: Double) {
      (self.r2, self.standardError) = (r2, standardError)
    }
  }

  package struct Pair: Hashable, Sendable {
    package let inDistribution: Value
    package let heldOut: Value
  }

  /// Of log P - log(1 - P).
  package let logits: Pair
  /// Of P.
  package let probabilities: Pair
  /// Whether the observer knows the box.
  package let hasBoxPrior: Bool

  /// - Parameters:
  ///   - boundaries: At least one; curved ones in the plane only, for an observer with the box prior.
  ///   - scale: s = σ/√t, greater than 0.
  ///   - regions: Held out one after the other; values are means over them.
  ///   - trials: To test on in each repetition; decoders are fitted to those of all others. The same
  ///     trials whatever the boundaries.
  ///   - repetitions: With fresh trials, at least two.
  ///   - hasBoxPrior: Where it isn't given, what is said above.
  package init(
    boundaries: [Boundary],
    scale: Double,
    regions: [SignRegion],
    trials: Int = 1000,
    repetitions: Int = 4,
    hasBoxPrior: Bool? = nil
  ) {
    precondition(!boundaries.isEmpty && !regions.isEmpty, "there is nothing to decode")
    precondition(repetitions >= 2, "one repetition has no standard error")
    let dimensions = boundaries[0].dimensions
    let isBox = hasBoxPrior ?? (dimensions == 2)
    let observer = OutputObserver(boundaries, scale: scale, hasBoxPrior: isBox)
    let samples = (0..<repetitions).map { repetition in
      OutputSample(
        observer,
        dimensions: dimensions,
        regions: regions,
        trials: trials,
        repetition: repetition
      )
    }
    func pair(_ kind: KeyPath<OutputSample, OutputSample.Sums>) -> Pair {
      var known: [Double] = []
      var heldOut: [Double] = []
      for index in samples.indices {
        let fresh = samples[index][keyPath: kind]
        let others = samples.indices.filter { $0 != index }
          .map { samples[$0][keyPath: kind] }
          .reduce(nil) { (sum: OutputSample.Sums?, next) in sum?.adding(next) ?? next }
        guard let others else { continue }
        known.append(fresh.all.r2(of: others.all.leastSquares(), dimensions))
        heldOut.append(
          mean(
            regions.indices.map { region in
              let decoder = others.all.without(others.inside[region]).leastSquares()
              return (fresh.test[region] ?? fresh.inside[region]).r2(of: decoder, dimensions)
            }
          )
        )
      }
      return Pair(inDistribution: Value(known), heldOut: Value(heldOut))
    }
    logits = pair(\.logits)
    probabilities = pair(\.probabilities)
    self.hasBoxPrior = isBox
  }
}

extension IdealOutputDecoding.Value {
  fileprivate init(_ repetitions: [Double]) {
    let independent = Estimate(meanOf: repetitions)
    let count = Double(repetitions.count)
    // Two decoders share most of the trials that they were fitted to: with the correction of Nadeau and
    // Bengio, Machine Learning 52, 2003, 1/n becomes 1/n + 1/(n - 1), the tested by the fitted trials.
    self.init(
      r2: independent.value,
      standardError: independent.standardError * (1 + count / (count - 1)).squareRoot()
    )
  }
}

/// Answers all boundaries.
private struct OutputObserver {
  let count: Int
  let scale: Double
  private let boundaries: [Boundary]
  /// Of straight boundaries in the plane.
  private let lines: [LineOdds?]
  private let hasBoxPrior: Bool
  private let tasks: TaskTable

  init(_ boundaries: [Boundary], scale: Double, hasBoxPrior: Bool) {
    let planes = boundaries.compactMap(\.hyperplane)
    precondition(
      hasBoxPrior || planes.count == boundaries.count,
      "an observer without a prior answers hyperplanes"
    )
    count = boundaries.count
    self.scale = scale
    self.boundaries = boundaries
    self.hasBoxPrior = hasBoxPrior
    lines =
      hasBoxPrior
      ? boundaries.map { $0.hyperplane.map { LineOdds($0, scale: scale) } } : []
    tasks = TaskTable(planes)
  }

  /// The log odds of one task.
  func logOdds(_ task: Int, _ center: [Double]) -> Double {
    if hasBoxPrior {
      let odds =
        lines[task]?.logOdds(of: center)
        ?? BoxPosterior(center: center, scale: scale).logOdds(above: boundaries[task])
      // Of a boundary that misses the box all answers are the same.
      return odds.isFinite ? odds : 0
    }
    var distance = -tasks.offsets[task]
    for dimension in center.indices {
      distance += tasks.normals[task * center.count + dimension] * center[dimension]
    }
    return IdealLogit.value(distance / scale)
  }
}

/// What is known of a latent in a part of the box, given μ.
private struct RegionBelief {
  /// The probability that it is there.
  let probability: Double
  /// `[D]`.
  let mean: [Double]
  /// The sum over all coordinates.
  let variance: Double

  /// The same of a latent that was put there.
  var certain: RegionBelief { RegionBelief(probability: 1, mean: mean, variance: variance) }
}

/// The latent given μ, coordinate by coordinate: anywhere in the box, and on either side of 0.
private struct LatentBelief {
  private let whole: [TruncatedNormal]
  private let negative: [TruncatedNormal]
  private let positive: [TruncatedNormal]
  private let positiveShare: [Double]
  private let center: [Double]
  private let scale: Double

  /// A probability that is lost behind the last digits.
  static let least = 1e-20

  init(_ center: [Double], scale: Double) {
    self.center = center
    self.scale = scale
    let ends = center.map { ((-0.5 - $0) / scale, -$0 / scale, (0.5 - $0) / scale) }
    let shares = ends.map { lower, middle, upper in
      let below = NormalDistribution.probability(from: lower, to: middle)
      let above = NormalDistribution.probability(from: middle, to: upper)
      return above / (below + above)
    }
    positiveShare = shares
    let whole = ends.map { TruncatedNormal(from: $0.0, to: $0.2) }
    self.whole = whole
    // Of sides that don't count, moments in a far tail would take long.
    negative = ends.indices.map {
      1 - shares[$0] > Self.least
        ? TruncatedNormal(from: ends[$0].0, to: ends[$0].1) : whole[$0]
    }
    positive = ends.indices.map {
      shares[$0] > Self.least
        ? TruncatedNormal(from: ends[$0].1, to: ends[$0].2) : whole[$0]
    }
  }

  /// - Parameter region: The whole box where it isn't given.
  /// - Returns: Where the latent is in that region.
  func belief(in region: SignRegion? = nil) -> RegionBelief {
    var (probability, variance) = (1.0, 0.0)
    var mean = center
    for dimension in center.indices {
      var own = whole[dimension]
      if let sign = region?.signs[dimension] {
        own = sign ? positive[dimension] : negative[dimension]
        probability *= sign ? positiveShare[dimension] : 1 - positiveShare[dimension]
      }
      mean[dimension] += scale * own.mean
      variance += scale * scale * own.variance
    }
    return RegionBelief(probability: probability, mean: mean, variance: variance)
  }
}

/// The trials of one repetition.
private struct OutputSample {
  struct Sums {
    /// Over the whole box.
    var all: OutputMoments
    /// Of these, in each region.
    var inside: [OutputMoments]
    /// Of other trials, all in a region; `nil` where those inside are enough.
    var test: [OutputMoments?]

    init(outputs: Int, dimensions: Int, _ regions: [SignRegion]) {
      let none = OutputMoments(outputs: outputs, latents: dimensions)
      all = none
      inside = regions.map { _ in none }
      test = regions.map { $0.fixedCount > 2 ? none : nil }
    }

    func adding(_ other: Sums) -> Sums {
      var sum = self
      sum.all = all.adding(other.all, times: 1)
      sum.inside = zip(inside, other.inside).map { $0.adding($1, times: 1) }
      return sum
    }
  }

  var logits: Sums
  var probabilities: Sums

  init(
    _ observer: OutputObserver,
    dimensions: Int,
    regions: [SignRegion],
    trials: Int,
    repetition: Int
  ) {
    let isMirrored = regions.contains { $0.fixedCount > 2 }
    let total = isMirrored ? 2 * trials : trials
    var latents = Matrix(rows: dimensions, columns: total)
    var noise = latents
    RandomStream(seed: 0, purpose: .idealOutputs, step: 2 * repetition)
      .fillUniform(latents.mutableView)
    RandomStream(seed: 0, purpose: .idealOutputs, step: 2 * repetition + 1)
      .fillNormal(noise.mutableView)
    var logits = Sums(outputs: observer.count, dimensions: dimensions, regions)
    var probabilities = logits
    for trial in 0..<total {
      // The second half is mirrored into the regions, one after the other.
      let target = trial < trials ? nil : trial % regions.count
      let center = (0..<dimensions).map { dimension in
        var latent = Double(latents[dimension, trial]) - 0.5
        if let target, let sign = regions[target].signs[dimension] {
          latent = latent.magnitude * (sign ? 1 : -1)
        }
        return latent + observer.scale * Double(noise[dimension, trial])
      }
      let odds = (0..<observer.count).map { observer.logOdds($0, center) }
      let shares = odds.map { 1 / (1 + Double.exp(-$0)) }
      let latent = LatentBelief(center, scale: observer.scale)
      if let target {
        let belief = latent.belief(in: regions[target]).certain
        logits.test[target]?.add(odds, belief)
        probabilities.test[target]?.add(shares, belief)
        continue
      }
      let anywhere = latent.belief()
      logits.all.add(odds, anywhere)
      probabilities.all.add(shares, anywhere)
      for (index, region) in regions.enumerated() {
        let belief = latent.belief(in: region)
        guard belief.probability > LatentBelief.least else { continue }
        logits.inside[index].add(odds, belief)
        probabilities.inside[index].add(shares, belief)
      }
    }
    self.logits = logits
    self.probabilities = probabilities
  }
}

/// Sums of products of outputs, latents and 1: all that least squares and its error need.
private struct OutputMoments {
  let outputs: Int
  let latents: Int
  /// Of (outputs, latents, 1) with itself; the upper half.
  private var products: DoubleMatrix
  /// How much latents vary about their means given μ.
  private var scatter = 0.0

  init(outputs: Int, latents: Int) {
    self.outputs = outputs
    self.latents = latents
    products = DoubleMatrix(rows: outputs + latents + 1, columns: outputs + latents + 1)
  }

  mutating func add(_ values: [Double], _ belief: RegionBelief) {
    let weight = belief.probability.squareRoot()
    products.addOuterProduct(of: (values + belief.mean + [1]).map { weight * $0 })
    scatter += belief.probability * belief.variance
  }

  func without(_ part: OutputMoments) -> OutputMoments { adding(part, times: -1) }

  func adding(_ part: OutputMoments, times factor: Double) -> OutputMoments {
    var sum = self
    for index in products.values.indices {
      sum.products.values[index] += factor * part.products.values[index]
    }
    sum.scatter += factor * part.scatter
    return sum
  }

  private var count: Double { products[outputs + latents, outputs + latents] }

  private func average(_ column: Int) -> Double { products[column, outputs + latents] / count }

  /// Mean of the product of two columns.
  private func product(_ row: Int, _ column: Int) -> Double {
    products[min(row, column), max(row, column)] / count
  }

  /// Weights `[D, N + 1]`, of which the intercept is the last.
  ///
  /// Directions in which outputs vary by less than 1e-10
  /// of the most, such as those between copies of a task, get the weight 0.
  func leastSquares() -> DoubleMatrix {
    let means = (0..<outputs).map(average)
    var covariance = DoubleMatrix(rows: outputs, columns: outputs)
    for row in 0..<outputs {
      for column in row..<outputs {
        covariance[row, column] = product(row, column) - means[row] * means[column]
      }
    }
    let eigen = SymmetricEigen(covariance)
    let least = 1e-10 * (eigen.values.last ?? 0)
    var weights = DoubleMatrix(rows: latents, columns: outputs + 1)
    for latent in 0..<latents {
      let target = average(outputs + latent)
      let cross = (0..<outputs).map { product($0, outputs + latent) - means[$0] * target }
      for (index, value) in eigen.values.enumerated() where value > least {
        var share = 0.0
        for row in 0..<outputs { share += eigen.vectors[row, index] * cross[row] }
        for row in 0..<outputs {
          weights[latent, row] += eigen.vectors[row, index] * share / value
        }
      }
      weights[latent, outputs] =
        (0..<outputs).reduce(target) { $0 - weights[latent, $1] * means[$1] }
    }
    return weights
  }

  /// 1 - 12 MSE of a decoder on these trials.
  func r2(of weights: DoubleMatrix, _ dimensions: Int) -> Double {
    let one = outputs + latents
    let columns = Array(0..<outputs) + [one]
    var squares = scatter / count
    for latent in 0..<latents {
      let target = outputs + latent
      squares += product(target, target)
      for (i, row) in columns.enumerated() {
        squares -= 2 * weights[latent, i] * product(row, target)
        for (j, column) in columns.enumerated() {
          squares += weights[latent, i] * weights[latent, j] * product(row, column)
        }
      }
    }
    return 1 - 12 * squares / Double(dimensions)
  }
}
