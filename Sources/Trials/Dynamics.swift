import Compute

/// What the judge may ask of a subject whose next state follows from its state alone, as long as
/// what it sees stays the same: the map `F`, and its derivative.
///
/// Conformers are recurrent networks under a constant input and systems that are written down by
/// hand; Analysis can't tell them apart. All is in double precision: near a continuous attractor,
/// `F(x) - x` is a small difference of large numbers.
package protocol Dynamics: Sendable {
  /// All variables that the next state depends on, `S`: an LSTM's h and c side by side.
  var stateWidth: Int { get }

  /// How many of them, the first ones, a readout sees, `H`.
  var visibleWidth: Int { get }

  /// `F` of many states, `[n, S]`, at once.
  func next(_ states: DoubleMatrix) -> DoubleMatrix

  /// `∂F_i/∂x_j` in row `i`, column `j`, at one state, `[S]`.
  func jacobian(at state: [Double]) -> DoubleMatrix
}

extension Dynamics {
  package var visibleWidth: Int { stateWidth }

  /// The states after some steps, `[n, S]`.
  package func advanced(_ states: DoubleMatrix, steps: Int) -> DoubleMatrix {
    var states = states
    for _ in 0..<steps { states = next(states) }
    return states
  }
}
