import Networks
import Trials

/// A combination of values that makes no sense, though each value alone does.
struct BrokenRule {
  /// What is wrong, in a phrase.
  let what: String
  /// The keys whose values don't go together: the first of them that was given as an argument is pointed
  /// at, else the first that was written.
  let keys: [String]
  let why: String
  let mend: String
}

extension RunSpec {
  /// The most tasks of a trial, however they come about.
  static let largestTaskCount = 4096

  /// The most numbers of one array: 16 GiB of them.
  static let largestArray = 4_294_967_296.0

  /// Checks what no key can check alone.
  ///
  /// - Parameter origin: Where the value of a key was written, for the message.
  /// - Throws: `brokenRule`, naming the first combination that makes no sense.
  package func checkRules(
    origin: (String) -> SpecOrigin = { _ in .builtIn }
  ) throws(SpecError) {
    let rule =
      brokenTaskRule ?? brokenWorldRule ?? brokenSupervisionRule ?? brokenEvidenceRule
      ?? brokenNetworkRule ?? brokenSizeRule
    guard let rule else { return }
    let used = rule.keys.filter { SpecSchema.field($0)?.value(in: self) != nil }
    guard
      let key = used.first(where: { origin($0).isArgument })
        ?? used.first(where: { origin($0) != .builtIn }) ?? used.first,
      let value = SpecSchema.field(key)?.value(in: self)
    else { preconditionFailure("no key of this spec breaks the rule '\(rule.what)'") }
    throw .brokenRule(
      what: rule.what,
      key: key,
      value: value,
      why: rule.why,
      mend: rule.mend,
      at: origin(key)
    )
  }

  private var brokenTaskRule: BrokenRule? {
    let dimensions = paradigm.dimensions
    let family = paradigm.boundaries
    let count = paradigm.boundaryCount
    let needsPlane = boundaryShape == .lines || boundaryShape == .hyperbolas
    if needsPlane, dimensions != 2 {
      return BrokenRule(
        what: "\(boundaryShape.rawValue) outside the plane",
        keys: ["tasks.boundaries", "latent.dimensions"],
        why: "they need two latent dimensions, and latent.dimensions is \(dimensions)",
        mend: "take tasks.boundaries=hyperplanes, or latent.dimensions=2"
      )
    }
    if case .given(let boundaries) = family.shape {
      if boundaries.isEmpty {
        return BrokenRule(
          what: "no boundaries given",
          keys: ["tasks.given", "tasks.boundaries"],
          why: "tasks.boundaries is given, and the list is empty",
          mend: "write the list under tasks.given in a file; see disentangle explain tasks.given"
        )
      }
      if let index = boundaries.firstIndex(where: { $0.dimensions != dimensions }) {
        return BrokenRule(
          what: "a boundary of another dimension",
          keys: ["tasks.given", "latent.dimensions"],
          why: "boundary \(index + 1) has \(boundaries[index].dimensions) dimensions, and "
            + "latent.dimensions is \(dimensions)",
          mend: "give every boundary \(dimensions) components, or change latent.dimensions"
        )
      }
    }
    if !count.isMultiple(of: family.copies) {
      return BrokenRule(
        what: "copies that don't fit",
        keys: ["tasks.copies", "tasks.count"],
        why: "tasks.count = \(count) is no multiple of \(family.copies)",
        mend: "choose tasks.copies that divide tasks.count"
      )
    }
    if boundaryShape == .hyperbolas, !(count / family.copies).isMultiple(of: 4) {
      return BrokenRule(
        what: "hyperbolas that don't fill four quadrants alike",
        keys: ["tasks.count", "tasks.copies", "tasks.boundaries"],
        why: "\(count / family.copies) different hyperbolas are no multiple of 4",
        mend: "choose tasks.count as 4, 8, 12, … times tasks.copies"
      )
    }
    if count > Self.largestTaskCount {
      return BrokenRule(
        what: "too many tasks",
        keys: ["tasks.copies", "tasks.given"],
        why: "with their copies they are \(count), and \(Self.largestTaskCount) is the limit",
        mend: "choose fewer boundaries or copies"
      )
    }
    return nil
  }

  private var brokenWorldRule: BrokenRule? {
    let dimensions = paradigm.dimensions
    let smallest = LatentDistribution.smallestCorrelation(dimensions: dimensions)
    if paradigm.latents.correlation < smallest {
      return BrokenRule(
        what: "a correlation that no \(dimensions) latents can have",
        keys: ["latent.correlation", "latent.dimensions"],
        why: "of \(dimensions) variables no two pairs can all correlate below "
          + "-1/(D-1) = \(SpecValue.number(smallest))",
        mend: "choose latent.correlation at least that"
      )
    }
    if paradigm.encoder == .linearFree, dimensions >= RandomEncoder.featureWidth {
      return BrokenRule(
        what: "an encoder with nothing left",
        keys: ["encoder.kind", "latent.dimensions"],
        why: "of \(RandomEncoder.featureWidth) features linearFree takes away one direction for "
          + "each of \(dimensions) latents",
        mend: "choose latent.dimensions below \(RandomEncoder.featureWidth), or encoder.kind=relu"
      )
    }
    let timing = paradigm.timing
    if let shortest = timing.shortestStimulus, shortest > timing.stimulus {
      return BrokenRule(
        what: "a shortest stimulus above the longest",
        keys: ["timing.free", "timing.stimulus"],
        why: "timing.free is \(shortest), and timing.stimulus \(timing.stimulus)",
        mend: "choose timing.free at most \(timing.stimulus), or 0 for a fixed time"
      )
    }
    if timing.isFree, timing.delay > 0 {
      return BrokenRule(
        what: "a delay in a free reaction time",
        keys: ["timing.delay", "timing.free"],
        why: "with timing.free the evidence goes on during the decision, which a delay would cut",
        mend: "set timing.delay=0, or timing.free=0"
      )
    }
    return nil
  }

  private var brokenSupervisionRule: BrokenRule? {
    let supervision = paradigm.supervision
    let timing = paradigm.timing
    let count = paradigm.boundaryCount
    if supervision.interleaving != .none, count == 1 {
      return BrokenRule(
        what: "one task to interleave",
        keys: ["tasks.interleaved", "tasks.count"],
        why: "there is only one, and its input would never change",
        mend: "choose two tasks or more, or tasks.interleaved=none"
      )
    }
    let labelled = max(1, (supervision.labelled * Double(count)).rounded())
    if supervision.labelled < 1, labelled == Double(count) {
      return BrokenRule(
        what: "a share of the tasks that is all of them",
        keys: ["tasks.labelled", "tasks.count"],
        why: "max(1, round(share·N)) of \(count) is \(count)",
        mend: count == 1
          ? "take tasks.labelled=1, or more tasks" : "choose less, or tasks.labelled=1"
      )
    }
    let shortestStart =
      timing.fixation + (timing.shortestStimulus ?? timing.stimulus) + timing.delay
    if supervision.steps == .balanced, shortestStart < 3 {
      return BrokenRule(
        what: "no steps to balance the decision with",
        keys: ["training.supervision", "timing.free", "timing.stimulus", "timing.fixation"],
        why: "the two steps before the decision are left out, and a trial may have only "
          + "\(shortestStart)",
        mend: "make the trial longer, or take training.supervision=everyStep"
      )
    }
    if supervision.steps == .randomStep, timing.trialSteps <= 6 {
      return BrokenRule(
        what: "a random step without a choice",
        keys: ["training.supervision", "timing.stimulus", "timing.fixation"],
        why: "it is drawn from the sixth on, and a trial has \(timing.trialSteps)",
        mend: "make the trial longer, or take training.supervision=lastStep"
      )
    }
    return nil
  }

  private var brokenEvidenceRule: BrokenRule? {
    guard let evidence else { return nil }
    let target = "training.target"
    if !hasStraightBoundaries {
      return BrokenRule(
        what: "evidence for curved boundaries",
        keys: [target, "tasks.boundaries"],
        why: "single looks can be summed up for lines and hyperplanes only, and "
          + "tasks.boundaries is \(boundaryShape.rawValue)",
        mend: "take straight boundaries, or training.target=labels"
      )
    }
    if noisePlace == .after {
      return BrokenRule(
        what: "evidence of looks without noise",
        keys: [target, "noise.place"],
        why: "what is summed up are looks at the latent, and the noise comes behind the encoder",
        mend: "take noise.place=before, or training.target=labels"
      )
    }
    if evidence.form != .normalised, paradigm.dimensions != 2 {
      return BrokenRule(
        what: "the reference's evidence outside the plane",
        keys: ["training.evidence", "latent.dimensions"],
        why: "x₂ - tan φ·x₁ needs two latent dimensions, and latent.dimensions is "
          + "\(paradigm.dimensions)",
        mend: "take training.evidence=normalised"
      )
    }
    if evidence.form == .integers, evidence.bound < 1 {
      return BrokenRule(
        what: "evidence that is cut to nothing",
        keys: ["training.bound", "training.evidence"],
        why: "no whole number but 0 lies within ±\(SpecValue.number(evidence.bound))",
        mend: "choose training.bound at least 1, or training.evidence=asMeant"
      )
    }
    if paradigm.supervision.steps == .lastStep {
      return BrokenRule(
        what: "evidence that is never asked for",
        keys: ["training.supervision", target],
        why: "its target in the last step is always 0",
        mend: "take training.supervision=everyStep"
      )
    }
    return nil
  }

  /// Whether each boundary is a hyperplane.
  private var hasStraightBoundaries: Bool {
    switch paradigm.boundaries.shape {
    case .lines, .hyperplanes, .axes: true
    case .hyperbolas, .circles, .quadrics, .mixed: false
    case .given(let boundaries): boundaries.allSatisfy { $0.hyperplane != nil }
    }
  }

  private var brokenNetworkRule: BrokenRule? {
    if !isTrained, noisePlace == .after {
      return BrokenRule(
        what: "an ideal observer of features",
        keys: ["network.architecture", "noise.place"],
        why: "what it believes has no closed form where the noise comes behind the encoder",
        mend: "take noise.place=before, or another network.architecture"
      )
    }
    if let heads = transformer?.heads, let units, !units.isMultiple(of: heads) {
      return BrokenRule(
        what: "heads that don't divide the width",
        keys: ["network.heads", "network.units"],
        why: "network.units = \(units) can't be split over \(heads) heads",
        mend: "choose network.units as a multiple of \(heads), or heads that divide \(units)"
      )
    }
    let step = paradigm.timing.stepMilliseconds
    if let timeConstant = recurrent?.timeConstant, step > timeConstant {
      let (stepText, constantText) = (SpecValue.number(step), SpecValue.number(timeConstant))
      return BrokenRule(
        what: "leak above 1",
        keys: ["network.timeConstant", "timing.step"],
        why: "the leak is timing.step / network.timeConstant = \(stepText) / \(constantText) "
          + "and lies in (0, 1]",
        mend: "give network.timeConstant at least \(stepText), "
          + "or timing.step at most \(constantText)"
      )
    }
    return nil
  }

  /// Arrays that no machine holds: what is counted is the largest of each kind, so that a spec is
  /// refused here only where it can't be meant.
  private var brokenSizeRule: BrokenRule? {
    let (steps, trials) = (Double(paradigm.timing.steps), Double(plan?.batchSize ?? 1))
    let (width, tasks) = (Double(units ?? paradigm.dimensions), Double(paradigm.boundaryCount))
    let inputs = Double(
      paradigm.layout.passed + paradigm.encoder.outputWidth(dimensions: paradigm.dimensions)
    )
    let depth = Double(layers ?? 1)
    // What a network keeps of a step and trial for each unit, and of weights for each two units.
    let (perUnit, perPair): (Double, Double) =
      switch architecture {
      case .leakyRNN, .rnn, .feedForward, nil: (1, 1)
      case .gru: (3, 3)
      case .lstm: (4, 4)
      case .gpt2: (4, 12)
      }
    let shorter = "choose a smaller training.batchSize, or shorter trials"
    let timing = ["timing.trialsInARow", "timing.stimulus", "timing.decision", "timing.fixation"]
    let batch = ["training.batchSize"] + timing + ["timing.delay"]
    let arrays: [(what: String, count: Double, keys: [String], mend: String)] = [
      (
        "a batch",
        steps * trials * max(perUnit * width, tasks, inputs),
        batch + ["network.units", "tasks.count"],
        shorter
      ),
      (
        "attention from step to step",
        steps * steps * trials * Double(transformer?.heads ?? 0),
        batch + ["network.heads"],
        shorter
      ),
      (
        "the states that a decoder is fitted on",
        4 * Double(evaluation.trials) * width,
        ["evaluation.trials", "network.units"],
        "choose smaller evaluation.trials"
      ),
      (
        "the weights",
        depth * perPair * width * width,
        ["network.layers", "network.units"],
        "choose fewer network.layers or network.units"
      ),
    ]
    guard let large = arrays.first(where: { $0.count > Self.largestArray }) else { return nil }
    return BrokenRule(
      what: "more than a memory holds",
      keys: large.keys,
      why: "\(large.what) would take \(Int(large.count * 4 / Double(1 << 30))) GiB",
      mend: large.mend
    )
  }
}
