import Compute
import RealModule
import Trials

/// The observer of noise behind the encoder: it knows the encoder `f`, sees its features blurred, and
/// believes what they leave of the latent.
///
/// The mean f̄ of the t looks so far is a sufficient statistic of white noise σ on every feature, and
/// log p(f̄ | x) = -t ‖f̄ - f(x)‖² / 2σ². Over the box that is no known density, so it is weighed at
/// points (importance sampling): most of them normal about its peaks, with the curvature that the
/// slopes of `f` have there, the others all over the box. **Status: a simulation; a peak that no
/// search from the box finds is missed.**
package struct FeatureObserver: BayesianObserver {
  package let paradigm: Paradigm
  package let boundaries: [Boundary]
  private let encoder: RandomEncoder
  /// σ, in units of the features.
  private let deviation: Double
  private let points: LatticePoints
  private let prior: CopulaDensity?
  /// Latents all over the box, `[anchors, D]`, from which peaks are looked for, and their features.
  private let anchors: [[Double]]
  private let anchorFeatures: Matrix

  /// Points follow the posterior in no more dimensions: in ten it believes itself a sixth too sure.
  package static let mostDimensions = 6
  /// On which floors and ceilings are taken: some seconds.
  package static let standardTrials = 1000

  /// Whether it is this observer that knows a world.
  package static func isNeeded(in paradigm: Paradigm) -> Bool {
    guard case .after(let deviation) = paradigm.noise else { return false }
    return deviation > 0
  }

  /// - Parameters:
  ///   - paradigm: With noise behind the encoder, more than none, and at most
  ///     ``mostDimensions`` latents.
  ///   - encoder: The one that stands before the noise.
  ///   - seed: The run's, which draws the boundaries.
  ///   - pointCopy: Which random shifts the points have.
  package init(
    _ paradigm: Paradigm,
    encoder: RandomEncoder,
    seed: UInt64,
    pointCopy: Int = 0
  ) {
    guard case .after(let deviation) = paradigm.noise, deviation > 0 else {
      preconditionFailure("there is no noise behind the encoder")
    }
    let dimensions = paradigm.dimensions
    precondition(dimensions <= Self.mostDimensions, "points can't follow \(dimensions) latents")
    self.paradigm = paradigm
    self.encoder = encoder
    self.deviation = deviation
    boundaries = paradigm.boundaries.boundaries(dimensions: dimensions, seed: seed)
    points = LatticePoints(dimensions: dimensions + 1, count: 125, shifts: 8, copy: pointCopy)
    prior = CopulaDensity(paradigm.latents)
    let everywhere = EvenPoints(dimensions: dimensions)
    anchors = (0..<1024).map { everywhere[$0] }
    anchorFeatures = encoder.features(of: anchors)
  }

  package var stateWidth: Int { encoder.outputWidth }

  /// f̄ after every step, `[T, B, F]`.
  package func states(for observations: SequenceBatch) -> SequenceBatch {
    let timing = paradigm.timing
    return RunningAverage(
      of: encoder,
      stimuli: (0..<timing.trialsInARow).map(timing.stimulusSteps(ofTrial:))
    ).states(for: observations)
  }

  package func beliefs(
    _ state: [Double],
    looks: Int,
    isAsked: (Int) -> Bool
  ) -> [Belief] {
    let posterior = posterior(of: state, looks, peaks: peaks(of: state, looks))
    switch paradigm.supervision.target {
    case .values:
      return boundaries.map { boundary in
        let moments = posterior.moments(ofValue: boundary)
        return .value(mean: moments.mean, variance: moments.variance)
      }
    case .labels(let loss):
      return boundaries.indices.map { index in
        guard isAsked(index) else { return .side(0) }
        let odds = posterior.logOdds(above: boundaries[index])
        return loss == .squaredError ? .sideOfTanh(odds) : .side(odds)
      }
    case .boundedEvidence:
      preconditionFailure("looks at features don't add up to evidence about boundaries")
    }
  }

  /// What is believed of the latent, given the mean of some looks.
  package func posterior(of state: [Double], looks: Int) -> WeightedPoints {
    posterior(of: state, looks, peaks: peaks(of: state, looks))
  }

  /// - Parameters:
  ///   - state: f̄.
  ///   - looks: t.
  ///   - peaks: Of this state.
  ///   - region: What is known besides: that the latent lies in it. The points that would fill the
  ///     box then fill the region, which in six dimensions would hold one in 64 of them.
  /// - Returns: Points of the whole box, or of the region.
  func posterior(
    of state: [Double],
    _ looks: Int,
    peaks: [Peak],
    within region: SignRegion? = nil
  ) -> WeightedPoints {
    let precision = Double(looks) / (deviation * deviation)
    // Half of the points by what a peak weighs, half the same for all: a wide one may weigh more
    // than its curvature tells.
    let masses = peaks.map { Double.exp($0.logMass - (peaks.first?.logMass ?? 0)) }
    let total = masses.reduce(0, +)
    let everywhere = 0.2
    let shares = masses.map {
      (1 - everywhere) * (0.5 * $0 / total + 0.5 / Double(peaks.count))
    }
    let dimensions = paradigm.dimensions
    let latents = (0..<points.total).map { point -> [Double] in
      var lot = points[point, dimensions]
      let place = (0..<dimensions).map { points[point, $0] }
      for (peak, share) in zip(peaks, shares) {
        if lot < share { return peak.latent(at: place.map(normalQuantile)) }
        lot -= share
      }
      return place.indices.map { coordinate in
        guard let sign = region?.signs[coordinate] else { return place[coordinate] - 0.5 }
        return sign ? 0.5 * (1 - place[coordinate]) : -0.5 * place[coordinate]
      }
    }
    let height = everywhere / (region?.probability ?? 1)
    let distances = distances(encoder.features(of: latents), state)
    let logWeights = latents.indices.map { index -> Double in
      let latent = latents[index]
      guard latent.allSatisfy({ $0.magnitude <= 0.5 }),
        region?.contains(latent.map { Float($0) }) ?? true
      else { return -.infinity }
      var density = height
      for (peak, share) in zip(peaks, shares) { density += share * peak.density(at: latent) }
      return -0.5 * precision * distances[index] + (prior?.logWeight(latent) ?? 0) - .log(density)
    }
    return WeightedPoints(latents: latents, logWeights: logWeights)
  }

  // MARK: Peaks

  /// A place that explains the features better than all near it, and a normal density about it.
  struct Peak {
    private let center: [Double]
    private let axes: DoubleMatrix
    /// Along each axis.
    private let widths: [Double]
    private let logHeight: Double
    /// log of the posterior's mass about it, by its curvature.
    fileprivate let logMass: Double

    /// - Parameters:
    ///   - center: `[D]`.
    ///   - cost: ½ t ‖f̄ - f‖²/σ² there.
    ///   - information: t JᵀJ/σ² + 12, the box's own: `[D, D]`.
    fileprivate init(at center: [Double], cost: Double, information: DoubleMatrix) {
      let curvature = SymmetricEigen(information)
      self.center = center
      axes = curvature.vectors
      // A little wider than the posterior, so that no tail lacks points.
      widths = curvature.values.map { 1.2 / $0.squareRoot() }
      logHeight = -widths.reduce(0.5 * Double(center.count) * .log(2 * .pi)) { $0 + .log($1) }
      logMass = -cost - logHeight
    }

    fileprivate func latent(at normals: [Double]) -> [Double] {
      center.indices.map { coordinate in
        widths.indices.reduce(center[coordinate]) {
          $0 + axes[coordinate, $1] * widths[$1] * normals[$1]
        }
      }
    }

    fileprivate func density(at latent: [Double]) -> Double {
      var squares = 0.0
      for axis in widths.indices {
        var along = 0.0
        for coordinate in center.indices {
          along += axes[coordinate, axis] * (latent[coordinate] - center[coordinate])
        }
        squares += along * along / (widths[axis] * widths[axis])
      }
      return .exp(logHeight - 0.5 * squares)
    }

    /// Whether another one found the same place.
    fileprivate func isNear(_ other: Peak) -> Bool {
      zip(center, other.center).allSatisfy { ($0 - $1).magnitude < 0.005 }
    }
  }

  /// The best latents, the heaviest first: Levenberg and Marquardt's steps, within the box, from the
  /// best of the anchors and from others that lie apart.
  func peaks(of state: [Double], _ looks: Int) -> [Peak] {
    let precision = Double(looks) / (deviation * deviation)
    var distances = distances(anchorFeatures, state)
    var peaks: [Peak] = []
    for _ in 0..<12 {
      guard let best = distances.indices.min(by: { distances[$0] < distances[$1] }),
        distances[best] < .infinity
      else { break }
      let start = anchors[best]
      let peak = climb(from: start, state, precision)
      if !peaks.contains(where: peak.isNear) { peaks.append(peak) }
      for index in distances.indices {
        let isNear = start.indices.allSatisfy { (start[$0] - anchors[index][$0]).magnitude < 0.04 }
        if isNear { distances[index] = .infinity }
      }
    }
    peaks.sort { $0.logMass > $1.logMass }
    return peaks.filter { $0.logMass > peaks[0].logMass - 15 }
  }

  private func climb(from start: [Double], _ state: [Double], _ precision: Double) -> Peak {
    var latent = start
    var slopes = slopes(at: latent, state, precision)
    var damping = 1e-3
    for _ in 0..<20 {
      var system = slopes.information
      for index in latent.indices { system[index, index] += damping * system[index, index] }
      guard let step = Cholesky(system)?.solve(slopes.gradient) else { break }
      let next = zip(latent, step).map { min(max($0 + $1, -0.5), 0.5) }
      let tried = self.slopes(at: next, state, precision)
      if tried.cost < slopes.cost {
        let gain = slopes.cost - tried.cost
        (latent, slopes, damping) = (next, tried, damping * 0.1)
        if gain < 1e-3 { break }
      } else {
        damping *= 10
        if damping > 1e6 { break }
      }
    }
    return Peak(at: latent, cost: slopes.cost, information: slopes.information)
  }

  /// Cost, descent and information at a latent, by central differences.
  private func slopes(
    at latent: [Double],
    _ state: [Double],
    _ precision: Double
  ) -> (cost: Double, gradient: [Double], information: DoubleMatrix) {
    // Features have seven digits: steps of 1e-3 leave four to their slopes.
    let step = 1e-3
    var places = [latent]
    for index in latent.indices {
      for sign in [1.0, -1] {
        var moved = latent
        moved[index] += sign * step
        places.append(moved)
      }
    }
    let features = encoder.features(of: places)
    let (width, dimensions) = (stateWidth, latent.count)
    var jacobian = DoubleMatrix(rows: width, columns: dimensions)
    for index in 0..<dimensions {
      for feature in 0..<width {
        let (up, down) = (features[2 * index + 1, feature], features[2 * index + 2, feature])
        jacobian[feature, index] = Double(up - down) / (2 * step)
      }
    }
    let residuals = (0..<width).map { state[$0] - Double(features[0, $0]) }
    let gradient = (0..<dimensions).map { index in
      precision * residuals.indices.reduce(0) { $0 + jacobian[$1, index] * residuals[$1] }
    }
    var information = DoubleMatrix(rows: dimensions, columns: dimensions)
    for row in 0..<dimensions {
      for column in 0..<dimensions {
        information[row, column] =
          precision
          * (0..<width).reduce(0.0) { $0 + jacobian[$1, row] * jacobian[$1, column] }
      }
      information[row, row] += 12
    }
    let cost = 0.5 * precision * residuals.reduce(0) { $0 + $1 * $1 }
    return (cost, gradient, information)
  }

  /// ‖f̄ - f‖² of every row of features.
  private func distances(_ features: Matrix, _ state: [Double]) -> [Double] {
    let rows = features.view
    return (0..<rows.rows).map { row in
      let place = rows.base + row * rows.rowStride
      var sum = 0.0
      for feature in state.indices {
        let difference = state[feature] - Double(place[feature])
        sum += difference * difference
      }
      return sum
    }
  }
}

/// A belief about the latent as points with weights.
package struct WeightedPoints: Sendable {
  /// `[points, D]`.
  let latents: [[Double]]
  /// Sum 1.
  let weights: [Double]

  init(latents: [[Double]], logWeights: [Double]) {
    let top = logWeights.max() ?? 0
    // Points that no sum feels are left out.
    let kept = logWeights.indices.filter { logWeights[$0] > top - 40 }
    let weights = kept.map { Double.exp(logWeights[$0] - top) }
    let total = weights.reduce(0, +)
    self.latents = kept.map { latents[$0] }
    self.weights = weights.map { $0 / total }
  }

  /// Infinite where no point lies on one of the sides.
  package func logOdds(above boundary: Boundary) -> Double {
    var (above, below) = (0.0, 0.0)
    for index in weights.indices {
      if boundary.isAbove(latents[index]) {
        above += weights[index]
      } else {
        below += weights[index]
      }
    }
    return .log(above) - .log(below)
  }

  /// Of what a boundary's function is at the latent.
  package func moments(ofValue boundary: Boundary) -> (mean: Double, variance: Double) {
    let values = latents.map(boundary.value)
    var (mean, variance) = (0.0, 0.0)
    for index in weights.indices { mean += weights[index] * values[index] }
    for index in weights.indices {
      variance += weights[index] * (values[index] - mean) * (values[index] - mean)
    }
    return (mean, variance)
  }

  /// The variance of the latent, mean over its dimensions.
  package var variance: Double {
    let dimensions = latents[0].count
    let total = (0..<dimensions).reduce(0.0) { total, dimension in
      var (mean, square) = (0.0, 0.0)
      for index in weights.indices { mean += weights[index] * latents[index][dimension] }
      for index in weights.indices {
        let step = latents[index][dimension] - mean
        square += weights[index] * step * step
      }
      return total + square
    }
    return total / Double(dimensions)
  }
}
