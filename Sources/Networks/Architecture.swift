import Compute

/// Which network, with its sizes.
package enum Architecture: Hashable, Sendable {
  /// - Parameters:
  ///   - units: `H`.
  ///   - timeConstant: `τ` in milliseconds; the leak is the step's length by it.
  case leakyRNN(units: Int, activation: Activation, timeConstant: Double)

  package var stateWidth: Int {
    switch self {
    case .leakyRNN(let units, _, _): units
    }
  }

  /// The word for it in the names of runs.
  package var shortName: String {
    switch self {
    case .leakyRNN: "rnn"
    }
  }

  package func makeNetwork(
    inputWidth: Int,
    stepMilliseconds: Double,
    layout: inout ParameterLayout
  ) -> any TrainableNetwork {
    switch self {
    case .leakyRNN(let units, let activation, let timeConstant):
      LeakyRNN(
        inputWidth: inputWidth,
        units: units,
        activation: activation,
        leak: Float(stepMilliseconds / timeConstant),
        layout: &layout
      )
    }
  }
}
