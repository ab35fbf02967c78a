import Compute
import RealModule
import Trials

/// A value with its standard error.
package struct Estimate: Hashable, Sendable {
  package let value: Double
  /// 0 for a value that is exact to rounding.
  package let standardError: Double

  package init(value: Double, standardError: Double) {
    self.value = value
    self.standardError = standardError
  }

  /// The mean of independent values, two at least, with its standard error.
  package init(meanOf values: [Double]) {
    let center = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - center) * ($1 - center) }
    value = center
    standardError = (squares / Double(values.count * (values.count - 1))).squareRoot()
  }
}

/// Points that fill the unit cube evenly: some copies of one lattice, each moved by a random shift.
///
/// Point n of a copy is the fractional part of `shift + n √p_d` in coordinate d, with p_d the d-th
/// prime (Richtmyer 1951). A mean over one copy is unbiased, and how far the copies' means lie apart
/// tells its error: that is the standard error of everything that is computed with these points.
package struct LatticePoints: Hashable, Sendable {
  package let dimensions: Int
  /// Points of one copy.
  package let count: Int
  package let shifts: Int
  /// `[shifts · count, D]`.
  private let values: [Double]

  /// - Parameters:
  ///   - dimensions: D.
  ///   - count: Points of one copy.
  ///   - shifts: Copies, 2 or more.
  ///   - copy: Another one has other shifts.
  package init(dimensions: Int, count: Int = 32, shifts: Int = 8, copy: Int = 0) {
    precondition(shifts >= 2, "one copy says nothing of its error")
    self.dimensions = dimensions
    self.count = count
    self.shifts = shifts
    let steps = Self.primes(dimensions).map { Double($0).squareRoot() }
    var start = Matrix(rows: dimensions, columns: shifts)
    // The same for every run: they belong to a method, not to an experiment.
    RandomStream(seed: 0, purpose: .latticeShifts, step: copy).fillUniform(start.mutableView)
    values = (0..<shifts * count).flatMap { index in
      (0..<dimensions).map { dimension in
        let place =
          Double(start[dimension, index / count]) + Double(index % count) * steps[dimension]
        return place - place.rounded(.down)
      }
    }
  }

  package var total: Int { shifts * count }

  /// Coordinate `dimension` of a point, in [0, 1).
  package subscript(point: Int, dimension: Int) -> Double {
    values[point * dimensions + dimension]
  }

  private static func primes(_ count: Int) -> [Int] {
    var primes: [Int] = []
    var candidate = 2
    while primes.count < count {
      if primes.allSatisfy({ !candidate.isMultiple(of: $0) }) { primes.append(candidate) }
      candidate += 1
    }
    return primes
  }
}
