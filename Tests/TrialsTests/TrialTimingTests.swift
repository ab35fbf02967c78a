import Compute
import TestSupport
import Testing
import Trials

@Suite("Free times and trials in a row")
struct TrialTimingTests {
  private static let free = Paradigm(
    boundaries: .evenlySpacedLines(count: 4),
    timing: TrialTiming(fixation: 2, stimulus: 12, decision: 3, shortestStimulus: 4)
  )

  /// Steps of the stimulus of a trial, by its cue.
  private static func length(_ batch: TrialBatch, _ trial: Int, first: Int = 0) -> Int {
    (0..<17).count { batch.observations[first + $0, trial, 0] == 1 } - 2
  }

  /// What is wrong with one trial of a free time; nothing where all is well.
  private static func problems(_ batch: TrialBatch, _ trial: Int, first: Int = 0) -> [String] {
    var problems: [String] = []
    let length = length(batch, trial, first: first)
    if !(4...12).contains(length) { problems.append("\(length) steps of stimulus") }
    for step in 0..<17 {
      let row = first + step
      let isCued = batch.observations[row, trial, 0] == 1
      if isCued != (step < 2 + length) { problems.append("cue in step \(step)") }
      let isSeen = batch.observations[row, trial, 1] != 0 && batch.observations[row, trial, 2] != 0
      let isBlank = batch.observations[row, trial, 1] == 0 && batch.observations[row, trial, 2] == 0
      let isEvidence = step >= 2 && step < 2 + length + 3
      if isEvidence ? !isSeen : !isBlank { problems.append("evidence in step \(step)") }
      let isDecision = step >= 2 + length && step < 2 + length + 3
      let isOver = step >= 2 + length + 3
      for boundary in 0..<4 {
        let target = batch.targets[row, trial, boundary]
        if isDecision == (target == 0.5) { problems.append("target \(target) in step \(step)") }
        if (batch.weight(row, trial, boundary) == 0) != isOver {
          problems.append("weight in step \(step)")
        }
      }
    }
    return problems
  }

  @Test("A free time ends cue, evidence and what counts where its own length says")
  func freeTime() {
    let batch = Self.free.draw(900)
    #expect(batch.observations.steps == 17 && Self.free.timing.isFree)
    for trial in 0..<900 { #expect(Self.problems(batch, trial) == []) }
  }

  @Test("Lengths of a free time are uniform on their range, and know nothing of the latent")
  func lengths() {
    let trials = 18_000
    let batch = Self.free.draw(trials)
    let lengths = (0..<trials).map { Self.length(batch, $0) }
    // Nine lengths, each in 2000 trials: five standard deviations of χ².
    #expect(unevenness((4...12).map { length in lengths.count { $0 == length } }).magnitude < 5)
    let limit = 5 / Double(trials).squareRoot()
    let values = lengths.map(Double.init)
    #expect(correlation(values, batch.latents(0)).magnitude < limit)
    #expect(correlation(values.dropLast(), values.dropFirst()).magnitude < limit)
  }

  @Test("A batch of free times that is drawn into again keeps nothing of longer trials")
  func reuse() {
    var paradigm = Self.free
    paradigm.supervision.interleaving = .trial
    paradigm.noise = .after(deviation: 0.1)
    let generator = TrialGenerator(paradigm: paradigm, seed: 9)
    var batch = generator.makeBatch(trials: 50)
    for index in [3, 2, 0] { generator.draw(into: &batch, .training(batch: index)) }
    let fresh = paradigm.draw(50)
    #expect(batch.observations == fresh.observations && batch.targets == fresh.targets)
    #expect(batch.weights == fresh.weights)
  }

  @Test("A test's trials are as long as the longest, with evidence in the decision")
  func evaluated() {
    let paradigm = Self.free.evaluated
    #expect(paradigm.timing == Self.free.timing.fixed && paradigm.timing.steps == 17)
    #expect(paradigm.timing.looks == 15 && paradigm.timing.stimulusSteps == 2..<17)
    #expect(paradigm.timing.decisionSteps == 14..<17)
    let batch = paradigm.draw(40, .test(0))
    for trial in 0..<40 {
      #expect(Self.length(batch, trial) == 12)
      #expect(Self.problems(batch, trial) == [])
    }
    let fixed = TrialTiming(fixation: 2, stimulus: 12, decision: 3)
    #expect(fixed.fixed == fixed && fixed.looks == 12 && fixed.stimulusSteps == 2..<14)
  }

  // MARK: In a row

  private static let row = Paradigm(
    boundaries: .evenlySpacedLines(count: 4),
    noise: .before(.gaussian, deviation: 0),
    timing: TrialTiming(fixation: 1, stimulus: 3, delay: 2, decision: 2, trialsInARow: 3)
  )

  @Test("Trials in a row have their own latents; the batch's are the last one's")
  func inARow() {
    let trials = 500
    let batch = Self.row.draw(trials)
    #expect(batch.observations.steps == 24 && Self.row.timing.trialSteps == 8)
    #expect(Self.row.timing.stimulusSteps == 17..<20)
    #expect(Self.row.timing.decisionSteps == 22..<24)
    let boundaries = Self.row.boundaries()
    for trial in 0..<trials {
      var latents: [[Double]] = []
      for place in 0..<3 {
        let first = 8 * place
        #expect(
          (0..<8).map { batch.observations[first + $0, trial, 0] } == [1, 1, 1, 1, 1, 1, 0, 0]
        )
        // Without noise each look is the latent.
        let latent = (1...2).map { Double(batch.observations[first + 1, trial, $0]) }
        for step in 0..<8 {
          let seen = (1...2).map { Double(batch.observations[first + step, trial, $0]) }
          #expect(seen == ((1...3).contains(step) ? latent : [0, 0]))
          for (index, boundary) in boundaries.enumerated() {
            let target = batch.targets[first + step, trial, index]
            guard step >= 6 else {
              #expect(target == 0.5)
              continue
            }
            guard boundary.value(at: latent).magnitude > 1e-7 else { continue }
            #expect(target == (boundary.isAbove(latent) ? 1 : 0))
          }
        }
        latents.append(latent)
      }
      #expect(latents[2] == batch.latent(of: trial) && Set(latents).count == 3)
    }
  }

  @Test("Latents and noise of trials in a row know nothing of each other")
  func independentPlaces() {
    let trials = 20_000
    let limit = 5 / Double(trials).squareRoot()
    let latents = Self.row.draw(trials)
    func latent(_ place: Int) -> [Double] { latents.seen(8 * place + 1, 1).map(Double.init) }
    var paradigm = Self.row
    paradigm.noise = .before(.gaussian, deviation: 0.2)
    let noisy = paradigm.draw(trials)
    // Without the latent: the difference of two looks.
    func noise(_ place: Int) -> [Double] {
      zip(noisy.seen(8 * place + 1, 1), noisy.seen(8 * place + 2, 1)).map { Double($0 - $1) }
    }
    for (one, other) in [(0, 1), (1, 2), (0, 2)] {
      #expect(correlation(latent(one), latent(other)).magnitude < limit)
      #expect(correlation(noise(one), noise(other)).magnitude < limit)
    }
    for place in 0..<3 { #expect(kolmogorovSmirnov(latent(place)) { $0 + 0.5 } > 1e-4) }
  }

  @Test("A region holds for the last trial of a row; earlier ones come from the whole box")
  func regions() {
    let trials = 4000
    let region = SignRegion(signs: [true, false])
    let batch = Self.row.draw(trials, .test(0), from: .signs(region))
    func isInside(_ place: Int, _ trial: Int) -> Bool {
      region.contains((1...2).map { batch.observations[8 * place + 1, trial, $0] })
    }
    #expect((0..<trials).allSatisfy { isInside(2, $0) })
    for place in 0..<2 {
      let share = Double((0..<trials).count { isInside(place, $0) }) / Double(trials)
      // A quarter of the box; five standard errors.
      #expect((share - 0.25).magnitude < 5 * (0.1875 / Double(trials)).squareRoot())
    }
    // What is withheld from training is withheld everywhere.
    let withheld = Self.row.draw(trials, from: .outside(region))
    for place in 0..<3 {
      for trial in 0..<trials {
        #expect(
          !region.contains((1...2).map { withheld.observations[8 * place + 1, trial, $0] })
        )
      }
    }
  }

  @Test("Free times in a row each have their own length")
  func freeInARow() {
    var paradigm = Self.free
    paradigm.timing.trialsInARow = 2
    let trials = 4000
    let batch = paradigm.draw(trials)
    for trial in 0..<200 {
      #expect(Self.problems(batch, trial) + Self.problems(batch, trial, first: 17) == [])
    }
    let lengths = [0, 17].map { first in
      (0..<trials).map { Double(Self.length(batch, $0, first: first)) }
    }
    #expect(correlation(lengths[0], lengths[1]).magnitude < 5 / Double(trials).squareRoot())
  }
}
