import Trials

/// Where a straight line through the box, parallel to one of its edges, crosses a boundary.
///
/// On such a line every boundary's function is a y² + b y + c. The line's part in the box falls
/// into at most three pieces, which lie above and below in turn.
struct Crossings {
  private(set) var count = 0
  private(set) var first = 0.5
  private(set) var second = 0.5
  /// Whether the piece at the wall y = -1/2 lies above.
  let startsAbove: Bool

  init(_ a: Double, _ b: Double, _ c: Double) {
    var isAbove: Bool
    var roots: (Double, Double)
    if a == 0 {
      guard b != 0 else {
        startsAbove = c > 0
        return
      }
      (isAbove, roots) = (b < 0, (-c / b, .infinity))
    } else {
      let discriminant = b * b - 4 * a * c
      guard discriminant > 0 else {
        startsAbove = a > 0
        return
      }
      let q = -0.5 * (b + (b < 0 ? -1 : 1) * discriminant.squareRoot())
      let (one, other) = (q / a, q == 0 ? 0 : c / q)
      (isAbove, roots) = (a > 0, (min(one, other), max(one, other)))
    }
    if roots.0 <= -0.5 {
      isAbove.toggle()
      roots = (roots.1, .infinity)
    }
    if roots.0 <= -0.5 {
      isAbove.toggle()
      roots.0 = .infinity
    }
    startsAbove = isAbove
    guard roots.0 < 0.5 else { return }
    (count, first) = (1, roots.0)
    guard roots.1 < 0.5 else { return }
    (count, second) = (2, roots.1)
  }
}

/// A boundary as a quadratic form, `h = xᵀ A x + n · x - b`, or one branch of a hyperbola.
struct BoundaryForm {
  /// `[D, D]`, empty where it is zero.
  private let matrix: [Double]
  private let normal: [Double]
  private let offset: Double
  private let hyperbola: (first: Double, second: Double)?

  init(_ boundary: Boundary) {
    switch boundary {
    case .hyperplane(let plane):
      (matrix, normal, offset, hyperbola) = ([], plane.normal, plane.offset, nil)
    case .ball(let center, let radius):
      let size = center.count
      matrix = (0..<size * size).map { $0 / size == $0 % size ? -1 : 0 }
      normal = center.map { 2 * $0 }
      offset = center.reduce(-radius * radius) { $0 + $1 * $1 }
      hyperbola = nil
    case .quadric(let matrix, let normal, let offset):
      (self.matrix, self.normal, self.offset, hyperbola) = (matrix, normal, offset, nil)
    case .hyperbola(let isFirstPositive, let isSecondPositive, let threshold):
      (matrix, normal, offset) = ([], [0, 0], threshold)
      hyperbola = (isFirstPositive ? 1 : -1, isSecondPositive ? 1 : -1)
    }
  }

  /// Whether the boundary has corners or turns back: where sections begin and end is no smooth
  /// function then.
  var isCurved: Bool { !matrix.isEmpty || hyperbola != nil }

  /// The boundary where it is a hyperplane.
  var line: (normal: [Double], offset: Double)? { isCurved ? nil : (normal, offset) }

  /// The coordinate along which lines cross the boundary least obliquely, with lengths in units of
  /// `widths`.
  func steepestCoordinate(widths: [Double]) -> Int {
    let size = normal.count
    let slopes = (0..<size).map { index in
      let curvature = matrix.isEmpty ? 0 : matrix[index * size + index].magnitude
      return (normal[index].magnitude + curvature) * widths[index]
    }
    return slopes.indices.max { slopes[$0] < slopes[$1] } ?? 0
  }

  /// h along coordinate `index` through a point, as a y² + b y + c.
  func crossings(along index: Int, through point: UnsafePointer<Double>) -> Crossings {
    let size = normal.count
    if let hyperbola {
      let signs = [hyperbola.first, hyperbola.second]
      let other = signs[1 - index] * point[1 - index]
      return other > 0
        ? Crossings(0, signs[index] * other, -offset) : Crossings(0, 0, -offset)
    }
    var (b, c) = (normal[index], -offset)
    for other in 0..<size where other != index { c += normal[other] * point[other] }
    guard !matrix.isEmpty else { return Crossings(0, b, c) }
    for row in 0..<size where row != index {
      b += (matrix[row * size + index] + matrix[index * size + row]) * point[row]
      for column in 0..<size where column != index {
        c += point[row] * matrix[row * size + column] * point[column]
      }
    }
    return Crossings(matrix[index * size + index], b, c)
  }

  /// In the plane: values of the other coordinate at which the boundary passes some heights of
  /// `index`; of a hyperbola also its asymptote, and where panels that follow it end.
  func crossings(along index: Int, atHeights heights: [Double]) -> [Double] {
    let other = 1 - index
    if let hyperbola {
      let signs = [hyperbola.first, hyperbola.second]
      guard offset > 0 else { return [0] }
      let passed = heights.map { signs[index] * $0 }.filter { $0 > 0 }.map { offset / $0 }
      // Between the wall's crossing and the far end the branch goes like 1/x: panels that double
      // in length follow it however close its pole is.
      let doubled = sequence(first: 2 * offset) { $0 < 0.25 ? 2 * $0 : nil }
      return [0] + (passed + doubled).map { signs[other] * $0 }
    }
    guard !matrix.isEmpty else {
      guard normal[other] != 0 else { return [] }
      return heights.map { (offset - normal[index] * $0) / normal[other] }
    }
    let (own, cross, square) = (matrix[3 * index], matrix[1] + matrix[2], matrix[3 * other])
    return heights.flatMap { height in
      roots(
        square,
        normal[other] + cross * height,
        own * height * height + normal[index] * height - offset
      )
    }
  }

  /// In the plane: values of the other coordinate at which a quadric's crossings along `index`
  /// meet and vanish, the roots of their discriminant; a complex pair by its real part and its
  /// distance from there.
  func turningPoints(along index: Int) -> [(place: Double, distance: Double)] {
    guard !matrix.isEmpty else { return [] }
    let other = 1 - index
    let (own, cross, square) = (matrix[3 * index], matrix[1] + matrix[2], matrix[3 * other])
    let a = cross * cross - 4 * own * square
    let b = 2 * normal[index] * cross - 4 * own * normal[other]
    let c = normal[index] * normal[index] + 4 * own * offset
    let discriminant = b * b - 4 * a * c
    guard a != 0, discriminant < 0 else { return roots(a, b, c).map { ($0, 0) } }
    return [(-0.5 * b / a, 0.5 * (-discriminant).squareRoot() / a.magnitude)]
  }
}

/// The real roots of a x² + b x + c.
private func roots(_ a: Double, _ b: Double, _ c: Double) -> [Double] {
  guard a != 0 else { return b == 0 ? [] : [-c / b] }
  let discriminant = b * b - 4 * a * c
  guard discriminant >= 0 else { return [] }
  let q = -0.5 * (b + (b < 0 ? -1 : 1) * discriminant.squareRoot())
  return q == 0 ? [0] : [q / a, c / q]
}
