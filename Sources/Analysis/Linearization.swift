import Compute
import RealModule
import Trials

/// A map near one state: the eigenvalues of its Jacobian, and how long they remember.
package struct Linearization: Sendable {
  /// The largest modulus first, `[S]`.
  package let eigenvalues: [Eigenvalue]
  /// See ``GeneralEigen/directions``; without columns unless asked for.
  private let directions: DoubleMatrix

  package init(of dynamics: some Dynamics, at state: [Double], wantsDirections: Bool = false) {
    let eigen = GeneralEigen(dynamics.jacobian(at: state), wantsDirections: wantsDirections)
    eigenvalues = eigen.values
    directions = eigen.directions
  }

  /// The real directions of the first `count` eigenvalues; a pair that would be cut in two comes
  /// whole.
  package func leadingPlane(_ count: Int) -> [[Double]] {
    var end = min(count, directions.columns)
    // The upper one of a pair alone: the lower one stands behind it.
    if end > 0, end < eigenvalues.count, eigenvalues[end - 1].imaginary > 0 { end += 1 }
    return (0..<end).map(directions.column)
  }

  /// How many directions are slow within a number of steps.
  package func slowCount(_ limit: SlowLimit) -> Int {
    eigenvalues.count { limit.isSlow($0) }
  }

  /// How many directions grow by more than a slow one may.
  package func growingCount(_ limit: SlowLimit) -> Int {
    eigenvalues.count { $0.modulus > limit.upper }
  }
}

/// Which eigenvalues are slow: `|ln |λ|| ≤ 1/K` and `|arg λ| ≤ 1/K`.
///
/// `K` is the number of steps with evidence. To average over them a direction must still hold more
/// than 1/e of the first when the last one comes, and must not grow by more than e: its time constant
/// is at least the stimulus. And it must not turn by more than a radian meanwhile: a rotation keeps its
/// length for ever and yet is an oscillation, and `λ = -1` changes the sign in every step.
package struct SlowLimit: Hashable, Sendable {
  /// `K`.
  package let steps: Int

  package init(steps: Int) {
    precondition(steps > 0, "a limit needs one step at least")
    self.steps = steps
  }

  package var lower: Double { .exp(-1 / Double(steps)) }
  package var upper: Double { .exp(1 / Double(steps)) }
  /// In radians a step.
  package var turn: Double { 1 / Double(steps) }

  package func isSlow(_ eigenvalue: Eigenvalue) -> Bool {
    (lower...upper).contains(eigenvalue.modulus) && eigenvalue.angle <= turn
  }
}

extension Eigenvalue {
  /// `dt / |ln |λ||`: the time in which the direction shrinks or grows by e, in the unit of `dt`.
  ///
  /// Infinite for `|λ| = 1`, zero for 0.
  package func timeConstant(step: Double) -> Double {
    let modulus = modulus
    guard modulus > 0 else { return 0 }
    let exponent = Double.log(modulus).magnitude
    return exponent > 0 ? step / exponent : .infinity
  }

  /// `|arg λ|`, 0 … π: by how much the direction turns in a step.
  package var angle: Double { Double.atan2(y: imaginary, x: real).magnitude }

  /// `|arg λ| / (2π dt)`, in cycles by the unit of `dt`; 1/(2 dt) for a negative real number.
  package func frequency(step: Double) -> Double { angle / (2 * .pi * step) }
}
