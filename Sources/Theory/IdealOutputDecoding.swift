import Compute
import RealModule
import Trials

/// How well linear decoders read the latent out of the ideal observer's outputs.
///
/// A network with optimal outputs need not carry more: whatever its state has above these values,
/// its task did not ask for in linear form. They are simulated: least squares with intercept, fitted
/// on trials outside the held-out region and tested in it, as r² = 1 - 12 MSE. The observer has the
/// box prior for lines in the plane, and none in more dimensions.
package struct IdealOutputDecoding: Hashable, Sendable {
  /// A simulated r²; the standard error is over repetitions with fresh trials.
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
  ///   - boundaries: At least one hyperplane.
  ///   - scale: s = σ/√t, greater than 0.
  ///   - regions: Held out one after the other; values are means over them.
  ///   - trials: To fit on in each repetition, and to test on; the same trials whatever the
  ///     boundaries.
  ///   - repetitions: With fresh trials, at least two.
  ///   - hasBoxPrior: Where it isn't given, what is said above.
  package init(
    boundaries: [Hyperplane],
    scale: Double,
    regions: [SignRegion],
    trials: Int = 1000,
    repetitions: Int = 4,
    hasBoxPrior: Bool? = nil
  ) {
    precondition(!boundaries.isEmpty && !regions.isEmpty, "there is nothing to decode")
    precondition(repetitions >= 2, "one repetition has no standard error")
    let dimensions = boundaries[0].normal.count
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
      for (index, sample) in samples.enumerated() {
        let sums = sample[keyPath: kind]
        // Fresh trials are those of the next repetition.
        let fresh = samples[(index + 1) % repetitions][keyPath: kind]
        known.append(fresh.all.r2(of: sums.all.leastSquares(), dimensions))
        heldOut.append(
          mean(
            regions.indices.map { region in
              let decoder = sums.all.without(sums.inside[region]).leastSquares()
              return sums.test[region].r2(of: decoder, dimensions)
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
    let average = mean(repetitions)
    let spread = repetitions.reduce(0) { $0 + ($1 - average) * ($1 - average) }
    let count = Double(repetitions.count)
    self.init(r2: average, standardError: (spread / (count - 1) / count).squareRoot())
  }
}

/// Answers all boundaries.
private struct OutputObserver {
  let count: Int
  let scale: Double
  private let lines: [LineOdds]
  private let tasks: TaskTable

  init(_ boundaries: [Hyperplane], scale: Double, hasBoxPrior: Bool) {
    count = boundaries.count
    self.scale = scale
    lines = hasBoxPrior ? boundaries.map { LineOdds($0, scale: scale) } : []
    tasks = TaskTable(boundaries)
  }

  /// The log odds of one task.
  func logOdds(_ task: Int, _ center: [Double]) -> Double {
    if !lines.isEmpty {
      let odds = lines[task].logOdds(of: center)
      // Of a line that misses the box all answers are the same.
      return odds.isFinite ? odds : 0
    }
    var distance = -tasks.offsets[task]
    for dimension in center.indices {
      distance += tasks.normals[task * center.count + dimension] * center[dimension]
    }
    return IdealLogit.value(distance / scale)
  }
}

/// The trials of one repetition.
private struct OutputSample {
  struct Sums {
    /// Over the whole box.
    var all: OutputMoments
    /// Of these, in each region.
    var inside: [OutputMoments]
    /// Of other trials, all in a region.
    var test: [OutputMoments]

    init(outputs: Int, dimensions: Int, regions: Int) {
      all = OutputMoments(outputs: outputs, latents: dimensions)
      inside = [OutputMoments](repeating: all, count: regions)
      test = inside
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
    var latents = Matrix(rows: dimensions, columns: 2 * trials)
    var noise = latents
    RandomStream(seed: 0, purpose: .idealOutputs, step: 2 * repetition)
      .fillUniform(latents.mutableView)
    RandomStream(seed: 0, purpose: .idealOutputs, step: 2 * repetition + 1)
      .fillNormal(noise.mutableView)
    var logits = Sums(outputs: observer.count, dimensions: dimensions, regions: regions.count)
    var probabilities = logits
    for trial in 0..<2 * trials {
      var latent = (0..<dimensions).map { Double(latents[$0, trial]) - 0.5 }
      // The second half is mirrored into the regions, one after the other.
      let target = trial < trials ? nil : trial % regions.count
      if let target {
        for (dimension, sign) in regions[target].signs.enumerated() {
          if let sign { latent[dimension] = latent[dimension].magnitude * (sign ? 1 : -1) }
        }
      }
      let center = (0..<dimensions).map {
        latent[$0] + observer.scale * Double(noise[$0, trial])
      }
      let odds = (0..<observer.count).map { observer.logOdds($0, center) }
      let shares = odds.map { 1 / (1 + Double.exp(-$0)) }
      if let target {
        logits.test[target].add(odds, latent)
        probabilities.test[target].add(shares, latent)
      } else {
        logits.all.add(odds, latent)
        probabilities.all.add(shares, latent)
        for region in regions.indices where regions[region].contains(latent.map(Float.init)) {
          logits.inside[region].add(odds, latent)
          probabilities.inside[region].add(shares, latent)
        }
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

  init(outputs: Int, latents: Int) {
    self.outputs = outputs
    self.latents = latents
    products = DoubleMatrix(rows: outputs + latents + 1, columns: outputs + latents + 1)
  }

  mutating func add(_ values: [Double], _ latent: [Double]) {
    products.addOuterProduct(of: values + latent + [1])
  }

  func without(_ part: OutputMoments) -> OutputMoments {
    var rest = self
    for index in products.values.indices {
      rest.products.values[index] -= part.products.values[index]
    }
    return rest
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
    var squares = 0.0
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
