import Compute
import RealModule
import Trials

/// A boundary's function as `h = xᵀ A x + n · x - b`, whatever it is called.
package struct QuadraticForm: Hashable, Sendable {
  /// `A`, symmetric, `[D, D]` row by row.
  package let matrix: [Double]
  /// `n`, `[D]`.
  package let normal: [Double]
  /// `b`.
  package let offset: Double

  /// `nil` for branches of hyperbolas, which end at the axes.
  package init?(of boundary: Boundary) {
    let width = boundary.dimensions
    switch boundary {
    case .hyperplane(let plane):
      matrix = [Double](repeating: 0, count: width * width)
      (normal, offset) = (plane.normal, plane.offset)
    case .ball(let center, let radius):
      // r² - |x - c|²
      matrix = (0..<width * width).map { $0 / width == $0 % width ? -1 : 0 }
      normal = center.map { 2 * $0 }
      offset = center.reduce(-radius * radius) { $0 + $1 * $1 }
    case .quadric(let matrix, let normal, let offset):
      (self.matrix, self.normal, self.offset) = (matrix, normal, offset)
    case .hyperbola:
      return nil
    }
  }

  /// `A v`.
  func image(of vector: [Double]) -> [Double] {
    vector.indices.map { row in
      vector.indices.reduce(0) { $0 + matrix[row * vector.count + $1] * vector[$1] }
    }
  }

  /// The size of what depends on x, which tolerances are shares of.
  var scale: Double { (matrix + normal).reduce(0) { $0 + $1 * $1 }.squareRoot() }
}

/// What leaves every one of some boundaries as it is, each side on its side.
///
/// A mirror at `u · x = t`, with `|u| = 1`, leaves `h` as it is if and only if `u` is an
/// eigenvector of `A`, `A u = λ u`, and `n · u = -2 λ t`: write x = p + s u with `u · p = t`, and
/// ask that no odd power of `s` is left.
struct BoundaryMirrors {
  private let forms: [QuadraticForm]
  private let dimensions: Int
  /// Of numbers of size one, after a chain of products and an eigendecomposition.
  private static let tolerance = 1e-8

  init(of forms: [QuadraticForm], dimensions: Int) {
    self.forms = forms
    self.dimensions = dimensions
  }

  /// Whether there is a mirror of all.
  ///
  /// A direction that is an eigenvector of every `A` is one of any sum of them, and a sum with
  /// generic weights has no others. So each of its eigenspaces is looked into: where every `A` is a
  /// multiple `λ` of 1 on it, `n · u + 2 λ t = 0` is linear in `u` and `t`.
  var hasMirror: Bool {
    var sum = DoubleMatrix(rows: dimensions, columns: dimensions)
    for (index, form) in forms.enumerated() {
      let weight = Double.cos(Double(index + 1)) / form.scale
      for row in 0..<dimensions {
        for column in 0..<dimensions {
          sum[row, column] += weight * form.matrix[row * dimensions + column]
        }
      }
    }
    let eigen = SymmetricEigen(sum)
    let size = max(eigen.values.map(\.magnitude).max() ?? 0, .leastNormalMagnitude)
    var first = 0
    while first < dimensions {
      var end = first + 1
      while end < dimensions, eigen.values[end] - eigen.values[first] < Self.tolerance * size {
        end += 1
      }
      if hasMirror(across: (first..<end).map(eigen.vectors.column)) { return true }
      first = end
    }
    return false
  }

  /// Whether the mirror at `u · x = 0` is one of all, with `u` of length one.
  func haveMirror(across direction: [Double]) -> Bool {
    forms.allSatisfy { form in
      factor(of: form, on: [direction]) != nil
        && dot(form.normal, direction).magnitude < Self.tolerance * form.scale
    }
  }

  private func hasMirror(across basis: [[Double]]) -> Bool {
    var rows: [[Double]] = []
    for form in forms {
      guard let factor = factor(of: form, on: basis) else { return false }
      rows.append((basis.map { dot(form.normal, $0) } + [2 * factor]).map { $0 / form.scale })
    }
    // Where all factors are 0 the place t is free, which alone makes no mirror.
    let isPlaceFree = rows.allSatisfy { $0[basis.count].magnitude < Self.tolerance }
    let rank = rank(of: rows, dimensions: basis.count + 1)
    return basis.count + 1 - rank > (isPlaceFree ? 1 : 0)
  }

  /// λ where `A` is λ on the span of unit vectors.
  private func factor(of form: QuadraticForm, on basis: [[Double]]) -> Double? {
    var factor: Double?
    for vector in basis {
      let image = form.image(of: vector)
      let own = factor ?? dot(image, vector)
      factor = own
      let rest = zip(image, vector).reduce(0) {
        $0 + ($1.0 - own * $1.1) * ($1.0 - own * $1.1)
      }
      guard rest.squareRoot() < Self.tolerance * form.scale else { return nil }
    }
    return factor
  }

  /// Whether all are even about one point `c`: `2 A c = -n`.
  var hasCenter: Bool {
    var gram = DoubleMatrix(rows: dimensions, columns: dimensions)
    var target = [Double](repeating: 0, count: dimensions)
    for form in forms {
      let matrix = DoubleMatrix(rows: dimensions, columns: dimensions, values: form.matrix)
      let weight = 1 / (form.scale * form.scale)
      for row in 0..<dimensions {
        gram.addOuterProduct(of: matrix.row(row).map { $0 / form.scale })
      }
      for (index, value) in form.image(of: form.normal).enumerated() {
        target[index] -= weight * value / 2
      }
    }
    let eigen = SymmetricEigen(gram)
    let largest = eigen.values.last ?? 0
    var center = [Double](repeating: 0, count: dimensions)
    for (index, value) in eigen.values.enumerated() where value > 1e-10 * largest {
      let vector = eigen.vectors.column(index)
      let share = dot(vector, target) / value
      for dimension in 0..<dimensions { center[dimension] += share * vector[dimension] }
    }
    return forms.allSatisfy { form in
      let rest = zip(form.image(of: center), form.normal).map { 2 * $0 + $1 }
      return dot(rest, rest).squareRoot() < Self.tolerance * form.scale
    }
  }
}

private func dot(_ a: [Double], _ b: [Double]) -> Double {
  zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
}
