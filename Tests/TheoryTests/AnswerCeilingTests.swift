import Compute
import RealModule
import Testing
import Theory
import Trials

@Suite("Loss floor and accuracy ceiling")
struct AnswerCeilingTests {
  @Test("The paper's default: loss .66572, accuracy .96034")
  func paperDefault() {
    let ceiling = AnswerCeiling(
      boundaries: lines(24),
      evidence: Evidence(deviation: 0.2, looks: 20)
    )
    // A double sum over the mean on a grid of step s/4, with P integrated along the box's own
    // axes (numpy, scipy): 12 digits for the smooth entropy, five for the kinked accuracy.
    #expect(abs(ceiling.crossEntropy - 0.08972040492414) < 1e-12)
    #expect(abs(ceiling.accuracy - 0.960337) < 2e-6)
    #expect(abs(ceiling.meanLoss(steps: 22) - 0.665719) < 5e-7)
  }

  @Test(
    "A simulation of the ideal observer comes to the same",
    arguments: [0.1, 0.2, 0.3, 0.4, 0.6]
  )
  func simulation(deviation: Double) throws {
    let simulated = try Oracle.load().lossFloors.filter { $0.sigma == deviation }
    #expect(simulated.count == 6)
    // A standard error from four repeats is itself uncertain by 40 %, and some are four times too
    // small. So each is taken to be at least the root mean square over the six boundary counts; the
    // deviations in units of their own errors are spread as Student's t with three degrees of
    // freedom, as they should be.
    func pooledError(_ values: [[Double]]) -> Double {
      (values.reduce(0) { $0 + $1[1] * $1[1] } / Double(values.count)).squareRoot()
    }
    let entropyError = pooledError(simulated.map(\.decisionStepCe))
    let accuracyError = pooledError(simulated.map(\.decisionStepAccuracy))
    for example in simulated {
      let ceiling = AnswerCeiling(
        boundaries: lines(example.boundaryCount),
        evidence: Evidence(deviation: deviation, looks: 20)
      )
      let (entropy, accuracy) = (example.decisionStepCe, example.decisionStepAccuracy)
      #expect(abs(ceiling.crossEntropy - entropy[0]) < 4 * max(entropyError, entropy[1]))
      #expect(abs(ceiling.accuracy - accuracy[0]) < 4 * max(accuracyError, accuracy[1]))
    }
  }

  @Test(
    "A double sum over the posterior along the box's axes gives the same entropy",
    arguments: [
      Hyperplane(normal: [-.sin(0.0654), .cos(0.0654)], offset: 0),
      Hyperplane(normal: [1, -1], offset: 0),
      Hyperplane(normal: [0.8, 0.6], offset: 0.3),
      Hyperplane(normal: [0.02, 1], offset: -0.495),
    ]
  )
  func againstBoxPosterior(boundary: Hyperplane) {
    let evidence = Evidence(deviation: 0.6, looks: 20)
    let scale = evidence.posteriorScale
    // A sum over a grid converges faster than any power of its step for functions that fade out;
    // at s/2 its error is below 1e-12, and beyond 7.5 s outside the box 1e-13 of the means are left.
    let step = 0.5 * scale
    let reach = Int(((0.5 + 7.5 * scale) / step).rounded(.up))
    let axis = (-reach...reach).map { Double($0) * step }
    let density = axis.map { mean in
      NormalDistribution.probability(from: (-0.5 - mean) / scale, to: (0.5 - mean) / scale)
    }
    var sum = 0.0
    for first in axis.indices {
      for second in axis.indices {
        let posterior = BoxPosterior(center: [axis[first], axis[second]], scale: scale)
        let odds = posterior.logOdds(above: boundary)
        guard odds.isFinite else { continue }
        sum += density[first] * density[second] * entropy(ofLogOdds: odds)
      }
    }
    let exact = sum * step * step
    let ceiling = AnswerCeiling(boundaries: [boundary], evidence: evidence)
    #expect(abs(ceiling.crossEntropy / exact - 1) < 1e-9)
  }

  @Test("A line parallel to a wall is a problem in one dimension", arguments: [0, 0.2, 0.47])
  func parallelToWall(offset: Double) {
    let evidence = Evidence(deviation: 0.3, looks: 5)
    let scale = evidence.posteriorScale
    // The same integrals over one coordinate m of the mean; the kink of the error rate lies
    // somewhere inside one of 4000 panels and costs less than 1e-8.
    let rule = Quadrature.gaussLegendre(order: 8).repeated(
      between: Quadrature.edges(from: -2, to: 2, panelsNoWiderThan: 0.001)
    )
    func masses(_ mean: Double) -> (below: Double, above: Double) {
      let split = (offset - mean) / scale
      return (
        NormalDistribution.probability(from: (-0.5 - mean) / scale, to: split),
        NormalDistribution.probability(from: split, to: (0.5 - mean) / scale)
      )
    }
    let exactEntropy = rule.integral { mean in
      let (below, above) = masses(mean)
      guard below > 0, above > 0 else { return 0 }
      return (below + above) * entropy(ofLogOdds: .log(above / below))
    }
    let exactError = rule.integral { mean in
      let (below, above) = masses(mean)
      return min(below, above)
    }
    for normal in [[0.0, 1], [-2, 0]] {
      let length = normal[0] == 0 ? 1.0 : 2
      let ceiling = AnswerCeiling(
        boundaries: [Hyperplane(normal: normal, offset: offset * length)],
        evidence: evidence
      )
      #expect(abs(ceiling.crossEntropy / exactEntropy - 1) < 1e-11)
      #expect(abs((1 - ceiling.accuracy) / exactError - 1) < 1e-7)
    }
  }

  @Test("Little noise: errors and entropy are the chord's length times what a flat prior gives")
  func littleNoise() {
    let evidence = Evidence(deviation: 0.01, looks: 20)
    let scale = evidence.posteriorScale
    let bisecting = AnswerCeiling(
      boundaries: [Hyperplane(normal: [1, 0], offset: 0)],
      evidence: evidence
    )
    // ∫ Φ(-|z|) dz = √(2/π) and ∫ H(Φ(z)) dz = 1.806410…; a chord of length 1 meets the walls at
    // right angles and loses as many means outside as it gains.
    #expect(abs((1 - bisecting.accuracy) / (scale * (2 / Double.pi).squareRoot()) - 1) < 1e-12)
    let flatEntropy = Quadrature.gaussLegendre(order: 20)
      .repeated(between: Quadrature.edges(from: -9, to: 9, panelsNoWiderThan: 1))
      .integral { z in
        entropy(
          ofLogOdds: NormalDistribution.logCumulative(z) - NormalDistribution.logCumulative(-z)
        )
      }
    #expect(abs(bisecting.crossEntropy / (scale * flatEntropy) - 1) < 1e-12)
    let slanted = AnswerCeiling(
      boundaries: [Hyperplane(normal: [-0.6, 0.8], offset: 0)],
      evidence: evidence
    )
    // Chord 1/0.8. Walls at a slant change the answer only within a few s of the two ends.
    #expect(abs(slanted.crossEntropy / (scale * flatEntropy / 0.8) - 1) < 4 * scale)
  }

  @Test("Doubling the nodes changes nothing that matters")
  func converged() {
    for (deviation, looks) in [(0.01, 20), (0.2, 20), (0.6, 20), (0.2, 1), (2, 1), (2, 20)] {
      let evidence = Evidence(deviation: deviation, looks: looks)
      for count in [2, 3, 24] {
        let boundaries = lines(count)
        let coarse = AnswerCeiling(boundaries: boundaries, evidence: evidence)
        let fine = AnswerCeiling(boundaries: boundaries, evidence: evidence, order: 24)
        // Gauss-Legendre on panels of 2 s is at rounding for the smooth entropy. The point where
        // the answer changes is interpolated between nodes, which costs up to 5e-9.
        #expect(abs(coarse.crossEntropy / fine.crossEntropy - 1) < 1e-12)
        #expect(abs((1 - coarse.accuracy) / (1 - fine.accuracy) - 1) < 1e-8)
      }
    }
  }

  @Test("Without noise nothing is lost")
  func noNoise() {
    let ceiling = AnswerCeiling(
      boundaries: lines(3),
      evidence: Evidence(deviation: 0, looks: 20)
    )
    #expect(ceiling.crossEntropy == 0)
    #expect(ceiling.accuracy == 1)
    // Only the waiting is left, 21 of 22 steps at ln 2.
    #expect(ceiling.meanLoss(steps: 22) == 21 * .log(2) / 22)
  }

  @Test("Under overwhelming noise answers are guesses")
  func overwhelmingNoise() {
    let ceiling = AnswerCeiling(
      boundaries: lines(6),
      evidence: Evidence(deviation: 1000, looks: 1)
    )
    // The mean tells the side by 1/(10 s) of the probability, and the entropy by its square.
    #expect(ceiling.accuracy > 0.5 && ceiling.accuracy < 0.5 + 2e-4)
    #expect(ceiling.crossEntropy < .log(2) && ceiling.crossEntropy > .log(2) - 1e-7)
    #expect(ceiling.meanLoss(steps: 22, decisionSteps: 0) == .log(2))
  }

  @Test("Mirrors, turns, longer normals and opposite questions change nothing")
  func symmetries() {
    let evidence = Evidence(deviation: 0.2, looks: 20)
    let asked = AnswerCeiling(
      boundaries: [Hyperplane(normal: [0.6, 0.8], offset: 0.1)],
      evidence: evidence
    )
    for normal in [[0.8, 0.6], [-0.6, 0.8], [0.6, -0.8], [-0.8, -0.6]] {
      for offset in [-0.1, 0.1] {
        let longer = normal.map { 2.5 * $0 }
        let same = AnswerCeiling(
          boundaries: [
            Hyperplane(normal: normal, offset: offset),
            Hyperplane(normal: longer, offset: 2.5 * offset),
          ],
          evidence: evidence
        )
        // Rounding of a mean of two equal numbers, at most.
        #expect(abs(same.crossEntropy / asked.crossEntropy - 1) < 1e-12)
        #expect(abs(same.accuracy - asked.accuracy) < 1e-13)
      }
    }
  }

  @Test("A line that misses the box is answered without fail")
  func outsideTheBox() {
    let ceiling = AnswerCeiling(
      boundaries: [
        Hyperplane(normal: [0.6, 0.8], offset: 0.71), Hyperplane(normal: [0, 1], offset: -0.5),
      ],
      evidence: Evidence(deviation: 0.4, looks: 1)
    )
    #expect(ceiling.crossEntropy == 0 && ceiling.accuracy == 1)
  }

  @Test("The ceiling of several boundaries is the mean of theirs")
  func meanOverBoundaries() {
    let evidence = Evidence(deviation: 0.3, looks: 10)
    let boundaries = [
      Hyperplane(normal: [0, 1], offset: 0), Hyperplane(normal: [1, 1], offset: 0),
      Hyperplane(normal: [1, -1], offset: 0), Hyperplane(normal: [0.3, 0.4], offset: 0.2),
    ]
    let together = AnswerCeiling(boundaries: boundaries, evidence: evidence)
    let single = boundaries.map { AnswerCeiling(boundaries: [$0], evidence: evidence) }
    #expect(abs(together.crossEntropy - single.reduce(0) { $0 + $1.crossEntropy } / 4) < 1e-15)
    #expect(abs(together.accuracy - single.reduce(0) { $0 + $1.accuracy } / 4) < 1e-15)
  }
}

/// The entropy of a binary answer with these odds, in nats, accurate however certain it is.
private func entropy(ofLogOdds odds: Double) -> Double {
  let size = abs(odds)
  let less = 1 / (1 + .exp(size))
  let more = 1 / (1 + .exp(-size))
  // -log(1 - p) = log(1 + exp(-size)), -log p is larger by size.
  let surprise = Double.log(onePlus: .exp(-size))
  return more * surprise + less * (surprise + size)
}

/// The paper's lines.
private func lines(_ count: Int) -> [Hyperplane] {
  BoundaryFamily.evenlySpacedLines(count: count).boundaries(dimensions: 2, seed: 0)
    .compactMap(\.hyperplane)
}
