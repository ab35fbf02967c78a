import Compute

/// Which network, with its sizes.
package enum Architecture: Hashable, Sendable {
  /// The paper's: `r ← (1 - α) r + α φ(…)`.
  case leakyRNN(RecurrentShape)
  /// One whose rates stay: `r ← r + α φ(…)`.
  case rnn(RecurrentShape)
  case lstm(units: Int)
  case gru(units: Int)
  /// A control without memory.
  case feedForward(units: Int, layers: Int)
  case gpt2(GPT2.Shape)

  package var stateWidth: Int {
    switch self {
    case .leakyRNN(let shape), .rnn(let shape): shape.units
    case .lstm(let units), .gru(let units), .feedForward(let units, _): units
    case .gpt2(let shape): shape.width
    }
  }

  /// The word for it in the names of runs.
  package var shortName: String {
    switch self {
    case .leakyRNN: "rnn"
    case .rnn: "nonleaky"
    case .lstm: "lstm"
    case .gru: "gru"
    case .feedForward: "ff"
    case .gpt2: "gpt2"
    }
  }

  /// - Parameters:
  ///   - inputWidth: `I`.
  ///   - steps: The longest sequence, `T`.
  ///   - stepMilliseconds: `dt`.
  ///   - layout: Where the network's tensors are added.
  /// - Returns: A network without weights.
  package func makeNetwork(
    inputWidth: Int,
    steps: Int,
    stepMilliseconds: Double,
    layout: inout ParameterLayout
  ) -> any TrainableNetwork {
    func recurrent(_ shape: RecurrentShape, isLeaky: Bool) -> LeakyRNN {
      LeakyRNN(
        inputWidth: inputWidth,
        units: shape.units,
        activation: shape.activation,
        leak: Float(stepMilliseconds / shape.timeConstant),
        isLeaky: isLeaky,
        noise: Float(shape.noise),
        initialization: shape.initialization,
        layout: &layout
      )
    }
    switch self {
    case .leakyRNN(let shape):
      return recurrent(shape, isLeaky: true)
    case .rnn(let shape):
      return recurrent(shape, isLeaky: false)
    case .lstm(let units):
      return LSTM(inputWidth: inputWidth, units: units, layout: &layout)
    case .gru(let units):
      return GRU(inputWidth: inputWidth, units: units, layout: &layout)
    case .feedForward(let units, let layers):
      return FeedForward(inputWidth: inputWidth, units: units, layers: layers, layout: &layout)
    case .gpt2(let shape):
      return GPT2(inputWidth: inputWidth, shape: shape, steps: steps, layout: &layout)
    }
  }
}

/// What the networks without gates are made of.
package struct RecurrentShape: Hashable, Sendable {
  /// `H`.
  package var units: Int
  /// `φ`.
  package var activation: Activation
  /// `τ` in milliseconds; `α` is the step's length by it.
  package var timeConstant: Double
  /// `σ_net`, the standard deviation of the noise inside `φ` while training.
  package var noise: Double
  package var initialization: RecurrentInitialization

  package init(
    units: Int,
    activation: Activation = .relu,
    timeConstant: Double = 100,
    noise: Double = 0,
    initialization: RecurrentInitialization = .pytorch
  ) {
    self.units = units
    self.activation = activation
    self.timeConstant = timeConstant
    self.noise = noise
    self.initialization = initialization
  }
}

extension Architecture {
  /// Every kind in a size for checks, and of the recurrent networks every way of a step.
  package static let smallOfEachKind: [Architecture] = [
    .leakyRNN(RecurrentShape(units: 20)),
    .leakyRNN(RecurrentShape(units: 37, timeConstant: 300, noise: 0.1)),
    .leakyRNN(RecurrentShape(units: 19, activation: .tanh, initialization: .orthogonal)),
    .leakyRNN(RecurrentShape(units: 16, noise: 0.2, initialization: .sparse)),
    .rnn(RecurrentShape(units: 18, timeConstant: 500)),
    .rnn(RecurrentShape(units: 21, activation: .tanh, noise: 0.1)),
    .lstm(units: 19),
    .gru(units: 21),
    .feedForward(units: 17, layers: 1),
    .feedForward(units: 20, layers: 3),
    .gpt2(GPT2.Shape(width: 20, heads: 4)),
    .gpt2(GPT2.Shape(width: 18, layers: 2, heads: 3, positions: .learned, dropout: 0.2)),
    .gpt2(GPT2.Shape(width: 16, heads: 1, dropout: 0)),
  ]
}
