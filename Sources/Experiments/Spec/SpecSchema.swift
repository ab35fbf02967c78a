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
    SpecSection("tasks", "the questions that every trial asks about the latent"),
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
      at: .at(\.seedNumber),
      aliases: ["rngSeed", "randomSeed"],
      "the seed of every random number of the run",
      "Same spec, same seed, same bytes. A range such as 0..4 repeats a run with five seeds."
    )
  ]

  private static let world: [SpecField] = latents + tasks + looks + periods + mixing

  private static let latents: [SpecField] = [
    .whole(
      "latent.dimensions",
      2...100,
      default: 2,
      at: .at(\.paradigm.latents.dimensions),
      aliases: ["d", "dim", "dims", "ndim", "nDim"],
      "how many numbers are hidden in a trial, D",
      "Lines and hyperbolas need a plane; with more dimensions take tasks.boundaries=hyperplanes."
    ),
    .only(
      "latent.distribution",
      "uniform",
      "each uniform on [-0.5, 0.5]",
      aliases: ["prior"],
      "where latents come from"
    ),
    .number(
      "latent.correlation",
      .from(-1, to: 1),
      default: 0,
      at: .at(\.paradigm.latents.correlation),
      aliases: ["copula", "rho", "ρ"],
      "the correlation of every two latents in a Gaussian copula, ρ",
      "Latents stay uniform one by one: x = Φ(g) - 1/2 with g normal. Their own correlation is "
        + "(6/π) asin(ρ/2). Not below -1/(D-1). Tests always draw independent latents."
    ),
  ]

  private static let tasks: [SpecField] = [
    .choice(
      "tasks.boundaries",
      [
        BoundaryShapeName.lines:
          "lines through the origin of the plane, evenly spaced in angle, at iπ/N + π/2N",
        .hyperplanes: "random hyperplanes in any dimension",
        .axes: "one for each latent: is it positive",
        .hyperbolas: "branches x₁x₂ = ±θ, N/4 in each quadrant of the plane",
        .circles: "random circles, balls in more dimensions: is the latent inside",
        .quadrics: "random quadrics through the box",
        .mixed: "hyperplanes, circles and quadrics in turn",
        .given: "the list under tasks.given",
      ],
      default: .lines,
      at: .at(\.boundaryShape),
      aliases: ["boundary", "family", "shape"],
      "which boundaries the tasks ask about"
    ),
    .whole(
      "tasks.count",
      1...4096,
      default: 24,
      at: .part(\.boundaryCount),
      aliases: ["n", "nTask", "nTasks", "numTasks", "taskCount"],
      where: .choice("tasks.boundaries", isNot: "axes", "given"),
      "how many boundaries every trial asks about, N",
      "The theorem needs at least as many as there are latent dimensions; odd numbers are fine. "
        + "There are as many axes as latents, and as many given boundaries as the list holds, "
        + "times tasks.copies."
    ),
    .number(
      "tasks.offset",
      .from(0, to: 1),
      default: 0,
      unit: "sides of the latent box",
      at: .part(\.boundaryOffset),
      where: .choice("tasks.boundaries", is: "hyperplanes", "mixed"),
      "how far from the center random hyperplanes lie at most",
      "Offsets are uniform between minus and plus this. In the plane the box ends at 0.71, and "
        + "hyperplanes beyond its end ask nothing."
    ),
    .number(
      "tasks.cone",
      .above(0, to: 180),
      default: 180,
      unit: "degrees",
      at: .part(\.boundaryCone),
      aliases: ["diversity"],
      where: .choice("tasks.boundaries", is: "hyperplanes"),
      "how far normals of hyperplanes lean from the first axis at most",
      "The diversity of the tasks. Below 180 the angle to the first axis is uniform from 0 to this; at 180 normals fill the "
        + "sphere evenly."
    ),
    .number(
      "tasks.radius",
      .above(0, to: 2),
      default: 0.4,
      unit: "sides of the latent box",
      at: .part(\.boundaryRadius),
      where: .choice("tasks.boundaries", is: "circles", "mixed"),
      "the largest radius of random circles",
      "Radii are uniform from half of this, times √(D/2). With many latents take 0.6 or more: "
        + "smaller balls are almost empty there."
    ),
    .whole(
      "tasks.seed",
      -1...(1 << 53 - 1),
      default: -1,
      at: .part(\.boundarySeed),
      where: .choice("tasks.boundaries", is: "hyperplanes", "circles", "quadrics", "mixed"),
      "the seed that draws random boundaries, or -1 for the run's own",
      "With it, networks of several seeds are asked the same: tasks.seed=0 seed=0..4. A network "
        + "that run --subject measures keeps the boundaries that it was trained on."
    ).leftOutAtDefault,
    .boundaries(
      "tasks.given",
      at: .part(\.givenBoundaries),
      aliases: ["file", "list"],
      where: .choice("tasks.boundaries", is: "given"),
      "the boundaries themselves",
      "A list in a file. A latent x is above {normal: [0.6, 0.8], offset: 0.1} where normal·x is "
        + "above the offset; above {center: [0, 0], radius: 0.3} inside that circle; above "
        + "{quadrant: \"+-\", threshold: 0.05} in that quadrant, where x₁x₂ is larger in size than "
        + "the threshold; above {matrix: [[1, 0], [0, -1]], normal: [0, 0], offset: 0.1} where "
        + "x·Ax + normal·x is above the offset. Without an offset, or a normal beside a matrix, "
        + "it is 0."
    ),
    .whole(
      "tasks.copies",
      1...4096,
      default: 1,
      at: .at(\.paradigm.boundaries.copies),
      aliases: ["duplicates"],
      "how often each boundary stands among the tasks",
      "More tasks without more diversity. tasks.count counts the copies, and is a multiple of "
        + "them."
    ),
    .choice(
      "tasks.interleaved",
      [
        Interleaving.none: "every trial asks about all tasks",
        .batch: "each batch asks about one task, named by a one-hot input",
        .trial: "each trial asks about one task, named by a one-hot input",
      ],
      default: .none,
      at: .at(\.paradigm.supervision.interleaving),
      aliases: ["rule", "cued"],
      "whether trials ask about one task at a time",
      "Two lines, with tasks.count=2, are two-alternative choice (is x₂ above x₁) and attribute "
        + "integration (is x₁ + x₂ positive). The one-hot input passes by the encoder."
    ),
    .number(
      "tasks.labelled",
      .above(0, to: 1),
      default: 1,
      at: .part(\.labelledShare),
      aliases: ["labels", "fraction", "labelFraction"],
      where: .choice("tasks.interleaved", is: "none"),
      "what share of its tasks a trial is labelled for",
      "A random subset of max(1, round(share·N)) tasks in every trial of the training; the others "
        + "are not asked about in it. 0.001 gives one label a trial."
    ),
    .number(
      "tasks.labelNoise",
      .from(0, to: 0.5),
      default: 0,
      at: .part(\.labelNoise),
      where: .choice("training.target", is: "labels"),
      "the probability that a label is turned around",
      "Independently for each trial and task of the training; tests have true labels. At 0.5 "
        + "labels say nothing."
    ),
  ]

  private static let looks: [SpecField] = [
    .choice(
      "noise.place",
      [
        NoisePlace.before: "on the latent, before the encoder",
        .after: "on everything that the encoder hands on, cue included, in every step",
      ],
      default: .before,
      at: .at(\.noisePlace),
      aliases: ["noiseEnc"],
      "where noise comes in"
    ),
    .choice(
      "noise.kind",
      [
        NoiseKind.gaussian: "independent in each step, trial and dimension",
        .anisotropic: "deviations grow evenly from σ to noise.anisotropy·σ over the dimensions",
        .autoregressive: "AR(1) in time with noise.correlation, of deviation σ in every step",
        .gumbel: "Gumbel of location 0 and scale σ, whose mean is 0.577σ",
      ],
      default: .gaussian,
      at: .part(\.lookNoise, \.kind),
      where: .choice("noise.place", is: "before"),
      "the distribution of the noise while training",
      "Tests always use gaussian noise of the same deviation, as the paper does."
    ),
    .number(
      "noise.deviation",
      .from(0, to: 100),
      default: 0.2,
      unit: "sides of the latent box",
      at: .part(\.lookNoise, \.deviation),
      aliases: ["sigma", "σ", "std", "sd", "noiseStd", "noiseLevel"],
      where: .choice("noise.place", is: "before"),
      "the standard deviation of one look at the latent, σ",
      "It is per step: the mean of t looks has deviation σ/√t. At 0 every look shows the latent. "
        + "Of gumbel noise it is the scale."
    ),
    .number(
      "noise.anisotropy",
      .above(0, to: 100),
      default: 2,
      at: .part(\.noiseAnisotropy),
      where: .choice("noise.kind", is: "anisotropic"),
      "how many times as noisy the last latent is as the first"
    ),
    .number(
      "noise.correlation",
      .from(-0.999, to: 0.999),
      default: 0.7,
      at: .part(\.noiseCorrelation),
      aliases: ["rho", "ρ", "ar1"],
      where: .choice("noise.kind", is: "autoregressive"),
      "the correlation of the noise of neighbouring steps, ρ"
    ),
  ]

  private static let periods: [SpecField] = [
    .number(
      "timing.step",
      .from(0.001, to: 1_000_000),
      default: 100,
      unit: "ms",
      at: .at(\.paradigm.timing.stepMilliseconds),
      aliases: ["dt", "leak", "alpha"],
      "the length of one step",
      "A recurrent network's leak is timing.step / network.timeConstant and lies in (0, 1]."
    ),
    .whole(
      "timing.fixation",
      0...10_000,
      default: 1,
      unit: "steps",
      at: .at(\.paradigm.timing.fixation),
      "how long the cue is on before the stimulus"
    ),
    .whole(
      "timing.stimulus",
      1...10_000,
      default: 20,
      unit: "steps",
      at: .at(\.paradigm.timing.stimulus),
      aliases: ["t", "tStim", "stimulusDuration"],
      "how many noisy looks at the latent a trial shows"
    ),
    .whole(
      "timing.delay",
      0...10_000,
      default: 0,
      unit: "steps",
      at: .at(\.paradigm.timing.delay),
      "how long the cue stays on after the stimulus"
    ),
    .whole(
      "timing.decision",
      1...10_000,
      default: 1,
      unit: "steps",
      at: .at(\.paradigm.timing.decision),
      "how long the cue is off and the answers are asked for"
    ),
    .whole(
      "timing.free",
      0...10_000,
      default: 0,
      unit: "steps",
      at: .at(\.shortestStimulus),
      aliases: ["freeRT", "reactionTime"],
      "the shortest stimulus of a free reaction time, or 0",
      "0 is a fixed time. Otherwise the stimulus of each training trial lasts from this to "
        + "timing.stimulus, and the evidence goes on during the decision. Tests last "
        + "timing.stimulus."
    ),
    .whole(
      "timing.trialsInARow",
      1...1000,
      default: 1,
      at: .at(\.paradigm.timing.trialsInARow),
      aliases: ["nTrial", "nTrials"],
      "how many trials a network goes through without a reset",
      "The last of them is measured."
    ),
  ]

  private static let mixing: [SpecField] = [
    .choice(
      "encoder.kind",
      [
        EncoderKind.relu: "the paper's: three random layers, D-100-100-40, ReLU between them",
        .quadratic: "three random layers, D-100-100-40, with squares in place of ReLU",
        .linearFree: "the ReLU one without anything linear in the latent, whitened",
        .none: "no encoder: the network sees the observations",
      ],
      default: .relu,
      at: .at(\.paradigm.encoder),
      aliases: ["embedding", "mixing"],
      "which frozen mixing the network sees the observations through",
      "Under relu an untrained time average already scores about .96; linearFree shows what was "
        + "learned."
    ),
    .number(
      "encoder.deviation",
      .from(0, to: 100),
      default: 0.1,
      unit: "units of the features",
      at: .part(\.featureNoise),
      where: .choice("noise.place", is: "after"),
      "the standard deviation of the noise behind the encoder"
    ),
  ]

  private static let isRecurrent = SpecCondition.choice(
    "network.architecture",
    is: "leakyRNN",
    "rnn"
  )
  private static let isNetwork = SpecCondition.choice("network.architecture", isNot: "ideal")
  private static let isTransformer = SpecCondition.choice("network.architecture", is: "gpt2")

  private static let subject: [SpecField] = [
    .choice(
      "network.architecture",
      [
        ArchitectureName.leakyRNN: "the paper's leaky recurrent network",
        .rnn: "the same without the leak: what is new is added to the old rate",
        .lstm: "PyTorch's LSTM, one layer",
        .gru: "PyTorch's GRU, one layer",
        .gpt2: "Hugging Face's GPT-2, causal",
        .feedForward: "a control without memory: layers of ReLU, step by step",
        .ideal: "no network: the ideal observer, whose states are the best estimates so far",
      ],
      default: .leakyRNN,
      at: .at(\.architectureName),
      aliases: ["model", "cell"],
      "which network"
    ),
    .whole(
      "network.units",
      1...4096,
      default: 64,
      at: .part(\.units),
      aliases: ["h", "hidden", "hiddenSize", "nNeu", "width", "neurons"],
      where: isNetwork,
      "how many state variables it has, H; a transformer's width"
    ),
    .choice(
      "network.activation",
      [Activation.relu: "max(x, 0)", .tanh: "the hyperbolic tangent"],
      default: .relu,
      at: .part(\.recurrent, \.activation),
      aliases: ["nonlinearity", "activ"],
      where: isRecurrent,
      "what turns currents into rates"
    ),
    .number(
      "network.timeConstant",
      .from(0.001, to: 1_000_000),
      default: 100,
      unit: "ms",
      at: .part(\.recurrent, \.timeConstant),
      aliases: ["tau", "τ", "leak", "alpha"],
      where: isRecurrent,
      "how fast rates decay, τ",
      "The leak is timing.step / network.timeConstant and lies in (0, 1]. At 1, the default, "
        + "nothing of a leaky network's old rate stays except what the recurrent weights bring "
        + "back. An rnn loses nothing, and adds that share of what is new."
    ),
    .number(
      "network.noise",
      .from(0, to: 100),
      default: 0,
      at: .part(\.recurrent, \.noise),
      aliases: ["netNoise"],
      where: isRecurrent,
      "the standard deviation of the noise on each unit's current",
      "While training, drawn anew for every trial, step and unit. Tests run without it."
    ),
    .choice(
      "network.initialization",
      [
        RecurrentInitialization.pytorch: "uniform in ±1/√H",
        .sparse: "15 % of the weights normal with deviation √(2/(0.15·H)), the others 0",
        .orthogonal: "a random rotation",
      ],
      default: .pytorch,
      at: .part(\.recurrent, \.initialization),
      aliases: ["init"],
      where: isRecurrent,
      "how recurrent weights are drawn before training"
    ),
    .whole(
      "network.layers",
      1...64,
      default: 1,
      at: .part(\.layers),
      aliases: ["depth", "nLayer", "blocks"],
      where: .choice("network.architecture", is: "gpt2", "feedForward"),
      "how many layers it has"
    ),
    .whole(
      "network.heads",
      1...1024,
      default: 8,
      at: .part(\.transformer, \.heads),
      aliases: ["nHead"],
      where: isTransformer,
      "how many attention heads each layer has",
      "They must divide network.units."
    ),
    .choice(
      "network.positions",
      [
        GPT2.Positions.none: "the causal mask alone tells steps apart",
        .learned: "a learned vector for each step",
      ],
      default: .none,
      at: .part(\.transformer, \.positions),
      aliases: ["positionalEmbedding", "wpe"],
      where: isTransformer,
      "whether inputs carry their position"
    ),
    .number(
      "network.dropout",
      .from(0, to: 0.9),
      default: 0.1,
      at: .part(\.transformer, \.dropout),
      aliases: ["pdrop"],
      where: isTransformer,
      "the share of embeddings, attention and residuals that is dropped",
      "While training; tests run without it."
    ),
  ]

  private static let learning: [SpecField] = [
    .whole(
      "training.batches",
      0...100_000_000,
      default: 100_000,
      at: .part(\.plan, \.batches),
      aliases: ["epochs", "iterations", "steps", "numBatches", "nBatches"],
      where: isNetwork,
      "how many batches the network is trained on, each of fresh trials",
      "At 0 the untrained network is measured. The paper trains GPT-2 on 20,000."
    ),
    .whole(
      "training.batchSize",
      1...65_536,
      default: 16,
      at: .part(\.plan, \.batchSize),
      aliases: ["b", "batch", "bs"],
      where: isNetwork,
      "how many trials a batch has, B"
    ),
    .number(
      "training.learningRate",
      .above(0, to: 10),
      default: 0.001,
      at: .part(\.plan, \.learningRate),
      aliases: ["lr", "eta", "stepSize"],
      where: isNetwork,
      "Adam's step size",
      "The other settings of Adam are PyTorch's: decays 0.9 and 0.999, epsilon 1e-8."
    ),
    .choice(
      "training.target",
      [
        TargetKind.labels: "the side of each boundary, at the decision",
        .evidence: "the evidence for it so far, absorbed at a bound: confidence",
        .values: "the value of the boundary's function at the decision: a regression",
      ],
      default: .labels,
      at: .at(\.targetKind),
      aliases: ["objective", "regression", "confidence"],
      "what answers should be",
      "With tasks.boundaries=axes a regression is one of the latents themselves."
    ),
    .choice(
      "training.loss",
      [
        LabelLoss.crossEntropy: "binary cross-entropy of a sigmoid, in nats",
        .squaredError: "squared error of a hyperbolic tangent, with labels -1 and 1",
      ],
      default: .crossEntropy,
      at: .part(\.labelLoss),
      aliases: ["criterion"],
      where: .choice("training.target", is: "labels"),
      "what is made small, on average over everything that is asked",
      "Evidence has the squared error of bound·tanh, values that of a linear answer."
    ),
    .choice(
      "training.evidence",
      [
        EvidenceForm.normalised: "the sum of distances from the boundary",
        .asMeant:
          "the sum of x₂ - tan φ·x₁, for a line at angle φ: what the reference's code means",
        .integers: "the sum of x₂ - tan φ·x₁, cut to whole numbers: what the reference's code "
          + "really does",
      ],
      default: .normalised,
      at: .part(\.evidence, \.form),
      where: .choice("training.target", is: "evidence"),
      "what is summed up",
      "The sum is over the looks before a step; boundaries are straight. A vertical line, the "
        + "middle one of an odd tasks.count, has an infinite tangent: there the first look reaches "
        + "the bound, unless it is normalised."
    ),
    .number(
      "training.bound",
      .above(0, to: 1_000_000),
      default: 5,
      at: .part(\.evidence, \.bound),
      aliases: ["theta", "θ", "threshold"],
      where: .choice("training.target", is: "evidence"),
      "where evidence is absorbed, θ"
    ),
    .choice(
      "training.supervision",
      [
        SupervisedSteps.everyStep: "in every step, all weighing the same",
        .lastStep: "in the last step of the decision only",
        .randomStep: "in one random step of each batch, from the sixth of the trial on",
        .balanced:
          "in all but the two steps before the decision, which weighs as much as all others",
      ],
      default: .everyStep,
      at: .at(\.paradigm.supervision.steps),
      aliases: ["mask"],
      "in which steps answers are asked for"
    ),
    .choice(
      "training.holdOut",
      [
        WithheldKind.none: "nothing",
        .trials: "trials of a region: the network never sees its latents",
        .labels: "the labels in a region: its trials are seen, and nothing is asked in them",
      ],
      default: .none,
      at: .part(\.withheldKind),
      aliases: ["withhold"],
      where: isNetwork,
      "what is withheld from the network itself",
      "The decoder's own held-out regions are evaluation.holdOut."
    ),
    .choice(
      "training.region",
      [
        HoldOutKind.orthant: "where all latents are positive",
        .signPair: "where the last two latents are positive",
        .halfSpace: "where the last latent is positive",
      ],
      default: .orthant,
      at: .part(\.withheldRegion),
      aliases: ["withheldRegion"],
      where: .choice("training.holdOut", is: "trials", "labels"),
      "the region that is withheld",
      "An orthant holds one latent in 2^D. Of two latents a pair of signs is an orthant."
    ),
  ]

  private static let judging: [SpecField] = [
    .choice(
      "evaluation.decoder",
      [DecoderKind.ridge: "linear, with a penalty chosen by leaving fitting regions out"],
      default: .ridge,
      at: .at(\.evaluation.decoder),
      "which decoder gives the headline r²",
      "Least squares and the paper's decoder, trained by Adam, are measured beside it in any case."
    ),
    .choice(
      "evaluation.holdOut",
      [
        HoldOutKind.orthant:
          "the signs of all latents: one quadrant after the other, or 16 of many orthants",
        .signPair: "the signs of the last two latents",
        .halfSpace: "the sign of the last latent",
      ],
      default: .orthant,
      at: .at(\.evaluation.holdOut),
      aliases: ["split"],
      "which regions of latents the decoder never sees before its test",
      "One orthant of a thousand is hardly missed: with more than four latents look at half-spaces, "
        + "too."
    ),
    .whole(
      "evaluation.fits",
      1...100,
      default: 5,
      at: .at(\.evaluation.fits),
      aliases: ["repeats", "nFits"],
      "how many times each decoder is fitted for each region",
      "Independent fitting sets for ridge and least squares, initialisations for Adam."
    ),
    .whole(
      "evaluation.trials",
      10...1_000_000,
      default: 5000,
      at: .at(\.evaluation.trials),
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
