import Compute
import RealModule
import TestSupport
import Testing
import Training
import Trials

@Suite("Loss of the answers")
struct AnswerLossTests {
  private static func paradigm(
    _ supervision: Supervision,
    timing: TrialTiming = TrialTiming(stimulus: 5)
  ) -> Paradigm {
    Paradigm(
      boundaries: .evenlySpacedLines(count: 4),
      timing: timing,
      supervision: supervision
    )
  }

  private static let free = TrialTiming(stimulus: 6, decision: 2, shortestStimulus: 2)
  private static let row = TrialTiming(stimulus: 2, trialsInARow: 2)

  private static let worlds: [String: Paradigm] = [
    "sides": paradigm(Supervision()),
    "balanced": paradigm(Supervision(steps: .balanced)),
    "last step": paradigm(Supervision(steps: .lastStep)),
    "labelled": paradigm(Supervision(labelled: 0.5)),
    "free": paradigm(Supervision(), timing: free),
    "free and squared": paradigm(Supervision(target: .labels(.squaredError)), timing: free),
    "row": paradigm(Supervision(), timing: row),
    "squared": paradigm(Supervision(target: .labels(.squaredError))),
    "evidence": paradigm(Supervision(target: .boundedEvidence(.asMeant, bound: 5))),
    "evidence by rule": paradigm(
      Supervision(target: .boundedEvidence(.normalised, bound: 2), interleaving: .trial)
    ),
    "values": paradigm(Supervision(target: .values)),
    "values, balanced": paradigm(Supervision(target: .values, steps: .balanced)),
  ]

  private static func draw(_ paradigm: Paradigm, _ trials: Int) -> TrialBatch {
    let generator = TrialGenerator(paradigm: paradigm, seed: 5)
    var batch = generator.makeBatch(trials: trials)
    generator.draw(into: &batch, .training(batch: 2))
    return batch
  }

  private static func logits(of batch: TrialBatch) -> SequenceBatch {
    var random = PlainRandom(seed: 8)
    let targets = batch.targets
    return SequenceBatch(
      steps: targets.steps,
      trials: targets.trials,
      width: targets.width,
      values: random.normals(targets.buffer.count, deviation: 1.5)
    )
  }

  /// The mean over everything that is asked, in double precision.
  private static func plain(_ logits: [Double], _ batch: TrialBatch, _ paradigm: Paradigm) -> Double
  {
    var loss = 0.0
    var total = 0.0
    for (index, z) in logits.enumerated() {
      let y = Double(batch.targets.buffer[index])
      let weight = Double(batch.weights?.buffer[index] ?? 1)
      let error =
        switch paradigm.supervision.target {
        case .labels(.crossEntropy):
          max(z, 0) - y * z + Double.log(onePlus: Double.exp(-z.magnitude))
        case .labels(.squaredError): (Double.tanh(z) - y) * (Double.tanh(z) - y)
        case .boundedEvidence(_, let bound):
          (bound * Double.tanh(z) - y) * (bound * Double.tanh(z) - y)
        case .values: (z - y) * (z - y)
        }
      loss += weight * error
      total += weight
    }
    return loss / total
  }

  @Test("Loss and gradient are those of the plain mean", arguments: worlds.keys.sorted())
  func gradient(name: String) throws {
    let paradigm = try #require(Self.worlds[name])
    let batch = Self.draw(paradigm, 3)
    let logits = Self.logits(of: batch)
    var gradient = logits
    let outcome = AnswerLoss(of: paradigm).differentiate(&gradient, asked: batch)
    let values = logits.buffer.values.map(Double.init)
    let expected = Self.plain(values, batch, paradigm)
    // Each term errs by a few units of single precision, 6e-8; answers of ±5 by five times that.
    #expect((outcome.loss / expected - 1).magnitude < 1e-6)
    let check = GradientCheck(of: gradient.buffer.values.map(Double.init), at: values) { values in
      (Self.plain(values, batch, paradigm), 0)
    }
    // Central differences are right to 1e-8 of the largest slope, a slope in single precision to a
    // few units of 6e-8.
    #expect(check.checked == values.count && check.worst < 1e-6, "measured \(check.worst)")
  }

  @Test("Accuracy is the share of right sides among those that are asked, at the decision")
  func accuracy() throws {
    for (name, paradigm) in Self.worlds {
      let batch = Self.draw(paradigm, 40)
      let logits = Self.logits(of: batch)
      var gradient = logits
      let outcome = AnswerLoss(of: paradigm).differentiate(&gradient, asked: batch)
      guard case .labels(let loss) = paradigm.supervision.target else {
        #expect(outcome.accuracy == nil, "\(name)")
        continue
      }
      let undecided: Float = loss == .crossEntropy ? 0.5 : 0
      var (right, asked) = (0, 0)
      for (index, z) in logits.buffer.values.enumerated() {
        let target = batch.targets.buffer[index]
        guard target != undecided, batch.weights?.buffer[index] ?? 1 > 0 else { continue }
        asked += 1
        right += (z > 0) == (target > undecided) ? 1 : 0
      }
      #expect(asked > 0)
      #expect(outcome.accuracy == Double(right) / Double(asked), "\(name)")
      // Half of the labels, one decision of two steps, two decisions of one.
      let expected =
        ["labelled": 80, "free": 320, "free and squared": 320, "row": 320][name] ?? 160
      #expect(asked == expected, "\(name)")
    }
  }

  @Test("Accuracy is nil in a batch without a decision that is asked about")
  func noDecision() {
    let paradigm = Self.paradigm(Supervision(steps: .lastStep))
    var batch = Self.draw(paradigm, 5)
    // Only the first step counts.
    var weights = SequenceBatch(steps: 7, trials: 5, width: 4)
    for trial in 0..<5 { weights[0, trial, 0] = 1 }
    batch.weights = weights
    var gradient = Self.logits(of: batch)
    let outcome = AnswerLoss(of: paradigm).differentiate(&gradient, asked: batch)
    #expect(outcome.accuracy == nil && outcome.loss > 0)
  }

  @Test(
    "What isn't asked changes nothing, not even where it is not a number",
    arguments: worlds.keys.sorted()
  )
  func notAsked(name: String) throws {
    let paradigm = try #require(Self.worlds[name])
    let batch = Self.draw(paradigm, 6)
    guard let weights = batch.weights else { return }
    let logits = Self.logits(of: batch)
    var (clean, broken) = (logits, logits)
    var shut = 0
    for index in 0..<logits.buffer.count where weights.buffer[index] == 0 {
      broken.buffer[index] = [Float.nan, .infinity, -.infinity][index % 3]
      shut += 1
    }
    #expect(shut > 0)
    let loss = AnswerLoss(of: paradigm)
    let one = loss.differentiate(&clean, asked: batch)
    let other = loss.differentiate(&broken, asked: batch)
    #expect(one == other && one.loss.isFinite && clean == broken)
    for index in 0..<logits.buffer.count where weights.buffer[index] == 0 {
      #expect(clean.buffer[index] == 0)
    }
  }

  @Test("A batch in which nothing is asked has loss 0 and teaches nothing")
  func nothingAsked() {
    for target in [
      AnswerTarget.labels(.crossEntropy), .labels(.squaredError), .values,
      .boundedEvidence(.normalised, bound: 5),
    ] {
      let paradigm = Self.paradigm(Supervision(target: target))
      var batch = Self.draw(paradigm, 4)
      batch.weights = SequenceBatch(steps: 7, trials: 4, width: 4)
      var logits = Self.logits(of: batch)
      logits.buffer[3] = .nan
      let outcome = AnswerLoss(of: paradigm).differentiate(&logits, asked: batch)
      #expect(outcome.loss == 0 && outcome.accuracy == nil)
      #expect(logits.buffer.values.allSatisfy { $0 == 0 })
    }
  }

  @Test("With all asked alike, weights change no bit of the gradient")
  func evenWeights() {
    let paradigm = Self.paradigm(Supervision())
    let batch = Self.draw(paradigm, 5)
    var weighted = batch
    weighted.weights = SequenceBatch(steps: 7, trials: 5, width: 4, repeating: 1)
    var (one, other) = (Self.logits(of: batch), Self.logits(of: batch))
    let loss = AnswerLoss(of: paradigm)
    #expect(loss.differentiate(&one, asked: batch) == loss.differentiate(&other, asked: weighted))
    #expect(one == other)
  }
}
