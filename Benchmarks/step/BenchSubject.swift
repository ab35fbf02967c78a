import Networks
import Trials

/// The world and the network of a measurement: the one place that names the library's own cases.
extension Options {
  /// The paper's lines, or random hyperplanes where the latent has more than two dimensions.
  var paradigm: Paradigm {
    Paradigm(
      latents: LatentDistribution(dimensions: dimensions),
      boundaries: dimensions == 2
        ? .evenlySpacedLines(count: tasks)
        : BoundaryFamily(.hyperplanes(offset: 0, cone: 180), count: tasks)
    )
  }

  var networkArchitecture: Architecture {
    switch architecture {
    case .rnn: .leakyRNN(RecurrentShape(units: units))
    case .lstm: .lstm(units: units)
    case .gru: .gru(units: units)
    case .gpt2: .gpt2(GPT2.Shape(width: units, layers: layers, heads: heads))
    }
  }

  /// The untrained subject.
  func makeSubject() -> NetworkSubject {
    NetworkSubject(networkArchitecture, paradigm: paradigm, seed: 0)
  }
}
