import Analysis
import Compute
import Networks
import Training
import Trials

// Parts of a spec as the keys of ``SpecSchema`` see them. A part that only some specs have is `nil`
// in the others, where setting it does nothing. A part that is set to another case gets
// placeholders for what belongs to that case: the keys that come after it in the schema replace
// them.

extension RunSpec {
  var seedNumber: Int {
    get { Int(seed) }
    set { seed = UInt64(newValue) }
  }
}

// MARK: Tasks

enum BoundaryShapeName: String, Sendable {
  case lines, hyperplanes, axes, hyperbolas, circles, quadrics, mixed, given
}

extension RunSpec {
  var boundaryShape: BoundaryShapeName {
    get {
      switch paradigm.boundaries.shape {
      case .lines: .lines
      case .hyperplanes: .hyperplanes
      case .axes: .axes
      case .hyperbolas: .hyperbolas
      case .circles: .circles
      case .quadrics: .quadrics
      case .mixed: .mixed
      case .given: .given
      }
    }
    set {
      guard newValue != boundaryShape else { return }
      // A key that comes after this one in the schema.
      paradigm.boundaries.seed = nil
      paradigm.boundaries.shape =
        switch newValue {
        case .lines: .lines
        case .hyperplanes: .hyperplanes(offset: 0, cone: 180)
        case .axes: .axes
        case .hyperbolas: .hyperbolas
        case .circles: .circles(radius: 1)
        case .quadrics: .quadrics
        case .mixed: .mixed(offset: 0, radius: 1)
        case .given: .given([])
        }
    }
  }

  var boundaryCount: Int? {
    get {
      switch paradigm.boundaries.shape {
      case .axes, .given: nil
      case .lines, .hyperplanes, .hyperbolas, .circles, .quadrics, .mixed:
        paradigm.boundaries.count
      }
    }
    set {
      if let newValue { paradigm.boundaries.count = newValue }
    }
  }

  var boundaryOffset: Double? {
    get {
      switch paradigm.boundaries.shape {
      case .hyperplanes(let offset, _), .mixed(let offset, _): offset
      case .lines, .axes, .hyperbolas, .circles, .quadrics, .given: nil
      }
    }
    set {
      guard let newValue else { return }
      if case .hyperplanes(_, let cone) = paradigm.boundaries.shape {
        paradigm.boundaries.shape = .hyperplanes(offset: newValue, cone: cone)
      } else if case .mixed(_, let radius) = paradigm.boundaries.shape {
        paradigm.boundaries.shape = .mixed(offset: newValue, radius: radius)
      }
    }
  }

  var boundaryCone: Double? {
    get {
      if case .hyperplanes(_, let cone) = paradigm.boundaries.shape { cone } else { nil }
    }
    set {
      if let newValue, case .hyperplanes(let offset, _) = paradigm.boundaries.shape {
        paradigm.boundaries.shape = .hyperplanes(offset: offset, cone: newValue)
      }
    }
  }

  var boundaryRadius: Double? {
    get {
      switch paradigm.boundaries.shape {
      case .circles(let radius), .mixed(_, let radius): radius
      case .lines, .hyperplanes, .axes, .hyperbolas, .quadrics, .given: nil
      }
    }
    set {
      guard let newValue else { return }
      if case .circles = paradigm.boundaries.shape {
        paradigm.boundaries.shape = .circles(radius: newValue)
      } else if case .mixed(let offset, _) = paradigm.boundaries.shape {
        paradigm.boundaries.shape = .mixed(offset: offset, radius: newValue)
      }
    }
  }

  /// -1 for the run's own.
  var boundarySeed: Int? {
    get { paradigm.boundaries.isRandom ? paradigm.boundaries.seed.map { Int($0) } ?? -1 : nil }
    set {
      if let newValue { paradigm.boundaries.seed = newValue < 0 ? nil : UInt64(newValue) }
    }
  }

  var givenBoundaries: [Boundary]? {
    get {
      if case .given(let boundaries) = paradigm.boundaries.shape { boundaries } else { nil }
    }
    set {
      if let newValue { paradigm.boundaries.shape = .given(newValue) }
    }
  }
}

// MARK: Supervision

enum TargetKind: String, Sendable {
  case labels, evidence, values
}

extension RunSpec {
  /// `nil` where trials ask about one task only.
  var labelledShare: Double? {
    get { paradigm.supervision.interleaving == .none ? paradigm.supervision.labelled : nil }
    set { paradigm.supervision.labelled = newValue ?? 1 }
  }

  var labelNoise: Double? {
    get { targetKind == .labels ? paradigm.supervision.labelNoise : nil }
    set { paradigm.supervision.labelNoise = newValue ?? 0 }
  }

  var targetKind: TargetKind {
    get {
      switch paradigm.supervision.target {
      case .labels: .labels
      case .boundedEvidence: .evidence
      case .values: .values
      }
    }
    set {
      guard newValue != targetKind else { return }
      // A key that comes before this one in the schema.
      paradigm.supervision.labelNoise = 0
      paradigm.supervision.target =
        switch newValue {
        case .labels: .labels(.crossEntropy)
        case .evidence: .boundedEvidence(.normalised, bound: 1)
        case .values: .values
        }
    }
  }

  var labelLoss: LabelLoss? {
    get {
      if case .labels(let loss) = paradigm.supervision.target { loss } else { nil }
    }
    set {
      if let newValue { paradigm.supervision.target = .labels(newValue) }
    }
  }

  var evidence: TargetEvidence? {
    get {
      guard case .boundedEvidence(let form, let bound) = paradigm.supervision.target else {
        return nil
      }
      return TargetEvidence(form: form, bound: bound)
    }
    set {
      if let newValue {
        paradigm.supervision.target = .boundedEvidence(newValue.form, bound: newValue.bound)
      }
    }
  }
}

struct TargetEvidence {
  var form: EvidenceForm
  var bound: Double
}

// MARK: Training

extension RunSpec {
  /// Whether there is a network to train.
  package var isTrained: Bool { architecture != nil }

  /// `nil` where there is nothing to train.
  var plan: TrainingPlan? {
    get { isTrained ? training : nil }
    set {
      if let newValue, isTrained { training = newValue }
    }
  }
}

// MARK: What is withheld

enum WithheldKind: String, Sendable {
  case none, trials, labels
}

extension RunSpec {
  var withheldKind: WithheldKind? {
    get {
      guard isTrained else { return nil }
      return switch training.withheld {
      case .nothing: WithheldKind.none
      case .trials: .trials
      case .labels: .labels
      }
    }
    set {
      guard let newValue else { return }
      let region = withheldSigns ?? positiveRegion(.orthant)
      training.withheld =
        switch newValue {
        case .none: .nothing
        case .trials: .trials(region)
        case .labels: .labels(region)
        }
    }
  }

  var withheldRegion: HoldOutKind? {
    get {
      guard isTrained, let withheldSigns else { return nil }
      return HoldOutKind.allCases.first { positiveRegion($0) == withheldSigns }
    }
    set { withheldSigns = newValue.map(positiveRegion) }
  }

  private var withheldSigns: SignRegion? {
    get {
      switch training.withheld {
      case .nothing: nil
      case .trials(let region), .labels(let region): region
      }
    }
    set {
      guard let newValue else { return }
      switch training.withheld {
      case .nothing: break
      case .trials: training.withheld = .trials(newValue)
      case .labels: training.withheld = .labels(newValue)
      }
    }
  }

  private func positiveRegion(_ kind: HoldOutKind) -> SignRegion {
    let dimensions = paradigm.dimensions
    let fixed = kind.fixedCount(dimensions: dimensions)
    return SignRegion(signs: (0..<dimensions).map { $0 < dimensions - fixed ? nil : true })
  }
}

// MARK: Noise and timing

enum NoisePlace: String, Sendable {
  case before, after
}

enum NoiseKind: String, Sendable {
  case gaussian, anisotropic, autoregressive, gumbel
}

extension RunSpec {
  var noisePlace: NoisePlace {
    get {
      switch paradigm.noise {
      case .before: .before
      case .after: .after
      }
    }
    set {
      guard newValue != noisePlace else { return }
      paradigm.noise =
        newValue == .before ? .before(.gaussian, deviation: 0) : .after(deviation: 0)
    }
  }

  var lookNoise: LookNoise? {
    get {
      guard case .before(let law, let deviation) = paradigm.noise else { return nil }
      return LookNoise(law: law, deviation: deviation)
    }
    set {
      if let newValue { paradigm.noise = .before(newValue.law, deviation: newValue.deviation) }
    }
  }

  var noiseAnisotropy: Double? {
    get {
      if case .before(.anisotropic(let ratio), _) = paradigm.noise { ratio } else { nil }
    }
    set {
      if let newValue { lookNoise?.law = .anisotropic(ratio: newValue) }
    }
  }

  var noiseCorrelation: Double? {
    get {
      if case .before(.autoregressive(let rho), _) = paradigm.noise { rho } else { nil }
    }
    set {
      if let newValue { lookNoise?.law = .autoregressive(correlation: newValue) }
    }
  }

  var featureNoise: Double? {
    get {
      if case .after(let deviation) = paradigm.noise { deviation } else { nil }
    }
    set {
      if let newValue { paradigm.noise = .after(deviation: newValue) }
    }
  }

  /// 0 for a fixed time.
  var shortestStimulus: Int {
    get { paradigm.timing.shortestStimulus ?? 0 }
    set { paradigm.timing.shortestStimulus = newValue == 0 ? nil : newValue }
  }
}

/// Noise on the looks at the latent.
struct LookNoise {
  var law: NoiseLaw
  var deviation: Double

  var kind: NoiseKind {
    get {
      switch law {
      case .gaussian: .gaussian
      case .anisotropic: .anisotropic
      case .autoregressive: .autoregressive
      case .gumbel: .gumbel
      }
    }
    set {
      guard newValue != kind else { return }
      law =
        switch newValue {
        case .gaussian: .gaussian
        case .anisotropic: .anisotropic(ratio: 1)
        case .autoregressive: .autoregressive(correlation: 0)
        case .gumbel: .gumbel
        }
    }
  }
}

// MARK: Networks

enum ArchitectureName: String, Sendable {
  case leakyRNN, rnn, lstm, gru, gpt2, feedForward, ideal
}

extension RunSpec {
  var architectureName: ArchitectureName {
    get {
      switch architecture {
      case .leakyRNN: .leakyRNN
      case .rnn: .rnn
      case .lstm: .lstm
      case .gru: .gru
      case .gpt2: .gpt2
      case .feedForward: .feedForward
      case nil: .ideal
      }
    }
    set {
      guard newValue != architectureName else { return }
      let units = self.units ?? 1
      architecture =
        switch newValue {
        case .leakyRNN: .leakyRNN(RecurrentShape(units: units))
        case .rnn: .rnn(RecurrentShape(units: units))
        case .lstm: .lstm(units: units)
        case .gru: .gru(units: units)
        case .gpt2: .gpt2(GPT2.Shape(width: units))
        case .feedForward: .feedForward(units: units, layers: 1)
        case .ideal: nil
        }
      // Keys that come after this one in the schema.
      if newValue == .ideal { training = TrainingPlan() }
    }
  }

  /// `nil` where there is no network.
  var units: Int? {
    get { architecture?.stateWidth }
    set {
      guard let newValue else { return }
      switch architecture {
      case .leakyRNN, .rnn: recurrent?.units = newValue
      case .lstm: architecture = .lstm(units: newValue)
      case .gru: architecture = .gru(units: newValue)
      case .gpt2: transformer?.width = newValue
      case .feedForward(_, let layers):
        architecture = .feedForward(units: newValue, layers: layers)
      case nil: break
      }
    }
  }

  var recurrent: RecurrentShape? {
    get {
      switch architecture {
      case .leakyRNN(let shape), .rnn(let shape): shape
      case .lstm, .gru, .gpt2, .feedForward, nil: nil
      }
    }
    set {
      guard let newValue else { return }
      switch architecture {
      case .leakyRNN: architecture = .leakyRNN(newValue)
      case .rnn: architecture = .rnn(newValue)
      case .lstm, .gru, .gpt2, .feedForward, nil: break
      }
    }
  }

  var transformer: GPT2.Shape? {
    get {
      if case .gpt2(let shape) = architecture { shape } else { nil }
    }
    set {
      if let newValue, case .gpt2 = architecture { architecture = .gpt2(newValue) }
    }
  }

  var layers: Int? {
    get {
      switch architecture {
      case .gpt2(let shape): shape.layers
      case .feedForward(_, let layers): layers
      case .leakyRNN, .rnn, .lstm, .gru, nil: nil
      }
    }
    set {
      guard let newValue else { return }
      switch architecture {
      case .gpt2: transformer?.layers = newValue
      case .feedForward(let units, _): architecture = .feedForward(units: units, layers: newValue)
      case .leakyRNN, .rnn, .lstm, .gru, nil: break
      }
    }
  }
}
