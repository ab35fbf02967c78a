import Compute
import RealModule
import TestSupport
import Trials

/// Systems whose fixed points and eigenvalues are known by construction.
///
/// The affine ones are `F(x) = c + M (x - c)` in a basis that mixes all variables.
struct AffineSystem: Dynamics {
  let matrix: DoubleMatrix
  private(set) var center: [Double]
  /// Orthonormal; the first belong to the first of the given eigenvalues.
  private(set) var axes: [[Double]]

  /// Lays centre and axes where the ring and the bowl have theirs.
  ///
  /// The matrix stays as it was.
  mutating func lieFlat() {
    center = [Double](repeating: 0, count: center.count)
    axes = center.indices.map { axis in center.indices.map { $0 == axis ? 1 : 0 } }
  }

  /// A map with real eigenvalues along random orthonormal axes.
  init(eigenvalues: [Double], seed: UInt64) {
    let order = eigenvalues.count
    var random = PlainRandom(seed: seed)
    axes = orthonormalBasis(
      of: (0..<order).map { _ in (0..<order).map { _ in random.normal() } }
    )
    center = (0..<order).map { _ in random.normal() }
    var matrix = DoubleMatrix(rows: order, columns: order)
    for (axis, value) in zip(axes, eigenvalues) {
      for row in 0..<order {
        for column in 0..<order { matrix[row, column] += value * axis[row] * axis[column] }
      }
    }
    self.matrix = matrix
  }

  /// A map that turns by `angle` in the plane of the first two axes, and shrinks along the others.
  init(turningBy angle: Double, others: [Double], seed: UInt64) {
    let still = AffineSystem(eigenvalues: [0, 0] + others, seed: seed)
    (axes, center) = (still.axes, still.center)
    var matrix = still.matrix
    let (cosine, sine) = (Double.cos(angle), Double.sin(angle))
    for row in 0..<center.count {
      for column in 0..<center.count {
        let (a, b) = (axes[0], axes[1])
        matrix[row, column] += cosine * (a[row] * a[column] + b[row] * b[column])
        matrix[row, column] += sine * (b[row] * a[column] - a[row] * b[column])
      }
    }
    self.matrix = matrix
  }

  /// A map that turns and shrinks in a plane, whose axes are not orthogonal, with other real
  /// eigenvalues.
  init(radius: Double, cosine: Double, others: [Double], seed: UInt64) {
    let order = others.count + 2
    var random = PlainRandom(seed: seed)
    let sine = (1 - cosine * cosine).squareRoot()
    var block = DoubleMatrix(rows: order, columns: order)
    (block[0, 0], block[0, 1]) = (radius * cosine, -radius * sine)
    (block[1, 0], block[1, 1]) = (radius * sine, radius * cosine)
    for (index, value) in others.enumerated() { block[index + 2, index + 2] = value }
    // I + N with N nilpotent has the inverse I - N: here N has entries only from the last
    // variable to the others.
    var (mix, unmix) = (DoubleMatrix(rows: order, columns: order), block)
    for index in 0..<order { mix[index, index] = 1 }
    unmix = mix
    for row in 0..<order - 1 {
      mix[row, order - 1] = random.normal()
      unmix[row, order - 1] = -mix[row, order - 1]
    }
    matrix = mix * block * unmix
    center = (0..<order).map { _ in random.normal() }
    axes = []
  }

  var stateWidth: Int { center.count }

  func next(_ states: DoubleMatrix) -> DoubleMatrix {
    var gaps = states
    for row in 0..<states.rows {
      for column in 0..<states.columns { gaps[row, column] -= center[column] }
    }
    var result = gaps * matrix.transposed
    for row in 0..<states.rows {
      for column in 0..<states.columns { result[row, column] += center[column] }
    }
    return result
  }

  func jacobian(at state: [Double]) -> DoubleMatrix { matrix }
}

/// A circle of radius 1 in the first two variables, towards which a state is drawn by `pull`, while
/// all others shrink by half: tangential eigenvalue 1, radial 1 - `pull`.
///
/// With a turn it is a limit cycle.
struct RingSystem: Dynamics {
  let stateWidth: Int
  let pull: Double
  var turn = 0.0

  func next(_ states: DoubleMatrix) -> DoubleMatrix {
    var result = states
    for row in 0..<states.rows {
      let (x, y) = (states[row, 0], states[row, 1])
      let factor = 1 + pull * (1 - (x * x + y * y).squareRoot())
      result[row, 0] = factor * (Double.cos(turn) * x - Double.sin(turn) * y)
      result[row, 1] = factor * (Double.sin(turn) * x + Double.cos(turn) * y)
      for column in 2..<stateWidth { result[row, column] = 0.5 * states[row, column] }
    }
    return result
  }

  func jacobian(at state: [Double]) -> DoubleMatrix {
    let (x, y) = (state[0], state[1])
    let radius = (x * x + y * y).squareRoot()
    let factor = 1 + pull * (1 - radius)
    var result = DoubleMatrix(rows: stateWidth, columns: stateWidth)
    let (a, d) = (factor - pull * x * x / radius, factor - pull * y * y / radius)
    let b = -pull * x * y / radius
    let (cosine, sine) = (Double.cos(turn), Double.sin(turn))
    (result[0, 0], result[0, 1]) = (cosine * a - sine * b, cosine * b - sine * d)
    (result[1, 0], result[1, 1]) = (sine * a + cosine * b, sine * b + cosine * d)
    for index in 2..<stateWidth { result[index, index] = 0.5 }
    return result
  }
}

/// Bits that keep themselves, `F(x) = g x / √(1 + x²)` each: for `g` > 1 fixed points at 0, with
/// eigenvalue `g`, and at ±√(g² - 1), with eigenvalue `1/g²`.
struct FlipFlopSystem: Dynamics {
  let stateWidth: Int
  let gain: Double

  func next(_ states: DoubleMatrix) -> DoubleMatrix {
    var result = states
    for index in result.values.indices {
      let x = states.values[index]
      result.values[index] = gain * x / (1 + x * x).squareRoot()
    }
    return result
  }

  func jacobian(at state: [Double]) -> DoubleMatrix {
    var result = DoubleMatrix(rows: stateWidth, columns: stateWidth)
    for (index, x) in state.enumerated() {
      let root = (1 + x * x).squareRoot()
      result[index, index] = gain / (root * root * root)
    }
    return result
  }
}

/// Pairs of rectified units that silence each other, `F(x, y) = (max(1 - 2y, 0), max(1 - 2x, 0))`:
/// fixed points at (1, 0) and (0, 1), with eigenvalues 0 and 0, and at (⅓, ⅓), with 2 and -2.
///
/// Of `n` pairs there are 3ⁿ.
struct RivalSystem: Dynamics {
  let pairs: Int
  var stateWidth: Int { 2 * pairs }

  func next(_ states: DoubleMatrix) -> DoubleMatrix {
    var result = states
    for row in 0..<states.rows {
      for unit in 0..<stateWidth { result[row, unit] = max(1 - 2 * states[row, unit ^ 1], 0) }
    }
    return result
  }

  func jacobian(at state: [Double]) -> DoubleMatrix {
    var result = DoubleMatrix(rows: stateWidth, columns: stateWidth)
    for unit in 0..<stateWidth where 1 - 2 * state[unit ^ 1] > 0 { result[unit, unit ^ 1] = -2 }
    return result
  }
}

/// A random network of rectified units, `F(x) = max(W x + k, 0)`: affine in each of 2ⁿ pieces.
struct RectifierSystem: Dynamics {
  let weights: DoubleMatrix
  let drive: [Double]

  init(units: Int, seed: UInt64) {
    var random = PlainRandom(seed: seed)
    let scale = 1.2 / Double(units).squareRoot()
    weights = DoubleMatrix(
      rows: units,
      columns: units,
      values: (0..<units * units).map { _ in scale * random.normal() }
    )
    drive = (0..<units).map { _ in random.normal() }
  }

  var stateWidth: Int { drive.count }

  func next(_ states: DoubleMatrix) -> DoubleMatrix {
    var result = states * weights.transposed
    for row in 0..<states.rows {
      for unit in drive.indices { result[row, unit] = max(result[row, unit] + drive[unit], 0) }
    }
    return result
  }

  func jacobian(at state: [Double]) -> DoubleMatrix {
    let drives = (weights * DoubleMatrix(rows: state.count, columns: 1, values: state)).values
    var result = weights
    for unit in drive.indices where drives[unit] + drive[unit] <= 0 {
      for column in drive.indices { result[unit, column] = 0 }
    }
    return result
  }

  /// All of them: the root of each piece that lies in it.
  var fixedPoints: [[Double]] {
    (0..<1 << drive.count).compactMap { piece in
      var slopes = weights
      for row in drive.indices {
        for column in drive.indices {
          slopes[row, column] =
            (row == column ? 1 : 0) - (piece >> row & 1 == 1 ? weights[row, column] : 0)
        }
      }
      let active = drive.indices.map { piece >> $0 & 1 == 1 ? drive[$0] : 0 }
      guard let root = slopes.solution(for: active) else { return nil }
      let after = next(DoubleMatrix(rows: 1, columns: root.count, values: root)).values
      return zip(after, root).allSatisfy { ($0 - $1).magnitude < 1e-9 } ? root : nil
    }
  }
}

/// A bent sheet of fixed points, `F(x, y, z) = (x, y, z + 0.7 (x² + y² - z))`: eigenvalues 1, 1 and
/// 0.3, the sheet `z = x² + y²`.
struct BowlSystem: Dynamics {
  let stateWidth = 3

  func next(_ states: DoubleMatrix) -> DoubleMatrix {
    var result = states
    for row in 0..<states.rows {
      let (x, y) = (states[row, 0], states[row, 1])
      result[row, 2] += 0.7 * (x * x + y * y - states[row, 2])
    }
    return result
  }

  func jacobian(at state: [Double]) -> DoubleMatrix {
    DoubleMatrix(
      rows: 3,
      columns: 3,
      values: [1, 0, 0, 0, 1, 0, 1.4 * state[0], 1.4 * state[1], 0.3]
    )
  }
}

/// An affine map that besides moves everything along its first axis.
struct DriftingSystem: Dynamics {
  let system: AffineSystem
  let pace: Double
  var stateWidth: Int { system.stateWidth }

  func next(_ states: DoubleMatrix) -> DoubleMatrix {
    var result = system.next(states)
    for row in 0..<result.rows {
      for column in 0..<stateWidth { result[row, column] += pace * system.axes[0][column] }
    }
    return result
  }

  func jacobian(at state: [Double]) -> DoubleMatrix { system.matrix }
}

/// `count` states about the origin, uniform in a cube.
func scattered(_ count: Int, width: Int, within half: Double, seed: UInt64) -> DoubleMatrix {
  var random = PlainRandom(seed: seed)
  return DoubleMatrix(
    rows: count,
    columns: width,
    values: (0..<count * width).map { _ in random.uniform(from: -half, to: half) }
  )
}
