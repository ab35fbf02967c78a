/// The first four moments of a sample.
package struct Moments {
  package let mean: Double
  package let variance: Double
  /// E[(x - mean)³] / σ³; 0 for a normal distribution.
  package let skewness: Double
  /// E[(x - mean)⁴] / σ⁴; 3 for a normal distribution, 1.8 for a uniform one.
  package let kurtosis: Double

  package init(of values: some Collection<Float>) {
    let count = Double(values.count)
    let mean = values.reduce(0.0) { $0 + Double($1) } / count
    var sums = (second: 0.0, third: 0.0, fourth: 0.0)
    for value in values {
      let distance = Double(value) - mean
      let square = distance * distance
      sums.second += square
      sums.third += square * distance
      sums.fourth += square * square
    }
    self.mean = mean
    variance = sums.second / count
    skewness = sums.third / count / (variance * variance.squareRoot())
    kurtosis = sums.fourth / count / (variance * variance)
  }
}

/// Pearson's correlation of two samples of one length.
package func correlation(_ left: some Sequence<Double>, _ right: some Sequence<Double>) -> Double {
  var count = 0.0
  var (sumLeft, sumRight, sumBoth, squaresLeft, squaresRight) = (0.0, 0.0, 0.0, 0.0, 0.0)
  for (x, y) in zip(left, right) {
    count += 1
    sumLeft += x
    sumRight += y
    sumBoth += x * y
    squaresLeft += x * x
    squaresRight += y * y
  }
  let covariance = sumBoth / count - sumLeft / count * sumRight / count
  let varianceLeft = squaresLeft / count - (sumLeft / count) * (sumLeft / count)
  let varianceRight = squaresRight / count - (sumRight / count) * (sumRight / count)
  return covariance / (varianceLeft * varianceRight).squareRoot()
}
