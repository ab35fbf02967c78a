import Experiments
import Testing

/// A combination that is refused: as arguments, and what is said of it behind "error[…]: ".
struct RefusedCombination: CustomTestStringConvertible, Sendable {
  let arguments: [String]
  let message: String

  init(_ arguments: String, _ message: String) {
    self.arguments = arguments.split(separator: " ").map(String.init)
    self.message = message
  }

  var testDescription: String { arguments.joined(separator: " ") }

  /// The same in a file, a line for each argument.
  var lines: String { arguments.map { $0.replacing("=", with: ": ") }.joined(separator: "\n") }
}

@Suite struct SpecRuleTests {
  static let combinations: [RefusedCombination] = [
    // Tasks.
    RefusedCombination(
      "latent.dimensions=3",
      "lines outside the plane in ORIGIN1 (latent.dimensions = 3): they need two latent "
        + "dimensions, and latent.dimensions is 3. "
        + "MEND: take tasks.boundaries=hyperplanes, or latent.dimensions=2"
    ),
    RefusedCombination(
      "latent.dimensions=4 tasks.boundaries=hyperbolas",
      "hyperbolas outside the plane in ORIGIN2 (tasks.boundaries = hyperbolas): they need two "
        + "latent dimensions, and latent.dimensions is 4. "
        + "MEND: take tasks.boundaries=hyperplanes, or latent.dimensions=2"
    ),
    RefusedCombination(
      "tasks.boundaries=given",
      "no boundaries given in ORIGIN1 (tasks.boundaries = given): tasks.boundaries is given, and "
        + "the list is empty. MEND: write the list under tasks.given in a file; see disentangle "
        + "explain tasks.given"
    ),
    RefusedCombination(
      "tasks.copies=5",
      "copies that don't fit in ORIGIN1 (tasks.copies = 5): tasks.count = 24 is no multiple of 5. "
        + "MEND: choose tasks.copies that divide tasks.count"
    ),
    RefusedCombination(
      "tasks.boundaries=hyperbolas tasks.count=6",
      "hyperbolas that don't fill four quadrants alike in ORIGIN2 (tasks.count = 6): 6 different "
        + "hyperbolas are no multiple of 4. "
        + "MEND: choose tasks.count as 4, 8, 12, … times tasks.copies"
    ),
    RefusedCombination(
      "tasks.boundaries=hyperbolas tasks.copies=4",
      "hyperbolas that don't fill four quadrants alike in ORIGIN2 (tasks.copies = 4): 6 different "
        + "hyperbolas are no multiple of 4. "
        + "MEND: choose tasks.count as 4, 8, 12, … times tasks.copies"
    ),
    RefusedCombination(
      "tasks.boundaries=axes tasks.copies=2049",
      "too many tasks in ORIGIN2 (tasks.copies = 2049): with their copies they are 4098, and 4096 "
        + "is the limit. MEND: choose fewer boundaries or copies"
    ),

    // The world.
    RefusedCombination(
      "latent.dimensions=5 tasks.boundaries=axes latent.correlation=-0.26",
      "a correlation that no 5 latents can have in ORIGIN3 (latent.correlation = -0.26): of 5 "
        + "variables no two pairs can all correlate below -1/(D-1) = -0.25. "
        + "MEND: choose latent.correlation at least that"
    ),
    RefusedCombination(
      "encoder.kind=linearFree latent.dimensions=40 tasks.boundaries=hyperplanes",
      "an encoder with nothing left in ORIGIN1 (encoder.kind = linearFree): of 40 features "
        + "linearFree takes away one direction for each of 40 latents. "
        + "MEND: choose latent.dimensions below 40, or encoder.kind=relu"
    ),
    RefusedCombination(
      "timing.free=21",
      "a shortest stimulus above the longest in ORIGIN1 (timing.free = 21): timing.free is 21, and "
        + "timing.stimulus 20. MEND: choose timing.free at most 20, or 0 for a fixed time"
    ),
    RefusedCombination(
      "timing.free=5 timing.delay=3",
      "a delay in a free reaction time in ORIGIN2 (timing.delay = 3): with timing.free the "
        + "evidence goes on during the decision, which a delay would cut. "
        + "MEND: set timing.delay=0, or timing.free=0"
    ),

    // Supervision.
    RefusedCombination(
      "tasks.interleaved=batch tasks.count=1",
      "one task to interleave in ORIGIN1 (tasks.interleaved = batch): there is only one, and its "
        + "input would never change. "
        + "MEND: choose two tasks or more, or tasks.interleaved=none"
    ),
    RefusedCombination(
      "tasks.labelled=0.98",
      "a share of the tasks that is all of them in ORIGIN1 (tasks.labelled = 0.98): max(1, "
        + "round(share·N)) of 24 is 24. MEND: choose less, or tasks.labelled=1"
    ),
    RefusedCombination(
      "tasks.count=1 tasks.labelled=0.1",
      "a share of the tasks that is all of them in ORIGIN2 (tasks.labelled = 0.1): max(1, "
        + "round(share·N)) of 1 is 1. MEND: take tasks.labelled=1, or more tasks"
    ),
    RefusedCombination(
      "training.supervision=balanced timing.stimulus=1",
      "no steps to balance the decision with in ORIGIN1 (training.supervision = balanced): the two "
        + "steps before the decision are left out, and a trial may have only 2. "
        + "MEND: make the trial longer, or take training.supervision=everyStep"
    ),
    RefusedCombination(
      "timing.free=1 training.supervision=balanced",
      "no steps to balance the decision with in ORIGIN2 (training.supervision = balanced): the two "
        + "steps before the decision are left out, and a trial may have only 2. "
        + "MEND: make the trial longer, or take training.supervision=everyStep"
    ),
    RefusedCombination(
      "training.supervision=randomStep timing.stimulus=4",
      "a random step without a choice in ORIGIN1 (training.supervision = randomStep): it is drawn "
        + "from the sixth on, and a trial has 6. "
        + "MEND: make the trial longer, or take training.supervision=lastStep"
    ),

    // Evidence.
    RefusedCombination(
      "training.target=evidence tasks.boundaries=circles",
      "evidence for curved boundaries in ORIGIN1 (training.target = evidence): single looks can be "
        + "summed up for lines and hyperplanes only, and tasks.boundaries is circles. "
        + "MEND: take straight boundaries, or training.target=labels"
    ),
    RefusedCombination(
      "training.target=evidence noise.place=after",
      "evidence of looks without noise in ORIGIN1 (training.target = evidence): what is summed up "
        + "are looks at the latent, and the noise comes behind the encoder. "
        + "MEND: take noise.place=before, or training.target=labels"
    ),
    RefusedCombination(
      "training.target=evidence training.evidence=asMeant latent.dimensions=3 "
        + "tasks.boundaries=hyperplanes",
      "the reference's evidence outside the plane in ORIGIN2 (training.evidence = asMeant): x₂ - "
        + "tan φ·x₁ needs two latent dimensions, and latent.dimensions is 3. "
        + "MEND: take training.evidence=normalised"
    ),
    RefusedCombination(
      "training.target=evidence training.evidence=integers training.bound=0.9",
      "evidence that is cut to nothing in ORIGIN3 (training.bound = 0.9): no whole number but 0 "
        + "lies within ±0.9. "
        + "MEND: choose training.bound at least 1, or training.evidence=asMeant"
    ),
    RefusedCombination(
      "training.target=evidence training.supervision=lastStep",
      "evidence that is never asked for in ORIGIN2 (training.supervision = lastStep): its target "
        + "in the last step is always 0. MEND: take training.supervision=everyStep"
    ),
    RefusedCombination(
      "training.holdOut=trials training.region=signPair",
      "another word for orthant in ORIGIN2 (training.region = signPair): here both are the same, "
        + "and so would be the run. MEND: write training.region=orthant"
    ),

    // Networks.
    RefusedCombination(
      "network.architecture=gpt2 network.heads=7",
      "heads that don't divide the width in ORIGIN2 (network.heads = 7): network.units = 64 can't "
        + "be split over 7 heads. "
        + "MEND: choose network.units as a multiple of 7, or heads that divide 64"
    ),
    RefusedCombination(
      "network.units=60 network.architecture=gpt2",
      "heads that don't divide the width in ORIGIN1 (network.units = 60): network.units = 60 can't "
        + "be split over 8 heads. "
        + "MEND: choose network.units as a multiple of 8, or heads that divide 60"
    ),
    RefusedCombination(
      "network.architecture=rnn network.timeConstant=50",
      "leak above 1 in ORIGIN2 (network.timeConstant = 50): the leak is timing.step / "
        + "network.timeConstant = 100 / 50 and lies in (0, 1]. "
        + "MEND: give network.timeConstant at least 100, or timing.step at most 50"
    ),

    // Sizes: 22 steps × 65,536 trials × 4,096 tasks in single precision, and so on.
    RefusedCombination(
      "tasks.count=4096 training.batchSize=65536",
      "more than a memory holds in ORIGIN2 (training.batchSize = 65536): a batch would take 22 "
        + "GiB. MEND: choose a smaller training.batchSize, or shorter trials"
    ),
    RefusedCombination(
      "timing.trialsInARow=1000 network.architecture=gpt2",
      "more than a memory holds in ORIGIN1 (timing.trialsInARow = 1000): attention from step to "
        + "step would take 230 GiB. MEND: choose a smaller training.batchSize, or shorter trials"
    ),
    RefusedCombination(
      "evaluation.trials=1000000 network.units=2048",
      "more than a memory holds in ORIGIN1 (evaluation.trials = 1000000): the states that a "
        + "decoder is fitted on would take 30 GiB. MEND: choose smaller evaluation.trials"
    ),
    RefusedCombination(
      "network.architecture=gpt2 network.units=4096 network.layers=64",
      "more than a memory holds in ORIGIN3 (network.layers = 64): the weights would take 48 GiB. "
        + "MEND: choose fewer network.layers or network.units"
    ),
  ]

  @Test("Nonsense is refused by its name, where it was written", arguments: combinations)
  func refused(_ combination: RefusedCombination) {
    let argument = #expect(throws: SpecError.self) {
      try SweepExpansion(overrides: SpecOverride.parse(combination.arguments))
    }
    #expect(argument?.exitCode == 78)
    var asArguments = combination.message
    var inFile = combination.message
    for (index, text) in combination.arguments.enumerated() {
      let column = (text.firstIndex(of: "=").map { text[..<$0].count } ?? 0) + 3
      let place = "ORIGIN\(index + 1) "
      asArguments = asArguments.replacing(place, with: "argument \(index + 1) ")
      inFile = inFile.replacing(place, with: "spec.yaml:\(index + 1):\(column) ")
    }
    #expect(argument?.description == "error[E-SPEC-RULE]: \(asArguments)")
    #expect(refusal(of: combination.lines) == "error[E-SPEC-RULE]: \(inFile)")
  }

  @Test(
    "What lies just inside a rule is accepted",
    arguments: [
      "tasks.boundaries=axes latent.dimensions=3", "tasks.copies=6",
      "tasks.boundaries=hyperbolas tasks.copies=6", "tasks.boundaries=hyperbolas tasks.count=8",
      "tasks.boundaries=axes tasks.copies=2048", "latent.correlation=-1",
      "latent.dimensions=5 tasks.boundaries=axes latent.correlation=-0.25",
      "encoder.kind=linearFree latent.dimensions=39 tasks.boundaries=hyperplanes",
      "timing.free=20", "timing.free=5 timing.decision=3", "tasks.interleaved=trial tasks.count=2",
      "tasks.labelled=0.97", "tasks.labelled=0.001",
      "training.supervision=balanced timing.stimulus=2",
      "training.supervision=randomStep timing.stimulus=5",
      "training.target=evidence tasks.boundaries=axes",
      "training.target=evidence latent.dimensions=3 tasks.boundaries=hyperplanes",
      "training.target=evidence training.evidence=integers training.bound=1",
      "training.target=evidence training.supervision=randomStep timing.free=3",
      "training.target=values tasks.boundaries=mixed",
      "training.holdOut=labels training.region=signPair latent.dimensions=3 tasks.boundaries=axes",
      "network.architecture=gpt2 network.heads=1 network.units=7",
      "network.timeConstant=50 timing.step=50", "network.architecture=lstm timing.step=500",
      "tasks.count=1000 training.batchSize=1024 network.units=1024 network.architecture=lstm",
    ]
  )
  func accepted(_ arguments: String) throws {
    let words = arguments.split(separator: " ").map(String.init)
    #expect(try SweepExpansion(overrides: SpecOverride.parse(words)).runs.count == 1)
  }
}
