/// A point of a picture.
package struct PlanePoint: Hashable, Sendable {
  package let x: Double
  package let y: Double

  package init(_ x: Double, _ y: Double) {
    self.x = x
    self.y = y
  }
}

/// The lines in a square on which `value` is 0, by marching squares.
///
/// Along the edges of a grid the function is taken to be linear; for hyperplanes and hyperbolas it
/// is. Points that lie within 1/5000 of the square's side of a straight line are left out.
///
/// - Parameters:
///   - range: Of both coordinates.
///   - cells: Along each side.
///   - value: Of the two coordinates.
/// - Returns: Paths from edge to edge, then closed ones.
package func zeroLines(
  in range: ClosedRange<Double>,
  cells: Int = 120,
  value: (Double, Double) -> Double
) -> [[PlanePoint]] {
  var grid = ZeroGrid(range: range, cells: cells)
  grid.fill(value)
  return grid.paths().map {
    simplified($0, tolerance: (range.upperBound - range.lowerBound) / 5000)
  }
}

private struct ZeroGrid {
  let range: ClosedRange<Double>
  let cells: Int
  /// Of the corners, `[cells + 1, cells + 1]`, the second coordinate slowest.
  private var values: [Double] = []
  /// For every edge of the grid, the edges to which the line goes on from there; -1 for none.
  private var links: [(Int, Int)] = []

  init(range: ClosedRange<Double>, cells: Int) {
    self.range = range
    self.cells = cells
  }

  private var side: Int { cells + 1 }

  private func place(_ index: Int) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * Double(index) / Double(cells)
  }

  mutating func fill(_ value: (Double, Double) -> Double) {
    values = (0..<side * side).map { value(place($0 % side), place($0 / side)) }
    links = [(Int, Int)](repeating: (-1, -1), count: 2 * side * side)
    for row in 0..<cells {
      for column in 0..<cells { link(column, row, value) }
    }
  }

  /// The edge from a corner to the right, or upwards.
  private func edge(_ column: Int, _ row: Int, isUpwards: Bool) -> Int {
    2 * (row * side + column) + (isUpwards ? 1 : 0)
  }

  private mutating func link(_ column: Int, _ row: Int, _ value: (Double, Double) -> Double) {
    func isAbove(_ right: Int, _ up: Int) -> Bool { values[(row + up) * side + column + right] > 0 }
    let corners = [isAbove(0, 0), isAbove(1, 0), isAbove(1, 1), isAbove(0, 1)]
    let edges = [
      edge(column, row, isUpwards: false), edge(column + 1, row, isUpwards: true),
      edge(column, row + 1, isUpwards: false), edge(column, row, isUpwards: true),
    ]
    let crossed = (0..<4).filter { corners[$0] != corners[($0 + 1) % 4] }
    switch crossed.count {
    case 2:
      join(edges[crossed[0]], edges[crossed[1]])
    case 4:
      // A saddle: the middle of the cell says which corners belong together.
      let middle = (place(column) + place(column + 1)) / 2
      let isMiddleAbove = value(middle, (place(row) + place(row + 1)) / 2) > 0
      if isMiddleAbove == corners[0] {
        join(edges[0], edges[1])
        join(edges[2], edges[3])
      } else {
        join(edges[3], edges[0])
        join(edges[1], edges[2])
      }
    default:
      break
    }
  }

  private mutating func join(_ one: Int, _ other: Int) {
    for (edge, next) in [(one, other), (other, one)] {
      if links[edge].0 < 0 { links[edge].0 = next } else { links[edge].1 = next }
    }
  }

  /// Where the function is 0 on an edge.
  private func point(on edge: Int) -> PlanePoint {
    let corner = edge / 2
    let (column, row) = (corner % side, corner / side)
    let isUpwards = edge % 2 == 1
    let (start, end) = (values[corner], values[corner + (isUpwards ? side : 1)])
    let share = start / (start - end)
    let (x, y) = (place(column), place(row))
    return isUpwards
      ? PlanePoint(x, y + share * (place(row + 1) - y))
      : PlanePoint(x + share * (place(column + 1) - x), y)
  }

  func paths() -> [[PlanePoint]] {
    var isDone = [Bool](repeating: false, count: links.count)
    var paths: [[PlanePoint]] = []
    func follow(from start: Int, isClosed: Bool) {
      var path: [Int] = []
      var next = start
      while next >= 0, !isDone[next] {
        isDone[next] = true
        path.append(next)
        let (one, other) = links[next]
        next = one >= 0 && !isDone[one] ? one : other
      }
      // A closed line ends where it began.
      if isClosed { path.append(start) }
      paths.append(path.map(point))
    }
    // Lines that end at the square's sides, then those that don't end.
    for edge in links.indices where links[edge].0 >= 0 && links[edge].1 < 0 && !isDone[edge] {
      follow(from: edge, isClosed: false)
    }
    for edge in links.indices where links[edge].0 >= 0 && !isDone[edge] {
      follow(from: edge, isClosed: true)
    }
    return paths
  }
}

/// The path without points that are nearer than `tolerance` to the chord of their neighbours
/// (Douglas and Peucker, 1973).
private func simplified(_ path: [PlanePoint], tolerance: Double) -> [PlanePoint] {
  guard path.count > 2 else { return path }
  let (first, last) = (path[0], path[path.count - 1])
  let (across, up) = (last.x - first.x, last.y - first.y)
  let length = (across * across + up * up).squareRoot()
  func distance(_ point: PlanePoint) -> Double {
    let (x, y) = (point.x - first.x, point.y - first.y)
    return length > 0 ? (across * y - up * x).magnitude / length : (x * x + y * y).squareRoot()
  }
  var (farthest, most) = (0, 0.0)
  for index in 1..<path.count - 1 where distance(path[index]) > most {
    (farthest, most) = (index, distance(path[index]))
  }
  guard most > tolerance else { return [first, last] }
  let before = simplified(Array(path[...farthest]), tolerance: tolerance)
  let after = simplified(Array(path[farthest...]), tolerance: tolerance)
  return before.dropLast() + after
}
