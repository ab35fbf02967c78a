import Compute
import TestSupport
import Theory
import Trials

/// The saturation law for lines in the plane, by quadrature: the plain twin of its random walks.
///
/// A mean μ with no useful task lies in a polygon, with one useful task (or several parallel ones)
/// on a piece of a line, with two or more it is known. Points on grids are put into groups with the
/// same outputs; what counts is how the posterior mean varies in each.
struct PlainSaturation {
  let r2: Double

  init(_ lines: [Hyperplane], _ law: SaturationLaw, steps: Int = 320) {
    let scale = law.scale
    let reach = law.usefulReach * scale
    let edge = 0.5 + 5 * scale
    var variance = 0.0

    // Polygons.
    var cells: [[Int]: Group] = [:]
    for row in 0..<steps {
      for column in 0..<steps {
        let point = [row, column].map { (2 * (Double($0) + 0.5) / Double(steps) - 1) * edge }
        let sides = lines.map { side(of: point, $0, reach) }
        if !sides.contains(0) { cells[sides, default: Group()].add(point, scale) }
      }
    }
    let area = (2 * edge / Double(steps)) * (2 * edge / Double(steps))
    variance += cells.values.reduce(0) { $0 + $1.spread } * area

    // Pieces of lines at the distance `z` from boundary `index`.
    let (rows, columns) = (steps / 4, 2 * steps)
    for (index, line) in lines.enumerated() {
      for row in 0..<rows {
        let z = (2 * (Double(row) + 0.5) / Double(rows) - 1) * reach
        var pieces: [[Int]: Group] = [:]
        for column in 0..<columns {
          let along = (2 * (Double(column) + 0.5) / Double(columns) - 1) * 2 * edge
          let length = line.normalLength
          let (x, y) = (line.normal[0] / length, line.normal[1] / length)
          let height = z + line.offset / length
          let point = [height * x - along * y, height * y + along * x]
          var sides = lines.map { side(of: point, $0, reach) }
          sides.remove(at: index)
          if !sides.contains(0) { pieces[sides, default: Group()].add(point, scale) }
        }
        let area = (2 * reach / Double(rows)) * (4 * edge / Double(columns))
        variance += pieces.values.reduce(0) { $0 + $1.spread } * area
      }
    }
    r2 = Ceilings(dimensions: 2, scale: scale).anyDecoder - 6 * variance
  }
}

/// 0 where the output is useful.
private func side(of point: [Double], _ line: Hyperplane, _ reach: Double) -> Int {
  let distance = line.signedDistance(of: point)
  return distance.magnitude < reach ? 0 : distance > 0 ? 1 : -1
}

/// Of a mean μ: how likely looks at any latent have it.
private func density(of point: [Double], _ scale: Double) -> Double {
  point.reduce(1) { product, coordinate in
    product
      * NormalDistribution.probability(
        from: (-0.5 - coordinate) / scale,
        to: (0.5 - coordinate) / scale
      )
  }
}

/// Means of one cell with their density.
private struct Group {
  private var mass = 0.0
  private var sum: [Double] = []
  private var squares = 0.0

  mutating func add(_ point: [Double], _ scale: Double) {
    let weight = density(of: point, scale)
    guard weight > 1e-14 else { return }
    let mean = BoxPosterior(center: point, scale: scale).mean
    if sum.isEmpty { sum = mean.map { _ in 0 } }
    mass += weight
    for index in mean.indices {
      sum[index] += weight * mean[index]
      squares += weight * mean[index] * mean[index]
    }
  }

  /// Mass times variance.
  var spread: Double {
    mass > 0 ? squares - sum.reduce(0) { $0 + $1 * $1 } / mass : 0
  }
}

/// The law for lists of hyperplanes, by rejection.
///
/// Means are thrown at the subspace that the useful tasks of a trial leave, until one is accepted by
/// its density and its outputs. It is an independent draw from the cell of the trial's own mean, so
/// half of the squared distance of the two posterior means is their variance.
func rejectionSampled(
  _ lists: [[Hyperplane]],
  _ law: SaturationLaw,
  trialsPerList: Int
) -> (r2: Double, error: Double) {
  var random = PlainRandom(seed: 7)
  let reach = law.usefulReach * law.scale
  let dimensions = law.dimensions
  let edge = 0.5 + 5 * law.scale
  let averages = lists.map { planes in
    let variances = (0..<trialsPerList).map { _ -> Double in
      let center = (0..<dimensions).map { _ in
        random.uniform() - 0.5 + law.scale * random.normal()
      }
      let sides = planes.map { side(of: center, $0, reach) }
      let useful = zip(planes, sides).filter { $0.1 == 0 }.map(\.0.normal)
      let axes = (0..<dimensions).map { axis in
        (0..<dimensions).map { $0 == axis ? 1.0 : 0 }
      }
      let basis = orthonormal(useful + axes)
      let rank = orthonormal(useful).count
      guard rank < dimensions else { return 0 }
      let radius = rank == 0 ? edge : Double(dimensions).squareRoot() * edge
      var pinned = [Double](repeating: 0, count: dimensions)
      for vector in basis.prefix(rank) {
        let share = zip(vector, center).reduce(0) { $0 + $1.0 * $1.1 }
        for dimension in 0..<dimensions { pinned[dimension] += share * vector[dimension] }
      }
      while true {
        var point = pinned
        for vector in basis.dropFirst(rank) {
          let share = (2 * random.uniform() - 1) * radius
          for dimension in 0..<dimensions { point[dimension] += share * vector[dimension] }
        }
        guard point.allSatisfy({ $0.magnitude < edge }) else { continue }
        let isInside = zip(planes, sides).allSatisfy { plane, given in
          given == 0 || side(of: point, plane, reach) == given
        }
        guard isInside, random.uniform() < density(of: point, law.scale) else { continue }
        let one = BoxPosterior(center: center, scale: law.scale).mean
        let other = BoxPosterior(center: point, scale: law.scale).mean
        return 0.5 * zip(one, other).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      }
    }
    return mean(variances)
  }
  let unit = 12 / Double(dimensions)
  let average = mean(averages)
  let spread = averages.reduce(0) { $0 + ($1 - average) * ($1 - average) }
  let count = Double(averages.count)
  return (
    Ceilings(dimensions: dimensions, scale: law.scale).anyDecoder - unit * average,
    unit * (spread / (count - 1) / count).squareRoot()
  )
}

/// The vectors made orthonormal one after the other, without those in the span of earlier ones.
private func orthonormal(_ vectors: [[Double]]) -> [[Double]] {
  var basis: [[Double]] = []
  for vector in vectors {
    var rest = vector
    for known in basis {
      let share = zip(known, rest).reduce(0) { $0 + $1.0 * $1.1 }
      rest = zip(rest, known).map { $0 - share * $1 }
    }
    let length = rest.reduce(0) { $0 + $1 * $1 }.squareRoot()
    if length > 1e-9 { basis.append(rest.map { $0 / length }) }
  }
  return basis
}
