import Compute

extension RandomEncoder {
  /// How many noisy single observations show what is linear in the features.
  static let linearFreeObservations = 200_000

  /// Takes away all linear information about the latent, and whitens what is left.
  ///
  /// With `f` the features of single noisy observations of latents from the box: centre them; find
  /// the `D` directions of `cov(f, x)`; keep their orthogonal complement; whiten it, dropping
  /// eigenvalues below 1e-6 of the largest and padding with zeros. Centre and matrix are folded
  /// into the last layer. An average of the new features then has r² 0 about the latent.
  mutating func removeLinearInformation(seed: UInt64, noiseDeviation: Double) {
    let moments = featureMoments(seed: seed, noiseDeviation: noiseDeviation)
    let width = Self.featureWidth
    var complement = DoubleMatrix(rows: width, columns: width)
    for index in 0..<width { complement[index, index] = 1 }
    for direction in orthonormalized(moments.latentCovariance) {
      for row in 0..<width {
        for column in 0..<width {
          complement[row, column] -= direction[row] * direction[column]
        }
      }
    }
    let eigen = SymmetricEigen.portable(complement * moments.covariance * complement)
    let largest = eigen.values[width - 1]
    var whitening = DoubleMatrix(rows: width, columns: width)
    for (row, index) in (0..<width).reversed().enumerated()
    where eigen.values[index] > 1e-6 * largest {
      let scale = 1 / eigen.values[index].squareRoot()
      for column in 0..<width { whitening[row, column] = scale * eigen.vectors[column, index] }
    }
    foldIntoLastLayer(whitening * complement, mean: moments.mean)
  }

  /// The share of a latent's variance that is linear in the features of single noisy looks, r² of
  /// least squares: of the latent with the largest.
  ///
  /// Directions with less than 1e-6 of the largest variance are left out. 0 for an encoder that
  /// ``removeLinearInformation(seed:noiseDeviation:)`` made from the same looks.
  package func linearTrace(seed: UInt64, noiseDeviation: Double) -> Double {
    let moments = featureMoments(seed: seed, noiseDeviation: noiseDeviation)
    let eigen = SymmetricEigen(moments.covariance)
    let largest = eigen.values.last ?? 0
    let shares = (0..<dimensions).map { dimension in
      let covariance = moments.latentCovariance.column(dimension)
      return eigen.values.indices.reduce(0.0) { sum, index in
        guard eigen.values[index] > 1e-6 * largest else { return sum }
        let along = zip(eigen.vectors.column(index), covariance).reduce(0) { $0 + $1.0 * $1.1 }
        return sum + along * along / eigen.values[index]
      }
    }
    // Latents are uniform on a side of 1.
    return 12 * (shares.max() ?? 0)
  }

  private struct FeatureMoments {
    var mean: [Double]
    /// `[F, F]`.
    var covariance: DoubleMatrix
    /// `cov(f, x)`, `[F, D]`.
    var latentCovariance: DoubleMatrix
  }

  private func featureMoments(seed: UInt64, noiseDeviation: Double) -> FeatureMoments {
    let width = Self.featureWidth
    let chunk = 1000
    let looks = TrialGenerator(
      paradigm: Paradigm(
        latents: LatentDistribution(dimensions: dimensions),
        boundaries: BoundaryFamily(.axes, count: dimensions),
        noise: .before(.gaussian, deviation: noiseDeviation),
        timing: TrialTiming(fixation: 0, stimulus: 1, delay: 0, decision: 0)
      ),
      seed: seed
    )
    var batch = looks.makeBatch(trials: chunk)
    var inputs = SequenceBatch(steps: 1, trials: chunk, width: inputWidth)
    // Sums of the products of (features, latents): in double, one trial after the other.
    let joint = width + dimensions
    var sums = [Double](repeating: 0, count: joint)
    var products = DoubleMatrix(rows: joint, columns: joint)
    var values = [Double](repeating: 0, count: joint)
    for start in stride(from: 0, to: Self.linearFreeObservations, by: chunk) {
      looks.draw(into: &batch, .encoder, firstTrial: start)
      encode(batch.observations, into: &inputs)
      let rows = inputs.rows
      let latents = batch.latents.view
      for trial in 0..<chunk {
        for feature in 0..<width { values[feature] = Double(rows[trial, 1 + feature]) }
        for dimension in 0..<dimensions {
          values[width + dimension] = Double(latents[trial, dimension])
        }
        products.addOuterProduct(of: values)
        for index in 0..<joint { sums[index] += values[index] }
      }
    }
    let count = Double(Self.linearFreeObservations)
    let mean = sums.map { $0 / count }
    var covariance = DoubleMatrix(rows: width, columns: width)
    var latentCovariance = DoubleMatrix(rows: width, columns: dimensions)
    for row in 0..<width {
      for column in 0..<joint {
        let value =
          products[min(row, column), max(row, column)] / count - mean[row] * mean[column]
        if column < width {
          covariance[row, column] = value
        } else {
          latentCovariance[row, column - width] = value
        }
      }
    }
    return FeatureMoments(
      mean: Array(mean[..<width]),
      covariance: covariance,
      latentCovariance: latentCovariance
    )
  }
}

/// The columns of `matrix` made orthogonal and of unit length, one after the other, twice for the
/// sake of rounding (Gram and Schmidt).
private func orthonormalized(_ matrix: DoubleMatrix) -> [[Double]] {
  var basis: [[Double]] = []
  for column in 0..<matrix.columns {
    var vector = matrix.column(column)
    for _ in 0..<2 {
      for other in basis {
        let share = zip(vector, other).reduce(0) { $0 + $1.0 * $1.1 }
        for index in vector.indices { vector[index] -= share * other[index] }
      }
    }
    let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    basis.append(vector.map { $0 / length })
  }
  return basis
}
