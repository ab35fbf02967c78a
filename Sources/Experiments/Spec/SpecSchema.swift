import Analysis
import Compute
import Networks
import Trials

/// The keys of a spec: the single source of what is checked, explained, written by `init`, hashed
/// and compared.
///
/// A new key is one entry here. Its place in the table is its place in every listing, and in the
/// order in which a sweep's runs are made.
package enum SpecSchema {
  package static let fields: [SpecField] =
    general + world + subject + learning + judging

  /// The words before the dots, in order.
  package static let sections: [SpecSection] = [
    SpecSection("latent", "what is hidden in a trial"),
    SpecSection("tasks", "the binary questions that every trial asks about the latent"),
    SpecSection("noise", "what blurs each look at the latent"),
    SpecSection("timing", "how long the periods of a trial last"),
    SpecSection("encoder", "the frozen mixing between the observations and the network"),
    SpecSection("network", "the network that is trained"),
    SpecSection("training", "how it is trained"),
    SpecSection("evaluation", "how disentanglement is measured after training"),
  ]

  private static let general: [SpecField] = [
    .whole(
      "seed",
      0...(1 << 53 - 1),
      default: 0,
      at: \.seedNumber,
      aliases: ["rngSeed", "randomSeed"],
      "the seed of every random number of the run",
      "Same spec, same seed, same bytes. A range such as 0..4 repeats a run with five seeds."
    )
  ]

  private static let world: [SpecField] = [
    .whole(
      "latent.dimensions",
      2...2,
      default: 2,
      at: \.paradigm.dimensions,
      aliases: ["d", "dim", "dims", "ndim", "nDim"],
      "how many numbers are hidden in a trial, D",
      "Evenly spaced lines need a plane, so two is the only value so far."
    ),
    .only(
      "latent.distribution",
      "uniform",
      "uniform on the box [-0.5, 0.5]^D",
      aliases: ["prior"],
      "where latents come from"
    ),
    .whole(
      "tasks.count",
      1...4096,
      default: 24,
      at: \.paradigm.boundaries.lineCount,
      aliases: ["n", "nTask", "nTasks", "numTasks", "taskCount"],
      "how many boundaries every trial asks about, N",
      "The theorem needs at least as many as there are latent dimensions; odd numbers are fine."
    ),
    .only(
      "tasks.boundaries",
      "lines",
      "lines through the origin, evenly spaced in angle, at iπ/N + π/2N",
      aliases: ["boundary"],
      "which boundaries they are"
    ),
    .only(
      "noise.kind",
      "gaussian",
      "independent in each step, trial and dimension",
      "the distribution of the noise"
    ),
    .number(
      "noise.deviation",
      .from(0, to: 100),
      default: 0.2,
      unit: "sides of the latent box",
      at: \.paradigm.noiseDeviation,
      aliases: ["sigma", "σ", "std", "sd", "noiseStd", "noiseLevel"],
      "the standard deviation of one look at the latent, σ",
      "It is per step: the mean of t looks has deviation σ/√t. At 0 every look shows the latent."
    ),
    .number(
      "timing.step",
      .from(0.001, to: 1_000_000),
      default: 100,
      unit: "ms",
      at: \.paradigm.timing.stepMilliseconds,
      aliases: ["dt", "leak", "alpha"],
      "the length of one step",
      "The network's leak is timing.step / network.timeConstant and lies in (0, 1]."
    ),
    .whole(
      "timing.fixation",
      0...10_000,
      default: 1,
      unit: "steps",
      at: \.paradigm.timing.fixation,
      "how long the cue is on before the stimulus"
    ),
    .whole(
      "timing.stimulus",
      1...10_000,
      default: 20,
      unit: "steps",
      at: \.paradigm.timing.stimulus,
      aliases: ["t", "tStim", "stimulusDuration"],
      "how many noisy looks at the latent a trial shows"
    ),
    .whole(
      "timing.delay",
      0...10_000,
      default: 0,
      unit: "steps",
      at: \.paradigm.timing.delay,
      "how long the cue stays on after the stimulus"
    ),
    .whole(
      "timing.decision",
      1...10_000,
      default: 1,
      unit: "steps",
      at: \.paradigm.timing.decision,
      "how long the cue is off and the answers are asked for"
    ),
    .choice(
      "encoder.kind",
      [
        EncoderKind.relu: "the paper's: three random layers, 2-100-100-40, ReLU between them",
        .linearFree: "the same without anything linear in the latent, whitened",
        .none: "no encoder: the network sees the observations",
      ],
      default: .relu,
      at: \.encoder,
      aliases: ["embedding", "mixing"],
      "which frozen mixing the network sees the observations through",
      "Under relu an untrained time average already scores about .96; linearFree shows what was "
        + "learned."
    ),
  ]

  private static let subject: [SpecField] = [
    .only(
      "network.architecture",
      "leakyRNN",
      "the paper's leaky recurrent network",
      aliases: ["model", "cell"],
      "which network"
    ),
    .whole(
      "network.units",
      1...4096,
      default: 64,
      at: \.architecture.units,
      aliases: ["h", "hidden", "hiddenSize", "nNeu", "width", "neurons"],
      "how many units it has, H"
    ),
    .choice(
      "network.activation",
      [Activation.relu: "max(x, 0)", .tanh: "the hyperbolic tangent"],
      default: .relu,
      at: \.architecture.activation,
      aliases: ["nonlinearity", "activ"],
      "what turns currents into rates"
    ),
    .number(
      "network.timeConstant",
      .from(0.001, to: 1_000_000),
      default: 100,
      unit: "ms",
      at: \.architecture.timeConstant,
      aliases: ["tau", "τ", "leak", "alpha"],
      "how fast rates decay, τ",
      "The leak is timing.step / network.timeConstant and lies in (0, 1]. At 1, the default, "
        + "nothing of the old rate stays except what the recurrent weights bring back."
    ),
  ]

  private static let learning: [SpecField] = [
    .whole(
      "training.batches",
      0...100_000_000,
      default: 100_000,
      at: \.training.batches,
      aliases: ["epochs", "iterations", "steps", "numBatches", "nBatches"],
      "how many batches the network is trained on, each of fresh trials",
      "At 0 the untrained network is measured."
    ),
    .whole(
      "training.batchSize",
      1...65_536,
      default: 16,
      unit: "trials",
      at: \.training.batchSize,
      aliases: ["b", "batch", "bs"],
      "how many trials a batch has, B"
    ),
    .number(
      "training.learningRate",
      .above(0, to: 10),
      default: 0.001,
      at: \.training.learningRate,
      aliases: ["lr", "eta", "stepSize"],
      "Adam's step size",
      "The other settings of Adam are PyTorch's: decays 0.9 and 0.999, epsilon 1e-8."
    ),
    .only(
      "training.loss",
      "crossEntropy",
      "binary cross-entropy, the mean over steps, trials and tasks",
      aliases: ["criterion"],
      "what training makes small"
    ),
    .only(
      "training.supervision",
      "everyStep",
      "one half is asked for before the decision, and the answer in it; all steps weigh the same",
      aliases: ["mask"],
      "in which steps answers are asked for"
    ),
  ]

  private static let judging: [SpecField] = [
    .choice(
      "evaluation.decoder",
      [DecoderKind.ridge: "linear, with a penalty chosen by leaving fitting regions out"],
      default: .ridge,
      at: \.evaluation.decoder,
      "which decoder gives the headline r²",
      "Least squares and the paper's decoder, trained by Adam, are measured beside it in any case."
    ),
    .choice(
      "evaluation.holdOut",
      [HoldOutKind.orthant: "the signs of all latents: one quadrant after the other"],
      default: .orthant,
      at: \.evaluation.holdOut,
      aliases: ["split"],
      "which regions of latents the decoder never sees before its test"
    ),
    .whole(
      "evaluation.fits",
      1...100,
      default: 5,
      at: \.evaluation.fits,
      aliases: ["repeats", "nFits"],
      "how many times each decoder is fitted for each region",
      "Independent fitting sets for ridge and least squares, initialisations for Adam."
    ),
    .whole(
      "evaluation.trials",
      10...1_000_000,
      default: 5000,
      at: \.evaluation.trials,
      aliases: ["testTrials", "nTrials"],
      "how many test trials each held-out region gets",
      "Four times as many, from the other regions, are fitted on."
    ),
  ]
}

/// Keys that belong together.
package struct SpecSection: Hashable, Sendable {
  package let name: String
  /// What it decides, in a phrase.
  package let summary: String

  init(_ name: String, _ summary: String) {
    self.name = name
    self.summary = summary
  }

  package var fields: [SpecField] { SpecSchema.fields.filter { $0.section == name } }
}

// Parts of enums, as places that a field can stand for.

extension RunSpec {
  fileprivate var seedNumber: Int {
    get { Int(seed) }
    set { seed = UInt64(newValue) }
  }
}

extension BoundaryFamily {
  fileprivate var lineCount: Int {
    get { count }
    set { self = .evenlySpacedLines(count: newValue) }
  }
}

extension Architecture {
  fileprivate var units: Int {
    get {
      switch self {
      case .leakyRNN(let units, _, _): units
      }
    }
    set {
      switch self {
      case .leakyRNN(_, let activation, let timeConstant):
        self = .leakyRNN(units: newValue, activation: activation, timeConstant: timeConstant)
      }
    }
  }

  fileprivate var activation: Activation {
    get {
      switch self {
      case .leakyRNN(_, let activation, _): activation
      }
    }
    set {
      switch self {
      case .leakyRNN(let units, _, let timeConstant):
        self = .leakyRNN(units: units, activation: newValue, timeConstant: timeConstant)
      }
    }
  }

  fileprivate var timeConstant: Double {
    get {
      switch self {
      case .leakyRNN(_, _, let timeConstant): timeConstant
      }
    }
    set {
      switch self {
      case .leakyRNN(let units, let activation, _):
        self = .leakyRNN(units: units, activation: activation, timeConstant: newValue)
      }
    }
  }
}
