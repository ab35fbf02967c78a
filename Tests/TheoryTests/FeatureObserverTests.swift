import Compute
import RealModule
import Testing
import Theory
import Trials

@Suite("The observer of noise behind the encoder")
struct FeatureObserverTests {
  private static func world(
    _ encoder: EncoderKind,
    dimensions: Int = 2,
    deviation: Double
  ) -> Paradigm {
    Paradigm(
      latents: LatentDistribution(dimensions: dimensions),
      boundaries: dimensions == 2
        ? .evenlySpacedLines(count: 6)
        : BoundaryFamily(.hyperplanes(offset: 0, cone: 180), count: 6),
      noise: .after(deviation: deviation),
      encoder: encoder
    )
  }

  /// Without an encoder the noise lies on the latent, and everything is known in closed form.
  @Test("Without an encoder it is the observer of noise on the latent", arguments: [0.1, 0.6])
  func noEncoder(_ deviation: Double) {
    let paradigm = Self.world(.none, deviation: deviation)
    let lines = paradigm.boundaries.boundaries(dimensions: 2, seed: 3).compactMap(\.hyperplane)
    let evidence = Evidence(deviation: deviation, looks: 20)
    let exact = AnswerCeiling(boundaries: lines, evidence: evidence)
    let floor = AnswerFloor(of: paradigm, seed: 3)
    // Ten parts: of Student's t four errors leave .003 to chance in each of eight comparisons.
    let loss = floor.loss
    #expect(abs(loss.value - exact.meanLoss(steps: 22)) < 4 * loss.standardError)
    #expect(loss.standardError < 4e-4)
    if let accuracy = floor.accuracy {
      #expect(abs(accuracy.value - exact.accuracy) < 4 * accuracy.standardError)
    }
    let known = Ceilings(dimensions: 2, evidence: evidence)
    let measured = FeatureCeilings(of: paradigm, seed: 3, heldSigns: 2)
    let (any, told) = (measured.anyDecoder, measured.anyDecoderToldOrthant)
    #expect(abs(any.value - known.anyDecoder) < 4 * any.standardError)
    #expect(abs(told.value - known.anyDecoderToldOrthant) < 4 * told.standardError)
    #expect(told.value > any.value)
  }

  @Test(
    "Without an encoder r² has its closed form, told the region or not, also with free timing",
    arguments: [(2, 2, 1.0), (3, 3, 3.0), (4, 4, 3.0), (4, 1, 0.5), (6, 6, 1.0), (6, 2, 100.0)]
  )
  func ceilings(_ dimensions: Int, _ heldSigns: Int, _ deviation: Double) {
    var paradigm = Self.world(.none, dimensions: dimensions, deviation: deviation)
    for timing in [TrialTiming(), TrialTiming(stimulus: 2, decision: 10, shortestStimulus: 2)] {
      paradigm.timing = timing
      let known = Ceilings(
        dimensions: dimensions,
        evidence: Evidence(deviation: deviation, looks: timing.looks),
        heldSigns: heldSigns
      )
      let measured = FeatureCeilings(of: paradigm, seed: 1, heldSigns: heldSigns)
      for (estimate, exact) in [
        (measured.anyDecoder, known.anyDecoder),
        (measured.anyDecoderToldOrthant, known.anyDecoderToldOrthant),
      ] {
        // Two hundred points of a region miss a two-hundredth of its variance at most.
        let bias = (1 - exact) / 200
        #expect(abs(estimate.value - exact) < 4 * estimate.standardError + bias, "\(timing.looks)")
      }
    }
  }

  /// The plain twin: the posterior on a grid of 400 × 400 latents, which knows no peak.
  @Test("It agrees with a grid over the box", arguments: [EncoderKind.relu, .linearFree])
  func grid(_ kind: EncoderKind) {
    // Wide posteriors, of several deviations of the grid's step.
    let deviation = kind == .relu ? 0.3 : 3
    let paradigm = Self.world(kind, deviation: deviation)
    let encoder = RandomEncoder(of: paradigm, seed: 1)
    let observer = FeatureObserver(paradigm, encoder: encoder, seed: 1)
    let generator = TrialGenerator(paradigm: paradigm, seed: 1)
    var batch = generator.makeBatch(trials: 10)
    generator.draw(into: &batch, .floor, firstTrial: 0)
    let states = observer.states(for: batch.observations)
    let side = 400
    let places = (0..<side * side).map { index in
      [index / side, index % side].map { (Double($0) + 0.5) / Double(side) - 0.5 }
    }
    let layout = paradigm.layout
    var shown = SequenceBatch(steps: 1, trials: places.count, width: layout.width)
    for (row, place) in places.enumerated() {
      for dimension in 0..<2 { shown[0, row, layout.passed + dimension] = Float(place[dimension]) }
    }
    var inputs = SequenceBatch(steps: 1, trials: places.count, width: encoder.inputWidth)
    encoder.encode(shown, into: &inputs)
    for trial in 0..<10 {
      let state = (0..<observer.stateWidth).map { Double(states[21, trial, $0]) }
      let logs = places.indices.map { place in
        -10 / (deviation * deviation)
          * state.indices.reduce(0) { sum, feature in
            let step = state[feature] - Double(inputs[0, place, layout.passed + feature])
            return sum + step * step
          }
      }
      let top = logs.max() ?? 0
      let masses = logs.map { Double.exp($0 - top) }
      let total = masses.reduce(0, +)
      let posterior = observer.posterior(of: state, looks: 20)
      for boundary in observer.boundaries {
        let above = places.indices.reduce(0) {
          boundary.isAbove(places[$1]) ? $0 + masses[$1] : $0
        }
        let probability = 1 / (1 + Double.exp(-posterior.logOdds(above: boundary)))
        // A thousand points: at most .016 for independent ones that all count alike, and four of it.
        #expect(abs(probability - above / total) < 0.06, "\(trial): \(boundary)")
      }
      let spread = (0..<2).reduce(0.0) { sum, axis in
        let mean = places.indices.reduce(0) { $0 + masses[$1] * places[$1][axis] } / total
        return sum
          + places.indices.reduce(0) {
            $0 + masses[$1] * (places[$1][axis] - mean) * (places[$1][axis] - mean)
          } / total
      }
      // Five percent are the error of a variance of 800 points; three of it.
      #expect(abs(posterior.variance - spread / 2) < 0.15 * spread / 2)
    }
  }

  /// Whatever the encoder: who knows the world errs as much as he believes.
  @Test(
    "The posterior mean's squared error is the posterior variance",
    arguments: [
      (EncoderKind.relu, 2, 0.1), (.relu, 2, 1), (.quadratic, 2, 0.1), (.linearFree, 2, 0.5),
      (.relu, 4, 0.1), (.linearFree, 4, 0.5), (.relu, 6, 0.1), (.linearFree, 6, 0.5),
    ]
  )
  func calibration(_ kind: EncoderKind, _ dimensions: Int, _ deviation: Double) {
    let paradigm = Self.world(kind, dimensions: dimensions, deviation: deviation)
    let observer = FeatureObserver(
      paradigm,
      encoder: RandomEncoder(of: paradigm, seed: 2),
      seed: 2
    )
    let axes = (0..<dimensions).map { axis in
      Boundary.hyperplane(
        Hyperplane(normal: (0..<dimensions).map { $0 == axis ? 1 : 0 }, offset: 0)
      )
    }
    let generator = TrialGenerator(paradigm: paradigm, seed: 2)
    let trials = 600
    var batch = generator.makeBatch(trials: trials)
    generator.draw(into: &batch, .floor, firstTrial: 0)
    let states = observer.states(for: batch.observations)
    var (excesses, variances): ([Double], [Double]) = ([], [])
    for trial in 0..<trials {
      let state = (0..<observer.stateWidth).map { Double(states[21, trial, $0]) }
      let posterior = observer.posterior(of: state, looks: 20)
      for axis in axes.indices {
        let moments = posterior.moments(ofValue: axes[axis])
        let error = Double(batch.latents[trial, axis]) - moments.mean
        excesses.append(error * error - moments.variance)
        variances.append(moments.variance)
      }
    }
    let excess = Estimate(meanOf: excesses)
    let size = variances.reduce(0, +) / Double(variances.count)
    #expect(abs(excess.value) < 4 * excess.standardError, "\(excess.value) of \(size)")
    // Else the test would see nothing.
    #expect(4 * excess.standardError < 0.6 * size)
  }

  @Test("Its state is the mean of the features that were shown")
  func means() {
    var paradigm = Self.world(.relu, deviation: 0.1)
    paradigm.timing.trialsInARow = 2
    let encoder = RandomEncoder(of: paradigm, seed: 4)
    let observer = FeatureObserver(paradigm, encoder: encoder, seed: 4)
    let generator = TrialGenerator(paradigm: paradigm, seed: 4)
    var batch = generator.makeBatch(trials: 3)
    generator.draw(into: &batch, .floor, firstTrial: 0)
    var inputs = SequenceBatch(
      steps: batch.observations.steps,
      trials: 3,
      width: encoder.inputWidth
    )
    encoder.encode(batch.observations, into: &inputs)
    let states = observer.states(for: batch.observations)
    let (steps, fixation) = (paradigm.timing.trialSteps, paradigm.timing.fixation)
    for start in [0, steps] {
      for looks in [1, 7, 20] {
        let first = start + fixation
        let mean = (first..<first + looks).reduce(0.0) { $0 + Double(inputs[$1, 2, 1 + 5]) }
        let state = Double(states[first + looks - 1, 2, 5])
        #expect(abs(state - mean / Double(looks)) < 1e-6)
      }
      #expect(states[start + steps - 1, 2, 5] == states[start + fixation + 19, 2, 5])
    }
  }

  @Test("Without noise nothing is lost")
  func noNoise() {
    let paradigm = Self.world(.relu, deviation: 0)
    let floor = AnswerFloor(of: paradigm, seed: 1)
    #expect(floor.decisionLoss.value == 0 && floor.accuracy?.value == 1)
    #expect(FeatureCeilings(of: paradigm, seed: 1, heldSigns: 2).anyDecoder.value == 1)
  }
}
