import Compute
import TestSupport
import Trials

/// Systems whose fixed points and eigenvalues are known by construction.
///
/// All but the ring and the flip-flop are `F(x) = c + M (x - c)` in a basis that mixes all variables.
struct AffineSystem: Dynamics {
  let matrix: DoubleMatrix
  let center: [Double]
  /// Orthonormal; the first belong to the first of the given eigenvalues.
  let axes: [[Double]]

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
struct RingSystem: Dynamics {
  let stateWidth: Int
  let pull: Double

  func next(_ states: DoubleMatrix) -> DoubleMatrix {
    var result = states
    for row in 0..<states.rows {
      let (x, y) = (states[row, 0], states[row, 1])
      let factor = 1 + pull * (1 - (x * x + y * y).squareRoot())
      result[row, 0] = factor * x
      result[row, 1] = factor * y
      for column in 2..<stateWidth { result[row, column] = 0.5 * states[row, column] }
    }
    return result
  }

  func jacobian(at state: [Double]) -> DoubleMatrix {
    let (x, y) = (state[0], state[1])
    let radius = (x * x + y * y).squareRoot()
    let factor = 1 + pull * (1 - radius)
    var result = DoubleMatrix(rows: stateWidth, columns: stateWidth)
    result[0, 0] = factor - pull * x * x / radius
    result[0, 1] = -pull * x * y / radius
    result[1, 0] = result[0, 1]
    result[1, 1] = factor - pull * y * y / radius
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

/// `count` states about the origin, uniform in a cube.
func scattered(_ count: Int, width: Int, within half: Double, seed: UInt64) -> DoubleMatrix {
  var random = PlainRandom(seed: seed)
  return DoubleMatrix(
    rows: count,
    columns: width,
    values: (0..<count * width).map { _ in random.uniform(from: -half, to: half) }
  )
}
