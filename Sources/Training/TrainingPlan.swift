import Trials

/// How a network is trained.
package struct TrainingPlan: Hashable, Sendable {
  package var batches: Int
  /// Trials of one batch, `B`.
  package var batchSize: Int
  package var learningRate: Double
  /// What the network itself never learns about.
  package var withheld: Withheld

  package init(
    batches: Int = 100_000,
    batchSize: Int = 16,
    learningRate: Double = 0.001,
    withheld: Withheld = .nothing
  ) {
    self.batches = batches
    self.batchSize = batchSize
    self.learningRate = learningRate
    self.withheld = withheld
  }
}

/// What training keeps from the network, so that it is tested where it was never taught: a stronger
/// test than a decoder's alone.
package enum Withheld: Hashable, Sendable {
  case nothing
  /// No trial has its latent there.
  case trials(SignRegion)
  /// Trials there are shown, and nothing is asked in them.
  case labels(SignRegion)

  /// Where trials are drawn.
  package var region: LatentRegion {
    if case .trials(let region) = self { .outside(region) } else { .box }
  }

  /// Where trials have no labels.
  package var unlabelled: SignRegion? {
    if case .labels(let region) = self { region } else { nil }
  }

  /// What is withheld, trials or labels.
  package var signRegion: SignRegion? {
    switch self {
    case .nothing: nil
    case .trials(let region), .labels(let region): region
    }
  }
}
