import Analysis
import Compute
import Experiments
import Files
import Networks
import SystemPackage
import TestSupport
import Testing
import Trials

/// A small leaky RNN that `Tests/Fixtures/make_pytorch_subject.py` trained in PyTorch, from its file
/// to its r².
@Suite("A network that was trained in PyTorch") struct PyTorchSubjectTests {
  private static func imported(
    _ file: String = "pytorch-subject.safetensors"
  ) throws -> (
    subject: NetworkSubject, spec: RunSpec
  ) {
    let file = try WeightsFile(contentsOf: Fixture.path(file))
    let spec = try specOfFixture()
    return try withFolder { folder in
      let path = folder.appending("subject.safetensors")
      let audit = WeightAudit(of: file, for: spec)
      try #require(audit.fits)
      try ImportedSubject.write(file, named: "x", digest: "", for: spec, audit, to: path)
      return (try ImportedSubject(contentsOf: path).networks(for: spec).trained, spec)
    }
  }

  private static func states(
    of subject: NetworkSubject,
    shown trials: Fixture
  ) throws -> SequenceBatch {
    let shape = try trials.shape("observations")
    return subject.states(
      for: SequenceBatch(
        steps: shape[0],
        trials: shape[1],
        width: shape[2],
        values: try trials.floats("observations")
      )
    )
  }

  @Test("The file's own spec says what it is; what it doesn't say has the defaults")
  func spec() throws {
    let spec = try specOfFixture()
    #expect(spec.architecture == .leakyRNN(RecurrentShape(units: 32, timeConstant: 200)))
    #expect(spec.paradigm.timing.steps == 16 && spec.paradigm.boundaryCount == 6)
    #expect(spec.seed == 5 && spec.training == RunSpec.standard.training)
  }

  @Test(
    "Shown the same trials, it has the same states",
    arguments: ["pytorch-subject.safetensors", "pytorch-subject.npz"]
  )
  func states(file: String) throws {
    let trials = try Fixture("pytorch-subject-trials")
    let (subject, _) = try Self.imported(file)
    let states = try Self.states(of: subject, shown: trials)
    let expected = try trials.floats("states")
    // Sixteen steps of single precision, added up in another order.
    #expect(relativeDistance(states.buffer.values, expected) < 1e-5)
    #expect(relativeToLargest(states.buffer.values, expected) < 1e-5)
  }

  @Test("A GPT-2 as transformers saves it, with what it doesn't use, has the same states")
  func transformer() throws {
    let path = Fixture.path("gpt2-subject.safetensors")
    let file = try WeightsFile(contentsOf: path)
    let spec = try SweepExpansion(document: file.document(named: path)).only()
    let audit = WeightAudit(of: file, for: spec)
    #expect(audit.fits, "\(WeightsError.unfit(file: path, audit).message)")
    #expect(audit.unused == ["transformer.wpe.weight", "transformer.wte.weight"])
    let subject = try withFolder { folder in
      let path = folder.appending("subject.safetensors")
      try ImportedSubject.write(file, named: "x", digest: "", for: spec, audit, to: path)
      return try ImportedSubject(contentsOf: path).networks(for: spec).trained
    }
    let trials = try Fixture("gpt2-subject-trials")
    let states = try Self.states(of: subject, shown: trials)
    // Two layers of single precision, added up in another order.
    #expect(relativeDistance(states.buffer.values, try trials.floats("states")) < 1e-5)
  }

  @Test(
    "Fitted and tested on the same trials, it has scikit-learn's r² and penalty in each quadrant"
  )
  func ridge() throws {
    let trials = try Fixture("pytorch-subject-trials")
    let (subject, spec) = try Self.imported()
    let fitting = try Self.regions("fit", trials, subject, spec)
    let tests = try Self.regions("test", trials, subject, spec)
    let (expected, penalties) = (
      try trials.exactDoubles("r2.ood"), try trials.exactDoubles("penalties")
    )
    for quadrant in 0..<4 {
      let fit = RidgeFit((0..<4).filter { $0 != quadrant }.map { fitting[$0] })
      let r2 = fit.decoder.boxR2(on: tests[quadrant])
      // Three digits are asked for; states that agree to 1e-5 allow more than four.
      #expect((r2 - expected[quadrant]).magnitude < 5e-5, "\(r2), not \(expected[quadrant])")
      #expect((fit.penalty / penalties[quadrant] - 1).magnitude < 1e-12)
    }
  }

  @Test("It answers fresh trials as well as it does in PyTorch")
  func answers() throws {
    let expected = try Fixture("pytorch-subject-trials").exactDoubles("answers")
    let (subject, spec) = try Self.imported()
    let answers = AnswerScore(of: subject, in: spec.paradigm, seed: spec.seed)
    // Both on 20,000 trials of their own: five standard errors of the difference.
    let lossError = (answers.lossError * answers.lossError + expected[2] * expected[2]).squareRoot()
    #expect((answers.loss - expected[0]).magnitude < 5 * lossError)
    let ownError = try #require(answers.accuracyError)
    let error = (ownError * ownError + expected[3] * expected[3]).squareRoot()
    #expect((try #require(answers.accuracy) - expected[1]).magnitude < 5 * error)
  }

  /// Last states and latents of the fixture's looks, by quadrant.
  private static func regions(
    _ name: String,
    _ trials: Fixture,
    _ subject: NetworkSubject,
    _ spec: RunSpec
  ) throws -> [Analysis.Moments] {
    let looks = try trials.floats("\(name).looks")
    let count = try trials.shape("\(name).looks")[1]
    let latents = try trials.floats("\(name).latents")
    let timing = spec.paradigm.timing
    var observations = SequenceBatch(steps: timing.steps, trials: count, width: 3)
    for step in 0..<timing.decisionSteps.lowerBound {
      for trial in 0..<count { observations[step, trial, 0] = 1 }
    }
    for (look, step) in timing.stimulusSteps.enumerated() {
      for trial in 0..<count {
        for axis in 0..<2 {
          observations[step, trial, 1 + axis] = looks[(look * count + trial) * 2 + axis]
        }
      }
    }
    let states = subject.states(for: observations)
    let last = states.buffer.values.suffix(count * states.width)
    // Four quadrants with as many trials each, in order.
    let size = count / 4
    return (0..<4).map { quadrant in
      let states = last.dropFirst(quadrant * size * states.width).prefix(size * states.width)
      let hidden = latents[quadrant * size * 2..<(quadrant + 1) * size * 2]
      return Analysis.Moments(
        of: StateSet(
          states: Matrix(rows: size, columns: subject.stateWidth, values: Array(states)),
          latents: Matrix(rows: size, columns: 2, values: Array(hidden))
        )
      )
    }
  }
}

/// The spec in the metadata of the fixture.
func specOfFixture(_ pairs: [String] = []) throws -> RunSpec {
  let path = Fixture.path("pytorch-subject.safetensors")
  return try SweepExpansion(
    document: WeightsFile(contentsOf: path).document(named: path),
    overrides: SpecOverride.parse(pairs)
  ).only()
}

/// An empty directory of its own for one test, removed afterwards.
func withFolder<Result>(_ body: (FilePath) throws -> Result) throws -> Result {
  try withRunFolder { folder in
    try Folder.create(folder.path)
    return try body(folder.path)
  }
}
